//! Who acts: what every feature decides on.

use diemcau_protocol::{Action, ErrorCode, Event, ParticipantId};

use super::{Member, Refusal, State};
use crate::permissions::{Scope, permits};

/// What follows from an input. No events means that all is so already.
pub(super) type Decision = Result<Vec<Event>, Refusal>;

/// A participant who is present and commands something, in a meeting as it is
/// now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actor<'a> {
    /// The meeting.
    pub(super) state: &'a State,
    /// In milliseconds since 1970 UTC.
    pub(super) now: i64,
    /// Chance, for what is drawn by lot.
    pub(super) seed: u64,
    /// Who.
    pub(super) id: &'a ParticipantId,
    /// The same in the state.
    pub(super) member: &'a Member,
}

impl<'a> Actor<'a> {
    /// Refuses unless the role may do the action as far as `scope`.
    pub(super) fn require(&self, action: Action, scope: Scope) -> Result<(), Refusal> {
        if self.may(action, scope) {
            Ok(())
        } else {
            Err(Refusal::new(
                ErrorCode::Forbidden,
                "the role does not allow it",
            ))
        }
    }

    /// Whether the role may do the action as far as `scope`.
    pub(super) fn may(&self, action: Action, scope: Scope) -> bool {
        permits(self.member.role, action, scope)
    }

    /// Somebody who is here or awaited.
    pub(super) fn here(&self, id: &ParticipantId) -> Result<&'a Member, Refusal> {
        self.state.here(id).ok_or_else(unknown_participant)
    }
}

/// There is nobody of that name.
pub(super) fn unknown_participant() -> Refusal {
    Refusal::new(
        ErrorCode::UnknownParticipant,
        "no such participant in the meeting",
    )
}

/// A command of a newer client.
pub(super) fn unknown_command() -> Refusal {
    Refusal::new(
        ErrorCode::UnknownCommand,
        "this server does not know the command",
    )
}
