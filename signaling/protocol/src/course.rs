//! The course of a meeting: rehearsed, opened, ended.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ParticipantId, VideoCodec};

/// How far a meeting has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Course {
    /// It is tried out (*chạy thử*); the meeting proper is not opened yet.
    pub rehearsal: bool,
    /// When it ended, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
}

/// What can be done about the course of a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum CourseCommand {
    /// Open the meeting proper: from now on it counts.
    Open,
    /// End the meeting, for everybody and for good.
    End,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens about the course of a meeting, beside its being opened
/// ([`crate::Event::MeetingOpened`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum CourseEvent {
    /// The meeting is there and is tried out: the first event of its log, with
    /// what `meeting_opened` says too.
    RehearsalBegan {
        /// What the meeting is about.
        title: String,
        /// The unit that hosts it.
        host_unit: String,
        /// The preferred codec of its pictures, where one was chosen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        video_codec: Option<VideoCodec>,
    },
    /// The meeting is over: the last event of its log.
    Ended {
        /// Who decided.
        by: ParticipantId,
    },
}

/// The end of a meeting, to be kept by whoever wants to prove later what its
/// log was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MeetingEnd {
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// The hash of the log's last event, in hexadecimal: everything before it
    /// hangs on it.
    pub closing_hash: String,
}
