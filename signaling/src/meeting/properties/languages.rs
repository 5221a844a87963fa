//! Any command about interpretation.

use std::collections::BTreeSet;

use diemcau_protocol::{InterpretationCommand, Role};
use proptest::option;
use proptest::prelude::*;

use super::commands::who;
use crate::meeting::{State, floor};

pub(super) fn command() -> impl Strategy<Value = InterpretationCommand> {
    let channel = 0..4_u32;
    prop_oneof![
        2 => "[ab]{0,1}".prop_map(|language| InterpretationCommand::Add { language }),
        1 => channel.clone().prop_map(|channel| InterpretationCommand::Remove { channel }),
        4 => (channel.clone(), who()).prop_map(|(channel, participant)| {
            InterpretationCommand::Assign {
                channel,
                participant,
            }
        }),
        1 => who().prop_map(|participant| InterpretationCommand::Dismiss { participant }),
        2 => Just(InterpretationCommand::TakeAir),
        2 => who().prop_map(|participant| InterpretationCommand::HandOver { participant }),
        3 => option::of(channel).prop_map(|channel| InterpretationCommand::Listen { channel }),
    ]
}

/// Everybody interprets one channel at most, is here and has not the floor;
/// who is on air is one of the channel's interpreters.
pub(super) fn are_sound(state: &State) {
    let interpretation = &state.procedure.interpretation;
    let mut seen = BTreeSet::new();
    for channel in &interpretation.channels {
        assert!((1..=interpretation.numbered).contains(&channel.number));
        for id in &channel.interpreters {
            assert!(seen.insert(id), "interprets twice");
            let member = state.here(id).expect("interprets and is here");
            assert!(member.role != Role::Chair && member.role != Role::Observer);
            assert!(!floor::holds(state, id), "is not heard on the floor");
        }
        let on_air = channel.on_air.as_ref();
        assert!(on_air.is_none_or(|id| channel.interpreters.contains(id)));
    }
    for (id, to) in &interpretation.listening {
        assert!(state.here(id).is_some());
        assert!(interpretation.channels.iter().any(|c| c.number == *to));
    }
}
