use std::collections::BTreeSet;

use diemcau_protocol::{
    AdmissionCommand, Command, ErrorCode, Event, FloorCommand, FloorEvent, FloorMode, FloorPolicy,
    GroupPlan, GroupsCommand, GroupsEvent, LobbyMode, MicrophonesCommand, Role,
};

use super::group_of;
use crate::meeting::world::{MICROPHONE_ON, Meeting, camera, newcomer};
use crate::meeting::{Input, Newcomer, hears, snapshot_for};

fn plan(name: &str, units: &[&str], participants: &[&str]) -> GroupPlan {
    GroupPlan {
        name: name.to_owned(),
        units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        participants: participants.iter().map(|id| (*id).into()).collect(),
    }
}

fn open(groups: Vec<GroupPlan>, seconds: Option<u32>) -> Command {
    Command::Groups(GroupsCommand::Open { groups, seconds })
}

fn relocate(who: &str, group: Option<u32>) -> Command {
    Command::Groups(GroupsCommand::Move {
        participant: who.into(),
        group,
    })
}

const CLOSE: Command = Command::Groups(GroupsCommand::Close);
const CALL: Command = Command::Groups(GroupsCommand::Call);

impl Meeting {
    fn comes(&mut self, who: &str, unit: &str, role: Role) -> Vec<Event> {
        let newcomer = Newcomer {
            unit: Some(unit.to_owned()),
            ..newcomer(Some(who), role)
        };
        self.input(who, &Input::Join(newcomer)).unwrap()
    }

    fn group(&self, who: &str) -> Option<u32> {
        group_of(&self.state, &who.into())
    }
}

/// The chair, and two districts with a commune each.
fn province() -> Meeting {
    let mut meeting = Meeting::opened();
    meeting.comes("chủ tọa", "Tỉnh", Role::Chair);
    for (who, unit) in [
        ("huyện Đông", "Huyện Đông"),
        ("xã An Bình", "Xã An Bình"),
        ("huyện Tây", "Huyện Tây"),
        ("xã Hòa Lạc", "Xã Hòa Lạc"),
    ] {
        meeting.comes(who, unit, Role::Operator);
    }
    meeting
}

fn two_districts() -> Vec<GroupPlan> {
    vec![
        plan("Huyện Đông", &["Huyện Đông", "Xã An Bình"], &[]),
        plan(
            "Huyện Tây",
            &["Huyện Tây", "Xã Hòa Lạc", "Xã Tân Tiến"],
            &[],
        ),
    ]
}

fn apart() -> Meeting {
    let mut meeting = province();
    let open = open(two_districts(), Some(600));
    meeting.commands("chủ tọa", open).unwrap();
    meeting
}

#[test]
fn each_district_discusses_with_its_communes_and_all_come_back_in_time() {
    let mut meeting = apart();
    assert_eq!(meeting.group("huyện Đông"), Some(1));
    assert_eq!(meeting.group("xã An Bình"), Some(1));
    assert_eq!(meeting.group("xã Hòa Lạc"), Some(2));
    assert_eq!(meeting.group("chủ tọa"), None, "the plenary is the chair's");
    assert_eq!(meeting.passes(599), []);
    let closed = Event::Groups(GroupsEvent::Closed { by: None });
    assert_eq!(meeting.passes(1), [closed]);
    assert_eq!(meeting.group("xã An Bình"), None);
    // Numbers are not used twice.
    let again = open(two_districts(), None);
    meeting.commands("chủ tọa", again).unwrap();
    assert_eq!(meeting.group("xã An Bình"), Some(3));
    assert_eq!(meeting.passes(100_000), []);
}

#[test]
fn a_late_comer_goes_to_its_district_and_who_was_away_comes_back_to_it() {
    let mut meeting = apart();
    let events = meeting.comes("xã Tân Tiến", "Xã Tân Tiến", Role::Operator);
    assert_eq!(
        events[1],
        Event::Groups(GroupsEvent::Moved {
            participant: "xã Tân Tiến".into(),
            group: Some(2),
            by: None,
        })
    );
    meeting.comes("sở Y tế", "Sở Y tế", Role::Delegate);
    assert_eq!(meeting.group("sở Y tế"), None, "of no district");
    meeting.comes("thư ký", "Huyện Tây", Role::Secretary);
    assert_eq!(meeting.group("thư ký"), None, "who conducts stays");

    let moved = relocate("xã An Bình", Some(2));
    meeting.commands("chủ tọa", moved).unwrap();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    meeting.comes("xã An Bình", "Xã An Bình", Role::Operator);
    assert_eq!(meeting.group("xã An Bình"), Some(2), "where it was put");

    let lobby = AdmissionCommand::SetLobby {
        mode: LobbyMode::All,
    };
    let admission = Command::Admission(lobby);
    meeting.commands("chủ tọa", admission).unwrap();
    let mut late = newcomer(Some("xã Cuối"), Role::Operator);
    late.unit = Some("Huyện Đông".to_owned());
    meeting.input("xã Cuối", &Input::Join(late)).unwrap();
    let admit = Command::Admission(AdmissionCommand::AdmitAll);
    meeting.commands("chủ tọa", admit).unwrap();
    assert_eq!(meeting.group("xã Cuối"), Some(1), "let in from the lobby");
}

#[test]
fn without_an_organisation_each_unit_is_a_group() {
    let mut meeting = province();
    let by_unit = GroupsCommand::OpenByUnit { seconds: None };
    meeting
        .commands("chủ tọa", Command::Groups(by_unit))
        .unwrap();
    let open = meeting.state.procedure.groups.open.as_ref().unwrap();
    let names: Vec<&str> = open
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["Huyện Tây", "Huyện Đông", "Xã An Bình", "Xã Hòa Lạc"]
    );
    let apart: BTreeSet<u32> = open.members.values().copied().collect();
    assert_eq!(apart.len(), 4);
}

#[test]
fn floor_and_hold_are_of_the_plenary() {
    let mut meeting = province();
    let policy = FloorPolicy {
        mode: FloorMode::ByFloor,
        ..FloorPolicy::default()
    };
    let give = |who: &str| {
        Command::Floor(FloorCommand::Give {
            participant: who.into(),
            seconds: None,
        })
    };
    let by_floor = Command::Floor(FloorCommand::SetPolicy { policy });
    meeting.commands("chủ tọa", by_floor).unwrap();
    let mute_all = MicrophonesCommand::MuteAll {
        except: Default::default(),
    };
    let mute_all = Command::Microphones(mute_all);
    meeting.commands("chủ tọa", mute_all).unwrap();
    meeting.commands("chủ tọa", give("huyện Đông")).unwrap();
    meeting.commands("huyện Đông", MICROPHONE_ON).unwrap();

    let events = meeting
        .commands("chủ tọa", open(two_districts(), None))
        .unwrap();
    assert!(matches!(events[0], Event::Floor(FloorEvent::Ended { .. })));
    assert!(!meeting.member("huyện Đông").microphone, "it had the floor");
    for who in ["huyện Đông", "xã An Bình"] {
        meeting.commands(who, MICROPHONE_ON).unwrap();
    }
    let refused = meeting.commands("chủ tọa", give("xã An Bình"));
    assert_eq!(refused, Err(ErrorCode::InGroup));
    let stage = Command::SetStage {
        source: Some(camera("xã An Bình")),
    };
    let refused = meeting.commands("chủ tọa", stage);
    assert_eq!(refused, Err(ErrorCode::InGroup));
    let speaks = meeting.input("xã An Bình", &Input::Speaker);
    assert_eq!(speaks, Ok(Vec::new()), "the stage follows the plenary");

    // One comes to the plenary, then all: what the floor does not let sound
    // falls silent.
    let back = relocate("huyện Đông", None);
    meeting.commands("chủ tọa", back).unwrap();
    assert!(!meeting.member("huyện Đông").microphone);
    assert!(meeting.member("xã An Bình").microphone);
    meeting.commands("chủ tọa", CLOSE).unwrap();
    assert!(!meeting.member("xã An Bình").microphone);
    let refused = meeting.commands("xã An Bình", MICROPHONE_ON);
    assert_eq!(refused, Err(ErrorCode::MutedByChair));
}

#[test]
fn a_group_calls_the_controller() {
    let mut meeting = apart();
    meeting.comes("kỹ thuật", "Tỉnh", Role::Controller);
    meeting.commands("xã An Bình", CALL).unwrap();
    assert_eq!(meeting.commands("huyện Đông", CALL), Ok(Vec::new()), "once");
    let calls = |meeting: &Meeting| {
        let open = meeting.state.procedure.groups.open.as_ref();
        open.unwrap().calls.clone()
    };
    assert_eq!(calls(&meeting), [1].into());
    let answer = |group| Command::Groups(GroupsCommand::Answer { group });
    let refused = meeting.commands("xã An Bình", answer(1));
    assert_eq!(refused, Err(ErrorCode::Forbidden));
    let refused = meeting.commands("kỹ thuật", answer(9));
    assert_eq!(refused, Err(ErrorCode::UnknownGroup));
    let goes = relocate("kỹ thuật", Some(1));
    meeting.commands("kỹ thuật", goes).unwrap();
    meeting.commands("kỹ thuật", answer(1)).unwrap();
    assert_eq!(calls(&meeting), [].into());
    let plenary = meeting.commands("chủ tọa", CALL);
    assert_eq!(plenary, Err(ErrorCode::InPlenary));
}

#[test]
fn what_is_written_in_a_group_stays_there() {
    let mut meeting = apart();
    let text = || Command::SendChat {
        text: "Ta thống nhất thế nào?".to_owned(),
    };
    let sent = meeting.commands("xã An Bình", text()).unwrap();
    let told = |meeting: &Meeting, who: &str| hears(&meeting.state, &who.into(), &sent[0]);
    assert!(told(&meeting, "huyện Đông") && told(&meeting, "xã An Bình"));
    assert!(!told(&meeting, "huyện Tây") && !told(&meeting, "chủ tọa"));
    let read = |meeting: &Meeting, who: &str| {
        let snapshot = snapshot_for(&meeting.state, &who.into());
        let open = snapshot.procedure.groups.open.unwrap();
        open.messages.len()
    };
    assert_eq!(read(&meeting, "huyện Đông"), 1);
    assert_eq!(read(&meeting, "huyện Tây"), 0);
    let to_all = meeting.commands("chủ tọa", text()).unwrap();
    assert!(hears(&meeting.state, &"huyện Tây".into(), &to_all[0]));
}

#[test]
fn groups_that_do_not_fit_are_refused() {
    let mut meeting = province();
    let mut refuses = |groups: Vec<GroupPlan>, code| {
        let refused = meeting.commands("chủ tọa", open(groups.clone(), None));
        assert_eq!(refused, Err(code), "{groups:?}");
    };
    let unfit = ErrorCode::GroupsUnfit;
    refuses(vec![], unfit);
    refuses(vec![plan("A", &["X"], &[]), plan("B", &["X"], &[])], unfit);
    let twice = [
        plan("A", &[], &["xã An Bình"]),
        plan("B", &[], &["xã An Bình"]),
    ];
    refuses(twice.to_vec(), unfit);
    refuses(vec![plan("A", &[" "], &[])], unfit);
    refuses(vec![plan("\u{200b}", &["X"], &[])], ErrorCode::TextEmpty);
    let nobody = plan("A", &[], &["người lạ"]);
    refuses(vec![nobody], ErrorCode::UnknownParticipant);
    refuses(vec![plan("A", &["X"], &[]); 301], unfit);

    for command in [CLOSE, CALL, relocate("xã An Bình", None)] {
        let refused = meeting.commands("chủ tọa", command);
        assert_eq!(refused, Err(ErrorCode::NoGroups));
    }
    let endless = open(two_districts(), Some(0));
    let refused = meeting.commands("chủ tọa", endless);
    assert_eq!(refused, Err(ErrorCode::OutOfRange));
    meeting
        .commands("chủ tọa", open(two_districts(), None))
        .unwrap();
    let refused = meeting.commands("chủ tọa", open(two_districts(), None));
    assert_eq!(refused, Err(ErrorCode::GroupsOpen));
    let refused = meeting.commands("chủ tọa", relocate("xã An Bình", Some(9)));
    assert_eq!(refused, Err(ErrorCode::UnknownGroup));
}
