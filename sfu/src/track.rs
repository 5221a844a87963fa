//! A published source, from a peer here, over a link or mixed: its layers, their
//! clocks, who listens, how often a keyframe is asked for, and the newest
//! packets of each layer, once for all receivers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau_protocol::{MeetingId, OfferedSource, SourceKind, SourceLayer};

use crate::clock::StreamClock;
use crate::layers::{LAYER_QUIET, Layer};
use crate::link::{LinkId, LinkLayer};
use crate::packet::MediaPacket;
use crate::peer::Format;
use crate::sfu::PeerId;
use crate::slot::StreamKey;
use crate::svc::{self, Split, Splitter};

/// A publisher is asked for a keyframe of a layer at most this often.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(250);
/// Packets of a picture's layer that are kept for receivers that lost them:
/// about two seconds at 2.5 Mbit/s. A power of two.
const KEPT: usize = 512;

/// A layer that nobody has wanted for so long need not be sent.
const IDLE_PATIENCE: Duration = Duration::from_secs(4);

/// A track's key; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TrackId(pub(crate) u64);

/// One slot of one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) peer: PeerId,
    pub(crate) slot: usize,
}

/// Where a track's packets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A peer here; the number of its source.
    Peer { peer: PeerId, source: usize },
    /// A link; the track's key at the other end.
    Link { link: LinkId, track: TrackId },
    /// The mixer of its meeting, here.
    Mixer,
}

/// A published source.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) meeting: MeetingId,
    pub(crate) origin: Origin,
    pub(crate) kind: SourceKind,
    /// Which source it is, as slots say it.
    pub(crate) csrc: u32,
    /// Whether the meeting forwards it now.
    pub(crate) is_live: bool,
    /// Whether the mixer here listens to it.
    pub(crate) is_mixed: bool,
    pub(crate) layers: Vec<Layer>,
    pub(crate) clocks: Vec<StreamClock>,
    keyframes: Vec<KeyframeThrottle>,
    kept: Vec<Kept>,
    /// Of a scalable stream: its layers are virtual ones.
    splitter: Option<Splitter>,
    pub(crate) subscribers: Vec<Subscriber>,
    /// Who gets which layers over a link.
    pub(crate) links: Vec<(LinkId, usize)>,
    /// What was last asked for over the link that it comes from, or said to
    /// its publisher.
    pub(crate) told_wanted: Option<Vec<usize>>,
    /// What the other workers were told of the layers.
    pub(crate) told_layers: Vec<LinkLayer>,
    /// Since when fewer layers are wanted than its publisher was told.
    idle_since: Option<Instant>,
}

/// Merges keyframe requests of many receivers into few.
#[derive(Debug, Clone, Copy, Default)]
struct KeyframeThrottle {
    asked: Option<Instant>,
    waiting: bool,
}

/// The newest packets of a layer, by their number.
#[derive(Debug, Default)]
struct Kept {
    ring: Vec<Option<Arc<MediaPacket>>>,
    newest: u64,
}

impl Kept {
    fn keep(&mut self, packet: &Arc<MediaPacket>) {
        if self.ring.is_empty() {
            self.ring.resize(KEPT, None);
        }
        self.newest = self.newest.max(packet.seq);
        self.ring[packet.seq as usize % KEPT] = Some(Arc::clone(packet));
    }

    fn get(&self, seq: u64) -> Option<&Arc<MediaPacket>> {
        let kept = self.ring.get(seq as usize % KEPT)?.as_ref()?;
        (kept.seq == seq).then_some(kept)
    }

    /// Those behind `seq`, in order.
    fn behind(&self, seq: u64) -> impl Iterator<Item = &Arc<MediaPacket>> {
        let newest = self.newest.min(seq + KEPT as u64);
        (seq + 1..=newest).filter_map(|seq| self.get(seq))
    }
}

impl Track {
    /// A source that a peer offers.
    pub(crate) fn offered(
        meeting: MeetingId,
        peer: PeerId,
        source: usize,
        offered: &OfferedSource,
    ) -> Self {
        let layers: Vec<Layer> = if offered.layers.is_empty() {
            vec![Layer::new(None, u16::MAX)]
        } else {
            let layer = |layer: &SourceLayer| Layer::new(Some(layer.rid.clone()), layer.height);
            offered.layers.iter().map(layer).collect()
        };
        Self::new(
            meeting,
            Origin::Peer { peer, source },
            offered.kind,
            0,
            layers,
        )
    }

    pub(crate) fn new(
        meeting: MeetingId,
        origin: Origin,
        kind: SourceKind,
        csrc: u32,
        layers: Vec<Layer>,
    ) -> Self {
        let rate = if kind.is_audio() { 48_000 } else { 90_000 };
        Self {
            meeting,
            origin,
            kind,
            csrc,
            is_live: false,
            is_mixed: false,
            clocks: layers.iter().map(|_| StreamClock::new(rate)).collect(),
            keyframes: vec![KeyframeThrottle::default(); layers.len()],
            kept: layers.iter().map(|_| Kept::default()).collect(),
            splitter: None,
            layers,
            subscribers: Vec::new(),
            links: Vec::new(),
            told_wanted: None,
            told_layers: Vec::new(),
            idle_since: None,
        }
    }

    /// Whether packets of this format must be [`Self::split`]: of a scalable
    /// codec, where there is no simulcast.
    pub(crate) fn is_split(&self, format: Format) -> bool {
        let is_simulcast = || self.layers.iter().any(|layer| layer.rid.is_some());
        self.splitter.is_some() || format.is_scalable() && !is_simulcast()
    }

    /// Puts a packet where it belongs, and says whether receivers may get
    /// other layers from here on.
    pub(crate) fn split(
        &mut self,
        now: Instant,
        packet: MediaPacket,
    ) -> (Vec<(usize, MediaPacket)>, bool) {
        let splitter = self.splitter.get_or_insert_with(Splitter::new);
        let Split { heights, packets } = splitter.split(packet);
        let Some(heights) = heights else {
            return (packets, false);
        };
        let mut has_news = false;
        self.grow(heights.len());
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let before = (layer.height, layer.can_be_had(now));
            match heights.get(index) {
                Some(height) => {
                    layer.height = *height;
                    layer.last_packet = Some(now);
                }
                None => layer.ended(),
            }
            has_news |= before != (layer.height, layer.can_be_had(now));
        }
        (packets, has_news)
    }

    /// Room for so many layers.
    pub(crate) fn grow(&mut self, count: usize) {
        let new = self.layers.len()..count.min(svc::LAYERS);
        for _ in new {
            self.layers.push(Layer::new(None, u16::MAX));
            self.keyframes.push(KeyframeThrottle::default());
            self.kept.push(Kept::default());
        }
    }

    /// Which encoding of its publisher a layer is part of.
    pub(crate) fn encoding(&self, layer: usize) -> usize {
        if self.splitter.is_some() { 0 } else { layer }
    }

    /// Whether a receiver goes from one layer to the other without a keyframe.
    pub(crate) fn steps_down(&self, from: StreamKey, to: StreamKey) -> bool {
        let splitter = self.splitter.as_ref();
        from.track == to.track
            && to.layer < from.layer
            && splitter.is_some_and(Splitter::steps_down)
    }

    /// What its publisher must send for these layers to be had: of a scalable
    /// stream all or nothing.
    pub(crate) fn of_publisher(&self, wanted: Vec<usize>) -> Vec<usize> {
        if self.splitter.is_some() && !wanted.is_empty() {
            (0..self.layers.len()).collect()
        } else {
            wanted
        }
    }

    /// New heights of the layers that are there already.
    pub(crate) fn set_heights(&mut self, heights: &[SourceLayer]) {
        for layer in &mut self.layers {
            if let Some(new) = heights
                .iter()
                .find(|h| Some(h.rid.as_str()) == layer.rid.as_deref())
            {
                layer.height = new.height;
            }
        }
    }

    /// A packet of the layer came. Returns whether the layer was quiet until
    /// now.
    pub(crate) fn touch(&mut self, layer: usize, now: Instant, bytes: usize) -> bool {
        let layer = &mut self.layers[layer];
        layer.came(now, bytes);
        let last = layer.last_packet.replace(now);
        last.is_none_or(|at| now.duration_since(at) >= LAYER_QUIET)
    }

    /// Keeps a packet of a picture for those who lose it on their way, or wait
    /// for the keyframe that it is part of.
    pub(crate) fn keep(&mut self, layer: usize, packet: &Arc<MediaPacket>) {
        if !self.kind.is_audio() {
            self.kept[layer].keep(packet);
        }
    }

    /// A packet of a layer by its number, if it is kept.
    pub(crate) fn kept(&self, layer: usize, seq: u64) -> Option<&Arc<MediaPacket>> {
        self.kept.get(layer)?.get(seq)
    }

    /// The packets of a layer behind this one that have come already, in
    /// order: those that overtook the first packet of a keyframe.
    pub(crate) fn behind(&self, layer: usize, seq: u64) -> Vec<Arc<MediaPacket>> {
        self.kept[layer].behind(seq).cloned().collect()
    }

    /// Somebody needs a keyframe of the layer. Returns whether to ask the
    /// publisher now; otherwise [`Self::keyframes_due`] will say so.
    pub(crate) fn want_keyframe(&mut self, layer: usize, now: Instant) -> bool {
        let layer = self.encoding(layer);
        let throttle = &mut self.keyframes[layer];
        if throttle
            .asked
            .is_some_and(|at| now.duration_since(at) < KEYFRAME_INTERVAL)
        {
            throttle.waiting = true;
            return false;
        }
        throttle.asked = Some(now);
        throttle.waiting = false;
        true
    }

    /// The layers whose publisher is to be asked now.
    pub(crate) fn keyframes_due(&mut self, now: Instant) -> Vec<usize> {
        let mut due = Vec::new();
        for layer in 0..self.keyframes.len() {
            if self.keyframes[layer].waiting && self.want_keyframe(layer, now) {
                due.push(layer);
            }
        }
        due
    }

    /// Whether its publisher is to be told now which layers are wanted: at
    /// once of one more, late of one fewer, since looks and layouts change
    /// all the time.
    pub(crate) fn tell_publisher(&mut self, now: Instant, wanted: &[usize]) -> bool {
        let all = 0..self.layers.len();
        let told = |layer: &usize| match &self.told_wanted {
            Some(told) => told.contains(layer),
            // It sends all that it offered.
            None => true,
        };
        if wanted.iter().any(|layer| !told(layer)) {
            self.idle_since = None;
            return true;
        }
        if all
            .clone()
            .all(|layer| told(&layer) == wanted.contains(&layer))
        {
            self.idle_since = None;
            return false;
        }
        let since = *self.idle_since.get_or_insert(now);
        let is_time = now.duration_since(since) >= IDLE_PATIENCE;
        if is_time {
            self.idle_since = None;
        }
        is_time
    }

    /// Whether a layer is sent that nobody wants.
    pub(crate) fn is_idle(&self) -> bool {
        self.idle_since.is_some()
    }

    /// A keyframe came: nobody waits for one any more.
    pub(crate) fn keyframe_came(&mut self, layer: usize) {
        let layer = self.encoding(layer);
        self.keyframes[layer].waiting = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_hundred_receivers_ask_once() {
        let offered = OfferedSource {
            mid: "1".into(),
            kind: SourceKind::Camera,
            layers: Vec::new(),
        };
        let mut source = Track::offered("hop".into(), PeerId(0), 0, &offered);
        let mut now = Instant::now();
        let asked = (0..300).filter(|_| source.want_keyframe(0, now)).count();
        assert_eq!(asked, 1);
        assert!(source.keyframes_due(now).is_empty());
        now += KEYFRAME_INTERVAL;
        assert_eq!(
            source.keyframes_due(now),
            [0],
            "the late ones are not forgotten"
        );
        assert!(source.keyframes_due(now).is_empty());
    }
}
