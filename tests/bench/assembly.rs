//! A meeting of 3,321, as many as Việt Nam has communes: over real TLS and
//! WebSockets on loopback, against the real binary, without media.
//!
//! ```text
//!   core 0: diemcau serve      the others: participants, PostgreSQL
//!                                 │
//!   all join ──> the chair says something, again and again ──> roll call
//! ```
//!
//! The server has one core to itself (`taskset`), so its tokio runtime has one
//! worker. All participants live on one thread. PostgreSQL syncs each commit,
//! as it does by itself.

mod participant;
mod postgres;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use diemcau::folder::Layout;
use diemcau_protocol::{CreateMeeting, Invitee, MeetingCreated, ParticipantKind, Role};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

use crate::process;
use crate::sites::{PROGRAM, Server, by_itself};
use participant::{Hall, Order, Way};
use postgres::Postgres;

/// The communes, wards and special zones of Việt Nam since July 2025.
const PARTICIPANTS: usize = 3_321;
/// All have to be in by then.
const JOIN_LIMIT: Duration = Duration::from_secs(120);
/// What joining costs is over by then.
const SETTLE: Duration = Duration::from_secs(3);
/// What the chair says; the pace of chat messages is one a second.
const SENTENCES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(1_500);
/// All have to have answered the roll call by then.
const ROLL_CALL_LIMIT: Duration = Duration::from_secs(60);
const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// Where the log is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Store::Sqlite => "sqlite",
            Store::Postgres => "postgres",
        }
    }
}

/// What the budget is about.
#[derive(Debug, Serialize)]
pub(crate) struct Assembly {
    /// From the first knock to the last welcome.
    join_s_all: f64,
    /// From the chair's command to each participant's hearing it.
    fanout_p50_ms: f64,
    fanout_p99_ms: f64,
    /// From the opening of the roll call to the last answer's `done`.
    roll_call_s: f64,
    /// From an answer to its `done`.
    command_p50_ms: f64,
    command_p99_ms: f64,
    /// Growth of the server's memory until all were in, divided by them.
    kb_per_participant: f64,
    /// The part of its core that the server used.
    join_cores: f64,
    roll_call_cores: f64,
}

/// Holds the meeting.
pub(crate) async fn measure(store: Store) -> Result<Assembly> {
    diemcau::limits::open_all_files();
    let server_core = divide_cores()?;
    let folder = tempfile::tempdir()?;
    let postgres = match store {
        Store::Sqlite => None,
        Store::Postgres => Some(Postgres::start()?),
    };
    let mut command = by_itself(Command::new("taskset"));
    command.args(["-c", &server_core.to_string(), PROGRAM]);
    if let Some(postgres) = &postgres {
        let settings = folder.path().join("settings.toml");
        std::fs::write(
            &settings,
            format!("[store]\nurl = \"{}\"\n", postgres.url()),
        )?;
        command.env("DIEMCAU_CONFIG", settings);
    }
    let server = Server::start_as(command, folder.path())?;
    let pid = server.child.id();
    let created = open_meeting(&server, folder.path()).await?;
    let resident = process::resident_kib(pid)?;

    let hall = Hall::new(Way::to(server.https, folder.path())?);
    let used = process::cpu_time(pid)?;
    let began = Instant::now();
    for (seat, link) in created.links.iter().enumerate() {
        let (_, token) = link.path.split_once('#').context("a link has a token")?;
        hall.invite(seat, token.to_owned());
    }
    hall.until("joined", PARTICIPANTS, JOIN_LIMIT, |tally| tally.joined)
        .await?;
    let join = began.elapsed().as_secs_f64();
    let join_cores = (process::cpu_time(pid)? - used).as_secs_f64() / join;
    tokio::time::sleep(SETTLE).await;
    let grown = process::resident_kib(pid)?.saturating_sub(resident);

    for number in 0..SENTENCES {
        hall.order(CHAIR, Order::Say(number));
        tokio::time::sleep(BETWEEN).await;
    }
    let all = PARTICIPANTS * SENTENCES as usize;
    hall.until("told", all, JOIN_LIMIT, |tally| tally.fanout.len())
        .await?;

    let used = process::cpu_time(pid)?;
    let began = Instant::now();
    hall.order(SECRETARY, Order::CallTheRoll);
    hall.until("answered", PARTICIPANTS, ROLL_CALL_LIMIT, |tally| {
        tally.answered.len()
    })
    .await?;
    let roll_call = began.elapsed().as_secs_f64();
    let roll_call_cores = (process::cpu_time(pid)? - used).as_secs_f64() / roll_call;
    let tally = hall.close();
    Ok(Assembly {
        join_s_all: join,
        fanout_p50_ms: percentile(&tally.fanout, 0.5),
        fanout_p99_ms: percentile(&tally.fanout, 0.99),
        roll_call_s: roll_call,
        command_p50_ms: percentile(&tally.answered, 0.5),
        command_p99_ms: percentile(&tally.answered, 0.99),
        kb_per_participant: grown as f64 / PARTICIPANTS as f64,
        join_cores,
        roll_call_cores,
    })
}

/// Their places among the invitees.
const CHAIR: usize = 0;
const SECRETARY: usize = 1;

/// Leaves the first core to the server; gives back its number. With one core
/// there is nothing to divide.
fn divide_cores() -> Result<usize> {
    let mut cores = sched_getaffinity(None)?;
    let all = (0..CpuSet::MAX_CPU).filter(|core| cores.is_set(*core));
    let Some(first) = all.clone().next() else {
        return Ok(0);
    };
    if all.count() > 1 && first == 0 {
        cores.unset(first);
        sched_setaffinity(None, &cores)?;
    }
    Ok(0)
}

async fn open_meeting(server: &Server, folder: &Path) -> Result<MeetingCreated> {
    let keys = Layout::new(folder).token_keys()?;
    let token = diemcau_signaling::admin_token(&keys.private_pem, &keys.public_pem, TOKEN_LIFE)?;
    let invitee = |seat: usize| Invitee {
        name: Some(format!("Xã số {seat}")),
        role: match seat {
            CHAIR => Role::Chair,
            SECRETARY => Role::Secretary,
            _ => Role::Operator,
        },
        kind: ParticipantKind::Site,
        unit: Some(format!("Tỉnh số {}", seat % 34)),
    };
    let meeting = CreateMeeting {
        title: "Hội nghị trực tuyến toàn quốc".to_owned(),
        host_unit: "Văn phòng Chính phủ".to_owned(),
        invitees: (0..PARTICIPANTS).map(invitee).collect(),
        video_codec: None,
        rehearsal: false,
    };
    let way = Way::to(server.https, folder)?;
    way.post("/api/v1/meetings", &token, &serde_json::to_vec(&meeting)?)
        .await
}

/// In milliseconds.
fn percentile(times: &[Duration], part: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    let place = ((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1));
    times
        .get(place)
        .map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
