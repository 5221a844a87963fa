//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// Whoever was connected for so long starts over with short waits.
const SETTLED: Duration = Duration::from_secs(60);

/// Doubles from 1 s to 30 s.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after an attempt that lasted so long. `random` spreads it over
    /// ± 25 %, so that a hundred halls do not come back in the same moment.
    pub fn after(&mut self, lasted: Duration, random: u8) -> Duration {
        if lasted >= SETTLED {
            self.failures = 0;
        }
        let wait = FIRST.saturating_mul(1 << self.failures.min(5)).min(LONGEST);
        self.failures += 1;
        wait.mul_f64(0.75 + f64::from(random) / 510.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_start_over() {
        let mut backoff = Backoff::default();
        let mut next = |lasted| {
            backoff
                .after(Duration::from_secs(lasted), 127)
                .as_secs_f64()
        };
        let waits: Vec<f64> = (0..8).map(|_| next(0).round()).collect();
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
        assert_eq!(next(61).round(), 1.0);
        assert_eq!(next(0).round(), 2.0);
    }

    #[test]
    fn waits_are_spread() {
        let wait = |random| Backoff::default().after(Duration::ZERO, random);
        assert_eq!(wait(0), Duration::from_millis(750));
        assert_eq!(wait(255), Duration::from_millis(1_250));
    }
}
