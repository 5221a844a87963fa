//! The mixer: the sounds of a meeting as one Opus stream, for receivers that
//! can play only one.
//!
//! ```text
//!   packets ─> Source: wait ─> decode ─┐
//!   packets ─> Source: wait ─> decode ─┼─> sum ─> Limiter ─> encode, every 20 ms
//!   packets ─> Source: wait ─> decode ─┘
//! ```
//!
//! The mix runs behind the capture clock, which all sources share, by one
//! delay for all: what was captured at the same time is heard at the same
//! time. The delay is what the latest source needs, within
//! 20 to 120 ms; it grows at once while nothing is heard, and else slowly, by
//! playing a little slower or faster.
//!
//! It is mono: microphones are, and whoever shares a stereo sound loses its
//! width, not its content; stereo would take nearly twice the work and bits.

mod lateness;
mod limiter;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clock::micros_since;
use crate::packet::MediaPacket;
use lateness::MAX_DELAY;
use limiter::{BLOCK, Limiter};
use source::{SILENCE, Source};

/// Samples in a second.
pub(crate) const RATE: u32 = 48_000;
/// Samples of a frame.
const FRAME: usize = 960;
/// How often a frame comes out.
const INTERVAL: Duration = Duration::from_millis(20);
/// The delay before anything is known.
const FIRST_DELAY: Duration = Duration::from_millis(60);
/// A source from which nothing came for so long is gone. With DTX a packet
/// comes every 400 ms.
const SOURCE_PATIENCE: Duration = Duration::from_secs(2);
/// Whoever calls later than this has missed the frames between.
const LATE_CALL: Duration = Duration::from_millis(200);
/// The delay is too short by more than this: it grows.
const TOO_SHORT_MICROS: i64 = 2_000;
/// Too long by more than this: it shrinks.
const TOO_LONG_MICROS: i64 = 15_000;
/// Samples by which a frame is stretched or shortened: 2 in 100.
const SLEW: usize = 19;
/// In bit/s.
const BITRATE: i32 = 48_000;
/// The loss against which the encoder protects, in percent.
const EXPECTED_LOSS: i32 = 5;
/// Room for an encoded frame.
const MAX_PAYLOAD: usize = 1_275;

/// A frame of the mix.
#[derive(Debug)]
pub(crate) struct Mixed {
    /// An Opus packet of 20 ms.
    pub(crate) payload: Vec<u8>,
    /// Its RTP timestamp.
    pub(crate) rtp_time: u32,
    /// When its sound was captured, by the SFU's clock.
    pub(crate) captured: Instant,
    /// As in RFC 6464 §3, without voice activity: in -dBov.
    pub(crate) level: u8,
}

/// Mixes sounds into one.
pub(crate) struct Mixer {
    capacity: usize,
    sources: BTreeMap<u32, Source>,
    encoder: opus::Encoder,
    limiter: Limiter,
    /// By how much limiter and encoder hold the sound up.
    held_up: Duration,
    due: Instant,
    /// When the sample that is mixed next was captured.
    position: Instant,
    rtp_time: u32,
    is_silent: bool,
}

impl Mixer {
    /// A mixer that hears nothing yet, and at most so many sounds at a time.
    pub(crate) fn new(now: Instant, capacity: usize) -> Result<Self, opus::Error> {
        let mut encoder = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip)?;
        encoder.set_bitrate(opus::Bitrate::Bits(BITRATE))?;
        encoder.set_inband_fec(true)?;
        encoder.set_packet_loss_perc(EXPECTED_LOSS)?;
        encoder.set_dtx(false)?;
        let lookahead = usize::try_from(encoder.get_lookahead()?).unwrap_or(0);
        Ok(Self {
            capacity,
            sources: BTreeMap::new(),
            encoder,
            limiter: Limiter::new(),
            held_up: duration_of(BLOCK + lookahead),
            due: now + INTERVAL,
            position: now.checked_sub(FIRST_DELAY).unwrap_or(now),
            rtp_time: 0,
            is_silent: true,
        })
    }

    /// When [`Self::poll`] has something next.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Takes a packet of the sound with this CSRC.
    pub(crate) fn packet(&mut self, now: Instant, csrc: u32, packet: &MediaPacket) {
        if !self.sources.contains_key(&csrc) {
            if !self.make_room(now) {
                return;
            }
            match Source::new(now, packet) {
                Ok(source) => self.sources.insert(csrc, source),
                Err(error) => {
                    tracing::warn!(%error, "a sound cannot be mixed");
                    return;
                }
            };
        }
        if let Some(source) = self.sources.get_mut(&csrc)
            && !source.is_leaving
        {
            source.packet(now, packet);
        }
    }

    /// Only those for which `keep` holds are heard from now on.
    pub(crate) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        for (csrc, source) in &mut self.sources {
            source.is_leaving |= !keep(*csrc);
        }
    }

    /// Whoever has been quiet the longest goes, if there is no room.
    fn make_room(&mut self, now: Instant) -> bool {
        if self.sources.len() < self.capacity {
            return true;
        }
        let quiet = self
            .sources
            .iter()
            .filter(|(_, source)| source.is_leaving || source.last_packet + MAX_DELAY < now)
            .min_by_key(|(_, source)| (!source.is_leaving, source.last_packet))
            .map(|(csrc, _)| *csrc);
        quiet.is_some_and(|csrc| self.sources.remove(&csrc).is_some())
    }

    /// The next frame, once it is due.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Mixed> {
        if now < self.due {
            return None;
        }
        let missed = now - self.due;
        if missed > LATE_CALL {
            self.due += missed;
            self.position += missed;
            let samples = missed.as_micros() * u128::from(RATE) / 1_000_000;
            self.rtp_time = self.rtp_time.wrapping_add(samples as u32);
            self.sources.values_mut().for_each(Source::jump);
        }
        self.sources
            .retain(|_, source| now < source.last_packet + SOURCE_PATIENCE);
        let count = self.pace();
        let mut mix = vec![0.0; count];
        for source in self.sources.values_mut() {
            source.add(self.position, &mut mix);
        }
        self.sources.retain(|_, source| !source.is_leaving);
        let mut mix = fit(&mix, FRAME);
        let peak = mix.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
        self.is_silent = peak < SILENCE;
        self.limiter.apply(&mut mix);
        let captured = self.position.checked_sub(self.held_up);
        let rtp_time = self.rtp_time;
        self.due += INTERVAL;
        self.position += duration_of(count);
        self.rtp_time = rtp_time.wrapping_add(FRAME as u32);
        match self.encoder.encode_vec_float(&mix, MAX_PAYLOAD) {
            Ok(payload) => Some(Mixed {
                payload,
                rtp_time,
                captured: captured.unwrap_or(now),
                level: level(&mix),
            }),
            Err(error) => {
                tracing::warn!(%error, "a mixed frame cannot be encoded");
                None
            }
        }
    }

    /// How many samples the next frame is made of, so that the delay becomes
    /// what the latest source needs.
    fn pace(&mut self) -> usize {
        let Some(delay) = self.sources.values().map(Source::delay).max() else {
            return FRAME;
        };
        let Some(wanted) = self.due.checked_sub(delay) else {
            return FRAME;
        };
        let ahead = micros_since(wanted, self.position);
        if ahead > TOO_SHORT_MICROS && self.is_silent {
            self.position = wanted;
            self.sources.values_mut().for_each(Source::jump);
            FRAME
        } else if ahead > TOO_SHORT_MICROS {
            FRAME - SLEW
        } else if ahead < -TOO_LONG_MICROS {
            FRAME + SLEW
        } else {
            FRAME
        }
    }
}

fn duration_of(samples: usize) -> Duration {
    Duration::from_nanos(samples as u64 * 1_000_000_000 / u64::from(RATE))
}

/// Stretches or shortens a sound a little to so many samples.
fn fit(samples: &[f32], length: usize) -> Vec<f32> {
    if samples.len() == length || samples.is_empty() {
        return samples.to_vec();
    }
    let step = samples.len() as f32 / length as f32;
    let last = samples.len() - 1;
    (0..length)
        .map(|i| {
            let at = i as f32 * step;
            let before = (at as usize).min(last);
            let after = (before + 1).min(last);
            let part = at - before as f32;
            samples[before] + (samples[after] - samples[before]) * part
        })
        .collect()
}

/// The loudness of a frame in -dBov (RFC 6464 §3).
fn level(samples: &[f32]) -> u8 {
    let energy: f32 = samples.iter().map(|s| s * s).sum();
    let rms = (energy / samples.len().max(1) as f32).sqrt();
    (-20.0 * rms.max(1e-7).log10()).round().clamp(0.0, 127.0) as u8
}
