//! What the sites of one media thread measured, by kind of slot.

use std::collections::BTreeMap;
use std::time::Duration;

use diemcau_protocol::SlotKind;
use hdrhistogram::Histogram;

/// What was seen in all slots of a kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SlotFigures {
    /// Slots that showed something.
    pub(super) slots: u64,
    pub(crate) expected: u64,
    pub(crate) received: u64,
    pub(super) repaired: u64,
    pub(crate) lost: u64,
    /// Of the payloads.
    pub(super) bytes: u64,
    pub(super) frames: u64,
    pub(super) freezes: u64,
    pub(super) frozen: Duration,
}

impl SlotFigures {
    fn add(&mut self, other: &Self) {
        self.slots += other.slots;
        self.expected += other.expected;
        self.received += other.received;
        self.repaired += other.repaired;
        self.lost += other.lost;
        self.bytes += other.bytes;
        self.frames += other.frames;
        self.freezes += other.freezes;
        self.frozen += other.frozen;
    }
}

/// What was seen in all slots.
pub(crate) struct Figures {
    pub(super) slots: BTreeMap<SlotKind, SlotFigures>,
    /// From a publisher's send to a receiver's socket, in µs.
    pub(super) delays: Histogram<u64>,
    /// As above, of packets that had to be sent again.
    pub(super) delays_again: Histogram<u64>,
    /// From a receiver's socket to this process, in µs.
    pub(super) waits: Histogram<u64>,
    /// Packets whose CSRC did not name who had sent them.
    pub(super) wrong_source: u64,
    /// Received again although it was there.
    pub(super) repeated: u64,
    /// Dropped on purpose.
    pub(super) dropped: u64,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self {
            slots: BTreeMap::new(),
            delays: histogram(),
            delays_again: histogram(),
            waits: histogram(),
            wrong_source: 0,
            repeated: 0,
            dropped: 0,
        }
    }

    pub(super) fn slot(&mut self, kind: SlotKind) -> &mut SlotFigures {
        self.slots.entry(kind).or_default()
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (kind, figures) in &other.slots {
            self.slot(*kind).add(figures);
        }
        // All of them have the same range, so that adding cannot fail.
        let _ = self.delays.add(&other.delays);
        let _ = self.delays_again.add(&other.delays_again);
        let _ = self.waits.add(&other.waits);
        self.wrong_source += other.wrong_source;
        self.repeated += other.repeated;
        self.dropped += other.dropped;
    }

    pub(crate) fn total(&self) -> SlotFigures {
        let mut total = SlotFigures::default();
        self.slots.values().for_each(|figures| total.add(figures));
        total
    }
}

/// Three significant digits, up to a minute of µs or ms; what is longer counts
/// as that.
pub(super) fn histogram() -> Histogram<u64> {
    #[expect(
        clippy::expect_used,
        reason = "range and digits are within the crate's bounds"
    )]
    Histogram::new_with_max(60_000_000, 3).expect("range and digits are allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_delays_are_not_cut_when_threads_are_added_up() {
        let (mut all, mut one) = (Figures::new(), Figures::new());
        for delay in [200, 51_236, 30_000_000] {
            one.delays.saturating_record(delay);
        }
        one.slot(SlotKind::Picture).lost = 2;
        all.add(&one);
        all.add(&one);
        assert_eq!(all.delays.len(), 6);
        assert!(all.delays.max() >= 30_000_000);
        assert!((51_000..52_000).contains(&all.delays.value_at_quantile(0.5)));
        assert_eq!(all.total().lost, 4);
    }
}
