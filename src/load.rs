//! `diemcau load`: synthetic sites that join a meeting of a running server
//! through the real signaling, publish, receive as a browser does, and report
//! how that went.
//!
//! ```text
//!   POST /api/v1/meetings ─> N links ─> N sites ── WebSocket ──> signaling
//!                                         │ peer, socket
//!                                         v
//!                              media thread (engine) ── UDP ──> sfu
//!                                each stream ─> figures ─> Report
//! ```

pub(crate) mod client;
pub(crate) mod crowd;
mod engine;
mod figures;
mod film;
mod frames;
mod mark;
mod member;
mod numbers;
mod pacer;
mod peer;
mod publish;
mod report;
mod site;
mod tally;
mod usage;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use diemcau_protocol::{CreateMeeting, Invitee, MeetingCreated, ParticipantKind, Role};

use client::Client;
pub use client::ClientError;
use crowd::{Crowd, Habits};
pub use report::{Report, SlotReport};
use report::{Run, ServerUse};

/// How often the progress is told.
const PROGRESS: Duration = Duration::from_millis(500);
/// Media flows for so long before anything is counted.
const WARM_UP: Duration = Duration::from_secs(2);
/// What was lost last is repaired within this time, or it is lost.
pub(crate) const SETTLE: Duration = Duration::from_millis(800);

/// What to load a server with.
#[derive(Debug, Clone, clap::Args)]
pub struct LoadArgs {
    /// The server: http://127.0.0.1:8080, or https://host:8443 with --ca
    #[arg(long)]
    pub url: String,
    /// The authority that issued the server's certificate (PEM)
    #[arg(long)]
    pub ca: Option<PathBuf>,
    /// How many sites join
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub sites: u16,
    /// How many of them send pictures; three of these speak at any time
    #[arg(long, default_value_t = 4)]
    pub speakers: u16,
    /// How many cameras each draws beside the stage
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=25))]
    pub thumbnails: u8,
    /// How long the meeting is measured once all are in, in seconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// Lose so many percent of what each site receives, as a bad line does
    #[arg(long, default_value_t = 0.0, value_parser = percent)]
    pub drop: f64,
    /// Threads that carry the sites' media
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        Ok(_) | Err(_) => Err("a number from 0 to 100".into()),
    }
}

/// Why the load could not be put on the server.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The server could not be reached or did not do as asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// This machine gave no thread.
    #[error("cannot start a media thread: {0}")]
    Thread(#[from] std::io::Error),
    /// A media thread broke.
    #[error("a media thread broke; nothing was measured")]
    Broken,
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Since the first site set out.
    pub elapsed: Duration,
    /// How many sites there are to be.
    pub sites: u16,
    /// Sites that came in.
    pub joined: u64,
    /// Sites that did not come in, or did not stay.
    pub failed: u64,
    /// Datagrams that all of them received in the last second.
    pub per_second: u64,
    /// Packets that are missing now.
    pub missing: u64,
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>4} s  {}/{} sites in  {:>7} packets/s  {} lost",
            self.elapsed.as_secs(),
            self.joined,
            self.sites,
            self.per_second,
            self.missing
        )?;
        match self.failed {
            0 => Ok(()),
            failed => write!(f, "  {failed} failed"),
        }
    }
}

/// Holds the meeting and reports. `admin` is an administrator's token;
/// `progress` is told twice a second how far it is.
///
/// # Errors
/// When the server cannot be reached or refuses the meeting, and when this
/// machine gives no thread. What happens to single sites is in the report.
pub async fn run(
    args: &LoadArgs,
    admin: &str,
    progress: impl FnMut(&Progress),
) -> Result<Report, LoadError> {
    let client = Client::new(&args.url, args.ca.as_deref())?;
    let created: MeetingCreated = client
        .post("/api/v1/meetings", admin, &meeting(args.sites))
        .await?;
    let habits = Habits {
        speakers: args.speakers,
        thumbnails: args.thumbnails,
        drop_permille: (args.drop * 10.0).round() as u64,
        threads: args.threads,
        is_real: false,
    };
    let crowd = Crowd::enter(&client, &created, &habits, Vec::new())?;
    let watch = Watch {
        args,
        crowd: &crowd,
        progress,
        counted: 0,
        at: crowd.epoch,
    };
    let run = watch.measure(&ServerUse::of(&client)).await;
    let (figures, tally) = crowd.leave().await?;
    Ok(Report::new(args, &run, &tally, &figures))
}

/// Looks on while the run goes on.
struct Watch<'a, P> {
    args: &'a LoadArgs,
    crowd: &'a Crowd,
    progress: P,
    counted: u64,
    at: Instant,
}

impl<P: FnMut(&Progress)> Watch<'_, P> {
    async fn measure(mut self, server: &ServerUse<'_>) -> Run {
        while !self.crowd.has_settled() {
            self.look(PROGRESS).await;
        }
        self.look(WARM_UP).await;
        self.crowd.begin_counting();
        let began = Instant::now();
        let (server_before, own_before) = (server.read().await, usage::Usage::own());
        let end = began + Duration::from_secs(self.args.seconds);
        while let left = end.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            self.look(left.min(PROGRESS)).await;
        }
        let measured = began.elapsed();
        let (server_after, own_after) = (server.read().await, usage::Usage::own());
        self.crowd.end_counting();
        self.look(SETTLE).await;
        Run {
            measured,
            epoch: self.crowd.epoch,
            server: server_before.zip(server_after),
            own: own_before.zip(own_after),
        }
    }

    /// Lets time pass and says how far it is.
    async fn look(&mut self, wait: Duration) {
        tokio::time::sleep(wait).await;
        let read = self.crowd.read();
        let (datagrams, missing) = self.crowd.received();
        let passed = self.at.elapsed().as_secs_f64().max(0.001);
        let per_second = (datagrams - self.counted) as f64 / passed;
        (self.counted, self.at) = (datagrams, Instant::now());
        (self.progress)(&Progress {
            elapsed: self.crowd.epoch.elapsed(),
            sites: self.args.sites,
            joined: read.joined,
            failed: read.kept_out + read.dropped_out,
            per_second: per_second as u64,
            missing,
        });
    }
}

fn meeting(sites: u16) -> CreateMeeting {
    let invitees = (1..=sites).map(|n| Invitee {
        name: Some(format!("Điểm cầu thử {n:03}")),
        role: if n == 1 { Role::Chair } else { Role::Operator },
        kind: ParticipantKind::Site,
        unit: None,
    });
    CreateMeeting {
        title: "Thử tải".into(),
        host_unit: "diemcau load".into(),
        invitees: invitees.collect(),
        video_codec: None,
        rehearsal: false,
    }
}
