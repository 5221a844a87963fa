//! What a synthetic site sends, and when: pictures as Chromium packs them,
//! and sound of people who take turns. Pure: time is an argument.

use std::time::{Duration, Instant};

use super::film::Film;
use super::mark::{Mark, SHORTEST_SOUND};

/// One encoding of the camera.
pub(super) struct Encoding {
    /// Its `a=rid` (RFC 8851).
    pub(super) rid: &'static str,
    /// In pixels.
    pub(super) height: u16,
    /// Its rate, in kbit/s.
    pub(super) kbps: u32,
}

/// The camera's encodings, the smallest first.
pub(super) const ENCODINGS: [Encoding; 3] = [
    encoding("q", 180, 120),
    encoding("h", 360, 400),
    encoding("f", 720, 1_200),
];

const fn encoding(rid: &'static str, height: u16, kbps: u32) -> Encoding {
    Encoding { rid, height, kbps }
}

/// A picture comes this long after the one before, at least and at most; a
/// camera in a dim room gives no even 30 a second.
const FRAME: [Duration; 2] = [Duration::from_millis(33), Duration::from_millis(50)];
/// The distance of two pictures, on average.
pub(super) const FRAME_ON_AVERAGE: Duration = Duration::from_micros(41_500);
/// The most bytes of a payload; Chromium leaves this much of an Ethernet frame.
pub(super) const PAYLOAD: usize = 1_180;
/// A picture that needs no other is so many times larger.
const KEYFRAME_TIMES: usize = 5;
/// One packet of sound.
const SOUND: Duration = Duration::from_millis(20);
/// A closed mouth sends this seldom (Opus DTX).
const SILENCE: Duration = Duration::from_millis(400);
/// How many speak at a time.
const VOICES: u64 = 3;
/// Every so often one begins to speak and another one ends.
const TURN: Duration = Duration::from_secs(2);

/// A picture to send, in one encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Which of [`ENCODINGS`].
    pub(super) layer: u8,
    /// Its number in the encoding.
    pub(super) number: u32,
    /// It needs no other.
    pub(super) keyframe: bool,
    /// The payloads' lengths, in bytes; equal but for one byte.
    pub(super) lengths: Vec<usize>,
    /// What is shown, where it is to be decoded; in one payload.
    pub(super) film: Option<&'static [u8]>,
}

struct Layer {
    number: u32,
    keyframe_due: bool,
    wanted: bool,
}

/// A synthetic camera with all its encodings.
pub(super) struct Camera {
    random: Random,
    layers: [Layer; 3],
    film: Option<&'static Film>,
    /// When the next picture is due.
    pub(super) due: Instant,
}

impl Camera {
    /// A camera that starts now; the same seed gives the same pictures. With a
    /// film they can be decoded.
    pub(super) fn new(now: Instant, seed: u64, film: Option<&'static Film>) -> Self {
        let mut random = Random(seed);
        // Cameras are not in step.
        let offset = random.between(0, FRAME[0].as_micros() as u64);
        Self {
            layers: [(); 3].map(|()| Layer {
                number: 0,
                keyframe_due: true,
                wanted: true,
            }),
            film,
            due: now + Duration::from_micros(offset),
            random,
        }
    }

    /// The next picture of this encoding has to need no other; without one,
    /// of all.
    pub(super) fn request_keyframe(&mut self, rid: Option<&str>) {
        for (layer, encoding) in self.layers.iter_mut().zip(&ENCODINGS) {
            layer.keyframe_due |= rid.is_none_or(|rid| rid == encoding.rid);
        }
    }

    /// Only these encodings are received by anybody.
    pub(super) fn want(&mut self, rids: &[String]) {
        for (layer, encoding) in self.layers.iter_mut().zip(&ENCODINGS) {
            let wanted = rids.iter().any(|rid| rid == encoding.rid);
            layer.keyframe_due |= wanted && !layer.wanted;
            layer.wanted = wanted;
        }
    }

    /// The picture that is due now, in each encoding that is wanted.
    pub(super) fn frames(&mut self, now: Instant) -> Vec<Frame> {
        if now < self.due {
            return Vec::new();
        }
        let [shortest, longest] = FRAME.map(|d| d.as_micros() as u64);
        let distance = Duration::from_micros(self.random.between(shortest, longest));
        self.due = after(self.due, distance, now);
        let mut frames = Vec::new();
        for (index, layer) in (0_u8..).zip(&mut self.layers) {
            // How much of the picture changed.
            let percent = self.random.between(60, 140) as usize;
            if !layer.wanted {
                continue;
            }
            layer.number += 1;
            let keyframe = std::mem::take(&mut layer.keyframe_due);
            if let Some(film) = self.film {
                let picture = film.picture(index, layer.number);
                frames.push(Frame {
                    layer: index,
                    number: layer.number,
                    keyframe: true,
                    lengths: vec![picture.len()],
                    film: Some(picture),
                });
                continue;
            }
            let kbps = ENCODINGS[usize::from(index)].kbps as usize;
            let average = kbps * distance.as_micros() as usize / 8_000;
            let bytes = average * percent / 100 * if keyframe { KEYFRAME_TIMES } else { 1 };
            frames.push(Frame {
                layer: index,
                number: layer.number,
                keyframe,
                lengths: packets_of(bytes),
                film: None,
            });
        }
        frames
    }
}

/// When the next one is due. Small delays are made up for, a pause is not.
fn after(due: Instant, distance: Duration, now: Instant) -> Instant {
    let next = due + distance;
    if next + FRAME[1] < now { now } else { next }
}

/// As few payloads as it takes, of nearly the same length.
fn packets_of(bytes: usize) -> Vec<usize> {
    let count = bytes.div_ceil(PAYLOAD).clamp(1, usize::from(u8::MAX));
    let (each, longer) = (bytes / count, bytes % count);
    (0..count).map(|n| each + usize::from(n < longer)).collect()
}

/// A synthetic microphone.
pub(super) struct Microphone {
    random: Random,
    /// Its place among those who take turns, and how many they are.
    turn: Option<(u64, u64)>,
    began: Instant,
    number: u32,
    film: Option<&'static Film>,
    /// When the next packet is due.
    pub(super) due: Instant,
}

/// A packet of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sound {
    /// Its number.
    pub(super) number: u32,
    /// Its payload's length, in bytes.
    pub(super) length: usize,
    /// Somebody speaks.
    pub(super) speaks: bool,
    /// When it was due: a packet may leave late, and is no later sound.
    pub(super) at: Instant,
}

impl Microphone {
    /// A microphone; `turn` is the place among those who take turns, of how
    /// many. `began` is when the first turn began, the same for all.
    pub(super) fn new(
        now: Instant,
        began: Instant,
        turn: Option<(u64, u64)>,
        seed: u64,
        film: Option<&'static Film>,
    ) -> Self {
        let mut random = Random(seed);
        let offset = random.between(0, SILENCE.as_micros() as u64);
        Self {
            turn,
            began,
            number: 0,
            film,
            due: now + Duration::from_micros(offset),
            random,
        }
    }

    /// The payload of a packet of it.
    pub(super) fn payload(&self, sound: &Sound, mark: Mark) -> Vec<u8> {
        match self.film {
            Some(film) => film.sound(sound.number, sound.speaks, mark),
            None => mark.sound(sound.length),
        }
    }

    fn speaks(&self, now: Instant) -> bool {
        let Some((place, of)) = self.turn else {
            return false;
        };
        let passed = now.duration_since(self.began).as_millis() / TURN.as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX) % of.max(1);
        // The newest voice is the one at `passed`; those before it go on.
        (passed + of - place % of.max(1)) % of.max(1) < VOICES
    }

    /// The packet that is due now.
    pub(super) fn sound(&mut self, now: Instant) -> Option<Sound> {
        if now < self.due {
            return None;
        }
        let speaks = self.speaks(now);
        let at = self.due;
        self.due = after(self.due, if speaks { SOUND } else { SILENCE }, now);
        self.number += 1;
        let length = if speaks {
            self.random.between(70, 130) as usize
        } else {
            SHORTEST_SOUND
        };
        Some(Sound {
            number: self.number,
            length,
            speaks,
            at,
        })
    }
}

impl Frame {
    /// The marks of its packets, without the time.
    pub(super) fn marks(&self, source: u32) -> impl Iterator<Item = Mark> {
        let packets = self.lengths.len() as u8;
        let (layer, frame, keyframe) = (self.layer, self.number, self.keyframe);
        (0..packets).map(move |packet| Mark {
            sent: 0,
            source,
            layer,
            frame,
            packet,
            packets,
            keyframe,
        })
    }
}

/// SplitMix64: even enough for sizes and losses, and the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// Anything.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From the first up to and without the second.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_sends_at_its_rate_in_packets_of_nearly_one_size() {
        let began = Instant::now();
        let mut camera = Camera::new(began, 1, None);
        let (mut bytes, mut frames) = ([0; 3], 0);
        let mut now = began;
        while now < began + Duration::from_secs(60) {
            now += Duration::from_millis(1);
            for frame in camera.frames(now) {
                bytes[usize::from(frame.layer)] += frame.lengths.iter().sum::<usize>();
                frames += usize::from(frame.layer == 0);
                let (least, most) = (frame.lengths.iter().min(), frame.lengths.iter().max());
                assert!(most.unwrap() - least.unwrap() <= 1, "{frame:?}");
                assert!(*most.unwrap() <= PAYLOAD, "{frame:?}");
                assert_eq!(frame.keyframe, frame.number == 1, "{frame:?}");
            }
        }
        assert!(
            (1_400..1_500).contains(&frames),
            "{frames} pictures a minute"
        );
        for (bytes, encoding) in bytes.into_iter().zip(&ENCODINGS) {
            let kbps = bytes * 8 / 60_000;
            let wanted = encoding.kbps as usize;
            assert!(
                (wanted * 9 / 10..wanted * 11 / 10).contains(&kbps),
                "{}: {kbps} kbit/s",
                encoding.rid
            );
        }
    }

    #[test]
    fn an_encoding_that_nobody_wants_is_not_sent_and_comes_back_with_a_keyframe() {
        let mut now = Instant::now();
        let mut camera = Camera::new(now, 1, None);
        let mut layers = |camera: &mut Camera| -> Vec<(u8, bool)> {
            now += Duration::from_secs(1);
            let frames = camera.frames(now);
            frames.iter().map(|f| (f.layer, f.keyframe)).collect()
        };
        assert_eq!(layers(&mut camera), [(0, true), (1, true), (2, true)]);
        camera.want(&["q".into()]);
        assert_eq!(layers(&mut camera), [(0, false)]);
        camera.want(&["q".into(), "f".into()]);
        assert_eq!(layers(&mut camera), [(0, false), (2, true)]);
        camera.request_keyframe(Some("q"));
        assert_eq!(layers(&mut camera), [(0, true), (2, false)]);
        camera.request_keyframe(None);
        assert_eq!(layers(&mut camera), [(0, true), (2, true)]);
    }

    #[test]
    fn three_speak_at_any_time_and_take_turns() {
        let began = Instant::now();
        for of in [3_u64, 4, 20] {
            let microphones: Vec<_> = (0..of)
                .map(|place| Microphone::new(began, began, Some((place, of)), place, None))
                .collect();
            let mut heard = vec![false; microphones.len()];
            for second in 0..of * 2 {
                let now = began + Duration::from_secs(second);
                let speaking: Vec<_> = microphones.iter().map(|m| m.speaks(now)).collect();
                assert_eq!(speaking.iter().filter(|s| **s).count(), 3, "of {of}");
                heard.iter_mut().zip(speaking).for_each(|(h, s)| *h |= s);
            }
            assert!(heard.iter().all(|h| *h), "of {of}");
        }
        assert!(!Microphone::new(began, began, None, 1, None).speaks(began));
    }

    #[test]
    fn who_is_silent_sends_seldom() {
        let began = Instant::now();
        let count = |turn| {
            let mut microphone = Microphone::new(began, began, turn, 1, None);
            let ticks = (0..4_000).map(|ms| began + Duration::from_millis(ms));
            ticks.filter(|now| microphone.sound(*now).is_some()).count()
        };
        assert_eq!(count(None), 10);
        assert!(count(Some((0, 3))) > 170);
    }
}
