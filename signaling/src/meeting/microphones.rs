//! Microphones: who may open one, asking for it, opening by consent, and
//! closing all until that is lifted.
//!
//! A microphone is open only where all of this lets it be:
//!
//! ```text
//!   not muted ── not under the hold, or has the floor ── has the floor, where
//!   (one by      (all but some; chair never)             the meeting goes by it
//!    one)                                                (chair never needs it)
//! ```

#[cfg(test)]
mod stories;

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, ErrorCode, Event, FloorMode, MicrophoneHold, MicrophonesCommand, MicrophonesEvent,
    ParticipantId, Role,
};

use super::actor::{Actor, Decision, unknown_command, unknown_participant};
use super::{Member, Refusal, State, apply as apply_event, floor, groups, interpretation};
use crate::permissions::{Scope, permits};

/// Decides a command about microphones.
pub(super) fn decide(actor: &Actor<'_>, command: &MicrophonesCommand) -> Decision {
    match command {
        MicrophonesCommand::Ask { participant } => ask(actor, participant),
        MicrophonesCommand::Answer { accept } => answer(actor, *accept),
        MicrophonesCommand::Consent { given } => consent(actor, *given),
        MicrophonesCommand::Open { participant } => open(actor, participant),
        MicrophonesCommand::MuteAll { except } => mute_all(actor, except),
        MicrophonesCommand::LiftAll => lift_all(actor),
        MicrophonesCommand::Unknown => Err(unknown_command()),
    }
}

/// Switches the own microphone.
pub(super) fn switch(actor: &Actor<'_>, on: bool) -> Decision {
    actor.require(Action::PublishMicrophone, Scope::Own)?;
    if on {
        may_sound(actor.state, actor.id, actor.member)?;
    }
    if actor.member.microphone == on {
        return Ok(Vec::new());
    }
    Ok(vec![Event::MicrophoneSet {
        participant: actor.id.clone(),
        on,
    }])
}

/// Closes somebody's microphone for as long as it takes, or lifts that.
pub(super) fn set_muted(actor: &Actor<'_>, target: &ParticipantId, muted: bool) -> Decision {
    actor.require(Action::MuteOthers, Scope::Meeting)?;
    let members = &actor.state.members;
    let other = members.get(target).ok_or_else(unknown_participant)?;
    let mut events = Vec::new();
    if other.muted != muted {
        events.push(Event::MutedSet {
            participant: target.clone(),
            muted,
            by: actor.id.clone(),
        });
    }
    if muted && other.microphone {
        events.push(closed(target));
    }
    if !muted && is_held(actor.state, target, other) {
        events.push(Event::Microphones(MicrophonesEvent::Excepted {
            participant: target.clone(),
            by: actor.id.clone(),
        }));
    }
    Ok(events)
}

fn ask(actor: &Actor<'_>, whom: &ParticipantId) -> Decision {
    let member = openable(actor, whom)?;
    if member.microphone || actor.state.procedure.microphones.asked.contains(whom) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Microphones(MicrophonesEvent::Asked {
        participant: whom.clone(),
        by: actor.id.clone(),
    })])
}

fn answer(actor: &Actor<'_>, accept: bool) -> Decision {
    if !actor.state.procedure.microphones.asked.contains(actor.id) {
        return Err(Refusal::new(
            ErrorCode::NotAsked,
            "nobody asks for this microphone any more",
        ));
    }
    let mut events = vec![Event::Microphones(MicrophonesEvent::Answered {
        participant: actor.id.clone(),
        accept,
    })];
    if accept {
        events.extend(switch(actor, true)?);
    }
    Ok(events)
}

fn consent(actor: &Actor<'_>, given: bool) -> Decision {
    actor.require(Action::PublishMicrophone, Scope::Own)?;
    let consents = &actor.state.procedure.microphones.consents;
    if consents.contains(actor.id) == given {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Microphones(MicrophonesEvent::Consented {
        participant: actor.id.clone(),
        given,
    })])
}

fn open(actor: &Actor<'_>, whose: &ParticipantId) -> Decision {
    let member = openable(actor, whose)?;
    if member.microphone {
        return Ok(Vec::new());
    }
    if !actor.state.procedure.microphones.consents.contains(whose) {
        return Err(Refusal::new(
            ErrorCode::ConsentNeeded,
            "the site has not consented; ask it instead",
        ));
    }
    Ok(opened(whose, actor.id))
}

/// A participant whose microphone may be open now, for who may ask for that.
fn openable<'a>(actor: &Actor<'a>, whose: &ParticipantId) -> Result<&'a Member, Refusal> {
    actor.require(Action::OpenMicrophones, Scope::Meeting)?;
    let member = actor.here(whose)?;
    if !permits(member.role, Action::PublishMicrophone, Scope::Own) {
        return Err(Refusal::new(
            ErrorCode::Forbidden,
            "an observer sees and hears only",
        ));
    }
    may_sound(actor.state, whose, member)?;
    Ok(member)
}

fn mute_all(actor: &Actor<'_>, except: &BTreeSet<ParticipantId>) -> Decision {
    actor.require(Action::MuteOthers, Scope::Meeting)?;
    let known = |id: &&ParticipantId| actor.state.members.contains_key(*id);
    let mut except: BTreeSet<ParticipantId> = except.iter().filter(known).cloned().collect();
    except.insert(actor.id.clone());
    let hold = actor.state.procedure.microphones.hold.as_ref();
    if hold.is_some_and(|hold| hold.except == except) {
        return Ok(Vec::new());
    }
    let members = actor.state.members.iter();
    let close = members
        .filter(|(id, member)| {
            member.microphone
                && !is_free(actor.state, id)
                && !except.contains(*id)
                && member.role != Role::Chair
                && !floor::holds(actor.state, id)
        })
        .map(|(id, _)| closed(id));
    let mut events = vec![Event::Microphones(MicrophonesEvent::AllMuted {
        except: except.clone(),
        by: actor.id.clone(),
    })];
    events.extend(close);
    Ok(events)
}

fn lift_all(actor: &Actor<'_>) -> Decision {
    actor.require(Action::MuteOthers, Scope::Meeting)?;
    if actor.state.procedure.microphones.hold.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Microphones(MicrophonesEvent::AllLifted {
        by: actor.id.clone(),
    })])
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &MicrophonesEvent) {
    let microphones = &mut state.procedure.microphones;
    match event {
        MicrophonesEvent::Asked { participant, .. } => {
            microphones.asked.insert(participant.clone());
        }
        MicrophonesEvent::Answered { participant, .. } => {
            microphones.asked.remove(participant);
        }
        MicrophonesEvent::Consented { participant, given } => {
            if *given {
                microphones.consents.insert(participant.clone());
            } else {
                microphones.consents.remove(participant);
            }
        }
        // The switching itself is an event of its own.
        MicrophonesEvent::Opened { .. } => {}
        MicrophonesEvent::AllMuted { except, by } => {
            microphones.hold = Some(MicrophoneHold {
                except: except.clone(),
                by: by.clone(),
                since: at,
            });
            microphones.asked.clear();
        }
        MicrophonesEvent::Excepted { participant, .. } => {
            if let Some(hold) = &mut microphones.hold {
                hold.except.insert(participant.clone());
            }
        }
        MicrophonesEvent::AllLifted { .. } => microphones.hold = None,
    }
}

/// Somebody left: nothing is asked of it, and its consent ends.
pub(super) fn left(state: &mut State, id: &ParticipantId) {
    state.procedure.microphones.asked.remove(id);
    state.procedure.microphones.consents.remove(id);
}

/// Whose sound an event may concern; `state` is the state after it.
pub(super) fn touches(state: &State, event: &MicrophonesEvent) -> Vec<ParticipantId> {
    match event {
        MicrophonesEvent::AllMuted { .. } | MicrophonesEvent::AllLifted { .. } => sharing(state),
        MicrophonesEvent::Excepted { participant, .. } => vec![participant.clone()],
        MicrophonesEvent::Asked { .. }
        | MicrophonesEvent::Answered { .. }
        | MicrophonesEvent::Consented { .. }
        | MicrophonesEvent::Opened { .. } => Vec::new(),
    }
}

/// Who shares a screen, whose sound obeys what microphones obey.
pub(super) fn sharing(state: &State) -> Vec<ParticipantId> {
    let members = state.members.iter();
    let sharing = members.filter(|(_, member)| member.screen && member.is_here());
    sharing.map(|(id, _)| id.clone()).collect()
}

/// Whether all are closed, and this one among them, unless it has the floor.
pub(super) fn is_held(state: &State, id: &ParticipantId, member: &Member) -> bool {
    let hold = state.procedure.microphones.hold.as_ref();
    let holds = hold.is_some_and(|hold| !hold.except.contains(id));
    holds && member.role != Role::Chair && !is_free(state, id)
}

/// Whether floor and hold are not for somebody: it is in a group, or
/// interprets.
pub(super) fn is_free(state: &State, id: &ParticipantId) -> bool {
    groups::group_of(state, id).is_some() || interpretation::interprets(state, id)
}

/// The events, and the closing of every microphone that may not be open after
/// them.
pub(super) fn with_silence(state: &State, now: i64, mut events: Vec<Event>) -> Vec<Event> {
    let mut after = state.clone();
    for event in &events {
        apply_event(&mut after, now, event);
    }
    let open = after.members.iter().filter(|(_, member)| member.microphone);
    let silent = open.filter(|(id, member)| may_sound(&after, id, member).is_err());
    events.extend(silent.map(|(id, _)| closed(id)));
    events
}

/// Whether only the floor lets somebody sound.
pub(super) fn needs_the_floor(state: &State, id: &ParticipantId, member: &Member) -> bool {
    let by_floor = state.procedure.floor.policy.mode == FloorMode::ByFloor;
    let on_the_floor = by_floor && floor::needs(member) && !is_free(state, id);
    on_the_floor || is_held(state, id, member)
}

/// Whether the meeting lets somebody sound now, and if not, why.
pub(super) fn may_sound(state: &State, id: &ParticipantId, member: &Member) -> Result<(), Refusal> {
    if member.muted {
        return Err(Refusal::new(
            ErrorCode::MutedByChair,
            "the meeting closed this microphone",
        ));
    }
    if floor::holds(state, id) || !needs_the_floor(state, id, member) {
        return Ok(());
    }
    if is_held(state, id, member) {
        return Err(Refusal::new(
            ErrorCode::MutedByChair,
            "the meeting closed all microphones",
        ));
    }
    Err(Refusal::new(
        ErrorCode::FloorNeeded,
        "the meeting goes by the floor; ask for it",
    ))
}

/// The microphone is closed.
pub(super) fn closed(id: &ParticipantId) -> Event {
    Event::MicrophoneSet {
        participant: id.clone(),
        on: false,
    }
}

/// The microphone is opened by the meeting.
pub(super) fn opened(id: &ParticipantId, by: &ParticipantId) -> Vec<Event> {
    let participant = id.clone();
    vec![
        Event::Microphones(MicrophonesEvent::Opened {
            participant: participant.clone(),
            by: by.clone(),
        }),
        Event::MicrophoneSet {
            participant,
            on: true,
        },
    ]
}
