//! Stories of the listener on a link of its own, which the recorder is.

use diemcau_protocol::{
    Command, FromMedia, MIX_CSRC, Role, SourceKind, ToMedia, TrackCodec, TrackPacket, VideoCodec,
    csrc_of,
};

use crate::seconds;
use crate::support::world::{Line, World};

/// Where a source can be had now: its worker and its number there.
fn announced(world: &World, csrc: u32) -> Option<(usize, u64)> {
    let mut there = None;
    for (worker, told) in &world.listened {
        match told {
            FromMedia::Announced {
                track, csrc: of, ..
            } if *of == csrc => {
                there = Some((*worker, *track));
            }
            FromMedia::Withdrawn { track } if there == Some((*worker, *track)) => there = None,
            _ => {}
        }
    }
    there
}

/// The packets that came of a track.
fn packets(world: &World, of: (usize, u64)) -> Vec<TrackPacket> {
    let packet = |(worker, told): &(usize, FromMedia)| match told {
        FromMedia::Packet { track, packet, .. } if (*worker, *track) == of => Some(packet.clone()),
        _ => None,
    };
    world.listened.iter().filter_map(packet).collect()
}

fn two_people(workers: u16) -> World {
    let mut world = World::with_workers(2026, workers);
    world.join("chu-toa", Role::Chair, Line::GOOD);
    world.join("an-binh", Role::Operator, Line::GOOD);
    world.run(seconds(2));
    world
}

#[test]
fn a_listener_gets_what_it_asks_for_each_packet_once() {
    for workers in [1, 2] {
        let mut world = two_people(workers);
        let number = world.number("an-binh");
        let (worker, track) = announced(&world, csrc_of(number, SourceKind::Camera)).unwrap();
        assert!(packets(&world, (worker, track)).is_empty(), "unasked");
        let layers = vec![0];
        world.ask(worker, ToMedia::Subscribe { track, layers });
        world.ask(worker, ToMedia::Keyframe { track, layer: 0 });
        world.run(seconds(2));
        let came = packets(&world, (worker, track));
        assert!(came.len() > 40, "{}", came.len());
        assert!(came.iter().any(|packet| packet.starts_keyframe));
        assert!(came.windows(2).all(|two| two[0].seq + 1 == two[1].seq));
        for packet in &came {
            assert_eq!(packet.codec, TrackCodec::Video(VideoCodec::Vp8));
            let late = packet.arrived - packet.captured;
            assert!((0..100_000).contains(&late), "{late} µs on the way");
        }

        let lost = came[came.len() - 5].clone();
        let seqs = vec![lost.seq, 7];
        world.ask(
            worker,
            ToMedia::Resend {
                track,
                layer: 0,
                seqs,
            },
        );
        let again = packets(&world, (worker, track));
        assert_eq!(&again[came.len()..], [lost], "what is kept, and no more");

        let layers = Vec::new();
        world.ask(worker, ToMedia::Subscribe { track, layers });
        world.run(seconds(1));
        assert_eq!(packets(&world, (worker, track)).len(), again.len());
    }
}

#[test]
fn who_is_muted_by_the_chair_is_not_heard_by_the_listener() {
    let mut world = two_people(2);
    let voice = csrc_of(world.number("an-binh"), SourceKind::Microphone);
    let (worker, track) = announced(&world, voice).unwrap();
    let layers = vec![0];
    world.ask(worker, ToMedia::Subscribe { track, layers });
    world.run(seconds(1));
    let before = packets(&world, (worker, track)).len();
    assert!(before > 30, "{before}");
    let muted = |muted| Command::SetMuted {
        participant: "an-binh".into(),
        muted,
    };
    world.command("chu-toa", muted(true));
    world.run(seconds(1));
    assert_eq!(announced(&world, voice), None);
    let while_muted = packets(&world, (worker, track)).len();
    assert!(while_muted <= before + 2, "at most what was on its way");
    // An Bình's client goes on sending.
    let layers = vec![0];
    world.ask(worker, ToMedia::Subscribe { track, layers });
    world.run(seconds(1));
    assert_eq!(packets(&world, (worker, track)).len(), while_muted);
}

#[test]
fn the_mix_is_made_at_the_meetings_home_while_the_listener_wants_it() {
    let mut world = two_people(2);
    let meeting = world.listened.iter().find_map(|(_, told)| match told {
        FromMedia::Announced { meeting, .. } => Some(meeting.clone()),
        _ => None,
    });
    let meeting = meeting.unwrap();
    assert_eq!(announced(&world, MIX_CSRC), None);
    let mix = |wanted| ToMedia::Mix {
        meeting: meeting.clone(),
        wanted,
    };
    (0..2).for_each(|worker| world.ask(worker, mix(true)));
    world.run(seconds(1));
    let (worker, track) = announced(&world, MIX_CSRC).expect("one mix");
    let layers = vec![0];
    world.ask(worker, ToMedia::Subscribe { track, layers });
    world.run(seconds(1));
    let came = packets(&world, (worker, track));
    assert!((45..=55).contains(&came.len()), "{}", came.len());
    (0..2).for_each(|worker| world.ask(worker, mix(false)));
    world.run(seconds(1));
    assert_eq!(announced(&world, MIX_CSRC), None);
}
