//! The archive of a meeting: a folder, a manifest of everything in it, and a
//! signature of the manifest.
//!
//! ```text
//!   archive/
//!     manifest.json   every file's SHA-256 and size, the log's last hash
//!     manifest.sig    Ed25519 over the bytes of manifest.json
//!     manifest.tsr    where an authority stamps: when manifest.json was there
//!     events.jsonl    the event log: the stored bytes, what is personal beside them
//!     recording.json  programme.webm  tracks/
//!     minutes.*  documents/           whatever else belongs to the meeting
//!     additions/      what came later, each signed by itself
//! ```
//!
//! Where recipients are configured every file but those of the manifest and the
//! additions is encrypted, and lies there with `.age` behind its name. The manifest has the
//! hashes of both forms: the outer ones are checked without a key.
//!
//! All files of the manifest have one form only: other bytes that say the same
//! are refused. So whatever bit is another one than at the signing is found.

pub mod additions;
mod events;
mod key;
mod manifest;
mod place;
mod verify;

pub use diemcau_protocol::{
    ArchiveFault as Fault, ArchiveFinding as Finding, ArchiveManifest as Manifest,
    ArchiveVerification as Verification, ArchivedFile, EncryptedFile, Verdict,
};
pub use events::{ExportedEvent, ExportedValue};
pub use key::{ArchiveKey, KeyError, TrustedKeys};
pub use manifest::{FORMAT_VERSION, SealError, is_proof, seal};
pub(crate) use manifest::{canonical, sign};
pub use place::{Folder, Place};
pub(crate) use verify::inside;
pub use verify::{Against, verify};

/// The manifest.
pub const MANIFEST: &str = "manifest.json";
/// Its signature.
pub const SIGNATURE: &str = "manifest.sig";
/// The event log.
pub const EVENTS: &str = "events.jsonl";

#[cfg(test)]
mod tests;
