//! Which layer, of simulcast or of a scalable stream, a receiver gets for the
//! height that it draws.

use std::time::{Duration, Instant};

use crate::rate::RateMeter;

/// A layer that has sent nothing for so long is not there (the publisher's
/// encoder stopped it for want of bandwidth or because nobody watches).
pub(crate) const LAYER_QUIET: Duration = Duration::from_millis(1_500);

/// How much smaller than drawn a layer may be and still be good enough.
const TOLERANCE_PERCENT: u32 = 85;

/// A publisher that is asked for a layer again gets so long to encode it.
const RESUME_PATIENCE: Duration = Duration::from_secs(3);

/// No layer takes more, in bit/s, whatever is said of it.
const MOST_BPS: u64 = 1_000_000_000;

/// One layer of a source.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The `a=rid`; absent without simulcast.
    pub(crate) rid: Option<String>,
    /// Its height, in pixels.
    pub(crate) height: u16,
    /// When a packet of it last came.
    pub(crate) last_packet: Option<Instant>,
    /// Whether it can be had now.
    pub(crate) supply: Supply,
    rate: Option<RateMeter>,
    /// Its bitrate when it was last sent, in bit/s.
    known_bps: u64,
}

/// Whether a layer can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supply {
    /// While packets come.
    WhileSent,
    /// Its publisher knows that nobody wants it; it need not be sent.
    Paused,
    /// Its publisher was told that somebody wants it again.
    Resumed(Instant),
    /// As the other end of a link says.
    Remote(bool),
}

impl Layer {
    pub(crate) fn new(rid: Option<String>, height: u16) -> Self {
        Self {
            rid,
            height,
            last_packet: None,
            supply: Supply::WhileSent,
            rate: None,
            known_bps: 0,
        }
    }

    /// So many bytes of it came.
    pub(crate) fn came(&mut self, now: Instant, bytes: usize) {
        let rate = self.rate.get_or_insert_with(|| RateMeter::new(now));
        rate.add(now, bytes);
    }

    /// Looks at the rate again.
    pub(crate) fn measure(&mut self, now: Instant) {
        if self.is_sent(now)
            && let Some(rate) = &self.rate
        {
            self.known_bps = rate.bps(now);
        }
    }

    /// What it takes, in bit/s; 0 when that is not known yet.
    pub(crate) fn bps(&self) -> u64 {
        self.known_bps
    }

    /// Its publisher says that it is not sent any more.
    pub(crate) fn ended(&mut self) {
        self.last_packet = None;
        if !matches!(self.supply, Supply::Remote(_)) {
            self.supply = Supply::WhileSent;
        }
    }

    /// What the other end of a link says of it.
    pub(crate) fn told(&mut self, height: u16, can_be_had: bool, bps: u64) {
        self.height = height;
        self.supply = Supply::Remote(can_be_had);
        self.known_bps = bps.min(MOST_BPS);
    }

    /// Whether it can be had now.
    pub(crate) fn can_be_had(&self, now: Instant) -> bool {
        match self.supply {
            Supply::Paused => self.last_packet.is_some(),
            Supply::Resumed(at) if now.duration_since(at) < RESUME_PATIENCE => true,
            Supply::WhileSent | Supply::Resumed(_) => self.is_sent(now),
            Supply::Remote(can_be_had) => can_be_had,
        }
    }

    fn is_sent(&self, now: Instant) -> bool {
        self.last_packet
            .is_some_and(|at| now.duration_since(at) < LAYER_QUIET)
    }
}

/// The layer to send for a slot drawn `height` pixels high: the smallest one
/// to be had that is large enough, else the largest. Nothing when there is none
/// or the slot is hidden.
pub(crate) fn choose(layers: &[Layer], height: u16, now: Instant) -> Option<usize> {
    if height == 0 {
        return None;
    }
    let enough = u32::from(height) * TOLERANCE_PERCENT / 100;
    let there = || {
        layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.can_be_had(now))
    };
    there()
        .filter(|(_, layer)| u32::from(layer.height) >= enough)
        .min_by_key(|(_, layer)| layer.height)
        .or_else(|| there().max_by_key(|(_, layer)| layer.height))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulcast(now: Instant) -> Vec<Layer> {
        [("q", 180), ("h", 360), ("f", 720)]
            .map(|(rid, height)| {
                let mut layer = Layer::new(Some(rid.into()), height);
                layer.last_packet = Some(now);
                layer
            })
            .into()
    }

    #[test]
    fn a_thumbnail_gets_the_small_layer_and_the_stage_the_large_one() {
        let now = Instant::now();
        let layers = simulcast(now);
        assert_eq!(choose(&layers, 120, now), Some(0));
        assert_eq!(choose(&layers, 200, now), Some(0));
        assert_eq!(choose(&layers, 300, now), Some(1));
        assert_eq!(choose(&layers, 720, now), Some(2));
        assert_eq!(choose(&layers, 2_160, now), Some(2));
        assert_eq!(choose(&layers, 0, now), None);
    }

    #[test]
    fn a_layer_that_fell_silent_is_replaced_by_the_next_best() {
        let now = Instant::now() + LAYER_QUIET;
        let mut layers = simulcast(now);
        layers[2].last_packet = Some(now - LAYER_QUIET);
        assert_eq!(choose(&layers, 720, now), Some(1));
        layers[1].last_packet = None;
        assert_eq!(choose(&layers, 720, now), Some(0));
        layers[0].last_packet = None;
        assert_eq!(choose(&layers, 720, now), None);
    }

    #[test]
    fn a_layer_that_its_publisher_need_not_send_can_be_had_again() {
        let start = Instant::now();
        let mut layers = simulcast(start);
        let now = start + LAYER_QUIET;
        for layer in &mut layers[..2] {
            layer.last_packet = Some(now);
        }
        layers[2].supply = Supply::Paused;
        assert_eq!(choose(&layers, 720, now), Some(2));
        layers[2].supply = Supply::Resumed(now);
        assert_eq!(choose(&layers, 720, now), Some(2));
        let late = now + RESUME_PATIENCE;
        layers[0].last_packet = Some(late);
        layers[1].last_packet = Some(late);
        assert_eq!(choose(&layers, 720, late), Some(1), "it does not come");
    }
}
