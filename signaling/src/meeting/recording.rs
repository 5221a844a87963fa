//! Recording, as far as people are told of it: announced to everyone, then
//! begun by itself at the time that was said, and stopped.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    Action, Event, LONGEST_TIME, ParticipantId, RECORDING_NOTICE, RecordingCommand, RecordingEvent,
};

use super::State;
use super::actor::{Actor, Decision, unknown_command};
use super::floor::{milliseconds, out_of_range};
use crate::permissions::Scope;

/// Decides a command about the recording.
pub(super) fn decide(actor: &Actor<'_>, command: &RecordingCommand) -> Decision {
    match command {
        RecordingCommand::Announce { seconds } => announce(actor, *seconds),
        RecordingCommand::Stop => stop(actor),
        RecordingCommand::Pause => pause(actor, true),
        RecordingCommand::Resume => pause(actor, false),
        RecordingCommand::Consent { given } => Ok(consent(actor, *given)),
        RecordingCommand::Unknown => Err(unknown_command()),
    }
}

fn announce(actor: &Actor<'_>, seconds: u32) -> Decision {
    actor.require(Action::Record, Scope::Meeting)?;
    if !(RECORDING_NOTICE..=LONGEST_TIME).contains(&seconds) {
        return Err(out_of_range());
    }
    let recording = &actor.state.procedure.recording;
    if recording.starts_at.is_some() || recording.since.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Recording(RecordingEvent::Announced {
        starts_at: actor.now + milliseconds(seconds),
        by: actor.id.clone(),
    })])
}

/// The announcement with the shortest notice.
pub(super) fn announced(now: i64, by: &ParticipantId) -> Event {
    Event::Recording(RecordingEvent::Announced {
        starts_at: now + milliseconds(RECORDING_NOTICE),
        by: by.clone(),
    })
}

fn stop(actor: &Actor<'_>) -> Decision {
    actor.require(Action::Record, Scope::Meeting)?;
    Ok(stopped(actor.state, actor.id).into_iter().collect())
}

/// Only what runs pauses, and only what pauses goes on.
fn pause(actor: &Actor<'_>, pauses: bool) -> Decision {
    actor.require(Action::Record, Scope::Meeting)?;
    let recording = &actor.state.procedure.recording;
    if recording.since.is_none() || recording.paused_since.is_some() == pauses {
        return Ok(Vec::new());
    }
    let by = actor.id.clone();
    Ok(vec![Event::Recording(match pauses {
        true => RecordingEvent::Paused { by },
        false => RecordingEvent::Resumed { by },
    })])
}

/// The end of the recording, or of what was announced of it.
pub(super) fn stopped(state: &State, by: &ParticipantId) -> Option<Event> {
    let recording = &state.procedure.recording;
    let is_on = recording.starts_at.is_some() || recording.since.is_some();
    is_on.then(|| Event::Recording(RecordingEvent::Stopped { by: by.clone() }))
}

fn consent(actor: &Actor<'_>, given: bool) -> Vec<Event> {
    let consents = &actor.state.procedure.recording.consents;
    if consents.get(actor.id) == Some(&given) {
        return Vec::new();
    }
    vec![Event::Recording(RecordingEvent::Consented {
        participant: actor.id.clone(),
        given,
    })]
}

/// Whether it runs, or pauses.
pub(crate) fn is_on(state: &State) -> bool {
    state.procedure.recording.since.is_some()
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Option<Event> {
    (deadline(state)? <= now).then_some(Event::Recording(RecordingEvent::Started))
}

/// When the recording begins that was announced.
pub(super) fn deadline(state: &State) -> Option<i64> {
    state.procedure.recording.starts_at
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &RecordingEvent) {
    let recording = &mut state.procedure.recording;
    match event {
        RecordingEvent::Announced { starts_at, .. } => recording.starts_at = Some(*starts_at),
        RecordingEvent::Started => {
            recording.starts_at = None;
            recording.since = Some(at);
        }
        RecordingEvent::Stopped { .. } => {
            recording.starts_at = None;
            recording.since = None;
            recording.paused_since = None;
        }
        RecordingEvent::Paused { .. } => recording.paused_since = Some(at),
        RecordingEvent::Resumed { .. } => recording.paused_since = None,
        RecordingEvent::Consented { participant, given } => {
            recording.consents.insert(participant.clone(), *given);
        }
    }
}
