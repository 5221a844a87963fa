//! Short bursts that find out whether the line carries more.
//!
//! A burst is a stretch of sending time in which padding is added to the media
//! until both together go out at the wanted rate. Everything sent in it is
//! measured, media too: it passed if it came out nearly as fast as it went in
//! and the delay did not grow.
//!
//! After a burst that passed the next may follow at once, so that a line that
//! came free is filled within a second or two; after failures they become rare.
//!
//! A token bucket (as most shapers are) lets a short burst through at any rate.
//! So a line that was narrow a moment ago is believed to have become wide only
//! when a *deep* burst passes, one that empties the bucket; and the next burst
//! is deep when a queue forms soon after one passed. A deep burst ends as soon
//! as the delay is seen to grow.

/// A burst lasts at least so many microseconds: jitter of a third of it still
/// tells something;
const SHORTEST: i64 = 40_000;
/// and no longer than this.
const LONGEST: i64 = 800_000;
/// Bytes of the shortest burst: five packets.
const SHALLOW: i64 = 5_000;
/// What a deep one takes out of the bucket: 16 kB and something to notice, even
/// where a part of it is lost.
const DEEP: f64 = 26_000.0;
/// Padding is sent ahead by this many microseconds,
const AHEAD: i64 = 5_000;
/// and not in smaller portions than this many bytes.
const PORTION: i64 = 300;
/// What is late is waited for by this many microseconds.
const OVERTIME: i64 = 20_000;
/// The pause after this many failures in a row, in microseconds.
const PAUSES: [i64; 4] = [300_000, 1_500_000, 3_000_000, 4_000_000];
/// The pause after a burst that passed and told nothing new.
const VAIN: i64 = 3_000_000;
/// A burst that passed is disproved by a queue within this time.
const ON_TRIAL: i64 = 2_500_000;
/// Came out at this part of the speed it went in with: passed.
const NEARLY: f64 = 0.85;
/// By how much the delay may grow in a burst, in microseconds.
const GROWTH: i64 = 20_000;
/// A delay that grows by so much is no jitter, in microseconds,
const PLAIN_GROWTH: i64 = 40_000;
/// when so many packets were held up.
const MANY: u32 = 5;
/// The queue that a burst leaves behind drains within this time.
const AFTERMATH: i64 = 300_000;
/// Padding is in the acknowledged rate for this time after that.
const INFLATES: i64 = 500_000;
/// How long to wait for a burst's feedback, in microseconds beside two round
/// trips.
const PATIENCE: i64 = 1_000_000;

/// What a burst showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The line carries this.
    Passed(u64),
    /// It carries no more than `bps`, if that could be told; `plainly` so if
    /// packets queued.
    Full { bps: Option<u64>, plainly: bool },
    /// Nothing.
    Unclear,
}

#[derive(Debug)]
struct Burst {
    rate: i64,
    deep: bool,
    begun: i64,
    ends: i64,
    closed: bool,
    first: Option<u64>,
    last: u64,
    sent: Span,
    arrived: Span,
    /// Of those that arrived, the ones that had queued.
    queued: Span,
    missing: u32,
    lowest_delay: i64,
    last_delays: [i64; 4],
}

/// Bytes over a stretch of time.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    from: i64,
    to: i64,
    bytes: u32,
    packets: u32,
    first: u16,
    last: u16,
}

impl Span {
    fn add(&mut self, at: i64, bytes: u16) {
        if self.packets == 0 || at < self.from {
            (self.from, self.first) = (at, bytes);
        }
        if self.packets == 0 || at >= self.to {
            (self.to, self.last) = (at, bytes);
        }
        self.bytes += u32::from(bytes);
        self.packets += 1;
    }

    /// Bits a second of all but one packet: n packets have n - 1 gaps.
    fn bps_without(&self, one: u16) -> f64 {
        f64::from(self.bytes - u32::from(one)) * 8e6 / (self.to - self.from).max(1) as f64
    }
}

/// When to send which burst, and what it showed.
#[derive(Debug)]
pub(super) struct Prober {
    burst: Option<Burst>,
    not_before: i64,
    failures: usize,
    deep: bool,
    passed_at: Option<i64>,
    calm_from: i64,
}

impl Prober {
    pub(super) fn new() -> Self {
        Self {
            burst: None,
            not_before: 0,
            failures: 0,
            deep: false,
            passed_at: None,
            calm_from: 0,
        }
    }

    /// Begins a burst at `rate` bits a second if it is time for one. The line
    /// is thought to carry `ceiling`.
    pub(super) fn begin(&mut self, now: i64, rate: u64, ceiling: f64) {
        if self.burst.is_some() || now < self.not_before {
            return;
        }
        let bytes = if self.deep {
            // The bucket fills while it is emptied.
            let times = (rate as f64 / ceiling).max(1.2);
            (DEEP * times / (times - 1.0)) as i64
        } else {
            SHALLOW
        };
        let rate = rate.max(1).cast_signed();
        self.burst = Some(Burst {
            rate,
            deep: self.deep,
            begun: now,
            ends: now + (bytes * 8_000_000 / rate).clamp(SHORTEST, LONGEST),
            closed: false,
            first: None,
            last: 0,
            sent: Span::default(),
            arrived: Span::default(),
            queued: Span::default(),
            missing: 0,
            lowest_delay: i64::MAX,
            last_delays: [i64::MAX; 4],
        });
    }

    /// Whether a burst goes on.
    pub(super) fn bursts(&self) -> bool {
        self.burst.as_ref().is_some_and(|burst| !burst.closed)
    }

    /// Whether the burst, past or present, is a deep one.
    pub(super) fn is_deep(&self) -> bool {
        self.burst.as_ref().is_some_and(|burst| burst.deep)
    }

    /// How many bytes of padding are due.
    pub(super) fn due(&mut self, now: i64) -> usize {
        let Some(burst) = self.burst.as_mut().filter(|burst| !burst.closed) else {
            return 0;
        };
        let until = (now + AHEAD).min(burst.ends) - burst.begun;
        let due = burst.rate * until / 8_000_000 - i64::from(burst.sent.bytes);
        if due < PORTION {
            burst.closed = now >= burst.ends;
            return 0;
        }
        usize::try_from(due).unwrap_or(0)
    }

    /// A packet went out.
    pub(super) fn sent(&mut self, now: i64, seq: u64, bytes: u16, padding: bool) {
        let Some(burst) = self.burst.as_mut().filter(|burst| !burst.closed) else {
            return;
        };
        if !padding && (burst.first.is_none() || now > burst.ends) {
            return;
        }
        burst.first.get_or_insert(seq);
        burst.last = seq;
        burst.sent.add(now, bytes);
        self.calm_from = now + AFTERMATH;
    }

    /// A packet arrived.
    pub(super) fn received(&mut self, seq: u64, sent_at: i64, arrived_at: i64, bytes: u16) {
        let Some(burst) = &mut self.burst else {
            return;
        };
        let Some(first) = burst.first else {
            return;
        };
        if (first..=burst.last).contains(&seq) {
            burst.arrived.add(arrived_at, bytes);
            let delay = arrived_at - sent_at;
            burst.lowest_delay = burst.lowest_delay.min(delay);
            if delay - burst.lowest_delay > GROWTH {
                burst.queued.add(arrived_at, bytes);
            }
            burst.last_delays.rotate_left(1);
            burst.last_delays[3] = delay;
            burst.closed |= burst.deep && burst.growth() > GROWTH;
        }
    }

    /// Packets were reported missing.
    pub(super) fn missing(&mut self, first: u64, count: u16) {
        if let Some(burst) = &mut self.burst
            && let Some(begin) = burst.first
        {
            let end = (first + u64::from(count)).min(burst.last + 1);
            burst.missing += u32::try_from(end.saturating_sub(first.max(begin))).unwrap_or(0);
        }
    }

    /// Whether what was acknowledged by now has padding in it.
    pub(super) fn inflates(&self, now: i64) -> bool {
        now < self.calm_from + INFLATES
    }

    /// Whether packets sent at this time stand behind a burst.
    pub(super) fn disturbs(&self, sent_at: i64) -> bool {
        sent_at < self.calm_from
    }

    /// What the burst showed, once all of it was reported on (`reported` is the
    /// newest packet that was), or it is not to be hoped for any more. A part
    /// of `lossy` goes missing on this line at all times.
    pub(super) fn verdict(
        &mut self,
        now: i64,
        reported: Option<u64>,
        lossy: f64,
        round_trip: i64,
    ) -> Option<Verdict> {
        let burst = self.burst.as_mut()?;
        burst.closed |= now > burst.ends + OVERTIME;
        let complete = burst.closed && burst.first.is_some() && reported >= Some(burst.last);
        let verdict = if complete {
            burst.verdict(lossy)
        } else if now - burst.ends > PATIENCE + 2 * round_trip {
            Verdict::Full {
                bps: None,
                plainly: false,
            }
        } else {
            return None;
        };
        self.deep &= !burst.deep;
        self.burst = None;
        match verdict {
            Verdict::Full { .. } => self.failures += 1,
            Verdict::Passed(_) | Verdict::Unclear => {}
        }
        self.wait(now);
        Some(verdict)
    }

    /// A burst passed, and the line is taken to carry that much.
    pub(super) fn believed(&mut self, now: i64) {
        self.failures = 0;
        self.passed_at = Some(now);
        self.not_before = now + PAUSES[0];
    }

    /// A short burst passed that is hard to believe: the next is a deep one.
    pub(super) fn doubted(&mut self, now: i64) {
        self.deep = true;
        self.not_before = now + PAUSES[0];
    }

    /// A burst passed, and told nothing new.
    pub(super) fn vain(&mut self, now: i64) {
        self.not_before = now + VAIN;
    }

    /// A queue stands in the line.
    pub(super) fn overused(&mut self, now: i64) {
        if let Some(at) = self.passed_at.take()
            && now - at < ON_TRIAL
        {
            self.deep = true;
            self.failures += 2;
        }
        self.wait(now);
    }

    /// The line was cut and is back: look at once.
    pub(super) fn hurry(&mut self) {
        self.burst = None;
        self.failures = 0;
        self.not_before = 0;
        self.passed_at = None;
    }

    fn wait(&mut self, now: i64) {
        let pause = PAUSES[self.failures.min(PAUSES.len() - 1)];
        self.not_before = self.not_before.max(now + pause);
    }
}

impl Burst {
    /// By how much the delay grew: how far the last few packets are from the
    /// fastest.
    fn growth(&self) -> i64 {
        let last = self.last_delays.iter().copied().min().unwrap_or(i64::MAX);
        if last == i64::MAX {
            return 0;
        }
        last - self.lowest_delay
    }

    fn verdict(&self, lossy: f64) -> Verdict {
        let growth = self.growth();
        let rate = self.rate as f64;
        let whole = 1.0 - lossy;
        let arrived = self.arrived.bps_without(self.arrived.first) / whole;
        let full = |told: bool| {
            let lasted = self.queued.to - self.queued.from;
            let plainly =
                growth > PLAIN_GROWTH && self.queued.packets >= MANY && lasted > SHORTEST / 2;
            let bps = if plainly {
                // The shaper's credit is used up: this is its rate.
                Some(self.queued.bps_without(self.queued.first) / whole)
            } else {
                told.then_some(arrived)
            };
            Verdict::Full {
                bps: bps.map(|bps| (bps.min(rate) * 0.95) as u64),
                plainly,
            }
        };
        let told = self.arrived.packets + self.missing;
        if told < self.sent.packets * 3 / 4 {
            // Feedback was lost.
            return Verdict::Unclear;
        }
        let grows = growth > GROWTH;
        if self.arrived.packets < 3 || self.deep && grows {
            return full(false);
        }
        let arrived_part = f64::from(self.arrived.bytes) / f64::from(self.sent.bytes.max(1));
        let sent = self.sent.bps_without(self.sent.last);
        if arrived_part < 0.7 * whole {
            return full(arrived < sent);
        }
        if arrived > sent * 2.0 {
            return Verdict::Unclear;
        }
        if arrived < sent.min(rate) * NEARLY {
            return full(true);
        }
        if grows {
            return full(false);
        }
        let took = (self.ends - self.begun).max(self.sent.to - self.sent.from);
        let sent = f64::from(self.sent.bytes) * 8e6 / took as f64;
        Verdict::Passed(sent.min(rate) as u64)
    }
}
