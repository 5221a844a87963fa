//! The deadlines of a room. A timer that has lost its reason is not searched
//! for; it fires and is found to be void.

use std::collections::BTreeSet;

use diemcau_protocol::{ParticipantId, SessionId};
use tokio::time::Instant;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A participant was awaited long enough.
    Grace(ParticipantId),
    /// The SFU did not answer an offer, by its number.
    Offer(SessionId, u64),
    /// What could not be stored is tried again.
    Retry,
    /// A time that the meeting's state named, in milliseconds since 1970 UTC.
    Due(i64),
    /// Nobody was here for long.
    Alone,
    /// What happened is announced.
    Announce,
    /// What changed in a large meeting's roster is told.
    Roster,
    /// Whoever fell behind may have caught up.
    Behind,
}

/// The deadlines, soonest first.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Instant, Timer)>);

impl Timers {
    pub(super) fn set(&mut self, deadline: Instant, timer: Timer) {
        self.0.insert((deadline, timer));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }

    /// Forgets what a participant was awaited for.
    pub(super) fn cancel_grace(&mut self, participant: &ParticipantId) {
        self.0
            .retain(|(_, timer)| !matches!(timer, Timer::Grace(whose) if whose == participant));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_soonest_is_due_first() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut timers = Timers::default();
        timers.set(later, Timer::Retry);
        timers.set(now, Timer::Grace("an".into()));
        timers.set(now, Timer::Grace("binh".into()));
        timers.cancel_grace(&"binh".into());
        assert_eq!(timers.take_due(now), Some(Timer::Grace("an".into())));
        assert_eq!(timers.take_due(now), None);
        assert_eq!(timers.take_due(later), Some(Timer::Retry));
    }
}
