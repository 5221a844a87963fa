//! The VP8 payload descriptor (RFC 7741 §4.2), as far as replaying needs it.

/// Where the fields of a descriptor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    /// Bytes of the descriptor.
    pub(crate) length: usize,
    /// Whether a partition starts here, and it is the first of its frame.
    pub(crate) starts_frame: bool,
    /// Where the picture id is, and whether it has 15 bits.
    picture_id: Option<(usize, bool)>,
    tl0: Option<usize>,
    temporal: Option<usize>,
}

impl Fields {
    /// Reads a descriptor, whole or with the payload behind it. Nothing when it
    /// is too short.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let mut fields = Self {
            length: 1,
            starts_frame: first & 0x1f == 0x10,
            ..Self::default()
        };
        if first & 0x80 == 0 {
            return Some(fields);
        }
        let extensions = *bytes.get(1)?;
        fields.length = 2;
        if extensions & 0x80 != 0 {
            let long = *bytes.get(fields.length)? & 0x80 != 0;
            fields.picture_id = Some((fields.length, long));
            fields.length += if long { 2 } else { 1 };
        }
        if extensions & 0x40 != 0 {
            fields.tl0 = Some(fields.length);
            fields.length += 1;
        }
        if extensions & 0x30 != 0 {
            fields.temporal = Some(fields.length);
            fields.length += 1;
        }
        (fields.length <= bytes.len()).then_some(fields)
    }

    /// The temporal layer of a frame; 0 when it has none.
    pub(crate) fn temporal_layer(&self, bytes: &[u8]) -> u8 {
        self.temporal.map_or(0, |at| bytes[at] >> 6)
    }

    /// Writes a frame's place in its stream.
    pub(crate) fn put(&self, bytes: &mut [u8], picture_id: u16, tl0: u8) {
        match self.picture_id {
            Some((at, true)) => {
                bytes[at..at + 2].copy_from_slice(&(picture_id | 0x8000).to_be_bytes());
            }
            Some((at, false)) => bytes[at] = (picture_id & 0x7f) as u8,
            None => {}
        }
        if let Some(at) = self.tl0 {
            bytes[at] = tl0;
        }
    }
}
