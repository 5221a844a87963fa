//! What receivers report.

use super::World;
use crate::fuzzing::Bytes;

impl World {
    /// Sealed feedback about the streams that somebody gets.
    pub(super) fn feedback(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let who = bytes.below(4)?;
        let known = &self.ssrcs[who];
        let ssrc = match known.len() {
            0 => 1_u32,
            count => known[bytes.below(count)?],
        };
        let mut body = vec![0, 0, 0, 1];
        body.extend(ssrc.to_be_bytes());
        let (head, kind) = match bytes.below(7)? {
            0 => (0x81, 206),
            1 => {
                body.extend(bytes.take(4)?);
                (0x81, 205)
            }
            2 => {
                body.extend(ssrc.to_be_bytes());
                body.extend([1, 0, 0, 0]);
                (0x84, 206)
            }
            3 => {
                body.extend(bytes.some(200)?);
                (0x8f, 205)
            }
            4 => {
                body.extend(b"REMB");
                body.extend(bytes.take(4)?);
                (0x8f, 206)
            }
            5 => {
                body.extend(bytes.take(20)?);
                (0x81, 201)
            }
            _ => (0x80 | bytes.byte()? & 0x1f, 192 | bytes.byte()? & 0x1f),
        };
        body.resize(body.len().next_multiple_of(4), 0);
        self.report(who, head, kind, &body);
        Some(())
    }

    /// Somebody sends RTCP with this first byte and packet type.
    pub(super) fn report(&mut self, who: usize, head: u8, kind: u8, body: &[u8]) {
        let mut compound = vec![head, kind];
        compound.extend(((body.len() / 4) as u16).to_be_bytes());
        compound.extend(body);
        if let Some(sealer) = &mut self.sealers[who]
            && sealer.rtcp(&mut compound).is_ok()
        {
            self.datagram(who, compound);
        }
    }
}
