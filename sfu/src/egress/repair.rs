//! How much may be sent again: a receiver that asks for everything all the
//! time gets no more than its share.

use std::time::{Duration, Instant};

/// A packet is sent again at the earliest after this, and after half a round
/// trip; each time after twice as long,
const SOONEST: Duration = Duration::from_millis(10);
/// and so many times at most: some receivers go on asking for what they have.
const MOST_TIMES: u32 = 8;
/// Packets of one stream of which it is known when they were sent again.
const REMEMBERED: usize = 256;
/// What can be saved up, in bytes.
const SAVED: usize = 150_000;
/// What is earned without sending anything, in bytes a second.
const EARNED: f64 = 20_000.0;

/// When packets of a stream were sent again.
#[derive(Debug)]
pub(super) struct Resent {
    packets: Vec<Option<Again>>,
}

#[derive(Debug, Clone, Copy)]
struct Again {
    seq: u64,
    at: Instant,
    times: u32,
}

impl Resent {
    pub(super) fn new() -> Self {
        Self {
            packets: Vec::new(),
        }
    }

    /// Whether this one may be sent again now.
    pub(super) fn may(&mut self, now: Instant, seq: u64, rtt: Option<Duration>) -> bool {
        if self.packets.is_empty() {
            self.packets.resize(REMEMBERED, None);
        }
        let patience = rtt.map_or(SOONEST, |rtt| SOONEST.max(rtt / 2));
        let slot = &mut self.packets[seq as usize % REMEMBERED];
        let times = match slot.filter(|again| again.seq == seq) {
            Some(again) => {
                let waits = patience * (1 << (again.times - 1).min(MOST_TIMES));
                if again.times == MOST_TIMES || now.duration_since(again.at) < waits {
                    return false;
                }
                again.times + 1
            }
            None => 1,
        };
        *slot = Some(Again {
            seq,
            at: now,
            times,
        });
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
        assert!(!resent.may(start + ms(149), 7, rtt), "twice as long");
        let asked = (0..600).map(|n| start + ms(150) + ms(100) * n);
        let again = asked.filter(|at| resent.may(*at, 7, rtt)).count();
        assert_eq!(again, 6, "eight times in all");
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
