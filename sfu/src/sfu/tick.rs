//! What happens because time passes: levels, layers, patience.

use std::time::{Duration, Instant};

use diemcau_protocol::{MediaEvent, MeetingId, ParticipantId, SourceKind, source_of_csrc};

use super::{Output, PeerId, Sfu};
use crate::slot::{SourceKey, StreamKey};
use crate::source::Subscriber;

/// A receiver that waits for a keyframe asks again after this.
const KEYFRAME_PATIENCE: Duration = Duration::from_millis(300);
/// A connection from which nothing is heard is dropped after this.
const QUIET_PATIENCE: Duration = Duration::from_secs(30);
/// Lost packets of what a slot showed before are repaired for so long.
const REPAIR_PATIENCE: Duration = Duration::from_secs(1);

impl Sfu {
    pub(super) fn tick(&mut self, now: Instant) {
        let meetings: Vec<MeetingId> = self.meetings.keys().cloned().collect();
        for id in meetings {
            self.tick_meeting(now, &id);
        }
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for id in peers {
            self.tick_connection(now, id);
        }
    }

    pub(super) fn tick_meeting(&mut self, now: Instant, id: &MeetingId) {
        let Some(meeting) = self.meetings.get_mut(id) else {
            return;
        };
        let changed = meeting.loudest.tick(now);
        if let Some(speaking) = meeting.loudest.speaking_changed(now) {
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
        if let Some(csrc) = meeting.loudest.speaker(now)
            && source_of_csrc(csrc).1 == SourceKind::Microphone
            && let Some(source) = meeting.source(csrc)
        {
            self.outputs.push_back(Output::Event(MediaEvent::Speaker {
                meeting: id.clone(),
                participant: source.participant,
            }));
        }
        if changed {
            let receivers: Vec<PeerId> = meeting.peers.values().copied().collect();
            for receiver in receivers {
                self.assign(now, receiver);
            }
        }
    }

    pub(super) fn tick_connection(&mut self, now: Instant, id: PeerId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if connection
            .quiet_since
            .is_some_and(|since| now.duration_since(since) >= QUIET_PATIENCE)
        {
            self.lost(now, id);
            return;
        }
        let due: Vec<StreamKey> = connection
            .sources
            .iter_mut()
            .enumerate()
            .flat_map(|(index, source)| {
                let key = SourceKey {
                    peer: id,
                    source: index,
                };
                let layers = source.keyframes_due(now);
                layers
                    .into_iter()
                    .map(move |layer| StreamKey { source: key, layer })
            })
            .collect();
        let mut waiting: Vec<StreamKey> = Vec::new();
        let mut left: Vec<(SourceKey, Subscriber)> = Vec::new();
        for (index, slot) in connection.slots.iter_mut().enumerate() {
            if let Some(previous) = slot
                .previous
                .take_if(|p| now.duration_since(p.since) >= REPAIR_PATIENCE)
                && !slot.listens_to(previous.stream.source)
            {
                let subscriber = Subscriber {
                    peer: id,
                    slot: index,
                };
                left.push((previous.stream.source, subscriber));
            }
            if let Some((stream, since)) = &mut slot.pending
                && now.duration_since(*since) >= KEYFRAME_PATIENCE
            {
                *since = now;
                waiting.push(*stream);
            }
        }
        let slots = connection.slots.len();
        for (source, subscriber) in left {
            self.unsubscribe(Some(source), subscriber);
        }
        for stream in due {
            self.ask_keyframe(now, stream);
        }
        for stream in waiting {
            self.want_keyframe(now, stream);
        }
        for slot in 0..slots {
            self.relayer(now, Subscriber { peer: id, slot });
        }
    }
}
