//! A media packet between publisher and slots: what forwarding reads, and the
//! payload, shared and never copied.

use std::sync::Arc;
use std::time::Instant;

use crate::payload::{self, PictureFields};
use crate::peer::Format;
use crate::svc::Crossing;

/// A received RTP packet.
#[derive(Debug, Clone)]
pub(crate) struct MediaPacket {
    pub(crate) format: Format,
    /// Whether the payload has older sound beside the newest (RFC 2198).
    pub(crate) red: bool,
    /// Extended sequence number of its stream.
    pub(crate) seq: u64,
    /// RTP timestamp, in the codec's clock.
    pub(crate) rtp_time: u32,
    pub(crate) marker: bool,
    /// When it was captured, by the SFU's clock; derived from the publisher's
    /// sender reports.
    pub(crate) captured: Instant,
    pub(crate) arrived: Instant,
    /// Audio level and voice activity as in RFC 6464 §3: the first bit is the
    /// voice, the others the level in -dBov: 0 is the loudest, 127 is silence.
    pub(crate) level: Option<u8>,
    /// How the picture is to be turned (3GPP TS 26.114 §7.4.5).
    pub(crate) orientation: Option<u8>,
    /// The dependency descriptor of AV1.
    pub(crate) dependencies: Option<Box<[u8]>>,
    /// The first packet of a picture that needs no other.
    pub(crate) starts_keyframe: bool,
    /// Where the fields are that a slot rewrites, for VP8 and VP9.
    pub(crate) picture: Option<PictureFields>,
    /// Where receivers may go over from one virtual layer to another.
    pub(crate) crossing: Option<Arc<Crossing>>,
    pub(crate) payload: Arc<[u8]>,
}

impl MediaPacket {
    /// The number of its frame, where a dependency descriptor says it.
    pub(crate) fn frame_number(&self) -> Option<u16> {
        payload::frame_number(self.dependencies.as_deref()?)
    }

    /// The sound alone, for receivers that do not know RED.
    pub(crate) fn plain(&self) -> &[u8] {
        if self.red {
            payload::red_primary(&self.payload).unwrap_or(&[])
        } else {
            &self.payload
        }
    }
}

/// A packet as a slot sends it on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotPacket {
    /// Extended; its low 16 bits are sent.
    pub(crate) seq: u64,
    pub(crate) rtp_time: u32,
    pub(crate) csrc: u32,
    pub(crate) picture_id: Option<u16>,
    pub(crate) tl0_pic_idx: Option<u8>,
    /// Of the dependency descriptor.
    pub(crate) frame_number: Option<u16>,
}
