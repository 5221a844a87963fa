//! The event log's envelope and hash chain, pure.
//!
//! ```text
//!   Event ──> personal fields out ──> Envelope as JSON bytes ──> SHA-256
//!              │   (commitments in)         │                      │
//!              ▼                            ▼                      ▼
//!          personal table              events.bytes      events.hash = next prev_hash
//! ```
//!
//! The hash covers the stored bytes, never a re-serialisation. A personal value
//! enters the bytes as `{"commitment": hex(SHA-256(salt ‖ value))}`; value and
//! salt lie beside the log, so that their destruction leaves the chain whole.

mod chain;
mod personal;

#[cfg(test)]
mod tests;

use diemcau_protocol::{AnnouncedEvent, Event, MeetingId, ParticipantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use chain::{StoredEvent, end_by, end_of, open_chain};
pub(crate) use personal::PersonalValue;

use crate::ids::SALT_LENGTH;

/// The schema that this build writes.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// The `prev_hash` of a log's first event.
pub(crate) const NO_HASH: Hash = [0; 32];

/// What is stored of an event, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Envelope {
    meeting: MeetingId,
    branch: String,
    epoch: u32,
    seq: u64,
    prev_hash: String,
    schema_version: u32,
    /// Milliseconds since 1970 UTC.
    at: i64,
    /// Who caused it; absent where the server did.
    actor: Option<ParticipantId>,
    event: Value,
}

/// Where a log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Which meeting.
    pub(crate) meeting: MeetingId,
    /// Which branch of its log.
    pub(crate) branch: String,
    /// The owner of the meeting, counted.
    pub(crate) epoch: u32,
    /// The last event's number; 0 before the first.
    pub(crate) seq: u64,
    /// The last event's hash.
    pub(crate) hash: Hash,
}

impl Head {
    /// A log without events.
    pub(crate) fn new(meeting: MeetingId, branch: String) -> Self {
        Self {
            meeting,
            branch,
            epoch: 1,
            seq: 0,
            hash: NO_HASH,
        }
    }
}

/// An event about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// When and what.
    pub(crate) announced: AnnouncedEvent,
    /// Who caused it; absent where the server did.
    pub(crate) actor: Option<ParticipantId>,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Its number in the branch, from 1.
    pub(crate) seq: u64,
    /// The stored bytes.
    pub(crate) bytes: Vec<u8>,
    /// Their hash.
    pub(crate) hash: Hash,
    /// What stands beside them.
    pub(crate) personal: Option<PersonalValue>,
}

/// What can be wrong with a log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// The stored bytes are not those that were hashed.
    #[error("event {seq}: the stored bytes do not have the stored hash")]
    Altered { seq: u64 },
    /// An event does not follow the one before it.
    #[error("event {seq}: does not continue the chain")]
    Broken { seq: u64 },
    /// A personal value is not the one that was committed to.
    #[error("event {seq}: a personal value does not fit its commitment")]
    ForeignValue { seq: u64 },
    /// Written by a newer build.
    #[error("event {seq}: schema version {version} is not known")]
    UnknownSchema { seq: u64, version: u32 },
    /// Not an envelope, or not an event.
    #[error("event {seq}: not readable: {source}")]
    Unreadable { seq: u64, source: serde_json::Error },
}

/// Seals an event as the next one after `head` and moves `head` to it.
pub(crate) fn seal(
    head: &mut Head,
    occurrence: &Occurrence,
    salt: [u8; SALT_LENGTH],
) -> Result<Sealed, LogError> {
    let seq = head.seq + 1;
    let unreadable = |source| LogError::Unreadable { seq, source };
    let mut event = serde_json::to_value(&occurrence.announced.event).map_err(unreadable)?;
    let personal = personal::take_out(&occurrence.announced.event, &mut event, salt);
    let envelope = Envelope {
        meeting: head.meeting.clone(),
        branch: head.branch.clone(),
        epoch: head.epoch,
        seq,
        prev_hash: hex::encode(head.hash),
        schema_version: SCHEMA_VERSION,
        at: occurrence.announced.at,
        actor: occurrence.actor.clone(),
        event,
    };
    let bytes = serde_json::to_vec(&envelope).map_err(unreadable)?;
    let hash = hash_of(&bytes);
    head.seq = seq;
    head.hash = hash;
    Ok(Sealed {
        seq,
        bytes,
        hash,
        personal,
    })
}

/// The hash of stored bytes.
pub(crate) fn hash_of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Brings an event of an older schema to the present one.
fn upcast(seq: u64, version: u32, event: Value) -> Result<Event, LogError> {
    match version {
        SCHEMA_VERSION => {
            serde_json::from_value(event).map_err(|source| LogError::Unreadable { seq, source })
        }
        version => Err(LogError::UnknownSchema { seq, version }),
    }
}
