//! Bodies of the REST interface about the organisation. `docs/protocol.md` says
//! how they are used.

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::ErrorCode;

/// A tier of the organisation, such as that of the provinces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Tier {
    /// `province`, `commune`.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// A well-known order of tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum TierPreset {
    /// Province and commune.
    ProvinceCommune,
    /// Province, district and commune.
    ProvinceDistrictCommune,
}

/// The tiers, from the highest to the lowest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Tiers {
    /// From the highest to the lowest.
    pub tiers: Vec<Tier>,
}

/// `PUT /api/v1/tiers`: either of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SetTiers {
    /// A well-known order.
    #[serde(default)]
    pub preset: Option<TierPreset>,
    /// From the highest to the lowest; 1 to 10.
    #[serde(default)]
    pub tiers: Option<Vec<Tier>>,
}

/// A name and when it was valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct NamePeriod {
    /// The name.
    pub name: String,
    /// From when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub from: i64,
    /// Until when; absent while it is valid.
    #[ts(type = "number | null")]
    pub to: Option<i64>,
}

/// A unit (*đơn vị*).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Unit {
    /// Its identifier.
    pub id: String,
    /// The unit above.
    pub parent: Option<String>,
    /// Its tier.
    pub tier: String,
    /// The name; with `at`, the one that was valid then.
    pub name: String,
    /// Every name that it ever had.
    pub names: Vec<NamePeriod>,
    /// When it was closed, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub closed_at: Option<i64>,
    /// The unit that it was merged into.
    pub successor: Option<String>,
}

/// A site (*điểm cầu*) or a person of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Member {
    /// Its identifier.
    pub id: String,
    /// The unit that it belongs to.
    pub unit: String,
    /// The name; with `at`, the one that was valid then.
    pub name: String,
    /// Of a person: what it is there.
    pub position: Option<String>,
    /// Every name that it ever had.
    pub names: Vec<NamePeriod>,
    /// When it was closed, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub closed_at: Option<i64>,
}

/// `POST /api/v1/units`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateUnit {
    /// 1 to 64 ASCII letters, digits, `.`, `_`, `-`; made by the server when
    /// absent.
    #[serde(default)]
    pub id: Option<String>,
    /// The unit above; absent at the top.
    #[serde(default)]
    pub parent: Option<String>,
    /// The tier, below that of the unit above.
    pub tier: String,
    /// 1 to 120 characters.
    pub name: String,
}

/// `PATCH /api/v1/units/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChangeUnit {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The new unit above; `null` is the top.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[ts(optional, type = "string | null")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<Option<String>>,
    /// The new tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tier: Option<String>,
}

/// `POST /api/v1/units/{id}/merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MergeUnit {
    /// The unit that goes on.
    pub into: String,
}

/// `POST /api/v1/sites` and `/api/v1/people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateMember {
    /// As of a unit.
    #[serde(default)]
    pub id: Option<String>,
    /// The unit that it belongs to.
    pub unit: String,
    /// 1 to 120 characters.
    pub name: String,
    /// Of a person only; 1 to 120 characters.
    #[serde(default)]
    pub position: Option<String>,
}

/// `PATCH /api/v1/sites/{id}` and `/api/v1/people/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChangeMember {
    /// The new unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unit: Option<String>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The new position; `null` is none.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[ts(optional, type = "string | null")]
    #[schema(value_type = Option<String>)]
    pub position: Option<Option<String>>,
}

/// A page of units, in Vietnamese order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct UnitPage {
    /// The units.
    pub items: Vec<Unit>,
    /// The cursor of the next page; absent on the last one.
    pub next: Option<String>,
}

/// A page of sites or people, in Vietnamese order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MemberPage {
    /// The sites or people.
    pub items: Vec<Member>,
    /// The cursor of the next page; absent on the last one.
    pub next: Option<String>,
}

/// What becomes, or became, of a line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// It is new.
    Added,
    /// It is there and is changed.
    Changed,
    /// It is there as it stands in the line.
    Unchanged,
    /// It cannot be used.
    Refused,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ImportLine {
    /// Its number in the file, from 1.
    pub line: u32,
    /// The identifier in it.
    pub id: String,
    /// What becomes of it.
    pub outcome: LineOutcome,
    /// Why it is refused.
    #[schema(value_type = Option<String>)]
    pub code: Option<ErrorCode>,
    /// The same in the user's language.
    pub text: Option<String>,
}

/// The answer to `POST /api/v1/organisation/import`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ImportReport {
    /// Whether anything was changed; never by a dry run, nor where a line was
    /// refused.
    pub applied: bool,
    /// How many lines add something.
    pub added: u32,
    /// How many lines change something.
    pub changed: u32,
    /// How many lines say what is there already.
    pub unchanged: u32,
    /// How many lines cannot be used.
    pub refused: u32,
    /// All lines but the unchanged ones.
    pub lines: Vec<ImportLine>,
}

/// `GET /api/v1/audit/verification`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct AuditVerification {
    /// Whether every entry is as it was written, in its place, and none is
    /// missing.
    pub intact: bool,
    /// How many entries there are.
    pub entries: u32,
    /// The hash of the last entry, in hexadecimal.
    pub head: String,
    /// The first entry that is not as it was, if there is one.
    pub broken_at: Option<u32>,
}

/// Tells a field that is `null` from one that is not there.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
