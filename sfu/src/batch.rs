//! Datagrams that leave for one receiver in one send (UDP GSO): all of one
//! size, but for a shorter last one.

/// The most datagrams of one send.
const MAX_SEGMENTS: usize = 60;
/// The most bytes of one send.
const MAX_BYTES: usize = 60_000;

/// Bytes to send: datagrams of `segment` bytes, the last one may be shorter.
#[derive(Debug, Clone, Copy)]
pub struct Transmit<'a> {
    /// The length of each datagram, in bytes.
    pub segment: usize,
    /// All of them.
    pub bytes: &'a [u8],
}

impl<'a> Transmit<'a> {
    /// Each datagram.
    pub fn datagrams(&self) -> std::slice::Chunks<'a, u8> {
        self.bytes.chunks(self.segment.max(1))
    }
}

/// A send in the making. Its buffer is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    /// A shorter datagram was the last.
    is_closed: bool,
}

impl Batch {
    /// Sends what is there unless a datagram of this length may follow.
    /// Returns the padding with which it follows: up to `max_padding` bytes,
    /// so that others can follow it.
    pub(crate) fn make_room(
        &mut self,
        length: usize,
        max_padding: usize,
        send: &mut dyn FnMut(Transmit<'_>),
    ) -> usize {
        if self.count > 0 {
            let fits = !self.is_closed
                && length <= self.segment
                && self.count < MAX_SEGMENTS
                && self.bytes.len() + self.segment <= MAX_BYTES;
            if !fits {
                self.send(send);
            }
        }
        if self.count == 0 {
            self.segment = length;
            return 0;
        }
        let short = self.segment - length;
        if short <= max_padding { short } else { 0 }
    }

    /// Where the next datagram is written to.
    pub(crate) fn begin(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// A datagram of this length was written.
    pub(crate) fn end(&mut self, length: usize) {
        self.count += 1;
        self.is_closed = length < self.segment;
    }

    /// Sends what is there.
    pub(crate) fn send(&mut self, send: &mut dyn FnMut(Transmit<'_>)) {
        if self.count > 0 {
            send(Transmit {
                segment: self.segment,
                bytes: &self.bytes,
            });
        }
        self.bytes.clear();
        self.count = 0;
        self.is_closed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the datagrams in each send.
    fn sends(lengths: &[usize]) -> Vec<Vec<usize>> {
        let mut sent = Vec::new();
        let mut send = |transmit: Transmit<'_>| {
            sent.push(transmit.datagrams().map(<[u8]>::len).collect());
        };
        let mut batch = Batch::default();
        for &length in lengths {
            let padding = batch.make_room(length, 10, &mut send);
            let buffer = batch.begin();
            buffer.resize(buffer.len() + length + padding, 0);
            batch.end(length + padding);
        }
        batch.send(&mut send);
        sent
    }

    #[test]
    fn datagrams_of_about_one_size_leave_together() {
        assert_eq!(sends(&[1_000, 995, 1_000]), [vec![1_000; 3]]);
        assert_eq!(
            sends(&[1_000, 300, 300]),
            [vec![1_000, 300], vec![300]],
            "a much shorter one is the last"
        );
        assert_eq!(
            sends(&[300, 1_000]),
            [vec![300], vec![1_000]],
            "a longer one cannot follow"
        );
        assert_eq!(sends(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn no_send_is_larger_than_the_kernel_takes() {
        assert_eq!(
            sends(&[100; 61]).iter().map(Vec::len).collect::<Vec<_>>(),
            [60, 1]
        );
        assert_eq!(
            sends(&[1_400; 43]).iter().map(Vec::len).collect::<Vec<_>>(),
            [42, 1]
        );
    }
}
