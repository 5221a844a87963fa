//! What follows from an input: events, or a refusal. Changes nothing itself.

use diemcau_protocol::{
    Action, Command, ErrorCode, Event, LeaveReason, ParticipantId, Presence, SourceKind, SourceRef,
};

use super::actor::{Actor, Decision, unknown_command, unknown_participant};
use super::{
    Input, Refusal, State, admission, agenda, capacity, conduct, course, documents, floor, groups,
    interpretation, microphones, presence, recording, roll_call, stage, votes,
};
use crate::permissions::Scope;

/// Decides an input of `actor` on `state`, `now` in milliseconds since 1970
/// UTC. No events means that all is so already.
pub fn decide(state: &State, now: i64, actor: &ParticipantId, input: &Input) -> Decision {
    let events = follow(state, now, actor, input)?;
    capacity::fits(state, &events)?;
    Ok(events)
}

fn follow(state: &State, now: i64, actor: &ParticipantId, input: &Input) -> Decision {
    if course::ended_at(state).is_some() {
        return course::decide_after_the_end(input);
    }
    match input {
        Input::Join(newcomer) => presence::join(state, actor, newcomer),
        Input::ConnectionLost => Ok(presence::connection_lost(state, actor)),
        Input::GraceExpired => Ok(presence::grace_expired(state, actor)),
        Input::Speaker => Ok(stage::speaker(state, actor)),
        Input::Abandoned => Ok(course::abandoned(state, now)),
        Input::Command { command, seed } => {
            if admission::waiting(state, actor).is_some() {
                return admission::decide_in_lobby(state, actor, command);
            }
            let member = state
                .members
                .get(actor)
                .filter(|member| member.presence == Presence::Present)
                .ok_or_else(|| Refusal::new(ErrorCode::NotInMeeting, "not in the meeting"))?;
            let actor = Actor {
                state,
                now,
                seed: *seed,
                id: actor,
                member,
            };
            carry_out(&actor, command)
        }
        Input::Deposit { role, deposit } => documents::deposit(state, actor, *role, deposit),
    }
}

/// What time alone has brought about by `now`. Nothing before [`deadline`].
pub fn due(state: &State, now: i64) -> Vec<Event> {
    let mut events = floor::due(state, now);
    events.extend(agenda::due(state, now));
    events.extend(roll_call::due(state, now));
    events.extend(conduct::due(state, now));
    events.extend(recording::due(state, now));
    events.extend(votes::due(state, now));
    events.extend(groups::due(state, now));
    events
}

/// When [`due`] has something to say next, in milliseconds since 1970 UTC.
pub fn deadline(state: &State) -> Option<i64> {
    let deadlines = [
        floor::deadline(state),
        agenda::deadline(state),
        roll_call::deadline(state),
        conduct::deadline(state),
        recording::deadline(state),
        votes::deadline(state),
        groups::deadline(state),
    ];
    deadlines.into_iter().flatten().min()
}

fn carry_out(actor: &Actor<'_>, command: &Command) -> Decision {
    match command {
        Command::SetMicrophone { on } => microphones::switch(actor, *on),
        Command::SetCamera { on } => set_camera(actor, *on),
        Command::SetScreen { on } => set_screen(actor, *on),
        Command::SetMuted { participant, muted } => {
            microphones::set_muted(actor, participant, *muted)
        }
        Command::SetHand { raised } => set_hand(actor, *raised),
        Command::LowerHand { participant } => lower_hand(actor, participant),
        Command::SendChat { text } => conduct::send_chat(actor, text),
        Command::SetStage { source } => stage::set(actor, source.as_ref()),
        Command::Floor(command) => floor::decide(actor, command),
        Command::Microphones(command) => microphones::decide(actor, command),
        Command::Admission(command) => admission::decide(actor, command),
        Command::Agenda(command) => agenda::decide(actor, command),
        Command::RollCall(command) => roll_call::decide(actor, command),
        Command::Stage(command) => stage::decide(actor, command),
        Command::Conduct(command) => conduct::decide(actor, command),
        Command::Recording(command) => recording::decide(actor, command),
        Command::Votes(command) => votes::decide(actor, command),
        Command::Course(command) => course::decide(actor, command),
        Command::Documents(command) => documents::decide(actor, command),
        Command::Groups(command) => groups::decide(actor, command),
        Command::Interpretation(command) => interpretation::decide(actor, command),
        Command::Leave => Ok(presence::leave(actor.state, actor.id, LeaveReason::Left)),
        Command::Unknown => Err(unknown_command()),
    }
}

fn set_camera(actor: &Actor<'_>, on: bool) -> Decision {
    actor.require(Action::PublishCamera, Scope::Own)?;
    if actor.member.camera == on {
        return Ok(Vec::new());
    }
    Ok(vec![Event::CameraSet {
        participant: actor.id.clone(),
        on,
    }])
}

fn set_screen(actor: &Actor<'_>, on: bool) -> Decision {
    actor.require(Action::PublishScreen, Scope::Own)?;
    if actor.member.screen == on {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::ScreenSet {
        participant: actor.id.clone(),
        on,
    }];
    let shown = SourceRef {
        participant: actor.id.clone(),
        kind: SourceKind::Screen,
    };
    if !on && actor.state.stage.source.as_ref() == Some(&shown) {
        events.extend(stage::go_on(actor.state));
    }
    Ok(events)
}

fn set_hand(actor: &Actor<'_>, raised: bool) -> Decision {
    actor.require(Action::RaiseHand, Scope::Own)?;
    if actor.member.hand_raised_at.is_some() == raised {
        return Ok(Vec::new());
    }
    Ok(vec![Event::HandSet {
        participant: actor.id.clone(),
        raised,
        by: actor.id.clone(),
    }])
}

fn lower_hand(actor: &Actor<'_>, target: &ParticipantId) -> Decision {
    actor.require(Action::LowerHands, Scope::Meeting)?;
    let other = actor
        .state
        .members
        .get(target)
        .ok_or_else(unknown_participant)?;
    if other.hand_raised_at.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::HandSet {
        participant: target.clone(),
        raised: false,
        by: actor.id.clone(),
    }])
}
