//! Two WebRTC stacks, str0m and the `webrtc` crate, meet in a meeting of the
//! real server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diemcau::bridge::http::Client;
use diemcau_protocol::{SlotKind, SourceKind, csrc_of};
use url::Url;

use crate::stacks::first_stack::FirstStack;
use crate::stacks::second_stack::{Camera, LAYERS, SecondStack};
use crate::stacks::world::{Decoder, Label, Person, encode};
use crate::support::Server;

const PATIENCE: Duration = Duration::from_secs(60);

/// Frames that the other stack can check byte by byte.
fn labelled(number: u32) -> Camera {
    let began = Instant::now();
    Box::new(move |kind, layer, frame, keyframe| {
        let (height, size) = match kind {
            SourceKind::Camera => (u32::from(LAYERS[layer].1), LAYERS[layer].2),
            _ => (0, 80),
        };
        let label = Label {
            number,
            kind,
            frame,
            captured: began.elapsed(),
            height,
        };
        encode(&label, keyframe, if keyframe { size * 4 } else { size })
    })
}

/// A server with a meeting for two: a link for each.
fn a_meeting_for_two() -> (Server, [Url; 2]) {
    let server = Server::start(&["--public-ip", "127.0.0.1"]);
    let links = server.meeting(&[("Tỉnh", "site"), ("Xã An Bình", "site")]);
    let links = links.try_into().unwrap_or_else(|_| panic!("two links"));
    (server, links)
}

async fn both(server: &Server, links: &[Url; 2]) -> (FirstStack, SecondStack) {
    let client = Client::new(None).unwrap();
    let media = SocketAddr::from((Ipv4Addr::LOCALHOST, server.ports.media));
    let first = FirstStack::join(&links[0], &client, "Tỉnh", media)
        .await
        .unwrap();
    let second = SecondStack::join(&links[1], &client, "Xã An Bình", labelled)
        .await
        .unwrap();
    (first, second)
}

/// Both take part until both are content.
async fn meet(
    first: &mut FirstStack,
    second: &mut SecondStack,
    first_done: impl Fn(&Person) -> bool,
    second_done: impl Fn(&SecondStack) -> bool,
) {
    let content = [AtomicBool::new(false), AtomicBool::new(false)];
    let settled = |own: usize, done: bool| {
        content[own].fetch_or(done, Ordering::Relaxed);
        content
            .iter()
            .all(|content| content.load(Ordering::Relaxed))
    };
    // Both are woken every 20 ms by what they send.
    let both = async {
        tokio::try_join!(
            first.run_until(|person| settled(0, first_done(person))),
            second.run_until(|client| settled(1, second_done(client))),
        )
    };
    let met = tokio::time::timeout(PATIENCE, both).await;
    met.expect("they meet in time").unwrap();
}

/// What a decoder makes of all that came into slots of a kind.
fn decoded(client: &SecondStack, kind: SlotKind) -> Decoder {
    let mut decoder = Decoder::default();
    let frames = client
        .slots_of(kind)
        .flat_map(|slot| &slot.reception.frames);
    for frame in frames {
        let picture = !kind.is_audio();
        decoder.feed(
            &frame.bytes,
            picture,
            Instant::now(),
            frame.rtp_time,
            frame.csrc,
        );
    }
    decoder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stacks_see_and_hear_each_other() {
    let (server, links) = a_meeting_for_two();
    let (mut first, mut second) = both(&server, &links).await;
    let number = second.seat.number;
    meet(
        &mut first,
        &mut second,
        |person| {
            let sound = person.decoded(SlotKind::Sound, number).len()
                + person.decoded(SlotKind::StageSound, number).len();
            FirstStack::seen(person, number).0 >= 50 && sound >= 50
        },
        |client| {
            let frames = |kind| -> usize {
                client
                    .slots_of(kind)
                    .map(|slot| slot.reception.frames.len())
                    .sum()
            };
            frames(SlotKind::Picture) >= 50
                && frames(SlotKind::Sound) + frames(SlotKind::StageSound) >= 50
        },
    )
    .await;

    // What str0m saw of the second stack.
    assert_eq!(FirstStack::seen(&first.person, number).1, 0, "torn frames");
    let camera = csrc_of(number, SourceKind::Camera);
    for frame in first.person.decoded(SlotKind::Picture, number) {
        assert_eq!(frame.csrc, Some(camera));
    }
    assert!(second.keyframes_asked > 0, "the SFU asks for a keyframe");

    // What the second stack saw of str0m.
    let pictures = decoded(&second, SlotKind::Picture);
    assert_eq!(pictures.broken, 0);
    let camera = csrc_of(first.number(), SourceKind::Camera);
    assert!(
        pictures
            .decoded
            .iter()
            .all(|frame| frame.csrc == Some(camera))
    );
    assert!(pictures.decoded.len() >= 50);
    let microphone = csrc_of(first.number(), SourceKind::Microphone);
    for slot in second.slots.values() {
        assert_eq!(slot.reception.missing(), 0, "{:?}", slot.kind);
        assert_eq!(slot.reception.torn, 0, "{:?}", slot.kind);
        if slot.kind.is_audio() {
            let frames = &slot.reception.frames;
            assert!(frames.iter().all(|frame| frame.csrc == Some(microphone)));
        }
    }
    second.leave().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyframe_comes_when_the_second_stack_asks() {
    let (server, links) = a_meeting_for_two();
    let (mut first, mut second) = both(&server, &links).await;
    let keyframes = |client: &SecondStack| -> usize {
        let slots = client.slots_of(SlotKind::Picture);
        let frames = slots.flat_map(|slot| &slot.reception.frames);
        frames.filter(|frame| frame.is_keyframe()).count()
    };
    let whole = |client: &SecondStack| -> usize {
        client
            .slots_of(SlotKind::Picture)
            .map(|slot| slot.reception.frames.len())
            .sum()
    };
    meet(
        &mut first,
        &mut second,
        |_| true,
        |client| whole(client) >= 50,
    )
    .await;
    let before = keyframes(&second);
    second.ask_for_keyframes().await.unwrap();
    meet(
        &mut first,
        &mut second,
        |_| true,
        |client| keyframes(client) > before,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_packets_are_repaired_in_both_directions() {
    let (server, links) = a_meeting_for_two();
    let (mut first, mut second) = both(&server, &links).await;
    let number = second.seat.number;
    let whole = |client: &SecondStack| -> usize {
        client
            .slots_of(SlotKind::Picture)
            .map(|slot| slot.reception.frames.len())
            .sum()
    };
    let seen = |person: &Person| FirstStack::seen(person, number).0;
    meet(
        &mut first,
        &mut second,
        |p| seen(p) >= 25,
        |c| whole(c) >= 25,
    )
    .await;
    second.loss.begin(23);
    meet(
        &mut first,
        &mut second,
        |p| seen(p) >= 200,
        |c| whole(c) >= 200,
    )
    .await;
    second.loss.begin(0);
    let (seen_then, whole_then) = (seen(&first.person), whole(&second));
    meet(
        &mut first,
        &mut second,
        |person| seen(person) >= seen_then + 25,
        |client| {
            let pictures = || client.slots_of(SlotKind::Picture);
            whole(client) >= whole_then + 25 && pictures().all(|s| s.reception.missing() == 0)
        },
    )
    .await;
    let (up, down) = second.loss.lost();
    assert!(up > 20 && down > 20, "{up} up, {down} down");
    assert_eq!(
        FirstStack::seen(&first.person, number).1,
        0,
        "towards the server"
    );
    let pictures = decoded(&second, SlotKind::Picture);
    assert_eq!(pictures.broken, 0, "from the server");
    let late: u64 = second
        .slots_of(SlotKind::Picture)
        .map(|slot| slot.reception.late)
        .sum();
    assert!(late > 0, "{late} repairs");
}
