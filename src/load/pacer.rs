//! When the packets of pictures leave: a large picture does not leave at once,
//! since browsers pace what they send. Pure: time is an argument.
//!
//! A leaky bucket as in libwebrtc's pacing controller: packets leave while what
//! has left and not yet drained is worth less than the burst, and the bucket
//! drains at a multiple of the rate that was agreed upon. Of the pictures in the
//! recorded trace of Chromium none is larger than one burst, and all of them
//! leave at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::mark::Mark;
use super::publish::ENCODINGS;

/// The bucket drains so many times faster than pictures come, in tenths.
const FACTOR_TENTHS: u64 = 25;
/// What may leave at once is what drains in this time.
const BURST: Duration = Duration::from_millis(40);
/// All encodings, in bytes a second.
const RATE: u64 = 125 * (ENCODINGS[0].kbps + ENCODINGS[1].kbps + ENCODINGS[2].kbps) as u64;
const DRAIN: u64 = RATE * FACTOR_TENTHS / 10;

/// A packet of a picture that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// What it says; when it was sent is not known yet.
    pub(super) mark: Mark,
    /// The payload's length, in bytes.
    pub(super) length: usize,
    /// The encoded picture, where it is one that can be decoded.
    pub(super) film: Option<&'static [u8]>,
    /// The picture's id (RFC 7741 §4.2).
    pub(super) picture_id: u16,
    /// When the picture was taken, in µs of the clock that all sites share.
    pub(super) taken: u64,
}

/// The packets that wait, the oldest first.
pub(super) struct Pacer {
    waiting: VecDeque<Waiting>,
    /// When the bucket is empty, if nothing more leaves.
    empty: Instant,
}

impl Pacer {
    /// Nothing has left yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            waiting: VecDeque::new(),
            empty: now,
        }
    }

    /// Takes a packet that is to be sent.
    pub(super) fn push(&mut self, packet: Waiting) {
        self.waiting.push_back(packet);
    }

    /// The next packet, when it may leave now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Waiting> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        let packet = self.waiting.pop_front()?;
        let worth = Duration::from_micros(packet.length as u64 * 1_000_000 / DRAIN);
        self.empty = self.empty.max(now) + worth;
        Some(packet)
    }

    /// When the next packet may leave.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.front()?;
        Some(self.empty.checked_sub(BURST).unwrap_or(self.empty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> Waiting {
        Waiting {
            mark: Mark {
                sent: 0,
                source: 1,
                layer: 2,
                frame: 1,
                packet: 0,
                packets: 1,
                keyframe: true,
            },
            length: 1_100,
            film: None,
            picture_id: 1,
            taken: 0,
        }
    }

    fn released(pacer: &mut Pacer, now: Instant) -> usize {
        std::iter::from_fn(|| pacer.next(now)).count()
    }

    #[test]
    fn an_ordinary_picture_leaves_at_once_and_a_large_one_in_its_time() {
        let began = Instant::now();
        let mut pacer = Pacer::new(began);
        assert_eq!(pacer.due(), None);
        (0..12).for_each(|_| pacer.push(packet()));
        assert_eq!(released(&mut pacer, began), 12);

        let later = began + Duration::from_secs(1);
        (0..40).for_each(|_| pacer.push(packet()));
        let at_once = released(&mut pacer, later);
        assert!((19..=21).contains(&at_once), "{at_once}");
        // The rest drains at two and a half times the rate.
        let due = pacer.due().unwrap();
        assert!(due > later && due < later + Duration::from_millis(3));
        assert_eq!(released(&mut pacer, due), 1);
        let end = later + Duration::from_millis(45);
        assert_eq!(released(&mut pacer, end), 40 - at_once - 1);
        assert_eq!(pacer.due(), None);
    }
}
