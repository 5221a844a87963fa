//! The power fails at any moment, again and again: what was acknowledged is
//! there, and nothing is there by half.

use std::ops::Range;

use diemcau_power_cut::Disk;
use diemcau_protocol::{AnnouncedEvent, Event, MeetingId};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use tempfile::TempDir;

use super::{Batch, Store};
use crate::database::StoreLocation;
use crate::log::{Head, Occurrence, Sealed, open_chain, seal};

/// Power cuts of one server room.
const CUTS: u64 = 4;

/// Events of one batch.
const BATCH: u64 = 3;

/// The power fails at most after so many changes of the files. Opening a new
/// store takes about sixty.
const LATEST_CUT: u64 = 240;

const MEETINGS: [&str; 2] = ["giao-ban", "phong-chong-bao"];

/// A meeting as its people know it.
struct Known {
    head: Head,
    /// What was said and acknowledged.
    acknowledged: u64,
}

impl Known {
    fn new(name: &str) -> Self {
        Self {
            head: Head::new(MeetingId::from(name), "b".to_owned()),
            acknowledged: 0,
        }
    }
}

/// What goes wrong with a store.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    /// It cannot be opened.
    Closed(String),
    /// The chain of a meeting does not verify, or says something else.
    Chain(String),
    /// An acknowledged event is not there.
    Lost { acknowledged: u64, there: u64 },
    /// Part of a batch is there.
    Half { there: u64 },
}

/// What is said in a meeting, by the event's number.
fn said(seq: u64) -> Event {
    Event::ChatSent {
        from: "an".into(),
        text: format!(
            "lời thứ {seq}: {}",
            "bão ".repeat((seq as usize * 37) % 900)
        ),
    }
}

fn next_events(head: &mut Head, lot: &mut impl Rng) -> Vec<Sealed> {
    (0..BATCH)
        .map(|_| {
            let occurrence = Occurrence {
                announced: AnnouncedEvent {
                    at: 1,
                    event: said(head.seq + 1),
                },
                actor: None,
            };
            seal(head, &occurrence, lot.random()).unwrap()
        })
        .collect()
}

/// Reads what is there of a meeting; its people go on from it.
async fn look(store: &Store, known: &mut Known) -> Result<(), Wrong> {
    let wrong = |error: &dyn std::fmt::Display| Wrong::Chain(error.to_string());
    let meeting = known.head.meeting.clone();
    let claim = store.claim(&meeting).await.map_err(|error| wrong(&error))?;
    let mut there = Head::new(meeting.clone(), "b".to_owned());
    if let Some(claim) = claim {
        let log = store.read(&meeting, &claim).await;
        let log = log.map_err(|error| wrong(&error))?;
        let (head, events) =
            open_chain(meeting, log.branch, &log.events).map_err(|error| wrong(&error))?;
        for (event, seq) in events.iter().zip(1..) {
            if event.occurrence.announced.event != said(seq) {
                return Err(Wrong::Chain(format!("event {seq} says something else")));
            }
        }
        there = head;
        there.epoch = claim.epoch;
    }
    if there.seq < known.acknowledged {
        return Err(Wrong::Lost {
            acknowledged: known.acknowledged,
            there: there.seq,
        });
    }
    if !there.seq.is_multiple_of(BATCH) {
        return Err(Wrong::Half { there: there.seq });
    }
    known.acknowledged = there.seq;
    known.head = there;
    Ok(())
}

/// Lets everybody talk until the power is off. `busy` sets the store up.
async fn talk(
    store: &Store,
    meetings: &mut [Known],
    disk: &Disk,
    lot: &mut impl Rng,
    busy: &'static str,
) {
    store.execute(busy).await;
    while !disk.is_off() {
        let mut answers = Vec::new();
        for known in meetings.iter_mut() {
            let is_new = known.head.seq == 0;
            let mut head = known.head.clone();
            let events = next_events(&mut head, lot);
            let answer = store.append(Batch {
                meeting: head.meeting.clone(),
                branch: head.branch.clone(),
                epoch: head.epoch,
                opened_at: is_new.then_some(1),
                occupied: Some(true),
                events,
            });
            answers.push((head, answer));
        }
        for (known, (head, answer)) in meetings.iter_mut().zip(answers) {
            if answer.await.unwrap().is_ok() {
                known.acknowledged = head.seq;
                known.head = head;
            }
        }
    }
}

/// One server room through its power cuts. Gives back how many events were
/// acknowledged before the last one.
async fn server_room(seed: u64, busy: &'static str) -> Result<u64, Wrong> {
    let mut lot = StdRng::seed_from_u64(seed);
    let mut meetings = MEETINGS.map(Known::new);
    let mut folder = tempfile::tempdir().unwrap();
    for _ in 0..CUTS {
        let disk = Disk::on(folder.path()).unwrap();
        disk.cut_after(lot.random_range(0..LATEST_CUT));
        match Store::open(&StoreLocation::in_folder(folder.path())).await {
            Ok((store, _)) => {
                for known in &mut meetings {
                    match look(&store, known).await {
                        Err(_) if disk.is_off() => {}
                        outcome => outcome?,
                    }
                }
                talk(&store, &mut meetings, &disk, &mut lot, busy).await;
                store.close().await;
            }
            Err(_) if disk.is_off() => {}
            Err(error) => return Err(Wrong::Closed(error.to_string())),
        }
        folder = after_the_cut(&disk, lot.random());
    }
    let (store, _) = Store::open(&StoreLocation::in_folder(folder.path()))
        .await
        .map_err(|error| Wrong::Closed(error.to_string()))?;
    let mut there = 0;
    for known in &mut meetings {
        look(&store, known).await?;
        there += known.acknowledged;
    }
    store.close().await;
    Ok(there)
}

fn after_the_cut(disk: &Disk, seed: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    disk.survivors(seed, folder.path()).unwrap();
    folder
}

async fn server_rooms(seeds: Range<u64>, busy: &'static str) -> Vec<(u64, Result<u64, Wrong>)> {
    let mut outcomes = Vec::new();
    for seed in seeds {
        outcomes.push((seed, server_room(seed, busy).await));
    }
    outcomes
}

/// Each seed is one server room.
async fn nothing_acknowledged_is_lost(seeds: Range<u64>, busy: &'static str) {
    let mut there = 0;
    for (seed, outcome) in server_rooms(seeds, busy).await {
        match outcome {
            Ok(events) => there += events,
            Err(wrong) => panic!("seed {seed}: {wrong:?}"),
        }
    }
    assert!(there > 1_000, "most cuts come while people talk: {there}");
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    nothing_acknowledged_is_lost(0..60, "PRAGMA wal_autocheckpoint = 1000").await;
}

#[tokio::test]
async fn nor_does_one_in_the_middle_of_a_checkpoint() {
    nothing_acknowledged_is_lost(1_000..1_060, "PRAGMA wal_autocheckpoint = 3").await;
}

#[tokio::test]
async fn without_syncs_the_same_cuts_lose_what_was_acknowledged() {
    let outcomes = server_rooms(0..20, "PRAGMA synchronous = OFF").await;
    let lost = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_err())
        .count();
    assert!(lost > 5, "the disk keeps what nobody synced: {outcomes:?}");
}
