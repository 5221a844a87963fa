//! The store of the event log, with one writer: in an SQLite file, or in
//! PostgreSQL.
//!
//! ```text
//!   rooms ── append(batch) ──> queue ──> writer task ── one transaction ──> database
//!     ▲                                    (all that waits, together)
//!     └────────── stored / not stored ◄────────┘
//! ```
//!
//! The writer commits what waits as soon as the commit before is done, so a
//! batch waits for at most one other commit, and many meetings share one sync.
//! A batch is stored whole or not at all.
//!
//! A log is read on a connection of its own, after its meeting was claimed: the
//! claim goes through the writer, so whatever an earlier owner had handed in is
//! there. An owner whose claim is not the newest any more stores nothing.

mod batch;
mod writer;

use diemcau_protocol::MeetingId;
use tokio::sync::{mpsc, oneshot};

use crate::database::{Area, Connection, DatabaseOpenError, Kind, StoreLocation, Tables, Value};
use crate::log::{PersonalValue, Sealed, StoredEvent};
use writer::{Request, Writer};

static TABLES: Tables = Tables {
    kind: Kind::Events,
    sqlite: sqlx::migrate!("./migrations/sqlite/events"),
    postgres: sqlx::migrate!("./migrations/postgres/events"),
};

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("event log: {0}")]
pub struct StoreOpenError(#[from] DatabaseOpenError);

impl From<sqlx::Error> for StoreOpenError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

/// Something was not stored, nothing of it; or it was not read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database says no (disk full, locked, broken, gone).
    #[error("the store refuses: {0}")]
    Database(String),
    /// Somebody else has claimed the meeting since.
    #[error("the meeting belongs to a newer owner")]
    Outdated,
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
    /// The claim of whoever hands it in.
    pub(crate) epoch: u32,
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
    area: Area,
}

impl Store {
    /// Opens the database, brings it to this build's form and starts the writer.
    /// Gives back the meetings in which somebody was when they were last
    /// written, in the order in which they began.
    pub(crate) async fn open(
        location: &StoreLocation,
    ) -> Result<(Self, Vec<MeetingId>), StoreOpenError> {
        let (area, mut connection) = Area::open(location, &TABLES).await?;
        let occupied = read_occupied(&mut connection).await?;
        let (requests, inbox) = mpsc::unbounded_channel();
        tokio::spawn(Writer::new(area.clone(), connection).run(inbox));
        Ok((Self { requests, area }, occupied))
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
        let mut connection = self.area.connect_to_read().await?;
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
        self.read_first(meeting, 1).await
    }

    /// Reads the whole log of a meeting, as far as it has come; `None` where
    /// there is no such meeting. Whoever owns it is not disturbed.
    pub(crate) async fn read_all(
        &self,
        meeting: &MeetingId,
    ) -> Result<Option<StoredLog>, StoreError> {
        self.read_first(meeting, ALL).await
    }

    async fn read_first(
        &self,
        meeting: &MeetingId,
        limit: i64,
    ) -> Result<Option<StoredLog>, StoreError> {
        let mut connection = self.area.connect_to_read().await?;
        let sql = "SELECT branch FROM meetings WHERE id = $1";
        let row = connection
            .fetch_one(sql, &[Value::Text(meeting.as_str())])
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let branch: String = row.get("branch")?;
        let events = read_events(&mut connection, meeting, &branch, limit).await?;
        Ok(Some(StoredLog { branch, events }))
    }

    /// Reads the last event of a meeting's log, without what is personal in it;
    /// `None` where there is no such meeting. Whoever owns it is not disturbed.
    pub(crate) async fn read_last(
        &self,
        meeting: &MeetingId,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let mut connection = self.area.connect_to_read().await?;
        let sql = "SELECT e.bytes, e.hash FROM events e \
                   JOIN meetings m ON m.id = e.meeting AND m.branch = e.branch \
                   WHERE e.meeting = $1 ORDER BY e.seq DESC LIMIT 1";
        let values = [Value::Text(meeting.as_str())];
        let row = connection.fetch_one(sql, &values).await?;
        let event = row.map(|row| -> Result<_, sqlx::Error> {
            Ok(StoredEvent {
                bytes: row.get("bytes")?,
                hash: row.get("hash")?,
                personal: Vec::new(),
            })
        });
        Ok(event.transpose()?)
    }

    /// Whether the store can be written now.
    pub(crate) async fn probe(&self, now: i64) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let _ = self.requests.send(Request::Probe { now, reply });
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Stores what waits and closes the database.
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

/// No limit.
const ALL: i64 = i64::MAX;

async fn read_occupied(connection: &mut Connection) -> Result<Vec<MeetingId>, sqlx::Error> {
    let sql = "SELECT id FROM meetings WHERE occupied <> 0 ORDER BY opened_at, id";
    let rows = connection.fetch(sql, &[]).await?;
    rows.iter()
        .map(|row| Ok(MeetingId(row.get("id")?)))
        .collect()
}

async fn read_events(
    connection: &mut Connection,
    meeting: &MeetingId,
    branch: &str,
    limit: i64,
) -> Result<Vec<StoredEvent>, sqlx::Error> {
    let sql = "SELECT e.bytes, e.hash, p.field, p.salt, p.value FROM events e \
               LEFT JOIN personal p USING (meeting, branch, seq) \
               WHERE e.meeting = $1 AND e.branch = $2 ORDER BY e.seq, p.field LIMIT $3";
    let values = [
        Value::Text(meeting.as_str()),
        Value::Text(branch),
        Value::Int(limit),
    ];
    let rows = connection.fetch(sql, &values).await?;
    rows.iter()
        .map(|row| {
            let field: Option<String> = row.get("field")?;
            let personal = match field {
                Some(field) => vec![PersonalValue {
                    field,
                    salt: row.get("salt")?,
                    value: row.get("value")?,
                }],
                None => Vec::new(),
            };
            Ok(StoredEvent {
                bytes: row.get("bytes")?,
                hash: row.get("hash")?,
                personal,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
