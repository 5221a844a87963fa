//! Frames that a slow reader has not taken yet.

/// Bytes to be written: whole frames, of the first perhaps only the rest.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    bytes: Vec<u8>,
    written: usize,
}

impl Backlog {
    /// Adds a message as a frame, unless more than `most` bytes would wait.
    /// Returns whether it was added.
    pub(super) fn push(&mut self, message: &[u8], most: usize) -> bool {
        let Ok(length) = u16::try_from(message.len()) else {
            return false;
        };
        if self.unwritten().len() + 2 + message.len() > most {
            return false;
        }
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(message);
        true
    }

    /// What is to be written next.
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unwritten().is_empty()
    }

    /// So many bytes were written.
    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
        } else if self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_gets_whole_frames_and_misses_whole_frames() {
        let mut backlog = Backlog::default();
        let mut read: Vec<u8> = Vec::new();
        let mut kept = Vec::new();
        for round in 0..200_u8 {
            let message = vec![round; usize::from(round)];
            if backlog.push(&message, 1_000) {
                kept.push(message);
            }
            assert!(backlog.unwritten().len() <= 1_000);
            // The reader takes less than comes.
            let taken = backlog.unwritten().len().min(60);
            read.extend(&backlog.unwritten()[..taken]);
            backlog.wrote(taken);
        }
        read.extend(backlog.unwritten());
        let frame = |message: &Vec<u8>| [&[0, message.len() as u8][..], message].concat();
        assert_eq!(read, kept.iter().flat_map(frame).collect::<Vec<u8>>());
        assert!(kept.len() < 200);
    }

    #[test]
    fn what_no_frame_can_hold_is_not_added() {
        let mut backlog = Backlog::default();
        assert!(!backlog.push(&[0; 65_536], usize::MAX));
        assert!(backlog.is_empty());
    }
}
