//! Brings the packets of one layer into order: waits for what is missing,
//! longer than a receiver that shows it live would, and then says that it is
//! missing for good.

use std::collections::BTreeMap;

use diemcau_protocol::TrackPacket;

/// How long a missing packet is waited for, in microseconds.
pub(crate) const PATIENCE: i64 = 2_000_000;
/// Packets that wait at most.
const MOST: usize = 4_096;
/// A jump in the numbers by more than this is another stream.
const JUMP: u64 = 10_000;

/// What comes out, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ordered {
    Packet(TrackPacket),
    /// So many packets are missing, for good.
    Gap(u64),
}

/// The packets of one layer.
#[derive(Debug, Default)]
pub(crate) struct Order {
    next: Option<u64>,
    waiting: BTreeMap<u64, TrackPacket>,
}

impl Order {
    /// Takes a packet, at its arrival. Returns what is in order now.
    pub(crate) fn packet(&mut self, packet: TrackPacket) -> Vec<Ordered> {
        let now = packet.arrived;
        let next = *self.next.get_or_insert(packet.seq);
        let is_other = packet.seq + JUMP < next || packet.seq > next + JUMP;
        let mut out = Vec::new();
        if is_other {
            out = self.flush();
            out.push(Ordered::Gap(1));
            self.next = Some(packet.seq);
        } else if packet.seq < next {
            return out;
        }
        self.waiting.entry(packet.seq).or_insert(packet);
        self.take(&mut out);
        out.extend(self.wait_no_more(now));
        out
    }

    fn take(&mut self, out: &mut Vec<Ordered>) {
        while let Some(next) = self.next
            && let Some(packet) = self.waiting.remove(&next)
        {
            self.next = Some(next + 1);
            out.push(Ordered::Packet(packet));
        }
    }

    /// What has been waited for long enough is missing.
    pub(crate) fn wait_no_more(&mut self, now: i64) -> Vec<Ordered> {
        let mut out = Vec::new();
        while let Some((_, first)) = self.waiting.first_key_value()
            && (first.arrived + PATIENCE <= now || self.waiting.len() > MOST)
        {
            self.skip(&mut out);
        }
        out
    }

    fn skip(&mut self, out: &mut Vec<Ordered>) {
        if let Some((first, _)) = self.waiting.first_key_value() {
            let missing = first - self.next.unwrap_or(*first);
            if missing > 0 {
                out.push(Ordered::Gap(missing));
            }
            self.next = Some(*first);
            self.take(out);
        }
    }

    /// Everything that waits: nothing more will come.
    pub(crate) fn flush(&mut self) -> Vec<Ordered> {
        let mut out = Vec::new();
        while !self.waiting.is_empty() {
            self.skip(&mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::{TrackCodec, VideoCodec};

    use super::*;

    fn packet(seq: u64, arrived: i64) -> TrackPacket {
        TrackPacket {
            codec: TrackCodec::Video(VideoCodec::Vp8),
            red: false,
            seq,
            rtp_time: 0,
            marker: false,
            starts_keyframe: false,
            captured: arrived,
            arrived,
            payload: [].into(),
        }
    }

    fn numbers(out: &[Ordered]) -> Vec<i64> {
        let number = |one: &Ordered| match one {
            Ordered::Packet(packet) => packet.seq as i64,
            Ordered::Gap(missing) => -(*missing as i64),
        };
        out.iter().map(number).collect()
    }

    #[test]
    fn a_repair_that_comes_late_is_put_in_its_place() {
        let mut order = Order::default();
        assert_eq!(numbers(&order.packet(packet(5, 0))), [5]);
        assert!(order.packet(packet(7, 1_000)).is_empty());
        assert!(order.packet(packet(8, 1_500_000)).is_empty());
        assert!(order.packet(packet(5, 1_500_000)).is_empty(), "twice");
        assert_eq!(numbers(&order.packet(packet(6, 1_900_000))), [6, 7, 8]);
    }

    #[test]
    fn what_never_comes_is_said_to_be_missing() {
        let mut order = Order::default();
        order.packet(packet(5, 0));
        assert!(order.packet(packet(9, 0)).is_empty());
        assert!(order.wait_no_more(PATIENCE - 1).is_empty());
        assert_eq!(numbers(&order.wait_no_more(PATIENCE)), [-3, 9]);
        assert!(order.packet(packet(7, PATIENCE)).is_empty(), "too late");
        order.packet(packet(11, PATIENCE));
        assert_eq!(numbers(&order.flush()), [-1, 11]);
    }

    #[test]
    fn numbers_that_jump_are_another_stream() {
        let mut order = Order::default();
        order.packet(packet(70_000, 0));
        assert_eq!(numbers(&order.packet(packet(12, 0))), [-1, 12]);
        assert_eq!(numbers(&order.packet(packet(90_000, 0))), [-1, 90_000]);
    }
}
