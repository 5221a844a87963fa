//! Coming in, being away for a moment, leaving.

use diemcau_protocol::{ErrorCode, Event, LeaveReason, ParticipantId, Presence};

use super::actor::Decision;
use super::text::clean_name;
use super::{Newcomer, Refusal, State, floor, stage};

/// The actor came in, or came back.
pub(super) fn join(state: &State, actor: &ParticipantId, newcomer: &Newcomer) -> Decision {
    let known = state.members.get(actor);
    match known.map(|member| member.presence) {
        Some(Presence::Present) => Ok(Vec::new()),
        Some(Presence::Reconnecting) => Ok(vec![Event::ConnectionRestored {
            participant: actor.clone(),
        }]),
        Some(Presence::Left) | None => {
            let given = match &newcomer.name {
                Some(name) => clean_name(name)?,
                None => None,
            };
            let name = given
                .or_else(|| known.map(|member| member.name.clone()))
                .ok_or_else(|| Refusal::new(ErrorCode::NameRequired, "a name is needed"))?;
            Ok(vec![Event::ParticipantJoined {
                participant: actor.clone(),
                number: known.map_or(state.next_number, |member| member.number),
                name,
                role: newcomer.role,
                kind: newcomer.kind,
                unit: newcomer.unit.clone(),
            }])
        }
    }
}

/// The actor's line broke.
pub(super) fn connection_lost(state: &State, actor: &ParticipantId) -> Vec<Event> {
    match state.members.get(actor).map(|member| member.presence) {
        Some(Presence::Present) => vec![Event::ConnectionLost {
            participant: actor.clone(),
        }],
        Some(Presence::Reconnecting | Presence::Left) | None => Vec::new(),
    }
}

/// The actor's line did not come back in time.
pub(super) fn grace_expired(state: &State, actor: &ParticipantId) -> Vec<Event> {
    match state.members.get(actor).map(|member| member.presence) {
        Some(Presence::Reconnecting) => leave(state, actor, LeaveReason::ConnectionLost),
        Some(Presence::Present | Presence::Left) | None => Vec::new(),
    }
}

/// The actor leaves, and with it what hung on it.
pub(super) fn leave(state: &State, actor: &ParticipantId, reason: LeaveReason) -> Vec<Event> {
    let mut events: Vec<Event> = floor::leaving(state, actor).into_iter().collect();
    events.push(Event::ParticipantLeft {
        participant: actor.clone(),
        reason,
    });
    events.extend(stage::without(state, actor));
    events
}
