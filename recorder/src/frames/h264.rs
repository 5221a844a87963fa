//! H.264 (RFC 6184): units are taken out of their packets and stand with their
//! lengths before them, as in MP4; parameter sets stand in the configuration
//! and in the keyframe.

use diemcau_protocol::{TrackPacket, VideoCodec};

use super::bits::Bits;
use super::{Picture, Shape};

const SLICE: u8 = 1;
const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// The picture of these packets; nothing when they are not one.
pub(super) fn picture(packets: &[TrackPacket]) -> Option<Picture> {
    let units = units(packets)?;
    let kind = |unit: &Vec<u8>| unit.first().map_or(0, |first| first & 0x1f);
    let first_of = |wanted: u8| units.iter().find(|unit| kind(unit) == wanted);
    let is_key = first_of(IDR).is_some();
    if !is_key && first_of(SLICE).is_none() {
        // Parameter sets alone, or nothing that is a picture.
        return Some(Picture {
            data: Vec::new(),
            shape: None,
        });
    }
    let shape = match (is_key, first_of(SPS), first_of(PPS)) {
        (true, Some(sps), Some(pps)) => {
            let (width, height) = size(sps)?;
            Some(Shape {
                codec: VideoCodec::H264,
                width,
                height,
                config: configuration(sps, pps)?,
            })
        }
        // It cannot be begun with, so it is like any other.
        (true | false, _, _) => None,
    };
    let mut data = Vec::new();
    for unit in units.iter().filter(|unit| kind(unit) != DELIMITER) {
        data.extend(u32::try_from(unit.len()).ok()?.to_be_bytes());
        data.extend(unit);
    }
    Some(Picture { data, shape })
}

/// RFC 6184 §5.6 to 5.8.
fn units(packets: &[TrackPacket]) -> Option<Vec<Vec<u8>>> {
    let mut units: Vec<Vec<u8>> = Vec::new();
    let mut fragment: Option<Vec<u8>> = None;
    for packet in packets {
        let payload = &*packet.payload;
        let first = *payload.first()?;
        match first & 0x1f {
            FU_A => {
                let [_, head, rest @ ..] = payload else {
                    return None;
                };
                if head & 0x80 != 0 {
                    if fragment.is_some() {
                        return None;
                    }
                    fragment = Some(vec![first & 0xe0 | head & 0x1f]);
                }
                fragment.as_mut()?.extend(rest);
                if head & 0x40 != 0 {
                    units.extend(fragment.take());
                }
            }
            _ if fragment.is_some() => return None,
            STAP_A => {
                let mut rest = &payload[1..];
                while let Some((length, behind)) = rest.split_first_chunk::<2>() {
                    let length = usize::from(u16::from_be_bytes(*length));
                    let (unit, behind) = behind.split_at_checked(length)?;
                    units.push(unit.to_vec());
                    rest = behind;
                }
            }
            1..=23 => units.push(payload.to_vec()),
            _ => return None,
        }
    }
    units.retain(|unit| !unit.is_empty());
    fragment.is_none().then_some(units)
}

/// The decoder configuration record (ISO/IEC 14496-15 §5.3.3.1).
fn configuration(sps: &[u8], pps: &[u8]) -> Option<Vec<u8>> {
    let mut config = vec![1, *sps.get(1)?, *sps.get(2)?, *sps.get(3)?, 0xff, 0xe1];
    config.extend(u16::try_from(sps.len()).ok()?.to_be_bytes());
    config.extend(sps);
    config.push(1);
    config.extend(u16::try_from(pps.len()).ok()?.to_be_bytes());
    config.extend(pps);
    if matches!(sps[1], 100 | 110 | 122 | 144) {
        // 4:2:0, eight bits, no more parameter sets.
        config.extend([0xfd, 0xf8, 0xf8, 0]);
    }
    Some(config)
}

/// Width and height that a sequence parameter set says (ITU-T H.264 §7.3.2.1).
fn size(sps: &[u8]) -> Option<(u16, u16)> {
    let plain = without_emulation(sps.get(4..)?);
    let mut bits = Bits::new(&plain);
    golomb(&mut bits)?;
    if matches!(
        sps[1],
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        let chroma = golomb(&mut bits)?;
        if chroma == 3 {
            bits.bit()?;
        }
        golomb(&mut bits)?;
        golomb(&mut bits)?;
        bits.bit()?;
        if bits.bit()? {
            // Scaling lists: nobody who sends to browsers has them.
            return None;
        }
    }
    golomb(&mut bits)?;
    match golomb(&mut bits)? {
        0 => {
            golomb(&mut bits)?;
        }
        1 => {
            bits.bit()?;
            golomb(&mut bits)?;
            golomb(&mut bits)?;
            for _ in 0..golomb(&mut bits)?.min(255) {
                golomb(&mut bits)?;
            }
        }
        _ => {}
    }
    golomb(&mut bits)?;
    bits.bit()?;
    let width = (golomb(&mut bits)?.checked_add(1)?).checked_mul(16)?;
    let map_units = golomb(&mut bits)?.checked_add(1)?;
    let frames_only = bits.bit()?;
    let fields = if frames_only { 1 } else { 2 };
    if !frames_only {
        bits.bit()?;
    }
    let height = map_units.checked_mul(16)?.checked_mul(fields)?;
    bits.bit()?;
    let mut cropped = (0, 0);
    if bits.bit()? {
        let mut next = || golomb(&mut bits);
        let (left, right, top, bottom) = (next()?, next()?, next()?, next()?);
        cropped.0 = left.checked_add(right)?.checked_mul(2)?;
        cropped.1 = top.checked_add(bottom)?.checked_mul(2 * fields)?;
    }
    let width = width.checked_sub(cropped.0)?;
    let height = height.checked_sub(cropped.1)?;
    Some((width.try_into().ok()?, height.try_into().ok()?))
}

/// An unsigned number in Exp-Golomb code (§9.1).
fn golomb(bits: &mut Bits<'_>) -> Option<u32> {
    let mut zeros = 0;
    while !bits.bit()? {
        zeros += 1;
        if zeros > 31 {
            return None;
        }
    }
    Some((1 << zeros) - 1 + bits.number(zeros)?)
}

/// Without the bytes that keep start codes out (§7.4.1.1).
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut plain: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}
