//! How late the packets of a sound are, and with which delay it can be played.

use std::collections::VecDeque;
use std::time::Duration;

/// Packets that are regarded: two seconds.
const WINDOW: usize = 100;
/// So many of them may be later than what is waited for: those are made up.
const SPARED: usize = 3;
/// Looked at again after so many packets.
const EVERY: usize = 10;
/// Beside the lateness: a frame of the mix, and a little for whoever is late
/// to call.
const MARGIN: Duration = Duration::from_millis(22);
/// The delay of the mix.
pub(super) const MIN_DELAY: Duration = Duration::from_millis(20);
pub(super) const MAX_DELAY: Duration = Duration::from_millis(120);

/// The lateness of the last packets: from capture until they are there.
#[derive(Debug)]
pub(super) struct Lateness {
    last: VecDeque<Duration>,
    since: usize,
    /// What most packets keep.
    usual: Duration,
}

impl Lateness {
    pub(super) fn new() -> Self {
        Self {
            last: VecDeque::with_capacity(WINDOW),
            since: 0,
            usual: Duration::ZERO,
        }
    }

    /// A packet came so late.
    pub(super) fn came(&mut self, late: Duration) {
        if self.last.len() == WINDOW {
            self.last.pop_front();
        }
        self.last.push_back(late);
        self.since += 1;
        if self.since >= EVERY || self.last.len() <= EVERY {
            self.since = 0;
            let mut sorted: Vec<Duration> = self.last.iter().copied().collect();
            sorted.sort_unstable();
            let spared = SPARED * sorted.len() / WINDOW;
            self.usual = sorted[sorted.len() - 1 - spared];
        }
    }

    /// The delay with which it can be played.
    pub(super) fn delay(&self) -> Duration {
        (self.usual + MARGIN).clamp(MIN_DELAY, MAX_DELAY)
    }

    /// By how much it is too late even for the longest delay: it is then
    /// played so much later than it should be, but it is heard.
    pub(super) fn excess(&self) -> Duration {
        (self.usual + MARGIN).saturating_sub(MAX_DELAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_delay_is_that_of_nearly_all_packets() {
        let mut lateness = Lateness::new();
        for n in 0..300 {
            let is_outlier = n % 50 == 0;
            lateness.came(if is_outlier { 90 * MS } else { (n % 30) * MS });
        }
        let delay = lateness.delay();
        assert!(delay >= 29 * MS + MARGIN && delay < 60 * MS, "{delay:?}");
        assert_eq!(lateness.excess(), Duration::ZERO);
    }

    #[test]
    fn it_is_bounded_and_what_is_beyond_is_known() {
        let mut lateness = Lateness::new();
        lateness.came(Duration::ZERO);
        assert!(lateness.delay() >= MIN_DELAY);
        for _ in 0..200 {
            lateness.came(300 * MS);
        }
        assert_eq!(lateness.delay(), MAX_DELAY);
        assert_eq!(lateness.excess(), 202 * MS);
    }
}
