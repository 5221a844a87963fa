//! People who lie: it is contained and counted, and nobody else notices. What
//! Chủ tọa and xã An Bình see and hear of each other is the same whether xã
//! Hòa Lạc lies or not.

use std::net::SocketAddr;
use std::time::Duration;

use diemcau_protocol::SlotKind;
use diemcau_sfu::CountersSnapshot;

use crate::support::world::{Line, World};
use crate::{seconds, three_people};

const LIAR: &str = "hoa-lac";
const STEP: Duration = Duration::from_millis(10);

/// Five seconds in which somebody does this every 10 ms.
fn five_seconds(mut each: impl FnMut(&mut World, u64)) -> World {
    let mut world = three_people(Line::GOOD);
    world.person_mut("an-binh").speaks = true;
    world.run(seconds(2));
    for turn in 0..500 {
        each(&mut world, turn);
        world.run(STEP);
    }
    world
}

/// The frames that the two others had of each other, and whether all were
/// whole.
fn seen(world: &World) -> Vec<Vec<(u32, u32, u32)>> {
    let mut seen = Vec::new();
    for (who, whom) in [("chu-toa", "an-binh"), ("an-binh", "chu-toa")] {
        let (person, number) = (world.person(who), world.number(whom));
        for kind in [SlotKind::Picture, SlotKind::Sound, SlotKind::StageSound] {
            let frames = person.decoded(kind, number);
            let label = |frame: &crate::Decoded| frame.label;
            let labels = frames.iter().map(label);
            seen.push(
                labels
                    .map(|label| (label.number, label.frame, label.height))
                    .collect(),
            );
        }
        assert_eq!(person.negotiations, 1);
    }
    seen
}

/// What was counted while somebody lied, after a look that nobody noticed.
fn unnoticed(lie: impl FnMut(&mut World, u64)) -> (World, CountersSnapshot) {
    let world = five_seconds(lie);
    let honest = five_seconds(|_, _| {});
    let (theirs, before) = (seen(&world), seen(&honest));
    let all = before.iter().map(Vec::len).sum::<usize>();
    assert!(all > 400, "only {all} frames");
    for (theirs, before) in theirs.iter().zip(&before) {
        // The last few are on their way.
        let both = theirs.len().min(before.len());
        assert!(theirs.len().abs_diff(before.len()) <= 5, "somebody noticed");
        assert!(theirs[..both] == before[..both], "somebody noticed");
    }
    let counters = world.counters();
    assert_eq!((counters.peers, counters.peers_faulted), (3, 0));
    (world, counters)
}

#[test]
fn streams_that_were_not_agreed_on_go_nowhere() {
    // A picture on an m-line on which it may only receive.
    // Its own stack may refuse to go on with that; nobody else may notice.
    unnoticed(|world, turn| {
        let now = world.now();
        let liar = world.person_mut(LIAR);
        liar.send_stray_picture(now, 4_711, 1 + turn, None);
    });
    // A layer that it never negotiated.
    let (_, counters) = unnoticed(|world, turn| {
        let now = world.now();
        let liar = world.person_mut(LIAR);
        liar.send_stray_picture(now, 4_712, 1 + turn, Some("z"));
    });
    assert!(counters.packets_refused >= 100, "{counters:?}");
}

#[test]
fn a_camera_without_keyframes_is_not_shown_and_not_asked_without_end() {
    let mut hides = false;
    let (world, counters) = unnoticed(|world, _| {
        if !hides {
            hides = true;
            world.person_mut(LIAR).hides_keyframes = true;
            // What it has shown so far is forgotten with the old connection.
            world.reload(LIAR);
            world.draws(LIAR, 720, &[("chu-toa", 180), ("an-binh", 180)]);
        }
    });
    let number = world.number(LIAR);
    let since = world.now() - seconds(4);
    let shown = world.person("chu-toa").seen_since(SlotKind::Picture, since);
    assert!(!shown.contains(&number), "nothing that cannot be decoded");
    assert!(counters.keyframe_requests > 0);
    // Three cameras in two layers each, asked four times a second at most.
    assert!(counters.keyframe_requests <= 7 * 4 * 6, "{counters:?}");
}

#[test]
fn ten_times_the_bitrate_harms_only_who_sends_it() {
    unnoticed(|world, _| world.person_mut(LIAR).swollen = 10);
}

#[test]
fn who_asks_for_keyframes_all_the_time_gets_few() {
    let (_, counters) = unnoticed(|world, _| {
        let now = world.now();
        world.person_mut(LIAR).ask_for_keyframes(now);
    });
    assert!(counters.keyframes_wanted > 400, "{counters:?}");
    assert!(counters.keyframe_requests <= 7 * 4 * 4, "{counters:?}");
}

/// The last attribute of a check, in bytes.
const FINGERPRINT: usize = 8;

/// Whether a datagram is a check of ICE (RFC 9443 §2).
fn is_check(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

#[test]
fn forged_checks_move_nobody() {
    let stranger = SocketAddr::from(([203, 0, 113, 5], 9));
    let mut checks: Vec<Vec<u8>> = Vec::new();
    let (_, counters) = unnoticed(|world, turn| {
        if turn == 0 {
            world.person_mut("an-binh").recorded = Some(Vec::new());
        }
        let recorded = world.person_mut("an-binh").recorded.as_mut();
        let recorded = std::mem::take(recorded.expect("is recorded"));
        checks.extend(recorded.into_iter().filter(|sent| is_check(sent)));
        for check in &checks {
            // The right name, the right form, another's hand: each byte behind
            // the header is wrong once in a while, up to the fingerprint, which
            // seals nothing (RFC 8489 §14.7).
            let mut forged = check.clone();
            let at = 20 + turn as usize % (forged.len() - 20 - FINGERPRINT);
            forged[at] ^= 1;
            world.datagram(stranger, &forged);
        }
    });
    assert!(!checks.is_empty(), "there were checks to forge");
    assert_eq!(counters.addresses_refused, 0);
}

#[test]
fn what_was_sent_before_counts_once() {
    let (_, counters) = unnoticed(|world, turn| {
        let address = world.person(LIAR).address;
        let liar = world.person_mut(LIAR);
        let sent = liar.recorded.get_or_insert_with(Vec::new).clone();
        if sent.len() > 200 {
            liar.recorded = Some(sent[100..].to_vec());
        }
        // All that it sent in the last while, once more and again.
        if turn % 10 == 0 {
            for datagram in sent.iter().filter(|sent| !is_check(sent)) {
                world.datagram(address, datagram);
            }
        }
    });
    assert!(counters.feedback_refused > 0, "{counters:?}");
    assert!(counters.packets_refused > 1_000, "{counters:?}");
}

#[test]
fn a_forged_sender_cannot_speak_for_anybody() {
    // Packets with An Bình's address: unsealed, of streams old and new.
    let (_, counters) = unnoticed(|world, turn| {
        let victim = world.person("an-binh").address;
        world.person_mut("an-binh").recorded.get_or_insert_default();
        let recorded = world.person_mut("an-binh").recorded.as_mut();
        let sent = std::mem::take(recorded.expect("is recorded"));
        for mut datagram in sent.into_iter().filter(|sent| sent[0] & 0xc0 == 0x80) {
            // Ahead of what comes next, with a seal that is wrong.
            if turn % 2 == 0 {
                let seq = u16::from_be_bytes([datagram[2], datagram[3]]).wrapping_add(900);
                datagram[2..4].copy_from_slice(&seq.to_be_bytes());
            } else {
                datagram[8] ^= 0x55;
            }
            world.datagram(victim, &datagram);
        }
        // An alert that ends DTLS, were it believed (RFC 5246 §7.2).
        let alert = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, turn as u8, 0, 2, 2, 0];
        world.datagram(victim, &alert);
    });
    assert!(counters.packets_refused > 100, "{counters:?}");
}
