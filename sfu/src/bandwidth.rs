//! How much the line to one receiver carries: a sender-side estimate.
//!
//! ```text
//!  sent ───────> history ─┐
//!                         ├─> delay: does a queue stand? ─┐
//!  feedback (TWCC) ───────┤                               ├─> estimate
//!                         ├─> loss: more than the line's? ┤
//!                         ├─> acknowledged rate ──────────┤
//!  probe <──────────────> └─> probe: did a burst pass? ───┘
//! ```
//!
//! The frame is Google's congestion control (draft-ietf-rmcat-gcc-02): delay
//! tells of a queue before loss does, a decrease goes to 85 % of what arrives,
//! an increase is 8 % a second, bursts of padding find out what media do not
//! fill. What differs is for meetings on bad lines and busy machines:
//!
//! - A queue is what delays *every* packet of a quarter of a second
//!   ([`delay`]). Stalls of a machine, of Wi-Fi or of the feedback, and jitter,
//!   are none.
//! - Loss of up to a fifth decreases nothing, and beyond that only if less
//!   sending means less loss ([`loss`]).
//! - Little traffic proves little: when the media take less than half of the
//!   estimate, and all of it arrives, a queue halves the estimate at most.
//! - Silence is not loss: without feedback the estimate is held for 1.5 s and
//!   then halved every second; when the line is back, a burst at the former
//!   rate restores it.
//!
//! It begins at 1.5 Mbit/s: most offices have more, so that the stage is clear
//! from its first picture; a line that has less shows within a second, which
//! costs one short queue.
//!
//! Receivers without transport-wide feedback are estimated by their receiver
//! reports, within what their REMB allows, without bursts.
//!
//! No clock, no I/O, no allocation after [`Bandwidth::new`]; 16 kB a receiver.

mod delay;
mod feedback;
mod history;
#[cfg(test)]
mod line;
mod loss;
mod probe;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use delay::{Delay, Queue};
pub(crate) use feedback::MalformedFeedback;
use feedback::{DELTA_MICROS, Feedback, Status};
use history::History;
use loss::Loss;
use probe::{Prober, Verdict};

use crate::rate::{Buckets, micros};

/// The estimate for a line of which nothing is known, in bits a second.
const START: f64 = 1_500_000.0;
/// The estimate never goes below; audio is sent even then.
const LEAST: f64 = 30_000.0;
/// The estimate never goes above.
const MOST: f64 = 50_000_000.0;
/// What is left of the acknowledged rate after a decrease.
const DECREASE: f64 = 0.85;
/// Increase a second, and the same near the rate at which it last was too much.
const INCREASE: f64 = 0.08;
const INCREASE_NEAR_CEILING: f64 = 0.02;
/// The estimate goes no higher than this above what was seen to arrive, in
/// parts and bits a second.
const UNPROVED: f64 = 1.5;
const UNPROVED_BPS: f64 = 10_000.0;
/// So far above the rate at which it last was too much, that is history.
const BEYOND: f64 = 1.2;
/// A queue of this, in microseconds, is one,
const QUEUE: i64 = 30_000;
/// if it stands for this long and does not drain by this much, in microseconds
/// a second.
const QUEUE_FOR: i64 = 100_000;
const DRAINS: f64 = -30_000.0;
/// The effect of a decrease shows after a round trip and this, in microseconds.
const SETTLE: i64 = 350_000;
/// No feedback for this long is silence; each further step of it halves.
const SILENCE: i64 = 1_500_000;
const SILENCE_STEP: i64 = 1_000_000;
/// Decreases without any effect on the queue, after which the queue is taken
/// for somebody else's.
const FUTILE: u32 = 3;
/// A burst goes so far beyond what is wanted, lest it end just below.
const AMPLY: f64 = 1.1;
/// A burst after which packets come so much later, in microseconds, was beyond
/// what the line carries; less may be jitter.
const PLAIN_GROWTH: i64 = 40_000;
/// How long a REMB counts, in microseconds.
const REMB_FOR: i64 = 10_000_000;
/// How much later than at its best a round trip may be, where only receiver
/// reports tell, in microseconds.
const LATE: i64 = 120_000;

/// What a packet is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Media, and repairs that were asked for.
    Media,
    /// What [`Bandwidth::padding`] asked for.
    Padding,
}

/// What a feedback message said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FeedbackSummary {
    /// Packets that arrived.
    pub(crate) received: u32,
    /// Packets reported missing for the first time.
    pub(crate) missing: u32,
}

/// The estimator of the line to one receiver.
#[derive(Debug)]
pub(crate) struct Bandwidth {
    origin: Instant,
    history: History,
    sent: Buckets<10>,
    acked: Buckets<10>,
    /// The newest arrival, on the receiver's clock.
    arrived: Option<i64>,
    delay: Delay,
    loss: Loss,
    prober: Prober,
    estimate: f64,
    /// Something showed that the line carries about the estimate.
    proved: bool,
    /// The estimate before a silence, until a burst tells anew.
    formerly: Option<f64>,
    /// The rate at which it last was too much.
    ceiling: Option<f64>,
    increased_at: i64,
    decreased_at: Option<i64>,
    overused_since: Option<i64>,
    futile: Futile,
    reports: Reports,
    round_trip: i64,
    /// The newest packet of which anything was said, and by which message.
    reported: Option<u64>,
    number: Option<u8>,
    /// When the first packet after the last feedback was sent.
    unanswered: Option<i64>,
    silence: Option<Silence>,
}

/// Decreases that left the queue as it was.
#[derive(Debug, Default)]
struct Futile {
    count: u32,
    queue: i64,
}

/// The line does not answer.
#[derive(Debug)]
struct Silence {
    estimate_before: f64,
    halved_at: i64,
}

/// What receivers without transport-wide feedback tell.
#[derive(Debug, Default)]
struct Reports {
    remb: Option<(i64, f64)>,
    best_round_trip: Option<i64>,
    last: Option<i64>,
}

impl Bandwidth {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            origin: now,
            history: History::new(),
            sent: Buckets::new(),
            acked: Buckets::new(),
            arrived: None,
            delay: Delay::new(),
            loss: Loss::new(0),
            prober: Prober::new(),
            estimate: START,
            proved: false,
            formerly: None,
            ceiling: None,
            increased_at: 0,
            decreased_at: None,
            overused_since: None,
            futile: Futile::default(),
            reports: Reports::default(),
            round_trip: 100_000,
            reported: None,
            number: None,
            unanswered: None,
            silence: None,
        }
    }

    /// A packet of so many bytes goes out (all that the line carries of it:
    /// count the IP and UDP headers). Returns its transport-wide sequence
    /// number.
    pub(crate) fn sent(&mut self, now: Instant, bytes: usize, kind: Kind) -> u16 {
        let now = self.micros(now);
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        let seq = self.history.push(now, bytes);
        self.sent.add(now, u32::from(bytes));
        self.unanswered.get_or_insert(now);
        self.prober.sent(now, seq, bytes, kind == Kind::Padding);
        seq as u16
    }

    /// Transport-wide feedback came: its FCI, with or without RTCP padding
    /// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). A malformed
    /// one changes nothing.
    pub(crate) fn feedback(
        &mut self,
        now: Instant,
        fci: &[u8],
    ) -> Result<FeedbackSummary, MalformedFeedback> {
        let feedback = Feedback::parse(fci)?;
        let now = self.micros(now);
        let mut summary = FeedbackSummary::default();
        let Some(first) = self.history.extend(feedback.base()) else {
            return Ok(summary);
        };
        let mut found = 0;
        let mut arrival = feedback.reference(self.arrived);
        let mut seq = first;
        for status in feedback.statuses() {
            match status {
                Status::Missing(count) => {
                    summary.missing += self.history.missing(seq, count);
                    seq += u64::from(count);
                }
                Status::Received(delta) => {
                    arrival += i64::from(delta) * DELTA_MICROS;
                    if let Some(packet) = self.history.received(seq) {
                        found += i32::from(packet.was_missing);
                        summary.received += 1;
                        self.arrived(now, seq, packet, arrival);
                    }
                    seq += 1;
                }
            }
        }
        let newest = (seq - 1).min(self.history.next().saturating_sub(1));
        self.credit_lost_feedback(feedback.number(), first);
        self.reported = self.reported.max(Some(newest));
        self.number = Some(feedback.number());
        self.unanswered = None;
        if self.heard_again(now) {
            // What the silence took is not lost for want of bandwidth.
            self.take_verdict(now);
        } else {
            self.judge(now, summary, found);
        }
        Ok(summary)
    }

    /// A receiver report came: the fraction lost (RFC 3550 §6.4.1, of the worst
    /// or the sum of the streams; 0 to 1), and the round trip where it is
    /// known.
    pub(crate) fn report(&mut self, now: Instant, lost: f64, round_trip: Option<Duration>) {
        let now = self.micros(now);
        if let Some(round_trip) = round_trip {
            self.round_trip = micros(round_trip);
            let best = self.reports.best_round_trip.get_or_insert(self.round_trip);
            *best = self.round_trip.min(*best + *best / 50 + 500);
        }
        if self.reported.is_some() {
            return;
        }
        let since = self.reports.last.replace(now).map(|last| now - last);
        let sent = self.sent.bps(now) as f64;
        let late = self
            .reports
            .best_round_trip
            .is_some_and(|best| self.round_trip > best + LATE);
        let too_much = self.loss.window(now, lost, self.follows(now));
        let settled = self.settled(now);
        if (late || too_much) && settled {
            let acked = sent * (1.0 - lost);
            self.decrease(now, acked * DECREASE, acked);
            self.loss.learn(now + SETTLE);
        } else if !late
            && !self.loss.doubtful()
            && let Some(since) = since
        {
            self.increase(since, sent * (1.0 - lost));
        }
    }

    /// The receiver allows so many bits a second
    /// (draft-alvestrand-rmcat-remb-03). Counts only without transport-wide
    /// feedback, and for ten seconds.
    pub(crate) fn remb(&mut self, now: Instant, bps: u64) {
        self.reports.remb = Some((self.micros(now), bps as f64));
    }

    /// Time passes; to be called ten times a second or so.
    pub(crate) fn tick(&mut self, now: Instant) {
        let now = self.micros(now);
        self.take_verdict(now);
        if self.reports.remb.is_some_and(|(at, _)| now - at > REMB_FOR) {
            self.reports.remb = None;
        }
        let silent =
            self.reported.is_some() && self.unanswered.is_some_and(|since| now - since > SILENCE);
        if !silent {
            return;
        }
        let silence = self.silence.get_or_insert(Silence {
            estimate_before: self.estimate,
            halved_at: now - SILENCE_STEP,
        });
        if now - silence.halved_at >= SILENCE_STEP {
            silence.halved_at = now;
            self.estimate = (self.estimate / 2.0).max(LEAST);
        }
    }

    /// What the line carries, in bits a second.
    pub(crate) fn estimate(&self) -> u64 {
        let cap = match self.reports.remb {
            Some((_, bps)) if self.reported.is_none() => bps,
            Some(_) | None => MOST,
        };
        self.estimate.min(cap).max(LEAST) as u64
    }

    /// How many bytes of padding (or of packets repeated) to send now, to find
    /// out whether the line carries `wanted_bps`; mostly none. To be asked as
    /// often as [`Self::tick`], and every 5 to 10 ms while [`Self::bursts`].
    pub(crate) fn padding(&mut self, now: Instant, wanted_bps: u64) -> usize {
        let now = self.micros(now);
        if let Some(rate) = self.worth_a_burst(now, wanted_bps) {
            let ceiling = self.ceiling.unwrap_or(self.estimate);
            self.prober.begin(now, rate, ceiling);
        }
        self.prober.due(now)
    }

    /// Whether padding is being sent.
    pub(crate) fn bursts(&self) -> bool {
        self.prober.bursts()
    }

    fn worth_a_burst(&self, now: i64, wanted_bps: u64) -> Option<u64> {
        let wanted = (wanted_bps as f64).min(MOST);
        let queue = self.delay.queue();
        if self.reported.is_none()
            || self.silence.is_some()
            || self.loss.learns(now)
            || self.decreased_at.is_some_and(|at| now - at < 2 * SETTLE)
            || queue.is_some_and(|queue| queue.standing > QUEUE / 2)
            || self.proved && wanted <= self.estimate
        {
            return None;
        }
        let dare = if self.proved {
            self.estimate * 2.0
        } else {
            self.estimate
        };
        let rate = (wanted * AMPLY).min(dare.max(self.formerly.unwrap_or(0.0))) as u64;
        // What the media fill shows by itself.
        (self.sent.bps(now) < rate * 9 / 10).then_some(rate)
    }

    fn arrived(&mut self, now: i64, seq: u64, packet: history::Arrived, arrival: i64) {
        self.acked.add(arrival, u32::from(packet.bytes));
        self.delay.add(packet.at, arrival - packet.at);
        self.prober.received(seq, packet.at, arrival, packet.bytes);
        if self.arrived.is_none_or(|newest| arrival > newest) {
            self.arrived = Some(arrival);
        }
        if self.reported.is_none_or(|newest| seq > newest) {
            let round_trip = now - packet.at;
            self.round_trip += (round_trip - self.round_trip) / 32;
        }
    }

    /// A feedback message that was lost on its way took with it what arrived:
    /// its packets count as acknowledged, lest the rate seem to fall.
    fn credit_lost_feedback(&mut self, number: u8, first: u64) {
        let (Some(before), Some(reported), Some(arrived)) =
            (self.number, self.reported, self.arrived)
        else {
            return;
        };
        let lost = number.wrapping_sub(before).wrapping_sub(1);
        let gap = u16::try_from(first.saturating_sub(reported + 1)).unwrap_or(u16::MAX);
        if self.silence.is_none() && (1..20).contains(&lost) && gap > 0 {
            let bytes = self.history.unreported_bytes(reported + 1, gap);
            self.acked.add(
                arrived,
                (f64::from(bytes) * (1.0 - self.loss.expected())) as u32,
            );
        }
    }

    /// Whether this ends a silence.
    fn heard_again(&mut self, now: i64) -> bool {
        let Some(silence) = self.silence.take() else {
            return false;
        };
        self.delay.pause();
        self.loss.close(now);
        self.acked.clear();
        self.overused_since = None;
        self.increased_at = now;
        self.formerly = Some(silence.estimate_before);
        self.prober.hurry();
        true
    }

    /// What the feedback means for the estimate.
    fn judge(&mut self, now: i64, summary: FeedbackSummary, found: i32) {
        let follows = self.follows(now);
        let missing = i32::try_from(summary.missing).unwrap_or(i32::MAX) - found;
        let too_much_loss = self.loss.add(now, summary.received, missing, follows);
        self.take_verdict(now);
        let acked = self.acked_bps();
        if acked > DECREASE * self.estimate {
            self.proved = true;
        }
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
        let since = std::mem::replace(&mut self.increased_at, now);
        let doubt = self.loss.learns(now) || self.loss.doubtful() || self.prober.inflates(now);
        if calm && self.settled(now) && !doubt {
            self.increase(now - since, acked);
        }
    }

    fn judge_queue(&mut self, now: i64, queue: Queue, acked: f64) {
        let sent = self.sent.bps(now) as f64;
        let evident = sent > acked * 1.3 || sent > self.estimate / 2.0;
        let stands = queue.standing > if evident { QUEUE } else { 3 * QUEUE };
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
            (acked * DECREASE).max(self.estimate / 2.0)
        };
        self.decrease(now, to, acked);
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

    fn take_verdict(&mut self, now: i64) {
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
                self.proved = true;
                let bps = bps as f64;
                if self.surprising(bps) && !deep {
                    self.prober.doubted(now);
                } else {
                    self.ceiling = self.ceiling.filter(|_| !self.surprising(bps));
                    if bps > self.estimate {
                        self.estimate = bps;
                        self.prober.believed(now);
                    } else {
                        self.prober.vain(now);
                    }
                }
            }
            Some(Verdict::Full {
                bps: Some(bps),
                growth,
            }) => {
                let bps = bps as f64;
                if !self.proved {
                    if growth > PLAIN_GROWTH && bps < self.estimate {
                        let to = bps.max(self.acked_bps() * DECREASE);
                        self.decrease(now, to, bps);
                    }
                } else if self.surprising(bps) {
                    self.prober.doubted(now);
                } else {
                    self.estimate = bps.max(self.estimate);
                    if growth > PLAIN_GROWTH {
                        self.ceiling = Some(bps);
                    }
                }
                self.proved = true;
            }
            Some(Verdict::Full { bps: None, .. } | Verdict::Unclear) | None => {}
        }
    }

    /// Whether a burst passed at a rate that was too much before: a short one
    /// may have been no more than a shaper's credit.
    fn surprising(&self, bps: f64) -> bool {
        self.ceiling.is_some_and(|ceiling| bps > ceiling * BEYOND)
    }

    fn increase(&mut self, micros: i64, acked: f64) {
        if self
            .ceiling
            .is_some_and(|ceiling| self.estimate > ceiling * BEYOND)
        {
            self.ceiling = None;
        }
        let near = self.ceiling.filter(|ceiling| self.estimate > ceiling * 0.8);
        let a_second = if near.is_some() {
            INCREASE_NEAR_CEILING
        } else {
            INCREASE
        };
        let to = self.estimate * (1.0 + a_second * micros.min(1_000_000) as f64 / 1e6);
        let mut proved = acked * UNPROVED + UNPROVED_BPS;
        if let Some(ceiling) = near {
            proved = proved.min(ceiling.max(acked * BEYOND));
        }
        self.estimate = to.min(proved).max(self.estimate).min(MOST);
    }

    fn decrease(&mut self, now: i64, to: f64, ceiling: f64) {
        if to < self.estimate {
            self.estimate = to.max(LEAST);
        }
        self.ceiling = Some(ceiling);
        self.proved = true;
        self.decreased_at = Some(now);
        self.overused_since = None;
    }

    /// Whether the last decrease has had its effect.
    fn settled(&self, now: i64) -> bool {
        self.decreased_at
            .is_none_or(|at| now - at > self.round_trip + SETTLE)
    }

    /// Whether the sender keeps to the estimate.
    fn follows(&self, now: i64) -> bool {
        self.sent.bps(now) as f64 <= self.estimate * 1.1
    }

    fn acked_bps(&self) -> f64 {
        self.arrived.map_or(0, |at| self.acked.bps(at)) as f64
    }

    fn micros(&self, now: Instant) -> i64 {
        micros(now.duration_since(self.origin))
    }
}
