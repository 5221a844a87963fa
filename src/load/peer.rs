//! The WebRTC side of a synthetic site: a str0m peer that offers what the web
//! client offers and sends what camera and microphone give.
//!
//! Law: after [`Peer::datagram`] and [`Peer::turn`] everything is drained;
//! str0m drops packets that are not taken out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use diemcau_protocol::{
    MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceLayer, csrc_of,
};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid, Pt, Simulcast, SimulcastLayer};
use str0m::net::{DatagramRecv, DatagramSend, Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcError};

use super::mark::Mark;
use super::pacer::{Pacer, Waiting};
use super::publish::{Camera, ENCODINGS, Microphone};

/// The certificate of all sites: making one for each takes time that a real
/// client spends on its own machine.
static IDENTITY: LazyLock<(Arc<CryptoProvider>, Option<DtlsCert>)> = LazyLock::new(|| {
    let provider = Arc::new(str0m::crypto::from_feature_flags());
    let certificate = provider.dtls_provider.generate_certificate();
    (provider, certificate)
});

/// What comes out of a peer.
pub(super) enum PeerOutput<'a> {
    Send(SocketAddr, DatagramSend),
    Packet {
        kind: SlotKind,
        packet: &'a RtpPacket,
        /// It was sent again on request.
        again: bool,
    },
    /// Nothing is heard from the other side.
    Lost,
}

/// A synthetic site's media connection.
pub(super) struct Peer {
    rtc: Rtc,
    address: SocketAddr,
    epoch: Instant,
    pending: Option<SdpPendingOffer>,
    /// The m-lines of microphone and camera.
    sends: Option<(Mid, Mid)>,
    slots: BTreeMap<Mid, SlotKind>,
    /// Streams that came in, with their slots' kinds.
    streams: Vec<(Ssrc, SlotKind)>,
    opus: Option<Pt>,
    vp8: Option<Pt>,
    /// Packets that are sent again have this payload type.
    vp8_again: Option<Pt>,
    sound_seq: u64,
    frame_seqs: [u64; ENCODINGS.len()],
    picture_id: u16,
    pacer: Pacer,
    pub(super) connected: bool,
}

impl Peer {
    /// `epoch` is the beginning of the clock that all sites share.
    pub(super) fn new(epoch: Instant, address: SocketAddr) -> Self {
        let (provider, certificate) = &*IDENTITY;
        let mut config = Rtc::builder()
            .set_crypto_provider(Arc::clone(provider))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true);
        if let Some(certificate) = certificate {
            config = config.set_dtls_cert(certificate.clone());
        }
        Self {
            rtc: config.build(Instant::now()),
            address,
            epoch,
            pending: None,
            sends: None,
            slots: BTreeMap::new(),
            streams: Vec::new(),
            opus: None,
            vp8: None,
            vp8_again: None,
            sound_seq: 0,
            frame_seqs: [0; ENCODINGS.len()],
            picture_id: 0,
            pacer: Pacer::new(Instant::now()),
            connected: false,
        }
    }

    /// Offers microphone, camera and a pool with so many pictures.
    pub(super) fn offer(&mut self, thumbnails: u8) -> Result<MediaOffer, RtcError> {
        let candidate = Candidate::host(self.address, Protocol::Udp)?;
        self.rtc.add_local_candidate(candidate);
        let mut simulcast = Simulcast::new();
        for encoding in &ENCODINGS {
            simulcast.add_send_layer(SimulcastLayer::new(encoding.rid));
        }
        let mut pool = vec![SlotKind::StagePicture, SlotKind::StageSound];
        pool.extend([SlotKind::Sound; 3]);
        pool.extend(std::iter::repeat_n(SlotKind::Picture, thumbnails.into()));

        let mut api = self.rtc.sdp_api();
        let (audio, video) = (MediaKind::Audio, MediaKind::Video);
        let microphone = api.add_media(audio, Direction::SendOnly, None, None, None);
        let camera = api.add_media(video, Direction::SendOnly, None, None, Some(simulcast));
        let mut slots = Vec::new();
        for kind in pool {
            let media = if kind.is_audio() { audio } else { video };
            let mid = api.add_media(media, Direction::RecvOnly, None, None, None);
            self.slots.insert(mid, kind);
            slots.push(OfferedSlot {
                mid: mid.to_string(),
                kind,
            });
        }
        let sdp = match api.apply() {
            Some((offer, pending)) => {
                self.pending = Some(pending);
                offer.to_sdp_string()
            }
            None => String::new(),
        };
        self.sends = Some((microphone, camera));
        let layers = ENCODINGS.iter().map(|encoding| SourceLayer {
            rid: encoding.rid.into(),
            height: encoding.height,
        });
        let source = |mid: Mid, kind, layers| OfferedSource {
            mid: mid.to_string(),
            kind,
            layers,
        };
        Ok(MediaOffer {
            sdp,
            slots,
            sources: vec![
                source(microphone, SourceKind::Microphone, Vec::new()),
                source(camera, SourceKind::Camera, layers.collect()),
            ],
        })
    }

    /// Takes the answer to [`Peer::offer`].
    pub(super) fn accept(&mut self, sdp: &str) -> Result<(), RtcError> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        let answer = SdpAnswer::from_sdp_string(sdp)?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        for params in self.rtc.codec_config().params() {
            match params.spec().codec {
                Codec::Opus => self.opus = Some(params.pt()),
                Codec::Vp8 => {
                    self.vp8 = Some(params.pt());
                    self.vp8_again = params.resend();
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The m-lines of a kind.
    pub(super) fn mids(&self, kind: SlotKind) -> impl Iterator<Item = String> {
        let of_kind = self.slots.iter().filter(move |(_, k)| **k == kind);
        of_kind.map(|(mid, _)| mid.to_string())
    }

    /// Takes a datagram, and what follows from it at once. Returns when to
    /// come again.
    pub(super) fn datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        camera: &mut Camera,
        perform: impl FnMut(PeerOutput<'_>),
    ) -> Result<Option<Instant>, RtcError> {
        let Ok(contents) = DatagramRecv::try_from(bytes) else {
            return Ok(None);
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source: from,
            destination: self.address,
            contents,
        };
        self.rtc.handle_input(Input::Receive(now, receive))?;
        let payload_type = bytes.get(1).map(|byte| byte & 0x7f);
        let again = payload_type.is_some_and(|pt| self.vp8_again.is_some_and(|a| *a == pt));
        self.drain(camera, again, perform).map(Some)
    }

    /// Asks for a picture that needs no other.
    pub(super) fn request_keyframe(&mut self, ssrc: Ssrc) {
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// Lets time pass. Returns when to come again.
    pub(super) fn turn(
        &mut self,
        now: Instant,
        camera: &mut Camera,
        perform: impl FnMut(PeerOutput<'_>),
    ) -> Result<Instant, RtcError> {
        self.rtc.handle_input(Input::Timeout(now))?;
        self.drain(camera, false, perform)
    }

    fn drain(
        &mut self,
        camera: &mut Camera,
        again: bool,
        mut perform: impl FnMut(PeerOutput<'_>),
    ) -> Result<Instant, RtcError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => {
                    perform(PeerOutput::Send(transmit.destination, transmit.contents));
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    if let Some(kind) = self.kind_of(packet.header.ssrc) {
                        let packet = &packet;
                        perform(PeerOutput::Packet {
                            kind,
                            packet,
                            again,
                        });
                    }
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::KeyframeRequest(request)) => {
                    camera.request_keyframe(request.rid.as_deref());
                }
                Output::Event(Event::IceConnectionStateChange(
                    IceConnectionState::Disconnected,
                ))
                | Output::Event(Event::Closed) => perform(PeerOutput::Lost),
                Output::Event(_) => {}
            }
        }
    }

    /// What the slot of a stream is for.
    fn kind_of(&mut self, ssrc: Ssrc) -> Option<SlotKind> {
        if let Some((_, kind)) = self.streams.iter().find(|(of, _)| *of == ssrc) {
            return Some(*kind);
        }
        let mid = self.rtc.direct_api().stream_rx(&ssrc)?.mid();
        let kind = *self.slots.get(&mid)?;
        self.streams.push((ssrc, kind));
        Some(kind)
    }

    /// Writes the sound that is due. `number` is the own one in the meeting.
    pub(super) fn publish_sound(&mut self, now: Instant, number: u32, from: &mut Microphone) {
        let (Some((mid, _)), Some(pt), Some(sound)) = (self.sends, self.opus, from.sound(now))
        else {
            return;
        };
        let at = self.micros();
        let mark = Mark {
            sent: at,
            source: csrc_of(number, SourceKind::Microphone),
            layer: 0,
            frame: sound.number,
            packet: 0,
            packets: 1,
            keyframe: false,
        };
        let extensions = ExtensionValues {
            audio_level: Some(if sound.speaks { -30 } else { -127 }),
            voice_activity: Some(sound.speaks),
            ..Default::default()
        };
        self.sound_seq += 1;
        let seq = self.sound_seq.into();
        let payload = from.payload(&sound, mark);
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            let time = micros(sound.at.saturating_duration_since(self.epoch));
            let time = rtp_time(time, 48);
            let write = RtpWrite::new(pt, seq, time, now, payload);
            stream.write_rtp(write.ext_vals(extensions));
        }
    }

    /// Takes the picture that is due, in all its encodings, and writes what may
    /// leave now.
    pub(super) fn publish_picture(&mut self, now: Instant, number: u32, from: &mut Camera) {
        let (Some((_, mid)), Some(pt)) = (self.sends, self.vp8) else {
            return;
        };
        let at = self.micros();
        let frames = from.frames(now);
        if !frames.is_empty() {
            self.picture_id = self.picture_id.wrapping_add(1) & 0x7fff;
        }
        let source = csrc_of(number, SourceKind::Camera);
        for frame in &frames {
            for (mark, length) in frame.marks(source).zip(&frame.lengths) {
                self.pacer.push(Waiting {
                    mark,
                    length: *length,
                    film: frame.film,
                    picture_id: self.picture_id,
                    taken: at,
                });
            }
        }
        let mut api = self.rtc.direct_api();
        while let Some(packet) = self.pacer.next(now) {
            let mark = Mark {
                sent: at,
                ..packet.mark
            };
            let layer = usize::from(mark.layer);
            let rid = ENCODINGS[layer].rid.into();
            let Some(stream) = api.stream_tx_by_mid(mid, Some(rid)) else {
                continue;
            };
            self.frame_seqs[layer] += 1;
            let seq = self.frame_seqs[layer].into();
            let payload = match packet.film {
                Some(picture) => mark.behind_picture(packet.picture_id, picture),
                None => mark.picture(packet.picture_id, packet.length),
            };
            let write = RtpWrite::new(pt, seq, rtp_time(packet.taken, 90), now, payload)
                .marker(mark.packet + 1 == mark.packets)
                .nackable(true);
            stream.write_rtp(write);
        }
    }

    /// When the next packet of a picture may leave, if one waits.
    pub(super) fn picture_due(&self) -> Option<Instant> {
        self.pacer.due()
    }

    /// Now, in µs of the clock that all sites share.
    fn micros(&self) -> u64 {
        micros(self.epoch.elapsed())
    }
}

/// An RTP timestamp at so many ticks a millisecond.
fn rtp_time(micros: u64, ticks: u64) -> u32 {
    // Timestamps wrap (RFC 3550 §5.1).
    (micros * ticks / 1_000) as u32
}

/// Whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
