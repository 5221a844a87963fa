//! Meetings that are planned: who is invited, when, and by which rules.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{
    ChatMode, FloorPolicy, Invited, LobbyMode, MeetingId, ParticipantId, Selection, VideoCodec,
};

/// Who stands in a meeting's log for what was set before it opened. Nobody
/// joins under this name.
pub const ORGANISER: &str = "organiser";

/// The time zone of a meeting where none is said.
pub const TIME_ZONE: &str = "Asia/Ho_Chi_Minh";

/// As many entries as a selection may have, and exceptions.
pub const SELECTION_LENGTH: u32 = 1_000;

/// The language in which somebody is written to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum LetterLanguage {
    /// Tiếng Việt.
    #[default]
    Vi,
    /// English.
    En,
}

/// `POST /api/v1/meetings` with a start: a meeting to plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PlanMeeting {
    /// What it is about; 1 to 200 characters. Absent: that of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    /// The unit that hosts it.
    pub host_unit: String,
    /// The site where the chair sits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub host_site: Option<String>,
    /// The start, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub starts_at: i64,
    /// The planned end.
    #[ts(type = "number")]
    pub ends_at: i64,
    /// An IANA time zone; [`TIME_ZONE`] where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub time_zone: Option<String>,
    /// The agenda. Absent: that of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub agenda: Option<Vec<PlannedItem>>,
    /// Who is invited.
    pub invite: Selection,
    /// How it goes. Absent: as the template says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub policy: Option<MeetingPolicy>,
    /// The template, or the earlier meeting, that the rest is taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from: Option<MeetingSource>,
    /// When it repeats (RFC 5545 §3.3.10: weekly, or monthly by day).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repeat: Option<String>,
    /// Who answers for the meeting, name and position; 1 to 120 characters.
    pub organiser: String,
    /// The organiser confirms that its content is no state secret. Without
    /// that there is no meeting.
    #[serde(default)]
    pub no_state_secrets: bool,
}

/// What a new meeting is made after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MeetingSource {
    /// A template.
    Template {
        /// Which.
        id: String,
    },
    /// An earlier meeting.
    Meeting {
        /// Which.
        id: String,
    },
}

/// An item of the agenda, as it is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PlannedItem {
    /// What it is about.
    pub title: String,
    /// How long it is meant to take, 1 to 1,440.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub minutes: Option<u32>,
    /// Who speaks to it, one name a line.
    #[serde(default)]
    #[ts(as = "Option<String>", optional)]
    #[schema(required = false)]
    pub speakers: String,
}

/// How a meeting goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(default)]
pub struct MeetingPolicy {
    /// Who waits in the lobby.
    #[schema(value_type = String)]
    pub lobby: LobbyMode,
    /// How the right to speak is handled.
    #[schema(value_type = Object)]
    pub floor: FloorPolicy,
    /// Who may write.
    #[schema(value_type = String)]
    pub chat: ChatMode,
    /// The recording is announced as the meeting opens.
    pub recording: bool,
    /// The preferred codec of its pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[schema(value_type = Option<String>)]
    pub video_codec: Option<VideoCodec>,
    /// As many sites may be in it at once; the server's own limit holds, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub most_sites: Option<u32>,
    /// So long before the start the room is open for rehearsal, in minutes, 0
    /// to 1,440. With 0 there is no rehearsal.
    pub rehearsal_minutes: u32,
    /// So long before the start everybody is reminded, in minutes; 0 for never.
    pub reminder_minutes: u32,
}

impl Default for MeetingPolicy {
    fn default() -> Self {
        Self {
            lobby: LobbyMode::Off,
            floor: FloorPolicy::default(),
            chat: ChatMode::All,
            recording: false,
            video_codec: None,
            most_sites: None,
            rehearsal_minutes: 60,
            reminder_minutes: 60,
        }
    }
}

/// `PATCH /api/v1/meetings/{id}`: what is there is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChangeMeeting {
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    /// The start, in milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub starts_at: Option<i64>,
    /// The planned end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub ends_at: Option<i64>,
    /// The agenda, whole. Whoever changes it confirms anew that the content is
    /// no state secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub agenda: Option<Vec<PlannedItem>>,
    /// Who is invited, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub invite: Option<Selection>,
    /// How it goes, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub policy: Option<MeetingPolicy>,
    /// The content, as it is now, is no state secret; needed with a new title
    /// or agenda.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    #[schema(required = false)]
    pub no_state_secrets: bool,
}

/// `POST /api/v1/meetings/{id}/cancel`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CancelMeeting {
    /// Why, for those who were invited; at most 500 characters.
    #[serde(default)]
    #[ts(as = "Option<String>", optional)]
    #[schema(required = false)]
    pub reason: String,
    /// All that follow in the series, too.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    #[schema(required = false)]
    pub following: bool,
}

/// How far a planned meeting has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum MeetingState {
    /// It is to come.
    Scheduled,
    /// Its room was opened.
    Open,
    /// It is over.
    Ended,
    /// It does not take place.
    Cancelled,
}

/// The organiser's word that the content is no state secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SecrecyConfirmation {
    /// Who answers for it, name and position.
    pub organiser: String,
    /// The account that it was said with, as in the audit log.
    pub account: String,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
}

/// A planned meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PlannedMeeting {
    /// Its identifier, also that of the room.
    #[schema(value_type = String)]
    pub id: MeetingId,
    /// How far it has come.
    pub state: MeetingState,
    /// The title.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// Its name when the meeting was planned.
    pub host_unit_name: String,
    /// The site where the chair sits.
    pub host_site: Option<String>,
    /// The start, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub starts_at: i64,
    /// The planned end.
    #[ts(type = "number")]
    pub ends_at: i64,
    /// The IANA time zone.
    pub time_zone: String,
    /// The agenda.
    pub agenda: Vec<PlannedItem>,
    /// How it goes.
    pub policy: MeetingPolicy,
    /// Who is invited, as it was said.
    pub invite: Selection,
    /// How many are invited.
    pub invited: u32,
    /// How many of them are sites.
    pub sites: u32,
    /// The organiser's word.
    pub confirmation: SecrecyConfirmation,
    /// The series that it belongs to.
    pub series: Option<String>,
    /// The rule of the series.
    pub repeat: Option<String>,
    /// It was changed apart from the others of its series.
    pub changed_apart: bool,
    /// Why it was cancelled.
    pub cancelled: Option<String>,
    /// When the room lets people in, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub opens_at: i64,
}

/// A page of planned meetings, by their start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MeetingPage {
    /// The meetings.
    pub items: Vec<PlannedMeeting>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// The answer to [`PlanMeeting`]: one meeting, or all of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MeetingsPlanned {
    /// By their start.
    pub meetings: Vec<PlannedMeeting>,
}

/// Somebody invited, with the personal link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct InvitationLink {
    /// The place in the meeting.
    #[schema(value_type = String)]
    pub participant: ParticipantId,
    /// Who.
    pub invited: Invited,
    /// Whether an invitation can be sent by mail.
    pub has_mail: bool,
    /// Path and fragment to open on this server: `/m/{meeting}#{token}`.
    pub path: String,
}

/// A page of the invitations of a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct InvitationPage {
    /// In the order of the selection.
    pub items: Vec<InvitationLink>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// How somebody is written to: `PUT /api/v1/contacts/{kind}/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Contact {
    /// The address; nothing where there is none.
    #[serde(default)]
    pub email: Option<String>,
    /// The telephone, as `+84912345678`, for gateways that webhooks feed.
    #[serde(default)]
    pub phone: Option<String>,
    /// In which language.
    #[serde(default)]
    pub language: LetterLanguage,
}
