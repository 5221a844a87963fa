//! What happened to the sites, counted while the run goes on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::figures::histogram;

/// The most failures that are kept in words.
const FAILURES: usize = 10;

#[derive(Default, Clone, Copy)]
struct Fate {
    joined: bool,
    failed: bool,
}

struct Counts {
    fates: BTreeMap<u16, Fate>,
    joins: Histogram<u64>,
    last_join: Option<Instant>,
    renegotiations: u64,
    failures: Vec<String>,
}

/// Shared by all sites.
pub(super) struct Tally(Mutex<Counts>);

/// A reading.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// Sites that came in, whether or not they still are.
    pub(crate) joined: u64,
    /// Sites that did not come in.
    pub(crate) kept_out: u64,
    /// Sites that came in and did not stay.
    pub(crate) dropped_out: u64,
    /// From opening the WebSocket to the first picture, in ms.
    pub(super) joins: Histogram<u64>,
    /// When the last one came in.
    pub(crate) last_join: Option<Instant>,
    pub(super) renegotiations: u64,
    pub(crate) failures: Vec<String>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Counts {
            fates: BTreeMap::new(),
            joins: histogram(),
            last_join: None,
            renegotiations: 0,
            failures: Vec::new(),
        }))
    }

    pub(super) fn joined(&self, index: u16, after: Duration) {
        let mut counts = self.lock();
        counts.fates.entry(index).or_default().joined = true;
        let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        counts.joins.saturating_record(ms);
        counts.last_join = Some(Instant::now());
    }

    /// A site does not go on; the first reason counts.
    pub(super) fn failed(&self, index: u16, why: String) {
        let mut counts = self.lock();
        let fate = counts.fates.entry(index).or_default();
        if !std::mem::replace(&mut fate.failed, true) && counts.failures.len() < FAILURES {
            counts.failures.push(format!("site {}: {why}", index + 1));
        }
    }

    pub(super) fn renegotiated(&self) {
        self.lock().renegotiations += 1;
    }

    pub(super) fn read(&self) -> Read {
        let counts = self.lock();
        let of = |which: fn(&Fate) -> bool| {
            let fates = counts.fates.values().filter(|fate| which(fate));
            fates.count() as u64
        };
        Read {
            joined: of(|fate| fate.joined),
            kept_out: of(|fate| fate.failed && !fate.joined),
            dropped_out: of(|fate| fate.failed && fate.joined),
            joins: counts.joins.clone(),
            last_join: counts.last_join,
            renegotiations: counts.renegotiations,
            failures: counts.failures.clone(),
        }
    }

    /// A site that panicked does not spoil the counts of the others.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
