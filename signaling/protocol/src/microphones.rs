//! Microphones of others: asked for, opened by consent, closed for all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// What the meeting has to do with its microphones, beside what stands with
/// each participant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Microphones {
    /// All are closed until this is lifted.
    pub hold: Option<MicrophoneHold>,
    /// Who was asked to open and has not answered yet.
    pub asked: BTreeSet<ParticipantId>,
    /// Whose microphone the meeting may open.
    pub consents: BTreeSet<ParticipantId>,
}

/// All microphones are closed, those of later comers too, until it is lifted.
/// The chair and whoever holds the floor are never under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct MicrophoneHold {
    /// Who is not under it.
    pub except: BTreeSet<ParticipantId>,
    /// Who decided.
    pub by: ParticipantId,
    /// Since when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub since: i64,
}

/// What can be done with microphones of others, and with the own one beside
/// switching it (`set_microphone`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MicrophonesCommand {
    /// Ask somebody to open its microphone.
    Ask {
        /// Whom.
        participant: ParticipantId,
    },
    /// Answer to being asked; accepting opens the microphone.
    Answer {
        /// Yes or no.
        accept: bool,
    },
    /// Let the meeting open the own microphone, or no longer.
    Consent {
        /// It may, or may not.
        given: bool,
    },
    /// Open the microphone of somebody who has consented.
    Open {
        /// Whose.
        participant: ParticipantId,
    },
    /// Close all microphones until it is lifted.
    MuteAll {
        /// Whose stay as they are; the sender's does anyway.
        #[serde(default)]
        except: BTreeSet<ParticipantId>,
    },
    /// Lift `mute_all`; what was closed one by one stays closed.
    LiftAll,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens to microphones beside being switched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MicrophonesEvent {
    /// Somebody was asked to open its microphone.
    Asked {
        /// Who.
        participant: ParticipantId,
        /// Who asked.
        by: ParticipantId,
    },
    /// Somebody answered to being asked.
    Answered {
        /// Who.
        participant: ParticipantId,
        /// Yes or no.
        accept: bool,
    },
    /// Somebody lets the meeting open its microphone, or no longer.
    Consented {
        /// Who.
        participant: ParticipantId,
        /// It may, or may not.
        given: bool,
    },
    /// The meeting opened the microphone of somebody who had consented.
    Opened {
        /// Whose.
        participant: ParticipantId,
        /// Who decided.
        by: ParticipantId,
    },
    /// All microphones are closed until that is lifted.
    AllMuted {
        /// Who is not under it.
        except: BTreeSet<ParticipantId>,
        /// Who decided.
        by: ParticipantId,
    },
    /// One more is not under it.
    Excepted {
        /// Who.
        participant: ParticipantId,
        /// Who decided.
        by: ParticipantId,
    },
    /// It is lifted.
    AllLifted {
        /// Who decided.
        by: ParticipantId,
    },
}
