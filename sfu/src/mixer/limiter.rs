//! Keeps a sum of sounds below full scale.
//!
//! It looks one block ahead, so that its gain has come down before a peak
//! comes, and lets it rise again so slowly that nobody hears it breathe. While
//! the sum stays below the ceiling it changes nothing.

/// Samples of a block: 5 ms at 48 kHz. The sound comes out so much later.
pub(super) const BLOCK: usize = 240;
/// The highest sample that comes out: -1 dBFS.
pub(super) const CEILING: f32 = 0.891;
/// How much of the way back to 1 the gain goes in a block: half in 0.35 s.
const RELEASE: f32 = 0.01;

/// A peak limiter with look-ahead.
#[derive(Debug)]
pub(super) struct Limiter {
    held: [f32; BLOCK],
    /// The highest gain that keeps the held block below the ceiling.
    allowed: f32,
    gain: f32,
}

impl Limiter {
    pub(super) fn new() -> Self {
        Self {
            held: [0.0; BLOCK],
            allowed: 1.0,
            gain: 1.0,
        }
    }

    /// Limits whole blocks in place; what comes out is one block older.
    pub(super) fn apply(&mut self, samples: &mut [f32]) {
        for block in samples.chunks_exact_mut(BLOCK) {
            let peak = block.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
            let allowed = CEILING / peak.max(CEILING);
            let from = self.gain;
            // Both ends of the ramp are allowed in the held block.
            let risen = from + (1.0 - from) * RELEASE;
            let to = risen.min(self.allowed).min(allowed);
            let step = (to - from) / BLOCK as f32;
            let mut gain = from;
            for (sample, held) in block.iter_mut().zip(&mut self.held) {
                gain += step;
                (*sample, *held) = (*held * gain, *sample);
            }
            (self.gain, self.allowed) = (to, allowed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn limited(samples: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut samples: Vec<f32> = samples.collect();
        Limiter::new().apply(&mut samples);
        samples
    }

    #[test]
    fn what_is_low_enough_stays_as_it_is() {
        let tone = |i: usize| 0.8 * (TAU * 300.0 * i as f32 / 48_000.0).sin();
        let out = limited((0..9_600).map(tone));
        assert!(out[..BLOCK].iter().all(|s| *s == 0.0));
        for (i, sample) in out[BLOCK..].iter().enumerate() {
            assert_eq!(*sample, tone(i));
        }
    }

    #[test]
    fn nothing_passes_the_ceiling_however_sudden() {
        let noise = |i: usize| ((i * 7_919 % 1_000) as f32 / 500.0 - 1.0) * 5.0;
        let out = limited((0..48_000).map(|i| if i / 4_321 % 2 == 0 { 0.0 } else { noise(i) }));
        let peak = out.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
        assert!(peak <= CEILING + 1e-5, "{peak}");
        assert!(peak > 0.5, "{peak}");
    }

    #[test]
    fn it_does_not_pump() {
        // A steady loud tone: once limited, its peaks stay alike.
        let tone = |i: usize| 3.0 * (TAU * 200.0 * i as f32 / 48_000.0).sin();
        let out = limited((0..96_000).map(tone));
        let peaks: Vec<f32> = out[9_600..]
            .chunks_exact(BLOCK)
            .map(|block| block.iter().fold(0.0, |peak: f32, s| peak.max(s.abs())))
            .collect();
        let (low, high) = peaks
            .iter()
            .fold((f32::MAX, 0.0_f32), |(l, h), p| (l.min(*p), h.max(*p)));
        assert!(high / low < 1.05, "{low} to {high}");
    }
}
