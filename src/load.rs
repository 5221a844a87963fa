//! `diemcau load`: synthetic sites that join a meeting of a running server
//! through the real signaling, publish, receive as a browser does, and report
//! how that went.
//!
//! ```text
//!   POST /api/v1/meetings ─> N links ─> N sites ─┬─ WebSocket ─> signaling
//!                                                └─ UDP ───────> sfu
//!   each site counts what it receives ─> Report
//! ```

mod client;
mod media;
mod report;
mod site;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau_protocol::{CreateMeeting, Invitee, MeetingCreated, ParticipantKind, Role};
use tokio::task::JoinSet;

use client::{Client, ClientError};
pub use report::Report;
use report::Tally;
use site::{Part, Site};

/// Sites come in at this distance, as after a call to order.
const STAGGER: Duration = Duration::from_millis(40);

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
    /// How many of them send picture and sound; the others send silence
    #[arg(long, default_value_t = 4)]
    pub speakers: u16,
    /// How many cameras each draws beside the stage
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=8))]
    pub thumbnails: u8,
    /// How long the meeting goes on once all are in, in seconds
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Why the load could not be put on the server.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The server could not be reached or did not do as asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// This machine gave no socket.
    #[error("cannot open a socket: {0}")]
    Socket(#[from] std::io::Error),
}

/// Holds the meeting and reports. `admin` is an administrator's token;
/// `progress` gets a line a second.
///
/// # Errors
/// When the server cannot be reached or refuses the meeting. What happens to
/// single sites is in the report.
pub async fn run(
    args: &LoadArgs,
    admin: &str,
    progress: impl Fn(&str),
) -> Result<Report, LoadError> {
    let client = Client::new(&args.url, args.ca.as_deref())?;
    let created: MeetingCreated = client
        .post("/api/v1/meetings", admin, &meeting(args.sites))
        .await?;
    let tally = Arc::new(Tally::new());
    let began = Instant::now();
    let mut sites = JoinSet::new();
    for (index, link) in (0_u16..).zip(&created.links) {
        let part = Part {
            index,
            speakers: args.speakers.min(args.sites),
            thumbnails: args.thumbnails,
        };
        let site = Site::new(client.clone(), part, &created, link, Arc::clone(&tally));
        sites.spawn(async move { site.run(STAGGER * u32::from(index)).await });
    }

    let mut all_in = None;
    let mut before = None;
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    // Everyone has half a minute beyond its own start.
    let patience = STAGGER * u32::from(args.sites) + Duration::from_secs(30);
    loop {
        every_second.tick().await;
        let now = tally.snapshot();
        progress(&format!(
            "{:>4} s  {}/{} sites in  {:>9} packets  {} lost",
            began.elapsed().as_secs(),
            now.joined,
            args.sites,
            now.received,
            now.lost
        ));
        let settled = now.joined + now.failed >= u64::from(args.sites);
        if all_in.is_none() && (settled || began.elapsed() > patience) {
            before = client.process().await;
            tally.begin_measuring();
            all_in = Some(Instant::now());
        }
        if all_in.is_some_and(|at| at.elapsed().as_secs() >= args.seconds) {
            break;
        }
    }
    let after = client.process().await;
    tally.stop();
    while sites.join_next().await.is_some() {}
    Ok(tally.report(args, before, after))
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
    }
}
