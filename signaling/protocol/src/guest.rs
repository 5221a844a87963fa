//! Bodies of the REST interface about invitations for guests.
//! `docs/protocol.md` says how they are used.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{MeetingId, Role};

/// `POST /api/v1/meetings/{id}/guests`: a link for guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateGuestInvitation {
    /// For whom it is, for those who look at the list; 1 to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub note: Option<String>,
    /// `delegate` or `observer`.
    #[schema(value_type = String)]
    pub role: Role,
    /// When it ends, in milliseconds since 1970 UTC; at most 90 days from now.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// How many may come in with it, 1 to 4,000; as many as come where nothing
    /// is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub most_uses: Option<u32>,
}

/// A link for guests, and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct GuestInvitation {
    /// Its identifier.
    pub id: String,
    /// The meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// For whom it is.
    pub note: Option<String>,
    /// As what guests come in.
    #[schema(value_type = String)]
    pub role: Role,
    /// Who made it, as in the audit log.
    pub made_by: String,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub made_at: i64,
    /// When it ends.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// How many may come in with it.
    pub most_uses: Option<u32>,
    /// How many have.
    pub uses: u32,
    /// Who took it back.
    pub revoked_by: Option<String>,
    /// When it was taken back.
    #[ts(type = "number | null")]
    pub revoked_at: Option<i64>,
    /// Path and fragment to open on this server, for as long as it is good.
    pub path: Option<String>,
}

impl std::fmt::Debug for GuestInvitation {
    /// The link is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuestInvitation")
            .field("id", &self.id)
            .field("uses", &self.uses)
            .finish_non_exhaustive()
    }
}

/// `GET /api/v1/meetings/{id}/guests`: every one, the newest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct GuestInvitations {
    /// In the order in which they were made.
    pub items: Vec<GuestInvitation>,
}

/// `POST /api/v1/invitation`, with a guest's link as bearer: takes a place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct TakePlace {
    /// Drawn by the guest's browser and kept there, 16 to 64 characters: with
    /// the same key the same place comes back, and nothing is used up.
    pub key: String,
}

/// The place that a guest has taken.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PlaceTaken {
    /// The guest's own invitation.
    pub token: String,
}
