//! 300 sites in one meeting: `diemcau serve` and `diemcau load` beside it.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::process;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_diemcau");
const SITES: &str = "300";
/// All of them publish simulcast.
const SPEAKERS: &str = "20";
const THUMBNAILS: &str = "8";
const SECONDS: &str = "20";

/// What the budget is about. What the load generator does not say is left out.
#[derive(Debug, Serialize)]
pub(crate) struct Sites {
    pub(crate) joined: Option<u64>,
    pub(crate) join_s_max: Option<f64>,
    /// From the first click to the last picture.
    pub(crate) all_in_s: Option<f64>,
    pub(crate) lost_packets: Option<u64>,
    pub(crate) delay_p50_ms: Option<f64>,
    pub(crate) delay_p99_ms: Option<f64>,
    /// Packets that the load generator received, a second.
    pub(crate) packets_per_s: Option<f64>,
    pub(crate) server_cores: Option<f64>,
    pub(crate) load_cores: Option<f64>,
    /// Of everything in the server, signaling too.
    pub(crate) server_kb_per_site: f64,
}

/// Holds the meeting. Returns its figures, and what the load generator said.
pub(crate) fn measure() -> Result<(Sites, Value)> {
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(folder.path())?;
    let before = process::resident_kib(server.child.id())?;
    let output = diemcau()
        .args(["load", "--json", "--sites", SITES, "--speakers", SPEAKERS])
        .args(["--thumbnails", THUMBNAILS, "--seconds", SECONDS])
        .args(["--url", &server.url])
        .arg("--data-dir")
        .arg(folder.path())
        .stderr(Stdio::null())
        .output()?;
    let peak = process::peak_kib(server.child.id())?;
    server.child.kill()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&said)
        .with_context(|| format!("diemcau load: {}: {said}", output.status))?;
    let number = |name: &str| report[name].as_f64();
    let seconds = number("measured_seconds").unwrap_or(SECONDS.parse()?);
    let sites = Sites {
        joined: report["joined"].as_u64(),
        join_s_max: number("join_ms_max").map(|ms| ms / 1e3),
        all_in_s: number("all_in_seconds"),
        lost_packets: report["packets_lost"].as_u64(),
        delay_p50_ms: number("delay_ms_p50"),
        delay_p99_ms: number("delay_ms_p99"),
        packets_per_s: number("packets_received").map(|packets| packets / seconds),
        server_cores: number("server_cores"),
        load_cores: number("own_cores"),
        server_kb_per_site: (peak - before) as f64 / SITES.parse::<f64>()?,
    };
    Ok((sites, report))
}

/// A server; it ends when this does.
pub(crate) struct Server {
    pub(crate) child: Child,
    url: String,
    /// Its port for HTTPS.
    pub(crate) https: u16,
}

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        Self::start_as(diemcau(), folder)
    }

    /// Starts it by a command that ends in the program's name.
    pub(crate) fn start_as(mut command: Command, folder: &Path) -> Result<Self> {
        let [https, http, media] = free_ports()?;
        let mut child = command
            .arg("serve")
            .arg(format!("--listen=127.0.0.1:{https}"))
            .arg(format!("--dev-http=127.0.0.1:{http}"))
            .arg(format!("--media-port={media}"))
            .arg("--public-ip=127.0.0.1")
            .arg("--data-dir")
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().context("no stdout")?;
        let server = Self {
            child,
            url: format!("http://127.0.0.1:{http}"),
            https,
        };
        for line in BufReader::new(out).lines() {
            if line? == "Ready." {
                return Ok(server);
            }
        }
        bail!("the server does not start")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that were free a moment ago: two of TCP, one of UDP.
fn free_ports() -> Result<[u16; 3]> {
    let local = (Ipv4Addr::LOCALHOST, 0);
    let (https, http) = (TcpListener::bind(local)?, TcpListener::bind(local)?);
    let media = UdpSocket::bind(local)?;
    Ok([
        https.local_addr()?.port(),
        http.local_addr()?.port(),
        media.local_addr()?.port(),
    ])
}

/// The binary, without any `DIEMCAU_*` of the surroundings.
fn diemcau() -> Command {
    by_itself(Command::new(PROGRAM))
}

/// A command that hears of no `DIEMCAU_*` of the surroundings.
pub(crate) fn by_itself(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DIEMCAU_") {
            command.env_remove(name);
        }
    }
    command
}
