//! Joins the services in one process.
//!
//! ```text
//!   signaling ── MediaSink ──────────────> Media::send
//!       ▲                                     │ worker thread
//!       └── media_event <── task <── channel ─┘
//!
//!   signaling ── RecorderSink ──> Recorder <── LinkListener ── Media
//!             <── event log ──            ── ToMedia ──>
//! ```
//!
//! The media plane starts first, so that nothing that signaling asks of it
//! while it opens its log is lost.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime};

use diemcau_protocol::{IceServer, MediaCommand, MediaEvent, ToMedia};
use diemcau_recorder::Recorder;
use diemcau_sfu::{
    EchoKey, LinkListener, Media, MediaConfig, NoRandomness, StartError, WorkerSnapshot,
};
use diemcau_signaling::{
    ClientSecret, DocumentSettings, EchoSource, MailServer, OidcConfig, Planning, Signaling,
    SignalingConfig, StoreLocation, TurnServer,
};
use tokio::sync::{mpsc, watch};

use crate::config::{OidcSetting, Settings};
use crate::folder::{FolderError, Layout};
use crate::recording::{self, Archives, Clerk, Ways};

/// How long signaling may take to tell everyone and close its log.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// What can go wrong when the services start.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The keys cannot be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The media plane does not start.
    #[error(
        "cannot open the media ports, {0}; choose others with --media-port, or --media-tcp=false"
    )]
    Media(#[from] StartError),
    /// The recorder does not start.
    #[error("cannot start the recorder: {0}")]
    Recorder(#[from] std::io::Error),
    /// The way to the time-stamping authority cannot be had.
    #[error(transparent)]
    Stamps(#[from] diemcau_recorder::StampError),
    /// The way to the store of archives cannot be had.
    #[error("`archive.s3`: {0}")]
    Depot(#[from] diemcau_recorder::DepotError),
    /// The authority for the mail server cannot be read.
    #[error("cannot read `mail.authority`: {0}")]
    MailAuthority(std::io::Error),
    /// There is no randomness for keys.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The authority of the provider of identities cannot be read.
    #[error("cannot read `identity.oidc.authority`, {}: {source}", .path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The control plane does not start.
    #[error("cannot start signaling: {0}")]
    Signaling(#[from] diemcau_signaling::OpenError),
}

/// The running services.
pub struct Services {
    /// The control plane.
    pub signaling: Signaling,
    /// The media plane.
    pub media: MediaHandle,
    /// The recorder.
    pub recorder: Arc<Recorder>,
    /// Minutes, and the list of recordings.
    pub clerk: Clerk,
    /// What was recorded before.
    pub archives: Arc<Archives>,
    /// The file of the public keys that verify archives.
    pub archive_keys: PathBuf,
    /// Its other end is dropped with the media worker.
    media_lives: watch::Receiver<()>,
}

/// The media plane for as long as it runs; what comes after its end is
/// dropped.
#[derive(Clone)]
pub struct MediaHandle {
    media: Arc<RwLock<Option<Media>>>,
}

impl MediaHandle {
    fn new(media: Media) -> Self {
        Self {
            media: Arc::new(RwLock::new(Some(media))),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Media>> {
        self.media.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, command: MediaCommand) {
        if let Some(media) = self.read().as_ref() {
            media.send(command);
        }
    }

    /// Hands on what the recorder asks of a worker.
    pub(crate) fn listener_asks(&self, worker: usize, asked: ToMedia) {
        if let Some(media) = self.read().as_ref() {
            media.listener_asks(worker, asked);
        }
    }

    /// Whether media can flow.
    pub fn is_running(&self) -> bool {
        self.read().as_ref().is_some_and(Media::is_running)
    }

    /// What each worker has counted so far; nothing once they have ended.
    pub fn workers(&self) -> Vec<WorkerSnapshot> {
        self.read().as_ref().map(Media::workers).unwrap_or_default()
    }

    /// Ends the media plane and waits for it.
    fn stop(&self) {
        let media = self
            .media
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(media) = media {
            media.shutdown();
        }
    }
}

impl Services {
    /// Starts the media plane, then the control plane, and joins them.
    pub async fn start(
        settings: &Settings,
        public_ips: &[IpAddr],
        layout: &Layout,
    ) -> Result<Self, WireError> {
        let (events, inbox) = mpsc::unbounded_channel();
        let echo = EchoKey::new()?;
        let ways = Arc::new(Ways {
            media: OnceLock::new(),
            signaling: OnceLock::new(),
            runtime: tokio::runtime::Handle::current(),
        });
        let archives = Arc::new(Archives::open(settings, layout, &ways.runtime)?);
        let clerk = Clerk::new(&archives);
        let recorder = Arc::new(recording::start(settings, layout, &ways, &archives)?);
        let listener: LinkListener = {
            let recorder = Arc::clone(&recorder);
            Arc::new(move |worker, told| recorder.hear(worker, told))
        };
        let media = start_media(settings, public_ips, echo.clone(), listener, move |event| {
            // The receiver is gone only while everything stops.
            let _ = events.send(event);
        })?;
        let port = media.local_addr().port();
        let echo = EchoSource {
            ticket: Arc::new(move || echo.ticket(SystemTime::now()).ok()),
            addresses: public_ips.iter().map(|ip| (*ip, port).into()).collect(),
        };
        let media = MediaHandle::new(media);
        // Each is set once, here.
        let _ = ways.media.set(media.clone());
        let sink = {
            let media = media.clone();
            Arc::new(move |command: MediaCommand| media.send(command))
        };
        let mut config = signaling_config(settings, layout, echo)?;
        config.recorder = Some({
            let recorder = Arc::clone(&recorder);
            Arc::new(move |wanted| recorder.wanted(wanted))
        });
        let signaling = Signaling::open(config, sink).await?;
        let _ = ways.signaling.set(signaling.clone());
        recording::wake(&recorder, &signaling).await;
        let (lives, media_lives) = watch::channel(());
        let carry = carry_events(inbox, signaling.clone());
        tokio::spawn(async move {
            carry.await;
            drop(lives);
        });
        Ok(Self {
            signaling,
            media,
            recorder,
            clerk,
            archives,
            archive_keys: layout.archive_public_keys(),
            media_lives,
        })
    }

    /// Ready once the media worker has ended, in good order or not: nothing
    /// starts it again.
    pub async fn media_ended(&self) {
        let mut lives = self.media_lives.clone();
        // Nothing is ever sent: an answer means that the sender is gone.
        let _ = lives.changed().await;
    }

    /// Tells everyone, then closes the log. The media plane goes on.
    pub async fn say_goodbye(&self) {
        if tokio::time::timeout(SHUTDOWN_PATIENCE, self.signaling.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("signaling did not stop in time");
        }
    }

    /// Ends the media plane.
    pub async fn stop_media(&self) {
        let media = self.media.clone();
        if tokio::task::spawn_blocking(move || media.stop())
            .await
            .is_err()
        {
            tracing::error!("the media plane could not be ended in good order");
        }
    }

    /// Lets the recorder write what is left; films go on at the next start.
    pub async fn stop_recorder(&self) {
        let recorder = Arc::clone(&self.recorder);
        let archives = Arc::clone(&self.archives);
        let stop = move || {
            archives.films.shutdown();
            recorder.shutdown();
        };
        if tokio::task::spawn_blocking(stop).await.is_err() {
            tracing::error!("the recorder could not be ended in good order");
        }
    }
}

/// Where the databases of a server are.
pub(crate) fn store_location(settings: &Settings, layout: &Layout) -> StoreLocation {
    match &settings.database {
        Some(url) => StoreLocation::Postgres(url.clone()),
        None => StoreLocation::in_folder(&layout.store()),
    }
}

/// The provider of identities, with the authority of its certificate read.
fn oidc_config(setting: &OidcSetting) -> Result<OidcConfig, WireError> {
    let authority_pem = match &setting.authority {
        Some(path) => {
            Some(
                std::fs::read_to_string(path).map_err(|source| WireError::Authority {
                    path: path.clone(),
                    source,
                })?,
            )
        }
        None => None,
    };
    Ok(OidcConfig {
        name: setting.name.clone(),
        issuer: setting.issuer.clone(),
        client_id: setting.client_id.clone(),
        client_secret: ClientSecret::new(setting.client_secret.reveal().to_owned()),
        public_url: setting.public_url.clone(),
        scopes: setting.scopes.clone(),
        login_claim: setting.login_claim.clone(),
        unit_claim: setting.unit_claim.clone(),
        role_claim: setting.role_claim.clone(),
        roles: setting.roles.clone(),
        create_accounts: setting.create_accounts,
        link_accounts: setting.link_accounts,
        authority_pem,
    })
}

/// The configuration of signaling that the settings and the data folder ask
/// for.
fn signaling_config(
    settings: &Settings,
    layout: &Layout,
    echo: EchoSource,
) -> Result<SignalingConfig, WireError> {
    let keys = layout.token_keys()?;
    Ok(SignalingConfig {
        store: store_location(settings, layout),
        ballots: layout.ballots(),
        documents: DocumentSettings {
            folder: layout.documents(),
            most_bytes: settings.documents.most_bytes,
            most_bytes_of_meeting: settings.documents.most_bytes_of_meeting,
            kinds: settings.documents.kinds.clone(),
            scan: settings.documents.scan.clone(),
        },
        token_key_pem: keys.private_pem,
        token_public_pem: keys.public_pem,
        reconnect_grace: settings.reconnect_grace,
        recorded_alone: settings.recorded_alone,
        heartbeat: SignalingConfig::HEARTBEAT,
        ice_servers: settings
            .ice_servers
            .iter()
            .map(|server| IceServer {
                urls: server.urls.clone(),
                username: server.username.clone(),
                credential: server
                    .credential
                    .as_ref()
                    .map(|secret| secret.reveal().to_owned()),
            })
            .collect(),
        turn: settings.turn.as_ref().map(|turn| {
            let secret = turn.secret.reveal().to_owned();
            TurnServer::new(turn.urls.clone(), secret, turn.lifetime)
        }),
        echo: Some(echo),
        recorder: None,
        oidc: settings.oidc.as_ref().map(oidc_config).transpose()?,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        planning: planning(settings)?,
    })
}

/// What holds for planned meetings.
fn planning(settings: &Settings) -> Result<Planning, WireError> {
    let mail = settings.mail.as_ref().map(|mail| {
        let authority_pem = mail.authority.as_ref().map(std::fs::read_to_string);
        Ok::<_, std::io::Error>(MailServer {
            host: mail.host.clone(),
            port: mail.port,
            security: mail.security,
            login: mail
                .login
                .as_ref()
                .map(|(user, password)| (user.clone(), password.reveal().to_owned())),
            authority_pem: authority_pem.transpose()?,
            from: mail.from.clone(),
            public_url: mail.public_url.clone(),
        })
    });
    Ok(Planning {
        limits: settings.limits,
        mail: mail.transpose().map_err(WireError::MailAuthority)?,
        private_webhooks: settings.private_webhooks,
        first_wait: None,
    })
}

fn start_media(
    settings: &Settings,
    public_ips: &[IpAddr],
    echo: EchoKey,
    listener: LinkListener,
    on_event: impl Fn(MediaEvent) + Clone + Send + 'static,
) -> Result<Media, WireError> {
    let config = MediaConfig {
        bind: media_addresses(public_ips),
        port: settings.media_port,
        tcp: settings.media_tcp,
        workers: settings.media_workers,
        public_ips: public_ips.to_owned(),
        echo,
    };
    Ok(Media::start_with(&config, Some(listener), on_event)?)
}

/// For each family that is announced: only loopback where nobody is to come
/// from elsewhere, else every address.
fn media_addresses(public_ips: &[IpAddr]) -> Vec<IpAddr> {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = public_ips.iter().partition(|ip| ip.is_ipv4());
    let for_family = |announced: &[IpAddr], loopback, every| {
        let is_local = announced.iter().all(IpAddr::is_loopback);
        let bound = if is_local { loopback } else { every };
        (!announced.is_empty()).then_some(bound)
    };
    let v4 = for_family(
        &v4,
        Ipv4Addr::LOCALHOST.into(),
        Ipv4Addr::UNSPECIFIED.into(),
    );
    let v6 = for_family(
        &v6,
        Ipv6Addr::LOCALHOST.into(),
        Ipv6Addr::UNSPECIFIED.into(),
    );
    v4.into_iter().chain(v6).collect()
}

/// Ends when the worker does, which holds the only sender.
async fn carry_events(mut inbox: mpsc::UnboundedReceiver<MediaEvent>, signaling: Signaling) {
    while let Some(event) = inbox.recv().await {
        signaling.media_event(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound_for(addresses: &[&str]) -> Vec<String> {
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        let bound = media_addresses(&addresses);
        bound.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn the_media_port_opens_no_wider_than_it_is_announced() {
        assert_eq!(bound_for(&["127.0.0.1"]), ["127.0.0.1"]);
        assert_eq!(bound_for(&["192.0.2.7", "127.0.0.1"]), ["0.0.0.0"]);
        assert_eq!(bound_for(&["2001:db8::7"]), ["::"]);
        assert_eq!(bound_for(&["::1", "127.0.0.1"]), ["127.0.0.1", "::1"]);
        assert_eq!(bound_for(&["192.0.2.7", "::1"]), ["0.0.0.0", "::1"]);
    }
}
