//! Templates: what meetings are made after.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{MeetingPolicy, PlannedItem};

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
