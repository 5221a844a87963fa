//! VP9 (RFC 9628): the descriptor is taken off, the frames of all spatial
//! layers of a picture are joined into a superframe (VP9 bitstream, annex B).

use diemcau_protocol::{TrackPacket, VideoCodec};

use super::bits::Bits;
use super::{Picture, Shape};

/// The most frames of a superframe.
const MOST: usize = 8;

/// What is read of a descriptor.
struct Descriptor {
    is_inter: bool,
    starts_frame: bool,
    /// Width and height of the highest layer, where it says it.
    size: Option<(u16, u16)>,
    end: usize,
}

/// The picture of these packets; nothing when they are not one.
pub(super) fn picture(packets: &[TrackPacket]) -> Option<Picture> {
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let mut keyframe = false;
    let mut size = None;
    for (index, packet) in packets.iter().enumerate() {
        let payload = &*packet.payload;
        let descriptor = Descriptor::read(payload)?;
        if descriptor.starts_frame {
            if index == 0 {
                keyframe = !descriptor.is_inter;
                size = descriptor.size;
            }
            frames.push(Vec::new());
        }
        let frame = frames.last_mut()?;
        frame.extend_from_slice(payload.get(descriptor.end..)?);
    }
    let shape = if keyframe {
        let (width, height) = size.or_else(|| key_size(frames.first()?))?;
        Some(Shape {
            codec: VideoCodec::Vp9,
            width,
            height,
            config: Vec::new(),
        })
    } else {
        None
    };
    let data = superframe(frames)?;
    Some(Picture { data, shape })
}

impl Descriptor {
    /// RFC 9628 §4.2.
    fn read(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let is = |bit: u8| first & 0x80 >> bit != 0;
        let (has_id, is_inter, has_layers, is_flexible) = (is(0), is(1), is(2), is(3));
        let mut at = 1;
        if has_id {
            at += 1 + usize::from(payload.get(at)? & 0x80 != 0);
        }
        if has_layers {
            at += 1 + usize::from(!is_flexible);
        }
        if is_flexible && is_inter {
            for _ in 0..3 {
                let reference = *payload.get(at)?;
                at += 1;
                if reference & 1 == 0 {
                    break;
                }
            }
        }
        let mut size = None;
        if is(6) {
            let structure = *payload.get(at)?;
            at += 1;
            let layers = usize::from(structure >> 5) + 1;
            if structure & 0x10 != 0 {
                let sizes = payload.get(at..at + 4 * layers)?;
                let highest = sizes.last_chunk::<4>()?;
                let [w, x, h, i] = *highest;
                size = Some((u16::from_be_bytes([w, x]), u16::from_be_bytes([h, i])));
                at += 4 * layers;
            }
            if structure & 0x08 != 0 {
                let count = *payload.get(at)?;
                at += 1;
                for _ in 0..count {
                    at += 1 + usize::from(payload.get(at)? >> 2 & 3);
                }
            }
        }
        Some(Self {
            is_inter,
            starts_frame: is(4),
            size,
            end: at,
        })
    }
}

/// Width and height of a keyframe of profile 0 (VP9 bitstream §6.2).
fn key_size(frame: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(frame);
    let marker = bits.number(2)?;
    let profile = bits.number(2)?;
    let shows_existing = bits.bit()?;
    let is_inter = bits.bit()?;
    // Whether it is shown, and resilient.
    bits.number(2)?;
    let sync = bits.number(24)?;
    if marker != 2 || profile != 0 || shows_existing || is_inter || sync != 0x49_83_42 {
        return None;
    }
    let rgb = 7;
    if bits.number(3)? == rgb {
        return None;
    }
    bits.bit()?;
    let mut size = || u16::try_from(bits.number(16)? + 1).ok();
    Some((size()?, size()?))
}

/// One frame as it is; several with an index behind them.
fn superframe(mut frames: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    frames.retain(|frame| !frame.is_empty());
    if frames.len() > MOST {
        return None;
    }
    if frames.len() < 2 {
        return Some(frames.pop().unwrap_or_default());
    }
    let marker = 0b1101_1000 | (frames.len() - 1) as u8;
    let mut index = vec![marker];
    for frame in &frames {
        index.extend(u32::try_from(frame.len()).ok()?.to_le_bytes());
    }
    index.push(marker);
    let mut data = frames.concat();
    data.extend(index);
    Some(data)
}
