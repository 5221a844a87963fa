//! What signaling reads of a device's session description (RFC 8829) and of
//! its fragments (RFC 8840): which m-lines there are, and the ICE parameters.
//! The rest is between the device and the media plane.

use diemcau_protocol::{
    MediaOffer, OfferedSlot, OfferedSource, ParticipantId, SlotKind, SlotWish, SourceKind,
    SourceLayer, SourceRef,
};

/// The longest description, in bytes.
pub(crate) const LONGEST: usize = 192 * 1024;

/// The height of the best layer of a picture that says nothing about it, in
/// pixels; each next one has half of it.
const HEIGHT: u16 = 1080;

/// The most candidates of one fragment.
const MOST_CANDIDATES: usize = 64;

/// What a device is here for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// It sends sound.
    pub(crate) microphone: bool,
    /// It sends pictures.
    pub(crate) camera: bool,
    /// It shows this.
    pub(crate) wishes: Vec<SlotWish>,
}

/// What a viewer wants to see and hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Watched {
    Stage,
    Participant(ParticipantId),
}

/// One m-line of an offer.
struct Line<'a> {
    audio: bool,
    mid: &'a str,
    sends: bool,
    receives: bool,
    rids: Vec<(&'a str, Option<u16>)>,
}

/// Reads the offer of a device that publishes.
pub(crate) fn publishing(sdp: &str) -> Result<(MediaOffer, Purpose), &'static str> {
    let lines = read(sdp)?;
    if !lines.iter().all(|line| line.sends) {
        return Err("every m-line must be sendonly");
    }
    let sources = lines.iter().map(|line| OfferedSource {
        mid: line.mid.to_owned(),
        kind: if line.audio {
            SourceKind::Microphone
        } else {
            SourceKind::Camera
        },
        layers: layers(&line.rids),
    });
    let offer = MediaOffer {
        sdp: sdp.to_owned(),
        slots: Vec::new(),
        sources: sources.collect(),
    };
    let purpose = Purpose {
        microphone: lines.iter().any(|line| line.audio),
        camera: lines.iter().any(|line| !line.audio),
        wishes: Vec::new(),
    };
    Ok((offer, purpose))
}

/// Reads the offer of a device that watches, at a height in pixels.
pub(crate) fn watching(
    sdp: &str,
    watched: &Watched,
    height: u16,
) -> Result<(MediaOffer, Purpose), &'static str> {
    let lines = read(sdp)?;
    if !lines.iter().all(|line| line.receives) {
        return Err("every m-line must be recvonly");
    }
    let slots = lines.iter().map(|line| OfferedSlot {
        mid: line.mid.to_owned(),
        kind: match (watched, line.audio) {
            (Watched::Stage, true) => SlotKind::Mix,
            (Watched::Stage, false) => SlotKind::StagePicture,
            (Watched::Participant(_), true) => SlotKind::Sound,
            (Watched::Participant(_), false) => SlotKind::Picture,
        },
    });
    let wishes = lines.iter().map(|line| SlotWish {
        mid: line.mid.to_owned(),
        source: match watched {
            Watched::Stage => None,
            Watched::Participant(participant) => Some(SourceRef {
                participant: participant.clone(),
                kind: if line.audio {
                    SourceKind::Microphone
                } else {
                    SourceKind::Camera
                },
            }),
        },
        height,
    });
    let purpose = Purpose {
        wishes: wishes.collect(),
        ..Purpose::default()
    };
    let offer = MediaOffer {
        sdp: sdp.to_owned(),
        slots: slots.collect(),
        sources: Vec::new(),
    };
    Ok((offer, purpose))
}

/// The m-lines: at most one for sound and one for pictures, in one bundle.
fn read(sdp: &str) -> Result<Vec<Line<'_>>, &'static str> {
    if !sdp.starts_with("v=0") {
        return Err("not a session description");
    }
    let mut sections = sdp.split("\nm=");
    let session = sections.next().unwrap_or_default();
    let bundle: Vec<&str> = attributes(session)
        .find_map(|attribute| attribute.strip_prefix("group:BUNDLE"))
        .map(|mids| mids.split_ascii_whitespace().collect())
        .unwrap_or_default();
    let lines = sections.map(line).collect::<Result<Vec<_>, _>>()?;
    let count = |audio| lines.iter().filter(|line| line.audio == audio).count();
    if lines.is_empty() {
        return Err("there is no m-line");
    }
    if count(true) > 1 || count(false) > 1 {
        return Err("at most one m-line for sound and one for pictures");
    }
    if lines.len() > 1 && !lines.iter().all(|line| bundle.contains(&line.mid)) {
        return Err("all m-lines must be in one bundle");
    }
    Ok(lines)
}

fn line(section: &str) -> Result<Line<'_>, &'static str> {
    let audio = match section.split_ascii_whitespace().next() {
        Some("audio") => true,
        Some("video") => false,
        _ => return Err("an m-line is for sound or pictures"),
    };
    let mid = attributes(section)
        .find_map(|attribute| attribute.strip_prefix("mid:"))
        .ok_or("an m-line has no a=mid")?;
    let has = |name| attributes(section).any(|attribute| attribute == name);
    let (sendonly, recvonly) = (has("sendonly"), has("recvonly"));
    let active = !has("inactive");
    Ok(Line {
        audio,
        mid,
        sends: active && !recvonly,
        receives: active && !sendonly,
        rids: rids(section),
    })
}

/// The layers that are to be sent, the best first (RFC 8853 §5.2), with their
/// heights where they are said (RFC 8851 §5).
fn rids(section: &str) -> Vec<(&str, Option<u16>)> {
    let Some(simulcast) = attributes(section)
        .find_map(|attribute| attribute.strip_prefix("simulcast:"))
        .and_then(|simulcast| simulcast.split("send ").nth(1))
        .and_then(|send| send.split_ascii_whitespace().next())
    else {
        return Vec::new();
    };
    let height = |rid: &str| {
        attributes(section)
            .filter_map(|attribute| attribute.strip_prefix("rid:"))
            .filter_map(|layer| layer.split_once(" send"))
            .find(|(name, _)| *name == rid)?
            .1
            .split([' ', ';'])
            .find_map(|limit| limit.strip_prefix("max-height="))?
            .parse()
            .ok()
    };
    simulcast
        .split(';')
        .filter_map(|alternatives| alternatives.split(',').next())
        .map(|rid| rid.trim_start_matches('~'))
        .map(|rid| (rid, height(rid)))
        .collect()
}

fn layers(rids: &[(&str, Option<u16>)]) -> Vec<SourceLayer> {
    let halved = |rank: usize| HEIGHT >> rank.min(8);
    let layers = rids.iter().enumerate().map(|(rank, (rid, height))| {
        let height = height.unwrap_or_else(|| halved(rank));
        SourceLayer {
            rid: (*rid).to_owned(),
            height,
        }
    });
    layers.collect()
}

fn attributes(section: &str) -> impl Iterator<Item = &str> {
    section
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("a="))
}

/// The ICE parameters of a description or fragment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// User fragment and password.
    pub(crate) credentials: Option<(String, String)>,
    /// As in `a=candidate`, without `a=`.
    pub(crate) candidates: Vec<String>,
}

/// Reads a fragment (RFC 8840 §9).
pub(crate) fn fragment(text: &str) -> Result<Fragment, &'static str> {
    let value = |name| attributes(text).find_map(|attribute| attribute.strip_prefix(name));
    let credentials = match (value("ice-ufrag:"), value("ice-pwd:")) {
        // RFC 8839 §5.4.
        (Some(ufrag), Some(pwd)) => {
            if !(4..=256).contains(&ufrag.len()) || !(22..=256).contains(&pwd.len()) {
                return Err("a=ice-ufrag or a=ice-pwd has not its length");
            }
            Some((ufrag.to_owned(), pwd.to_owned()))
        }
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err("a=ice-ufrag and a=ice-pwd go together");
        }
    };
    let candidates: Vec<String> = attributes(text)
        .filter(|attribute| attribute.starts_with("candidate:"))
        .map(str::to_owned)
        .collect();
    let ends = attributes(text).any(|attribute| attribute == "end-of-candidates");
    if candidates.len() > MOST_CANDIDATES {
        return Err("too many candidates");
    }
    if credentials.is_none() && candidates.is_empty() && !ends {
        return Err("the fragment says nothing about ICE");
    }
    Ok(Fragment {
        credentials,
        candidates,
    })
}

/// The offer again with other credentials and without candidates: it restarts
/// ICE and changes nothing else.
pub(crate) fn with_credentials(sdp: &str, (ufrag, pwd): &(String, String)) -> String {
    let mut text = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") {
            continue;
        }
        if line.starts_with("a=ice-ufrag:") {
            text.push_str("a=ice-ufrag:");
            text.push_str(ufrag);
        } else if line.starts_with("a=ice-pwd:") {
            text.push_str("a=ice-pwd:");
            text.push_str(pwd);
        } else {
            text.push_str(line);
        }
        text.push_str("\r\n");
    }
    text
}

/// The ICE parameters of an answer as a fragment (RFC 9725 §4.3.3): those of
/// its first m-line, on which all others ride.
pub(crate) fn ice_of(answer: &str) -> String {
    let mut sections = answer.split("\nm=");
    let session = sections.next().unwrap_or_default();
    let first = sections.next().unwrap_or_default();
    let mut text = String::new();
    let mut add = |line: &str| {
        text.push_str(line);
        text.push_str("\r\n");
    };
    let of_ice = |attribute: &&str| {
        ["ice-", "candidate:", "end-of-candidates"]
            .iter()
            .any(|name| attribute.starts_with(name))
    };
    for attribute in attributes(session) {
        if attribute.starts_with("group:") || of_ice(&attribute) {
            add(&format!("a={attribute}"));
        }
    }
    if let Some(line) = first.lines().next() {
        add(&format!("m={}", line.trim_end()));
    }
    for attribute in attributes(first) {
        if attribute.starts_with("mid:") || of_ice(&attribute) {
            add(&format!("a={attribute}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        a=group:BUNDLE a v\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=sendonly\r\n\
        a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
        a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\na=mid:v\r\na=sendonly\r\n\
        a=rid:h send max-width=1280;max-height=720\r\na=rid:l send\r\n\
        a=simulcast:send h;~l\r\n";

    #[test]
    fn a_publisher_has_a_microphone_and_a_camera() {
        let (offer, purpose) = publishing(OFFER).expect("a good offer");
        let both = Purpose {
            microphone: true,
            camera: true,
            wishes: Vec::new(),
        };
        assert_eq!(purpose, both);
        let kinds: Vec<_> = offer
            .sources
            .iter()
            .map(|source| (source.mid.as_str(), source.kind))
            .collect();
        assert_eq!(
            kinds,
            [("a", SourceKind::Microphone), ("v", SourceKind::Camera)]
        );
        let layers: Vec<_> = offer.sources[1]
            .layers
            .iter()
            .map(|layer| (layer.rid.as_str(), layer.height))
            .collect();
        assert_eq!(layers, [("h", 720), ("l", 540)]);
    }

    #[test]
    fn a_viewer_names_what_it_sees() {
        let offer = OFFER.replace("sendonly", "recvonly");
        let (stage, _) = watching(&offer, &Watched::Stage, 1080).expect("a good offer");
        let kinds: Vec<_> = stage.slots.iter().map(|slot| slot.kind).collect();
        assert_eq!(kinds, [SlotKind::Mix, SlotKind::StagePicture]);
        let watched = Watched::Participant("an-binh".into());
        let (_, purpose) = watching(&offer, &watched, 360).expect("a good offer");
        assert!(!purpose.microphone && !purpose.camera);
        let wishes = purpose.wishes;
        let camera = SourceRef {
            participant: "an-binh".into(),
            kind: SourceKind::Camera,
        };
        assert_eq!(wishes[1].source, Some(camera));
        assert_eq!(wishes[1].height, 360);
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        for offer in [
            "".to_owned(),
            "v=0\r\n".to_owned(),
            OFFER.replace("a=group:BUNDLE a v\r\n", ""),
            OFFER.replace("sendonly", "recvonly"),
            OFFER.replace("sendonly", "inactive"),
            OFFER.replace("a=mid:v\r\n", ""),
            OFFER.replace("m=audio", "m=application"),
            OFFER.replace("m=audio", "m=video"),
        ] {
            assert!(publishing(&offer).is_err(), "{offer}");
        }
    }

    #[test]
    fn a_fragment_has_what_ice_needs() {
        let read = fragment(OFFER).expect("ICE stands in it");
        let (ufrag, pwd) = read.credentials.clone().expect("both");
        assert_eq!((ufrag.as_str(), pwd.len()), ("abcd", 22));
        assert_eq!(
            read.candidates,
            ["candidate:1 1 udp 1 192.0.2.1 1 typ host"]
        );
        for text in [
            "",
            "a=mid:0",
            "a=ice-ufrag:abcd",
            "a=ice-ufrag:a\na=ice-pwd:0123456789012345678901",
        ] {
            assert!(fragment(text).is_err(), "{text}");
        }
        assert!(fragment("a=end-of-candidates").is_ok());

        let other = ("wxyz".to_owned(), "x".repeat(22));
        let again = with_credentials(OFFER, &other);
        let reread = fragment(&again).expect("ICE stands in it");
        assert_eq!(reread.credentials, Some(other));
        assert!(reread.candidates.is_empty());
        let fragment = ice_of(OFFER);
        assert!(fragment.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=ice-ufrag"));
        assert!(!fragment.contains("m=video"));
    }

    proptest! {
        /// An offer with one piece cut out and another put in.
        #[test]
        fn whatever_comes_is_read_or_refused(
            from in 0..OFFER.len(),
            length in 0..80_usize,
            piece in "[\\x00-\\x7f]{0,40}|a=mid:\r\n|\nm=|a=simulcast:send ;|\u{1f4f7}",
        ) {
            let to = (from + length).min(OFFER.len());
            let text = format!("{}{piece}{}", &OFFER[..from], &OFFER[to..]);
            if let Ok((offer, purpose)) = publishing(&text) {
                prop_assert!((1..=2).contains(&offer.sources.len()));
                prop_assert!(purpose.microphone || purpose.camera);
            }
            if let Ok((offer, purpose)) = watching(&text, &Watched::Stage, 1) {
                prop_assert_eq!(offer.slots.len(), purpose.wishes.len());
            }
            if let Ok(read) = fragment(&text) {
                prop_assert!(read.candidates.len() <= MOST_CANDIDATES);
            }
            let other = ("wxyz".to_owned(), "x".repeat(22));
            let again = with_credentials(&text, &other);
            prop_assert!(!again.lines().any(|line| line.starts_with("a=candidate:")));
            prop_assert!(!ice_of(&text).lines().any(|line| line.starts_with("a=rtpmap:")));
        }
    }
}
