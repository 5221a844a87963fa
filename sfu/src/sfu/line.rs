//! Dividing a receiver's line among its slots, telling it what it carries, and
//! finding out whether it carries more.

use std::time::Instant;

use diemcau_protocol::{MediaEvent, SlotKind, SourceKind};

use super::{Output, PeerId, Sfu};
use crate::allocate::{Class, Demand, Shown};
use crate::loudest::Rank;
use crate::slot::Slot;
use crate::track::{Subscriber, Track};

/// What a sound takes, with headers, in bit/s.
const SOUND_BPS: u64 = 48_000;
/// A picture that is drawn at least so high, in pixels, was asked for as such;
/// smaller ones are thumbnails.
const PINNED_HEIGHT: u16 = 400;
/// What a layer takes for each pixel of its squared height, in bit/s, as long
/// as it is not known; and at least.
const GUESS: f64 = 2.2;
const LEAST_GUESS: u64 = 60_000;
/// The largest layer whose height is not known is taken for so high.
const UNKNOWN_HEIGHT: u16 = 720;

impl Sfu {
    /// Looks again at what the line to a receiver carries.
    pub(super) fn divide(&mut self, now: Instant, id: PeerId) {
        let Some(connection) = self.connections.get(id.0) else {
            return;
        };
        let meeting = self.meetings.get(&connection.meeting);
        let mut slots: Vec<usize> = Vec::new();
        let mut layers: Vec<Vec<Option<u64>>> = Vec::new();
        let mut bests: Vec<(Class, usize)> = Vec::new();
        for (index, slot) in connection.slots.iter().enumerate() {
            let subscriber = Subscriber {
                peer: id,
                slot: index,
            };
            let Some((track, full)) = self.full_layer(now, subscriber) else {
                continue;
            };
            slots.push(index);
            if track.kind.is_audio() {
                let rank = meeting.map_or(Rank::Silent, |meeting| meeting.rank(track.csrc));
                let class = match rank {
                    // The mix is all that its receiver hears.
                    _ if slot.kind == SlotKind::Mix => Class::MainAudio,
                    Rank::MustBeHeard => Class::MainAudio,
                    Rank::Sounding | Rank::Silent => Class::Audio,
                };
                layers.push(vec![Some(SOUND_BPS)]);
                bests.push((class, 0));
                continue;
            }
            let order = ascending(track);
            let best = order.iter().position(|layer| *layer == full).unwrap_or(0);
            let bps = |layer: &usize| {
                let layer = &track.layers[*layer];
                layer.can_be_had(now).then(|| match layer.bps() {
                    0 => guess(layer.height),
                    known => known,
                })
            };
            layers.push(order.iter().map(bps).collect());
            bests.push((class_of(slot, track.kind), best));
        }
        let Some(connection) = self.connections.get_mut(id.0) else {
            return;
        };
        let demands: Vec<Demand<'_>> = slots
            .iter()
            .zip(&layers)
            .zip(&bests)
            .map(|((slot, layers), (class, best))| Demand {
                class: *class,
                layers,
                best: *best,
                current: connection.slots[*slot].shown,
            })
            .collect();
        let line = &mut connection.egress.line;
        let estimate = line.estimate();
        let division = connection.allocator.divide(now, estimate, &demands);
        connection.wanted_bps = division.wanted_bps;
        for (slot, shown) in slots.iter().zip(&division.shown) {
            connection.slots[*slot].shown = *shown;
        }
        if connection.quality != division.quality {
            connection.quality = division.quality;
            self.outputs.push_back(Output::Event(MediaEvent::Line {
                session: connection.session.clone(),
                quality: division.quality,
                kbps: u32::try_from(estimate / 1_000).unwrap_or(u32::MAX),
            }));
        }
    }

    /// Adds what a burst needs beside the media: packets that have left
    /// before, so that even these may be of use. Returns whether the burst
    /// goes on.
    pub(super) fn pad(&mut self, now: Instant, id: PeerId) -> bool {
        let Some(connection) = self.connections.get_mut(id.0) else {
            return false;
        };
        let line = &mut connection.egress.line;
        let mut due = line.padding(now, connection.wanted_bps);
        if !line.bursts() {
            connection.repeated = None;
            return false;
        }
        while due > 0 {
            let slots = &connection.slots;
            connection.repeated = next_repeated(slots, connection.repeated);
            let repeated = connection.repeated.and_then(|(index, seq)| {
                let slot = &slots[index];
                let (stream, origin) = slot.origin(seq)?;
                let packet = self
                    .tracks
                    .get(stream.track.0)?
                    .kept(stream.layer, origin)?;
                let out = slot.place(seq, packet)?;
                let sent = connection.egress.pad(index, packet, out);
                (sent > 0).then_some(sent)
            });
            let sent = repeated.unwrap_or_else(|| connection.egress.blank());
            if sent == 0 {
                return false;
            }
            due = due.saturating_sub(sent);
        }
        true
    }
}

/// The slot and number of the next packet to be repeated: backwards from the
/// newest of a picture.
fn next_repeated(slots: &[Slot], last: Option<(usize, u64)>) -> Option<(usize, u64)> {
    match last {
        Some((slot, seq)) => Some((slot, seq.checked_sub(1)?)),
        None => {
            let shows = |slot: &Slot| !slot.kind.is_audio() && slot.current.is_some();
            let shown = slots.iter().position(shows)?;
            Some((shown, slots[shown].newest()))
        }
    }
}

/// The layers of a track by their height.
pub(super) fn ascending(track: &Track) -> Vec<usize> {
    let mut order: Vec<usize> = (0..track.layers.len()).collect();
    order.sort_by_key(|layer| track.layers[*layer].height);
    order
}

fn class_of(slot: &Slot, kind: SourceKind) -> Class {
    match (slot.kind, kind) {
        (SlotKind::StagePicture, _) => Class::Stage,
        (SlotKind::Screen, _) | (_, SourceKind::Screen) => Class::Screen,
        _ if slot.height >= PINNED_HEIGHT => Class::Pinned,
        _ => Class::Thumbnail,
    }
}

fn guess(height: u16) -> u64 {
    let height = f64::from(if height == u16::MAX {
        UNKNOWN_HEIGHT
    } else {
        height
    });
    ((height * height * GUESS) as u64).max(LEAST_GUESS)
}

/// The layer that was granted to a slot, if one was.
pub(super) fn granted(track: &Track, shown: Shown) -> Option<usize> {
    match shown {
        Shown::Layer(layer) => ascending(track).get(layer).copied(),
        Shown::Nothing | Shown::Withheld => None,
    }
}
