//! Which RTP sequence numbers of a stream came, whatever their order.

/// The furthest back that a late packet is still told from a repeated one.
const WINDOW: u64 = 2_048;

/// What a packet is to its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The next, or one further on.
    New,
    /// It fills a gap.
    Late,
    /// It was there already, or is too old to tell.
    Repeated,
}

/// The numbers of one stream.
pub(super) struct Numbers {
    first: u64,
    highest: u64,
    /// Beyond this one nothing counts any more.
    last: Option<u64>,
    came: u64,
    seen: [u64; (WINDOW / 64) as usize],
}

impl Numbers {
    /// A stream begins with this number.
    pub(super) fn new(first: u64) -> Self {
        Self {
            first,
            highest: first.saturating_sub(1),
            last: None,
            came: 0,
            seen: [0; (WINDOW / 64) as usize],
        }
    }

    /// Takes a packet's number. The second value says whether it counts.
    pub(super) fn take(&mut self, number: u64) -> (Arrival, bool) {
        let arrival = if number > self.highest {
            let from = self.highest.max(number.saturating_sub(WINDOW)) + 1;
            (from..number).for_each(|gap| self.set(gap, false));
            self.highest = number;
            Arrival::New
        } else if number + WINDOW <= self.highest || self.get(number) {
            return (Arrival::Repeated, false);
        } else {
            Arrival::Late
        };
        self.set(number, true);
        let counts = number >= self.first && self.last.is_none_or(|last| number <= last);
        self.came += u64::from(counts);
        (arrival, counts)
    }

    /// Counts from here on only.
    pub(super) fn begin(&mut self) {
        self.first = self.highest + 1;
        self.came = 0;
    }

    /// What comes later no longer counts, but for gaps.
    pub(super) fn end(&mut self) {
        self.last = Some(self.highest);
    }

    /// How many packets there should have been.
    pub(super) fn expected(&self) -> u64 {
        (self.last.unwrap_or(self.highest) + 1).saturating_sub(self.first)
    }

    /// How many never came.
    pub(super) fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.came)
    }

    fn get(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.seen[word] & bit != 0
    }

    fn set(&mut self, number: u64, seen: bool) {
        let (word, bit) = place(number);
        if seen {
            self.seen[word] |= bit;
        } else {
            self.seen[word] &= !bit;
        }
    }
}

fn place(number: u64) -> (usize, u64) {
    let slot = number % WINDOW;
    ((slot / 64) as usize, 1 << (slot % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_lost_until_they_are_filled() {
        let mut numbers = Numbers::new(100);
        for number in [100, 101, 104] {
            assert_eq!(numbers.take(number), (Arrival::New, true));
        }
        assert_eq!((numbers.expected(), numbers.lost()), (5, 2));
        assert_eq!(numbers.take(102), (Arrival::Late, true));
        assert_eq!(numbers.take(102), (Arrival::Repeated, false));
        assert_eq!(numbers.take(104), (Arrival::Repeated, false));
        assert_eq!((numbers.expected(), numbers.lost()), (5, 1));
    }

    #[test]
    fn only_what_lies_between_beginning_and_end_counts() {
        let mut numbers = Numbers::new(1);
        for number in [1, 2, 4] {
            numbers.take(number);
        }
        numbers.begin();
        assert_eq!(numbers.take(3), (Arrival::Late, false));
        for number in [5, 7] {
            numbers.take(number);
        }
        numbers.end();
        assert_eq!(numbers.take(8), (Arrival::New, false));
        assert_eq!(numbers.lost(), 1);
        assert_eq!(numbers.take(6), (Arrival::Late, true));
        assert_eq!((numbers.expected(), numbers.lost()), (3, 0));
    }

    #[test]
    fn a_long_gap_leaves_no_trace_of_older_numbers() {
        let mut numbers = Numbers::new(0);
        for number in 0..3_000 {
            numbers.take(number);
        }
        numbers.take(10_000);
        assert_eq!(numbers.take(9_000), (Arrival::Late, true));
        assert_eq!(numbers.take(10), (Arrival::Repeated, false));
        assert_eq!(numbers.lost(), 10_001 - 3_002);
    }
}
