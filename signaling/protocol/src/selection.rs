//! Who is invited to a meeting, by expression.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{LetterLanguage, Role};

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

/// What somebody who is invited takes part as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
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
