//! Batches are stored whole or not at all.

use diemcau_protocol::{AnnouncedEvent, Event, MeetingId};

use super::{Batch, Claim, Store, StoreError};
use crate::log::{Head, Occurrence, Sealed, StoredEvent, open_chain, seal};

fn events(head: &mut Head, texts: &[&str]) -> Vec<Sealed> {
    texts
        .iter()
        .map(|text| {
            let occurrence = Occurrence {
                announced: AnnouncedEvent {
                    at: 1,
                    event: Event::ChatSent {
                        from: "an".into(),
                        text: (*text).to_owned(),
                    },
                },
                actor: None,
            };
            seal(head, &occurrence, [1; 16]).unwrap()
        })
        .collect()
}

fn batch(meeting: &MeetingId, opened_at: Option<i64>, events: Vec<Sealed>) -> Batch {
    Batch {
        meeting: meeting.clone(),
        branch: "b".to_owned(),
        opened_at,
        occupied: None,
        events,
    }
}

async fn read(store: &Store, meeting: &MeetingId) -> (Claim, Vec<StoredEvent>) {
    let claim = store.claim(meeting).await.unwrap().unwrap();
    let log = store.read(meeting, &claim).await.unwrap();
    (claim, log.events)
}

async fn append(store: &Store, batch: Batch) -> Result<(), StoreError> {
    store.append(batch).await.unwrap()
}

#[tokio::test]
async fn what_was_stored_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sqlite");
    let meeting = MeetingId::from("m");
    let mut head = Head::new(meeting.clone(), "b".to_owned());
    {
        let (store, _) = Store::open(&path).await.unwrap();
        assert_eq!(store.claim(&meeting).await.unwrap(), None);
        let first = batch(&meeting, Some(1), events(&mut head, &["một", "hai"]));
        append(&store, first).await.unwrap();
        let second = batch(&meeting, None, events(&mut head, &["ba"]));
        append(&store, second).await.unwrap();
        store.close().await;
        assert!(store.append(batch(&meeting, None, vec![])).await.is_err());
        assert!(matches!(store.probe(1).await, Err(StoreError::Closed)));
    }
    let (store, _) = Store::open(&path).await.unwrap();
    let (claim, events) = read(&store, &meeting).await;
    let (read, verified) = open_chain(meeting, claim.branch, &events).unwrap();
    assert_eq!((read, verified.len()), (head, 3));
}

#[tokio::test]
async fn each_claim_has_a_higher_epoch_and_sees_what_was_handed_in_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sqlite");
    let meeting = MeetingId::from("m");
    let mut head = Head::new(meeting.clone(), "b".to_owned());
    let (store, _) = Store::open(&path).await.unwrap();
    let first = batch(&meeting, Some(1), events(&mut head, &["một", "hai"]));
    let stored = store.append(first);
    let (claim, log) = read(&store, &meeting).await;
    assert_eq!((claim.epoch, log.len()), (2, 2));
    stored.await.unwrap().unwrap();
    assert_eq!(read(&store, &meeting).await.0.epoch, 3);
    let beginning = store.read_beginning(&meeting).await.unwrap().unwrap();
    assert_eq!(beginning.events, log[..1]);
    let none = store.read_beginning(&MeetingId::from("không có")).await;
    assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn the_start_is_told_only_of_meetings_with_somebody_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sqlite");
    let (store, _) = Store::open(&path).await.unwrap();
    for (name, occupied) in [("trống", None), ("đông", Some(true)), ("tan", Some(true))] {
        let meeting = MeetingId::from(name);
        let mut head = Head::new(meeting.clone(), "b".to_owned());
        let mut first = batch(&meeting, Some(1), events(&mut head, &["chào"]));
        first.occupied = occupied;
        append(&store, first).await.unwrap();
    }
    let mut last = batch(&MeetingId::from("tan"), None, Vec::new());
    last.occupied = Some(false);
    append(&store, last).await.unwrap();
    store.close().await;
    let (_, occupied) = Store::open(&path).await.unwrap();
    assert_eq!(occupied, [MeetingId::from("đông")]);
}

#[tokio::test]
async fn one_batch_that_does_not_fit_keeps_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sqlite");
    let (store, _) = Store::open(&path).await.unwrap();
    let good = |name: &str| {
        let meeting = MeetingId::from(name);
        let mut head = Head::new(meeting.clone(), "b".to_owned());
        batch(&meeting, Some(1), events(&mut head, &["chào"]))
    };
    append(&store, good("cũ")).await.unwrap();
    // Both wait together: one is new, one is there already.
    let fresh = store.append(good("mới"));
    let twice = store.append(good("cũ"));
    assert!(fresh.await.unwrap().is_ok());
    assert!(twice.await.unwrap().is_err());
}

#[tokio::test]
async fn a_full_disk_stores_nothing_of_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sqlite");
    let meeting = MeetingId::from("m");
    let mut head = Head::new(meeting.clone(), "b".to_owned());
    let (store, _) = Store::open(&path).await.unwrap();
    let first = batch(&meeting, Some(1), events(&mut head, &["một"]));
    append(&store, first).await.unwrap();
    store.probe(1).await.unwrap();

    store.execute("PRAGMA max_page_count = 1").await;
    let long = "dài ".repeat(20_000);
    let mut ahead = head.clone();
    let too_much = batch(&meeting, None, events(&mut ahead, &["hai", &long]));
    assert!(append(&store, too_much).await.is_err());
    assert!(store.probe(2).await.is_err());

    store.execute("PRAGMA max_page_count = 1000000").await;
    store.probe(3).await.unwrap();
    let again = batch(&meeting, None, events(&mut head, &["hai", &long]));
    append(&store, again).await.unwrap();
    let (_, log) = read(&store, &meeting).await;
    assert_eq!(log.len(), 3);
}
