//! A track that the media plane has announced: which of its layers are taken,
//! and what is missing of them.

use std::collections::BTreeMap;

use diemcau_protocol::{MeetingId, SourceKind, ToMedia, TrackLayer, TrackPacket};

/// A missing packet is asked for after this, in microseconds: it may be late.
const LATE: i64 = 30_000;
/// And again after this.
const AGAIN: i64 = 150_000;
/// For so long, far longer than somebody who watches live would.
const PATIENCE: i64 = 1_500_000;
/// Missing packets that are remembered; of more a keyframe makes up for.
const MOST: u64 = 256;
/// A keyframe is asked for again after this.
const KEYFRAME_AGAIN: i64 = 500_000;

/// What is missing of a layer.
#[derive(Debug, Default)]
struct Missing {
    newest: Option<u64>,
    /// Since when each is missing, and when it was asked for last.
    packets: BTreeMap<u64, (i64, i64)>,
}

/// An announced track.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) meeting: MeetingId,
    pub(super) csrc: u32,
    pub(super) kind: SourceKind,
    pub(super) layers: Vec<TrackLayer>,
    /// Its number in the journal, while it is recorded.
    pub(super) number: Option<u32>,
    current: Option<usize>,
    /// Takes over with its next keyframe.
    next: Option<usize>,
    missing: BTreeMap<usize, Missing>,
    waits_for_keyframe: bool,
    keyframe_asked: Option<i64>,
}

impl Tracked {
    pub(super) fn new(
        meeting: MeetingId,
        csrc: u32,
        kind: SourceKind,
        layers: Vec<TrackLayer>,
    ) -> Self {
        Self {
            meeting,
            csrc,
            kind,
            layers,
            number: None,
            current: None,
            next: None,
            missing: BTreeMap::new(),
            waits_for_keyframe: false,
            keyframe_asked: None,
        }
    }

    /// Chooses the layers that are taken. Returns whether they are others now.
    pub(super) fn choose(&mut self) -> bool {
        let before = self.wanted_layers();
        if self.number.is_none() {
            self.current = None;
            self.next = None;
            self.missing.clear();
            self.waits_for_keyframe = false;
            return !before.is_empty();
        }
        let there = self.layers.iter().enumerate();
        let best = there
            .filter(|(_, layer)| layer.can_be_had)
            .max_by_key(|(_, layer)| layer.height)
            .map(|(index, _)| index);
        // Nothing has been sent yet, or nothing is for now: the first layer is
        // always there some day.
        let best = best.or(self.current).unwrap_or(0);
        if self.current.is_none() || self.kind.is_audio() {
            self.current = Some(best);
            self.next = None;
        } else {
            self.next = Some(best).filter(|best| Some(*best) != self.current);
        }
        let changed = before != self.wanted_layers();
        if changed {
            self.wants_keyframe();
        }
        changed
    }

    /// The layers that are taken.
    pub(super) fn wanted_layers(&self) -> Vec<usize> {
        let mut layers: Vec<usize> = self.current.into_iter().chain(self.next).collect();
        layers.sort_unstable();
        layers
    }

    /// It is to be begun with soon.
    pub(super) fn wants_keyframe(&mut self) {
        self.waits_for_keyframe = self.number.is_some() && !self.kind.is_audio();
        self.keyframe_asked = None;
    }

    /// A packet came. Returns whether other layers are wanted now.
    pub(super) fn came(&mut self, layer: usize, packet: &TrackPacket) -> bool {
        if !self.kind.is_audio() {
            self.note_missing(layer, packet);
        }
        if !packet.starts_keyframe {
            return false;
        }
        let target = self.next.or(self.current);
        if target == Some(layer) {
            self.waits_for_keyframe = false;
        }
        let takes_over = self.next == Some(layer);
        if takes_over {
            self.current = self.next.take();
            self.missing.retain(|known, _| *known == layer);
        }
        takes_over
    }

    fn note_missing(&mut self, layer: usize, packet: &TrackPacket) {
        let known = self.missing.entry(layer).or_default();
        let newest = *known.newest.get_or_insert(packet.seq);
        if packet.seq <= newest {
            known.packets.remove(&packet.seq);
            return;
        }
        known.newest = Some(packet.seq);
        let skipped = newest + 1..packet.seq;
        if packet.seq - newest > MOST {
            known.packets.clear();
            self.wants_keyframe();
            return;
        }
        let since = (packet.arrived, i64::MIN / 2);
        known.packets.extend(skipped.map(|seq| (seq, since)));
    }

    /// What is to be asked for now.
    pub(super) fn asks(&mut self, now: i64, track: u64) -> Vec<ToMedia> {
        let mut asked = Vec::new();
        let mut is_lost = false;
        for (layer, missing) in &mut self.missing {
            let before = missing.packets.len();
            missing
                .packets
                .retain(|_, (since, _)| *since + PATIENCE > now);
            is_lost |= missing.packets.len() < before;
            let mut seqs = Vec::new();
            for (seq, (since, last)) in &mut missing.packets {
                if *since + LATE <= now && *last + AGAIN <= now {
                    *last = now;
                    seqs.push(*seq);
                }
            }
            if !seqs.is_empty() {
                let layer = *layer;
                asked.push(ToMedia::Resend { track, layer, seqs });
            }
        }
        if is_lost {
            self.wants_keyframe();
        }
        let last = self.keyframe_asked.unwrap_or(i64::MIN / 2);
        if self.waits_for_keyframe
            && last + KEYFRAME_AGAIN <= now
            && let Some(layer) = self.next.or(self.current)
        {
            self.keyframe_asked = Some(now);
            asked.push(ToMedia::Keyframe { track, layer });
        }
        asked
    }
}
