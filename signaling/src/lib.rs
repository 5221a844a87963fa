//! The control plane of Điểm Cầu.
//!
//! ```text
//!   browser ── WebSocket ──> session ──┐                       ┌──> MediaSink ──> SFU
//!                                      ├──> room (one task) ───┤
//!   SFU ────── media_event ────────────┘    owns one meeting   └──> store
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `meeting` | the meeting as a pure state machine |
//! | `permissions` | who may do what |
//! | `log` | envelope and hash chain of the event log, pure |
//! | `database` | SQLite and PostgreSQL behind one seam |
//! | `store` | the event log in the database, one writer |
//! | `ballots` | the ballot box of secret votes |
//! | `documents` | the contents of documents, on disk |
//! | `organisation` | units, sites and people, pure |
//! | `identity` | accounts, sign-in, sessions, tokens of programs |
//! | `administration` | acts on the organisation, and the audit log, in the database |
//! | `backup` | copies of the databases while they are written |
//! | `schedule` | meetings that are planned, and who is invited, pure |
//! | `mail` | letters, by SMTP |
//! | `room` | the task that owns a running meeting |
//! | `session` | one WebSocket |
//! | `device` | one device that came in by WHIP or WHEP |
//! | `webhook` | messages to other programs |
//! | `report` | attendance and usage, pure |
//! | `http` | the REST interface |
//! | `token` | invitations and administrators' tokens |
//! | `service` | [`Signaling`], which holds it all together |

mod administration;
mod backup;
mod ballots;
mod clock;
mod counters;
mod cursor;
mod database;
mod device;
mod documents;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod guests;
mod http;
mod identity;
mod ids;
mod log;
mod mail;
pub mod meeting;
mod organisation;
mod outbox;
mod permissions;
mod recent;
mod redacted;
mod report;
mod room;
mod schedule;
mod service;
mod session;
mod store;
mod token;
mod turn;
mod webhook;

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diemcau_protocol::{IceServer, MediaCommand, SystemRole, WantedRecording};

pub use administration::DirectoryOpenError;
pub use backup::{BackupError, back_up};
pub use ballots::BallotsOpenError;
pub use counters::CountersSnapshot;
pub use database::{DatabaseOpenError, DatabaseUrl, InvalidDatabaseUrl, StoreLocation};
pub use documents::{DocumentSettings, Scan};
pub use http::clerk::{Origin, Reader, Template, refuse, speaking};
pub use http::{ArchiveKeeper, KeeperRefused};
pub use identity::provider::OidcConfigError;
pub use mail::{MailSecurity, MailServer, MailSettingsError};
pub use schedule::Limits;
pub use service::{LoggedEvent, LoggedValue, OpenError, OpenMeetingError, OpeningError, Signaling};
pub use store::{StoreError, StoreOpenError};
pub use token::{TokenKeyError, admin_token};
pub use turn::TurnServer;

/// What the control plane needs to know. It holds a key, so it has no `Debug`.
#[derive(Clone)]
pub struct SignalingConfig {
    /// Where the event log and the organisation are kept.
    pub store: StoreLocation,
    /// The SQLite file of the ballots of secret votes.
    pub ballots: PathBuf,
    /// Where documents are kept, and which are taken.
    pub documents: DocumentSettings,
    /// The private key that signs tokens: Ed25519, PKCS#8, PEM.
    pub token_key_pem: String,
    /// Its public key: SPKI, PEM.
    pub token_public_pem: String,
    /// How long a participant whose line broke is awaited; 45 s by default.
    pub reconnect_grace: Duration,
    /// How long a meeting that is recorded goes on without anybody; 30 minutes
    /// by default. It ends by itself then.
    pub recorded_alone: Duration,
    /// How often a client says that it is there; 10 s by default. Three missed
    /// end the WebSocket.
    pub heartbeat: Duration,
    /// Given to clients for their media connections.
    pub ice_servers: Vec<IceServer>,
    /// Given to clients, too, each with a password of its own.
    pub turn: Option<TurnServer>,
    /// Where lines can be tested by UDP, if anywhere.
    pub echo: Option<EchoSource>,
    /// Where what is wanted of recordings goes, if anything records.
    pub recorder: Option<RecorderSink>,
    /// Who says who people are, beside local accounts.
    pub oidc: Option<OidcConfig>,
    /// The server's own version, for support.
    pub server_version: String,
    /// What holds for meetings that are planned.
    pub planning: Planning,
}

/// What holds for meetings that are planned.
#[derive(Clone, Default)]
pub struct Planning {
    /// How many sites there may be.
    pub limits: Limits,
    /// The server for letters; without one none are sent.
    pub mail: Option<MailServer>,
    /// Whether webhooks may go into private networks.
    pub private_webhooks: bool,
    /// How long until something that could not be sent is tried again; 10 s by
    /// default. Each further wait is twice as long, up to an hour.
    pub first_wait: Option<Duration>,
}

/// A provider of identities by OpenID Connect, and what its claims mean here.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// What it is called, on the page where one signs in.
    pub name: String,
    /// Its address; `/.well-known/openid-configuration` is found below it.
    pub issuer: String,
    /// What this server is called there.
    pub client_id: String,
    /// This server's secret there.
    pub client_secret: ClientSecret,
    /// Where browsers find this server: `https://hop.example.vn`.
    pub public_url: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim with the account's name.
    pub login_claim: String,
    /// The claim with the identifier of the person's unit, for new accounts.
    pub unit_claim: Option<String>,
    /// The claim with the roles; then the provider alone gives roles to the
    /// accounts that come from it.
    pub role_claim: Option<String>,
    /// What the values of that claim stand for: everywhere, or in the person's
    /// unit and below it.
    pub roles: BTreeMap<String, SystemRole>,
    /// Whether who has no account gets one.
    pub create_accounts: bool,
    /// Whether who has a local account of that name keeps it.
    pub link_accounts: bool,
    /// The authority of the provider's certificate, PEM, where it is not a
    /// public one.
    pub authority_pem: Option<String>,
}

/// This server's secret at a provider, which is never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret(redacted::Redacted<String>);

impl ClientSecret {
    /// Wraps the secret.
    pub fn new(secret: String) -> Self {
        Self(redacted::Redacted::new(secret))
    }

    pub(crate) fn expose(&self) -> &String {
        self.0.expose()
    }
}

/// The echo of the media plane, for line tests.
#[derive(Clone)]
pub struct EchoSource {
    /// Issues a ticket that opens it for a minute; nothing when none can be
    /// had.
    pub ticket: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    /// Where it is, UDP.
    pub addresses: Vec<SocketAddr>,
}

impl SignalingConfig {
    /// The default of `reconnect_grace`.
    pub const RECONNECT_GRACE: Duration = Duration::from_secs(45);
    /// The default of `recorded_alone`.
    pub const RECORDED_ALONE: Duration = Duration::from_secs(30 * 60);
    /// The default of `heartbeat`.
    pub const HEARTBEAT: Duration = Duration::from_secs(10);
}

/// Where commands to the SFU go. Called from the meetings' tasks; must not
/// block.
pub type MediaSink = Arc<dyn Fn(MediaCommand) + Send + Sync>;

/// Where what is wanted of meetings' recordings goes. Called from the meetings'
/// tasks; must not block.
pub type RecorderSink = Arc<dyn Fn(WantedRecording) + Send + Sync>;
