//! The estimate itself: when and how far it goes up and down
//! (draft-ietf-rmcat-gcc-02 §5.5).

/// The estimate for a line of which nothing is known, in bits a second.
const START: f64 = 1_500_000.0;
/// The estimate never goes below; audio is sent even then.
pub(super) const LEAST: f64 = 30_000.0;
/// The estimate never goes above.
pub(super) const MOST: f64 = 50_000_000.0;
/// What is left of the acknowledged rate after a decrease.
pub(super) const DECREASE: f64 = 0.85;
/// Increase a second, and the same near the rate at which it last was too much.
const INCREASE: f64 = 0.08;
const INCREASE_NEAR_CEILING: f64 = 0.02;
/// The estimate goes no higher than this above what was seen to arrive, in
/// parts and bits a second.
const UNPROVED: f64 = 1.5;
const UNPROVED_BPS: f64 = 10_000.0;
/// Near that rate is above this part of it.
const NEAR: f64 = 0.8;
/// So far above the rate at which it last was too much, that is history.
const BEYOND: f64 = 1.2;

/// What can be said of the line now, in bits a second.
#[derive(Debug)]
pub(super) struct Estimate {
    bps: f64,
    /// Something showed that the line carries about that.
    proved: bool,
    /// The rate at which it last was too much.
    ceiling: Option<f64>,
    /// What a burst showed that speaks against the estimate.
    doubted: Option<f64>,
    updated_at: i64,
    decreased_at: Option<i64>,
}

impl Estimate {
    pub(super) fn new() -> Self {
        Self {
            bps: START,
            proved: false,
            ceiling: None,
            doubted: None,
            updated_at: 0,
            decreased_at: None,
        }
    }

    pub(super) fn bps(&self) -> f64 {
        self.bps
    }

    pub(super) fn proved(&self) -> bool {
        self.proved
    }

    /// The most that the line is thought to carry.
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling.unwrap_or(self.bps)
    }

    pub(super) fn decreased_at(&self) -> Option<i64> {
        self.decreased_at
    }

    /// So much arrives.
    pub(super) fn prove(&mut self, acked: f64) {
        self.proved |= acked > DECREASE * self.bps;
    }

    /// Whether a rate was too much before. A short burst that passes at it may
    /// have been no more than a shaper's credit.
    pub(super) fn is_surprising(&self, bps: f64) -> bool {
        self.ceiling.is_some_and(|ceiling| bps > ceiling * BEYOND)
    }

    /// A burst passed at this rate, and is believed. Whether it is news.
    pub(super) fn passed(&mut self, bps: f64) -> bool {
        self.proved = true;
        self.doubted = None;
        if self.is_surprising(bps) {
            self.ceiling = None;
        }
        let news = bps > self.bps;
        self.bps = self.bps.max(bps).min(MOST);
        news
    }

    /// A burst did not pass, but showed that the line carries this; if
    /// `plainly`, not more. Two in a row that say much less than the estimate,
    /// which media may be too few to put to the test, lower it.
    pub(super) fn full(&mut self, now: i64, bps: f64, plainly: bool) {
        if plainly && bps < self.bps * DECREASE {
            match self.doubted.take() {
                Some(before) => self.decrease(now, bps.max(before), bps.max(before)),
                None => self.doubted = Some(bps),
            }
        }
        if self.proved && (plainly || !self.is_surprising(bps)) {
            self.bps = self.bps.max(bps).min(MOST);
        }
        if self.proved && plainly {
            self.ceiling = Some(bps);
        }
        self.proved = true;
    }

    /// Time passed, and the line was calm.
    pub(super) fn increase(&mut self, now: i64, acked: f64) {
        let micros = now - self.updated_at;
        self.updated_at = now;
        if self.is_surprising(self.bps) {
            self.ceiling = None;
        }
        let near = self.ceiling.filter(|ceiling| self.bps > ceiling * NEAR);
        let a_second = match near {
            Some(_) => INCREASE_NEAR_CEILING,
            None => INCREASE,
        };
        let to = self.bps * (1.0 + a_second * micros.min(1_000_000) as f64 / 1e6);
        let mut most = acked * UNPROVED + UNPROVED_BPS;
        if let Some(ceiling) = near {
            most = most.min(ceiling.max(acked * BEYOND));
        }
        self.bps = to.min(most).max(self.bps).min(MOST);
    }

    /// Time passed, and there was doubt.
    pub(super) fn hold(&mut self, now: i64) {
        self.updated_at = now;
    }

    /// What the line was seen to carry when too much was sent.
    pub(super) fn decrease(&mut self, now: i64, to: f64, carried: f64) {
        self.lower(to);
        self.ceiling = Some(carried);
        self.proved = true;
        self.decreased_at = Some(now);
    }

    /// The same decrease as the last: the line carries still less.
    pub(super) fn refine(&mut self, carried: f64) {
        if carried * DECREASE < self.bps {
            self.lower(carried * DECREASE);
            self.ceiling = Some(carried);
        }
    }

    /// Nothing is heard.
    pub(super) fn halve(&mut self) {
        self.lower(self.bps / 2.0);
    }

    fn lower(&mut self, to: f64) {
        self.bps = self.bps.min(to.max(LEAST));
    }
}
