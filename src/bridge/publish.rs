//! One session: a source is opened, published by WHIP, and passed on until
//! either end is lost.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc::rtp::codec::h264::H264Payloader;
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::packetizer::Payloader;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::UnboundedReceiver;
use url::Url;
use webrtc::peer_connection::RTCPeerConnectionState;

use super::assemble::{Assembler, PictureCodec, Whole};
use super::habits::Habits;
use super::peer::{Line, Packet, Peer, PeerConfig, PeerError, PeerEvent, Picture};
use super::say::Message;
use super::source::{self, Sound, Source, SourceError};
use super::whip::{Whip, WhipError, WhipSession};

/// The longest payload of an RTP packet, in bytes: fits every tunnel.
const PAYLOAD: usize = 1_200;
/// What is waited for without being told of.
const TICK: Duration = Duration::from_millis(250);
/// Pictures that were left out are told this often.
const LEFT_OUT_EVERY: Duration = Duration::from_secs(10);
/// Every decoder has it; offered beside what the camera says it sends.
const BASELINE: &str = "42e01f";
/// A silent Opus frame (DTX) has no more bytes than this.
const SILENT_BYTES: usize = 8;
/// The level of sound that is passed through, in dB below the loudest: it is
/// not decoded, so it counts as quiet speech.
const LEVEL: u8 = 50;
const SILENT_LEVEL: u8 = 127;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Server(#[from] WhipError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("the line to the server is lost")]
    PathLost,
}

/// A media connection that was published.
struct Published {
    peer: Peer,
    events: UnboundedReceiver<PeerEvent>,
    session: WhipSession,
    picture: Line,
    sound: Option<Line>,
}

/// Passes an open source on until something is lost; never ends otherwise.
pub(super) async fn pass_on(
    mut source: Source,
    whip: &Whip,
    ending: &mut Option<WhipSession>,
    began: Instant,
    say: &(dyn Fn(&Message<'_>) + Sync),
) -> Result<std::convert::Infallible, Trouble> {
    let codec = source.tracks.picture;
    let parameters = source.tracks.parameters.clone();
    let mut bridge = Bridge {
        assembler: Assembler::new(codec, parameters),
        habits: Habits::default(),
        say,
    };
    // The profile stands in the offer.
    while codec == PictureCodec::H264 && bridge.assembler.parameters.profile().is_none() {
        bridge.take(&source.next().await?);
    }
    let pictures = match (codec, bridge.assembler.parameters.profile()) {
        (PictureCodec::H264, Some(profile)) => h264(&profile),
        (PictureCodec::H264, None) => h264(BASELINE),
        (PictureCodec::Vp8, _) => vec![Picture::Vp8],
    };
    let sound = source.tracks.sound == Sound::Opus;
    say(&Message::Publishing(whip.endpoint().as_str()));
    let publishing = publish(whip, pictures, sound);
    tokio::pin!(publishing);
    let published = loop {
        tokio::select! {
            published = &mut publishing => break published?,
            // What nobody receives yet is looked at and left.
            packet = source.next() => {
                bridge.take(&packet?);
            }
        }
    };
    *ending = Some(published.session);
    let mut events = published.events;
    let mut sender = Sender::new(codec, published.picture, published.sound);
    let mut live = false;
    let mut connected = false;
    let mut told = (0, began);
    let mut tick = tokio::time::interval(TICK);
    let end = loop {
        tokio::select! {
            packet = source.next() => {
                let packet = match packet {
                    Ok(packet) => packet,
                    Err(error) => break error.into(),
                };
                if packet.sound {
                    if connected {
                        sender.sound(packet).await?;
                    }
                    continue;
                }
                for whole in bridge.take(&packet) {
                    if !connected {
                        continue;
                    }
                    sender.picture(&whole).await?;
                    // Before a keyframe nobody sees anything.
                    if whole.keyframe && !std::mem::replace(&mut live, true) {
                        say(&Message::Live(began.elapsed()));
                    }
                }
            }
            event = events.recv() => match event {
                Some(PeerEvent::State(RTCPeerConnectionState::Connected)) => connected = true,
                Some(PeerEvent::State(
                    RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed,
                )) | None => break Trouble::PathLost,
                Some(PeerEvent::State(_) | PeerEvent::Incoming(_)) => {}
                Some(PeerEvent::Keyframe(_)) => bridge.habits.keyframe_asked(Instant::now()),
            },
            _ = tick.tick() => {
                if let Some(found) = bridge.habits.tick(Instant::now()) {
                    say(&Message::Found(found));
                }
                let left_out = bridge.assembler.left_out;
                if left_out > told.0 && told.1.elapsed() >= LEFT_OUT_EVERY {
                    say(&Message::LeftOut(left_out - told.0));
                    told = (left_out, Instant::now());
                }
            }
        }
    };
    published.peer.close().await;
    Err(end)
}

fn h264(profile: &str) -> Vec<Picture> {
    let mut profiles = vec![profile];
    profiles.extend((profile != BASELINE).then_some(BASELINE));
    let pictures = profiles.into_iter().map(|profile| Picture::H264 {
        profile: profile.to_owned(),
    });
    pictures.collect()
}

async fn publish(whip: &Whip, pictures: Vec<Picture>, sound: bool) -> Result<Published, Trouble> {
    let local = own_address(whip.endpoint()).await?;
    let (mut peer, events) = Peer::new(PeerConfig::new(local, pictures)).await?;
    let picture = peer.outgoing(RtpCodecKind::Video, &[]).await?;
    let sound = match sound {
        true => Some(peer.outgoing(RtpCodecKind::Audio, &[]).await?),
        false => None,
    };
    let offer = peer.offer().await?;
    let session = whip.publish(offer).await?;
    let accepting = async {
        peer.accept(&session.answer).await?;
        let picture = peer.negotiated(picture).await?;
        let sound = match sound {
            // A server that wants no sound still gets the picture.
            Some(sound) => peer.negotiated(sound).await.ok(),
            None => None,
        };
        Ok::<_, PeerError>((picture, sound))
    };
    match accepting.await {
        Ok((picture, sound)) => Ok(Published {
            peer,
            events,
            session,
            picture,
            sound,
        }),
        Err(error) => {
            // The session ends with its connection if this fails too.
            let _ = whip.end(&session).await;
            peer.close().await;
            Err(error.into())
        }
    }
}

/// The own address from which the server is reached; sends nothing.
async fn own_address(server: &Url) -> Result<IpAddr, Trouble> {
    let unreachable =
        |why: String| Trouble::Server(WhipError::Http(super::http::HttpError::Connection(why)));
    let host = server
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']']);
    let port = server.port_or_known_default().unwrap_or_default();
    let find = async {
        let mut found = tokio::net::lookup_host((host, port)).await?;
        let server = found.next().ok_or(std::io::ErrorKind::NotFound)?;
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0; 8], 0).into(),
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(server).await?;
        Ok::<_, std::io::Error>(socket.local_addr()?.ip())
    };
    find.await.map_err(|e| unreachable(format!("{host}: {e}")))
}

/// Puts pictures together and tells what is found on the way.
struct Bridge<'a> {
    assembler: Assembler,
    habits: Habits,
    say: &'a (dyn Fn(&Message<'_>) + Sync),
}

impl Bridge<'_> {
    fn take(&mut self, packet: &source::Packet) -> Vec<Whole> {
        if packet.sound {
            return Vec::new();
        }
        let pictures: Vec<Whole> = self.assembler.take(&packet.piece).collect();
        for whole in &pictures {
            for found in self.habits.picture(whole.rtp_time, whole.keyframe, whole.b) {
                (self.say)(&Message::Found(found));
            }
        }
        pictures
    }
}

/// Cuts pictures into packets and sends them.
struct Sender {
    payloader: Box<dyn Payloader>,
    picture: Line,
    picture_seq: u16,
    sound: Option<Line>,
}

impl Sender {
    fn new(codec: PictureCodec, picture: Line, sound: Option<Line>) -> Self {
        Self {
            payloader: match codec {
                PictureCodec::H264 => Box::new(H264Payloader::default()),
                PictureCodec::Vp8 => {
                    let mut payloader = Vp8Payloader::default();
                    payloader.enable_picture_id = true;
                    Box::new(payloader)
                }
            },
            picture,
            picture_seq: 0,
            sound,
        }
    }

    async fn picture(&mut self, whole: &Whole) -> Result<(), PeerError> {
        let payloads: Vec<Bytes> = self.payloader.payload(PAYLOAD, &whole.bytes)?;
        let count = payloads.len();
        for (number, payload) in (1..).zip(payloads) {
            let mut packet = Packet {
                payload,
                ..Packet::default()
            };
            packet.header.sequence_number = self.picture_seq;
            packet.header.timestamp = whole.rtp_time;
            packet.header.marker = number == count;
            self.picture_seq = self.picture_seq.wrapping_add(1);
            self.picture.write(0, packet, None).await?;
        }
        Ok(())
    }

    async fn sound(&mut self, heard: source::Packet) -> Result<(), PeerError> {
        let Some(line) = &self.sound else {
            return Ok(());
        };
        let silent = heard.piece.payload.len() <= SILENT_BYTES;
        let mut packet = Packet::default();
        // A gap stays a gap: the decoder conceals it.
        packet.header.sequence_number = heard.piece.seq;
        packet.header.timestamp = heard.piece.rtp_time;
        packet.header.marker = heard.piece.marker;
        packet.payload = heard.piece.payload;
        let level = if silent { SILENT_LEVEL } else { LEVEL };
        line.write(0, packet, Some(level)).await
    }
}
