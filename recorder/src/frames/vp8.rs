//! VP8 (RFC 7741): the descriptor is taken off, the partitions are joined.

use diemcau_protocol::{TrackPacket, VideoCodec};

use super::{Picture, Shape};

/// The picture of these packets; nothing when they are not one.
pub(super) fn picture(packets: &[TrackPacket]) -> Option<Picture> {
    let mut data = Vec::new();
    for (index, packet) in packets.iter().enumerate() {
        let payload = &*packet.payload;
        let (starts, at) = descriptor(payload)?;
        if (index == 0) != starts {
            return None;
        }
        data.extend_from_slice(payload.get(at..)?);
    }
    let shape = shape(&data)?;
    Some(Picture { data, shape })
}

/// Whether a picture begins in the payload (RFC 7741 §4.2), and where the
/// descriptor ends.
fn descriptor(payload: &[u8]) -> Option<(bool, usize)> {
    let first = *payload.first()?;
    let mut at = 1;
    if first & 0x80 != 0 {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            at += 1 + usize::from(payload.get(at)? & 0x80 != 0);
        }
        at += usize::from(flags & 0x40 != 0) + usize::from(flags & 0x30 != 0);
    }
    Some((first & 0x17 == 0x10, at))
}

/// The shape of a keyframe (RFC 6386 §9.1), or that it is none; nothing when
/// it is cut off.
#[allow(clippy::option_option, reason = "unreadable, or no keyframe")]
fn shape(data: &[u8]) -> Option<Option<Shape>> {
    if data.first()? & 1 != 0 {
        return Some(None);
    }
    let [0x9d, 0x01, 0x2a, sizes @ ..] = data.get(3..10)? else {
        return None;
    };
    let size = |at: usize| u16::from_le_bytes([sizes[at], sizes[at + 1]]) & 0x3fff;
    Some(Some(Shape {
        codec: VideoCodec::Vp8,
        width: size(0),
        height: size(2),
        config: Vec::new(),
    }))
}
