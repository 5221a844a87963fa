//! Copies of the SQLite databases while a server writes them.
//!
//! `VACUUM INTO` reads one state of a file, as a reader beside the server, and
//! writes it whole into a new file. The files are copied one after the other.
//! The ballots come last, so that they are never older than the log that says
//! who took a paper.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::StoreLocation;

/// A database cannot be copied.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is in PostgreSQL.
    #[error(
        "the databases are in PostgreSQL: copy them with pg_dump, and after that, of the data folder, \
         the file store/ballots.db and the folders documents, keys and tls"
    )]
    Postgres,
    /// SQLite says no.
    #[error("cannot copy {}: {source}", file.display())]
    Database {
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: sqlx::Error,
    },
    /// The copy is not whole.
    #[error("the copy of {} is damaged: {report}", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What SQLite says about it.
        report: String,
    },
}

/// Copies the databases of a server, which may run, into an empty folder, under
/// their own names. Gives back the files.
///
/// # Errors
/// When a database cannot be copied, or the copy cannot be trusted.
pub async fn back_up(
    location: &StoreLocation,
    ballots: &Path,
    folder: &Path,
) -> Result<Vec<PathBuf>, BackupError> {
    let StoreLocation::Sqlite {
        event_log,
        directory,
    } = location
    else {
        return Err(BackupError::Postgres);
    };
    let mut copies = Vec::new();
    for file in [event_log.as_path(), directory, ballots] {
        let copy = folder.join(file.file_name().unwrap_or(file.as_os_str()));
        copy_database(file, &copy)
            .await
            .map_err(|source| BackupError::Database {
                file: file.to_owned(),
                source,
            })?;
        let report = check(&copy).await.map_err(|source| BackupError::Database {
            file: copy.clone(),
            source,
        })?;
        if report != "ok" {
            return Err(BackupError::Damaged { file: copy, report });
        }
        copies.push(copy);
    }
    Ok(copies)
}

async fn copy_database(file: &Path, copy: &Path) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    sqlx::query("VACUUM INTO ?")
        .bind(copy.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await?;
    connection.close().await
}

async fn check(copy: &Path) -> Result<String, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(copy).read_only(true);
    let mut connection = options.connect().await?;
    let report = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(report)
}
