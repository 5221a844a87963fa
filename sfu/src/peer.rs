//! One browser (or device) over WebRTC: ICE-lite, DTLS, SRTP, RTCP. The only
//! file that knows str0m's session.
//!
//! ```text
//!   datagram, timeout ─> Peer ─> PeerOutput: transmit, packet, report, keyframe
//!   write(slot, packet) ─┘
//! ```
//!
//! Law: after mutations, [`Peer::drain`]. Whatever goes wrong inside one peer
//! (str0m panics by design on broken invariants) is contained: the peer is
//! faulted, and the caller drops it.

mod negotiate;
#[cfg_attr(not(test), expect(dead_code, reason = "for the egress"))]
mod negotiated;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use str0m::media::{KeyframeRequestKind, Mid, Pt, Rid};
use str0m::net::{DatagramRecv, DatagramSend, Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc, Vp8Descriptor};
use str0m::{Event, IceConnectionState, Input, Output, Rtc};

pub(crate) use negotiate::OfferError;

use crate::packet::{Codec, MediaPacket, SlotPacket};

/// The longest payload that is forwarded, in bytes: what an Ethernet frame has
/// room for. With a longer one str0m's send buffer would not suffice.
const MAX_PAYLOAD: usize = 1_450;
/// The most RTP streams of one peer: every layer with its repairs needs fewer.
const MAX_STREAMS: usize = 64;

/// A peer broke; it must be dropped.
#[derive(Debug, thiserror::Error)]
#[error("fault in a media connection: {0}")]
pub(crate) struct PeerFault(String);

/// What comes out of a peer.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most are packets; they live in one reused buffer"
)]
pub(crate) enum PeerOutput {
    Transmit {
        to: SocketAddr,
        contents: DatagramSend,
    },
    /// A media packet of one of the peer's sources, not yet on our clock.
    Packet {
        source: usize,
        layer: usize,
        packet: MediaPacket,
    },
    /// A sender report of one of its sources.
    Report {
        source: usize,
        layer: usize,
        arrived: Instant,
        ntp_micros: i64,
        rtp_time: u32,
    },
    /// The receiver needs a keyframe in a slot.
    KeyframeWanted {
        slot: usize,
    },
    /// A packet that fits no offered source or codec.
    Malformed,
    Connected,
    /// Nothing is heard from the other side.
    Quiet,
    /// The other side closed it.
    Closed,
}

/// An offered source: its m-line and its layers.
struct SourceLine {
    mid: Mid,
    rids: Vec<Option<Rid>>,
}

/// A media connection.
pub(crate) struct Peer {
    rtc: Rtc,
    slots: Vec<(Mid, Ssrc)>,
    sources: Vec<SourceLine>,
    streams: HashMap<Ssrc, Option<(usize, usize)>>,
    opus: Option<Pt>,
    vp8: Option<Pt>,
    /// The m-lines of the first offer.
    mids: Vec<String>,
}

impl Peer {
    /// The ufrag by which checks to this peer are known.
    pub(crate) fn local_ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Takes a datagram that belongs to this peer.
    pub(crate) fn datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), PeerFault> {
        let Ok(contents) = DatagramRecv::try_from(datagram) else {
            return Ok(());
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source: from,
            destination: to,
            contents,
        };
        self.input(Input::Receive(now, receive))
    }

    /// Time has passed.
    pub(crate) fn timeout(&mut self, now: Instant) -> Result<(), PeerFault> {
        self.input(Input::Timeout(now))
    }

    fn input(&mut self, input: Input<'_>) -> Result<(), PeerFault> {
        guarded(|| self.rtc.handle_input(input))?.map_err(|e| PeerFault(e.to_string()))
    }

    /// Takes everything out. Returns when time must pass next.
    pub(crate) fn drain(&mut self, outputs: &mut Vec<PeerOutput>) -> Result<Instant, PeerFault> {
        loop {
            let output =
                guarded(|| self.rtc.poll_output())?.map_err(|e| PeerFault(e.to_string()))?;
            match output {
                Output::Timeout(at) => {
                    if !self.rtc.is_alive() {
                        outputs.push(PeerOutput::Closed);
                    }
                    return Ok(at);
                }
                Output::Transmit(transmit) => outputs.push(PeerOutput::Transmit {
                    to: transmit.destination,
                    contents: transmit.contents,
                }),
                Output::Event(event) => {
                    if let Some(output) = self.event(event) {
                        outputs.push(output);
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event) -> Option<PeerOutput> {
        match event {
            Event::Connected => Some(PeerOutput::Connected),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                Some(PeerOutput::Quiet)
            }
            Event::Closed => Some(PeerOutput::Closed),
            Event::RtpPacket(packet) => Some(self.packet(packet)),
            Event::SenderFeedback(report) => {
                let (source, layer) = self.find(report.mid, report.rid)?;
                Some(PeerOutput::Report {
                    source,
                    layer,
                    arrived: report.received_at,
                    ntp_micros: unix_micros(report.sender_info.ntp_time)?,
                    rtp_time: report.sender_info.rtp_time.numer() as u32,
                })
            }
            Event::KeyframeRequest(request) => {
                let slot = self.slots.iter().position(|(mid, _)| *mid == request.mid)?;
                Some(PeerOutput::KeyframeWanted { slot })
            }
            // str0m's enum grows; what is not named here is not ours.
            _ => None,
        }
    }

    fn packet(&mut self, packet: RtpPacket) -> PeerOutput {
        let ssrc = packet.header.ssrc;
        let known = match self.streams.get(&ssrc) {
            Some(known) => *known,
            None if self.streams.len() == MAX_STREAMS => return PeerOutput::Closed,
            None => {
                let stream = self
                    .rtc
                    .direct_api()
                    .stream_rx(&ssrc)
                    .map(|stream| (stream.mid(), stream.rid()));
                let found = stream.and_then(|(mid, rid)| self.find(mid, rid));
                self.streams.insert(ssrc, found);
                found
            }
        };
        let Some((source, layer)) = known else {
            return PeerOutput::Malformed;
        };
        match self.media(packet) {
            Some(packet) => PeerOutput::Packet {
                source,
                layer,
                packet,
            },
            None => PeerOutput::Malformed,
        }
    }

    fn media(&self, packet: RtpPacket) -> Option<MediaPacket> {
        if packet.payload.len() > MAX_PAYLOAD {
            return None;
        }
        let pt = Some(packet.header.payload_type);
        let (codec, vp8) = if pt == self.opus {
            (Codec::Opus, None)
        } else if pt == self.vp8 {
            (
                Codec::Vp8,
                Some(Vp8Descriptor::parse(&packet.payload).ok()?),
            )
        } else {
            return None;
        };
        let extensions = packet.header.ext_vals;
        Some(MediaPacket {
            codec,
            seq: *packet.seq_no,
            rtp_time: packet.header.timestamp,
            marker: packet.header.marker,
            captured: packet.timestamp,
            arrived: packet.timestamp,
            level: extensions.audio_level.map(i8::unsigned_abs),
            starts_keyframe: vp8.is_some_and(|d| d.starts_keyframe(&packet.payload)),
            vp8,
            payload: packet.payload,
            extensions,
        })
    }

    fn find(&self, mid: Mid, rid: Option<Rid>) -> Option<(usize, usize)> {
        let source = self.sources.iter().position(|line| line.mid == mid)?;
        let rids = &self.sources[source].rids;
        let layer = rids.iter().position(|known| *known == rid)?;
        Some((source, layer))
    }

    /// Puts a packet into a slot. It leaves after [`Self::timeout`] and
    /// [`Self::drain`].
    pub(crate) fn write(
        &mut self,
        slot: usize,
        packet: &MediaPacket,
        out: &SlotPacket,
    ) -> Result<(), PeerFault> {
        let pt = match packet.codec {
            Codec::Opus => self.opus,
            Codec::Vp8 => self.vp8,
        };
        let Some(pt) = pt else {
            return Ok(());
        };
        let (_, ssrc) = self.slots[slot];
        let extensions = ExtensionValues {
            audio_level: packet.extensions.audio_level,
            voice_activity: packet.extensions.voice_activity,
            video_orientation: packet.extensions.video_orientation,
            ..ExtensionValues::default()
        };
        let mut write = RtpWrite::new(
            pt,
            out.seq.into(),
            out.rtp_time,
            out.captured,
            packet.payload.clone(),
        )
        .marker(packet.marker)
        .nackable(packet.codec == Codec::Vp8)
        .csrc(&[out.csrc])
        .ext_vals(extensions);
        if let (Some(descriptor), Some(picture_id)) = (packet.vp8, out.picture_id) {
            let patch = |picture_id| {
                let patch = descriptor.patch().picture_id(picture_id);
                match out.tl0_pic_idx {
                    Some(tl0) => patch.tl0_pic_idx(tl0),
                    None => patch,
                }
                .build()
            };
            // The short form has room for seven bits (RFC 7741 §4.2).
            if let Ok(patch) = patch(picture_id).or_else(|_| patch(picture_id & 0x7f)) {
                write = write.vp8_patch(patch);
            }
        }
        guarded(|| {
            if let Some(stream) = self.rtc.direct_api().stream_tx(&ssrc) {
                stream.write_rtp(write);
            }
        })
    }

    /// Asks the other side for a keyframe of a layer it publishes (RFC 4585
    /// §6.3.1). Leaves after [`Self::timeout`] and [`Self::drain`].
    pub(crate) fn request_keyframe(
        &mut self,
        source: usize,
        layer: usize,
    ) -> Result<(), PeerFault> {
        let line = &self.sources[source];
        let (mid, rid) = (line.mid, line.rids[layer]);
        guarded(|| {
            if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, rid) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        })
    }
}

fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, PeerFault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        PeerFault(text.unwrap_or("panic").to_owned())
    })
}

fn unix_micros(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}
