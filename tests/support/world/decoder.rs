//! A model of a decoder: it knows which frame it got, and that a picture which
//! is no keyframe needs the one before it.

use std::time::{Duration, Instant};

use diemcau_protocol::SourceKind;

use super::scalable::frames;

const MAGIC: u32 = 0xD1E3_CA0B;
/// Bytes of a frame's label.
const LABEL: usize = 24;

/// A frame's label: whose it is and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub number: u32,
    pub kind: SourceKind,
    pub frame: u32,
    /// When it was captured, since the world began.
    pub captured: Duration,
    pub height: u32,
}

/// Makes a frame: for a picture it begins as a VP8 frame does (RFC 6386 §9.1).
pub fn encode(label: &Label, keyframe: bool, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    if label.kind == SourceKind::Camera {
        bytes.extend([u8::from(!keyframe), 0, 0, 0x9d, 0x01, 0x2a]);
    }
    for word in [
        MAGIC,
        label.number,
        u32::from(label.kind == SourceKind::Camera),
        label.frame,
        label.captured.as_millis() as u32,
        label.height,
    ] {
        bytes.extend(word.to_be_bytes());
    }
    let seed = label.number ^ label.frame;
    while bytes.len() < size {
        bytes.push(seed.wrapping_mul(31).wrapping_add(bytes.len() as u32) as u8);
    }
    bytes
}

/// Reads a frame back and checks every byte of it.
fn decode(bytes: &[u8], picture: bool) -> Option<(Label, bool)> {
    let head = if picture { 6 } else { 0 };
    let body = bytes.get(head..head + LABEL)?;
    let word = |i: usize| u32::from_be_bytes(body[i * 4..i * 4 + 4].try_into().expect("4 bytes"));
    if word(0) != MAGIC {
        return None;
    }
    let label = Label {
        number: word(1),
        kind: if word(2) == 1 {
            SourceKind::Camera
        } else {
            SourceKind::Microphone
        },
        frame: word(3),
        captured: Duration::from_millis(word(4).into()),
        height: word(5),
    };
    let keyframe = picture && bytes[0] & 1 == 0;
    (encode(&label, keyframe, bytes.len()) == bytes).then_some((label, keyframe))
}

/// A frame that was decoded in a slot.
#[derive(Debug, Clone, Copy)]
pub struct Decoded {
    pub label: Label,
    pub at: Instant,
    /// The slot's RTP timestamp.
    pub rtp_time: u32,
    /// Whose it is by its packets' CSRC.
    pub csrc: Option<u32>,
}

/// What a slot decodes.
#[derive(Debug, Default)]
pub struct Decoder {
    last: Option<Label>,
    /// Frames that could not be decoded.
    pub broken: u32,
    pub decoded: Vec<Decoded>,
}

impl Decoder {
    /// Takes a frame. Returns whether a keyframe is needed to go on.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        picture: bool,
        at: Instant,
        rtp_time: u32,
        csrc: Option<u32>,
    ) -> bool {
        let decoded = decode(bytes, picture);
        self.played(decoded, picture, at, rtp_time, csrc)
    }

    /// Takes a picture of several spatial layers: in a keyframe each is
    /// predicted from the one below. Returns as [`Self::feed`].
    pub fn feed_scalable(
        &mut self,
        bytes: &[u8],
        at: Instant,
        rtp_time: u32,
        csrc: Option<u32>,
    ) -> bool {
        let frames = frames(bytes).unwrap_or_default();
        let frames: Option<Vec<_>> = frames.into_iter().map(|f| decode(f, true)).collect();
        let highest = frames.and_then(|frames| {
            let heights: Vec<u32> = frames.iter().map(|(label, _)| label.height).collect();
            let (label, keyframe) = *frames.last()?;
            let wanted: &[u32] = if keyframe { &[180, 360, 720] } else { &heights };
            let is_whole = wanted.starts_with(&heights) && (keyframe || heights.len() == 1);
            is_whole.then_some((label, keyframe))
        });
        self.played(highest, true, at, rtp_time, csrc)
    }

    fn played(
        &mut self,
        decoded: Option<(Label, bool)>,
        picture: bool,
        at: Instant,
        rtp_time: u32,
        csrc: Option<u32>,
    ) -> bool {
        let Some((label, keyframe)) = decoded else {
            self.broken += 1;
            return picture;
        };
        let follows = self.last.is_some_and(|last| {
            (last.number, last.height) == (label.number, label.height)
                && last.frame + 1 == label.frame
        });
        if picture && !keyframe && !follows {
            // When the very first packet of a slot is lost, nobody can know
            // that it was sent: the picture begins with the next keyframe.
            self.broken += u32::from(!self.decoded.is_empty());
            self.last = None;
            return true;
        }
        self.last = Some(label);
        self.decoded.push(Decoded {
            label,
            at,
            rtp_time,
            csrc,
        });
        false
    }
}
