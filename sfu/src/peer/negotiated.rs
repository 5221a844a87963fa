//! What offer and answer agreed on, as whoever writes RTP headers needs it:
//! payload types (RFC 3551 §6) and header extension ids (RFC 8285), read from
//! the answer.
//!
//! All m-lines share one transport (BUNDLE), so a payload type or extension id
//! means the same on each of them (RFC 8843 §9.1).

/// What a payload type carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 6184, packetization mode 1.
    H264(H264Profile),
    /// RFC 9628, profile 0.
    Vp9,
    /// AV1 RTP payload, main profile.
    Av1,
}

impl Format {
    /// The RTP clock rate, in Hz.
    pub(crate) fn clock_rate(self) -> u32 {
        match self {
            Format::Opus => 48_000,
            Format::Vp8 | Format::H264(_) | Format::Vp9 | Format::Av1 => 90_000,
        }
    }

    pub(crate) fn is_audio(self) -> bool {
        match self {
            Format::Opus => true,
            Format::Vp8 | Format::H264(_) | Format::Vp9 | Format::Av1 => false,
        }
    }

    /// Whether one stream may hold several spatial layers.
    pub(crate) fn is_scalable(self) -> bool {
        match self {
            Format::Vp9 | Format::Av1 => true,
            Format::Opus | Format::Vp8 | Format::H264(_) => false,
        }
    }
}

/// The profiles of H.264 that are met, from what every decoder has upward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum H264Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
    ConstrainedHigh,
    High,
}

impl H264Profile {
    /// What every decoder is assumed to have when nothing is said (as
    /// libwebrtc does; RFC 6184 §8.1 would be baseline too).
    pub(crate) const FALLBACK: Self = Self::Baseline;

    /// The profile that `profile-level-id` names (RFC 6184 §8.1, table 5).
    pub(crate) fn of(profile_level_id: u32) -> Option<Self> {
        let [_, idc, iop, _] = profile_level_id.to_be_bytes();
        if iop & 0x0f != 0 && !(idc == 0x64 && iop == 0x0c) {
            return None;
        }
        match idc {
            0x42 if iop & 0x40 != 0 => Some(Self::ConstrainedBaseline),
            0x42 => Some(Self::Baseline),
            0x4d if iop & 0x80 != 0 => Some(Self::ConstrainedBaseline),
            0x4d if iop & 0x20 == 0 => Some(Self::Main),
            0x58 if iop & 0xc0 == 0xc0 => Some(Self::ConstrainedBaseline),
            0x58 if iop & 0xc0 == 0x80 => Some(Self::Baseline),
            0x64 if iop == 0 => Some(Self::High),
            0x64 if iop == 0x0c => Some(Self::ConstrainedHigh),
            _ => None,
        }
    }
}

/// A codec and the payload types that it goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) format: Format,
    pub(crate) pt: u8,
    /// Repeated packets of it (RFC 4588).
    pub(crate) rtx: Option<u8>,
    /// Packets of it with older ones beside them (RFC 2198).
    pub(crate) red: Option<u8>,
    /// Whether it may be sent on every m-line of its kind on which this side
    /// sends.
    pub(crate) sendable: bool,
}

/// In what way a payload type carries its codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    Plain,
    Rtx,
    Red,
}

/// The ids of the header extensions that may be sent; nothing where the other
/// side does not want it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ExtensionIds {
    /// RFC 9143 §15.1.
    pub(crate) mid: Option<u8>,
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01.
    pub(crate) twcc: Option<u8>,
    pub(crate) abs_send_time: Option<u8>,
    pub(crate) abs_capture_time: Option<u8>,
    pub(crate) playout_delay: Option<u8>,
    /// RFC 6464.
    pub(crate) audio_level: Option<u8>,
    /// 3GPP TS 26.114 §7.4.5.
    pub(crate) video_orientation: Option<u8>,
    /// AV1 RTP payload, appendix A.
    pub(crate) dependency_descriptor: Option<u8>,
}

/// `a=extmap` of the dependency descriptor.
pub(crate) const DEPENDENCY_DESCRIPTOR: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

impl ExtensionIds {
    fn slot(&mut self, uri: &str) -> Option<&mut Option<u8>> {
        Some(match uri {
            "urn:ietf:params:rtp-hdrext:sdes:mid" => &mut self.mid,
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" => {
                &mut self.twcc
            }
            "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time" => &mut self.abs_send_time,
            "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time" => {
                &mut self.abs_capture_time
            }
            "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay" => &mut self.playout_delay,
            "urn:ietf:params:rtp-hdrext:ssrc-audio-level" => &mut self.audio_level,
            "urn:3gpp:video-orientation" => &mut self.video_orientation,
            DEPENDENCY_DESCRIPTOR => &mut self.dependency_descriptor,
            _ => return None,
        })
    }

    /// What both have under the same id.
    fn and(self, other: Self) -> Self {
        let both = |a: Option<u8>, b: Option<u8>| a.filter(|id| b == Some(*id));
        Self {
            mid: both(self.mid, other.mid),
            twcc: both(self.twcc, other.twcc),
            abs_send_time: both(self.abs_send_time, other.abs_send_time),
            abs_capture_time: both(self.abs_capture_time, other.abs_capture_time),
            playout_delay: both(self.playout_delay, other.playout_delay),
            audio_level: both(self.audio_level, other.audio_level),
            video_orientation: both(self.video_orientation, other.video_orientation),
            dependency_descriptor: both(self.dependency_descriptor, other.dependency_descriptor),
        }
    }
}

/// What was agreed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// In the order of the answer; each payload type once.
    pub(crate) payloads: Vec<Payload>,
    /// For sending sound.
    pub(crate) audio: ExtensionIds,
    /// For sending pictures.
    pub(crate) video: ExtensionIds,
}

impl Negotiated {
    /// Reads an answer (RFC 8829). Lines that are not understood are not
    /// agreed on.
    pub(crate) fn from_answer(sdp: &str) -> Self {
        let sections: Vec<Section> = sdp
            .split("\nm=")
            .skip(1)
            .filter_map(Section::read)
            .collect();
        let mut all = Self {
            audio: sent_extensions(&sections, true),
            video: sent_extensions(&sections, false),
            ..Self::default()
        };
        for payload in sections.iter().flat_map(|section| &section.payloads) {
            if all.of_pt(payload.pt).is_some() {
                continue;
            }
            let sendable = sections
                .iter()
                .filter(|section| section.sends && section.audio == payload.format.is_audio())
                .all(|section| section.payloads.contains(payload));
            all.payloads.push(Payload {
                sendable,
                ..*payload
            });
        }
        all
    }

    /// What a payload type carries.
    pub(crate) fn of_pt(&self, pt: u8) -> Option<(&Payload, Wrapping)> {
        self.payloads.iter().find_map(|payload| {
            let wrapping = if payload.pt == pt {
                Wrapping::Plain
            } else if payload.rtx == Some(pt) {
                Wrapping::Rtx
            } else if payload.red == Some(pt) {
                Wrapping::Red
            } else {
                return None;
            };
            Some((payload, wrapping))
        })
    }

    /// What a format is sent as. Where the other side did not offer the very
    /// profile of H.264, the next greater one, whose decoder has all that is
    /// needed, else the greatest there is: decoders have more than they say.
    pub(crate) fn sending(&self, format: Format) -> Option<&Payload> {
        let sendable = || self.payloads.iter().filter(|payload| payload.sendable);
        let exact = sendable().find(|payload| payload.format == format);
        let Format::H264(wanted) = format else {
            return exact;
        };
        let profiles = || {
            sendable().filter_map(|payload| match payload.format {
                Format::H264(profile) => Some((profile, payload)),
                Format::Opus | Format::Vp8 | Format::Vp9 | Format::Av1 => None,
            })
        };
        exact
            .or_else(|| {
                let greater = profiles().filter(|(profile, _)| *profile > wanted);
                greater
                    .min_by_key(|(profile, _)| *profile)
                    .map(|(_, payload)| payload)
            })
            .or_else(|| {
                profiles()
                    .max_by_key(|(profile, _)| *profile)
                    .map(|(_, payload)| payload)
            })
    }

    /// The payload type of repeated pictures, of whatever codec.
    pub(crate) fn rtx(&self) -> Option<u8> {
        let pictures = self.payloads.iter().filter(|p| !p.format.is_audio());
        pictures.filter(|p| p.sendable).find_map(|p| p.rtx)
    }

    /// The extensions for sending sound or pictures.
    pub(crate) fn extensions(&self, audio: bool) -> &ExtensionIds {
        if audio { &self.audio } else { &self.video }
    }
}

/// What may be sent on every m-line of a kind.
fn sent_extensions(sections: &[Section], audio: bool) -> ExtensionIds {
    sections
        .iter()
        .filter(|section| section.sends && section.audio == audio)
        .map(|section| section.extensions)
        .reduce(ExtensionIds::and)
        .unwrap_or_default()
}

/// The codecs of an offer with their `a=fmtp`, each payload type once, in the
/// order of the offer.
pub(super) fn offered(sdp: &str) -> Vec<(Payload, &str)> {
    let mut all: Vec<(Payload, &str)> = Vec::new();
    for text in sdp.split("\nm=").skip(1) {
        let attributes = attributes(text);
        let maps = Maps::read(&attributes);
        let payloads = Section::read(text).map(|section| section.payloads);
        for payload in payloads.into_iter().flatten() {
            if !all.iter().any(|(known, _)| known.pt == payload.pt) {
                all.push((payload, maps.format(payload.pt).unwrap_or_default()));
            }
        }
    }
    all
}

fn attributes(section: &str) -> Vec<&str> {
    section
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("a="))
        .collect()
}

/// One m-line.
struct Section {
    audio: bool,
    sends: bool,
    payloads: Vec<Payload>,
    extensions: ExtensionIds,
}

impl Section {
    /// Reads an m-section without its `m=`; nothing when it is refused or no
    /// media.
    fn read(text: &str) -> Option<Self> {
        let mut words = text.lines().next()?.split_ascii_whitespace();
        let audio = match words.next()? {
            "audio" => true,
            "video" => false,
            _ => return None,
        };
        let attributes = attributes(text);
        // Port 0 refuses, unless the line rides on another's (RFC 8843 §6).
        if words.next()? == "0" && !attributes.contains(&"bundle-only") {
            return None;
        }
        // Seven bits (RFC 3550 §5.1).
        let offered: Vec<u8> = words
            .skip(1)
            .filter_map(|word| word.parse().ok())
            .filter(|pt| *pt < 128)
            .collect();
        let maps = Maps::read(&attributes);
        let payloads = offered
            .iter()
            .filter_map(|pt| maps.payload(*pt, audio))
            .map(|payload| Payload {
                rtx: payload.rtx.filter(|pt| offered.contains(pt)),
                red: payload.red.filter(|pt| offered.contains(pt)),
                ..payload
            })
            .collect();
        let quiet = attributes.contains(&"recvonly") || attributes.contains(&"inactive");
        Some(Self {
            audio,
            sends: !quiet,
            payloads,
            extensions: extensions(&attributes),
        })
    }
}

/// `a=rtpmap` and `a=fmtp` of an m-line, by payload type.
struct Maps<'a> {
    names: Vec<(u8, &'a str)>,
    formats: Vec<(u8, &'a str)>,
}

impl<'a> Maps<'a> {
    fn read(attributes: &[&'a str]) -> Self {
        let by_pt = |prefix: &str| {
            attributes
                .iter()
                .filter_map(|attribute| attribute.strip_prefix(prefix))
                .filter_map(|rest| rest.split_once(' '))
                .filter_map(|(pt, rest)| Some((pt.parse().ok()?, rest.trim())))
                .collect()
        };
        Self {
            names: by_pt("rtpmap:"),
            formats: by_pt("fmtp:"),
        }
    }

    fn payload(&self, pt: u8, audio: bool) -> Option<Payload> {
        let map = self.names.iter().find(|(of, _)| *of == pt)?.1;
        let name = map.split('/').next()?.to_ascii_lowercase();
        let format = match name.as_str() {
            "opus" => Format::Opus,
            "vp8" => Format::Vp8,
            "h264" => self.h264(pt)?,
            "vp9" if self.number(pt, "profile-id", 10).unwrap_or(0) == 0 => Format::Vp9,
            "av1" if self.number(pt, "profile", 10).unwrap_or(0) == 0 => Format::Av1,
            _ => return None,
        };
        let apt = |of: u8| self.number(of, "apt", 10) == Some(u32::from(pt));
        let redundant = |of: u8| {
            let format = self.format(of).unwrap_or_default();
            format
                .split('/')
                .next()
                .and_then(|first| first.trim().parse().ok())
                == Some(pt)
        };
        (format.is_audio() == audio).then(|| Payload {
            format,
            pt,
            rtx: self.named("rtx").find(|of| apt(*of)),
            red: self.named("red").find(|of| redundant(*of)),
            sendable: false,
        })
    }

    fn h264(&self, pt: u8) -> Option<Format> {
        if self.number(pt, "packetization-mode", 10) != Some(1) {
            return None;
        }
        let profile = match self.number(pt, "profile-level-id", 16) {
            Some(id) => H264Profile::of(id)?,
            None => H264Profile::FALLBACK,
        };
        Some(Format::H264(profile))
    }

    fn named(&self, name: &'static str) -> impl Iterator<Item = u8> {
        self.names
            .iter()
            .filter(move |(_, map)| {
                let own = map.split('/').next().unwrap_or_default();
                own.eq_ignore_ascii_case(name)
            })
            .map(|(pt, _)| *pt)
    }

    fn format(&self, pt: u8) -> Option<&'a str> {
        self.formats
            .iter()
            .find(|(of, _)| *of == pt)
            .map(|(_, format)| *format)
    }

    fn number(&self, pt: u8, key: &str, radix: u32) -> Option<u32> {
        self.format(pt)?
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(key))
            .and_then(|(_, value)| u32::from_str_radix(value.trim(), radix).ok())
    }
}

fn extensions(attributes: &[&str]) -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    let maps = attributes
        .iter()
        .filter_map(|attribute| attribute.strip_prefix("extmap:"));
    for map in maps {
        let mut words = map.split_ascii_whitespace();
        let (Some(id), Some(uri)) = (words.next(), words.next()) else {
            continue;
        };
        let (id, direction) = id.split_once('/').unwrap_or((id, "sendrecv"));
        let id = id.parse().ok().filter(|id| *id != 0);
        if matches!(direction, "sendrecv" | "sendonly")
            && let Some(slot) = ids.slot(uri)
        {
            *slot = id;
        }
    }
    ids
}

#[cfg(test)]
mod tests;
