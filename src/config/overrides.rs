//! Settings from flags and `DIEMCAU_*` variables.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args};

use super::file::{RawIceServer, RawSettings};
use super::place::{Found, Place};

/// The settings that flags and variables can override. They are taken as text
/// and checked together with those of the file.
#[derive(Debug, Clone, Default, Args)]
pub struct Overrides {
    /// Read settings from this TOML file
    #[arg(long, value_name = "FILE", env = "DIEMCAU_CONFIG")]
    pub config: Option<PathBuf>,

    /// Where HTTPS listens [default: 0.0.0.0:8443]
    #[arg(long, value_name = "ADDRESS:PORT", env = "DIEMCAU_LISTEN")]
    listen: Option<String>,

    /// Also listen for plain HTTP, on a loopback address only
    #[arg(long, value_name = "ADDRESS:PORT", env = "DIEMCAU_DEV_HTTP")]
    dev_http: Option<String>,

    /// The folder that keeps everything [default: ./data]
    #[arg(long, value_name = "FOLDER", env = "DIEMCAU_DATA_DIR")]
    data_dir: Option<String>,

    /// The port of sound and picture, UDP and TCP [default: 8444]
    #[arg(long, value_name = "PORT", env = "DIEMCAU_MEDIA_PORT")]
    media_port: Option<String>,

    /// Whether browsers may also come to the media port by TCP [default: true]
    #[arg(long, value_name = "true|false", env = "DIEMCAU_MEDIA_TCP")]
    media_tcp: Option<String>,

    /// What is recorded of a meeting whose recording is on [default: speakers]
    #[arg(
        long,
        value_name = "programme|speakers|everything",
        env = "DIEMCAU_RECORDING"
    )]
    recording: Option<String>,

    /// After so long without anybody a recorded meeting ends by itself
    /// [default: 30]
    #[arg(long, value_name = "MINUTES", env = "DIEMCAU_RECORDING_ALONE_MINUTES")]
    recording_alone_minutes: Option<String>,

    /// How many threads forward sound and picture; each has a port, from
    /// the media port on [default: one for each core]
    #[arg(long, value_name = "NUMBER", env = "DIEMCAU_MEDIA_WORKERS")]
    media_workers: Option<String>,

    /// An address at which browsers reach the media port; repeatable
    /// [default: this machine's own addresses]
    #[arg(
        long = "public-ip",
        value_name = "ADDRESS",
        env = "DIEMCAU_PUBLIC_IPS",
        value_delimiter = ','
    )]
    public_ips: Option<Vec<String>>,

    /// The certificate and its intermediates, PEM [default: made by an own CA]
    #[arg(long, value_name = "FILE", env = "DIEMCAU_TLS_CERTIFICATE")]
    tls_certificate: Option<String>,

    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", env = "DIEMCAU_TLS_KEY")]
    tls_key: Option<String>,

    /// How long a place is kept when its line breaks [default: 45]
    #[arg(long, value_name = "SECONDS", env = "DIEMCAU_RECONNECT_GRACE_SECONDS")]
    reconnect_grace_seconds: Option<String>,

    /// A STUN server's address; repeatable. TURN servers need a credential
    /// and stand in the file
    #[arg(
        long = "ice-server",
        value_name = "URL",
        env = "DIEMCAU_ICE_SERVERS",
        value_delimiter = ','
    )]
    ice_servers: Option<Vec<String>>,

    /// What is logged, such as `info` or `info,diemcau_sfu=debug`
    /// [default: info]
    #[arg(long, value_name = "FILTER", env = "DIEMCAU_LOG")]
    log: Option<String>,

    /// Start a demonstration meeting, on loopback only
    #[arg(
        long,
        value_name = "true|false",
        env = "DIEMCAU_DEMO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    demo: Option<String>,
}

impl Overrides {
    /// Lays the overrides over the settings of the file.
    pub(super) fn over(&self, file: RawSettings, matches: &ArgMatches) -> RawSettings {
        let origin = Origin { matches };
        RawSettings {
            listen: origin.text("listen", &self.listen).or(file.listen),
            dev_http: origin.text("dev_http", &self.dev_http).or(file.dev_http),
            data_dir: origin.text("data_dir", &self.data_dir).or(file.data_dir),
            media_port: origin
                .text("media_port", &self.media_port)
                .or(file.media_port),
            media_tcp: origin.text("media_tcp", &self.media_tcp).or(file.media_tcp),
            media_workers: origin
                .text("media_workers", &self.media_workers)
                .or(file.media_workers),
            recording: origin.text("recording", &self.recording).or(file.recording),
            recording_alone_minutes: origin
                .text("recording_alone_minutes", &self.recording_alone_minutes)
                .or(file.recording_alone_minutes),
            public_ips: origin
                .list("public_ips", &self.public_ips)
                .or(file.public_ips),
            tls_certificate: origin
                .text("tls_certificate", &self.tls_certificate)
                .or(file.tls_certificate),
            tls_key: origin.text("tls_key", &self.tls_key).or(file.tls_key),
            reconnect_grace_seconds: origin
                .text("reconnect_grace_seconds", &self.reconnect_grace_seconds)
                .or(file.reconnect_grace_seconds),
            ice_servers: origin
                .list("ice_servers", &self.ice_servers)
                .map(one_server)
                .or(file.ice_servers),
            turn: file.turn,
            documents: file.documents,
            archive: file.archive,
            oidc: file.oidc,
            store_url: file.store_url,
            limits: file.limits,
            mail: file.mail,
            private_webhooks: file.private_webhooks,
            log: origin.text("log", &self.log).or(file.log),
            demo: origin.text("demo", &self.demo).or(file.demo),
        }
    }
}

fn one_server(urls: Found<Vec<Found<String>>>) -> Found<Vec<RawIceServer>> {
    Found {
        place: urls.place.clone(),
        value: vec![RawIceServer {
            urls,
            username: None,
            credential: None,
        }],
    }
}

struct Origin<'a> {
    matches: &'a ArgMatches,
}

impl Origin<'_> {
    fn place(&self, id: &str) -> Place {
        let flag = match id {
            "public_ips" => "--public-ip".to_owned(),
            "ice_servers" => "--ice-server".to_owned(),
            _ => format!("--{}", id.replace('_', "-")),
        };
        match self.matches.value_source(id) {
            Some(ValueSource::EnvVariable) => {
                Place::Variable(format!("DIEMCAU_{}", id.to_uppercase()))
            }
            _ => Place::Flag(flag),
        }
    }

    fn text(&self, id: &str, value: &Option<String>) -> Option<Found<String>> {
        value.as_ref().map(|value| Found {
            value: value.clone(),
            place: self.place(id),
        })
    }

    fn list(&self, id: &str, values: &Option<Vec<String>>) -> Option<Found<Vec<Found<String>>>> {
        let place = self.place(id);
        values.as_ref().map(|values| Found {
            value: values
                .iter()
                .map(|value| Found {
                    value: value.trim().to_owned(),
                    place: place.clone(),
                })
                .collect(),
            place: place.clone(),
        })
    }
}
