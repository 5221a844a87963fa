//! Meetings that are planned: who is invited, when, and by which rules. Pure.
//!
//! ```text
//!   request ──> selection ──> plan (create, change, cancel) ──> Meeting
//!                  ▲              │                               │
//!             organisation     Refusal          opening ── its first events,
//!                                               when somebody may come in
//! ```
//!
//! A planned meeting is a record. It becomes a room with a log of its own when
//! the first of its participants comes in.

mod calendar;
mod capacity;
mod letter;
mod opening;
mod plan;
mod recurrence;
mod selection;
mod series;
#[cfg(test)]
mod stories;
mod templates;
mod waits;

use diemcau_protocol::{
    ErrorCode, Invited, InvitedKind, MeetingId, MeetingPolicy, MeetingState, ParticipantId,
    ParticipantKind, PlannedItem, PlannedMeeting, SecrecyConfirmation, Selection,
};
use serde::{Deserialize, Serialize};

use crate::organisation::Refusal;

pub(crate) use calendar::{feed_calendar, utc_text};
pub(crate) use capacity::Booking;
pub use capacity::Limits;
pub(crate) use letter::{Letter, Occasion, Writing, letter, occasions};
pub(crate) use opening::{Door, first_events};
pub(crate) use plan::{Around, Draft, cancel, change, confirm_selection};
pub(crate) use selection::{Difference, Named, difference, invited, resolve};
pub(crate) use series::{NewSeries, create_all};
pub(crate) use templates::{built_in as built_in_templates, own as own_template};
pub(crate) use waits::{retry_at, waits_until};

/// A planned meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// Also that of the room.
    pub(crate) id: MeetingId,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    pub(crate) plan: Plan,
    /// Who is invited, in the order of the selection.
    pub(crate) invitees: Vec<Invitee>,
}

/// What is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) state: MeetingState,
    pub(crate) title: String,
    pub(crate) host_unit: String,
    pub(crate) host_unit_name: String,
    pub(crate) host_site: Option<String>,
    /// In milliseconds since 1970 UTC, as all times here.
    pub(crate) starts_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) time_zone: String,
    pub(crate) agenda: Vec<PlannedItem>,
    pub(crate) policy: MeetingPolicy,
    pub(crate) invite: Selection,
    pub(crate) confirmation: SecrecyConfirmation,
    pub(crate) series: Option<Series>,
    /// Why it was cancelled.
    pub(crate) cancelled: Option<String>,
    /// Rises with each change (RFC 5545 §3.8.7.4).
    pub(crate) sequence: u32,
}

/// The series that a meeting belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) id: String,
    pub(crate) rule: String,
    /// It was changed apart from the others.
    pub(crate) apart: bool,
}

/// What an invitation is for, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Who {
    pub(crate) kind: InvitedKind,
    pub(crate) id: String,
}

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitee {
    /// The place in the meeting.
    pub(crate) participant: ParticipantId,
    #[serde(flatten)]
    pub(crate) named: Named,
}

impl Meeting {
    /// How many sites are invited.
    pub(crate) fn sites(&self) -> u32 {
        count(&self.invitees, |invitee| invitee.named.is_site())
    }

    /// What it takes of the server.
    pub(crate) fn booking(&self) -> Booking {
        Booking {
            from: self.plan.opens_at(),
            to: self.plan.ends_at,
            sites: self.sites(),
        }
    }

    /// As it goes over the wire.
    pub(crate) fn view(&self) -> PlannedMeeting {
        self.plan
            .view(&self.id, count(&self.invitees, |_| true), self.sites())
    }
}

impl Plan {
    /// When everybody is reminded, if at all.
    pub(crate) fn remind_at(&self) -> Option<i64> {
        let minutes = self.policy.reminder_minutes;
        (minutes > 0).then(|| self.starts_at - i64::from(minutes) * 60_000)
    }

    /// When the room lets people in.
    pub(crate) fn opens_at(&self) -> i64 {
        self.starts_at - i64::from(self.policy.rehearsal_minutes) * 60_000
    }

    /// As it goes over the wire.
    pub(crate) fn view(&self, id: &MeetingId, invited: u32, sites: u32) -> PlannedMeeting {
        PlannedMeeting {
            id: id.clone(),
            state: self.state,
            title: self.title.clone(),
            host_unit: self.host_unit.clone(),
            host_unit_name: self.host_unit_name.clone(),
            host_site: self.host_site.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            time_zone: self.time_zone.clone(),
            agenda: self.agenda.clone(),
            policy: self.policy.clone(),
            invite: self.invite.clone(),
            invited,
            sites,
            confirmation: self.confirmation.clone(),
            series: self.series.as_ref().map(|series| series.id.clone()),
            repeat: self.series.as_ref().map(|series| series.rule.clone()),
            changed_apart: self.series.as_ref().is_some_and(|series| series.apart),
            cancelled: self.cancelled.clone(),
            opens_at: self.opens_at(),
        }
    }
}

impl Invitee {
    /// As what it takes part.
    pub(crate) fn kind(&self) -> ParticipantKind {
        if self.named.is_site() {
            ParticipantKind::Site
        } else {
            ParticipantKind::Person
        }
    }
}

/// A telephone number as the whole world dials it (E.164).
pub(crate) fn phone(text: &str) -> Result<String, Refusal> {
    let spoken = |c: &char| !matches!(c, ' ' | '.' | '-');
    let number: String = text.chars().filter(spoken).collect();
    let digits = number.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit()) {
        Ok(number)
    } else {
        Err(Refusal::new(
            ErrorCode::BadMessage,
            "a telephone number is written like +84912345678",
        ))
    }
}

/// An address of mail, as it is written.
pub(crate) fn address(text: &str) -> Result<String, Refusal> {
    let address = text.trim().parse::<lettre::Address>();
    address
        .map(|address| address.to_string())
        .map_err(|_| Refusal::new(ErrorCode::BadMessage, "that is no address of mail"))
}

fn count(invitees: &[Invitee], which: impl Fn(&Invitee) -> bool) -> u32 {
    let number = invitees.iter().filter(|invitee| which(invitee)).count();
    u32::try_from(number).unwrap_or(u32::MAX)
}
