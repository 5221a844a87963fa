//! Real Opus in, real Opus out.

use std::f32::consts::TAU;
use std::sync::Arc;

use super::*;
use crate::peer::Format;

const MS: Duration = Duration::from_millis(1);

/// Somebody who sings one tone.
struct Voice {
    encoder: opus::Encoder,
    csrc: u32,
    hz: f32,
    amplitude: f32,
    /// Its RTP clock begins here.
    offset: u32,
    /// Not a steady tone, but syllables.
    speaks: bool,
    /// Payloads that go along once more, as RED.
    older: Option<Vec<Vec<u8>>>,
}

impl Voice {
    fn new(csrc: u32, hz: f32, amplitude: f32) -> Self {
        let mut encoder = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip)
            .expect("an encoder");
        encoder
            .set_bitrate(opus::Bitrate::Bits(32_000))
            .expect("a bitrate");
        Self {
            encoder,
            csrc,
            hz,
            amplitude,
            offset: csrc.wrapping_mul(0x4000_1234),
            speaks: false,
            older: None,
        }
    }

    fn speaking(mut self) -> Self {
        self.speaks = true;
        self
    }

    /// Its sound at a sample, of amplitude 1.
    fn sound(&self, sample: u32) -> f32 {
        let at = (sample % RATE) as f32 / RATE as f32;
        if !self.speaks {
            return (TAU * self.hz * at).sin();
        }
        let harmonics: f32 = (1..=8)
            .map(|n| (TAU * self.hz * n as f32 * at).sin() / n as f32)
            .sum();
        // Four syllables a second.
        harmonics * (TAU * 2.0 * at).sin().powi(2)
    }

    fn with_fec(mut self) -> Self {
        self.encoder.set_inband_fec(true).expect("FEC");
        self.encoder.set_packet_loss_perc(30).expect("a loss");
        self.encoder
            .set_bitrate(opus::Bitrate::Bits(24_000))
            .expect("a bitrate");
        self
    }

    fn with_red(mut self) -> Self {
        self.older = Some(Vec::new());
        self
    }

    /// The frame that was captured so many milliseconds after the start.
    fn sing(&mut self, start: Instant, ms: u32) -> MediaPacket {
        let amplitude = self.amplitude;
        self.sing_at(start, ms, amplitude)
    }

    fn sing_at(&mut self, start: Instant, ms: u32, amplitude: f32) -> MediaPacket {
        let from = ms * 48;
        let samples: Vec<f32> = (from..from + FRAME as u32)
            .map(|i| amplitude * self.sound(i))
            .collect();
        let newest = self
            .encoder
            .encode_vec_float(&samples, MAX_PAYLOAD)
            .expect("can be encoded");
        let red = self.older.is_some();
        let mut payload = Vec::new();
        if let Some(older) = &mut self.older {
            for (n, block) in older.iter().enumerate() {
                let before = (older.len() - n) * FRAME;
                let length = block.len();
                payload.extend([
                    0xef,
                    (before >> 6) as u8,
                    ((before & 0x3f) << 2 | length >> 8) as u8,
                    length as u8,
                ]);
            }
            payload.push(0x6f);
            payload.extend(older.concat());
            older.push(newest.clone());
            if older.len() > 2 {
                older.remove(0);
            }
        }
        payload.extend(newest);
        MediaPacket {
            format: Format::Opus,
            red,
            seq: u64::from(ms / 20),
            rtp_time: self.offset.wrapping_add(from),
            marker: false,
            captured: start + ms * MS,
            arrived: start + ms * MS,
            level: None,
            orientation: None,
            dependencies: None,
            starts_keyframe: false,
            picture: None,
            crossing: None,
            payload: Arc::from(payload),
        }
    }
}

/// What comes out of a mixer, and what goes in.
struct Stage {
    start: Instant,
    now: Instant,
    mixer: Mixer,
    /// Packets on their way, by when they arrive.
    on_the_way: Vec<(Instant, u32, MediaPacket)>,
    decoder: opus::Decoder,
    heard: Vec<f32>,
    frames: Vec<(u32, Instant, u8)>,
}

impl Stage {
    fn new() -> Self {
        let start = Instant::now() + Duration::from_secs(1);
        Self {
            start,
            now: start,
            mixer: Mixer::new(start, 7).expect("a mixer"),
            on_the_way: Vec::new(),
            decoder: opus::Decoder::new(RATE, opus::Channels::Mono).expect("a decoder"),
            heard: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// A packet leaves now, or left before, and takes so long.
    fn send(&mut self, csrc: u32, packet: MediaPacket, delay: Duration) {
        let at = packet.captured + delay;
        self.on_the_way.push((at, csrc, packet));
    }

    /// Sings with all voices for so long; every packet comes after 30 ms.
    fn sing(&mut self, voices: &mut [Voice], from_ms: u32, to_ms: u32) {
        for ms in (from_ms..to_ms).step_by(20) {
            for voice in voices.iter_mut() {
                let packet = voice.sing(self.start, ms);
                self.send(voice.csrc, packet, 30 * MS);
            }
        }
    }

    /// Lets time pass until so many milliseconds after the start.
    fn run(&mut self, until_ms: u32) {
        let until = self.start + until_ms * MS;
        self.on_the_way.sort_by_key(|(at, ..)| *at);
        loop {
            let arrives = self.on_the_way.first().map(|(at, ..)| *at);
            let next = arrives.map_or(self.mixer.due(), |at| at.min(self.mixer.due()));
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            if arrives == Some(next) {
                let (_, csrc, packet) = self.on_the_way.remove(0);
                self.mixer.packet(self.now, csrc, &packet);
            }
            while let Some(mixed) = self.mixer.poll(self.now) {
                let mut samples = [0.0; FRAME];
                let count = self
                    .decoder
                    .decode_float(&mixed.payload, &mut samples, false)
                    .expect("good Opus");
                assert_eq!(count, FRAME);
                self.heard.extend(samples);
                self.frames
                    .push((mixed.rtp_time, mixed.captured, mixed.level));
            }
        }
        self.now = until;
    }

    /// The last so many milliseconds of what was heard.
    fn last(&self, ms: usize) -> &[f32] {
        &self.heard[self.heard.len() - ms * 48..]
    }

    /// The sample that is heard of what was captured so many milliseconds
    /// after the start, as the frames say it. The receiver's own decoder is
    /// late by what the encoder looks ahead.
    fn index_of(&self, ms: u32) -> usize {
        let at = self.start + ms * MS;
        let (n, (_, captured, _)) = self
            .frames
            .iter()
            .enumerate()
            .rfind(|(_, (_, captured, _))| *captured <= at)
            .expect("was mixed");
        n * FRAME + (at - *captured).as_micros() as usize * 48 / 1_000
    }
}

/// The amplitude of a tone (Goertzel).
fn amplitude(samples: &[f32], hz: f32) -> f32 {
    let w = TAU * hz / RATE as f32;
    let coefficient = 2.0 * w.cos();
    let (mut one, mut two) = (0.0_f32, 0.0_f32);
    for sample in samples {
        (one, two) = (sample + coefficient * one - two, one);
    }
    let power = one * one + two * two - coefficient * one * two;
    2.0 * power.max(0.0).sqrt() / samples.len() as f32
}

fn decibel(ratio: f32) -> f32 {
    20.0 * ratio.log10()
}

fn assert_level(samples: &[f32], hz: f32, expected: f32) {
    let got = amplitude(samples, hz);
    let off = decibel(got / expected);
    assert!(off.abs() < 1.5, "{hz} Hz: {got}, not {expected}: {off} dB");
}

/// The largest step between two samples.
fn steepest(samples: &[f32]) -> f32 {
    samples
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

#[test]
fn all_tones_are_there_as_loud_as_they_were() {
    let mut stage = Stage::new();
    let tones = [(4, 300.0, 0.2), (8, 500.0, 0.15), (12, 800.0, 0.1)];
    let mut voices = tones.map(|(csrc, hz, loud)| Voice::new(csrc, hz, loud));
    stage.sing(&mut voices, 0, 3_000);
    stage.run(3_000);
    for (_, hz, loud) in tones {
        assert_level(stage.last(1_000), hz, loud);
    }
    assert!(amplitude(stage.last(1_000), 650.0) < 0.005, "nothing else");
    let steps: Vec<u32> = stage
        .frames
        .windows(2)
        .map(|pair| pair[1].0.wrapping_sub(pair[0].0))
        .collect();
    assert!(steps.iter().all(|step| *step == 960));
    assert_eq!(stage.frames.len(), 150);
    // The sum's power is 0.5 (0.04 + 0.0225 + 0.01): -14.4 dBov.
    let level = stage.frames.last().expect("frames").2;
    assert!((13..=16).contains(&level), "{level}");
}

#[test]
fn nobody_there_is_silence() {
    let mut stage = Stage::new();
    stage.run(1_000);
    assert_eq!(stage.frames.len(), 50);
    assert!(stage.heard.iter().all(|sample| sample.abs() < 1e-3));
    assert_eq!(stage.frames.last().map(|(.., level)| *level), Some(127));
}

/// What is heard of a voice some of whose packets are lost.
fn heard_of(mut voice: Voice, is_lost: impl Fn(u32) -> bool) -> Stage {
    let mut stage = Stage::new();
    for ms in (0..5_000).step_by(20) {
        let packet = voice.sing(stage.start, ms);
        if ms < 1_000 || !is_lost(ms) {
            stage.send(voice.csrc, packet, 30 * MS);
        }
    }
    stage.run(5_000);
    stage
}

/// Every tenth packet is lost.
fn with_losses(voice: Voice) -> Stage {
    heard_of(voice, |ms| ms % 200 == 0)
}

/// The mean power of a sound.
fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32
}

/// The lowest and highest amplitude of a tone in any 20 ms of this.
fn range(samples: &[f32], hz: f32) -> (f32, f32) {
    samples
        .chunks_exact(FRAME)
        .map(|chunk| amplitude(chunk, hz))
        .fold((f32::MAX, 0.0), |(low, high), a| (low.min(a), high.max(a)))
}

#[test]
fn red_fills_every_loss() {
    let stage = with_losses(Voice::new(4, 400.0, 0.3).with_red());
    let (low, high) = range(stage.last(2_500), 400.0);
    assert!(low > 0.27 && high < 0.33, "{low} to {high}");
}

#[test]
fn a_lost_packet_makes_no_click_and_no_hole() {
    let stage = with_losses(Voice::new(4, 400.0, 0.3));
    let heard = stage.last(2_500);
    let clean = 0.3 * TAU * 400.0 / RATE as f32;
    let steepest = steepest(heard);
    assert!(steepest < 2.0 * clean, "{steepest}, clean is {clean}");
    // What the decoder makes up has another phase, and fades.
    let loud = |chunk: &[f32]| (power(chunk) * 2.0).sqrt();
    let loud: Vec<f32> = heard.chunks_exact(FRAME).map(loud).collect();
    assert!(loud.iter().all(|l| (0.08..0.36).contains(l)), "{loud:?}");
}

#[test]
fn in_band_fec_brings_back_what_was_lost() {
    // Speech, since the encoder protects nothing else; against what is heard
    // where nothing is lost.
    let wrong = |protected: bool| {
        let voice = || {
            let voice = Voice::new(4, 140.0, 0.2).speaking();
            if protected { voice.with_fec() } else { voice }
        };
        let clean = heard_of(voice(), |_| false);
        let lossy = heard_of(voice(), |ms| ms % 200 == 0);
        let expected = &clean.heard[clean.index_of(3_500)..][..24_000];
        // Waiting for what was lost has made the delay longer.
        let at = lossy.index_of(3_500);
        let apart = |from: usize| {
            let heard = &lossy.heard[from..][..24_000];
            let differences: Vec<f32> = heard.iter().zip(expected).map(|(a, b)| a - b).collect();
            power(&differences)
        };
        let nearest = (at - 240..at + 240)
            .step_by(3)
            .map(apart)
            .fold(f32::MAX, f32::min);
        nearest / power(expected)
    };
    let (protected, bare) = (wrong(true), wrong(false));
    assert!(protected * 2.0 < bare, "{protected}, without FEC {bare}");
}

#[test]
fn five_loud_ones_do_not_clip() {
    let mut stage = Stage::new();
    let tones = [210.0, 310.0, 430.0, 570.0, 730.0];
    let mut voices: Vec<Voice> = (1..)
        .zip(tones)
        .map(|(n, hz)| Voice::new(4 * n, hz, 0.8))
        .collect();
    stage.sing(&mut voices, 0, 3_000);
    stage.run(3_000);
    let heard = stage.last(2_000);
    let peak = heard.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
    // The encoder may overshoot what the limiter lets through a little.
    assert!(peak < 1.0, "{peak}");
    let loud: Vec<f32> = tones.map(|hz| amplitude(heard, hz)).to_vec();
    for (hz, loud) in tones.iter().zip(&loud) {
        let off = decibel(loud / 0.2);
        assert!(off.abs() < 3.0, "{hz} Hz: {loud}: {off} dB");
    }
    let clean: f32 = tones.map(|hz| 0.22 * TAU * hz / RATE as f32).iter().sum();
    assert!(steepest(heard) < clean, "no edges");
}

#[test]
fn what_was_captured_together_is_heard_together() {
    // Both are silent for two seconds, and begin at the same moment; one is
    // near, the other's packets take 70 to 90 ms.
    let mut stage = Stage::new();
    let mut voices = [Voice::new(4, 500.0, 0.3), Voice::new(8, 1_300.0, 0.3)];
    for ms in (0..4_000).step_by(20) {
        for (n, voice) in voices.iter_mut().enumerate() {
            let loud = if ms < 2_000 { 0.0 } else { 0.3 };
            let packet = voice.sing_at(stage.start, ms, loud);
            let jitter = ms * 7 % 21;
            let delay = if n == 0 { 5 * MS } else { (70 + jitter) * MS };
            stage.send(voice.csrc, packet, delay);
        }
    }
    stage.run(4_000);
    let onset = |hz: f32| {
        stage
            .heard
            .windows(240)
            .step_by(24)
            .position(|window| amplitude(window, hz) > 0.1)
            .expect("is heard")
            * 24
    };
    let (near, far) = (onset(500.0), onset(1_300.0));
    assert!(near.abs_diff(far) < 240, "{near} and {far}");
    // And the frames say when it was captured.
    let said = stage.index_of(2_000);
    assert!(said.abs_diff(near) < 10 * 48, "{said}, heard at {near}");
}

#[test]
fn who_is_muted_is_gone_at_once_and_without_a_click() {
    let mut stage = Stage::new();
    let mut voices = [Voice::new(4, 500.0, 0.3), Voice::new(8, 900.0, 0.3)];
    stage.sing(&mut voices, 0, 2_000);
    stage.run(1_000);
    stage.mixer.retain(|csrc| csrc == 4);
    // What comes of it within this moment is not heard either.
    let at = stage.heard.len();
    stage.run(2_000);
    let after = &stage.heard[at + FRAME..];
    assert!(amplitude(&after[..FRAME], 900.0) < 0.02);
    assert_level(&after[..9_600], 500.0, 0.3);
    let clean = 0.3 * TAU * (500.0 + 900.0) / RATE as f32;
    assert!(steepest(&stage.heard[at - 4_800..]) < 1.5 * clean);
}

#[test]
fn who_stops_fades_and_is_forgotten() {
    let mut stage = Stage::new();
    let mut voices = [Voice::new(4, 500.0, 0.3)];
    stage.sing(&mut voices, 0, 1_000);
    stage.run(1_000);
    assert_eq!(stage.mixer.sources.len(), 1);
    stage.run(2_000);
    assert!(stage.last(300).iter().all(|s| s.abs() < 0.01));
    let clean = 0.3 * TAU * 500.0 / RATE as f32;
    assert!(steepest(stage.last(1_500)) < 2.0 * clean);
    stage.run(4_000);
    assert!(stage.mixer.sources.is_empty());
    // It comes again.
    stage.sing(&mut voices, 4_000, 5_000);
    stage.run(5_000);
    assert_level(stage.last(500), 500.0, 0.3);
}

#[test]
fn pauses_of_dtx_are_quiet_and_speech_goes_on_in_time() {
    let mut stage = Stage::new();
    let mut voice = Voice::new(4, 500.0, 0.3);
    for ms in (0..4_000).step_by(20) {
        let loud = if ms / 1_000 == 1 { 0.0 } else { 0.3 };
        let packet = voice.sing_at(stage.start, ms, loud);
        // In the pause one packet in twenty goes out.
        if ms / 1_000 != 1 || ms < 1_200 || ms % 400 == 0 {
            stage.send(4, packet, 30 * MS);
        }
    }
    stage.run(4_000);
    let at = |ms: u32| stage.index_of(ms);
    let pause = &stage.heard[at(1_300)..at(1_900)];
    assert!(pause.iter().all(|s| s.abs() < 0.02));
    assert_level(&stage.heard[at(2_050)..at(2_800)], 500.0, 0.3);
}

#[test]
fn garbage_and_strange_clocks_harm_nothing() {
    let mut stage = Stage::new();
    let mut voices = [Voice::new(4, 500.0, 0.3)];
    stage.sing(&mut voices, 0, 3_000);
    let mut noise = 1_u32;
    for n in 0..300_u32 {
        let mut packet = voices[0].sing(stage.start, n * 10);
        let bytes: Vec<u8> = (0..n % 90)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        packet.payload = Arc::from(bytes);
        packet.red = n % 2 == 0;
        packet.rtp_time = if n % 3 == 0 { noise } else { packet.rtp_time };
        stage.send(8, packet, 30 * MS);
    }
    stage.run(3_000);
    assert_eq!(stage.frames.len(), 150);
    assert!(stage.heard.iter().all(|s| s.is_finite()));
    stage.mixer.retain(|csrc| csrc == 4);
    stage.sing(&mut voices, 3_000, 4_500);
    stage.run(4_500);
    assert_level(stage.last(500), 500.0, 0.3);
}

#[test]
fn no_more_sounds_than_there_is_room_for() {
    let mut stage = Stage::new();
    let mut voices: Vec<Voice> = (1..=9).map(|n| Voice::new(4 * n, 500.0, 0.01)).collect();
    stage.sing(&mut voices, 0, 500);
    stage.run(500);
    assert_eq!(stage.mixer.sources.len(), 7);
}

#[test]
fn a_late_call_skips_what_was_missed() {
    let mut stage = Stage::new();
    stage.run(100);
    let late = stage.now + Duration::from_secs(3);
    let before = stage.frames.last().copied().expect("frames");
    let mixed = stage.mixer.poll(late).expect("a frame");
    assert!(stage.mixer.poll(late).is_none(), "and only one");
    let ticks = mixed.rtp_time.wrapping_sub(before.0);
    assert!(ticks.abs_diff(3 * RATE) <= 1_920, "{ticks}");
    let passed = mixed.captured - before.1;
    assert!(passed.abs_diff(Duration::from_secs(3)) <= 40 * MS);
}

#[test]
fn a_sound_whose_clock_runs_fast_stays_in_time() {
    // 200 ppm fast, for a minute: 12 ms.
    let mut stage = Stage::new();
    let mut voice = Voice::new(4, 500.0, 0.3);
    for n in 0..3_000_u32 {
        let mut packet = voice.sing(stage.start, n * 20);
        let real = n * 20 - n * 20 / 5_000;
        packet.captured = stage.start + real * MS;
        stage.send(4, packet, 30 * MS);
    }
    stage.run(59_000);
    let heard = stage.last(20_000);
    let (low, high) = range(heard, 500.0);
    assert!(low > 0.25 && high < 0.35, "{low} to {high}");
    let clean = 0.3 * TAU * 500.0 / RATE as f32;
    assert!(steepest(heard) < 1.3 * clean);
}
