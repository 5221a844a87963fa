//! How a meeting is conducted: announcements, a timer, a break, who may write
//! to whom, and what is noted for the minutes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ChatEntry, ParticipantId};

/// The longest announcement, in Unicode scalar values.
pub const ANNOUNCEMENT_LENGTH: u32 = 1_000;

/// The longest note for the minutes, in Unicode scalar values.
pub const NOTE_LENGTH: u32 = 4_000;

/// Whom chat messages reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum ChatMode {
    /// Everyone.
    #[default]
    All,
    /// Those who conduct the meeting: chair, controller, secretary. What these
    /// write reaches everyone.
    ToController,
    /// Nobody; only those who conduct the meeting write, to everyone.
    Off,
}

/// How the meeting is conducted now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Conduct {
    /// What is announced now.
    pub announcement: Option<Announcement>,
    /// When the timer ends, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub timer_ends_at: Option<i64>,
    /// The break that the meeting takes.
    pub pause: Option<Pause>,
    /// Whom chat messages reach.
    pub chat: ChatMode,
    /// The last messages to those who conduct the meeting, oldest first; to
    /// others only their own are shown.
    pub messages: Vec<ChatEntry>,
    /// The last notes for the minutes, oldest first; shown only to those who
    /// conduct the meeting.
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// Something that was noted for the minutes (*ghi biên bản*) while it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Note {
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Who wrote it.
    pub by: ParticipantId,
    /// The text.
    pub text: String,
    /// It is a conclusion of the meeting.
    pub conclusion: bool,
}

/// Something that everyone is to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Announcement {
    /// The text.
    pub text: String,
    /// Since when it is announced, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Who announced it.
    pub by: ParticipantId,
}

/// A break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Pause {
    /// Since when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub since: i64,
    /// Until when; it ends by itself then.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// What can be done about the conduct of the meeting. Times are 1 to
/// [`crate::LONGEST_TIME`] seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ConductCommand {
    /// Announce something to everyone, in place of what was announced.
    Announce {
        /// 1 to [`ANNOUNCEMENT_LENGTH`] characters.
        text: String,
    },
    /// Take the announcement away.
    Withdraw,
    /// Start the timer, anew where it runs.
    StartTimer {
        /// How long.
        seconds: u32,
    },
    /// Stop the timer.
    StopTimer,
    /// Begin a break.
    Pause {
        /// How long; until it is ended where it is absent.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// End the break.
    Resume,
    /// Set whom chat messages reach.
    SetChat {
        /// Whom.
        mode: ChatMode,
    },
    /// Note something for the minutes.
    Note {
        /// 1 to [`NOTE_LENGTH`] characters.
        text: String,
        /// It is a conclusion of the meeting.
        #[serde(default)]
        conclusion: bool,
    },
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens to the conduct of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ConductEvent {
    /// Something was announced.
    Announced {
        /// The text. Personal.
        text: String,
        /// Who announced it.
        by: ParticipantId,
    },
    /// The announcement was taken away.
    Withdrawn {
        /// Who decided.
        by: ParticipantId,
    },
    /// The timer runs.
    TimerStarted {
        /// Until when, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        ends_at: i64,
        /// Who decided.
        by: ParticipantId,
    },
    /// The timer runs no more.
    TimerEnded {
        /// Who stopped it; nobody where its time was up.
        by: Option<ParticipantId>,
    },
    /// A break began.
    Paused {
        /// Until when, in milliseconds since 1970 UTC.
        #[ts(type = "number | null")]
        until: Option<i64>,
        /// Who decided.
        by: ParticipantId,
    },
    /// The break is over.
    Resumed {
        /// Who ended it; nobody where its time was up.
        by: Option<ParticipantId>,
    },
    /// Chat messages reach others now.
    ChatSet {
        /// Whom.
        mode: ChatMode,
        /// Who decided.
        by: ParticipantId,
    },
    /// A message to those who conduct the meeting; nobody else but the writer
    /// is told of it.
    MessageSent {
        /// Who wrote it.
        from: ParticipantId,
        /// The text. Personal.
        text: String,
    },
    /// Something was noted for the minutes; only those who conduct the meeting
    /// are told of it.
    Noted {
        /// The text. Personal.
        text: String,
        /// It is a conclusion of the meeting.
        conclusion: bool,
        /// Who wrote it.
        by: ParticipantId,
    },
}

impl ConductEvent {
    /// The name of the personal field, and its value.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Announced { text, .. }
            | Self::MessageSent { text, .. }
            | Self::Noted { text, .. } => Some(("text", text)),
            Self::Withdrawn { .. }
            | Self::TimerStarted { .. }
            | Self::TimerEnded { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::ChatSet { .. } => None,
        }
    }
}
