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
//! A peer calls [`Bandwidth::sent`] for every packet that leaves, passes on
//! what comes back, and asks [`Bandwidth::padding`] what to send beside the
//! media (as repeated packets, RFC 4588, or as padding).
//!
//! No clock, no I/O, no allocation after [`Bandwidth::new`]; 16 kB a receiver.

mod delay;
mod estimate;
mod feedback;
mod history;
mod judge;
#[cfg(test)]
mod line;
mod loss;
mod probe;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod watching;

use std::time::{Duration, Instant};

use delay::Delay;
use estimate::{DECREASE, Estimate, LEAST, MOST};
pub(crate) use feedback::MalformedFeedback;
use feedback::{DELTA_MICROS, Feedback, Status};
use history::History;
use judge::{Futile, SETTLE};
use loss::Loss;
use probe::Prober;

use crate::rate::{Buckets, micros};

/// No feedback for this long is silence; each further step of it halves.
const SILENCE: i64 = 1_500_000;
const SILENCE_STEP: i64 = 1_000_000;
/// A longer round trip is taken for so long, in microseconds.
const LONGEST_ROUND_TRIP: i64 = 3_000_000;
/// The receiver's clock does not leap by this, in microseconds; if so, it is
/// another.
const OTHER_CLOCK: i64 = 10_000_000;
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
    estimate: Estimate,
    /// The estimate before a silence, until a burst tells anew.
    formerly: Option<f64>,
    overused_since: Option<i64>,
    /// The last decrease was to an acknowledged rate that may still fall.
    refining: bool,
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
            estimate: Estimate::new(),
            formerly: None,
            overused_since: None,
            refining: false,
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
                    self.prober.missing(seq, count);
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
            self.round_trip = micros(round_trip).min(LONGEST_ROUND_TRIP);
            let best = self.reports.best_round_trip.get_or_insert(self.round_trip);
            *best = self.round_trip.min(*best + *best / 50 + 500);
        }
        if self.reported.is_some() {
            return;
        }
        let sent = self.sent.bps(now) as f64;
        let late = self
            .reports
            .best_round_trip
            .is_some_and(|best| self.round_trip > best + LATE);
        let too_much = self.loss.report(now, lost, self.follows(now));
        let settled = self.settled(now);
        if (late || too_much) && settled {
            let acked = sent * (1.0 - lost);
            self.decrease(now, acked * DECREASE, acked);
            self.loss.learn(now + SETTLE);
        } else if !late && !self.loss.doubtful() {
            self.estimate.increase(now, sent * (1.0 - lost));
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
            estimate_before: self.estimate.bps(),
            halved_at: now - SILENCE_STEP,
        });
        if now - silence.halved_at >= SILENCE_STEP {
            silence.halved_at = now;
            self.estimate.halve();
        }
    }

    /// What the line carries, in bits a second.
    pub(crate) fn estimate(&self) -> u64 {
        let cap = match self.reports.remb {
            Some((_, bps)) if self.reported.is_none() => bps,
            Some(_) | None => MOST,
        };
        self.estimate.bps().min(cap).max(LEAST) as u64
    }

    /// How many bytes of padding (or of packets repeated) to send now, to find
    /// out whether the line carries `wanted_bps`; mostly none. To be asked as
    /// often as [`Self::tick`], and every 5 to 10 ms while [`Self::bursts`].
    pub(crate) fn padding(&mut self, now: Instant, wanted_bps: u64) -> usize {
        let now = self.micros(now);
        if let Some(rate) = self.worth_a_burst(now, wanted_bps) {
            self.prober.begin(now, rate, self.estimate.ceiling());
        }
        self.prober.due(now)
    }

    /// Whether padding is being sent.
    pub(crate) fn bursts(&self) -> bool {
        self.prober.bursts()
    }

    fn arrived(&mut self, now: i64, seq: u64, packet: history::Arrived, arrival: i64) {
        if self
            .arrived
            .is_some_and(|newest| (arrival - newest).abs() > OTHER_CLOCK)
        {
            self.acked.clear();
            self.arrived = None;
        }
        self.acked.add(arrival, u32::from(packet.bytes));
        self.delay.add(packet.at, arrival - packet.at);
        self.prober.received(seq, packet.at, arrival, packet.bytes);
        if self.arrived.is_none_or(|newest| arrival > newest) {
            self.arrived = Some(arrival);
        }
        if self.reported.is_none_or(|newest| seq > newest) {
            let round_trip = (now - packet.at).min(LONGEST_ROUND_TRIP);
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
        self.estimate.hold(now);
        self.formerly = Some(silence.estimate_before);
        self.prober.hurry();
        true
    }

    fn micros(&self, now: Instant) -> i64 {
        micros(now.duration_since(self.origin))
    }
}
