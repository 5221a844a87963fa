//! Interpretation: the microphones of interpreters go into channels, and
//! listeners choose one in place of the floor.
//!
//! ```text
//!   add ──> channel ── assign ──> interpreters ── take_air, hand_over ──> on air
//!                                                                           │
//!   listen(channel) ──> hears who is on air, the floor lowered beneath ◄────┘
//!   listen(floor)   ──> hears no interpreter
//! ```
//!
//! Where nobody is on air, listeners hear the floor. An interpreter speaks
//! without the floor and through the hold of all microphones, for the floor
//! does not hear it.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    Action, CHANNELS, Channel, DesiredInterpreter, ErrorCode, Event, InterpretationCommand,
    InterpretationEvent, LANGUAGE_LENGTH, ParticipantId, Presence, Role,
};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::out_of_range;
use super::text::{clean_line, clean_text};
use super::{Refusal, State, floor, microphones};
use crate::permissions::{Scope, permits};

/// Decides a command about interpretation.
pub(super) fn decide(actor: &Actor<'_>, command: &InterpretationCommand) -> Decision {
    match command {
        InterpretationCommand::Add { language } => add(actor, language),
        InterpretationCommand::Remove { channel } => remove(actor, *channel),
        InterpretationCommand::Assign {
            channel,
            participant,
        } => assign(actor, *channel, participant),
        InterpretationCommand::Dismiss { participant } => dismiss(actor, participant),
        InterpretationCommand::TakeAir => take_air(actor),
        InterpretationCommand::HandOver { participant } => hand_over(actor, participant),
        InterpretationCommand::Listen { channel } => listen(actor, *channel),
        InterpretationCommand::Unknown => Err(unknown_command()),
    }
}

fn add(actor: &Actor<'_>, language: &str) -> Decision {
    actor.require(Action::RunInterpretation, Scope::Meeting)?;
    let language = clean_text(&clean_line(language), LANGUAGE_LENGTH)?;
    let interpretation = &actor.state.procedure.interpretation;
    if interpretation.channels.len() >= CHANNELS as usize {
        return Err(out_of_range());
    }
    let mut channels = interpretation.channels.iter();
    if channels.any(|channel| channel.language == language) {
        return Err(Refusal::new(
            ErrorCode::ChannelExists,
            "there is a channel of that language",
        ));
    }
    Ok(vec![Event::Interpretation(InterpretationEvent::Added {
        channel: interpretation.numbered.saturating_add(1),
        language,
        by: actor.id.clone(),
    })])
}

fn remove(actor: &Actor<'_>, number: u32) -> Decision {
    actor.require(Action::RunInterpretation, Scope::Meeting)?;
    find(actor.state, number)?;
    let removed = Event::Interpretation(InterpretationEvent::Removed {
        channel: number,
        by: actor.id.clone(),
    });
    Ok(microphones::with_silence(
        actor.state,
        actor.now,
        vec![removed],
    ))
}

fn assign(actor: &Actor<'_>, number: u32, whom: &ParticipantId) -> Decision {
    actor.require(Action::RunInterpretation, Scope::Meeting)?;
    let channel = find(actor.state, number)?;
    let member = actor.here(whom)?;
    let speaks = permits(member.role, Action::PublishMicrophone, Scope::Own);
    if !speaks || member.role == Role::Chair {
        return Err(Refusal::new(
            ErrorCode::Forbidden,
            "neither the chair nor an observer interprets",
        ));
    }
    if channel.interpreters.contains(whom) {
        return Ok(Vec::new());
    }
    let mut events = dismissed(actor.state, whom, Some(actor.id));
    // Its microphone leaves the floor, and with it the right to speak there.
    events.extend(floor::taken_from(actor.state, whom, actor.id));
    events.push(Event::Interpretation(InterpretationEvent::Assigned {
        channel: number,
        participant: whom.clone(),
        by: actor.id.clone(),
    }));
    if channel.on_air.is_none() {
        events.push(on_air(number, whom, Some(actor.id)));
    }
    Ok(events)
}

fn dismiss(actor: &Actor<'_>, whom: &ParticipantId) -> Decision {
    actor.require(Action::RunInterpretation, Scope::Meeting)?;
    let events = dismissed(actor.state, whom, Some(actor.id));
    if events.is_empty() {
        return Err(not_interpreter());
    }
    Ok(microphones::with_silence(actor.state, actor.now, events))
}

fn take_air(actor: &Actor<'_>) -> Decision {
    let channel = channel_of(actor.state, actor.id).ok_or_else(not_interpreter)?;
    match &channel.on_air {
        Some(id) if id == actor.id => Ok(Vec::new()),
        Some(id) if is_audible(actor.state, id) => Err(Refusal::new(
            ErrorCode::AirTaken,
            "another interpreter has the air; ask for it to be handed over",
        )),
        Some(_) | None => Ok(vec![on_air(channel.number, actor.id, Some(actor.id))]),
    }
}

/// Whether somebody can be heard: the line holds and the microphone is open.
fn is_audible(state: &State, id: &ParticipantId) -> bool {
    state.members.get(id).is_some_and(|member| {
        member.presence == Presence::Present && member.microphone && !member.muted
    })
}

/// Whoever has the air hands it over; whoever runs the interpretation may too.
fn hand_over(actor: &Actor<'_>, to: &ParticipantId) -> Decision {
    let runs = actor.may(Action::RunInterpretation, Scope::Meeting);
    if !runs && channel_of(actor.state, actor.id).is_none() {
        actor.require(Action::RunInterpretation, Scope::Meeting)?;
    }
    let channel = channel_of(actor.state, to).ok_or_else(not_interpreter)?;
    if !runs && !channel.interpreters.contains(actor.id) {
        return Err(not_interpreter());
    }
    if !runs && channel.on_air.as_ref() != Some(actor.id) {
        return Err(Refusal::new(
            ErrorCode::AirTaken,
            "only who has the air hands it over",
        ));
    }
    if channel.on_air.as_ref() == Some(to) {
        return Ok(Vec::new());
    }
    Ok(vec![on_air(channel.number, to, Some(actor.id))])
}

fn listen(actor: &Actor<'_>, channel: Option<u32>) -> Decision {
    if let Some(number) = channel {
        find(actor.state, number)?;
    }
    let listening = &actor.state.procedure.interpretation.listening;
    if listening.get(actor.id).copied() == channel {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Interpretation(InterpretationEvent::Listens {
        participant: actor.id.clone(),
        channel,
    })])
}

/// Somebody interprets no longer: the air goes to another interpreter of the
/// channel, or to nobody.
fn dismissed(state: &State, id: &ParticipantId, by: Option<&ParticipantId>) -> Vec<Event> {
    let Some(channel) = channel_of(state, id) else {
        return Vec::new();
    };
    let mut events = vec![Event::Interpretation(InterpretationEvent::Dismissed {
        participant: id.clone(),
        by: by.cloned(),
    })];
    if channel.on_air.as_ref() == Some(id) {
        let mut others = channel.interpreters.iter();
        let next = others.find(|other| *other != id);
        events.extend(next.map(|next| on_air(channel.number, next, by)));
    }
    events
}

/// Who leaves interprets no longer; before it has left.
pub(super) fn leaving(state: &State, id: &ParticipantId) -> Vec<Event> {
    dismissed(state, id, None)
}

fn on_air(channel: u32, whom: &ParticipantId, by: Option<&ParticipantId>) -> Event {
    Event::Interpretation(InterpretationEvent::OnAir {
        channel,
        participant: whom.clone(),
        by: by.cloned(),
    })
}

/// The channel that somebody interprets.
fn channel_of<'a>(state: &'a State, id: &ParticipantId) -> Option<&'a Channel> {
    let mut channels = state.procedure.interpretation.channels.iter();
    channels.find(|channel| channel.interpreters.contains(id))
}

/// Whether somebody's microphone goes into a channel, and not to the floor.
pub(super) fn interprets(state: &State, id: &ParticipantId) -> bool {
    channel_of(state, id).is_some()
}

/// Refuses the floor to whoever interprets.
pub(super) fn on_the_floor(state: &State, id: &ParticipantId) -> Result<(), Refusal> {
    if !interprets(state, id) {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::Interprets,
        "an interpreter is not heard on the floor",
    ))
}

/// What the media plane does with somebody's microphone.
pub(super) fn desired(state: &State, id: &ParticipantId) -> Option<DesiredInterpreter> {
    let channel = channel_of(state, id)?;
    Some(DesiredInterpreter {
        channel: channel.number,
        on_air: channel.on_air.as_ref() == Some(id),
    })
}

/// The channel that somebody listens to, if not the floor.
pub(super) fn listens_to(state: &State, id: &ParticipantId) -> Option<u32> {
    let listening = &state.procedure.interpretation.listening;
    listening.get(id).copied()
}

fn find(state: &State, number: u32) -> Result<&Channel, Refusal> {
    let mut channels = state.procedure.interpretation.channels.iter();
    channels
        .find(|channel| channel.number == number)
        .ok_or_else(|| Refusal::new(ErrorCode::UnknownChannel, "there is no such channel"))
}

fn not_interpreter() -> Refusal {
    Refusal::new(
        ErrorCode::NotInterpreter,
        "not an interpreter of the channel",
    )
}

/// Whom an event concerns in the media plane; `state` is the state after it.
pub(super) fn touches(state: &State, event: &InterpretationEvent) -> Vec<ParticipantId> {
    match event {
        InterpretationEvent::Added { .. } => Vec::new(),
        // Whose channel it was is not known any more.
        InterpretationEvent::Removed { .. } => state.everyone_here().cloned().collect(),
        InterpretationEvent::Assigned { participant, .. }
        | InterpretationEvent::Dismissed { participant, .. }
        | InterpretationEvent::Listens { participant, .. } => vec![participant.clone()],
        InterpretationEvent::OnAir { channel, .. } => {
            let channel = find(state, *channel).ok();
            channel
                .map(|channel| channel.interpreters.iter().cloned().collect())
                .unwrap_or_default()
        }
    }
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, event: &InterpretationEvent) {
    let interpretation = &mut state.procedure.interpretation;
    match event {
        InterpretationEvent::Added {
            channel, language, ..
        } => {
            interpretation.numbered = interpretation.numbered.max(*channel);
            interpretation.channels.push(Channel {
                number: *channel,
                language: language.clone(),
                interpreters: Default::default(),
                on_air: None,
            });
        }
        InterpretationEvent::Removed { channel, .. } => {
            interpretation
                .channels
                .retain(|known| known.number != *channel);
            interpretation.listening.retain(|_, to| to != channel);
        }
        InterpretationEvent::Assigned {
            channel,
            participant,
            ..
        } => {
            let mut channels = interpretation.channels.iter_mut();
            if let Some(known) = channels.find(|known| known.number == *channel) {
                known.interpreters.insert(participant.clone());
            }
        }
        InterpretationEvent::Dismissed { participant, .. } => {
            for channel in &mut interpretation.channels {
                channel.interpreters.remove(participant);
                channel.on_air.take_if(|on_air| on_air == participant);
            }
        }
        InterpretationEvent::OnAir {
            channel,
            participant,
            ..
        } => {
            let mut channels = interpretation.channels.iter_mut();
            if let Some(known) = channels.find(|known| known.number == *channel) {
                known.on_air = Some(participant.clone());
            }
        }
        InterpretationEvent::Listens {
            participant,
            channel,
        } => {
            interpretation.listening.remove(participant);
            if let Some(channel) = channel {
                interpretation
                    .listening
                    .insert(participant.clone(), *channel);
            }
        }
    }
}

/// Somebody left: it listens to the floor when it comes back.
pub(super) fn left(state: &mut State, id: &ParticipantId) {
    state.procedure.interpretation.listening.remove(id);
}
