//! A network namespace for a server, joined to this one by a veth pair. Janus
//! gathers no candidates on loopback.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Set aside for measurements (RFC 2544).
const HERE: Ipv4Addr = Ipv4Addr::new(198, 18, 77, 1);
const INSIDE: Ipv4Addr = Ipv4Addr::new(198, 18, 77, 2);

/// A namespace; it goes when this does.
pub(crate) struct Namespace {
    pub(crate) name: String,
    pub(crate) here: IpAddr,
    pub(crate) inside: IpAddr,
}

impl Namespace {
    /// Makes it. This takes root.
    pub(crate) fn new() -> Result<Self> {
        let pid = std::process::id();
        let name = format!("diemcau-bench-{pid}");
        let (outer, inner) = (format!("dcb{pid}a"), format!("dcb{pid}b"));
        ip(&format!("netns add {name}")).context("a network namespace takes root")?;
        let namespace = Self {
            name: name.clone(),
            here: HERE.into(),
            inside: INSIDE.into(),
        };
        ip(&format!(
            "link add {outer} type veth peer name {inner} netns {name}"
        ))?;
        ip(&format!("addr add {HERE}/30 dev {outer}"))?;
        ip(&format!("link set {outer} up"))?;
        ip(&format!("-n {name} addr add {INSIDE}/30 dev {inner}"))?;
        ip(&format!("-n {name} link set {inner} up"))?;
        ip(&format!("-n {name} link set lo up"))?;
        Ok(namespace)
    }

    /// A command that runs in it.
    pub(crate) fn command(&self, program: &str) -> Command {
        command_in(&self.name, program)
    }
}

/// A command that runs in a namespace, by the process that is started.
pub(crate) fn command_in(namespace: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The pair goes with it.
        if let Err(error) = ip(&format!("netns delete {}", self.name)) {
            eprintln!("{error:#}");
        }
    }
}

fn ip(arguments: &str) -> Result<()> {
    let output = Command::new("ip").args(arguments.split(' ')).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ip {arguments}: {}", said.trim());
    Ok(())
}
