//! The roster of a large meeting (*cuộc họp đông người*): nobody is told of
//! everybody.
//!
//! ```text
//!   event ──┬─> told: what of it goes out to whom
//!           └─> touches: whom it changes ──> changed, by tick, for each view
//!   view (page, named) ──> page: those on it, and whom everyone has to know
//! ```
//!
//! Three thousand sites come in within two minutes, and each would be told of
//! each other. So who comes, goes and switches a camera is told only to those
//! who show it, as a change of their page; and the answers to a roll call go
//! to those who call it.

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, AdmissionEvent, ErrorCode, Event, LARGE_MEETING, Participant, ParticipantId, Procedure,
    ROSTER_NAMED, ROSTER_PAGE, Role, RollCallEvent, RollCalls, RollResult, Roster, RosterMessage,
    RosterPage,
};

use super::snapshot::participant;
use super::{Member, Refusal, State};
use crate::permissions::{Scope, permits};

/// The page that a client gets before it asks for another.
const FIRST_PAGE: u32 = 100;

/// So many of those who ask for the floor are known to everyone.
const QUEUE_KNOWN: usize = 20;

/// What a client shows of a large meeting's roster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct View {
    first: u32,
    count: u32,
    named: BTreeSet<ParticipantId>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            first: 1,
            count: FIRST_PAGE,
            named: BTreeSet::new(),
        }
    }
}

impl View {
    /// As a client asks for it.
    ///
    /// # Errors
    /// When it asks for too much.
    pub(crate) fn of(message: RosterMessage) -> Result<Self, Refusal> {
        let RosterMessage {
            first,
            count,
            named,
        } = message;
        if first == 0 || count > ROSTER_PAGE || named.len() > ROSTER_NAMED as usize {
            return Err(Refusal::new(
                ErrorCode::OutOfRange,
                "a page begins at 1 and has at most 200 participants, and 100 are named beside it",
            ));
        }
        Ok(Self {
            first,
            count,
            named: named.into_iter().collect(),
        })
    }

    /// Whether a participant is shown.
    pub(crate) fn shows(&self, id: &ParticipantId, number: u32) -> bool {
        let place = number.checked_sub(self.first);
        place.is_some_and(|place| place < self.count) || self.named.contains(id)
    }
}

/// Whether nobody is told of everybody any more. A large meeting stays one.
pub(crate) fn is_large(state: &State) -> bool {
    state.members.len() > LARGE_MEETING as usize
}

/// How many are or were here, and how many are here or awaited.
pub(crate) fn counts(state: &State) -> (u32, u32) {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (
        count(state.members.len()),
        count(state.everyone_here().count()),
    )
}

/// Whom everyone has to know: who conducts the meeting, is on the stage, has
/// the floor or asks for it.
pub(crate) fn known_to_all(state: &State) -> BTreeSet<ParticipantId> {
    let conducts = |member: &Member| match member.role {
        Role::Chair | Role::Secretary | Role::Controller => member.is_here(),
        Role::Delegate | Role::Operator | Role::Observer => false,
    };
    let officers = state.members.iter().filter(|(_, member)| conducts(member));
    let Procedure { floor, stage, .. } = &state.procedure;
    let holders = floor.holders.iter().map(|holder| &holder.participant);
    let sources = state.stage.source.iter().chain(&stage.beside);
    officers
        .map(|(id, _)| id)
        .chain(holders)
        .chain(floor.queue.iter().take(QUEUE_KNOWN))
        .chain(sources.map(|source| &source.participant))
        .cloned()
        .collect()
}

/// The page that a participant is shown.
pub(crate) fn page(state: &State, id: &ParticipantId, view: &View) -> RosterPage {
    let known = known_to_all(state);
    let shown = state.members.iter().filter(|(other, member)| {
        view.shows(other, member.number) || known.contains(*other) || *other == id
    });
    let mut participants: Vec<Participant> = shown
        .map(|(other, member)| participant(other, member))
        .collect();
    participants.sort_by_key(|participant| participant.number);
    let (total, here) = counts(state);
    RosterPage {
        roster: Roster {
            total,
            here,
            first: view.first,
            count: view.count,
        },
        participants,
    }
}

/// A participant as it is now.
pub(crate) fn present_form(state: &State, id: &ParticipantId) -> Option<Participant> {
    let member = state.members.get(id)?;
    Some(participant(id, member))
}

/// Whose entry in the roster an event changes.
pub(crate) fn touches(event: &Event) -> Option<&ParticipantId> {
    match event {
        Event::ParticipantJoined { participant, .. }
        | Event::ConnectionLost { participant }
        | Event::ConnectionRestored { participant }
        | Event::ParticipantLeft { participant, .. }
        | Event::MicrophoneSet { participant, .. }
        | Event::CameraSet { participant, .. }
        | Event::ScreenSet { participant, .. }
        | Event::MutedSet { participant, .. }
        | Event::HandSet { participant, .. }
        | Event::Admission(AdmissionEvent::Renamed { participant, .. }) => Some(participant),
        Event::MeetingOpened { .. }
        | Event::ChatSent { .. }
        | Event::StageSet { .. }
        | Event::Floor(_)
        | Event::Microphones(_)
        | Event::Admission(_)
        | Event::Agenda(_)
        | Event::RollCall(_)
        | Event::Stage(_)
        | Event::Conduct(_)
        | Event::Recording(_)
        | Event::Votes(_)
        | Event::Course(_)
        | Event::Documents(_)
        | Event::Groups(_)
        | Event::Interpretation(_)
        | Event::ServerRestarted => None,
    }
}

/// Who hears what in a large meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Audience {
    /// Who calls the roll.
    Callers,
    /// All others.
    Others,
}

/// To which audience a participant belongs.
pub(crate) fn audience(state: &State, id: &ParticipantId) -> Audience {
    let member = state.members.get(id);
    if member.is_some_and(|m| permits(m.role, Action::CallTheRoll, Scope::Meeting)) {
        Audience::Callers
    } else {
        Audience::Others
    }
}

/// Who hears an event although others do not, because it is its own.
pub(crate) fn own(event: &Event) -> Option<&ParticipantId> {
    match event {
        Event::ParticipantJoined { participant, .. }
        | Event::ConnectionLost { participant }
        | Event::ConnectionRestored { participant }
        | Event::CameraSet { participant, .. }
        | Event::RollCall(RollCallEvent::Answered { participant, .. }) => Some(participant),
        Event::MeetingOpened { .. }
        | Event::ParticipantLeft { .. }
        | Event::MicrophoneSet { .. }
        | Event::ScreenSet { .. }
        | Event::MutedSet { .. }
        | Event::HandSet { .. }
        | Event::ChatSent { .. }
        | Event::StageSet { .. }
        | Event::Floor(_)
        | Event::Microphones(_)
        | Event::Admission(_)
        | Event::Agenda(_)
        | Event::RollCall(_)
        | Event::Stage(_)
        | Event::Conduct(_)
        | Event::Recording(_)
        | Event::Votes(_)
        | Event::Course(_)
        | Event::Documents(_)
        | Event::Groups(_)
        | Event::Interpretation(_)
        | Event::ServerRestarted => None,
    }
}

/// What an audience hears of an event of others.
pub(crate) fn told(event: &Event, audience: Audience) -> Option<Event> {
    match (event, audience) {
        (Event::RollCall(_), Audience::Callers) => Some(event.clone()),
        (Event::RollCall(RollCallEvent::Opened { number, by, .. }), Audience::Others) => {
            Some(Event::RollCall(RollCallEvent::Opened {
                number: *number,
                here: BTreeSet::new(),
                by: by.clone(),
            }))
        }
        (Event::RollCall(RollCallEvent::Closed { result, by }), Audience::Others) => {
            Some(Event::RollCall(RollCallEvent::Closed {
                result: without_entries(result),
                by: by.clone(),
            }))
        }
        (event, Audience::Callers | Audience::Others) => {
            own(event).is_none().then(|| event.clone())
        }
    }
}

/// What a participant hears of an event, its own or not.
pub(crate) fn told_to(event: &Event, id: &ParticipantId, audience: Audience) -> Option<Event> {
    if own(event) == Some(id) {
        return Some(event.clone());
    }
    told(event, audience)
}

/// Roll calls as a participant knows them from the events that it is told.
pub(super) fn roll_calls_for(
    calls: &RollCalls,
    id: &ParticipantId,
    audience: Audience,
) -> RollCalls {
    match audience {
        Audience::Callers => calls.clone(),
        Audience::Others => RollCalls {
            open: calls.open.as_ref().map(|call| {
                let own = call.answers.get_key_value(id);
                diemcau_protocol::RollCall {
                    number: call.number,
                    opened_at: call.opened_at,
                    here: BTreeSet::new(),
                    answers: own
                        .map(|(id, answer)| (id.clone(), answer.clone()))
                        .into_iter()
                        .collect(),
                }
            }),
            last: calls.last.as_ref().map(without_entries),
            called: calls.called,
            checked: calls.checked,
            check: calls.check.clone(),
        },
    }
}

fn without_entries(result: &RollResult) -> RollResult {
    RollResult {
        number: result.number,
        entries: Vec::new(),
    }
}

#[cfg(test)]
mod stories;
