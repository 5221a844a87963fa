//! Where picture and sound come from: an RTSP camera, RTP as a session
//! description tells it, or a file by way of ffmpeg. All of them end as RTP
//! packets.

mod ffmpeg;
mod rtp;
mod rtsp;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::assemble::{PictureCodec, Piece};
use super::h264::Parameters;

pub use rtsp::Transport;

/// A source that sends nothing for so long is taken for lost.
const SILENCE: Duration = Duration::from_secs(5);
/// A source that does not begin within so long is taken for unreachable.
const BEGINNING: Duration = Duration::from_secs(10);

/// What the operator named.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// `rtsp://…`
    Rtsp(Url),
    /// A session description (RFC 8866), `rtp:FILE` or `FILE.sdp`.
    Rtp(PathBuf),
    /// A file with pictures, played over and over in real time.
    File(PathBuf),
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("rtsp://") {
            let url = Url::parse(text).map_err(|e| format!("{text}: {e}"))?;
            if url.host_str().is_none_or(str::is_empty) {
                return Err(format!("{text}: the camera's address is missing"));
            }
            return Ok(Origin::Rtsp(url));
        }
        if let Some(path) = text.strip_prefix("rtp:") {
            return Ok(Origin::Rtp(path.into()));
        }
        if text.contains("://") {
            return Err(format!("{text}: only rtsp://, rtp:FILE.sdp or a file"));
        }
        if text.ends_with(".sdp") {
            return Ok(Origin::Rtp(text.into()));
        }
        Ok(Origin::File(text.into()))
    }
}

/// Without the password of a camera.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Rtsp(url) => {
                let mut url = url.clone();
                // Refused only by addresses that cannot have them.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                write!(f, "{url}")
            }
            Origin::Rtp(path) | Origin::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What ffmpeg encodes anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Transcode {
    /// Nothing: picture and sound are passed through as they are.
    None,
    /// The sound, to Opus.
    Sound,
    /// The picture, to H.264 without B-frames and with a keyframe every two
    /// seconds, and the sound, to Opus.
    All,
}

/// The sound of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// There is none.
    None,
    /// It can be passed through.
    Opus,
    /// It cannot: the codec's name.
    Other(String),
}

/// What a source has.
#[derive(Debug, Clone)]
pub struct Tracks {
    /// The codec of the picture.
    pub picture: PictureCodec,
    /// H.264's parameter sets, as far as they are known before the picture.
    pub parameters: Parameters,
    /// The sound.
    pub sound: Sound,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be reached, or broke off.
    #[error("{0}")]
    Lost(String),
    /// It sends nothing.
    #[error("nothing came for {} s", SILENCE.as_secs())]
    Silent,
    /// It has no picture.
    #[error("it has no picture")]
    NoPicture,
    /// Its picture cannot be passed through: the codec's name.
    #[error("its picture is {0}")]
    Codec(String),
    /// It cannot be used, now or later.
    #[error("{0}")]
    Unusable(String),
    /// ffmpeg is not installed.
    #[error("ffmpeg is not installed: {0}")]
    NoFfmpeg(String),
}

impl SourceError {
    /// Whether the source may come back by itself.
    pub fn passes(&self) -> bool {
        match self {
            SourceError::Lost(_) | SourceError::Silent => true,
            SourceError::NoPicture
            | SourceError::Codec(_)
            | SourceError::Unusable(_)
            | SourceError::NoFfmpeg(_) => false,
        }
    }
}

/// A packet of a source.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Sound, else picture.
    pub sound: bool,
    /// The packet.
    pub piece: Piece,
}

/// An open source.
pub struct Source {
    /// What it has.
    pub tracks: Tracks,
    input: Input,
}

enum Input {
    Rtsp(Box<rtsp::RtspInput>),
    Rtp(rtp::RtpInput),
    Ffmpeg(ffmpeg::Ffmpeg),
}

impl Source {
    /// Opens a source.
    ///
    /// # Errors
    /// When it cannot be reached, or has nothing that can be sent.
    pub async fn open(
        origin: &Origin,
        transport: Transport,
        transcode: Transcode,
    ) -> Result<Self, SourceError> {
        let opening = async {
            let (tracks, input) = match (origin, transcode) {
                (Origin::Rtsp(url), Transcode::None) => {
                    let (tracks, input) = rtsp::RtspInput::open(url, transport).await?;
                    (tracks, Input::Rtsp(Box::new(input)))
                }
                (Origin::Rtp(path), Transcode::None) => {
                    let sdp = std::fs::read_to_string(path);
                    let sdp = sdp.map_err(|e| unusable(format!("{}: {e}", path.display())))?;
                    let (tracks, input) = rtp::RtpInput::open(&sdp)?;
                    (tracks, Input::Rtp(input))
                }
                (Origin::Rtsp(_) | Origin::Rtp(_) | Origin::File(_), _) => {
                    let (tracks, input) = ffmpeg::Ffmpeg::open(origin, transcode).await?;
                    (tracks, Input::Ffmpeg(input))
                }
            };
            Ok(Self { tracks, input })
        };
        tokio::time::timeout(BEGINNING, opening)
            .await
            .unwrap_or(Err(SourceError::Silent))
    }

    /// The next packet.
    ///
    /// # Errors
    /// When the source is lost.
    pub async fn next(&mut self) -> Result<Packet, SourceError> {
        let next = async {
            match &mut self.input {
                Input::Rtsp(input) => input.next().await,
                Input::Rtp(input) => input.next().await,
                Input::Ffmpeg(input) => input.next().await,
            }
        };
        tokio::time::timeout(SILENCE, next)
            .await
            .unwrap_or(Err(SourceError::Silent))
    }
}

fn unusable(why: String) -> SourceError {
    SourceError::Unusable(why)
}

/// The codec of a picture by its name in a session description.
fn picture_codec(encoding: &str) -> Result<PictureCodec, SourceError> {
    match encoding {
        "h264" => Ok(PictureCodec::H264),
        "vp8" => Ok(PictureCodec::Vp8),
        other => Err(SourceError::Codec(other.to_ascii_uppercase())),
    }
}

/// The sound by its name in a session description.
fn sound_codec(encoding: &str) -> Sound {
    match encoding {
        "opus" => Sound::Opus,
        other => Sound::Other(other.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        assert!(matches!(origin("rtsp://cam/1"), Origin::Rtsp(_)));
        assert_eq!(origin("rtp:a.txt"), Origin::Rtp("a.txt".into()));
        assert_eq!(origin("/x/a.sdp"), Origin::Rtp("/x/a.sdp".into()));
        assert_eq!(origin("họp.mkv"), Origin::File("họp.mkv".into()));
        assert!("http://cam/1".parse::<Origin>().is_err());
        assert!("rtsp://".parse::<Origin>().is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let origin: Origin = "rtsp://admin:secret@10.0.0.9/ch1".parse().unwrap();
        assert_eq!(origin.to_string(), "rtsp://10.0.0.9/ch1");
        assert_eq!(format!("{origin:?}"), "rtsp://10.0.0.9/ch1");
    }
}
