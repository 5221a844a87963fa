//! The list of recordings, and search in them: a small SQLite file beside them.
//!
//! ```text
//!   archives, drafts ── stamp is another one? ──> texts ──> index.db (FTS5)
//!   a query ──> its words, folded ──> recordings in which all of them occur
//!                                     └──> where, and when
//! ```
//!
//! It is made from the archives and lies beside them, not in signaling's
//! database: the recorder may run by itself, and each has its own recordings.
//! So it is the same with PostgreSQL, and there is one kind of search and not
//! two. Where it is missing or damaged it is made anew; nothing is lost with it.

mod fold;
mod found;
mod read;
#[cfg(test)]
mod stories;
mod texts;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use diemcau_protocol::{FoundPlace, MeetingId, MinutesState, RecordingEntry};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, query};
use tokio::sync::Mutex;

use crate::library::Library;
use crate::minutes::desk::MinutesDesk;
use read::{Content, stamp};

/// Of no meeting: their folders are not called so.
const FILE: &str = ".clerk/index.db";
/// The form of the tables; another one is made anew.
const VERSION: i64 = 2;
/// Looked at in one go.
const PAGE: i64 = 100;
/// The most places that are told of a recording.
const MOST_PLACES: usize = 5;

const TABLES: &str = "
    CREATE TABLE recordings (
        id        INTEGER PRIMARY KEY,
        meeting   TEXT    NOT NULL UNIQUE,
        stamp     TEXT    NOT NULL,
        state     TEXT    NOT NULL,
        sort      INTEGER NOT NULL,
        origin    TEXT    NOT NULL,
        title     TEXT,
        host_unit TEXT,
        began_at  INTEGER,
        ended_at  INTEGER,
        duration  INTEGER,
        size      INTEGER,
        minutes   TEXT,
        number    TEXT
    ) STRICT;
    CREATE INDEX recordings_by_time ON recordings (sort, meeting);
    CREATE TABLE places (
        id        INTEGER PRIMARY KEY,
        recording INTEGER NOT NULL REFERENCES recordings (id),
        place     TEXT    NOT NULL,
        at        INTEGER,
        is_draft  INTEGER NOT NULL,
        text      TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX places_of_recording ON places (recording);
    CREATE VIRTUAL TABLE words USING fts5 (
        text, tokenize = 'unicode61 remove_diacritics 2'
    );
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
    PRAGMA user_version = 2;
";

/// The index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The index's file failed.
    #[error("the index of the recordings: {0}")]
    Database(#[from] sqlx::Error),
    /// Where a meeting comes from could not be found out.
    #[error("where a meeting comes from: {0}")]
    Origin(String),
}

/// A recording of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// As it is told, without places.
    pub entry: RecordingEntry,
    /// What decides who may see it, as it was given.
    pub origin: String,
    id: i64,
    sort: i64,
}

impl Hit {
    /// Where the list goes on behind it.
    pub fn place(&self) -> (i64, String) {
        (self.sort, self.entry.meeting.as_str().to_owned())
    }
}

/// Which recordings are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The words that all occur.
    words: Vec<String>,
    /// The meeting ended then or later, in milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// And before.
    pub to: Option<i64>,
    /// Behind this one.
    pub after: Option<(i64, String)>,
}

impl Wanted {
    /// Those in which all words of a query occur; all of them without one.
    /// `None` where the query has no words.
    pub fn with(query: Option<&str>) -> Option<Self> {
        let words = query.map(fold::wanted);
        if words.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        Some(Self {
            words: words.unwrap_or_default(),
            ..Self::default()
        })
    }
}

/// The index of a folder of recordings.
pub struct ArchiveIndex {
    library: Library,
    desk: Arc<MinutesDesk>,
    connection: Mutex<Option<SqliteConnection>>,
}

impl ArchiveIndex {
    /// Of a folder of recordings, whose minutes are on this desk.
    pub fn new(library: Library, desk: Arc<MinutesDesk>) -> Self {
        Self {
            library,
            desk,
            connection: Mutex::new(None),
        }
    }

    /// Takes in what is new. `origin` says what decides who may see a recording.
    ///
    /// # Errors
    /// When the disk or the index's file fails. A single recording that cannot
    /// be read is logged and left out.
    pub async fn refresh<F>(&self, origin: impl Fn(MeetingId) -> F) -> Result<(), IndexError>
    where
        F: Future<Output = Result<String, String>>,
    {
        let mut held = self.connection.lock().await;
        let mut connection = self.take(held.take()).await?;
        let library = self.library.clone();
        let there = on_disk(move || {
            let meetings = library.recordings()?.into_iter();
            let stamped = meetings.map(|meeting| {
                let stamp = stamp(&library, &meeting);
                (meeting, stamp)
            });
            Ok(stamped.collect::<Vec<_>>())
        });
        let there = there.await?;
        let rows = query("SELECT id, meeting, stamp FROM recordings")
            .fetch_all(&mut connection)
            .await?;
        let mut known = std::collections::BTreeMap::new();
        for row in rows {
            let (id, stamp): (i64, String) = (row.try_get("id")?, row.try_get("stamp")?);
            known.insert(row.try_get::<String, _>("meeting")?, (id, stamp));
        }
        for (meeting, stamp) in there {
            let before = known.remove(meeting.as_str());
            if before.as_ref().is_some_and(|(_, known)| *known == stamp) {
                continue;
            }
            let (library, desk) = (self.library.clone(), Arc::clone(&self.desk));
            let of = meeting.clone();
            let read = on_disk(move || read::content(&library, &desk, &of)).await;
            let content = match read {
                Ok(content) => content,
                Err(error) => {
                    tracing::warn!(%meeting, %error, "a recording cannot be listed");
                    continue;
                }
            };
            let origin = origin(meeting.clone()).await.map_err(IndexError::Origin)?;
            let before = before.map(|(id, _)| id);
            put(&mut connection, &meeting, before, &stamp, &origin, content).await?;
        }
        for (id, _) in known.into_values() {
            let mut transaction = connection.begin().await?;
            forget(&mut transaction, id).await?;
            transaction.commit().await?;
        }
        *held = Some(connection);
        Ok(())
    }

    /// Forgets what is known of a recording; a refresh takes in what is left.
    ///
    /// # Errors
    /// When the index's file fails.
    pub async fn forget(&self, meeting: &MeetingId) -> Result<(), IndexError> {
        let mut held = self.connection.lock().await;
        let mut connection = self.take(held.take()).await?;
        let mut transaction = connection.begin().await?;
        let row = query("SELECT id FROM recordings WHERE meeting = ?")
            .bind(meeting.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(row) = row {
            forget(&mut transaction, row.try_get("id")?).await?;
        }
        transaction.commit().await?;
        *held = Some(connection);
        Ok(())
    }

    /// Some recordings, the newest first; none where there are no more.
    ///
    /// # Errors
    /// When the index's file fails.
    pub async fn some(&self, wanted: &Wanted) -> Result<Vec<Hit>, IndexError> {
        let mut held = self.connection.lock().await;
        let mut connection = self.take(held.take()).await?;
        let condition = "recordings.id IN (SELECT recording FROM places WHERE id IN \
                         (SELECT rowid FROM words WHERE words MATCH ?))";
        let conditions = vec![condition; wanted.words.len()].join(" AND ");
        let also = if conditions.is_empty() { "" } else { " AND " };
        let sql = format!(
            "SELECT * FROM recordings WHERE (sort, meeting) < (?, ?) AND sort >= ? AND sort < ? \
             {also}{conditions} ORDER BY sort DESC, meeting DESC LIMIT ?"
        );
        let (sort, meeting) = match &wanted.after {
            Some((sort, meeting)) => (*sort, meeting.as_str()),
            None => (i64::MAX, "\u{10ffff}"),
        };
        let mut asked = query(sqlx::AssertSqlSafe(sql)).bind(sort).bind(meeting);
        // What goes on has no end yet: it stands first, where no time is asked for.
        asked = asked.bind(wanted.from.unwrap_or(i64::MIN));
        asked = asked.bind(wanted.to.unwrap_or(i64::MAX));
        for word in &wanted.words {
            asked = asked.bind(format!("\"{word}\""));
        }
        let rows = asked.bind(PAGE).fetch_all(&mut connection).await?;
        *held = Some(connection);
        Ok(rows.iter().map(hit).collect::<Result<_, _>>()?)
    }

    /// Where the words were found in a recording; nothing where not all of them
    /// were. Without `with_drafts` the draft of the minutes is not looked at.
    ///
    /// # Errors
    /// When the index's file fails.
    pub async fn places(
        &self,
        hit: &Hit,
        wanted: &Wanted,
        with_drafts: bool,
    ) -> Result<Option<Vec<FoundPlace>>, IndexError> {
        if wanted.words.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let any: Vec<String> = wanted
            .words
            .iter()
            .map(|word| format!("\"{word}\""))
            .collect();
        let mut held = self.connection.lock().await;
        let mut connection = self.take(held.take()).await?;
        let sql = "SELECT place, at, places.text AS text FROM places \
                   JOIN words ON words.rowid = places.id \
                   WHERE words MATCH ? AND recording = ? AND is_draft <= ? \
                   ORDER BY bm25(words), places.id";
        let rows = query(sql)
            .bind(any.join(" OR "))
            .bind(hit.id)
            .bind(i64::from(with_drafts))
            .fetch_all(&mut connection)
            .await?;
        *held = Some(connection);
        let mut missing = wanted.words.clone();
        let mut found = Vec::new();
        for row in rows {
            let text: String = row.try_get("text")?;
            let folded = fold::fold(&text);
            missing.retain(|word| !folded.split(' ').any(|other| other == word));
            if found.len() < MOST_PLACES {
                found.push(FoundPlace {
                    place: from_word(&row.try_get::<String, _>("place")?)?,
                    words: found::around(&text, &wanted.words),
                    at: row.try_get("at")?,
                });
            }
        }
        Ok(missing.is_empty().then_some(found))
    }

    /// The connection that is there, or a new one. Whoever fails does not put
    /// it back, and the next one begins anew.
    async fn take(
        &self,
        connection: Option<SqliteConnection>,
    ) -> Result<SqliteConnection, IndexError> {
        if let Some(connection) = connection {
            return Ok(connection);
        }
        let path = self.library.folder().join(FILE);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match open(&path).await {
            Ok(connection) => Ok(connection),
            Err(error) => {
                tracing::warn!(%error, "the index of the recordings is made anew");
                for ending in ["", "-journal", "-wal", "-shm"] {
                    let mut name = path.clone().into_os_string();
                    name.push(ending);
                    match fs::remove_file(name) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => {
                            return Err(error.into());
                        }
                        Ok(()) | Err(_) => {}
                    }
                }
                Ok(open(&path).await?)
            }
        }
    }
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        // What a destroyed archive said is not to be found in the file either.
        .pragma("secure_delete", "ON")
        .synchronous(SqliteSynchronous::Normal);
    let mut connection = options.connect().await?;
    let row = query("PRAGMA user_version")
        .fetch_one(&mut connection)
        .await?;
    let version: i64 = row.try_get(0)?;
    if version == VERSION {
        let sound = query("PRAGMA quick_check")
            .fetch_one(&mut connection)
            .await?;
        let sound: String = sound.try_get(0)?;
        if sound == "ok" {
            return Ok(connection);
        }
        return Err(sqlx::Error::Protocol(sound));
    }
    if version != 0 {
        let other = format!("it has the form {version}");
        return Err(sqlx::Error::Protocol(other));
    }
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(connection)
}

async fn put(
    connection: &mut SqliteConnection,
    meeting: &MeetingId,
    before: Option<i64>,
    stamp: &str,
    origin: &str,
    content: Content,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    if let Some(id) = before {
        forget(&mut transaction, id).await?;
    }
    let sql = "INSERT INTO recordings (meeting, stamp, state, sort, origin, title, host_unit, began_at, \
               ended_at, duration, size, minutes, number) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let put = query(sql)
        .bind(meeting.as_str())
        .bind(stamp)
        .bind(word(content.state)?)
        .bind(content.ended_at.unwrap_or(i64::MAX - 1))
        .bind(origin)
        .bind(content.title)
        .bind(content.host_unit)
        .bind(content.began_at)
        .bind(content.ended_at)
        .bind(content.duration)
        .bind(content.size.map(u64::cast_signed))
        .bind(content.minutes.map(word).transpose()?)
        .bind(content.number)
        .execute(&mut *transaction)
        .await?;
    let recording = put.last_insert_rowid();
    for text in content.texts {
        let sql = "INSERT INTO places (recording, place, at, is_draft, text) \
                   VALUES (?, ?, ?, ?, ?)";
        let put = query(sql)
            .bind(recording)
            .bind(word(text.place)?)
            .bind(text.at)
            .bind(i64::from(text.is_draft))
            .bind(&text.text)
            .execute(&mut *transaction)
            .await?;
        query("INSERT INTO words (rowid, text) VALUES (?, ?)")
            .bind(put.last_insert_rowid())
            .bind(fold::fold(&text.text))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

async fn forget(connection: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM words WHERE rowid IN (SELECT id FROM places WHERE recording = ?)",
        "DELETE FROM places WHERE recording = ?",
        "DELETE FROM recordings WHERE id = ?",
    ] {
        query(sql).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}

fn hit(row: &SqliteRow) -> Result<Hit, sqlx::Error> {
    let minutes: Option<String> = row.try_get("minutes")?;
    let minutes = minutes.map(|word| from_word::<MinutesState>(&word));
    let size: Option<i64> = row.try_get("size")?;
    Ok(Hit {
        id: row.try_get("id")?,
        sort: row.try_get("sort")?,
        origin: row.try_get("origin")?,
        entry: RecordingEntry {
            meeting: MeetingId(row.try_get("meeting")?),
            state: from_word(&row.try_get::<String, _>("state")?)?,
            title: row.try_get("title")?,
            host_unit: row.try_get("host_unit")?,
            unit: None,
            began_at: row.try_get("began_at")?,
            ended_at: row.try_get("ended_at")?,
            duration: row.try_get("duration")?,
            size: size.map(i64::cast_unsigned),
            minutes: minutes.transpose()?,
            number: row.try_get("number")?,
            found: Vec::new(),
        },
    })
}

/// A word of one of our own types.
fn word<T: serde::Serialize>(value: T) -> Result<String, sqlx::Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) => Err(sqlx::Error::Protocol("not a word".to_owned())),
        Err(error) => Err(sqlx::Error::Encode(error.into())),
    }
}

fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, sqlx::Error> {
    let value = serde_json::Value::String(word.to_owned());
    serde_json::from_value(value).map_err(|error| sqlx::Error::Decode(error.into()))
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
}
