//! Stories of rehearsals and of ends.

use diemcau_protocol::{
    AgendaCommand, Command, ConductCommand, CourseCommand, CourseEvent, ErrorCode, Event,
    FloorCommand, LeaveReason, LobbyMode, RecordingCommand, Role, RollCallCommand,
};

use super::super::world::{Meeting, newcomer};
use super::super::{Input, Newcomer, deadline};

const OPEN: Command = Command::Course(CourseCommand::Open);
const END: Command = Command::Course(CourseCommand::End);

/// Everything that can be open is.
fn keep_busy(meeting: &mut Meeting) {
    let item = AgendaCommand::Add {
        title: "Khai mạc".to_owned(),
        minutes: Some(5),
        speakers: String::new(),
        documents: Vec::new(),
    };
    let give = FloorCommand::Give {
        participant: "xã An Bình".into(),
        seconds: Some(300),
    };
    let check = RollCallCommand::Check {
        count: 2,
        seconds: 600,
    };
    for command in [
        Command::Agenda(item),
        Command::Agenda(AgendaCommand::Start { number: 1 }),
        Command::Floor(give),
        Command::RollCall(RollCallCommand::Open),
        Command::RollCall(check),
        Command::Conduct(ConductCommand::StartTimer { seconds: 600 }),
        Command::Conduct(ConductCommand::Pause { seconds: Some(600) }),
        Command::Recording(RecordingCommand::Announce { seconds: 600 }),
    ] {
        meeting.commands("chủ tọa", command).unwrap();
    }
    let hand = Command::SetHand { raised: true };
    meeting.commands("xã Hòa Lạc", hand).unwrap();
}

#[test]
fn at_the_end_everything_is_closed_and_everybody_leaves() {
    let mut meeting = Meeting::of_three();
    keep_busy(&mut meeting);
    let mode = LobbyMode::Guests;
    let lobby = diemcau_protocol::AdmissionCommand::SetLobby { mode };
    let lobby = Command::Admission(lobby);
    meeting.commands("chủ tọa", lobby).unwrap();
    let guest = Newcomer {
        guest: true,
        ..newcomer(Some("Bà Lan"), Role::Delegate)
    };
    meeting.input("khách", &Input::Join(guest)).unwrap();

    let events = meeting.commands("chủ tọa", END).unwrap();
    let ended = CourseEvent::Ended {
        by: "chủ tọa".into(),
    };
    assert_eq!(events.last(), Some(&Event::Course(ended)));
    for who in ["chủ tọa", "xã An Bình", "xã Hòa Lạc"] {
        let left = Event::ParticipantLeft {
            participant: who.into(),
            reason: LeaveReason::MeetingEnded,
        };
        assert!(events.contains(&left), "{who} leaves");
    }
    let state = &meeting.state;
    assert!(!state.is_occupied() && !state.is_awaited());
    let procedure = &state.procedure;
    assert!(procedure.floor.holders.is_empty() && procedure.floor.queue.is_empty());
    assert!(procedure.roll_calls.open.is_none() && procedure.roll_calls.check.is_none());
    assert!(procedure.roll_calls.last.is_some(), "the roll is found out");
    assert!(procedure.agenda.current.is_none());
    assert!(procedure.conduct.timer_ends_at.is_none() && procedure.conduct.pause.is_none());
    assert!(procedure.recording.starts_at.is_none());
    assert_eq!(procedure.course.ended_at, Some(meeting.now));
    assert_eq!(deadline(state), None);
}

#[test]
fn after_the_end_nobody_joins_and_nothing_happens() {
    let mut meeting = Meeting::of_three();
    meeting.commands("chủ tọa", END).unwrap();
    for who in ["chủ tọa", "xã An Bình", "người mới"] {
        let join = Input::Join(newcomer(Some(who), Role::Chair));
        let outcome = meeting.input(who, &join);
        assert_eq!(outcome, Err(ErrorCode::MeetingEnded));
        let outcome = meeting.commands(who, END);
        assert_eq!(outcome, Err(ErrorCode::MeetingEnded));
        for input in [Input::ConnectionLost, Input::GraceExpired, Input::Speaker] {
            assert_eq!(meeting.input(who, &input), Ok(Vec::new()));
        }
    }
}

#[test]
fn what_was_rehearsed_does_not_count() {
    let mut meeting = Meeting::rehearsing();
    meeting.joins("chủ tọa", Role::Chair);
    meeting.joins("xã An Bình", Role::Operator);
    meeting.joins("xã Hòa Lạc", Role::Operator);
    assert!(meeting.state.procedure.course.rehearsal);
    keep_busy(&mut meeting);
    meeting.passes(400);

    let events = meeting.commands("chủ tọa", OPEN).unwrap();
    assert!(matches!(events.last(), Some(Event::MeetingOpened { .. })));
    let state = &meeting.state;
    assert_eq!(state.info.title, "Giao ban");
    assert_eq!(state.info.opened_at, meeting.now);
    assert!(state.is_occupied(), "everybody stays");
    let procedure = &state.procedure;
    assert!(!procedure.course.rehearsal);
    assert!(procedure.floor.holders.is_empty() && procedure.floor.queue.is_empty());
    assert_eq!(procedure.roll_calls, Default::default());
    let item = &procedure.agenda.items[0];
    assert_eq!(
        (item.started_at, item.finished_at, item.spent),
        (None, None, 0)
    );
    assert!(!item.over_time && procedure.agenda.current.is_none());
    assert_eq!(deadline(state), None);

    let again = meeting.commands("chủ tọa", OPEN);
    assert_eq!(again, Ok(Vec::new()), "it is open already");
}

#[test]
fn a_meeting_that_was_never_rehearsed_is_open() {
    let mut meeting = Meeting::of_three();
    assert!(!meeting.state.procedure.course.rehearsal);
    assert_eq!(meeting.commands("chủ tọa", OPEN), Ok(Vec::new()));
}
