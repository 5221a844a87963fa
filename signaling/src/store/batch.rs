//! How a batch goes into the tables, once.

use sqlx::Error;

use super::{Batch, StoreError};
use crate::database::{Connection, Value};

/// A batch was not put in.
#[derive(Debug)]
pub(super) enum Refused {
    /// The database says no.
    Database(Error),
    /// Somebody else has claimed the meeting since.
    Outdated,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Database(error)
    }
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Database(error) => error.into(),
            Refused::Outdated => StoreError::Outdated,
        }
    }
}

impl Refused {
    /// Whether this batch alone is to blame, and not the database.
    pub(super) fn is_about_the_batch(&self) -> bool {
        match self {
            Refused::Outdated => true,
            Refused::Database(error) => error.as_database_error().is_some_and(|error| {
                error.is_unique_violation() || error.is_foreign_key_violation()
            }),
        }
    }
}

/// Puts a batch in, inside a transaction.
pub(super) async fn insert(connection: &mut Connection, batch: &Batch) -> Result<(), Refused> {
    let meeting = Value::Text(batch.meeting.as_str());
    match batch.opened_at {
        Some(opened_at) => {
            let sql = "INSERT INTO meetings (id, branch, opened_at, epoch, occupied) \
                       VALUES ($1, $2, $3, 1, 0)";
            let values = [meeting, Value::Text(&batch.branch), Value::Int(opened_at)];
            connection.execute(sql, &values).await?;
        }
        None => hold(connection, batch).await?,
    }
    insert_events(connection, batch).await
}

/// Puts a batch in that may be there already: its commit was not answered.
/// Waits until whatever the lost connection was doing has come to its end.
pub(super) async fn insert_again(
    connection: &mut Connection,
    batch: &Batch,
) -> Result<(), Refused> {
    let meeting = Value::Text(batch.meeting.as_str());
    if let Some(opened_at) = batch.opened_at {
        let sql = "INSERT INTO meetings (id, branch, opened_at, epoch, occupied) \
                   VALUES ($1, $2, $3, 1, 0) ON CONFLICT (id) DO NOTHING";
        let values = [meeting, Value::Text(&batch.branch), Value::Int(opened_at)];
        connection.execute(sql, &values).await?;
    }
    let held = hold(connection, batch).await;
    if is_there(connection, batch).await? {
        return Ok(());
    }
    held?;
    insert_events(connection, batch).await
}

/// Makes sure that the meeting belongs to whoever hands the batch in, until the
/// transaction ends.
async fn hold(connection: &mut Connection, batch: &Batch) -> Result<(), Refused> {
    let sql = connection.locking(
        "SELECT branch, epoch FROM meetings WHERE id = $1",
        "SELECT branch, epoch FROM meetings WHERE id = $1 FOR UPDATE",
    );
    let row = connection
        .fetch_one(sql, &[Value::Text(batch.meeting.as_str())])
        .await?;
    let Some(row) = row else {
        return Err(Refused::Outdated);
    };
    let (branch, epoch): (String, i64) = (row.get("branch")?, row.get("epoch")?);
    // Older builds counted owners in the log alone: there the number in the
    // table can be behind.
    if branch == batch.branch && epoch <= i64::from(batch.epoch) {
        Ok(())
    } else {
        Err(Refused::Outdated)
    }
}

async fn is_there(connection: &mut Connection, batch: &Batch) -> Result<bool, Refused> {
    let Some(last) = batch.events.last() else {
        return Ok(false);
    };
    let sql = "SELECT hash FROM events WHERE meeting = $1 AND branch = $2 AND seq = $3";
    let values = [
        Value::Text(batch.meeting.as_str()),
        Value::Text(&batch.branch),
        number(last.seq)?,
    ];
    let row = connection.fetch_one(sql, &values).await?;
    let hash: Option<Vec<u8>> = row.map(|row| row.get("hash")).transpose()?;
    Ok(hash.as_deref() == Some(last.hash.as_slice()))
}

async fn insert_events(connection: &mut Connection, batch: &Batch) -> Result<(), Refused> {
    let meeting = Value::Text(batch.meeting.as_str());
    let branch = Value::Text(&batch.branch);
    if let Some(occupied) = batch.occupied {
        let sql = "UPDATE meetings SET occupied = $1 WHERE id = $2";
        let values = [Value::Int(i64::from(occupied)), meeting];
        connection.execute(sql, &values).await?;
    }
    for event in &batch.events {
        let seq = number(event.seq)?;
        let sql =
            "INSERT INTO events (meeting, branch, seq, bytes, hash) VALUES ($1, $2, $3, $4, $5)";
        let (bytes, hash) = (Value::Bytes(&event.bytes), Value::Bytes(&event.hash));
        let values = [meeting, branch, seq, bytes, hash];
        connection.execute(sql, &values).await?;
        if let Some(personal) = &event.personal {
            let sql = "INSERT INTO personal (meeting, branch, seq, field, salt, value) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
            let values = [
                meeting,
                branch,
                seq,
                Value::Text(&personal.field),
                Value::Bytes(&personal.salt),
                Value::Text(&personal.value),
            ];
            connection.execute(sql, &values).await?;
        }
    }
    Ok(())
}

fn number(seq: u64) -> Result<Value<'static>, Error> {
    let seq = i64::try_from(seq).map_err(|error| Error::Encode(error.into()))?;
    Ok(Value::Int(seq))
}
