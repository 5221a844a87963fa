//! What is done with archives once they are made, in the background and again
//! until it is done.
//!
//! ```text
//!   archive made ──┐                                       ┌─> stamp
//!   start ─────────┼─> look: which archives lack what? ────┤
//!   time ──────────┘         (the disk says)               └─> store elsewhere
//!                                  ▲                             │
//!                                  └──── later, if it fails ─────┘
//! ```
//!
//! The two go on beside each other: a large archive on its way keeps no other
//! from its time stamp.

mod patience;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diemcau_protocol::MeetingId;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use patience::Patience;

use crate::depot::Progress;
use crate::library::Library;
use crate::stamp::{STAMP, StampClient};

/// How often is looked whether something is due.
const LOOK: Duration = Duration::from_secs(10);

/// What it is to do.
#[derive(Debug, Clone)]
pub struct CustodianConfig {
    /// With which archives.
    pub library: Library,
    /// Who stamps them.
    pub stamps: Option<StampClient>,
}

/// How far something is that is done with an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Chore {
    /// It is not asked for.
    Off,
    /// It is to be done, or under way.
    Waiting(Patience),
    /// It is done.
    Done,
}

/// How far an archive is on its way elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Storing {
    /// As a whole.
    #[serde(flatten)]
    pub chore: Chore,
    /// In figures, while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Stamp,
    Store,
}

/// Looks after archives until it is dropped.
#[derive(Debug)]
pub struct Custodian {
    inner: Arc<Inner>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Debug)]
struct Inner {
    config: CustodianConfig,
    stamping: Notify,
    storing: Notify,
    waits: Mutex<BTreeMap<(Task, MeetingId), Patience>>,
    /// Stored, as far as this run knows; the disk is asked once.
    stored: Mutex<BTreeSet<MeetingId>>,
}

impl Custodian {
    /// Begins with what an earlier run left.
    pub fn start(config: CustodianConfig, runtime: &Handle) -> Self {
        let inner = Arc::new(Inner {
            config,
            stamping: Notify::new(),
            storing: Notify::new(),
            waits: Mutex::default(),
            stored: Mutex::default(),
        });
        let run = |task| runtime.spawn(Arc::clone(&inner).run(task));
        let tasks = [run(Task::Stamp), run(Task::Store)];
        Self { inner, tasks }
    }

    /// Says that an archive was made, or destroyed; never blocks.
    pub fn call(&self) {
        self.inner.stamping.notify_one();
        self.inner.storing.notify_one();
    }

    /// Says that something was added to an archive: it is to be stored elsewhere,
    /// too. Never blocks.
    pub fn added(&self, meeting: &MeetingId) {
        self.inner.stored().remove(meeting);
        self.inner.storing.notify_one();
    }

    /// How far the time stamp of an archive is.
    pub fn stamping(&self, meeting: &MeetingId) -> Chore {
        let inner = &self.inner;
        let is_there = inner
            .config
            .library
            .archive_of(meeting)
            .join(STAMP)
            .exists();
        match (is_there, &inner.config.stamps) {
            (true, _) => Chore::Done,
            (false, None) => Chore::Off,
            (false, Some(_)) => Chore::Waiting(inner.patience(Task::Stamp, meeting)),
        }
    }

    /// How far an archive is on its way elsewhere. Reads from the disk.
    ///
    /// # Errors
    /// As the system says.
    pub fn storing(&self, meeting: &MeetingId) -> io::Result<Storing> {
        let library = &self.inner.config.library;
        let Some(upload) = library.upload(meeting) else {
            return Ok(Storing {
                chore: Chore::Off,
                progress: None,
            });
        };
        if upload.is_done()? {
            return Ok(Storing {
                chore: Chore::Done,
                progress: None,
            });
        }
        Ok(Storing {
            chore: Chore::Waiting(self.inner.patience(Task::Store, meeting)),
            progress: Some(upload.progress()?),
        })
    }
}

impl Drop for Custodian {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Inner {
    async fn run(self: Arc<Self>, task: Task) {
        let called = match task {
            Task::Stamp => &self.stamping,
            Task::Store => &self.storing,
        };
        let mut sweeping = Patience::default();
        loop {
            if task == Task::Store && sweeping.is_over(now()) {
                match self.blocking(|library| library.sweep()).await {
                    Ok(()) => sweeping = Patience::default(),
                    Err(error) => {
                        tracing::error!(%error, "a destroyed archive is not gone everywhere yet");
                        sweeping.failed(now(), error.to_string());
                    }
                }
            }
            match self.blocking(Library::ready).await {
                Ok(meetings) => {
                    for meeting in meetings {
                        self.look_after(task, &meeting).await;
                    }
                }
                Err(error) => tracing::error!(%error, "the archives cannot be listed"),
            }
            // Called, or it is time: both is a reason to look.
            let _ = timeout(LOOK, called.notified()).await;
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Library) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let library = self.config.library.clone();
        let done = tokio::task::spawn_blocking(move || work(&library)).await;
        done.map_err(io::Error::other)?
    }

    async fn look_after(&self, task: Task, meeting: &MeetingId) {
        if !self.patience(task, meeting).is_over(now()) {
            return;
        }
        let done = match task {
            Task::Stamp => self.stamp(meeting).await,
            Task::Store => self.store(meeting).await,
        };
        let key = (task, meeting.clone());
        match done {
            Ok(()) => {
                self.waits().remove(&key);
            }
            Err(error) => {
                tracing::warn!(%meeting, error, ?task, "something of the archive is not done yet");
                let mut waits = self.waits();
                waits.entry(key).or_default().failed(now(), error);
            }
        }
    }

    async fn stamp(&self, meeting: &MeetingId) -> Result<(), String> {
        let archive = self.config.library.archive_of(meeting);
        let Some(client) = &self.config.stamps else {
            return Ok(());
        };
        if archive.join(STAMP).exists() {
            return Ok(());
        }
        let stamp = client.stamp(&archive).await;
        let authority = stamp.map_err(|error| error.to_string())?.authority;
        tracing::info!(%meeting, authority, "the archive is stamped");
        // The time stamp is to be stored elsewhere, too.
        self.stored().remove(meeting);
        self.storing.notify_one();
        Ok(())
    }

    async fn store(&self, meeting: &MeetingId) -> Result<(), String> {
        if self.stored().contains(meeting) {
            return Ok(());
        }
        let library = self.config.library.clone();
        let Some(upload) = library.upload(meeting) else {
            return Ok(());
        };
        if !upload.is_done().map_err(|error| error.to_string())? {
            upload.run().await.map_err(|error| error.to_string())?;
            tracing::info!(%meeting, "the archive is stored elsewhere, and was checked there");
        }
        self.stored().insert(meeting.clone());
        Ok(())
    }

    fn patience(&self, task: Task, meeting: &MeetingId) -> Patience {
        let key = (task, meeting.clone());
        self.waits().get(&key).cloned().unwrap_or_default()
    }

    fn waits(&self) -> MutexGuard<'_, BTreeMap<(Task, MeetingId), Patience>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self) -> MutexGuard<'_, BTreeSet<MeetingId>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In milliseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
