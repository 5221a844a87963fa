//! Transport-wide congestion control feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
//!
//! ```text
//!  base sequence number (16) | packet status count (16)
//!  reference time (24, units of 64 ms) | feedback packet count (8)
//!  packet chunks (16 each) ... | receive deltas (8 or 16 each) ... | padding
//! ```
//!
//! The whole is checked before anything of it is believed. The work is bounded
//! by the length of the packet, whatever it says: a run of missing packets is
//! one step.

use thiserror::Error;

const HEADER: usize = 8;
/// RTCP pads to words of 32 bits.
const MOST_PADDING: usize = 3;
/// Receive deltas are multiples of this many microseconds.
pub(super) const DELTA_MICROS: i64 = 250;
/// The reference time is a multiple of this many microseconds.
const REFERENCE_MICROS: i64 = 64_000;

/// Why a feedback message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum MalformedFeedback {
    /// Shorter than its fixed part.
    #[error("transport feedback is shorter than its header")]
    Header,
    /// It reports on no packet.
    #[error("transport feedback reports on no packet")]
    Empty,
    /// Its chunks cover fewer packets than it announces.
    #[error("transport feedback has fewer statuses than it announces")]
    Chunks,
    /// A status that the draft reserves.
    #[error("transport feedback has a reserved status")]
    Reserved,
    /// Fewer receive deltas than received packets.
    #[error("transport feedback has fewer deltas than received packets")]
    Deltas,
    /// More bytes than the announced statuses take.
    #[error("transport feedback has bytes left over")]
    LeftOver,
}

/// What is said of the next packet, or of the next few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// So many packets did not arrive.
    Missing(u16),
    /// A packet came so many deltas after the one before it.
    Received(i16),
}

/// A feedback message that is known to be well formed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feedback<'a> {
    base: u16,
    count: u16,
    reference: u32,
    number: u8,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> Feedback<'a> {
    pub(super) fn parse(fci: &'a [u8]) -> Result<Self, MalformedFeedback> {
        let Some((header, rest)) = fci.split_first_chunk::<HEADER>() else {
            return Err(MalformedFeedback::Header);
        };
        let [b0, b1, c0, c1, r0, r1, r2, number] = *header;
        let count = u16::from_be_bytes([c0, c1]);
        if count == 0 {
            return Err(MalformedFeedback::Empty);
        }
        let (chunks, deltas) = Self::measure(rest, count)?;
        let (chunks, rest) = rest.split_at(chunks);
        let Some((deltas, padding)) = rest.split_at_checked(deltas) else {
            return Err(MalformedFeedback::Deltas);
        };
        if padding.len() > MOST_PADDING {
            return Err(MalformedFeedback::LeftOver);
        }
        Ok(Self {
            base: u16::from_be_bytes([b0, b1]),
            count,
            reference: u32::from_be_bytes([0, r0, r1, r2]),
            number,
            chunks,
            deltas,
        })
    }

    /// How many bytes its chunks and its deltas take.
    fn measure(rest: &[u8], count: u16) -> Result<(usize, usize), MalformedFeedback> {
        let (mut left, mut chunks, mut deltas) = (count, 0, 0);
        while left > 0 {
            let Some(&[high, low]) = rest.get(chunks..chunks + 2) else {
                return Err(MalformedFeedback::Chunks);
            };
            chunks += 2;
            let chunk = Chunk::new(u16::from_be_bytes([high, low]));
            let covers = chunk.covers().min(left);
            left -= covers;
            deltas += chunk.delta_bytes(covers)?;
        }
        Ok((chunks, deltas))
    }

    /// The first packet that it reports on.
    pub(super) fn base(&self) -> u16 {
        self.base
    }

    /// The count of the receiver's feedback messages.
    pub(super) fn number(&self) -> u8 {
        self.number
    }

    /// The time that the first delta counts from, on the receiver's clock, in
    /// microseconds, as near as can be to `previous`: the field itself wraps
    /// every 12 days. (Beyond 35 years, somebody plays with the field.)
    pub(super) fn reference(&self, previous: Option<i64>) -> i64 {
        let wrapped = i64::from(self.reference);
        let Some(previous) = previous.filter(|at| at.abs() < 1 << 50) else {
            return wrapped * REFERENCE_MICROS;
        };
        let previous = previous.div_euclid(REFERENCE_MICROS);
        let step = (wrapped - previous).rem_euclid(1 << 24);
        let step = if step >= 1 << 23 {
            step - (1 << 24)
        } else {
            step
        };
        (previous + step) * REFERENCE_MICROS
    }

    /// What it says, packet by packet.
    pub(super) fn statuses(&self) -> Statuses<'a> {
        Statuses {
            left: self.count,
            chunks: self.chunks,
            deltas: self.deltas,
            chunk: Chunk::new(0),
            in_chunk: 0,
            at: 0,
        }
    }
}

/// A packet status chunk (§3.1.3, §3.1.4).
#[derive(Debug, Clone, Copy)]
enum Chunk {
    Run { symbol: u16, length: u16 },
    OneBit(u16),
    TwoBits(u16),
}

impl Chunk {
    fn new(word: u16) -> Self {
        match word >> 14 {
            0b10 => Self::OneBit(word),
            0b11 => Self::TwoBits(word),
            _ => Self::Run {
                symbol: word >> 13,
                length: word & 0x1fff,
            },
        }
    }

    fn covers(self) -> u16 {
        match self {
            Self::Run { length, .. } => length,
            Self::OneBit(_) => 14,
            Self::TwoBits(_) => 7,
        }
    }

    fn symbol(self, at: u16) -> u16 {
        match self {
            Self::Run { symbol, .. } => symbol,
            Self::OneBit(word) => word >> (13 - at) & 1,
            Self::TwoBits(word) => word >> (2 * (6 - at)) & 3,
        }
    }

    /// The bytes of deltas that its first `covers` packets take.
    fn delta_bytes(self, covers: u16) -> Result<usize, MalformedFeedback> {
        let bytes = |symbol| match symbol {
            0..=2 => Ok(usize::from(symbol)),
            _ => Err(MalformedFeedback::Reserved),
        };
        match self {
            Self::Run { symbol, .. } => Ok(bytes(symbol)? * usize::from(covers)),
            Self::OneBit(_) | Self::TwoBits(_) => {
                (0..covers).try_fold(0, |sum, at| Ok(sum + bytes(self.symbol(at))?))
            }
        }
    }
}

/// Iterator over the statuses of a [`Feedback`].
#[derive(Debug)]
pub(super) struct Statuses<'a> {
    left: u16,
    chunks: &'a [u8],
    deltas: &'a [u8],
    chunk: Chunk,
    in_chunk: u16,
    at: u16,
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        while self.at == self.in_chunk {
            if self.left == 0 {
                return None;
            }
            let (word, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.chunk = Chunk::new(u16::from_be_bytes(*word));
            self.in_chunk = self.chunk.covers().min(self.left);
            self.left -= self.in_chunk;
            self.at = 0;
        }
        let symbol = self.chunk.symbol(self.at);
        match symbol {
            0 => {
                let missing = match self.chunk {
                    Chunk::Run { .. } => self.in_chunk - self.at,
                    Chunk::OneBit(_) | Chunk::TwoBits(_) => 1,
                };
                self.at += missing;
                Some(Status::Missing(missing))
            }
            1 => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                self.at += 1;
                Some(Status::Received(i16::from(*delta)))
            }
            _ => {
                let (delta, rest) = self.deltas.split_first_chunk::<2>()?;
                self.deltas = rest;
                self.at += 1;
                Some(Status::Received(i16::from_be_bytes(*delta)))
            }
        }
    }
}
