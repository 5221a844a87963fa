//! Offer and answer (RFC 8829): what a browser offers becomes slots and
//! sources.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use diemcau_protocol::{
    MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceLayer, VideoCodec,
};
use str0m::change::SdpOffer;
use str0m::media::Mid;
use str0m::net::TcpType;
use str0m::{Candidate, Rtc};

use super::description::{complete, mids, sections};
use super::{Answered, Negotiated, OutgoingLine, Peer, PeerFault, SourceLine, codecs, guarded};
use crate::keys;
use crate::path::{Transport, TransportAddress};

/// The longest session description that is looked at, in bytes.
const SDP_LENGTH: usize = 192 * 1024;
/// The most m-lines that are looked at.
const MAX_LINES: usize = 48;
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Why an offer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfferError {
    #[error("the session description has {0} bytes, more than {SDP_LENGTH}")]
    TooLong(usize),
    #[error("{0} slots and sources, more than {MAX_LINES}")]
    TooManyLines(usize),
    #[error("the session description cannot be read: {0}")]
    Unreadable(String),
    #[error("the session description cannot be accepted: {0}")]
    Unacceptable(String),
    #[error("m-line {mid} is named but does not fit: {why}")]
    Line { mid: String, why: &'static str },
    #[error("{0}")]
    Fault(#[from] PeerFault),
}

impl Peer {
    /// Accepts an offer. Pictures may have these codecs, the preferred one
    /// first. Returns the peer and the answer (RFC 8829).
    pub(crate) fn accept(
        now: Instant,
        offer: &MediaOffer,
        candidates: &[TransportAddress],
        allowed: &[VideoCodec],
    ) -> Result<(Self, Answered), OfferError> {
        check_size(offer)?;
        guarded(|| {
            let mut config = Rtc::builder()
                .set_crypto_provider(keys::provider())
                .set_ice_lite(true)
                .set_rtp_mode(true)
                .set_extension_map(codecs::extensions())
                .set_rtcp_report_interval_audio(REPORT_INTERVAL)
                .set_rtcp_report_interval_video(REPORT_INTERVAL);
            codecs::configure(config.codec_config(), &offer.sdp, allowed);
            let (mut rtc, tap) = keys::tapped(|| config.build(now));
            for address in candidates {
                rtc.add_local_candidate(host_candidate(*address)?);
            }
            let cname = format!("{:08x}", *rtc.direct_api().new_ssrc());
            let mut peer = Self {
                rtc,
                tap,
                sources: Vec::new(),
                streams: HashMap::new(),
                negotiated: Negotiated::default(),
                mids: mids(&offer.sdp).map(str::to_owned).collect(),
                streams_out: Vec::new(),
                cname,
            };
            let sdp = peer.negotiate(&offer.sdp)?;
            let lines = peer.bind_slots(&offer.slots)?;
            peer.bind_sources(&offer.sources)?;
            let answered = peer.answered(offer, sdp, lines);
            Ok((peer, answered))
        })?
    }

    /// Accepts an offer that restarts ICE (RFC 8445 §9), or adds m-lines for
    /// the slots behind the first `known` ones, and changes nothing else.
    pub(crate) fn renegotiate(
        &mut self,
        offer: &MediaOffer,
        known: usize,
    ) -> Result<Answered, OfferError> {
        check_size(offer)?;
        let all: Vec<&str> = mids(&offer.sdp).collect();
        if all.len() < self.mids.len() || !all.iter().zip(&self.mids).all(|(a, b)| a == b) {
            let why = "a further offer must begin with the m-lines of the first".to_owned();
            return Err(OfferError::Unacceptable(why));
        }
        guarded(|| {
            let sdp = self.negotiate(&offer.sdp)?;
            let lines = self.bind_slots(offer.slots.get(known..).unwrap_or_default())?;
            self.mids = all.iter().map(|mid| (*mid).to_owned()).collect();
            Ok(self.answered(offer, sdp, lines))
        })?
    }

    fn answered(&mut self, offer: &MediaOffer, sdp: String, lines: Vec<OutgoingLine>) -> Answered {
        let sdp = complete(&self.describe(&self.join_stage(offer, sdp)));
        self.negotiated = Negotiated::from_answer(&sdp);
        Answered {
            negotiated: self.negotiated.clone(),
            cname: self.cname.clone(),
            sdp,
            lines,
        }
    }

    /// Names the streams of the slots (RFC 5576) in the place of str0m's.
    fn describe(&self, sdp: &str) -> String {
        let mut described = String::with_capacity(sdp.len() + 256 * self.streams_out.len());
        for section in sections(sdp) {
            let value = |name| section.lines().find_map(|line| line.strip_prefix(name));
            let ours = value("a=mid:").and_then(|mid| {
                let mut ours = self.streams_out.iter();
                ours.find(|stream| stream.mid == mid)
            });
            let Some(ours) = ours else {
                described.push_str(section);
                continue;
            };
            for line in section.split_inclusive('\n') {
                if !line.starts_with("a=ssrc") {
                    described.push_str(line);
                }
            }
            let (ssrc, rtx) = (ours.ssrc, ours.rtx_ssrc);
            let has_rtx = !ours.is_audio && section.contains(" rtx/90000");
            if has_rtx {
                described.push_str(&format!("a=ssrc-group:FID {ssrc} {rtx}\r\n"));
            }
            let msid = value("a=msid:").unwrap_or("- -");
            for ssrc in [Some(ssrc), has_rtx.then_some(rtx)].into_iter().flatten() {
                described.push_str(&format!("a=ssrc:{ssrc} cname:{}\r\n", self.cname));
                described.push_str(&format!("a=ssrc:{ssrc} msid:{msid}\r\n"));
            }
        }
        described
    }

    fn negotiate(&mut self, sdp: &str) -> Result<String, OfferError> {
        let offer =
            SdpOffer::from_sdp_string(sdp).map_err(|e| OfferError::Unreadable(e.to_string()))?;
        let answer = self
            .rtc
            .sdp_api()
            .accept_offer(offer)
            .map_err(|e| OfferError::Unacceptable(e.to_string()))?;
        Ok(answer.to_sdp_string())
    }

    /// Finds the m-lines of slots, and gives each streams of its own.
    fn bind_slots(&mut self, slots: &[OfferedSlot]) -> Result<Vec<OutgoingLine>, OfferError> {
        let mut lines = Vec::with_capacity(slots.len());
        for slot in slots {
            self.line(&slot.mid, slot.kind.is_audio(), Direction::Send)?;
            let api = self.rtc.direct_api();
            let (ssrc, rtx_ssrc) = (*api.new_ssrc(), *api.new_ssrc());
            let line = OutgoingLine {
                mid: slot.mid.clone(),
                is_audio: slot.kind.is_audio(),
                ssrc,
                rtx_ssrc,
            };
            self.streams_out.push(line.clone());
            lines.push(line);
        }
        self.silence();
        Ok(lines)
    }

    /// Finds the m-lines of sources.
    fn bind_sources(&mut self, sources: &[OfferedSource]) -> Result<(), OfferError> {
        for source in sources {
            let mid = self.line(&source.mid, source.kind.is_audio(), Direction::Receive)?;
            let rids = if source.layers.is_empty() {
                vec![None]
            } else {
                let rid = |layer: &SourceLayer| Some(layer.rid.as_str().into());
                source.layers.iter().map(rid).collect()
            };
            self.sources.push(SourceLine { mid, rids });
        }
        Ok(())
    }

    /// Takes str0m's own streams out of the slots' m-lines: it would report
    /// on them for ever, at more cost than forwarding takes.
    fn silence(&mut self) {
        let mids: Vec<Mid> = self
            .streams_out
            .iter()
            .map(|line| Mid::from(line.mid.as_str()))
            .collect();
        let mut api = self.rtc.direct_api();
        for mid in mids {
            let ssrc = api.stream_tx_by_mid(mid, None).map(|stream| stream.ssrc());
            if let Some(ssrc) = ssrc {
                api.remove_stream_tx(ssrc);
            }
        }
    }

    fn line(&self, mid: &str, audio: bool, direction: Direction) -> Result<Mid, OfferError> {
        let line = |why| OfferError::Line {
            mid: mid.to_owned(),
            why,
        };
        if mid.is_empty() || mid.len() > 16 {
            return Err(line("not an identifier"));
        }
        let media = self
            .rtc
            .media(mid.into())
            .ok_or_else(|| line("it is not in the session description"))?;
        if media.kind().is_audio() != audio {
            return Err(line("sound and picture are mixed up"));
        }
        let fits = match direction {
            Direction::Send => media.direction().is_sending(),
            Direction::Receive => media.direction().is_receiving(),
        };
        if !fits {
            return Err(line("its direction does not fit"));
        }
        if media.remote_pts().is_empty() {
            return Err(line("no codec that both have"));
        }
        Ok(media.mid())
    }

    /// Puts the stage's picture and sound into one `msid` (RFC 8830), so that
    /// the browser keeps lips and sound together.
    fn join_stage(&self, offer: &MediaOffer, answer: String) -> String {
        let stream_of = |kind| {
            let slot = offer.slots.iter().find(|slot| slot.kind == kind)?;
            let media = self.rtc.media(slot.mid.as_str().into())?;
            Some(media.stream_id().to_owned())
        };
        match (
            stream_of(SlotKind::StagePicture),
            stream_of(SlotKind::StageSound),
        ) {
            (Some(picture), Some(sound)) => answer.replace(&sound, &picture),
            (None, _) | (_, None) => answer,
        }
    }
}

/// A candidate of ours; by TCP it waits to be connected to (RFC 6544 §4.5).
fn host_candidate(at: TransportAddress) -> Result<Candidate, OfferError> {
    let candidate = match at.transport {
        Transport::Udp => Candidate::builder().udp().host(at.address).build(),
        Transport::Tcp => Candidate::builder()
            .tcp()
            .host(at.address)
            .tcptype(TcpType::Passive)
            .build(),
    };
    candidate.map_err(|error| OfferError::Unacceptable(error.to_string()))
}

/// The direction of an m-line, as the SFU sees it.
#[derive(Clone, Copy)]
enum Direction {
    Send,
    Receive,
}

fn check_size(offer: &MediaOffer) -> Result<(), OfferError> {
    if offer.sdp.len() > SDP_LENGTH {
        return Err(OfferError::TooLong(offer.sdp.len()));
    }
    let lines = offer.slots.len() + offer.sources.len();
    let lines = lines.max(mids(&offer.sdp).count());
    if lines > MAX_LINES {
        return Err(OfferError::TooManyLines(lines));
    }
    for source in &offer.sources {
        let why = match source.kind {
            SourceKind::Camera | SourceKind::Screen if source.layers.len() > 4 => "too many layers",
            SourceKind::Microphone | SourceKind::ScreenAudio if !source.layers.is_empty() => {
                "sound has no layers"
            }
            SourceKind::Camera
            | SourceKind::Screen
            | SourceKind::Microphone
            | SourceKind::ScreenAudio => continue,
        };
        return Err(OfferError::Line {
            mid: source.mid.clone(),
            why,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::{OfferedSlot, OfferedSource};

    use super::*;
    use crate::peer::negotiated::{Format, H264Profile, Negotiated, Wrapping};

    const SESSION: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        a=group:BUNDLE 0 1\r\na=fingerprint:sha-256 \
        7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:\
        DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
        a=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
    const SOUND: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 96 63\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
        a=rtcp-mux\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 minptime=10;useinbandfec=1\r\n\
        a=rtpmap:63 red/48000/2\r\na=fmtp:63 96/96\r\n\
        a=extmap:7 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";
    /// As Chromium offers them, and a camera's main profile at level 4.
    const PICTURES: &str = "m=video 9 UDP/TLS/RTP/SAVPF 100 101 102 103 104 106 107 45 46 98 99\r\n\
        c=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\n\
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
        a=extmap:12 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n\
        a=extmap:4 https://aomediacodec.github.io/av1-rtp-spec/\
        #dependency-descriptor-rtp-header-extension\r\n\
        a=rtpmap:100 VP8/90000\r\na=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\n\
        a=rtpmap:102 H264/90000\r\n\
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
        a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n\
        a=rtpmap:104 H264/90000\r\n\
        a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n\
        a=rtpmap:106 H264/90000\r\na=fmtp:106 packetization-mode=1;profile-level-id=4d0028\r\n\
        a=rtpmap:107 H264/90000\r\na=fmtp:107 packetization-mode=1;profile-level-id=4d002a\r\n\
        a=rtpmap:45 AV1/90000\r\na=fmtp:45 level-idx=8;profile=0;tier=0\r\n\
        a=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\n\
        a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n\
        a=rtpmap:99 VP9/90000\r\na=fmtp:99 profile-id=2\r\n";

    fn offer(direction: &str, pictures: &str) -> MediaOffer {
        let sdp = format!("{SESSION}{SOUND}a={direction}\r\n{pictures}a={direction}\r\n");
        let watches = direction == "recvonly";
        let slot = |mid: &str, kind| OfferedSlot {
            mid: mid.to_owned(),
            kind,
        };
        let source = |mid: &str, kind| OfferedSource {
            mid: mid.to_owned(),
            kind,
            layers: Vec::new(),
        };
        MediaOffer {
            sdp,
            slots: match watches {
                true => vec![slot("0", SlotKind::Mix), slot("1", SlotKind::StagePicture)],
                false => Vec::new(),
            },
            sources: match watches {
                true => Vec::new(),
                false => vec![
                    source("0", SourceKind::Microphone),
                    source("1", SourceKind::Camera),
                ],
            },
        }
    }

    fn answer(offer: &MediaOffer, allowed: &[VideoCodec]) -> Result<String, OfferError> {
        let candidates = ["127.0.0.1:7000", "[::1]:7000"]
            .map(|text| TransportAddress::udp(text.parse().expect("good")));
        let accepted = Peer::accept(Instant::now(), offer, &candidates, allowed);
        accepted.map(|(_, answered)| answered.sdp)
    }

    const ALL: [VideoCodec; 4] = [
        VideoCodec::Vp8,
        VideoCodec::H264,
        VideoCodec::Vp9,
        VideoCodec::Av1,
    ];

    /// Whatever is offered keeps its payload types, whoever sends.
    #[test]
    fn the_answer_keeps_the_payload_types_of_the_offer() {
        for direction in ["sendonly", "recvonly", "sendrecv"] {
            let offer = offer(direction, PICTURES);
            let answer = answer(&offer, &ALL).expect("acceptable");
            let negotiated = Negotiated::from_answer(&answer);
            let of = |pt| {
                let (payload, wrapping) = negotiated.of_pt(pt)?;
                Some((payload.format, wrapping))
            };
            let expected = [
                (96, Format::Opus, Wrapping::Plain),
                (63, Format::Opus, Wrapping::Red),
                (100, Format::Vp8, Wrapping::Plain),
                (101, Format::Vp8, Wrapping::Rtx),
                (
                    103,
                    Format::H264(H264Profile::ConstrainedBaseline),
                    Wrapping::Rtx,
                ),
                (106, Format::H264(H264Profile::Main), Wrapping::Plain),
                (46, Format::Av1, Wrapping::Rtx),
                (98, Format::Vp9, Wrapping::Plain),
            ];
            for (pt, format, wrapping) in expected {
                assert_eq!(of(pt), Some((format, wrapping)), "{pt} in {answer}");
            }
            assert_eq!((of(104), of(107), of(99)), (None, None, None));
            assert!(answer.contains("profile-level-id=4d0028\r\n"), "{answer}");
            if direction != "sendonly" {
                assert_eq!(negotiated.audio.mid, Some(1));
                assert_eq!(negotiated.audio.audio_level, Some(7));
                assert_eq!(negotiated.video.playout_delay, Some(12));
                assert_eq!(negotiated.video.dependency_descriptor, Some(4));
            }
        }
    }

    #[test]
    fn a_meeting_has_its_codecs() {
        let offer = offer("sendonly", PICTURES);
        let order = |allowed: &[VideoCodec]| -> Vec<Format> {
            let answer = answer(&offer, allowed).expect("acceptable");
            let negotiated = Negotiated::from_answer(&answer);
            let formats = negotiated.payloads.iter().map(|payload| payload.format);
            formats.filter(|format| *format != Format::Opus).collect()
        };
        assert_eq!(order(&[VideoCodec::Vp8]), [Format::Vp8]);
        let preferred = order(&[VideoCodec::Av1, VideoCodec::Vp8]);
        assert_eq!(preferred, [Format::Av1, Format::Vp8]);
    }

    #[test]
    fn the_answer_is_complete() {
        let answer = answer(&offer("recvonly", PICTURES), &ALL).expect("acceptable");
        for line in [
            "a=ice-lite\r\n",
            "a=group:BUNDLE 0 1\r\n",
            "a=rtcp-mux\r\n",
            "a=msid:",
            "a=fmtp:96 minptime=10;useinbandfec=1;usedtx=1\r\n",
            "a=ssrc-group:FID",
        ] {
            assert!(answer.contains(line), "{line} in {answer}");
        }
        let mut sections = answer.split("\r\nm=").skip(1);
        let first = sections.next().expect("sound");
        assert_eq!(first.matches("a=candidate:").count(), 2);
        assert_eq!(answer.matches("a=end-of-candidates").count(), 1);
        let last = first.rfind("a=candidate:").expect("there");
        assert!(first.find("a=end-of-candidates").expect("there") > last);
        for section in answer.split("\r\nm=").skip(1) {
            assert!(section.contains("a=ssrc:"), "{section}");
        }
    }

    #[test]
    fn without_a_common_codec_there_is_no_answer() {
        let pictures = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n\
            a=rtcp-mux\r\na=rtpmap:97 H265/90000\r\n";
        let h265 = offer("sendonly", &pictures.replace("96", "97"));
        let refused = answer(&h265, &ALL).expect_err("nothing in common");
        assert!(
            matches!(&refused, OfferError::Line { mid, .. } if mid == "1"),
            "{refused}"
        );
        let vp8 = offer("sendonly", PICTURES);
        let refused = answer(&vp8, &[]).expect_err("nothing is allowed");
        assert!(matches!(refused, OfferError::Line { .. }));
    }

    #[test]
    fn payload_types_that_clash_are_survived() {
        // The same number for sound and for pictures, and one out of range.
        for pt in ["96", "200"] {
            let clash = PICTURES.replace("100", pt);
            let _ = answer(&offer("sendrecv", &clash), &ALL);
        }
    }
}
