//! Coming in, being away for a moment, leaving.

use diemcau_protocol::{ErrorCode, Event, LeaveReason, ParticipantId, Presence};

use super::actor::Decision;
use super::text::clean_name;
use super::{Newcomer, Refusal, State, admission, documents, floor, groups, interpretation, stage};

/// The actor came in, or came back.
pub(super) fn join(state: &State, actor: &ParticipantId, newcomer: &Newcomer) -> Decision {
    admission::may_come(state, actor, newcomer)?;
    if admission::waiting(state, actor).is_some() {
        return Ok(Vec::new());
    }
    let known = state.members.get(actor);
    match known.map(|member| member.presence) {
        Some(Presence::Present) => Ok(Vec::new()),
        Some(Presence::Reconnecting) => Ok(vec![Event::ConnectionRestored {
            participant: actor.clone(),
        }]),
        Some(Presence::Left) | None => {
            let name = name_of(state, actor, newcomer)?;
            if let Some(waits) = admission::waits(state, actor, newcomer, &name) {
                return Ok(vec![waits]);
            }
            let arriving = groups::arriving(state, actor, newcomer.role, newcomer.unit.as_deref());
            let joined = Event::ParticipantJoined {
                participant: actor.clone(),
                number: known.map_or(state.next_number, |member| member.number),
                name,
                role: newcomer.role,
                kind: newcomer.kind,
                unit: newcomer.unit.clone(),
            };
            Ok([joined].into_iter().chain(arriving).collect())
        }
    }
}

/// The name that the meeting gave, else that of the invitation or the client's
/// own, else the one from before.
fn name_of(state: &State, id: &ParticipantId, newcomer: &Newcomer) -> Result<String, Refusal> {
    let before = state.members.get(id).map(|member| member.name.clone());
    let given = match &newcomer.name {
        Some(_) if before.is_some() && state.procedure.admission.renamed.contains(id) => None,
        Some(name) => clean_name(name)?,
        None => None,
    };
    given
        .or(before)
        .ok_or_else(|| Refusal::new(ErrorCode::NameRequired, "a name is needed"))
}

/// The actor's line broke.
pub(super) fn connection_lost(state: &State, actor: &ParticipantId) -> Vec<Event> {
    match state.members.get(actor).map(|member| member.presence) {
        Some(Presence::Present) => vec![Event::ConnectionLost {
            participant: actor.clone(),
        }],
        Some(Presence::Reconnecting | Presence::Left) | None => {
            admission::stops_waiting(state, actor)
        }
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
    events.extend(documents::leaving(state, actor));
    events.extend(interpretation::leaving(state, actor));
    events.push(Event::ParticipantLeft {
        participant: actor.clone(),
        reason,
    });
    events.extend(stage::without(state, actor));
    events
}
