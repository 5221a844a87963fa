//! `diemcau selftest`: whether everything works on this machine, for whoever
//! has just installed it. A meeting of synthetic sites is held on a server of
//! its own, recorded, put into minutes and verified.
//!
//! ```text
//!   temporary folder ── serve ──> a server on ports that are free, on loopback
//!                                   ▲ HTTPS, WebSocket, WebRTC
//!   script ── chair's commands ──> sites         roll call, stage, vote, chat
//!      └──> archive ── minutes issued, signed ──> verified ──> Report
//! ```
//!
//! An installed server is neither needed nor touched.

mod archive;
mod display;
mod ground;
mod meeting;
mod script;
mod words;

use std::cell::Cell;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::oneshot;

use crate::probe::Language;
use crate::serve;
pub use display::Display;
use ground::Ground;
use meeting::Place;

/// What to do.
#[derive(Debug, Clone, clap::Args)]
pub struct SelfTestArgs {
    /// Leave the archive in this new folder, with the public key that verifies
    /// it: FOLDER/archive and FOLDER/archive.pub
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// The language of the verdict; by LANG when it is not given
    #[arg(long)]
    pub lang: Option<Language>,
    /// Print the verdict as JSON
    #[arg(long)]
    pub json: bool,
}

/// A step of the test, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A temporary folder, and room in it.
    Folder,
    /// A server starts.
    Server,
    /// The sites come in.
    Sites,
    /// The roll is called while the recording is announced.
    RollCall,
    /// 20 seconds are recorded: stage, vote, chat.
    Meeting,
    /// Sound and picture arrived.
    Media,
    /// The recording becomes an archive.
    Recording,
    /// The minutes are issued.
    Minutes,
    /// The archive is verified.
    Archive,
}

/// What is told while the test runs.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// A step begins.
    Began(Step),
    /// It goes on: so many seconds are left.
    Left(Step, u64),
    /// It holds.
    Holds(Step, &'a Figures),
}

/// What was counted and measured; nothing where the test did not get so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Room in the temporary folder, in MiB.
    pub free_mib: Option<u64>,
    /// From the start of the server until it was ready, in s.
    pub server_seconds: Option<f64>,
    /// Sites that saw a picture, of all.
    pub joined: Option<[u64; 2]>,
    /// From the first one's setting out until the last one was in, in s.
    pub join_seconds: Option<f64>,
    /// Sites that were found present in the roll call.
    pub present: Option<u64>,
    /// People whom they told of.
    pub headcount: Option<u64>,
    /// From the chair's command until the stage was another, in ms.
    pub stage_ms: Option<u64>,
    /// Votes for the proposal, of those that were given.
    pub votes: Option<[u64; 2]>,
    /// Media packets that the sites received.
    pub packets_received: Option<u64>,
    /// Media packets that never came.
    pub packets_lost: Option<u64>,
    /// How long the recording is, in s.
    pub recorded_seconds: Option<f64>,
    /// What is missing in it, in ms.
    pub gap_ms: Option<i64>,
    /// From the end of the meeting until the archive was there, in s.
    pub archive_seconds: Option<f64>,
    /// The number of the minutes.
    pub minutes_number: Option<String>,
    /// Pages of their PDF.
    pub minutes_pages: Option<usize>,
    /// Files of the archive that were checked.
    pub files: Option<usize>,
    /// Events of its log.
    pub events: Option<u64>,
    /// The hash of the log's last event; the sites were told the same.
    pub closing_hash: Option<String>,
}

/// What does not hold.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Where.
    pub step: Step,
    /// Why, for technicians, in English.
    pub why: String,
}

impl Failure {
    fn at(step: Step) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |why| Self {
            step,
            why: why.to_string(),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Everything holds.
    pub holds: bool,
    /// What does not.
    pub failure: Option<Failure>,
    /// How long the test took, in s.
    pub seconds: f64,
    /// Where the archive was left.
    pub kept: Option<PathBuf>,
    /// What was counted and measured.
    pub figures: Figures,
}

/// Runs the test until its end, or until `stop` is ready. `progress` is told
/// how far it is.
pub async fn run(
    args: &SelfTestArgs,
    stop: impl Future<Output = ()>,
    mut progress: impl FnMut(Progress<'_>),
) -> Report {
    let began = Instant::now();
    let step = Cell::new(Step::Folder);
    let mut run = Run {
        step: &step,
        figures: Figures::default(),
        progress: &mut progress,
    };
    let result = run.all(args, stop).await;
    Report {
        holds: result.is_ok(),
        seconds: began.elapsed().as_secs_f64(),
        kept: result.as_ref().ok().and(args.keep.clone()),
        failure: result.err(),
        figures: run.figures,
    }
}

/// The test under way.
struct Run<'p> {
    /// Where it is.
    step: &'p Cell<Step>,
    figures: Figures,
    progress: &'p mut dyn FnMut(Progress<'_>),
}

impl Run<'_> {
    async fn all(
        &mut self,
        args: &SelfTestArgs,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        self.begins(Step::Folder);
        let ground = Ground::prepare(args.keep.as_deref()).map_err(|e| self.fails(&e))?;
        self.figures.free_mib = Some(ground.free_mib);
        self.holds();

        self.begins(Step::Server);
        let starts = Instant::now();
        let (ready, is_ready) = oneshot::channel();
        let (ends, end) = oneshot::channel::<()>();
        let until = async {
            // It is never sent: the end is that the sender is gone.
            let _ = end.await;
        };
        let serving = serve::serve(ground.settings(), until, |notice| {
            // Nobody waits for it any more when the test is stopped.
            let _ = ready.send(Place::of(notice));
        });
        let mut serving = pin!(serving);
        let step = self.step;
        let script = async {
            let Ok(place) = is_ready.await else {
                return std::future::pending().await;
            };
            self.figures.server_seconds = Some(starts.elapsed().as_secs_f64());
            self.holds();
            self.script(&ground, place).await
        };
        let result = tokio::select! {
            ended = &mut serving => {
                let why = ended.err().map_or("the server ended".into(), |why| why.to_string());
                return Err(Failure { step: Step::Server, why });
            }
            result = script => result,
            () = stop => Err(Failure { step: step.get(), why: "it was stopped".into() }),
        };
        drop(ends);
        let ended = serving.await.map_err(|why| Failure::at(Step::Server)(&why));
        result.and(ended)
    }

    fn begins(&mut self, step: Step) {
        self.step.set(step);
        (self.progress)(Progress::Began(step));
    }

    fn left(&mut self, seconds: u64) {
        (self.progress)(Progress::Left(self.step.get(), seconds));
    }

    fn holds(&mut self) {
        (self.progress)(Progress::Holds(self.step.get(), &self.figures));
    }

    fn fails(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::at(self.step.get())(why)
    }
}
