//! When letters are sent, and when they are tried again.

use std::time::Duration;

use super::Meeting;

/// Letters about the meetings of a series go out so long before, in
/// milliseconds: two weeks. Nobody wants a year of them at once.
const SERIES_AHEAD: i64 = 14 * 24 * 60 * 60 * 1_000;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// What was not sent for so long is given up, in milliseconds: three days.
const GIVEN_UP_AFTER: i64 = 3 * 24 * 60 * 60 * 1_000;

/// When a letter about a meeting may go out.
pub(crate) fn waits_until(meeting: &Meeting, now: i64) -> i64 {
    match meeting.plan.series {
        Some(_) => now.max(meeting.plan.starts_at.saturating_sub(SERIES_AHEAD)),
        None => now,
    }
}

/// When something is tried again after so many attempts: each wait is twice the
/// one before. Nothing where it is given up; `since` is when it was due first.
pub(crate) fn retry_at(since: i64, attempts: u32, first: Duration, now: i64) -> Option<i64> {
    if now.saturating_sub(since) >= GIVEN_UP_AFTER {
        return None;
    }
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    let wait = first.saturating_mul(doubled).min(LONGEST_WAIT);
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Some(now.saturating_add(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_end_after_three_days() {
        let first = Duration::from_secs(10);
        let wait = |attempts| retry_at(0, attempts, first, 0).unwrap() / 1_000;
        let waits = [1, 2, 3, 9, 10, u32::MAX].map(wait);
        assert_eq!(waits, [10, 20, 40, 2_560, 3_600, 3_600]);
        let last = GIVEN_UP_AFTER - 1;
        assert!(retry_at(0, 99, first, last).is_some());
        assert_eq!(retry_at(0, 99, first, GIVEN_UP_AFTER), None);
    }
}
