//! What all sites saw together.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::LoadArgs;
use super::client::ProcessUse;

/// Counts while the sites run; shared by all of them.
pub(crate) struct Tally {
    joined: AtomicU64,
    failed: AtomicU64,
    received: AtomicU64,
    lost: AtomicU64,
    bytes: AtomicU64,
    measuring: AtomicBool,
    stopped: AtomicBool,
    /// From opening the WebSocket to the first packet of a picture, in ms.
    joins: Mutex<Histogram<u64>>,
    /// From a publisher's send to a receiver's read, in µs.
    delays: Mutex<Histogram<u64>>,
    failures: Mutex<Vec<String>>,
}

/// A reading of the counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) joined: u64,
    pub(crate) failed: u64,
    pub(crate) received: u64,
    pub(crate) lost: u64,
}

/// The figures of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Sites that were asked to join.
    pub sites: u16,
    /// Sites that saw a picture.
    pub joined: u64,
    /// From opening the WebSocket to the first packet of a picture, in ms.
    pub join_ms_p50: u64,
    /// As above.
    pub join_ms_p99: u64,
    /// As above, the slowest.
    pub join_ms_max: u64,
    /// Media packets received by all sites while measuring.
    pub packets_received: u64,
    /// Media packets that never came, not even when asked for again.
    pub packets_lost: u64,
    /// From a publisher's send to a receiver's read, in ms; both are in this
    /// process, so its own waiting counts too.
    pub delay_ms_p50: f64,
    /// As above.
    pub delay_ms_p99: f64,
    /// Received by one site, in kbit/s, on average.
    pub kbps_per_site: u64,
    /// Cores that the server used while measuring, if it says so.
    pub server_cores: Option<f64>,
    /// The server's memory at the end, in MiB, if it says so.
    pub server_mib: Option<f64>,
    /// What went wrong with single sites; at most ten.
    pub failures: Vec<String>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            joined: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            received: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            measuring: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            joins: Mutex::new(histogram()),
            delays: Mutex::new(histogram()),
            failures: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn joined(&self, after: Duration) {
        self.joined.fetch_add(1, Ordering::Relaxed);
        record(&self.joins, after.as_millis());
    }

    pub(crate) fn failed(&self, why: String) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let mut failures = lock(&self.failures);
        if failures.len() < 10 {
            failures.push(why);
        }
    }

    /// A batch of what a site received.
    pub(crate) fn add(&self, received: u64, bytes: u64, delays: &mut Histogram<u64>) {
        self.received.fetch_add(received, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Both grow as needed, so that adding cannot fail.
        let _ = lock(&self.delays).add(&*delays);
        delays.reset();
    }

    pub(crate) fn lost(&self, packets: u64) {
        self.lost.fetch_add(packets, Ordering::Relaxed);
    }

    pub(crate) fn begin_measuring(&self) {
        self.measuring.store(true, Ordering::Relaxed);
    }

    pub(crate) fn measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn snapshot(&self) -> Counts {
        Counts {
            joined: self.joined.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn report(
        &self,
        args: &LoadArgs,
        before: Option<ProcessUse>,
        after: Option<ProcessUse>,
    ) -> Report {
        let counts = self.snapshot();
        let joins = lock(&self.joins);
        let delays = lock(&self.delays);
        let seconds = args.seconds.max(1);
        let ms = |micros: u64| micros as f64 / 1_000.0;
        let cores = before
            .zip(after)
            .map(|(before, after)| (after.cpu_seconds - before.cpu_seconds) / seconds as f64);
        Report {
            sites: args.sites,
            joined: counts.joined,
            join_ms_p50: joins.value_at_quantile(0.5),
            join_ms_p99: joins.value_at_quantile(0.99),
            join_ms_max: joins.max(),
            packets_received: counts.received,
            packets_lost: counts.lost,
            delay_ms_p50: ms(delays.value_at_quantile(0.5)),
            delay_ms_p99: ms(delays.value_at_quantile(0.99)),
            kbps_per_site: self.bytes.load(Ordering::Relaxed) * 8
                / 1_000
                / seconds
                / u64::from(args.sites),
            server_cores: cores,
            server_mib: after.map(|p| p.resident_bytes / f64::from(1 << 20)),
            failures: lock(&self.failures).clone(),
        }
    }
}

/// Three significant digits, any range.
pub(crate) fn histogram() -> Histogram<u64> {
    #[expect(
        clippy::expect_used,
        reason = "three digits are within the crate's bounds"
    )]
    Histogram::new(3).expect("three digits are allowed")
}

fn record(histogram: &Mutex<Histogram<u64>>, value: u128) {
    lock(histogram).saturating_record(u64::try_from(value).unwrap_or(u64::MAX));
}

/// A site that panicked does not spoil the counts of the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "sites joined       {}/{}", self.joined, self.sites)?;
        writeln!(
            f,
            "joining            p50 {} ms, p99 {} ms, slowest {} ms",
            self.join_ms_p50, self.join_ms_p99, self.join_ms_max
        )?;
        writeln!(f, "packets received   {}", self.packets_received)?;
        writeln!(f, "packets lost       {}", self.packets_lost)?;
        writeln!(
            f,
            "delay              p50 {:.1} ms, p99 {:.1} ms",
            self.delay_ms_p50, self.delay_ms_p99
        )?;
        writeln!(f, "received per site  {} kbit/s", self.kbps_per_site)?;
        if let (Some(cores), Some(mib)) = (self.server_cores, self.server_mib) {
            writeln!(f, "server             {cores:.2} cores, {mib:.0} MiB")?;
        }
        for failure in &self.failures {
            writeln!(f, "failed             {failure}")?;
        }
        Ok(())
    }
}
