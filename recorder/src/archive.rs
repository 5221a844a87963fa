//! The archive of a meeting: a folder, a manifest of everything in it, and a
//! signature of the manifest.
//!
//! ```text
//!   archive/
//!     manifest.json   every file's SHA-256 and size, the log's last hash
//!     manifest.sig    Ed25519 over the bytes of manifest.json
//!     events.jsonl    the event log: the stored bytes, what is personal beside them
//!     recording.json  programme.webm  tracks/
//!     minutes.*  documents/           whatever else belongs to the meeting
//!     additions/      what came later, each signed by itself
//! ```
//!
//! Both files of the manifest have one form only: other bytes that say the same
//! are refused. So whatever bit is another one than at the signing is found.

pub mod additions;
mod events;
mod key;
mod manifest;
mod verify;

pub use diemcau_protocol::{
    ArchiveFault as Fault, ArchiveFinding as Finding, ArchiveManifest as Manifest,
    ArchiveVerification as Verification, ArchivedFile, Verdict,
};
pub use events::{ExportedEvent, ExportedValue};
pub use key::{ArchiveKey, KeyError, TrustedKeys};
pub use manifest::{FORMAT_VERSION, SealError, seal};
pub use verify::verify;

/// The manifest.
pub const MANIFEST: &str = "manifest.json";
/// Its signature.
pub const SIGNATURE: &str = "manifest.sig";
/// The event log.
pub const EVENTS: &str = "events.jsonl";

#[cfg(test)]
mod tests;
