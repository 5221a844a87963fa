//! Reading the settings file, with the place of every value.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::archive::{ArchiveTable, RawArchive};
use super::place::{FilePlace, Found, Place, Problem};
use super::planning::{RawLimits, RawMail};

/// Settings as text, not yet checked.
#[derive(Debug, Clone, Default)]
pub(super) struct RawSettings {
    pub(super) listen: Option<Found<String>>,
    pub(super) dev_http: Option<Found<String>>,
    pub(super) data_dir: Option<Found<String>>,
    pub(super) media_port: Option<Found<String>>,
    pub(super) media_tcp: Option<Found<String>>,
    pub(super) media_workers: Option<Found<String>>,
    pub(super) recording: Option<Found<String>>,
    pub(super) recording_alone_minutes: Option<Found<String>>,
    pub(super) archive: RawArchive,
    pub(super) public_ips: Option<Found<Vec<Found<String>>>>,
    pub(super) tls_certificate: Option<Found<String>>,
    pub(super) tls_key: Option<Found<String>>,
    pub(super) reconnect_grace_seconds: Option<Found<String>>,
    pub(super) ice_servers: Option<Found<Vec<RawIceServer>>>,
    pub(super) turn: RawTurn,
    pub(super) documents: RawDocuments,
    pub(super) oidc: Option<RawOidc>,
    pub(super) store_url: Option<Found<String>>,
    pub(super) limits: RawLimits,
    pub(super) mail: RawMail,
    pub(super) private_webhooks: Option<Found<String>>,
    pub(super) log: Option<Found<String>>,
    pub(super) demo: Option<Found<String>>,
}

#[derive(Debug, Clone)]
pub(super) struct RawIceServer {
    pub(super) urls: Found<Vec<Found<String>>>,
    pub(super) username: Option<Found<String>>,
    pub(super) credential: Option<Found<String>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct RawTurn {
    pub(super) urls: Option<Found<Vec<Found<String>>>>,
    pub(super) secret: Option<Found<String>>,
    pub(super) lifetime_hours: Option<Found<String>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct RawDocuments {
    pub(super) max_megabytes: Option<Found<String>>,
    pub(super) max_meeting_megabytes: Option<Found<String>>,
    pub(super) types: Option<Found<Vec<Found<String>>>>,
    pub(super) scan_command: Option<Found<Vec<Found<String>>>>,
    pub(super) scan_seconds: Option<Found<String>>,
}

#[derive(Debug, Clone)]
pub(super) struct RawOidc {
    /// Of the whole table.
    pub(super) place: Place,
    pub(super) name: Option<Found<String>>,
    pub(super) issuer: Option<Found<String>>,
    pub(super) client_id: Option<Found<String>>,
    pub(super) client_secret: Option<Found<String>>,
    pub(super) public_url: Option<Found<String>>,
    pub(super) scopes: Option<Found<Vec<Found<String>>>>,
    pub(super) login_claim: Option<Found<String>>,
    pub(super) unit_claim: Option<Found<String>>,
    pub(super) role_claim: Option<Found<String>>,
    pub(super) roles: Vec<(String, Found<String>)>,
    pub(super) create_accounts: Option<Found<String>>,
    pub(super) link_accounts: Option<Found<String>>,
    pub(super) authority: Option<Found<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    listen: Option<Spanned<String>>,
    dev_http: Option<Spanned<String>>,
    data_dir: Option<Spanned<String>>,
    media_port: Option<Spanned<i64>>,
    media_tcp: Option<Spanned<bool>>,
    media_workers: Option<Spanned<i64>>,
    recording: Option<Spanned<String>>,
    recording_alone_minutes: Option<Spanned<i64>>,
    archive: Option<ArchiveTable>,
    public_ips: Option<Spanned<Vec<Spanned<String>>>>,
    tls: Option<TlsTable>,
    reconnect_grace_seconds: Option<Spanned<i64>>,
    ice_servers: Option<Spanned<Vec<IceServerTable>>>,
    turn: Option<TurnTable>,
    documents: Option<DocumentsTable>,
    identity: Option<IdentityTable>,
    store: Option<StoreTable>,
    limits: Option<LimitsTable>,
    mail: Option<MailTable>,
    webhooks: Option<WebhooksTable>,
    log: Option<Spanned<String>>,
    demo: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsTable {
    certificate: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IceServerTable {
    urls: Spanned<Vec<Spanned<String>>>,
    username: Option<Spanned<String>>,
    credential: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnTable {
    urls: Option<Spanned<Vec<Spanned<String>>>>,
    secret: Option<Spanned<String>>,
    lifetime_hours: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentsTable {
    max_megabytes: Option<Spanned<i64>>,
    max_meeting_megabytes: Option<Spanned<i64>>,
    types: Option<Spanned<Vec<Spanned<String>>>>,
    scan_command: Option<Spanned<Vec<Spanned<String>>>>,
    scan_seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityTable {
    oidc: Option<Spanned<OidcTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OidcTable {
    name: Option<Spanned<String>>,
    issuer: Option<Spanned<String>>,
    client_id: Option<Spanned<String>>,
    client_secret: Option<Spanned<String>>,
    public_url: Option<Spanned<String>>,
    scopes: Option<Spanned<Vec<Spanned<String>>>>,
    login_claim: Option<Spanned<String>>,
    unit_claim: Option<Spanned<String>>,
    role_claim: Option<Spanned<String>>,
    #[serde(default)]
    roles: BTreeMap<String, Spanned<String>>,
    create_accounts: Option<Spanned<bool>>,
    link_accounts: Option<Spanned<bool>>,
    authority: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreTable {
    url: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    sites_per_meeting: Option<Spanned<i64>>,
    sites_per_server: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailTable {
    server: Option<Spanned<String>>,
    security: Option<Spanned<String>>,
    username: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    authority: Option<Spanned<String>>,
    from: Option<Spanned<String>>,
    public_url: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhooksTable {
    allow_private: Option<Spanned<bool>>,
}

/// Reads a settings file.
pub(super) fn read(path: &Path) -> Result<RawSettings, Problem> {
    let source = std::fs::read_to_string(path).map_err(|error| Problem {
        place: Place::Default,
        what: format!("cannot read the settings file {}: {error}", path.display()),
        advice: "check the path given with --config, and that this user may read the file"
            .to_owned(),
    })?;
    parse(path, &source)
}

fn parse(path: &Path, source: &str) -> Result<RawSettings, Problem> {
    let file: SettingsFile = toml::from_str(source).map_err(|error| Problem {
        place: match error.span() {
            Some(span) => Place::File(FilePlace::new(path, source, span)),
            None => Place::Default,
        },
        what: without_value(error.message()).replace('\n', "; "),
        advice: advice_for(error.message()),
    })?;
    let at = Reader { path, source };
    let (tls_certificate, tls_key) = match file.tls {
        Some(tls) => (at.option(tls.certificate), at.option(tls.key)),
        None => (None, None),
    };
    Ok(RawSettings {
        listen: at.option(file.listen),
        dev_http: at.option(file.dev_http),
        data_dir: at.option(file.data_dir),
        media_port: at.option(file.media_port),
        media_tcp: at.option(file.media_tcp),
        media_workers: at.option(file.media_workers),
        recording: at.option(file.recording),
        recording_alone_minutes: at.option(file.recording_alone_minutes),
        archive: RawArchive::read(file.archive, &at),
        public_ips: file.public_ips.map(|list| at.list(list)),
        tls_certificate,
        tls_key,
        reconnect_grace_seconds: at.option(file.reconnect_grace_seconds),
        ice_servers: file.ice_servers.map(|list| Found {
            place: at.place(list.span()),
            value: list
                .into_inner()
                .into_iter()
                .map(|server| RawIceServer {
                    urls: at.list(server.urls),
                    username: at.option(server.username),
                    credential: at.option(server.credential),
                })
                .collect(),
        }),
        turn: file.turn.map_or_else(RawTurn::default, |turn| RawTurn {
            urls: turn.urls.map(|list| at.list(list)),
            secret: at.option(turn.secret),
            lifetime_hours: at.option(turn.lifetime_hours),
        }),
        documents: file
            .documents
            .map_or_else(RawDocuments::default, |table| RawDocuments {
                max_megabytes: at.option(table.max_megabytes),
                max_meeting_megabytes: at.option(table.max_meeting_megabytes),
                types: table.types.map(|list| at.list(list)),
                scan_command: table.scan_command.map(|list| at.list(list)),
                scan_seconds: at.option(table.scan_seconds),
            }),
        oidc: file.identity.and_then(|table| at.oidc(table.oidc)),
        store_url: file.store.and_then(|store| at.secret(store.url)),
        limits: file
            .limits
            .map_or_else(RawLimits::default, |limits| RawLimits {
                sites_per_meeting: at.option(limits.sites_per_meeting),
                sites_per_server: at.option(limits.sites_per_server),
            }),
        mail: file.mail.map_or_else(RawMail::default, |mail| RawMail {
            server: at.option(mail.server),
            security: at.option(mail.security),
            username: at.option(mail.username),
            password: at.secret(mail.password),
            authority: at.option(mail.authority),
            from: at.option(mail.from),
            public_url: at.option(mail.public_url),
        }),
        private_webhooks: file
            .webhooks
            .and_then(|webhooks| at.option(webhooks.allow_private)),
        log: at.option(file.log),
        demo: at.option(file.demo),
    })
}

/// Reads values with their places.
pub(super) struct Reader<'a> {
    path: &'a Path,
    source: &'a str,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place::File(FilePlace::new(self.path, self.source, span))
    }

    pub(super) fn text<T: ToString>(&self, value: Spanned<T>) -> Found<String> {
        Found {
            place: self.place(value.span()),
            value: value.into_inner().to_string(),
        }
    }

    pub(super) fn option<T: ToString>(&self, value: Option<Spanned<T>>) -> Option<Found<String>> {
        value.map(|value| self.text(value))
    }

    /// A text that is not shown where it is complained of.
    pub(super) fn hidden(&self, value: Spanned<String>) -> Found<String> {
        let place = FilePlace::new(self.path, self.source, value.span());
        Found {
            place: Place::File(place.with_value_hidden()),
            value: value.into_inner(),
        }
    }

    fn secret(&self, value: Option<Spanned<String>>) -> Option<Found<String>> {
        value.map(|value| self.hidden(value))
    }

    fn oidc(&self, table: Option<Spanned<OidcTable>>) -> Option<RawOidc> {
        let table = table?;
        let place = self.place(table.span());
        let table = table.into_inner();
        let roles = table.roles.into_iter();
        Some(RawOidc {
            place,
            name: self.option(table.name),
            issuer: self.option(table.issuer),
            client_id: self.option(table.client_id),
            client_secret: self.secret(table.client_secret),
            public_url: self.option(table.public_url),
            scopes: table.scopes.map(|list| self.list(list)),
            login_claim: self.option(table.login_claim),
            unit_claim: self.option(table.unit_claim),
            role_claim: self.option(table.role_claim),
            roles: roles
                .map(|(value, role)| (value, self.text(role)))
                .collect(),
            create_accounts: self.option(table.create_accounts),
            link_accounts: self.option(table.link_accounts),
            authority: self.option(table.authority),
        })
    }

    pub(super) fn list(&self, list: Spanned<Vec<Spanned<String>>>) -> Found<Vec<Found<String>>> {
        Found {
            place: self.place(list.span()),
            value: list
                .into_inner()
                .into_iter()
                .map(|value| self.text(value))
                .collect(),
        }
    }
}

/// The message without the value that it complains of, which may be a secret;
/// the line that is shown beside it hides secrets.
fn without_value(message: &str) -> String {
    for kind in ["invalid type", "invalid value"] {
        if message.starts_with(kind) {
            return match message.rsplit_once(", expected ") {
                Some((_, expected)) => format!("{kind}: expected {expected}"),
                None => kind.to_owned(),
            };
        }
    }
    message.to_owned()
}

fn advice_for(message: &str) -> String {
    if message.starts_with("unknown field") {
        "correct the name or take the line out; deploy/diemcau.example.toml explains every setting"
    } else if message.starts_with("invalid type") {
        "write texts in quotes, and numbers and true/false without"
    } else if message.starts_with("duplicate key") {
        "keep one of the two lines"
    } else if message.starts_with("missing field") {
        "add the missing line"
    } else {
        "correct the line; deploy/diemcau.example.toml shows how each setting is written"
    }
    .to_owned()
}
