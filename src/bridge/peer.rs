//! A media connection on the `webrtc` crate: the second WebRTC stack beside
//! the SFU's own, for the bridge and for the tests in which the two meet.
//!
//! ```text
//!   outgoing(kind) ─┐                        ┌─> PeerEvent: state, keyframe, track
//!   incoming(kind) ─┴─> offer ─> accept ─> Peer
//!                                            └─< Outgoing::write(packet)
//! ```

mod feedback;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::{mpsc, watch};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCPeerConnectionState, RTCSdpType, RTCSessionDescription, Registry,
    SettingEngineBuilder, register_default_interceptors,
};
use webrtc::rtp_transceiver::{RtpSender, RtpTransceiver};
use webrtc::runtime::{Runtime, TokioRuntime};

use feedback::{Feedback, Marks, Repairs};
pub use rtc::rtp::Packet;

/// Extensions of an RTP header (RFC 8285) that are offered.
pub mod extension {
    /// Which m-line a packet belongs to (RFC 8843).
    pub const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
    /// Which layer of a simulcast it belongs to (RFC 8852).
    pub const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
    /// Which layer of a simulcast it repairs (RFC 8852).
    pub const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
    /// How loud its sound is (RFC 6464).
    pub const LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
}

/// Nothing heard for so long: the line is taken for broken; as long again, and
/// the connection is given up.
const QUIET: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(2);
/// The answer's candidates are on the same machine or network; more is a fault.
const GATHERING: Duration = Duration::from_secs(5);

/// A codec for pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// VP8 (RFC 7741).
    Vp8,
    /// H.264 (RFC 6184), packetization mode 1.
    H264 {
        /// `profile-level-id`: six hexadecimal digits.
        profile: String,
    },
}

/// Why a media connection cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The stack refused.
    #[error("{0}")]
    Stack(#[from] webrtc::error::Error),
    /// The other side accepts none of the offered codecs.
    #[error("the server accepts none of the offered codecs")]
    NoCodec,
    /// No own address was found in time.
    #[error("no local address was found")]
    NoCandidate,
}

/// What happens to a connection.
pub enum PeerEvent {
    /// Its state changed.
    State(RTCPeerConnectionState),
    /// The other side asks for a keyframe (RFC 4585 §6.3.1, RFC 5104 §4.3.1)
    /// of the stream with this SSRC.
    Keyframe(u32),
    /// A stream begins to come in.
    Incoming(Arc<dyn TrackRemote>),
}

/// How to make a connection.
pub struct PeerConfig {
    /// The own address that the other side can reach.
    pub local: IpAddr,
    /// The codecs for pictures, the best first.
    pub pictures: Vec<Picture>,
    /// What opens sockets and keeps time.
    pub runtime: Arc<dyn Runtime>,
}

impl PeerConfig {
    /// On tokio.
    pub fn new(local: IpAddr, pictures: Vec<Picture>) -> Self {
        Self {
            local,
            pictures,
            runtime: Arc::new(TokioRuntime),
        }
    }
}

/// A media connection that makes one offer.
pub struct Peer {
    connection: Arc<dyn PeerConnection>,
    pictures: Vec<Picture>,
    gathered: watch::Receiver<bool>,
    repairs: Repairs,
    numbers: u32,
}

impl Peer {
    /// Opens the socket. What happens then comes out of the receiver.
    ///
    /// # Errors
    /// When the stack refuses the configuration or the address.
    pub async fn new(
        config: PeerConfig,
    ) -> Result<(Self, mpsc::UnboundedReceiver<PeerEvent>), PeerError> {
        let mut media = MediaEngine::default();
        register_codecs(&mut media, &config.pictures)?;
        let level = RTCRtpHeaderExtensionCapability {
            uri: extension::LEVEL.to_owned(),
        };
        media.register_header_extension(level, RtpCodecKind::Audio, None)?;
        let (events, receiver) = mpsc::unbounded_channel();
        let repairs = Repairs::default();
        let feedback = Feedback::new(events.clone(), Arc::clone(&repairs));
        let registry = Registry::new().with(feedback::SLOT, feedback);
        let registry = register_default_interceptors(registry, &mut media)?;
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(config.local.is_loopback())
            .with_write_ssrc_attributes_for_simulcast(true)
            .with_ice_timeouts(Some(QUIET), Some(QUIET), Some(KEEPALIVE))
            .build();
        let (gathering, gathered) = watch::channel(false);
        let handler = Handler { events, gathering };
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(handler))
            .with_runtime(config.runtime)
            .with_udp_addrs(vec![SocketAddr::new(config.local, 0)])
            .build()
            .await?;
        let peer = Self {
            connection: Arc::new(connection),
            pictures: config.pictures,
            gathered,
            repairs,
            numbers: 0,
        };
        Ok((peer, receiver))
    }

    /// Adds an m-line that sends: sound, or a picture in these layers (none
    /// for a single one).
    ///
    /// # Errors
    /// When the stack refuses.
    pub async fn outgoing(
        &mut self,
        kind: RtpCodecKind,
        rids: &[&str],
    ) -> Result<Outgoing, PeerError> {
        self.numbers += 1;
        let picture = kind == RtpCodecKind::Video;
        let codec = match self.pictures.first() {
            Some(first) if picture => codec_of(first),
            Some(_) | None => opus(),
        };
        let single = [""];
        let rids = if rids.is_empty() { &single } else { rids };
        let layers: Vec<Layer> = rids
            .iter()
            .map(|rid| {
                let [ssrc, repairs] = random_ssrcs();
                let rid = (*rid).to_owned();
                Layer { rid, ssrc, repairs }
            })
            .collect();
        let codings = layers.iter().map(|layer| RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                rid: layer.rid.clone(),
                ssrc: Some(layer.ssrc),
                rtx: picture.then_some(RTCRtpRtxParameters {
                    ssrc: layer.repairs,
                }),
                ..Default::default()
            },
            codec: codec.clone(),
            ..Default::default()
        });
        let codings = codings.collect();
        let track = MediaStreamTrack::new(
            "diemcau".to_owned(),
            format!("diemcau-{}", self.numbers),
            String::new(),
            kind,
            codings,
        );
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Sendonly,
            ..Default::default()
        };
        let transceiver = self
            .connection
            .add_transceiver_from_track(Arc::clone(&track) as Arc<dyn TrackLocal>, Some(init))
            .await?;
        Ok(Outgoing {
            transceiver,
            track,
            layers,
            kind,
        })
    }

    /// Adds an m-line that receives.
    ///
    /// # Errors
    /// When the stack refuses.
    pub async fn incoming(&self, kind: RtpCodecKind) -> Result<Arc<dyn RtpTransceiver>, PeerError> {
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Recvonly,
            ..Default::default()
        };
        let transceiver = self.connection.add_transceiver_from_kind(kind, Some(init));
        Ok(transceiver.await?)
    }

    /// The offer (RFC 8829), with all candidates in it.
    ///
    /// # Errors
    /// When the stack refuses, or finds no address to be reached at.
    pub async fn offer(&mut self) -> Result<String, PeerError> {
        let offer = self.connection.create_offer(None).await?;
        self.connection.set_local_description(offer).await?;
        let complete = self.gathered.wait_for(|done| *done);
        let complete = tokio::time::timeout(GATHERING, complete).await;
        if !complete.is_ok_and(|done| done.is_ok()) {
            return Err(PeerError::NoCandidate);
        }
        let offer = self.connection.local_description().await;
        Ok(offer.ok_or(PeerError::NoCandidate)?.sdp)
    }

    /// Takes the answer (RFC 8829).
    ///
    /// # Errors
    /// When it does not fit the offer.
    pub async fn accept(&self, answer: &str) -> Result<(), PeerError> {
        let answer = RTCSessionDescription::answer(answer.to_owned())?;
        debug_assert_eq!(answer.sdp_type, RTCSdpType::Answer);
        Ok(self.connection.set_remote_description(answer).await?)
    }

    /// What was negotiated for an m-line that sends.
    ///
    /// # Errors
    /// When the other side accepted none of its codecs.
    pub async fn negotiated(&self, outgoing: Outgoing) -> Result<Line, PeerError> {
        let sender = outgoing.transceiver.sender().await?;
        let sender: Arc<dyn RtpSender> = sender.ok_or(PeerError::NoCodec)?;
        let parameters = sender.get_parameters().await?.rtp_parameters;
        let media = match outgoing.kind {
            RtpCodecKind::Video => "video/",
            _ => "audio/",
        };
        let codec = parameters.codecs.iter().find(|codec| {
            let name = codec.rtp_codec.mime_type.to_ascii_lowercase();
            name.starts_with(media) && !name.ends_with("/rtx")
        });
        let codec = codec.ok_or(PeerError::NoCodec)?;
        let id = |uri: &str| {
            let found = parameters.header_extensions.iter().find(|e| e.uri == uri);
            found.and_then(|extension| u8::try_from(extension.id).ok())
        };
        let mid = outgoing.transceiver.mid().await?.unwrap_or_default();
        let mark = |uri, value: &str| Some((id(uri)?, Bytes::copy_from_slice(value.as_bytes())));
        let marks = |uri, rid: &str| {
            let both = [mark(extension::MID, &mid), mark(uri, rid)];
            let both = both.into_iter().flatten();
            both.filter(|_| !rid.is_empty()).collect::<Marks>()
        };
        // A poisoned map is as good as it was.
        let mut repairs = self.repairs.lock().unwrap_or_else(PoisonError::into_inner);
        let layers = outgoing.layers.into_iter().map(|layer| {
            repairs.insert(layer.repairs, marks(extension::REPAIRED_RID, &layer.rid));
            let marks = marks(extension::RID, &layer.rid);
            (layer.ssrc, marks)
        });
        Ok(Line {
            payload_type: codec.payload_type,
            level: id(extension::LEVEL),
            layers: layers.collect(),
            track: outgoing.track,
        })
    }

    /// Ends the connection.
    pub async fn close(&self) {
        // There is nothing to be done about a failure.
        let _ = self.connection.close().await;
    }
}

/// The stack goes on with a connection that nobody closed.
impl Drop for Peer {
    fn drop(&mut self) {
        let connection = Arc::clone(&self.connection);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // There is nothing to be done about a failure.
                let _ = connection.close().await;
            });
        }
    }
}

/// An m-line that sends, before the answer.
pub struct Outgoing {
    /// Knows its `a=mid`.
    pub transceiver: Arc<dyn RtpTransceiver>,
    track: Arc<TrackLocalStaticRTP>,
    layers: Vec<Layer>,
    kind: RtpCodecKind,
}

struct Layer {
    rid: String,
    ssrc: u32,
    repairs: u32,
}

/// An m-line that sends, as it was negotiated.
#[derive(Clone)]
pub struct Line {
    payload_type: u8,
    level: Option<u8>,
    layers: Vec<(u32, Marks)>,
    track: Arc<TrackLocalStaticRTP>,
}

impl Line {
    /// The SSRC of a layer.
    pub fn ssrc(&self, layer: usize) -> u32 {
        self.layers[layer].0
    }

    /// Sends a packet in a layer. `level` is how loud it is, in dB below the
    /// loudest (RFC 6464).
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn write(
        &self,
        layer: usize,
        mut packet: Packet,
        level: Option<u8>,
    ) -> Result<(), PeerError> {
        let (ssrc, marks) = &self.layers[layer];
        packet.header.version = 2;
        packet.header.ssrc = *ssrc;
        packet.header.payload_type = self.payload_type;
        if let (Some(id), Some(level)) = (self.level, level) {
            let loud = 0x80 | level.min(127);
            packet
                .header
                .set_extension(id, Bytes::copy_from_slice(&[loud]))?;
        }
        for (id, value) in marks {
            packet.header.set_extension(*id, value.clone())?;
        }
        Ok(self.track.write_rtp(packet).await?)
    }
}

struct Handler {
    events: mpsc::UnboundedSender<PeerEvent>,
    gathering: watch::Sender<bool>,
}

// Whoever no longer listens has closed the connection.
#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathering.send_replace(true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let _ = self.events.send(PeerEvent::State(state));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.events.send(PeerEvent::Incoming(track));
    }
}

fn register_codecs(media: &mut MediaEngine, pictures: &[Picture]) -> Result<(), PeerError> {
    let sound = RTCRtpCodecParameters {
        rtp_codec: opus(),
        payload_type: 111,
    };
    media.register_codec(sound, RtpCodecKind::Audio)?;
    for (number, picture) in (0..).zip(pictures) {
        let payload_type = 96 + 2 * number;
        let picture = RTCRtpCodecParameters {
            rtp_codec: codec_of(picture),
            payload_type,
        };
        media.register_codec(picture, RtpCodecKind::Video)?;
        let repairs = RTCRtpCodecParameters {
            rtp_codec: codec("video/rtx", 90_000, 0, format!("apt={payload_type}")),
            payload_type: payload_type + 1,
        };
        media.register_codec(repairs, RtpCodecKind::Video)?;
    }
    Ok(())
}

fn codec(name: &str, clock_rate: u32, channels: u16, format: String) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: name.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: format,
        rtcp_feedback: Vec::new(),
    }
}

fn opus() -> RTCRtpCodec {
    codec("audio/opus", 48_000, 2, "minptime=10;useinbandfec=1".into())
}

fn codec_of(picture: &Picture) -> RTCRtpCodec {
    match picture {
        Picture::Vp8 => codec("video/VP8", 90_000, 0, String::new()),
        Picture::H264 { profile } => {
            let format = format!(
                "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
            );
            codec("video/H264", 90_000, 0, format)
        }
    }
}

fn random_ssrcs() -> [u32; 2] {
    // The keys of the standard hasher are random and differ each time.
    std::array::from_fn(|_| RandomState::new().build_hasher().finish() as u32)
}
