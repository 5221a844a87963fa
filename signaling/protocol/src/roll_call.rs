//! Roll call (*điểm danh*): each site confirms that it is present and how many
//! people are there; and checks in between, of sites drawn by lot.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// The largest headcount of a site.
pub const HEADCOUNT: u32 = 10_000;

/// The longest text of a site's delegates, in Unicode scalar values.
pub const DELEGATES_LENGTH: u32 = 10_000;

/// Roll calls as everyone sees them. Earlier ones are in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RollCalls {
    /// How many there were; they are numbered from 1.
    pub called: u32,
    /// The one that is open.
    pub open: Option<RollCall>,
    /// The result of the last one.
    pub last: Option<RollResult>,
    /// How many checks there were; they are numbered from 1.
    pub checked: u32,
    /// The check that is under way.
    pub check: Option<PresenceCheck>,
}

/// A roll call that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RollCall {
    /// Its number.
    pub number: u32,
    /// When it was opened, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub opened_at: i64,
    /// Who was here then.
    pub here: BTreeSet<ParticipantId>,
    /// Who has answered.
    pub answers: BTreeMap<ParticipantId, RollAnswer>,
}

/// What a site answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RollAnswer {
    /// How many people are there.
    pub headcount: u32,
    /// Their names, one a line, as far as they are told.
    pub delegates: String,
}

/// How a roll call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RollResult {
    /// Its number.
    pub number: u32,
    /// Everyone of whom an answer was expected.
    pub entries: Vec<RollEntry>,
}

/// What a roll call found of one participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RollEntry {
    /// Who.
    pub participant: ParticipantId,
    /// What was found.
    pub found: RollFinding,
    /// How many people are there; absent without an answer.
    pub headcount: Option<u32>,
}

/// What a roll call finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum RollFinding {
    /// Here from its beginning, and answered.
    Present,
    /// Came after its beginning, and answered.
    Late,
    /// Here, and did not answer.
    Silent,
    /// Was here, and left before its end.
    LeftEarly,
    /// Was invited or in the meeting, but not there during the roll call.
    Absent,
}

/// A check of whether people are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct PresenceCheck {
    /// Its number.
    pub number: u32,
    /// Who was drawn and has not answered yet.
    pub asked: BTreeSet<ParticipantId>,
    /// When it ends, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub ends_at: i64,
}

/// What can be done about roll calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RollCallCommand {
    /// Open a roll call.
    Open,
    /// Answer for the own site; the last answer counts.
    Answer {
        /// How many people are there, 1 to [`HEADCOUNT`].
        headcount: u32,
        /// Their names, one a line; at most [`DELEGATES_LENGTH`] characters.
        #[serde(default)]
        delegates: String,
    },
    /// Close it.
    Close,
    /// Check whether some are there, drawn by lot.
    Check {
        /// How many; all where there are fewer.
        count: u32,
        /// How long they have, 1 to [`crate::LONGEST_TIME`] seconds.
        seconds: u32,
    },
    /// Say that one is there, when checked.
    Here,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens about roll calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RollCallEvent {
    /// A roll call was opened.
    Opened {
        /// Its number, from 1.
        number: u32,
        /// Who is here.
        here: BTreeSet<ParticipantId>,
        /// Who decided.
        by: ParticipantId,
    },
    /// A site answered.
    Answered {
        /// Who.
        participant: ParticipantId,
        /// How many people are there.
        headcount: u32,
        /// Their names, one a line. Personal.
        delegates: String,
    },
    /// It was closed.
    Closed {
        /// How it ended.
        result: RollResult,
        /// Who decided.
        by: ParticipantId,
    },
    /// Some are to say that they are there.
    CheckOpened {
        /// Its number, from 1.
        number: u32,
        /// Who was drawn.
        asked: BTreeSet<ParticipantId>,
        /// When it ends, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        ends_at: i64,
        /// Who decided.
        by: ParticipantId,
    },
    /// One who was drawn is there.
    CheckAnswered {
        /// Who.
        participant: ParticipantId,
    },
    /// All have answered, or the time is up.
    CheckClosed {
        /// Its number.
        number: u32,
        /// Who has not answered.
        missing: BTreeSet<ParticipantId>,
    },
}

impl RollCallEvent {
    /// The name of the personal field, and its value.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Answered { delegates, .. } => Some(("delegates", delegates)),
            Self::Opened { .. }
            | Self::Closed { .. }
            | Self::CheckOpened { .. }
            | Self::CheckAnswered { .. }
            | Self::CheckClosed { .. } => None,
        }
    }
}
