//! What recordings there are.
//!
//! ```text
//!   recordings/MEETING/journal        while the meeting goes on, or files are made
//!   recordings/MEETING/archive/       what is made of it
//!   recordings/MEETING/minutes/       the draft of its minutes
//!   recordings/MEETING/keeping.json   a hold, or that its destruction is proposed
//!   recordings/MEETING/film/          what is derived from it, for handing out
//!   recordings/MEETING/upload.json    what of it is stored elsewhere
//!   recordings/MEETING/destroyed.*    what is left of a destroyed one
//! ```

mod kept;
mod reading;
#[cfg(test)]
mod stories;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diemcau_protocol::{MeetingId, RecordingState};

pub use kept::{Destroyed, Due, is_destroyed};
pub use reading::Opened;
pub(crate) use reading::opened;

use crate::archive::{MANIFEST, Manifest};
use crate::depot::{Depot, Upload};
use crate::lock::Identity;
use crate::storage::{Disk, Storage, read_whole};
use crate::timeline::Timeline;

/// The name of a recording's journal.
pub(crate) const JOURNAL: &str = "journal";
/// The name of a recording's archive.
pub(crate) const ARCHIVE: &str = "archive";
/// The name of the folder of its film.
const FILM: &str = "film";
/// How a folder's name begins where the meeting's is no name for a folder.
const ENCODED: &str = "x-";

/// A recording whose archive is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Everything in the archive.
    pub manifest: Manifest,
    /// What was recorded, and where.
    pub timeline: Timeline,
}

/// All recordings of a server.
#[derive(Debug, Clone)]
pub struct Library {
    folder: PathBuf,
    identity: Option<Arc<Identity>>,
    depot: Option<Depot>,
}

impl Library {
    /// The recordings in a folder, and what opens encrypted ones.
    pub fn new(folder: &Path, identity: Option<Identity>) -> Self {
        Self {
            folder: folder.to_owned(),
            identity: identity.map(Arc::new),
            depot: None,
        }
    }

    /// The same, with archives stored elsewhere, too.
    #[must_use]
    pub fn stored_in(self, depot: Depot) -> Self {
        Self {
            depot: Some(depot),
            ..self
        }
    }

    /// Whether there is something that opens encrypted archives.
    pub(crate) fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// The way of an archive elsewhere, where there is one.
    pub(crate) fn upload(&self, meeting: &MeetingId) -> Option<Upload<'_>> {
        let depot = self.depot.as_ref()?;
        let folder = folder_of(&self.folder, meeting);
        let archive = self.archive_of(meeting);
        Some(Upload::new(depot, folder, archive, self.name_of(meeting)))
    }

    /// The folder of all recordings.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How far a recording is; nothing where there is none.
    pub fn state(&self, meeting: &MeetingId) -> Option<RecordingState> {
        let folder = folder_of(&self.folder, meeting);
        if Disk.exists(&folder.join(kept::TOMBSTONE)) {
            Some(RecordingState::Destroyed)
        } else if Disk.exists(&folder.join(JOURNAL)) {
            Some(RecordingState::UnderWay)
        } else if Disk.exists(&folder.join(ARCHIVE).join(MANIFEST)) {
            Some(RecordingState::Ready)
        } else {
            None
        }
    }

    /// The meetings of which there are recordings, finished or not, or of which
    /// an archive was destroyed.
    ///
    /// # Errors
    /// As the system says.
    pub fn recordings(&self) -> io::Result<BTreeSet<MeetingId>> {
        let names = Disk.names(&self.folder)?.into_iter();
        let meetings = names.filter_map(|name| meeting_of(&name));
        Ok(meetings
            .filter(|meeting| self.state(meeting).is_some())
            .collect())
    }

    /// The meetings whose archives are there.
    ///
    /// # Errors
    /// As the system says.
    pub fn ready(&self) -> io::Result<Vec<MeetingId>> {
        let names = Disk.names(&self.folder)?.into_iter();
        let meetings = names.filter_map(|name| meeting_of(&name));
        Ok(meetings
            .filter(|meeting| self.check_ready(meeting).is_ok())
            .collect())
    }

    /// The manifest of an archive.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::NotFound`] where there is none yet,
    /// with [`Destroyed`] in it where there is none any longer.
    pub fn manifest(&self, meeting: &MeetingId) -> io::Result<Manifest> {
        Ok(self.manifest_and_bytes(meeting)?.0)
    }

    fn manifest_and_bytes(&self, meeting: &MeetingId) -> io::Result<(Manifest, Vec<u8>)> {
        self.check_ready(meeting)?;
        let bytes = read_whole(&Disk, &self.archive_of(meeting).join(MANIFEST))?;
        let manifest = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        Ok((manifest, bytes))
    }

    /// The folder of a meeting's archive.
    pub fn archive_of(&self, meeting: &MeetingId) -> PathBuf {
        folder_of(&self.folder, meeting).join(ARCHIVE)
    }

    /// The folder of what is derived from an archive.
    pub(crate) fn film_of(&self, meeting: &MeetingId) -> PathBuf {
        folder_of(&self.folder, meeting).join(FILM)
    }

    /// Whether the archive is there.
    ///
    /// # Errors
    /// As [`Library::manifest`].
    pub(crate) fn check_ready(&self, meeting: &MeetingId) -> io::Result<()> {
        match self.state(meeting) {
            Some(RecordingState::Ready) => Ok(()),
            Some(RecordingState::Destroyed) => {
                Err(io::Error::new(io::ErrorKind::NotFound, Destroyed))
            }
            Some(RecordingState::UnderWay) | None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// The folder of a meeting's recording.
pub(crate) fn folder_of(folder: &Path, meeting: &MeetingId) -> PathBuf {
    let name = meeting.as_str();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = (1..=100).contains(&name.len()) && name.bytes().all(is_plain);
    if fits && !name.starts_with(ENCODED) {
        folder.join(name)
    } else {
        folder.join(format!("{ENCODED}{}", hex::encode(name)))
    }
}

fn meeting_of(name: &str) -> Option<MeetingId> {
    match name.strip_prefix(ENCODED) {
        Some(encoded) => {
            let bytes = hex::decode(encoded).ok()?;
            Some(MeetingId(String::from_utf8(bytes).ok()?))
        }
        None => Some(name.into()),
    }
}

/// The meetings whose recordings are not archives yet.
///
/// # Errors
/// As the system says.
pub(crate) fn unfinished(folder: &Path) -> io::Result<BTreeSet<MeetingId>> {
    let mut found = BTreeSet::new();
    for name in Disk.names(folder)? {
        if Disk.exists(&folder.join(&name).join(JOURNAL)) {
            found.extend(meeting_of(&name));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_has_a_folder_of_its_own_below_the_others_whatever_it_is_called() {
        let folder = Path::new("/recordings");
        for name in ["m-2026_01", "../keys", "", "x-41", "Họp giao ban", "a/b"] {
            let path = folder_of(folder, &name.into());
            assert_eq!(path.parent(), Some(folder), "{name}");
            let last = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(meeting_of(last), Some(name.into()));
        }
    }
}
