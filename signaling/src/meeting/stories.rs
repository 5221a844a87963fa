//! Stories of meetings on the pure state machine.

use diemcau_protocol::{
    Command, ErrorCode, Event, LeaveReason, ParticipantId, Presence, Role, SourceKind, SourceRef,
    StageMode,
};

use super::world::{MICROPHONE_ON, Meeting, camera, mute, newcomer, screen};
use super::{CHAT_KEPT, Input, desired, snapshot};

#[test]
fn numbers_count_from_one_and_are_kept() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    meeting.joins("xã Tân Lập", Role::Delegate);
    meeting.joins("xã An Bình", Role::Operator);
    let numbers: Vec<(String, u32)> = snapshot(&meeting.state)
        .participants
        .into_iter()
        .map(|participant| (participant.name, participant.number))
        .collect();
    assert_eq!(
        numbers,
        [
            ("chủ tọa".to_owned(), 1),
            ("xã An Bình".to_owned(), 2),
            ("xã Hòa Lạc".to_owned(), 3),
            ("xã Tân Lập".to_owned(), 4),
        ]
    );
}

#[test]
fn a_second_join_of_somebody_present_is_no_event() {
    let mut meeting = Meeting::of_three();
    assert_eq!(meeting.joins("xã An Bình", Role::Operator), []);
}

#[test]
fn whoever_comes_back_without_a_name_keeps_the_old_one() {
    let mut meeting = Meeting::opened();
    let nameless = Input::Join(newcomer(None, Role::Delegate));
    assert_eq!(
        meeting.input("khách", &nameless),
        Err(ErrorCode::NameRequired)
    );
    meeting.joins("khách", Role::Delegate);
    meeting.commands("khách", Command::Leave).unwrap();
    meeting.input("khách", &nameless).unwrap();
    assert_eq!(meeting.member("khách").name, "khách");
}

#[test]
fn the_line_breaks_and_comes_back_with_everything_as_it_was() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    meeting
        .commands("xã An Bình", Command::SetHand { raised: true })
        .unwrap();
    meeting.input("xã An Bình", &Input::ConnectionLost).unwrap();
    assert_eq!(
        meeting.input("xã An Bình", &Input::ConnectionLost),
        Ok(vec![])
    );
    assert_eq!(
        meeting.member("xã An Bình").presence,
        Presence::Reconnecting
    );
    assert!(desired(&meeting.state).participants[1].publish.microphone);
    assert_eq!(
        meeting.commands("xã An Bình", MICROPHONE_ON),
        Err(ErrorCode::NotInMeeting)
    );
    let back = meeting.joins("xã An Bình", Role::Operator);
    assert!(matches!(back[..], [Event::ConnectionRestored { .. }]));
    assert!(meeting.member("xã An Bình").microphone);
    assert!(meeting.member("xã An Bình").hand_raised_at.is_some());
    // The grace ends too late to matter.
    assert_eq!(
        meeting.input("xã An Bình", &Input::GraceExpired),
        Ok(vec![])
    );
}

#[test]
fn leaving_puts_everything_down() {
    let mut meeting = Meeting::of_three();
    for command in [
        MICROPHONE_ON,
        Command::SetCamera { on: true },
        Command::SetScreen { on: true },
        Command::SetHand { raised: true },
    ] {
        meeting.commands("xã An Bình", command).unwrap();
    }
    meeting.input("xã An Bình", &Input::ConnectionLost).unwrap();
    let events = meeting.input("xã An Bình", &Input::GraceExpired).unwrap();
    assert_eq!(
        events,
        [Event::ParticipantLeft {
            participant: "xã An Bình".into(),
            reason: LeaveReason::ConnectionLost,
        }]
    );
    let member = meeting.member("xã An Bình");
    assert!(!member.microphone && !member.camera && !member.screen);
    assert_eq!(member.hand_raised_at, None);
    assert_eq!(desired(&meeting.state).participants.len(), 2);
}

#[test]
fn a_mute_closes_the_microphone_and_outlives_leaving() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    let events = meeting
        .commands("chủ tọa", mute("xã An Bình", true))
        .unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(
        meeting.commands("xã An Bình", MICROPHONE_ON),
        Err(ErrorCode::MutedByChair)
    );
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    meeting.joins("xã An Bình", Role::Operator);
    assert_eq!(
        meeting.commands("xã An Bình", MICROPHONE_ON),
        Err(ErrorCode::MutedByChair)
    );
    let lifted = meeting
        .commands("chủ tọa", mute("xã An Bình", false))
        .unwrap();
    assert_eq!(lifted.len(), 1);
    assert!(!meeting.member("xã An Bình").microphone);
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
}

#[test]
fn what_is_so_already_is_done_without_an_event() {
    let mut meeting = Meeting::of_three();
    for command in [
        Command::SetMicrophone { on: false },
        Command::SetCamera { on: false },
        Command::SetScreen { on: false },
        Command::SetHand { raised: false },
        mute("xã An Bình", false),
        Command::LowerHand {
            participant: "xã An Bình".into(),
        },
        Command::SetStage { source: None },
    ] {
        assert_eq!(meeting.commands("chủ tọa", command), Ok(vec![]));
    }
}

#[test]
fn the_stage_follows_who_speaks_unless_it_was_chosen() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    meeting.input("xã An Bình", &Input::Speaker).unwrap();
    assert_eq!(meeting.state.stage.source, Some(camera("xã An Bình")));
    // A closed microphone is no speaker.
    assert_eq!(meeting.input("xã Hòa Lạc", &Input::Speaker), Ok(vec![]));

    meeting
        .commands(
            "chủ tọa",
            Command::SetStage {
                source: Some(camera("chủ tọa")),
            },
        )
        .unwrap();
    assert_eq!(meeting.input("xã An Bình", &Input::Speaker), Ok(vec![]));
    meeting
        .commands("chủ tọa", Command::SetStage { source: None })
        .unwrap();
    // Nobody has spoken since: the camera stays.
    assert_eq!(meeting.state.stage.source, Some(camera("chủ tọa")));
    meeting.input("xã An Bình", &Input::Speaker).unwrap();
    assert_eq!(meeting.state.stage.source, Some(camera("xã An Bình")));
}

#[test]
fn a_shown_screen_that_ends_gives_the_stage_back() {
    let mut meeting = Meeting::of_three();
    let show = Command::SetStage {
        source: Some(screen("xã An Bình")),
    };
    assert_eq!(
        meeting.commands("chủ tọa", show.clone()),
        Err(ErrorCode::BadMessage)
    );
    meeting
        .commands("xã An Bình", Command::SetScreen { on: true })
        .unwrap();
    meeting.commands("chủ tọa", show).unwrap();
    let events = meeting
        .commands("xã An Bình", Command::SetScreen { on: false })
        .unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(meeting.state.stage.mode, StageMode::FollowSpeaker);
    assert_eq!(meeting.state.stage.source, None);
}

#[test]
fn the_stage_shows_only_who_is_here() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    for source in [camera("xã An Bình"), camera("không có")] {
        let command = Command::SetStage {
            source: Some(source),
        };
        assert_eq!(
            meeting.commands("chủ tọa", command),
            Err(ErrorCode::UnknownParticipant)
        );
    }
    let sound = Command::SetStage {
        source: Some(SourceRef {
            participant: "xã Hòa Lạc".into(),
            kind: SourceKind::Microphone,
        }),
    };
    assert_eq!(
        meeting.commands("chủ tọa", sound),
        Err(ErrorCode::BadMessage)
    );
}

#[test]
fn after_a_restart_everyone_is_awaited() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    meeting.happen(&Event::ServerRestarted);
    assert_eq!(meeting.state.present(), 0);
    let awaited: Vec<&str> = meeting
        .state
        .reconnecting()
        .map(ParticipantId::as_str)
        .collect();
    assert_eq!(awaited, ["chủ tọa", "xã Hòa Lạc"]);
}

#[test]
fn the_snapshot_holds_the_last_messages() {
    let mut meeting = Meeting::of_three();
    for number in 0..CHAT_KEPT + 5 {
        let text = format!("tin {number}");
        meeting
            .commands("chủ tọa", Command::SendChat { text })
            .unwrap();
    }
    let chat = snapshot(&meeting.state).chat;
    assert_eq!(chat.len(), CHAT_KEPT);
    assert_eq!(chat[0].text, "tin 5");
}
