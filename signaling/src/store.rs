//! The store of the event log: one SQLite file with one writer.
//!
//! ```text
//!   rooms ── append(batch) ──> queue ──> writer task ── one transaction ──> SQLite
//!     ▲                                    (all that waits, together)       (WAL, FULL)
//!     └────────── stored / not stored ◄────────┘
//! ```
//!
//! The writer commits what waits as soon as the commit before is done, so a
//! batch waits for at most one other commit, and many meetings share one sync.
//! A batch is stored whole or not at all.

mod writer;

use std::path::Path;
use std::time::Duration;

use diemcau_protocol::MeetingId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Row};
use tokio::sync::{mpsc, oneshot};

use crate::log::{PersonalValue, Sealed, StoredEvent};
use writer::Request;

/// How long a writer waits for a lock that somebody else holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    /// SQLite says no.
    #[error("event log: {0}")]
    Database(#[from] sqlx::Error),
    /// The file cannot be brought to this build's form.
    #[error("event log: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Something was not stored; nothing of it was.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no (disk full, locked, broken).
    #[error("not stored: {0}")]
    Database(String),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// What one meeting adds to its log, whole or not at all.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) meeting: MeetingId,
    pub(crate) branch: String,
    /// Given for the first batch of a meeting: when it began.
    pub(crate) opened_at: Option<i64>,
    pub(crate) events: Vec<Sealed>,
}

/// A meeting's log as it lies in the store.
#[derive(Debug)]
pub(crate) struct StoredMeeting {
    pub(crate) meeting: MeetingId,
    pub(crate) branch: String,
    pub(crate) events: Vec<StoredEvent>,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    requests: mpsc::UnboundedSender<Request>,
}

impl Store {
    /// Opens the file, brings it to this build's form, reads every meeting and
    /// starts the writer.
    pub(crate) async fn open(path: &Path) -> Result<(Self, Vec<StoredMeeting>), StoreOpenError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .connect()
            .await?;
        MIGRATIONS.run_direct(None, &mut connection, false).await?;
        let meetings = read_meetings(&mut connection).await?;
        let (requests, inbox) = mpsc::unbounded_channel();
        tokio::spawn(writer::run(connection, inbox));
        Ok((Self { requests }, meetings))
    }

    /// Hands a batch to the writer. The answer comes when it is safely on disk
    /// or surely not there.
    pub(crate) fn append(&self, batch: Batch) -> oneshot::Receiver<Result<(), StoreError>> {
        let (reply, answer) = oneshot::channel();
        // A closed store drops the reply, which the receiver takes as "closed".
        let _ = self.requests.send(Request::Append { batch, reply });
        answer
    }

    /// Whether the store can be written now.
    pub(crate) async fn probe(&self, now: i64) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let _ = self.requests.send(Request::Probe { now, reply });
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Stores what waits and closes the file.
    pub(crate) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        let _ = self.requests.send(Request::Close { reply });
        // An error means that it is closed already.
        let _ = answer.await;
    }

    /// Lets a test set the writer's connection up, for example to a file that
    /// may not grow.
    #[cfg(test)]
    pub(crate) async fn execute(&self, sql: &'static str) {
        let (reply, answer) = oneshot::channel();
        let _ = self.requests.send(Request::Execute { sql, reply });
        answer.await.unwrap();
    }
}

async fn read_meetings(
    connection: &mut SqliteConnection,
) -> Result<Vec<StoredMeeting>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, branch FROM meetings ORDER BY opened_at, id")
        .fetch_all(&mut *connection)
        .await?;
    let mut meetings = Vec::with_capacity(rows.len());
    for row in rows {
        let meeting: String = row.try_get("id")?;
        let branch: String = row.try_get("branch")?;
        let events = read_events(connection, &meeting, &branch).await?;
        meetings.push(StoredMeeting {
            meeting: MeetingId(meeting),
            branch,
            events,
        });
    }
    Ok(meetings)
}

async fn read_events(
    connection: &mut SqliteConnection,
    meeting: &str,
    branch: &str,
) -> Result<Vec<StoredEvent>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT e.bytes, e.hash, p.field, p.salt, p.value FROM events e \
         LEFT JOIN personal p USING (meeting, branch, seq) \
         WHERE e.meeting = ? AND e.branch = ? ORDER BY e.seq, p.field",
    )
    .bind(meeting)
    .bind(branch)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let field: Option<String> = row.try_get("field")?;
            let personal = match field {
                Some(field) => vec![PersonalValue {
                    field,
                    salt: row.try_get("salt")?,
                    value: row.try_get("value")?,
                }],
                None => Vec::new(),
            };
            Ok(StoredEvent {
                bytes: row.try_get("bytes")?,
                hash: row.try_get("hash")?,
                personal,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
