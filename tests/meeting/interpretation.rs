//! Interpretation: a listener hears its interpreter above the floor, and the
//! floor hears no interpreter.

use std::time::Duration;

use diemcau_protocol::{Command, InterpretationCommand, Role, SlotKind};

use crate::support::world::{Line, World};

fn interpretation(world: &mut World, who: &str, command: InterpretationCommand) {
    world.command(who, Command::Interpretation(command));
}

fn assign(world: &mut World, who: &str) {
    let command = InterpretationCommand::Assign {
        channel: 1,
        participant: who.into(),
    };
    interpretation(world, "chu-toa", command);
}

/// The chair speaks; Lan and Minh interpret, Lan is on air; xã An Bình listens
/// to them, xã Hòa Lạc to the floor.
fn with_interpreters(workers: u16) -> World {
    let mut world = World::with_workers(2028, workers);
    for (name, role) in [
        ("chu-toa", Role::Chair),
        ("an-binh", Role::Operator),
        ("hoa-lac", Role::Operator),
        ("lan", Role::Delegate),
        ("minh", Role::Delegate),
    ] {
        world.join(name, role, Line::GOOD);
    }
    let english = InterpretationCommand::Add {
        language: "English".to_owned(),
    };
    interpretation(&mut world, "chu-toa", english);
    assign(&mut world, "lan");
    assign(&mut world, "minh");
    let listen = InterpretationCommand::Listen { channel: Some(1) };
    interpretation(&mut world, "an-binh", listen);
    for name in ["chu-toa", "lan", "minh"] {
        world.person_mut(name).speaks = true;
    }
    world
}

/// Whom somebody hears, after a moment.
fn hears(world: &mut World, who: &str) -> Vec<u32> {
    world.run(Duration::from_secs(2));
    let since = world.now();
    world.run(Duration::from_secs(1));
    let person = world.person(who);
    let sounds = [SlotKind::StageSound, SlotKind::Sound];
    let mut heard = sounds.map(|kind| person.seen_since(kind, since)).concat();
    heard.sort_unstable();
    heard.dedup();
    heard
}

fn numbers<const N: usize>(world: &World, who: [&str; N]) -> [u32; N] {
    who.map(|name| world.number(name))
}

fn a_listener_hears_its_interpreter_and_the_floor_does_not(workers: u16) {
    let mut world = with_interpreters(workers);
    let [chair, lan, minh] = numbers(&world, ["chu-toa", "lan", "minh"]);
    assert_eq!(hears(&mut world, "an-binh"), [chair, lan]);
    assert_eq!(hears(&mut world, "hoa-lac"), [chair]);
    assert_eq!(
        hears(&mut world, "minh"),
        [chair],
        "who interprets hears the floor"
    );
    assert_eq!(
        world.stage(),
        Some("chu-toa"),
        "and is not taken for the speaker"
    );

    let hand_over = InterpretationCommand::HandOver {
        participant: "minh".into(),
    };
    interpretation(&mut world, "lan", hand_over);
    assert_eq!(hears(&mut world, "an-binh"), [chair, minh]);

    // A pause of the interpreter's does not cost it its slot.
    world.person_mut("minh").speaks = false;
    world.run(Duration::from_secs(5));
    assert_eq!(hears(&mut world, "an-binh"), [chair, minh]);

    world.command("minh", Command::SetMicrophone { on: false });
    assert_eq!(hears(&mut world, "an-binh"), [chair], "the floor is left");
    interpretation(&mut world, "lan", InterpretationCommand::TakeAir);
    assert_eq!(hears(&mut world, "an-binh"), [chair, lan]);
    world.command("lan", Command::Leave);
    assert_eq!(hears(&mut world, "an-binh"), [chair]);
}

#[test]
fn a_listener_hears_its_interpreter_above_the_floor_and_nobody_else_does() {
    a_listener_hears_its_interpreter_and_the_floor_does_not(1);
}

#[test]
fn interpreters_are_heard_across_workers() {
    a_listener_hears_its_interpreter_and_the_floor_does_not(2);
}

#[test]
fn who_goes_back_to_the_floor_hears_no_interpreter_at_once() {
    let mut world = with_interpreters(1);
    let [chair, lan] = numbers(&world, ["chu-toa", "lan"]);
    assert_eq!(hears(&mut world, "an-binh"), [chair, lan]);
    let floor = InterpretationCommand::Listen { channel: None };
    interpretation(&mut world, "an-binh", floor);
    assert_eq!(hears(&mut world, "an-binh"), [chair]);
    // On the stage, an interpreter is seen and not heard.
    let source = Some(crate::support::world::camera("lan"));
    world.draws("hoa-lac", 720, &[]);
    world.command("chu-toa", Command::SetStage { source });
    assert_eq!(hears(&mut world, "hoa-lac"), [chair]);
    assert!(
        world
            .person("hoa-lac")
            .slots_of(SlotKind::StagePicture)
            .any(|slot| {
                let seen = slot.decoder.decoded.last();
                seen.is_some_and(|frame| frame.label.number == lan)
            })
    );
    // Dismissed, it is on the floor like anybody.
    let dismiss = InterpretationCommand::Dismiss {
        participant: "lan".into(),
    };
    interpretation(&mut world, "chu-toa", dismiss);
    assert_eq!(hears(&mut world, "hoa-lac"), [chair, lan]);
}
