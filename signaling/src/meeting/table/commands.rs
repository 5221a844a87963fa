//! Commands that find something to do, and what must be permitted for them.

use diemcau_protocol::{
    Action, AdmissionCommand, AgendaCommand, ChatMode, Command, ConductCommand, CourseCommand,
    DocumentsCommand, FloorCommand, FloorMode, FloorPolicy, GroupPlan, GroupsCommand,
    InterpretationCommand, LobbyMode, Majority, MicrophonesCommand, RecordingCommand,
    RollCallCommand, StageCommand, StageShow, VoteMethod, VoteOption, VoteRules, VoteUnit,
    VotesCommand,
};

use crate::meeting::world::{camera, mute};
use crate::permissions::Scope;

/// What must be permitted for a command, or nothing where everybody may.
pub(super) type Needs = Option<(Action, Scope)>;

pub(super) fn basics() -> Vec<(Command, Needs)> {
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

pub(super) fn floor() -> Vec<(Command, Needs)> {
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

pub(super) fn microphones() -> Vec<(Command, Needs)> {
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
pub(super) fn vote(method: VoteMethod) -> Command {
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

pub(super) fn votes() -> Vec<(Command, Needs)> {
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

pub(super) fn call_off(number: u32) -> Command {
    Command::Votes(VotesCommand::Cancel {
        number,
        reason: "Đọc nhầm câu hỏi".to_owned(),
    })
}

/// What voters do, in the second vote: by hand, and with a paper.
pub(super) fn voting() -> [Command; 2] {
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

pub(super) fn admission() -> Vec<(Command, Needs)> {
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

pub(super) fn agenda() -> Vec<(Command, Needs)> {
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

pub(super) fn roll_call() -> Vec<(Command, Needs)> {
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

pub(super) fn stage() -> Vec<(Command, Needs)> {
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

pub(super) fn conduct() -> Vec<(Command, Needs)> {
    let all = |action| Some((action, Scope::Meeting));
    let conduct = |command| (Command::Conduct(command), all(Action::Conduct));
    let announce = ConductCommand::Announce {
        text: "Họp tiếp lúc 14 giờ".to_owned(),
    };
    let off = ConductCommand::SetChat {
        mode: ChatMode::Off,
    };
    let note = ConductCommand::Note {
        text: "Xã An Bình đề nghị hỗ trợ".to_owned(),
        conclusion: false,
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
        conduct(note),
        (Command::Conduct(off), all(Action::SetPolicy)),
        (Command::Recording(record), all(Action::Record)),
        (Command::Recording(agree), None),
        (OPEN, all(Action::OpenMeeting)),
        (END, all(Action::EndMeeting)),
    ]
}

pub(super) const OPEN: Command = Command::Course(CourseCommand::Open);
pub(super) const END: Command = Command::Course(CourseCommand::End);

/// A document is there, and the chair leads in it.
pub(super) fn documents() -> Vec<(Command, Needs)> {
    [
        DocumentsCommand::Change {
            number: 1,
            title: "Báo cáo đã sửa".to_owned(),
            item: None,
            access: Default::default(),
            withdraw_at_end: true,
        },
        DocumentsCommand::Withdraw { number: 1 },
        DocumentsCommand::Lead {
            number: 1,
            version: 1,
            page: 2,
        },
        DocumentsCommand::EndLead,
    ]
    .into_iter()
    .map(|command| {
        let needs = (Action::ManageDocuments, Scope::Meeting);
        (Command::Documents(command), Some(needs))
    })
    .collect()
}

/// No groups are open.
pub(super) fn groups() -> Vec<(Command, Needs)> {
    let plan = GroupPlan {
        name: "Huyện Đông".to_owned(),
        units: vec!["Huyện Đông".to_owned()],
        participants: ["xã An Bình".into(), "người này".into()].into(),
    };
    [
        GroupsCommand::Open {
            groups: vec![plan],
            seconds: None,
        },
        GroupsCommand::OpenByUnit { seconds: None },
    ]
    .into_iter()
    .map(|command| {
        let needs = (Action::RunGroups, Scope::Meeting);
        (Command::Groups(command), Some(needs))
    })
    .collect()
}

/// What finds something to do once [`groups`] were opened by hand.
pub(super) fn apart() -> Vec<(Command, (Action, Scope))> {
    let run = (Action::RunGroups, Scope::Meeting);
    [
        (
            GroupsCommand::Move {
                participant: "xã An Bình".into(),
                group: None,
            },
            run,
        ),
        (GroupsCommand::SetTime { seconds: Some(60) }, run),
        (GroupsCommand::Call, (Action::RaiseHand, Scope::Own)),
        (GroupsCommand::Close, run),
    ]
    .into_iter()
    .map(|(command, needs)| (Command::Groups(command), needs))
    .collect()
}

/// There is a channel with two interpreters: Minh, who is on air, and Lan.
pub(super) fn interpretation() -> Vec<(Command, Needs)> {
    let run = Some((Action::RunInterpretation, Scope::Meeting));
    [
        (
            InterpretationCommand::Add {
                language: "ລາວ".to_owned(),
            },
            run,
        ),
        (
            InterpretationCommand::Assign {
                channel: 1,
                participant: "xã An Bình".into(),
            },
            run,
        ),
        (
            InterpretationCommand::HandOver {
                participant: "Lan".into(),
            },
            run,
        ),
        (
            InterpretationCommand::Dismiss {
                participant: "Minh".into(),
            },
            run,
        ),
        (InterpretationCommand::Listen { channel: Some(1) }, None),
        (InterpretationCommand::Remove { channel: 1 }, run),
    ]
    .into_iter()
    .map(|(command, needs)| (Command::Interpretation(command), needs))
    .collect()
}

/// What only tests of their own try.
pub(super) fn seldom() -> [Command; 4] {
    [
        Command::Groups(GroupsCommand::Answer { group: 1 }),
        Command::Interpretation(InterpretationCommand::TakeAir),
        Command::Recording(RecordingCommand::Pause),
        Command::Recording(RecordingCommand::Resume),
    ]
}
