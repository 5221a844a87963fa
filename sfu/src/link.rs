//! Links: pipes of plain RTP and requests between trusted parts. The workers
//! of one node are joined by links in memory.
//!
//! ```text
//!   publisher ─> worker A ── Announce, Layers, Media ──> worker B ─> receivers
//!                         <── Subscribe, Keyframe ─────
//! ```
//!
//! A track is announced while the meeting forwards it. Each of its layers
//! crosses a link once, and only while somebody behind the link wants it; its
//! packets are shared, not copied. Repairs are made on each side by itself:
//! both keep the newest packets.
//!
//! One more link may lead to a listener, the recorder: it is told of tracks like
//! a worker, asks like one, and publishes nothing.
//!
//! The home of a meeting decides who is heard: the others offer it their
//! loudest ([`LinkMessage::Sounds`]) and are told the result
//! ([`LinkMessage::Heard`]), so that all hear the same.

use std::sync::Arc;

use diemcau_protocol::{MeetingId, SourceKind};

use crate::loudest::Rank;
use crate::packet::MediaPacket;
use crate::track::TrackId;

/// The other end of a link: the number of the worker there; the listener has the
/// number after the last worker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub usize);

/// What goes over a link.
#[derive(Debug, Clone)]
pub struct LinkMessage(pub(crate) Message);

#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A track can be had.
    Announce {
        track: TrackId,
        meeting: MeetingId,
        csrc: u32,
        kind: SourceKind,
        layers: Vec<LinkLayer>,
    },
    /// It is gone, or no longer forwarded.
    Withdraw { track: TrackId },
    /// Its layers changed.
    Layers {
        track: TrackId,
        layers: Vec<LinkLayer>,
    },
    /// The layers of a track that are wanted here, whole.
    Subscribe { track: TrackId, layers: Vec<usize> },
    /// Somebody here needs a keyframe.
    Keyframe { track: TrackId, layer: usize },
    /// Packets of a layer are missing here.
    Resend {
        track: TrackId,
        layer: usize,
        seqs: Vec<u64>,
    },
    /// Whether the mix of a meeting is wanted here.
    Mix { meeting: MeetingId, wanted: bool },
    /// A packet of a wanted layer.
    Media {
        track: TrackId,
        layer: usize,
        packet: Arc<MediaPacket>,
    },
    /// The loudest here.
    Sounds {
        meeting: MeetingId,
        sounds: Vec<LinkSound>,
    },
    /// Who is heard, as the meeting's home decided.
    Heard {
        meeting: MeetingId,
        heard: Vec<(u32, Rank)>,
    },
}

/// A layer of an announced track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkLayer {
    pub(crate) height: u16,
    pub(crate) can_be_had: bool,
    /// In bit/s.
    pub(crate) bps: u64,
}

/// A sound that is offered to be heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LinkSound {
    pub(crate) csrc: u32,
    pub(crate) loudness: f32,
    /// It must be heard whenever it sounds.
    pub(crate) always: bool,
}
