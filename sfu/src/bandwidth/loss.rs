//! Which loss is the line's own, and which comes of sending too much.
//!
//! A bad line loses as much of little as of much: sending less does not help,
//! and would only take the picture away. So the lowest loss of the last ten to
//! twenty seconds counts as the line's own, and only what is far above it means
//! too much. A decrease that did not help teaches that the loss is the line's.

/// A window closes after this many microseconds,
const WINDOW: i64 = 1_000_000;
/// and this many packets.
const PACKETS: u32 = 60;
/// The lowest loss is forgotten after one to two of these.
const LOWEST_FOR: i64 = 10_000_000;
/// Learning takes no longer than this, be it with too few packets or a sender
/// that cannot send less.
const LEARNS_FOR: i64 = 3_000_000;
/// Loss that means too much: at least this,
const MUCH: f64 = 0.20;
/// and so far above the line's own, beside what chance makes of it (three
/// standard deviations: with 100 packets at 10 %, 9 %).
const ABOVE_OWN: f64 = 0.08;
const SCATTER: f64 = 3.0;
/// From half of that on, no more is dared.
const DOUBTFUL: f64 = 0.5;
/// A receiver report is taken for so many packets.
const REPORTED: u32 = 100;

/// Loss as windows of a second tell it.
#[derive(Debug)]
pub(super) struct Loss {
    received: u32,
    missing: u32,
    since: i64,
    last: f64,
    doubtful: bool,
    lowest: [Option<f64>; 2],
    lowest_since: i64,
}

impl Loss {
    pub(super) fn new(now: i64) -> Self {
        Self {
            received: 0,
            missing: 0,
            since: now,
            last: 0.0,
            doubtful: false,
            // A fresh line is taken for a good one.
            lowest: [Some(0.0), None],
            lowest_since: now,
        }
    }

    /// So many packets were reported. `follows` tells whether the sender keeps
    /// to the estimate: else the loss says nothing of the line. True when a
    /// window closed that shows too much is being sent.
    pub(super) fn add(&mut self, now: i64, received: u32, missing: i32, follows: bool) -> bool {
        if now < self.since {
            return false;
        }
        self.received += received;
        self.missing = self.missing.saturating_add_signed(missing);
        let packets = self.received + self.missing;
        if now - self.since < WINDOW || packets < PACKETS {
            return false;
        }
        let fraction = f64::from(self.missing) / f64::from(packets);
        self.close(now);
        self.window(now, fraction, packets, follows)
    }

    /// A receiver report came.
    pub(super) fn report(&mut self, now: i64, fraction: f64, follows: bool) -> bool {
        self.window(now, fraction, REPORTED, follows)
    }

    fn window(&mut self, now: i64, fraction: f64, packets: u32, follows: bool) -> bool {
        self.last = fraction;
        let deviation = (fraction * (1.0 - fraction) / f64::from(packets)).sqrt();
        let margin = ABOVE_OWN + SCATTER * deviation;
        let above = self.own().map_or(0.0, |own| fraction - own);
        self.doubtful = above > margin * DOUBTFUL;
        if now - self.lowest_since > LOWEST_FOR {
            self.lowest = [self.lowest[1], None];
            self.lowest_since = now;
        }
        if follows {
            let lowest = self.lowest[1].get_or_insert(fraction);
            *lowest = lowest.min(fraction);
        }
        fraction > MUCH && above > margin
    }

    /// The line's own loss; unknown for a while after a decrease.
    fn own(&self) -> Option<f64> {
        match self.lowest {
            [Some(a), Some(b)] => Some(a.min(b)),
            [a, b] => a.or(b),
        }
    }

    /// Whether it is finding out what the line's own loss is: nothing else
    /// should change meanwhile.
    pub(super) fn learns(&self, now: i64) -> bool {
        self.own().is_none() && now - self.lowest_since < LEARNS_FOR
    }

    /// The part of a probe that may be missing without a fault.
    pub(super) fn expected(&self) -> f64 {
        self.own().unwrap_or(self.last).min(0.3)
    }

    /// Whether loss speaks against sending more.
    pub(super) fn doubtful(&self) -> bool {
        self.doubtful
    }

    /// Less is sent from now on: whatever loss there is from `then` on is the
    /// line's.
    pub(super) fn learn(&mut self, then: i64) {
        self.lowest = [None, None];
        self.lowest_since = then;
        self.close(then);
    }

    /// Begins a new window.
    pub(super) fn close(&mut self, now: i64) {
        (self.received, self.missing, self.since) = (0, 0, now);
    }
}
