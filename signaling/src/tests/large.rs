//! Meetings with many people, and people with slow lines.

use diemcau_protocol::{LARGE_MEETING, Participant, RosterMessage, RosterPage, Welcome};
use futures_util::future::join_all;

use super::*;
use crate::meeting::roster::View;

/// More than a small meeting has.
const SITES: u32 = LARGE_MEETING + 10;

fn site(number: u32) -> String {
    format!("xã {number:04}")
}

/// The chair, and many sites.
async fn plenary(room: &RoomHandle) -> (Guest, Vec<Guest>) {
    let chair = Guest::join(room, "chủ tọa").await.unwrap();
    let names: Vec<String> = (2..=SITES).map(site).collect();
    let sites = join_all(names.iter().map(|name| Guest::join(room, name))).await;
    (chair, sites.into_iter().map(Result::unwrap).collect())
}

impl Guest {
    async fn welcome(&mut self) -> Welcome {
        self.hear(|message| match message {
            ServerMessage::Welcome(welcome) => Some(*welcome),
            _ => None,
        })
        .await
    }

    async fn page(&mut self) -> RosterPage {
        self.hear(|message| match message {
            ServerMessage::Roster(page) => Some(page),
            _ => None,
        })
        .await
    }

    fn show(&self, first: u32, count: u32) {
        let named = Vec::new();
        let message = RosterMessage {
            first,
            count,
            named,
        };
        self.room.tell(Input::Roster {
            line: self.line.clone(),
            view: View::of(message).unwrap(),
        });
    }

    /// A change of what is shown, once it has these people.
    async fn change(&mut self, wanted: impl Fn(&Participant) -> bool) -> Participant {
        self.hear(|message| match message {
            ServerMessage::RosterChanged(change) => change.participants.into_iter().find(&wanted),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn a_plenary_shows_each_a_page_and_what_changes_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_signaling, _, room) = one_meeting(&folder, Arc::new(|_| {})).await;
    let (mut chair, mut sites) = plenary(&room).await;

    let small = chair.welcome().await.snapshot.unwrap();
    assert_eq!(small.roster, None, "the first one in a small meeting");
    let turned = chair.page().await;
    assert!(turned.participants.len() <= 101, "the meeting became large");

    let mut last = Guest::join(&room, &site(9_999)).await.unwrap();
    let snapshot = last.welcome().await.snapshot.unwrap();
    let roster = snapshot.roster.unwrap();
    assert_eq!((roster.total, roster.here), (SITES + 1, SITES + 1));
    assert_eq!(snapshot.participants.len(), 101, "a page, and itself");

    chair.show(400, 20);
    let page = chair.page().await;
    assert_eq!(page.roster.first, 400);
    let mut on_it = page.participants.into_iter();
    let shown = on_it.find(|site| site.number == 410).unwrap();
    let camera = Command::SetCamera { on: true };
    let busy = sites
        .iter_mut()
        .find(|guest| guest.line.participant == shown.id)
        .unwrap();
    busy.command(camera).await.unwrap();
    let changed = chair.change(|participant| participant.id == shown.id).await;
    assert!(changed.camera);

    // Whoever shows the first page hears what is said, and nothing of that.
    busy.chat("Nghe rõ").await.unwrap();
    let told = last
        .hear(|message| match message {
            ServerMessage::Events { events, .. } => Some(events),
            ServerMessage::RosterChanged(change) => {
                assert!(change.participants.iter().all(|other| other.id != shown.id));
                None
            }
            _ => None,
        })
        .await;
    assert!(matches!(told[0].event, Event::ChatSent { .. }), "{told:?}");
}

#[tokio::test]
async fn a_client_one_version_older_hears_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (_signaling, _, room) = one_meeting(&folder, Arc::new(|_| {})).await;
    let (_chair, mut sites) = plenary(&room).await;
    let reads = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
    let older = Guest::arrive(&room, "xã cũ", 1, false, reads).await;
    let mut older = older.unwrap();
    let snapshot = older.welcome().await.snapshot.unwrap();
    assert_eq!(snapshot.roster, None);
    assert_eq!(snapshot.participants.len(), SITES as usize + 1);
    let camera = Command::SetCamera { on: true };
    sites[300].command(camera).await.unwrap();
    let heard = older
        .hear(|message| match message {
            ServerMessage::Events { events, .. } => events.into_iter().next(),
            _ => None,
        })
        .await;
    assert!(matches!(heard.event, Event::CameraSet { on: true, .. }));
}

#[tokio::test]
async fn whoever_reads_too_slowly_begins_anew_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (_signaling, _, room) = one_meeting(&folder, Arc::new(|_| {})).await;
    // The thin line lets the welcome through, and then nothing for a while.
    let reads = Arc::new(Semaphore::new(2));
    let slow = Guest::arrive(&room, "xã vùng cao", 1, true, Arc::clone(&reads)).await;
    let mut slow = slow.unwrap();
    slow.welcome().await;

    let mut said = 0;
    for speaker in 0..20 {
        let mut guest = Guest::join(&room, &site(speaker)).await.unwrap();
        for number in 0..5 {
            guest.chat(&format!("câu {number}")).await.unwrap();
            said += 1;
        }
    }
    reads.add_permits(10_000);
    let mut heard = 0;
    let anew = loop {
        match slow.heard.recv().await.unwrap() {
            ServerMessage::Events { .. } => heard += 1,
            ServerMessage::Welcome(welcome) => break welcome.snapshot.unwrap(),
            ServerMessage::Bye { code, .. } => panic!("sent away: {code:?}"),
            _ => {}
        }
    };
    assert!(heard < said, "not everything was kept for it: {heard}");
    assert_eq!(anew.chat.len(), said);

    let mut quick = Guest::join(&room, "huyện").await.unwrap();
    quick.chat("Xã nghe rõ không?").await.unwrap();
    slow.hear(|message| match message {
        ServerMessage::Events { events, .. } => events
            .iter()
            .any(|happened| matches!(&happened.event, Event::ChatSent { text, .. } if text.starts_with("Xã")))
            .then_some(()),
        _ => None,
    })
    .await;
}
