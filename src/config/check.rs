//! From text to valid settings: every rule about a setting stands here.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::file::{RawIceServer, RawSettings};
use super::place::{Found, Place, Problem};
use super::recorded::{detail, detail_name, minutes_alone};
use super::text::{grace, log_filter, path, port, public_ip, socket_address, truth, workers};
use super::{ConfigError, Effective, IceServerSetting, Loaded, Redacted, Settings, TlsFiles};

/// Checks everything and reports every problem at once.
pub(super) fn check(raw: RawSettings) -> Result<Loaded, ConfigError> {
    let mut check = Check::default();

    let demo = check.value("demo", raw.demo, false, truth, bool::to_string);
    let default = if demo.value {
        Settings::demo_default()
    } else {
        Settings::default()
    };

    let listen = check.value(
        "listen",
        raw.listen,
        default.listen,
        socket_address,
        SocketAddr::to_string,
    );
    let dev_http = check.value(
        "dev_http",
        raw.dev_http,
        default.dev_http,
        |text| match text {
            "off" => Ok(None),
            _ => socket_address(text).map(Some),
        },
        |address| address.map_or_else(|| "off".to_owned(), |address| address.to_string()),
    );
    let data_dir = check.value("data_dir", raw.data_dir, default.data_dir, path, |path| {
        path.display().to_string()
    });
    let media_port = check.value(
        "media_port",
        raw.media_port,
        default.media_port,
        port,
        u16::to_string,
    );
    let media_tcp = check.value(
        "media_tcp",
        raw.media_tcp,
        default.media_tcp,
        truth,
        bool::to_string,
    );
    let media_workers = check.value(
        "media_workers",
        raw.media_workers,
        default.media_workers,
        workers,
        usize::to_string,
    );
    check.media_ports(&media_port, media_workers.value);
    let public_ips = check.public_ips(raw.public_ips, default.public_ips);
    let tls = check.tls(raw.tls_certificate, raw.tls_key);
    let reconnect_grace = check.value(
        "reconnect_grace_seconds",
        raw.reconnect_grace_seconds,
        default.reconnect_grace,
        grace,
        |grace| grace.as_secs().to_string(),
    );
    let ice_servers = check.ice_servers(raw.ice_servers);
    let recording = check.value(
        "recording",
        raw.recording,
        default.recording,
        detail,
        detail_name,
    );
    let recorded_alone = check.value(
        "recording_alone_minutes",
        raw.recording_alone_minutes,
        default.recorded_alone,
        minutes_alone,
        |alone| (alone.as_secs() / 60).to_string(),
    );
    let log = check.value("log", raw.log, default.log, log_filter, String::clone);
    let turn = check.turn(raw.turn);
    let documents = check.documents(raw.documents);
    let database = check.database(raw.store_url, &data_dir.value);
    let limits = check.limits(raw.limits);
    let mail = check.mail(raw.mail);
    let private_webhooks = check.value(
        "allow_private",
        raw.private_webhooks,
        default.private_webhooks,
        truth,
        bool::to_string,
    );
    let oidc = check.oidc(raw.oidc);
    let archive = check.archive(raw.archive);

    check.dev_http_is_loopback(&dev_http, &listen);
    if media_tcp.value {
        let pages = [Some(listen.value), dev_http.value];
        check.media_tcp_ports(&media_port, media_workers.value, pages);
    }
    if demo.value {
        check.demo_is_loopback(&listen, &public_ips);
    }

    check.finish(Settings {
        listen: listen.value,
        dev_http: dev_http.value,
        data_dir: data_dir.value,
        media_port: media_port.value,
        media_tcp: media_tcp.value,
        media_workers: media_workers.value,
        public_ips: public_ips.value,
        tls,
        reconnect_grace: reconnect_grace.value,
        ice_servers,
        turn,
        documents,
        oidc,
        database,
        recording: recording.value,
        recorded_alone: recorded_alone.value,
        archive,
        limits,
        mail,
        private_webhooks: private_webhooks.value,
        log: log.value,
        demo: demo.value,
    })
}

/// What is wrong with a text, and what to do.
pub(super) struct Complaint {
    what: String,
    advice: String,
}

pub(super) fn complain<T>(
    what: impl Into<String>,
    advice: impl Into<String>,
) -> Result<T, Complaint> {
    Err(Complaint {
        what: what.into(),
        advice: advice.into(),
    })
}

#[derive(Default)]
pub(super) struct Check {
    problems: Vec<Problem>,
    effective: Vec<Effective>,
}

impl Check {
    fn finish(self, settings: Settings) -> Result<Loaded, ConfigError> {
        if self.problems.is_empty() {
            Ok(Loaded {
                settings,
                effective: self.effective,
            })
        } else {
            Err(ConfigError {
                problems: self.problems,
            })
        }
    }

    /// How many problems there are so far.
    pub(super) fn problems(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn problem(
        &mut self,
        place: &Place,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.problems.push(Problem {
            place: place.clone(),
            what: what.into(),
            advice: advice.into(),
        });
    }

    pub(super) fn complaint(&mut self, name: &str, place: &Place, complaint: Complaint) {
        self.problem(
            place,
            format!("`{name}`: {}", complaint.what),
            complaint.advice,
        );
    }

    /// Notes a setting that is in effect.
    pub(super) fn note(&mut self, name: &'static str, value: String, place: &Place) {
        self.effective.push(Effective {
            name,
            value,
            place: place.clone(),
        });
    }

    fn value<T>(
        &mut self,
        name: &'static str,
        found: Option<Found<String>>,
        default: T,
        parse: impl Fn(&str) -> Result<T, Complaint>,
        show: impl Fn(&T) -> String,
    ) -> Found<T> {
        let (value, place) = match found {
            None => (default, Place::Default),
            Some(found) => match parse(found.value.trim()) {
                Ok(value) => (value, found.place),
                Err(complaint) => {
                    self.complaint(name, &found.place, complaint);
                    (default, Place::Default)
                }
            },
        };
        self.note(name, show(&value), &place);
        Found { value, place }
    }

    fn public_ips(
        &mut self,
        found: Option<Found<Vec<Found<String>>>>,
        default: Vec<IpAddr>,
    ) -> Found<Vec<IpAddr>> {
        let (value, place) = match found {
            // An empty list is the notation for "find them".
            None => (default, Place::Default),
            Some(found) if found.value.is_empty() => (default, found.place),
            Some(found) => {
                let mut addresses = Vec::new();
                for text in &found.value {
                    match public_ip(&text.value) {
                        Ok(address) if addresses.contains(&address) => {}
                        Ok(address) => addresses.push(address),
                        Err(complaint) => {
                            self.complaint("public_ips", &text.place, complaint);
                        }
                    }
                }
                if addresses.iter().any(IpAddr::is_ipv4) && addresses.iter().any(IpAddr::is_ipv6) {
                    self.problem(
                        &found.place,
                        "`public_ips`: the media port serves IPv4 or IPv6, not both at once",
                        "keep the addresses of one family; IPv4 reaches the most browsers",
                    );
                }
                (addresses, found.place)
            }
        };
        let shown = if value.is_empty() {
            "found at the start".to_owned()
        } else {
            join(value.iter().map(IpAddr::to_string))
        };
        self.note("public_ips", shown, &place);
        Found { value, place }
    }

    fn tls(
        &mut self,
        certificate: Option<Found<String>>,
        key: Option<Found<String>>,
    ) -> Option<TlsFiles> {
        match (certificate, key) {
            (None, None) => {
                self.note(
                    "tls",
                    "made by an own authority".to_owned(),
                    &Place::Default,
                );
                None
            }
            (Some(certificate), None) => {
                self.problem(
                    &certificate.place,
                    "`tls.certificate` is given, but `tls.key` is not",
                    "give the certificate's private key as `tls.key`, or neither of the two",
                );
                None
            }
            (None, Some(key)) => {
                self.problem(
                    &key.place,
                    "`tls.key` is given, but `tls.certificate` is not",
                    "give the certificate as `tls.certificate`, or neither of the two",
                );
                None
            }
            (Some(certificate), Some(key)) => {
                let files = TlsFiles {
                    certificate: self.readable("tls.certificate", &certificate)?,
                    key: self.readable("tls.key", &key)?,
                };
                let shown = files.certificate.display().to_string();
                self.note("tls.certificate", shown, &certificate.place);
                self.note("tls.key", files.key.display().to_string(), &key.place);
                Some(files)
            }
        }
    }

    fn readable(&mut self, name: &str, found: &Found<String>) -> Option<PathBuf> {
        let path = PathBuf::from(&found.value);
        match std::fs::File::open(&path) {
            Ok(_) => Some(path),
            Err(error) => {
                self.problem(
                    &found.place,
                    format!("`{name}`: cannot open {}: {error}", path.display()),
                    "check the path, and that the user who runs the server may read the file",
                );
                None
            }
        }
    }

    fn ice_servers(&mut self, found: Option<Found<Vec<RawIceServer>>>) -> Vec<IceServerSetting> {
        let (raw, place) = match found {
            Some(found) => (found.value, found.place),
            None => (Vec::new(), Place::Default),
        };
        let servers: Vec<IceServerSetting> = raw
            .into_iter()
            .filter_map(|server| self.ice_server(server))
            .collect();
        let shown = if servers.is_empty() {
            "none".to_owned()
        } else {
            join(servers.iter().flat_map(|server| server.urls.clone()))
        };
        self.note("ice_servers", shown, &place);
        servers
    }

    fn ice_server(&mut self, raw: RawIceServer) -> Option<IceServerSetting> {
        let problems_before = self.problems.len();
        if raw.urls.value.is_empty() {
            self.problem(
                &raw.urls.place,
                "`ice_servers`: a server without an address",
                "give at least one address, such as \"stun:stun.example.vn:3478\"",
            );
        }
        let complete = raw.username.is_some() && raw.credential.is_some();
        for url in &raw.urls.value {
            match url.value.split_once(':') {
                Some(("stun" | "stuns", host)) if !host.is_empty() => {}
                Some(("turn" | "turns", host)) if !host.is_empty() => {
                    if !complete {
                        self.problem(
                            &url.place,
                            format!(
                                "`ice_servers`: {} needs a user name and a credential",
                                url.value
                            ),
                            "give `username` and `credential` beside `urls` in the settings file; \
                             flags and variables are not for secrets",
                        );
                    }
                }
                _ => self.problem(
                    &url.place,
                    format!(
                        "`ice_servers`: {:?} is not a STUN or TURN address",
                        url.value
                    ),
                    "write stun:HOST:PORT, turn:HOST:PORT or turns:HOST:PORT",
                ),
            }
        }
        if self.problems.len() > problems_before {
            return None;
        }
        Some(IceServerSetting {
            urls: raw.urls.value.into_iter().map(|url| url.value).collect(),
            username: raw.username.map(|found| found.value),
            credential: raw.credential.map(|found| Redacted::new(found.value)),
        })
    }

    fn dev_http_is_loopback(
        &mut self,
        dev_http: &Found<Option<SocketAddr>>,
        listen: &Found<SocketAddr>,
    ) {
        let Some(address) = dev_http.value else {
            return;
        };
        if !address.ip().is_loopback() {
            self.problem(
                &dev_http.place,
                format!("`dev_http`: plain HTTP is refused on {address}"),
                "use a loopback address such as 127.0.0.1:8080; other machines come by HTTPS, \
                 at the address of `listen`",
            );
        }
        let overlap = listen.value.ip() == address.ip() || listen.value.ip().is_unspecified();
        if overlap && listen.value.port() == address.port() {
            self.problem(
                &dev_http.place,
                format!(
                    "`dev_http` and `listen` both ask for port {}",
                    address.port()
                ),
                "give them different ports",
            );
        }
    }

    fn media_ports(&mut self, port: &Found<u16>, workers: usize) {
        let last = usize::from(port.value) + workers - 1;
        if last > usize::from(u16::MAX) {
            self.problem(
                &port.place,
                format!("`media_port`: {workers} media workers need the ports up to {last}"),
                "choose a lower port, or fewer `media_workers`",
            );
        }
    }

    /// A port that pages are served at is not one for sound and picture.
    fn media_tcp_ports(
        &mut self,
        port: &Found<u16>,
        workers: usize,
        pages: [Option<SocketAddr>; 2],
    ) {
        let first = usize::from(port.value);
        for page in pages.into_iter().flatten() {
            if (first..first + workers).contains(&page.port().into()) {
                self.problem(
                    &port.place,
                    format!(
                        "`media_port`: {workers} media workers would take TCP port {}, where \
                         pages are served",
                        page.port()
                    ),
                    "choose another port, or `media_tcp = false`",
                );
            }
        }
    }

    fn demo_is_loopback(&mut self, listen: &Found<SocketAddr>, public_ips: &Found<Vec<IpAddr>>) {
        let advice = "the demonstration's links let anybody in: leave the setting out, \
                      or run without --demo";
        if !listen.value.ip().is_loopback() {
            self.problem(
                &listen.place,
                format!(
                    "the demonstration listens on loopback only and refuses {}",
                    listen.value
                ),
                advice,
            );
        }
        for address in public_ips.value.iter().filter(|ip| !ip.is_loopback()) {
            self.problem(
                &public_ips.place,
                format!("the demonstration is reached on loopback only, not at {address}"),
                advice,
            );
        }
    }
}

pub(super) fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
