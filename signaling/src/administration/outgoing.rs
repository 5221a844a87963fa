//! What is to be sent: stored with the act that causes it, sent afterwards.
//!
//! ```text
//!   waiting ── claimed (until its lease ends) ──> sent
//!      ▲                      │
//!      └── tried again later ─┴─ too old, or refused for good ──> failed
//! ```
//!
//! Of each stream, such as the letters about a meeting to one reader, only the
//! oldest that waits is sent: nobody hears of a change before the invitation.

use diemcau_protocol::{Delivery, DeliveryKind, DeliveryState, MeetingId};
use sqlx::Error;

use super::Administration;
use super::meetings::{from_word, word};
use crate::database::{Connection, Row, Value, within};
use crate::store::StoreError;

/// Something to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) kind: DeliveryKind,
    pub(crate) stream: String,
    pub(crate) meeting: MeetingId,
    /// To whom, for those who look after it.
    pub(crate) target: String,
    pub(crate) content: Vec<u8>,
    /// Not before, in milliseconds since 1970 UTC.
    pub(crate) not_before: i64,
}

/// Something that was claimed to be sent now.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) target: String,
    pub(crate) content: Vec<u8>,
    pub(crate) created_at: i64,
    /// This one included.
    pub(crate) attempts: u32,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    Sent,
    /// To be tried again then, in milliseconds since 1970 UTC.
    Again(i64, String),
    Failed(String),
}

pub(super) async fn put(
    connection: &mut Connection,
    outgoing: &Outgoing,
    now: i64,
) -> Result<(), Error> {
    let sql = "INSERT INTO outgoing (id, kind, stream, meeting, target, content, state, \
               created_at, next_at, attempts) \
               SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5, 'waiting', $6, $7, 0 \
               FROM outgoing";
    let kind = word(&outgoing.kind)?;
    let values = [
        Value::Text(&kind),
        Value::Text(&outgoing.stream),
        Value::Text(outgoing.meeting.as_str()),
        Value::Text(&outgoing.target),
        Value::Bytes(&outgoing.content),
        Value::Int(now),
        Value::Int(outgoing.not_before.max(now)),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

impl Administration {
    /// Claims the next of a kind that is due, for a lease after which somebody
    /// else may claim it.
    pub(crate) async fn claim(
        &self,
        kind: DeliveryKind,
        now: i64,
        lease: i64,
    ) -> Result<Option<Claimed>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, claim(&mut connection, kind, now, lease)).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// Notes what became of an attempt.
    pub(crate) async fn attempted(
        &self,
        id: i64,
        attempt: &Attempt,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, note(&mut connection, id, attempt, now)).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// When the next of a kind is due, in milliseconds since 1970 UTC.
    pub(crate) async fn next_due(&self, kind: DeliveryKind) -> Result<Option<i64>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, next_due(&mut connection, kind)).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// Everything that was or is to be sent about a meeting.
    pub(crate) async fn deliveries(
        &self,
        meeting: &MeetingId,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, deliveries(&mut connection, meeting)).await;
        Ok(inner.settle(connection, outcome)?)
    }
}

async fn claim(
    connection: &mut Connection,
    kind: DeliveryKind,
    now: i64,
    lease: i64,
) -> Result<Option<Claimed>, Error> {
    let kind = word(&kind)?;
    loop {
        let sql = "SELECT id, target, content, created_at, attempts FROM outgoing AS mine \
                   WHERE state = 'waiting' AND kind = $1 AND next_at <= $2 AND NOT EXISTS \
                   (SELECT 1 FROM outgoing AS older WHERE older.stream = mine.stream \
                   AND older.state = 'waiting' AND older.id < mine.id) ORDER BY id LIMIT 1";
        let values = [Value::Text(&kind), Value::Int(now)];
        let Some(row) = connection.fetch_one(sql, &values).await? else {
            return Ok(None);
        };
        let (id, attempts): (i64, i64) = (row.get("id")?, row.get("attempts")?);
        let sql = "UPDATE outgoing SET attempts = attempts + 1, next_at = $3 \
                   WHERE id = $1 AND attempts = $2 AND state = 'waiting'";
        let values = [
            Value::Int(id),
            Value::Int(attempts),
            Value::Int(now + lease),
        ];
        if connection.execute(sql, &values).await? == 1 {
            return Ok(Some(Claimed {
                id,
                target: row.get("target")?,
                content: row.get("content")?,
                created_at: row.get("created_at")?,
                attempts: u32::try_from(attempts)
                    .unwrap_or(u32::MAX)
                    .saturating_add(1),
            }));
        }
        // Another server was faster.
    }
}

async fn note(
    connection: &mut Connection,
    id: i64,
    attempt: &Attempt,
    now: i64,
) -> Result<(), Error> {
    match attempt {
        Attempt::Sent => {
            let sql = "UPDATE outgoing SET state = 'sent', sent_at = $2, content = $3, \
                       error = NULL WHERE id = $1";
            let values = [Value::Int(id), Value::Int(now), Value::Bytes(&[])];
            connection.execute(sql, &values).await?;
        }
        Attempt::Again(at, error) => {
            let sql = "UPDATE outgoing SET next_at = $2, error = $3 WHERE id = $1";
            let values = [Value::Int(id), Value::Int(*at), Value::Text(error)];
            connection.execute(sql, &values).await?;
        }
        Attempt::Failed(error) => {
            let sql = "UPDATE outgoing SET state = 'failed', content = $2, error = $3 \
                       WHERE id = $1";
            let values = [Value::Int(id), Value::Bytes(&[]), Value::Text(error)];
            connection.execute(sql, &values).await?;
        }
    }
    Ok(())
}

async fn next_due(connection: &mut Connection, kind: DeliveryKind) -> Result<Option<i64>, Error> {
    let sql = "SELECT MIN(next_at) AS next_at FROM outgoing \
               WHERE state = 'waiting' AND kind = $1";
    let kind = word(&kind)?;
    let row = connection.fetch_one(sql, &[Value::Text(&kind)]).await?;
    row.map_or(Ok(None), |row| row.get("next_at"))
}

async fn deliveries(
    connection: &mut Connection,
    meeting: &MeetingId,
) -> Result<Vec<Delivery>, Error> {
    let sql = "SELECT kind, target, state, created_at, next_at, attempts, sent_at, error \
               FROM outgoing WHERE meeting = $1 ORDER BY id";
    let rows = connection
        .fetch(sql, &[Value::Text(meeting.as_str())])
        .await?;
    rows.iter().map(delivery).collect()
}

/// One of them, out of its row.
pub(super) fn delivery(row: &Row) -> Result<Delivery, Error> {
    let state: DeliveryState = from_word(&row.get::<String>("state")?)?;
    Ok(Delivery {
        kind: from_word(&row.get::<String>("kind")?)?,
        target: row.get("target")?,
        state,
        created_at: row.get("created_at")?,
        next_at: row.get("next_at")?,
        attempts: u32::try_from(row.get::<i64>("attempts")?).unwrap_or(u32::MAX),
        sent_at: row.get("sent_at")?,
        error: row.get("error")?,
    })
}
