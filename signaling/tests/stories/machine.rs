//! Where a server of the stories keeps things: in a folder, or in PostgreSQL.

use std::path::{Path, PathBuf};

use diemcau_signaling::StoreLocation;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor};
use tempfile::TempDir;

use super::postgres;

/// A folder for a server, which outlives it; or a PostgreSQL database.
pub(crate) struct Machine {
    folder: TempDir,
    database: Option<String>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: None,
        }
    }

    /// One with what is left on a disk.
    pub(crate) fn with_folder(folder: TempDir) -> Self {
        Self {
            folder,
            database: None,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One whose server keeps everything in PostgreSQL.
    pub(crate) async fn with_postgres() -> Self {
        Self::at(postgres::database().await)
    }

    /// One whose server keeps everything at this address.
    pub(crate) fn at(database: String) -> Self {
        Self {
            database: Some(database),
            ..Self::new()
        }
    }

    pub(crate) fn store(&self) -> StoreLocation {
        match &self.database {
            Some(url) => StoreLocation::Postgres(url.parse().unwrap()),
            None => StoreLocation::in_folder(self.folder.path()),
        }
    }

    /// Where the ballots of secret votes lie.
    pub(crate) fn ballots(&self) -> PathBuf {
        self.folder.path().join("ballots.db")
    }

    /// Where the contents of documents lie.
    pub(crate) fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    /// Somebody else who holds the event log.
    pub(crate) async fn somebody_else(&self) -> SomebodyElse {
        self.somebody_else_at("events").await
    }

    /// Somebody else who holds the tables of an area.
    pub(crate) async fn somebody_else_at(&self, area: &str) -> SomebodyElse {
        match &self.database {
            None => {
                let file = self.folder.path().join(format!("{area}.db"));
                let options = SqliteConnectOptions::new().filename(file);
                SomebodyElse::Sqlite(options.connect().await.unwrap())
            }
            Some(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                let path = format!("SET search_path = diemcau_{area}");
                connection.execute(AssertSqlSafe(path)).await.unwrap();
                SomebodyElse::Postgres(connection)
            }
        }
    }
}

/// Somebody else's connection to the database of a server.
pub(crate) enum SomebodyElse {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl SomebodyElse {
    pub(crate) async fn run(&mut self, sqlite: &'static str, postgres: &'static str) {
        match self {
            SomebodyElse::Sqlite(connection) => connection.execute(sqlite).await.map(|_| ()),
            SomebodyElse::Postgres(connection) => connection.execute(postgres).await.map(|_| ()),
        }
        .unwrap();
    }
}

/// Each story twice: with SQLite and with PostgreSQL.
macro_rules! both {
    ($(async fn $name:ident($machine:ident: Machine) $body:block)*) => {
        $(async fn $name($machine: Machine) $body)*

        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Machine::new()).await;
            })*
        }

        mod on_postgresql {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Machine::with_postgres().await).await;
            })*
        }
    };
}
pub(crate) use both;
