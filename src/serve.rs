//! `diemcau serve`: everything in one process.
//!
//! ```text
//!   data folder ─> certificate ─> listeners ─> services ─> notice ─> serving
//!                                                                      │ signal, or
//!                                                                      │ a part ended
//!   end <── media <── HTTP <── participants are told, the log is closed <┘
//! ```
//!
//! Nothing is mended inside: where a part ends by itself the whole ends with
//! an error, and whoever runs it (systemd, a container's engine) starts it anew.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use diemcau_protocol::DemoPage;
use diemcau_signaling::{OpenMeetingError, TokenKeyError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use time::OffsetDateTime;
use tokio::task::{JoinHandle, JoinSet};

use crate::addresses;
use crate::config::Settings;
use crate::folder::{DataFolder, FolderError, Layout};
use crate::tls::{Identity, TlsError};
use crate::web::WebClient;
use crate::wire::{Services, WireError};
use crate::{demo, ops, recording, web};

/// How long requests under way may take once the server stops.
const LAST_REQUESTS: Duration = Duration::from_secs(3);
/// How long a connection may stay without a complete request.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// How often the certificate is looked at: given ones are replaced by their
/// owner, own ones run out.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(12 * 3_600);
/// How long an administrator's link is good that is shown at the start.
const ADMIN_LINK_LIFE: Duration = Duration::from_secs(12 * 3_600);

/// Why the server does not start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is no usable certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened at.
    #[error("cannot listen at {address}: {source}; choose another with {flag}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A service does not start.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The demonstration meeting cannot be opened.
    #[error("cannot open the demonstration meeting: {0}")]
    Demo(#[from] OpenMeetingError),
    /// An administrator's token cannot be signed.
    #[error("cannot sign an administrator's token: {0}")]
    Token(#[from] TokenKeyError),
    /// A listener ended by itself.
    #[error("the listener ended: {0}")]
    Ended(io::Error),
    /// The media worker ended by itself.
    #[error("the media worker ended; the log says why")]
    MediaEnded,
}

/// What to tell the operator once everything runs.
#[derive(Debug)]
pub struct Notice {
    /// The addresses to open, the nearest first.
    pub addresses: Vec<String>,
    /// The data folder.
    pub data_dir: PathBuf,
    /// The file of the secret ballots, where the rest is in PostgreSQL.
    pub ballots: Option<PathBuf>,
    /// The authority's certificate, to be installed on clients.
    pub authority: Option<PathBuf>,
    /// The address and the fragment with an administrator's token.
    pub administrator: String,
    /// The demonstration, if it is one.
    pub demo: Option<DemoPage>,
    /// Where the server has only its own loopback address to announce.
    pub loopback_only: bool,
}

/// Serves until `stop` is ready, then ends in good order. `announce` is called
/// once, when the server is ready.
pub async fn serve(
    settings: Settings,
    stop: impl Future<Output = ()>,
    announce: impl FnOnce(&Notice),
) -> Result<(), ServeError> {
    let mut server = Server::start(&settings).await?;
    announce(&server.notice);
    let ended = server.until(stop).await;
    if let Err(error) = &ended {
        tracing::error!(%error, "the server cannot go on");
    }
    server.end().await;
    ended
}

/// A server that runs.
struct Server {
    folder: DataFolder,
    services: Arc<Services>,
    handle: Handle<SocketAddr>,
    listeners: JoinSet<io::Result<()>>,
    certificates: JoinHandle<()>,
    notice: Notice,
}

impl Server {
    async fn start(settings: &Settings) -> Result<Self, ServeError> {
        let folder = DataFolder::open(&settings.data_dir, settings.demo)?;
        let public_ips = if settings.public_ips.is_empty() {
            addresses::own()
        } else {
            settings.public_ips.clone()
        };
        let identity = identity(settings, &folder.layout, &public_ips);
        let tls = RustlsConfig::from_config(identity.load(OffsetDateTime::now_utc())?);
        let https = bind(settings.listen, "--listen")?;
        let http = match settings.dev_http {
            Some(address) => Some(bind(address, "--dev-http")?),
            None => None,
        };
        // Port 0 was any that is free.
        let settings = &Settings {
            listen: https.local_addr().unwrap_or(settings.listen),
            dev_http: http
                .as_ref()
                .and_then(|http| http.local_addr().ok())
                .or(settings.dev_http),
            ..settings.clone()
        };

        let services = Arc::new(Services::start(settings, &public_ips, &folder.layout).await?);
        let demo_page = open_demo(settings, &services).await?;
        let app = app(settings, &services, demo_page.clone());
        let notice = Notice {
            addresses: page_addresses(settings, &public_ips),
            data_dir: settings.data_dir.clone(),
            ballots: ballots_apart(settings, &folder.layout),
            authority: identity.authority_certificate(),
            administrator: administrator_path(&services.signaling.admin_token(ADMIN_LINK_LIFE)?),
            demo: demo_page,
            loopback_only: !settings.demo && public_ips.iter().all(IpAddr::is_loopback),
        };

        let handle = Handle::new();
        let mut listeners = JoinSet::new();
        listeners.spawn(serve_https(
            https,
            tls.clone(),
            handle.clone(),
            app.clone(),
        )?);
        if let Some(http) = http {
            listeners.spawn(serve_http(http, handle.clone(), app)?);
        }
        Ok(Self {
            folder,
            services,
            handle,
            listeners,
            certificates: tokio::spawn(keep_certificate(identity, tls)),
            notice,
        })
    }

    /// Waits until `stop` is ready, or a part has ended by itself.
    async fn until(&mut self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        tokio::select! {
            () = stop => Ok(()),
            () = self.services.media_ended() => Err(ServeError::MediaEnded),
            Some(ended) = self.listeners.join_next() => Err(ServeError::Ended(match ended {
                Ok(Ok(())) => io::Error::other("without a reason"),
                Ok(Err(error)) => error,
                Err(panicked) => io::Error::other(panicked),
            })),
        }
    }

    /// Ends everything in good order.
    async fn end(mut self) {
        tracing::info!("stopping: participants are told");
        self.services.say_goodbye().await;
        self.handle.graceful_shutdown(Some(LAST_REQUESTS));
        while self.listeners.join_next().await.is_some() {}
        self.certificates.abort();
        self.services.stop_media().await;
        self.services.stop_recorder().await;
        tracing::info!("stopped");
        drop(self.folder);
    }
}

/// The file of the secret ballots, where the rest is in PostgreSQL.
fn ballots_apart(settings: &Settings, layout: &Layout) -> Option<PathBuf> {
    settings.database.is_some().then(|| layout.ballots())
}

/// Path and fragment of the administrator's page.
pub fn administrator_path(token: &str) -> String {
    format!("/admin#{token}")
}

/// The addresses under which this machine's own browser, and others, find the
/// pages; the nearest first.
pub fn page_addresses(settings: &Settings, public_ips: &[IpAddr]) -> Vec<String> {
    let mut found: Vec<String> = settings
        .dev_http
        .iter()
        .map(|address| format!("http://{address}"))
        .collect();
    let port = settings.listen.port();
    if settings.listen.ip().is_unspecified() {
        found.push(format!("https://localhost:{port}"));
        found.extend(
            public_ips
                .iter()
                .filter(|ip| !ip.is_loopback())
                .map(|ip| format!("https://{}", SocketAddr::new(*ip, port))),
        );
    } else {
        found.push(format!("https://{}", settings.listen));
    }
    found
}

/// An own certificate is for every address at which a browser may ask: those
/// that are announced, and the one that is listened at.
fn identity(settings: &Settings, layout: &Layout, public_ips: &[IpAddr]) -> Identity {
    let listen = Some(settings.listen.ip()).filter(|ip| !ip.is_unspecified());
    let addresses: Vec<IpAddr> = public_ips.iter().copied().chain(listen).collect();
    match &settings.tls {
        Some(files) => Identity::Given(files.clone()),
        None => Identity::own(layout.tls(), addresses::host_name(), &addresses),
    }
}

/// Whether browsers are told to come by HTTPS only. They remember that for a
/// name and all its ports: so not where plain HTTP is served too, nor with an
/// own certificate, whose names (`localhost`, a shared host) others may use.
fn strict_transport(settings: &Settings) -> bool {
    settings.tls.is_some() && settings.dev_http.is_none()
}

fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
        .map_err(|source| ServeError::Listen {
            address,
            flag,
            source,
        })
}

async fn open_demo(
    settings: &Settings,
    services: &Services,
) -> Result<Option<DemoPage>, ServeError> {
    if !settings.demo {
        return Ok(None);
    }
    let created = services
        .signaling
        .open_meeting(
            demo::meeting(),
            Some(demo::meeting_id()),
            Some(demo::participant_ids()),
        )
        .await?;
    Ok(Some(demo::page(created)))
}

fn app(settings: &Settings, services: &Arc<Services>, demo_page: Option<DemoPage>) -> Router {
    let mut routes = services
        .signaling
        .router()
        .merge(ops::router(Arc::clone(services)))
        .merge(recording::router(Arc::clone(services)));
    if let Some(page) = demo_page {
        routes = routes.merge(demo::router(page));
    }
    web::serve_with(routes, WebClient::embedded(), strict_transport(settings))
}

fn serve_https(
    listener: TcpListener,
    tls: RustlsConfig,
    handle: Handle<SocketAddr>,
    app: Router,
) -> Result<impl Future<Output = io::Result<()>> + Send, ServeError> {
    let mut server = axum_server::from_tcp_rustls(listener, tls).map_err(ServeError::Ended)?;
    limit_patience(server.http_builder());
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(server.handle(handle).serve(service))
}

fn serve_http(
    listener: TcpListener,
    handle: Handle<SocketAddr>,
    app: Router,
) -> Result<impl Future<Output = io::Result<()>> + Send, ServeError> {
    let mut server = axum_server::from_tcp(listener).map_err(ServeError::Ended)?;
    limit_patience(server.http_builder());
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(server.handle(handle).serve(service))
}

/// Closes connections that send no request, or one too slowly.
fn limit_patience(builder: &mut Builder<TokioExecutor>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADERS_WITHIN);
}

async fn keep_certificate(identity: Identity, tls: RustlsConfig) {
    let mut due = tokio::time::interval(CERTIFICATE_CHECK);
    due.tick().await;
    loop {
        due.tick().await;
        match identity.load(OffsetDateTime::now_utc()) {
            Ok(config) => tls.reload_from_config(config),
            Err(error) => tracing::error!(%error, "the certificate is kept as it was"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn names(listen: &str) -> Vec<String> {
        let settings = Settings {
            listen: listen.parse().unwrap(),
            ..Settings::default()
        };
        let public = ["192.0.2.7".parse().unwrap()];
        match identity(&settings, &Layout::new(Path::new("data")), &public) {
            Identity::Own { names, .. } => names,
            Identity::Given(_) => panic!("no certificate was given"),
        }
    }

    #[test]
    fn the_start_tells_where_ballots_are_that_are_not_in_postgresql() {
        let layout = Layout::new(Path::new("data"));
        let mut settings = Settings::default();
        assert_eq!(ballots_apart(&settings, &layout), None);
        settings.database = Some("postgres://localhost/diemcau".parse().unwrap());
        let told = ballots_apart(&settings, &layout).unwrap();
        assert_eq!(told, Path::new("data/store/ballots.db"));
    }

    #[test]
    fn an_own_certificate_is_for_the_address_that_is_listened_at() {
        for listen in ["0.0.0.0:8443", "[::]:8443"] {
            let names = names(listen);
            assert!(names.contains(&"192.0.2.7".to_owned()), "{names:?}");
            assert!(!names.iter().any(|name| name == "0.0.0.0" || name == "::"));
        }
        let names = names("198.51.100.9:8443");
        assert!(names.contains(&"198.51.100.9".to_owned()), "{names:?}");
    }

    #[tokio::test]
    async fn the_server_ends_with_an_error_when_the_media_worker_ends() {
        let folder = tempfile::tempdir().unwrap();
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let settings = Settings {
            listen: SocketAddr::new(loopback, 0),
            media_port: 0,
            public_ips: vec![loopback],
            data_dir: folder.path().join("data"),
            ..Settings::default()
        };
        let mut server = Server::start(&settings).await.unwrap();
        let running = tokio::time::timeout(Duration::ZERO, server.until(std::future::pending()));
        assert!(running.await.is_err(), "all is well so far");

        server.services.stop_media().await;
        let ended = server.until(std::future::pending());
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        assert!(
            matches!(ended, Ok(Err(ServeError::MediaEnded))),
            "{ended:?}"
        );
        server.end().await;
    }

    #[test]
    fn the_nearest_address_comes_first() {
        let addresses = page_addresses(&Settings::demo_default(), &[]);
        assert_eq!(
            addresses,
            ["http://127.0.0.1:8080", "https://127.0.0.1:8443"]
        );

        let public = ["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
        let addresses = page_addresses(&Settings::default(), &public);
        assert_eq!(
            addresses,
            [
                "https://localhost:8443",
                "https://192.0.2.7:8443",
                "https://[2001:db8::7]:8443"
            ]
        );
    }
}
