//! The power fails in the middle of a meeting, at a moment drawn by lot.

use diemcau_power_cut::Disk;
use diemcau_protocol::{AnnouncedEvent, Command, ErrorCode, Event, ServerMessage};

use super::support::{AN_BINH, CHAIR, Guest, HOA_LAC, Machine, OBSERVER};

/// One meeting each.
const SEEDS: std::ops::Range<u64> = 0..8;

/// What each says at most: more would be too many at once.
const SENTENCES: usize = 5;

/// Hands are raised and lowered between sentences.
const HANDS: usize = 3;

/// Talks until nothing can be stored any more; gives back what was answered
/// with `done`.
async fn talk(mut guest: Guest, who: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..SENTENCES {
        for hand in 0..HANDS {
            let raised = hand % 2 == 0;
            if guest.command(Command::SetHand { raised }).await.is_err() {
                return acknowledged;
            }
        }
        let text = format!("{who}, câu {number}");
        match guest.chat(&text).await {
            Ok(()) => acknowledged.push(text),
            Err(ErrorCode::StorageUnavailable) => return acknowledged,
            Err(other) => panic!("{other:?}"),
        }
    }
    acknowledged
}

/// What somebody who only listens has heard so far.
fn sentences(heard: &[ServerMessage]) -> Vec<String> {
    let sentence = |announced: &AnnouncedEvent| match &announced.event {
        Event::ChatSent { text, .. } => Some(text.clone()),
        _ => None,
    };
    let events = heard.iter().flat_map(|message| match message {
        ServerMessage::Events { events, .. } => events.as_slice(),
        _ => &[],
    });
    events.filter_map(sentence).collect()
}

#[tokio::test]
async fn the_power_fails_and_the_meeting_goes_on_with_everything_that_was_said() {
    let (mut failed, mut said) = (0, 0);
    for seed in SEEDS {
        let machine = Machine::new();
        let disk = Disk::on(machine.folder()).unwrap();
        let server = machine.start().await;
        let meeting = server.briefing().await;
        let (chair, _) = server.guest(&meeting.links[CHAIR]).await;
        let (an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
        let (hoa_lac, _) = server.guest(&meeting.links[HOA_LAC]).await;
        let (mut observer, _) = server.guest(&meeting.links[OBSERVER]).await;
        disk.cut_after(40 * seed);
        let (by_chair, by_an_binh, by_hoa_lac) = tokio::join!(
            talk(chair, "Chủ tọa"),
            talk(an_binh, "An Bình"),
            talk(hoa_lac, "Hòa Lạc"),
        );
        failed += u32::from(disk.is_off());
        observer.ping_pong().await;
        server.kill();
        let heard = sentences(&observer.end().await);

        let folder = tempfile::tempdir().unwrap();
        disk.survivors(seed, folder.path()).unwrap();
        let machine = Machine::with_folder(folder);
        let server = machine.start().await;
        let (mut chair, welcome) = server.guest(&meeting.links[CHAIR]).await;
        let snapshot = welcome.snapshot.unwrap();
        assert_eq!(
            snapshot.participants.len(),
            4,
            "seed {seed}: all had joined"
        );
        let there: Vec<String> = snapshot.chat.into_iter().map(|sent| sent.text).collect();
        for sentence in by_chair.iter().chain(&by_an_binh).chain(&by_hoa_lac) {
            let times = there.iter().filter(|text| *text == sentence).count();
            assert_eq!(times, 1, "seed {seed}: {sentence} was acknowledged");
        }
        assert_eq!(
            there[..heard.len()],
            heard,
            "seed {seed}: heard in this order"
        );
        said += heard.len();
        chair.chat("Đã có điện trở lại").await.unwrap();
    }
    assert!(failed > 4 && said > 20, "{failed} cuts, {said} sentences");
}
