//! The event log in an archive: a line for each event, with the bytes that were
//! stored and hashed, and beside them what is personal.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fault::Fault;

/// An event as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedEvent {
    /// The stored bytes, which are JSON.
    pub bytes: String,
    /// Their SHA-256, in hex.
    pub hash: String,
    /// What is personal in it and was not destroyed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<ExportedValue>,
}

/// A personal value: in the stored bytes stands SHA-256(salt ‖ value).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedValue {
    /// The event's field.
    pub field: String,
    /// In hex.
    pub salt: String,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for ExportedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportedValue")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

/// What is looked at in an event.
#[derive(Deserialize)]
struct Envelope {
    meeting: String,
    seq: u64,
    prev_hash: String,
    event: Value,
}

/// Reads a log and checks every link of its chain. Returns the hash of its last
/// event; whatever does not hold is told.
pub(super) fn check(text: &str, meeting: &str, tell: &mut dyn FnMut(Fault)) -> String {
    let mut last = hex::encode([0; 32]);
    for (seq, line) in (1..).zip(text.lines()) {
        let Ok(exported) = serde_json::from_str::<ExportedEvent>(line) else {
            tell(Fault::EventUnreadable { seq });
            continue;
        };
        if hex::encode(Sha256::digest(&exported.bytes)) != exported.hash {
            tell(Fault::EventAltered { seq });
        }
        match serde_json::from_str::<Envelope>(&exported.bytes) {
            Ok(envelope) => {
                let follows = envelope.seq == seq
                    && envelope.prev_hash == last
                    && envelope.meeting == meeting;
                if !follows {
                    tell(Fault::ChainBroken { seq });
                }
                for value in &exported.personal {
                    if !is_committed(&envelope.event, value) {
                        tell(Fault::ForeignValue {
                            seq,
                            field: value.field.clone(),
                        });
                    }
                }
            }
            Err(_) => tell(Fault::EventUnreadable { seq }),
        }
        last = exported.hash;
    }
    last
}

fn is_committed(event: &Value, value: &ExportedValue) -> bool {
    let committed = event[&value.field]["commitment"].as_str();
    let Ok(salt) = hex::decode(&value.salt) else {
        return false;
    };
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update(value.value.as_bytes());
    committed == Some(hex::encode(digest.finalize()).as_str())
}
