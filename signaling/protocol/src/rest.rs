//! Bodies of the REST interface under `/api/v1`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ErrorCode, MeetingEnd, MeetingId, ParticipantId, ParticipantKind, Role, VideoCodec};

/// `GET /api/v1/invitation`, with the token as bearer: what the pre-join page
/// shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Invitation {
    /// The meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// What it is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// The place that the invitation is for.
    #[schema(value_type = String)]
    pub participant: ParticipantId,
    /// The role.
    #[schema(value_type = String)]
    pub role: Role,
    /// What takes part.
    #[schema(value_type = String)]
    pub kind: ParticipantKind,
    /// The name that the organisation gave; absent where the guest says it.
    pub name: Option<String>,
    /// The unit.
    pub unit: Option<String>,
    /// When the invitation ends, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// The end of the meeting, where it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ended: Option<MeetingEnd>,
    /// It is a link for guests: before joining, a place is to be taken with it
    /// (`POST /api/v1/invitation`). The participant is only the link's own
    /// identifier.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    #[schema(required = false)]
    pub guest: bool,
}

/// `POST /api/v1/meetings`, with an administrator's token as bearer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateMeeting {
    /// What it is about; 1 to 200 characters.
    pub title: String,
    /// The unit that hosts it; 1 to 120 characters.
    pub host_unit: String,
    /// Who is invited, 1 to 4,000.
    pub invitees: Vec<Invitee>,
    /// The codec that pictures have where publisher and receivers know it;
    /// VP8 when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[schema(value_type = Option<String>)]
    pub video_codec: Option<VideoCodec>,
    /// It starts in rehearsal, until the chair or the controller opens it.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    #[schema(required = false)]
    pub rehearsal: bool,
}

/// Somebody to invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Invitee {
    /// The name; absent where the guest says it.
    pub name: Option<String>,
    /// The role.
    #[schema(value_type = String)]
    pub role: Role,
    /// What takes part.
    #[schema(value_type = String)]
    pub kind: ParticipantKind,
    /// The unit.
    pub unit: Option<String>,
}

/// The answer to [`CreateMeeting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MeetingCreated {
    /// The new meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// One link for each invitee, in their order.
    pub links: Vec<InviteLink>,
}

/// A ready link into a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct InviteLink {
    /// The place.
    #[schema(value_type = String)]
    pub participant: ParticipantId,
    /// The name, where it is given.
    pub name: Option<String>,
    /// The role.
    #[schema(value_type = String)]
    pub role: Role,
    /// What takes part.
    #[schema(value_type = String)]
    pub kind: ParticipantKind,
    /// The unit.
    pub unit: Option<String>,
    /// Path and fragment to open on this server: `/m/{meeting}#{token}`.
    pub path: String,
}

/// `GET /api/v1/demo`: the demonstration meeting. Only there with `--demo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct DemoPage {
    /// What the meeting is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// The ready links, chair first.
    pub links: Vec<InviteLink>,
}

/// An error of the REST interface (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ProblemDetails {
    /// `about:blank`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text for technicians, in English.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What exactly is wrong, in English.
    pub detail: String,
    /// The code that the client has a text for.
    #[schema(value_type = String)]
    pub code: ErrorCode,
}
