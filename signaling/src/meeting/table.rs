//! Every command by every role, against the table of permissions.

mod commands;
mod kinds;

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, AdmissionCommand, AgendaCommand, Command, ConductCommand, CourseCommand, DocumentFile,
    DocumentKind, DocumentsCommand, ErrorCode, FloorCommand, FloorPolicy, GroupsCommand,
    InterpretationCommand, LobbyMode, MicrophonesCommand, RecordingCommand, Role, RollCallCommand,
    StageCommand, StageShow, VoteMethod, VotesCommand,
};

use super::world::{Meeting, camera, newcomer};
use super::{Deposit, DepositPlace, Input, Newcomer};
use crate::permissions::{Scope, permits};
use commands::{
    Needs, admission, agenda, apart, basics, call_off, conduct, documents, floor, groups,
    interpretation, microphones, roll_call, seldom, stage, vote, votes, voting,
};
use kinds::{KINDS, kind};

/// What finds something to do as soon as the meeting is [`busy`].
fn everything() -> Vec<(Command, Needs)> {
    [
        basics(),
        floor(),
        microphones(),
        admission(),
        agenda(),
        roll_call(),
        stage(),
        conduct(),
        votes(),
        documents(),
        groups(),
        interpretation(),
    ]
    .concat()
}

/// What finds something to do only after the chair did something more, and
/// what must be permitted for it.
fn afterwards() -> Vec<(Command, Command, (Action, Scope))> {
    let call = (Action::CallTheRoll, Scope::Meeting);
    let mute_all = MicrophonesCommand::MuteAll {
        except: Default::default(),
    };
    vec![
        (
            Command::Microphones(mute_all),
            Command::Microphones(MicrophonesCommand::LiftAll),
            (Action::MuteOthers, Scope::Meeting),
        ),
        (
            Command::Recording(RecordingCommand::Announce { seconds: 60 }),
            Command::Recording(RecordingCommand::Stop),
            (Action::Record, Scope::Meeting),
        ),
        (
            Command::RollCall(RollCallCommand::Close),
            Command::RollCall(RollCallCommand::Open),
            call,
        ),
        (
            call_off(1),
            vote(VoteMethod::RollCall),
            (Action::RunVotes, Scope::Meeting),
        ),
    ]
    .into_iter()
    .chain(apart().into_iter().map(|(command, needs)| {
        let (open, _) = groups().swap_remove(0);
        (open, command, needs)
    }))
    .collect()
}

/// What only somebody does to whom the chair gave the chance, what it must be
/// permitted to for getting it, and how others are refused.
fn answers() -> Vec<(Command, Command, Action, ErrorCode)> {
    let participant = || "người này".into();
    let everybody = RollCallCommand::Check {
        count: 100,
        seconds: 60,
    };
    let give = FloorCommand::Give {
        participant: participant(),
        seconds: None,
    };
    let ask = MicrophonesCommand::Ask {
        participant: participant(),
    };
    vec![
        (
            Command::Floor(give),
            Command::Floor(FloorCommand::GiveBack),
            Action::PublishMicrophone,
            ErrorCode::FloorNotHeld,
        ),
        (
            Command::Microphones(ask),
            Command::Microphones(MicrophonesCommand::Answer { accept: true }),
            Action::PublishMicrophone,
            ErrorCode::NotAsked,
        ),
        (
            Command::RollCall(everybody),
            Command::RollCall(RollCallCommand::Here),
            Action::AnswerRollCall,
            ErrorCode::NotAsked,
        ),
    ]
}

/// Commands of a newer client.
fn unknown() -> [Command; 14] {
    [
        Command::Unknown,
        Command::Floor(FloorCommand::Unknown),
        Command::Microphones(MicrophonesCommand::Unknown),
        Command::Admission(AdmissionCommand::Unknown),
        Command::Agenda(AgendaCommand::Unknown),
        Command::Conduct(ConductCommand::Unknown),
        Command::Recording(RecordingCommand::Unknown),
        Command::Stage(StageCommand::Unknown),
        Command::RollCall(RollCallCommand::Unknown),
        Command::Course(CourseCommand::Unknown),
        Command::Votes(VotesCommand::Unknown),
        Command::Documents(DocumentsCommand::Unknown),
        Command::Groups(GroupsCommand::Unknown),
        Command::Interpretation(InterpretationCommand::Unknown),
    ]
}

fn item(title: &str) -> Command {
    Command::Agenda(AgendaCommand::Add {
        title: title.to_owned(),
        minutes: None,
        speakers: String::new(),
        documents: Vec::new(),
    })
}

/// A meeting in which each of the commands finds something to do: xã An Bình
/// and xã Hòa Lạc ask for the floor, the latter holds it and consents to its
/// microphone being opened; two may hold it. A guest waits in the lobby, and
/// somebody was removed. There are two items on the agenda, the first is dealt
/// with, a roll call is open, and something is prepared for the stage. A vote
/// by roll call is open, and the chair leads through a document. Something is announced, a timer runs in a break, and
/// all that is a rehearsal.
fn busy() -> Meeting {
    let mut meeting = Meeting::rehearsing();
    meeting.joins("chủ tọa", Role::Chair);
    meeting.joins("xã An Bình", Role::Operator);
    meeting.joins("xã Hòa Lạc", Role::Operator);
    meeting.joins("người lạ mặt", Role::Delegate);
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
        (
            "chủ tọa",
            Command::Admission(AdmissionCommand::Remove {
                participant: "người lạ mặt".into(),
                reason: "Không có giấy mời".to_owned(),
            }),
        ),
        (
            "chủ tọa",
            Command::Admission(AdmissionCommand::SetLobby {
                mode: LobbyMode::Guests,
            }),
        ),
        ("chủ tọa", item("Khai mạc")),
        ("chủ tọa", item("Báo cáo")),
        (
            "chủ tọa",
            Command::Agenda(AgendaCommand::Start { number: 1 }),
        ),
        ("chủ tọa", Command::RollCall(RollCallCommand::Open)),
        (
            "chủ tọa",
            Command::Stage(StageCommand::Prepare {
                show: Some(StageShow::Sources {
                    sources: vec![camera("xã Hòa Lạc")],
                }),
            }),
        ),
        ("chủ tọa", vote(VoteMethod::RollCall)),
        (
            "chủ tọa",
            Command::Conduct(ConductCommand::Announce {
                text: "Chạy thử".to_owned(),
            }),
        ),
        (
            "chủ tọa",
            Command::Conduct(ConductCommand::StartTimer { seconds: 600 }),
        ),
        (
            "chủ tọa",
            Command::Conduct(ConductCommand::Pause { seconds: Some(600) }),
        ),
    ];
    for (who, command) in steps {
        meeting.commands(who, command).unwrap();
    }
    let guest = Newcomer {
        guest: true,
        unit: Some("Sở Y tế".to_owned()),
        ..newcomer(Some("Bà Lan"), Role::Delegate)
    };
    meeting.input("khách", &Input::Join(guest)).unwrap();
    let deposit = Deposit {
        place: DepositPlace::New {
            title: "Báo cáo".to_owned(),
            item: None,
            access: Default::default(),
            withdraw_at_end: false,
        },
        file: DocumentFile {
            name: "bao-cao.pdf".to_owned(),
            kind: DocumentKind::Pdf,
            size: 1_000,
            sha256: "5e88".to_owned(),
        },
    };
    let role = Some(Role::Chair);
    let put_in = Input::Deposit { role, deposit };
    meeting.input("chủ tọa", &put_in).unwrap();
    let newcomer = Newcomer {
        unit: Some("Sở Y tế".to_owned()),
        ..newcomer(Some("Minh"), Role::Delegate)
    };
    meeting.input("Minh", &Input::Join(newcomer)).unwrap();
    meeting.joins("Lan", Role::Delegate);
    let interpreters = ["Minh", "Lan"].map(|who| InterpretationCommand::Assign {
        channel: 1,
        participant: who.into(),
    });
    let channel = InterpretationCommand::Add {
        language: "English".to_owned(),
    };
    for command in [channel].into_iter().chain(interpreters) {
        let command = Command::Interpretation(command);
        meeting.commands("chủ tọa", command).unwrap();
    }
    let lead = DocumentsCommand::Lead {
        number: 1,
        version: 1,
        page: 1,
    };
    let lead = Command::Documents(lead);
    meeting.commands("chủ tọa", lead).unwrap();
    meeting
}

#[test]
fn every_command_by_every_role_obeys_the_table() {
    let alone = everything().into_iter();
    let alone = alone.map(|(command, needs)| (None, command, needs));
    let after = afterwards().into_iter();
    let after = after.map(|(before, command, needs)| (Some(before), command, Some(needs)));
    let commands: Vec<_> = alone.chain(after).collect();
    for role in Role::ALL {
        for (before, command, needs) in &commands {
            let mut meeting = busy();
            meeting.joins("người này", role);
            if let Some(before) = before {
                meeting.commands("chủ tọa", before.clone()).unwrap();
            }
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
fn whoever_was_given_the_chance_may_answer_and_nobody_else() {
    for role in Role::ALL {
        for (chance, answer, action, code) in answers() {
            let mut meeting = busy();
            meeting.joins("người này", role);
            let nothing = meeting.commands("người này", answer.clone());
            assert_eq!(nothing, Err(code), "{role:?} {answer:?}");
            let given = meeting.commands("chủ tọa", chance);
            let outcome = meeting.commands("người này", answer.clone());
            if permits(role, action, Scope::Own) {
                given.unwrap();
                let events = outcome.unwrap_or_else(|code| panic!("{role:?} {answer:?} {code:?}"));
                assert!(!events.is_empty(), "{role:?} {answer:?}");
            } else {
                assert_eq!(outcome, Err(code), "{role:?} {answer:?}");
            }
        }
    }
}

#[test]
fn only_who_may_vote_votes() {
    for role in Role::ALL {
        let mut meeting = busy();
        meeting.joins("người này", role);
        meeting.commands("chủ tọa", call_off(1)).unwrap();
        let by_hand = vote(VoteMethod::ShowOfHands);
        meeting.commands("chủ tọa", by_hand).unwrap();
        let [cast, take_paper] = voting();
        let by_paper = meeting.commands("người này", take_paper).unwrap_err();
        let by_hand = meeting.commands("người này", cast);
        if permits(role, Action::Vote, Scope::Own) {
            assert!(!by_hand.unwrap().is_empty(), "{role:?}");
            assert_ne!(by_paper, ErrorCode::Forbidden, "{role:?}");
        } else {
            assert_eq!(by_hand, Err(ErrorCode::Forbidden), "{role:?}");
            assert_eq!(by_paper, ErrorCode::Forbidden, "{role:?}");
        }
    }
}

#[test]
fn only_who_runs_groups_answers_their_calls() {
    let [answer, ..] = seldom();
    for role in Role::ALL {
        let mut meeting = busy();
        meeting.joins("người này", role);
        let (open, _) = groups().swap_remove(0);
        meeting.commands("chủ tọa", open).unwrap();
        let call = Command::Groups(GroupsCommand::Call);
        meeting.commands("xã An Bình", call).unwrap();
        let outcome = meeting.commands("người này", answer.clone());
        if permits(role, Action::RunGroups, Scope::Meeting) {
            assert!(!outcome.unwrap().is_empty(), "{role:?}");
        } else {
            assert_eq!(outcome, Err(ErrorCode::Forbidden), "{role:?}");
        }
    }
}

#[test]
fn only_an_interpreter_takes_the_air() {
    let [_, take, ..] = seldom();
    for role in Role::ALL {
        let mut meeting = busy();
        meeting.joins("người này", role);
        let nothing = meeting.commands("người này", take.clone());
        assert_eq!(nothing, Err(ErrorCode::NotInterpreter), "{role:?}");
        let assign = InterpretationCommand::Assign {
            channel: 1,
            participant: "người này".into(),
        };
        let assign = Command::Interpretation(assign);
        let assigned = meeting.commands("chủ tọa", assign);
        let outcome = meeting.commands("người này", take.clone());
        if permits(role, Action::PublishMicrophone, Scope::Own) && role != Role::Chair {
            assert!(!outcome.unwrap().is_empty(), "{role:?}");
        } else {
            assert_eq!(assigned, Err(ErrorCode::Forbidden), "{role:?}");
            assert_eq!(outcome, Err(ErrorCode::NotInterpreter), "{role:?}");
        }
    }
}

#[test]
fn only_who_may_record_lets_the_recording_pause_and_go_on() {
    let [.., pause, resume] = seldom();
    for role in Role::ALL {
        let mut meeting = busy();
        meeting.joins("người này", role);
        let announce = RecordingCommand::Announce { seconds: 10 };
        let announce = Command::Recording(announce);
        meeting.commands("chủ tọa", announce).unwrap();
        meeting.passes(20);
        for command in [&pause, &resume] {
            let outcome = meeting.commands("người này", command.clone());
            if permits(role, Action::Record, Scope::Meeting) {
                assert!(!outcome.unwrap().is_empty(), "{role:?}");
            } else {
                assert_eq!(outcome, Err(ErrorCode::Forbidden), "{role:?}");
            }
        }
    }
}

#[test]
fn no_command_is_forgotten_here() {
    let alone = everything().into_iter().map(|(command, _)| command);
    let after = afterwards().into_iter().map(|(_, command, _)| command);
    let answers = answers().into_iter().map(|(_, command, _, _)| command);
    let all = alone.chain(after).chain(answers).chain(unknown());
    let all = all.chain(voting()).chain(seldom());
    let tried: BTreeSet<&str> = all.map(|command| kind(&command)).collect();
    for kind in KINDS {
        assert!(tried.contains(kind), "nobody tries {kind}");
    }
}

#[test]
fn what_this_server_does_not_know_is_refused() {
    for role in Role::ALL {
        for command in unknown() {
            let mut meeting = busy();
            meeting.joins("người này", role);
            let outcome = meeting.commands("người này", command);
            assert_eq!(outcome, Err(ErrorCode::UnknownCommand));
        }
    }
}

#[test]
fn who_is_not_there_commands_nothing() {
    for (command, _) in everything() {
        let outcome = busy().commands("người lạ", command);
        assert_eq!(outcome, Err(ErrorCode::NotInMeeting));
    }
}
