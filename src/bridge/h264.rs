//! What the bridge has to know of H.264 (ITU-T H.264): where pictures begin,
//! which stand alone, and which refer to later ones.

use bytes::Bytes;

/// Types of NAL units (table 7-1).
const SLICE: u8 = 1;
const SLICE_PARTITION: u8 = 2;
const IDR_SLICE: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// A NAL unit without its start code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nal(pub Bytes);

impl Nal {
    fn kind(&self) -> u8 {
        self.0.first().map_or(0, |first| first & 0x1f)
    }

    /// Whether it is a slice of a picture that stands alone.
    pub fn is_idr(&self) -> bool {
        self.kind() == IDR_SLICE
    }

    /// Whether it belongs to a coded picture.
    pub fn is_slice(&self) -> bool {
        matches!(self.kind(), SLICE | SLICE_PARTITION | IDR_SLICE)
    }

    /// Whether it is a sequence parameter set.
    pub fn is_sps(&self) -> bool {
        self.kind() == SPS
    }

    /// Whether it is a picture parameter set.
    pub fn is_pps(&self) -> bool {
        self.kind() == PPS
    }

    /// Whether it is a slice that refers to pictures on both sides (§7.4.3,
    /// `slice_type` B).
    pub fn is_b_slice(&self) -> bool {
        if !matches!(self.kind(), SLICE | SLICE_PARTITION) {
            return false;
        }
        // Two numbers of at most 32 bits, before and after them nothing.
        let head = without_emulation(self.0.get(1..).unwrap_or_default());
        let mut bits = Bits {
            bytes: &head,
            at: 0,
        };
        let slice_type = bits.exp_golomb().and_then(|_first_mb| bits.exp_golomb());
        slice_type.is_some_and(|slice_type| slice_type % 5 == 1)
    }

    /// The `profile-level-id` of a sequence parameter set (RFC 6184 §8.1).
    pub fn profile(&self) -> Option<String> {
        match self.0.get(..4) {
            Some([_, profile, constraints, level]) if self.is_sps() => {
                Some(format!("{profile:02x}{constraints:02x}{level:02x}"))
            }
            Some(_) | None => None,
        }
    }
}

/// The first bytes of a NAL unit without emulation prevention (§7.4.1).
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(16);
    let mut zeros = 0;
    for byte in bytes.iter().take(24) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    /// `ue(v)` (§9.1).
    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let mut value = 1_u64;
        for _ in 0..zeros {
            value = value << 1 | u64::from(self.bit()?);
        }
        u32::try_from(value - 1).ok()
    }
}

/// The parameter sets that a decoder needs before a picture that stands alone.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    sps: Option<Nal>,
    pps: Vec<Nal>,
}

impl Parameters {
    /// From `sprop-parameter-sets`, decoded (RFC 6184 §8.1).
    pub fn learn(&mut self, nal: &Nal) {
        if nal.is_sps() && self.sps.as_ref() != Some(nal) {
            self.sps = Some(nal.clone());
            self.pps.clear();
        } else if nal.is_pps() && !self.pps.contains(nal) {
            self.pps.push(nal.clone());
        }
    }

    /// The `profile-level-id`, once a sequence parameter set was seen.
    pub fn profile(&self) -> Option<String> {
        self.sps.as_ref()?.profile()
    }

    /// An access unit in Annex B form, with the parameter sets in front of a
    /// picture that stands alone.
    pub fn annex_b(&self, nals: &[Nal]) -> Bytes {
        let idr = nals.iter().any(Nal::is_idr);
        let sets = self.sps.iter().chain(&self.pps).filter(|_| idr);
        let slices = nals.iter().filter(|nal| nal.is_slice());
        let mut bytes = Vec::new();
        for nal in sets.chain(slices) {
            bytes.extend_from_slice(&START_CODE);
            bytes.extend_from_slice(&nal.0);
        }
        bytes.into()
    }
}

#[cfg(test)]
#[expect(
    clippy::unusual_byte_groupings,
    reason = "grouped as the fields of the bit stream"
)]
mod tests {
    use super::*;

    fn nal(bytes: &'static [u8]) -> Nal {
        Nal(Bytes::from_static(bytes))
    }

    #[test]
    fn slice_types_are_read() {
        // first_mb_in_slice 0 is the bit 1, then slice_type as ue(v).
        let p = nal(&[0x41, 0b1_1_000000]); // 0: P
        let b = nal(&[0x01, 0b1_010_0000]); // 1: B
        let all_b = nal(&[0x01, 0b1_00111_00]); // 6: B, all slices
        let b_later = nal(&[0x01, 0b00101_010, 0]); // first_mb 4
        let all_p = nal(&[0x41, 0b1_00110_00]); // 5: P, all slices
        let idr = nal(&[0x65, 0b1_010_0000]);
        assert!(!p.is_b_slice());
        assert!(b.is_b_slice());
        assert!(b_later.is_b_slice());
        assert!(!all_p.is_b_slice());
        assert!(!idr.is_b_slice(), "an IDR picture refers to nothing");
        assert!(all_b.is_b_slice());
        for broken in [nal(&[]), nal(&[1]), nal(&[1, 0, 0, 0, 0, 0, 0, 0])] {
            assert!(!broken.is_b_slice());
        }
    }

    #[test]
    fn emulation_prevention_is_taken_out() {
        assert_eq!(without_emulation(&[0, 0, 3, 1, 0, 3]), [0, 0, 1, 0, 3]);
        // A first_mb_in_slice so large that its code has 16 zeros.
        let b = nal(&[0x01, 0, 0, 0x03, 0b1000_0000, 0, 0b0_010_0000]);
        assert!(b.is_b_slice());
    }

    #[test]
    fn parameter_sets_come_before_a_picture_that_stands_alone() {
        let (sps, pps) = (nal(&[0x67, 0x64, 0, 0x1f]), nal(&[0x68, 1]));
        let mut parameters = Parameters::default();
        parameters.learn(&sps);
        parameters.learn(&pps);
        parameters.learn(&pps);
        assert_eq!(parameters.profile().as_deref(), Some("64001f"));
        let idr = parameters.annex_b(&[nal(&[0x65, 0x88])]);
        let whole = [
            &START_CODE[..],
            &sps.0,
            &START_CODE,
            &pps.0,
            &START_CODE,
            &[0x65, 0x88],
        ];
        assert_eq!(idr, whole.concat());
        let other = parameters.annex_b(&[nal(&[0x41, 0xc0]), nal(&[6, 0])]);
        assert_eq!(other, [&START_CODE[..], &[0x41, 0xc0]].concat());

        let another = nal(&[0x67, 0x42, 0xe0, 0x1f]);
        parameters.learn(&another);
        assert!(parameters.pps.is_empty(), "they belonged to the old one");
    }
}
