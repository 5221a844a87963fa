//! Offer and answer (RFC 8829): what a browser offers becomes slots and
//! sources.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diemcau_protocol::{MediaOffer, SlotKind, SourceKind, SourceLayer};
use str0m::change::SdpOffer;
use str0m::format::Codec as StrCodec;
use str0m::media::Mid;
use str0m::net::Protocol;
use str0m::{Candidate, Rtc};

use super::{Peer, PeerFault, SourceLine, guarded};

/// The longest session description that is looked at, in bytes.
const SDP_LENGTH: usize = 192 * 1024;
/// The most m-lines that are looked at.
const MAX_LINES: usize = 48;
/// Packets kept for retransmission in each slot.
const RTX_PACKETS: usize = 512;
const RTX_AGE: Duration = Duration::from_secs(2);
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
    ) -> Result<(Self, String), OfferError> {
        check_size(offer)?;
        guarded(|| {
            let mut rtc = Rtc::builder()
                .set_ice_lite(true)
                .set_rtp_mode(true)
                .clear_codecs()
                .enable_opus(true, false)
                .enable_vp8(true)
                .set_rtcp_report_interval_audio(REPORT_INTERVAL)
                .set_rtcp_report_interval_video(REPORT_INTERVAL)
                .build(now);
            for address in candidates {
                let candidate = Candidate::host(*address, Protocol::Udp)
                    .map_err(|e| OfferError::Unacceptable(e.to_string()))?;
                rtc.add_local_candidate(candidate);
            }
            let mut peer = Self {
                rtc,
                slots: Vec::new(),
                sources: Vec::new(),
                streams: HashMap::new(),
                opus: None,
                vp8: None,
                mids: mids(&offer.sdp).map(str::to_owned).collect(),
            };
            let answer = peer.negotiate(&offer.sdp)?;
            peer.bind(offer)?;
            let answer = peer.join_stage(offer, answer);
            Ok((peer, answer))
        })?
    }

    /// Accepts an offer that restarts ICE (RFC 8445 §9) and changes nothing
    /// else.
    pub(crate) fn restart(&mut self, offer: &MediaOffer) -> Result<String, OfferError> {
        check_size(offer)?;
        if !mids(&offer.sdp).eq(self.mids.iter().map(String::as_str)) {
            let why = "a restart must have the m-lines of the first offer".to_owned();
            return Err(OfferError::Unacceptable(why));
        }
        guarded(|| {
            let answer = self.negotiate(&offer.sdp)?;
            Ok(self.join_stage(offer, answer))
        })?
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

    /// Finds the m-lines that the offer names.
    fn bind(&mut self, offer: &MediaOffer) -> Result<(), OfferError> {
        for slot in &offer.slots {
            let mid = self.line(&slot.mid, slot.kind.is_audio(), Direction::Send)?;
            let line = |why| OfferError::Line {
                mid: slot.mid.clone(),
                why,
            };
            let mut api = self.rtc.direct_api();
            let stream = api
                .stream_tx_by_mid(mid, None)
                .ok_or_else(|| line("there is no stream"))?;
            stream.set_rtx_cache(RTX_PACKETS, RTX_AGE, None);
            let ssrc = stream.ssrc();
            self.slots.push((mid, ssrc));
        }
        for source in &offer.sources {
            let mid = self.line(&source.mid, source.kind.is_audio(), Direction::Receive)?;
            let rids = if source.layers.is_empty() {
                vec![None]
            } else {
                let rid = |layer: &SourceLayer| Some(layer.rid.as_str().into());
                source.layers.iter().map(rid).collect()
            };
            self.sources.push(SourceLine { mid, rids });
        }
        for params in self.rtc.codec_config().params() {
            match params.spec().codec {
                StrCodec::Opus => self.opus = Some(params.pt()),
                StrCodec::Vp8 => self.vp8 = Some(params.pt()),
                _ => {}
            }
        }
        Ok(())
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
