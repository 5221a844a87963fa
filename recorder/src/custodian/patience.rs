//! When something that failed is tried again: pure.

use serde::Serialize;

/// The first wait, in milliseconds.
const FIRST: i64 = 10_000;
/// The longest wait, in milliseconds.
const LONGEST: i64 = 60 * 60 * 1_000;

/// What failed, and when it is tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Patience {
    /// How often, one after the other.
    pub failures: u32,
    /// Why, the last time.
    pub error: Option<String>,
    /// Not before this, in milliseconds since 1970 UTC.
    pub again_at: i64,
}

impl Patience {
    /// It failed once more: the next wait is twice as long.
    pub(super) fn failed(&mut self, now: i64, error: String) {
        let wait = FIRST.saturating_mul(1 << self.failures.min(20));
        self.failures += 1;
        self.error = Some(error);
        self.again_at = now + wait.min(LONGEST);
    }

    /// Whether it may be tried.
    pub(super) fn is_over(&self, now: i64) -> bool {
        self.again_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_an_hour() {
        let mut patience = Patience::default();
        assert!(patience.is_over(0));
        let mut waits = Vec::new();
        for _ in 0..12 {
            patience.failed(1_000, "away".into());
            waits.push((patience.again_at - 1_000) / 1_000);
        }
        let expected = [
            10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600,
        ];
        assert_eq!(waits, expected);
        assert!(!patience.is_over(3_600_000) && patience.is_over(3_601_000));
    }
}
