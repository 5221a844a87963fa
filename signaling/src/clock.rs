//! The wall clock, read in the shell only.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 UTC. It goes as the clock of the timers goes: where
/// a test has turned that one, this one is turned, too.
pub(crate) fn now_ms() -> i64 {
    let wall = SystemTime::now();
    let real = Instant::now();
    let timers = tokio::time::Instant::now().into_std();
    // Outside of tests there is nothing between the two.
    let ahead = timers.saturating_duration_since(real);
    let behind = real.saturating_duration_since(timers);
    (wall + ahead - behind)
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
