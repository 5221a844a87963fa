//! AV1 (RTP payload of the Alliance for Open Media, version 1.0): the units
//! are taken out of their packets and get their sizes back, as containers
//! want them.

use diemcau_protocol::{TrackPacket, VideoCodec};

use super::bits::Bits;
use super::{Picture, Shape};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;
/// The size that is said where a header does not say it plainly.
const UNSAID: (u16, u16) = (1_280, 720);

/// The picture of these packets; nothing when they are not one.
pub(super) fn picture(packets: &[TrackPacket]) -> Option<Picture> {
    let units = units(packets)?;
    let mut data = Vec::new();
    let mut shape = None;
    for unit in &units {
        let (head, content) = split(unit)?;
        let kind = head[0] >> 3 & 0x0f;
        if matches!(kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            continue;
        }
        let at = data.len();
        data.push(head[0] | 0x02);
        data.extend(&head[1..]);
        leb128(content.len(), &mut data);
        data.extend(content);
        if kind == SEQUENCE_HEADER {
            shape = Some(shape_of(content, &data[at..])?);
        }
    }
    // The N bit: the first packet of a coded video sequence (§4.4).
    let is_key = packets.first()?.payload.first()? & 0x08 != 0;
    let shape = shape.filter(|_| is_key);
    Some(Picture { data, shape })
}

/// The units of these packets (§4.4), whole.
fn units(packets: &[TrackPacket]) -> Option<Vec<Vec<u8>>> {
    let mut units: Vec<Vec<u8>> = Vec::new();
    let mut goes_on = false;
    for packet in packets {
        let (first, mut rest) = packet.payload.split_first()?;
        let (continues, count) = (first & 0x80 != 0, first >> 4 & 3);
        if continues != goes_on {
            return None;
        }
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let unit = if count > 0 && number == count {
                std::mem::take(&mut rest)
            } else {
                let (length, behind) = read_leb128(rest)?;
                let (unit, behind) = behind.split_at_checked(length)?;
                rest = behind;
                unit
            };
            match units.last_mut().filter(|_| number == 1 && continues) {
                Some(begun) => begun.extend(unit),
                None => units.push(unit.to_vec()),
            }
        }
        goes_on = first & 0x40 != 0;
    }
    units.retain(|unit| !unit.is_empty());
    (!goes_on).then_some(units)
}

/// The header of a unit (AV1 bitstream §5.3), without its size, and what is in
/// it.
fn split(unit: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *unit.first()?;
    let (head, rest) = unit.split_at_checked(1 + usize::from(first & 0x04 != 0))?;
    if first & 0x02 == 0 {
        return Some((head, rest));
    }
    let (length, rest) = read_leb128(rest)?;
    Some((head, rest.get(..length)?))
}

fn read_leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

fn leb128(mut value: usize, into: &mut Vec<u8>) {
    while value > 0x7f {
        into.push(0x80 | (value & 0x7f) as u8);
        value >>= 7;
    }
    into.push(value as u8);
}

/// The shape that a sequence header says (AV1 bitstream §5.5), with the
/// configuration record of AV1 in ISOBMFF §2.3.
fn shape_of(header: &[u8], unit: &[u8]) -> Option<Shape> {
    let mut bits = Bits::new(header);
    let profile = bits.number(3)? as u8;
    bits.bit()?;
    let mut level = 0;
    let mut size = None;
    if bits.bit()? {
        level = bits.number(5)? as u8;
        size = read_size(&mut bits);
    } else if !bits.bit()? {
        // No timing; else the size is farther behind than is worth it.
        bits.bit()?;
        for point in 0..=bits.number(5)? {
            bits.number(12)?;
            let this = bits.number(5)? as u8;
            if this > 7 {
                bits.bit()?;
            }
            if point == 0 {
                level = this;
            }
        }
        size = read_size(&mut bits);
    }
    let (width, height) = size.unwrap_or(UNSAID);
    // 4:2:0, eight bits.
    let mut config = vec![0x81, profile << 5 | level, 0x0c, 0];
    config.extend(unit);
    Some(Shape {
        codec: VideoCodec::Av1,
        width,
        height,
        config,
    })
}

fn read_size(bits: &mut Bits<'_>) -> Option<(u16, u16)> {
    let (wide, high) = (bits.number(4)? + 1, bits.number(4)? + 1);
    let width = u16::try_from(bits.number(wide)? + 1).ok()?;
    let height = u16::try_from(bits.number(high)? + 1).ok()?;
    Some((width, height))
}
