//! Whether an archive is as it was signed: offline, and against a key that
//! comes from elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::key::TrustedKeys;
use super::manifest::{
    FORMAT_VERSION, Manifest, SealError, Signature, canonical, digest, files_of,
};
use super::{EVENTS, MANIFEST, SIGNATURE, events};

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

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// It cannot be read.
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// It is not there.
    Missing,
    /// It stands under another name.
    Renamed {
        /// The name under which it was signed.
        from: String,
    },
    /// It was not there when the archive was signed.
    Added,
    /// It has another length.
    Truncated {
        /// In bytes, as signed.
        signed: u64,
        /// In bytes, now.
        found: u64,
    },
    /// Its content is another one.
    Altered,
    /// It holds what was signed as another file.
    Swapped {
        /// Whose content it has.
        with: String,
    },
    /// It is not in its one form.
    Malformed,
    /// The form is newer than this program.
    UnknownFormat {
        /// Its version.
        version: u32,
    },
    /// The signature is not of this manifest.
    SignatureWrong,
    /// It was signed by a key that is not trusted.
    ForeignSigner {
        /// The name of the key.
        key: String,
    },
    /// An event cannot be read.
    EventUnreadable {
        /// Its line.
        seq: u64,
    },
    /// An event is not the one that was hashed.
    EventAltered {
        /// Its number.
        seq: u64,
    },
    /// An event does not follow the one before it.
    ChainBroken {
        /// Its number.
        seq: u64,
    },
    /// A personal value is not the one that was committed to.
    ForeignValue {
        /// The event's number.
        seq: u64,
        /// The field.
        field: String,
    },
    /// The log does not end with the hash that the manifest says.
    ClosingHashDiffers,
}

/// A fault, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The path in the archive.
    pub file: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: Fault,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// What it comes to.
    pub verdict: Verdict,
    /// How many files were looked at.
    pub files: usize,
    /// How many events the log has.
    pub events: usize,
    /// The name of the key that signed, where the signature is right.
    pub key: Option<String>,
    /// The hash that closes the log, as the manifest says it.
    pub closing_hash: Option<String>,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

/// Looks at everything in an archive.
pub fn verify(folder: &Path, trusted: Option<&TrustedKeys>) -> Verification {
    let mut found = Verification {
        verdict: Verdict::Broken,
        files: 0,
        events: 0,
        key: None,
        closing_hash: None,
        findings: Vec::new(),
    };
    let manifest = found.manifest(folder, trusted);
    if let Some(manifest) = &manifest {
        found.closing_hash = Some(manifest.closing_hash.clone());
        found.contents(folder, manifest);
        found.log(folder, manifest);
    }
    if found.findings.is_empty() && manifest.is_some() {
        found.verdict = match trusted {
            Some(_) => Verdict::Whole,
            None => Verdict::SignerUnknown,
        };
    }
    found
}

impl Verification {
    fn tell(&mut self, file: &str, fault: Fault) {
        let file = file.to_owned();
        self.findings.push(Finding { file, fault });
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
        match Signature::check(&signature, &bytes) {
            Some(public) => {
                let key = super::key::name_of(&public);
                if trusted.is_some_and(|trusted| !trusted.has(&public)) {
                    let key = key.clone();
                    self.tell(SIGNATURE, Fault::ForeignSigner { key });
                }
                self.key = Some(key);
            }
            None => self.tell(SIGNATURE, Fault::SignatureWrong),
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

    fn contents(&mut self, folder: &Path, manifest: &Manifest) {
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
        self.files = there.len();
        let mut unread: BTreeMap<String, Option<(u64, String)>> = BTreeMap::new();
        for name in there {
            if name == MANIFEST || name == SIGNATURE {
                continue;
            }
            let read = digest(&folder.join(&name));
            if let Err(error) = &read {
                let reason = error.to_string();
                self.tell(&name, Fault::Unreadable { reason });
            }
            unread.insert(name, read.ok());
        }
        let signed: BTreeMap<&str, (u64, &str)> = manifest
            .files
            .iter()
            .map(|file| (file.path.as_str(), (file.size, file.sha256.as_str())))
            .collect();
        let whose = |sha256: &str| {
            let of = signed.iter().find(|(_, (_, known))| *known == sha256);
            of.map(|(path, _)| (*path).to_owned())
        };
        for (path, (size, sha256)) in &signed {
            match unread.get(*path) {
                None => self.tell(path, Fault::Missing),
                Some(None) => {}
                Some(Some((_, now))) if now == sha256 => {}
                Some(Some((found, now))) => {
                    let fault = match whose(now) {
                        Some(with) => Fault::Swapped { with },
                        None if found != size => Fault::Truncated {
                            signed: *size,
                            found: *found,
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
            let from = read.as_ref().and_then(|(_, sha256)| whose(sha256));
            let from = from.filter(|from| !unread.contains_key(from));
            let fault = from.map_or(Fault::Added, |from| Fault::Renamed { from });
            self.tell(path, fault);
        }
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
