//! What stands in a journal: packets in a form of their own, the rest as JSON.

use diemcau_protocol::{MeetingEnd, MeetingId, SourceKind, TrackCodec, TrackPacket, VideoCodec};
use serde::{Deserialize, Serialize};

/// The kinds of record.
const NOTE: u8 = 1;
const PACKET: u8 = 2;
/// The bytes of a packet before its payload, without the kind.
const PACKET_HEAD: usize = 36;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Something to know.
    Note {
        /// When, in microseconds since 1970 UTC.
        at: i64,
        /// What.
        note: Note,
    },
    /// A packet as it came.
    Packet {
        /// Of which track; numbered anew in each run.
        track: u32,
        /// Of which of its layers.
        layer: u8,
        /// The packet.
        packet: TrackPacket,
    },
}

/// Something to know about a recording, beside its packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Note {
    /// The recorder starts on this meeting; after a crash or stop anew.
    Began {
        /// Which meeting.
        meeting: MeetingId,
        /// What it is about.
        title: String,
        /// The unit that hosts it.
        host_unit: String,
    },
    /// Recording goes on, or begins.
    Resumed,
    /// The meeting does not want to be recorded for a while.
    Paused,
    /// A source can be recorded.
    Track {
        /// Its number in this run.
        track: u32,
        /// Whose, and which of theirs; 0 for the mix.
        csrc: u32,
        /// What it is.
        kind: SourceKind,
    },
    /// It is gone, or not recorded any more.
    Gone {
        /// Its number in this run.
        track: u32,
    },
    /// The stage shows this source from here on, or nothing.
    Stage {
        /// Whose, and which of theirs.
        csrc: Option<u32>,
        /// The name of whose it is.
        name: String,
    },
    /// This item of the agenda is dealt with from here on.
    Agenda {
        /// Its title.
        title: String,
    },
    /// Somebody speaks from here on.
    Speaker {
        /// The name.
        name: String,
    },
    /// The recorder could not take so many packets.
    Dropped {
        /// How many.
        packets: u64,
    },
    /// For want of room on the disk something is not recorded any more, or is
    /// again.
    Detail {
        /// What is left out, or that nothing is.
        detail: crate::Detail,
    },
    /// The meeting is over.
    Ended {
        /// Its end.
        end: MeetingEnd,
    },
    /// Something that a newer version knows.
    #[serde(other)]
    Unknown,
}

impl Record {
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        match self {
            Record::Note { at, note } => {
                into.push(NOTE);
                into.extend(at.to_le_bytes());
                // A note is made of texts and numbers: that cannot fail.
                into.extend(serde_json::to_vec(note).unwrap_or_default());
            }
            Record::Packet {
                track,
                layer,
                packet,
            } => {
                into.push(PACKET);
                into.extend(track.to_le_bytes());
                into.push(*layer);
                into.push(code(packet.codec));
                let flags = [packet.red, packet.marker, packet.starts_keyframe];
                let flags = (0..).zip(flags).map(|(bit, is)| u8::from(is) << bit);
                into.push(flags.sum());
                into.push(0);
                into.extend(packet.seq.to_le_bytes());
                into.extend(packet.rtp_time.to_le_bytes());
                into.extend(packet.captured.to_le_bytes());
                into.extend(packet.arrived.to_le_bytes());
                into.extend(&*packet.payload);
            }
        }
    }

    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let (kind, rest) = body.split_first()?;
        match *kind {
            NOTE => {
                let (at, note) = rest.split_first_chunk()?;
                Some(Record::Note {
                    at: i64::from_le_bytes(*at),
                    note: serde_json::from_slice(note).ok()?,
                })
            }
            PACKET => {
                let (head, payload) = rest.split_at_checked(PACKET_HEAD)?;
                let (track, head) = head.split_first_chunk()?;
                let ([layer, codec, flags, _], head) = head.split_first_chunk()?;
                let (seq, head) = head.split_first_chunk()?;
                let (rtp_time, head) = head.split_first_chunk()?;
                let (captured, head) = head.split_first_chunk()?;
                let (arrived, _) = head.split_first_chunk()?;
                Some(Record::Packet {
                    track: u32::from_le_bytes(*track),
                    layer: *layer,
                    packet: TrackPacket {
                        codec: codec_of(*codec)?,
                        red: flags & 1 != 0,
                        marker: flags & 2 != 0,
                        starts_keyframe: flags & 4 != 0,
                        seq: u64::from_le_bytes(*seq),
                        rtp_time: u32::from_le_bytes(*rtp_time),
                        captured: i64::from_le_bytes(*captured),
                        arrived: i64::from_le_bytes(*arrived),
                        payload: payload.into(),
                    },
                })
            }
            _ => None,
        }
    }
}

fn code(codec: TrackCodec) -> u8 {
    match codec {
        TrackCodec::Opus => 0,
        TrackCodec::Video(VideoCodec::Vp8) => 1,
        TrackCodec::Video(VideoCodec::H264) => 2,
        TrackCodec::Video(VideoCodec::Vp9) => 3,
        TrackCodec::Video(VideoCodec::Av1) => 4,
    }
}

fn codec_of(code: u8) -> Option<TrackCodec> {
    Some(match code {
        0 => TrackCodec::Opus,
        1 => TrackCodec::Video(VideoCodec::Vp8),
        2 => TrackCodec::Video(VideoCodec::H264),
        3 => TrackCodec::Video(VideoCodec::Vp9),
        4 => TrackCodec::Video(VideoCodec::Av1),
        _ => return None,
    })
}
