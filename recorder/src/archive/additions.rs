//! What is added to an archive after it was sealed: issued minutes, the signed
//! file that came back, what was said.
//!
//! ```text
//!   archive/additions/0001/addition.json   every file's SHA-256 and size, that of
//!                                          the archive's manifest, and that of the
//!                                          addition before it
//!                          addition.sig    Ed25519 over the bytes of addition.json
//!                          minutes.pdf …   what was added
//! ```
//!
//! An addition is made beside the archive and moved into it whole; it is never
//! changed then. It lies in the clear in an encrypted archive, too: what was
//! issued is a paper that is handed out. What lies there without a signature is named by `verify`, and
//! so is one that is missing between others.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use diemcau_protocol::ArchivedFile;
use serde::{Deserialize, Serialize};

use super::MANIFEST;
use super::key::ArchiveKey;
use super::manifest::{SealError, failed, files_of, sha256, sign_beside};
use crate::content::Digested;
use crate::storage::{Disk, Storage, read_whole};

/// The version of an addition's form.
pub(super) const ADDITION_VERSION: u32 = 1;
/// The folder of additions in an archive.
pub(crate) const ADDITIONS: &str = "additions/";
/// The manifest of an addition.
const ADDITION: &str = "addition.json";
/// Its signature.
const ADDITION_SIGNATURE: &str = "addition.sig";
/// Where an addition is made, beside the archive.
const UNFINISHED: &str = "addition.new";

/// What an addition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AdditionKind {
    /// Minutes were issued.
    MinutesIssued {
        /// Which version of them.
        version: u32,
    },
    /// The signed file of issued minutes came back.
    MinutesSigned {
        /// Which version of them.
        version: u32,
    },
    /// Issued minutes were taken back.
    MinutesSuperseded {
        /// Which version of them.
        version: u32,
    },
    /// What was said was written down.
    Transcript,
}

/// The manifest of an addition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addition {
    /// The version of its form: 1.
    pub format_version: u32,
    /// Counted from 1.
    pub number: u32,
    /// What it is.
    pub what: AdditionKind,
    /// When it was added, in milliseconds since 1970 UTC.
    pub added_at: i64,
    /// The SHA-256 of the archive's manifest, in hex.
    pub archive: String,
    /// That of the manifest of the addition before it.
    pub previous: Option<String>,
    /// Every file but the manifest and its signature, in the order of their
    /// names.
    pub files: Vec<ArchivedFile>,
}

/// The place of an addition in the archive.
pub(super) fn place(number: u32) -> String {
    format!("{ADDITIONS}{number:04}")
}

/// The names of an addition's manifest and signature in the archive.
pub(super) fn names(number: u32) -> (String, String) {
    let place = place(number);
    (
        format!("{place}/{ADDITION}"),
        format!("{place}/{ADDITION_SIGNATURE}"),
    )
}

/// The number of the addition that a file belongs to.
pub(super) fn number_of(name: &str) -> Option<u32> {
    let (folder, _) = name.strip_prefix(ADDITIONS)?.split_once('/')?;
    let number = folder.parse().ok().filter(|number| *number > 0)?;
    (place(number) == format!("{ADDITIONS}{folder}")).then_some(number)
}

/// The additions of an archive, in their order, with their folders.
///
/// # Errors
/// As the system says, and where one cannot be read as what it is.
pub fn additions(archive: &Path) -> io::Result<Vec<(Addition, PathBuf)>> {
    let mut found = Vec::new();
    for number in 1.. {
        let folder = archive.join(place(number));
        if !folder.join(ADDITION).exists() {
            break;
        }
        let bytes = read_whole(&Disk, &folder.join(ADDITION))?;
        let addition = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        found.push((addition, folder));
    }
    Ok(found)
}

/// The names of all files of additions in an archive. They stay on this machine,
/// wherever the archive is stored.
pub(crate) fn files_of_additions(archive: &Path) -> Result<Vec<String>, SealError> {
    let folder = archive.join(ADDITIONS);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let names = files_of(&folder)?.into_iter();
    Ok(names.map(|name| format!("{ADDITIONS}{name}")).collect())
}

/// Adds what `write` puts into a folder to an archive: whole, or not at all.
///
/// # Errors
/// Those of `write`; else when something cannot be read, written or signed.
/// Nothing was added then.
pub fn add<E: From<SealError>>(
    archive: &Path,
    what: AdditionKind,
    now: i64,
    key: &ArchiveKey,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<Addition, E> {
    let beside = archive.with_file_name(UNFINISHED);
    let system = |path: &Path, done: io::Result<()>| done.map_err(failed(path));
    if beside.exists() {
        // Left by a server that was killed.
        system(&beside, fs::remove_dir_all(&beside))?;
    }
    system(&beside, Disk.make_folder(&beside))?;
    write(&beside)?;
    Ok(move_in(archive, &beside, what, now, key)?)
}

fn move_in(
    archive: &Path,
    beside: &Path,
    what: AdditionKind,
    now: i64,
    key: &ArchiveKey,
) -> Result<Addition, SealError> {
    let before = additions(archive).map_err(failed(archive))?;
    let manifest = archive.join(MANIFEST);
    let read = |path: &Path| read_whole(&Disk, path).map_err(failed(path));
    let previous = before
        .last()
        .map(|(_, folder)| read(&folder.join(ADDITION)));
    let mut files = Vec::new();
    for path in files_of(beside)? {
        let full = beside.join(&path);
        let read = File::open(&full).and_then(|mut file| Digested::of(&mut file));
        let Digested { size, sha256 } = read.map_err(failed(&full))?;
        files.push(ArchivedFile {
            path,
            size,
            sha256,
            encrypted: None,
        });
    }
    let addition = Addition {
        format_version: ADDITION_VERSION,
        number: before.last().map_or(1, |(last, _)| last.number + 1),
        what,
        added_at: now,
        archive: sha256(&read(&manifest)?),
        previous: previous.transpose()?.map(|bytes| sha256(&bytes)),
        files,
    };
    sign_beside(beside, (ADDITION, ADDITION_SIGNATURE), &addition, key)?;
    let target = archive.join(place(addition.number));
    let all = archive.join(ADDITIONS);
    let moved = || {
        Disk.make_folder(&all)?;
        Disk.sync_folder(archive)?;
        Disk.rename(beside, &target)?;
        Disk.sync_folder(&all)
    };
    moved().map_err(failed(&target))?;
    Ok(addition)
}
