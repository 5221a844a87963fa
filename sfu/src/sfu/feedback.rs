//! What receivers report: what is missing is sent again, what is needed is
//! asked for, and the line's estimate learns.

use std::time::Instant;

use super::{PeerId, Sfu};
use crate::counters::Counters;
use crate::path::TransportAddress;
use crate::rtcp::{self, Feedback};

/// Missing packets of one datagram that are looked at.
const MAX_NACKS: usize = 256;

impl Sfu {
    /// Takes SRTCP. Returns whether str0m must see it too: because of what
    /// the peer sends itself, once it does.
    pub(super) fn feedback(
        &mut self,
        now: Instant,
        from: TransportAddress,
        id: PeerId,
        packet: &[u8],
    ) -> bool {
        let ntp = self.ntp(now);
        let Some(connection) = self.connections.get_mut(id.0) else {
            return false;
        };
        let egress = &mut connection.egress;
        if !egress.is_keyed() {
            return true;
        }
        let mut plain = std::mem::take(&mut self.plain);
        if egress.open(packet, &mut plain).is_err() {
            Counters::add(&self.counters.feedback_refused, 1);
            self.plain = plain;
            return false;
        }
        connection.way.heard(now, from);
        let mut nacks: Vec<(u32, u16)> = Vec::new();
        let mut keyframes: Vec<u32> = Vec::new();
        let mut malformed = 0;
        let contents = rtcp::read(&plain, |feedback| match feedback {
            Feedback::Report(block) => egress.report(now, ntp, &block),
            Feedback::Nack { ssrc, seq } if nacks.len() < MAX_NACKS => nacks.push((ssrc, seq)),
            Feedback::Nack { .. } => {}
            Feedback::KeyframeWanted { ssrc } => {
                if !keyframes.contains(&ssrc) && keyframes.len() < MAX_NACKS {
                    keyframes.push(ssrc);
                }
            }
            Feedback::Transport { fci } => {
                malformed += u64::from(egress.line.feedback(now, fci).is_err());
            }
            Feedback::MaxBitrate { bps } => egress.line.remb(now, bps),
        });
        malformed += u64::from(contents.malformed);
        self.plain = plain;
        if malformed > 0 {
            Counters::add(&self.counters.feedback_malformed, malformed);
        }
        let for_peer = contents.for_receiver && connection.publishes;
        for (ssrc, seq) in nacks {
            self.missing(now, id, ssrc, seq);
        }
        for ssrc in keyframes {
            let connection = self.connections.get(id.0);
            let stream = connection.and_then(|c| {
                let slot = c.egress.slot(ssrc)?;
                c.slots.get(slot)?.current
            });
            if let Some((_, stream)) = stream {
                Counters::add(&self.counters.keyframes_wanted, 1);
                self.want_keyframe(now, stream);
            }
        }
        for_peer
    }

    /// A receiver misses a packet.
    fn missing(&mut self, now: Instant, id: PeerId, ssrc: u32, seq: u16) {
        Counters::add(&self.counters.nacks, 1);
        if self.send_again(now, id, ssrc, seq).is_none() {
            Counters::add(&self.counters.nacks_unanswered, 1);
        }
    }

    fn send_again(&mut self, now: Instant, id: PeerId, ssrc: u32, seq: u16) -> Option<()> {
        let connection = self.connections.get_mut(id.0)?;
        let index = connection.egress.slot(ssrc)?;
        let slot = connection.slots.get(index)?;
        let seq = extend(slot.newest(), seq)?;
        let (stream, origin) = slot.origin(seq)?;
        let track = self.tracks.get(stream.track.0)?;
        if !track.is_live {
            return None;
        }
        let packet = track.kept(stream.layer, origin)?;
        let out = slot.place(seq, packet)?;
        connection
            .egress
            .repair(now, index, packet, out)
            .then_some(())?;
        self.will_send(now, id);
        Some(())
    }
}

/// The extended number nearest below or at `newest`.
fn extend(newest: u64, seq: u16) -> Option<u64> {
    let behind = (newest as u16).wrapping_sub(seq);
    newest.checked_sub(u64::from(behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_extended_backwards() {
        assert_eq!(extend(70_000, 70_000_u64 as u16), Some(70_000));
        assert_eq!(extend(65_537, 65_535), Some(65_535));
        assert_eq!(extend(5, 6), None, "has not been sent");
    }
}
