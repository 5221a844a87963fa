//! Interpretation (*phiên dịch*): channels of other languages, each with its
//! interpreters, which listeners choose in place of the floor.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// As many channels as a meeting may have.
pub const CHANNELS: u32 = 16;

/// The longest name of a language, in Unicode scalar values.
pub const LANGUAGE_LENGTH: u32 = 60;

/// The interpretation as everyone knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Interpretation {
    /// The channels, in order.
    pub channels: Vec<Channel>,
    /// How many there ever were; their numbers count from 1.
    pub numbered: u32,
    /// Who listens to which channel; who is not named listens to the floor.
    pub listening: BTreeMap<ParticipantId, u32>,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Channel {
    /// Its number, from 1; never used twice.
    pub number: u32,
    /// Its language, in that language.
    pub language: String,
    /// Whose microphones go into it, and not to the floor.
    pub interpreters: BTreeSet<ParticipantId>,
    /// Whom its listeners hear.
    pub on_air: Option<ParticipantId>,
}

/// What can be done about interpretation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum InterpretationCommand {
    /// Set up a channel.
    Add {
        /// 1 to [`LANGUAGE_LENGTH`] characters; none twice.
        language: String,
    },
    /// Take a channel away; its listeners hear the floor.
    Remove {
        /// Which.
        channel: u32,
    },
    /// Make somebody an interpreter of a channel, and of no other.
    Assign {
        /// Which.
        channel: u32,
        /// Who.
        participant: ParticipantId,
    },
    /// Somebody is an interpreter no longer.
    Dismiss {
        /// Who.
        participant: ParticipantId,
    },
    /// Take the air from an interpreter of the same channel who cannot be
    /// heard: its line broke, or its microphone is closed.
    TakeAir,
    /// Hand the air over to another interpreter of the same channel.
    HandOver {
        /// To whom.
        participant: ParticipantId,
    },
    /// Listen to a channel, or to the floor.
    Listen {
        /// Which; the floor where absent.
        channel: Option<u32>,
    },
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens about interpretation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum InterpretationEvent {
    /// A channel was set up.
    Added {
        /// Its number.
        channel: u32,
        /// Its language.
        language: String,
        /// Who decided.
        by: ParticipantId,
    },
    /// A channel was taken away, with its interpreters and listeners.
    Removed {
        /// Which.
        channel: u32,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody became an interpreter.
    Assigned {
        /// Of which channel.
        channel: u32,
        /// Who.
        participant: ParticipantId,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody is an interpreter no longer, and has not the air.
    Dismissed {
        /// Who.
        participant: ParticipantId,
        /// Who decided; nobody where it left.
        by: Option<ParticipantId>,
    },
    /// The listeners of a channel hear somebody else.
    OnAir {
        /// Which channel.
        channel: u32,
        /// Whom.
        participant: ParticipantId,
        /// Who decided; nobody where somebody's leaving did.
        by: Option<ParticipantId>,
    },
    /// Somebody listens to a channel, or to the floor.
    Listens {
        /// Who.
        participant: ParticipantId,
        /// Which; the floor where absent.
        channel: Option<u32>,
    },
}
