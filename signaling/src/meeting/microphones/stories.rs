//! Stories of microphones that the meeting asks for, opens and closes.

use diemcau_protocol::{
    Command, ErrorCode, Event, FloorCommand, FloorMode, FloorPolicy, MicrophonesCommand, Role,
};

use crate::meeting::desired;
use crate::meeting::world::{MICROPHONE_ON, Meeting, mute};

fn command(command: MicrophonesCommand) -> Command {
    Command::Microphones(command)
}

fn ask(whom: &str) -> Command {
    command(MicrophonesCommand::Ask {
        participant: whom.into(),
    })
}

fn open(whose: &str) -> Command {
    command(MicrophonesCommand::Open {
        participant: whose.into(),
    })
}

fn answer(accept: bool) -> Command {
    command(MicrophonesCommand::Answer { accept })
}

fn consent(given: bool) -> Command {
    command(MicrophonesCommand::Consent { given })
}

fn mute_all(except: &[&str]) -> Command {
    command(MicrophonesCommand::MuteAll {
        except: except.iter().map(|name| (*name).into()).collect(),
    })
}

fn lift_all() -> Command {
    command(MicrophonesCommand::LiftAll)
}

#[test]
fn a_site_is_asked_and_accepts_or_declines() {
    let mut meeting = Meeting::of_three();
    assert_eq!(
        meeting.commands("xã An Bình", answer(true)),
        Err(ErrorCode::NotAsked)
    );
    meeting.commands("chủ tọa", ask("xã An Bình")).unwrap();
    assert_eq!(meeting.commands("chủ tọa", ask("xã An Bình")), Ok(vec![]));
    meeting.commands("xã An Bình", answer(false)).unwrap();
    assert!(!meeting.member("xã An Bình").microphone);

    meeting.commands("chủ tọa", ask("xã An Bình")).unwrap();
    meeting.commands("xã An Bình", answer(true)).unwrap();
    assert!(meeting.member("xã An Bình").microphone);
    assert_eq!(
        meeting.commands("xã An Bình", answer(true)),
        Err(ErrorCode::NotAsked)
    );
}

#[test]
fn whoever_opens_by_itself_need_not_answer() {
    let mut meeting = Meeting::of_three();
    meeting.commands("chủ tọa", ask("xã An Bình")).unwrap();
    meeting.commands("xã An Bình", MICROPHONE_ON).unwrap();
    assert_eq!(
        meeting.commands("xã An Bình", answer(false)),
        Err(ErrorCode::NotAsked)
    );
}

#[test]
fn without_consent_nobody_opens_a_microphone_of_others() {
    let mut meeting = Meeting::of_three();
    assert_eq!(
        meeting.commands("chủ tọa", open("xã An Bình")),
        Err(ErrorCode::ConsentNeeded)
    );
    meeting.commands("xã An Bình", consent(true)).unwrap();
    meeting.commands("chủ tọa", open("xã An Bình")).unwrap();
    assert!(meeting.member("xã An Bình").microphone);
    assert!(desired(&meeting.state).participants[1].publish.microphone);
    meeting
        .commands("xã An Bình", Command::SetMicrophone { on: false })
        .unwrap();
    meeting.commands("xã An Bình", consent(false)).unwrap();
    assert_eq!(
        meeting.commands("chủ tọa", open("xã An Bình")),
        Err(ErrorCode::ConsentNeeded)
    );
}

#[test]
fn a_consent_ends_with_leaving() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", consent(true)).unwrap();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    meeting.joins("xã An Bình", Role::Operator);
    assert_eq!(
        meeting.commands("chủ tọa", open("xã An Bình")),
        Err(ErrorCode::ConsentNeeded)
    );
}

#[test]
fn all_but_one_are_muted_until_it_is_lifted() {
    let mut meeting = Meeting::of_three();
    for who in ["chủ tọa", "xã An Bình", "xã Hòa Lạc"] {
        meeting.commands(who, MICROPHONE_ON).unwrap();
    }
    let events = meeting
        .commands("chủ tọa", mute_all(&["xã An Bình", "không có"]))
        .unwrap();
    assert_eq!(events.len(), 2, "{events:?}");
    let open: Vec<bool> = ["chủ tọa", "xã An Bình", "xã Hòa Lạc"]
        .map(|who| meeting.member(who).microphone)
        .to_vec();
    assert_eq!(open, [true, true, false]);

    // Clicking does not undo it, nor does coming in later or again.
    meeting.joins("xã Tân Lập", Role::Operator);
    meeting.commands("xã Hòa Lạc", Command::Leave).unwrap();
    meeting.joins("xã Hòa Lạc", Role::Operator);
    for who in ["xã Tân Lập", "xã Hòa Lạc"] {
        assert_eq!(
            meeting.commands(who, MICROPHONE_ON),
            Err(ErrorCode::MutedByChair)
        );
        assert_eq!(
            meeting.commands("chủ tọa", ask(who)),
            Err(ErrorCode::MutedByChair)
        );
    }
    // One is let out of it.
    meeting
        .commands("chủ tọa", mute("xã Hòa Lạc", false))
        .unwrap();
    meeting.commands("xã Hòa Lạc", MICROPHONE_ON).unwrap();

    meeting.commands("chủ tọa", lift_all()).unwrap();
    meeting.commands("xã Tân Lập", MICROPHONE_ON).unwrap();
    assert_eq!(meeting.commands("chủ tọa", lift_all()), Ok(vec![]));
}

#[test]
fn lifting_it_for_all_leaves_what_was_closed_one_by_one() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", mute("xã An Bình", true))
        .unwrap();
    meeting.commands("chủ tọa", mute_all(&[])).unwrap();
    meeting.commands("chủ tọa", lift_all()).unwrap();
    assert_eq!(
        meeting.commands("xã An Bình", MICROPHONE_ON),
        Err(ErrorCode::MutedByChair)
    );
}

#[test]
fn the_floor_lets_one_speak_while_all_others_are_muted() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", consent(true)).unwrap();
    meeting.commands("chủ tọa", mute_all(&[])).unwrap();
    let give = Command::Floor(FloorCommand::Give {
        participant: "xã An Bình".into(),
        seconds: None,
    });
    let events = meeting.commands("chủ tọa", give).unwrap();
    let opened = Event::MicrophoneSet {
        participant: "xã An Bình".into(),
        on: true,
    };
    assert_eq!(events.last(), Some(&opened), "it had consented");
    let back = Command::Floor(FloorCommand::GiveBack);
    meeting.commands("xã An Bình", back).unwrap();
    assert!(!meeting.member("xã An Bình").microphone);
}

#[test]
fn asking_and_opening_obey_the_floor() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", consent(true)).unwrap();
    meeting.commands("chủ tọa", ask("xã An Bình")).unwrap();
    let policy = FloorPolicy {
        mode: FloorMode::ByFloor,
        ..FloorPolicy::default()
    };
    let by_floor = Command::Floor(FloorCommand::SetPolicy { policy });
    meeting.commands("chủ tọa", by_floor).unwrap();
    for (who, command) in [
        ("xã An Bình", answer(true)),
        ("chủ tọa", open("xã An Bình")),
        ("chủ tọa", ask("xã An Bình")),
    ] {
        assert_eq!(meeting.commands(who, command), Err(ErrorCode::FloorNeeded));
    }
    // Declining is always possible.
    meeting.commands("xã An Bình", answer(false)).unwrap();
}
