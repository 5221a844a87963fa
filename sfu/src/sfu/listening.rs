//! The link to the listener, in the words of the protocol: the listener is a
//! service of its own and knows nothing of what is inside here.

use std::time::{Instant, UNIX_EPOCH};

use diemcau_protocol::{FromMedia, ToMedia, TrackCodec, TrackLayer, TrackPacket, VideoCodec};

use super::Sfu;
use crate::clock::micros_since;
use crate::link::{LinkId, LinkLayer, LinkMessage, Message};
use crate::packet::MediaPacket;
use crate::peer::Format;
use crate::track::TrackId;

impl Sfu {
    /// What the listener hears of a message to it; nothing of what is for
    /// workers alone.
    pub fn for_listener(&self, message: LinkMessage) -> Option<FromMedia> {
        Some(match message.0 {
            Message::Announce {
                track,
                meeting,
                csrc,
                kind,
                layers,
            } => FromMedia::Announced {
                track: track.0,
                meeting,
                csrc,
                kind,
                layers: layers.iter().map(layer).collect(),
            },
            Message::Withdraw { track } => FromMedia::Withdrawn { track: track.0 },
            Message::Layers { track, layers } => FromMedia::Layers {
                track: track.0,
                layers: layers.iter().map(layer).collect(),
            },
            Message::Media {
                track,
                layer,
                packet,
            } => FromMedia::Packet {
                track: track.0,
                layer,
                packet: self.as_recorded(&packet),
            },
            Message::Subscribe { .. }
            | Message::Keyframe { .. }
            | Message::Resend { .. }
            | Message::Mix { .. }
            | Message::Sounds { .. }
            | Message::Heard { .. } => return None,
        })
    }

    /// Takes what the listener asks.
    pub fn listener_asks(&mut self, now: Instant, asked: ToMedia) {
        if !self.config.listened {
            return;
        }
        let message = match asked {
            ToMedia::Subscribe { track, layers } => Message::Subscribe {
                track: TrackId(track),
                layers,
            },
            ToMedia::Keyframe { track, layer } => Message::Keyframe {
                track: TrackId(track),
                layer,
            },
            ToMedia::Resend { track, layer, seqs } => Message::Resend {
                track: TrackId(track),
                layer,
                seqs,
            },
            ToMedia::Mix { meeting, wanted } => Message::Mix { meeting, wanted },
        };
        self.link_message(now, LinkId(self.config.workers), message);
    }

    fn as_recorded(&self, packet: &MediaPacket) -> TrackPacket {
        TrackPacket {
            codec: codec(packet.format),
            red: packet.red,
            seq: packet.seq,
            rtp_time: packet.rtp_time,
            marker: packet.marker,
            starts_keyframe: packet.starts_keyframe,
            captured: self.micros(packet.captured),
            arrived: self.micros(packet.arrived),
            payload: packet.payload.clone(),
        }
    }

    /// In microseconds since 1970 UTC.
    fn micros(&self, at: Instant) -> i64 {
        let started = self.config.started_at.duration_since(UNIX_EPOCH);
        let started = started.unwrap_or_default().as_micros();
        i64::try_from(started).unwrap_or(i64::MAX / 2) + micros_since(self.origin, at)
    }
}

fn layer(layer: &LinkLayer) -> TrackLayer {
    TrackLayer {
        height: layer.height,
        can_be_had: layer.can_be_had,
    }
}

fn codec(format: Format) -> TrackCodec {
    match format {
        Format::Opus => TrackCodec::Opus,
        Format::Vp8 => TrackCodec::Video(VideoCodec::Vp8),
        Format::H264(_) => TrackCodec::Video(VideoCodec::H264),
        Format::Vp9 => TrackCodec::Video(VideoCodec::Vp9),
        Format::Av1 => TrackCodec::Video(VideoCodec::Av1),
    }
}
