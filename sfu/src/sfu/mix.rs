//! Mixing the sounds of a meeting while somebody here, or the listener at the
//! meeting's home, listens to the mix: one
//! more listener of those that are heard, and one more track.

use std::sync::Arc;
use std::time::Instant;

use diemcau_protocol::{MeetingId, SlotKind, SourceKind};

use super::{HEARD, Sfu};
use crate::counters::Counters;
use crate::layers::Layer;
use crate::link::Message;
use crate::mixer::{Mixed, Mixer};
use crate::packet::MediaPacket;
use crate::peer::Format;
use crate::routing::MIX;
use crate::track::{Origin, Track, TrackId};
use crate::voices::PLENARY;

/// Sounds that are decoded for a mix: who is heard, and who just was.
const MIXED: usize = HEARD + 2;

/// The mixer of a meeting, and the track that it publishes.
pub(super) struct Mix {
    mixer: Mixer,
    track: TrackId,
    seq: u64,
}

impl Mix {
    pub(super) fn due(&self) -> Instant {
        self.mixer.due()
    }

    pub(super) fn track(&self) -> TrackId {
        self.track
    }
}

impl Sfu {
    /// A meeting has a mixer as long as a connection here has a slot for it.
    pub(super) fn tend_mix(&mut self, now: Instant, id: &MeetingId) {
        let Some(meeting) = self.meetings.get(id) else {
            return;
        };
        let is_wanted = meeting.peers.values().any(|peer| {
            self.connections.get(peer.0).is_some_and(|connection| {
                connection.egress.is_keyed()
                    && connection.slots.iter().any(|s| s.kind == SlotKind::Mix)
            })
        });
        let is_wanted = is_wanted || self.mix_wanted.contains(id);
        if is_wanted == self.mixes.contains_key(id) {
            return;
        }
        if is_wanted {
            let mixer = match Mixer::new(now, MIXED) {
                Ok(mixer) => mixer,
                Err(error) => {
                    tracing::error!(%error, "no sound can be mixed");
                    return;
                }
            };
            let layers = vec![Layer::new(None, u16::MAX)];
            let kind = SourceKind::Microphone;
            let track = Track::new(id.clone(), Origin::Mixer, kind, MIX, layers);
            let track = TrackId(self.tracks.push(track));
            let seq = 0;
            self.mixes.insert(id.clone(), Mix { mixer, track, seq });
            self.refresh(now, id);
        } else {
            self.end_mix(id);
            self.refresh(now, id);
        }
    }

    /// The listener wants the mix of a meeting from here on, or not any more.
    /// The meeting's home makes it.
    pub(super) fn listener_wants_mix(&mut self, now: Instant, meeting: MeetingId, wanted: bool) {
        if !wanted {
            if self.mix_wanted.remove(&meeting)
                && let Some(track) = self.mixes.get(&meeting).map(Mix::track)
                && let Some(listener) = self.listener()
            {
                // Others may listen to it still.
                if let Some(known) = self.tracks.get_mut(track.0) {
                    known.links.clear();
                }
                self.say(listener, Message::Withdraw { track });
            }
        } else if self.is_home(&meeting)
            && self.meetings.contains_key(&meeting)
            && self.mix_wanted.insert(meeting.clone())
            && let Some(track) = self.mixes.get(&meeting).map(Mix::track)
        {
            // It is made already, for somebody else.
            self.announce(now, track, MIX);
        }
    }

    /// A meeting is not mixed any more.
    pub(super) fn end_mix(&mut self, id: &MeetingId) {
        if let Some(mix) = self.mixes.remove(id) {
            self.withdraw(mix.track);
            self.tracks.remove(mix.track.0);
            self.listen_mix(id);
        }
    }

    /// The mixer of a meeting listens to those that are heard now, and to
    /// nobody else.
    pub(super) fn listen_mix(&mut self, id: &MeetingId) {
        let Some(meeting) = self.meetings.get(id) else {
            return;
        };
        // The mix is of the plenary, and no listener elsewhere gets it.
        let is_heard = |csrc: u32| {
            let is_heard = meeting.heard.iter().any(|(heard, _)| *heard == csrc);
            is_heard && meeting.heard_in(csrc) == Some(PLENARY)
        };
        let mix = self.mixes.get_mut(id);
        let is_mixed = mix.is_some();
        for (csrc, track_id) in &meeting.live {
            let listens = is_mixed && is_heard(*csrc);
            if let Some(track) = self.tracks.get_mut(track_id.0)
                && track.is_mixed != listens
            {
                track.is_mixed = listens;
                self.regarded.insert(*track_id);
            }
        }
        if let Some(mix) = mix {
            mix.mixer.retain(is_heard);
        }
    }

    /// A packet of a sound that the mixer listens to.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        meeting: &MeetingId,
        csrc: u32,
        sound: &MediaPacket,
    ) {
        if let Some(mix) = self.mixes.get_mut(meeting) {
            mix.mixer.packet(now, csrc, sound);
        }
    }

    /// What has been mixed goes to those who listen to it.
    pub(super) fn mix(&mut self, now: Instant) {
        let mut mixed: Vec<(TrackId, MediaPacket)> = Vec::new();
        for mix in self.mixes.values_mut() {
            while mix.mixer.due() <= now {
                if let Some(frame) = mix.mixer.poll(now) {
                    mix.seq += 1;
                    mixed.push((mix.track, packet(now, mix.seq, frame)));
                }
            }
        }
        for (track, packet) in mixed {
            Counters::add(&self.counters.packets_mixed, 1);
            self.pass_on(now, track, 0, Arc::new(packet));
        }
    }
}

fn packet(now: Instant, seq: u64, mixed: Mixed) -> MediaPacket {
    MediaPacket {
        format: Format::Opus,
        red: false,
        seq,
        rtp_time: mixed.rtp_time,
        marker: false,
        captured: mixed.captured,
        arrived: now,
        level: Some(mixed.level),
        orientation: None,
        dependencies: None,
        starts_keyframe: false,
        picture: None,
        crossing: None,
        payload: mixed.payload.into(),
    }
}
