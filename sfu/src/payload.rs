//! What forwarding reads of payloads: where a keyframe begins, and the fields
//! of VP8 and VP9 that must stay continuous in a slot. Never more than
//! descriptors, so that encrypted frames pass.

mod dependencies;
mod vp9;

pub(crate) use dependencies::{Dependencies, Frame, Structure, frame_number};
pub(crate) use vp9::Vp9;

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

/// The picture id and the base layer's index of a payload descriptor, and
/// where they are: VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2) write them alike.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureFields {
    pub(crate) picture_id: Option<u16>,
    pub(crate) tl0_pic_idx: Option<u8>,
    picture_at: u8,
    /// The picture id takes 15 bits, not 7.
    is_long: bool,
    tl0_at: u8,
}

impl PictureFields {
    /// Reads the picture id that is at this place. Returns where it ends.
    fn read_picture_id(&mut self, payload: &[u8], at: usize) -> Option<usize> {
        self.picture_at = at as u8;
        let high = *payload.get(at)?;
        self.is_long = high & 0x80 != 0;
        self.picture_id = Some(if self.is_long {
            let low = *payload.get(at + 1)?;
            u16::from(high & 0x7f) << 8 | u16::from(low)
        } else {
            u16::from(high)
        });
        Some(at + 1 + usize::from(self.is_long))
    }

    /// Reads the base layer's index that is at this place. Returns where it
    /// ends.
    fn read_tl0_pic_idx(&mut self, payload: &[u8], at: usize) -> Option<usize> {
        self.tl0_at = at as u8;
        self.tl0_pic_idx = Some(*payload.get(at)?);
        Some(at + 1)
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

/// Reads a VP8 descriptor: whether a keyframe begins here, and the fields;
/// nothing when it is cut off.
fn read_vp8(payload: &[u8]) -> Option<(bool, PictureFields)> {
    let first = *payload.first()?;
    let mut fields = PictureFields::default();
    let mut at = 1;
    if first & 0x80 != 0 {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            at = fields.read_picture_id(payload, at)?;
        }
        if flags & 0x40 != 0 {
            at = fields.read_tl0_pic_idx(payload, at)?;
        }
        if flags & 0x30 != 0 {
            at += 1;
        }
    }
    // Start of the first partition, and the P bit of its header is 0.
    let is_start = first & 0x17 == 0x10;
    let starts_keyframe = is_start && payload.get(at)? & 1 == 0;
    Some((starts_keyframe, fields))
}

/// What is read of a payload: whether it can be one, whether a keyframe
/// begins in it, and the fields of its descriptor that a slot rewrites.
pub(crate) fn read(format: Format, payload: &[u8]) -> Option<(bool, Option<PictureFields>)> {
    match format {
        Format::Opus => Some((false, None)),
        Format::Vp8 => {
            let (starts_keyframe, fields) = read_vp8(payload)?;
            Some((starts_keyframe, Some(fields)))
        }
        Format::H264(_) => Some((h264_starts_keyframe(payload)?, None)),
        Format::Vp9 => {
            let vp9 = Vp9::read(payload)?;
            Some((vp9.starts_keyframe(), Some(vp9.fields)))
        }
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
        let (starts_keyframe, vp8) = read_vp8(&payload).expect("a descriptor");
        assert_eq!(vp8.picture_id, Some(0x1234));
        assert_eq!(vp8.tl0_pic_idx, Some(7));
        assert!(starts_keyframe);
        vp8.write(&mut payload, Some(0x7fff), Some(255));
        assert_eq!(payload[..6], [0x90, 0xe0, 0xff, 0xff, 255, 0x20]);

        let mut short = [0x90, 0x80, 0x12, 0x01];
        let (starts_keyframe, vp8) = read_vp8(&short).expect("a descriptor");
        assert_eq!(vp8.picture_id, Some(0x12));
        assert!(!starts_keyframe);
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
        let vp9 = |payload: &[u8]| Some(read(Format::Vp9, payload)?.0);
        assert_eq!(vp9(&[0x88, 0x80, 1]), Some(true));
        assert_eq!(vp9(&[0xc8, 0x80, 1]), Some(false));
        assert_eq!(vp9(&[0xa8, 5, 0x02, 1]), Some(false));
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
