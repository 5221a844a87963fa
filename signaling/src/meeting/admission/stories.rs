//! Stories of the lobby, the lock, removal and names.

use diemcau_protocol::{
    AdmissionCommand, AdmissionEvent, Command, ErrorCode, Event, LobbyMode, ParticipantKind, Role,
};

use crate::meeting::world::Meeting;
use crate::meeting::{Input, Newcomer, desired, lobby, snapshot};

fn command(command: AdmissionCommand) -> Command {
    Command::Admission(command)
}

fn set_lobby(mode: LobbyMode) -> Command {
    command(AdmissionCommand::SetLobby { mode })
}

fn admit(who: &str) -> Command {
    command(AdmissionCommand::Admit {
        participant: who.into(),
    })
}

fn remove(who: &str) -> Command {
    command(AdmissionCommand::Remove {
        participant: who.into(),
        reason: "Vào nhầm cuộc họp".to_owned(),
    })
}

fn rename(who: &str, name: &str) -> Command {
    command(AdmissionCommand::Rename {
        participant: who.into(),
        name: name.to_owned(),
    })
}

fn guest(name: &str) -> Input {
    Input::Join(Newcomer {
        name: Some(name.to_owned()),
        role: Role::Delegate,
        kind: ParticipantKind::Person,
        unit: Some("Sở Y tế".to_owned()),
        guest: true,
    })
}

fn waiting(meeting: &Meeting) -> Vec<&str> {
    let lobby = &meeting.state.procedure.admission.waiting;
    lobby.iter().map(|w| w.participant.as_str()).collect()
}

#[test]
fn guests_wait_and_sites_come_in() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", set_lobby(LobbyMode::Guests))
        .unwrap();
    meeting.joins("xã Tân Lập", Role::Operator);
    meeting.input("khách", &guest("Bà Lan")).unwrap();
    assert_eq!(waiting(&meeting), ["khách"]);
    assert_eq!(desired(&meeting.state).participants.len(), 4, "no media");
    let view = lobby(&meeting.state, &"khách".into(), 10).unwrap();
    assert_eq!(view.you.name, "Bà Lan");
    assert_eq!(view.meeting.title, "Giao ban");

    // It commands nothing, and asking twice changes nothing.
    let hand = Command::SetHand { raised: true };
    assert_eq!(meeting.commands("khách", hand), Err(ErrorCode::InLobby));
    assert_eq!(meeting.input("khách", &guest("Bà Lan")), Ok(vec![]));

    let events = meeting.commands("chủ tọa", admit("khách")).unwrap();
    assert!(matches!(
        &events[..],
        [
            Event::Admission(AdmissionEvent::Admitted { .. }),
            Event::ParticipantJoined { number: 5, .. }
        ]
    ));
    assert!(waiting(&meeting).is_empty());
    assert!(lobby(&meeting.state, &"khách".into(), 10).is_none());
    assert_eq!(
        meeting.commands("chủ tọa", admit("khách")),
        Err(ErrorCode::UnknownParticipant)
    );
    // Whoever was in need not wait again.
    meeting.commands("khách", Command::Leave).unwrap();
    meeting.input("khách", &guest("Bà Lan")).unwrap();
    assert!(waiting(&meeting).is_empty());
}

#[test]
fn a_unit_is_let_in_and_then_all_in_the_order_of_waiting() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", set_lobby(LobbyMode::All))
        .unwrap();
    meeting.joins("xã Tân Lập", Role::Operator);
    meeting.input("khách", &guest("Bà Lan")).unwrap();
    meeting.joins("xã Phú Mỹ", Role::Operator);
    // The secretary may admit others, so it does not wait itself.
    meeting.joins("thư ký", Role::Secretary);
    let unit = command(AdmissionCommand::AdmitUnit {
        unit: "Sở Y tế".to_owned(),
    });
    meeting.commands("thư ký", unit).unwrap();
    assert_eq!(waiting(&meeting), ["xã Tân Lập", "xã Phú Mỹ"]);
    let all = command(AdmissionCommand::AdmitAll);
    meeting.commands("thư ký", all.clone()).unwrap();
    let numbers = ["khách", "xã Tân Lập", "xã Phú Mỹ"].map(|who| meeting.member(who).number);
    assert_eq!(numbers, [5, 6, 7]);
    assert_eq!(meeting.commands("thư ký", all), Ok(vec![]));
}

#[test]
fn who_gives_up_waiting_or_loses_the_line_is_out_of_the_lobby() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", set_lobby(LobbyMode::All))
        .unwrap();
    meeting.joins("xã Tân Lập", Role::Operator);
    meeting.joins("xã Phú Mỹ", Role::Operator);
    meeting.commands("xã Tân Lập", Command::Leave).unwrap();
    meeting.input("xã Phú Mỹ", &Input::ConnectionLost).unwrap();
    assert!(waiting(&meeting).is_empty());
    // Without a lobby, who waits comes in at once.
    meeting.joins("xã Tân Lập", Role::Operator);
    meeting.input("khách", &guest("Bà Lan")).unwrap();
    meeting
        .commands("chủ tọa", set_lobby(LobbyMode::Guests))
        .unwrap();
    assert_eq!(waiting(&meeting), ["khách"]);
    assert!(meeting.member("xã Tân Lập").is_here());
    meeting.happen(&Event::ServerRestarted);
    assert!(waiting(&meeting).is_empty(), "it waits anew");
}

#[test]
fn a_locked_meeting_lets_back_in_who_was_there() {
    let mut meeting = Meeting::of_three();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    let lock = |locked| command(AdmissionCommand::Lock { locked });
    meeting.commands("chủ tọa", lock(true)).unwrap();
    assert_eq!(
        meeting.input("khách", &guest("Bà Lan")),
        Err(ErrorCode::MeetingLocked)
    );
    meeting.joins("xã An Bình", Role::Operator);
    meeting.joins("kỹ thuật", Role::Controller);
    meeting.commands("kỹ thuật", lock(false)).unwrap();
    meeting.input("khách", &guest("Bà Lan")).unwrap();
}

#[test]
fn whoever_was_removed_comes_back_only_when_readmitted() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("xã An Bình", Command::SetMicrophone { on: true })
        .unwrap();
    meeting.commands("chủ tọa", remove("xã An Bình")).unwrap();
    assert!(!meeting.member("xã An Bình").is_here());
    assert_eq!(desired(&meeting.state).participants.len(), 2);
    let back = guest("xã An Bình");
    assert_eq!(meeting.input("xã An Bình", &back), Err(ErrorCode::Removed));
    assert_eq!(
        meeting.commands("chủ tọa", remove("xã An Bình")),
        Ok(vec![])
    );
    let readmit = command(AdmissionCommand::Readmit {
        participant: "xã An Bình".into(),
    });
    meeting.commands("chủ tọa", readmit).unwrap();
    meeting.input("xã An Bình", &back).unwrap();
    assert!(meeting.member("xã An Bình").is_here());
}

#[test]
fn nobody_removes_the_chair_and_somebody_in_the_lobby_is_turned_away() {
    let mut meeting = Meeting::of_three();
    meeting.joins("kỹ thuật", Role::Controller);
    for whom in ["chủ tọa", "kỹ thuật"] {
        assert_eq!(
            meeting.commands("kỹ thuật", remove(whom)),
            Err(ErrorCode::Forbidden)
        );
    }
    meeting
        .commands("chủ tọa", set_lobby(LobbyMode::Guests))
        .unwrap();
    meeting.input("khách", &guest("Bà Lan")).unwrap();
    meeting.commands("kỹ thuật", remove("khách")).unwrap();
    assert!(waiting(&meeting).is_empty());
    assert_eq!(
        meeting.input("khách", &guest("Bà Lan")),
        Err(ErrorCode::Removed)
    );
    let silent = command(AdmissionCommand::Remove {
        participant: "xã An Bình".into(),
        reason: " ".to_owned(),
    });
    assert_eq!(
        meeting.commands("chủ tọa", silent),
        Err(ErrorCode::TextEmpty)
    );
}

#[test]
fn the_meeting_sets_names_and_they_stay() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("chủ tọa", set_lobby(LobbyMode::Guests))
        .unwrap();
    meeting.input("khách", &guest("lan 1990")).unwrap();
    meeting
        .commands("chủ tọa", rename("khách", "Bà Lê Thị Lan, Phó Giám đốc"))
        .unwrap();
    meeting.commands("chủ tọa", admit("khách")).unwrap();
    meeting.commands("khách", Command::Leave).unwrap();
    meeting.input("khách", &guest("lan 1990")).unwrap();
    let names: Vec<String> = snapshot(&meeting.state)
        .participants
        .into_iter()
        .map(|participant| participant.name)
        .collect();
    assert_eq!(names[3], "Bà Lê Thị Lan, Phó Giám đốc");
    assert_eq!(
        meeting.commands("khách", rename("khách", "Chủ tọa")),
        Err(ErrorCode::Forbidden)
    );
    assert_eq!(
        meeting.commands("chủ tọa", rename("khách", " ")),
        Err(ErrorCode::NameRequired)
    );
}
