//! The agenda: what is to be dealt with, in which order, and for how long.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// As many items as an agenda may have.
pub const AGENDA_ITEMS: u32 = 200;

/// The longest title of an item, in Unicode scalar values.
pub const ITEM_TITLE_LENGTH: u32 = 300;

/// The longest text of an item's speakers, in Unicode scalar values.
pub const SPEAKERS_LENGTH: u32 = 1_000;

/// As many documents as an item may refer to.
pub const ITEM_DOCUMENTS: u32 = 50;

/// The agenda as everyone sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Agenda {
    /// The items, in order.
    pub items: Vec<AgendaItem>,
    /// The item that is dealt with now.
    pub current: Option<u32>,
    /// How many items there ever were; their numbers count from 1.
    pub numbered: u32,
}

/// An item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct AgendaItem {
    /// Its number, from 1; never used twice, whatever its place.
    pub number: u32,
    /// What it is about.
    pub title: String,
    /// How long it is meant to take.
    pub minutes: Option<u32>,
    /// Who speaks to it, one name a line.
    pub speakers: String,
    /// The documents that belong to it, by their references.
    pub documents: Vec<String>,
    /// When it was begun first, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When it was finished last, unless it is dealt with now.
    #[ts(type = "number | null")]
    pub finished_at: Option<i64>,
    /// Since when it is dealt with now.
    #[ts(type = "number | null")]
    pub running_since: Option<i64>,
    /// How long it was dealt with before that, in milliseconds.
    #[ts(type = "number")]
    pub spent: i64,
    /// It was said that it takes longer than meant.
    pub over_time: bool,
}

impl AgendaItem {
    /// How long it was dealt with by `now`, in milliseconds.
    pub fn taken(&self, now: i64) -> i64 {
        self.spent + self.running_since.map_or(0, |since| (now - since).max(0))
    }

    /// By how much it has overrun by `now`, in milliseconds.
    pub fn overrun(&self, now: i64) -> i64 {
        self.planned()
            .map_or(0, |planned| (self.taken(now) - planned).max(0))
    }

    /// When its time is up, while it is dealt with.
    pub fn time_up_at(&self) -> Option<i64> {
        Some(self.running_since? + self.planned()? - self.spent)
    }

    fn planned(&self) -> Option<i64> {
        self.minutes.map(|minutes| i64::from(minutes) * 60_000)
    }
}

/// What can be done with the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AgendaCommand {
    /// Add an item at the end.
    Add {
        /// 1 to [`ITEM_TITLE_LENGTH`] characters.
        title: String,
        /// How long it is meant to take, 1 to 1,440.
        #[serde(default)]
        minutes: Option<u32>,
        /// Who speaks to it, one name a line; at most [`SPEAKERS_LENGTH`]
        /// characters.
        #[serde(default)]
        speakers: String,
        /// At most [`ITEM_DOCUMENTS`] references of at most
        /// [`ITEM_TITLE_LENGTH`] characters.
        #[serde(default)]
        documents: Vec<String>,
    },
    /// Change an item, whole.
    Change {
        /// Which.
        number: u32,
        /// As in `add`.
        title: String,
        /// As in `add`.
        #[serde(default)]
        minutes: Option<u32>,
        /// As in `add`.
        #[serde(default)]
        speakers: String,
        /// As in `add`.
        #[serde(default)]
        documents: Vec<String>,
    },
    /// Put the items in another order. What is not named comes behind; what
    /// is named and not there is passed over.
    Reorder {
        /// What comes first, and so on.
        numbers: Vec<u32>,
    },
    /// Take an item off the agenda, unless it is dealt with now.
    Remove {
        /// Which.
        number: u32,
    },
    /// Begin an item, or go on with it; the one before is finished.
    Start {
        /// Which.
        number: u32,
    },
    /// Finish the present item.
    Finish,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens to the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AgendaEvent {
    /// An item was added at the end.
    Added {
        /// Its number.
        number: u32,
        /// What it is about.
        title: String,
        /// How long it is meant to take.
        minutes: Option<u32>,
        /// Who speaks to it, one name a line. Personal.
        speakers: String,
        /// The documents that belong to it.
        documents: Vec<String>,
        /// Who decided.
        by: ParticipantId,
    },
    /// An item was changed.
    Changed {
        /// Its number.
        number: u32,
        /// What it is about.
        title: String,
        /// How long it is meant to take.
        minutes: Option<u32>,
        /// Who speaks to it, one name a line. Personal.
        speakers: String,
        /// The documents that belong to it.
        documents: Vec<String>,
        /// Who decided.
        by: ParticipantId,
    },
    /// The items are in another order.
    Reordered {
        /// All of them, in order.
        numbers: Vec<u32>,
        /// Who decided.
        by: ParticipantId,
    },
    /// An item was taken off.
    Removed {
        /// Which.
        number: u32,
        /// Who decided.
        by: ParticipantId,
    },
    /// An item was begun, or is gone on with.
    Started {
        /// Which.
        number: u32,
        /// Who decided.
        by: ParticipantId,
    },
    /// The present item was finished.
    Finished {
        /// Which.
        number: u32,
        /// Who decided.
        by: ParticipantId,
    },
    /// The present item takes longer than meant.
    OverTime {
        /// Which.
        number: u32,
    },
}

impl AgendaEvent {
    /// The name of the personal field, and its value.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Added { speakers, .. } | Self::Changed { speakers, .. } => {
                Some(("speakers", speakers))
            }
            Self::Reordered { .. }
            | Self::Removed { .. }
            | Self::Started { .. }
            | Self::Finished { .. }
            | Self::OverTime { .. } => None,
        }
    }
}
