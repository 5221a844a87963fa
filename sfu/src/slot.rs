//! One place in a receiver, and how different sources become one unbroken
//! RTP stream in it.
//!
//! A *segment* is a run of packets of one source's layer. Within it sequence
//! numbers, timestamps and picture ids keep their distances, so that late and
//! repeated packets fall where they belong. A new segment goes on right after
//! the newest number sent, and its timestamps follow the capture clock, which
//! all sources share: the slot's own clock never jumps.

use std::collections::VecDeque;
use std::time::Instant;

use diemcau_protocol::SlotKind;

use crate::allocate::Shown;
use crate::clock::micros_since;
use crate::packet::{MediaPacket, SlotPacket};
use crate::svc::Crossing;
use crate::track::TrackId;

/// Segments that are remembered, for receivers that ask again for a packet of
/// them.
const PAST: usize = 6;

/// A layer of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamKey {
    pub(crate) track: TrackId,
    pub(crate) layer: usize,
}

/// One slot of one receiver.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) mid: String,
    /// What the receiver wishes to see there, as a CSRC.
    pub(crate) wish: Option<u32>,
    /// How high it is drawn, in pixels; 0 when hidden.
    pub(crate) height: u16,
    /// The source that belongs there now, as a CSRC and where it is.
    pub(crate) wanted: Option<(u32, TrackId)>,
    /// What is being forwarded, with its CSRC.
    pub(crate) current: Option<(u32, StreamKey)>,
    /// What was forwarded before, the newest first; that one is repaired.
    pub(crate) past: VecDeque<Past>,
    /// Until when [`Self::past`]'s first is listened to.
    pub(crate) repairs_until: Option<Instant>,
    /// What takes over at its next keyframe, since when.
    pub(crate) pending: Option<(StreamKey, Instant)>,
    /// What the receiver's line carries of it: the layer, counted from the
    /// smallest.
    pub(crate) shown: Shown,
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
            past: VecDeque::new(),
            repairs_until: None,
            pending: None,
            shown: Shown::Nothing,
            rewriter: Rewriter::new(now),
        }
    }

    /// The tracks whose packets may be for the slot.
    pub(crate) fn listened(&self) -> [Option<TrackId>; 3] {
        let previous = self.repairs_until.and_then(|_| self.past.front());
        [
            self.wanted.map(|(_, wanted)| wanted),
            self.current.map(|(_, current)| current.track),
            previous.map(|past| past.stream.track),
        ]
    }

    /// Whether packets of this track may be for the slot.
    pub(crate) fn listens_to(&self, track: TrackId) -> bool {
        self.listened().contains(&Some(track))
    }

    /// The current segment is over, `until` then its packets are repaired.
    pub(crate) fn cut(&mut self, until: Instant) {
        let tail = self.rewriter.cut();
        self.remember(tail, until);
    }

    fn remember(&mut self, tail: Option<Tail>, until: Instant) {
        if let (Some((csrc, stream)), Some(tail)) = (self.current.take(), tail) {
            self.past.truncate(PAST - 1);
            self.past.push_front(Past { csrc, stream, tail });
            self.repairs_until = Some(until);
        }
    }

    /// Whether the packet makes its stream, which waits, take over.
    pub(crate) fn takes_over(&self, stream: StreamKey, packet: &MediaPacket) -> bool {
        let waits = self.pending.is_some_and(|(pending, _)| pending == stream);
        waits
            && (packet.starts_keyframe
                || self.kind.is_audio()
                || self
                    .crossing(stream, packet)
                    .is_some_and(|(from, crossing)| crossing.steps_down(from, stream.layer)))
    }

    /// Whether the packet is left to the virtual layer that begins with it.
    pub(crate) fn leaves(&self, stream: StreamKey, packet: &MediaPacket) -> bool {
        packet.crossing.as_ref().is_some_and(|crossing| {
            let same = self.pending.filter(|(next, _)| next.track == stream.track);
            same.is_some_and(|(next, _)| next != stream && crossing.begins(next.layer))
        })
    }

    /// The current layer of the same source, and where it crosses this one.
    fn crossing<'a>(
        &self,
        stream: StreamKey,
        packet: &'a MediaPacket,
    ) -> Option<(usize, &'a Crossing)> {
        let (_, current) = self.current?;
        let crossing = packet.crossing.as_deref()?;
        (current.track == stream.track).then_some((current.layer, crossing))
    }

    /// The packet's stream takes over, `until` then the last one is repaired.
    pub(crate) fn switch(
        &mut self,
        csrc: u32,
        stream: StreamKey,
        packet: &MediaPacket,
        until: Instant,
    ) {
        let numbers = self
            .crossing(stream, packet)
            .and_then(|(from, crossing)| crossing.numbers(from, stream.layer));
        let tail = match numbers {
            Some((from, to)) => self.rewriter.cross(from, to),
            None => self.rewriter.cut(),
        };
        self.remember(tail, until);
        self.current = Some((csrc, stream));
        self.pending = None;
    }

    /// A late packet of what was shown before as it leaves in its gap; nothing
    /// when it has none.
    pub(crate) fn fill(&self, stream: StreamKey, packet: &MediaPacket) -> Option<SlotPacket> {
        self.repairs_until?;
        let past = self.past.front().filter(|past| past.stream == stream)?;
        let Tail { segment, last_seq } = past.tail;
        (segment.first_seq..=last_seq)
            .contains(&packet.seq)
            .then(|| segment.place(packet, past.csrc))
    }

    /// Where the packet came from that left with this number, and its number
    /// there; [`Self::place`] makes it leave again.
    pub(crate) fn origin(&self, seq: u64) -> Option<(StreamKey, u64)> {
        if let (Some((_, stream)), Some(segment)) = (self.current, self.rewriter.segment)
            && let Some(origin) = segment.origin(seq, self.rewriter.newest_origin(segment))
        {
            return Some((stream, origin));
        }
        let mut past = self.past.iter();
        past.find_map(|past| {
            let origin = past.tail.segment.origin(seq, past.tail.last_seq)?;
            Some((past.stream, origin))
        })
    }

    /// The packet as it left with this number.
    pub(crate) fn place(&self, seq: u64, packet: &MediaPacket) -> Option<SlotPacket> {
        let current = self
            .current
            .map(|(csrc, _)| csrc)
            .zip(self.rewriter.segment);
        let past = || self.past.iter().map(|past| (past.csrc, past.tail.segment));
        current
            .into_iter()
            .chain(past())
            .map(|(csrc, segment)| segment.place(packet, csrc))
            .find(|placed| placed.seq == seq)
    }

    /// The newest number that left.
    pub(crate) fn newest(&self) -> u64 {
        self.rewriter.last_seq
    }
}

/// A segment that a slot sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past {
    csrc: u32,
    stream: StreamKey,
    tail: Tail,
}

impl Past {
    /// The track that was shown.
    pub(crate) fn track(&self) -> TrackId {
        self.stream.track
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
    last_frame: Option<u16>,
}

/// A segment that is over.
#[derive(Debug, Clone, Copy)]
struct Tail {
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
    frame: u16,
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
            last_frame: None,
        }
    }

    /// The next packet begins a new segment. Returns what the old one was.
    fn cut(&mut self) -> Option<Tail> {
        let segment = self.segment.take()?;
        let last_seq = self.newest_origin(segment);
        Some(Tail { segment, last_seq })
    }

    /// Another virtual layer goes on where the running one would have the
    /// number `from`, with its own `to`. Returns what the old segment was.
    fn cross(&mut self, from: u64, to: u64) -> Option<Tail> {
        let old = self.segment.take()?;
        let last_seq = from.wrapping_sub(1);
        self.last_seq = self.last_seq.max(last_seq.wrapping_add(old.seq));
        self.segment = Some(Segment {
            first_seq: to,
            seq: (self.last_seq + 1).wrapping_sub(to),
            ..old
        });
        Some(Tail {
            segment: old,
            last_seq,
        })
    }

    /// The source's newest number in the running segment.
    fn newest_origin(&self, segment: Segment) -> u64 {
        self.last_seq.wrapping_sub(segment.seq)
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
            self.last_frame = out.frame_number.or(self.last_frame);
        }
        Some(out)
    }

    fn begin(&self, packet: &MediaPacket) -> Segment {
        let rate = packet.format.clock_rate();
        let since = micros_since(self.epoch, packet.captured);
        let ticks = (since * i64::from(rate) / 1_000_000) as u32;
        let time = match self.last_time {
            // A capture clock a little behind the last source's: go on at once.
            Some(last) if (ticks.wrapping_sub(last) as i32) <= 0 => last.wrapping_add(rate / 50),
            Some(_) | None => ticks,
        };
        let picture_in = packet.picture.and_then(|d| d.picture_id).unwrap_or(0);
        let tl0_in = packet.picture.and_then(|d| d.tl0_pic_idx).unwrap_or(0);
        let picture = self.last_picture.map_or(picture_in, |p| p.wrapping_add(1));
        let frame_in = packet.frame_number().unwrap_or(0);
        let frame = self.last_frame.map_or(frame_in, |f| f.wrapping_add(1));
        let tl0 = self.last_tl0.map_or(tl0_in, |t| t.wrapping_add(1));
        Segment {
            first_seq: packet.seq,
            seq: (self.last_seq + 1).wrapping_sub(packet.seq),
            time: time.wrapping_sub(packet.rtp_time),
            picture: picture.wrapping_sub(picture_in) & PICTURE_MASK,
            tl0: tl0.wrapping_sub(tl0_in),
            frame: frame.wrapping_sub(frame_in),
        }
    }
}

impl Segment {
    /// The source's number of the packet that left with `seq`, if it is one
    /// of the segment, whose last packet had the source's number `last`.
    fn origin(&self, seq: u64, last: u64) -> Option<u64> {
        let origin = seq.wrapping_sub(self.seq);
        (self.first_seq..=last).contains(&origin).then_some(origin)
    }

    fn place(&self, packet: &MediaPacket, csrc: u32) -> SlotPacket {
        let picture_id = packet.picture.and_then(|d| d.picture_id);
        let tl0_pic_idx = packet.picture.and_then(|d| d.tl0_pic_idx);
        SlotPacket {
            seq: packet.seq.wrapping_add(self.seq),
            rtp_time: packet.rtp_time.wrapping_add(self.time),
            csrc,
            picture_id: picture_id.map(|p| p.wrapping_add(self.picture) & PICTURE_MASK),
            tl0_pic_idx: tl0_pic_idx.map(|t| t.wrapping_add(self.tl0)),
            frame_number: packet.frame_number().map(|f| f.wrapping_add(self.frame)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::payload;
    use crate::peer::Format;

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
            format: Format::Vp8,
            red: false,
            seq,
            rtp_time,
            marker: true,
            captured,
            arrived: captured,
            level: None,
            orientation: None,
            dependencies: None,
            starts_keyframe: true,
            picture: payload::read(Format::Vp8, &payload)
                .expect("a good descriptor")
                .1,
            crossing: None,
            payload: payload.as_slice().into(),
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

        let described = |seq, frame: u8| MediaPacket {
            dependencies: Some([0x80, 0, frame].into()),
            ..vp8(seq, 0, 12, start + ms(300))
        };
        let numbers = [(9, 200), (900, 3)].map(|(seq, frame)| {
            rewriter.cut();
            rewriter.rewrite(&described(seq, frame), 9)?.frame_number
        });
        assert_eq!(numbers, [Some(200), Some(201)]);
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

        rewriter.cut();
        let next = rewriter.rewrite(&vp8(500, 0, 77, start), 2).expect("fresh");
        assert_eq!(next.seq, third.seq + 1);
        assert!(
            next.rtp_time.wrapping_sub(third.rtp_time) as i32 > 0,
            "never back in time"
        );
    }

    #[test]
    fn what_left_before_a_switch_is_found_again() {
        let start = Instant::now();
        let mut slot = Slot::new(SlotKind::Picture, "1".into(), start);
        let key = |track| StreamKey {
            track: TrackId(track),
            layer: 0,
        };
        let send = |slot: &mut Slot, csrc, stream, seq: u64| {
            slot.current = Some((csrc, stream));
            let packet = vp8(seq, seq as u32 * 3_000, seq as u16, start);
            slot.rewriter.rewrite(&packet, csrc).expect("fresh")
        };
        let first = send(&mut slot, 1, key(7), 10);
        let third = send(&mut slot, 1, key(7), 12);
        assert_eq!(slot.origin(third.seq), Some((key(7), 12)));
        assert_eq!(slot.origin(third.seq + 1), None, "has not left yet");
        slot.cut(start + Duration::from_secs(1));
        let next = send(&mut slot, 2, key(8), 500);
        assert_eq!(slot.origin(next.seq), Some((key(8), 500)));
        let (stream, origin) = slot.origin(first.seq).expect("is remembered");
        assert_eq!((stream, origin), (key(7), 10));
        let again = slot
            .place(first.seq, &vp8(10, 30_000, 10, start))
            .expect("has its place");
        assert_eq!((again.csrc, again.rtp_time), (1, first.rtp_time));
        let late = vp8(11, 33_000, 11, start);
        let filled = slot.fill(key(7), &late).expect("has a gap");
        assert_eq!((filled.seq, filled.csrc), (first.seq + 1, 1));
        assert!(slot.fill(key(7), &vp8(13, 39_000, 13, start)).is_none());
        slot.repairs_until = None;
        assert!(slot.fill(key(7), &late).is_none());
        for n in 0..20 {
            slot.cut(start);
            send(&mut slot, 2, key(8), 600 + n);
        }
        assert_eq!(slot.origin(first.seq), None, "too old");
    }
}
