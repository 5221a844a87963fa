//! What the fuzz targets in tests/fuzz call, and the replay of their corpora:
//! each function takes whatever bytes there are, and panics where a promise is
//! broken.

#![allow(missing_docs, reason = "a name says which target it is")]
#![allow(
    clippy::unwrap_used,
    reason = "a broken promise ends the run; that is what it is for"
)]

#[cfg(test)]
#[path = "../../tests/fuzz/replay.rs"]
mod replay;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diemcau_protocol::{
    MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceLayer, VideoCodec,
};

use crate::batch::{Batch, Transmit};
use crate::demux::{DatagramKind, Demux, classify, is_nomination, stun_local_ufrag};
use crate::egress::Egress;
use crate::packet::{MediaPacket, SlotPacket};
use crate::path::{Path, TransportAddress};
use crate::payload::{self, Dependencies};
use crate::peer::{ExtensionIds, Format, Negotiated, OutgoingLine, Payload, Peer};
use crate::rtcp::{self, Feedback};
use crate::sfu::{PeerId, fuzzed};
use crate::srtp::{MasterKeys, Profile, SrtpError};

/// The most items of RTCP that one datagram is read for.
const MOST_ITEMS: usize = 512;

/// A datagram from anywhere.
pub fn demux(data: &[u8]) {
    let kind = classify(data);
    let ufrag = stun_local_ufrag(data);
    let _ = is_nomination(data);
    let (known, unknown) = ([203, 0, 113, 1], [203, 0, 113, 2]);
    let address = |ip| TransportAddress::udp(SocketAddr::from((ip, 9)));
    let [known, unknown] = [known, unknown].map(address);
    let mut demux = Demux::default();
    demux.set_ufrag("abcd".into(), PeerId(1));
    demux.add_path(path_to(known), PeerId(2));
    let checked = (ufrag == Some("abcd")).then_some(PeerId(1));
    let (at_known, at_unknown) = match kind {
        DatagramKind::Stun => (checked, checked),
        DatagramKind::Other | DatagramKind::Rtcp => (Some(PeerId(2)), None),
        DatagramKind::Malformed => (None, None),
    };
    assert_eq!(demux.find(kind, known, data), at_known);
    assert_eq!(demux.find(kind, unknown, data), at_unknown);
}

pub(crate) fn path_to(remote: TransportAddress) -> Path {
    Path {
        remote,
        local: None,
    }
}

/// Keys that both sides know.
pub(crate) fn keys(profile: Profile, is_client: bool) -> MasterKeys {
    let length = match profile {
        Profile::Aes128CmSha1_80 => 2 * (16 + 14),
        Profile::AeadAes128Gcm => 2 * (16 + 12),
        Profile::AeadAes256Gcm => 2 * (32 + 12),
    };
    MasterKeys {
        profile,
        material: (0..length).collect(),
        is_client,
    }
}

/// RTCP of a receiver: unsealed, sealed well, and as it is.
pub fn rtcp(data: &[u8]) {
    let start = Instant::now();
    let mut egress = Egress::new(start, Negotiated::default(), "x".into(), lines());
    for n in 0..60 {
        let at = start + Duration::from_millis(n);
        egress.line.sent(at, 1_000, crate::bandwidth::Kind::Media);
    }
    let mut items = 0;
    let mut now = start + Duration::from_millis(80);
    rtcp::read(data, |feedback| {
        items += 1;
        now += Duration::from_millis(20);
        match feedback {
            Feedback::Report(block) => egress.report(now, 1 << 32, &block),
            Feedback::Transport { fci } => {
                let _ = egress.line.feedback(now, fci);
            }
            Feedback::MaxBitrate { bps } => egress.line.remb(now, bps),
            Feedback::Nack { .. } | Feedback::KeyframeWanted { .. } => {}
        }
        egress.line.tick(now);
        let estimate = egress.line.estimate();
        assert!(estimate <= 50_000_000, "an estimate of {estimate}");
        egress.line.padding(now, 2_000_000);
    });
    assert!(items <= MOST_ITEMS);
    for profile in [
        Profile::Aes128CmSha1_80,
        Profile::AeadAes128Gcm,
        Profile::AeadAes256Gcm,
    ] {
        let (mut sealer, _) = keys(profile, true).derive().unwrap();
        let (_, mut opener) = keys(profile, false).derive().unwrap();
        let mut plain = Vec::new();
        assert!(opener.rtcp(data, &mut plain).is_err(), "nobody sealed it");
        if data.len() < 8 {
            continue;
        }
        let mut sealed = data.to_vec();
        sealer.rtcp(&mut sealed).unwrap();
        let mut spoiled = sealed.clone();
        let at = data.len() % sealed.len();
        spoiled[at] ^= 1;
        assert!(opener.rtcp(&spoiled, &mut plain).is_err(), "it was spoiled");
        opener.rtcp(&sealed, &mut plain).unwrap();
        assert_eq!(plain, data);
        let again = opener.rtcp(&sealed, &mut plain);
        assert_eq!(again, Err(SrtpError::Replayed));
    }
}

/// A sound and a picture.
fn lines() -> Vec<OutgoingLine> {
    let line = |n: u32| OutgoingLine {
        mid: n.to_string(),
        is_audio: n == 0,
        ssrc: 10 + n,
        rtx_ssrc: 20 + n,
    };
    vec![line(0), line(1)]
}

/// The payload of a publisher's packet; the first byte says the format.
pub fn payload(data: &[u8]) {
    let Some((first, payload)) = data.split_first() else {
        return;
    };
    if let Some(newest) = payload::red_primary(payload) {
        assert!(payload.ends_with(newest) && newest.len() < payload.len());
    }
    dependencies(payload);
    let Some((starts_keyframe, Some(fields))) = payload::read(format(*first), payload) else {
        return;
    };
    let mut rewritten = payload.to_vec();
    fields.write(&mut rewritten, Some(0x1234), Some(0x56));
    let (starts_still, again) = payload::read(format(*first), &rewritten).unwrap();
    let again = again.unwrap();
    assert_eq!(starts_keyframe, starts_still);
    assert_eq!(again.tl0_pic_idx, fields.tl0_pic_idx.map(|_| 0x56));
    let ids = [Some(0x1234), Some(0x34), None];
    assert!(ids.contains(&again.picture_id));
    assert_eq!(again.picture_id.is_some(), fields.picture_id.is_some());
    let changed = payload.iter().zip(&rewritten).filter(|(a, b)| a != b);
    assert!(changed.count() <= 3);
}

/// Two dependency descriptors, the second by the structure of the first; a
/// length says where it begins.
fn dependencies(data: &[u8]) {
    let mut bytes = Bytes(data);
    let Some(first) = bytes.some(255) else {
        return;
    };
    let read = Dependencies::read(first, None);
    let structure = read.and_then(|read| read.structure);
    if let Some(structure) = &structure {
        assert!(structure.layers.len() <= 4);
        let _ = Dependencies::read(bytes.0, Some(structure));
    }
}

pub(crate) fn format(byte: u8) -> Format {
    match byte % 5 {
        0 => Format::Opus,
        1 => Format::Vp8,
        2 => Format::H264(crate::peer::H264Profile::FALLBACK),
        3 => Format::Vp9,
        _ => Format::Av1,
    }
}

/// Takes what it needs from the front of the data.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// One of so many.
    pub(crate) fn below(&mut self, count: usize) -> Option<usize> {
        self.byte().map(|byte| usize::from(byte) % count)
    }

    pub(crate) fn number(&mut self, bytes: usize) -> Option<u64> {
        let fold = |number, byte: &u8| number << 8 | u64::from(*byte);
        self.take(bytes).map(|taken| taken.iter().fold(0, fold))
    }

    /// Up to so many bytes, as many as a length says that comes before.
    pub(crate) fn some(&mut self, most: usize) -> Option<&'a [u8]> {
        let length = self.number(2)? as usize % (most + 1);
        self.take(length.min(self.0.len()))
    }
}

/// A packet of a publisher, as it would come out of its peer.
pub(crate) fn packet(bytes: &mut Bytes<'_>, seq: u64, now: Instant) -> Option<MediaPacket> {
    let format = format(bytes.byte()?);
    let flags = bytes.byte()?;
    let rtp_time = bytes.number(4)? as u32;
    let dependencies = bytes.some(255)?;
    let payload = bytes.some(1_450)?;
    let red = flags & 1 != 0;
    if red && payload::red_primary(payload).is_none() {
        return None;
    }
    let (starts_keyframe, picture) = payload::read(format, payload)?;
    Some(MediaPacket {
        format,
        red,
        seq,
        rtp_time,
        marker: flags & 2 != 0,
        captured: now,
        arrived: now,
        level: (flags & 4 != 0).then_some(flags),
        orientation: (flags & 8 != 0).then_some(flags >> 6),
        dependencies: (flags & 16 != 0).then(|| dependencies.into()),
        starts_keyframe,
        picture,
        crossing: None,
        payload: payload.into(),
    })
}

/// Packets and what was negotiated: the headers that leave.
pub fn egress(data: &[u8]) {
    write_packets(&mut Bytes(data));
}

fn write_packets(bytes: &mut Bytes<'_>) -> Option<()> {
    let mut now = Instant::now();
    let id = |bytes: &mut Bytes<'_>| Some(bytes.byte()?).map(|id| (id != 0).then_some(id));
    let ids = ExtensionIds {
        mid: id(bytes)?,
        twcc: id(bytes)?,
        audio_level: id(bytes)?,
        video_orientation: id(bytes)?,
        dependency_descriptor: id(bytes)?,
        ..ExtensionIds::default()
    };
    let payloads = (0..5).map(|n| Payload {
        format: format(n),
        pt: 96 + n,
        rtx: (n > 0).then_some(106 + n),
        red: (n == 0).then_some(63),
        sendable: true,
    });
    let negotiated = Negotiated {
        payloads: payloads.collect(),
        audio: ids,
        video: ids,
    };
    let mut egress = Egress::new(now, negotiated, "x".into(), lines());
    let profile = match bytes.below(2)? {
        0 => Profile::AeadAes128Gcm,
        _ => Profile::Aes128CmSha1_80,
    };
    egress.keyed(&keys(profile, false)).unwrap();
    let mut batch = Batch::default();
    for seq in 1_u64.. {
        let packet = std::sync::Arc::new(packet(bytes, seq, now)?);
        let out = SlotPacket {
            seq,
            rtp_time: packet.rtp_time,
            csrc: 7,
            picture_id: Some(seq as u16),
            tl0_pic_idx: Some(seq as u8),
            frame_number: packet.frame_number(),
        };
        let slot = usize::from(!packet.format.is_audio());
        egress.media(slot, &packet, out);
        match bytes.below(4)? {
            0 => {}
            1 => {
                egress.repair(now, 1, &packet, out);
            }
            2 => {
                egress.pad(1, &packet, out);
                egress.blank();
            }
            _ => {
                now += Duration::from_millis(4);
                let mut sent = 0;
                let mut send = |transmit: Transmit<'_>| {
                    for datagram in transmit.datagrams() {
                        sent += datagram.len() as u64;
                        well_formed(datagram);
                    }
                };
                let released = egress.release(now, &mut batch, &mut send);
                assert_eq!(released.bytes, sent);
            }
        }
    }
    Some(())
}

/// The header of a packet can be read (RFC 3550 §5.1, RFC 8285).
fn well_formed(datagram: &[u8]) {
    // A header with one CSRC, and a tag.
    assert!((26..=2_000).contains(&datagram.len()));
    assert_eq!(datagram[0] & 0xcf, 0x81, "version 2, one CSRC");
    let mut rest = &datagram[16..];
    if datagram[0] & 0x10 != 0 {
        let long = match rest[..2] {
            [0xbe, 0xde] => false,
            [0x10, 0x00] => true,
            _ => panic!("neither form of extensions"),
        };
        let words = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        let (mut elements, body) = rest[4..].split_at(4 * words);
        while let Some((first, after)) = elements.split_first() {
            let length = match (long, *first) {
                (_, 0) => {
                    elements = after;
                    continue;
                }
                (true, _) => 1 + usize::from(after[0]),
                (false, first) => 1 + usize::from(first & 0x0f),
            };
            elements = &after[length..];
        }
        rest = body;
    }
    assert!(rest.len() >= 10, "there is room for a tag");
}

/// A session description, and after a zero byte another one that follows it.
pub fn sdp(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (first, second) = text.split_once('\0').unwrap_or((text, text));
    let candidates = ["192.0.2.1:7000", "[2001:db8::1]:7000"]
        .map(|address| TransportAddress::udp(address.parse().unwrap()));
    let codecs = [
        VideoCodec::Vp8,
        VideoCodec::H264,
        VideoCodec::Vp9,
        VideoCodec::Av1,
    ];
    let _ = Negotiated::from_answer(first);
    let offer = offer_of(first);
    let Ok((mut peer, answered)) = Peer::accept(Instant::now(), &offer, &candidates, &codecs)
    else {
        return;
    };
    assert_eq!(answered.lines.len(), offer.slots.len());
    assert!(answered.sdp.starts_with("v=0\r\n"));
    agreed(&answered.negotiated);
    let again = offer_of(second);
    if let Ok(answered) = peer.renegotiate(&again, offer.slots.len()) {
        let new = again.slots.len().saturating_sub(offer.slots.len());
        assert_eq!(answered.lines.len(), new);
        agreed(&answered.negotiated);
    }
    let line = second.lines().find_map(|line| line.strip_prefix("a="));
    let _ = peer.candidate(line.unwrap_or(second));
}

/// What is agreed on fits into a header.
fn agreed(negotiated: &Negotiated) {
    let pts = negotiated
        .payloads
        .iter()
        .flat_map(|payload| [Some(payload.pt), payload.rtx, payload.red]);
    for pt in pts.flatten() {
        assert!(pt < 128, "payload type {pt}");
        assert!(negotiated.of_pt(pt).is_some());
    }
}

/// What a browser says its m-lines are for.
fn offer_of(sdp: &str) -> MediaOffer {
    let mut offer = MediaOffer {
        sdp: sdp.to_owned(),
        slots: Vec::new(),
        sources: Vec::new(),
    };
    for section in sdp.split("\nm=").skip(1) {
        let value = |name| section.lines().find_map(|line| line.strip_prefix(name));
        let mid = value("a=mid:").unwrap_or_default().to_owned();
        let audio = section.starts_with("audio");
        if section.contains("a=recvonly") {
            let kind = match audio {
                true => SlotKind::Sound,
                false => SlotKind::StagePicture,
            };
            offer.slots.push(OfferedSlot { mid, kind });
        } else {
            let rids = section
                .lines()
                .filter_map(|line| line.strip_prefix("a=rid:")?.split(' ').next());
            let layers = rids.map(|rid| SourceLayer {
                rid: rid.to_owned(),
                height: 360,
            });
            offer.sources.push(OfferedSource {
                mid,
                kind: match audio {
                    true => SourceKind::Microphone,
                    false => SourceKind::Camera,
                },
                layers: layers.collect(),
            });
        }
    }
    offer
}

/// A meeting on two workers, and whatever comes over links.
pub fn link(data: &[u8]) {
    fuzzed::run(data, fuzzed::Kind::Links);
}

/// A meeting on two workers: commands, datagrams, packets, time.
pub fn sfu(data: &[u8]) {
    fuzzed::run(data, fuzzed::Kind::Everything);
}

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn datagrams_are_sorted_or_refused() {
        replay("demux", 5_000, super::demux);
    }

    #[test]
    fn feedback_is_read_or_refused() {
        replay("rtcp", 2_000, super::rtcp);
    }

    #[test]
    fn payloads_are_read_or_refused() {
        replay("payload", 5_000, super::payload);
    }

    #[test]
    fn what_leaves_is_well_formed() {
        replay("egress", 2_000, super::egress);
    }

    #[test]
    fn descriptions_are_answered_or_refused() {
        replay("sdp", 300, super::sdp);
    }

    #[test]
    fn nothing_over_a_link_does_harm() {
        replay("link", 200, super::link);
    }

    #[test]
    fn nothing_in_any_order_does_harm() {
        replay("sfu", 300, super::sfu);
    }
}
