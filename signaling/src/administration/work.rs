//! Work on what stands beside the organisation in its database: accounts,
//! sessions, tokens, devices.
//!
//! ```text
//!   work ──> lock the state row ──> execute, note … ──> end(outcome)
//!   glance ──> fetch … ──────────────────────────────────┘ │
//!                                       stored, or nothing of it
//! ```
//!
//! Work that is dropped in the middle leaves nothing: its connection goes, and
//! the transaction with it.

use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::MutexGuard;

use super::tables::{self, State};
use super::{
    Act, ActError, Administration, Answer, Inner, audit, given_before, look, remember, unknown,
};
use crate::database::{Connection, Row, Value, within};
use crate::organisation::{Organisation, Record};
use crate::store::StoreError;

/// Work under way. Nobody else works meanwhile.
pub(crate) struct Work<'a> {
    inner: MutexGuard<'a, Inner>,
    /// None once it was lost.
    connection: Option<Connection>,
    /// In a transaction.
    state: Option<State>,
    organisation: Arc<Organisation>,
}

impl Administration {
    /// Begins work that changes something.
    pub(crate) async fn work(&self) -> Result<Work<'_>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let known = Arc::clone(&inner.known);
        let begun = within(connection.patience(), async {
            connection.begin().await?;
            let state = tables::lock_state(&mut connection).await?;
            let organisation = if state.version == known.version {
                known
            } else {
                Arc::new(tables::read(&mut connection, &state).await?)
            };
            Ok((state, organisation))
        });
        let (state, organisation) = begun.await?;
        inner.known = Arc::clone(&organisation);
        Ok(Work {
            inner,
            connection: Some(connection),
            state: Some(state),
            organisation,
        })
    }

    /// Begins work that only reads, or changes what nobody else looks at.
    pub(crate) async fn glance(&self) -> Result<Work<'_>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let known = Arc::clone(&inner.known);
        let organisation = within(connection.patience(), look(&mut connection, &known)).await?;
        inner.known = Arc::clone(&organisation);
        Ok(Work {
            inner,
            connection: Some(connection),
            state: None,
            organisation,
        })
    }
}

impl Work<'_> {
    /// The organisation as it is now.
    pub(crate) fn organisation(&self) -> &Arc<Organisation> {
        &self.organisation
    }

    /// Runs a statement; gives back how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let mut connection = self.connection.take().ok_or(StoreError::Closed)?;
        let done = within(connection.patience(), connection.execute(sql, values)).await?;
        self.connection = Some(connection);
        Ok(done)
    }

    /// Runs a statement; gives back its rows.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut connection = self.connection.take().ok_or(StoreError::Closed)?;
        let rows = within(connection.patience(), connection.fetch(sql, values)).await?;
        self.connection = Some(connection);
        Ok(rows)
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_one(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// Writes down in the audit log what an act does.
    pub(crate) async fn note(
        &mut self,
        act: &Act,
        subject: (&'static str, &str),
        before: Json,
        after: Json,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection.take().ok_or(StoreError::Closed)?;
        let state = self.state.as_mut().ok_or(StoreError::Closed)?;
        let patience = connection.patience();
        let noted = async {
            audit::note_other(&mut connection, state, act, subject, (before, after)).await?;
            tables::write_state(&mut connection, state).await
        };
        within(patience, noted).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// What was answered when the same request came before.
    pub(crate) async fn answered(&mut self, act: &Act) -> Result<Option<Answer>, ActError> {
        let Some(once) = &act.once else {
            return Ok(None);
        };
        let mut connection = self.connection.take().ok_or(StoreError::Closed)?;
        let patience = connection.patience();
        let looked = async { Ok(given_before(&mut connection, act, once).await) };
        let answer = within(patience, looked).await?;
        // Where the database said no, the connection may be of no use.
        if !matches!(answer, Err(ActError::Store(_))) {
            self.connection = Some(connection);
        }
        answer
    }

    /// Keeps an answer for when the same request comes again.
    pub(crate) async fn remember(&mut self, act: &Act, answer: &Answer) -> Result<(), StoreError> {
        let Some(once) = &act.once else {
            return Ok(());
        };
        let mut connection = self.connection.take().ok_or(StoreError::Closed)?;
        let patience = connection.patience();
        within(patience, remember(&mut connection, act, once, answer)).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Changes the organisation, too.
    pub(crate) async fn change(
        &mut self,
        act: &Act,
        records: Vec<Record>,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection.take().ok_or(StoreError::Closed)?;
        let state = self.state.as_mut().ok_or(StoreError::Closed)?;
        let patience = connection.patience();
        let mut changed = Organisation::clone(&self.organisation);
        let written = async {
            for record in records {
                audit::note(&mut connection, state, act, &self.organisation, &record).await?;
                tables::write(&mut connection, &record).await?;
                changed.apply(record);
            }
            changed.version += 1;
            state.version = changed.version;
            tables::write_state(&mut connection, state).await
        };
        within(patience, written).await?;
        self.organisation = Arc::new(changed);
        self.connection = Some(connection);
        Ok(())
    }

    /// Stores everything where it came out well, and nothing where not.
    pub(crate) async fn end<T, E: From<StoreError>>(
        mut self,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        let Some(mut connection) = self.connection.take() else {
            self.inner.known = unknown();
            return match outcome {
                Ok(_) => Err(StoreError::Closed.into()),
                Err(error) => Err(error),
            };
        };
        if self.state.is_some() {
            if outcome.is_ok() {
                let patience = connection.patience();
                if let Err(error) = within(patience, connection.commit()).await {
                    self.inner.known = unknown();
                    return Err(StoreError::from(error).into());
                }
                self.inner.known = Arc::clone(&self.organisation);
            } else {
                connection.roll_back().await;
            }
        }
        self.inner.connection = Some(connection);
        outcome
    }
}
