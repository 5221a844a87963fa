//! Scalable video coding: one RTP stream that holds several spatial layers
//! becomes several *virtual layers*, which everything behind treats like the
//! layers of simulcast.
//!
//! ```text
//!                 ┌─> 0: what a receiver of spatial layer 0 needs
//!   one SSRC ─ Splitter ─> 1: what one of layer 1 needs, and so on
//!                 └─> 2
//! ```
//!
//! Which packets a layer needs is said by VP9's payload descriptor (a lower
//! layer's frame only where it serves higher ones, as in keyframes of
//! `L3T3_KEY`), and for AV1 by the dependency descriptor. A stream that says
//! neither stays whole: it is virtual layer 0.
//!
//! *Numbers.* In a virtual layer a packet has its original number less the
//! packets before it that are known not to belong there. One that is missing
//! keeps a place in every virtual layer, since nobody can know where it
//! belongs; so its receivers ask for it again. When it comes, it fills its
//! place where it belongs, and an empty packet does elsewhere.
//!
//! *Going over.* From one virtual layer to another a receiver goes where both
//! begin anew, which is at keyframes; down also at the start of any picture,
//! as long as all that the lower layer needs went to the higher one too
//! (`L3T3`, not `L3T3_KEY`). Timestamps and picture ids go on, because it is
//! the same stream.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::packet::MediaPacket;
use crate::payload::{Dependencies, Frame, Structure, Vp9};
use crate::peer::Format;

/// The most virtual layers of a stream.
pub(crate) const LAYERS: usize = 4;
/// Missing packets whose places are remembered.
const MISSING: usize = 512;
/// Packets before the first one that may still come.
const BEFORE: u64 = 16;
/// The height of a stream that says none, in pixels.
const UNSAID_HEIGHT: u16 = 720;

/// Where receivers may go over from one virtual layer to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crossing {
    /// The virtual layers that begin anew with this packet, one bit each.
    begins: u8,
    /// Whether a receiver of a higher layer can go on in a lower one.
    steps_down: bool,
    /// The packet's number in each virtual layer, or the number that the next
    /// one will have. Absent when the packet is late: others have left since.
    numbers: Option<[u64; LAYERS]>,
}

impl Crossing {
    /// Whether this virtual layer begins anew here.
    pub(crate) fn begins(&self, layer: usize) -> bool {
        self.begins >> layer & 1 != 0
    }

    /// Whether one can go over here without a keyframe.
    pub(crate) fn steps_down(&self, from: usize, to: usize) -> bool {
        self.steps_down && to < from
    }

    /// The numbers in both layers at which one gives way to the other.
    pub(crate) fn numbers(&self, from: usize, to: usize) -> Option<(u64, u64)> {
        let numbers = self.numbers?;
        Some((*numbers.get(from)?, *numbers.get(to)?))
    }
}

/// What became of a packet.
#[derive(Debug)]
pub(crate) struct Split {
    /// The heights of the virtual layers that are sent from here on; said
    /// at every keyframe, and when there are fewer.
    pub(crate) heights: Option<Vec<u16>>,
    /// The packet in its virtual layers, the lowest first.
    pub(crate) packets: Vec<(usize, MediaPacket)>,
}

/// Turns one stream into virtual layers.
#[derive(Debug)]
pub(crate) struct Splitter {
    coding: Coding,
    /// Virtual layers that are sent now, at least 1.
    layers: usize,
    newest: Option<u64>,
    /// Packets so far that did not belong to each virtual layer.
    dropped: [u64; LAYERS],
    /// Places of packets that are missing: their number, and what was dropped
    /// before; in order.
    missing: VecDeque<(u64, [u64; LAYERS])>,
    /// Since the last keyframe all that a lower layer needs was part of the
    /// higher ones too.
    is_nested: bool,
}

/// How the layers of a stream are told apart.
#[derive(Debug)]
enum Coding {
    /// Not at all.
    Whole,
    /// By the payload descriptor.
    Vp9,
    /// By the dependency descriptor.
    Described(Structure),
}

/// What a packet is to the virtual layers, one bit each.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Those that need it.
    needed: u8,
    /// Those that begin anew with it.
    begins: u8,
    /// Those whose picture ends with it.
    ends: u8,
    /// A picture begins with it.
    starts_picture: bool,
}

impl Part {
    fn whole(packet: &MediaPacket) -> Self {
        Self {
            needed: 1,
            begins: u8::from(packet.starts_keyframe),
            ends: u8::from(packet.marker),
            starts_picture: false,
        }
    }
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self {
            coding: Coding::Whole,
            layers: 1,
            newest: None,
            dropped: [0; LAYERS],
            missing: VecDeque::new(),
            is_nested: true,
        }
    }

    /// Whether receivers can go down without a keyframe.
    pub(crate) fn steps_down(&self) -> bool {
        self.layers > 1 && self.is_nested
    }

    /// Puts a packet where it belongs.
    pub(crate) fn split(&mut self, packet: MediaPacket) -> Split {
        let before = self
            .newest
            .unwrap_or_else(|| packet.seq.saturating_sub(BEFORE + 1));
        let is_late = packet.seq <= before && self.newest.is_some();
        let (mut part, heights) = self.look(&packet, is_late);
        part.needed &= bits(0, self.layers);
        part.begins &= part.needed;
        let dropped = if is_late {
            let place = self.missing.binary_search_by_key(&packet.seq, |gap| gap.0);
            let place = place.ok().and_then(|at| self.missing.remove(at));
            let Some((_, dropped)) = place else {
                // It came before, or too late.
                return Split {
                    heights: None,
                    packets: Vec::new(),
                };
            };
            dropped
        } else {
            self.skip(before, packet.seq);
            self.newest = Some(packet.seq);
            let dropped = self.dropped;
            for (layer, count) in self.dropped.iter_mut().enumerate() {
                *count += u64::from(part.needed >> layer & 1 == 0);
            }
            dropped
        };
        if part.begins & 1 != 0 && !is_late {
            self.is_nested = true;
        }
        self.is_nested &= is_nested(part.needed, self.layers);
        let packets = self.place(packet, part, dropped, is_late);
        Split { heights, packets }
    }

    /// The numbers between these two have places that are kept.
    fn skip(&mut self, before: u64, seq: u64) {
        let first = (before + 1).max(seq.saturating_sub(MISSING as u64));
        let gaps = (first..seq).map(|missing| (missing, self.dropped));
        self.missing.extend(gaps);
        let surplus = self.missing.len().saturating_sub(MISSING);
        self.missing.drain(..surplus);
    }

    /// The packet as it is in each virtual layer that needs it; an empty one
    /// where a place was kept in vain.
    fn place(
        &self,
        packet: MediaPacket,
        part: Part,
        dropped: [u64; LAYERS],
        is_late: bool,
    ) -> Vec<(usize, MediaPacket)> {
        let numbers = dropped.map(|dropped| packet.seq - dropped);
        let steps_down = !is_late && part.starts_picture && self.steps_down();
        let crossing = (self.layers > 1 && (part.begins != 0 || steps_down)).then(|| {
            Arc::new(Crossing {
                begins: part.begins,
                steps_down,
                numbers: (!is_late).then_some(numbers),
            })
        });
        let mut packets = Vec::with_capacity(self.layers);
        for (layer, seq) in numbers.into_iter().enumerate().take(self.layers) {
            let is = |layers: u8| layers >> layer & 1 != 0;
            if is(part.needed) {
                let placed = MediaPacket {
                    seq,
                    marker: packet.marker || is(part.ends),
                    starts_keyframe: is(part.begins),
                    crossing: crossing.clone(),
                    ..packet.clone()
                };
                packets.push((layer, placed));
            } else if is_late {
                let filler = MediaPacket {
                    seq,
                    marker: false,
                    starts_keyframe: false,
                    dependencies: None,
                    picture: None,
                    payload: Arc::default(),
                    ..packet.clone()
                };
                packets.push((layer, filler));
            }
        }
        packets
    }

    /// What the packet is to whom, and which layers there are from here on.
    fn look(&mut self, packet: &MediaPacket, is_late: bool) -> (Part, Option<Vec<u16>>) {
        match packet.format {
            Format::Vp9 => self.look_vp9(packet, is_late),
            Format::Av1 => self.look_av1(packet, is_late),
            Format::Opus | Format::Vp8 | Format::H264(_) => {
                let heights = self.becomes_whole();
                (Part::whole(packet), heights)
            }
        }
    }

    /// Every virtual layer but the first ends. Returns its height, if that is
    /// news.
    fn becomes_whole(&mut self) -> Option<Vec<u16>> {
        let was_split = self.layers > 1;
        self.coding = Coding::Whole;
        self.layers = 1;
        was_split.then(|| vec![u16::MAX])
    }

    fn look_vp9(&mut self, packet: &MediaPacket, is_late: bool) -> (Part, Option<Vec<u16>>) {
        let Some(vp9) = Vp9::read(&packet.payload) else {
            return (Part::whole(packet), None);
        };
        let mut news = match self.coding {
            Coding::Whole | Coding::Vp9 => None,
            Coding::Described(_) => self.becomes_whole(),
        };
        // A late keyframe changes nothing: what came since was placed without.
        if vp9.starts_keyframe() && !is_late {
            match vp9.structure.filter(|s| (2..=LAYERS).contains(&s.layers)) {
                Some(structure) => {
                    self.coding = Coding::Vp9;
                    self.layers = structure.layers;
                    let heights = structure.heights.unwrap_or_default();
                    news = Some(said(&heights[..structure.layers]));
                }
                None => news = self.becomes_whole(),
            }
        }
        if !matches!(self.coding, Coding::Vp9) {
            return (Part::whole(packet), news);
        }
        let own = bit(vp9.spatial);
        let higher = bits(usize::from(vp9.spatial) + 1, LAYERS);
        let needed = if vp9.serves_higher { own | higher } else { own };
        let begins = match (vp9.starts_frame && !vp9.is_inter, vp9.spatial) {
            (true, 0) => needed,
            (true, _) if !vp9.needs_lower => own,
            (true, _) | (false, _) => 0,
        };
        let part = Part {
            needed,
            begins,
            ends: if vp9.ends_frame { own } else { 0 },
            starts_picture: vp9.starts_frame && vp9.spatial == 0,
        };
        (part, news)
    }

    fn look_av1(&mut self, packet: &MediaPacket, is_late: bool) -> (Part, Option<Vec<u16>>) {
        let mut news = None;
        let known = match &self.coding {
            Coding::Described(structure) => Some(structure),
            Coding::Whole => None,
            Coding::Vp9 => {
                news = self.becomes_whole();
                None
            }
        };
        let described = packet.dependencies.as_deref();
        let Some(mut read) = described.and_then(|bytes| Dependencies::read(bytes, known)) else {
            return (self.unknown(packet), news);
        };
        if let Some(structure) = read.structure.take()
            && !is_late
        {
            let sent = read.active.map_or(0, |active| structure.sent(active));
            if (2..=LAYERS).contains(&sent) {
                self.layers = sent;
                let unsaid = [0; LAYERS];
                let heights = structure.heights.as_deref().unwrap_or(&unsaid);
                news = Some(said(&heights[..sent]));
                self.coding = Coding::Described(structure);
            } else {
                news = self.becomes_whole();
            }
        }
        let Coding::Described(structure) = &self.coding else {
            return (Part::whole(packet), news);
        };
        if let (Some(active), false, None) = (read.active, is_late, &news) {
            let sent = structure.sent(active).max(1);
            if sent < self.layers {
                self.layers = sent;
                let heights = structure.heights.clone().unwrap_or(vec![0; LAYERS]);
                news = Some(said(&heights[..sent]));
            }
        }
        let Some(frame) = read.frame else {
            return (self.unknown(packet), news);
        };
        let each = |is: &dyn Fn(&Frame, u8) -> bool| {
            let targets = structure.layers.iter().take(LAYERS).enumerate();
            targets.fold(0, |all, (layer, target)| {
                all | u8::from(is(&frame, *target)) << layer
            })
        };
        let own = bit(frame.spatial);
        let begins = each(&|frame, target| frame.begins(target));
        let part = Part {
            needed: each(&|frame, target| frame.is_needed(target)),
            begins: if read.starts_frame { begins } else { 0 },
            ends: if read.ends_frame { own } else { 0 },
            starts_picture: read.starts_frame && frame.spatial == 0,
        };
        (part, news)
    }

    /// A packet of which it cannot be said to whom it belongs goes to all.
    fn unknown(&self, packet: &MediaPacket) -> Part {
        match self.coding {
            Coding::Whole | Coding::Vp9 => Part::whole(packet),
            Coding::Described(_) => Part {
                needed: bits(0, LAYERS),
                begins: 0,
                ends: 0,
                starts_picture: false,
            },
        }
    }
}

/// The bit of a virtual layer; none of one that cannot be.
fn bit(layer: u8) -> u8 {
    1_u8.checked_shl(layer.into()).unwrap_or(0) & bits(0, LAYERS)
}

/// The bits of the virtual layers `from..end`.
fn bits(from: usize, end: usize) -> u8 {
    (from..end).fold(0, |bits, layer| bits | 1 << layer)
}

/// Whether whoever needs this is followed only by those that need it too.
fn is_nested(needed: u8, layers: usize) -> bool {
    let inside = needed & bits(0, layers);
    let first = inside.trailing_zeros() as usize;
    inside == 0 || inside == bits(first, layers)
}

/// The heights as they are said; where they are not, each layer is taken for
/// half as high as the next.
fn said(heights: &[u16]) -> Vec<u16> {
    if heights.iter().all(|height| *height > 0) {
        return heights.to_vec();
    }
    let below = (0..heights.len()).rev();
    below.map(|steps| UNSAID_HEIGHT >> steps).collect()
}

#[cfg(test)]
mod publisher;
#[cfg(test)]
mod tests;
