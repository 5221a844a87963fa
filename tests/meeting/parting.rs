//! Group discussion: nobody hears or sees another group, and when all are
//! back all hear all.

use std::time::Duration;

use diemcau_protocol::{Command, GroupPlan, GroupsCommand, Role, SlotKind};

use crate::support::world::{Line, World};

const EAST: [&str; 2] = ["huyen-dong", "an-binh"];
const WEST: [&str; 2] = ["huyen-tay", "hoa-lac"];
const PLENARY: [&str; 2] = ["chu-toa", "ky-thuat"];
const KINDS: [SlotKind; 4] = [
    SlotKind::StagePicture,
    SlotKind::StageSound,
    SlotKind::Sound,
    SlotKind::Picture,
];

fn plan(name: &str, who: &[&str]) -> GroupPlan {
    GroupPlan {
        name: name.to_owned(),
        units: Vec::new(),
        participants: who.iter().map(|id| (*id).into()).collect(),
    }
}

/// Everybody is there, speaks, and draws one of each of the other groups.
fn province(workers: u16) -> World {
    let mut world = World::with_workers(2027, workers);
    for (name, role) in [
        ("chu-toa", Role::Chair),
        ("ky-thuat", Role::Controller),
        ("huyen-dong", Role::Operator),
        ("an-binh", Role::Operator),
        ("huyen-tay", Role::Operator),
        ("hoa-lac", Role::Operator),
    ] {
        world.join(name, role, Line::GOOD);
        world.person_mut(name).speaks = true;
    }
    for (own, others) in [(EAST, WEST), (WEST, PLENARY), (PLENARY, EAST)] {
        for (who, own) in [(own[0], own[1]), (own[1], own[0])] {
            world.draws(who, 720, &[(own, 180), (others[0], 180)]);
        }
    }
    world
}

fn parts(world: &mut World) {
    let groups = vec![plan("Huyện Đông", &EAST), plan("Huyện Tây", &WEST)];
    let open = GroupsCommand::Open {
        groups,
        seconds: None,
    };
    world.command("chu-toa", Command::Groups(open));
    // What was on its way has arrived.
    world.run(Duration::from_millis(50));
}

/// Whom somebody hears and sees within the next seconds, in any slot.
fn notices(world: &mut World, who: &str) -> Vec<u32> {
    let since = world.now();
    world.run(Duration::from_secs(3));
    let person = world.person(who);
    let mut all: Vec<u32> = KINDS
        .into_iter()
        .flat_map(|kind| person.seen_since(kind, since))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn each_group_hears_and_sees_only_itself(workers: u16) {
    let mut world = province(workers);
    world.run(Duration::from_secs(3));
    parts(&mut world);
    for group in [EAST, WEST, PLENARY] {
        for (who, other) in [(group[0], group[1]), (group[1], group[0])] {
            let other = world.number(other);
            assert_eq!(notices(&mut world, who), [other], "{who}, of {workers}");
        }
    }
    let on_stage = world.stage().map(str::to_owned);
    assert!(PLENARY.contains(&on_stage.as_deref().unwrap_or_default()));

    // One is brought to the plenary, and is heard there.
    let back = GroupsCommand::Move {
        participant: "an-binh".into(),
        group: None,
    };
    world.command("chu-toa", Command::Groups(back));
    world.run(Duration::from_millis(50));
    assert!(notices(&mut world, "huyen-dong").is_empty(), "alone now");
    let moved = world.number("an-binh");
    assert!(notices(&mut world, "ky-thuat").contains(&moved));

    world.command("chu-toa", Command::Groups(GroupsCommand::Close));
    let everybody: Vec<&str> = [EAST, WEST, PLENARY].concat();
    for speaker in &everybody {
        for name in &everybody {
            world.person_mut(name).speaks = name == speaker;
        }
        world.run(Duration::from_secs(2));
        let since = world.now();
        world.run(Duration::from_secs(1));
        let number = world.number(speaker);
        for listener in everybody.iter().filter(|name| *name != speaker) {
            let person = world.person(listener);
            let sounds = [SlotKind::StageSound, SlotKind::Sound];
            let heard = sounds.map(|kind| person.seen_since(kind, since)).concat();
            assert!(heard.contains(&number), "{listener} hears {speaker} again");
        }
    }
}

#[test]
fn each_district_hears_and_sees_only_itself_until_all_are_back() {
    each_group_hears_and_sees_only_itself(1);
}

#[test]
fn groups_are_apart_across_workers() {
    each_group_hears_and_sees_only_itself(2);
}
