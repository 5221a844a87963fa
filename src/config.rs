//! The settings: one typed TOML file, environment variables and flags.
//!
//! ```text
//!   flags  >  DIEMCAU_* variables  >  file  >  defaults
//!      └─────────┬──────────┘          │
//!           Overrides               file.rs
//!                └───────> RawSettings <┘      text, and where it stands
//!                              │ check.rs
//!                              ▼
//!                          Settings            valid, or every Problem at once
//! ```
//!
//! Every setting has the same name everywhere: `media_port` in the file,
//! `DIEMCAU_MEDIA_PORT` in the environment, `--media-port` as a flag.

mod archive;
mod check;
mod documents;
mod file;
mod identity;
mod overrides;
mod place;
mod planning;
mod recorded;
mod s3;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;
use diemcau_protocol::{DocumentKind, SystemRole};
use diemcau_recorder::Detail;
use diemcau_signaling::{DatabaseUrl, Limits, Scan, SignalingConfig};

pub use archive::{ArchiveIdentity, ArchiveSetting};
pub use overrides::Overrides;
pub use place::{Place, Problem};
pub use planning::MailSetting;
pub use store::BALLOTS_ADVICE;

/// The most media workers.
pub(crate) const MOST_WORKERS: usize = 32;

/// The valid settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where HTTPS listens.
    pub listen: SocketAddr,
    /// Where plain HTTP listens, on loopback only.
    pub dev_http: Option<SocketAddr>,
    /// The folder that keeps everything.
    pub data_dir: PathBuf,
    /// The port of sound and picture: of the first media worker; the others
    /// have the next ones.
    pub media_port: u16,
    /// Whether browsers can also come to the media ports by TCP, where their
    /// network lets no UDP through.
    pub media_tcp: bool,
    /// How many threads forward sound and picture.
    pub media_workers: usize,
    /// The addresses that browsers reach the media port at; when empty they
    /// are found at the start.
    pub public_ips: Vec<IpAddr>,
    /// A certificate given by the organisation; without one the server makes
    /// its own authority.
    pub tls: Option<TlsFiles>,
    /// How long the place of a participant is kept when its line breaks.
    pub reconnect_grace: Duration,
    /// STUN and TURN servers that browsers are told of.
    pub ice_servers: Vec<IceServerSetting>,
    /// An own TURN server, for browsers behind firewalls.
    pub turn: Option<TurnSetting>,
    /// Which files are taken into meetings.
    pub documents: DocumentsSetting,
    /// Who says who people are, beside local accounts.
    pub oidc: Option<OidcSetting>,
    /// The PostgreSQL database that keeps the event log and the organisation;
    /// without one they are in SQLite files in the data folder.
    pub database: Option<DatabaseUrl>,
    /// What is recorded of a meeting whose recording is on.
    pub recording: Detail,
    /// How long a meeting that is recorded goes on without anybody.
    pub recorded_alone: Duration,
    /// What is done with archives once they are made.
    pub archive: ArchiveSetting,
    /// How many sites there may be.
    pub limits: Limits,
    /// The mail server that invitations are handed to.
    pub mail: Option<MailSetting>,
    /// Whether webhooks may go into private networks.
    pub private_webhooks: bool,
    /// What is logged, in the notation of `tracing`'s filters.
    pub log: String,
    /// Whether this is a demonstration.
    pub demo: bool,
}

/// Which files are taken into meetings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentsSetting {
    /// The largest file, in bytes.
    pub most_bytes: u32,
    /// What all files of a meeting may take, in bytes.
    pub most_bytes_of_meeting: u64,
    /// What files may be.
    pub kinds: BTreeSet<DocumentKind>,
    /// The search for viruses, where there is one.
    pub scan: Option<Scan>,
}

/// One media worker for each core, but not more than anyone has had use of.
fn cores() -> usize {
    let cores = std::thread::available_parallelism();
    cores.map_or(1, usize::from).min(MOST_WORKERS)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)),
            dev_http: None,
            data_dir: PathBuf::from("./data"),
            media_port: 8444,
            media_tcp: true,
            media_workers: cores(),
            public_ips: Vec::new(),
            tls: None,
            reconnect_grace: SignalingConfig::RECONNECT_GRACE,
            ice_servers: Vec::new(),
            turn: None,
            documents: DocumentsSetting::default(),
            oidc: None,
            database: None,
            recording: Detail::Speakers,
            recorded_alone: SignalingConfig::RECORDED_ALONE,
            archive: ArchiveSetting::default(),
            limits: Limits::default(),
            mail: None,
            private_webhooks: false,
            log: "info".to_owned(),
            demo: false,
        }
    }
}

impl Settings {
    /// What a demonstration starts from: loopback, and a folder of its own.
    pub fn demo_default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8443)),
            dev_http: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            data_dir: PathBuf::from("./data-demo"),
            public_ips: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            demo: true,
            ..Self::default()
        }
    }
}

/// A certificate and its key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by its intermediates.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A STUN or TURN server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServerSetting {
    /// `stun:`, `turn:` or `turns:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: Option<String>,
    /// For TURN.
    pub credential: Option<Redacted>,
}

/// A provider of identities by OpenID Connect; the fields are those of
/// [`diemcau_signaling::OidcConfig`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "described there")]
pub struct OidcSetting {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Redacted,
    pub public_url: String,
    pub scopes: Vec<String>,
    pub login_claim: String,
    pub unit_claim: Option<String>,
    pub role_claim: Option<String>,
    pub roles: BTreeMap<String, SystemRole>,
    pub create_accounts: bool,
    pub link_accounts: bool,
    pub authority: Option<PathBuf>,
}

/// A TURN server that shares a secret with this one, so that every participant
/// gets a password of its own that expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnSetting {
    /// `turn:` or `turns:` addresses.
    pub urls: Vec<String>,
    /// coturn's `static-auth-secret`.
    pub secret: Redacted,
    /// How long a password is valid.
    pub lifetime: Duration,
}

/// A secret; its debug output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Takes the secret in.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Redacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A setting as it counts, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Its name in the file.
    pub name: &'static str,
    /// Its value as text; secrets are left out.
    pub value: String,
    /// Where it comes from.
    pub place: Place,
}

/// Valid settings with their origins.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Each of them with its origin, in the order of the example file.
    pub effective: Vec<Effective>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// What is wrong, in the order in which it stands in the file.
    pub problems: Vec<Problem>,
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

/// Reads the file, lays the overrides over it and checks the result.
///
/// `matches` must be the matches that `overrides` was read from; it tells
/// flags from variables.
pub fn load(
    file: Option<&Path>,
    overrides: &Overrides,
    matches: &ArgMatches,
) -> Result<Loaded, ConfigError> {
    let from_file = match file {
        Some(path) => file::read(path)?,
        None => file::RawSettings::default(),
    };
    check::check(overrides.over(from_file, matches))
}
