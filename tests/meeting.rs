//! Stories of meetings in virtual time.

mod province;
mod support;

#[path = "meeting/interpretation.rs"]
mod interpretation;
#[path = "meeting/liars.rs"]
mod liars;
#[path = "meeting/listener.rs"]
mod listener;
#[path = "meeting/parting.rs"]
mod parting;
#[path = "meeting/scalable.rs"]
mod scalable;

use std::time::{Duration, Instant};

use diemcau_protocol::{
    Command, ErrorCode, MediaCommand, MediaEvent, MediaOffer, Role, SessionId, SlotKind,
    SourceKind, csrc_of,
};
use support::world::sound::{FRAME, HeardPacket, Voice, listen, tone};
use support::world::{Decoded, Line, SlotView, World, camera};

const BAD_LINE: Line = Line {
    loss: 0.05,
    latency: Duration::from_millis(30),
    jitter: Duration::from_millis(8),
};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Chủ tọa, xã An Bình and xã Hòa Lạc are in a meeting and draw each other.
fn three_people(line: Line) -> World {
    let mut world = World::new(2026);
    world.join("chu-toa", Role::Chair, line);
    world.join("an-binh", Role::Operator, line);
    world.join("hoa-lac", Role::Operator, line);
    for (who, others) in [
        ("chu-toa", ["an-binh", "hoa-lac"]),
        ("an-binh", ["chu-toa", "hoa-lac"]),
        ("hoa-lac", ["chu-toa", "an-binh"]),
    ] {
        world.draws(who, 720, &others.map(|other| (other, 180)));
    }
    world
}

/// The stage as somebody sees it.
fn stage_of<'a>(world: &'a World, name: &str) -> &'a SlotView {
    let mut stage = world.person(name).slots_of(SlotKind::StagePicture);
    stage.next().expect("there is a stage")
}

/// The frames are all there, one after the other.
fn assert_unbroken(frames: &[Decoded], who: &str) {
    assert!(frames.len() > 50, "{who}: only {} frames", frames.len());
    for pair in frames.windows(2) {
        assert_eq!(
            pair[0].label.frame + 1,
            pair[1].label.frame,
            "{who}: a frame is missing or out of order"
        );
    }
}

#[test]
fn three_people_meet_speak_in_turn_and_lose_nothing_on_bad_lines() {
    let mut world = three_people(BAD_LINE);
    let names = ["chu-toa", "an-binh", "hoa-lac"];
    for speaker in names {
        for name in names {
            world.person_mut(name).speaks = name == speaker;
        }
        world.run(seconds(4));
        assert_eq!(
            world.stage(),
            Some(speaker),
            "the stage follows the speaker"
        );
    }

    for receiver in names {
        let person = world.person(receiver);
        assert_eq!(person.negotiations, 1);
        for slot in person.slots.values() {
            assert_eq!(slot.decoder.broken, 0, "{receiver}: {:?}", slot.kind);
        }
        for sender in names.into_iter().filter(|name| *name != receiver) {
            let number = world.number(sender);
            let thumbnails = person.decoded(SlotKind::Picture, number);
            assert_unbroken(&thumbnails, receiver);
            let newest = thumbnails.last().expect("not empty").label.frame;
            let sent = world.person(sender).pictures_sent;
            assert!(
                sent - newest < 25,
                "{receiver} is up to date: {newest} of {sent}"
            );
        }
    }
}

#[test]
fn every_frame_says_whose_it_is() {
    let mut world = three_people(BAD_LINE);
    for turn in 0..20 {
        let who = ["an-binh", "hoa-lac"][turn % 2];
        let source = Some(camera(who));
        world.command("chu-toa", Command::SetStage { source });
        let number = world.number(who);
        world.run_until("the stage shows who was chosen", |world| {
            let shown = stage_of(world, "chu-toa").decoder.decoded.last();
            shown.is_some_and(|frame| frame.label.number == number)
        });
        world.run(Duration::from_millis(300));
        let slot = stage_of(&world, "chu-toa");
        assert_eq!(slot.decoder.broken, 0, "no torn picture at a switch");
        assert_eq!(slot.told, Some(camera(who)), "and signaling says so");
    }
    for name in ["chu-toa", "an-binh", "hoa-lac"] {
        for slot in world.person(name).slots.values() {
            for frame in &slot.decoder.decoded {
                let csrc = csrc_of(frame.label.number, frame.label.kind);
                assert_eq!(frame.csrc, Some(csrc), "{name}: a wrong name on a face");
            }
        }
    }
}

#[test]
fn a_slot_is_one_unbroken_stream_through_every_switch() {
    let mut world = three_people(Line::GOOD);
    for turn in 0..10 {
        let source = Some(camera(["an-binh", "hoa-lac"][turn % 2]));
        world.command("chu-toa", Command::SetStage { source });
        world.run(Duration::from_millis(700));
    }
    let frames = &stage_of(&world, "chu-toa").decoder.decoded;
    let switches = frames
        .windows(2)
        .filter(|pair| pair[0].label.number != pair[1].label.number)
        .count();
    assert_eq!(switches, 9);
    for pair in frames.windows(2) {
        let step = pair[1].rtp_time.wrapping_sub(pair[0].rtp_time);
        assert!((1..=90_000).contains(&step), "timestamps go on: {step}");
    }
}

#[test]
fn the_chair_closes_a_microphone_and_nothing_of_it_is_heard_any_more() {
    let mut world = three_people(Line::GOOD);
    world.person_mut("an-binh").speaks = true;
    world.run(seconds(2));
    let number = world.number("an-binh");
    let heard = |world: &World, since: Instant| {
        ["chu-toa", "hoa-lac"].map(|name| {
            let person = world.person(name);
            [SlotKind::Sound, SlotKind::StageSound]
                .iter()
                .any(|kind| person.seen_since(*kind, since).contains(&number))
        })
    };
    let begin = world.now();
    world.run(seconds(1));
    assert_eq!(heard(&world, begin), [true, true]);

    let participant = "an-binh".into();
    world.command(
        "chu-toa",
        Command::SetMuted {
            participant,
            muted: true,
        },
    );
    let muted = world.now() + Duration::from_millis(20);
    assert!(world.refuses("an-binh", Command::SetMicrophone { on: true }));
    world.run(seconds(3));
    assert_eq!(
        heard(&world, muted),
        [false, false],
        "though it goes on sending"
    );
    assert!(world.counters().packets_muted > 100);

    let participant = "an-binh".into();
    world.command(
        "chu-toa",
        Command::SetMuted {
            participant,
            muted: false,
        },
    );
    world.run(seconds(1));
    assert_eq!(
        heard(&world, muted),
        [false, false],
        "lifting opens nothing by itself"
    );
    world.command("an-binh", Command::SetMicrophone { on: true });
    world.run(seconds(1));
    assert_eq!(heard(&world, muted), [true, true]);
}

#[test]
fn a_camera_that_is_off_leaves_no_picture_behind() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    world.command("hoa-lac", Command::SetCamera { on: false });
    let off = world.now() + Duration::from_millis(20);
    world.run(seconds(2));
    let number = world.number("hoa-lac");
    let person = world.person("chu-toa");
    for kind in [SlotKind::Picture, SlotKind::StagePicture] {
        assert!(!person.seen_since(kind, off).contains(&number));
    }
    let shown: Vec<_> = person
        .slots_of(SlotKind::Picture)
        .map(|s| &s.told)
        .collect();
    assert_eq!(shown, [&Some(camera("an-binh")), &None]);
}

#[test]
fn a_receiver_gets_the_layer_for_the_height_that_it_draws() {
    let mut world = three_people(Line::GOOD);
    let number = world.number("an-binh");
    let newest = |world: &World| {
        let frames = world.person("chu-toa").decoded(SlotKind::Picture, number);
        frames.last().expect("a picture").label.height
    };
    world.run(seconds(1));
    assert_eq!(newest(&world), 180);
    world.draws("chu-toa", 720, &[("an-binh", 700)]);
    world.run(seconds(1));
    assert_eq!(newest(&world), 720);
    world.draws("chu-toa", 720, &[("an-binh", 120)]);
    world.run(seconds(1));
    assert_eq!(newest(&world), 180);
    world.draws("chu-toa", 720, &[("an-binh", 0)]);
    let hidden = world.now() + Duration::from_millis(20);
    world.run(seconds(1));
    let seen = world
        .person("chu-toa")
        .seen_since(SlotKind::Picture, hidden);
    assert!(seen.is_empty(), "what is not drawn is not sent");
}

#[test]
fn lips_and_sound_on_the_stage_stay_together() {
    let mut world = three_people(BAD_LINE);
    for who in ["an-binh", "hoa-lac", "an-binh"] {
        for name in ["an-binh", "hoa-lac"] {
            world.person_mut(name).speaks = name == who;
        }
        let source = Some(camera(who));
        world.command("chu-toa", Command::SetStage { source });
        world.run(seconds(4));
        let skew = stage_skew(&world, "chu-toa", who);
        assert!(skew < Duration::from_millis(40), "{who}: {skew:?} apart");
    }
}

/// How far the receiver's sender reports put sound and picture of the stage
/// apart, against when they were captured.
fn stage_skew(world: &World, receiver: &str, sender: &str) -> Duration {
    let person = world.person(receiver);
    let number = world.number(sender);
    let shown_minus_captured = |kind: SlotKind, rate: f64| {
        let slot = person.slots_of(kind).next().expect("there is a stage");
        let frame = slot.decoder.decoded.last().expect("something came");
        assert_eq!(frame.label.number, number, "{kind:?}");
        let (ntp, rtp) = slot.report.expect("a sender report came");
        let ticks = f64::from(frame.rtp_time.wrapping_sub(rtp) as i32);
        let ntp = ntp
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970");
        ntp.as_secs_f64() + ticks / rate - frame.label.captured.as_secs_f64()
    };
    let picture = shown_minus_captured(SlotKind::StagePicture, 90_000.0);
    let sound = shown_minus_captured(SlotKind::StageSound, 48_000.0);
    Duration::from_secs_f64((picture - sound).abs())
}

#[test]
fn a_newcomer_disturbs_nobody() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    world.join("tan-phu", Role::Operator, Line::GOOD);
    world.draws("tan-phu", 720, &[("chu-toa", 180)]);
    world.run(seconds(2));
    for name in ["chu-toa", "an-binh", "hoa-lac", "tan-phu"] {
        let person = world.person(name);
        assert_eq!(person.negotiations, 1);
        assert!(person.slots.values().all(|slot| slot.decoder.broken == 0));
    }
    let number = world.number("chu-toa");
    let frames = world.person("tan-phu").decoded(SlotKind::Picture, number);
    assert!(!frames.is_empty());
    assert_eq!(frames[0].label.kind, SourceKind::Camera);
}

#[test]
fn garbage_from_the_street_reaches_nobody() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    let stranger = ([203, 0, 113, 5], 9).into();
    let inside = world.person("an-binh").address;
    let mut noise = 12_345_u32;
    for length in 0..400_usize {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        world.datagram(stranger, &bytes);
        world.datagram(inside, &bytes);
        for first in [0, 1, 22, 128, 200] {
            let mut bytes = bytes.clone();
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            world.datagram(stranger, &bytes);
            world.datagram(inside, &bytes);
        }
    }
    let counters = world.counters();
    assert!(counters.datagrams_malformed > 100);
    assert!(counters.datagrams_unknown > 100);
    assert_eq!(counters.peers_faulted, 0);
    let since = world.now();
    world.run(seconds(2));
    let number = world.number("an-binh");
    let person = world.person("chu-toa");
    assert!(
        person
            .seen_since(SlotKind::Picture, since)
            .contains(&number)
    );
    assert!(person.slots.values().all(|slot| slot.decoder.broken == 0));
}

#[test]
fn a_reload_takes_its_own_place_again() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    world.reload("an-binh");
    world.draws("an-binh", 720, &[("chu-toa", 180), ("hoa-lac", 180)]);
    let since = world.now();
    world.run(seconds(2));
    assert_eq!(world.counters().peers, 3, "the old connection is gone");
    let number = world.number("an-binh");
    for other in ["chu-toa", "hoa-lac"] {
        let person = world.person(other);
        assert!(
            person
                .seen_since(SlotKind::Picture, since)
                .contains(&number)
        );
        assert!(person.slots.values().all(|slot| slot.decoder.broken == 0));
    }
}

#[test]
fn a_line_that_stays_dead_is_given_up_and_the_others_go_on() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    let dead = Line {
        loss: 1.0,
        ..Line::GOOD
    };
    world.person_mut("an-binh").set_line(dead);
    world.run(seconds(60));
    let session = SessionId("an-binh".into());
    assert!(
        world
            .media_events
            .contains(&MediaEvent::Disconnected { session })
    );
    assert_eq!(world.counters().peers, 2);
    let since = world.now();
    world.run(seconds(1));
    let number = world.number("hoa-lac");
    let seen = world.person("chu-toa").seen_since(SlotKind::Picture, since);
    assert_eq!(seen, [number]);
}

#[test]
fn an_offer_that_cannot_be_used_is_refused_and_harms_nobody() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    world.join("tester", Role::Delegate, Line::GOOD);
    world.media(MediaCommand::Close {
        session: SessionId("tester".into()),
    });
    type Spoil = fn(&mut MediaOffer);
    let spoil: [(&str, Spoil); 9] = [
        ("no session description", |o| o.sdp = "hello".into()),
        ("an empty one", |o| o.sdp.clear()),
        ("a huge one", |o| o.sdp.push_str(&"a=x\r\n".repeat(60_000))),
        ("a thousand m-lines more", |o| {
            let line = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:x\r\na=inactive\r\n";
            o.sdp.push_str(&line.repeat(1_000));
        }),
        ("cut in the middle", |o| o.sdp.truncate(o.sdp.len() / 2)),
        ("a slot without an m-line", |o| o.slots[0].mid = "zz".into()),
        ("a slot that cannot be one", |o| {
            o.slots[0].mid = "x".repeat(99)
        }),
        ("sound where a picture goes", |o| {
            o.slots[0].kind = SlotKind::Sound
        }),
        ("a source on a slot's m-line", |o| {
            o.sources[1].mid.clone_from(&o.slots[0].mid);
        }),
    ];
    for (what, spoil) in spoil {
        let mut offer = world.fresh_offer("tester");
        spoil(&mut offer);
        let code = world.refused_offer("tester", false, offer);
        assert_eq!(code, ErrorCode::SdpInvalid, "{what}");
    }
    let offer = world.fresh_offer("tester");
    let code = world.refused_offer("nobody", false, offer.clone());
    assert_eq!(code, ErrorCode::NotInMeeting);
    let code = world.refused_offer("tester", true, offer);
    assert_eq!(code, ErrorCode::UnknownSession);

    assert_eq!(world.counters().peers, 3);
    let since = world.now();
    world.run(seconds(1));
    let number = world.number("an-binh");
    let seen = world.person("chu-toa").seen_since(SlotKind::Picture, since);
    assert!(seen.contains(&number));
}

#[test]
fn the_stage_follows_the_speaker_again_when_the_chair_lets_it() {
    let mut world = three_people(Line::GOOD);
    let source = Some(camera("hoa-lac"));
    world.command("chu-toa", Command::SetStage { source });
    world.person_mut("an-binh").speaks = true;
    world.run(seconds(5));
    assert_eq!(world.stage(), Some("hoa-lac"), "the chair's choice holds");
    world.command("chu-toa", Command::SetStage { source: None });
    world.run(seconds(4));
    assert_eq!(world.stage(), Some("an-binh"), "who was speaking all along");
}

#[test]
fn a_sender_of_monstrous_packets_hurts_nobody() {
    let mut world = three_people(Line::GOOD);
    world.person_mut("an-binh").speaks = true;
    world.run(seconds(2));
    for bytes in [1_451, 1_700, 1_969, 1_970, 1_972] {
        let now = world.now();
        world.person_mut("an-binh").send_raw_sound(now, bytes);
        world.run(Duration::from_millis(100));
    }
    let counters = world.counters();
    assert_eq!((counters.peers, counters.peers_faulted), (3, 0));
    assert!(counters.packets_malformed >= 5, "{counters:?}");
    world.person_mut("hoa-lac").speaks = true;
    world.run(seconds(1));
    let since = world.now();
    world.run(seconds(1));
    for name in ["chu-toa", "an-binh"] {
        let heard = [SlotKind::Sound, SlotKind::StageSound]
            .map(|kind| world.person(name).seen_since(kind, since));
        assert!(heard.concat().contains(&world.number("hoa-lac")), "{name}");
    }
}

#[test]
fn a_restart_with_other_lines_is_refused_and_the_old_connection_goes_on() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    world.join("tester", Role::Delegate, Line::GOOD);
    world.draws("tester", 720, &[("chu-toa", 180)]);
    let mut offer = world.last_offer("tester");
    offer
        .sdp
        .push_str("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:x\r\na=inactive\r\n");
    world.media(MediaCommand::Offer {
        meeting: "hoi-nghi".into(),
        participant: "tester".into(),
        session: SessionId("tester".into()),
        restart: true,
        offer,
    });
    let code = match world.media_events.last() {
        Some(MediaEvent::OfferRefused { code, .. }) => *code,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(code, ErrorCode::SdpInvalid);
    let since = world.now();
    world.run(seconds(1));
    let seen = world.person("tester").seen_since(SlotKind::Picture, since);
    assert_eq!(seen, [world.number("chu-toa")]);
}

#[test]
fn an_address_is_not_taken_from_somebody_who_is_alive() {
    let mut world = three_people(Line::GOOD);
    world.run(seconds(1));
    // Hòa Lạc sends its own good checks, but with An Bình's address on them.
    let victim = world.person("an-binh").address;
    world.person_mut("hoa-lac").forged_address = Some(victim);
    let since = world.now();
    world.run(seconds(8));
    assert!(world.counters().addresses_refused > 0);
    let number = world.number("an-binh");
    let frames = world.person("chu-toa").decoded(SlotKind::Picture, number);
    let after = frames.iter().filter(|frame| frame.at >= since).count();
    assert!(after > 150, "An Bình is still seen: {after} frames");
}

#[test]
fn sixty_sites_on_two_workers_lose_nothing_and_each_stream_crosses_once() {
    let mut world = World::with_workers(60, 2);
    let names: Vec<&'static str> = (0..60).map(|n| &*format!("xa-{n:02}").leak()).collect();
    world.join("chu-toa", Role::Chair, Line::GOOD);
    for name in &names[1..] {
        world.join(name, Role::Operator, Line::GOOD);
        world.person_mut(name).sends = false;
    }
    // Two cameras are drawn by all others; whoever is with the other worker
    // gets them over the link.
    let cameras = ["xa-01", "xa-02"];
    for name in cameras {
        world.person_mut(name).sends = true;
    }
    for name in &names[1..] {
        let drawn: Vec<(&str, u16)> = cameras
            .iter()
            .filter(|camera| *camera != name)
            .map(|camera| (*camera, 180))
            .collect();
        world.draws(name, 720, &drawn);
    }
    let source = Some(camera("chu-toa"));
    world.command("chu-toa", Command::SetStage { source });
    world.person_mut("chu-toa").speaks = true;
    world.run(seconds(2));
    let (before, since) = (world.counters(), world.now());
    world.run(seconds(5));
    let after = world.counters();

    for name in &names[1..] {
        let person = world.person(name);
        assert_eq!(person.negotiations, 1);
        for slot in person.slots.values() {
            assert_eq!(slot.decoder.broken, 0, "{name}: {:?}", slot.kind);
        }
        let number = world.number("chu-toa");
        assert_eq!(person.seen_since(SlotKind::StagePicture, since), [number]);
        assert_eq!(person.seen_since(SlotKind::StageSound, since), [number]);
        for camera in cameras.into_iter().filter(|camera| camera != name) {
            let frames = person.decoded(SlotKind::Picture, world.number(camera));
            assert_unbroken(&frames, name);
        }
    }
    let crossed = after.link_packets_received - before.link_packets_received;
    let sent = after.link_packets_sent - before.link_packets_sent;
    assert!(sent - crossed < 5, "nothing is lost between workers");
    // Three pictures in one layer each and one voice cross; each goes to some
    // thirty receivers behind the link.
    let forwarded = after.packets_forwarded - before.packets_forwarded;
    assert!(
        crossed > 0 && crossed * 40 < forwarded,
        "each crosses once: {crossed} of {forwarded}"
    );
}

/// What a player hears.
fn mix_of<'a>(world: &'a World, name: &str) -> &'a SlotView {
    let mut mixes = world.person(name).slots_of(SlotKind::Mix);
    mixes.next().expect("a player hears the mix")
}

/// What a player heard after this time.
fn heard_since(world: &World, name: &str, since: Instant) -> Vec<HeardPacket> {
    let heard = mix_of(world, name).heard.iter();
    heard.filter(|p| p.at >= since).cloned().collect()
}

/// An Bình sings at 400 Hz and Hòa Lạc at 1,000 Hz, each with another worker;
/// a player watches.
fn two_voices_and_a_player(line: Line) -> World {
    let mut world = World::with_workers(11, 2);
    world.join("chu-toa", Role::Chair, line);
    world.join("an-binh", Role::Operator, line);
    world.join("hoa-lac", Role::Operator, line);
    world.watch("may-chieu", Line::GOOD);
    for (name, hz, amplitude) in [("an-binh", 400.0, 0.2), ("hoa-lac", 1_000.0, 0.1)] {
        let from = world.age() + seconds(2);
        let person = world.person_mut(name);
        person.voice = Some(Voice::new(hz, amplitude, from));
        person.speaks = true;
    }
    let source = Some(camera("an-binh"));
    world.command("chu-toa", Command::SetStage { source });
    world
}

#[test]
fn a_player_hears_all_who_speak_in_one_stream_until_they_are_muted() {
    let mut world = two_voices_and_a_player(Line::GOOD);
    world.run(seconds(4));
    let since = world.now() - seconds(1);
    let both = listen(&heard_since(&world, "may-chieu", since));
    assert!((45..=51).contains(&(both.len() / FRAME)));
    let loud = |sound: &[f32]| [tone(sound, 400.0), tone(sound, 1_000.0)];
    let [an_binh, hoa_lac] = loud(&both[4_800..43_200]);
    assert!((0.17..0.23).contains(&an_binh), "{an_binh}");
    assert!((0.08..0.12).contains(&hoa_lac), "{hoa_lac}");

    let participant = "an-binh".into();
    let muted = true;
    world.command("chu-toa", Command::SetMuted { participant, muted });
    let begin = world.now();
    world.run(seconds(1));
    // A frame fades out; then one is on its way, and one in the decoder.
    let after = heard_since(&world, "may-chieu", begin);
    let after = &listen(&after)[4 * FRAME..];
    for chunk in after.chunks_exact(2 * FRAME) {
        let [an_binh, hoa_lac] = loud(chunk);
        assert!(an_binh < 0.01, "{an_binh}");
        assert!((0.08..0.12).contains(&hoa_lac), "{hoa_lac}");
    }

    // Nobody listens any more: nothing is mixed.
    world.media(MediaCommand::Close {
        session: SessionId("may-chieu".into()),
    });
    world.run(Duration::from_millis(200));
    let before = world.counters();
    assert!(before.packets_mixed > 200);
    world.run(seconds(1));
    assert_eq!(world.counters().packets_mixed, before.packets_mixed);
}

#[test]
fn a_players_picture_and_mixed_sound_stay_together() {
    let mut world = two_voices_and_a_player(BAD_LINE);
    let begins = world.age() + seconds(2);
    world.run(seconds(5));
    let player = world.person("may-chieu");
    let told = |slot: &SlotView, rtp_time: u32, rate: f64| {
        let (ntp, rtp) = slot.report.expect("a sender report came");
        let ntp = ntp.duration_since(std::time::UNIX_EPOCH).expect("is later");
        ntp.as_secs_f64() + f64::from(rtp_time.wrapping_sub(rtp) as i32) / rate
    };
    let stage = stage_of(&world, "may-chieu");
    let frame = stage.decoder.decoded.last().expect("a picture came");
    let picture = told(stage, frame.rtp_time, 90_000.0) - frame.label.captured.as_secs_f64();

    let mix = player.slots_of(SlotKind::Mix).next().expect("has one");
    let sound = listen(&mix.heard);
    let onset = sound
        .chunks_exact(FRAME / 4)
        .position(|chunk| tone(chunk, 400.0) > 0.1)
        .expect("An Bình is heard");
    let at = mix.heard[onset / 4].rtp_time + (onset % 4 * FRAME / 4) as u32;
    let sound = told(mix, at, 48_000.0) - begins.as_secs_f64();
    let apart = Duration::from_secs_f64((picture - sound).abs());
    assert!(apart < Duration::from_millis(80), "{apart:?} apart");
}
