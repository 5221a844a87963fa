//! What the minutes are made from: the log of the meeting, and the little that
//! stands beside it.

use diemcau_protocol::{Event, MeetingId, ParticipantId, ParticipantKind, Role};
use serde::{Deserialize, Serialize};

/// An event of the log with its personal values joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its number in the log, from 1.
    pub seq: u64,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// What.
    pub event: Event,
}

/// What the log does not hold and the minutes need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// The meeting.
    pub meeting: MeetingId,
    /// What kind of meeting it is called.
    #[serde(default)]
    pub occasion: Occasion,
    /// Everybody who was invited; who of them never came is absent.
    pub invited: Vec<Invited>,
    /// The organiser's confirmation that the content is no state secret.
    pub no_state_secret: Option<Confirmation>,
    /// The hash of the log's last event, in hexadecimal digits; absent while
    /// the meeting is not over.
    pub closing_hash: Option<String>,
}

/// What a meeting is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// *Cuộc họp*.
    #[default]
    Meeting,
    /// *Hội nghị*.
    Conference,
    /// *Hội thảo*.
    Workshop,
}

impl Occasion {
    /// What a meeting is called by the first words of its title.
    pub fn by_title(title: &str) -> Self {
        let title = title.trim_start().to_lowercase();
        if title.starts_with("hội nghị") {
            Self::Conference
        } else if title.starts_with("hội thảo") {
            Self::Workshop
        } else {
            Self::Meeting
        }
    }
}

/// Somebody who was invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The place in the meeting.
    pub participant: ParticipantId,
    /// The name of the site or person.
    pub name: String,
    /// The role.
    pub role: Role,
    /// What takes part.
    pub kind: ParticipantKind,
    /// The unit.
    pub unit: Option<String>,
}

/// That somebody confirmed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The name of who did.
    pub by: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
}
