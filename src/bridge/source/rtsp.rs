//! A camera by RTSP (RFC 2326), on the `retina` crate.

use futures_util::StreamExt;
use retina::client::{
    Credentials, InitialTimestampPolicy, PacketItem, PlayOptions, Playing, Session, SessionOptions,
    SetupOptions, TcpTransportOptions, UdpTransportOptions,
};
use url::Url;

use super::{Packet, Piece, Sound, SourceError, Tracks, picture_codec, sound_codec};
use crate::bridge::sdp;

/// How the camera sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Transport {
    /// In the RTSP connection: nothing gets lost.
    Tcp,
    /// In packets of their own.
    Udp,
}

/// A camera that plays.
pub(super) struct RtspInput {
    session: Session<Playing>,
    sound: Option<usize>,
}

impl RtspInput {
    pub(super) async fn open(
        url: &Url,
        transport: Transport,
    ) -> Result<(Tracks, Self), SourceError> {
        let mut url = url.clone();
        let credentials = (!url.username().is_empty()).then(|| Credentials {
            username: url.username().to_owned(),
            password: url.password().unwrap_or_default().to_owned(),
        });
        // Refused only by addresses that cannot have them.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let options = SessionOptions::default()
            .creds(credentials)
            .user_agent("diemcau bridge".to_owned());
        let mut session = Session::describe(url, options).await.map_err(lost)?;

        let position = |media: &str| session.streams().iter().position(|s| s.media() == media);
        let picture = position("video").ok_or(SourceError::NoPicture)?;
        let sound = position("audio");
        let codec = picture_codec(session.streams()[picture].encoding_name())?;
        let kind = sound.map_or(Sound::None, |i| {
            sound_codec(session.streams()[i].encoding_name())
        });
        let described = sdp::streams(&String::from_utf8_lossy(session.sdp()));
        let described = described.iter().find(|stream| stream.media == "video");
        let tracks = Tracks {
            picture: codec,
            parameters: described.map(sdp::Stream::parameters).unwrap_or_default(),
            sound: kind,
        };
        let sound = sound.filter(|_| tracks.sound == Sound::Opus);
        for stream in std::iter::once(picture).chain(sound) {
            let transport = match transport {
                Transport::Tcp => retina::client::Transport::Tcp(TcpTransportOptions::default()),
                Transport::Udp => retina::client::Transport::Udp(UdpTransportOptions::default()),
            };
            let options = SetupOptions::default().transport(transport);
            session.setup(stream, options).await.map_err(lost)?;
        }
        let options = PlayOptions::default().initial_timestamp(InitialTimestampPolicy::Permissive);
        let session = session.play(options).await.map_err(lost)?;
        Ok((tracks, Self { session, sound }))
    }

    pub(super) async fn next(&mut self) -> Result<Packet, SourceError> {
        loop {
            match self.session.next().await {
                Some(Ok(PacketItem::Rtp(packet))) => {
                    return Ok(Packet {
                        sound: Some(packet.stream_id()) == self.sound,
                        piece: Piece {
                            seq: packet.sequence_number(),
                            // The lower half is what the camera sent.
                            rtp_time: packet.timestamp().timestamp() as u32,
                            marker: packet.mark(),
                            payload: packet.into_payload_bytes(),
                        },
                    });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(lost(error)),
                None => return Err(SourceError::Lost("the camera ended the session".into())),
            }
        }
    }
}

fn lost(error: retina::Error) -> SourceError {
    // What follows the first line names addresses and bytes.
    let text = error.to_string();
    SourceError::Lost(text.lines().next().unwrap_or_default().trim().to_owned())
}
