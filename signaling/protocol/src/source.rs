//! What a participant publishes, and how a packet says whose it is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// The kinds of track that a participant can publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Sound of the microphone.
    Microphone,
    /// Picture of the camera.
    Camera,
    /// Picture of a shared screen.
    Screen,
    /// Sound of a shared screen.
    ScreenAudio,
}

impl SourceKind {
    /// Every kind, in the order of their numbers in a CSRC.
    pub const ALL: [SourceKind; 4] = [
        SourceKind::Microphone,
        SourceKind::Camera,
        SourceKind::Screen,
        SourceKind::ScreenAudio,
    ];

    /// Whether the source is sound.
    pub fn is_audio(self) -> bool {
        match self {
            SourceKind::Microphone | SourceKind::ScreenAudio => true,
            SourceKind::Camera | SourceKind::Screen => false,
        }
    }

    fn code(self) -> u32 {
        match self {
            SourceKind::Microphone => 0,
            SourceKind::Camera => 1,
            SourceKind::Screen => 2,
            SourceKind::ScreenAudio => 3,
        }
    }
}

/// One published source of one participant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct SourceRef {
    /// Whose it is.
    pub participant: ParticipantId,
    /// Which of theirs it is.
    pub kind: SourceKind,
}

/// The CSRC (RFC 3550 §5.1) that marks every forwarded packet of a source:
/// `number * 4 + kind`, where `number` is the participant's number in the
/// meeting (from 1, never used twice) and the kinds count from microphone 0,
/// camera 1, screen 2, screen audio 3.
pub fn csrc_of(number: u32, kind: SourceKind) -> u32 {
    number.wrapping_mul(4).wrapping_add(kind.code())
}

/// The participant's number and the kind behind a CSRC; the inverse of
/// [`csrc_of`].
pub fn source_of_csrc(csrc: u32) -> (u32, SourceKind) {
    let kind = SourceKind::ALL[(csrc % 4) as usize];
    (csrc / 4, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csrc_names_its_source() {
        for number in [1, 2, 300, 3_321] {
            for kind in SourceKind::ALL {
                assert_eq!(source_of_csrc(csrc_of(number, kind)), (number, kind));
            }
        }
    }
}
