//! Recording, as far as people are told of it: everyone knows beforehand that
//! the meeting will be recorded, and from when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// The shortest time between the announcement of a recording and its start, in
/// seconds.
pub const RECORDING_NOTICE: u32 = 10;

/// What everyone knows of the recording.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Recording {
    /// When it is announced to begin, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub starts_at: Option<i64>,
    /// Since when it runs.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// Since when it pauses; absent while it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub paused_since: Option<i64>,
    /// Who agreed to being recorded, or did not.
    pub consents: BTreeMap<ParticipantId, bool>,
}

/// What can be done about the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RecordingCommand {
    /// Announce that the meeting will be recorded; it begins by itself.
    Announce {
        /// In how long, [`RECORDING_NOTICE`] to [`crate::LONGEST_TIME`].
        seconds: u32,
    },
    /// Stop the recording, or what was announced of it.
    Stop,
    /// Record nothing for a while.
    Pause,
    /// Go on with the recording that pauses.
    Resume,
    /// Agree to being recorded, or not.
    Consent {
        /// Yes or no.
        given: bool,
    },
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens about the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RecordingEvent {
    /// The meeting will be recorded.
    Announced {
        /// From when on, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        starts_at: i64,
        /// Who decided.
        by: ParticipantId,
    },
    /// It is recorded from now on.
    Started,
    /// It is recorded no more, or will not be.
    Stopped {
        /// Who decided.
        by: ParticipantId,
    },
    /// Nothing is recorded until it goes on.
    Paused {
        /// Who decided.
        by: ParticipantId,
    },
    /// It goes on.
    Resumed {
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody agreed to being recorded, or did not.
    Consented {
        /// Who.
        participant: ParticipantId,
        /// Yes or no.
        given: bool,
    },
}
