//! The table of ballots: one SQLite file without a write-ahead log.

use std::path::Path;

use diemcau_protocol::MeetingId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};

use super::merkle::Hash;
use super::{Sheet, VoteId};
use crate::database::DatabaseOpenError;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite/ballots");

/// A vote that is not sealed, with its key.
pub(super) struct OpenVote {
    pub(super) vote: VoteId,
    pub(super) options: u8,
    pub(super) key: Vec<u8>,
}

/// The file, with the one connection to it.
pub(super) struct Table(SqliteConnection);

impl Table {
    /// Opens the file and brings it to this build's form.
    pub(super) async fn open(path: &Path) -> Result<Self, DatabaseOpenError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Truncate)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            // Nothing of a ballot lies in a folder for temporary files.
            .pragma("temp_store", "MEMORY")
            // The time of a statement would be the time of a ballot.
            .disable_statement_logging()
            .connect()
            .await?;
        MIGRATIONS.run_direct(None, &mut connection, false).await?;
        Ok(Self(connection))
    }

    /// Every vote that is not sealed.
    pub(super) async fn open_votes(&mut self) -> Result<Vec<OpenVote>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT meeting, number, options, secret FROM votes WHERE secret IS NOT NULL",
        )
        .fetch_all(&mut self.0)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(OpenVote {
                    vote: VoteId {
                        meeting: MeetingId(row.try_get("meeting")?),
                        number: row.try_get("number")?,
                    },
                    options: row.try_get("options")?,
                    key: row.try_get("secret")?,
                })
            })
            .collect()
    }

    /// Enters a vote with its key.
    pub(super) async fn put_vote(&mut self, open: &OpenVote) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO votes (meeting, number, options, secret) VALUES (?, ?, ?, ?)")
            .bind(open.vote.meeting.as_str())
            .bind(open.vote.number)
            .bind(open.options)
            .bind(&open.key)
            .execute(&mut self.0)
            .await?;
        Ok(())
    }

    /// Stores a batch, in its order; with the last one the key is destroyed.
    pub(super) async fn put_batch(
        &mut self,
        vote: &VoteId,
        batch: &[Sheet],
        seal: bool,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.0.begin().await?;
        for sheet in batch {
            sqlx::query(
                "INSERT INTO ballots (meeting, number, token, salt, choice) \
                 VALUES (?, ?, ?, ?, ?)",
            )
            .bind(vote.meeting.as_str())
            .bind(vote.number)
            .bind(sheet.token.as_slice())
            .bind(sheet.salt.as_slice())
            .bind(sheet.choice)
            .execute(&mut *transaction)
            .await?;
        }
        if seal {
            sqlx::query("UPDATE votes SET secret = NULL WHERE meeting = ? AND number = ?")
                .bind(vote.meeting.as_str())
                .bind(vote.number)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Writes the whole file anew, so that the order in which its pages were
    /// filled is gone.
    pub(super) async fn rewrite(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query("VACUUM").execute(&mut self.0).await?;
        Ok(())
    }

    /// Whether a token's ballot is stored.
    pub(super) async fn holds(&mut self, vote: &VoteId, token: &Hash) -> Result<bool, sqlx::Error> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM ballots WHERE meeting = ? AND number = ? AND token = ?",
        )
        .bind(vote.meeting.as_str())
        .bind(vote.number)
        .bind(token.as_slice())
        .fetch_optional(&mut self.0)
        .await?;
        Ok(found.is_some())
    }

    /// All ballots of a vote, in the order of their tokens' hashes.
    pub(super) async fn ballots(&mut self, vote: &VoteId) -> Result<Vec<Sheet>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT token, salt, choice FROM ballots \
             WHERE meeting = ? AND number = ? ORDER BY token",
        )
        .bind(vote.meeting.as_str())
        .bind(vote.number)
        .fetch_all(&mut self.0)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Sheet {
                    token: bytes(row.try_get("token")?)?,
                    salt: bytes(row.try_get("salt")?)?,
                    choice: row.try_get("choice")?,
                })
            })
            .collect()
    }

    /// Destroys the votes of a meeting that are not sealed, with their ballots.
    pub(super) async fn tidy(&mut self, meeting: &MeetingId) -> Result<(), sqlx::Error> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "DELETE FROM ballots WHERE meeting = ?1 AND number IN \
             (SELECT number FROM votes WHERE meeting = ?1 AND secret IS NOT NULL)",
        )
        .bind(meeting.as_str())
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM votes WHERE meeting = ? AND secret IS NOT NULL")
            .bind(meeting.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Closes the file.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        self.0.close().await
    }
}

fn bytes(read: Vec<u8>) -> Result<[u8; 32], sqlx::Error> {
    read.try_into()
        .map_err(|_| sqlx::Error::Decode("not 32 bytes".into()))
}
