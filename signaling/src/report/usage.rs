//! What units hold, month by month.

use std::collections::BTreeMap;

use diemcau_protocol::MeetingState;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::schedule::Plan;

/// What a unit held in a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// As it was called when the last of them was planned.
    pub(crate) unit_name: String,
    /// That took place, or are under way.
    pub(crate) meetings: u32,
    /// How long they were planned for, in minutes.
    pub(crate) minutes: i64,
    /// Sites that were invited to them.
    pub(crate) sites: u32,
    /// All that were invited to them.
    pub(crate) invited: u32,
    pub(crate) cancelled: u32,
}

/// By month, as in `2026-03` on the clock of each meeting, and host unit. What
/// is still to come does not count.
pub(crate) fn usage<'a>(
    meetings: impl Iterator<Item = (&'a Plan, u32, u32)>,
) -> BTreeMap<(String, String), Held> {
    let mut usage: BTreeMap<(String, String), Held> = BTreeMap::new();
    for (plan, invited, sites) in meetings {
        if plan.state == MeetingState::Scheduled {
            continue;
        }
        let month = month(plan);
        let held = usage.entry((month, plan.host_unit.clone())).or_default();
        held.unit_name.clone_from(&plan.host_unit_name);
        if plan.state == MeetingState::Cancelled {
            held.cancelled += 1;
            continue;
        }
        held.meetings += 1;
        held.minutes += (plan.ends_at - plan.starts_at) / 60_000;
        held.sites = held.sites.saturating_add(sites);
        held.invited = held.invited.saturating_add(invited);
    }
    usage
}

fn month(plan: &Plan) -> String {
    let at = Timestamp::from_millisecond(plan.starts_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m").to_string()
}
