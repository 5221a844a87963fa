//! Stories of cameras that send one stream with several spatial layers.

use std::time::{Duration, Instant};

use diemcau_protocol::{Role, SlotKind};

use crate::support::world::{Decoded, Line, World, camera};
use crate::{BAD_LINE, assert_unbroken, seconds};

/// An Bình's camera in three sizes: on the stage, in a tile, in a thumbnail.
fn three_sizes(line: Line, workers: u16) -> World {
    let mut world = World::scalable(2026, workers);
    world.join("an-binh", Role::Operator, line);
    for (who, role, height) in [
        ("chu-toa", Role::Chair, 720),
        ("hoa-lac", Role::Operator, 360),
        ("tan-phu", Role::Operator, 180),
    ] {
        world.join(who, role, line);
        world.draws(who, 0, &[("an-binh", height)]);
    }
    world
}

/// An Bình's pictures as somebody sees them, since then.
fn seen(world: &World, who: &str, since: Instant) -> Vec<Decoded> {
    let number = world.number("an-binh");
    let mut frames = world.person(who).decoded(SlotKind::Picture, number);
    frames.retain(|frame| frame.at >= since);
    frames
}

fn heights(frames: &[Decoded]) -> Vec<u32> {
    let mut heights: Vec<u32> = frames.iter().map(|frame| frame.label.height).collect();
    heights.dedup();
    heights
}

fn assert_whole(world: &World) {
    for who in ["chu-toa", "hoa-lac", "tan-phu"] {
        for slot in world.person(who).slots_of(SlotKind::Picture) {
            assert_eq!(slot.decoder.broken, 0, "{who}: a torn picture");
        }
    }
}

#[test]
fn each_receiver_gets_the_layers_that_it_draws_and_no_more() {
    for workers in [1, 2] {
        let mut world = three_sizes(Line::GOOD, workers);
        world.run(seconds(2));
        let since = world.now();
        world.run(seconds(3));
        for (who, height) in [("chu-toa", 720), ("hoa-lac", 360), ("tan-phu", 180)] {
            let frames = seen(&world, who, since);
            assert_unbroken(&frames, who);
            assert_eq!(heights(&frames), [height], "{who}");
        }
        assert_whole(&world);
    }
}

#[test]
fn who_draws_it_larger_goes_up_at_a_keyframe() {
    let mut world = three_sizes(Line::GOOD, 1);
    world.run(seconds(2));
    let since = world.now();
    for height in [720, 180, 360, 720] {
        world.draws("tan-phu", 0, &[("an-binh", height)]);
        world.run(seconds(2));
    }
    let frames = seen(&world, "tan-phu", since);
    assert_eq!(heights(&frames), [180, 720, 180, 360, 720]);
    assert_unbroken(&frames, "tan-phu");
    for pair in frames.windows(2) {
        let step = pair[1].rtp_time.wrapping_sub(pair[0].rtp_time);
        assert_eq!(step, 3_600, "one clock through every change");
    }
    assert_whole(&world);
    let told = world.person("tan-phu").slots_of(SlotKind::Picture);
    let told: Vec<_> = told.map(|slot| slot.told.clone()).collect();
    assert!(told.contains(&Some(camera("an-binh"))));
}

#[test]
fn a_line_that_narrows_gets_a_lower_layer_and_a_better_one_the_higher() {
    let mut world = three_sizes(Line::GOOD, 1);
    world.run(seconds(5));
    world.person_mut("chu-toa").narrows(450);
    world.run(seconds(15));
    let narrow = world.now();
    world.run(seconds(3));
    let frames = seen(&world, "chu-toa", narrow);
    assert!(frames.len() > 50, "it goes on: {}", frames.len());
    let low = heights(&frames);
    assert!(low.iter().all(|height| *height < 720), "{low:?}");
    world.person_mut("chu-toa").set_line(Line::GOOD);
    world.run_until("the line is found to be good again", |world| {
        let frames = seen(world, "chu-toa", narrow);
        frames.last().is_some_and(|frame| frame.label.height == 720)
    });
    let since = world.now();
    world.run(seconds(2));
    assert_eq!(heights(&seen(&world, "chu-toa", since)), [720]);
    let others = seen(&world, "hoa-lac", narrow);
    assert_eq!(heights(&others), [360], "nobody else notices");
}

#[test]
fn what_is_lost_on_the_way_is_asked_for_again() {
    let mut world = three_sizes(BAD_LINE, 1);
    world.run(seconds(2));
    let since = world.now();
    world.run(seconds(6));
    for (who, height) in [("chu-toa", 720), ("hoa-lac", 360), ("tan-phu", 180)] {
        let frames = seen(&world, who, since);
        assert_eq!(heights(&frames), [height], "{who}");
        assert_unbroken(&frames, who);
        let late = Duration::from_millis(1_000);
        let newest = frames.last().expect("not empty").label.captured;
        assert!(newest + late > world.age(), "{who} is up to date");
    }
    assert!(world.counters().packets_repaired > 10);
    assert_whole(&world);
}
