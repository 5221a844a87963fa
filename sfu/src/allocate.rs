//! What a receiver gets of what it is to see, when its line does not carry all
//! of it.
//!
//! Who watches a government meeting must first of all hear it, then see who
//! speaks and read what is shown, then see that the others are there; sharpness
//! of faces at the margin comes last. So, in this order:
//!
//! 1. All sound, chair's and floor's first. It is never withheld, even when it
//!    alone is more than the line seems to carry.
//! 2. The lowest layer of the stage, then of the screen.
//! 3. The stage made readable (its second layer), then the screen: better one
//!    legible picture than a wall of small ones.
//! 4. The lowest layer of what is pinned, then of all thumbnails, in the order
//!    given. One that does not fit is passed over; smaller ones may still fit.
//! 5. The further layers of the stage, of the screen, of what is pinned, and of
//!    the thumbnails, one layer at a time. Nothing of this is given as long as
//!    anything before it is missing: a thumbnail turns up before a face on the
//!    stage turns from sharp to sharper, and a better line never makes a more
//!    important picture worse.
//!
//! A *downgrade* is immediate. An *upgrade* needs headroom of 15 %, so that a
//! budget that wavers does not make pictures waver, and a while after the last
//! downgrade: 3 s, doubled up to 8 s when upgrades do not last. What is new in
//! a slot is neither: it gets what fits, at once.

use std::time::{Duration, Instant};

use diemcau_protocol::LineQuality;

/// What an upgrade leaves free, in percent of what is then used.
const HEADROOM_PERCENT: u64 = 15;
/// No upgrade so soon after a downgrade,
const DWELL: Duration = Duration::from_secs(3);
/// or after repeated ones.
const LONGEST_DWELL: Duration = Duration::from_secs(8);
/// An upgrade that was taken back within this time did not last.
const LASTS: Duration = Duration::from_secs(10);

/// How important something is to the receiver; the first is the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The voice of the chair, and of who has the floor.
    MainAudio,
    /// Any other sound.
    Audio,
    /// The picture on the stage.
    Stage,
    /// A shared screen.
    Screen,
    /// A picture that the receiver pinned.
    Pinned,
    /// Any other picture.
    Thumbnail,
}

impl Class {
    fn is_audio(self) -> bool {
        match self {
            Self::MainAudio | Self::Audio => true,
            Self::Stage | Self::Screen | Self::Pinned | Self::Thumbnail => false,
        }
    }
}

/// What a slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Nothing, because there is nothing to show, or not yet: its source is new
    /// in the slot.
    Nothing,
    /// Nothing, because the line is too narrow.
    Withheld,
    /// This layer.
    Layer(usize),
}

/// Something that a receiver is to get.
#[derive(Debug, Clone)]
pub(crate) struct Demand<'a> {
    pub(crate) class: Class,
    /// The bitrate of each layer, ascending in quality; absent where there is
    /// nothing to select. A sound has one. A layer that its publisher has
    /// stopped, but would send again if asked, counts with what it would take.
    pub(crate) layers: &'a [Option<u64>],
    /// The best layer that makes sense for the height it is drawn at.
    pub(crate) best: usize,
    /// What the last division said, or [`Shown::Nothing`] for a new source.
    pub(crate) current: Shown,
}

impl Demand<'_> {
    fn bps(&self, shown: Shown) -> u64 {
        match shown {
            Shown::Layer(layer) => self.layers.get(layer).copied().flatten().unwrap_or(0),
            Shown::Nothing | Shown::Withheld => 0,
        }
    }

    /// The layer after this one that can be selected.
    fn next(&self, after: Shown) -> Option<usize> {
        let from = match after {
            Shown::Layer(layer) => layer + 1,
            Shown::Nothing | Shown::Withheld => 0,
        };
        (from..self.layers.len().min(self.best + 1)).find(|at| self.layers[*at].is_some())
    }

    fn top(&self) -> Shown {
        let mut top = Shown::Nothing;
        while let Some(layer) = self.next(top) {
            top = Shown::Layer(layer);
        }
        top
    }

    /// Whether a layer is better than what is shown now, by the same source.
    fn is_upgrade(&self, layer: usize) -> bool {
        match self.current {
            Shown::Nothing => false,
            Shown::Withheld => true,
            Shown::Layer(current) => layer > current,
        }
    }
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Division {
    /// For each demand, in the order given.
    pub(crate) shown: Vec<Shown>,
    /// What the shown comes to, in bits a second.
    pub(crate) used_bps: u64,
    /// What the line would have to carry for everything to be shown in full,
    /// with headroom: what to probe for.
    pub(crate) wanted_bps: u64,
    /// What to tell the receiver about its line.
    pub(crate) quality: LineQuality,
}

/// Divides one receiver's line.
#[derive(Debug)]
pub(crate) struct Allocator {
    upgraded: Option<Instant>,
    downgraded: Option<Instant>,
    dwell: Duration,
}

impl Allocator {
    pub(crate) fn new() -> Self {
        Self {
            upgraded: None,
            downgraded: None,
            dwell: DWELL,
        }
    }

    /// Divides `budget_bps` among the demands.
    pub(crate) fn divide(&mut self, now: Instant, budget_bps: u64, demands: &[Demand]) -> Division {
        let may_upgrade = self
            .downgraded
            .is_none_or(|at| now.duration_since(at) >= self.dwell);
        let mut round = Round {
            budget: budget_bps,
            may_upgrade,
            used: 0,
            shown: vec![Shown::Nothing; demands.len()],
            whole: true,
            demands,
        };
        round.give_audio();
        round.give_lowest(Class::Stage);
        round.give_lowest(Class::Screen);
        round.give_better(Class::Stage);
        round.give_better(Class::Screen);
        round.give_lowest(Class::Pinned);
        round.give_lowest(Class::Thumbnail);
        for class in [Class::Stage, Class::Screen, Class::Pinned, Class::Thumbnail] {
            while round.give_better(class) {}
        }
        let (shown, used_bps) = (round.shown, round.used);
        self.remember(now, demands, &shown);
        let wanted: u64 = demands.iter().map(|demand| demand.bps(demand.top())).sum();
        Division {
            quality: quality(demands, &shown),
            used_bps,
            wanted_bps: with_headroom(wanted),
            shown,
        }
    }

    fn remember(&mut self, now: Instant, demands: &[Demand], shown: &[Shown]) {
        let (mut up, mut down) = (false, false);
        for (demand, shown) in demands.iter().zip(shown) {
            match (demand.current, *shown) {
                (Shown::Layer(_), Shown::Withheld) => down = true,
                (Shown::Layer(before), Shown::Layer(after)) => {
                    up |= after > before;
                    // Drawn smaller, or gone quiet, is not for want of budget.
                    down |= after < before && demand.next(*shown).is_some();
                }
                (Shown::Withheld, Shown::Layer(_)) => up = true,
                (Shown::Nothing, _)
                | (Shown::Layer(_) | Shown::Withheld, Shown::Nothing)
                | (Shown::Withheld, Shown::Withheld) => {}
            }
        }
        if down {
            let lasted = self
                .upgraded
                .take()
                .is_none_or(|at| now.duration_since(at) >= LASTS);
            self.dwell = if lasted {
                DWELL
            } else {
                (self.dwell * 2).min(LONGEST_DWELL)
            };
            self.downgraded = Some(now);
        } else if up {
            self.upgraded = Some(now);
        }
    }
}

/// One division in the making.
struct Round<'a, 'b> {
    budget: u64,
    may_upgrade: bool,
    used: u64,
    shown: Vec<Shown>,
    /// All that came before was given.
    whole: bool,
    demands: &'a [Demand<'b>],
}

impl Round<'_, '_> {
    fn give_audio(&mut self) {
        for (demand, shown) in self.demands.iter().zip(&mut self.shown) {
            if demand.class.is_audio() {
                *shown = demand.top();
                self.used += demand.bps(*shown);
            }
        }
    }

    /// The lowest layer to each of a class.
    fn give_lowest(&mut self, class: Class) {
        for at in 0..self.demands.len() {
            let demand = &self.demands[at];
            if demand.class != class {
                continue;
            }
            if let Some(layer) = demand.next(Shown::Nothing)
                && !self.give(at, layer)
            {
                self.shown[at] = Shown::Withheld;
            }
        }
    }

    /// One layer more to each of a class, as long as nothing is missing.
    /// Whether any got one.
    fn give_better(&mut self, class: Class) -> bool {
        let mut any = false;
        for at in 0..self.demands.len() {
            let demand = &self.demands[at];
            if !self.whole {
                return false;
            }
            if demand.class == class
                && matches!(self.shown[at], Shown::Layer(_))
                && let Some(layer) = demand.next(self.shown[at])
            {
                any |= self.give(at, layer);
            }
        }
        any
    }

    fn give(&mut self, at: usize, layer: usize) -> bool {
        let demand = &self.demands[at];
        let before = demand.bps(self.shown[at]);
        let used = (self.used + demand.bps(Shown::Layer(layer))).saturating_sub(before);
        let is_upgrade = demand.is_upgrade(layer);
        if is_upgrade && !self.may_upgrade {
            // Only for a while: no reason to take from what comes after.
            return false;
        }
        let fits = if is_upgrade {
            with_headroom(used) <= self.budget
        } else {
            used <= self.budget
        };
        if fits {
            self.used = used;
            self.shown[at] = Shown::Layer(layer);
        } else {
            self.whole = false;
        }
        fits
    }
}

fn with_headroom(bps: u64) -> u64 {
    bps + bps * HEADROOM_PERCENT / 100
}

fn quality(demands: &[Demand], shown: &[Shown]) -> LineQuality {
    let mut pictures = demands
        .iter()
        .zip(shown)
        .filter(|(demand, _)| !demand.class.is_audio() && demand.top() != Shown::Nothing)
        .peekable();
    if pictures.peek().is_none() {
        return LineQuality::Full;
    }
    let (mut any, mut all) = (false, true);
    for (demand, shown) in pictures {
        any |= matches!(shown, Shown::Layer(_));
        all &= *shown == demand.top();
    }
    match (any, all) {
        (false, _) => LineQuality::SoundOnly,
        (true, false) => LineQuality::Reduced,
        (true, true) => LineQuality::Full,
    }
}

#[cfg(test)]
mod tests;
