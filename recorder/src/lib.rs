//! Recording, archive and minutes.
//!
//! It hangs on a link of the media plane like any other receiver, and is told
//! by signaling what to record:
//!
//! ```text
//!   sfu ── FromMedia ──> desk ── records ──> journal ──> build ──> tracks/
//!    ▲                    │                  (synced     (a little  programme.webm
//!    └───── ToMedia ──────┘                   each second) behind)  recording.json
//!   signaling ── WantedRecording ──> desk                              │
//!              ── the event log ──> archive: events.jsonl, manifest.json, manifest.sig
//! ```
//!
//! | part | holds |
//! | --- | --- |
//! | `desk` | what is recorded of which meeting, pure |
//! | `journal` | one file per meeting that takes every packet, synced once a second |
//! | `build` | makes all files from the journal, as often as need be |
//! | `order`, `frames` | packets into order, and into frames |
//! | `track`, `programme` | the files of one source; the stage and the mix |
//! | `file` | WebM and fragmented MP4 |
//! | `archive` | the manifest, its signature, and their verification |
//! | `index` | the list of recordings, and search in them |
//! | `minutes` | the minutes as a projection of the event log |
//! | `storage` | the seam to the disk |
//! | `recorder` | the threads that do all this |

mod archive;
mod build;
mod desk;
mod file;
mod frames;
#[cfg(feature = "pdf")]
pub mod index;
mod journal;
pub mod library;
pub mod minutes;
mod order;
mod programme;
mod recorder;
mod storage;
mod timeline;
mod track;

pub use archive::{
    ArchiveKey, ArchivedFile, EVENTS, ExportedEvent, ExportedValue, FORMAT_VERSION, Fault, Finding,
    KeyError, MANIFEST, Manifest, SIGNATURE, SealError, TrustedKeys, Verdict, Verification, seal,
    verify,
};
pub use build::{Builder, TIMELINE};
pub use desk::{Desk, Detail, Effect};
pub use journal::{Journal, Note, Reader, Record, encode};
pub use recorder::{
    AskMedia, BeforeSealing, ExportLog, Recorder, RecorderConfig, RecorderSnapshot, Watermarks,
};
pub use storage::{Disk, Space, Storage, StoredFile, read_whole, write_whole};
pub use timeline::{
    Gap, GapReason, Mark, MarkKind, Part, TIMELINE_VERSION, Timeline, TrackTimeline,
};
