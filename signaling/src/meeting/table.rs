//! Every command by every role, against the table of permissions.

use diemcau_protocol::{
    Action, Command, ErrorCode, FloorCommand, FloorMode, FloorPolicy, Majority, MicrophonesCommand,
    Role, VoteMethod, VoteOption, VoteRules, VoteUnit, VotesCommand,
};

use super::world::{Meeting, camera, mute};
use crate::permissions::{Scope, permits};

/// What must be permitted for a command, or nothing where everybody may.
type Needs = Option<(Action, Scope)>;

fn basics() -> Vec<(Command, Needs)> {
    let own = |action| Some((action, Scope::Own));
    let all = |action| Some((action, Scope::Meeting));
    vec![
        (
            Command::SetMicrophone { on: true },
            own(Action::PublishMicrophone),
        ),
        (Command::SetCamera { on: true }, own(Action::PublishCamera)),
        (Command::SetScreen { on: true }, own(Action::PublishScreen)),
        (mute("xã An Bình", true), all(Action::MuteOthers)),
        (Command::SetHand { raised: true }, own(Action::RaiseHand)),
        (
            Command::LowerHand {
                participant: "xã An Bình".into(),
            },
            all(Action::LowerHands),
        ),
        (
            Command::SendChat {
                text: "Báo cáo".to_owned(),
            },
            own(Action::Chat),
        ),
        (
            Command::SetStage {
                source: Some(camera("xã An Bình")),
            },
            all(Action::SetStage),
        ),
        (Command::Leave, None),
    ]
}

fn floor() -> Vec<(Command, Needs)> {
    let participant = || "xã An Bình".into();
    let holder = || "xã Hòa Lạc".into();
    [
        (
            FloorCommand::SetPolicy {
                policy: FloorPolicy {
                    mode: FloorMode::ByFloor,
                    ..FloorPolicy::default()
                },
            },
            Action::SetPolicy,
        ),
        (
            FloorCommand::Order {
                participants: vec![holder()],
            },
            Action::OrderQueue,
        ),
        (
            FloorCommand::Extend {
                participant: holder(),
                seconds: 60,
            },
            Action::GiveFloor,
        ),
        (
            FloorCommand::TakeBack {
                participant: holder(),
            },
            Action::GiveFloor,
        ),
        (
            FloorCommand::Give {
                participant: participant(),
                seconds: None,
            },
            Action::GiveFloor,
        ),
    ]
    .into_iter()
    .map(|(command, action)| (Command::Floor(command), Some((action, Scope::Meeting))))
    .collect()
}

fn microphones() -> Vec<(Command, Needs)> {
    let all = Scope::Meeting;
    [
        (
            MicrophonesCommand::Ask {
                participant: "xã An Bình".into(),
            },
            (Action::OpenMicrophones, all),
        ),
        (
            MicrophonesCommand::Open {
                participant: "xã Hòa Lạc".into(),
            },
            (Action::OpenMicrophones, all),
        ),
        (
            MicrophonesCommand::Consent { given: true },
            (Action::PublishMicrophone, Scope::Own),
        ),
        (
            MicrophonesCommand::MuteAll {
                except: Default::default(),
            },
            (Action::MuteOthers, all),
        ),
    ]
    .into_iter()
    .map(|(command, needs)| (Command::Microphones(command), Some(needs)))
    .collect()
}

/// What a vote by roll call with the usual options asks for.
fn roll_call() -> Command {
    let rules = VoteRules {
        question: "Thông qua nghị quyết".to_owned(),
        options: VoteOption::usual(),
        method: VoteMethod::RollCall,
        unit: VoteUnit::Site,
        voters: Vec::new(),
        quorum_percent: 50,
        majority: Majority::Simple,
        may_change: false,
    };
    Command::Votes(VotesCommand::Open {
        rules,
        seconds: None,
    })
}

fn votes() -> Vec<(Command, Needs)> {
    let run = Some((Action::RunVotes, Scope::Meeting));
    [
        VotesCommand::Call { participant: None },
        VotesCommand::Close { number: 1 },
        VotesCommand::Cancel {
            number: 1,
            reason: "Đọc nhầm câu hỏi".to_owned(),
        },
    ]
    .into_iter()
    .map(|command| (Command::Votes(command), run))
    .collect()
}

/// A meeting in which each of the commands finds something to do: xã An Bình
/// and xã Hòa Lạc ask for the floor, the latter holds it and consents to its
/// microphone being opened; two may hold it. A vote by roll call is open.
fn busy() -> Meeting {
    let mut meeting = Meeting::of_three();
    let policy = FloorPolicy {
        at_once: 2,
        ..FloorPolicy::default()
    };
    let hand = || Command::SetHand { raised: true };
    let steps = [
        (
            "chủ tọa",
            Command::Floor(FloorCommand::SetPolicy { policy }),
        ),
        (
            "chủ tọa",
            Command::Floor(FloorCommand::Give {
                participant: "xã Hòa Lạc".into(),
                seconds: Some(300),
            }),
        ),
        ("xã An Bình", hand()),
        ("xã Hòa Lạc", hand()),
        (
            "xã Hòa Lạc",
            Command::Microphones(MicrophonesCommand::Consent { given: true }),
        ),
        ("chủ tọa", roll_call()),
    ];
    for (who, command) in steps {
        meeting.commands(who, command).unwrap();
    }
    meeting
}

#[test]
fn every_command_by_every_role_obeys_the_table() {
    let commands = [basics(), floor(), microphones(), votes()].concat();
    for role in Role::ALL {
        for (command, needs) in &commands {
            let mut meeting = busy();
            meeting.joins("người này", role);
            let outcome = meeting.commands("người này", command.clone());
            match needs {
                Some((action, scope)) if !permits(role, *action, *scope) => {
                    assert_eq!(outcome, Err(ErrorCode::Forbidden), "{role:?} {command:?}");
                }
                Some(_) | None => {
                    let events =
                        outcome.unwrap_or_else(|code| panic!("{role:?} {command:?} {code:?}"));
                    assert!(!events.is_empty(), "{role:?} {command:?}");
                }
            }
        }
    }
}

#[test]
fn what_this_server_does_not_know_is_refused() {
    for unknown in [
        Command::Unknown,
        Command::Floor(FloorCommand::Unknown),
        Command::Microphones(MicrophonesCommand::Unknown),
        Command::Votes(VotesCommand::Unknown),
    ] {
        let outcome = Meeting::of_three().commands("chủ tọa", unknown);
        assert_eq!(outcome, Err(ErrorCode::UnknownCommand));
    }
}

#[test]
fn who_is_not_there_commands_nothing() {
    for (command, _) in [basics(), floor(), microphones(), votes()].concat() {
        let outcome = busy().commands("người lạ", command);
        assert_eq!(outcome, Err(ErrorCode::NotInMeeting));
    }
}
