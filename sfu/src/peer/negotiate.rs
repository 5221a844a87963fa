//! Offer and answer (RFC 8829): what a browser offers becomes slots and
//! sources.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diemcau_protocol::{
    MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceLayer, VideoCodec,
};
use str0m::change::SdpOffer;
use str0m::media::Mid;
use str0m::net::Protocol;
use str0m::{Candidate, Rtc};

use super::{Answered, Negotiated, OutgoingLine, Peer, PeerFault, SourceLine, guarded};
use crate::keys;

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
    /// Accepts an offer. Returns the peer and the answer (RFC 8829).
    pub(crate) fn accept(
        now: Instant,
        offer: &MediaOffer,
        candidates: &[SocketAddr],
        codecs: &[VideoCodec],
    ) -> Result<(Self, Answered), OfferError> {
        check_size(offer)?;
        guarded(|| {
            let config = Rtc::builder()
                .set_crypto_provider(keys::provider())
                .set_ice_lite(true)
                .set_rtp_mode(true)
                .clear_codecs()
                .enable_opus(true, true)
                .enable_vp8(codecs.contains(&VideoCodec::Vp8))
                .enable_h264(codecs.contains(&VideoCodec::H264))
                .enable_vp9(codecs.contains(&VideoCodec::Vp9))
                .enable_av1(codecs.contains(&VideoCodec::Av1))
                .set_rtcp_report_interval_audio(REPORT_INTERVAL)
                .set_rtcp_report_interval_video(REPORT_INTERVAL);
            let (mut rtc, tap) = keys::tapped(|| config.build(now));
            for address in candidates {
                let candidate = Candidate::host(*address, Protocol::Udp)
                    .map_err(|e| OfferError::Unacceptable(e.to_string()))?;
                rtc.add_local_candidate(candidate);
            }
            let mut peer = Self {
                rtc,
                tap,
                sources: Vec::new(),
                streams: HashMap::new(),
                negotiated: Negotiated::default(),
                mids: mids(&offer.sdp).map(str::to_owned).collect(),
                renamed: Vec::new(),
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
        let sdp = self.rename(&self.join_stage(offer, sdp));
        self.negotiated = Negotiated::from_answer(&sdp);
        Answered {
            negotiated: self.negotiated.clone(),
            sdp,
            lines,
        }
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
            let mid = self.line(&slot.mid, slot.kind.is_audio(), Direction::Send)?;
            let mut api = self.rtc.direct_api();
            let (ssrc, rtx_ssrc) = (*api.new_ssrc(), *api.new_ssrc());
            if let Some(stream) = api.stream_tx_by_mid(mid, None) {
                self.renamed.push((*stream.ssrc(), ssrc));
                let rtx = stream.rtx().map(|theirs| (*theirs, rtx_ssrc));
                self.renamed.extend(rtx);
            }
            lines.push(OutgoingLine {
                mid: slot.mid.clone(),
                is_audio: slot.kind.is_audio(),
                ssrc,
                rtx_ssrc,
            });
        }
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

    /// Puts the SSRCs of our streams in the place of str0m's (RFC 5576).
    fn rename(&self, sdp: &str) -> String {
        let ours = |theirs: &str| {
            let theirs: u32 = theirs.parse().ok()?;
            let mut renamed = self.renamed.iter();
            renamed.find_map(|(from, to)| (*from == theirs).then(|| to.to_string()))
        };
        let mut renamed = String::with_capacity(sdp.len());
        for line in sdp.split_inclusive('\n') {
            let (head, tail) = if let Some(rest) = line.strip_prefix("a=ssrc-group:FID ") {
                ("a=ssrc-group:FID ", rest)
            } else if let Some(rest) = line.strip_prefix("a=ssrc:") {
                ("a=ssrc:", rest)
            } else {
                renamed.push_str(line);
                continue;
            };
            renamed.push_str(head);
            for word in tail.split_inclusive(char::is_whitespace) {
                let bare = word.trim_end();
                match ours(bare) {
                    Some(ours) => {
                        renamed.push_str(&ours);
                        renamed.push_str(&word[bare.len()..]);
                    }
                    None => renamed.push_str(word),
                }
            }
        }
        renamed
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

/// The direction of an m-line, as the SFU sees it.
#[derive(Clone, Copy)]
enum Direction {
    Send,
    Receive,
}

/// The m-lines of a session description: their `a=mid`, or nothing for one
/// that has none.
fn mids(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.split("\nm=").skip(1).map(|section| {
        let mut mids = section
            .lines()
            .filter_map(|line| line.strip_prefix("a=mid:"));
        mids.next().unwrap_or_default()
    })
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
