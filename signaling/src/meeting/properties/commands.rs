//! Any command at all.

use diemcau_protocol::{
    AdmissionCommand, AgendaCommand, ChatMode, Command, ConductCommand, CourseCommand,
    FloorCommand, FloorMode, FloorPolicy, LobbyMode, MicrophonesCommand, ParticipantId,
    RecordingCommand, RollCallCommand, SourceKind, SourceRef, StageCommand, StageShow,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

/// Any command.
pub(super) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        20 => basic(),
        12 => floor().prop_map(Command::Floor),
        12 => microphones().prop_map(Command::Microphones),
        12 => admission().prop_map(Command::Admission),
        8 => stage().prop_map(Command::Stage),
        8 => conduct().prop_map(Command::Conduct),
        4 => recording().prop_map(Command::Recording),
        8 => agenda().prop_map(Command::Agenda),
        8 => roll_call().prop_map(Command::RollCall),
        1 => course().prop_map(Command::Course),
        8 => super::documents::command().prop_map(Command::Documents),
        8 => super::parting::command().prop_map(Command::Groups),
        8 => super::languages::command().prop_map(Command::Interpretation),
        20 => super::votes::command().prop_map(Command::Votes),
    ]
}

pub(super) fn who() -> impl Strategy<Value = ParticipantId> {
    (0..8_usize).prop_map(participant)
}

pub(super) fn seconds() -> impl Strategy<Value = u32> {
    prop_oneof![20 => 1..120_u32, 1 => Just(0), 1 => any::<u32>()]
}

fn floor() -> impl Strategy<Value = FloorCommand> {
    let policy = (
        any::<bool>(),
        0..4_u8,
        option::of(seconds()),
        seconds(),
        any::<bool>(),
    );
    let policy =
        policy.prop_map(
            |(open, at_once, seconds, warn_before, ends_by_itself)| FloorPolicy {
                mode: if open {
                    FloorMode::Open
                } else {
                    FloorMode::ByFloor
                },
                at_once,
                seconds,
                warn_before,
                ends_by_itself,
            },
        );
    prop_oneof![
        policy.prop_map(|policy| FloorCommand::SetPolicy { policy }),
        vec(who(), 0..5).prop_map(|participants| FloorCommand::Order { participants }),
        (who(), option::of(seconds())).prop_map(|(participant, seconds)| FloorCommand::Give {
            participant,
            seconds
        }),
        (who(), option::of(seconds())).prop_map(|(participant, seconds)| FloorCommand::Give {
            participant,
            seconds
        }),
        (who(), seconds()).prop_map(|(participant, seconds)| FloorCommand::Extend {
            participant,
            seconds
        }),
        who().prop_map(|participant| FloorCommand::TakeBack { participant }),
        Just(FloorCommand::GiveBack),
    ]
}

fn admission() -> impl Strategy<Value = AdmissionCommand> {
    let modes = vec![LobbyMode::Off, LobbyMode::Guests, LobbyMode::All];
    prop_oneof![
        2 => prop::sample::select(modes).prop_map(|mode| AdmissionCommand::SetLobby { mode }),
        1 => any::<bool>().prop_map(|locked| AdmissionCommand::Lock { locked }),
        2 => who().prop_map(|participant| AdmissionCommand::Admit { participant }),
        1 => Just(AdmissionCommand::AdmitAll),
        1 => Just(AdmissionCommand::AdmitUnit { unit: "Sở Y tế".to_owned() }),
        1 => (who(), ".{0,6}").prop_map(|(participant, reason)| AdmissionCommand::Remove {
            participant,
            reason
        }),
        2 => who().prop_map(|participant| AdmissionCommand::Readmit { participant }),
        1 => (who(), ".{0,6}").prop_map(|(participant, name)| AdmissionCommand::Rename {
            participant,
            name
        }),
    ]
}

fn source() -> impl Strategy<Value = SourceRef> {
    let kind = prop::sample::select(SourceKind::ALL.to_vec());
    (who(), kind).prop_map(|(participant, kind)| SourceRef { participant, kind })
}

fn stage() -> impl Strategy<Value = StageCommand> {
    let show = prop_oneof![
        Just(StageShow::FollowSpeaker),
        vec(source(), 0..5).prop_map(|sources| StageShow::Sources { sources }),
        (0..4_u32).prop_map(|page| StageShow::Document {
            reference: "bao-cao.pdf".to_owned(),
            page
        }),
    ];
    prop_oneof![
        3 => option::of(show).prop_map(|show| StageCommand::Prepare { show }),
        2 => Just(StageCommand::Take),
        1 => (who(), option::of(source())).prop_map(|(participant, source)| StageCommand::Give {
            participant,
            source
        }),
    ]
}

fn conduct() -> impl Strategy<Value = ConductCommand> {
    let modes = vec![ChatMode::All, ChatMode::ToController, ChatMode::Off];
    prop_oneof![
        ".{0,6}".prop_map(|text| ConductCommand::Announce { text }),
        Just(ConductCommand::Withdraw),
        seconds().prop_map(|seconds| ConductCommand::StartTimer { seconds }),
        Just(ConductCommand::StopTimer),
        option::of(seconds()).prop_map(|seconds| ConductCommand::Pause { seconds }),
        Just(ConductCommand::Resume),
        prop::sample::select(modes).prop_map(|mode| ConductCommand::SetChat { mode }),
        (".{0,6}", any::<bool>())
            .prop_map(|(text, conclusion)| ConductCommand::Note { text, conclusion }),
    ]
}

fn recording() -> impl Strategy<Value = RecordingCommand> {
    prop_oneof![
        seconds().prop_map(|seconds| RecordingCommand::Announce { seconds }),
        Just(RecordingCommand::Stop),
        Just(RecordingCommand::Pause),
        Just(RecordingCommand::Resume),
        any::<bool>().prop_map(|given| RecordingCommand::Consent { given }),
    ]
}

/// An end ends everything that comes after it, so it is rare.
fn course() -> impl Strategy<Value = CourseCommand> {
    prop_oneof![
        2 => Just(CourseCommand::Open),
        1 => Just(CourseCommand::End),
    ]
}

fn agenda() -> impl Strategy<Value = AgendaCommand> {
    let number = 0..6_u32;
    prop_oneof![
        2 => (".{0,6}", option::of(0..3_u32), ".{0,6}").prop_map(|(title, minutes, speakers)| {
            AgendaCommand::Add {
                title,
                minutes,
                speakers,
                documents: Vec::new(),
            }
        }),
        1 => (number.clone(), "[a-z]{1,2}", option::of(1..3_u32)).prop_map(
            |(number, title, minutes)| AgendaCommand::Change {
                number,
                title,
                minutes,
                speakers: String::new(),
                documents: Vec::new(),
            }
        ),
        1 => vec(number.clone(), 0..4).prop_map(|numbers| AgendaCommand::Reorder { numbers }),
        1 => number.clone().prop_map(|number| AgendaCommand::Remove { number }),
        3 => number.prop_map(|number| AgendaCommand::Start { number }),
        1 => Just(AgendaCommand::Finish),
    ]
}

fn roll_call() -> impl Strategy<Value = RollCallCommand> {
    prop_oneof![
        2 => Just(RollCallCommand::Open),
        3 => (0..20_u32, ".{0,6}").prop_map(|(headcount, delegates)| RollCallCommand::Answer {
            headcount,
            delegates
        }),
        1 => Just(RollCallCommand::Close),
        2 => (0..4_u32, seconds()).prop_map(|(count, seconds)| RollCallCommand::Check {
            count,
            seconds
        }),
        2 => Just(RollCallCommand::Here),
    ]
}

fn microphones() -> impl Strategy<Value = MicrophonesCommand> {
    prop_oneof![
        who().prop_map(|participant| MicrophonesCommand::Ask { participant }),
        any::<bool>().prop_map(|accept| MicrophonesCommand::Answer { accept }),
        any::<bool>().prop_map(|given| MicrophonesCommand::Consent { given }),
        who().prop_map(|participant| MicrophonesCommand::Open { participant }),
        btree_set(who(), 0..3).prop_map(|except| MicrophonesCommand::MuteAll { except }),
        Just(MicrophonesCommand::LiftAll),
    ]
}

pub(super) fn participant(index: usize) -> ParticipantId {
    ParticipantId(format!("nguoi-{index}"))
}

fn basic() -> impl Strategy<Value = Command> {
    let who = (0..8_usize).prop_map(participant);
    let kind = prop::sample::select(SourceKind::ALL.to_vec());
    let source =
        (who.clone(), kind).prop_map(|(participant, kind)| SourceRef { participant, kind });
    prop_oneof![
        any::<bool>().prop_map(|on| Command::SetMicrophone { on }),
        any::<bool>().prop_map(|on| Command::SetCamera { on }),
        any::<bool>().prop_map(|on| Command::SetScreen { on }),
        (who.clone(), any::<bool>())
            .prop_map(|(participant, muted)| Command::SetMuted { participant, muted }),
        any::<bool>().prop_map(|raised| Command::SetHand { raised }),
        who.prop_map(|participant| Command::LowerHand { participant }),
        ".{0,12}".prop_map(|text| Command::SendChat { text }),
        prop::option::of(source).prop_map(|source| Command::SetStage { source }),
        Just(Command::Leave),
        Just(Command::Unknown),
    ]
}
