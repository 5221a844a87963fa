//! One browser (or device) over WebRTC: ICE-lite, DTLS, SRTP, RTCP. The only
//! file that knows str0m's session.
//!
//! ```text
//!   datagram, timeout ─> Peer ─> PeerOutput: transmit, packet, report
//! ```
//!
//! What the other side is sent of media does not go through str0m, but through
//! [`crate::egress`], with the keys of the session and SSRCs of its own.
//!
//! Law: after mutations, [`Peer::drain`]. Whatever goes wrong inside one peer
//! (str0m panics by design on broken invariants) is contained: the peer is
//! faulted, and the caller drops it.

mod codecs;
mod description;
mod negotiate;
mod negotiated;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use str0m::media::{KeyframeRequestKind, Mid, Rid};
use str0m::net::{DatagramRecv, DatagramSend, Receive};
use str0m::rtp::{RtpPacket, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

pub(crate) use negotiate::OfferError;
use negotiated::Wrapping;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use negotiated::{ExtensionIds, H264Profile};
pub(crate) use negotiated::{Format, Negotiated, Payload};

use crate::keys::KeyTap;
use crate::packet::MediaPacket;
use crate::path::TransportAddress;
use crate::payload;
use crate::srtp::MasterKeys;

/// The longest payload that is forwarded, in bytes: what an Ethernet frame has
/// room for. With a longer one str0m's send buffer would not suffice.
const MAX_PAYLOAD: usize = 1_450;
/// The most RTP streams of one peer: every layer with its repairs needs fewer.
const MAX_STREAMS: usize = 64;

/// A peer broke; it must be dropped.
#[derive(Debug, thiserror::Error)]
#[error("fault in a media connection: {0}")]
pub(crate) struct PeerFault(String);

impl PeerFault {
    /// With what went wrong, in English.
    pub(crate) fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// What comes out of a peer.
#[derive(Debug)]
pub(crate) enum PeerOutput {
    Transmit {
        to: TransportAddress,
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

/// An m-line on which a slot is sent.
#[derive(Debug, Clone)]
pub(crate) struct OutgoingLine {
    pub(crate) mid: String,
    pub(crate) is_audio: bool,
    pub(crate) ssrc: u32,
    /// Of repeated packets.
    pub(crate) rtx_ssrc: u32,
}

/// What an offer came to.
pub(crate) struct Answered {
    /// The answer (RFC 8829).
    pub(crate) sdp: String,
    pub(crate) negotiated: Negotiated,
    /// The canonical name of all streams (RFC 3550 §6.5.1).
    pub(crate) cname: String,
    /// The m-lines of new slots, in the order of the offer's slots.
    pub(crate) lines: Vec<OutgoingLine>,
}

/// A media connection.
pub(crate) struct Peer {
    rtc: Rtc,
    tap: Option<KeyTap>,
    sources: Vec<SourceLine>,
    streams: HashMap<Ssrc, Option<(usize, usize)>>,
    negotiated: Negotiated,
    /// The m-lines of the first offer.
    mids: Vec<String>,
    /// The streams that the slots have.
    streams_out: Vec<OutgoingLine>,
    /// The canonical name of all of them (RFC 3550 §6.5.1).
    cname: String,
}

impl Peer {
    /// The ufrag by which checks to this peer are known.
    pub(crate) fn local_ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// The keys of the session, once DTLS is up.
    pub(crate) fn keys(&self) -> Option<&MasterKeys> {
        self.tap.as_ref()?.keys()
    }

    /// A candidate that the other side has found (RFC 8838), as in an
    /// `a=candidate` line. What cannot be read is ignored.
    pub(crate) fn candidate(&mut self, candidate: &str) -> Result<(), PeerFault> {
        guarded(|| {
            if let Ok(candidate) = Candidate::from_sdp_string(candidate) {
                self.rtc.add_remote_candidate(candidate);
            }
        })
    }

    /// Takes a datagram that belongs to this peer.
    pub(crate) fn datagram(
        &mut self,
        now: Instant,
        from: TransportAddress,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), PeerFault> {
        let Ok(contents) = DatagramRecv::try_from(datagram) else {
            return Ok(());
        };
        let receive = Receive {
            proto: from.transport.protocol(),
            source: from.address,
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
                Output::Transmit(transmit) => {
                    let to = TransportAddress::new(transmit.proto, transmit.destination);
                    outputs.extend(to.map(|to| PeerOutput::Transmit {
                        to,
                        contents: transmit.contents,
                    }));
                }
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
        let (known, wrapping) = self.negotiated.of_pt(*packet.header.payload_type)?;
        let red = match wrapping {
            Wrapping::Plain => false,
            Wrapping::Red => true,
            // str0m unwraps repeated packets.
            Wrapping::Rtx => return None,
        };
        if red && payload::red_primary(&packet.payload).is_none() {
            return None;
        }
        let (starts_keyframe, picture) = payload::read(known.format, &packet.payload)?;
        let extensions = packet.header.ext_vals;
        let voice = u8::from(extensions.voice_activity.unwrap_or(false)) << 7;
        Some(MediaPacket {
            format: known.format,
            red,
            seq: *packet.seq_no,
            rtp_time: packet.header.timestamp,
            marker: packet.header.marker,
            captured: packet.timestamp,
            arrived: packet.timestamp,
            level: extensions
                .audio_level
                .map(|level| voice | (level.unsigned_abs() & 0x7f)),
            orientation: extensions.video_orientation.map(|turned| turned as u8),
            dependencies: codecs::dependencies(&extensions),
            starts_keyframe,
            picture,
            crossing: None,
            payload: packet.payload,
        })
    }

    fn find(&self, mid: Mid, rid: Option<Rid>) -> Option<(usize, usize)> {
        let source = self.sources.iter().position(|line| line.mid == mid)?;
        let rids = &self.sources[source].rids;
        let layer = rids.iter().position(|known| *known == rid)?;
        Some((source, layer))
    }

    /// The m-line of a source.
    pub(crate) fn source_mid(&self, source: usize) -> Option<String> {
        let line = self.sources.get(source)?;
        Some(line.mid.to_string())
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
