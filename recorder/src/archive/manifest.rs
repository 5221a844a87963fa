//! The manifest, and its signature.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use diemcau_protocol::{ArchiveManifest as Manifest, ArchivedFile};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::{self, ArchiveKey, PublicKey};
use super::{MANIFEST, SIGNATURE};
use crate::storage::{Disk, write_whole};

/// The version of an archive's form.
pub const FORMAT_VERSION: u32 = 1;
/// How manifests are signed.
const ALGORITHM: &str = "Ed25519";
/// Read at a time.
const PAGE: usize = 1 << 16;

/// The signature of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    algorithm: String,
    /// SHA-256 of the public key's SPKI, in hex.
    pub(super) key_id: String,
    /// In hex.
    public_key: String,
    /// Over the bytes of the manifest, in hex.
    signature: String,
}

/// An archive cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The system refuses something.
    #[error("{}: {source}", path.display())]
    Io {
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something in the folder is neither a file nor a folder, or its name is
    /// not text.
    #[error("{}: neither a file nor a folder with a name in Unicode", .0.display())]
    Foreign(PathBuf),
    /// It cannot be written down.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> SealError {
    move |source| SealError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Writes the manifest of a folder and signs it. `manifest` says what the
/// meeting is; its files are put in.
///
/// # Errors
/// When something in the folder cannot be read, or the manifest not be written.
pub fn seal(
    folder: &Path,
    mut manifest: Manifest,
    key: &ArchiveKey,
) -> Result<Manifest, SealError> {
    manifest.files.clear();
    for path in files_of(folder)? {
        if path == MANIFEST || path == SIGNATURE {
            continue;
        }
        let full = folder.join(&path);
        let (size, sha256) = digest(&full).map_err(failed(&full))?;
        manifest.files.push(ArchivedFile { path, size, sha256 });
    }
    sign(folder, (MANIFEST, SIGNATURE), &manifest, key)?;
    Ok(manifest)
}

/// Writes a manifest, and beside it its signature.
pub(super) fn sign(
    folder: &Path,
    (name, signature_name): (&str, &str),
    manifest: &impl Serialize,
    key: &ArchiveKey,
) -> Result<(), SealError> {
    let bytes = canonical(manifest)?;
    let public = key.public();
    let signature = Signature {
        algorithm: ALGORITHM.to_owned(),
        key_id: key::name_of(&public),
        public_key: hex::encode(public),
        signature: hex::encode(key.sign(&bytes)),
    };
    let path = folder.join(name);
    write_whole(&Disk, &path, &bytes).map_err(failed(&path))?;
    let path = folder.join(signature_name);
    write_whole(&Disk, &path, &canonical(&signature)?).map_err(failed(&path))
}

/// The one form in which something is written.
pub(super) fn canonical(what: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(what)?;
    bytes.push(b'\n');
    Ok(bytes)
}

impl Signature {
    /// Reads a signature in its one form; nothing when it is in another, or
    /// not of the manifest's bytes. Returns the key that signed.
    pub(super) fn check(bytes: &[u8], manifest: &[u8]) -> Option<PublicKey> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        if canonical(&read).ok()? != bytes || read.algorithm != ALGORITHM {
            return None;
        }
        let public = hex::decode(&read.public_key).ok()?;
        let public = PublicKey::try_from(public.as_slice()).ok()?;
        let signature = hex::decode(&read.signature).ok()?;
        let is_in_form = hex::encode(public) == read.public_key
            && hex::encode(&signature) == read.signature
            && key::name_of(&public) == read.key_id;
        (is_in_form && key::is_signed(&public, manifest, &signature)).then_some(public)
    }
}

/// The paths of all files below a folder, in order.
pub(super) fn files_of(folder: &Path) -> Result<Vec<String>, SealError> {
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn walk(folder: &Path, below: &str, found: &mut Vec<String>) -> Result<(), SealError> {
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let path = entry.path();
        let name = entry.file_name().into_string();
        let name = name.map_err(|_| SealError::Foreign(path.clone()))?;
        let name = format!("{below}{name}");
        let kind = entry.file_type().map_err(failed(&path))?;
        if kind.is_dir() {
            walk(&path, &format!("{name}/"), found)?;
        } else if kind.is_file() {
            found.push(name);
        } else {
            return Err(SealError::Foreign(path));
        }
    }
    Ok(())
}

/// The SHA-256 of some bytes, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The size and the SHA-256 of a file.
pub(super) fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut page = vec![0; PAGE];
    let mut size = 0;
    loop {
        match file.read(&mut page)? {
            0 => return Ok((size, hex::encode(digest.finalize()))),
            read => {
                digest.update(&page[..read]);
                size += read as u64;
            }
        }
    }
}
