use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use diemcau_protocol::SlotKind;

use super::publisher::{HEIGHTS, Mode, Publisher, Random};
use super::*;
use crate::packet::SlotPacket;
use crate::slot::{Slot, StreamKey};
use crate::track::TrackId;

const MODES: [Mode; 3] = [Mode::Key, Mode::Full, Mode::Never];
const FORMATS: [Format; 2] = [Format::Vp9, Format::Av1];
const NEVER: Duration = Duration::from_secs(3_600);

fn stream(layer: usize) -> StreamKey {
    StreamKey {
        track: TrackId(1),
        layer,
    }
}

/// A receiver: a slot as forwarding fills it, and all that it was sent.
struct Receiver {
    slot: Slot,
    layers: usize,
    got: BTreeMap<u64, (SlotPacket, MediaPacket)>,
}

/// What is known of a packet that arrived: its frame and its place in it.
fn identity(packet: &MediaPacket) -> Option<(usize, u8)> {
    let (_, tail) = packet.payload.split_last_chunk::<5>()?;
    let frame = u32::from_be_bytes([tail[0], tail[1], tail[2], tail[3]]);
    Some((frame as usize, tail[4]))
}

impl Receiver {
    fn new(packet: &MediaPacket) -> Self {
        Self {
            slot: Slot::new(SlotKind::Picture, "1".into(), packet.arrived),
            layers: 1,
            got: BTreeMap::new(),
        }
    }

    /// Wishes for this layer, or the highest below that is sent.
    fn wishes(&mut self, layer: usize, now: Instant) {
        let wished = stream(layer.min(self.layers - 1));
        let is_current = self
            .slot
            .current
            .is_some_and(|(_, current)| current == wished);
        self.slot.pending = (!is_current).then_some((wished, now));
    }

    fn take(&mut self, out: Option<SlotPacket>, packet: &MediaPacket) {
        let Some(out) = out else { return };
        let before = self.got.insert(out.seq, (out, packet.clone()));
        if let Some((_, before)) = before {
            let same = identity(&before) == identity(packet);
            assert!(same, "two packets with one number: {}", out.seq);
        }
    }

    /// As `Sfu::forward` does.
    fn forward(&mut self, layer: usize, packet: &MediaPacket, kept: &Kept) {
        let stream = stream(layer);
        let mut behind = Vec::new();
        if self
            .slot
            .current
            .is_none_or(|(_, current)| current != stream)
        {
            if let Some(out) = self.slot.fill(stream, packet) {
                self.take(Some(out), packet);
                return;
            }
            if !self.slot.takes_over(stream, packet) {
                return;
            }
            self.slot.switch(1, stream, packet, packet.arrived + NEVER);
            let after = (layer, packet.seq + 1)..(layer, u64::MAX);
            behind.extend(kept.range(after).map(|(_, packet)| packet));
        } else if self.slot.leaves(stream, packet) {
            return;
        }
        for packet in std::iter::once(packet).chain(behind) {
            let out = self.slot.rewriter.rewrite(packet, 1);
            self.take(out, packet);
        }
    }

    /// Asks for what is missing.
    fn ask(&mut self, kept: &Kept) {
        for seq in self.missing() {
            let origin = self.slot.origin(seq);
            let packet = origin.and_then(|(stream, seq)| kept.get(&(stream.layer, seq)));
            if let Some(packet) = packet {
                let out = self.slot.place(seq, packet);
                assert_eq!(out.map(|out| out.seq), Some(seq));
                self.take(out, packet);
            }
        }
    }

    fn missing(&self) -> Vec<u64> {
        let all = self.got.keys().next().zip(self.got.keys().next_back());
        let range = all.map_or(0..0, |(first, last)| *first..*last);
        range.filter(|seq| !self.got.contains_key(seq)).collect()
    }

    /// Plays what came, and returns the frames that were decoded. One that
    /// cannot be lies behind a gap, or a keyframe cuts it off.
    fn play(&self, publisher: &Publisher) -> BTreeSet<usize> {
        let mut parts: BTreeMap<usize, BTreeSet<u8>> = BTreeMap::new();
        let mut ends: BTreeMap<usize, u64> = BTreeMap::new();
        let mut decoded = BTreeSet::new();
        for (seq, (_, packet)) in &self.got {
            let Some((frame, part)) = identity(packet) else {
                continue;
            };
            ends.insert(frame, *seq);
            let parts = parts.entry(frame).or_default();
            parts.insert(part);
            let is_whole = parts.len() == usize::from(publisher.frames[frame].packets);
            let mut needs = publisher.frames[frame].needs.iter();
            if is_whole && needs.all(|needed| decoded.contains(needed)) {
                decoded.insert(frame);
            }
        }
        let missing = self.missing();
        for (frame, end) in ends.iter().filter(|(frame, _)| !decoded.contains(frame)) {
            let next = self.got.range(end + 1..).next();
            let is_cut = next.is_some_and(|(_, (_, packet))| packet.starts_keyframe);
            let has_gap = missing.iter().any(|gap| *gap <= end + 3);
            assert!(
                is_cut || has_gap,
                "frame {frame} is torn, nothing is missing"
            );
        }
        decoded
    }
}

type Kept = BTreeMap<(usize, u64), MediaPacket>;

/// What befalls packets on their way to the splitter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Good,
    /// Some come later, all come.
    Late,
    /// Some never come.
    Lossy,
}

fn meet(format: Format, mode: Mode, seed: u64, way: Way) -> (Publisher, Vec<Receiver>) {
    let mut random = Random(seed + 99);
    let mut publisher = Publisher::new(format, mode, seed);
    let mut splitter = Splitter::new();
    let mut kept = Kept::new();
    let mut receivers: Vec<Receiver> = Vec::new();
    let mut wishes = vec![0, 1, 2, 2];
    let mut on_the_way: Vec<(u64, MediaPacket)> = Vec::new();
    let mut time = 0;
    for picture in 0..120 {
        let is_key = picture == 0 || random.below(12) == 0 || picture == 110;
        // What is late for a layer that has ended since does not come any more.
        if is_key && picture > 0 && way != Way::Late {
            publisher.layers = 1 + random.below(3) as u8;
        }
        for packet in publisher.picture(is_key) {
            time += 1;
            let misfortune = way != Way::Good && picture > 0 && random.below(10) == 0;
            let at = match way {
                Way::Late if misfortune => time + 1 + random.below(14),
                Way::Lossy if misfortune => continue,
                _ => time,
            };
            on_the_way.push((at, packet));
        }
        if picture == 119 {
            time += 100;
        }
        on_the_way.sort_by_key(|(at, packet)| (*at, packet.seq));
        let arrived = on_the_way.iter().take_while(|(at, _)| *at <= time).count();
        for (_, packet) in on_the_way.drain(..arrived) {
            if receivers.is_empty() {
                receivers.extend((0..4).map(|_| Receiver::new(&packet)));
            }
            let now = packet.arrived;
            let Split { heights, packets } = splitter.split(packet);
            for (receiver, wish) in receivers.iter_mut().zip(&mut wishes) {
                if let Some(heights) = &heights {
                    receiver.layers = heights.len();
                }
                if random.below(25) == 0 {
                    *wish = random.below(3) as usize;
                }
                receiver.wishes(*wish, now);
            }
            for (layer, packet) in packets {
                kept.insert((layer, packet.seq), packet.clone());
                for receiver in &mut receivers {
                    receiver.forward(layer, &packet, &kept);
                }
            }
        }
        for receiver in &mut receivers {
            receiver.ask(&kept);
        }
    }
    (publisher, receivers)
}

fn everything(way: Way, check: impl Fn(Mode, &Publisher, &Receiver)) {
    for format in FORMATS {
        for mode in MODES {
            for seed in 1..40 {
                let (publisher, receivers) = meet(format, mode, seed, way);
                for receiver in &receivers {
                    check(mode, &publisher, receiver);
                }
            }
        }
    }
}

#[test]
fn whatever_layers_a_receiver_goes_through_it_decodes_all_that_it_gets() {
    everything(Way::Good, |mode, publisher, receiver| {
        assert_eq!(receiver.missing(), [0; 0], "no number is left out");
        let decoded = receiver.play(publisher);
        let mut pictures: BTreeMap<u32, Vec<&(SlotPacket, MediaPacket)>> = BTreeMap::new();
        for both in receiver.got.values() {
            let (frame, _) = identity(&both.1).expect("nothing is empty");
            assert!(decoded.contains(&frame));
            let picture = publisher.frames[frame].picture;
            pictures.entry(picture).or_default().push(both);
        }
        assert!(pictures.len() > 80, "only {} pictures", pictures.len());
        for packets in pictures.values().filter(|_| mode != Mode::Never) {
            let markers: Vec<bool> = packets.iter().map(|(_, packet)| packet.marker).collect();
            let (last, others) = markers.split_last().expect("not empty");
            assert!(*last && !others.contains(&true), "{mode:?}: {markers:?}");
        }
        let shifts: BTreeSet<u32> = receiver
            .got
            .values()
            .map(|(out, packet)| out.rtp_time.wrapping_sub(packet.rtp_time))
            .collect();
        assert_eq!(shifts.len(), 1, "one clock throughout");
    });
}

#[test]
fn late_packets_find_their_places_and_others_are_filled() {
    everything(Way::Late, |_, publisher, receiver| {
        assert_eq!(receiver.missing(), [0; 0]);
        receiver.play(publisher);
    });
}

#[test]
fn what_is_lost_is_seen_to_be_missing() {
    everything(Way::Lossy, |_, publisher, receiver| {
        receiver.play(publisher);
    });
}

#[test]
fn a_layer_of_a_key_stream_is_nothing_but_what_it_needs() {
    for format in FORMATS {
        let mut publisher = Publisher::new(format, Mode::Key, 5);
        let mut splitter = Splitter::new();
        let mut spatial: [Vec<u8>; 3] = Default::default();
        for picture in 0..8 {
            for packet in publisher.picture(picture == 0) {
                let Split { heights, packets } = splitter.split(packet);
                if let Some(heights) = heights {
                    assert_eq!(heights, HEIGHTS);
                }
                for (layer, packet) in packets {
                    let (frame, _) = identity(&packet).expect("not empty");
                    let frame = &publisher.frames[frame];
                    if spatial[layer].last() != Some(&frame.spatial) {
                        spatial[layer].push(frame.spatial);
                    }
                }
            }
        }
        assert_eq!(spatial, [vec![0], vec![0, 1], vec![0, 1, 2]]);
    }
}

#[test]
fn a_stream_without_layers_passes_as_it_is() {
    for format in FORMATS {
        let mut publisher = Publisher::new(format, Mode::Key, 5);
        publisher.layers = 1;
        let mut splitter = Splitter::new();
        for picture in 0..8 {
            for packet in publisher.picture(picture == 0) {
                let (seq, starts) = (packet.seq, packet.starts_keyframe);
                let split = splitter.split(packet);
                assert_eq!(split.packets.len(), 1);
                let (layer, packet) = &split.packets[0];
                assert_eq!((*layer, packet.seq), (0, seq));
                assert_eq!(packet.starts_keyframe, starts);
            }
        }
    }
}
