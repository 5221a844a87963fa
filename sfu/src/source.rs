//! A source that a peer publishes: its layers, their clocks, who listens, and
//! how often a keyframe is asked of it.

use std::time::{Duration, Instant};

use diemcau_protocol::{OfferedSource, SourceKind, SourceLayer};

use std::collections::VecDeque;

use crate::clock::StreamClock;
use crate::layers::{LAYER_QUIET, Layer};
use crate::packet::MediaPacket;
use crate::sfu::PeerId;

/// A publisher is asked for a keyframe of a layer at most this often.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(250);
/// Packets of a layer kept while somebody waits for its keyframe.
const RECENT: usize = 256;

/// One slot of one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) peer: PeerId,
    pub(crate) slot: usize,
}

/// A published source.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    pub(crate) layers: Vec<Layer>,
    pub(crate) clocks: Vec<StreamClock>,
    keyframes: Vec<KeyframeThrottle>,
    recent: Vec<VecDeque<MediaPacket>>,
    pub(crate) subscribers: Vec<Subscriber>,
}

/// Merges keyframe requests of many receivers into few.
#[derive(Debug, Clone, Copy, Default)]
struct KeyframeThrottle {
    asked: Option<Instant>,
    waiting: bool,
}

impl Source {
    pub(crate) fn new(offered: &OfferedSource) -> Self {
        let layers: Vec<Layer> = if offered.layers.is_empty() {
            vec![Layer {
                rid: None,
                height: u16::MAX,
                last_packet: None,
            }]
        } else {
            offered
                .layers
                .iter()
                .map(|layer| Layer {
                    rid: Some(layer.rid.clone()),
                    height: layer.height,
                    last_packet: None,
                })
                .collect()
        };
        let rate = if offered.kind.is_audio() {
            48_000
        } else {
            90_000
        };
        Self {
            kind: offered.kind,
            clocks: layers.iter().map(|_| StreamClock::new(rate)).collect(),
            keyframes: vec![KeyframeThrottle::default(); layers.len()],
            recent: layers.iter().map(|_| VecDeque::new()).collect(),
            layers,
            subscribers: Vec::new(),
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
    pub(crate) fn touch(&mut self, layer: usize, now: Instant) -> bool {
        let last = self.layers[layer].last_packet.replace(now);
        last.is_none_or(|at| now.duration_since(at) >= LAYER_QUIET)
    }

    /// Somebody needs a keyframe of the layer. Returns whether to ask the
    /// publisher now; otherwise [`Self::keyframes_due`] will say so.
    pub(crate) fn want_keyframe(&mut self, layer: usize, now: Instant) -> bool {
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
        let waiting: Vec<usize> = (0..self.keyframes.len())
            .filter(|&layer| self.keyframes[layer].waiting)
            .collect();
        waiting
            .into_iter()
            .filter(|&layer| self.want_keyframe(layer, now))
            .collect()
    }

    /// Keeps a packet of a layer for which somebody waits: when the first
    /// packet of a keyframe is late (lost and repaired), those behind it are
    /// here already.
    pub(crate) fn remember(&mut self, layer: usize, packet: &MediaPacket) {
        let recent = &mut self.recent[layer];
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(packet.clone());
    }

    /// Nobody waits any more for a keyframe of the layer.
    pub(crate) fn forget(&mut self, layer: usize) {
        self.recent[layer].clear();
    }

    /// The remembered packets behind this one, in order.
    pub(crate) fn behind(&self, layer: usize, seq: u64) -> Vec<MediaPacket> {
        let mut behind: Vec<MediaPacket> = self.recent[layer]
            .iter()
            .filter(|packet| packet.seq > seq)
            .cloned()
            .collect();
        behind.sort_by_key(|packet| packet.seq);
        behind
    }

    /// A keyframe came: nobody waits for one any more.
    pub(crate) fn keyframe_came(&mut self, layer: usize) {
        self.keyframes[layer].waiting = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_hundred_receivers_ask_once() {
        let mut source = Source::new(&OfferedSource {
            mid: "1".into(),
            kind: SourceKind::Camera,
            layers: Vec::new(),
        });
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
