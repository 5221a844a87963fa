//! `diemcau bridge`: a small program for the hardware of a hall. Takes a
//! camera or a file and publishes it by WHIP as a site's camera, without
//! encoding anything anew.
//!
//! ```text
//!   rtsp://  ─┐
//!   rtp:sdp  ─┼─> source ─> assemble ─> publish ─> peer (webrtc) ──UDP──> sfu
//!   file     ─┘  (ffmpeg)      │           └─ whip ──────HTTP──> signaling
//!                           habits ─> say
//! ```
//!
//! It comes back by itself, with growing waits, when the camera, the server or
//! the line between them is lost.

pub mod assemble;
pub mod backoff;
pub mod h264;
pub mod habits;
pub mod http;
pub mod peer;
mod publish;
pub mod say;
pub mod sdp;
pub mod source;
pub mod whip;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use url::Url;

use assemble::PictureCodec;
use backoff::Backoff;
use http::Client;
use publish::Trouble;
use say::{Language, Message};
use source::{Origin, Sound, Source, Transcode, Transport};
use whip::Whip;

/// The end of a session is announced within so long, or not at all.
const FAREWELL: Duration = Duration::from_secs(3);

/// What to bridge, and where to.
#[derive(Clone, clap::Args)]
pub struct BridgeArgs {
    /// Where to publish: https://host:8443/api/v1/whip
    #[arg(long, value_name = "URL")]
    pub whip: Url,
    /// The invitation's token (what follows # in its link)
    #[arg(long, env = "DIEMCAU_BRIDGE_TOKEN", hide_env_values = true)]
    pub token: String,
    /// The authority that issued the server's certificate (PEM); without it
    /// the machine's own authorities count
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// How an RTSP camera is to send
    #[arg(long, value_enum, default_value = "tcp")]
    pub rtsp_transport: Transport,
    /// What ffmpeg encodes anew
    #[arg(long, value_enum, default_value = "none")]
    pub transcode: Transcode,
    /// The language of what is said here
    #[arg(long, value_enum)]
    pub language: Option<Language>,
    /// rtsp://camera/…, rtp:FILE.sdp, or a file
    pub source: Origin,
}

/// Why the bridge gave up.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// What it was given cannot be used.
    #[error(transparent)]
    Http(#[from] http::HttpError),
    /// No later attempt would go better; it was said why.
    #[error("{0}")]
    Final(String),
}

/// Bridges until `stop`. `print` gets a line for everything that an operator
/// should know.
///
/// # Errors
/// When no later attempt would go better: a token that is refused, a codec
/// that cannot be passed through.
pub async fn run(
    args: &BridgeArgs,
    stop: impl Future<Output = ()>,
    print: impl Fn(&str) + Sync,
) -> Result<(), BridgeError> {
    let language = args.language.unwrap_or_else(Language::of_terminal);
    let say = |message: &Message<'_>| print(&say::text(message, language));
    let client = Client::new(args.ca.as_deref())?;
    let whip = Whip::new(client, args.whip.clone(), &args.token);
    let mut backoff = Backoff::default();
    tokio::pin!(stop);
    loop {
        let began = Instant::now();
        let mut ending = None;
        let trouble = tokio::select! {
            trouble = attempt(args, &whip, &mut ending, began, &say) => Some(trouble),
            () = &mut stop => None,
        };
        if let Some(session) = ending {
            // A session that cannot be ended ends with its media connection.
            let _ = tokio::time::timeout(FAREWELL, whip.end(&session)).await;
        }
        let Some(trouble) = trouble else {
            say(&Message::Ended);
            return Ok(());
        };
        let (passes, wish) = tell(&trouble, &say);
        if !passes {
            return Err(BridgeError::Final(trouble.to_string()));
        }
        let random = RandomState::new().build_hasher().finish() as u8;
        let wait = backoff.after(began.elapsed(), random);
        let wait = wish.map_or(wait, |wish| wait.max(wish));
        say(&Message::Again(wait));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = &mut stop => {
                say(&Message::Ended);
                return Ok(());
            }
        }
    }
}

async fn attempt(
    args: &BridgeArgs,
    whip: &Whip,
    ending: &mut Option<whip::WhipSession>,
    began: Instant,
    say: &(dyn Fn(&Message<'_>) + Sync),
) -> Trouble {
    say(&Message::Opening(&args.source.to_string()));
    let source = Source::open(&args.source, args.rtsp_transport, args.transcode).await;
    let source = match source {
        Ok(source) => source,
        Err(error) => return error.into(),
    };
    let picture = match source.tracks.picture {
        PictureCodec::H264 => "H.264",
        PictureCodec::Vp8 => "VP8",
    };
    let sound = source.tracks.sound == Sound::Opus;
    say(&Message::Opened { picture, sound });
    if let Sound::Other(codec) = &source.tracks.sound {
        say(&Message::NoSound(codec));
    }
    match publish::pass_on(source, whip, ending, began, say).await {
        Ok(never) => match never {},
        Err(trouble) => trouble,
    }
}

/// Says what is wrong. Returns whether it may pass, and how long the server
/// wants to be left alone.
fn tell(trouble: &Trouble, say: &(dyn Fn(&Message<'_>) + Sync)) -> (bool, Option<Duration>) {
    match trouble {
        Trouble::Source(error) => {
            say(&Message::Source(error));
            (error.passes(), None)
        }
        Trouble::Server(error) => {
            say(&Message::Server(error));
            (error.passes(), error.retry_after())
        }
        Trouble::Peer(error) => {
            say(&Message::Peer(&error.to_string()));
            (!matches!(error, peer::PeerError::NoCodec), None)
        }
        Trouble::PathLost => {
            say(&Message::PathLost);
            (true, None)
        }
    }
}
