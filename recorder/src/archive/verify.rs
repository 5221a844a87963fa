//! Whether an archive is as it was signed: offline, and against a key that
//! comes from elsewhere.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use diemcau_protocol::{
    ArchiveFault as Fault, ArchiveFinding as Finding, ArchiveManifest as Manifest,
    ArchiveVerification as Verification, ArchivedFile, Verdict,
};

use super::additions::{self, ADDITION_VERSION, ADDITIONS, Addition};
use super::key::TrustedKeys;
use super::manifest::{FORMAT_VERSION, SealError, Signature, canonical, is_proof, sha256};
use super::place::{Folder, Place};
use super::{EVENTS, MANIFEST, SIGNATURE, events};
use crate::content::{Content, Digested};
use crate::lock::{Identity, is_wrong_identity};
use crate::stamp::{self, STAMP, TimestampAuthorities, imprint_of};

/// The largest manifest, signature or time stamp that is read, in bytes.
const LARGEST_PROOF: u64 = 64 << 20;

/// What is read of each file that is there; nothing of one that cannot be read.
type There = BTreeMap<String, Option<Digested>>;

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
        let mut look = Look {
            place,
            against: self,
            found: Verification {
                verdict: Verdict::Broken,
                files: 0,
                locked: 0,
                events: 0,
                additions: 0,
                key: None,
                closing_hash: None,
                stamp: None,
                findings: Vec::new(),
            },
        };
        let manifest = look.manifest();
        if let Some((manifest, own)) = &manifest {
            look.found.closing_hash = Some(manifest.closing_hash.clone());
            look.contents(manifest, own);
            look.log(manifest);
        }
        let mut found = look.found;
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

/// A look at an archive.
struct Look<'a> {
    place: &'a dyn Place,
    against: &'a Against<'a>,
    found: Verification,
}

impl Look<'_> {
    fn tell(&mut self, file: &str, fault: Fault) {
        let file = file.to_owned();
        self.found.findings.push(Finding { file, fault });
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

    fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        let opened = self.place.open(name);
        let read = opened.and_then(|content| whole(content, LARGEST_PROOF));
        read.map_err(|error| self.unreadable(name, &error)).ok()
    }

    /// The manifest, and its SHA-256.
    fn manifest(&mut self) -> Option<(Manifest, String)> {
        let bytes = self.read(MANIFEST);
        let signature = self.read(SIGNATURE);
        let (bytes, signature) = (bytes?, signature?);
        if let Some(key) = self.signer(SIGNATURE, &signature, &bytes) {
            self.found.key = Some(key);
        }
        self.stamp(&bytes);
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
        Some((manifest, sha256(&bytes)))
    }

    /// The name of the key that signed these bytes; what is wrong with that is
    /// told.
    fn signer(&mut self, file: &str, signature: &[u8], bytes: &[u8]) -> Option<String> {
        let Some(public) = Signature::check(signature, bytes) else {
            self.tell(file, Fault::SignatureWrong);
            return None;
        };
        let key = super::key::name_of(&public);
        let trusted = self.against.keys;
        if trusted.is_some_and(|trusted| !trusted.has(&public)) {
            let key = key.clone();
            self.tell(file, Fault::ForeignSigner { key });
        }
        Some(key)
    }

    fn stamp(&mut self, manifest: &[u8]) {
        let opened = self.place.open(STAMP);
        let authorities = self.against.authorities;
        let kept = match opened.and_then(|it| whole(it, LARGEST_PROOF)) {
            Ok(kept) => kept,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if authorities.is_some() {
                    self.tell(STAMP, Fault::Missing);
                }
                return;
            }
            Err(error) => return self.unreadable(STAMP, &error),
        };
        match stamp::read(&kept, &imprint_of(manifest), authorities) {
            Ok(stamp) => {
                if stamp.trusted == Some(false) {
                    let authority = stamp.authority.clone();
                    self.tell(STAMP, Fault::ForeignAuthority { authority });
                }
                self.found.stamp = Some(stamp);
            }
            Err(reason) => self.tell(STAMP, Fault::StampWrong { reason }),
        }
    }

    /// `own` is the SHA-256 of the manifest.
    fn contents(&mut self, manifest: &Manifest, own: &str) {
        let there = match self.place.names() {
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
        self.found.files = there.len();
        let mut sealed = There::new();
        let mut added = There::new();
        for name in there {
            if is_proof(&name) {
                continue;
            }
            let opened = self.place.open(&name);
            let read = opened.and_then(|mut content| Digested::of(&mut content));
            if let Err(error) = &read {
                let reason = error.to_string();
                self.tell(&name, Fault::Unreadable { reason });
            }
            let is_added = name.starts_with(ADDITIONS) && !is_sealed(manifest, &name);
            let of = if is_added { &mut added } else { &mut sealed };
            of.insert(name, read.ok());
        }
        self.compare("", &manifest.files, &sealed);
        self.additions(own, added);
    }

    /// Compares what was signed with what is there; `below` stands before the
    /// names that were signed.
    fn compare(&mut self, below: &str, files: &[ArchivedFile], there: &There) {
        let named = |file: &ArchivedFile| format!("{below}{}", file.stored_as());
        let signed: BTreeMap<String, &ArchivedFile> =
            files.iter().map(|file| (named(file), file)).collect();
        let whose = |sha256: &str| {
            let of = signed.iter().find(|(_, file)| file.stored().1 == sha256);
            of.map(|(path, _)| path.clone())
        };
        for (path, file) in &signed {
            let (size, sha256) = file.stored();
            match there.get(path) {
                None => self.tell(path, Fault::Missing),
                Some(None) => {}
                Some(Some(now)) if now.sha256 == sha256 => self.inside(file),
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
        for (path, read) in there {
            if signed.contains_key(path) {
                continue;
            }
            let from = read.as_ref().and_then(|now| whose(&now.sha256));
            let from = from.filter(|from| !there.contains_key(from));
            let fault = from.map_or(Fault::Added, |from| Fault::Renamed { from });
            self.tell(path, fault);
        }
    }

    /// What is in an encrypted file that is as it was signed from outside.
    fn inside(&mut self, file: &ArchivedFile) {
        if file.encrypted.is_none() {
            return;
        }
        if self.against.identity.is_none() {
            self.found.locked += 1;
            return;
        }
        let opened = inside(self.place, file, self.against.identity);
        let read = opened.and_then(|mut content| Digested::of(&mut content));
        match read {
            Ok(now) if now.sha256 == file.sha256 && now.size == file.size => {}
            Err(error) if is_wrong_identity(&error) => {
                self.found.locked += 1;
                self.tell(&file.stored_as(), Fault::WrongIdentity);
            }
            Ok(_) | Err(_) => self.tell(&file.stored_as(), Fault::InsideAltered),
        }
    }

    /// Looks at what was added since: each addition is signed by itself, names
    /// this archive, and follows the one before it.
    fn additions(&mut self, archive: &str, added: There) {
        let mut by_number: BTreeMap<u32, There> = BTreeMap::new();
        for (name, read) in added {
            match additions::number_of(&name) {
                Some(number) => {
                    by_number.entry(number).or_default().insert(name, read);
                }
                None => self.tell(&name, Fault::Added),
            }
        }
        let mut previous = None;
        let last = by_number.keys().next_back().copied().unwrap_or(0);
        for number in 1..=last {
            let below = additions::place(number);
            let Some(mut there) = by_number.remove(&number) else {
                self.tell(&below, Fault::Missing);
                previous = None;
                continue;
            };
            let (manifest, signature) = additions::names(number);
            let (has_manifest, has_signature) = (
                there.remove(&manifest).is_some(),
                there.remove(&signature).is_some(),
            );
            if !has_manifest && !has_signature {
                // Nobody signed it: whatever lies there was put there.
                there.keys().for_each(|name| self.tell(name, Fault::Added));
                continue;
            }
            let Some(addition) = self.addition(number) else {
                previous = None;
                continue;
            };
            let (addition, own) = addition;
            let follows = number == 1 || previous.is_none() || addition.previous == previous;
            let is_ours = addition.archive == archive;
            if addition.number != number || !follows || !is_ours {
                self.tell(&manifest, Fault::OutOfPlace);
            }
            self.compare(&format!("{below}/"), &addition.files, &there);
            self.found.additions += 1;
            previous = Some(own);
        }
    }

    /// The manifest of an addition, and its SHA-256.
    fn addition(&mut self, number: u32) -> Option<(Addition, String)> {
        let (name, signature_name) = additions::names(number);
        let bytes = self.read(&name);
        let signature = self.read(&signature_name);
        let (bytes, signature) = (bytes?, signature?);
        self.signer(&signature_name, &signature, &bytes);
        let addition: Option<Addition> = serde_json::from_slice(&bytes).ok();
        // They lie in the clear, whatever the archive is.
        let is_clear = |file: &ArchivedFile| file.encrypted.is_none();
        let is_in_form = |addition: &Addition| {
            canonical(addition).is_ok_and(|form| form == bytes)
                && addition.files.iter().all(is_clear)
        };
        let Some(addition) = addition.filter(is_in_form) else {
            self.tell(&name, Fault::Malformed);
            return None;
        };
        if addition.format_version != ADDITION_VERSION {
            let version = addition.format_version;
            self.tell(&name, Fault::UnknownFormat { version });
            return None;
        }
        Some((addition, sha256(&bytes)))
    }

    fn log(&mut self, manifest: &Manifest) {
        let Some(file) = manifest.files.iter().find(|file| file.path == EVENTS) else {
            self.tell(EVENTS, Fault::Missing);
            return;
        };
        let read = inside(self.place, file, self.against.identity);
        let Ok(bytes) = read.and_then(|content| whole(content, u64::MAX - 1)) else {
            // It has been told already, or is locked.
            return;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            self.tell(EVENTS, Fault::Malformed);
            return;
        };
        self.found.events = text.lines().count();
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

fn is_sealed(manifest: &Manifest, name: &str) -> bool {
    manifest.files.iter().any(|file| file.stored_as() == name)
}
