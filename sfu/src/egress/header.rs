//! RTP headers (RFC 3550 §5.1) with header extensions (RFC 8285).

/// What goes into a header. Extensions are given with their ids.
pub(super) struct Header<'a> {
    pub(super) pt: u8,
    pub(super) marker: bool,
    pub(super) seq: u16,
    pub(super) rtp_time: u32,
    pub(super) ssrc: u32,
    pub(super) csrc: u32,
    pub(super) twcc: Option<(u8, u16)>,
    pub(super) level: Option<(u8, u8)>,
    pub(super) orientation: Option<(u8, u8)>,
    pub(super) dependencies: Option<(u8, &'a [u8])>,
    /// In place of the one in the dependency descriptor.
    pub(super) frame_number: Option<u16>,
    pub(super) mid: Option<(u8, &'a [u8])>,
}

/// The fixed part and one CSRC.
const FIXED: usize = 16;

impl Header<'_> {
    fn elements(&self) -> impl Iterator<Item = (u8, usize)> {
        [
            self.twcc.map(|(id, _)| (id, 2)),
            self.level.map(|(id, _)| (id, 1)),
            self.orientation.map(|(id, _)| (id, 1)),
            self.dependencies.map(|(id, bytes)| (id, bytes.len())),
            self.mid.map(|(id, bytes)| (id, bytes.len())),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether the two-byte form is needed (RFC 8285 §4.3).
    fn is_long(&self) -> bool {
        self.elements()
            .any(|(id, length)| id > 14 || length > 16 || length == 0)
    }

    /// Bytes of the extension elements, without their own header and padding.
    fn extensions(&self) -> usize {
        let each = if self.is_long() { 2 } else { 1 };
        self.elements().map(|(_, length)| each + length).sum()
    }

    /// The length of the whole header, in bytes.
    pub(super) fn len(&self) -> usize {
        match self.extensions() {
            0 => FIXED,
            bytes => FIXED + 4 + bytes.next_multiple_of(4),
        }
    }

    /// Appends the header.
    pub(super) fn write(&self, is_padded: bool, into: &mut Vec<u8>) {
        let extensions = self.extensions();
        let first = 0x81 | u8::from(is_padded) << 5 | u8::from(extensions > 0) << 4;
        into.extend_from_slice(&[first, u8::from(self.marker) << 7 | self.pt]);
        into.extend_from_slice(&self.seq.to_be_bytes());
        into.extend_from_slice(&self.rtp_time.to_be_bytes());
        into.extend_from_slice(&self.ssrc.to_be_bytes());
        into.extend_from_slice(&self.csrc.to_be_bytes());
        if extensions == 0 {
            return;
        }
        let is_long = self.is_long();
        let words = extensions.div_ceil(4);
        into.extend_from_slice(if is_long {
            &[0x10, 0x00]
        } else {
            &[0xbe, 0xde]
        });
        into.extend_from_slice(&(words as u16).to_be_bytes());
        let end = into.len() + 4 * words;
        let element = |into: &mut Vec<u8>, id: u8, bytes: &[u8]| {
            if is_long {
                into.extend_from_slice(&[id, bytes.len() as u8]);
            } else {
                into.push(id << 4 | (bytes.len() - 1) as u8);
            }
            into.extend_from_slice(bytes);
        };
        if let Some((id, number)) = self.twcc {
            element(into, id, &number.to_be_bytes());
        }
        if let Some((id, level)) = self.level {
            element(into, id, &[level]);
        }
        if let Some((id, orientation)) = self.orientation {
            element(into, id, &[orientation]);
        }
        if let Some((id, bytes)) = self.dependencies {
            element(into, id, bytes);
            let at = into.len() - bytes.len();
            if let (Some(number), Some(place)) = (self.frame_number, into.get_mut(at + 1..at + 3)) {
                place.copy_from_slice(&number.to_be_bytes());
            }
        }
        if let Some((id, bytes)) = self.mid {
            element(into, id, bytes);
        }
        into.resize(end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>() -> Header<'a> {
        Header {
            pt: 96,
            marker: true,
            seq: 0x0102,
            rtp_time: 3,
            ssrc: 4,
            csrc: 5,
            twcc: None,
            level: None,
            orientation: None,
            dependencies: None,
            frame_number: None,
            mid: None,
        }
    }

    fn written(header: &Header<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        header.write(false, &mut bytes);
        assert_eq!(bytes.len(), header.len());
        bytes
    }

    #[test]
    fn without_extensions_it_is_sixteen_bytes() {
        assert_eq!(
            written(&header()),
            [0x81, 0xe0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]
        );
    }

    #[test]
    fn extensions_take_the_short_form_where_it_suffices() {
        let short = Header {
            twcc: Some((3, 0x0708)),
            level: Some((1, 0x85)),
            ..header()
        };
        assert_eq!(
            written(&short)[16..],
            [0xbe, 0xde, 0, 2, 0x31, 7, 8, 0x10, 0x85, 0, 0, 0]
        );
        let long = Header {
            dependencies: Some((12, &[9; 17])),
            frame_number: Some(0x0102),
            mid: Some((4, b"12")),
            ..header()
        };
        let bytes = written(&long);
        assert_eq!(bytes[16..26], [0x10, 0, 0, 6, 12, 17, 9, 1, 2, 9]);
        assert_eq!(bytes[39..], [4, 2, b'1', b'2', 0]);
    }
}
