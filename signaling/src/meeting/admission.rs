//! Admission: who comes in, who waits in the lobby, who is removed, and the
//! names that people go by.
//!
//! ```text
//!   join ──> removed? locked? ──> refused
//!     │
//!     ├──> has to wait ──> lobby ── admit ──┐
//!     └─────────────────────────────────────┴──> in the meeting ── remove ──> out
//! ```
//!
//! Whoever waits is no member: it has no media, hears of nobody, and commands
//! nothing but to leave.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    Action, AdmissionCommand, AdmissionEvent, Command, ErrorCode, Event, LeaveReason, LobbyMode,
    ParticipantId, REASON_LENGTH, Role, Waiting,
};

use super::actor::{Actor, Decision, unknown_command, unknown_participant};
use super::text::{clean_name, clean_text};
use super::{Newcomer, Refusal, State, groups, presence};
use crate::permissions::{Scope, permits};

/// Decides a command about who comes in.
pub(super) fn decide(actor: &Actor<'_>, command: &AdmissionCommand) -> Decision {
    match command {
        AdmissionCommand::SetLobby { mode } => set_lobby(actor, *mode),
        AdmissionCommand::Lock { locked } => lock(actor, *locked),
        AdmissionCommand::Admit { participant } => {
            waiting(actor.state, participant).ok_or_else(unknown_participant)?;
            admit(actor, |waiting| waiting.participant == *participant)
        }
        AdmissionCommand::AdmitUnit { unit } => {
            admit(actor, |waiting| waiting.unit.as_ref() == Some(unit))
        }
        AdmissionCommand::AdmitAll => admit(actor, |_| true),
        AdmissionCommand::Remove {
            participant,
            reason,
        } => remove(actor, participant, reason),
        AdmissionCommand::Readmit { participant } => readmit(actor, participant),
        AdmissionCommand::Rename { participant, name } => rename(actor, participant, name),
        AdmissionCommand::Unknown => Err(unknown_command()),
    }
}

/// Decides a command of somebody in the lobby.
pub(super) fn decide_in_lobby(state: &State, id: &ParticipantId, command: &Command) -> Decision {
    if *command == Command::Leave {
        return Ok(stops_waiting(state, id));
    }
    Err(Refusal::new(ErrorCode::InLobby, "waits in the lobby"))
}

fn set_lobby(actor: &Actor<'_>, mode: LobbyMode) -> Decision {
    actor.require(Action::SetPolicy, Scope::Meeting)?;
    if actor.state.procedure.admission.mode == mode {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::Admission(AdmissionEvent::LobbySet {
        mode,
        by: actor.id.clone(),
    })];
    events.extend(let_in(actor, |waiting| !keeps_waiting(mode, waiting.guest)));
    Ok(events)
}

fn lock(actor: &Actor<'_>, locked: bool) -> Decision {
    actor.require(Action::SetPolicy, Scope::Meeting)?;
    if actor.state.procedure.admission.locked == locked {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Admission(AdmissionEvent::Locked {
        locked,
        by: actor.id.clone(),
    })])
}

fn admit(actor: &Actor<'_>, whom: impl Fn(&Waiting) -> bool) -> Decision {
    actor.require(Action::Admit, Scope::Meeting)?;
    Ok(let_in(actor, whom))
}

/// Everybody in the lobby of whom it is true comes in.
fn let_in(actor: &Actor<'_>, whom: impl Fn(&Waiting) -> bool) -> Vec<Event> {
    let lobby = &actor.state.procedure.admission.waiting;
    let mut next_number = actor.state.next_number;
    let mut events = Vec::new();
    for waiting in lobby.iter().filter(|waiting| whom(waiting)) {
        let known = actor.state.members.get(&waiting.participant);
        let number = known.map_or(next_number, |member| member.number);
        next_number = next_number.max(number.saturating_add(1));
        events.push(Event::Admission(AdmissionEvent::Admitted {
            participant: waiting.participant.clone(),
            by: actor.id.clone(),
        }));
        events.push(Event::ParticipantJoined {
            participant: waiting.participant.clone(),
            number,
            name: waiting.name.clone(),
            role: waiting.role,
            kind: waiting.kind,
            unit: waiting.unit.clone(),
        });
        events.extend(groups::arriving(
            actor.state,
            &waiting.participant,
            waiting.role,
            waiting.unit.as_deref(),
        ));
    }
    events
}

fn remove(actor: &Actor<'_>, whom: &ParticipantId, reason: &str) -> Decision {
    actor.require(Action::Remove, Scope::Meeting)?;
    let reason = clean_text(reason, REASON_LENGTH)?;
    let member = actor.state.members.get(whom);
    let role = member
        .map(|member| member.role)
        .or_else(|| waiting(actor.state, whom).map(|waiting| waiting.role))
        .ok_or_else(unknown_participant)?;
    if role == Role::Chair || whom == actor.id {
        return Err(Refusal::new(
            ErrorCode::Forbidden,
            "nobody removes the chair, or itself",
        ));
    }
    if actor.state.procedure.admission.removed.contains(whom) {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::Admission(AdmissionEvent::Removed {
        participant: whom.clone(),
        reason,
        by: actor.id.clone(),
    })];
    if actor.state.here(whom).is_some() {
        events.extend(presence::leave(actor.state, whom, LeaveReason::Removed));
    }
    Ok(events)
}

fn readmit(actor: &Actor<'_>, whom: &ParticipantId) -> Decision {
    actor.require(Action::Remove, Scope::Meeting)?;
    if !actor.state.procedure.admission.removed.contains(whom) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Admission(AdmissionEvent::Readmitted {
        participant: whom.clone(),
        by: actor.id.clone(),
    })])
}

fn rename(actor: &Actor<'_>, whom: &ParticipantId, name: &str) -> Decision {
    actor.require(Action::Rename, Scope::Meeting)?;
    let name = clean_name(name)?
        .ok_or_else(|| Refusal::new(ErrorCode::NameRequired, "a name is needed"))?;
    let members = &actor.state.members;
    let before = members
        .get(whom)
        .map(|member| &member.name)
        .or_else(|| waiting(actor.state, whom).map(|waiting| &waiting.name))
        .ok_or_else(unknown_participant)?;
    if *before == name && actor.state.procedure.admission.renamed.contains(whom) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Admission(AdmissionEvent::Renamed {
        participant: whom.clone(),
        name,
        by: actor.id.clone(),
    })])
}

/// Refuses who may not come in at all.
pub(super) fn may_come(
    state: &State,
    id: &ParticipantId,
    newcomer: &Newcomer,
) -> Result<(), Refusal> {
    let admission = &state.procedure.admission;
    if admission.removed.contains(id) {
        return Err(Refusal::new(
            ErrorCode::Removed,
            "was removed from the meeting",
        ));
    }
    let known = state.members.contains_key(id) || waiting(state, id).is_some();
    if admission.locked && !known && !admits(newcomer.role) {
        return Err(Refusal::new(
            ErrorCode::MeetingLocked,
            "the meeting is locked; nobody new comes in",
        ));
    }
    Ok(())
}

/// The way into the lobby, for who has to wait there.
pub(super) fn waits(
    state: &State,
    id: &ParticipantId,
    newcomer: &Newcomer,
    name: &str,
) -> Option<Event> {
    let mode = state.procedure.admission.mode;
    let known = state.members.contains_key(id);
    if known || admits(newcomer.role) || !keeps_waiting(mode, newcomer.guest) {
        return None;
    }
    Some(Event::Admission(AdmissionEvent::Waits {
        participant: id.clone(),
        name: name.to_owned(),
        role: newcomer.role,
        kind: newcomer.kind,
        unit: newcomer.unit.clone(),
        guest: newcomer.guest,
    }))
}

/// Who waits leaves, or its line breaks.
pub(super) fn stops_waiting(state: &State, id: &ParticipantId) -> Vec<Event> {
    let waits = waiting(state, id).map(|waiting| {
        Event::Admission(AdmissionEvent::WaitEnded {
            participant: waiting.participant.clone(),
        })
    });
    waits.into_iter().collect()
}

fn keeps_waiting(mode: LobbyMode, guest: bool) -> bool {
    match mode {
        LobbyMode::Off => false,
        LobbyMode::Guests => guest,
        LobbyMode::All => true,
    }
}

fn admits(role: Role) -> bool {
    permits(role, Action::Admit, Scope::Meeting)
}

/// The one in the lobby.
pub(super) fn waiting<'a>(state: &'a State, id: &ParticipantId) -> Option<&'a Waiting> {
    let mut lobby = state.procedure.admission.waiting.iter();
    lobby.find(|waiting| waiting.participant == *id)
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &AdmissionEvent) {
    let admission = &mut state.procedure.admission;
    match event {
        AdmissionEvent::LobbySet { mode, .. } => admission.mode = *mode,
        AdmissionEvent::Locked { locked, .. } => admission.locked = *locked,
        AdmissionEvent::Waits {
            participant,
            name,
            role,
            kind,
            unit,
            guest,
        } => admission.waiting.push(Waiting {
            participant: participant.clone(),
            name: name.clone(),
            role: *role,
            kind: *kind,
            unit: unit.clone(),
            guest: *guest,
            since: at,
        }),
        AdmissionEvent::WaitEnded { participant }
        | AdmissionEvent::Admitted { participant, .. } => wait_ended(state, participant),
        AdmissionEvent::Removed { participant, .. } => {
            admission.removed.insert(participant.clone());
            wait_ended(state, participant);
        }
        AdmissionEvent::Readmitted { participant, .. } => {
            admission.removed.remove(participant);
        }
        AdmissionEvent::Renamed {
            participant, name, ..
        } => {
            admission.renamed.insert(participant.clone());
            for waiting in &mut admission.waiting {
                if waiting.participant == *participant {
                    waiting.name.clone_from(name);
                }
            }
            if let Some(member) = state.members.get_mut(participant) {
                member.name.clone_from(name);
            }
        }
    }
}

fn wait_ended(state: &mut State, id: &ParticipantId) {
    let lobby = &mut state.procedure.admission.waiting;
    lobby.retain(|waiting| waiting.participant != *id);
}
