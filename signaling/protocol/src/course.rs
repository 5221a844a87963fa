//! The course of a meeting: rehearsed, opened, ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ParticipantId, ParticipantKind, Role, VideoCodec};

/// How far a meeting has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Course {
    /// It is tried out (*chạy thử*); the meeting proper is not opened yet.
    pub rehearsal: bool,
    /// When it ended, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// As many sites may be in it at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub most_sites: Option<u32>,
    /// The recording is announced as the meeting opens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub recorded: bool,
    /// When it was planned to be, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub planned: Option<PlannedTime>,
    /// The organiser's word that the content is no state secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub no_state_secrets: Option<NoStateSecrets>,
    /// Who is invited and has not come yet. Told to those who call the roll.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<ParticipantId, Awaited>>", optional)]
    pub awaited: BTreeMap<ParticipantId, Awaited>,
}

/// Somebody who is invited and has not come yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Awaited {
    /// The name of the site or person, as of the invitation. Personal.
    pub name: String,
    /// The role.
    pub role: Role,
    /// What is to take part.
    pub kind: ParticipantKind,
    /// The unit.
    pub unit: Option<String>,
}

/// When a meeting was planned to be, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct PlannedTime {
    /// The start.
    #[ts(type = "number")]
    pub starts_at: i64,
    /// The end.
    #[ts(type = "number")]
    pub ends_at: i64,
    /// The IANA time zone.
    pub time_zone: String,
}

/// The organiser's word that the content of a meeting is no state secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct NoStateSecrets {
    /// Who gave it, name and position.
    pub organiser: String,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
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
    /// The meeting was planned.
    Planned {
        /// When it is to be.
        time: PlannedTime,
        /// As many sites may be in it at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        most_sites: Option<u32>,
        /// The recording is announced as the meeting opens.
        recorded: bool,
    },
    /// The organiser confirmed that the content is no state secret.
    NoStateSecrets {
        /// Who, name and position. Personal.
        organiser: String,
        /// When, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        at: i64,
    },
    /// Somebody was invited when the room was opened, so that the log knows who
    /// never came.
    Invited {
        /// The place in the meeting.
        participant: ParticipantId,
        /// The name of the site or person, as of then. Personal.
        name: String,
        /// The role.
        role: Role,
        /// What is to take part.
        kind: ParticipantKind,
        /// The unit, by its name as of then.
        unit: Option<String>,
    },
    /// The meeting is over: the last event of its log.
    Ended {
        /// Who decided; empty where it ended by itself, because it was recorded
        /// and nobody was there for long.
        by: ParticipantId,
    },
}

impl CourseEvent {
    /// The name of the personal field, and its value.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::NoStateSecrets { organiser, .. } => Some(("organiser", organiser)),
            Self::Invited { name, .. } => Some(("name", name)),
            Self::RehearsalBegan { .. } | Self::Planned { .. } | Self::Ended { .. } => None,
        }
    }
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
