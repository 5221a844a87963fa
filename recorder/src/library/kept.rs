//! Holds, proposals and tombstones on the disk.

use std::fs;
use std::io;

use diemcau_protocol::MeetingId;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{ARCHIVE, Library, folder_of, meeting_of};
use crate::archive::{ArchiveKey, canonical, sign};
use crate::depot::ledger_of;
use crate::keeping::{Keeping, Kept, Order, OrderRefused, Outcome, Retention, Tombstone};
use crate::storage::{Disk, Storage, read_whole, write_whole};

const KEEPING: &str = "keeping.json";
/// What is left of a destroyed archive.
pub(super) const TOMBSTONE: &str = "destroyed.json";
/// Its signature, in the form of a manifest's.
const TOMBSTONE_SIGNATURE: &str = "destroyed.sig";

/// What stands in an error where the archive was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the archive was destroyed")]
pub struct Destroyed;

/// Whether an error comes from [`Destroyed`].
pub fn is_destroyed(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Destroyed>())
}

/// An archive that may be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Which meeting.
    pub meeting: MeetingId,
    /// What it was about.
    pub title: String,
    /// The unit that hosted it.
    pub host_unit: String,
    /// When the meeting ended, in milliseconds since 1970 UTC.
    pub ended_at: i64,
    /// Since when it may be destroyed.
    pub due_at: i64,
    /// What holds of it.
    pub keeping: Keeping,
}

impl Library {
    /// What holds of an archive.
    ///
    /// # Errors
    /// As [`Library::manifest`].
    pub fn keeping(&self, meeting: &MeetingId) -> io::Result<Keeping> {
        self.check_ready(meeting)?;
        let path = folder_of(&self.folder, meeting).join(KEEPING);
        match read_whole(&Disk, &path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Keeping::default()),
            Err(error) => Err(error),
        }
    }

    /// What is left of a destroyed archive.
    ///
    /// # Errors
    /// As the system says.
    pub fn tombstone(&self, meeting: &MeetingId) -> io::Result<Option<Tombstone>> {
        let path = folder_of(&self.folder, meeting).join(TOMBSTONE);
        match read_whole(&Disk, &path) {
            Ok(bytes) => Ok(Some(
                serde_json::from_slice(&bytes).map_err(io::Error::other)?,
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Decides on an order; nothing is changed yet.
    ///
    /// # Errors
    /// As [`Library::manifest`]; inside, why nothing follows.
    pub fn decide(
        &self,
        meeting: &MeetingId,
        retention: &Retention,
        now: i64,
        who: (&str, &str),
        order: Order,
    ) -> io::Result<Result<(Keeping, Outcome), OrderRefused>> {
        let (manifest, bytes) = self.manifest_and_bytes(meeting)?;
        let keeping = self.keeping(meeting)?;
        let kept = Kept {
            manifest: &manifest,
            manifest_sha256: &hex::encode(Sha256::digest(&bytes)),
            keeping: &keeping,
        };
        let outcome = kept.decide(retention, now, who, order);
        Ok(outcome.map(|outcome| (keeping, outcome)))
    }

    /// Does what was decided.
    ///
    /// # Errors
    /// As the system says. Once there is a tombstone the archive is destroyed;
    /// what could not be removed then is by [`Library::sweep`].
    pub fn perform(
        &self,
        meeting: &MeetingId,
        outcome: &Outcome,
        key: &ArchiveKey,
    ) -> io::Result<()> {
        let folder = folder_of(&self.folder, meeting);
        match outcome {
            Outcome::Kept(keeping) => {
                let bytes = serde_json::to_vec_pretty(keeping).map_err(io::Error::other)?;
                write_whole(&Disk, &folder.join(KEEPING), &bytes)
            }
            Outcome::Destroyed(tombstone) => {
                let bytes = canonical(&**tombstone).map_err(io::Error::other)?;
                let signature = sign(&bytes, key).map_err(io::Error::other)?;
                // The tombstone comes last: from then on there is no archive.
                write_whole(&Disk, &folder.join(TOMBSTONE_SIGNATURE), &signature)?;
                write_whole(&Disk, &folder.join(TOMBSTONE), &bytes)?;
                if let Err(error) = self.clear(meeting) {
                    tracing::error!(%meeting, %error, "what is left of the archive goes later");
                }
                Ok(())
            }
        }
    }

    /// Ends destructions that were begun.
    ///
    /// # Errors
    /// As the system says.
    pub fn sweep(&self) -> io::Result<()> {
        for name in Disk.names(&self.folder)? {
            if let Some(meeting) = meeting_of(&name)
                && Disk.exists(&self.folder.join(&name).join(TOMBSTONE))
            {
                self.clear(&meeting)?;
            }
        }
        Ok(())
    }

    /// Removes everything but the tombstone.
    fn clear(&self, meeting: &MeetingId) -> io::Result<()> {
        let folder = folder_of(&self.folder, meeting);
        let archive = folder.join(ARCHIVE);
        if archive.exists() {
            fs::remove_dir_all(&archive)?;
        }
        if let Some(ledger) = ledger_of(&folder)? {
            let Some(depot) = &self.depot else {
                let told = "it is stored elsewhere, too, and `archive.s3` is not set";
                return Err(io::Error::other(told));
            };
            depot.remove(&self.name_of(meeting), &ledger)?;
        }
        for name in Disk.names(&folder)? {
            if name != TOMBSTONE && name != TOMBSTONE_SIGNATURE {
                let path = folder.join(&name);
                if path.is_dir() {
                    fs::remove_dir_all(&path)?;
                } else {
                    fs::remove_file(&path)?;
                }
            }
        }
        Disk.sync_folder(&folder)
    }

    /// The archives that may be destroyed at a time, the oldest first.
    ///
    /// # Errors
    /// As the system says.
    pub fn due(&self, retention: &Retention, now: i64) -> io::Result<Vec<Due>> {
        let mut found = Vec::new();
        for meeting in self.ready()? {
            // One that cannot be read is not destroyed either.
            let Ok(manifest) = self.manifest(&meeting) else {
                continue;
            };
            let due = retention.due_at(&manifest.host_unit, manifest.ended_at);
            if let Some(due_at) = due.filter(|due| *due <= now) {
                found.push(Due {
                    keeping: self.keeping(&meeting)?,
                    meeting,
                    title: manifest.title,
                    host_unit: manifest.host_unit,
                    ended_at: manifest.ended_at,
                    due_at,
                });
            }
        }
        found.sort_by_key(|due| due.due_at);
        Ok(found)
    }
}
