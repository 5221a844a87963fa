//! One stream as it comes in: packets in order, gaps that are repaired or
//! not, and the frames that they make.

use std::collections::BTreeMap;

use diemcau::bridge::peer::Packet;

/// A whole frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Without payload descriptors.
    pub(crate) bytes: Vec<u8>,
    pub(crate) rtp_time: u32,
    /// Whose it is, by every packet of it.
    pub(crate) csrc: Option<u32>,
}

impl Frame {
    /// Whether a VP8 frame stands alone (RFC 6386 §9.1).
    pub(crate) fn is_keyframe(&self) -> bool {
        self.bytes.first().is_some_and(|first| first & 1 == 0)
    }
}

/// A stream that comes in.
#[derive(Debug, Default)]
pub(crate) struct Reception {
    picture: bool,
    next: Option<u64>,
    highest: u64,
    waiting: BTreeMap<u64, Packet>,
    building: Option<Frame>,
    /// A keyframe was there. The first one may be lost: the server sends as
    /// soon as its side of the connection stands.
    shows: bool,
    /// Packets, each counted once.
    pub(crate) packets: u64,
    /// Packets that came after later ones: repairs.
    pub(crate) late: u64,
    /// Packets whose frame did not fit together, once there was a picture.
    pub(crate) torn: u64,
    /// Every whole frame from the first keyframe on, in order.
    pub(crate) frames: Vec<Frame>,
}

impl Reception {
    pub(crate) fn new(picture: bool) -> Self {
        Self {
            picture,
            ..Self::default()
        }
    }

    /// Numbers between the first and the last packet that are missing now.
    pub(crate) fn missing(&self) -> u64 {
        let next = self.next.unwrap_or_default();
        let held = self.waiting.len() as u64;
        (self.highest + 1).saturating_sub(next).saturating_sub(held)
            * u64::from(self.next.is_some())
    }

    /// Whether packets come that nothing can be made of before a keyframe.
    pub(crate) fn wants_keyframe(&self) -> bool {
        self.picture && !self.shows && self.packets > 0
    }

    pub(crate) fn take(&mut self, packet: Packet) {
        let seq = self.extended(packet.header.sequence_number);
        let next = *self.next.get_or_insert(seq);
        if seq < next || self.waiting.contains_key(&seq) {
            return;
        }
        self.packets += 1;
        self.late += u64::from(seq < self.highest);
        self.highest = self.highest.max(seq);
        self.waiting.insert(seq, packet);
        while let Some(packet) = self.next.and_then(|next| self.waiting.remove(&next)) {
            self.next = self.next.map(|next| next + 1);
            self.build(&packet);
        }
    }

    fn extended(&self, seq: u16) -> u64 {
        if self.next.is_none() {
            return u64::from(seq) + 65_536;
        }
        let ahead = seq.wrapping_sub(self.highest as u16) as i16;
        self.highest.saturating_add_signed(ahead.into())
    }

    fn build(&mut self, packet: &Packet) {
        let header = &packet.header;
        let csrc = header.csrc.first().copied();
        if !self.picture {
            self.frames.push(Frame {
                bytes: packet.payload.to_vec(),
                rtp_time: header.timestamp,
                csrc,
            });
            return;
        }
        let Some((begins, data)) = vp8_payload(&packet.payload) else {
            self.torn += 1;
            return;
        };
        if begins {
            self.torn += u64::from(self.building.is_some());
            self.building = Some(Frame {
                bytes: data.to_vec(),
                rtp_time: header.timestamp,
                csrc,
            });
        } else if let Some(frame) = &mut self.building
            && frame.rtp_time == header.timestamp
            && frame.csrc == csrc
        {
            frame.bytes.extend_from_slice(data);
        } else {
            self.torn += u64::from(self.shows);
            self.building = None;
        }
        if header.marker
            && let Some(frame) = self.building.take()
        {
            self.shows |= frame.is_keyframe();
            if self.shows {
                self.frames.push(frame);
            }
        }
    }
}

/// Takes the descriptor off (RFC 7741 §4.2); whether a frame begins here.
fn vp8_payload(payload: &[u8]) -> Option<(bool, &[u8])> {
    let first = *payload.first()?;
    let begins = first & 0x10 != 0 && first & 0x07 == 0;
    let mut at = 1;
    if first & 0x80 != 0 {
        let extended = *payload.get(at)?;
        at += 1;
        if extended & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        at += usize::from(extended & 0x40 != 0);
        at += usize::from(extended & 0x30 != 0);
    }
    Some((begins, payload.get(at..)?))
}
