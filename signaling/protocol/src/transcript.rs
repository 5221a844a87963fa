//! What was said in a meeting, written down.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// How far it is with what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TranscriptState {
    /// The server has no `[transcript]` and there is none.
    Off,
    /// It was not asked for, or was stopped.
    Idle,
    /// It is being written.
    Running {
        /// So many pieces of sound are written.
        done: u32,
        /// Of so many.
        total: u32,
        /// The speech server did not answer lately; it is asked again.
        waiting: bool,
    },
    /// It is there.
    Ready,
    /// It could not be written; it can be asked for again.
    Failed {
        /// Why, in English.
        detail: String,
    },
}

/// `GET /api/v1/recordings/{meeting}/transcript`, and `transcript.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Transcript {
    /// The version of the form.
    pub version: u32,
    /// The language, as it was set up: `vi`.
    pub language: String,
    /// What wrote it down, as it was set up.
    pub model: String,
    /// What was said, by its beginning.
    pub segments: Vec<TranscriptSegment>,
}

/// Something that somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct TranscriptSegment {
    /// The number of the participant, as in `RecordedTrack`.
    pub number: u32,
    /// The name of the site or person.
    pub speaker: String,
    /// Its unit.
    pub unit: Option<String>,
    /// From when, in milliseconds from the beginning of the recording.
    #[ts(type = "number")]
    pub from: i64,
    /// Until when.
    #[ts(type = "number")]
    pub to: i64,
    /// What.
    pub text: String,
}
