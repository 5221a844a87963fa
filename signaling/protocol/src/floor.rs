//! The floor (*quyền phát biểu*): the right to speak, given and taken back.
//!
//! Whoever raises its hand (`set_hand`) asks for the floor and stands in the
//! queue; lowering it withdraws.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// As many as may hold the floor at once in any meeting.
pub const FLOORS_AT_ONCE: u8 = 16;

/// The longest time that a floor, a break or a vote of time is set for, in
/// seconds: one day.
pub const LONGEST_TIME: u32 = 86_400;

/// How a meeting handles the right to speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct FloorPolicy {
    /// Who may open a microphone.
    pub mode: FloorMode,
    /// How many may hold the floor at once, 1 to [`FLOORS_AT_ONCE`].
    pub at_once: u8,
    /// The speaking time where none is said, in seconds.
    pub seconds: Option<u32>,
    /// So long before the end a warning comes, in seconds; 0 for none.
    pub warn_before: u32,
    /// The floor ends with its time; otherwise it is only said that the time
    /// is up.
    pub ends_by_itself: bool,
}

impl Default for FloorPolicy {
    fn default() -> Self {
        Self {
            mode: FloorMode::Open,
            at_once: 1,
            seconds: None,
            warn_before: 30,
            ends_by_itself: false,
        }
    }
}

/// Who may open a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum FloorMode {
    /// Everyone.
    Open,
    /// The chair, and whoever holds the floor.
    ByFloor,
}

/// The floor as everyone sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Floor {
    /// The policy.
    pub policy: FloorPolicy,
    /// Who holds it, the longest first.
    pub holders: Vec<FloorHolder>,
    /// Who asks for it, in the order in which they will be called.
    pub queue: Vec<ParticipantId>,
}

/// Somebody who holds the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct FloorHolder {
    /// Who.
    pub participant: ParticipantId,
    /// Since when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub since: i64,
    /// When the time is up; nothing where it is not limited.
    #[ts(type = "number | null")]
    pub ends_at: Option<i64>,
    /// The warning was given, or there is none.
    pub warned: bool,
    /// The time is up.
    pub overdue: bool,
}

/// What can be done with the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum FloorCommand {
    /// Set how the meeting handles the floor.
    SetPolicy {
        /// The policy, whole.
        policy: FloorPolicy,
    },
    /// Set the order of the queue by hand. Who asks and is not named comes
    /// behind; who is named and does not ask is passed over.
    Order {
        /// Who is called first, and so on.
        participants: Vec<ParticipantId>,
    },
    /// Give somebody the floor. Where as many hold it as may, the chair takes
    /// it from the one who has had it longest; others are refused.
    Give {
        /// To whom.
        participant: ParticipantId,
        /// For how long, 1 to [`LONGEST_TIME`]; the policy's time where it is
        /// absent.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// Give a holder more time; from now on where its time is up or was not
    /// limited.
    Extend {
        /// Whom.
        participant: ParticipantId,
        /// So much more, 1 to [`LONGEST_TIME`].
        seconds: u32,
    },
    /// Take the floor back.
    TakeBack {
        /// From whom.
        participant: ParticipantId,
    },
    /// Give the own floor back.
    GiveBack,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens to the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum FloorEvent {
    /// The policy is another.
    PolicySet {
        /// The policy, whole.
        policy: FloorPolicy,
        /// Who decided.
        by: ParticipantId,
    },
    /// The queue was put in order by hand.
    Ordered {
        /// The queue, whole.
        queue: Vec<ParticipantId>,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody got the floor.
    Given {
        /// Who.
        participant: ParticipantId,
        /// When its time is up, in milliseconds since 1970 UTC.
        #[ts(type = "number | null")]
        ends_at: Option<i64>,
        /// Who gave it.
        by: ParticipantId,
    },
    /// The time is nearly up.
    Warned {
        /// Whose.
        participant: ParticipantId,
    },
    /// The time is up; the floor is still held.
    TimeUp {
        /// Whose.
        participant: ParticipantId,
    },
    /// A holder got more time.
    Extended {
        /// Who.
        participant: ParticipantId,
        /// When its time is up now, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        ends_at: i64,
        /// Who gave it.
        by: ParticipantId,
    },
    /// The floor is no longer held.
    Ended {
        /// By whom.
        participant: ParticipantId,
        /// Why.
        reason: FloorEnd,
        /// Who decided; nobody where time or leaving did.
        by: Option<ParticipantId>,
    },
}

/// Why somebody no longer holds the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum FloorEnd {
    /// The holder gave it back.
    GivenBack,
    /// It was taken back.
    TakenBack,
    /// The chair gave it to somebody else.
    Preempted,
    /// The time was up.
    TimeUp,
    /// The policy lets fewer hold it.
    Policy,
    /// The holder left.
    Left,
}
