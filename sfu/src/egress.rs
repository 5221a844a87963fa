//! What one receiver is sent: media is queued, and leaves sealed, in as few
//! sends as possible.
//!
//! ```text
//!   slot ─ media ──┐
//!   NACK ─ repair ─┼─> queue ──(release, every few ms)──> header, seal ──> Batch ──> socket
//!   burst ─ padding┘
//! ```
//!
//! Nothing is copied before it is written into the batch in which it leaves:
//! the queue holds shared packets. Packets of about one size that leave
//! together are padded to exactly one size (RFC 3550 §5.1, at most
//! [`MAX_PADDING`] bytes), because the kernel takes a run of equal datagrams as
//! one.

mod header;
mod repair;
mod stream;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bandwidth::{Bandwidth, Kind};
use crate::batch::{Batch, Transmit};
use crate::packet::{MediaPacket, SlotPacket};
use crate::peer::{Negotiated, OutgoingLine};
use crate::rtcp::{ReportBlock, SenderReport};
use crate::srtp::{MasterKeys, OVERHEAD, Opener, Sealer, SrtpError};
use header::Header;
use repair::Allowance;
use stream::OutStream;

/// Datagrams of one batch may be this much shorter than its first.
const MAX_PADDING: usize = 24;
/// How often a stream's clock is told.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The most bytes of reports in one datagram.
const REPORT_BYTES: usize = 1_100;
/// Packets that wait at most; what comes beyond is dropped, the oldest first.
const MAX_QUEUED: usize = 1_024;
/// Sound and pictures leave at most this much faster than the estimate: a
/// keyframe is not held up for long, and does not fill the line's queue at
/// once either.
const PACING: f64 = 2.5;
/// The padding of a packet that has nothing else: the most there can be
/// (RFC 3550 §5.1), in whole words.
const BLANK: usize = 252;
/// What the line carries beside each datagram (IPv4).
const IP_AND_UDP: usize = 28;
/// A burst of so much of the line's time may leave at once,
const BURST: Duration = Duration::from_millis(80);
/// and always so many bytes.
const MIN_PACED: f64 = 5_000.0;

/// What a packet is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Media,
    /// Asked for again (RFC 4588).
    Repair,
    /// Sent again unasked, to find out what the line carries.
    Padding,
}

/// A packet that waits to leave.
struct Queued {
    packet: Arc<MediaPacket>,
    out: SlotPacket,
    slot: usize,
    purpose: Purpose,
}

/// What came of releasing.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Released {
    pub(crate) media: u64,
    pub(crate) repairs: u64,
    pub(crate) padding: u64,
    pub(crate) dropped: u64,
    pub(crate) bytes: u64,
}

/// The sending side of a media connection.
pub(crate) struct Egress {
    negotiated: Negotiated,
    cname: String,
    streams: Vec<OutStream>,
    by_ssrc: BTreeMap<u32, usize>,
    /// Apart, because it is large and changes hands at each release.
    sealer: Option<Box<Sealer>>,
    opener: Option<Opener>,
    sounds: Vec<Queued>,
    pictures: VecDeque<Queued>,
    /// Padding alone: in the streams of which slots.
    blanks: Vec<usize>,
    allowance: Allowance,
    reported: Instant,
    /// Some stream was never reported on, though it was sent.
    has_unreported: bool,
    released: Instant,
    dropped: u64,
    rtt: Option<Duration>,
    pub(crate) line: Bandwidth,
}

impl Egress {
    /// For the slots on these m-lines, in their order.
    pub(crate) fn new(
        now: Instant,
        negotiated: Negotiated,
        cname: String,
        lines: Vec<OutgoingLine>,
    ) -> Self {
        let mut egress = Self {
            negotiated,
            cname,
            streams: Vec::new(),
            by_ssrc: BTreeMap::new(),
            sealer: None,
            opener: None,
            sounds: Vec::new(),
            pictures: VecDeque::new(),
            blanks: Vec::new(),
            allowance: Allowance::new(now),
            reported: now,
            has_unreported: false,
            released: now,
            dropped: 0,
            rtt: None,
            line: Bandwidth::new(now),
        };
        egress.extend(lines);
        egress
    }

    /// Further slots.
    pub(crate) fn extend(&mut self, lines: Vec<OutgoingLine>) {
        for line in lines {
            let slot = self.streams.len();
            self.by_ssrc.insert(line.ssrc, slot);
            self.streams.push(OutStream::new(line));
        }
    }

    /// What offer and answer agreed on, after a further offer.
    pub(crate) fn renegotiated(&mut self, negotiated: Negotiated) {
        self.negotiated = negotiated;
        for stream in &mut self.streams {
            stream.payload = None;
        }
    }

    /// Takes the keys, once they are there.
    pub(crate) fn keyed(&mut self, keys: &MasterKeys) -> Result<(), SrtpError> {
        let (sealer, opener) = keys.derive()?;
        (self.sealer, self.opener) = (Some(Box::new(sealer)), Some(opener));
        Ok(())
    }

    /// Whether media can leave.
    pub(crate) fn is_keyed(&self) -> bool {
        self.sealer.is_some()
    }

    /// Opens feedback into `plain`.
    pub(crate) fn open(&mut self, packet: &[u8], plain: &mut Vec<u8>) -> Result<(), SrtpError> {
        match &mut self.opener {
            Some(opener) => opener.rtcp(packet, plain),
            None => Err(SrtpError::Key),
        }
    }

    /// The slot that a stream belongs to.
    pub(crate) fn slot(&self, ssrc: u32) -> Option<usize> {
        self.by_ssrc.get(&ssrc).copied()
    }

    /// Queues a packet for a slot.
    pub(crate) fn media(&mut self, slot: usize, packet: &Arc<MediaPacket>, out: SlotPacket) {
        let queued = Queued {
            packet: Arc::clone(packet),
            out,
            slot,
            purpose: Purpose::Media,
        };
        if self.streams[slot].is_audio {
            self.sounds.push(queued);
        } else {
            if self.pictures.len() == MAX_QUEUED {
                self.pictures.pop_front();
                self.dropped += 1;
            }
            self.pictures.push_back(queued);
        }
    }

    /// Queues a packet that left before, and was asked for again. Returns
    /// whether that may be.
    pub(crate) fn repair(
        &mut self,
        now: Instant,
        slot: usize,
        packet: &Arc<MediaPacket>,
        out: SlotPacket,
    ) -> bool {
        let stream = &mut self.streams[slot];
        let rtx = self.negotiated.sending(packet.format).and_then(|p| p.rtx);
        if rtx.is_none()
            || !stream.resent.may(now, out.seq, self.rtt)
            || !self.allowance.spend(now, packet.payload.len())
        {
            return false;
        }
        // Before the media: somebody waits for it.
        self.pictures.push_front(Queued {
            packet: Arc::clone(packet),
            out,
            slot,
            purpose: Purpose::Repair,
        });
        true
    }

    /// Queues a packet that left before, to find out what the line carries.
    /// Returns the bytes that it takes.
    pub(crate) fn pad(&mut self, slot: usize, packet: &Arc<MediaPacket>, out: SlotPacket) -> usize {
        let rtx = self.negotiated.sending(packet.format).and_then(|p| p.rtx);
        if rtx.is_none() {
            return 0;
        }
        self.pictures.push_back(Queued {
            packet: Arc::clone(packet),
            out,
            slot,
            purpose: Purpose::Padding,
        });
        packet.payload.len() + OVERHEAD
    }

    /// Queues padding alone (RFC 4588 streams take packets without payload),
    /// where no packet can be repeated. Returns the bytes that it takes.
    pub(crate) fn blank(&mut self) -> usize {
        let picture = self.streams.iter().position(|stream| !stream.is_audio);
        let Some(slot) = picture.filter(|_| self.negotiated.rtx().is_some()) else {
            return 0;
        };
        self.blanks.push(slot);
        BLANK + OVERHEAD
    }

    /// Whether nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.queued() == 0
    }

    /// How many packets wait.
    pub(crate) fn queued(&self) -> usize {
        self.sounds.len() + self.pictures.len() + self.blanks.len()
    }

    /// Lets leave what may: sound always, pictures as fast as the line
    /// allows.
    pub(crate) fn release(
        &mut self,
        now: Instant,
        batch: &mut Batch,
        send: &mut dyn FnMut(Transmit<'_>),
    ) -> Released {
        let mut released = Released {
            dropped: std::mem::take(&mut self.dropped),
            ..Released::default()
        };
        let Some(sealer) = self.sealer.take() else {
            self.sounds.clear();
            self.pictures.clear();
            return released;
        };
        let since = now
            .duration_since(self.released)
            .min(Duration::from_millis(40));
        self.released = now;
        let rate = self.line.estimate() as f64 / 8.0;
        let paced = rate * PACING * since.as_secs_f64();
        let burst = rate * BURST.as_secs_f64();
        let mut budget = paced.max(burst).max(MIN_PACED) as usize;
        while budget > 0
            && let Some(queued) = self.pictures.pop_front()
        {
            let length = self.write(now, &sealer, &queued, batch, send, &mut released);
            budget = budget.saturating_sub(length);
        }
        for slot in std::mem::take(&mut self.blanks) {
            self.write_blank(now, &sealer, slot, batch, send, &mut released);
        }
        let mut sounds = std::mem::take(&mut self.sounds);
        sounds.sort_by_key(|queued| std::cmp::Reverse(queued.packet.payload.len()));
        for queued in sounds.drain(..) {
            self.write(now, &sealer, &queued, batch, send, &mut released);
        }
        self.sounds = sounds;
        batch.send(send);
        self.sealer = Some(sealer);
        released
    }

    /// Seals a packet into the batch. Returns its length; 0 when the receiver
    /// does not know its codec.
    fn write(
        &mut self,
        now: Instant,
        sealer: &Sealer,
        queued: &Queued,
        batch: &mut Batch,
        send: &mut dyn FnMut(Transmit<'_>),
        released: &mut Released,
    ) -> usize {
        let Queued {
            packet, out, slot, ..
        } = queued;
        let stream = &mut self.streams[*slot];
        let same = stream
            .payload
            .filter(|(format, _)| *format == packet.format);
        let known = same.or_else(|| {
            let payload = self.negotiated.sending(packet.format)?;
            Some((packet.format, *payload))
        });
        stream.payload = known;
        let Some((_, payload)) = known else {
            released.dropped += 1;
            return 0;
        };
        let is_again = queued.purpose != Purpose::Media;
        let ids = self.negotiated.extensions(stream.is_audio);
        let (pt, body): (u8, &[u8]) = match (is_again, packet.red, payload.red) {
            (true, ..) => (payload.rtx.unwrap_or(payload.pt), &packet.payload),
            (false, true, Some(red)) => (red, &packet.payload),
            (false, true, None) => (payload.pt, packet.plain()),
            (false, false, _) => (payload.pt, &packet.payload),
        };
        let (ssrc, seq) = if is_again {
            stream.rtx_seq += 1;
            (stream.rtx_ssrc, stream.rtx_seq)
        } else {
            (stream.ssrc, out.seq)
        };
        let mut header = Header {
            pt,
            marker: packet.marker,
            seq: seq as u16,
            rtp_time: out.rtp_time,
            ssrc,
            csrc: out.csrc,
            twcc: ids.twcc.map(|id| (id, 0)),
            level: ids.audio_level.zip(packet.level),
            orientation: ids.video_orientation.zip(packet.orientation),
            dependencies: ids
                .dependency_descriptor
                .zip(packet.dependencies.as_deref()),
            frame_number: out.frame_number,
            mid: ids
                .mid
                .filter(|_| !stream.is_known)
                .map(|id| (id, stream.mid.as_bytes())),
        };
        let osn = if is_again { 2 } else { 0 };
        let head = header.len();
        let length = head + osn + body.len() + sealer.overhead();
        let padding = batch.make_room(length, MAX_PADDING, send);
        if let Some((_, number)) = &mut header.twcc {
            let kind = match queued.purpose {
                Purpose::Media | Purpose::Repair => Kind::Media,
                Purpose::Padding => Kind::Padding,
            };
            *number = self.line.sent(now, length + padding + IP_AND_UDP, kind);
        }
        let buffer = batch.begin();
        let start = buffer.len();
        header.write(padding > 0, buffer);
        if is_again {
            buffer.extend_from_slice(&(out.seq as u16).to_be_bytes());
        }
        let payload_at = buffer.len();
        buffer.extend_from_slice(body);
        if let Some(fields) = packet.picture {
            fields.write(&mut buffer[payload_at..], out.picture_id, out.tl0_pic_idx);
        }
        if let Some(last) = u8::try_from(padding).ok().filter(|padding| *padding > 0) {
            buffer.resize(buffer.len() + padding - 1, 0);
            buffer.push(last);
        }
        if sealer.rtp(buffer, start, head, ssrc, seq).is_err() {
            buffer.truncate(start);
            released.dropped += 1;
            return 0;
        }
        let length = length + padding;
        batch.end(length);
        released.bytes += length as u64;
        match queued.purpose {
            Purpose::Media => {
                stream.sent(packet, out, body.len());
                self.has_unreported |= stream.is_unreported();
                self.allowance.earn(length);
                released.media += 1;
            }
            Purpose::Repair => released.repairs += 1,
            Purpose::Padding => released.padding += 1,
        }
        length
    }

    fn write_blank(
        &mut self,
        now: Instant,
        sealer: &Sealer,
        slot: usize,
        batch: &mut Batch,
        send: &mut dyn FnMut(Transmit<'_>),
        released: &mut Released,
    ) {
        let Some(pt) = self.negotiated.rtx() else {
            return;
        };
        let stream = &mut self.streams[slot];
        stream.rtx_seq += 1;
        let ids = self.negotiated.extensions(false);
        let mut header = Header {
            pt,
            marker: false,
            seq: stream.rtx_seq as u16,
            rtp_time: 0,
            ssrc: stream.rtx_ssrc,
            csrc: 0,
            twcc: ids.twcc.map(|id| (id, 0)),
            level: None,
            orientation: None,
            dependencies: None,
            frame_number: None,
            mid: None,
        };
        let length = header.len() + BLANK + sealer.overhead();
        batch.make_room(length, 0, send);
        if let Some((_, number)) = &mut header.twcc {
            *number = self.line.sent(now, length + IP_AND_UDP, Kind::Padding);
        }
        let buffer = batch.begin();
        let start = buffer.len();
        header.write(true, buffer);
        let head = buffer.len() - start;
        buffer.resize(buffer.len() + BLANK - 1, 0);
        buffer.push(BLANK as u8);
        if sealer
            .rtp(buffer, start, head, stream.rtx_ssrc, stream.rtx_seq)
            .is_err()
        {
            buffer.truncate(start);
            return;
        }
        batch.end(length);
        released.bytes += length as u64;
        released.padding += 1;
    }

    /// A receiver has told how a stream arrives. `ntp` is now.
    pub(crate) fn report(&mut self, now: Instant, ntp: u64, block: &ReportBlock) {
        let Some(slot) = self.slot(block.ssrc) else {
            return;
        };
        self.streams[slot].is_known = true;
        let middle = (ntp >> 16) as u32;
        let away = middle.wrapping_sub(block.last_report);
        let rtt = (block.last_report != 0)
            .then(|| away.wrapping_sub(block.delay))
            .filter(|rtt| *rtt < 60 << 16)
            .map(|rtt| Duration::from_secs_f64(f64::from(rtt) / 65_536.0));
        self.rtt = rtt.or(self.rtt);
        let lost = f64::from(block.fraction_lost) / 256.0;
        self.line.report(now, lost, rtt);
    }

    /// The sender reports that are due. `ntp` is now.
    pub(crate) fn reports(&mut self, now: Instant, ntp: u64, send: &mut dyn FnMut(Transmit<'_>)) {
        let all = now.duration_since(self.reported) >= REPORT_INTERVAL;
        if !all && !self.has_unreported {
            return;
        }
        self.has_unreported = false;
        if all {
            self.reported = now;
        }
        let mut compound = Vec::new();
        for n in 0..self.streams.len() {
            let stream = &mut self.streams[n];
            if let Some(report) = stream.report(now, ntp, all) {
                report.write(&self.cname, &mut compound);
            }
            let is_last = n + 1 == self.streams.len();
            if compound.len() > REPORT_BYTES || (is_last && !compound.is_empty()) {
                if let Some(sealer) = &mut self.sealer
                    && sealer.rtcp(&mut compound).is_ok()
                {
                    send(Transmit {
                        segment: compound.len(),
                        bytes: &compound,
                    });
                }
                compound.clear();
            }
        }
    }
}
