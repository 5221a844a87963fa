//! What happens because time passes: levels, layers, patience.

use std::time::{Duration, Instant};

use diemcau_protocol::{
    LineQuality, MediaEvent, MeetingId, ParticipantId, SourceKind, source_of_csrc,
};

use super::{Output, PeerId, Sfu};
use crate::batch::Transmit;
use crate::counters::Counters;
use crate::link::{LinkId, LinkSound, Message};
use crate::path::Path;
use crate::slot::StreamKey;
use crate::track::{Subscriber, TrackId};

/// A receiver that waits for a keyframe asks again after this.
const KEYFRAME_PATIENCE: Duration = Duration::from_millis(300);
/// A connection from which nothing is heard is dropped after this.
const QUIET_PATIENCE: Duration = Duration::from_secs(30);

/// The line of a receiver is divided anew every so many ticks.
const DIVIDE_TICKS: u64 = 3;

impl Sfu {
    pub(super) fn tick(&mut self, now: Instant) {
        let meetings: Vec<MeetingId> = self.meetings.keys().cloned().collect();
        for id in meetings {
            self.tick_meeting(now, &id);
        }
        for id in self.tracks.keys() {
            self.tick_track(now, TrackId(id));
        }
        for id in self.connections.keys() {
            self.tick_connection(now, PeerId(id));
        }
        self.gauge_lines();
    }

    fn gauge_lines(&mut self) {
        let (mut reduced, mut sound_only, mut estimate, mut queued) = (0, 0, 0, 0);
        for connection in self.connections.iter_mut() {
            match connection.quality {
                LineQuality::Full => {}
                LineQuality::Reduced => reduced += 1,
                LineQuality::SoundOnly => sound_only += 1,
            }
            estimate += connection.egress.line.estimate() / 1_000;
            queued += connection.egress.queued();
        }
        Counters::set(&self.counters.lines_reduced, reduced);
        Counters::set(&self.counters.lines_sound_only, sound_only);
        Counters::set(&self.counters.estimate_kbps, estimate);
        Counters::set(&self.counters.packets_queued, queued as u64);
    }

    /// Sender reports that are due.
    pub(super) fn reports(&mut self, now: Instant, send: &mut dyn FnMut(Path, Transmit<'_>)) {
        let ntp = self.ntp(now);
        for connection in self.connections.iter_mut() {
            if let Some(to) = connection.way.current() {
                connection
                    .egress
                    .reports(now, ntp, &mut |transmit| send(to, transmit));
            }
        }
    }

    fn tick_meeting(&mut self, now: Instant, id: &MeetingId) {
        self.tend_mix(now, id);
        let is_home = self.is_home(id);
        let Some(meeting) = self.meetings.get_mut(id) else {
            return;
        };
        let changed = meeting.voices.tick(now);
        if !is_home {
            // Who is heard is decided at the meeting's home.
            let sounds: Vec<LinkSound> = meeting
                .voices
                .sounding(now)
                .map(|(csrc, loudness, always)| LinkSound {
                    csrc: *csrc,
                    loudness,
                    always,
                })
                .collect();
            if !sounds.is_empty() {
                let home = LinkId(super::home(id, self.config.workers));
                let meeting = id.clone();
                self.say(home, Message::Sounds { meeting, sounds });
            }
            return;
        }
        if let Some(speaking) = meeting.voices.speaking_changed(now) {
            let mut participants: Vec<ParticipantId> = Vec::new();
            for source in speaking.iter().filter_map(|csrc| meeting.source(*csrc)) {
                if !participants.contains(&source.participant) {
                    participants.push(source.participant);
                }
            }
            self.outputs.push_back(Output::Event(MediaEvent::Speaking {
                meeting: id.clone(),
                participants,
            }));
        }
        if let Some(csrc) = meeting.voices.speaker(now)
            && source_of_csrc(csrc).1 == SourceKind::Microphone
            && let Some(source) = meeting.source(csrc)
        {
            self.outputs.push_back(Output::Event(MediaEvent::Speaker {
                meeting: id.clone(),
                participant: source.participant,
            }));
        }
        if changed {
            meeting.heard = meeting.voices.ranked();
            let heard = meeting.heard.clone();
            self.say_all(|| Message::Heard {
                meeting: id.clone(),
                heard: heard.clone(),
            });
            self.assign_all(now, id);
        }
    }

    /// Keyframes that are due, and bitrates.
    fn tick_track(&mut self, now: Instant, id: TrackId) {
        let Some(track) = self.tracks.get_mut(id.0) else {
            return;
        };
        for layer in &mut track.layers {
            layer.measure(now);
        }
        if track.is_idle() {
            self.regarded.insert(id);
        }
        for layer in track.keyframes_due(now) {
            self.ask_keyframe(now, StreamKey { track: id, layer });
        }
        self.tell_layers(now, id);
    }

    fn tick_connection(&mut self, now: Instant, id: PeerId) {
        let Some(connection) = self.connections.get_mut(id.0) else {
            return;
        };
        if connection
            .quiet_since
            .is_some_and(|since| now.duration_since(since) >= QUIET_PATIENCE)
        {
            self.lost(now, id);
            return;
        }
        let mut waiting: Vec<StreamKey> = Vec::new();
        let mut left: Vec<(TrackId, Subscriber)> = Vec::new();
        for (index, slot) in connection.slots.iter_mut().enumerate() {
            if slot.repairs_until.take_if(|until| *until <= now).is_some()
                && let Some(track) = slot.past.front().map(|past| past.track())
                && !slot.listens_to(track)
            {
                let subscriber = Subscriber {
                    peer: id,
                    slot: index,
                };
                left.push((track, subscriber));
            }
            if let Some((stream, since)) = &mut slot.pending
                && now.duration_since(*since) >= KEYFRAME_PATIENCE
            {
                *since = now;
                waiting.push(*stream);
            }
        }
        connection.egress.line.tick(now);
        let is_weak = connection.quality != LineQuality::Full || connection.repeated.is_some();
        for (track, subscriber) in left {
            self.unsubscribe(Some(track), subscriber);
        }
        for stream in waiting {
            self.want_keyframe(now, stream);
        }
        // Lines that carry everything are looked at in turn.
        if is_weak || (self.ticks + id.0).is_multiple_of(DIVIDE_TICKS) {
            self.relayer_all(now, id);
        }
        if self.pad(now, id) {
            self.will_send(now, id);
        }
    }
}
