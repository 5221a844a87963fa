//! The WebRTC side of a synthetic site: a str0m peer that offers what the web
//! client offers, sends VP8-shaped and Opus-shaped packets, and counts what
//! comes in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diemcau_protocol::{MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceLayer};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer};
use str0m::net::{DatagramRecv, DatagramSend, Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcError};

/// The camera's layers: rid, height, packets a frame, bytes a packet. At 25
/// frames a second 120, 400 and 1,200 kbit/s.
const LAYERS: [(&str, u16, u32, usize); 3] = [
    ("q", 180, 1, 600),
    ("h", 360, 2, 1_000),
    ("f", 720, 6, 1_000),
];
const FRAME: Duration = Duration::from_millis(40);
const SOUND: Duration = Duration::from_millis(20);
/// A closed mouth sends this seldom, as Opus does with DTX.
const SILENCE: Duration = Duration::from_millis(400);
const SOUND_BYTES: usize = 80;
/// A VP8 descriptor (RFC 7741 §4.2): start of a partition, a picture id of 15
/// bits. Then the first byte of a frame, its last bit 0 for a keyframe.
const DESCRIPTOR: usize = 4;

/// What a packet brought.
pub(super) struct Received {
    pub(super) kind: SlotKind,
    pub(super) bytes: usize,
    pub(super) delay: Duration,
}

/// What comes out of the peer.
pub(super) enum MediaOutput {
    Send(SocketAddr, DatagramSend),
    Received(Received),
}

struct Layer {
    rid: Rid,
    packets: u32,
    bytes: usize,
    seq: u64,
    keyframe_due: bool,
}

/// A stream that comes in: its slot, and which numbers were seen.
struct Incoming {
    kind: SlotKind,
    first: u64,
    highest: u64,
    count: u64,
}

/// A synthetic site's media connection.
pub(super) struct SiteMedia {
    rtc: Rtc,
    address: SocketAddr,
    epoch: Instant,
    pending: Option<SdpPendingOffer>,
    microphone: Option<Mid>,
    camera: Option<Mid>,
    slots: BTreeMap<Mid, SlotKind>,
    incoming: BTreeMap<Ssrc, Incoming>,
    layers: Vec<Layer>,
    picture: u16,
    sound_seq: u64,
    speaks: bool,
    next_frame: Instant,
    next_sound: Instant,
    pub(super) connected: bool,
}

impl SiteMedia {
    /// `epoch` is common to all sites of this process.
    pub(super) fn new(now: Instant, epoch: Instant, address: SocketAddr, speaks: bool) -> Self {
        let rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .build(now);
        let layer = |(rid, _, packets, bytes): (&str, u16, u32, usize)| Layer {
            rid: rid.into(),
            packets,
            bytes,
            seq: 1,
            keyframe_due: true,
        };
        Self {
            rtc,
            address,
            epoch,
            pending: None,
            microphone: None,
            camera: None,
            slots: BTreeMap::new(),
            incoming: BTreeMap::new(),
            layers: LAYERS.map(layer).into(),
            picture: 0,
            sound_seq: 1,
            speaks,
            next_frame: now,
            next_sound: now,
            connected: false,
        }
    }

    /// Offers microphone, camera and a pool with so many pictures.
    pub(super) fn offer(&mut self, thumbnails: u8) -> Result<MediaOffer, RtcError> {
        let candidate = Candidate::host(self.address, Protocol::Udp)?;
        self.rtc.add_local_candidate(candidate);
        let mut simulcast = Simulcast::new();
        for (rid, ..) in LAYERS {
            simulcast.add_send_layer(SimulcastLayer::new(rid));
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
        self.microphone = Some(microphone);
        self.camera = Some(camera);
        let layers = LAYERS.map(|(rid, height, ..)| SourceLayer {
            rid: rid.into(),
            height,
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
                source(camera, SourceKind::Camera, layers.into()),
            ],
        })
    }

    pub(super) fn accept(&mut self, sdp: &str) -> Result<(), RtcError> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        let answer = SdpAnswer::from_sdp_string(sdp)?;
        self.rtc.sdp_api().accept_answer(pending, answer)
    }

    /// The m-lines of a kind.
    pub(super) fn mids(&self, kind: SlotKind) -> impl Iterator<Item = String> {
        let of_kind = self.slots.iter().filter(move |(_, k)| **k == kind);
        of_kind.map(|(mid, _)| mid.to_string())
    }

    /// Packets that never came, of all streams since the last call.
    pub(super) fn take_lost(&mut self) -> u64 {
        let mut lost = 0;
        for stream in self.incoming.values_mut() {
            let expected = (stream.highest + 1).saturating_sub(stream.first);
            lost += expected.saturating_sub(stream.count);
            stream.first = stream.highest + 1;
            stream.count = 0;
        }
        lost
    }

    /// Takes a datagram, and what follows from it at once.
    pub(super) fn datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        outputs: &mut Vec<MediaOutput>,
    ) -> Result<(), RtcError> {
        let Ok(contents) = DatagramRecv::try_from(bytes) else {
            return Ok(());
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source: from,
            destination: self.address,
            contents,
        };
        self.rtc.handle_input(Input::Receive(now, receive))?;
        self.drain(now, outputs)?;
        Ok(())
    }

    /// Sends what is due and lets time pass. Returns when to come again.
    pub(super) fn turn(
        &mut self,
        now: Instant,
        outputs: &mut Vec<MediaOutput>,
    ) -> Result<Instant, RtcError> {
        if self.connected {
            self.publish(now);
        }
        self.rtc.handle_input(Input::Timeout(now))?;
        let at = self.drain(now, outputs)?;
        let sending = self.next_sound.min(self.next_frame);
        Ok(if self.connected { at.min(sending) } else { at })
    }

    fn drain(&mut self, now: Instant, outputs: &mut Vec<MediaOutput>) -> Result<Instant, RtcError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => {
                    outputs.push(MediaOutput::Send(transmit.destination, transmit.contents))
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::KeyframeRequest(request)) => {
                    for layer in &mut self.layers {
                        layer.keyframe_due |= Some(layer.rid) == request.rid;
                    }
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    outputs.extend(self.receive(now, &packet).map(MediaOutput::Received));
                }
                Output::Event(_) => {}
            }
        }
    }

    fn receive(&mut self, now: Instant, packet: &RtpPacket) -> Option<Received> {
        let ssrc = packet.header.ssrc;
        let seq = *packet.seq_no;
        if !self.incoming.contains_key(&ssrc) {
            let mid = self.rtc.direct_api().stream_rx(&ssrc)?.mid();
            let stream = Incoming {
                kind: *self.slots.get(&mid)?,
                first: seq,
                highest: seq,
                count: 0,
            };
            self.incoming.insert(ssrc, stream);
        }
        let stream = self.incoming.get_mut(&ssrc)?;
        stream.highest = stream.highest.max(seq);
        stream.count += u64::from(seq >= stream.first);
        let head = if stream.kind.is_audio() {
            0
        } else {
            DESCRIPTOR + 1
        };
        let stamp = packet.payload.get(head..head + 8)?.try_into().ok()?;
        let sent = Duration::from_micros(u64::from_be_bytes(stamp));
        Some(Received {
            kind: stream.kind,
            bytes: packet.payload.len(),
            delay: now.duration_since(self.epoch).saturating_sub(sent),
        })
    }

    fn publish(&mut self, now: Instant) {
        while self.next_sound <= now {
            self.next_sound += if self.speaks { SOUND } else { SILENCE };
            self.write_sound(now);
        }
        while self.next_frame <= now {
            self.next_frame += FRAME;
            if self.speaks {
                self.write_frame(now);
            }
        }
    }

    fn pt(&self, codec: Codec) -> Option<Pt> {
        let params = self.rtc.codec_config().params().iter();
        let mut of_codec = params.filter(|p| p.spec().codec == codec);
        of_codec.next().map(|p| p.pt())
    }

    fn stamp(&self, now: Instant) -> [u8; 8] {
        let micros = now.duration_since(self.epoch).as_micros();
        u64::try_from(micros).unwrap_or(u64::MAX).to_be_bytes()
    }

    fn write_sound(&mut self, now: Instant) {
        let stamp = self.stamp(now);
        let time = now.duration_since(self.epoch).as_millis() as u32;
        let (Some(mid), Some(pt)) = (self.microphone, self.pt(Codec::Opus)) else {
            return;
        };
        let level = if self.speaks { -30 } else { -127 };
        let extensions = str0m::rtp::ExtensionValues {
            audio_level: Some(level),
            voice_activity: Some(self.speaks),
            ..Default::default()
        };
        let mut payload = vec![0; if self.speaks { SOUND_BYTES } else { 10 }];
        payload[..8].copy_from_slice(&stamp);
        let seq = self.sound_seq;
        self.sound_seq += 1;
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            let write = RtpWrite::new(pt, seq.into(), time.wrapping_mul(48), now, payload);
            stream.write_rtp(write.ext_vals(extensions));
        }
    }

    fn write_frame(&mut self, now: Instant) {
        let stamp = self.stamp(now);
        let time = (now.duration_since(self.epoch).as_millis() as u32).wrapping_mul(90);
        let (Some(mid), Some(pt)) = (self.camera, self.pt(Codec::Vp8)) else {
            return;
        };
        self.picture = self.picture.wrapping_add(1) & 0x7fff;
        let mut api = self.rtc.direct_api();
        for layer in &mut self.layers {
            let Some(stream) = api.stream_tx_by_mid(mid, Some(layer.rid)) else {
                continue;
            };
            let keyframe = std::mem::take(&mut layer.keyframe_due);
            let packets = if keyframe {
                layer.packets * 3
            } else {
                layer.packets
            };
            for packet in 0..packets {
                let first = packet == 0;
                let mut payload = vec![0; layer.bytes];
                payload[0] = 0x80 | if first { 0x10 } else { 0 };
                payload[1] = 0x80;
                payload[2..4].copy_from_slice(&(self.picture | 0x8000).to_be_bytes());
                payload[4] = u8::from(!keyframe);
                payload[5..13].copy_from_slice(&stamp);
                let write = RtpWrite::new(pt, layer.seq.into(), time, now, payload)
                    .marker(packet + 1 == packets)
                    .nackable(true);
                layer.seq += 1;
                stream.write_rtp(write);
            }
        }
    }
}
