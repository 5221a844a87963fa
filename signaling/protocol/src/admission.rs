//! Who comes in: lobby, lock, removal, and the names that people go by.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{MeetingInfo, ParticipantId, ParticipantKind, Role};

/// The longest reason of a removal, in Unicode scalar values.
pub const REASON_LENGTH: u32 = 500;

/// Who waits in the lobby until somebody admits it. Who may admit others, and
/// who was in the meeting before, never waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum LobbyMode {
    /// Nobody.
    #[default]
    Off,
    /// Guests: whose invitation names nobody.
    Guests,
    /// Everybody.
    All,
}

/// Who may come in, and who waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Admission {
    /// Who waits in the lobby.
    pub mode: LobbyMode,
    /// Nobody new comes in.
    pub locked: bool,
    /// Who waits, the longest first.
    pub waiting: Vec<Waiting>,
    /// Who was removed and cannot come back.
    pub removed: BTreeSet<ParticipantId>,
    /// Whose name was set in the meeting.
    pub renamed: BTreeSet<ParticipantId>,
}

/// Somebody in the lobby.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Waiting {
    /// Who.
    pub participant: ParticipantId,
    /// The name of the site or person.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// What waits.
    pub kind: ParticipantKind,
    /// The unit that it belongs to.
    pub unit: Option<String>,
    /// The invitation names nobody.
    pub guest: bool,
    /// Since when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub since: i64,
}

/// What somebody in the lobby sees: what is coming, and itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct LobbyView {
    /// The meeting.
    pub meeting: MeetingInfo,
    /// What is on the agenda, by the titles of its items.
    pub agenda: Vec<String>,
    /// The one who waits.
    pub you: Waiting,
    /// The client sends `ping` this often, in seconds; three missed end the
    /// connection.
    pub heartbeat_seconds: u32,
}

/// What can be done about who comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AdmissionCommand {
    /// Set who waits in the lobby; who need not any more comes in.
    SetLobby {
        /// Who waits.
        mode: LobbyMode,
    },
    /// Let nobody new in, or again.
    Lock {
        /// Locked, or open.
        locked: bool,
    },
    /// Let somebody in from the lobby.
    Admit {
        /// Whom.
        participant: ParticipantId,
    },
    /// Let everybody of a unit in from the lobby.
    AdmitUnit {
        /// Which.
        unit: String,
    },
    /// Let everybody in from the lobby.
    AdmitAll,
    /// Remove somebody from the meeting or the lobby; the invitation is good
    /// no more.
    Remove {
        /// Whom.
        participant: ParticipantId,
        /// Why, at most [`REASON_LENGTH`] characters.
        reason: String,
    },
    /// Let somebody who was removed come back.
    Readmit {
        /// Whom.
        participant: ParticipantId,
    },
    /// Set the name, and title, that somebody goes by.
    Rename {
        /// Whose.
        participant: ParticipantId,
        /// At most [`crate::NAME_LENGTH`] characters.
        name: String,
    },
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens about who comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AdmissionEvent {
    /// The lobby is for others now.
    LobbySet {
        /// Who waits.
        mode: LobbyMode,
        /// Who decided.
        by: ParticipantId,
    },
    /// The meeting was locked, or opened again.
    Locked {
        /// Locked, or open.
        locked: bool,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody waits in the lobby.
    Waits {
        /// Who.
        participant: ParticipantId,
        /// The name of the site or person. Personal.
        name: String,
        /// Its role.
        role: Role,
        /// What waits.
        kind: ParticipantKind,
        /// The unit that it belongs to.
        unit: Option<String>,
        /// The invitation names nobody.
        guest: bool,
    },
    /// Somebody waits no longer: it left, or its line broke.
    WaitEnded {
        /// Who.
        participant: ParticipantId,
    },
    /// Somebody was let in from the lobby.
    Admitted {
        /// Who.
        participant: ParticipantId,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody was removed and cannot come back.
    Removed {
        /// Who.
        participant: ParticipantId,
        /// Why. Personal.
        reason: String,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody who was removed may come back.
    Readmitted {
        /// Who.
        participant: ParticipantId,
        /// Who decided.
        by: ParticipantId,
    },
    /// Somebody goes by another name.
    Renamed {
        /// Who.
        participant: ParticipantId,
        /// The name. Personal.
        name: String,
        /// Who decided.
        by: ParticipantId,
    },
}

impl AdmissionEvent {
    /// The name of the personal field, and its value.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Waits { name, .. } | Self::Renamed { name, .. } => Some(("name", name)),
            Self::Removed { reason, .. } => Some(("reason", reason)),
            Self::LobbySet { .. }
            | Self::Locked { .. }
            | Self::WaitEnded { .. }
            | Self::Admitted { .. }
            | Self::Readmitted { .. } => None,
        }
    }
}
