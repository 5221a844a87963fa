//! Identifiers. All of them are opaque strings on the wire.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[ts(export, export_to = "protocol.ts")]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

string_id! {
    /// A meeting (*cuộc họp*).
    MeetingId
}
string_id! {
    /// A participant's place in a meeting. It belongs to the invitation, so a
    /// reload or a second tab comes back to the same place.
    ParticipantId
}
impl ParticipantId {
    /// Nobody: in an event, for what the meeting does by itself.
    pub fn nobody() -> Self {
        Self(String::new())
    }
}

string_id! {
    /// One media connection (one `RTCPeerConnection` of a browser).
    SessionId
}
string_id! {
    /// A position in the event log of a meeting. Opaque: clients hand it back
    /// unread.
    Cursor
}

/// Chosen by the client, unique within one WebSocket; comes back in `done`,
/// `refused` or `answer`.
pub type CommandId = u32;
