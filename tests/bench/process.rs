//! What a process uses, by the kernel's own account.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The time that all threads of a process have had a core, in user and kernel
/// mode, to the nanosecond (the first field of `schedstat`). Threads that have
/// ended are not in it.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        nanos += on_core(&thread?.path().join("schedstat"))?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// As [`cpu_time`], of this thread alone.
pub(crate) fn own_thread_time() -> io::Result<Duration> {
    on_core(Path::new("/proc/thread-self/schedstat")).map(Duration::from_nanos)
}

/// As [`cpu_time`], of one thread, by its folder in `/proc`.
pub(crate) fn thread_time(folder: &Path) -> io::Result<Duration> {
    on_core(&folder.join("schedstat")).map(Duration::from_nanos)
}

/// As [`cpu_time`], of the kernel's threads that take over the network's work
/// when it is too much for the process that caused it.
pub(crate) fn softirq_time() -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end while we look.
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if comm.starts_with("ksoftirqd/") {
            total += cpu_time(pid)?;
        }
    }
    Ok(total)
}

/// The time that cores of this machine were not idle, to the 10 ms.
pub(crate) fn machine_time() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let ticks: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .map_while(|field| field.parse().ok())
        .collect();
    // user, nice, system, idle, waiting for a disk, and the rest.
    let [user, nice, system, _, _, rest @ ..] = ticks.as_slice() else {
        return Err(io::Error::other("/proc/stat is not as expected"));
    };
    let busy = user + nice + system + rest.iter().sum::<u64>();
    Ok(Duration::from_millis(busy * 10))
}

/// Resident memory, in KiB.
pub(crate) fn resident_kib(pid: u32) -> io::Result<u64> {
    status(pid, "VmRSS:")
}

/// Resident memory when it was most, in KiB.
pub(crate) fn peak_kib(pid: u32) -> io::Result<u64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other(format!("no {name}")))
}

fn on_core(schedstat: &Path) -> io::Result<u64> {
    match fs::read_to_string(schedstat) {
        Ok(text) => text
            .split(' ')
            .next()
            .and_then(|nanos| nanos.parse().ok())
            .ok_or_else(|| io::Error::other("schedstat is not as expected")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}
