//! What administrators do: the organisation and the audit log, in the database.
//!
//! ```text
//!   act ──> lock the state row ──> decide ──> records, audit entries, answer
//!                │ (one act at a time,          │
//!                │  among all servers)          ▼
//!                └── newer than known?       one transaction
//!                    read again
//! ```
//!
//! The organisation is kept in memory and read again when another server has
//! changed it. An act, its record in the audit log and the answer to a request
//! that may come twice are stored together or not at all.

mod audit;
mod feeds;
mod meetings;
mod outgoing;
mod planning;
mod readers;
mod tables;
mod templates;
#[cfg(test)]
mod tests;
mod webhooks;
mod work;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use crate::database::{
    Area, Connection, DatabaseOpenError, Kind, StoreLocation, Tables, Value, within,
};
use crate::log::Hash;
use crate::organisation::{Organisation, Record, Refusal};
use crate::store::StoreError;
pub(crate) use audit::Verification;
pub(crate) use meetings::{Filter, Listed, from_word, word};
pub(crate) use outgoing::{Attempt, Claimed, Outgoing};
pub(crate) use planning::{Entry, Found, Look};
use readers::Readers;
use tables::State;
pub(crate) use work::Work;

static TABLES: Tables = Tables {
    kind: Kind::Directory,
    sqlite: sqlx::migrate!("./migrations/sqlite/directory"),
    postgres: sqlx::migrate!("./migrations/postgres/directory"),
};

/// How long an answer is given again, in milliseconds.
const ANSWERS_KEPT: i64 = 24 * 60 * 60 * 1_000;

/// The tables of the organisation cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("organisation: {0}")]
pub struct DirectoryOpenError(#[from] DatabaseOpenError);

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// The act is not possible.
    #[error("{}", .0.detail)]
    Refused(Refusal),
    /// The key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for ActError {
    fn from(refusal: Refusal) -> Self {
        ActError::Refused(refusal)
    }
}

impl From<sqlx::Error> for ActError {
    fn from(error: sqlx::Error) -> Self {
        ActError::Store(error.into())
    }
}

/// An act, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// Who.
    pub(crate) actor: String,
    /// What, as in `unit.move`.
    pub(crate) action: &'static str,
    /// When, in milliseconds since 1970 UTC.
    pub(crate) at: i64,
    /// A request that may come twice.
    pub(crate) once: Option<Once>,
}

/// A request that may come twice and is done once.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    /// Chosen by the client.
    pub(crate) key: String,
    /// Of everything that was asked.
    pub(crate) request: Hash,
}

/// What is answered, now and when the same request comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

/// The organisation and the audit log.
pub(crate) struct Administration {
    area: Area,
    inner: Mutex<Inner>,
    readers: Readers,
    /// Told when there may be something to be sent; one for each who sends.
    letters: Notify,
    webhooks: Notify,
}

struct Inner {
    /// None while it is in use, where the last one was lost, or all is closed.
    connection: Option<Connection>,
    known: Arc<Organisation>,
    closed: bool,
}

impl Administration {
    /// Opens the database and brings it to this build's form.
    pub(crate) async fn open(location: &StoreLocation) -> Result<Self, DirectoryOpenError> {
        let (area, connection) = Area::open(location, &TABLES).await?;
        let inner = Inner {
            connection: Some(connection),
            known: unknown(),
            closed: false,
        };
        Ok(Self {
            readers: Readers::new(area.clone()),
            area,
            inner: Mutex::new(inner),
            letters: Notify::new(),
            webhooks: Notify::new(),
        })
    }

    /// The organisation as it is now.
    pub(crate) async fn organisation(&self) -> Result<Arc<Organisation>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, look(&mut connection, &inner.known)).await;
        let known = inner.settle(connection, outcome)?;
        inner.known = Arc::clone(&known);
        Ok(known)
    }

    /// Does an act: `decide` says what is to be changed, `answer` what is
    /// answered once it is.
    pub(crate) async fn act(
        &self,
        act: Act,
        decide: impl FnOnce(&Organisation) -> Result<Vec<Record>, Refusal> + Send,
        answer: impl FnOnce(&Organisation) -> Answer + Send,
    ) -> Result<Answer, ActError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let work = async {
            connection.begin().await?;
            match perform(&mut connection, &inner.known, &act, decide, answer).await {
                Ok(done) => {
                    connection.commit().await?;
                    Ok(Ok(done))
                }
                Err(ActError::Store(error)) => {
                    connection.roll_back().await;
                    Err(sqlx::Error::Io(std::io::Error::other(error)))
                }
                Err(refused) => {
                    connection.roll_back().await;
                    Ok(Err(refused))
                }
            }
        };
        let outcome = within(patience, work).await;
        let (organisation, answer) = inner.settle(connection, outcome)??;
        inner.known = organisation;
        Ok(answer)
    }

    /// The stored bytes of up to `limit` audit entries after a number.
    pub(crate) async fn audit_after(
        &self,
        seq: i64,
        limit: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, audit::after(&mut connection, seq, limit)).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// Looks whether the audit log is as it was written.
    pub(crate) async fn verify_audit(&self) -> Result<Verification, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let outcome = audit::verify(&mut connection).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// Closes the database.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let mut inner = self.inner.lock().await;
        inner.closed = true;
        if let Some(connection) = inner.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the organisation's database was not closed cleanly");
        }
    }

    /// Takes the connection out for some work. Where whoever asked goes away in
    /// the middle, it is dropped, and the transaction with it.
    async fn take(&self, inner: &mut Inner) -> Result<Connection, StoreError> {
        if inner.closed {
            return Err(StoreError::Closed);
        }
        if let Some(mut connection) = inner.connection.take()
            && connection.is_alive().await
        {
            return Ok(connection);
        }
        Ok(self.area.connect().await?)
    }
}

impl Inner {
    /// Puts the connection back. After an error nobody knows how far it came:
    /// then what is known is read again, on a new connection.
    fn settle<T>(
        &mut self,
        connection: Connection,
        outcome: Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        match outcome {
            Ok(done) => {
                self.connection = Some(connection);
                Ok(done)
            }
            Err(error) => {
                self.known = unknown();
                Err(error)
            }
        }
    }
}

/// What differs from every organisation in a database.
fn unknown() -> Arc<Organisation> {
    Arc::new(Organisation {
        version: -1,
        ..Organisation::default()
    })
}

async fn look(
    connection: &mut Connection,
    known: &Arc<Organisation>,
) -> Result<Arc<Organisation>, sqlx::Error> {
    if tables::version(connection).await? == known.version {
        return Ok(Arc::clone(known));
    }
    // The lock keeps everybody from changing it while it is read.
    connection.begin().await?;
    let state = tables::lock_state(connection).await?;
    let organisation = tables::read(connection, &state).await?;
    connection.roll_back().await;
    Ok(Arc::new(organisation))
}

async fn perform(
    connection: &mut Connection,
    known: &Arc<Organisation>,
    act: &Act,
    decide: impl FnOnce(&Organisation) -> Result<Vec<Record>, Refusal> + Send,
    answer: impl FnOnce(&Organisation) -> Answer + Send,
) -> Result<(Arc<Organisation>, Answer), ActError> {
    let mut state = tables::lock_state(connection).await?;
    let known = if state.version == known.version {
        Arc::clone(known)
    } else {
        Arc::new(tables::read(connection, &state).await?)
    };
    if let Some(once) = &act.once
        && let Some(answer) = given_before(connection, act, once).await?
    {
        return Ok((known, answer));
    }
    let records = decide(&known)?;
    let mut organisation = Organisation::clone(&known);
    for record in records {
        audit::note(connection, &mut state, act, &known, &record).await?;
        tables::write(connection, &record).await?;
        organisation.apply(record);
    }
    organisation.version += 1;
    state.version = organisation.version;
    let answer = answer(&organisation);
    if let Some(once) = &act.once {
        remember(connection, act, once, &answer).await?;
    }
    tables::write_state(connection, &state).await?;
    Ok((Arc::new(organisation), answer))
}

async fn given_before(
    connection: &mut Connection,
    act: &Act,
    once: &Once,
) -> Result<Option<Answer>, ActError> {
    let forget = "DELETE FROM answers WHERE at <= $1";
    connection
        .execute(forget, &[Value::Int(act.at - ANSWERS_KEPT)])
        .await?;
    let sql = "SELECT request, answer FROM answers WHERE actor = $1 AND key = $2";
    let values = [Value::Text(&act.actor), Value::Text(&once.key)];
    let Some(row) = connection.fetch_one(sql, &values).await? else {
        return Ok(None);
    };
    if row.get::<Vec<u8>>("request")? != once.request {
        return Err(ActError::KeyReused);
    }
    let answer = serde_json::from_slice(&row.get::<Vec<u8>>("answer")?);
    Ok(Some(
        answer.map_err(|error| sqlx::Error::Decode(error.into()))?,
    ))
}

async fn remember(
    connection: &mut Connection,
    act: &Act,
    once: &Once,
    answer: &Answer,
) -> Result<(), sqlx::Error> {
    let answer = serde_json::to_vec(answer).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let sql = "INSERT INTO answers (actor, key, at, request, answer) VALUES ($1, $2, $3, $4, $5)";
    let values = [
        Value::Text(&act.actor),
        Value::Text(&once.key),
        Value::Int(act.at),
        Value::Bytes(&once.request),
        Value::Bytes(&answer),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}
