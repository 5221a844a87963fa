//! Putting sources into slots: who listens to whom, and at which layer.

use std::time::Instant;

use diemcau_protocol::{MeetingId, SessionId, SlotShows, SlotWish, csrc_of};

use super::{PeerId, REPAIR_PATIENCE, Sfu, line};
use crate::allocate::Shown;
use crate::counters::Counters;
use crate::layers;
use crate::link::Message;
use crate::routing;
use crate::slot::{Slot, StreamKey};
use crate::track::{Origin, Subscriber, Track, TrackId};

impl Sfu {
    pub(super) fn layout(&mut self, now: Instant, session: &SessionId, wishes: &[SlotWish]) {
        let Some(id) = self.sessions.get(session).copied() else {
            return;
        };
        let Some(connection) = self.connections.get_mut(id.0) else {
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

    /// Looks again at which sources are there: at once at what may be
    /// forwarded, soon at what every slot shows.
    pub(super) fn refresh(&mut self, now: Instant, meeting_id: &MeetingId) {
        let Some(meeting) = self.meetings.get_mut(meeting_id) else {
            return;
        };
        let before = std::mem::take(&mut meeting.live);
        for (participant, id) in &meeting.peers {
            let (Some(desired), Some(connection)) = (
                meeting.participants.get(participant),
                self.connections.get_mut(id.0),
            ) else {
                continue;
            };
            connection.number = desired.number;
            for id in &connection.sources {
                if let Some(track) = self.tracks.get(id.0)
                    && desired.publish.allows(track.kind)
                {
                    meeting
                        .live
                        .insert(csrc_of(desired.number, track.kind), *id);
                }
            }
        }
        for (csrc, id) in &meeting.far {
            meeting.live.entry(*csrc).or_insert(*id);
        }
        if let Some(mix) = self.mixes.get(meeting_id) {
            meeting.live.insert(routing::MIX, mix.track());
        }
        let live = &meeting.live;
        let gone: Vec<TrackId> = before
            .iter()
            .filter(|(csrc, id)| live.get(csrc) != Some(id))
            .map(|(_, id)| *id)
            .collect();
        let come: Vec<(u32, TrackId)> = live
            .iter()
            .filter(|(csrc, id)| before.get(csrc) != Some(id))
            .map(|(csrc, id)| (*csrc, *id))
            .collect();
        for id in gone {
            self.withdraw(id);
        }
        if let Some(meeting) = self.meetings.get_mut(meeting_id) {
            meeting.forget_voices();
        }
        for (csrc, id) in come {
            self.announce(now, id, csrc);
        }
        self.listen_mix(meeting_id);
        self.stale.insert(meeting_id.clone());
    }

    /// Looks again at what all slots of a meeting show.
    pub(super) fn assign_all(&mut self, now: Instant, meeting: &MeetingId) {
        self.listen_mix(meeting);
        let Some(meeting) = self.meetings.get(meeting) else {
            return;
        };
        let receivers: Vec<PeerId> = meeting.peers.values().copied().collect();
        for id in receivers {
            self.assign(now, id);
        }
    }

    /// Looks again at what the slots of a receiver show.
    pub(super) fn assign(&mut self, now: Instant, id: PeerId) {
        let Some(connection) = self.connections.get(id.0) else {
            return;
        };
        let Some(meeting) = self.meetings.get(&connection.meeting) else {
            return;
        };
        let planned = routing::plan(meeting, connection.number, &connection.slots);
        let planned: Vec<Option<(u32, TrackId)>> = planned
            .into_iter()
            .map(|csrc| csrc.and_then(|csrc| Some((csrc, *meeting.live.get(&csrc)?))))
            .collect();
        // What may no longer be forwarded leaves its slot at once, and so does
        // what this receiver may no longer have.
        let is_stale = |(slot, wanted): (&Slot, &Option<(u32, TrackId)>)| {
            slot.current.is_some_and(|(csrc, stream)| {
                let is_wanted = wanted.is_some_and(|(wanted, _)| wanted == csrc);
                let may_stay =
                    meeting.reaches(csrc, connection.number) && meeting.heard_in(csrc).is_some();
                meeting.live.get(&csrc) != Some(&stream.track) || !(is_wanted || may_stay)
            })
        };
        let slots = connection.slots.iter();
        let stale: Vec<bool> = slots.zip(&planned).map(is_stale).collect();
        for (slot, (wanted, stale)) in planned.into_iter().zip(stale).enumerate() {
            self.retarget(now, id, slot, wanted, stale);
        }
        self.relayer_all(now, id);
    }

    pub(super) fn retarget(
        &mut self,
        now: Instant,
        id: PeerId,
        index: usize,
        wanted: Option<(u32, TrackId)>,
        stale: bool,
    ) {
        let Some(connection) = self.connections.get_mut(id.0) else {
            return;
        };
        let slot = &mut connection.slots[index];
        let listened = slot.listened();
        if slot.wanted != wanted {
            slot.wanted = wanted;
            slot.shown = Shown::Nothing;
        }
        if slot.current.is_some() && (stale || wanted.is_none()) {
            slot.cut(now + REPAIR_PATIENCE);
            // What may not be shown any more is not repaired either.
            slot.repairs_until = None;
            connection.news.push(SlotShows {
                mid: slot.mid.clone(),
                source: None,
            });
            self.with_news.insert(id);
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
    }

    /// Divides the line of a receiver, and chooses the layers of all its
    /// slots.
    pub(super) fn relayer_all(&mut self, now: Instant, id: PeerId) {
        self.divide(now, id);
        let slots = self.connections.get(id.0).map_or(0, |c| c.slots.len());
        for slot in 0..slots {
            self.relayer(now, Subscriber { peer: id, slot });
        }
    }

    pub(super) fn subscribe(&mut self, track: Option<TrackId>, subscriber: Subscriber) {
        if let Some(track) = track.and_then(|id| self.tracks.get_mut(id.0))
            && !track.subscribers.contains(&subscriber)
        {
            track.subscribers.push(subscriber);
        }
    }

    pub(super) fn unsubscribe(&mut self, id: Option<TrackId>, subscriber: Subscriber) {
        if let Some(id) = id
            && let Some(track) = self.tracks.get_mut(id.0)
        {
            track.subscribers.retain(|s| *s != subscriber);
            self.regarded.insert(id);
        }
    }

    /// The layer that a slot would get of what it wants, were the line good.
    pub(super) fn full_layer(
        &self,
        now: Instant,
        subscriber: Subscriber,
    ) -> Option<(&Track, usize)> {
        let connection = self.connections.get(subscriber.peer.0)?;
        let slot = connection.slots.get(subscriber.slot)?;
        let height = if slot.kind.is_audio() { 1 } else { slot.height };
        let (_, wanted) = slot.wanted?;
        let track = self.tracks.get(wanted.0)?;
        Some((track, layers::choose(&track.layers, height, now)?))
    }

    /// Chooses the layer that a slot gets of the track it wants.
    pub(super) fn relayer(&mut self, now: Instant, subscriber: Subscriber) {
        let connection = self.connections.get(subscriber.peer.0);
        let Some(slot) = connection.and_then(|c| c.slots.get(subscriber.slot)) else {
            return;
        };
        let is_withheld = slot.shown == Shown::Withheld;
        let shown = slot.shown;
        let layer = self.full_layer(now, subscriber).and_then(|(track, full)| {
            if is_withheld {
                return None;
            }
            let granted = line::granted(track, shown);
            let granted = granted.filter(|layer| track.layers[*layer].can_be_had(now));
            Some(granted.unwrap_or(full))
        });
        let Some(connection) = self.connections.get_mut(subscriber.peer.0) else {
            return;
        };
        let slot = &mut connection.slots[subscriber.slot];
        let wanted = slot.wanted.map(|(_, track)| track);
        let target = wanted
            .zip(layer)
            .map(|(track, layer)| StreamKey { track, layer });
        let current = slot.current.map(|(_, stream)| stream);
        let pending = slot.pending.map(|(stream, _)| stream);
        if is_withheld && slot.current.is_some() {
            slot.cut(now + REPAIR_PATIENCE);
            connection.news.push(SlotShows {
                mid: slot.mid.clone(),
                source: None,
            });
            self.with_news.insert(subscriber.peer);
        }
        let next = target.filter(|target| current != Some(*target));
        if next == pending {
            return;
        }
        slot.pending = next.map(|stream| (stream, now));
        self.regarded.extend(
            [next, pending, current]
                .into_iter()
                .flatten()
                .map(|s| s.track),
        );
        if let Some(next) = next {
            let track = self.tracks.get(next.track.0);
            let steps_down = |current| track.is_some_and(|track| track.steps_down(current, next));
            if !current.is_some_and(steps_down) {
                self.want_keyframe(now, next);
            }
        }
    }

    pub(super) fn want_keyframe(&mut self, now: Instant, stream: StreamKey) {
        let Some(track) = self.tracks.get_mut(stream.track.0) else {
            return;
        };
        if track.kind.is_audio() || !track.want_keyframe(stream.layer, now) {
            return;
        }
        self.ask_keyframe(now, stream);
    }

    pub(super) fn ask_keyframe(&mut self, now: Instant, stream: StreamKey) {
        let Some(track) = self.tracks.get(stream.track.0) else {
            return;
        };
        match track.origin {
            Origin::Peer { peer: id, source } => {
                let Some(connection) = self.connections.get_mut(id.0) else {
                    return;
                };
                Counters::add(&self.counters.keyframe_requests, 1);
                let layer = track.encoding(stream.layer);
                let asked = connection.peer.request_keyframe(source, layer);
                self.dirty.insert(id);
                if let Err(fault) = asked {
                    self.faulted(now, id, &fault);
                }
            }
            Origin::Link { link, track } => {
                let layer = stream.layer;
                self.say(link, Message::Keyframe { track, layer });
            }
            Origin::Mixer => {}
        }
    }
}
