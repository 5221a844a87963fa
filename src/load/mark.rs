//! What a synthetic packet carries behind a picture or a sound, or where they
//! would be: when it was sent, by whom, and its place in the picture.
//!
//! ```text
//!   VP8   descriptor (RFC 7741 §4.2, 4 bytes) | VP8 header (10) | filling | mark
//!         descriptor                          | picture                   | mark
//!   Opus  table of contents (RFC 6716 §3.1, 1)                  | filling | mark
//! ```

/// Bytes of the descriptor of a picture, with a picture id of 15 bits.
const DESCRIPTOR: usize = 4;
/// Bytes of a VP8 payload before the filling: the descriptor, and the header
/// of a key frame (RFC 6386 §9.1).
const PICTURE_HEAD: usize = DESCRIPTOR + 10;
/// Bytes of an Opus payload before the filling.
const SOUND_HEAD: usize = 1;
/// Opus, 20 ms, fullband, mono.
const OPUS_TOC: u8 = 0xf8;
/// Bytes of a mark.
pub(super) const LENGTH: usize = 20;

/// The shortest payload with a mark in it, in bytes.
pub(super) const SHORTEST_SOUND: usize = SOUND_HEAD + LENGTH;
/// As above.
pub(super) const SHORTEST_PICTURE: usize = PICTURE_HEAD + LENGTH;

/// The mark of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// When it was sent, in µs of the clock that all sites share.
    pub(super) sent: u64,
    /// Who sent it, as in the CSRC that receivers are to see.
    pub(super) source: u32,
    /// Which encoding of a picture, the smallest first.
    pub(super) layer: u8,
    /// The picture's or sound's number in its encoding.
    pub(super) frame: u32,
    /// Which packet of the picture.
    pub(super) packet: u8,
    /// How many it has.
    pub(super) packets: u8,
    /// The picture needs no other.
    pub(super) keyframe: bool,
}

impl Mark {
    /// A VP8 payload of so many bytes, at least [`SHORTEST_PICTURE`].
    pub(super) fn picture(self, picture_id: u16, length: usize) -> Vec<u8> {
        let mut payload = self.descriptor(picture_id);
        payload.resize(length.max(SHORTEST_PICTURE) - LENGTH, 0);
        payload[DESCRIPTOR] = u8::from(!self.keyframe) | 0x10;
        if self.keyframe && self.packet == 0 {
            payload[DESCRIPTOR + 3..DESCRIPTOR + 6].copy_from_slice(&[0x9d, 0x01, 0x2a]);
        }
        self.append(&mut payload);
        payload
    }

    /// A VP8 payload with a real picture in it, whole.
    pub(super) fn behind_picture(self, picture_id: u16, picture: &[u8]) -> Vec<u8> {
        let mut payload = self.descriptor(picture_id);
        payload.extend_from_slice(picture);
        self.append(&mut payload);
        payload
    }

    /// An Opus payload of so many bytes, at least [`SHORTEST_SOUND`].
    pub(super) fn sound(self, length: usize) -> Vec<u8> {
        let mut payload = vec![0; length.max(SHORTEST_SOUND) - LENGTH];
        payload[0] = OPUS_TOC;
        self.append(&mut payload);
        payload
    }

    /// Reads it back; nothing from a payload that holds none.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = payload.last_chunk()?;
        let [s0, s1, s2, s3, s4, s5, s6, s7, rest @ ..] = *bytes;
        let [
            c0,
            c1,
            c2,
            c3,
            f0,
            f1,
            f2,
            f3,
            layer,
            packet,
            packets,
            keyframe,
        ] = rest;
        Some(Self {
            sent: u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            source: u32::from_be_bytes([c0, c1, c2, c3]),
            frame: u32::from_be_bytes([f0, f1, f2, f3]),
            layer,
            packet,
            packets,
            keyframe: keyframe != 0,
        })
    }

    /// Puts it behind what is there.
    pub(super) fn append(self, payload: &mut Vec<u8>) {
        payload.extend_from_slice(&self.sent.to_be_bytes());
        payload.extend_from_slice(&self.source.to_be_bytes());
        payload.extend_from_slice(&self.frame.to_be_bytes());
        let keyframe = u8::from(self.keyframe);
        payload.extend_from_slice(&[self.layer, self.packet, self.packets, keyframe]);
    }

    fn descriptor(self, picture_id: u16) -> Vec<u8> {
        let begins = if self.packet == 0 { 0x10 } else { 0 };
        let [high, low] = (picture_id | 0x8000).to_be_bytes();
        vec![0x80 | begins, 0x80, high, low]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn mark() -> Mark {
        Mark {
            sent: 1_234_567_890_123,
            source: 4 * 77 + 1,
            layer: 2,
            frame: 70_000,
            packet: 3,
            packets: 6,
            keyframe: true,
        }
    }

    #[test]
    fn a_mark_comes_back_from_a_picture_and_from_a_sound() {
        let mark = mark();
        for payload in [
            mark.picture(9, 1_000),
            mark.picture(9, 0),
            mark.behind_picture(9, &[1, 2, 3]),
            mark.sound(0),
            mark.sound(90),
        ] {
            assert_eq!(Mark::read(&payload), Some(mark));
        }
        assert_eq!(mark.picture(9, 1_000).len(), 1_000);
        assert_eq!(Mark::read(&[0; 19]), None);
    }
}
