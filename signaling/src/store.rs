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
//!
//! A log is read on a connection of its own, after its meeting was claimed: the
//! claim goes through the writer, so whatever an earlier owner had handed in is
//! there.

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

/// Something was not stored, nothing of it; or it was not read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no (disk full, locked, broken).
    #[error("the store refuses: {0}")]
    Database(String),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::Database(error.to_string())
    }
}

/// What one meeting adds to its log, whole or not at all.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) meeting: MeetingId,
    pub(crate) branch: String,
    /// Given for the first batch of a meeting: when it began.
    pub(crate) opened_at: Option<i64>,
    /// Given where it changes: whether anybody is here or awaited.
    pub(crate) occupied: Option<bool>,
    pub(crate) events: Vec<Sealed>,
}

/// A meeting that belongs to whoever claimed it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) branch: String,
    /// Greater than that of every claim before.
    pub(crate) epoch: u32,
    /// Whether anybody was here or awaited, or that is not known.
    pub(crate) occupied: bool,
}

/// A meeting's log as it lies in the store.
#[derive(Debug)]
pub(crate) struct StoredLog {
    pub(crate) branch: String,
    pub(crate) events: Vec<StoredEvent>,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    requests: mpsc::UnboundedSender<Request>,
    reading: SqliteConnectOptions,
}

impl Store {
    /// Opens the file, brings it to this build's form and starts the writer.
    /// Gives back the meetings in which somebody was when they were last
    /// written, in the order in which they began.
    pub(crate) async fn open(path: &Path) -> Result<(Self, Vec<MeetingId>), StoreOpenError> {
        let file = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT);
        let mut connection = file
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .connect()
            .await?;
        MIGRATIONS.run_direct(None, &mut connection, false).await?;
        let occupied = read_occupied(&mut connection).await?;
        let (requests, inbox) = mpsc::unbounded_channel();
        tokio::spawn(writer::run(connection, inbox));
        let reading = file.read_only(true);
        Ok((Self { requests, reading }, occupied))
    }

    /// Hands a batch to the writer. The answer comes when it is safely on disk
    /// or surely not there.
    pub(crate) fn append(&self, batch: Batch) -> oneshot::Receiver<Result<(), StoreError>> {
        let (reply, answer) = oneshot::channel();
        // A closed store drops the reply, which the receiver takes as "closed".
        let _ = self.requests.send(Request::Append { batch, reply });
        answer
    }

    /// Makes the caller the owner of a meeting; `None` where there is no such
    /// meeting.
    pub(crate) async fn claim(&self, meeting: &MeetingId) -> Result<Option<Claim>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let _ = self.requests.send(Request::Claim {
            meeting: meeting.clone(),
            reply,
        });
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Reads the whole log of a meeting that was claimed.
    pub(crate) async fn read(
        &self,
        meeting: &MeetingId,
        claim: &Claim,
    ) -> Result<StoredLog, StoreError> {
        let mut connection = self.reading.connect().await?;
        let events = read_events(&mut connection, meeting, &claim.branch, ALL).await?;
        Ok(StoredLog {
            branch: claim.branch.clone(),
            events,
        })
    }

    /// Reads the beginning of a meeting's log, its first event; `None` where
    /// there is no such meeting. Whoever owns it is not disturbed.
    pub(crate) async fn read_beginning(
        &self,
        meeting: &MeetingId,
    ) -> Result<Option<StoredLog>, StoreError> {
        let mut connection = self.reading.connect().await?;
        let branch: Option<String> = sqlx::query_scalar("SELECT branch FROM meetings WHERE id = ?")
            .bind(meeting.as_str())
            .fetch_optional(&mut connection)
            .await?;
        let Some(branch) = branch else {
            return Ok(None);
        };
        let events = read_events(&mut connection, meeting, &branch, 1).await?;
        Ok(Some(StoredLog { branch, events }))
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

/// No limit, in SQLite's words.
const ALL: i64 = -1;

async fn read_occupied(connection: &mut SqliteConnection) -> Result<Vec<MeetingId>, sqlx::Error> {
    let meetings =
        sqlx::query_scalar("SELECT id FROM meetings WHERE occupied <> 0 ORDER BY opened_at, id")
            .fetch_all(connection)
            .await?;
    Ok(meetings.into_iter().map(MeetingId).collect())
}

async fn read_events(
    connection: &mut SqliteConnection,
    meeting: &MeetingId,
    branch: &str,
    limit: i64,
) -> Result<Vec<StoredEvent>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT e.bytes, e.hash, p.field, p.salt, p.value FROM events e \
         LEFT JOIN personal p USING (meeting, branch, seq) \
         WHERE e.meeting = ? AND e.branch = ? ORDER BY e.seq, p.field LIMIT ?",
    )
    .bind(meeting.as_str())
    .bind(branch)
    .bind(limit)
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
