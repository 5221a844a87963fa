//! Batches are stored whole or not at all, in either database.

use diemcau_protocol::{AnnouncedEvent, Event, MeetingId};
use sqlx::Executor;
use sqlx::postgres::PgConnection;

use super::batch::{Refused, insert_again};
use super::{Batch, Claim, Store, StoreError, TABLES};
use crate::database::{Area, StoreLocation};
use crate::log::{Head, Occurrence, Sealed, StoredEvent, open_chain, seal};
use crate::test_support::{Place, both, postgres::Postgres};

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
    claimed_batch(meeting, 1, opened_at, events)
}

fn claimed_batch(
    meeting: &MeetingId,
    epoch: u32,
    opened_at: Option<i64>,
    events: Vec<Sealed>,
) -> Batch {
    Batch {
        meeting: meeting.clone(),
        branch: "b".to_owned(),
        epoch,
        opened_at,
        occupied: None,
        events,
    }
}

fn new_meeting(name: &str) -> (MeetingId, Head) {
    let meeting = MeetingId::from(name);
    let head = Head::new(meeting.clone(), "b".to_owned());
    (meeting, head)
}

async fn open(place: &Place) -> Store {
    Store::open(&place.location).await.unwrap().0
}

async fn read(store: &Store, meeting: &MeetingId) -> (Claim, Vec<StoredEvent>) {
    let claim = store.claim(meeting).await.unwrap().unwrap();
    let log = store.read(meeting, &claim).await.unwrap();
    (claim, log.events)
}

async fn append(store: &Store, batch: Batch) -> Result<(), StoreError> {
    store.append(batch).await.unwrap()
}

both! {
    async fn what_was_stored_is_read_back(place: Place) {
        let (meeting, mut head) = new_meeting("m");
        {
            let store = open(&place).await;
            assert_eq!(store.claim(&meeting).await.unwrap(), None);
            let first = batch(&meeting, Some(1), events(&mut head, &["một", "hai"]));
            append(&store, first).await.unwrap();
            let second = batch(&meeting, None, events(&mut head, &["ba"]));
            append(&store, second).await.unwrap();
            store.close().await;
            assert!(store.append(batch(&meeting, None, vec![])).await.is_err());
            assert!(matches!(store.probe(1).await, Err(StoreError::Closed)));
        }
        let store = open(&place).await;
        let (claim, events) = read(&store, &meeting).await;
        let (read, verified) = open_chain(meeting, claim.branch, &events).unwrap();
        assert_eq!((read, verified.len()), (head, 3));
    }

    async fn each_claim_has_a_higher_epoch_and_sees_what_was_handed_in_before(place: Place) {
        let (meeting, mut head) = new_meeting("m");
        let store = open(&place).await;
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

    async fn whoever_claimed_earlier_stores_nothing_any_more(place: Place) {
        let (meeting, mut head) = new_meeting("m");
        let (earlier, later) = (open(&place).await, open(&place).await);
        let first = batch(&meeting, Some(1), events(&mut head, &["một"]));
        append(&earlier, first).await.unwrap();
        let claim = later.claim(&meeting).await.unwrap().unwrap();

        let mut astray = head.clone();
        let late = batch(&meeting, None, events(&mut astray, &["muộn"]));
        assert!(matches!(append(&earlier, late).await, Err(StoreError::Outdated)));
        let next = claimed_batch(&meeting, claim.epoch, None, events(&mut head, &["hai"]));
        append(&later, next).await.unwrap();
        assert_eq!(read(&earlier, &meeting).await.1.len(), 2);
    }

    async fn the_start_is_told_only_of_meetings_with_somebody_in_them(place: Place) {
        let store = open(&place).await;
        for (name, occupied) in [("trống", None), ("đông", Some(true)), ("tan", Some(true))] {
            let (meeting, mut head) = new_meeting(name);
            let mut first = batch(&meeting, Some(1), events(&mut head, &["chào"]));
            first.occupied = occupied;
            append(&store, first).await.unwrap();
        }
        let mut last = batch(&MeetingId::from("tan"), None, Vec::new());
        last.occupied = Some(false);
        append(&store, last).await.unwrap();
        store.close().await;
        let (_, occupied) = Store::open(&place.location).await.unwrap();
        assert_eq!(occupied, [MeetingId::from("đông")]);
    }

    async fn one_batch_that_does_not_fit_keeps_no_other_out(place: Place) {
        let store = open(&place).await;
        let good = |name: &str| {
            let (meeting, mut head) = new_meeting(name);
            batch(&meeting, Some(1), events(&mut head, &["chào"]))
        };
        append(&store, good("cũ")).await.unwrap();
        // Both wait together: one is new, one is there already.
        let fresh = store.append(good("mới"));
        let twice = store.append(good("cũ"));
        assert!(fresh.await.unwrap().is_ok());
        assert!(twice.await.unwrap().is_err());
    }

    async fn a_database_of_a_newer_build_is_refused(place: Place) {
        open(&place).await.close().await;
        place
            .change("INSERT INTO _sqlx_migrations \
                     SELECT 9000, description, installed_on, success, checksum, execution_time \
                     FROM _sqlx_migrations WHERE version = 1")
            .await;
        let refused = Store::open(&place.location).await.unwrap_err().to_string();
        assert!(refused.contains("newer build (migration 9000)"), "{refused}");
    }
}

#[tokio::test]
async fn a_full_disk_stores_nothing_of_a_batch() {
    let place = Place::sqlite();
    let (meeting, mut head) = new_meeting("m");
    let store = open(&place).await;
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

/// Appends batch after batch until the store has refused one; gives back how
/// many were acknowledged.
async fn append_until_refused(store: &Store, meeting: &MeetingId, head: &mut Head) -> usize {
    let mut acknowledged = 0;
    loop {
        let mut ahead = head.clone();
        let next = batch(meeting, None, events(&mut ahead, &["tiếp"]));
        if append(store, next).await.is_err() {
            return acknowledged;
        }
        *head = ahead;
        acknowledged += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_outlives_a_postgresql_that_stops_and_starts() {
    let mut postgres = Postgres::start();
    let location = StoreLocation::Postgres(postgres.database().await.parse().unwrap());
    let (store, _) = Store::open(&location).await.unwrap();
    let (meeting, mut head) = new_meeting("bão");
    let first = batch(&meeting, Some(1), events(&mut head, &["một"]));
    append(&store, first).await.unwrap();

    let mut acknowledged = 1;
    for _ in 0..3 {
        // The server stops while batch after batch is on its way.
        let busy = {
            let (store, meeting, mut head) = (store.clone(), meeting.clone(), head.clone());
            tokio::spawn(async move {
                let count = append_until_refused(&store, &meeting, &mut head).await;
                (count, head)
            })
        };
        let stopped = tokio::task::spawn_blocking(move || {
            postgres.stop();
            postgres
        });
        postgres = stopped.await.unwrap();
        // The commit that was under way is answered only when the server is
        // back; nothing else is acknowledged meanwhile.
        let started = tokio::task::spawn_blocking(move || {
            postgres.start_again();
            postgres
        });
        postgres = started.await.unwrap();
        // Whatever runs on against the new server is refused sooner or later:
        // its claim is not the newest any more.
        let claim = loop {
            if let Ok(claim) = store.claim(&meeting).await {
                break claim.unwrap();
            }
        };
        let (count, reached) = busy.await.unwrap();
        acknowledged += count;
        head = reached;
        assert_eq!(head.seq as usize, acknowledged);
        let log = store.read(&meeting, &claim).await.unwrap();
        let (stored, _) = open_chain(meeting.clone(), "b".to_owned(), &log.events).unwrap();
        assert_eq!((stored.seq, stored.hash), (head.seq, head.hash));
        head.epoch = claim.epoch;
        store.probe(1).await.unwrap();
    }
}

#[tokio::test]
async fn a_postgresql_that_answers_before_it_has_synced_is_told_not_to() {
    let place = Place::postgres().await;
    let mut clerk = place.postgres_connection().await;
    clerk
        .execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', \
             current_database()); END $$",
        )
        .await
        .unwrap();
    let (area, mut opened) = Area::open(&place.location, &TABLES).await.unwrap();
    let mut again = area.connect().await.unwrap();
    for connection in [&mut opened, &mut again] {
        let sql = "SELECT current_setting('synchronous_commit') AS setting";
        let row = connection.fetch_one(sql, &[]).await.unwrap().unwrap();
        assert_eq!(row.get::<String>("setting").unwrap(), "on");
    }
}

/// Waits until the writer waits for a lock; gives back its process.
async fn waiting_writer(clerk: &mut PgConnection) -> i32 {
    let sql = "SELECT pid FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let found: Option<i32> = sqlx::query_scalar(sql)
            .fetch_optional(&mut *clerk)
            .await
            .unwrap();
        if let Some(process) = found {
            return process;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_commit_without_an_answer_is_asked_about_until_it_is_known() {
    let place = Place::postgres().await;
    let store = open(&place).await;
    let (meeting, mut head) = new_meeting("m");
    let first = batch(&meeting, Some(1), events(&mut head, &["một"]));
    append(&store, first).await.unwrap();

    // COMMIT comes to a lock, and the line is cut there.
    let mut clerk = place.postgres_connection().await;
    for sql in [
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON diemcau_events.events \
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()",
        "SELECT pg_advisory_lock(7)",
    ] {
        clerk.execute(sql).await.unwrap();
    }
    let waiting = store.append(batch(&meeting, None, events(&mut head, &["hai"])));
    let process = waiting_writer(&mut clerk).await;
    let cut = sqlx::query("SELECT pg_terminate_backend($1)").bind(process);
    cut.execute(&mut clerk).await.unwrap();
    clerk.execute("SELECT pg_advisory_unlock(7)").await.unwrap();

    waiting.await.unwrap().unwrap();
    assert_eq!(read(&store, &meeting).await.1.len(), 2);
}

#[tokio::test]
async fn what_is_there_already_is_not_put_in_twice() {
    let place = Place::postgres().await;
    let store = open(&place).await;
    let (meeting, mut head) = new_meeting("m");
    let first = || {
        events(
            &mut Head::new(MeetingId::from("m"), "b".to_owned()),
            &["một"],
        )
    };
    append(&store, batch(&meeting, Some(1), first()))
        .await
        .unwrap();
    events(&mut head, &["một"]);

    let (area, mut connection) = Area::open(&place.location, &TABLES).await.unwrap();
    drop(area);
    let again = batch(&meeting, Some(1), first());
    insert_again(&mut connection, &again).await.unwrap();
    let next = batch(&meeting, None, events(&mut head, &["hai"]));
    insert_again(&mut connection, &next).await.unwrap();
    let mut stranger = batch(&meeting, Some(1), first());
    stranger.branch = "c".to_owned();
    let refused = insert_again(&mut connection, &stranger).await;
    assert!(matches!(refused, Err(Refused::Outdated)));
    assert_eq!(read(&store, &meeting).await.1.len(), 2);
}

#[tokio::test]
async fn a_lock_is_not_waited_for_without_end() {
    let place = Place::postgres().await;
    let store = open(&place).await;
    let (meeting, mut head) = new_meeting("m");
    let first = batch(&meeting, Some(1), events(&mut head, &["một"]));
    append(&store, first).await.unwrap();
    let mut clerk = place.postgres_connection().await;
    clerk.execute("BEGIN").await.unwrap();
    let lock = "SELECT * FROM diemcau_events.meetings FOR UPDATE";
    clerk.execute(lock).await.unwrap();
    let mut ahead = head.clone();
    let refused = append(&store, batch(&meeting, None, events(&mut ahead, &["hai"]))).await;
    assert!(matches!(refused, Err(StoreError::Database(_))));
    clerk.execute("ROLLBACK").await.unwrap();
    let again = batch(&meeting, None, events(&mut head, &["hai"]));
    append(&store, again).await.unwrap();
    assert_eq!(read(&store, &meeting).await.1.len(), 2);
}
