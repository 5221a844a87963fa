//! What recordings there are.
//!
//! ```text
//!   recordings/MEETING/journal     while the meeting goes on, or files are made
//!   recordings/MEETING/archive/    what is made of it
//! ```

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use diemcau_protocol::MeetingId;

use crate::archive::{MANIFEST, Manifest, SIGNATURE};
use crate::build::TIMELINE;
use crate::storage::{Disk, Storage, read_whole};
use crate::timeline::Timeline;

/// The name of a recording's journal.
pub(crate) const JOURNAL: &str = "journal";
/// The name of a recording's archive.
pub(crate) const ARCHIVE: &str = "archive";
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

/// The folder of a meeting's archive.
pub fn archive_of(folder: &Path, meeting: &MeetingId) -> PathBuf {
    folder_of(folder, meeting).join(ARCHIVE)
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

/// The meetings of which there are recordings, finished or not, by their names.
///
/// # Errors
/// As the system says.
pub(crate) fn recordings(folder: &Path) -> io::Result<BTreeSet<MeetingId>> {
    let mut found = BTreeSet::new();
    for name in Disk.names(folder)? {
        let own = folder.join(&name);
        let is_one =
            Disk.exists(&own.join(JOURNAL)) || Disk.exists(&own.join(ARCHIVE).join(MANIFEST));
        found.extend(meeting_of(&name).filter(|_| is_one));
    }
    Ok(found)
}

/// A recording whose archive is there.
///
/// # Errors
/// As the system says; [`io::ErrorKind::NotFound`] where there is none yet.
pub fn recording(folder: &Path, meeting: &MeetingId) -> io::Result<Recording> {
    if Disk.exists(&folder_of(folder, meeting).join(JOURNAL)) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let archive = archive_of(folder, meeting);
    let timeline = read_whole(&Disk, &archive.join(TIMELINE))?;
    Ok(Recording {
        manifest: manifest(&archive)?,
        timeline: serde_json::from_slice(&timeline).map_err(io::Error::other)?,
    })
}

/// The path of a file of an archive, where the manifest has it.
///
/// # Errors
/// As [`recording`]; [`io::ErrorKind::NotFound`] where it is not in it.
pub fn file(folder: &Path, meeting: &MeetingId, name: &str) -> io::Result<PathBuf> {
    if Disk.exists(&folder_of(folder, meeting).join(JOURNAL)) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let archive = archive_of(folder, meeting);
    let manifest = manifest(&archive)?;
    let is_there = name == MANIFEST
        || name == SIGNATURE
        || manifest.files.iter().any(|file| file.path == name);
    if is_there {
        Ok(archive.join(name))
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn manifest(archive: &Path) -> io::Result<Manifest> {
    let bytes = read_whole(&Disk, &archive.join(MANIFEST))?;
    serde_json::from_slice(&bytes).map_err(io::Error::other)
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
