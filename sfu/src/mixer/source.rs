//! One sound that goes into the mix: its packets wait until their time by the
//! capture clock, and are decoded then; what is missing by then is made up
//! from RED, from in-band FEC, or by the decoder.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::lateness::Lateness;
use super::{RATE, duration_of, fit};
use crate::clock::micros_since;
use crate::packet::MediaPacket;
use crate::payload;

/// Packets that wait at most.
const MAX_WAITING: usize = 64;
/// The decoder makes up whole multiples of this (2.5 ms).
const STEP: i64 = 120;
/// What it makes up at a time at most: 20 ms.
const CHUNK: i64 = 960;
/// The longest packet (RFC 6716 §3.2.5): 120 ms.
const LONGEST: usize = 5_760;
/// What is made up or is comfort noise at most; silence follows. With DTX a
/// packet comes every 400 ms.
const MAX_CONCEALED: i64 = 24_000;
/// A clock that is off by more is another clock (100 ms).
const NEW_CLOCK_MICROS: i64 = 100_000;
/// Off by so many samples, a sound is played a little faster or slower (1 ms).
const TOLERANCE: i64 = 48;
/// By this at most: 1 in 100.
const MAX_SLEW: i64 = 100;
/// Below this (-60 dBFS) it is silence.
pub(super) const SILENCE: f32 = 0.001;
/// How much the gain changes from one sample to the next where a sound comes
/// in or goes: 5 ms from nothing to all.
const FADE: f32 = 1.0 / 240.0;

/// A packet that waits.
#[derive(Debug)]
struct Waiting {
    samples: i64,
    payload: Vec<u8>,
}

/// A sound on its way into the mix. Its times are RTP timestamps, extended.
pub(super) struct Source {
    decoder: opus::Decoder,
    waiting: BTreeMap<i64, Waiting>,
    decoded: VecDeque<f32>,
    /// The end of what is decoded.
    end: i64,
    /// What is read next, once anything was.
    cursor: Option<i64>,
    /// A time of its RTP clock, and when that was, to play.
    base: (i64, Instant),
    last_rtp: i64,
    last_seq: u64,
    lateness: Lateness,
    pub(super) last_packet: Instant,
    concealed: i64,
    gain: f32,
    /// Fades out now, and is gone then.
    pub(super) is_leaving: bool,
    pub(super) is_silent: bool,
    scratch: Vec<f32>,
}

impl Source {
    /// A source that begins with this packet.
    pub(super) fn new(now: Instant, packet: &MediaPacket) -> Result<Self, opus::Error> {
        let rtp = i64::from(packet.rtp_time);
        Ok(Self {
            decoder: opus::Decoder::new(RATE, opus::Channels::Mono)?,
            waiting: BTreeMap::new(),
            decoded: VecDeque::new(),
            end: rtp,
            cursor: None,
            base: (rtp, packet.captured),
            last_rtp: rtp,
            last_seq: packet.seq,
            lateness: Lateness::new(),
            last_packet: now,
            concealed: MAX_CONCEALED,
            gain: 0.0,
            is_leaving: false,
            is_silent: true,
            scratch: vec![0.0; LONGEST],
        })
    }

    /// The delay with which it can be played.
    pub(super) fn delay(&self) -> Duration {
        self.lateness.delay()
    }

    /// Takes a packet of it.
    pub(super) fn packet(&mut self, now: Instant, packet: &MediaPacket) {
        let ahead = packet.rtp_time.wrapping_sub(self.last_rtp as u32) as i32;
        let rtp = self.last_rtp + i64::from(ahead);
        self.last_rtp = rtp;
        self.last_packet = now;
        let late = now.saturating_duration_since(packet.captured);
        self.lateness.came(late);
        if packet.seq > self.last_seq + 1 {
            // What was lost may be had from this packet, if it is waited for.
            let samples = opus::packet::get_nb_samples(packet.plain(), RATE);
            self.lateness.came(late + duration_of(samples.unwrap_or(0)));
        }
        self.last_seq = self.last_seq.max(packet.seq);
        let played = packet.captured + self.lateness.excess();
        let off = micros_since(self.at(rtp), played);
        if off.abs() > NEW_CLOCK_MICROS {
            self.restart(rtp, played);
        } else {
            let by = Duration::from_micros(off.unsigned_abs() / 16);
            let (_, at) = &mut self.base;
            *at = if off < 0 { *at - by } else { *at + by };
        }
        if packet.red {
            for (before, block) in payload::red_older(&packet.payload) {
                self.wait(rtp - i64::from(before), block);
            }
        }
        self.wait(rtp, packet.plain());
    }

    fn wait(&mut self, rtp: i64, payload: &[u8]) {
        let Ok(samples) = opus::packet::get_nb_samples(payload, RATE) else {
            return;
        };
        let samples = samples as i64;
        if rtp + samples > self.end && self.waiting.len() < MAX_WAITING {
            self.waiting.entry(rtp).or_insert_with(|| Waiting {
                samples,
                payload: payload.to_vec(),
            });
        }
    }

    fn restart(&mut self, rtp: i64, played: Instant) {
        self.waiting.clear();
        self.decoded.clear();
        self.end = rtp;
        self.cursor = None;
        self.base = (rtp, played);
        self.concealed = MAX_CONCEALED;
        self.gain = 0.0;
        // Cannot fail for a decoder that is there.
        let _ = self.decoder.reset_state();
    }

    /// When a sample is to be played, by the capture clock.
    fn at(&self, rtp: i64) -> Instant {
        let (base, at) = self.base;
        let micros = (rtp - base) * 1_000_000 / i64::from(RATE);
        let by = Duration::from_micros(micros.unsigned_abs());
        if micros < 0 {
            at.checked_sub(by).unwrap_or(at)
        } else {
            at + by
        }
    }

    /// The sample that is to be played at this time.
    fn sample_at(&self, position: Instant) -> i64 {
        let (base, at) = self.base;
        base + micros_since(at, position) * i64::from(RATE) / 1_000_000
    }

    /// The mix goes on elsewhere than where it was: so does the source.
    pub(super) fn jump(&mut self) {
        self.cursor = None;
    }

    /// Adds what was captured from `position` on to the mix.
    pub(super) fn add(&mut self, position: Instant, into: &mut [f32]) {
        let wanted = self.sample_at(position);
        let length = into.len() as i64;
        let (cursor, count) = match self.cursor {
            Some(cursor) => {
                let off = wanted - cursor;
                let by = off.clamp(-length / MAX_SLEW, length / MAX_SLEW);
                match off.abs() {
                    0..=TOLERANCE => (cursor, length),
                    // Going back in silence repeats nothing.
                    _ if off < 0 && self.is_silent => (wanted, length),
                    _ => (cursor, length + by),
                }
            }
            None => (wanted, length),
        };
        let taken = self.take(cursor, count);
        self.cursor = Some(cursor + count);
        let peak = taken.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
        self.is_silent = peak < SILENCE;
        let target = if self.is_leaving { 0.0 } else { 1.0 };
        for (sum, sample) in into.iter_mut().zip(fit(&taken, length as usize)) {
            self.gain += (target - self.gain).clamp(-FADE, FADE);
            *sum += sample * self.gain;
        }
    }

    /// So many samples from `cursor` on.
    fn take(&mut self, cursor: i64, count: i64) -> Vec<f32> {
        if cursor - self.end > LONGEST as i64 {
            // Far ahead: what lies between is not even made up.
            self.decoded.clear();
            self.end = cursor - CHUNK;
        }
        while self.end < cursor + count {
            self.decode_next();
        }
        let front = self.end - self.decoded.len() as i64;
        let past = (cursor - front).clamp(0, self.decoded.len() as i64);
        self.decoded.drain(..past as usize);
        let missing = (front - cursor).clamp(0, count);
        let mut taken = vec![0.0; missing as usize];
        taken.extend(self.decoded.drain(..(count - missing) as usize));
        taken
    }

    /// Decodes what comes next, or makes it up.
    fn decode_next(&mut self) {
        while let Some(first) = self.waiting.first_entry()
            && first.key() + first.get().samples <= self.end
        {
            first.remove();
        }
        let Some((rtp, first)) = self.waiting.first_key_value() else {
            self.conceal(CHUNK);
            return;
        };
        let (gap, samples) = (rtp - self.end, first.samples);
        if gap < STEP {
            if let Some((rtp, first)) = self.waiting.pop_first() {
                self.decode(rtp, &first);
            }
        } else if gap > samples {
            self.conceal((gap - samples).min(CHUNK));
        } else {
            // The packet after the lost one carries it once more, if its
            // sender has in-band FEC; else the decoder makes it up.
            let gap = gap / STEP * STEP;
            let made =
                self.decoder
                    .decode_float(&first.payload, &mut self.scratch[..gap as usize], true);
            match made {
                Ok(made) => {
                    self.decoded.extend(&self.scratch[..made]);
                    self.end += made as i64;
                }
                Err(_) => self.conceal(gap),
            }
        }
    }

    fn decode(&mut self, rtp: i64, packet: &Waiting) {
        let decoded = self
            .decoder
            .decode_float(&packet.payload, &mut self.scratch, false);
        match decoded {
            Ok(decoded) => {
                let past = (self.end - rtp).clamp(0, decoded as i64);
                self.decoded.extend(&self.scratch[past as usize..decoded]);
                self.end += decoded as i64 - past;
                self.concealed = 0;
            }
            Err(_) => self.conceal(packet.samples),
        }
    }

    /// Goes on for at most so many samples without a packet.
    fn conceal(&mut self, samples: i64) {
        let samples = (samples / STEP * STEP).clamp(STEP, CHUNK);
        let made = &mut self.scratch[..samples as usize];
        let left = MAX_CONCEALED - self.concealed;
        if left <= 0 || self.decoder.decode_float(&[], made, false).is_err() {
            made.fill(0.0);
        }
        self.concealed += samples;
        if left > 0 && left <= samples {
            let length = made.len() as f32;
            for (i, sample) in made.iter_mut().enumerate() {
                *sample *= 1.0 - i as f32 / length;
            }
        }
        self.decoded.extend(&*made);
        self.end += samples;
    }
}
