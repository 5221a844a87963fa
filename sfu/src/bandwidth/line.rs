//! A line and what is at its ends, simulated in virtual time: seeded, without
//! clock or socket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::watching::Watching;
use super::{Bandwidth, Kind};
use crate::rate::RateMeter;

/// SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub(super) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// What the line is like now. Times in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions {
    pub(super) rate_bps: f64,
    /// Credit of the shaper, in bytes.
    pub(super) bucket: f64,
    /// What waits longer is dropped.
    pub(super) queue: f64,
    pub(super) delay: f64,
    pub(super) jitter: f64,
    /// Both ways.
    pub(super) loss: f64,
    pub(super) cut: bool,
    /// Every so often, for so long, nothing moves at the receiver.
    pub(super) stalls: Option<(f64, f64)>,
    /// The same at the server.
    pub(super) server_stalls: Option<(f64, f64)>,
}

pub(super) const FREE: Conditions = Conditions {
    rate_bps: 100e6,
    bucket: 0.0,
    queue: 400.0,
    delay: 15.0,
    jitter: 1.0,
    loss: 0.0,
    cut: false,
    stalls: None,
    server_stalls: None,
};

pub(super) fn narrow(kbps: f64) -> Conditions {
    Conditions {
        rate_bps: kbps * 1e3,
        ..FREE
    }
}

/// How the sender follows the estimate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Video {
    None,
    /// An encoder that sends what it may, up to so many bits a second.
    Elastic(f64),
    /// The largest layer that fits, switched a fifth of a second later.
    Layers(&'static [f64]),
    /// A whole meeting, as [`World::watching`] has it.
    Meeting,
}

pub(super) struct Sample {
    pub(super) at: f64,
    pub(super) estimate: f64,
    /// Delay above the propagation, in milliseconds; of the last packet.
    pub(super) queued: f64,
    pub(super) video: f64,
}

/// A sender with its [`Bandwidth`], a line, a receiver.
pub(super) struct World {
    pub(super) bandwidth: Bandwidth,
    pub(super) line: Conditions,
    pub(super) video: Video,
    /// Whether the receiver gives transport-wide feedback.
    pub(super) twcc: bool,
    /// How often, in milliseconds.
    pub(super) feedback_every: u64,
    pub(super) samples: Vec<Sample>,
    pub(super) bursts: Vec<f64>,
    pub(super) watching: Watching,
    start: Instant,
    ms: f64,
    random: Random,
    /// When the shaper will have earned what it let through.
    due: f64,
    last_arrival: f64,
    on_the_way: VecDeque<(f64, u16)>,
    feedback: VecDeque<(f64, Vec<u8>)>,
    receiver: Receiver,
    layer: (usize, f64, usize),
    debt: f64,
    forwarded: u64,
    sent_rate: RateMeter,
    queued: f64,
}

impl World {
    pub(super) fn new(line: Conditions, video: Video) -> Self {
        let start = Instant::now();
        Self {
            bandwidth: Bandwidth::new(start),
            line,
            video,
            twcc: true,
            feedback_every: 100,
            samples: Vec::new(),
            bursts: Vec::new(),
            watching: Watching::new(start),
            start,
            ms: 0.0,
            random: Random(7),
            due: 0.0,
            last_arrival: 0.0,
            on_the_way: VecDeque::new(),
            feedback: VecDeque::new(),
            receiver: Receiver::default(),
            layer: (0, 0.0, 0),
            debt: 0.0,
            forwarded: 0,
            sent_rate: RateMeter::new(start),
            queued: 0.0,
        }
    }

    pub(super) fn seed(mut self, seed: u64) -> Self {
        self.random = Random(seed);
        self
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_micros((self.ms * 1e3) as u64)
    }

    pub(super) fn seconds(&self) -> f64 {
        self.ms / 1e3
    }

    /// The line is like this from now on.
    pub(super) fn becomes(&mut self, line: Conditions) {
        let backlog = (self.due - self.ms).max(0.0) * self.line.rate_bps;
        self.due = self.ms + backlog / line.rate_bps;
        self.line = line;
        println!("-- {:.1} s: {line:?}", self.seconds());
    }

    pub(super) fn run(&mut self, seconds: f64) {
        let until = self.ms + seconds * 1e3;
        while self.ms < until {
            self.ms += 1.0;
            if stalled(self.line.server_stalls, self.ms) > self.ms {
                continue;
            }
            self.deliver();
            // What came during a stall leaves all at once.
            for ms in self.forwarded + 1..=self.ms as u64 {
                self.forward(ms);
            }
            self.forwarded = self.ms as u64;
            let ms = self.ms as u64;
            if ms.is_multiple_of(10) {
                self.bandwidth.tick(self.now());
                self.pad();
            }
            if ms.is_multiple_of(100) {
                let (now, estimate) = (self.now(), self.bandwidth.estimate());
                if let Video::Meeting = self.video {
                    self.debt += self.watching.divide(now, estimate);
                }
                self.sample();
            }
        }
    }

    fn wanted(&self) -> f64 {
        match self.video {
            Video::None => 1_500e3,
            Video::Elastic(most) => most * 1.2,
            Video::Layers(layers) => layers.last().unwrap() * 1.2,
            Video::Meeting => self.watching.wanted_bps() as f64,
        }
    }

    fn pad(&mut self) {
        let before = self.bandwidth.bursts();
        let mut due = self.bandwidth.padding(self.now(), self.wanted() as u64);
        if self.bandwidth.bursts() && !before {
            self.bursts.push(self.seconds());
            println!("   {:.2} s: a burst", self.seconds());
        }
        while due > 0 {
            let bytes = due.min(1_000);
            due -= bytes;
            self.packet(bytes, Kind::Padding);
        }
    }

    /// What the publishers sent in this millisecond.
    fn forward(&mut self, ms: u64) {
        if ms.is_multiple_of(20) {
            self.packet(120, Kind::Media);
        }
        if ms.is_multiple_of(33) {
            let rate = self.video_rate();
            self.debt += rate * 0.033 / 8.0 * (0.8 + 0.4 * self.random.part());
        }
        while self.debt >= 1_100.0 || (self.debt > 300.0 && ms % 33 == 8) {
            let bytes = self.debt.min(1_100.0);
            self.debt -= bytes;
            self.packet(bytes as usize, Kind::Media);
            if ms % 33 < 8 {
                break;
            }
        }
    }

    fn video_rate(&mut self) -> f64 {
        let estimate = self.bandwidth.estimate() as f64 - 50e3;
        match self.video {
            Video::None => 0.0,
            Video::Elastic(most) => most.min(estimate * 0.97).max(0.0),
            Video::Meeting => self.watching.video_bps(),
            Video::Layers(layers) => {
                let (now, since, next) = self.layer;
                let fits = layers
                    .iter()
                    .enumerate()
                    .filter(|(at, rate)| **rate * if *at < now { 1.0 } else { 1.15 } <= estimate)
                    .count();
                if fits != next {
                    self.layer = (now, self.ms, fits);
                } else if next != now && self.ms - since >= 200.0 {
                    self.layer.0 = next;
                    // It begins with a keyframe.
                    self.debt += next.checked_sub(1).map_or(0.0, |at| layers[at]) * 0.25 / 8.0;
                }
                self.layer.0.checked_sub(1).map_or(0.0, |at| layers[at])
            }
        }
    }

    fn packet(&mut self, bytes: usize, kind: Kind) {
        let now = self.now();
        let seq = self.bandwidth.sent(now, bytes, kind);
        self.sent_rate.add(now, bytes);
        let line = self.line;
        if line.cut || self.random.part() < line.loss {
            return;
        }
        let credit = line.bucket * 8e3 / line.rate_bps;
        let due = self.due.max(self.ms) + bytes as f64 * 8e3 / line.rate_bps;
        let departs = (due - credit).max(self.ms);
        if departs - self.ms > line.queue {
            return;
        }
        self.due = due;
        self.queued = departs - self.ms;
        let jitter = line.jitter * (2.0 * self.random.part() - 1.0);
        let arrives = stalled(line.stalls, departs + line.delay + jitter);
        self.last_arrival = self.last_arrival.max(arrives);
        self.on_the_way.push_back((self.last_arrival, seq));
    }

    fn deliver(&mut self) {
        while self
            .on_the_way
            .front()
            .is_some_and(|(at, _)| *at <= self.ms)
        {
            let (at, seq) = self.on_the_way.pop_front().unwrap();
            self.receiver.got(at, seq);
        }
        let ms = self.ms as u64;
        if self.twcc
            && ms.is_multiple_of(self.feedback_every)
            && let Some(fci) = self.receiver.feedback()
            && !self.line.cut
            && self.random.part() >= self.line.loss
        {
            let at = stalled(self.line.stalls, self.ms + self.line.delay);
            self.feedback.push_back((at, fci));
        }
        if !self.twcc && ms.is_multiple_of(1_000) {
            let round_trip =
                Duration::from_micros((self.queued * 1e3 + 2e3 * self.line.delay) as u64);
            let lost = self.receiver.lost();
            self.bandwidth.report(self.now(), lost, Some(round_trip));
        }
        while self.feedback.front().is_some_and(|(at, _)| *at <= self.ms) {
            let (_, fci) = self.feedback.pop_front().unwrap();
            self.bandwidth.feedback(self.now(), &fci).unwrap();
        }
    }

    fn sample(&mut self) {
        let sample = Sample {
            at: self.seconds(),
            estimate: self.bandwidth.estimate() as f64,
            queued: self.queued,
            video: match self.video {
                Video::Layers(layers) => self.layer.0.checked_sub(1).map_or(0.0, |at| layers[at]),
                Video::None | Video::Elastic(_) | Video::Meeting => {
                    self.sent_rate.bps(self.now()) as f64
                }
            },
        };
        if self.samples.len().is_multiple_of(5) {
            println!(
                "{:6.1} s  estimate {:5.0}  sent {:5.0} kbit/s  queued {:4.0} ms  loss {:.2} | {:?}",
                sample.at,
                sample.estimate / 1e3,
                self.sent_rate.bps(self.now()) as f64 / 1e3,
                sample.queued,
                self.bandwidth.loss.expected(),
                self.bandwidth
                    .delay
                    .queue()
                    .map(|q| (q.standing / 1000, q.slope as i64 / 1000)),
            );
        }
        self.samples.push(sample);
    }

    /// The samples between two times, in seconds.
    pub(super) fn between(&self, from: f64, to: f64) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.at >= from && sample.at <= to)
    }

    pub(super) fn lowest(&self, from: f64, to: f64) -> f64 {
        self.between(from, to)
            .map(|s| s.estimate)
            .fold(f64::MAX, f64::min)
    }

    pub(super) fn highest(&self, from: f64, to: f64) -> f64 {
        self.between(from, to)
            .map(|s| s.estimate)
            .fold(0.0, f64::max)
    }

    pub(super) fn mean(&self, from: f64, to: f64, of: impl Fn(&Sample) -> f64) -> f64 {
        let values: Vec<f64> = self.between(from, to).map(of).collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// Seconds from `from` until it holds.
    pub(super) fn after(&self, from: f64, holds: impl Fn(&Sample) -> bool) -> f64 {
        self.samples
            .iter()
            .find(|s| s.at >= from && holds(s))
            .map_or(f64::MAX, |s| s.at - from)
    }
}

/// When what comes at `at` is looked at.
fn stalled(stalls: Option<(f64, f64)>, at: f64) -> f64 {
    match stalls {
        Some((every, long)) if at % every < long => at - at % every + long,
        Some(_) | None => at,
    }
}

/// Collects arrivals and reports them as libwebrtc does.
#[derive(Default)]
pub(super) struct Receiver {
    arrivals: Vec<(u64, f64)>,
    newest: u64,
    next: u64,
    number: u8,
    reported: (u64, u64),
    got: u64,
}

impl Receiver {
    pub(super) fn got(&mut self, at: f64, seq: u16) {
        let ahead = i64::from(seq.wrapping_sub(self.newest as u16).cast_signed());
        let seq = self.newest.saturating_add_signed(ahead);
        self.newest = self.newest.max(seq);
        self.got += 1;
        self.arrivals.push((seq, at));
    }

    /// The fraction lost since the last call.
    fn lost(&mut self) -> f64 {
        let (newest, got) = std::mem::replace(&mut self.reported, (self.newest, self.got));
        let expected = (self.newest - newest).max(1) as f64;
        1.0 - ((self.got - got) as f64 / expected).min(1.0)
    }

    pub(super) fn feedback(&mut self) -> Option<Vec<u8>> {
        let mut arrivals = std::mem::take(&mut self.arrivals);
        arrivals.sort_by_key(|(seq, _)| *seq);
        let (&(first, at), &(last, _)) = (arrivals.first()?, arrivals.last()?);
        let base = self.next.min(first);
        self.next = last + 1;
        let reference = (at / 64.0) as u32;
        let mut clock = i64::from(reference) * 256;
        let (mut symbols, mut deltas) = (Vec::new(), Vec::new());
        let mut arrivals = arrivals.into_iter().peekable();
        for seq in base..=last {
            let Some((_, at)) = arrivals.next_if(|(arrived, _)| *arrived == seq) else {
                symbols.push(0);
                continue;
            };
            let delta = (at * 4.0) as i64 - clock;
            clock += delta;
            match u8::try_from(delta) {
                Ok(small) => {
                    symbols.push(1);
                    deltas.push(small);
                }
                Err(_) => {
                    symbols.push(2);
                    deltas.extend(i16::try_from(delta).unwrap().to_be_bytes());
                }
            }
        }
        let mut fci = Vec::new();
        fci.extend((base as u16).to_be_bytes());
        fci.extend((symbols.len() as u16).to_be_bytes());
        fci.extend(&reference.to_be_bytes()[1..]);
        fci.push(self.number);
        self.number = self.number.wrapping_add(1);
        let mut left = &symbols[..];
        while let Some(&symbol) = left.first() {
            let run = left.iter().take_while(|s| **s == symbol).count().min(8_191);
            let chunk = if run >= 7 {
                left = &left[run..];
                symbol << 13 | run as u16
            } else {
                let (some, rest) = left.split_at(left.len().min(7));
                left = rest;
                (0..7).fold(3_u16, |word, at| {
                    word << 2 | some.get(at).copied().unwrap_or(0)
                })
            };
            fci.extend(chunk.to_be_bytes());
        }
        fci.extend(deltas);
        while fci.len() % 4 != 0 {
            fci.push(0);
        }
        Some(fci)
    }
}
