//! The contents of documents, on disk.
//!
//! ```text
//!   upload ──> .incoming/RANDOM ──> whole, its kind, clean ──> MEETING/SHA-256
//!                  │ hash, size          │                        │
//!                  └── too large, …      └── not what its name    └── the log
//!                      removed               says, infected           refers to it
//! ```
//!
//! A file gets its place before the log refers to it, and until then a mark in
//! `.pending` says so: where a server ends in between, the next start removes
//! the file. What a log refers to stays for good.

mod content;
mod files;
mod orphans;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::BodyDataStream;
use diemcau_protocol::{DocumentFile, DocumentKind, ErrorCode, MeetingId};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::meeting::Refusal;
use files::{Files, Incoming};

pub(crate) use content::{content_type, kind_of_name};
pub(crate) use orphans::settle_pending;

/// Files that come in at a time.
const UPLOADS: usize = 8;

/// How long the next piece of a file may take, and how long all of it.
const PIECE_TIME: Duration = Duration::from_secs(30);
const UPLOAD_TIME: Duration = Duration::from_secs(15 * 60);

/// Where documents are kept, and which are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSettings {
    /// The folder of their contents.
    pub folder: PathBuf,
    /// The largest file, in bytes.
    pub most_bytes: u32,
    /// What all files of a meeting may take, in bytes.
    pub most_bytes_of_meeting: u64,
    /// What files may be.
    pub kinds: BTreeSet<DocumentKind>,
    /// The search for viruses, where there is one.
    pub scan: Option<Scan>,
}

/// A command that searches a file for viruses: it is run with the file's path
/// behind its own arguments and ends with 0 for a clean one, with 1 for an
/// infected one, and with anything else where it could not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may take.
    pub time: Duration,
}

impl DocumentSettings {
    /// The default of `most_bytes`.
    pub const MOST_BYTES: u32 = 100 << 20;
    /// The default of `most_bytes_of_meeting`.
    pub const MOST_BYTES_OF_MEETING: u64 = 2 << 30;
    /// The default of a scan's `time`.
    pub const SCAN_TIME: Duration = Duration::from_secs(60);

    /// The defaults, with the contents in this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            most_bytes: Self::MOST_BYTES,
            most_bytes_of_meeting: Self::MOST_BYTES_OF_MEETING,
            kinds: DocumentKind::ALL.into(),
            scan: None,
        }
    }
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntakeError {
    /// Whoever sends it did something wrong.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It did not come in time.
    #[error("the file did not come in time")]
    TooSlow,
    /// The disk says no.
    #[error("a document cannot be kept: {0}")]
    Disk(#[from] io::Error),
}

/// The contents of all documents of this server.
pub(crate) struct Shelf {
    settings: DocumentSettings,
    files: Files,
    uploads: Arc<Semaphore>,
}

impl Shelf {
    /// Opens the folder, which is made if need be; what an earlier run left
    /// unfinished is removed.
    pub(crate) fn open(settings: DocumentSettings) -> io::Result<Self> {
        Ok(Self {
            files: Files::open(&settings.folder)?,
            settings,
            uploads: Arc::new(Semaphore::new(UPLOADS)),
        })
    }

    /// A place among the files that come in, or the refusal.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let uploads = Arc::clone(&self.uploads);
        uploads.try_acquire_owned().map_err(|_| {
            Refusal::new(
                ErrorCode::RateLimited,
                "too many files come in now; try again in a moment",
            )
        })
    }

    /// Refuses a meeting's file whose name says that it is not taken, or that
    /// finds no room any more.
    pub(crate) fn may_come(&self, name: &str, taken: u64) -> Result<DocumentKind, Refusal> {
        let kind = kind_of_name(name).filter(|kind| self.settings.kinds.contains(kind));
        let kind = kind.ok_or_else(|| unfit("files of this kind are not taken"))?;
        if taken >= self.settings.most_bytes_of_meeting {
            return Err(full());
        }
        Ok(kind)
    }

    /// Takes a file in: it is whole, what its name says, clean, and in its
    /// place when this returns. `taken` bytes are in the meeting already.
    pub(crate) async fn take_in(
        &self,
        meeting: &MeetingId,
        name: &str,
        taken: u64,
        pieces: BodyDataStream,
    ) -> Result<DocumentFile, IntakeError> {
        let kind = self.may_come(name, taken)?;
        let mut incoming = self.files.incoming().await?;
        self.receive(&mut incoming, taken, pieces).await?;
        incoming.complete().await?;
        let path = incoming.path().to_owned();
        let found = tokio::task::spawn_blocking(move || content::is(kind, &path)).await;
        if !found.map_err(io::Error::other)?? {
            return Err(unfit("the content is not what the name says").into());
        }
        if let Some(scan) = &self.settings.scan {
            scan::search(scan, incoming.path()).await?;
        }
        let (size, sha256) = (incoming.size(), incoming.sha256());
        self.files.keep(meeting, &sha256, incoming).await?;
        Ok(DocumentFile {
            name: name.to_owned(),
            kind,
            size,
            sha256,
        })
    }

    async fn receive(
        &self,
        incoming: &mut Incoming,
        taken: u64,
        mut pieces: BodyDataStream,
    ) -> Result<(), IntakeError> {
        let end = Instant::now() + UPLOAD_TIME;
        loop {
            let next = timeout_at(end, timeout(PIECE_TIME, pieces.next())).await;
            let Ok(Ok(next)) = next else {
                return Err(IntakeError::TooSlow);
            };
            let Some(piece) = next else {
                return Ok(());
            };
            let piece = piece
                .map_err(|_| Refusal::new(ErrorCode::BadMessage, "the file did not come whole"))?;
            let size = u64::from(incoming.size()) + piece.len() as u64;
            if size > u64::from(self.settings.most_bytes) {
                return Err(Refusal::new(ErrorCode::TooLarge, "the file is too large").into());
            }
            if taken + size > self.settings.most_bytes_of_meeting {
                return Err(full().into());
            }
            incoming.write(&piece).await?;
        }
    }

    /// The meeting knows of a file that was taken in, or does not and never
    /// will.
    pub(crate) fn settle(&self, meeting: &MeetingId, sha256: &str, is_known: bool) {
        let settled = if is_known {
            self.files.settle(meeting, sha256)
        } else {
            self.files.let_go(meeting, sha256)
        };
        if let Err(error) = settled {
            tracing::warn!(%meeting, %error, "a document stays pending until the next start");
        }
    }

    /// The content of a file that was taken in.
    pub(crate) async fn read(
        &self,
        meeting: &MeetingId,
        file: &DocumentFile,
    ) -> io::Result<tokio::fs::File> {
        self.files.read(meeting, &file.sha256).await
    }
}

fn unfit(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::DocumentUnfit, detail)
}

fn full() -> Refusal {
    Refusal::new(
        ErrorCode::DocumentsFull,
        "the meeting's documents have no more room",
    )
}
