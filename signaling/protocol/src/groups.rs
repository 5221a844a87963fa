//! Group discussion (*thảo luận nhóm*): units apart, each hearing and seeing
//! only itself, and back to the plenary.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// As many groups as a discussion may have.
pub const GROUPS: u32 = 300;

/// As many units as all groups of a discussion may name.
pub const GROUP_UNITS: u32 = 2_000;

/// Group discussions as everyone knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Groups {
    /// The discussion that is under way.
    pub open: Option<GroupDiscussion>,
    /// How many groups there ever were; their numbers count from 1.
    pub numbered: u32,
}

/// A discussion in groups. Who is in none is in the plenary, which hears and
/// sees only itself too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct GroupDiscussion {
    /// The groups, in order.
    pub groups: Vec<Group>,
    /// Who is in which, by the group's number.
    pub members: BTreeMap<ParticipantId, u32>,
    /// When all go back, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub ends_at: Option<i64>,
    /// The groups that call the controller.
    pub calls: BTreeSet<u32>,
    /// What was written within groups; a participant is told of its own.
    pub messages: Vec<GroupMessage>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Group {
    /// Its number; never used twice in a meeting.
    pub number: u32,
    /// What it is called: mostly its unit.
    pub name: String,
    /// The units whose participants belong to it, also those that come later.
    pub units: Vec<String>,
}

/// What somebody wrote to its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct GroupMessage {
    /// Which group.
    pub group: u32,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Who wrote it.
    pub from: ParticipantId,
    /// The text.
    pub text: String,
}

/// A group that is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct GroupPlan {
    /// 1 to [`crate::NAME_LENGTH`] characters.
    pub name: String,
    /// The units whose participants belong to it. Who conducts the meeting
    /// stays in the plenary all the same.
    #[serde(default)]
    pub units: Vec<String>,
    /// Who else belongs to it, whatever the unit.
    #[serde(default)]
    pub participants: BTreeSet<ParticipantId>,
}

/// What can be done about group discussions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum GroupsCommand {
    /// Open groups that are given by hand.
    Open {
        /// 1 to [`GROUPS`]; no unit and nobody in two of them.
        groups: Vec<GroupPlan>,
        /// How long, 1 to [`crate::LONGEST_TIME`]; until closed where absent.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// Open a group for each unit below the highest, with all units below it;
    /// for each unit that somebody is from, where the organisation knows none.
    OpenByUnit {
        /// As in `open`.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// Move somebody to a group, or to the plenary.
    Move {
        /// Who.
        participant: ParticipantId,
        /// Where to; the plenary where absent.
        group: Option<u32>,
    },
    /// Set the time that is left.
    SetTime {
        /// As in `open`, from now.
        seconds: Option<u32>,
    },
    /// Call the controller to the own group.
    Call,
    /// Say that a group's call was heard.
    Answer {
        /// Which group.
        group: u32,
    },
    /// Bring all back to the plenary.
    Close,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens about group discussions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum GroupsEvent {
    /// Groups were opened.
    Opened {
        /// The groups.
        groups: Vec<Group>,
        /// Who is in which.
        members: BTreeMap<ParticipantId, u32>,
        /// When all go back, in milliseconds since 1970 UTC.
        #[ts(type = "number | null")]
        ends_at: Option<i64>,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody is in another group, or in the plenary.
    Moved {
        /// Who.
        participant: ParticipantId,
        /// Where; the plenary where absent.
        group: Option<u32>,
        /// Who decided; nobody where the unit of a late-comer did.
        by: Option<ParticipantId>,
    },
    /// The time that is left was set.
    TimeSet {
        /// When all go back, in milliseconds since 1970 UTC.
        #[ts(type = "number | null")]
        ends_at: Option<i64>,
        /// Who decided.
        by: ParticipantId,
    },
    /// A group calls the controller.
    Called {
        /// Which group.
        group: u32,
        /// Who in it.
        by: ParticipantId,
    },
    /// Its call was heard.
    Answered {
        /// Which group.
        group: u32,
        /// By whom.
        by: ParticipantId,
    },
    /// Somebody wrote to its group.
    MessageSent {
        /// Which group.
        group: u32,
        /// Who wrote it.
        from: ParticipantId,
        /// The text. Personal.
        text: String,
    },
    /// All are back in the plenary.
    Closed {
        /// Who decided; nobody where the time was up.
        by: Option<ParticipantId>,
    },
}

impl GroupsEvent {
    /// The name of the personal field, and its value.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::MessageSent { text, .. } => Some(("text", text)),
            Self::Opened { .. }
            | Self::Moved { .. }
            | Self::TimeSet { .. }
            | Self::Called { .. }
            | Self::Answered { .. }
            | Self::Closed { .. } => None,
        }
    }
}
