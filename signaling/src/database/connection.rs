//! A connection to either database, and what goes in and out.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Decode, Executor, Row as _, Type};
use tokio::time::timeout;

/// How long PostgreSQL may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is put into a statement in place of `$1`, `$2` and so on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    TextOrNull(Option<&'a str>),
    Int(i64),
    IntOrNull(Option<i64>),
    Bytes(&'a [u8]),
    BytesOrNull(Option<&'a [u8]>),
}

/// A connection to one area.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// What stands in a column.
    pub(crate) fn get<T>(&self, column: &str) -> Result<T, sqlx::Error>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }

    /// A boolean, stored as 0 or 1.
    pub(crate) fn truth(&self, column: &str) -> Result<bool, sqlx::Error> {
        Ok(self.get::<i64>(column)? != 0)
    }
}

macro_rules! statement {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match *value {
                Value::Text(text) => query.bind(text),
                Value::TextOrNull(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
                Value::IntOrNull(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::BytesOrNull(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl Connection {
    /// Runs a statement; gives back how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Connection::Sqlite(connection) => {
                let done = statement!(sql, values).execute(connection).await?;
                done.rows_affected()
            }
            Connection::Postgres(connection) => {
                let done = statement!(sql, values).execute(connection).await?;
                done.rows_affected()
            }
        })
    }

    /// Runs a statement that the two databases write differently.
    pub(crate) async fn execute_either(
        &mut self,
        sqlite: &'static str,
        postgres: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        let sql = match self {
            Connection::Sqlite(_) => sqlite,
            Connection::Postgres(_) => postgres,
        };
        self.execute(sql, values).await
    }

    /// Runs a statement to its end; gives back its rows.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, sqlx::Error> {
        Ok(match self {
            Connection::Sqlite(connection) => {
                let rows = statement!(sql, values).fetch_all(connection).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Connection::Postgres(connection) => {
                let rows = statement!(sql, values).fetch_all(connection).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_one(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// Whether the database is still at the other end. A line that was idle may
    /// have been cut meanwhile; a file is always there.
    pub(crate) async fn is_alive(&mut self) -> bool {
        match self {
            Connection::Sqlite(_) => true,
            Connection::Postgres(connection) => {
                matches!(timeout(PATIENCE, connection.ping()).await, Ok(Ok(())))
            }
        }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Connection::Sqlite(_) => self.plain("BEGIN IMMEDIATE").await,
            Connection::Postgres(_) => self.plain("BEGIN").await,
        }
    }

    /// Ends the transaction with everything in it.
    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.plain("COMMIT").await
    }

    /// Ends the transaction with nothing of it. SQLite ends some failed
    /// transactions by itself, and a broken line ends them all; then there is
    /// nothing left to roll back, and the complaint says nothing.
    pub(crate) async fn roll_back(&mut self) {
        let _ = self.plain("ROLLBACK").await;
    }

    /// Runs a statement without values.
    pub(crate) async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Connection::Sqlite(connection) => connection.execute(sql).await.map(|_| ()),
            Connection::Postgres(connection) => connection.execute(sql).await.map(|_| ()),
        }
    }

    /// Locks the rows that a SELECT finds until the transaction ends. SQLite
    /// has one writer and needs no such thing.
    pub(crate) fn locking(&self, plain: &'static str, locking: &'static str) -> &'static str {
        match self {
            Connection::Sqlite(_) => plain,
            Connection::Postgres(_) => locking,
        }
    }

    /// Whether after this error the connection must not be used any more. An
    /// SQLite file is never further away than before.
    pub(crate) fn is_lost_after(&self, error: &sqlx::Error) -> bool {
        match self {
            Connection::Sqlite(_) => false,
            Connection::Postgres(_) => is_about_the_line(error),
        }
    }

    /// How long the database may take for anything. SQLite is here, and cuts
    /// itself off when it waits for a lock.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match self {
            Connection::Sqlite(_) => None,
            Connection::Postgres(_) => Some(PATIENCE),
        }
    }

    /// Says goodbye.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Connection::Sqlite(connection) => connection.close().await,
            Connection::Postgres(connection) => connection.close().await,
        }
    }
}

/// Whether PostgreSQL, or the way to it, went away: everything that is not an
/// answer to a statement, and the answers of classes 08 (connection), 57
/// (operator intervention) and 58 (system).
fn is_about_the_line(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        None => !matches!(error, sqlx::Error::RowNotFound | sqlx::Error::Encode(_)),
        Some(answer) => answer.code().is_some_and(|code| {
            ["08", "57", "58"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
    }
}

/// Does some work with a database within its patience.
pub(crate) async fn within<T>(
    patience: Option<Duration>,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match patience {
        None => work.await,
        Some(patience) => match timeout(patience, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        },
    }
}
