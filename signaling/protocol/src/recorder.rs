//! To and from the recorder: what there is to record, the packets, and what it
//! asks of the media plane.
//!
//! ```text
//!   signaling ── WantedRecording ──> recorder
//!   sfu ── FromMedia ──> recorder ── ToMedia ──> sfu
//! ```
//!
//! A track is known by the worker that has it and its number there.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{MeetingEnd, MeetingId, SourceKind, VideoCodec};

/// The CSRC of the mixed sound: of nobody, since participants are numbered
/// from 1.
pub const MIX_CSRC: u32 = 0;

/// What is wanted of the recording of a meeting; whole, the newest counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedRecording {
    /// Which meeting.
    pub meeting: MeetingId,
    /// What it is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// Since when it is recorded, in milliseconds since 1970 UTC; nothing while
    /// it is not, or pauses.
    pub since: Option<i64>,
    /// The numbers of those who do not want to be recorded: nothing is kept of
    /// what they publish.
    pub left_out: BTreeSet<u32>,
    /// What the stage shows.
    pub stage: Option<StagedSource>,
    /// The title of the agenda's item that is dealt with.
    pub agenda: Option<String>,
    /// The name of who speaks.
    pub speaker: Option<String>,
    /// The end of the meeting, where it is over.
    pub end: Option<MeetingEnd>,
}

/// A source on the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedSource {
    /// Its CSRC.
    pub csrc: u32,
    /// The name of whose it is.
    pub name: String,
}

/// How a packet's payload is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackCodec {
    /// RFC 7587.
    Opus,
    /// A picture's.
    #[serde(untagged)]
    Video(VideoCodec),
}

/// A layer of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackLayer {
    /// In pixels; `u16::MAX` where it is not known.
    pub height: u16,
    /// Whether it is sent now, or would be when asked for.
    pub can_be_had: bool,
}

/// A packet of a track as it came from its publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackPacket {
    /// How its payload is encoded.
    pub codec: TrackCodec,
    /// Whether the payload has older sound beside the newest (RFC 2198).
    pub red: bool,
    /// Extended sequence number in its layer.
    pub seq: u64,
    /// RTP timestamp, in the codec's clock.
    pub rtp_time: u32,
    /// The last packet of a picture.
    pub marker: bool,
    /// The first packet of a picture that needs no other.
    pub starts_keyframe: bool,
    /// When it was captured, by the clock of the media plane, derived from the
    /// publisher's sender reports (RFC 3550 §6.4.1); in microseconds since 1970
    /// UTC.
    pub captured: i64,
    /// When it arrived, by the same clock.
    pub arrived: i64,
    /// Shared with the receivers.
    pub payload: Arc<[u8]>,
}

/// What a worker of the media plane tells the recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromMedia {
    /// A track can be had.
    Announced {
        /// Its number at this worker; never used twice.
        track: u64,
        /// Of which meeting.
        meeting: MeetingId,
        /// Whose, and which of theirs; [`MIX_CSRC`] for the mix.
        csrc: u32,
        /// What it is.
        kind: SourceKind,
        /// Its layers.
        layers: Vec<TrackLayer>,
    },
    /// It is gone, or no longer forwarded.
    Withdrawn {
        /// Which.
        track: u64,
    },
    /// Its layers changed.
    Layers {
        /// Which.
        track: u64,
        /// All of them.
        layers: Vec<TrackLayer>,
    },
    /// A packet of a layer that was asked for.
    Packet {
        /// Of which track.
        track: u64,
        /// Of which of its layers.
        layer: usize,
        /// The packet.
        packet: TrackPacket,
    },
}

/// What the recorder asks of a worker of the media plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToMedia {
    /// The layers of a track that it wants, whole.
    Subscribe {
        /// Which track.
        track: u64,
        /// Its layers.
        layers: Vec<usize>,
    },
    /// It needs a keyframe.
    Keyframe {
        /// Of which track.
        track: u64,
        /// Of which layer.
        layer: usize,
    },
    /// It misses packets.
    Resend {
        /// Of which track.
        track: u64,
        /// Of which layer.
        layer: usize,
        /// Their sequence numbers.
        seqs: Vec<u64>,
    },
    /// Whether it wants the mixed sound of a meeting.
    Mix {
        /// Which meeting.
        meeting: MeetingId,
        /// Or not any more.
        wanted: bool,
    },
}
