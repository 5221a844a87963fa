//! What the media plane should do: the state's projection for the SFU, whole
//! and as changes.

use std::collections::{BTreeMap, BTreeSet};

use diemcau_protocol::{
    Action, DesiredChange, DesiredMeeting, DesiredParticipant, Event, GroupsEvent, ParticipantId,
    PublishRights, Role,
};

use super::{Member, State, floor, groups, interpretation, microphones};
use crate::permissions::{Scope, permits};

/// The whole state wanted of the media plane.
pub fn desired(state: &State) -> DesiredMeeting {
    DesiredMeeting {
        participants: state
            .members
            .iter()
            .filter(|(_, member)| member.is_here())
            .map(|(id, member)| desired_participant(state, id, member))
            .collect(),
        stage: state.stage.source.clone(),
        video_codecs: state.video_codecs(),
        groups: groups_of(state),
    }
}

/// Who is in which group.
fn groups_of(state: &State) -> BTreeMap<ParticipantId, u32> {
    let open = state.procedure.groups.open.as_ref();
    open.map(|open| open.members.clone()).unwrap_or_default()
}

fn desired_participant(state: &State, id: &ParticipantId, member: &Member) -> DesiredParticipant {
    let may = |action| permits(member.role, action, Scope::Own);
    let sound = microphones::may_sound(state, id, member).is_ok();
    DesiredParticipant {
        participant: id.clone(),
        number: member.number,
        publish: PublishRights {
            microphone: member.microphone && sound && may(Action::PublishMicrophone),
            camera: member.camera && may(Action::PublishCamera),
            screen: member.screen && may(Action::PublishScreen),
            screen_audio: member.screen && sound && may(Action::PublishScreen),
        },
        always_heard: member.role == Role::Chair || floor::holds(state, id),
        interprets: interpretation::desired(state, id),
        listens_to: interpretation::listens_to(state, id),
    }
}

/// What `events` changed for the media plane; `state` is the state after them.
pub fn changes<'a>(
    state: &State,
    events: impl IntoIterator<Item = &'a Event>,
) -> Vec<DesiredChange> {
    let mut touched: BTreeSet<ParticipantId> = BTreeSet::new();
    let mut stage_touched = false;
    let mut groups_touched = false;
    for event in events {
        match event {
            Event::ParticipantJoined { participant, .. }
            | Event::ParticipantLeft { participant, .. }
            | Event::MicrophoneSet { participant, .. }
            | Event::CameraSet { participant, .. }
            | Event::ScreenSet { participant, .. }
            | Event::MutedSet { participant, .. } => {
                touched.insert(participant.clone());
            }
            Event::Floor(event) => touched.extend(floor::touches(state, event)),
            Event::Microphones(event) => touched.extend(microphones::touches(state, event)),
            Event::Groups(event) => {
                groups_touched |= matches!(
                    event,
                    GroupsEvent::Opened { .. }
                        | GroupsEvent::Moved { .. }
                        | GroupsEvent::Closed { .. }
                );
                touched.extend(groups::touches(state, event));
            }
            Event::Interpretation(event) => {
                touched.extend(interpretation::touches(state, event));
            }
            Event::StageSet { .. } => stage_touched = true,
            Event::Admission(_)
            | Event::Agenda(_)
            | Event::RollCall(_)
            | Event::Stage(_)
            | Event::Conduct(_)
            | Event::Recording(_)
            | Event::Course(_)
            | Event::Documents(_) => {}
            // Media runs on while a line is awaited back.
            Event::ConnectionLost { .. }
            | Event::ConnectionRestored { .. }
            | Event::ServerRestarted
            | Event::MeetingOpened { .. }
            | Event::HandSet { .. }
            | Event::ChatSent { .. }
            | Event::Votes(_) => {}
        }
    }
    let mut changes: Vec<DesiredChange> = Vec::new();
    // First, so that nobody is where it is not to be heard.
    if groups_touched {
        changes.push(DesiredChange::SetGroups {
            groups: groups_of(state),
        });
    }
    changes.extend(touched.into_iter().map(|id| match state.here(&id) {
        Some(member) => DesiredChange::PutParticipant {
            participant: desired_participant(state, &id, member),
        },
        None => DesiredChange::RemoveParticipant { participant: id },
    }));
    if stage_touched {
        changes.push(DesiredChange::SetStage {
            stage: state.stage.source.clone(),
        });
    }
    changes
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::{ParticipantKind, Presence};

    use super::*;

    #[test]
    fn a_muted_voice_does_not_pass_as_the_sound_of_a_screen() {
        let state = State::empty("giao-ban".into());
        let mut member = Member {
            number: 1,
            name: "Xã An Bình".into(),
            role: Role::Operator,
            kind: ParticipantKind::Site,
            unit: None,
            presence: Presence::Present,
            microphone: true,
            camera: true,
            screen: true,
            muted: false,
            hand_raised_at: None,
        };
        let open = desired_participant(&state, &"an-binh".into(), &member).publish;
        assert!(open.microphone && open.screen && open.screen_audio);

        member.muted = true;
        let muted = desired_participant(&state, &"an-binh".into(), &member).publish;
        assert!(!muted.microphone && !muted.screen_audio);
        assert!(muted.screen && muted.camera, "the pictures go on");
    }
}
