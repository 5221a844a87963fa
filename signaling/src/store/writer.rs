//! The one writer: takes what waits and commits it together.

use diemcau_protocol::MeetingId;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor, Row};
use tokio::sync::{mpsc, oneshot};

use super::{Batch, Claim, StoreError};

/// At most so many batches share one transaction.
const LARGEST_GROUP: usize = 256;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Request {
    /// Store a batch.
    Append {
        batch: Batch,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Make somebody the owner of a meeting.
    Claim {
        meeting: MeetingId,
        reply: oneshot::Sender<Result<Option<Claim>, StoreError>>,
    },
    /// Try whether anything can be stored.
    Probe {
        now: i64,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Close the file.
    Close { reply: oneshot::Sender<()> },
    /// Run a statement.
    #[cfg(test)]
    Execute {
        sql: &'static str,
        reply: oneshot::Sender<()>,
    },
}

/// A batch with whoever waits for it.
struct Waiting {
    batch: Batch,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// Runs until the store is closed or nobody is left who could write.
pub(super) async fn run(
    mut connection: SqliteConnection,
    mut inbox: mpsc::UnboundedReceiver<Request>,
) {
    let mut next = inbox.recv().await;
    while let Some(request) = next.take() {
        match request {
            Request::Append { batch, reply } => {
                let mut group = vec![Waiting { batch, reply }];
                while group.len() < LARGEST_GROUP {
                    match inbox.try_recv() {
                        Ok(Request::Append { batch, reply }) => {
                            group.push(Waiting { batch, reply });
                        }
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                store_group(&mut connection, group).await;
            }
            Request::Claim { meeting, reply } => {
                let outcome = claim(&mut connection, &meeting).await;
                let _ = reply.send(outcome.map_err(StoreError::from));
            }
            Request::Probe { now, reply } => {
                let outcome = probe(&mut connection, now).await;
                let _ = reply.send(outcome.map_err(StoreError::from));
            }
            Request::Close { reply } => {
                if let Err(error) = connection.close().await {
                    tracing::warn!(%error, "the event log was not closed cleanly");
                }
                let _ = reply.send(());
                return;
            }
            #[cfg(test)]
            Request::Execute { sql, reply } => {
                connection.execute(sql).await.unwrap();
                let _ = reply.send(());
            }
        }
        if next.is_none() {
            next = inbox.recv().await;
        }
    }
}

async fn store_group(connection: &mut SqliteConnection, group: Vec<Waiting>) {
    let batches: Vec<&Batch> = group.iter().map(|waiting| &waiting.batch).collect();
    match commit(connection, &batches).await {
        Ok(()) => {
            for waiting in group {
                let _ = waiting.reply.send(Ok(()));
            }
        }
        // One batch that does not fit must not keep the others out.
        Err(error) if group.len() > 1 && is_constraint(&error) => {
            for waiting in group {
                let outcome = commit(connection, &[&waiting.batch]).await;
                let _ = waiting.reply.send(outcome.map_err(StoreError::from));
            }
        }
        Err(error) => {
            let error = StoreError::from(error);
            for waiting in group {
                let _ = waiting.reply.send(Err(error.clone()));
            }
        }
    }
}

async fn commit(connection: &mut SqliteConnection, batches: &[&Batch]) -> Result<(), sqlx::Error> {
    connection.execute("BEGIN IMMEDIATE").await?;
    let outcome = async {
        for batch in batches {
            insert(connection, batch).await?;
        }
        connection.execute("COMMIT").await.map(|_| ())
    }
    .await;
    if outcome.is_err() {
        roll_back(connection).await;
    }
    outcome
}

/// SQLite ends some failed transactions by itself; then there is nothing left
/// to roll back, and its complaint says nothing.
async fn roll_back(connection: &mut SqliteConnection) {
    let _ = connection.execute("ROLLBACK").await;
}

async fn insert(connection: &mut SqliteConnection, batch: &Batch) -> Result<(), sqlx::Error> {
    let meeting = batch.meeting.as_str();
    if let Some(opened_at) = batch.opened_at {
        sqlx::query(
            "INSERT INTO meetings (id, branch, opened_at, epoch, occupied) VALUES (?, ?, ?, 1, 0)",
        )
        .bind(meeting)
        .bind(&batch.branch)
        .bind(opened_at)
        .execute(&mut *connection)
        .await?;
    }
    if let Some(occupied) = batch.occupied {
        sqlx::query("UPDATE meetings SET occupied = ? WHERE id = ?")
            .bind(occupied)
            .bind(meeting)
            .execute(&mut *connection)
            .await?;
    }
    for event in &batch.events {
        let seq = i64::try_from(event.seq).map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query(
            "INSERT INTO events (meeting, branch, seq, bytes, hash) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(meeting)
        .bind(&batch.branch)
        .bind(seq)
        .bind(event.bytes.as_slice())
        .bind(event.hash.as_slice())
        .execute(&mut *connection)
        .await?;
        if let Some(personal) = &event.personal {
            sqlx::query(
                "INSERT INTO personal (meeting, branch, seq, field, salt, value) \
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(meeting)
            .bind(&batch.branch)
            .bind(seq)
            .bind(&personal.field)
            .bind(personal.salt.as_slice())
            .bind(&personal.value)
            .execute(&mut *connection)
            .await?;
        }
    }
    Ok(())
}

async fn claim(
    connection: &mut SqliteConnection,
    meeting: &MeetingId,
) -> Result<Option<Claim>, sqlx::Error> {
    // All rows, although there is at most one: the statement commits at its end.
    let rows = sqlx::query(
        "UPDATE meetings SET epoch = epoch + 1 WHERE id = ? RETURNING branch, epoch, occupied",
    )
    .bind(meeting.as_str())
    .fetch_all(connection)
    .await?;
    rows.first()
        .map(|row| {
            Ok(Claim {
                branch: row.try_get("branch")?,
                epoch: row.try_get("epoch")?,
                occupied: row.try_get("occupied")?,
            })
        })
        .transpose()
}

/// Tries first whether the file may grow, then whether a commit reaches the
/// disk.
async fn probe(connection: &mut SqliteConnection, now: i64) -> Result<(), sqlx::Error> {
    connection.execute("BEGIN IMMEDIATE").await?;
    let outcome = async {
        connection.execute("SAVEPOINT growth").await?;
        sqlx::query("INSERT INTO probe (at, filler) VALUES (?, zeroblob(8192))")
            .bind(now)
            .execute(&mut *connection)
            .await?;
        connection.execute("ROLLBACK TO growth").await?;
        sqlx::query("INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at")
            .bind(now)
            .execute(&mut *connection)
            .await?;
        connection.execute("COMMIT").await.map(|_| ())
    }
    .await;
    if outcome.is_err() {
        roll_back(connection).await;
    }
    outcome
}

fn is_constraint(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation() || error.is_foreign_key_violation())
}
