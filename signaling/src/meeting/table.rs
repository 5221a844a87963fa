//! Every command by every role, against the table of permissions.

mod kinds;

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, AdmissionCommand, AgendaCommand, ChatMode, Command, ConductCommand, CourseCommand,
    ErrorCode, FloorCommand, FloorMode, FloorPolicy, LobbyMode, Majority, MicrophonesCommand,
    RecordingCommand, Role, RollCallCommand, StageCommand, StageShow, VoteMethod, VoteOption,
    VoteRules, VoteUnit, VotesCommand,
};

use super::world::{Meeting, camera, mute, newcomer};
use super::{Input, Newcomer};
use crate::permissions::{Scope, permits};
use kinds::{KINDS, kind};

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

/// A vote with the usual options.
fn vote(method: VoteMethod) -> Command {
    let rules = VoteRules {
        question: "Thông qua nghị quyết".to_owned(),
        options: VoteOption::usual(),
        method,
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
    ]
    .into_iter()
    .map(|command| (Command::Votes(command), run))
    .chain([(call_off(1), run)])
    .collect()
}

fn call_off(number: u32) -> Command {
    Command::Votes(VotesCommand::Cancel {
        number,
        reason: "Đọc nhầm câu hỏi".to_owned(),
    })
}

/// What voters do, in the second vote: by hand, and with a paper.
fn voting() -> [Command; 2] {
    let cast = VotesCommand::Cast {
        number: 2,
        counts: vec![1, 0, 0],
    };
    let take_paper = VotesCommand::TakePaper {
        number: 2,
        blinded: String::new(),
    };
    [Command::Votes(cast), Command::Votes(take_paper)]
}

fn admission() -> Vec<(Command, Needs)> {
    [
        (
            AdmissionCommand::SetLobby {
                mode: LobbyMode::All,
            },
            Action::SetPolicy,
        ),
        (AdmissionCommand::Lock { locked: true }, Action::SetPolicy),
        (
            AdmissionCommand::Admit {
                participant: "khách".into(),
            },
            Action::Admit,
        ),
        (AdmissionCommand::AdmitAll, Action::Admit),
        (
            AdmissionCommand::AdmitUnit {
                unit: "Sở Y tế".to_owned(),
            },
            Action::Admit,
        ),
        (
            AdmissionCommand::Remove {
                participant: "xã An Bình".into(),
                reason: "Vào nhầm".to_owned(),
            },
            Action::Remove,
        ),
        (
            AdmissionCommand::Readmit {
                participant: "người lạ mặt".into(),
            },
            Action::Remove,
        ),
        (
            AdmissionCommand::Rename {
                participant: "xã An Bình".into(),
                name: "Xã An Bình".to_owned(),
            },
            Action::Rename,
        ),
    ]
    .into_iter()
    .map(|(command, action)| (Command::Admission(command), Some((action, Scope::Meeting))))
    .collect()
}

fn agenda() -> Vec<(Command, Needs)> {
    [
        AgendaCommand::Add {
            title: "Khác".to_owned(),
            minutes: None,
            speakers: String::new(),
            documents: Vec::new(),
        },
        AgendaCommand::Change {
            number: 1,
            title: "Khai mạc".to_owned(),
            minutes: Some(5),
            speakers: String::new(),
            documents: Vec::new(),
        },
        AgendaCommand::Reorder { numbers: vec![2] },
        AgendaCommand::Remove { number: 2 },
        AgendaCommand::Start { number: 2 },
        AgendaCommand::Finish,
    ]
    .into_iter()
    .map(|command| {
        let needs = (Action::RunAgenda, Scope::Meeting);
        (Command::Agenda(command), Some(needs))
    })
    .collect()
}

fn roll_call() -> Vec<(Command, Needs)> {
    let call = (Action::CallTheRoll, Scope::Meeting);
    let answer = RollCallCommand::Answer {
        headcount: 5,
        delegates: String::new(),
    };
    let check = RollCallCommand::Check {
        count: 2,
        seconds: 30,
    };
    vec![
        (
            Command::RollCall(answer),
            Some((Action::AnswerRollCall, Scope::Own)),
        ),
        (Command::RollCall(RollCallCommand::Close), Some(call)),
        (Command::RollCall(check), Some(call)),
    ]
}

fn stage() -> Vec<(Command, Needs)> {
    [
        StageCommand::Prepare {
            show: Some(StageShow::FollowSpeaker),
        },
        StageCommand::Take,
        StageCommand::Give {
            participant: "xã An Bình".into(),
            source: Some(camera("xã Hòa Lạc")),
        },
    ]
    .into_iter()
    .map(|command| {
        let needs = (Action::SetStage, Scope::Meeting);
        (Command::Stage(command), Some(needs))
    })
    .collect()
}

fn conduct() -> Vec<(Command, Needs)> {
    let all = |action| Some((action, Scope::Meeting));
    let conduct = |command| (Command::Conduct(command), all(Action::Conduct));
    let announce = ConductCommand::Announce {
        text: "Họp tiếp lúc 14 giờ".to_owned(),
    };
    let off = ConductCommand::SetChat {
        mode: ChatMode::Off,
    };
    let record = RecordingCommand::Announce { seconds: 60 };
    let agree = RecordingCommand::Consent { given: true };
    vec![
        conduct(announce),
        conduct(ConductCommand::Withdraw),
        conduct(ConductCommand::StartTimer { seconds: 60 }),
        conduct(ConductCommand::StopTimer),
        conduct(ConductCommand::Pause { seconds: None }),
        conduct(ConductCommand::Resume),
        (Command::Conduct(off), all(Action::SetPolicy)),
        (Command::Recording(record), all(Action::Record)),
        (Command::Recording(agree), None),
        (OPEN, all(Action::OpenMeeting)),
        (END, all(Action::EndMeeting)),
    ]
}

const OPEN: Command = Command::Course(CourseCommand::Open);
const END: Command = Command::Course(CourseCommand::End);

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
fn unknown() -> [Command; 11] {
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
/// by roll call is open. Something is announced, a timer runs in a break, and
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
fn no_command_is_forgotten_here() {
    let alone = everything().into_iter().map(|(command, _)| command);
    let after = afterwards().into_iter().map(|(_, command, _)| command);
    let answers = answers().into_iter().map(|(_, command, _, _)| command);
    let all = alone.chain(after).chain(answers).chain(unknown());
    let all = all.chain(voting());
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
