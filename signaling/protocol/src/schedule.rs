//! Meetings that are planned: who is invited, when, and by which rules.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ChatMode, FloorPolicy, LobbyMode, MeetingId, ParticipantId, Role, VideoCodec};

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

/// Who is invited, by expression: all that the entries name, without the
/// exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Selection {
    /// What is named twice is invited once, in the role that was said last.
    pub entries: Vec<SelectionEntry>,
    /// Who is not invited, whatever the entries say.
    #[serde(default)]
    #[ts(as = "Option<Vec<Excepted>>", optional)]
    #[schema(required = false)]
    pub except: Vec<Excepted>,
}

/// One entry of a selection. Without a role, sites and units are operators,
/// and people delegates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum SelectionEntry {
    /// All units of a tier, one place for each.
    Units {
        /// The tier.
        tier: String,
        /// Only below this unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        below: Option<String>,
        /// The role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// All sites of the units of a tier, one place for each.
    Sites {
        /// The tier.
        tier: String,
        /// Only of units below this unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        below: Option<String>,
        /// The role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// One unit.
    Unit {
        /// Which.
        id: String,
        /// The role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// One site.
    Site {
        /// Which.
        id: String,
        /// The role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// One person.
    Person {
        /// Which.
        id: String,
        /// The role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// Somebody from outside the organisation.
    Guest {
        /// The name.
        name: String,
        /// The position.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        title: Option<String>,
        /// What the guest belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        unit: Option<String>,
        /// Where the invitation goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        email: Option<String>,
        /// In which language.
        #[serde(default)]
        #[ts(as = "Option<LetterLanguage>", optional)]
        #[schema(required = false)]
        language: LetterLanguage,
        /// The role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
}

/// Who is not invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Excepted {
    /// A unit, and everything below it.
    Unit {
        /// Which.
        id: String,
    },
    /// A site.
    Site {
        /// Which.
        id: String,
    },
    /// A person.
    Person {
        /// Which.
        id: String,
    },
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

/// What somebody who is invited takes part as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum InvitedKind {
    /// A unit, at one place.
    Unit,
    /// A site.
    Site,
    /// A person.
    Person,
    /// A guest from outside.
    Guest,
}

/// Somebody whom a selection names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Invited {
    /// What it is.
    pub kind: InvitedKind,
    /// Which unit, site or person; of a guest, its name.
    pub id: String,
    /// The name.
    pub name: String,
    /// The position.
    pub title: Option<String>,
    /// The name of the unit.
    pub unit: Option<String>,
    /// The role.
    #[schema(value_type = String)]
    pub role: Role,
}

/// The answer to `POST /api/v1/meetings/preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SelectionPreview {
    /// How many are invited.
    pub invited: u32,
    /// How many of them are sites.
    pub sites: u32,
    /// The most sites that this server lets into one meeting.
    pub most_sites: Option<u32>,
    /// All of them.
    pub list: Vec<Invited>,
}

/// `GET /api/v1/meetings/{id}/selection`: what the selection would be now, against
/// who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SelectionDifference {
    /// Who would be invited, and is not.
    pub added: Vec<Invited>,
    /// Who is invited, and would not be.
    pub removed: Vec<Invited>,
    /// Who goes by another name, position, unit or role; as it would be.
    pub changed: Vec<Invited>,
    /// Stands for exactly this difference; handed back to confirm it.
    pub digest: String,
}

/// `POST /api/v1/meetings/{id}/selection`: the organiser confirms a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ConfirmSelection {
    /// The digest of the difference that was seen.
    pub digest: String,
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
    pub email: Option<String>,
    /// In which language.
    #[serde(default)]
    pub language: LetterLanguage,
}

/// A template: what meetings are made after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MeetingTemplate {
    /// Its identifier.
    pub id: String,
    /// It is always there and cannot be changed.
    pub built_in: bool,
    /// The name, and the title of meetings that say none.
    pub name: String,
    /// The name in English.
    pub name_en: Option<String>,
    /// The agenda.
    pub agenda: Vec<PlannedItem>,
    /// How such meetings go.
    pub policy: MeetingPolicy,
}

/// A template of the organisation's own, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SetTemplate {
    /// The name; 1 to 120 characters.
    pub name: String,
    /// The name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name_en: Option<String>,
    /// The agenda.
    #[serde(default)]
    #[ts(as = "Option<Vec<PlannedItem>>", optional)]
    #[schema(required = false)]
    pub agenda: Vec<PlannedItem>,
    /// How such meetings go.
    #[serde(default)]
    #[ts(as = "Option<MeetingPolicy>", optional)]
    #[schema(required = false)]
    pub policy: MeetingPolicy,
}

/// `GET /api/v1/meeting-templates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct TemplateList {
    /// Those that are built in first.
    pub templates: Vec<MeetingTemplate>,
}
