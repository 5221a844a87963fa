//! Our SFU in a process of its own, so that what it uses is known exactly: the
//! bench starts itself as `serve-sfu` and talks with it in lines of JSON.
//!
//! ```text
//!   bench ── ToSfu ──> stdin  ┌───────────┐
//!         <─ FromSfu ─ stdout │ serve-sfu │ ── UDP ── peers of the bench
//!                             └───────────┘
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};
use diemcau_protocol::{MediaCommand, MediaEvent};
use diemcau_sfu::{EchoKey, Media, MediaConfig};
use serde::{Deserialize, Serialize};

use crate::namespace::command_in;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Counters of the media plane, by name.
pub(crate) type Counters = BTreeMap<String, u64>;

#[derive(Debug, Serialize, Deserialize)]
enum ToSfu {
    Command(MediaCommand),
    Counters,
}

#[derive(Debug, Serialize, Deserialize)]
enum FromSfu {
    Ready,
    Event(MediaEvent),
    Counters(Counters),
}

/// Where the SFU runs.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: IpAddr,
    /// A network namespace; this one if none.
    pub(crate) namespace: Option<String>,
    pub(crate) workers: usize,
}

/// The child: runs until its stdin ends.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let [address, workers] = arguments else {
        bail!("serve-sfu ADDRESS WORKERS");
    };
    let address: IpAddr = address.parse()?;
    let (lines, printed) = mpsc::channel::<FromSfu>();
    let events = lines.clone();
    let media = Media::start(&media_config(address, workers.parse()?), move |event| {
        // Nobody prints any more only while everything ends.
        let _ = events.send(FromSfu::Event(event));
    })?;
    lines.send(FromSfu::Ready)?;
    std::thread::spawn(move || {
        let mut out = stdout().lock();
        for line in printed {
            let written = serde_json::to_string(&line).map(|line| writeln!(out, "{line}"));
            if !matches!(written, Ok(Ok(()))) || out.flush().is_err() {
                return;
            }
        }
    });
    for line in stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            ToSfu::Command(command) => media.send(command),
            ToSfu::Counters => {
                let counters = media.counters();
                let named = counters
                    .iter()
                    .map(|(name, count)| (name.to_owned(), count));
                lines.send(FromSfu::Counters(named.collect()))?;
            }
        }
    }
    media.shutdown();
    Ok(())
}

/// The one place that knows how the media plane is configured.
fn media_config(address: IpAddr, workers: usize) -> MediaConfig {
    MediaConfig {
        bind: vec![address],
        port: 0,
        workers,
        tcp: true,
        public_ips: vec![address],
        echo: EchoKey::new().expect("random numbers"),
    }
}

/// How many workers the media plane can have here.
pub(crate) fn worker_counts() -> Vec<usize> {
    vec![1, 2]
}

/// The child as its parent sees it. It ends when its stdin does.
pub(crate) struct Sfu {
    child: Child,
    stdin: ChildStdin,
    said: UnboundedReceiver<Result<FromSfu>>,
}

impl Sfu {
    /// Starts the child; it listens when this returns.
    pub(crate) async fn start(place: &Place) -> Result<Self> {
        let own = std::env::current_exe()?;
        let mut command = match &place.namespace {
            Some(namespace) => command_in(namespace, own),
            None => Command::new(own),
        };
        let mut child = command
            .arg("serve-sfu")
            .args([place.address.to_string(), place.workers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = child.stdout.take().context("no stdout")?;
        let (lines, said) = unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let line = line.map_err(anyhow::Error::from);
                let message = line.and_then(|line| Ok(serde_json::from_str(&line)?));
                if lines.send(message).is_err() {
                    return;
                }
            }
        });
        let mut sfu = Self { child, stdin, said };
        match sfu.next().await? {
            FromSfu::Ready => Ok(sfu),
            other => bail!("the SFU began with {other:?}"),
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Hands it a command.
    pub(crate) fn send(&mut self, command: MediaCommand) -> Result<()> {
        self.write(&ToSfu::Command(command))
    }

    /// The answer to an offer of a session. Other events are of no interest.
    pub(crate) async fn answer(&mut self, offered: &str) -> Result<String> {
        loop {
            match self.next().await? {
                FromSfu::Event(MediaEvent::Answer { session, sdp })
                    if session.as_str() == offered =>
                {
                    return Ok(sdp);
                }
                FromSfu::Event(MediaEvent::OfferRefused { detail, .. }) => bail!("{detail}"),
                FromSfu::Event(_) | FromSfu::Counters(_) | FromSfu::Ready => {}
            }
        }
    }

    /// What it has counted.
    pub(crate) async fn counters(&mut self) -> Result<Counters> {
        self.write(&ToSfu::Counters)?;
        loop {
            if let FromSfu::Counters(counters) = self.next().await? {
                return Ok(counters);
            }
        }
    }

    /// Ends it and waits.
    pub(crate) fn stop(self) -> Result<()> {
        let Self {
            mut child, stdin, ..
        } = self;
        drop(stdin);
        child.wait()?;
        Ok(())
    }

    fn write(&mut self, message: &ToSfu) -> Result<()> {
        let line = serde_json::to_string(message)? + "\n";
        Ok(self.stdin.write_all(line.as_bytes())?)
    }

    async fn next(&mut self) -> Result<FromSfu> {
        self.said.recv().await.context("the SFU has ended")?
    }
}
