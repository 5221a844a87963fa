//! Opus (RFC 7587): each packet is a frame. Where older ones stand beside it
//! (RFC 2198), those that were lost come from there.

use diemcau_protocol::TrackPacket;

use super::Frame;

/// Samples in a millisecond; the clock of RTP too.
const PER_MS: i64 = 48;
/// Sound goes on by its own clock as long as that is off by less than this from
/// the time of capture, in microseconds; later, it has a gap.
const GAP: i64 = 40_000;
/// Earlier by this, it catches up a millisecond with each packet.
const AHEAD: i64 = 20_000;
/// Earlier by this, its clock is another one.
const NEW_CLOCK: i64 = 1_000_000;

/// A stream of sound.
#[derive(Debug, Default)]
pub(super) struct Sound {
    /// The RTP time of what came last.
    newest: Option<u32>,
    /// Where that stands in time.
    at: Option<i64>,
}

impl Sound {
    /// The sounds of a packet that are new, in order.
    pub(super) fn packet(&mut self, packet: &TrackPacket) -> Vec<Frame> {
        let mut frames = Vec::new();
        let blocks = match packet.red {
            true => blocks(&packet.payload).unwrap_or_default(),
            false => vec![(0, &*packet.payload)],
        };
        for (before, block) in blocks {
            let rtp_time = packet.rtp_time.wrapping_sub(before);
            let is_new = |newest: u32| rtp_time.wrapping_sub(newest).cast_signed() > 0;
            // Of a stream that begins nothing older is wanted.
            let is_wanted = self.newest.map_or(before == 0, is_new);
            if is_wanted && !block.is_empty() {
                let captured = packet.captured - i64::from(before) * 1_000 / PER_MS;
                let at = self.time(rtp_time, captured);
                self.newest = Some(rtp_time);
                self.at = Some(at);
                frames.push(Frame {
                    at,
                    keyframe: true,
                    data: block.to_vec(),
                    shape: None,
                });
            }
        }
        frames
    }

    /// When a packet sounds: right behind the one before it, where nothing is
    /// missing between them.
    fn time(&self, rtp_time: u32, captured: i64) -> i64 {
        let Some((newest, at)) = self.newest.zip(self.at) else {
            return captured;
        };
        let samples = rtp_time.wrapping_sub(newest).cast_signed();
        let expected = at + i64::from(samples) * 1_000 / PER_MS;
        match captured - expected {
            off if !(-NEW_CLOCK..=GAP).contains(&off) => captured,
            off if off < -AHEAD => expected - 1_000,
            _ => expected,
        }
    }
}

/// The blocks of a payload and how much older than it they are, in samples, the
/// oldest first (RFC 2198 §3).
fn blocks(payload: &[u8]) -> Option<Vec<(u32, &[u8])>> {
    let mut heads: Vec<(u32, usize)> = Vec::new();
    let mut rest = payload;
    while rest.first()? & 0x80 != 0 {
        let (head, behind) = rest.split_first_chunk::<4>()?;
        let word = u32::from_be_bytes(*head);
        heads.push((word >> 10 & 0x3fff, (word & 0x3ff) as usize));
        rest = behind;
    }
    rest = &rest[1..];
    let mut blocks = Vec::with_capacity(heads.len() + 1);
    for (before, length) in heads {
        let (block, behind) = rest.split_at_checked(length)?;
        blocks.push((before, block));
        rest = behind;
    }
    blocks.push((0, rest));
    Some(blocks)
}

/// How long a packet sounds, in microseconds (RFC 6716 §3.1).
pub(crate) fn duration(packet: &[u8]) -> Option<i64> {
    let first = *packet.first()?;
    let config = first >> 3;
    let frame = match config {
        0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(config & 3)],
        12..=15 => [10_000, 20_000][usize::from(config & 1)],
        _ => [2_500, 5_000, 10_000, 20_000][usize::from(config & 3)],
    };
    let count = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(packet.get(1)? & 0x3f),
    };
    Some(frame * count)
}
