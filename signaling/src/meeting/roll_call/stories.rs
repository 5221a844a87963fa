//! Stories of roll calls and of checks in between.

use std::collections::BTreeMap;

use diemcau_protocol::{
    Command, CourseEvent, ErrorCode, Event, ParticipantKind, Role, RollCallCommand, RollCallEvent,
    RollFinding,
};

use crate::meeting::snapshot_for;
use crate::meeting::world::Meeting;

const OPEN: Command = Command::RollCall(RollCallCommand::Open);
const CLOSE: Command = Command::RollCall(RollCallCommand::Close);
const HERE: Command = Command::RollCall(RollCallCommand::Here);

fn answer(headcount: u32, delegates: &str) -> Command {
    Command::RollCall(RollCallCommand::Answer {
        headcount,
        delegates: delegates.to_owned(),
    })
}

fn check(count: u32, seconds: u32) -> Command {
    Command::RollCall(RollCallCommand::Check { count, seconds })
}

fn found(meeting: &Meeting) -> BTreeMap<&str, (RollFinding, Option<u32>)> {
    let last = meeting.state.procedure.roll_calls.last.as_ref();
    let entries = &last.expect("a result").entries;
    entries
        .iter()
        .map(|entry| (entry.participant.as_str(), (entry.found, entry.headcount)))
        .collect()
}

#[test]
fn who_is_there_who_came_late_and_who_left_follows_from_presence() {
    let mut meeting = Meeting::of_three();
    meeting.joins("thư ký", Role::Secretary);
    meeting.joins("khách", Role::Observer);
    for who in ["xã Vắng Mặt", "xã Về Sớm", "xã Im Lặng"] {
        meeting.joins(who, Role::Operator);
    }
    meeting.commands("xã Vắng Mặt", Command::Leave).unwrap();

    meeting.commands("thư ký", OPEN).unwrap();
    meeting.commands("chủ tọa", answer(12, "")).unwrap();
    meeting.commands("thư ký", answer(1, "")).unwrap();
    meeting
        .commands("xã An Bình", answer(5, " Bà Lan\nÔng Hải "))
        .unwrap();
    let call = meeting.state.procedure.roll_calls.open.as_ref().unwrap();
    assert_eq!(
        call.answers[&"xã An Bình".into()].delegates,
        "Bà Lan\nÔng Hải"
    );
    // It counts again.
    meeting.commands("xã An Bình", answer(6, "")).unwrap();
    assert_eq!(
        meeting.commands("xã An Bình", answer(6, "")),
        Ok(vec![]),
        "it said so already"
    );
    meeting.commands("xã Về Sớm", answer(3, "")).unwrap();
    meeting.commands("xã Về Sớm", Command::Leave).unwrap();
    meeting.commands("xã Hòa Lạc", Command::Leave).unwrap();
    meeting.joins("xã Đến Muộn", Role::Operator);
    meeting.commands("xã Đến Muộn", answer(4, "")).unwrap();
    meeting.commands("thư ký", CLOSE).unwrap();

    let expected = BTreeMap::from([
        ("chủ tọa", (RollFinding::Present, Some(12))),
        ("thư ký", (RollFinding::Present, Some(1))),
        ("xã An Bình", (RollFinding::Present, Some(6))),
        ("xã Hòa Lạc", (RollFinding::LeftEarly, None)),
        ("xã Im Lặng", (RollFinding::Silent, None)),
        ("xã Vắng Mặt", (RollFinding::Absent, None)),
        ("xã Về Sớm", (RollFinding::LeftEarly, Some(3))),
        ("xã Đến Muộn", (RollFinding::Late, Some(4))),
    ]);
    assert_eq!(found(&meeting), expected);
}

#[test]
fn roll_calls_are_numbered_and_one_is_open_at_a_time() {
    let mut meeting = Meeting::of_three();
    assert_eq!(
        meeting.commands("xã An Bình", answer(5, "")),
        Err(ErrorCode::NoRollCall)
    );
    assert_eq!(
        meeting.commands("chủ tọa", CLOSE),
        Err(ErrorCode::NoRollCall)
    );
    meeting.commands("chủ tọa", OPEN).unwrap();
    meeting.joins("kỹ thuật", Role::Controller);
    assert_eq!(
        meeting.commands("kỹ thuật", OPEN),
        Err(ErrorCode::RollCallOpen)
    );
    for senseless in [0, 10_001] {
        assert_eq!(
            meeting.commands("xã An Bình", answer(senseless, "")),
            Err(ErrorCode::OutOfRange)
        );
    }
    meeting.commands("chủ tọa", CLOSE).unwrap();
    meeting.commands("chủ tọa", OPEN).unwrap();
    let open = meeting.state.procedure.roll_calls.open.as_ref().unwrap();
    assert_eq!(open.number, 2);
    assert!(open.answers.is_empty());
}

#[test]
fn two_of_ten_are_drawn_and_one_is_missing() {
    let mut meeting = Meeting::of_three();
    for number in 0..8 {
        meeting.joins(&format!("xã {number}"), Role::Operator);
    }
    let events = meeting.commands("chủ tọa", check(2, 30)).unwrap();
    let [
        Event::RollCall(RollCallEvent::CheckOpened {
            asked, number: 1, ..
        }),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(asked.len(), 2);
    assert_eq!(
        meeting.commands("chủ tọa", check(2, 30)),
        Err(ErrorCode::CheckOpen)
    );
    let mut asked = asked.iter();
    let (first, second) = (asked.next().unwrap(), asked.next().unwrap());
    meeting.commands(first.as_str(), HERE).unwrap();
    assert_eq!(
        meeting.commands(first.as_str(), HERE),
        Err(ErrorCode::NotAsked)
    );
    assert_eq!(meeting.passes(29), []);
    let missing = RollCallEvent::CheckClosed {
        number: 1,
        missing: [second.clone()].into(),
    };
    assert_eq!(meeting.passes(1), [Event::RollCall(missing)]);
    assert_eq!(
        meeting.commands(second.as_str(), HERE),
        Err(ErrorCode::NotAsked),
        "too late"
    );
}

#[test]
fn a_check_ends_when_all_have_answered_and_the_seed_draws() {
    let mut meeting = Meeting::of_three();
    meeting.commands("chủ tọa", check(10, 30)).unwrap();
    meeting.commands("xã An Bình", HERE).unwrap();
    let events = meeting.commands("xã Hòa Lạc", HERE).unwrap();
    assert!(matches!(
        events.last(),
        Some(Event::RollCall(RollCallEvent::CheckClosed { missing, .. })) if missing.is_empty()
    ));
    assert_eq!(meeting.passes(60), []);

    let drawn = |seed| {
        let ids: Vec<_> = (0..50).map(|n| format!("{n}").as_str().into()).collect();
        super::draw(ids.iter().collect(), 5, seed)
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    assert_eq!(drawn(3).len(), 5);
}

#[test]
fn who_was_invited_and_never_came_is_absent() {
    let mut meeting = Meeting::of_three();
    let invited = |who: &str, role| {
        Event::Course(CourseEvent::Invited {
            participant: who.into(),
            name: who.to_owned(),
            role,
            kind: ParticipantKind::Site,
            unit: None,
        })
    };
    for (who, role) in [
        ("xã Kim Sơn", Role::Operator),
        ("xã Hải Ninh", Role::Operator),
        ("dự thính", Role::Observer),
    ] {
        meeting.happen(&invited(who, role));
    }
    meeting.commands("chủ tọa", OPEN).unwrap();
    meeting.joins("xã Hải Ninh", Role::Operator);
    meeting.commands("xã Hải Ninh", answer(3, "")).unwrap();
    let told = |who: &str| {
        let snapshot = snapshot_for(&meeting.state, &who.into());
        snapshot.procedure.course.awaited.len()
    };
    assert_eq!(
        told("chủ tọa"),
        2,
        "who calls the roll knows whom to wait for"
    );
    assert_eq!(told("xã An Bình"), 0);
    meeting.commands("chủ tọa", CLOSE).unwrap();
    let found = found(&meeting);
    assert_eq!(found["xã Kim Sơn"], (RollFinding::Absent, None));
    assert_eq!(found["xã Hải Ninh"], (RollFinding::Late, Some(3)));
    assert!(
        !found.contains_key("dự thính"),
        "nobody waits for observers"
    );
}
