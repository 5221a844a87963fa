//! One place in a receiver, and how different sources become one unbroken
//! RTP stream in it.
//!
//! A *segment* is a run of packets of one source's layer. Within it sequence
//! numbers, timestamps and picture ids keep their distances, so that late and
//! repeated packets fall where they belong. A new segment goes on right after
//! the newest number sent, and its timestamps follow the capture clock, which
//! all sources share: the slot's own clock never jumps.

use std::time::Instant;

use diemcau_protocol::SlotKind;

use crate::clock::micros_since;
use crate::packet::{MediaPacket, SlotPacket};
use crate::sfu::PeerId;

/// A published source: whose and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceKey {
    pub(crate) peer: PeerId,
    pub(crate) source: usize,
}

/// A layer of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamKey {
    pub(crate) source: SourceKey,
    pub(crate) layer: usize,
}

/// One slot of a receiver.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) mid: String,
    /// What the receiver wishes to see there, as a CSRC.
    pub(crate) wish: Option<u32>,
    /// How high it is drawn, in pixels; 0 when hidden.
    pub(crate) height: u16,
    /// The source that belongs there now, as a CSRC and where it is.
    pub(crate) wanted: Option<(u32, SourceKey)>,
    /// What is being forwarded, with its CSRC.
    pub(crate) current: Option<(u32, StreamKey)>,
    /// What was forwarded until a moment ago: its lost packets, when they are
    /// repaired, still fill their gaps.
    pub(crate) previous: Option<Previous>,
    /// What takes over at its next keyframe, since when.
    pub(crate) pending: Option<(StreamKey, Instant)>,
    pub(crate) rewriter: Rewriter,
}

impl Slot {
    pub(crate) fn new(kind: SlotKind, mid: String, now: Instant) -> Self {
        Self {
            kind,
            mid,
            wish: None,
            height: 0,
            wanted: None,
            current: None,
            previous: None,
            pending: None,
            rewriter: Rewriter::new(now),
        }
    }

    /// The sources whose packets may be for the slot.
    pub(crate) fn listened(&self) -> [Option<SourceKey>; 3] {
        [
            self.wanted.map(|(_, wanted)| wanted),
            self.current.map(|(_, current)| current.source),
            self.previous.map(|previous| previous.stream.source),
        ]
    }

    /// Whether packets of this source may be for the slot.
    pub(crate) fn listens_to(&self, source: SourceKey) -> bool {
        self.listened().contains(&Some(source))
    }
}

/// The stream that a slot forwarded before the current one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Previous {
    pub(crate) csrc: u32,
    pub(crate) stream: StreamKey,
    pub(crate) since: Instant,
    tail: Tail,
}

impl Previous {
    pub(crate) fn new(csrc: u32, stream: StreamKey, since: Instant, tail: Tail) -> Self {
        Self {
            csrc,
            stream,
            since,
            tail,
        }
    }

    /// A late packet as it leaves in its gap; nothing when it has none.
    pub(crate) fn fill(&self, packet: &MediaPacket) -> Option<SlotPacket> {
        let Tail { segment, last_seq } = self.tail;
        (segment.first_seq..=last_seq)
            .contains(&packet.seq)
            .then(|| segment.place(packet, self.csrc))
    }
}

/// Makes one RTP stream out of many.
#[derive(Debug)]
pub(crate) struct Rewriter {
    epoch: Instant,
    segment: Option<Segment>,
    last_seq: u64,
    last_time: Option<u32>,
    last_picture: Option<u16>,
    last_tl0: Option<u8>,
}

/// A segment that is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail {
    segment: Segment,
    /// The source's newest number in it.
    last_seq: u64,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    first_seq: u64,
    /// Added to the source's numbers, wrapping.
    seq: u64,
    time: u32,
    picture: u16,
    tl0: u8,
}

/// VP8 picture ids have 15 bits (RFC 7741 §4.2).
const PICTURE_MASK: u16 = 0x7fff;

impl Rewriter {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            segment: None,
            last_seq: 0,
            last_time: None,
            last_picture: None,
            last_tl0: None,
        }
    }

    /// The next packet begins a new segment. Returns what the old one was.
    pub(crate) fn cut(&mut self) -> Option<Tail> {
        let segment = self.segment.take()?;
        Some(Tail {
            segment,
            last_seq: self.last_seq.wrapping_sub(segment.seq),
        })
    }

    /// The packet as it leaves in this slot; nothing when it is older than
    /// its segment.
    pub(crate) fn rewrite(&mut self, packet: &MediaPacket, csrc: u32) -> Option<SlotPacket> {
        let segment = match self.segment {
            Some(segment) => segment,
            None => {
                let segment = self.begin(packet);
                self.segment = Some(segment);
                segment
            }
        };
        if packet.seq < segment.first_seq {
            return None;
        }
        let out = segment.place(packet, csrc);
        if out.seq > self.last_seq {
            self.last_seq = out.seq;
            self.last_time = Some(out.rtp_time);
            self.last_picture = out.picture_id.or(self.last_picture);
            self.last_tl0 = out.tl0_pic_idx.or(self.last_tl0);
        }
        Some(out)
    }

    fn begin(&self, packet: &MediaPacket) -> Segment {
        let rate = packet.codec.clock_rate();
        let since = micros_since(self.epoch, packet.captured);
        let ticks = (since * i64::from(rate) / 1_000_000) as u32;
        let time = match self.last_time {
            // A capture clock a little behind the last source's: go on at once.
            Some(last) if (ticks.wrapping_sub(last) as i32) <= 0 => last.wrapping_add(rate / 50),
            Some(_) | None => ticks,
        };
        let picture_in = packet.vp8.and_then(|d| d.picture_id()).unwrap_or(0);
        let tl0_in = packet.vp8.and_then(|d| d.tl0_pic_idx()).unwrap_or(0);
        let picture = self.last_picture.map_or(picture_in, |p| p.wrapping_add(1));
        let tl0 = self.last_tl0.map_or(tl0_in, |t| t.wrapping_add(1));
        Segment {
            first_seq: packet.seq,
            seq: (self.last_seq + 1).wrapping_sub(packet.seq),
            time: time.wrapping_sub(packet.rtp_time),
            picture: picture.wrapping_sub(picture_in) & PICTURE_MASK,
            tl0: tl0.wrapping_sub(tl0_in),
        }
    }
}

impl Segment {
    fn place(&self, packet: &MediaPacket, csrc: u32) -> SlotPacket {
        let picture_id = packet.vp8.and_then(|d| d.picture_id());
        let tl0_pic_idx = packet.vp8.and_then(|d| d.tl0_pic_idx());
        SlotPacket {
            seq: packet.seq.wrapping_add(self.seq),
            rtp_time: packet.rtp_time.wrapping_add(self.time),
            captured: packet.captured,
            csrc,
            picture_id: picture_id.map(|p| p.wrapping_add(self.picture) & PICTURE_MASK),
            tl0_pic_idx: tl0_pic_idx.map(|t| t.wrapping_add(self.tl0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use str0m::rtp::Vp8Descriptor;

    use super::*;
    use crate::packet::Codec;

    /// A VP8 packet with a 15-bit picture id.
    fn vp8(seq: u64, rtp_time: u32, picture: u16, captured: Instant) -> MediaPacket {
        let payload = [
            0x90,
            0xe0,
            0x80 | (picture >> 8) as u8,
            picture as u8,
            seq as u8,
            0x20,
            0x00,
            0x9d,
        ];
        MediaPacket {
            codec: Codec::Vp8,
            seq,
            rtp_time,
            marker: true,
            captured,
            arrived: captured,
            level: None,
            starts_keyframe: true,
            vp8: Some(Vp8Descriptor::parse(&payload).expect("a good descriptor")),
            payload: payload.as_slice().into(),
            extensions: Default::default(),
        }
    }

    #[test]
    fn two_sources_become_one_stream() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let mut rewriter = Rewriter::new(start);
        let a: Vec<_> = [(70_000, 5_000, 32_766), (70_001, 8_000, 32_767)]
            .map(|(s, t, p)| {
                rewriter
                    .rewrite(&vp8(s, t, p, start + ms(100)), 5)
                    .expect("fresh")
            })
            .to_vec();
        assert_eq!(a[0].seq + 1, a[1].seq);
        assert!(a[0].seq < 65_536, "the rollover counter starts at 0");
        assert_eq!(a[0].rtp_time, 9_000);
        assert_eq!(a[1].rtp_time, 12_000);

        rewriter.cut();
        let b = rewriter
            .rewrite(&vp8(3, 4_000_000_000, 12, start + ms(200)), 9)
            .expect("fresh");
        assert_eq!(b.seq, a[1].seq + 1);
        assert_eq!(b.rtp_time, 18_000, "100 ms after the first picture");
        assert_eq!(b.picture_id, Some(0), "wraps after 32,767");
        assert_eq!(b.csrc, 9);
    }

    #[test]
    fn late_packets_fall_where_they_belong_or_nowhere() {
        let start = Instant::now();
        let mut rewriter = Rewriter::new(start);
        let first = rewriter.rewrite(&vp8(10, 0, 1, start), 1).expect("fresh");
        let third = rewriter
            .rewrite(&vp8(12, 6_000, 3, start), 1)
            .expect("fresh");
        let second = rewriter
            .rewrite(&vp8(11, 3_000, 2, start), 1)
            .expect("late but good");
        assert_eq!([second.seq - first.seq, third.seq - second.seq], [1, 1]);
        assert!(rewriter.rewrite(&vp8(9, 0, 0, start), 1).is_none());

        let tail = rewriter.cut().expect("there was a segment");
        let next = rewriter.rewrite(&vp8(500, 0, 77, start), 2).expect("fresh");
        assert_eq!(next.seq, third.seq + 1);
        let stream = StreamKey {
            source: SourceKey {
                peer: PeerId(1),
                source: 0,
            },
            layer: 0,
        };
        let previous = Previous::new(1, stream, start, tail);
        let filled = previous.fill(&vp8(11, 3_000, 2, start)).expect("has a gap");
        assert_eq!((filled.seq, filled.csrc), (second.seq, 1));
        assert!(previous.fill(&vp8(13, 9_000, 4, start)).is_none());
        assert!(previous.fill(&vp8(9, 0, 0, start)).is_none());
        assert!(
            next.rtp_time.wrapping_sub(third.rtp_time) as i32 > 0,
            "never back in time"
        );
    }
}
