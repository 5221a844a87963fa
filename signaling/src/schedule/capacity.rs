//! How many sites meetings may have: one of them, and all at the same time.

use std::collections::BTreeMap;

use diemcau_protocol::ErrorCode;

use crate::organisation::Refusal;

/// The limits of this server; nothing where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Sites in one meeting.
    pub sites_per_meeting: Option<u32>,
    /// Sites in all meetings at once.
    pub sites_per_server: Option<u32>,
}

/// The time in which a meeting has its sites, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Booking {
    pub(crate) from: i64,
    /// The end is not part of it.
    pub(crate) to: i64,
    pub(crate) sites: u32,
}

impl Limits {
    /// The most sites of a meeting whose own limit is this.
    pub(crate) fn of_meeting(self, own: Option<u32>) -> Option<u32> {
        match (own, self.sites_per_meeting) {
            (Some(own), Some(limit)) => Some(own.min(limit)),
            (own, limit) => own.or(limit),
        }
    }

    /// Refuses a meeting with too many sites, or at a time when the others have
    /// taken too many.
    pub(crate) fn fit(
        self,
        own: Option<u32>,
        meeting: Booking,
        others: &[Booking],
    ) -> Result<(), Refusal> {
        if self
            .of_meeting(own)
            .is_some_and(|most| meeting.sites > most)
        {
            return Err(Refusal::new(
                ErrorCode::TooManySites,
                "more sites are invited than the meeting may have",
            ));
        }
        if self
            .sites_per_server
            .is_some_and(|most| peak(meeting, others) > u64::from(most))
        {
            return Err(Refusal::new(
                ErrorCode::ServerFull,
                "more sites are invited at that time than the server may have",
            ));
        }
        Ok(())
    }
}

/// The most sites at once while the meeting is, its own included.
fn peak(meeting: Booking, others: &[Booking]) -> u64 {
    let mut steps: BTreeMap<i64, i64> = BTreeMap::new();
    for other in others {
        let (from, to) = (other.from.max(meeting.from), other.to.min(meeting.to));
        if from < to {
            *steps.entry(from).or_default() += i64::from(other.sites);
            *steps.entry(to).or_default() -= i64::from(other.sites);
        }
    }
    let mut now = 0;
    let mut most = 0;
    for step in steps.values() {
        now += step;
        most = most.max(now);
    }
    u64::from(meeting.sites) + u64::try_from(most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        sites_per_meeting: Some(30),
        sites_per_server: Some(50),
    };

    fn from_to(from: i64, to: i64, sites: u32) -> Booking {
        Booking { from, to, sites }
    }

    fn code(outcome: Result<(), Refusal>) -> Option<ErrorCode> {
        outcome.err().map(|refusal| refusal.code)
    }

    #[test]
    fn as_many_as_may_and_not_one_more() {
        let fit = |own, sites| code(LIMITS.fit(own, from_to(0, 10, sites), &[]));
        assert_eq!(fit(None, 30), None);
        assert_eq!(fit(None, 31), Some(ErrorCode::TooManySites));
        assert_eq!(fit(Some(5), 5), None);
        assert_eq!(fit(Some(5), 6), Some(ErrorCode::TooManySites));
        // A meeting cannot allow itself more than the server does.
        assert_eq!(fit(Some(100), 31), Some(ErrorCode::TooManySites));
        assert_eq!(
            Limits::default().fit(None, from_to(0, 10, 9_999), &[]),
            Ok(())
        );
    }

    #[test]
    fn meetings_at_the_same_time_share_the_server() {
        let others = [from_to(0, 10, 20), from_to(10, 20, 25), from_to(12, 14, 5)];
        let fit = |from, to, sites| code(LIMITS.fit(None, from_to(from, to, sites), &others));
        assert_eq!(fit(0, 10, 30), None);
        // One ends when the next begins: never both.
        assert_eq!(fit(5, 12, 25), None);
        assert_eq!(fit(5, 12, 26), Some(ErrorCode::ServerFull));
        assert_eq!(fit(11, 20, 20), None);
        assert_eq!(fit(11, 20, 21), Some(ErrorCode::ServerFull));
        assert_eq!(fit(20, 30, 30), None);
    }
}
