//! A receiver that reports everything missing, again and again: it gets its
//! share of repairs, and the others what they would get anyway.

use std::time::Duration;

use super::{PEOPLE, World, address};
use crate::counters::CountersSnapshot;
use crate::fuzzing::{Bytes, packet};
use crate::peer::PeerOutput;

const STEP: Duration = Duration::from_millis(10);
const SECONDS: usize = 5;
/// What may be saved up for repairs, and earned a second, in bytes.
const SAVED: usize = 150_000;
const EARNED: usize = 20_000;

/// Five seconds of Chủ tọa's camera. Returns the bytes to each person, and
/// what their worker counted.
fn play(floods: bool) -> (Vec<usize>, CountersSnapshot) {
    let liar = 2;
    let mut world = World::new();
    world.everybody_comes();
    for turn in 0..SECONDS * 100 {
        if turn % 4 == 0 {
            picture(&mut world, turn % 100 == 0);
        }
        if floods {
            for ssrc in world.ssrcs[liar].clone() {
                let mut body = vec![0, 0, 0, 1];
                body.extend(ssrc.to_be_bytes());
                for back in 0..15 {
                    let first = (turn as u16 * 3 / 4).wrapping_sub(back * 17);
                    body.extend(first.to_be_bytes());
                    body.extend([0xff, 0xff]);
                }
                world.report(liar, 0x81, 205, &body);
            }
        }
        world.now += STEP;
        world.settle();
        while world.deliver() {}
    }
    let to = |who| world.sent.get(&address(who)).copied().unwrap_or(0);
    let sent = (0..PEOPLE.len()).map(to).collect();
    (sent, world.workers[0].counters())
}

/// One picture of Chủ tọa's smaller layer, in three packets.
fn picture(world: &mut World, is_keyframe: bool) {
    for part in 0..3 {
        let mut payload = vec![if part == 0 { 0x10 } else { 0 }];
        payload.push(u8::from(!is_keyframe));
        payload.resize(1_000, part);
        let mut bytes = vec![1, if part == 2 { 2 } else { 0 }, 0, 0, 0, 0, 0, 0];
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend(payload);
        world.seq += 1;
        let packet = packet(&mut Bytes(&bytes), world.seq, world.now);
        let packet = packet.expect("a good packet");
        let layer = 0;
        let what = PeerOutput::Packet {
            source: 1,
            layer,
            packet,
        };
        world.out_of(0, what);
    }
}

#[test]
fn who_reports_everything_missing_gets_its_share() {
    let (quiet, before) = play(false);
    let (flooded, counters) = play(true);
    assert_eq!(before.packets_repaired, 0);
    assert!(quiet[2] > 50 * SECONDS * 1_000, "{quiet:?}");
    assert!(counters.nacks > 10_000, "{counters:?}");
    assert!(counters.nacks_unanswered > counters.nacks / 2);
    assert!(counters.packets_repaired > 0);
    // What repairs add is counted without their headers.
    let share = (quiet[2] / 2 + SAVED + EARNED * SECONDS) * 11 / 10;
    let most = quiet[2] + share;
    assert!(flooded[2] <= most, "{} of {most} bytes", flooded[2]);
    for who in [0, 1, 3] {
        assert_eq!(flooded[who], quiet[who], "{}", PEOPLE[who]);
    }
}
