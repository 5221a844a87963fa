//! What all that is known of the line means for the estimate.

use super::delay::Queue;
use super::estimate::{DECREASE, MOST};
use super::probe::Verdict;
use super::{Bandwidth, FeedbackSummary};

/// A queue of this, in microseconds, is one,
const QUEUE: i64 = 30_000;
/// if it stands for this long and does not drain by this much, in microseconds
/// a second.
const QUEUE_FOR: i64 = 100_000;
const DRAINS: f64 = -30_000.0;
/// The effect of a decrease shows after a round trip and this, in microseconds.
pub(super) const SETTLE: i64 = 350_000;
/// Decreases without any effect on the queue, after which the queue is taken
/// for somebody else's.
const FUTILE: u32 = 3;
/// A burst goes so far beyond what is wanted, lest it end just below.
const AMPLY: f64 = 1.1;

/// Decreases that left the queue as it was.
#[derive(Debug, Default)]
pub(super) struct Futile {
    count: u32,
    queue: i64,
}

impl Bandwidth {
    /// What the feedback means for the estimate.
    pub(super) fn judge(&mut self, now: i64, summary: FeedbackSummary, found: i32) {
        let follows = self.follows(now);
        let missing = i32::try_from(summary.missing).unwrap_or(i32::MAX) - found;
        let too_much_loss = self.loss.add(now, summary.received, missing, follows);
        self.take_verdict(now);
        let acked = self.acked_bps();
        self.estimate.prove(acked);
        let queue = self.delay.queue();
        if too_much_loss && self.settled(now) {
            self.decrease(now, acked, acked);
            self.loss.learn(now + self.round_trip + SETTLE);
        } else if let Some(queue) = queue {
            self.judge_queue(now, queue, acked);
        }
        let calm = queue.is_some_and(|queue| queue.standing < QUEUE / 2);
        if calm {
            self.futile = Futile::default();
        }
        let doubt = self.loss.learns(now) || self.loss.doubtful() || self.prober.inflates(now);
        if calm && self.settled(now) && !doubt {
            self.estimate.increase(now, acked);
        } else {
            self.estimate.hold(now);
        }
    }

    fn judge_queue(&mut self, now: i64, queue: Queue, acked: f64) {
        let sent = self.sent.bps(now) as f64;
        let evident = sent > acked * 1.3 || sent > self.estimate.bps() / 2.0;
        let stands = queue.standing > if evident { QUEUE } else { 3 * QUEUE };
        self.refine(queue, acked);
        if !stands || queue.slope < DRAINS || self.prober.disturbs(queue.sent_at) {
            self.overused_since = None;
            return;
        }
        let since = *self.overused_since.get_or_insert(queue.sent_at);
        if queue.sent_at - since < QUEUE_FOR || !self.settled(now) {
            return;
        }
        if self.is_futile(now, queue, sent, acked) {
            self.delay.accept();
            self.overused_since = None;
            return;
        }
        self.prober.overused(now);
        let to = if evident {
            acked * DECREASE
        } else {
            (acked * DECREASE).max(self.estimate.bps() / 2.0)
        };
        self.decrease(now, to, to.max(acked));
        self.refining = evident;
    }

    /// What was sent before a decrease and still waits arrives as fast as the
    /// line carries it: the acknowledged rate falls to the line's.
    fn refine(&mut self, queue: Queue, acked: f64) {
        let sent_before = Some(queue.sent_at) < self.estimate.decreased_at();
        self.refining &= queue.standing > QUEUE && sent_before;
        if self.refining {
            self.estimate.refine(acked);
        }
    }

    /// Whether sending less has not changed the queue, although all of it
    /// arrives: it is somebody else's, or the route has become longer.
    fn is_futile(&mut self, now: i64, queue: Queue, sent: f64, acked: f64) -> bool {
        let as_before = self.futile.queue > 0 && queue.standing > self.futile.queue * 3 / 4;
        let carried = sent < acked * 1.1 && !self.loss.doubtful();
        if !as_before || !carried || !self.follows(now) {
            self.futile = Futile {
                count: 0,
                queue: queue.standing,
            };
            return false;
        }
        self.futile.count += 1;
        if self.futile.count < FUTILE {
            return false;
        }
        self.futile = Futile::default();
        true
    }

    pub(super) fn take_verdict(&mut self, now: i64) {
        let lossy = self.loss.expected();
        let deep = self.prober.is_deep();
        let verdict = self
            .prober
            .verdict(now, self.reported, lossy, self.round_trip);
        if verdict.is_some() {
            self.formerly = None;
        }
        match verdict {
            Some(Verdict::Passed(bps)) => {
                let bps = bps as f64;
                if self.estimate.is_surprising(bps) && !deep {
                    self.prober.doubted(now);
                } else if self.estimate.passed(bps) {
                    self.prober.believed(now);
                } else {
                    self.prober.vain(now);
                }
            }
            Some(Verdict::Full {
                bps: Some(bps),
                plainly,
            }) => {
                let bps = bps as f64;
                let much_less = bps < self.estimate.bps() * if deep { 0.9 } else { 0.7 };
                if plainly && much_less && (deep || !self.estimate.proved()) {
                    self.decrease(now, bps.max(self.acked_bps() * DECREASE), bps);
                } else {
                    self.estimate.full(now, bps, plainly);
                }
            }
            Some(Verdict::Full { bps: None, .. } | Verdict::Unclear) | None => {}
        }
    }

    pub(super) fn worth_a_burst(&self, now: i64, wanted_bps: u64) -> Option<u64> {
        let wanted = (wanted_bps as f64).min(MOST);
        let queue = self.delay.queue();
        if self.reported.is_none()
            || self.silence.is_some()
            || self.loss.learns(now)
            || self
                .estimate
                .decreased_at()
                .is_some_and(|at| now - at < 2 * SETTLE)
            || queue.is_some_and(|queue| queue.standing > QUEUE / 2)
            || self.estimate.proved() && wanted <= self.estimate.bps()
        {
            return None;
        }
        let dare = if self.estimate.proved() {
            self.estimate.bps() * 2.0
        } else {
            self.estimate.bps()
        };
        let rate = (wanted * AMPLY).min(dare.max(self.formerly.unwrap_or(0.0))) as u64;
        // What the media fill shows by itself.
        (self.sent.bps(now) < rate * 9 / 10).then_some(rate)
    }

    pub(super) fn decrease(&mut self, now: i64, to: f64, carried: f64) {
        self.estimate.decrease(now, to, carried);
        self.overused_since = None;
        self.refining = false;
    }

    /// Whether the last decrease has had its effect.
    pub(super) fn settled(&self, now: i64) -> bool {
        self.estimate
            .decreased_at()
            .is_none_or(|at| now - at > self.round_trip + SETTLE)
    }

    /// Whether the sender keeps to the estimate.
    pub(super) fn follows(&self, now: i64) -> bool {
        self.sent.bps(now) as f64 <= self.estimate.bps() * 1.1
    }

    fn acked_bps(&self) -> f64 {
        self.arrived.map_or(0, |at| self.acked.bps(at)) as f64
    }
}
