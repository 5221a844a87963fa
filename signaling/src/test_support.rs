//! Where tests keep things: in a folder, or in a PostgreSQL database.

#[path = "../tests/support/postgres.rs"]
pub(crate) mod postgres;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, Executor};
use tempfile::TempDir;

use crate::database::StoreLocation;

/// A place for a store of one test.
pub(crate) struct Place {
    pub(crate) location: StoreLocation,
    folder: Option<TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            location: StoreLocation::in_folder(folder.path()),
            folder: Some(folder),
        }
    }

    pub(crate) async fn postgres() -> Self {
        let url = postgres::database().await;
        Self {
            location: StoreLocation::Postgres(url.parse().unwrap()),
            folder: None,
        }
    }

    /// Somebody else's connection to the PostgreSQL database.
    pub(crate) async fn postgres_connection(&self) -> PgConnection {
        match &self.location {
            StoreLocation::Postgres(url) => PgConnection::connect(url.expose()).await.unwrap(),
            StoreLocation::Sqlite { .. } => panic!("this is SQLite"),
        }
    }

    /// Changes the event log past the store.
    pub(crate) async fn change(&self, sql: &'static str) {
        self.change_in("events.db", "SET search_path = diemcau_events", sql)
            .await;
    }

    /// Changes the organisation past its store.
    pub(crate) async fn change_organisation(&self, sql: &'static str) {
        let schema = "SET search_path = diemcau_directory";
        self.change_in("directory.db", schema, sql).await;
    }

    async fn change_in(&self, file: &str, schema: &'static str, sql: &'static str) {
        match &self.folder {
            Some(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join(file));
                let mut connection = options.connect().await.unwrap();
                connection.execute(sql).await.unwrap();
                connection.close().await.unwrap();
            }
            None => {
                let mut connection = self.postgres_connection().await;
                connection.execute(schema).await.unwrap();
                connection.execute(sql).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }
}

/// Each test twice: with SQLite and with PostgreSQL.
macro_rules! both {
    ($($(#[$attribute:meta])* async fn $name:ident($place:ident: Place) $body:block)*) => {
        $($(#[$attribute])* async fn $name($place: Place) $body)*

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::postgres().await).await;
            })*
        }
    };
}
pub(crate) use both;
