//! From packets in order to frames: pictures as a container holds them, and
//! sounds. Nothing is decoded.
//!
//! ```text
//!   packet, packet, packet ─> Assembler ─> Frame       complete, and decodable
//!   packet, (gap), packet  ─> Assembler ─> nothing until the next keyframe
//! ```
//!
//! Of a picture whose packets are not all there nothing is kept, and nothing
//! of what is predicted from it.

mod av1;
mod bits;
mod h264;
mod opus;
mod vp8;
mod vp9;

pub(crate) use opus::duration as opus_duration;

use diemcau_protocol::{TrackCodec, TrackPacket, VideoCodec};

/// A picture, or a packet of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// When it was captured, in microseconds since 1970 UTC.
    pub(crate) at: i64,
    /// A picture that needs no other; every sound.
    pub(crate) keyframe: bool,
    /// As a container holds it.
    pub(crate) data: Vec<u8>,
    /// Of a keyframe: what a container must know of it.
    pub(crate) shape: Option<Shape>,
}

/// What a container must know of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) codec: VideoCodec,
    /// In pixels.
    pub(crate) width: u16,
    /// In pixels.
    pub(crate) height: u16,
    /// The decoder's configuration: `avcC` of H.264, `av1C` of AV1.
    pub(crate) config: Vec<u8>,
}

impl Shape {
    /// Whether pictures of this shape can follow those in one file: VP8 and
    /// VP9 say their size themselves, and the configuration of the others must
    /// be the same.
    pub(crate) fn fits(&self, other: &Shape) -> bool {
        self.codec == other.codec && self.config == other.config
    }
}

/// A picture as it was put together from its packets.
struct Picture {
    data: Vec<u8>,
    shape: Option<Shape>,
}

/// The most that one picture may take, in bytes.
const LARGEST: usize = 16 << 20;

/// Puts the frames of one stream together.
#[derive(Debug)]
pub(crate) struct Assembler {
    codec: Option<TrackCodec>,
    packets: Vec<TrackPacket>,
    bytes: usize,
    /// Something is missing: nothing can be used until a keyframe.
    broken: bool,
    sound: opus::Sound,
}

/// What came of a packet.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) frames: Vec<Frame>,
    /// A picture was lost, or could not be used.
    pub(crate) lost: bool,
}

impl Assembler {
    pub(crate) fn new() -> Self {
        Self {
            codec: None,
            packets: Vec::new(),
            bytes: 0,
            broken: true,
            sound: opus::Sound::default(),
        }
    }

    /// Packets of the stream are missing, for good.
    pub(crate) fn gap(&mut self) {
        self.forget();
        self.broken = true;
    }

    fn forget(&mut self) {
        self.packets.clear();
        self.bytes = 0;
    }

    /// Takes the next packet in order.
    pub(crate) fn packet(&mut self, packet: TrackPacket) -> Assembled {
        let mut out = Assembled::default();
        if packet.payload.is_empty() {
            return out;
        }
        if self.codec != Some(packet.codec) {
            out.lost |= !self.packets.is_empty();
            self.gap();
            self.codec = Some(packet.codec);
        }
        let codec = match packet.codec {
            TrackCodec::Opus => {
                out.frames = self.sound.packet(&packet);
                return out;
            }
            TrackCodec::Video(codec) => codec,
        };
        let is_next = |before: &TrackPacket| before.rtp_time != packet.rtp_time;
        if self.packets.last().is_some_and(is_next) {
            // Its last packet did not say that it is the last.
            self.complete(codec, &mut out);
        }
        let ends = packet.marker;
        self.bytes += packet.payload.len();
        self.packets.push(packet);
        if self.bytes > LARGEST {
            self.gap();
            out.lost = true;
        } else if ends {
            self.complete(codec, &mut out);
        }
        out
    }

    fn complete(&mut self, codec: VideoCodec, out: &mut Assembled) {
        let picture = match codec {
            VideoCodec::Vp8 => vp8::picture(&self.packets),
            VideoCodec::Vp9 => vp9::picture(&self.packets),
            VideoCodec::H264 => h264::picture(&self.packets),
            VideoCodec::Av1 => av1::picture(&self.packets),
        };
        let at = self.packets.first().map_or(0, |first| first.captured);
        self.forget();
        let Some(Picture { data, shape }) = picture else {
            out.lost = true;
            self.broken = true;
            return;
        };
        let keyframe = shape.is_some();
        self.broken &= !keyframe;
        if self.broken {
            out.lost = true;
        } else if !data.is_empty() {
            out.frames.push(Frame {
                at,
                keyframe,
                data,
                shape,
            });
        }
    }
}

#[cfg(test)]
mod tests;
