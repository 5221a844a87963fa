//! A publisher of scalable pictures for tests: random pictures, their layers,
//! what each frame is predicted from, and the packets as they would come.

use std::time::Instant;

use crate::packet::MediaPacket;
use crate::payload;
use crate::peer::Format;

/// How higher layers are predicted from lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// In keyframes only (`L3T3_KEY`).
    Key,
    /// Always (`L3T3`).
    Full,
    /// Never (`S3T3`).
    Never,
}

/// A frame: one spatial layer of one picture.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) picture: u32,
    pub(super) spatial: u8,
    pub(super) packets: u8,
    pub(super) needs: Vec<usize>,
}

/// The publisher.
pub(super) struct Publisher {
    pub(super) frames: Vec<Frame>,
    format: Format,
    mode: Mode,
    start: Instant,
    seq: u64,
    picture: u32,
    pub(super) layers: u8,
    /// The newest frame of each spatial layer that others are predicted from,
    /// by temporal layer.
    newest: [[Option<usize>; 3]; 3],
    random: Random,
}

/// Numbers that look random, from a seed.
#[derive(Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

const TEMPORAL: [u8; 4] = [0, 2, 1, 2];
pub(super) const HEIGHTS: [u16; 3] = [180, 360, 720];
/// Decode targets: three temporal layers of three spatial ones.
const TARGETS: u8 = 9;

impl Publisher {
    pub(super) fn new(format: Format, mode: Mode, seed: u64) -> Self {
        Self {
            frames: Vec::new(),
            format,
            mode,
            start: Instant::now(),
            seq: 60_000 + seed,
            picture: 32_700,
            layers: 3,
            newest: [[None; 3]; 3],
            random: Random(seed * 7_919 + 1),
        }
    }

    /// The packets of the next picture.
    pub(super) fn picture(&mut self, is_key: bool) -> Vec<MediaPacket> {
        self.picture += 1;
        let temporal = if is_key {
            self.newest = [[None; 3]; 3];
            0
        } else {
            TEMPORAL[self.picture as usize % 4]
        };
        let mut packets = Vec::new();
        for spatial in 0..self.layers {
            let is_top = spatial + 1 == self.layers;
            let is_skipped = !is_key && is_top && temporal == 2 && self.random.below(8) == 0;
            if is_skipped && self.mode == Mode::Key && spatial > 0 {
                continue;
            }
            self.frame(is_key, spatial, temporal, &mut packets);
        }
        if let Some(last) = packets.last_mut() {
            last.marker = true;
        }
        packets
    }

    fn frame(&mut self, is_key: bool, spatial: u8, temporal: u8, into: &mut Vec<MediaPacket>) {
        let is_predicted = match self.mode {
            Mode::Key => is_key,
            Mode::Full => true,
            Mode::Never => false,
        };
        let own = &mut self.newest[usize::from(spatial)];
        let lower = own[..=usize::from(temporal).min(1)].iter().flatten().max();
        let mut needs: Vec<usize> = lower.copied().into_iter().collect();
        let index = self.frames.len();
        own[usize::from(temporal)] = Some(index);
        let needs_lower = is_predicted && spatial > 0;
        if needs_lower {
            needs.push(index - 1);
        }
        let count = 1 + self.random.below(3) as u8;
        self.frames.push(Frame {
            picture: self.picture,
            spatial,
            packets: count,
            needs,
        });
        let serves_higher = is_predicted && spatial + 1 < self.layers;
        for at in 0..count {
            let (starts, ends) = (at == 0, at + 1 == count);
            let mut payload = match self.format {
                Format::Vp9 => self.vp9(is_key, spatial, temporal, [starts, ends, !serves_higher]),
                _ => vec![if is_key && starts && spatial == 0 {
                    0x18
                } else {
                    0x10
                }],
            };
            payload.extend((index as u32).to_be_bytes());
            payload.push(at);
            let dependencies = (self.format == Format::Av1)
                .then(|| self.descriptor(is_key, spatial, temporal, starts, ends));
            let (starts_keyframe, picture) =
                payload::read(self.format, &payload).expect("a good payload");
            let at = self.start + std::time::Duration::from_millis(40) * (self.picture - 32_700);
            self.seq += 1;
            into.push(MediaPacket {
                format: self.format,
                red: false,
                seq: self.seq,
                rtp_time: self.picture * 3_600,
                marker: false,
                captured: at,
                arrived: at,
                level: None,
                orientation: None,
                dependencies: dependencies.map(Vec::into_boxed_slice),
                starts_keyframe,
                picture,
                crossing: None,
                payload: payload.into(),
            });
        }
    }

    fn vp9(&self, is_key: bool, spatial: u8, temporal: u8, flags: [bool; 3]) -> Vec<u8> {
        let [starts, ends, is_unused] = flags;
        let needs_lower = spatial > 0
            && match self.mode {
                Mode::Key => is_key,
                Mode::Full => true,
                Mode::Never => false,
            };
        let has_structure = is_key && starts && spatial == 0;
        let mut bytes = vec![
            0xb0 | u8::from(!is_key) << 6
                | u8::from(starts) << 3
                | u8::from(ends) << 2
                | u8::from(has_structure) << 1
                | u8::from(is_unused),
            0x80 | (self.picture >> 8) as u8 & 0x7f,
            self.picture as u8,
            temporal << 5 | spatial << 1 | u8::from(needs_lower),
        ];
        if !is_key {
            bytes.push(4 << 1);
        }
        if has_structure {
            bytes.push((self.layers - 1) << 5 | 0x10);
            for height in &HEIGHTS[..self.layers.into()] {
                bytes.extend((height / 9 * 16).to_be_bytes());
                bytes.extend(height.to_be_bytes());
            }
        }
        bytes
    }

    /// The dependency descriptor (AV1 RTP payload, appendix A).
    fn descriptor(
        &self,
        is_key: bool,
        spatial: u8,
        temporal: u8,
        starts: bool,
        ends: bool,
    ) -> Vec<u8> {
        let mut bits = Bits::default();
        // Of each spatial layer: the keyframe's template, and three others.
        let template = spatial * 4 + if is_key { 0 } else { 1 + temporal };
        let has_structure = is_key && starts && spatial == 0;
        bits.put(starts.into(), 1);
        bits.put(ends.into(), 1);
        bits.put((u32::from(template) + OFFSET) % 64, 6);
        bits.put(self.frames.len() as u32, 16);
        if has_structure {
            bits.put(0b11000, 5);
            self.structure(&mut bits);
            bits.put((1 << (3 * self.layers)) - 1, TARGETS.into());
        }
        bits.bytes
    }

    fn structure(&self, bits: &mut Bits) {
        bits.put(OFFSET, 6);
        bits.put(u32::from(TARGETS) - 1, 5);
        let templates: Vec<(u8, bool, u8)> = (0..3_u8)
            .flat_map(|s| [(s, true, 0), (s, false, 0), (s, false, 1), (s, false, 2)])
            .collect();
        for (at, (spatial, _, temporal)) in templates.iter().enumerate() {
            bits.put(
                match templates.get(at + 1) {
                    None => 3,
                    Some((next, ..)) if next > spatial => 2,
                    Some((_, _, next)) if next > temporal => 1,
                    Some(_) => 0,
                },
                2,
            );
        }
        for (spatial, is_key, temporal) in &templates {
            for target in 0..TARGETS {
                let (s, t) = (target / 3, target % 3);
                let serves = match self.mode {
                    Mode::Key => s == *spatial || *is_key && s > *spatial,
                    Mode::Full => s >= *spatial,
                    Mode::Never => s == *spatial,
                };
                let is_needed = serves && t >= *temporal;
                let required = if *is_key { 2 } else { 3 };
                bits.put(if is_needed { required } else { 0 }, 2);
            }
        }
        for (spatial, is_key, _) in &templates {
            let is_independent = *is_key && (*spatial == 0 || self.mode == Mode::Never);
            if !is_independent {
                bits.put(1, 1);
                bits.put(3, 4);
            }
            bits.put(0, 1);
        }
        // Three chains; each target is protected by that of its layer.
        bits.put_below(3, u32::from(TARGETS) + 1);
        for target in 0..TARGETS {
            bits.put_below(u32::from(target / 3), 3);
        }
        for _ in 0..templates.len() * 3 {
            bits.put(1, 4);
        }
        bits.put(1, 1);
        for height in HEIGHTS {
            bits.put(u32::from(height) / 9 * 16 - 1, 16);
            bits.put(u32::from(height) - 1, 16);
        }
    }
}

const OFFSET: u32 = 60;

/// Bits that are written, the most significant first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn put(&mut self, value: u32, count: usize) {
        for bit in (0..count).rev() {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().expect("has a byte");
            *last |= ((value >> bit & 1) as u8) << (7 - self.count % 8);
            self.count += 1;
        }
    }

    /// `ns(n)` of the AV1 bitstream (§4.10.7).
    fn put_below(&mut self, value: u32, end: u32) {
        let width = end.ilog2() as usize + 1;
        let short = (1 << width) - end;
        if value < short {
            self.put(value, width - 1);
        } else {
            self.put(value + short, width);
        }
    }
}
