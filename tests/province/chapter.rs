//! The chapters, in the order in which they happen.

pub(super) mod closing;
pub(super) mod discussion;
pub(super) mod lobby;
pub(super) mod log;
pub(super) mod minutes;
pub(super) mod opening;
pub(super) mod planning;
pub(super) mod power_cut;
pub(super) mod report;
pub(super) mod votes;

use std::time::Duration;

use diemcau_signaling::SignalingConfig;

/// The clock leaps, and nobody answers a ping within a leap: lines are not what
/// is told here.
pub(super) fn as_in_the_province(config: &mut SignalingConfig) {
    config.heartbeat = Duration::from_secs(86_400);
}
