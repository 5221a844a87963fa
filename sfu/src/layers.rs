//! Which simulcast layer a receiver gets for the height that it draws.

use std::time::{Duration, Instant};

/// A layer that has sent nothing for so long is not there (the publisher's
/// encoder stopped it for want of bandwidth or because nobody watches).
pub(crate) const LAYER_QUIET: Duration = Duration::from_millis(1_500);

/// How much smaller than drawn a layer may be and still be good enough.
const TOLERANCE_PERCENT: u32 = 85;

/// One layer of a source.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// The `a=rid`; absent without simulcast.
    pub(crate) rid: Option<String>,
    /// Its height, in pixels.
    pub(crate) height: u16,
    /// When a packet of it last came.
    pub(crate) last_packet: Option<Instant>,
}

impl Layer {
    fn active(&self, now: Instant) -> bool {
        self.last_packet
            .is_some_and(|at| now.duration_since(at) < LAYER_QUIET)
    }
}

/// The layer to send for a slot drawn `height` pixels high: the smallest
/// active one that is large enough, else the largest active one. Nothing when
/// none is active or the slot is hidden.
pub(crate) fn choose(layers: &[Layer], height: u16, now: Instant) -> Option<usize> {
    if height == 0 {
        return None;
    }
    let enough = u32::from(height) * TOLERANCE_PERCENT / 100;
    let active = || {
        layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.active(now))
    };
    active()
        .filter(|(_, layer)| u32::from(layer.height) >= enough)
        .min_by_key(|(_, layer)| layer.height)
        .or_else(|| active().max_by_key(|(_, layer)| layer.height))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulcast(now: Instant) -> Vec<Layer> {
        [("q", 180), ("h", 360), ("f", 720)]
            .map(|(rid, height)| Layer {
                rid: Some(rid.into()),
                height,
                last_packet: Some(now),
            })
            .to_vec()
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
}
