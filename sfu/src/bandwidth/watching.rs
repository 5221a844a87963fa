//! Somebody who watches a meeting over a simulated line: the estimate and its
//! division together.

use std::time::{Duration, Instant};

use diemcau_protocol::LineQuality;

use crate::allocate::{Allocator, Class, Demand, Division, Shown};

/// How long a switch of layers waits for its keyframe.
const KEYFRAME: Duration = Duration::from_millis(200);

const VOICE: [Option<u64>; 1] = [Some(48_000)];
const CAMERA: [Option<u64>; 3] = [Some(150_000), Some(500_000), Some(1_200_000)];
const SMALL: [Option<u64>; 1] = [Some(100_000)];

/// The stage and eight thumbnails, as they are shown.
pub(super) struct Watching {
    allocator: Allocator,
    division: Division,
    since: Vec<Instant>,
    active: Vec<Shown>,
    /// Every change of what the stage shows.
    pub(super) stage: Vec<Shown>,
}

impl Watching {
    pub(super) fn new(now: Instant) -> Self {
        let mut allocator = Allocator::new();
        let division = allocator.divide(now, 0, &demands(&[Shown::Nothing; 10]));
        Self {
            allocator,
            since: vec![now; division.shown.len()],
            active: vec![Shown::Nothing; division.shown.len()],
            division,
            stage: Vec::new(),
        }
    }

    pub(super) fn quality(&self) -> LineQuality {
        self.division.quality
    }

    pub(super) fn wanted_bps(&self) -> u64 {
        self.division.wanted_bps
    }

    /// Divides the line; returns the bytes of the keyframes that this costs
    /// now.
    pub(super) fn divide(&mut self, now: Instant, budget_bps: u64) -> f64 {
        let before = std::mem::take(&mut self.division.shown);
        let demands = demands(&before);
        self.division = self.allocator.divide(now, budget_bps, &demands);
        let mut keyframes = 0.0;
        for (at, shown) in self.division.shown.iter().enumerate() {
            if before[at] != *shown {
                self.since[at] = now;
                if at == 1 {
                    self.stage.push(*shown);
                }
            }
            let stops = !matches!(shown, Shown::Layer(_));
            if self.active[at] != *shown && (stops || now - self.since[at] >= KEYFRAME) {
                self.active[at] = *shown;
                keyframes += bps(&demands[at], *shown) * 0.25 / 8.0;
            }
        }
        keyframes
    }

    /// What the pictures come to, in bits a second.
    pub(super) fn video_bps(&self) -> f64 {
        let demands = demands(&self.active);
        let pictures = demands.iter().zip(&self.active).skip(1);
        pictures.map(|(demand, shown)| bps(demand, *shown)).sum()
    }
}

fn bps(demand: &Demand, shown: Shown) -> f64 {
    match shown {
        Shown::Layer(layer) => demand.layers[layer].unwrap() as f64,
        Shown::Nothing | Shown::Withheld => 0.0,
    }
}

fn demands(current: &[Shown]) -> Vec<Demand<'static>> {
    let of = |at: usize| -> (Class, &'static [Option<u64>]) {
        match at {
            0 => (Class::MainAudio, &VOICE),
            1 => (Class::Stage, &CAMERA),
            _ => (Class::Thumbnail, &SMALL),
        }
    };
    current
        .iter()
        .enumerate()
        .map(|(at, current)| {
            let (class, layers) = of(at);
            Demand {
                class,
                layers,
                best: layers.len() - 1,
                current: *current,
            }
        })
        .collect()
}
