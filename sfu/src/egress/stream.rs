//! One RTP stream that a receiver is sent: what a slot is on the wire.

use std::time::Instant;

use super::SenderReport;
use super::repair::Resent;
use crate::clock::micros_since;
use crate::packet::{MediaPacket, SlotPacket};
use crate::peer::{Format, OutgoingLine, Payload};

/// The stream of a slot.
pub(super) struct OutStream {
    pub(super) mid: String,
    pub(super) is_audio: bool,
    pub(super) ssrc: u32,
    pub(super) rtx_ssrc: u32,
    /// The last number of repeated packets; extended.
    pub(super) rtx_seq: u64,
    /// The receiver has reported on it: it knows what it belongs to.
    pub(super) is_known: bool,
    pub(super) resent: Resent,
    /// What packets of the format that was sent last go by.
    pub(super) payload: Option<(Format, Payload)>,
    packets: u32,
    octets: u32,
    /// An RTP timestamp, when that was captured, and the clock rate in Hz.
    clock: Option<(u32, Instant, u32)>,
    is_reported: bool,
}

impl OutStream {
    pub(super) fn new(line: OutgoingLine) -> Self {
        Self {
            mid: line.mid,
            is_audio: line.is_audio,
            ssrc: line.ssrc,
            rtx_ssrc: line.rtx_ssrc,
            rtx_seq: 0,
            is_known: false,
            resent: Resent::new(),
            payload: None,
            packets: 0,
            octets: 0,
            clock: None,
            is_reported: false,
        }
    }

    /// A packet with so many bytes of payload was sent.
    pub(super) fn sent(&mut self, packet: &MediaPacket, out: &SlotPacket, payload: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload as u32);
        self.clock = Some((out.rtp_time, packet.captured, packet.format.clock_rate()));
    }

    /// Whether it was never reported on, though it was sent.
    pub(super) fn is_unreported(&self) -> bool {
        !self.is_reported && self.clock.is_some()
    }

    /// Its clock at this moment: derived from the publisher's reports, never
    /// from arrival. Nothing while nothing was sent.
    pub(super) fn report(&mut self, now: Instant, ntp: u64, again: bool) -> Option<SenderReport> {
        let (rtp_time, captured, rate) = self.clock.filter(|_| again || !self.is_reported)?;
        self.is_reported = true;
        let ticks = micros_since(captured, now) * i64::from(rate) / 1_000_000;
        Some(SenderReport {
            ssrc: self.ssrc,
            ntp,
            rtp_time: rtp_time.wrapping_add(ticks as u32),
            packets: self.packets,
            octets: self.octets,
        })
    }
}
