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
//! | `stamp` | time stamps of the manifest, by an authority |
//! | `lock`, `content` | encryption at rest; what is in a file, wherever it lies |
//! | `keeping` | how long archives are kept, and how they are destroyed, pure |
//! | `custodian` | what is done with archives once they are made |
//! | `depot` | archives stored elsewhere: in a bucket of an S3 service |
//! | `film` | the film of a meeting, for handing out |
//! | `signed_data`, `pem` | signatures by certificate |
//! | `minutes` | the minutes as a projection of the event log |
//! | `storage` | the seam to the disk |
//! | `recorder` | the threads that do all this |

mod archive;
mod build;
mod content;
mod custodian;
mod depot;
mod desk;
mod file;
mod film;
mod frames;
#[cfg(feature = "pdf")]
pub mod index;
mod journal;
mod keeping;
pub mod library;
mod lock;
pub mod minutes;
mod order;
mod pem;
mod programme;
mod recorder;
mod signed_data;
mod stamp;
mod storage;
mod timeline;
mod track;

pub use archive::{
    Against, ArchiveKey, ArchivedFile, EVENTS, EncryptedFile, ExportedEvent, ExportedValue,
    FORMAT_VERSION, Fault, Finding, Folder, KeyError, MANIFEST, Manifest, Place, SIGNATURE,
    SealError, TrustedKeys, Verdict, Verification, seal, verify,
};
pub use build::{Builder, TIMELINE};
pub use content::Content;
pub use custodian::{Chore, Custodian, CustodianConfig, Patience, Storing};
pub use depot::{Depot, DepotConfig, DepotError, Progress};
pub use desk::{Desk, Detail, Effect};
pub use film::{FilmError, FilmState, Films};
pub use journal::{Journal, Note, Reader, Record, encode};
pub use keeping::{
    Keeping, Kept, LONGEST_REASON, Order, OrderRefused, Outcome, Retention, Said, Tombstone,
};
pub use lock::{Identity, LockError, Recipients, is_wrong_identity};
pub use recorder::{
    AskMedia, BeforeSealing, ExportLog, Recorder, RecorderConfig, RecorderSnapshot, Sealed,
    Watermarks,
};
pub use stamp::{
    NoCertificate, STAMP, Stamp, StampClient, StampError, StampFault, TimestampAuthorities,
};
pub use storage::{Disk, Space, Storage, StoredFile, read_whole, write_whole};
pub use timeline::{
    Gap, GapReason, Mark, MarkKind, Part, TIMELINE_VERSION, Timeline, TrackTimeline,
};
