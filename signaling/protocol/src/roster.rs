//! The roster of a large meeting: a page at a time, and what changes in it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Participant, ParticipantId};

/// A meeting with more people, here and gone, is large.
pub const LARGE_MEETING: u32 = 500;

/// The most participants on a page.
pub const ROSTER_PAGE: u32 = 200;

/// The most participants whom a client names beside its page.
pub const ROSTER_NAMED: u32 = 100;

/// How much of a large meeting's roster the client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Roster {
    /// How many are or were here.
    pub total: u32,
    /// How many are here or awaited.
    pub here: u32,
    /// The number of the first participant on the page.
    pub first: u32,
    /// How many numbers the page has.
    pub count: u32,
}

/// What the client shows of a large meeting's roster, whole; the newest one
/// counts. Answered by `roster`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RosterMessage {
    /// The number of the first participant on the page, from 1.
    pub first: u32,
    /// How many numbers the page has, at most [`ROSTER_PAGE`].
    pub count: u32,
    /// Others who are shown somewhere, at most [`ROSTER_NAMED`].
    #[serde(default)]
    pub named: Vec<ParticipantId>,
}

/// A page of the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RosterPage {
    /// Which.
    pub roster: Roster,
    /// Whoever is on it, whoever was named, and whom everyone has to know: the
    /// client itself, who conducts the meeting, is on the stage, has the floor
    /// or asks for it. By number.
    pub participants: Vec<Participant>,
}

/// What changed in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct RosterChange {
    /// How many are or were here.
    pub total: u32,
    /// How many are here or awaited.
    pub here: u32,
    /// As they are now; new ones may be among them.
    pub participants: Vec<Participant>,
}
