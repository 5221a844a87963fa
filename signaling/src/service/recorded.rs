//! What the recorder needs of signaling.

use diemcau_protocol::MeetingId;

use super::Signaling;
use crate::store::StoreError;

/// An event as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The stored bytes, which are JSON.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub hash: Vec<u8>,
    /// What is personal in it and was not destroyed.
    pub personal: Vec<LoggedValue>,
}

/// A personal value: in the stored bytes stands SHA-256(salt ‖ value).
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedValue {
    /// The event's field.
    pub field: String,
    /// Random.
    pub salt: Vec<u8>,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for LoggedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoggedValue")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

impl Signaling {
    /// The event log of a meeting, first event first, as it is stored. Whoever
    /// owns the meeting is not disturbed. Nothing of an unknown one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn event_log(&self, meeting: &MeetingId) -> Result<Vec<LoggedEvent>, StoreError> {
        let stored = self.shared.around.store.read_log(meeting).await?;
        let logged = |event: crate::log::StoredEvent| LoggedEvent {
            bytes: event.bytes,
            hash: event.hash,
            personal: event
                .personal
                .into_iter()
                .map(|value| LoggedValue {
                    field: value.field,
                    salt: value.salt,
                    value: value.value,
                })
                .collect(),
        };
        let events = stored.map(|log| log.events).unwrap_or_default();
        Ok(events.into_iter().map(logged).collect())
    }

    /// Opens a meeting, so that the recorder is told what is wanted of it.
    /// Returns whether it could be opened.
    pub async fn wake(&self, meeting: &MeetingId) -> bool {
        self.shared.meetings.room(meeting).await.is_ok()
    }
}
