//! How much may be sent again: a receiver that asks for everything all the
//! time gets no more than its share.

use std::time::{Duration, Instant};

/// A packet is sent again at the earliest after this, and after half a round
/// trip.
const SOONEST: Duration = Duration::from_millis(10);
/// Packets of one stream of which it is known when they were sent again.
const REMEMBERED: usize = 64;
/// What can be saved up, in bytes.
const SAVED: usize = 150_000;
/// What is earned without sending anything, in bytes a second.
const EARNED: f64 = 20_000.0;

/// When packets of a stream were sent again.
#[derive(Debug)]
pub(super) struct Resent {
    times: Vec<Option<(u64, Instant)>>,
}

impl Resent {
    pub(super) fn new() -> Self {
        Self { times: Vec::new() }
    }

    /// Whether this one may be sent again now.
    pub(super) fn may(&mut self, now: Instant, seq: u64, rtt: Option<Duration>) -> bool {
        if self.times.is_empty() {
            self.times.resize(REMEMBERED, None);
        }
        let patience = rtt.map_or(SOONEST, |rtt| SOONEST.max(rtt / 2));
        let time = &mut self.times[seq as usize % REMEMBERED];
        if let Some((last, at)) = time
            && *last == seq
            && now.duration_since(*at) < patience
        {
            return false;
        }
        *time = Some((seq, now));
        true
    }
}

/// Bytes that may be sent again: half of what is sent, and a little always.
#[derive(Debug)]
pub(super) struct Allowance {
    bytes: usize,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            bytes: SAVED,
            at: now,
        }
    }

    /// So many bytes of media were sent.
    pub(super) fn earn(&mut self, bytes: usize) {
        self.bytes = (self.bytes + bytes / 2).min(SAVED);
    }

    /// Whether so many may be sent again.
    pub(super) fn spend(&mut self, now: Instant, bytes: usize) -> bool {
        let since = now.duration_since(self.at).as_secs_f64();
        let earned = (since * EARNED) as usize;
        if earned > 0 {
            self.at = now;
            self.bytes = (self.bytes + earned).min(SAVED);
        }
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_not_sent_again_before_it_can_have_arrived() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let mut resent = Resent::new();
        let rtt = Some(ms(100));
        assert!(resent.may(start, 7, rtt));
        assert!(!resent.may(start + ms(49), 7, rtt));
        assert!(resent.may(start + ms(49), 8, rtt));
        assert!(resent.may(start + ms(50), 7, rtt));
    }

    #[test]
    fn who_asks_for_everything_gets_its_share() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let granted = (0..1_000).filter(|_| allowance.spend(start, 1_000)).count();
        assert_eq!(granted, SAVED / 1_000);
        allowance.earn(10_000);
        assert!(allowance.spend(start, 5_000));
        assert!(!allowance.spend(start, 1));
        assert!(allowance.spend(start + Duration::from_secs(1), 20_000));
    }
}
