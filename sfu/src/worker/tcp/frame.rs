//! Frames: two bytes of length, then the message (RFC 4571 §2).

/// The longest frame, in bytes without its length. What browsers send fits an
/// Ethernet frame; RFC 4571 would allow 65,535.
pub(super) const MAX_FRAME: usize = 8 << 10;
/// The longest first frame. It is a STUN request.
const MAX_FIRST: usize = 1_500;
const HEADER: usize = 2;
/// How a STUN binding request begins (RFC 8489 §5): its type, its length, the
/// magic cookie.
const BINDING_REQUEST: [Option<u8>; 8] = [
    Some(0),
    Some(1),
    None,
    None,
    Some(0x21),
    Some(0x12),
    Some(0xa4),
    Some(0x42),
];

/// Whoever sent this does not speak ICE-TCP.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Puts frames together from what is read.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// The frame that has not come whole, with its length.
    partial: Vec<u8>,
    /// The first frame has come.
    is_begun: bool,
}

impl FrameReader {
    /// Takes what was read, and hands on each frame that is whole. After an
    /// error nothing more can be read.
    pub(super) fn take(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            if self.partial.is_empty()
                && let Some((frame, rest)) = length(bytes).and_then(|at| bytes.split_at_checked(at))
            {
                self.check(frame)?;
                each(&frame[HEADER..]);
                self.is_begun = true;
                bytes = rest;
                continue;
            }
            let missing = length(&self.partial).unwrap_or(HEADER) - self.partial.len();
            let (more, rest) = bytes.split_at(missing.min(bytes.len()));
            self.partial.extend_from_slice(more);
            bytes = rest;
            self.check(&self.partial)?;
            if length(&self.partial) == Some(self.partial.len()) {
                each(&self.partial[HEADER..]);
                self.is_begun = true;
                self.partial.clear();
            }
        }
        Ok(())
    }

    /// Whether the beginning of a frame may be one.
    fn check(&self, frame: &[u8]) -> Result<(), Malformed> {
        let Some(length) = length(frame) else {
            return Ok(());
        };
        let begins_well = |message: &[u8]| {
            let mut both = message.iter().zip(BINDING_REQUEST);
            both.all(|(byte, wanted)| wanted.is_none_or(|wanted| *byte == wanted))
        };
        let is_plausible = if self.is_begun {
            length <= HEADER + MAX_FRAME
        } else {
            (HEADER + 20..=HEADER + MAX_FIRST).contains(&length) && begins_well(&frame[HEADER..])
        };
        if is_plausible { Ok(()) } else { Err(Malformed) }
    }
}

/// The length of the frame that begins here, with that of its length.
fn length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.first_chunk::<HEADER>()?;
    Some(HEADER + usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(message: &[u8]) -> Vec<u8> {
        let mut frame = (message.len() as u16).to_be_bytes().to_vec();
        frame.extend(message);
        frame
    }

    fn check() -> Vec<u8> {
        let mut check = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        check.resize(20, 7);
        check
    }

    /// The frames that come out of pieces.
    fn read(pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<Vec<Vec<u8>>, Malformed> {
        let mut reader = FrameReader::default();
        let mut frames = Vec::new();
        for piece in pieces {
            reader.take(piece.as_ref(), |frame| frames.push(frame.to_vec()))?;
        }
        Ok(frames)
    }

    #[test]
    fn frames_come_out_whole_however_they_are_cut() {
        let messages = [check(), vec![22; 1_200], Vec::new(), vec![128; 12], vec![]];
        let all: Vec<u8> = messages.iter().flat_map(|m| framed(m)).collect();
        for size in 1..all.len() + 1 {
            assert_eq!(read(all.chunks(size)).unwrap(), messages);
        }
    }

    #[test]
    fn who_does_not_begin_with_a_check_is_found_out_at_once() {
        let begins: [&[u8]; 5] = [
            b"GET / HTTP/1.1\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"SSH-2.0",
            &[0, 0],
            &[0, 20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43],
        ];
        for begin in begins {
            assert_eq!(read([begin].iter()), Err(Malformed), "{begin:?}");
            assert_eq!(read(begin.chunks(1)), Err(Malformed), "{begin:?}");
        }
    }

    #[test]
    fn a_frame_that_would_be_too_long_is_not_waited_for() {
        let mut bytes = framed(&check());
        bytes.extend((MAX_FRAME as u16 + 1).to_be_bytes());
        assert_eq!(read([bytes].iter()), Err(Malformed));
    }
}
