//! Any command about group discussions.

use diemcau_protocol::{GroupPlan, GroupsCommand};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::commands::{seconds, who};
use crate::meeting::{State, floor};

pub(super) fn command() -> impl Strategy<Value = GroupsCommand> {
    let unit = (0..3_u32).prop_map(|number| format!("Huyện {number}"));
    let plan =
        (vec(unit, 0..2), btree_set(who(), 0..2)).prop_map(|(units, participants)| GroupPlan {
            name: "Nhóm".to_owned(),
            units,
            participants,
        });
    prop_oneof![
        2 => (vec(plan, 0..3), option::of(seconds())).prop_map(|(groups, seconds)| {
            GroupsCommand::Open { groups, seconds }
        }),
        1 => option::of(seconds()).prop_map(|seconds| GroupsCommand::OpenByUnit { seconds }),
        2 => (who(), option::of(0..6_u32)).prop_map(|(participant, group)| GroupsCommand::Move {
            participant,
            group,
        }),
        1 => option::of(seconds()).prop_map(|seconds| GroupsCommand::SetTime { seconds }),
        1 => Just(GroupsCommand::Call),
        1 => (0..6_u32).prop_map(|group| GroupsCommand::Answer { group }),
        1 => Just(GroupsCommand::Close),
    ]
}

/// Everybody is in a group that there is, and nobody there has the floor.
pub(super) fn is_sound(state: &State) {
    let Some(open) = &state.procedure.groups.open else {
        return;
    };
    let numbers: Vec<u32> = open.groups.iter().map(|group| group.number).collect();
    assert!(!numbers.is_empty());
    for (id, group) in &open.members {
        assert!(numbers.contains(group) && state.members.contains_key(id));
        assert!(!floor::holds(state, id), "the floor is of the plenary");
    }
    assert!(open.calls.iter().all(|group| numbers.contains(group)));
}
