//! The one writer: takes what waits and commits it together.
//!
//! ```text
//!   waiting ──> one transaction ──┬── committed ─────────────> "stored"
//!                                 ├── refused before COMMIT ─> "not stored"
//!                                 └── no answer to COMMIT ───> unsettled
//!                                        │ the database is back
//!                                        └─> put in again, unless it is there
//! ```
//!
//! Where PostgreSQL goes away between COMMIT and its answer, nobody knows
//! whether the group is stored. It gets its answer when the database is back;
//! until then whatever else comes is refused.

use std::time::Duration;

use diemcau_protocol::MeetingId;
use sqlx::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::batch::{Refused, insert, insert_again};
use super::{Batch, Claim, StoreError};
use crate::database::{Area, Connection, Value, within};

/// At most so many batches share one transaction.
const LARGEST_GROUP: usize = 256;

/// How soon an unsettled group is asked about again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(250);

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
    /// Close the database.
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

/// Why a group is not stored, or may not be.
enum Failure {
    /// Nothing of it is stored.
    NotStored(Refused),
    /// COMMIT was not answered.
    Unknown(Error),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Failure::NotStored(refused)
    }
}

/// The writer of one store.
pub(super) struct Writer {
    area: Area,
    /// None where the last one was lost.
    connection: Option<Connection>,
    /// What nobody knows whether it is stored.
    unsettled: Vec<Waiting>,
    ask_again: Instant,
}

impl Writer {
    pub(super) fn new(area: Area, connection: Connection) -> Self {
        Self {
            area,
            connection: Some(connection),
            unsettled: Vec::new(),
            ask_again: Instant::now(),
        }
    }

    /// Runs until the store is closed or nobody is left who could write.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Request>) {
        let mut next = None;
        loop {
            let request = match next.take() {
                Some(request) => request,
                None => tokio::select! {
                    request = inbox.recv() => match request {
                        Some(request) => request,
                        None => return,
                    },
                    () = sleep_until(self.ask_again), if !self.unsettled.is_empty() => {
                        self.settle().await;
                        continue;
                    }
                },
            };
            match request {
                Request::Close { reply } => {
                    self.close().await;
                    let _ = reply.send(());
                    return;
                }
                request if !self.unsettled.is_empty() => refuse(request),
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
                    self.store_group(group).await;
                }
                Request::Claim { meeting, reply } => {
                    let _ = reply.send(self.claim(&meeting).await);
                }
                Request::Probe { now, reply } => {
                    let _ = reply.send(self.probe(now).await);
                }
                #[cfg(test)]
                Request::Execute { sql, reply } => {
                    self.connection().await.unwrap().plain(sql).await.unwrap();
                    let _ = reply.send(());
                }
            }
        }
    }

    /// The connection; a new one where the last one was lost.
    async fn connection(&mut self) -> Result<&mut Connection, Error> {
        if self.connection.is_none() {
            self.connection = Some(self.area.connect().await?);
        }
        self.connection.as_mut().ok_or(Error::PoolClosed)
    }

    /// Lets go of a connection that is of no use any more.
    fn mind(&mut self, error: &Error) {
        if self
            .connection
            .as_ref()
            .is_some_and(|connection| connection.is_lost_after(error))
        {
            tracing::warn!(%error, "the database went away");
            self.connection = None;
        }
    }

    /// Takes note of what a piece of work that is its own transaction ended in.
    fn ended<T>(&mut self, outcome: Result<T, Error>) -> Result<T, StoreError> {
        if let Err(error) = &outcome {
            self.mind(error);
        }
        outcome.map_err(StoreError::from)
    }

    async fn claim(&mut self, meeting: &MeetingId) -> Result<Option<Claim>, StoreError> {
        let connection = self.connection().await?;
        let outcome = within(connection.patience(), claim(connection, meeting)).await;
        self.ended(outcome)
    }

    async fn probe(&mut self, now: i64) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        let outcome = within(connection.patience(), probe(connection, now)).await;
        self.ended(outcome)
    }

    async fn store_group(&mut self, group: Vec<Waiting>) {
        let batches: Vec<&Batch> = group.iter().map(|waiting| &waiting.batch).collect();
        match self.commit(&batches, false).await {
            Ok(()) => answer_all(group, &Ok(())),
            // One batch that does not fit must not keep the others out.
            Err(Failure::NotStored(refused)) if group.len() > 1 && refused.is_about_the_batch() => {
                self.store_each(group, false).await;
            }
            Err(Failure::NotStored(refused)) => answer_all(group, &Err(refused.into())),
            Err(Failure::Unknown(error)) => self.leave_open(group, &error),
        }
    }

    /// Stores each batch by itself.
    async fn store_each(&mut self, group: Vec<Waiting>, again: bool) {
        let mut group = group.into_iter();
        while let Some(waiting) = group.next() {
            match self.commit(&[&waiting.batch], again).await {
                Ok(()) => answer_all(vec![waiting], &Ok(())),
                // What is open already stays open while the database is away.
                Err(Failure::NotStored(refused)) if again && !refused.is_about_the_batch() => {
                    let error = StoreError::from(refused);
                    return self.leave_open(std::iter::once(waiting).chain(group), &error);
                }
                Err(Failure::NotStored(refused)) => {
                    answer_all(vec![waiting], &Err(refused.into()));
                }
                Err(Failure::Unknown(error)) => {
                    self.leave_open(std::iter::once(waiting), &error);
                    if again {
                        self.unsettled.extend(group);
                        return;
                    }
                    answer_all(group, &Err(error.into()));
                    return;
                }
            }
        }
    }

    /// Keeps whoever waits until it is known what became of it.
    fn leave_open(
        &mut self,
        group: impl IntoIterator<Item = Waiting>,
        error: &impl std::fmt::Display,
    ) {
        tracing::warn!(
            %error,
            "the database has not answered; what is stored will be seen"
        );
        self.unsettled.extend(group);
        self.ask_again = Instant::now() + ASK_AGAIN_AFTER;
    }

    /// Finds out what became of the unsettled group, and stores what is not
    /// there.
    async fn settle(&mut self) {
        let group = std::mem::take(&mut self.unsettled);
        self.store_each(group, true).await;
    }

    async fn commit(&mut self, batches: &[&Batch], again: bool) -> Result<(), Failure> {
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return Err(Refused::Database(error).into()),
        };
        let patience = connection.patience();
        let work = async { Ok(put_in(connection, batches, again).await) };
        let put_in = within(patience, work).await.map_err(Refused::Database);
        if let Err(refused) = put_in.flatten() {
            if let Refused::Database(error) = &refused {
                self.mind(error);
            }
            if let Some(connection) = &mut self.connection {
                connection.roll_back().await;
            }
            return Err(refused.into());
        }
        let connection = self.connection().await.map_err(Refused::Database)?;
        let Err(error) = within(patience, connection.commit()).await else {
            return Ok(());
        };
        self.mind(&error);
        match &mut self.connection {
            Some(connection) => {
                connection.roll_back().await;
                Err(Refused::Database(error).into())
            }
            None => Err(Failure::Unknown(error)),
        }
    }

    async fn close(self) {
        if !self.unsettled.is_empty() {
            tracing::error!("the store closes while the database is away");
        }
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the event log was not closed cleanly");
        }
    }
}

async fn put_in(
    connection: &mut Connection,
    batches: &[&Batch],
    again: bool,
) -> Result<(), Refused> {
    connection.begin().await?;
    for batch in batches {
        if again {
            insert_again(connection, batch).await?;
        } else {
            insert(connection, batch).await?;
        }
    }
    Ok(())
}

fn answer_all(group: impl IntoIterator<Item = Waiting>, outcome: &Result<(), StoreError>) {
    for waiting in group {
        let _ = waiting.reply.send(outcome.clone());
    }
}

/// Nothing else is done while a group is unsettled.
fn refuse(request: Request) {
    let away = StoreError::Database("the database is away".to_owned());
    match request {
        Request::Append { reply, .. } | Request::Probe { reply, .. } => {
            let _ = reply.send(Err(away));
        }
        Request::Claim { reply, .. } => {
            let _ = reply.send(Err(away));
        }
        Request::Close { reply } => {
            let _ = reply.send(());
        }
        #[cfg(test)]
        Request::Execute { reply, .. } => drop(reply),
    }
}

async fn claim(connection: &mut Connection, meeting: &MeetingId) -> Result<Option<Claim>, Error> {
    // All rows, although there is at most one: the statement commits at its end.
    let sql =
        "UPDATE meetings SET epoch = epoch + 1 WHERE id = $1 RETURNING branch, epoch, occupied";
    let row = connection
        .fetch_one(sql, &[Value::Text(meeting.as_str())])
        .await?;
    row.map(|row| {
        let epoch: i64 = row.get("epoch")?;
        Ok(Claim {
            branch: row.get("branch")?,
            epoch: u32::try_from(epoch).map_err(|error| Error::Decode(error.into()))?,
            occupied: row.truth("occupied")?,
        })
    })
    .transpose()
}

/// Tries first whether the file may grow, then whether a commit reaches the
/// disk.
async fn probe(connection: &mut Connection, now: i64) -> Result<(), Error> {
    connection.begin().await?;
    let outcome = async {
        connection.plain("SAVEPOINT growth").await?;
        let sql = "INSERT INTO probe (id, at, filler) VALUES (0, $1, $2)";
        let filler = [0; 8_192];
        let values = [Value::Int(now), Value::Bytes(&filler)];
        connection.execute(sql, &values).await?;
        connection.plain("ROLLBACK TO growth").await?;
        let sql = "INSERT INTO probe (id, at) VALUES (1, $1) \
                   ON CONFLICT (id) DO UPDATE SET at = excluded.at";
        connection.execute(sql, &[Value::Int(now)]).await?;
        connection.commit().await
    }
    .await;
    if outcome.is_err() {
        connection.roll_back().await;
    }
    outcome
}
