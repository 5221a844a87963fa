//! What processes of this machine use, as `/proc` has it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Ticks of `/proc/PID/stat` in a second; the kernel's interface is fixed to
/// this on all of today's machines.
const TICKS: u64 = 100;

/// What a process has used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usage {
    /// Processor time since it started, user and system.
    pub(super) cpu: Duration,
    /// Memory in use, in bytes.
    pub(super) resident: u64,
}

impl Usage {
    /// Reads it of a process; nothing where there is no such process, or no
    /// `/proc`.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let folder = Path::new("/proc").join(pid.to_string());
        let cpu = cpu(&fs::read_to_string(folder.join("stat")).ok()?)?;
        let resident = resident(&fs::read_to_string(folder.join("status")).ok()?)?;
        Some(Self { cpu, resident })
    }

    /// Reads it of this process.
    pub(super) fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Cores used since then, on average.
    pub(super) fn cores_since(&self, before: &Self, passed: Duration) -> f64 {
        self.cpu.saturating_sub(before.cpu).as_secs_f64() / passed.as_secs_f64()
    }
}

/// User and system time: fields 14 and 15, counted behind the name, which may
/// hold anything (proc_pid_stat(5)).
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1_000 / TICKS))
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024)
}

/// The process of this machine that listens on a TCP port.
pub(super) fn listener(port: u16) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let inode = tables
        .iter()
        .flatten()
        .find_map(|table| listening_inode(table, port))?;
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.find(|pid: &u32| {
        // Other people's processes cannot be looked into.
        let files = fs::read_dir(format!("/proc/{pid}/fd"));
        files.into_iter().flatten().flatten().any(|file| {
            fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == wanted.as_str())
        })
    })
}

/// The inode of the socket in state LISTEN (0A) on a port (proc_pid_net(5)).
fn listening_inode(table: &str, port: u16) -> Option<&str> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        let listens = *fields.get(3)? == "0A" && u16::from_str_radix(local, 16) == Ok(port);
        listens.then_some(*fields.get(9)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_use_is_read_and_the_own_socket_is_found() {
        let own = Usage::own().unwrap();
        assert!(own.resident > 100_000, "{own:?}");
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert_eq!(listener(port), Some(std::process::id()));
    }

    #[test]
    fn a_name_with_blanks_and_brackets_does_not_shift_the_fields() {
        let stat = "12 (a) b (c) S 1 12 12 0 -1 4194560 100 0 0 0 250 31 0 0 20 0 9 0 1 1 1";
        assert_eq!(cpu(stat), Some(Duration::from_millis(2_810)));
        assert_eq!(cpu("nonsense"), None);
    }
}
