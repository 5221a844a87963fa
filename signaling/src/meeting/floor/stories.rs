//! Stories of asking, giving and taking back the floor.

use diemcau_protocol::{
    Command, ErrorCode, Event, FloorCommand, FloorEnd, FloorEvent, FloorMode, FloorPolicy, Role,
};

use crate::meeting::world::{MICROPHONE_ON, Meeting, mute};
use crate::meeting::{Input, desired, snapshot};

const ASK: Command = Command::SetHand { raised: true };

fn give(to: &str, seconds: Option<u32>) -> Command {
    Command::Floor(FloorCommand::Give {
        participant: to.into(),
        seconds,
    })
}

fn take_back(from: &str) -> Command {
    Command::Floor(FloorCommand::TakeBack {
        participant: from.into(),
    })
}

fn extend(whose: &str, seconds: u32) -> Command {
    Command::Floor(FloorCommand::Extend {
        participant: whose.into(),
        seconds,
    })
}

fn policy(policy: FloorPolicy) -> Command {
    Command::Floor(FloorCommand::SetPolicy { policy })
}

fn by_floor() -> FloorPolicy {
    FloorPolicy {
        mode: FloorMode::ByFloor,
        ..FloorPolicy::default()
    }
}

fn ended(whose: &str, reason: FloorEnd) -> Event {
    Event::Floor(FloorEvent::Ended {
        participant: whose.into(),
        reason,
        by: match reason {
            FloorEnd::TimeUp | FloorEnd::Left => None,
            FloorEnd::GivenBack => Some(whose.into()),
            FloorEnd::TakenBack | FloorEnd::Preempted | FloorEnd::Policy => Some("chủ tọa".into()),
        },
    })
}

fn queue(meeting: &Meeting) -> Vec<&str> {
    let queue = &meeting.state.procedure.floor.queue;
    queue.iter().map(|id| id.as_str()).collect()
}

fn holders(meeting: &Meeting) -> Vec<&str> {
    let holders = &meeting.state.procedure.floor.holders;
    holders.iter().map(|h| h.participant.as_str()).collect()
}

#[test]
fn who_raises_the_hand_asks_for_the_floor_and_is_called_in_turn() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã Hòa Lạc", ASK).unwrap();
    meeting.commands("xã An Bình", ASK).unwrap();
    assert_eq!(queue(&meeting), ["xã Hòa Lạc", "xã An Bình"]);
    meeting
        .commands("chủ tọa", give("xã Hòa Lạc", None))
        .unwrap();
    assert_eq!(holders(&meeting), ["xã Hòa Lạc"]);
    assert_eq!(queue(&meeting), ["xã An Bình"]);
    assert_eq!(meeting.member("xã Hòa Lạc").hand_raised_at, None);
    let heard: Vec<bool> = desired(&meeting.state)
        .participants
        .iter()
        .map(|participant| participant.always_heard)
        .collect();
    assert_eq!(heard, [true, false, true], "the chair and Hòa Lạc");

    let withdraw = Command::SetHand { raised: false };
    meeting.commands("xã An Bình", withdraw).unwrap();
    assert!(queue(&meeting).is_empty());
    let give_back = Command::Floor(FloorCommand::GiveBack);
    let events = meeting.commands("xã Hòa Lạc", give_back.clone()).unwrap();
    assert_eq!(events, [ended("xã Hòa Lạc", FloorEnd::GivenBack)]);
    assert_eq!(
        meeting.commands("xã Hòa Lạc", give_back),
        Err(ErrorCode::FloorNotHeld)
    );
}

#[test]
fn the_secretary_sets_the_order_of_the_queue() {
    let mut meeting = Meeting::of_three();
    meeting.joins("thư ký", Role::Secretary);
    meeting.joins("xã Tân Lập", Role::Operator);
    for who in ["xã An Bình", "xã Hòa Lạc", "xã Tân Lập"] {
        meeting.commands(who, ASK).unwrap();
    }
    let order = |names: &[&str]| {
        Command::Floor(FloorCommand::Order {
            participants: names.iter().map(|name| (*name).into()).collect(),
        })
    };
    // The chair does not ask; who is not named comes behind.
    let command = order(&["xã Tân Lập", "chủ tọa", "xã Tân Lập"]);
    meeting.commands("thư ký", command.clone()).unwrap();
    assert_eq!(queue(&meeting), ["xã Tân Lập", "xã An Bình", "xã Hòa Lạc"]);
    assert_eq!(meeting.commands("thư ký", command), Ok(vec![]));
    // Who asks later stands at the end.
    meeting.commands("chủ tọa", ASK).unwrap();
    assert_eq!(queue(&meeting).last(), Some(&"chủ tọa"));
    meeting.commands("xã Tân Lập", Command::Leave).unwrap();
    assert_eq!(queue(&meeting), ["xã An Bình", "xã Hòa Lạc", "chủ tọa"]);
    assert_eq!(snapshot(&meeting.state).procedure.floor.queue.len(), 3);
}

#[test]
fn five_minutes_with_a_warning_and_one_minute_more() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", give("xã An Bình", Some(300)))
        .unwrap();
    let participant = || "xã An Bình".into();
    assert_eq!(meeting.passes(269), []);
    let warned = Event::Floor(FloorEvent::Warned {
        participant: participant(),
    });
    assert_eq!(meeting.passes(1), std::slice::from_ref(&warned));
    meeting
        .commands("chủ tọa", extend("xã An Bình", 60))
        .unwrap();
    let time_up = Event::Floor(FloorEvent::TimeUp {
        participant: participant(),
    });
    assert_eq!(meeting.passes(3_600), [warned, time_up.clone()]);
    assert_eq!(holders(&meeting), ["xã An Bình"], "it goes on all the same");

    // Ten seconds more, from now on: too short for a warning.
    meeting
        .commands("chủ tọa", extend("xã An Bình", 10))
        .unwrap();
    assert_eq!(meeting.passes(60), [time_up]);
    meeting
        .commands("chủ tọa", take_back("xã An Bình"))
        .unwrap();
    assert!(holders(&meeting).is_empty());
    assert_eq!(meeting.passes(3_600), []);
}

#[test]
fn the_floor_ends_by_itself_only_where_the_policy_says_so() {
    let mut meeting = Meeting::of_three();
    let strict = FloorPolicy {
        seconds: Some(180),
        warn_before: 0,
        ends_by_itself: true,
        ..by_floor()
    };
    meeting.commands("chủ tọa", policy(strict)).unwrap();
    meeting
        .commands("chủ tọa", give("xã An Bình", None))
        .unwrap();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    let events = meeting.passes(180);
    assert_eq!(events[0], ended("xã An Bình", FloorEnd::TimeUp));
    assert_eq!(events.len(), 2, "and the microphone closes");
    assert!(!meeting.member("xã An Bình").microphone);
}

#[test]
fn where_the_meeting_goes_by_the_floor_only_the_holder_and_the_chair_speak() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    meeting.commands("chủ tọa", MICROPHONE_ON).unwrap();
    meeting
        .commands("xã An Bình", Command::SetScreen { on: true })
        .unwrap();
    meeting.commands("chủ tọa", policy(by_floor())).unwrap();
    assert!(!meeting.member("xã An Bình").microphone);
    assert!(meeting.member("chủ tọa").microphone);
    assert_eq!(
        meeting.commands("xã An Bình", MICROPHONE_ON),
        Err(ErrorCode::FloorNeeded)
    );
    // The sound of a screen is no way around it.
    assert!(!desired(&meeting.state).participants[1].publish.screen_audio);

    meeting
        .commands("chủ tọa", give("xã An Bình", None))
        .unwrap();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    assert!(desired(&meeting.state).participants[1].publish.screen_audio);
    let events = meeting
        .commands("chủ tọa", take_back("xã An Bình"))
        .unwrap();
    assert_eq!(events.len(), 2);
    assert!(!meeting.member("xã An Bình").microphone);

    let open = FloorPolicy::default();
    meeting.commands("chủ tọa", policy(open)).unwrap();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
}

#[test]
fn the_chair_preempts_and_the_controller_waits() {
    let mut meeting = Meeting::of_three();
    meeting.joins("kỹ thuật", Role::Controller);
    meeting
        .commands("kỹ thuật", give("xã An Bình", None))
        .unwrap();
    // Two controllers, one floor: the second is told so.
    meeting.joins("kỹ thuật 2", Role::Controller);
    assert_eq!(
        meeting.commands("kỹ thuật 2", give("xã Hòa Lạc", None)),
        Err(ErrorCode::FloorTaken)
    );
    // Both give it to the same one: it is so already.
    assert_eq!(
        meeting.commands("kỹ thuật 2", give("xã An Bình", None)),
        Ok(vec![])
    );
    let events = meeting
        .commands("chủ tọa", give("xã Hòa Lạc", None))
        .unwrap();
    assert_eq!(events[0], ended("xã An Bình", FloorEnd::Preempted));
    assert_eq!(holders(&meeting), ["xã Hòa Lạc"]);
    assert_eq!(
        meeting.commands("kỹ thuật", take_back("xã An Bình")),
        Err(ErrorCode::FloorNotHeld)
    );
}

#[test]
fn fewer_may_hold_it_and_who_came_last_goes() {
    let mut meeting = Meeting::of_three();
    let of = |at_once| FloorPolicy {
        at_once,
        ..FloorPolicy::default()
    };
    meeting.commands("chủ tọa", policy(of(2))).unwrap();
    meeting
        .commands("chủ tọa", give("xã An Bình", None))
        .unwrap();
    meeting
        .commands("chủ tọa", give("xã Hòa Lạc", None))
        .unwrap();
    let events = meeting.commands("chủ tọa", policy(of(1))).unwrap();
    assert_eq!(events[1..], [ended("xã Hòa Lạc", FloorEnd::Policy)]);
    assert_eq!(holders(&meeting), ["xã An Bình"]);
    for senseless in [of(0), of(17)] {
        assert_eq!(
            meeting.commands("chủ tọa", policy(senseless)),
            Err(ErrorCode::OutOfRange)
        );
    }
}

#[test]
fn a_broken_line_keeps_the_floor_and_leaving_ends_it() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", give("xã An Bình", None))
        .unwrap();
    meeting.input("xã An Bình", &Input::ConnectionLost).unwrap();
    assert_eq!(holders(&meeting), ["xã An Bình"]);
    let events = meeting.input("xã An Bình", &Input::GraceExpired).unwrap();
    assert_eq!(events[0], ended("xã An Bình", FloorEnd::Left));
    assert!(holders(&meeting).is_empty());
}

#[test]
fn the_floor_goes_to_who_is_here_and_may_speak() {
    let mut meeting = Meeting::of_three();
    meeting.joins("khách", Role::Observer);
    meeting.commands("xã Hòa Lạc", Command::Leave).unwrap();
    for (to, seconds, code) in [
        ("xã Hòa Lạc", None, ErrorCode::UnknownParticipant),
        ("không có", None, ErrorCode::UnknownParticipant),
        ("khách", None, ErrorCode::Forbidden),
        ("xã An Bình", Some(0), ErrorCode::OutOfRange),
        ("xã An Bình", Some(86_401), ErrorCode::OutOfRange),
    ] {
        assert_eq!(meeting.commands("chủ tọa", give(to, seconds)), Err(code));
    }
}

#[test]
fn the_floor_does_not_lift_a_mute() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", mute("xã An Bình", true))
        .unwrap();
    meeting
        .commands("chủ tọa", give("xã An Bình", None))
        .unwrap();
    assert_eq!(
        meeting.commands("xã An Bình", MICROPHONE_ON),
        Err(ErrorCode::MutedByChair)
    );
}
