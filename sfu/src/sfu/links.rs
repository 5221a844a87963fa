//! What goes over links, and what comes.

use std::time::Instant;

use diemcau_protocol::{MediaEvent, WantedSource};

use super::{Output, Sfu};
use crate::counters::Counters;
use crate::layers::{Layer, Supply};
use crate::link::{LinkId, LinkLayer, LinkMessage, LinkSound, Message};
use crate::meeting::Meeting;
use crate::slot::StreamKey;
use crate::track::{Origin, Track, TrackId};

/// Packets that are sent again at a time over a link, at most.
const MOST_RESENT: usize = 512;

impl Sfu {
    pub(super) fn say(&mut self, to: LinkId, message: Message) {
        let message = LinkMessage(message);
        self.outputs.push_back(Output::Link { to, message });
    }

    pub(super) fn say_all(&mut self, message: impl Fn() -> Message) {
        let own = self.config.worker;
        for other in (0..self.config.workers).filter(|other| *other != own) {
            self.outputs.push_back(Output::Link {
                to: LinkId(other),
                message: LinkMessage(message()),
            });
        }
    }

    /// The link to the listener, if there is one.
    pub(super) fn listener(&self) -> Option<LinkId> {
        self.config.listened.then_some(LinkId(self.config.workers))
    }

    /// Tells the other workers of a track, and the listener; of the mix the
    /// listener alone, where it wants it.
    fn tell_of(&mut self, id: TrackId, message: impl Fn() -> Message) {
        let Some(track) = self.tracks.get(id.0) else {
            return;
        };
        let is_for_listener = match track.origin {
            Origin::Peer { .. } => {
                self.say_all(&message);
                true
            }
            Origin::Mixer => self.mix_wanted.contains(&track.meeting),
            Origin::Link { .. } => false,
        };
        if let Some(listener) = self.listener().filter(|_| is_for_listener) {
            self.say(listener, message());
        }
    }

    /// A track is forwarded from now on.
    pub(super) fn announce(&mut self, now: Instant, id: TrackId, csrc: u32) {
        let Some(track) = self.tracks.get_mut(id.0) else {
            return;
        };
        track.is_live = true;
        track.csrc = csrc;
        let (meeting, kind) = (track.meeting.clone(), track.kind);
        let layers = link_layers(&track.layers, now);
        track.told_layers.clone_from(&layers);
        self.tell_of(id, || Message::Announce {
            track: id,
            meeting: meeting.clone(),
            csrc,
            kind,
            layers: layers.clone(),
        });
    }

    /// A track is not forwarded any more.
    pub(super) fn withdraw(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get_mut(id.0).filter(|track| track.is_live) else {
            return;
        };
        track.is_live = false;
        track.is_mixed = false;
        track.links.clear();
        self.tell_of(id, || Message::Withdraw { track: id });
    }

    /// Tells the other workers of layers that came, went or grew.
    pub(super) fn tell_layers(&mut self, now: Instant, id: TrackId) {
        if self.config.workers < 2 && self.listener().is_none() {
            return;
        }
        let Some(track) = self.tracks.get_mut(id.0) else {
            return;
        };
        if !track.is_live || !matches!(track.origin, Origin::Peer { .. }) {
            return;
        }
        let layers = link_layers(&track.layers, now);
        let news = layers.len() != track.told_layers.len()
            || layers
                .iter()
                .zip(&track.told_layers)
                .any(|(now, told)| differs(now, told));
        if news {
            track.told_layers.clone_from(&layers);
            self.tell_of(id, || Message::Layers {
                track: id,
                layers: layers.clone(),
            });
        }
    }

    pub(super) fn link_message(&mut self, now: Instant, from: LinkId, message: Message) {
        match message {
            Message::Announce {
                track,
                meeting,
                csrc,
                kind,
                layers,
            } => {
                self.forget_far(now, from, track);
                let there = layers.iter().map(|layer| {
                    let mut known = Layer::new(None, layer.height);
                    known.told(layer.height, layer.can_be_had, layer.bps);
                    known
                });
                let origin = Origin::Link { link: from, track };
                let new = Track::new(meeting.clone(), origin, kind, csrc, there.collect());
                let id = TrackId(self.tracks.push(new));
                self.far.insert((from, track), id);
                let known = self
                    .meetings
                    .entry(meeting.clone())
                    .or_insert_with(|| Meeting::new(super::HEARD));
                known.far.insert(csrc, id);
                self.refresh(now, &meeting);
            }
            Message::Withdraw { track } => self.forget_far(now, from, track),
            Message::Layers { track, layers } => {
                let id = self.far.get(&(from, track));
                if let Some(track) = id.and_then(|id| self.tracks.get_mut(id.0)) {
                    track.grow(layers.len());
                    for (known, layer) in track.layers.iter_mut().zip(layers) {
                        known.told(layer.height, layer.can_be_had, layer.bps);
                    }
                }
            }
            Message::Subscribe { track, layers } => {
                if let Some(known) = self.tracks.get_mut(track.0) {
                    known.links.retain(|(link, _)| *link != from);
                    // Each once, however often it is named.
                    let there = (0..known.layers.len()).filter(|layer| layers.contains(layer));
                    known.links.extend(there.map(|layer| (from, layer)));
                    self.regarded.insert(track);
                }
            }
            Message::Keyframe { track, layer } => {
                let known = self.tracks.get(track.0);
                if known.is_some_and(|known| layer < known.layers.len()) {
                    self.want_keyframe(now, StreamKey { track, layer });
                }
            }
            Message::Resend { track, layer, seqs } => self.resend(from, track, layer, &seqs),
            Message::Mix { meeting, wanted } => self.listener_wants_mix(now, meeting, wanted),
            Message::Media {
                track,
                layer,
                packet,
            } => {
                Counters::add(&self.counters.link_packets_received, 1);
                let id = self.far.get(&(from, track)).copied();
                let known = id.and_then(|id| self.tracks.get(id.0));
                if let (Some(id), Some(known)) = (id, known)
                    && known.is_live
                    && layer < known.layers.len()
                {
                    self.pass_on(now, id, layer, packet);
                }
            }
            Message::Sounds { meeting, sounds } => {
                if let Some(meeting) = self.meetings.get_mut(&meeting) {
                    for LinkSound {
                        csrc,
                        loudness,
                        always,
                    } in sounds
                    {
                        if let Some(group) = meeting.heard_in(csrc) {
                            meeting.voices.offered(now, group, csrc, loudness, always);
                        }
                    }
                }
            }
            Message::Heard { meeting, heard } => {
                if let Some(known) = self.meetings.get_mut(&meeting) {
                    known.heard = heard;
                    self.assign_all(now, &meeting);
                }
            }
        }
    }

    /// Packets that are kept go over a link once more.
    fn resend(&mut self, to: LinkId, id: TrackId, layer: usize, seqs: &[u64]) {
        let known = self.tracks.get(id.0).filter(|track| track.is_live);
        let Some(track) = known.filter(|track| track.links.contains(&(to, layer))) else {
            return;
        };
        let kept = seqs.iter().take(MOST_RESENT);
        let kept: Vec<_> = kept
            .filter_map(|seq| track.kept(layer, *seq).cloned())
            .collect();
        for packet in kept {
            Counters::add(&self.counters.link_packets_sent, 1);
            let media = Message::Media {
                track: id,
                layer,
                packet,
            };
            self.say(to, media);
        }
    }

    /// A track of a link is gone.
    fn forget_far(&mut self, now: Instant, link: LinkId, track: TrackId) {
        let Some(id) = self.far.remove(&(link, track)) else {
            return;
        };
        let Some(gone) = self.tracks.remove(id.0) else {
            return;
        };
        if let Some(meeting) = self.meetings.get_mut(&gone.meeting) {
            meeting.far.retain(|_, far| *far != id);
        }
        self.refresh(now, &gone.meeting);
        self.assign_all(now, &gone.meeting);
        // It may have been announced when its meeting had ended here.
        let known = self.meetings.get(&gone.meeting);
        if known.is_some_and(Meeting::is_forgotten) {
            self.meetings.remove(&gone.meeting);
            self.stale.remove(&gone.meeting);
            self.gauge();
        }
    }

    /// Tells whoever sends a track which of its layers are wanted, where that
    /// changed.
    pub(super) fn tell_wanted(&mut self, now: Instant) {
        while let Some(id) = self.regarded.pop_first() {
            let Some(track) = self.tracks.get(id.0) else {
                continue;
            };
            let wanted = self.wanted_layers(track, id);
            match track.origin {
                Origin::Link { link, track: there } => {
                    if track.told_wanted.as_ref() != Some(&wanted) {
                        self.put_told(id, wanted.clone());
                        let layers = wanted;
                        self.say(
                            link,
                            Message::Subscribe {
                                track: there,
                                layers,
                            },
                        );
                    }
                }
                Origin::Peer { .. } => self.ask_publisher(now, id, wanted),
                Origin::Mixer => {}
            }
        }
    }

    fn put_told(&mut self, id: TrackId, wanted: Vec<usize>) {
        if let Some(track) = self.tracks.get_mut(id.0) {
            track.told_wanted = Some(wanted);
        }
    }

    /// The layers that somebody here or behind a link gets or waits for, in
    /// order.
    fn wanted_layers(&self, track: &Track, id: TrackId) -> Vec<usize> {
        let mut wanted: Vec<usize> = track.links.iter().map(|(_, layer)| *layer).collect();
        for subscriber in &track.subscribers {
            let slot = self
                .connections
                .get(subscriber.peer.0)
                .and_then(|connection| connection.slots.get(subscriber.slot));
            let Some(slot) = slot else {
                continue;
            };
            let current = slot.current.map(|(_, stream)| stream);
            let pending = slot.pending.map(|(stream, _)| stream);
            let here = [current, pending].into_iter().flatten();
            wanted.extend(here.filter(|s| s.track == id).map(|s| s.layer));
        }
        if track.is_mixed {
            wanted.push(0);
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Tells a publisher which layers are wanted: at once of a layer that is
    /// needed, and from time to time of those that are not.
    fn ask_publisher(&mut self, now: Instant, id: TrackId, wanted: Vec<usize>) {
        let Some(track) = self.tracks.get_mut(id.0) else {
            return;
        };
        let wanted = track.of_publisher(wanted);
        if track.kind.is_audio() || !track.tell_publisher(now, &wanted) {
            return;
        }
        for (index, layer) in track.layers.iter_mut().enumerate() {
            let is_wanted = wanted.contains(&index);
            layer.supply = match (is_wanted, layer.supply) {
                (true, Supply::Paused) => Supply::Resumed(now),
                (true, other) => other,
                (false, _) => Supply::Paused,
            };
        }
        track.told_wanted = Some(wanted);
        let Origin::Peer { peer, .. } = track.origin else {
            return;
        };
        let Some(connection) = self.connections.get(peer.0) else {
            return;
        };
        let sources = connection.sources.iter().enumerate();
        let pictures = sources.filter_map(|(index, id)| {
            let track = self.tracks.get(id.0).filter(|t| !t.kind.is_audio())?;
            let all: Vec<usize> = (0..track.layers.len()).collect();
            let wanted = track.told_wanted.as_ref().unwrap_or(&all);
            let rid = |layer: &usize| track.layers.get(*layer)?.rid.clone();
            Some(WantedSource {
                mid: connection.peer.source_mid(index)?,
                wanted: !wanted.is_empty(),
                rids: wanted.iter().filter_map(rid).collect(),
            })
        });
        let event = MediaEvent::Wanted {
            session: connection.session.clone(),
            sources: pictures.collect(),
        };
        self.outputs.push_back(Output::Event(event));
    }
}

fn link_layers(layers: &[Layer], now: Instant) -> Vec<LinkLayer> {
    layers
        .iter()
        .map(|layer| LinkLayer {
            height: layer.height,
            can_be_had: layer.can_be_had(now),
            bps: layer.bps(),
        })
        .collect()
}

/// Whether a layer is worth telling again: a bitrate is, when it is a quarter
/// off.
fn differs(now: &LinkLayer, told: &LinkLayer) -> bool {
    now.height != told.height
        || now.can_be_had != told.can_be_had
        || now.bps.abs_diff(told.bps) * 4 > told.bps
}
