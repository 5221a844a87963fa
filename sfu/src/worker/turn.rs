//! When a worker looks: what comes within a turn is dealt with together, and
//! what leaves for one receiver leaves together. To wake for each datagram, or
//! for each deadline, would cost more than to forward it.

use std::time::{Duration, Instant};

/// How long a turn takes while media flows,
const LENGTH: Duration = Duration::from_millis(5);
/// and where so much comes that waking up costs little beside it.
const BUSY_LENGTH: Duration = Duration::from_millis(2);
/// So much is as many datagrams in a millisecond.
const BUSY: f64 = 3.0;
/// Over so many turns that is a mean.
const TURNS_OF_MEAN: f64 = 16.0;
/// After so many turns without anything the worker waits to be woken.
const QUIET_TURNS: u32 = 8;

/// In one of so many turns the runtime is given time to find out who connects.
const RUNTIMES: u32 = 8;

/// The turns of a worker.
#[derive(Debug)]
pub(super) struct Turns {
    began: Instant,
    /// Datagrams in a millisecond, the mean.
    rate: f64,
    quiet: u32,
    count: u32,
}

impl Turns {
    /// Nothing flows yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            rate: 0.0,
            quiet: QUIET_TURNS,
            count: 0,
        }
    }

    /// Whether media flows, so that the worker looks again by itself.
    pub(super) fn flows(&self) -> bool {
        self.quiet < QUIET_TURNS
    }

    /// Something came while the worker waited.
    pub(super) fn woken(&mut self, now: Instant) {
        self.began = now;
        self.quiet = 0;
    }

    /// When the turn ends.
    pub(super) fn end(&self) -> Instant {
        self.began + self.length()
    }

    /// Whether the runtime is given time in this turn, whoever is there.
    pub(super) fn is_runtimes(&self) -> bool {
        self.count.is_multiple_of(RUNTIMES)
    }

    /// The turn has ended, and so much had come.
    pub(super) fn ended(&mut self, now: Instant, came: usize) {
        let took = now.duration_since(self.began).max(BUSY_LENGTH);
        let rate = came as f64 / (took.as_secs_f64() * 1_000.0);
        self.rate += (rate - self.rate) / TURNS_OF_MEAN;
        self.quiet = if came > 0 { 0 } else { self.quiet + 1 };
        self.count = self.count.wrapping_add(1);
        self.began = now;
    }

    fn length(&self) -> Duration {
        if self.rate < BUSY {
            LENGTH
        } else {
            BUSY_LENGTH
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns that end when they should, in each of which so much comes.
    fn take(turns: &mut Turns, count: u32, came: usize) {
        for _ in 0..count {
            let end = turns.end();
            turns.ended(end, came);
        }
    }

    #[test]
    fn a_crowd_is_looked_at_more_often() {
        let start = Instant::now();
        let mut turns = Turns::new(start);
        turns.woken(start);
        assert_eq!(turns.end() - start, LENGTH);
        take(&mut turns, 100, 30);
        let began = turns.began;
        assert_eq!(turns.end() - began, BUSY_LENGTH);
        take(&mut turns, 100, 1);
        let began = turns.began;
        assert_eq!(turns.end() - began, LENGTH);
    }

    #[test]
    fn after_some_silence_the_worker_waits_to_be_woken() {
        let start = Instant::now();
        let mut turns = Turns::new(start);
        assert!(!turns.flows());
        turns.woken(start);
        take(&mut turns, QUIET_TURNS - 1, 0);
        assert!(turns.flows());
        take(&mut turns, 1, 0);
        assert!(!turns.flows());
    }
}
