//! What follows from an input: events, or a refusal. Changes nothing itself.

use diemcau_protocol::{
    Action, Command, ErrorCode, Event, LeaveReason, ParticipantId, Presence, SourceKind, SourceRef,
    Stage, StageMode,
};

use super::text::{clean_chat, clean_name};
use super::{Input, Member, Newcomer, Refusal, State};
use crate::permissions::{Scope, permits};

type Decision = Result<Vec<Event>, Refusal>;

/// Decides an input of `actor` on `state`. No events means that all is so
/// already.
pub fn decide(state: &State, actor: &ParticipantId, input: &Input) -> Decision {
    match input {
        Input::Join(newcomer) => join(state, actor, newcomer),
        Input::ConnectionLost => Ok(connection_lost(state, actor)),
        Input::GraceExpired => Ok(grace_expired(state, actor)),
        Input::Speaker => Ok(speaker(state, actor)),
        Input::Command(command) => {
            let member = state
                .members
                .get(actor)
                .filter(|member| member.presence == Presence::Present)
                .ok_or_else(|| Refusal::new(ErrorCode::NotInMeeting, "not in the meeting"))?;
            carry_out(state, actor, member, command)
        }
    }
}

fn carry_out(state: &State, actor: &ParticipantId, member: &Member, command: &Command) -> Decision {
    match command {
        Command::SetMicrophone { on } => set_microphone(actor, member, *on),
        Command::SetCamera { on } => set_camera(actor, member, *on),
        Command::SetScreen { on } => set_screen(state, actor, member, *on),
        Command::SetMuted { participant, muted } => {
            set_muted(state, actor, member, participant, *muted)
        }
        Command::SetHand { raised } => set_hand(actor, member, *raised),
        Command::LowerHand { participant } => lower_hand(state, actor, member, participant),
        Command::SendChat { text } => send_chat(actor, member, text),
        Command::SetStage { source } => set_stage(state, actor, member, source.as_ref()),
        Command::Leave => Ok(leave(state, actor, LeaveReason::Left)),
        Command::Unknown => Err(Refusal::new(
            ErrorCode::UnknownCommand,
            "this server does not know the command",
        )),
    }
}

fn require(member: &Member, action: Action, scope: Scope) -> Result<(), Refusal> {
    if permits(member.role, action, scope) {
        Ok(())
    } else {
        Err(Refusal::new(
            ErrorCode::Forbidden,
            "the role does not allow it",
        ))
    }
}

fn join(state: &State, actor: &ParticipantId, newcomer: &Newcomer) -> Decision {
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

fn connection_lost(state: &State, actor: &ParticipantId) -> Vec<Event> {
    match state.members.get(actor).map(|member| member.presence) {
        Some(Presence::Present) => vec![Event::ConnectionLost {
            participant: actor.clone(),
        }],
        Some(Presence::Reconnecting | Presence::Left) | None => Vec::new(),
    }
}

fn grace_expired(state: &State, actor: &ParticipantId) -> Vec<Event> {
    match state.members.get(actor).map(|member| member.presence) {
        Some(Presence::Reconnecting) => leave(state, actor, LeaveReason::ConnectionLost),
        Some(Presence::Present | Presence::Left) | None => Vec::new(),
    }
}

fn leave(state: &State, actor: &ParticipantId, reason: LeaveReason) -> Vec<Event> {
    let mut events = vec![Event::ParticipantLeft {
        participant: actor.clone(),
        reason,
    }];
    if state
        .stage
        .source
        .as_ref()
        .is_some_and(|source| source.participant == *actor)
    {
        events.push(back_to_the_speaker(None));
    }
    events
}

/// The stage follows the speaker again, because what it showed is gone.
fn back_to_the_speaker(by: Option<ParticipantId>) -> Event {
    Event::StageSet {
        stage: Stage {
            mode: StageMode::FollowSpeaker,
            source: None,
        },
        by,
    }
}

fn speaker(state: &State, actor: &ParticipantId) -> Vec<Event> {
    let speaks = state
        .here(actor)
        .is_some_and(|member| member.microphone && !member.muted);
    let source = Some(SourceRef {
        participant: actor.clone(),
        kind: SourceKind::Camera,
    });
    let follows = match state.stage.mode {
        StageMode::FollowSpeaker => true,
        StageMode::Chosen => false,
    };
    if !speaks || !follows || state.stage.source == source {
        return Vec::new();
    }
    vec![Event::StageSet {
        stage: Stage {
            mode: StageMode::FollowSpeaker,
            source,
        },
        by: None,
    }]
}

fn set_microphone(actor: &ParticipantId, member: &Member, on: bool) -> Decision {
    require(member, Action::PublishMicrophone, Scope::Own)?;
    if on && member.muted {
        return Err(Refusal::new(
            ErrorCode::MutedByChair,
            "the meeting closed this microphone",
        ));
    }
    if member.microphone == on {
        return Ok(Vec::new());
    }
    Ok(vec![Event::MicrophoneSet {
        participant: actor.clone(),
        on,
    }])
}

fn set_camera(actor: &ParticipantId, member: &Member, on: bool) -> Decision {
    require(member, Action::PublishCamera, Scope::Own)?;
    if member.camera == on {
        return Ok(Vec::new());
    }
    Ok(vec![Event::CameraSet {
        participant: actor.clone(),
        on,
    }])
}

fn set_screen(state: &State, actor: &ParticipantId, member: &Member, on: bool) -> Decision {
    require(member, Action::PublishScreen, Scope::Own)?;
    if member.screen == on {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::ScreenSet {
        participant: actor.clone(),
        on,
    }];
    let shown = SourceRef {
        participant: actor.clone(),
        kind: SourceKind::Screen,
    };
    if !on && state.stage.source.as_ref() == Some(&shown) {
        events.push(back_to_the_speaker(None));
    }
    Ok(events)
}

fn set_muted(
    state: &State,
    actor: &ParticipantId,
    member: &Member,
    target: &ParticipantId,
    muted: bool,
) -> Decision {
    require(member, Action::MuteOthers, Scope::Meeting)?;
    let other = state.members.get(target).ok_or_else(unknown_participant)?;
    if other.muted == muted {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::MutedSet {
        participant: target.clone(),
        muted,
        by: actor.clone(),
    }];
    if muted && other.microphone {
        events.push(Event::MicrophoneSet {
            participant: target.clone(),
            on: false,
        });
    }
    Ok(events)
}

fn set_hand(actor: &ParticipantId, member: &Member, raised: bool) -> Decision {
    require(member, Action::RaiseHand, Scope::Own)?;
    if member.hand_raised_at.is_some() == raised {
        return Ok(Vec::new());
    }
    Ok(vec![Event::HandSet {
        participant: actor.clone(),
        raised,
        by: actor.clone(),
    }])
}

fn lower_hand(
    state: &State,
    actor: &ParticipantId,
    member: &Member,
    target: &ParticipantId,
) -> Decision {
    require(member, Action::LowerHands, Scope::Meeting)?;
    let other = state.members.get(target).ok_or_else(unknown_participant)?;
    if other.hand_raised_at.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::HandSet {
        participant: target.clone(),
        raised: false,
        by: actor.clone(),
    }])
}

fn send_chat(actor: &ParticipantId, member: &Member, text: &str) -> Decision {
    require(member, Action::Chat, Scope::Own)?;
    Ok(vec![Event::ChatSent {
        from: actor.clone(),
        text: clean_chat(text)?,
    }])
}

fn set_stage(
    state: &State,
    actor: &ParticipantId,
    member: &Member,
    source: Option<&SourceRef>,
) -> Decision {
    require(member, Action::SetStage, Scope::Meeting)?;
    let stage = match source {
        Some(source) => Stage {
            mode: StageMode::Chosen,
            source: Some(showable(state, source)?.clone()),
        },
        // A camera stays on the stage until somebody speaks; a screen does not.
        None => Stage {
            mode: StageMode::FollowSpeaker,
            source: state
                .stage
                .source
                .clone()
                .filter(|shown| shown.kind == SourceKind::Camera),
        },
    };
    if stage == state.stage || (source.is_none() && stage.mode == state.stage.mode) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::StageSet {
        stage,
        by: Some(actor.clone()),
    }])
}

/// The source, if the stage can show it now.
fn showable<'a>(state: &State, source: &'a SourceRef) -> Result<&'a SourceRef, Refusal> {
    let member = state
        .here(&source.participant)
        .ok_or_else(unknown_participant)?;
    match source.kind {
        SourceKind::Camera => Ok(source),
        SourceKind::Screen if member.screen => Ok(source),
        SourceKind::Screen => Err(Refusal::new(
            ErrorCode::BadMessage,
            "no screen is shared there",
        )),
        SourceKind::Microphone | SourceKind::ScreenAudio => Err(Refusal::new(
            ErrorCode::BadMessage,
            "the stage shows a camera or a screen",
        )),
    }
}

fn unknown_participant() -> Refusal {
    Refusal::new(
        ErrorCode::UnknownParticipant,
        "no such participant in the meeting",
    )
}
