//! A meeting, or all meetings of a series: each is a record of its own, so that
//! one can be changed or cancelled without the others.

use diemcau_protocol::{ErrorCode, MeetingId, TIME_ZONE};
use jiff::tz::TimeZone;

use super::plan::{Around, Draft, Minted, create, zone};
use super::recurrence::Rule;
use super::{Meeting, Series};
use crate::organisation::Refusal;

/// As many invitations as one act may cause: all are stored at once.
const MOST_INVITATIONS: usize = 20_000;

/// Identifiers for a meeting and its series.
pub(crate) struct NewSeries<'a> {
    pub(crate) id: String,
    pub(crate) meeting: &'a mut (dyn FnMut() -> MeetingId + Send),
    pub(crate) participant: Minted<'a>,
}

/// Plans a meeting, or with a rule all meetings of a series.
pub(crate) fn create_all(
    around: &Around<'_>,
    new: NewSeries<'_>,
    draft: &Draft,
    repeat: Option<&str>,
) -> Result<Vec<Meeting>, Refusal> {
    let NewSeries {
        id,
        meeting,
        participant,
    } = new;
    let Some(rule) = repeat else {
        return Ok(vec![create(around, meeting(), participant, draft.clone())?]);
    };
    let zone: TimeZone = zone(draft.time_zone.as_deref().unwrap_or(TIME_ZONE))?;
    let starts = Rule::parse(rule)?.starts(draft.starts_at, &zone)?;
    let series = Series {
        id,
        rule: rule.trim().to_ascii_uppercase(),
        apart: false,
    };
    let mut others = around.others.to_vec();
    let mut letters = 0;
    let mut meetings = Vec::with_capacity(starts.len());
    for starts_at in starts {
        let draft = Draft {
            starts_at,
            ends_at: draft
                .ends_at
                .saturating_add(starts_at.saturating_sub(draft.starts_at)),
            series: Some(series.clone()),
            ..draft.clone()
        };
        let around = Around {
            others: &others,
            ..*around
        };
        let next = create(&around, meeting(), &mut *participant, draft)?;
        letters += next.invitees.len();
        if letters > MOST_INVITATIONS {
            return Err(Refusal::new(
                ErrorCode::TooLarge,
                "a series has at most 20000 invitations; make it shorter",
            ));
        }
        others.push(next.booking());
        meetings.push(next);
    }
    Ok(meetings)
}
