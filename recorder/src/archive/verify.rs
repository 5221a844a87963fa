//! Whether an archive is as it was signed: offline, and against a key that
//! comes from elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diemcau_protocol::{
    ArchiveFault as Fault, ArchiveFinding as Finding, ArchiveManifest as Manifest,
    ArchiveVerification as Verification, ArchivedFile, Verdict,
};

use super::additions::{self, ADDITIONS, Addition};
use super::key::TrustedKeys;
use super::manifest::{FORMAT_VERSION, SealError, Signature, canonical, digest, files_of, sha256};
use super::{EVENTS, MANIFEST, SIGNATURE, events};

/// The size and the SHA-256 of each file that is there; nothing of one that
/// cannot be read.
type There = BTreeMap<String, Option<(u64, String)>>;

/// Looks at everything in an archive.
pub fn verify(folder: &Path, trusted: Option<&TrustedKeys>) -> Verification {
    let mut look = Look {
        found: Verification {
            verdict: Verdict::Broken,
            files: 0,
            events: 0,
            additions: 0,
            key: None,
            closing_hash: None,
            findings: Vec::new(),
        },
    };
    let manifest = look.manifest(folder, trusted);
    if let Some(manifest) = &manifest {
        look.found.closing_hash = Some(manifest.closing_hash.clone());
        look.contents(folder, manifest, trusted);
        look.log(folder, manifest);
    }
    let mut found = look.found;
    if found.findings.is_empty() && manifest.is_some() {
        found.verdict = match trusted {
            Some(_) => Verdict::Whole,
            None => Verdict::SignerUnknown,
        };
    }
    found
}

/// A look at an archive.
struct Look {
    found: Verification,
}

impl Look {
    fn tell(&mut self, file: &str, fault: Fault) {
        let file = file.to_owned();
        self.found.findings.push(Finding { file, fault });
    }

    fn read(&mut self, folder: &Path, name: &str) -> Option<Vec<u8>> {
        match fs::read(folder.join(name)) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.tell(name, Fault::Missing);
                None
            }
            Err(error) => {
                let reason = error.to_string();
                self.tell(name, Fault::Unreadable { reason });
                None
            }
        }
    }

    fn manifest(&mut self, folder: &Path, trusted: Option<&TrustedKeys>) -> Option<Manifest> {
        let bytes = self.read(folder, MANIFEST);
        let signature = self.read(folder, SIGNATURE);
        let (bytes, signature) = (bytes?, signature?);
        if let Some(key) = self.signer(SIGNATURE, &signature, &bytes, trusted) {
            self.found.key = Some(key);
        }
        let manifest: Option<Manifest> = serde_json::from_slice(&bytes).ok();
        let is_in_form = |manifest: &Manifest| {
            canonical(manifest).is_ok_and(|form| form == bytes)
                && manifest.files.is_sorted_by(|a, b| a.path < b.path)
        };
        let Some(manifest) = manifest.filter(is_in_form) else {
            self.tell(MANIFEST, Fault::Malformed);
            return None;
        };
        if manifest.format_version != FORMAT_VERSION {
            let version = manifest.format_version;
            self.tell(MANIFEST, Fault::UnknownFormat { version });
            return None;
        }
        Some(manifest)
    }

    /// The name of the key that signed these bytes; what is wrong with that is
    /// told.
    fn signer(
        &mut self,
        file: &str,
        signature: &[u8],
        bytes: &[u8],
        trusted: Option<&TrustedKeys>,
    ) -> Option<String> {
        let Some(public) = Signature::check(signature, bytes) else {
            self.tell(file, Fault::SignatureWrong);
            return None;
        };
        let key = super::key::name_of(&public);
        if trusted.is_some_and(|trusted| !trusted.has(&public)) {
            let key = key.clone();
            self.tell(file, Fault::ForeignSigner { key });
        }
        Some(key)
    }

    fn contents(&mut self, folder: &Path, manifest: &Manifest, trusted: Option<&TrustedKeys>) {
        let there = match files_of(folder) {
            Ok(there) => there,
            Err(SealError::Foreign(path)) => {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                self.tell(&name.to_string_lossy(), Fault::Added);
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
            if name == MANIFEST || name == SIGNATURE {
                continue;
            }
            let read = digest(&folder.join(&name));
            if let Err(error) = &read {
                let reason = error.to_string();
                self.tell(&name, Fault::Unreadable { reason });
            }
            let is_added = name.starts_with(ADDITIONS) && !is_sealed(manifest, &name);
            let of = if is_added { &mut added } else { &mut sealed };
            of.insert(name, read.ok());
        }
        self.compare("", &manifest.files, &sealed);
        self.additions(folder, added, trusted);
    }

    /// Compares what was signed with what is there; `below` stands before the
    /// names that were signed.
    fn compare(&mut self, below: &str, files: &[ArchivedFile], there: &There) {
        let named = |file: &ArchivedFile| format!("{below}{}", file.path);
        let signed: BTreeMap<String, &ArchivedFile> =
            files.iter().map(|file| (named(file), file)).collect();
        let whose = |sha256: &str| {
            let of = signed.iter().find(|(_, file)| file.sha256 == sha256);
            of.map(|(path, _)| path.clone())
        };
        for (path, file) in &signed {
            match there.get(path) {
                None => self.tell(path, Fault::Missing),
                Some(None) => {}
                Some(Some((_, now))) if *now == file.sha256 => {}
                Some(Some((found, now))) => {
                    let fault = match whose(now) {
                        Some(with) => Fault::Swapped { with },
                        None if *found != file.size => Fault::Truncated {
                            signed: file.size,
                            found: *found,
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
            let from = read.as_ref().and_then(|(_, sha256)| whose(sha256));
            let from = from.filter(|from| !there.contains_key(from));
            let fault = from.map_or(Fault::Added, |from| Fault::Renamed { from });
            self.tell(path, fault);
        }
    }

    /// Looks at what was added since: each addition is signed by itself, names
    /// this archive, and follows the one before it.
    fn additions(&mut self, folder: &Path, added: There, trusted: Option<&TrustedKeys>) {
        let mut by_number: BTreeMap<u32, There> = BTreeMap::new();
        for (name, read) in added {
            match additions::number_of(&name) {
                Some(number) => {
                    by_number.entry(number).or_default().insert(name, read);
                }
                None => self.tell(&name, Fault::Added),
            }
        }
        let archive = fs::read(folder.join(MANIFEST)).map(|bytes| sha256(&bytes));
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
            let Some(addition) = self.addition(folder, number, trusted) else {
                previous = None;
                continue;
            };
            let (addition, own) = addition;
            let follows = number == 1 || previous.is_none() || addition.previous == previous;
            let is_ours = archive
                .as_ref()
                .is_ok_and(|archive| *archive == addition.archive);
            if addition.number != number || !follows || !is_ours {
                self.tell(&manifest, Fault::OutOfPlace);
            }
            self.compare(&format!("{below}/"), &addition.files, &there);
            self.found.additions += 1;
            previous = Some(own);
        }
    }

    /// The manifest of an addition, and its SHA-256.
    fn addition(
        &mut self,
        folder: &Path,
        number: u32,
        trusted: Option<&TrustedKeys>,
    ) -> Option<(Addition, String)> {
        let (name, signature_name) = additions::names(number);
        let bytes = self.read(folder, &name);
        let signature = self.read(folder, &signature_name);
        let (bytes, signature) = (bytes?, signature?);
        self.signer(&signature_name, &signature, &bytes, trusted);
        let addition: Option<Addition> = serde_json::from_slice(&bytes).ok();
        let is_in_form = |addition: &Addition| canonical(addition).is_ok_and(|form| form == bytes);
        let Some(addition) = addition.filter(is_in_form) else {
            self.tell(&name, Fault::Malformed);
            return None;
        };
        if addition.format_version != FORMAT_VERSION {
            let version = addition.format_version;
            self.tell(&name, Fault::UnknownFormat { version });
            return None;
        }
        Some((addition, sha256(&bytes)))
    }

    fn log(&mut self, folder: &Path, manifest: &Manifest) {
        let Ok(bytes) = fs::read(folder.join(EVENTS)) else {
            // It has been told already where it should be there.
            if !manifest.files.iter().any(|file| file.path == EVENTS) {
                self.tell(EVENTS, Fault::Missing);
            }
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
    manifest.files.iter().any(|file| file.path == name)
}
