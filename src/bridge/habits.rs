//! What a camera does that a meeting suffers from: pictures out of order, few
//! pictures that stand alone, no ear for those who ask for one.

use std::time::{Duration, Instant};

/// A keyframe that was asked for is awaited so long.
const PATIENCE: Duration = Duration::from_secs(1);
/// A group that is longer is a trouble; a shorter one is only told.
const LONG: Duration = Duration::from_secs(2);
/// Ticks of a video clock in a second (RFC 6184 §8.2.1, RFC 7741 §4.1).
const CLOCK: u64 = 90_000;

/// What is known now about a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It sends pictures that refer to later ones.
    BFrames,
    /// The distance of pictures that stand alone, and the pictures in it. To
    /// switch to the camera takes as long at most, half of it on average.
    Group {
        /// How long.
        length: Duration,
        /// How many pictures.
        pictures: u32,
        /// Whether it is longer than a meeting should wait.
        long: bool,
    },
    /// It does not send a keyframe when asked.
    Deaf,
}

/// Watches the pictures of a camera.
#[derive(Debug, Default)]
pub struct Habits {
    b_frames: bool,
    keyframe: Option<u32>,
    pictures: u32,
    told: Option<Duration>,
    asked: Option<Instant>,
    deaf: bool,
}

impl Habits {
    /// A picture came, in the order of sending: its RTP timestamp, whether it
    /// stands alone, whether it refers to later ones.
    pub fn picture(&mut self, rtp_time: u32, keyframe: bool, b: bool) -> Vec<Finding> {
        let mut found = Vec::new();
        if b && !std::mem::replace(&mut self.b_frames, true) {
            found.push(Finding::BFrames);
        }
        if !keyframe {
            self.pictures += 1;
            return found;
        }
        self.asked = None;
        let pictures = std::mem::replace(&mut self.pictures, 1);
        if let Some(before) = self.keyframe.replace(rtp_time) {
            let ticks = u64::from(rtp_time.wrapping_sub(before));
            let length = Duration::from_millis(ticks * 1_000 / CLOCK);
            // The first group is told, and later ones that are much longer.
            if self.told.is_none_or(|told| length > told * 2) {
                self.told = Some(length);
                found.push(Finding::Group {
                    length,
                    pictures,
                    long: length > LONG,
                });
            }
        }
        found
    }

    /// Somebody asked for a keyframe.
    pub fn keyframe_asked(&mut self, now: Instant) {
        self.asked.get_or_insert(now);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) -> Option<Finding> {
        let asked = self.asked?;
        if now.duration_since(asked) < PATIENCE {
            return None;
        }
        self.asked = None;
        (!std::mem::replace(&mut self.deaf, true)).then_some(Finding::Deaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(habits: &mut Habits, start: u32, pictures: u32, times: u32) -> Vec<Finding> {
        let all = (0..pictures * times).flat_map(|picture| {
            let time = start.wrapping_add(picture * 3_600);
            habits.picture(time, picture % pictures == 0, false)
        });
        all.collect()
    }

    #[test]
    fn a_group_is_measured_over_the_wrap_of_the_clock() {
        let mut habits = Habits::default();
        let found = groups(&mut habits, u32::MAX - 100_000, 250, 3);
        let group = Finding::Group {
            length: Duration::from_secs(10),
            pictures: 250,
            long: true,
        };
        assert_eq!(found, [group], "told once");
        let found = groups(&mut Habits::default(), 0, 25, 2);
        assert!(matches!(found[..], [Finding::Group { long: false, .. }]));
    }

    #[test]
    fn pictures_out_of_order_are_told_once() {
        let mut habits = Habits::default();
        assert_eq!(habits.picture(0, true, false), []);
        assert_eq!(habits.picture(10_800, false, false), []);
        assert_eq!(habits.picture(3_600, false, true), [Finding::BFrames]);
        assert_eq!(habits.picture(7_200, false, true), []);
    }

    #[test]
    fn a_camera_that_answers_is_not_deaf() {
        let now = Instant::now();
        let mut habits = Habits::default();
        habits.keyframe_asked(now);
        assert_eq!(habits.tick(now + PATIENCE / 2), None);
        habits.picture(0, true, false);
        assert_eq!(habits.tick(now + PATIENCE), None);
        habits.keyframe_asked(now);
        habits.keyframe_asked(now + PATIENCE / 2);
        habits.picture(3_600, false, false);
        assert_eq!(habits.tick(now + PATIENCE), Some(Finding::Deaf));
        habits.keyframe_asked(now + PATIENCE);
        assert_eq!(habits.tick(now + PATIENCE * 2), None, "told once");
    }
}
