//! What a decoder would show of one slot: pictures whose packets are all there
//! and whose predecessors were shown.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::mark::Mark;
use super::publish::FRAME_ON_AVERAGE;

/// A picture that stands this long beside three that are due is frozen.
const PATIENCE: Duration = Duration::from_millis(200);
/// So many pictures may wait for one before them.
const WAITING: usize = 64;

/// A decoder that has had nothing to show for so long asks for a picture that
/// needs no other, and asks again after this time.
const HELPLESS: Duration = Duration::from_millis(300);

/// How long a picture may stand.
pub(super) fn freeze_after() -> Duration {
    PATIENCE + 3 * FRAME_ON_AVERAGE
}

/// Pictures that stood still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Freezes {
    pub(super) count: u64,
    pub(super) total: Duration,
}

impl Freezes {
    fn look(&mut self, gap: Duration) {
        if gap > freeze_after() {
            self.count += 1;
            self.total += gap;
        }
    }
}

struct Partial {
    packets: u8,
    came: [u64; 4],
}

impl Partial {
    fn is_whole(&self) -> bool {
        let came: u32 = self.came.iter().map(|word| word.count_ones()).sum();
        came >= self.packets.into()
    }
}

/// The pictures of one slot.
#[derive(Default)]
pub(super) struct Frames {
    /// Whose encoding is shown, and the number of its next picture.
    next: Option<((u32, u8), u32)>,
    waiting: BTreeMap<((u32, u8), u32), Partial>,
    shown_at: Option<Instant>,
    /// When the oldest packet came that could not be shown, or when a picture
    /// was asked for since.
    helpless_since: Option<Instant>,
    pub(super) shown: u64,
    pub(super) freezes: Freezes,
}

impl Frames {
    /// Takes a packet that was not there before.
    pub(super) fn take(&mut self, now: Instant, mark: &Mark) {
        let encoding = (mark.source, mark.layer);
        let key = (encoding, mark.frame);
        if self
            .next
            .is_some_and(|(of, next)| of == encoding && mark.frame < next)
        {
            return;
        }
        if mark.packets == 1 && self.may_follow(key, mark.keyframe) {
            self.show(now, key);
        } else {
            let partial = self.waiting.entry(key).or_insert(Partial {
                packets: mark.packets,
                came: [0; 4],
            });
            partial.came[usize::from(mark.packet) / 64] |= 1 << (mark.packet % 64);
            if !partial.is_whole() || !self.may_follow(key, mark.keyframe) {
                self.helpless_since.get_or_insert(now);
                self.forget_the_oldest();
                return;
            }
            self.show(now, key);
        }
        self.show_what_waited(now);
    }

    /// Whether a picture has to be asked for that needs no other.
    pub(super) fn wants_keyframe(&mut self, now: Instant) -> bool {
        let helpless = self
            .helpless_since
            .is_some_and(|since| now.saturating_duration_since(since) > HELPLESS);
        if helpless {
            self.helpless_since = Some(now);
        }
        helpless
    }

    fn may_follow(&self, key: ((u32, u8), u32), keyframe: bool) -> bool {
        keyframe || self.next == Some(key)
    }

    fn show(&mut self, now: Instant, (encoding, frame): ((u32, u8), u32)) {
        if let Some(before) = self.shown_at.replace(now) {
            self.freezes.look(now.saturating_duration_since(before));
        }
        self.shown += 1;
        self.helpless_since = None;
        let changed = self.next.is_some_and(|(of, _)| of != encoding);
        self.next = Some((encoding, frame + 1));
        // What came before it is of no use any more.
        self.waiting
            .retain(|(of, number), _| match *of == encoding {
                true => *number > frame,
                false => !changed,
            });
    }

    fn show_what_waited(&mut self, now: Instant) {
        while let Some(key) = self.next
            && self.waiting.get(&key).is_some_and(Partial::is_whole)
        {
            self.waiting.remove(&key);
            self.show(now, key);
        }
    }

    fn forget_the_oldest(&mut self) {
        if self.waiting.len() > WAITING {
            self.waiting.pop_first();
        }
    }

    /// Counts from here on only.
    pub(super) fn begin(&mut self) {
        self.shown = 0;
        self.freezes = Freezes::default();
    }

    /// Counts no further; a picture that stands now is looked at.
    pub(super) fn end(&mut self, now: Instant) {
        if let Some(before) = self.shown_at.replace(now) {
            self.freezes.look(now.saturating_duration_since(before));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(source: u32, frame: u32, packet: u8, keyframe: bool) -> Mark {
        Mark {
            sent: 0,
            source,
            layer: 0,
            frame,
            packet,
            packets: 2,
            keyframe,
        }
    }

    struct Screen(Frames, Instant);

    impl Screen {
        fn new() -> Self {
            Self(Frames::default(), Instant::now())
        }

        /// Takes whole pictures, one each 40 ms.
        fn take(&mut self, source: u32, frames: impl IntoIterator<Item = u32>) {
            for frame in frames {
                self.1 += Duration::from_millis(40);
                for n in 0..2 {
                    self.0.take(self.1, &packet(source, frame, n, frame == 1));
                }
            }
        }
    }

    #[test]
    fn an_even_picture_does_not_freeze() {
        let mut screen = Screen::new();
        screen.take(5, 1..=100);
        assert_eq!(screen.0.shown, 100);
        assert_eq!(screen.0.freezes, Freezes::default());
        assert!(screen.0.waiting.is_empty());
    }

    #[test]
    fn a_missing_picture_freezes_until_it_is_repaired() {
        let mut screen = Screen::new();
        screen.take(5, 1..=10);
        screen.0.take(screen.1, &packet(5, 11, 0, false));
        screen.take(5, 12..=20);
        assert_eq!(screen.0.shown, 10, "nothing without picture 11");
        screen.0.take(screen.1, &packet(5, 11, 1, false));
        assert_eq!(screen.0.shown, 20);
        let freezes = screen.0.freezes;
        assert_eq!((freezes.count, freezes.total.as_millis()), (1, 360));
    }

    #[test]
    fn a_keyframe_helps_over_a_picture_that_never_comes() {
        let mut screen = Screen::new();
        screen.take(5, [1, 2, 4, 5]);
        assert_eq!(screen.0.shown, 2);
        for n in 0..2 {
            screen.0.take(screen.1, &packet(5, 6, n, true));
        }
        screen.take(5, [7]);
        assert_eq!(screen.0.shown, 4);
        screen.take(9, [1, 2]);
        assert_eq!(screen.0.shown, 6, "another source begins with a keyframe");
    }

    #[test]
    fn a_decoder_that_cannot_begin_asks_for_a_keyframe() {
        let mut screen = Screen::new();
        screen.take(5, 7..=10);
        assert!(!screen.0.wants_keyframe(screen.1));
        screen.take(5, 11..=20);
        assert!(screen.0.wants_keyframe(screen.1));
        assert!(!screen.0.wants_keyframe(screen.1), "not twice at once");
        for n in 0..2 {
            screen.0.take(screen.1, &packet(5, 21, n, true));
        }
        screen.1 += Duration::from_secs(1);
        assert!(!screen.0.wants_keyframe(screen.1), "nothing waits");
    }

    #[test]
    fn a_picture_that_stands_at_the_end_is_frozen() {
        let mut screen = Screen::new();
        screen.take(5, 1..=3);
        screen.0.begin();
        screen.0.end(screen.1 + Duration::from_secs(1));
        let freezes = screen.0.freezes;
        assert_eq!((freezes.count, freezes.total.as_millis()), (1, 1_000));
    }
}
