//! Putting sources into slots: who listens to whom, and at which layer.

use std::time::Instant;

use diemcau_protocol::{MeetingId, SessionId, SlotShows, SlotWish, csrc_of};

use super::{PeerId, Sfu};
use crate::counters::Counters;
use crate::layers;
use crate::routing;
use crate::slot::{SourceKey, StreamKey};
use crate::source::{Source, Subscriber};

impl Sfu {
    pub(super) fn layout(&mut self, now: Instant, session: &SessionId, wishes: &[SlotWish]) {
        let Some(id) = self.sessions.get(session).copied() else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Some(meeting) = self.meetings.get(&connection.meeting) else {
            return;
        };
        for slot in &mut connection.slots {
            let wish = wishes.iter().find(|wish| wish.mid == slot.mid);
            slot.height = wish.map_or(0, |wish| wish.height);
            slot.wish = wish
                .and_then(|wish| wish.source.as_ref())
                .and_then(|source| meeting.csrc(source));
        }
        self.assign(now, id);
    }

    /// Looks again at which sources are there and what every slot shows.
    pub(super) fn refresh(&mut self, now: Instant, meeting_id: &MeetingId) {
        let Some(meeting) = self.meetings.get_mut(meeting_id) else {
            return;
        };
        meeting.live.clear();
        for (participant, id) in &meeting.peers {
            let (Some(desired), Some(connection)) = (
                meeting.participants.get(participant),
                self.connections.get_mut(id),
            ) else {
                continue;
            };
            connection.number = desired.number;
            for (source, published) in connection.sources.iter().enumerate() {
                if desired.publish.allows(published.kind) {
                    let csrc = csrc_of(desired.number, published.kind);
                    meeting.live.insert(csrc, SourceKey { peer: *id, source });
                }
            }
        }
        let live = &meeting.live;
        meeting.loudest.retain(|csrc| live.contains_key(csrc));
        let receivers: Vec<PeerId> = meeting.peers.values().copied().collect();
        for id in receivers {
            self.assign(now, id);
        }
    }

    /// Looks again at what the slots of a receiver show.
    pub(super) fn assign(&mut self, now: Instant, id: PeerId) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let Some(meeting) = self.meetings.get(&connection.meeting) else {
            return;
        };
        let planned = routing::plan(meeting, connection.number, &connection.slots);
        let planned: Vec<Option<(u32, SourceKey)>> = planned
            .into_iter()
            .map(|csrc| csrc.and_then(|csrc| Some((csrc, *meeting.live.get(&csrc)?))))
            .collect();
        // A picture that may no longer be forwarded leaves its slot at once.
        let stale: Vec<bool> = connection
            .slots
            .iter()
            .map(|slot| {
                slot.current
                    .is_some_and(|(csrc, stream)| meeting.live.get(&csrc) != Some(&stream.source))
            })
            .collect();
        for (slot, (wanted, stale)) in planned.into_iter().zip(stale).enumerate() {
            self.retarget(now, id, slot, wanted, stale);
        }
    }

    pub(super) fn retarget(
        &mut self,
        now: Instant,
        id: PeerId,
        index: usize,
        wanted: Option<(u32, SourceKey)>,
        stale: bool,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let slot = &mut connection.slots[index];
        let listened = slot.listened();
        slot.wanted = wanted;
        if slot.current.is_some() && (stale || wanted.is_none()) {
            slot.current = None;
            slot.previous = None;
            slot.rewriter.cut();
            connection.news.push(SlotShows {
                mid: slot.mid.clone(),
                source: None,
            });
        }
        let listens = slot.listened();
        let subscriber = Subscriber {
            peer: id,
            slot: index,
        };
        if listened != listens {
            for key in listened {
                self.unsubscribe(key, subscriber);
            }
            for key in listens {
                self.subscribe(key, subscriber);
            }
        }
        self.relayer(now, subscriber);
    }

    pub(super) fn subscribe(&mut self, key: Option<SourceKey>, subscriber: Subscriber) {
        if let Some(source) = key.and_then(|key| self.source(key))
            && !source.subscribers.contains(&subscriber)
        {
            source.subscribers.push(subscriber);
        }
    }

    pub(super) fn unsubscribe(&mut self, key: Option<SourceKey>, subscriber: Subscriber) {
        if let Some(source) = key.and_then(|key| self.source(key)) {
            source.subscribers.retain(|s| *s != subscriber);
        }
    }

    pub(super) fn source(&mut self, key: SourceKey) -> Option<&mut Source> {
        self.connections
            .get_mut(&key.peer)?
            .sources
            .get_mut(key.source)
    }

    /// Chooses the layer that a slot gets of the source it wants.
    pub(super) fn relayer(&mut self, now: Instant, subscriber: Subscriber) {
        let Some(connection) = self.connections.get(&subscriber.peer) else {
            return;
        };
        let slot = &connection.slots[subscriber.slot];
        let height = if slot.kind.is_audio() { 1 } else { slot.height };
        let target = slot.wanted.and_then(|(_, key)| {
            let source = self.connections.get(&key.peer)?.sources.get(key.source)?;
            let layer = layers::choose(&source.layers, height, now)?;
            Some(StreamKey { source: key, layer })
        });
        let current = slot.current.map(|(_, stream)| stream);
        let pending = slot.pending.map(|(stream, _)| stream);
        let next = target.filter(|target| current != Some(*target));
        if next == pending {
            return;
        }
        if let Some(connection) = self.connections.get_mut(&subscriber.peer) {
            connection.slots[subscriber.slot].pending = next.map(|stream| (stream, now));
        }
        if let Some(stream) = next {
            self.want_keyframe(now, stream);
        }
    }

    pub(super) fn want_keyframe(&mut self, now: Instant, stream: StreamKey) {
        let Some(source) = self.source(stream.source) else {
            return;
        };
        if source.kind.is_audio() || !source.want_keyframe(stream.layer, now) {
            return;
        }
        self.ask_keyframe(now, stream);
    }

    pub(super) fn ask_keyframe(&mut self, now: Instant, stream: StreamKey) {
        let id = stream.source.peer;
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        Counters::add(&self.counters.keyframe_requests, 1);
        let asked = connection
            .peer
            .request_keyframe(stream.source.source, stream.layer);
        self.dirty.insert(id);
        if let Err(fault) = asked {
            self.faulted(now, id, &fault);
        }
    }
}
