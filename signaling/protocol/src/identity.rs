//! Bodies of the REST interface about accounts, sessions and tokens.
//! `docs/protocol.md` says how they are used.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// What an account may do on the server, in some place of the organisation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema,
)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// Everything (*quản trị hệ thống*).
    Administrator,
    /// A unit and what stands below it (*quản trị đơn vị*).
    UnitAdministrator,
    /// Schedules meetings in a unit and below it (*người tổ chức họp*).
    Organiser,
    /// Reads the archives of a unit and what stands below it (*văn thư*).
    Clerk,
    /// Reads the audit log (*kiểm tra, giám sát*).
    Auditor,
    /// Looks after a site and its device (*kỹ thuật viên điểm cầu*).
    SiteOperator,
    /// Has an account (*thành viên*).
    Member,
}

impl SystemRole {
    /// Every role, from the one that may most.
    pub const ALL: [SystemRole; 7] = [
        SystemRole::Administrator,
        SystemRole::UnitAdministrator,
        SystemRole::Organiser,
        SystemRole::Clerk,
        SystemRole::Auditor,
        SystemRole::SiteOperator,
        SystemRole::Member,
    ];
}

/// A role somewhere: in a unit and below it, at a site, or, with neither, in
/// the whole organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RoleGrant {
    /// What.
    pub role: SystemRole,
    /// In this unit and below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unit: Option<String>,
    /// At this site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub site: Option<String>,
}

/// What a program may do with its token, as far as its owner may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema,
)]
#[ts(export, export_to = "protocol.ts")]
pub enum TokenScope {
    /// Units, sites and people.
    #[serde(rename = "organisation:read")]
    OrganisationRead,
    /// The same, and changes to them.
    #[serde(rename = "organisation:write")]
    OrganisationWrite,
    /// Accounts and their roles.
    #[serde(rename = "accounts:read")]
    AccountsRead,
    /// The same, and changes to them.
    #[serde(rename = "accounts:write")]
    AccountsWrite,
    /// Meetings and invites.
    #[serde(rename = "meetings:read")]
    MeetingsRead,
    /// The same, and new ones.
    #[serde(rename = "meetings:write")]
    MeetingsWrite,
    /// Archives of meetings.
    #[serde(rename = "archives:read")]
    ArchivesRead,
    /// The same; minutes, and with whom archives are shared.
    #[serde(rename = "archives:write")]
    ArchivesWrite,
    /// The audit log.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// Devices of halls.
    #[serde(rename = "devices:read")]
    DevicesRead,
    /// The same, and their pairing.
    #[serde(rename = "devices:write")]
    DevicesWrite,
}

/// `POST /api/v1/sign-in`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SignIn {
    /// The account's name.
    pub login: String,
    /// Its password.
    pub password: String,
    /// The six digits of the authenticator, or a recovery code.
    #[serde(default)]
    pub code: Option<String>,
}

/// How one can sign in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SignInOptions {
    /// What the OpenID Connect provider is called, if there is one.
    pub provider: Option<String>,
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// With the password of a local account.
    Password,
    /// By OpenID Connect.
    Provider,
}

/// `GET /api/v1/me`: who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Me {
    /// The account.
    pub account: Account,
    /// What the person is called.
    pub name: String,
    /// What it is there.
    pub position: Option<String>,
    /// The unit.
    pub unit: String,
    /// What the unit is called.
    pub unit_name: String,
    /// How it signed in.
    pub method: SignInMethod,
    /// Recovery codes that are left.
    pub recovery_codes: u32,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Account {
    /// Its identifier.
    pub id: String,
    /// The person.
    pub person: String,
    /// What is written to sign in.
    pub login: String,
    /// What it may do beyond its own affairs.
    pub roles: Vec<RoleGrant>,
    /// Whether there is a password.
    pub has_password: bool,
    /// Whether a code is asked for beside it.
    pub second_factor: bool,
    /// Whether it comes from the OpenID Connect provider.
    pub from_provider: bool,
    /// When it was made, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it was switched off.
    #[ts(type = "number | null")]
    pub disabled_at: Option<i64>,
}

/// A page of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct AccountPage {
    /// In the order of their names.
    pub items: Vec<Account>,
    /// For the next page.
    pub next: Option<String>,
}

/// `POST /api/v1/accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateAccount {
    /// Whose it is.
    pub person: String,
    /// 2 to 64 of `a`–`z`, `0`–`9`, `.`, `_`, `-`, `@`.
    pub login: String,
    /// What it may do.
    #[serde(default)]
    pub roles: Vec<RoleGrant>,
}

/// `PATCH /api/v1/accounts/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChangeAccount {
    /// What it may do from now on.
    #[serde(default)]
    pub roles: Option<Vec<RoleGrant>>,
    /// Whether it is switched off.
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// A new account, or a link for one: shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PasswordLink {
    /// The account.
    pub account: Account,
    /// Path and fragment of the page at which a password is chosen, once.
    pub path: String,
    /// Until when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub expires_at: i64,
}

/// `POST /api/v1/first-password`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct FirstPassword {
    /// The secret of the link.
    pub link: String,
    /// The password from now on.
    pub password: String,
}

/// `POST /api/v1/me/password`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChangePassword {
    /// The password so far.
    pub current: String,
    /// The password from now on.
    pub password: String,
}

/// A second factor that is to be confirmed: shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct NewSecondFactor {
    /// For authenticators that take no picture (Base32).
    pub secret: String,
    /// For the picture (`otpauth:`).
    pub uri: String,
}

/// `POST /api/v1/me/second-factor/confirm`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ConfirmSecondFactor {
    /// The six digits.
    pub code: String,
}

/// What opens the account when the authenticator is lost: shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecoveryCodes {
    /// Each is good once.
    pub codes: Vec<String>,
}

/// `POST /api/v1/me/second-factor/remove`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RemoveSecondFactor {
    /// The password.
    pub password: String,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SessionView {
    /// Its identifier, which opens nothing.
    pub id: String,
    /// When it began, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When anything came from it last.
    #[ts(type = "number")]
    pub seen_at: i64,
    /// When it ends at the latest.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// The network address at which it began.
    pub address: String,
    /// What the browser says that it is.
    pub browser: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Somebody's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Sessions {
    /// The newest first.
    pub items: Vec<SessionView>,
}

/// What came of signing out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SignedOut {
    /// Where the provider ends its own session, if there is one.
    pub provider: Option<String>,
}

/// A program's token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ApiToken {
    /// Its identifier.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<TokenScope>,
    /// In this unit and below it; everywhere that its owner may when absent.
    pub unit: Option<String>,
    /// When it was made, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it ends.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// When it was used last, to the minute.
    #[ts(type = "number | null")]
    pub used_at: Option<i64>,
}

/// Somebody's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ApiTokens {
    /// The newest first.
    pub items: Vec<ApiToken>,
}

/// `POST /api/v1/me/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateApiToken {
    /// 1 to 120 characters.
    pub name: String,
    /// At least one.
    pub scopes: Vec<TokenScope>,
    /// In this unit and below it.
    #[serde(default)]
    pub unit: Option<String>,
    /// 1 to 366.
    pub days: u32,
}

/// A new token: shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct NewApiToken {
    /// What is known of it from now on.
    pub token: ApiToken,
    /// The bearer, which begins with `dc_`.
    pub secret: String,
}
