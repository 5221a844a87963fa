//! Real Opus: voices that sing a tone, and ears that find tones again.

use std::f32::consts::TAU;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
/// Samples of 20 ms.
pub const FRAME: usize = 960;

/// Somebody's voice: one tone, from some moment on.
pub struct Voice {
    hz: f32,
    amplitude: f32,
    from: Duration,
    encoder: opus::Encoder,
}

impl Voice {
    /// Sings from so long after the world began.
    pub fn new(hz: f32, amplitude: f32, from: Duration) -> Self {
        let encoder = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip);
        Self {
            hz,
            amplitude,
            from,
            encoder: encoder.expect("an encoder"),
        }
    }

    /// The 20 ms that begin so long after the world began.
    pub fn sing(&mut self, captured: Duration) -> Vec<u8> {
        let first = captured.as_millis() as u32 * (RATE / 1_000);
        let begins = self.from.as_millis() as u32 * (RATE / 1_000);
        let sample = |n: u32| {
            let at = (n % RATE) as f32 / RATE as f32;
            let loud = if n < begins { 0.0 } else { self.amplitude };
            loud * (TAU * self.hz * at).sin()
        };
        let samples: Vec<f32> = (first..first + FRAME as u32).map(sample).collect();
        self.encoder
            .encode_vec_float(&samples, 1_275)
            .expect("can be encoded")
    }
}

/// A packet of sound as it came.
#[derive(Debug, Clone)]
pub struct HeardPacket {
    pub at: Instant,
    /// The slot's RTP timestamp.
    pub rtp_time: u32,
    pub payload: Vec<u8>,
}

/// What these packets sound like: 20 ms each.
pub fn listen(packets: &[HeardPacket]) -> Vec<f32> {
    let mut decoder = opus::Decoder::new(RATE, opus::Channels::Mono).expect("a decoder");
    let mut sound = Vec::new();
    for packet in packets {
        let mut samples = [0.0; FRAME];
        let count = decoder.decode_float(&packet.payload, &mut samples, false);
        assert_eq!(count.expect("good Opus"), FRAME);
        sound.extend(samples);
    }
    sound
}

/// How loud a tone is in a sound: its amplitude (Goertzel).
pub fn tone(sound: &[f32], hz: f32) -> f32 {
    let coefficient = 2.0 * (TAU * hz / RATE as f32).cos();
    let (mut one, mut two) = (0.0_f32, 0.0_f32);
    for sample in sound {
        (one, two) = (sample + coefficient * one - two, one);
    }
    let power = one * one + two * two - coefficient * one * two;
    2.0 * power.max(0.0).sqrt() / sound.len() as f32
}
