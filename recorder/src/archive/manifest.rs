//! The manifest, and its signature.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use diemcau_protocol::{ArchiveManifest as Manifest, ArchivedFile, ENCRYPTED, EncryptedFile};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::{self, ArchiveKey, PublicKey};
use super::{MANIFEST, SIGNATURE};
use crate::content::Digested;
use crate::lock::Recipients;
use crate::stamp::STAMP;
use crate::storage::{Disk, Storage, write_whole};

/// The version of an archive's form. Files are encrypted from 2 on.
pub const FORMAT_VERSION: u32 = 2;
/// How manifests are signed.
const ALGORITHM: &str = "Ed25519";

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

/// Whether a file is one of those that prove the others.
pub fn is_proof(name: &str) -> bool {
    [MANIFEST, SIGNATURE, STAMP].contains(&name)
}

/// Writes the manifest of a folder and signs it. `manifest` says what the
/// meeting is; its files are put in, encrypted where there are recipients.
///
/// # Errors
/// When something in the folder cannot be read, or the manifest not be written.
pub fn seal(
    folder: &Path,
    mut manifest: Manifest,
    key: &ArchiveKey,
    recipients: Option<&Recipients>,
) -> Result<Manifest, SealError> {
    manifest.files.clear();
    manifest.encrypted_to = recipients.map(Recipients::names).unwrap_or_default();
    // From behind: `x.age` makes room before `x` takes its name.
    for path in files_of(folder)?.into_iter().rev() {
        if is_proof(&path) {
            continue;
        }
        let full = folder.join(&path);
        let file = match recipients {
            Some(recipients) => lock(&full, path, recipients),
            None => File::open(&full)
                .and_then(|mut file| Digested::of(&mut file))
                .map(|Digested { size, sha256 }| ArchivedFile {
                    path,
                    size,
                    sha256,
                    encrypted: None,
                }),
        };
        manifest.files.push(file.map_err(failed(&full))?);
    }
    manifest.files.reverse();
    sign_beside(folder, (MANIFEST, SIGNATURE), &manifest, key)?;
    Ok(manifest)
}

/// Writes a manifest, and beside it its signature.
pub(super) fn sign_beside(
    folder: &Path,
    (name, signature_name): (&str, &str),
    manifest: &impl Serialize,
    key: &ArchiveKey,
) -> Result<(), SealError> {
    let bytes = canonical(manifest)?;
    let path = folder.join(name);
    write_whole(&Disk, &path, &bytes).map_err(failed(&path))?;
    let path = folder.join(signature_name);
    write_whole(&Disk, &path, &sign(&bytes, key)?).map_err(failed(&path))
}

/// The signature of something, in its one form.
pub(crate) fn sign(bytes: &[u8], key: &ArchiveKey) -> Result<Vec<u8>, serde_json::Error> {
    let public = key.public();
    canonical(&Signature {
        algorithm: ALGORITHM.to_owned(),
        key_id: key::name_of(&public),
        public_key: hex::encode(public),
        signature: hex::encode(key.sign(bytes)),
    })
}

/// The one form in which something is written.
pub(crate) fn canonical(what: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
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
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Puts an encrypted file in the place of one.
fn lock(full: &Path, path: String, recipients: &Recipients) -> io::Result<ArchivedFile> {
    let mut name = full.file_name().unwrap_or_default().to_owned();
    name.push(ENCRYPTED);
    let (plain, encrypted) = recipients.lock(full, &full.with_file_name(name))?;
    Disk.remove(full)?;
    if let Some(folder) = full.parent() {
        Disk.sync_folder(folder)?;
    }
    Ok(ArchivedFile {
        path,
        size: plain.size,
        sha256: plain.sha256,
        encrypted: Some(EncryptedFile {
            size: encrypted.size,
            sha256: encrypted.sha256,
        }),
    })
}
