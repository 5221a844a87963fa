//! What was sent and not yet reported on: one fixed ring, 16 bytes a packet.

/// Two and a half seconds at 400 packets a second; 16 kB.
pub(super) const CAPACITY: usize = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unreported,
    Missing,
    Received,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: i64,
    bytes: u16,
    state: State,
}

/// A packet that is now known to have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrived {
    /// When it was sent, in microseconds.
    pub(super) at: i64,
    pub(super) bytes: u16,
    /// It had been reported missing before.
    pub(super) was_missing: bool,
}

/// The packets sent last. The sequence numbers are given out here, so that a
/// packet's place is its number.
#[derive(Debug)]
pub(super) struct History {
    ring: Box<[Entry; CAPACITY]>,
    next: u64,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            ring: Box::new(
                [Entry {
                    at: 0,
                    bytes: 0,
                    state: State::Received,
                }; CAPACITY],
            ),
            next: 0,
        }
    }

    /// Notes a packet and returns its number.
    pub(super) fn push(&mut self, at: i64, bytes: u16) -> u64 {
        let seq = self.next;
        self.ring[Self::cell(seq)] = Entry {
            at,
            bytes,
            state: State::Unreported,
        };
        self.next += 1;
        seq
    }

    /// The number after the last.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The number that a 16-bit number of the past stands for; nothing when
    /// there was none yet.
    pub(super) fn extend(&self, seq: u16) -> Option<u64> {
        let behind = (self.next as u16).wrapping_sub(seq);
        self.next.checked_sub(u64::from(behind))
    }

    /// It arrived. Nothing when it is not remembered or was known to have.
    pub(super) fn received(&mut self, seq: u64) -> Option<Arrived> {
        if !self.remembers(seq) {
            return None;
        }
        let entry = &mut self.ring[Self::cell(seq)];
        let before = std::mem::replace(&mut entry.state, State::Received);
        (before != State::Received).then_some(Arrived {
            at: entry.at,
            bytes: entry.bytes,
            was_missing: before == State::Missing,
        })
    }

    /// They did not arrive; returns of how many this is news.
    pub(super) fn missing(&mut self, first: u64, count: u16) -> u32 {
        let mut news = 0;
        for seq in self.remembered(first, count) {
            let entry = &mut self.ring[Self::cell(seq)];
            if entry.state == State::Unreported {
                entry.state = State::Missing;
                news += 1;
            }
        }
        news
    }

    /// The bytes of these that nothing was ever said of.
    pub(super) fn unreported_bytes(&self, first: u64, count: u16) -> u32 {
        self.remembered(first, count)
            .map(|seq| &self.ring[Self::cell(seq)])
            .filter(|entry| entry.state == State::Unreported)
            .map(|entry| u32::from(entry.bytes))
            .sum()
    }

    fn remembered(&self, first: u64, count: u16) -> std::ops::Range<u64> {
        let oldest = self.next.saturating_sub(CAPACITY as u64);
        first.max(oldest)..(first + u64::from(count)).min(self.next)
    }

    fn remembers(&self, seq: u64) -> bool {
        seq < self.next && self.next - seq <= CAPACITY as u64
    }

    fn cell(seq: u64) -> usize {
        (seq % CAPACITY as u64) as usize
    }
}
