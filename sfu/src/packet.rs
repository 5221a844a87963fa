//! A media packet between publisher and slots: what forwarding reads, and the
//! payload, shared and never copied.

use std::sync::Arc;
use std::time::Instant;

use str0m::rtp::{ExtensionValues, Vp8Descriptor};

/// The codecs that are forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
}

impl Codec {
    /// RTP clock rate, in Hz.
    pub(crate) fn clock_rate(self) -> u32 {
        match self {
            Codec::Opus => 48_000,
            Codec::Vp8 => 90_000,
        }
    }
}

/// A received RTP packet.
#[derive(Debug, Clone)]
pub(crate) struct MediaPacket {
    pub(crate) codec: Codec,
    /// Extended sequence number of its stream.
    pub(crate) seq: u64,
    /// RTP timestamp, in the codec's clock.
    pub(crate) rtp_time: u32,
    pub(crate) marker: bool,
    /// When it was captured, by the SFU's clock; derived from the publisher's
    /// sender reports.
    pub(crate) captured: Instant,
    pub(crate) arrived: Instant,
    /// Audio level (RFC 6464), in -dBov: 0 is the loudest, 127 is silence.
    pub(crate) level: Option<u8>,
    /// The first packet of a picture that needs no other.
    pub(crate) starts_keyframe: bool,
    /// The payload descriptor, for VP8.
    pub(crate) vp8: Option<Vp8Descriptor>,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) extensions: ExtensionValues,
}

/// A packet as a slot sends it on.
#[derive(Debug, Clone)]
pub(crate) struct SlotPacket {
    pub(crate) seq: u64,
    pub(crate) rtp_time: u32,
    pub(crate) captured: Instant,
    pub(crate) csrc: u32,
    pub(crate) picture_id: Option<u16>,
    pub(crate) tl0_pic_idx: Option<u8>,
}
