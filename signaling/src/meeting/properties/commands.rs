//! Any command at all.

use diemcau_protocol::{
    Command, FloorCommand, FloorMode, FloorPolicy, MicrophonesCommand, ParticipantId, SourceKind,
    SourceRef,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

/// Any command.
pub(super) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        10 => basic(),
        6 => floor().prop_map(Command::Floor),
        6 => microphones().prop_map(Command::Microphones),
        10 => super::votes::command().prop_map(Command::Votes),
    ]
}

fn who() -> impl Strategy<Value = ParticipantId> {
    (0..8_usize).prop_map(participant)
}

fn seconds() -> impl Strategy<Value = u32> {
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
