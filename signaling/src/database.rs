//! The one seam over SQLite and PostgreSQL.
//!
//! ```text
//!   store ──────┐                       ┌─ SQLite: one file for each area
//!               ├─> Area ──> Connection ┤
//!   directory ──┘    │       SQL with   └─ PostgreSQL: one schema for each area
//!                    │       $1, $2 …
//!                    └─ migrations of its own, forward only
//! ```
//!
//! SQL is written once, in what both understand. Columns are TEXT, BIGINT
//! (INTEGER) and BYTEA (BLOB); booleans are 0 and 1.

mod connection;
mod location;

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor};
use tokio::time::timeout;

pub(crate) use connection::{Connection, Row, Value, within};
pub use location::{DatabaseUrl, InvalidDatabaseUrl, StoreLocation};

/// How long anything waits for a lock that somebody else holds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long PostgreSQL may take to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What an area holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The event log.
    Events,
    /// The organisation.
    Directory,
}

impl Kind {
    /// PostgreSQL's schema for it.
    fn schema(self) -> &'static str {
        match self {
            Kind::Events => "diemcau_events",
            Kind::Directory => "diemcau_directory",
        }
    }
}

/// The tables that belong together, with their migrations.
pub(crate) struct Tables {
    /// What they hold.
    pub(crate) kind: Kind,
    /// How they are made in SQLite.
    pub(crate) sqlite: Migrator,
    /// How they are made in PostgreSQL.
    pub(crate) postgres: Migrator,
}

/// A database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseOpenError {
    /// The database says no.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// It cannot be brought to this build's form.
    #[error("{0}")]
    Migration(MigrateError),
    /// It has been brought to the form of a newer build.
    #[error(
        "the database has the form of a newer build (migration {migration}); start that build, \
         or put the backup from before it back"
    )]
    Newer {
        /// The first migration that this build does not know.
        migration: i64,
    },
}

impl From<MigrateError> for DatabaseOpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(migration) => Self::Newer { migration },
            error => Self::Migration(error),
        }
    }
}

/// Where one area's tables are.
#[derive(Clone)]
pub(crate) enum Area {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl std::fmt::Debug for Area {
    /// The options of PostgreSQL hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Area::Sqlite(_) => "SQLite",
            Area::Postgres(_) => "PostgreSQL",
        })
    }
}

impl Area {
    /// Finds the area, and brings its tables to this build's form.
    pub(crate) async fn open(
        location: &StoreLocation,
        tables: &Tables,
    ) -> Result<(Self, Connection), DatabaseOpenError> {
        match location {
            StoreLocation::Sqlite {
                event_log,
                directory,
            } => {
                let file = match tables.kind {
                    Kind::Events => event_log,
                    Kind::Directory => directory,
                };
                let options = SqliteConnectOptions::new()
                    .filename(file)
                    .busy_timeout(LOCK_TIMEOUT)
                    .foreign_keys(true);
                let mut connection = writing(options.clone())
                    .create_if_missing(true)
                    .connect()
                    .await?;
                tables
                    .sqlite
                    .run_direct(None, &mut connection, false)
                    .await?;
                Ok((Area::Sqlite(options), Connection::Sqlite(connection)))
            }
            StoreLocation::Postgres(url) => {
                let milliseconds = LOCK_TIMEOUT.as_millis().to_string();
                let options = PgConnectOptions::from_str(url.expose())?
                    .application_name("diemcau")
                    .options([
                        ("search_path", tables.kind.schema()),
                        ("lock_timeout", milliseconds.as_str()),
                        ("client_min_messages", "warning"),
                    ]);
                let mut connection = connect_to_write(&options).await?;
                warn_unless_synced(&mut connection).await?;
                make_schema(&mut connection, tables.kind.schema()).await?;
                tables
                    .postgres
                    .run_direct(None, &mut connection, false)
                    .await?;
                Ok((Area::Postgres(options), Connection::Postgres(connection)))
            }
        }
    }

    /// A connection that may write.
    pub(crate) async fn connect(&self) -> Result<Connection, sqlx::Error> {
        match self {
            Area::Sqlite(options) => Ok(Connection::Sqlite(
                writing(options.clone()).connect().await?,
            )),
            Area::Postgres(options) => Ok(Connection::Postgres(connect_to_write(options).await?)),
        }
    }

    /// A connection that only reads.
    pub(crate) async fn connect_to_read(&self) -> Result<Connection, sqlx::Error> {
        match self {
            Area::Sqlite(options) => {
                let options = options.clone().read_only(true);
                Ok(Connection::Sqlite(options.connect().await?))
            }
            Area::Postgres(options) => Ok(Connection::Postgres(connect(options).await?)),
        }
    }
}

fn writing(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected,
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// A commit that is answered must have reached the disk. Where the server's
/// settings ask for more than that, such as for a standby, they stay.
async fn connect_to_write(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = connect(options).await?;
    connection
        .execute(
            "SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
        )
        .await?;
    Ok(connection)
}

/// What PostgreSQL does not sync, nobody can insist on.
async fn warn_unless_synced(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let synced: String = sqlx::query_scalar("SELECT current_setting('fsync')")
        .fetch_one(connection)
        .await?;
    if synced == "off" {
        tracing::warn!(
            "PostgreSQL runs with fsync off: a power cut can lose what was acknowledged"
        );
    }
    Ok(())
}

/// Whoever may only use the schema has it made by the database's administrator.
async fn make_schema(
    connection: &mut PgConnection,
    schema: &'static str,
) -> Result<(), sqlx::Error> {
    let known = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1")
        .bind(schema)
        .fetch_optional(&mut *connection)
        .await?;
    if known.is_none() {
        let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        connection.execute(sqlx::AssertSqlSafe(create)).await?;
    }
    Ok(())
}
