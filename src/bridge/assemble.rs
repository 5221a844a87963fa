//! Whole pictures from RTP packets (RFC 6184 for H.264, RFC 7741 for VP8).

use bytes::{Bytes, BytesMut};

use super::h264::{Nal, Parameters};

/// The largest picture that is put together, in bytes; no camera's is.
const LARGEST: usize = 4 * 1024 * 1024;

/// A codec that is passed through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureCodec {
    /// H.264.
    H264,
    /// VP8.
    Vp8,
}

/// A packet of a picture, in the order of sending.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Sequence number.
    pub seq: u16,
    /// RTP timestamp.
    pub rtp_time: u32,
    /// The last one of its picture.
    pub marker: bool,
    /// Payload.
    pub payload: Bytes,
}

/// A picture as it is sent on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// RTP timestamp.
    pub rtp_time: u32,
    /// For H.264 in Annex B form, with parameter sets before a keyframe.
    pub bytes: Bytes,
    /// It stands alone.
    pub keyframe: bool,
    /// It refers to later ones.
    pub b: bool,
}

/// Puts pictures together. One of which a packet is lost is left out.
#[derive(Debug)]
pub struct Assembler {
    codec: PictureCodec,
    /// H.264's parameter sets, as far as they were seen.
    pub parameters: Parameters,
    next_seq: Option<u16>,
    rtp_time: u32,
    nals: Vec<Nal>,
    fragments: Option<BytesMut>,
    frame: BytesMut,
    size: usize,
    broken: bool,
    /// Pictures that were left out.
    pub left_out: u64,
}

impl Assembler {
    /// `parameters` are what the session description says.
    pub fn new(codec: PictureCodec, parameters: Parameters) -> Self {
        Self {
            codec,
            parameters,
            next_seq: None,
            rtp_time: 0,
            nals: Vec::new(),
            fragments: None,
            frame: BytesMut::new(),
            size: 0,
            broken: false,
            left_out: 0,
        }
    }

    /// Takes a packet; gives the pictures that are whole now: the one before,
    /// where nothing marked its end, and this one.
    pub fn take(&mut self, piece: &Piece) -> impl Iterator<Item = Whole> + use<> {
        let follows = self.next_seq.is_none_or(|next| next == piece.seq);
        self.next_seq = Some(piece.seq.wrapping_add(1));
        let mut before = None;
        if self.size > 0 && piece.rtp_time != self.rtp_time {
            // Who marks no ends loses the last packet unseen; a gap here is
            // either in the picture that ends or in the one that begins.
            self.broken |= !follows;
            before = self.finish();
        }
        self.rtp_time = piece.rtp_time;
        self.broken |= !follows;
        self.size += piece.payload.len().max(1);
        if self.size > LARGEST {
            self.broken = true;
        } else {
            let fits = match self.codec {
                PictureCodec::H264 => self.h264(&piece.payload),
                PictureCodec::Vp8 => self.vp8(&piece.payload),
            };
            self.broken |= fits.is_none();
        }
        let now = if piece.marker { self.finish() } else { None };
        before.into_iter().chain(now)
    }

    fn finish(&mut self) -> Option<Whole> {
        let nals = std::mem::take(&mut self.nals);
        let frame = self.frame.split().freeze();
        let broken = std::mem::take(&mut self.broken) || self.fragments.take().is_some();
        self.size = 0;
        // Parameter sets are good even where the picture is not.
        for nal in &nals {
            self.parameters.learn(nal);
        }
        let (empty, keyframe, b) = match self.codec {
            PictureCodec::H264 => (
                !nals.iter().any(Nal::is_slice),
                nals.iter().any(Nal::is_idr),
                nals.iter().any(Nal::is_b_slice),
            ),
            // The first bit of a frame is 0 for a keyframe (RFC 6386 §9.1).
            PictureCodec::Vp8 => match frame.first() {
                Some(first) => (false, first & 1 == 0, false),
                None => (true, false, false),
            },
        };
        if broken {
            self.left_out += 1;
            return None;
        }
        (!empty).then(|| Whole {
            rtp_time: self.rtp_time,
            bytes: match self.codec {
                PictureCodec::H264 => self.parameters.annex_b(&nals),
                PictureCodec::Vp8 => frame,
            },
            keyframe,
            b,
        })
    }

    fn h264(&mut self, payload: &Bytes) -> Option<()> {
        let head = *payload.first()?;
        match head & 0x1f {
            1..=23 => self.nals.push(Nal(payload.clone())),
            // STAP-A (§5.7.1).
            24 => {
                let mut at = 1;
                while at < payload.len() {
                    let size = payload.get(at..at + 2)?;
                    let size = usize::from(u16::from_be_bytes([size[0], size[1]]));
                    at += 2;
                    if at + size > payload.len() {
                        return None;
                    }
                    self.nals.push(Nal(payload.slice(at..at + size)));
                    at += size;
                }
            }
            // FU-A (§5.8): begins, ends, type of the whole.
            28 => {
                let part = *payload.get(1)?;
                if part & 0x80 != 0 {
                    self.fragments = Some(BytesMut::from(&[head & 0xe0 | part & 0x1f][..]));
                }
                let fragments = self.fragments.as_mut()?;
                fragments.extend_from_slice(&payload[2..]);
                if part & 0x40 != 0 {
                    let whole = self.fragments.take()?;
                    self.nals.push(Nal(whole.freeze()));
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn vp8(&mut self, payload: &Bytes) -> Option<()> {
        let first = *payload.first()?;
        let mut at = 1;
        if first & 0x80 != 0 {
            let extended = *payload.get(at)?;
            at += 1;
            if extended & 0x80 != 0 {
                at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
            }
            at += usize::from(extended & 0x40 != 0) + usize::from(extended & 0x30 != 0);
        }
        // A frame must begin with the first partition.
        if self.frame.is_empty() && first & 0x17 != 0x10 {
            return None;
        }
        self.frame.extend_from_slice(payload.get(at..)?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(seq: u16, rtp_time: u32, marker: bool, payload: &[u8]) -> Piece {
        Piece {
            seq,
            rtp_time,
            marker,
            payload: Bytes::copy_from_slice(payload),
        }
    }

    fn all(assembler: &mut Assembler, pieces: &[Piece]) -> Vec<Whole> {
        pieces
            .iter()
            .flat_map(|piece| assembler.take(piece))
            .collect()
    }

    fn h264() -> Assembler {
        Assembler::new(PictureCodec::H264, Parameters::default())
    }

    /// SPS and PPS in one packet, then an IDR picture in three fragments.
    fn keyframe(seq: u16, rtp_time: u32) -> Vec<Piece> {
        vec![
            piece(
                seq,
                rtp_time,
                false,
                &[0x78, 0, 4, 0x67, 0x42, 0, 0x1f, 0, 2, 0x68, 9],
            ),
            piece(seq.wrapping_add(1), rtp_time, false, &[0x7c, 0x85, 1]),
            piece(seq.wrapping_add(2), rtp_time, false, &[0x7c, 0x05, 2]),
            piece(seq.wrapping_add(3), rtp_time, true, &[0x7c, 0x45, 3]),
        ]
    }

    #[test]
    fn fragments_and_aggregates_make_a_picture() {
        let mut assembler = h264();
        let mut pieces = keyframe(65_534, 0);
        pieces.push(piece(2, 3_600, true, &[0x41, 0xc0]));
        let pictures = all(&mut assembler, &pieces);
        assert_eq!(pictures.len(), 2);
        assert!(pictures[0].keyframe && !pictures[1].keyframe);
        assert_eq!(
            pictures[0].bytes[..],
            [
                &[0, 0, 0, 1, 0x67, 0x42, 0, 0x1f][..],
                &[0, 0, 0, 1, 0x68, 9],
                &[0, 0, 0, 1, 0x65, 1, 2, 3],
            ]
            .concat()
        );
        assert_eq!(assembler.left_out, 0);
    }

    #[test]
    fn a_picture_with_a_gap_is_left_out_and_its_parameters_kept() {
        let mut assembler = h264();
        let mut pieces = keyframe(10, 0);
        pieces.remove(2);
        pieces.push(piece(14, 3_600, true, &[0x41, 0xc0]));
        pieces.push(piece(15, 7_200, true, &[0x65, 7]));
        let pictures = all(&mut assembler, &pieces);
        assert_eq!(pictures.len(), 2);
        assert_eq!(assembler.left_out, 1);
        assert!(pictures[1].bytes.starts_with(&[0, 0, 0, 1, 0x67]));
    }

    #[test]
    fn a_camera_that_marks_no_ends_is_understood() {
        let pieces: Vec<_> = (0..3)
            .map(|n| piece(n, u32::from(n) * 3_600, false, &[0x41, n as u8]))
            .collect();
        assert_eq!(all(&mut h264(), &pieces).len(), 2);
    }

    #[test]
    fn vp8_descriptors_are_taken_off() {
        let mut assembler = Assembler::new(PictureCodec::Vp8, Parameters::default());
        let pieces = [
            piece(1, 0, false, &[0x90, 0xe0, 0x80, 1, 5, 6, 0x10, 2]),
            piece(2, 0, true, &[0x80, 0x80, 9, 3]),
            piece(3, 3_600, true, &[0x10, 1, 4]),
            piece(4, 7_200, true, &[0x00, 1, 4]),
        ];
        let pictures = all(&mut assembler, &pieces);
        assert_eq!(pictures[0].bytes[..], [0x10, 2, 3]);
        assert!(pictures[0].keyframe && !pictures[1].keyframe);
        assert_eq!((pictures.len(), assembler.left_out), (2, 1));
    }

    #[test]
    fn nonsense_is_left_out() {
        for payload in [
            &[][..],
            &[0x78, 0],
            &[0x78, 0, 9, 1],
            &[0x7c],
            &[0x7c, 0x45, 1],
            &[30, 1],
        ] {
            let mut assembler = h264();
            assert_eq!(all(&mut assembler, &[piece(1, 0, true, payload)]), []);
            assert_eq!(assembler.left_out, 1, "{payload:?}");
        }
    }
}
