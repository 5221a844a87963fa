//! How an event changes the state. Total: whatever a log holds can be applied;
//! an event about somebody unknown changes nothing.

use diemcau_protocol::{ChatEntry, Event, ParticipantId, Presence};

use super::{
    CHAT_KEPT, Member, State, admission, agenda, conduct, course, documents, floor, groups,
    interpretation, microphones, recording, roll_call, stage, votes,
};

/// Applies an event that happened at `at`, in milliseconds since 1970 UTC.
pub fn apply(state: &mut State, at: i64, event: &Event) {
    match event {
        Event::MeetingOpened {
            title,
            host_unit,
            video_codec,
        } => {
            course::is_about(state, at, title, host_unit, *video_codec);
            course::opened(state);
        }
        Event::ParticipantJoined {
            participant,
            number,
            name,
            role,
            kind,
            unit,
        } => joined(
            state,
            participant,
            Member {
                number: *number,
                name: name.clone(),
                role: *role,
                kind: *kind,
                unit: unit.clone(),
                presence: Presence::Present,
                microphone: false,
                camera: false,
                screen: false,
                muted: false,
                hand_raised_at: None,
            },
        ),
        Event::ConnectionLost { participant } => change(state, participant, |member| {
            member.presence = Presence::Reconnecting;
        }),
        Event::ConnectionRestored { participant } => change(state, participant, |member| {
            member.presence = Presence::Present;
        }),
        Event::ParticipantLeft { participant, .. } => left(state, participant),
        Event::MicrophoneSet { participant, on } => {
            change(state, participant, |member| member.microphone = *on);
            if *on {
                state.procedure.microphones.asked.remove(participant);
            }
        }
        Event::CameraSet { participant, on } => {
            change(state, participant, |member| member.camera = *on);
        }
        Event::ScreenSet { participant, on } => {
            change(state, participant, |member| member.screen = *on);
            if !on {
                stage::screen_ended(state, participant);
            }
        }
        Event::MutedSet {
            participant, muted, ..
        } => {
            change(state, participant, |member| member.muted = *muted);
            state.procedure.microphones.asked.remove(participant);
        }
        Event::HandSet {
            participant,
            raised,
            ..
        } => {
            change(state, participant, |member| {
                member.hand_raised_at = raised.then_some(at);
            });
            floor::hand(state, participant, *raised);
        }
        Event::ChatSent { from, text } => {
            if state.chat.len() == CHAT_KEPT {
                state.chat.pop_front();
            }
            state.chat.push_back(ChatEntry {
                at,
                from: from.clone(),
                text: text.clone(),
            });
        }
        Event::StageSet { stage, .. } => {
            state.stage.clone_from(stage);
            stage::alone(state);
        }
        Event::Floor(event) => floor::apply(state, at, event),
        Event::Microphones(event) => microphones::apply(state, at, event),
        Event::Admission(event) => admission::apply(state, at, event),
        Event::Agenda(event) => agenda::apply(state, at, event),
        Event::RollCall(event) => roll_call::apply(state, at, event),
        Event::Stage(event) => stage::apply(state, event),
        Event::Conduct(event) => conduct::apply(state, at, event),
        Event::Recording(event) => recording::apply(state, at, event),
        Event::Votes(event) => votes::apply(state, at, event),
        Event::Course(event) => course::apply(state, at, event),
        Event::Documents(event) => documents::apply(state, at, event),
        Event::Groups(event) => groups::apply(state, at, event),
        Event::Interpretation(event) => interpretation::apply(state, event),
        Event::ServerRestarted => {
            // Who waits has no place to come back to, and waits anew.
            state.procedure.admission.waiting.clear();
            for member in state.members.values_mut() {
                if member.presence == Presence::Present {
                    member.presence = Presence::Reconnecting;
                }
            }
        }
    }
}

fn left(state: &mut State, participant: &ParticipantId) {
    change(state, participant, |member| {
        member.presence = Presence::Left;
        member.microphone = false;
        member.camera = false;
        member.screen = false;
        member.hand_raised_at = None;
    });
    floor::hand(state, participant, false);
    interpretation::left(state, participant);
    microphones::left(state, participant);
    stage::left(state, participant);
}

fn change(state: &mut State, participant: &ParticipantId, how: impl FnOnce(&mut Member)) {
    if let Some(member) = state.members.get_mut(participant) {
        how(member);
    }
}

fn joined(state: &mut State, participant: &ParticipantId, mut member: Member) {
    state.awaited.remove(participant);
    // What the meeting closed stays closed through leaving and coming back.
    member.muted = state
        .members
        .get(participant)
        .is_some_and(|before| before.muted);
    state.next_number = state.next_number.max(member.number.saturating_add(1));
    state.members.insert(participant.clone(), member);
}
