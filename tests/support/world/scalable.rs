//! A camera whose one stream holds three spatial layers, as VP9's `L3T1_KEY`:
//! higher layers are predicted from lower ones in keyframes only. What a
//! receiver of one of them gets is put together again here too.

use str0m::rtp::SeqNo;

use super::decoder::{Label, encode};

/// The layers, lowest first: height, bytes per frame.
const LAYERS: [(u16, usize); 3] = [(180, 700), (360, 1_500), (720, 3_000)];
/// The most bytes of a packet's payload.
const PAYLOAD: usize = 1_100;

/// The camera.
#[derive(Debug, Default)]
pub(super) struct Scalable {
    seq: u64,
    picture: u16,
}

/// A packet of it.
pub(super) struct Part {
    pub(super) seq: SeqNo,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

impl Scalable {
    /// The packets of the next picture.
    pub(super) fn picture(&mut self, label: &Label, keyframe: bool) -> Vec<Part> {
        self.picture = (self.picture + 1) & 0x7fff;
        let mut parts = Vec::new();
        for (spatial, (height, size)) in (0_u8..).zip(LAYERS) {
            let height = height.into();
            let label = Label { height, ..*label };
            let frame = encode(&label, keyframe, if keyframe { size * 2 } else { size });
            let mut bytes = (frame.len() as u32).to_be_bytes().to_vec();
            bytes.extend(frame);
            let count = bytes.chunks(PAYLOAD).len();
            for (at, chunk) in bytes.chunks(PAYLOAD).enumerate() {
                let edges = [at == 0, at + 1 == count];
                let mut payload = self.descriptor(spatial, keyframe, edges);
                payload.extend(chunk);
                self.seq += 1;
                parts.push(Part {
                    seq: self.seq.into(),
                    marker: edges[1] && usize::from(spatial) + 1 == LAYERS.len(),
                    payload,
                });
            }
        }
        parts
    }

    /// The payload descriptor (RFC 9628 §4.2), in flexible mode.
    fn descriptor(&self, spatial: u8, keyframe: bool, [starts, ends]: [bool; 2]) -> Vec<u8> {
        let has_structure = keyframe && starts && spatial == 0;
        let is_unused = !keyframe || usize::from(spatial) + 1 == LAYERS.len();
        let flags = [
            true,
            !keyframe,
            true,
            true,
            starts,
            ends,
            has_structure,
            is_unused,
        ];
        let first = flags.iter().fold(0, |all, flag| all << 1 | u8::from(*flag));
        let needs_lower = keyframe && spatial > 0;
        let mut bytes = vec![
            first,
            0x80 | (self.picture >> 8) as u8,
            self.picture as u8,
            spatial << 1 | u8::from(needs_lower),
        ];
        if !keyframe {
            bytes.push(1 << 1);
        }
        if has_structure {
            bytes.push((LAYERS.len() as u8 - 1) << 5 | 0x10);
            for (height, _) in LAYERS {
                bytes.extend((height / 9 * 16).to_be_bytes());
                bytes.extend(height.to_be_bytes());
            }
        }
        bytes
    }
}

/// The frames of a picture, the lowest layer's first.
pub(super) fn frames(mut picture: &[u8]) -> Option<Vec<&[u8]>> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = picture.split_first_chunk::<4>() {
        let (frame, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        frames.push(frame);
        picture = rest;
    }
    (picture.is_empty() && !frames.is_empty()).then_some(frames)
}
