//! What forwarding reads of payloads: where a keyframe begins, and the fields
//! of VP8 that must stay continuous in a slot. Never more than descriptors, so
//! that encrypted frames pass.

use crate::peer::Format;

/// The longest Opus frame of somebody who is silent, in bytes: discontinuous
/// transmission needs 3, silence at a variable bitrate hardly more.
const SILENT_FRAME: usize = 10;
/// What a sound counts as that does not say how loud it is, in -dBov: a low
/// voice, so that it is heard, and gives way to everybody who speaks up.
const UNSAID_LEVEL: u8 = 50;

/// The level (RFC 6464) of an Opus packet that says none, as those of cameras
/// and encoders.
pub(crate) fn unsaid_level(opus: &[u8]) -> u8 {
    if opus.len() > SILENT_FRAME {
        UNSAID_LEVEL
    } else {
        127
    }
}

/// The picture id and the base layer's index of a VP8 payload descriptor
/// (RFC 7741 §4.2), and where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vp8 {
    pub(crate) picture_id: Option<u16>,
    pub(crate) tl0_pic_idx: Option<u8>,
    picture_at: u8,
    /// The picture id takes 15 bits, not 7.
    is_long: bool,
    tl0_at: u8,
    starts_keyframe: bool,
}

impl Vp8 {
    /// Reads a descriptor; nothing when it is cut off.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut vp8 = Self {
            picture_id: None,
            tl0_pic_idx: None,
            picture_at: 0,
            is_long: false,
            tl0_at: 0,
            starts_keyframe: false,
        };
        let mut at = 1;
        if first & 0x80 != 0 {
            let flags = *payload.get(at)?;
            at += 1;
            if flags & 0x80 != 0 {
                vp8.picture_at = at as u8;
                let high = *payload.get(at)?;
                vp8.is_long = high & 0x80 != 0;
                vp8.picture_id = Some(if vp8.is_long {
                    let low = *payload.get(at + 1)?;
                    u16::from(high & 0x7f) << 8 | u16::from(low)
                } else {
                    u16::from(high)
                });
                at += 1 + usize::from(vp8.is_long);
            }
            if flags & 0x40 != 0 {
                vp8.tl0_at = at as u8;
                vp8.tl0_pic_idx = Some(*payload.get(at)?);
                at += 1;
            }
            if flags & 0x30 != 0 {
                at += 1;
            }
        }
        // Start of the first partition, and the P bit of its header is 0.
        let is_start = first & 0x17 == 0x10;
        vp8.starts_keyframe = is_start && payload.get(at)? & 1 == 0;
        Some(vp8)
    }

    /// Writes other values in their place. The short form has room for seven
    /// bits of the picture id.
    pub(crate) fn write(&self, payload: &mut [u8], picture_id: Option<u16>, tl0: Option<u8>) {
        let at = usize::from(self.picture_at);
        if let (Some(_), Some(id)) = (self.picture_id, picture_id) {
            if self.is_long {
                payload[at] = 0x80 | (id >> 8) as u8;
                payload[at + 1] = id as u8;
            } else {
                payload[at] = (id & 0x7f) as u8;
            }
        }
        if let (Some(_), Some(tl0)) = (self.tl0_pic_idx, tl0) {
            payload[usize::from(self.tl0_at)] = tl0;
        }
    }
}

/// What is read of a payload: whether it can be one, whether a keyframe
/// begins in it, and for VP8 its descriptor.
pub(crate) fn read(format: Format, payload: &[u8]) -> Option<(bool, Option<Vp8>)> {
    match format {
        Format::Opus => Some((false, None)),
        Format::Vp8 => {
            let vp8 = Vp8::read(payload)?;
            Some((vp8.starts_keyframe, Some(vp8)))
        }
        Format::H264(_) => Some((h264_starts_keyframe(payload)?, None)),
        Format::Vp9 => Some((vp9_starts_keyframe(payload)?, None)),
        // The N bit of the aggregation header (AV1 RTP payload §4.4).
        Format::Av1 => Some((payload.first()? & 0x08 != 0, None)),
    }
}

const NAL_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;

/// Whether an H.264 payload (RFC 6184 §5) begins a picture that needs no
/// other: with its parameter sets, else with its first slice.
fn h264_starts_keyframe(payload: &[u8]) -> Option<bool> {
    let begins = |nal: u8| matches!(nal & 0x1f, NAL_IDR | NAL_SPS);
    let first = *payload.first()?;
    match first & 0x1f {
        NAL_STAP_A => {
            let mut rest = payload.get(1..)?;
            while let Some((length, units)) = rest.split_at_checked(2) {
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                let unit = units.get(..length)?;
                if unit.first().copied().is_some_and(begins) {
                    return Some(true);
                }
                rest = &units[length..];
            }
            Some(false)
        }
        NAL_FU_A => {
            let header = *payload.get(1)?;
            Some(header & 0x80 != 0 && begins(header))
        }
        _ => Some(begins(first)),
    }
}

/// Whether a VP9 payload (RFC 9628 §4.2) begins a picture that needs no other:
/// not predicted from earlier ones, start of a frame, lowest spatial layer.
fn vp9_starts_keyframe(payload: &[u8]) -> Option<bool> {
    let first = *payload.first()?;
    let (has_picture_id, is_inter, has_layers, is_start) = (
        first & 0x80 != 0,
        first & 0x40 != 0,
        first & 0x20 != 0,
        first & 0x08 != 0,
    );
    let mut at = 1;
    if has_picture_id {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    let spatial = if has_layers {
        payload.get(at)? >> 1 & 0x07
    } else {
        0
    };
    Some(!is_inter && is_start && spatial == 0)
}

/// The newest block of a RED payload (RFC 2198 §3).
pub(crate) fn red_primary(payload: &[u8]) -> Option<&[u8]> {
    let mut headers = 0;
    let mut older = 0;
    while payload.get(headers)? & 0x80 != 0 {
        let length = payload.get(headers + 2..headers + 4)?;
        older += usize::from(u16::from_be_bytes([length[0] & 0x03, length[1]]));
        headers += 4;
    }
    payload.get(headers + 1 + older..)
}

/// The older blocks of a RED payload (RFC 2198 §3), the oldest first: how much
/// earlier each was, in ticks of its clock, and the block.
pub(crate) fn red_older(payload: &[u8]) -> Vec<(u32, &[u8])> {
    let mut headers: Vec<(u32, usize)> = Vec::new();
    let mut at = 0;
    while let Some([first, a, b, c]) = payload.get(at..at + 4)
        && first & 0x80 != 0
    {
        let before = u32::from(*a) << 6 | u32::from(b >> 2);
        headers.push((before, usize::from(u16::from_be_bytes([b & 0x03, *c]))));
        at += 4;
    }
    let mut rest = payload.get(at + 1..).unwrap_or_default();
    let mut blocks = Vec::new();
    for (before, length) in headers {
        let Some((block, after)) = rest.split_at_checked(length) else {
            break;
        };
        rest = after;
        if !block.is_empty() {
            blocks.push((before, block));
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_that_says_no_level_is_a_low_voice_or_none() {
        assert_eq!(unsaid_level(&[0xfc, 0xff, 0xfe]), 127, "discontinuous");
        assert_eq!(unsaid_level(&[0; 80]), UNSAID_LEVEL);
    }

    #[test]
    fn fields_of_vp8_are_found_and_replaced() {
        let mut payload = [0x90, 0xe0, 0x92, 0x34, 7, 0x20, 0x00, 0x9d];
        let vp8 = Vp8::read(&payload).expect("a descriptor");
        assert_eq!(vp8.picture_id, Some(0x1234));
        assert_eq!(vp8.tl0_pic_idx, Some(7));
        assert!(vp8.starts_keyframe);
        vp8.write(&mut payload, Some(0x7fff), Some(255));
        assert_eq!(payload[..6], [0x90, 0xe0, 0xff, 0xff, 255, 0x20]);

        let mut short = [0x90, 0x80, 0x12, 0x01];
        let vp8 = Vp8::read(&short).expect("a descriptor");
        assert_eq!(vp8.picture_id, Some(0x12));
        assert!(!vp8.starts_keyframe);
        vp8.write(&mut short, Some(0x1ff), Some(1));
        assert_eq!(short, [0x90, 0x80, 0x7f, 0x01]);
    }

    #[test]
    fn what_is_cut_off_is_no_payload() {
        let vp8 = [0x90, 0xe0, 0x92, 0x34, 7, 0x20];
        for len in 0..=vp8.len() {
            assert_eq!(read(Format::Vp8, &vp8[..len]), None);
        }
        assert_eq!(read(Format::Vp9, &[0xa8, 0x80, 0x01]), None);
        for format in [Format::Vp9, Format::Av1] {
            assert_eq!(read(format, &[]), None);
        }
        assert_eq!(red_primary(&[0xef, 0, 0, 9, 0x6f, 1, 2]), None);
    }

    #[test]
    fn keyframes_of_every_codec_are_seen() {
        let h264 = |payload: &[u8]| h264_starts_keyframe(payload);
        assert_eq!(h264(&[0x67, 1]), Some(true), "parameter set");
        assert_eq!(h264(&[0x65, 1]), Some(true), "slice");
        assert_eq!(h264(&[0x41, 1]), Some(false));
        assert_eq!(h264(&[0x7c, 0x85]), Some(true), "first fragment");
        assert_eq!(h264(&[0x7c, 0x05]), Some(false), "later fragment");
        assert_eq!(h264(&[0x78, 0, 1, 0x09, 0, 1, 0x67]), Some(true));
        assert_eq!(h264(&[0x78, 0, 9, 0x09]), None, "longer than it is");
        assert_eq!(vp9_starts_keyframe(&[0x88, 0x80, 1]), Some(true));
        assert_eq!(vp9_starts_keyframe(&[0xc8, 0x80, 1]), Some(false));
        assert_eq!(vp9_starts_keyframe(&[0xa8, 5, 0x02]), Some(false));
        assert_eq!(read(Format::Av1, &[0x08]), Some((true, None)));
    }

    #[test]
    fn the_newest_sound_is_taken_out_of_red() {
        // One older block of two bytes, then the newest.
        let red = [0xef, 0, 0, 2, 0x6f, 1, 2, 3, 4, 5];
        assert_eq!(red_primary(&red), Some(&[3, 4, 5][..]));
        assert_eq!(red_primary(&[0x6f, 9]), Some(&[9][..]));
    }
    #[test]
    fn older_sound_is_taken_out_of_red() {
        // 1,920 ticks older with two bytes, 960 older with one, then the newest.
        let red = [0xef, 30, 0, 2, 0xef, 15, 0, 1, 0x6f, 1, 2, 3, 4, 5];
        assert_eq!(red_older(&red), [(1_920, &[1, 2][..]), (960, &[3][..])]);
        assert!(red_older(&red[..9]).is_empty(), "cut off");
        assert!(red_older(&[0x6f, 9]).is_empty());
        assert!(red_older(&[]).is_empty());
    }
}
