//! Whether an archive is as it was signed: offline, and against a key that
//! comes from elsewhere.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;

use super::fault::{Fault, Finding};
use super::key::TrustedKeys;
use super::manifest::{
    ArchivedFile, FORMAT_VERSION, Manifest, SealError, Signature, canonical, is_proof,
};
use super::place::{Folder, Place};
use super::{EVENTS, MANIFEST, SIGNATURE, events};
use crate::content::{Content, Digested};
use crate::lock::{Identity, is_wrong_identity};
use crate::stamp::{self, STAMP, Stamp, TimestampAuthorities, imprint_of};

/// The largest manifest, signature or time stamp that is read, in bytes.
const LARGEST_PROOF: u64 = 64 << 20;

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is as it was signed, by a trusted key.
    Whole,
    /// Everything is as it was signed; nothing says who the signer is.
    SignerUnknown,
    /// Something does not hold.
    Broken,
}

impl Verdict {
    /// The exit status of `diemcau verify`.
    pub fn exit_status(self) -> u8 {
        match self {
            Verdict::Whole => 0,
            Verdict::Broken => 1,
            Verdict::SignerUnknown => 3,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// What it comes to.
    pub verdict: Verdict,
    /// How many files were looked at.
    pub files: usize,
    /// How many of them are encrypted and were looked at from outside only.
    pub locked: usize,
    /// How many events the log has; none where it was not opened.
    pub events: usize,
    /// The name of the key that signed, where the signature is right.
    pub key: Option<String>,
    /// The hash that closes the log, as the manifest says it.
    pub closing_hash: Option<String>,
    /// The time stamp of the manifest, where there is one that holds.
    pub stamp: Option<Stamp>,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

/// What an archive is looked at with; all of it comes from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Against<'a> {
    /// The keys that are trusted to sign.
    pub keys: Option<&'a TrustedKeys>,
    /// What opens encrypted files.
    pub identity: Option<&'a Identity>,
    /// The authorities that are trusted to stamp; where some are named there
    /// must be a time stamp.
    pub authorities: Option<&'a TimestampAuthorities>,
}

/// Looks at everything in an archive in a folder, from outside.
pub fn verify(folder: &Path, trusted: Option<&TrustedKeys>) -> Verification {
    let against = Against {
        keys: trusted,
        ..Against::default()
    };
    against.verify(&Folder(folder.to_owned()))
}

impl Against<'_> {
    /// Looks at everything in an archive.
    pub fn verify(&self, place: &dyn Place) -> Verification {
        let mut found = Verification {
            verdict: Verdict::Broken,
            files: 0,
            locked: 0,
            events: 0,
            key: None,
            closing_hash: None,
            stamp: None,
            findings: Vec::new(),
        };
        let manifest = found.manifest(place, self);
        if let Some(manifest) = &manifest {
            found.closing_hash = Some(manifest.closing_hash.clone());
            found.contents(place, manifest, self);
            found.log(place, manifest, self);
        }
        if found.findings.is_empty() && manifest.is_some() {
            found.verdict = match self.keys {
                Some(_) => Verdict::Whole,
                None => Verdict::SignerUnknown,
            };
        }
        found
    }
}

/// What is read of a file in an archive, wherever it lies.
pub(crate) fn inside(
    place: &dyn Place,
    file: &ArchivedFile,
    identity: Option<&Identity>,
) -> io::Result<Box<dyn Content>> {
    let stored = place.open(&file.stored_as())?;
    match (&file.encrypted, identity) {
        (None, _) => Ok(stored),
        (Some(_), Some(identity)) => identity.open(stored),
        (Some(_), None) => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            crate::lock::WrongIdentity,
        )),
    }
}

fn whole(content: Box<dyn Content>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

impl Verification {
    fn tell(&mut self, file: &str, fault: Fault) {
        let file = file.to_owned();
        self.findings.push(Finding { file, fault });
    }

    fn unreadable(&mut self, file: &str, error: &io::Error) {
        let fault = match error.kind() {
            io::ErrorKind::NotFound => Fault::Missing,
            _ => Fault::Unreadable {
                reason: error.to_string(),
            },
        };
        self.tell(file, fault);
    }

    fn read(&mut self, place: &dyn Place, name: &str) -> Option<Vec<u8>> {
        let read = place
            .open(name)
            .and_then(|content| whole(content, LARGEST_PROOF));
        read.map_err(|error| self.unreadable(name, &error)).ok()
    }

    fn manifest(&mut self, place: &dyn Place, against: &Against<'_>) -> Option<Manifest> {
        let bytes = self.read(place, MANIFEST);
        let signature = self.read(place, SIGNATURE);
        let (bytes, signature) = (bytes?, signature?);
        match Signature::check(&signature, &bytes) {
            Some(public) => {
                let key = super::key::name_of(&public);
                if against.keys.is_some_and(|trusted| !trusted.has(&public)) {
                    let key = key.clone();
                    self.tell(SIGNATURE, Fault::ForeignSigner { key });
                }
                self.key = Some(key);
            }
            None => self.tell(SIGNATURE, Fault::SignatureWrong),
        }
        self.stamp(place, &bytes, against);
        let manifest: Option<Manifest> = serde_json::from_slice(&bytes).ok();
        let is_in_form = |manifest: &Manifest| {
            canonical(manifest).is_ok_and(|form| form == bytes)
                && manifest.files.is_sorted_by(|a, b| a.path < b.path)
        };
        let Some(manifest) = manifest.filter(is_in_form) else {
            self.tell(MANIFEST, Fault::Malformed);
            return None;
        };
        if !(1..=FORMAT_VERSION).contains(&manifest.format_version) {
            let version = manifest.format_version;
            self.tell(MANIFEST, Fault::UnknownFormat { version });
            return None;
        }
        Some(manifest)
    }

    fn stamp(&mut self, place: &dyn Place, manifest: &[u8], against: &Against<'_>) {
        let kept = match place.open(STAMP).and_then(|it| whole(it, LARGEST_PROOF)) {
            Ok(kept) => kept,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if against.authorities.is_some() {
                    self.tell(STAMP, Fault::Missing);
                }
                return;
            }
            Err(error) => return self.unreadable(STAMP, &error),
        };
        match stamp::read(&kept, &imprint_of(manifest), against.authorities) {
            Ok(stamp) => {
                if stamp.trusted == Some(false) {
                    let authority = stamp.authority.clone();
                    self.tell(STAMP, Fault::ForeignAuthority { authority });
                }
                self.stamp = Some(stamp);
            }
            Err(reason) => self.tell(STAMP, Fault::StampWrong { reason }),
        }
    }

    fn contents(&mut self, place: &dyn Place, manifest: &Manifest, against: &Against<'_>) {
        let there = match place.names() {
            Ok(there) => there,
            Err(SealError::Foreign(path)) => {
                self.tell(&path.to_string_lossy(), Fault::Added);
                return;
            }
            Err(error) => {
                let reason = error.to_string();
                self.tell(".", Fault::Unreadable { reason });
                return;
            }
        };
        self.files = there.len();
        let mut unread: BTreeMap<String, Option<Digested>> = BTreeMap::new();
        for name in there {
            if is_proof(&name) {
                continue;
            }
            let opened = place.open(&name);
            let read = opened.and_then(|mut content| Digested::of(&mut content));
            if let Err(error) = &read {
                let reason = error.to_string();
                self.tell(&name, Fault::Unreadable { reason });
            }
            unread.insert(name, read.ok());
        }
        let names: Vec<String> = manifest.files.iter().map(ArchivedFile::stored_as).collect();
        let signed: BTreeMap<&str, &ArchivedFile> = names
            .iter()
            .map(String::as_str)
            .zip(&manifest.files)
            .collect();
        let whose = |sha256: &str| {
            let of = signed.iter().find(|(_, file)| file.stored().1 == sha256);
            of.map(|(path, _)| (*path).to_owned())
        };
        for (path, file) in &signed {
            let (size, sha256) = file.stored();
            match unread.get(*path) {
                None => self.tell(path, Fault::Missing),
                Some(None) => {}
                Some(Some(now)) if now.sha256 == sha256 => self.inside(place, file, against),
                Some(Some(now)) => {
                    let fault = match whose(&now.sha256) {
                        Some(with) => Fault::Swapped { with },
                        None if now.size != size => Fault::Truncated {
                            signed: size,
                            found: now.size,
                        },
                        None => Fault::Altered,
                    };
                    self.tell(path, fault);
                }
            }
        }
        for (path, read) in &unread {
            if signed.contains_key(path.as_str()) {
                continue;
            }
            let from = read.as_ref().and_then(|now| whose(&now.sha256));
            let from = from.filter(|from| !unread.contains_key(from));
            let fault = from.map_or(Fault::Added, |from| Fault::Renamed { from });
            self.tell(path, fault);
        }
    }

    /// What is in an encrypted file that is as it was signed from outside.
    fn inside(&mut self, place: &dyn Place, file: &ArchivedFile, against: &Against<'_>) {
        if file.encrypted.is_none() {
            return;
        }
        if against.identity.is_none() {
            self.locked += 1;
            return;
        }
        let opened = inside(place, file, against.identity);
        let read = opened.and_then(|mut content| Digested::of(&mut content));
        match read {
            Ok(now) if now.sha256 == file.sha256 && now.size == file.size => {}
            Err(error) if is_wrong_identity(&error) => {
                self.locked += 1;
                self.tell(&file.stored_as(), Fault::WrongIdentity);
            }
            Ok(_) | Err(_) => self.tell(&file.stored_as(), Fault::InsideAltered),
        }
    }

    fn log(&mut self, place: &dyn Place, manifest: &Manifest, against: &Against<'_>) {
        let Some(file) = manifest.files.iter().find(|file| file.path == EVENTS) else {
            self.tell(EVENTS, Fault::Missing);
            return;
        };
        let read = inside(place, file, against.identity);
        let Ok(bytes) = read.and_then(|content| whole(content, u64::MAX - 1)) else {
            // It has been told already, or is locked.
            return;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            self.tell(EVENTS, Fault::Malformed);
            return;
        };
        self.events = text.lines().count();
        let mut faults = Vec::new();
        let last = events::check(&text, &manifest.meeting, &mut |fault| faults.push(fault));
        for fault in faults {
            self.tell(EVENTS, fault);
        }
        if last != manifest.closing_hash {
            self.tell(EVENTS, Fault::ClosingHashDiffers);
        }
    }
}
