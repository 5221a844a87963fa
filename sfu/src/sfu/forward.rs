//! What comes out of peers, and forwarding it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau_protocol::{MediaEvent, SlotShows};

use super::{Output, PeerId, REPAIR_PATIENCE, Sfu};
use crate::counters::Counters;
use crate::demux::{DatagramKind, classify};
use crate::link::{LinkMessage, Message};
use crate::packet::MediaPacket;
use crate::path::{Path, TransportAddress};
use crate::payload;
use crate::peer::{PeerFault, PeerOutput};
use crate::slot::StreamKey;
use crate::track::{Subscriber, TrackId};

/// A peer is given time again at the earliest after this.
const SOONEST: Duration = Duration::from_millis(1);
/// An address belongs to its peer for so long after the last datagram.
const ADDRESS_HELD: Duration = Duration::from_secs(10);

impl Sfu {
    /// Handles what comes out of a peer.
    pub(super) fn drain(&mut self, now: Instant, id: PeerId, before: Result<(), PeerFault>) {
        let mut outputs = std::mem::take(&mut self.scratch);
        let drained = before.and_then(|()| match self.connections.get_mut(id.0) {
            Some(connection) => {
                let deadline = connection.peer.drain(&mut outputs)?;
                self.deadlines.remove(&(connection.deadline, id));
                // str0m now and then wants the time that it has, without end.
                connection.deadline = deadline.max(now + SOONEST);
                self.deadlines.insert((connection.deadline, id));
                Ok(())
            }
            None => Ok(()),
        });
        for output in outputs.drain(..) {
            self.output(now, id, output);
        }
        self.scratch = outputs;
        let drained = drained.and_then(|()| self.take_keys(id));
        if let Err(fault) = drained {
            self.faulted(now, id, &fault);
        }
    }

    /// Once DTLS is up, media can leave.
    fn take_keys(&mut self, id: PeerId) -> Result<(), PeerFault> {
        if let Some(connection) = self.connections.get_mut(id.0)
            && !connection.egress.is_keyed()
            && let Some(keys) = connection.peer.keys()
        {
            connection
                .egress
                .keyed(keys)
                .map_err(|error| PeerFault::new(&error.to_string()))?;
        }
        Ok(())
    }

    pub(super) fn output(&mut self, now: Instant, id: PeerId, output: PeerOutput) {
        match output {
            PeerOutput::Transmit { to, contents } => {
                let to = self.way(to);
                // The peer answers only checks whose integrity was right.
                if classify(&contents) == DatagramKind::Stun {
                    self.proved(now, id, to);
                }
                Counters::add(&self.counters.datagrams_sent, 1);
                Counters::add(&self.counters.bytes_sent, contents.len() as u64);
                self.outputs.push_back(Output::Transmit { to, contents });
            }
            PeerOutput::Packet {
                source,
                layer,
                packet,
            } => {
                self.came_out = true;
                self.packet(now, id, source, layer, packet);
            }
            PeerOutput::Report {
                source,
                layer,
                arrived,
                ntp_micros,
                rtp_time,
            } => {
                if let Some(connection) = self.connections.get_mut(id.0) {
                    connection.clock.report(arrived, ntp_micros);
                    let track = connection.sources.get(source);
                    if let Some(track) = track.and_then(|id| self.tracks.get_mut(id.0)) {
                        track.clocks[layer].report(ntp_micros, rtp_time);
                    }
                }
            }
            PeerOutput::Malformed => {
                self.came_out = true;
                Counters::add(&self.counters.packets_malformed, 1);
            }
            PeerOutput::Connected => {
                if let Some(connection) = self.connections.get_mut(id.0) {
                    connection.quiet_since = None;
                    let session = connection.session.clone();
                    self.outputs
                        .push_back(Output::Event(MediaEvent::Connected { session }));
                }
            }
            PeerOutput::Quiet => {
                if let Some(connection) = self.connections.get_mut(id.0) {
                    connection.quiet_since.get_or_insert(now);
                }
            }
            PeerOutput::Closed => self.lost(now, id),
        }
    }

    /// The way to where something came from just now, or that was proved.
    fn way(&self, remote: TransportAddress) -> Path {
        let arrival = self.arrival.filter(|path| path.remote == remote);
        arrival.unwrap_or_else(|| self.demux.path(remote))
    }

    /// A peer has an address, by an answered check. The address of another
    /// peer that is alive stays where it is: the check's sender may have
    /// forged it.
    fn proved(&mut self, now: Instant, id: PeerId, path: Path) {
        if let Some(connection) = self.connections.get_mut(id.0) {
            connection.quiet_since = None;
        }
        let taken = self
            .demux
            .owner(path.remote)
            .filter(|owner| *owner != id)
            .and_then(|owner| self.connections.get(owner.0))
            .is_some_and(|owner| now.duration_since(owner.last_datagram) < ADDRESS_HELD);
        if taken {
            Counters::add(&self.counters.addresses_refused, 1);
        } else {
            self.demux.add_path(path, id);
            let nominates = self.nominates;
            if let Some(connection) = self.connections.get_mut(id.0) {
                connection.way.checked(now, path, nominates);
            }
        }
    }

    /// A packet of a peer's source.
    fn packet(
        &mut self,
        now: Instant,
        id: PeerId,
        index: usize,
        layer: usize,
        mut packet: MediaPacket,
    ) {
        let Some(connection) = self.connections.get_mut(id.0) else {
            return;
        };
        connection.publishes = true;
        let Some(track_id) = connection.sources.get(index).copied() else {
            return;
        };
        let Some(track) = self.tracks.get_mut(track_id.0) else {
            return;
        };
        if track.kind.is_audio() != packet.format.is_audio() {
            Counters::add(&self.counters.packets_malformed, 1);
            return;
        }
        if !track.is_live {
            Counters::add(&self.counters.packets_muted, 1);
            return;
        }
        packet.captured =
            track.clocks[layer].captured(&connection.clock, packet.rtp_time, packet.arrived);
        if track.kind.is_audio()
            && let Some(meeting) = self.meetings.get_mut(&connection.meeting)
        {
            let level = packet
                .level
                .unwrap_or_else(|| payload::unsaid_level(packet.plain()));
            let always = meeting
                .participants
                .get(&connection.participant)
                .is_some_and(|p| p.always_heard);
            if let Some(group) = meeting.heard_in(track.csrc) {
                let voices = &mut meeting.voices;
                voices.heard_level(now, group, track.csrc, level & 0x7f, always);
            }
        }
        if !track.is_split(packet.format) {
            self.pass_on(now, track_id, layer, Arc::new(packet));
            return;
        }
        let (packets, has_news) = track.split(now, packet);
        if has_news {
            self.relayer_subscribers(now, track_id);
        }
        for (layer, packet) in packets {
            self.pass_on(now, track_id, layer, Arc::new(packet));
        }
    }

    /// Whoever listens to a track may get another layer of it now.
    fn relayer_subscribers(&mut self, now: Instant, id: TrackId) {
        let track = self.tracks.get(id.0);
        let subscribers = track.map(|track| track.subscribers.clone());
        for subscriber in subscribers.unwrap_or_default() {
            self.relayer(now, subscriber);
        }
    }

    /// A packet of a track goes to all who listen to it.
    pub(super) fn pass_on(
        &mut self,
        now: Instant,
        id: TrackId,
        layer: usize,
        packet: Arc<MediaPacket>,
    ) {
        let Some(track) = self.tracks.get_mut(id.0) else {
            return;
        };
        let was_quiet = track.touch(layer, now, packet.payload.len());
        track.keep(layer, &packet);
        if packet.starts_keyframe {
            track.keyframe_came(layer);
        }
        if was_quiet {
            self.relayer_subscribers(now, id);
        }
        let Some(track) = self.tracks.get(id.0) else {
            return;
        };
        for (link, wanted) in &track.links {
            if *wanted == layer {
                Counters::add(&self.counters.link_packets_sent, 1);
                let packet = Arc::clone(&packet);
                let message = LinkMessage(Message::Media {
                    track: id,
                    layer,
                    packet,
                });
                self.outputs.push_back(Output::Link { to: *link, message });
            }
        }
        if track.is_mixed {
            let (meeting, csrc) = (track.meeting.clone(), track.csrc);
            self.hear(now, &meeting, csrc, &packet);
        }
        self.forward(now, StreamKey { track: id, layer }, &packet);
    }

    fn forward(&mut self, now: Instant, stream: StreamKey, packet: &Arc<MediaPacket>) {
        let Some(track) = self.tracks.get(stream.track.0) else {
            return;
        };
        let may_cross = packet.crossing.is_some();
        let mut left: Vec<(TrackId, Subscriber)> = Vec::new();
        for subscriber in &track.subscribers {
            let Some(connection) = self.connections.get_mut(subscriber.peer.0) else {
                continue;
            };
            let slot = &mut connection.slots[subscriber.slot];
            let csrc = track.csrc;
            let mut switched = false;
            if slot.current.is_none_or(|(_, current)| current != stream) {
                if let Some(out) = slot.fill(stream, packet) {
                    connection.egress.media(subscriber.slot, packet, out);
                } else if slot.takes_over(stream, packet) {
                    switched = true;
                    let before = slot.current;
                    let repaired = slot.repairs_until.and_then(|_| slot.past.front());
                    let repaired = repaired.map(|past| past.track());
                    slot.switch(csrc, stream, packet, now + REPAIR_PATIENCE);
                    Counters::add(&self.counters.slot_switches, 1);
                    if before.is_none_or(|(shown, _)| shown != csrc)
                        && let Some(meeting) = self.meetings.get(&connection.meeting)
                    {
                        connection.news.push(SlotShows {
                            mid: slot.mid.clone(),
                            source: meeting.source(csrc),
                        });
                        self.with_news.insert(subscriber.peer);
                    }
                    if let Some(track) = repaired
                        && !slot.listens_to(track)
                    {
                        left.push((track, *subscriber));
                    }
                    self.regarded.extend(before.map(|(_, stream)| stream.track));
                } else {
                    continue;
                }
            } else if may_cross && slot.leaves(stream, packet) {
                continue;
            }
            if slot.current.is_some_and(|(_, current)| current == stream) {
                if let Some(out) = slot.rewriter.rewrite(packet, csrc) {
                    connection.egress.media(subscriber.slot, packet, out);
                }
                if switched {
                    // What overtook the keyframe's first packet follows.
                    for packet in track.behind(stream.layer, packet.seq) {
                        if let Some(out) = slot.rewriter.rewrite(&packet, csrc) {
                            connection.egress.media(subscriber.slot, &packet, out);
                        }
                    }
                }
            }
            if !connection.is_sending {
                connection.is_sending = true;
                self.sending.push(subscriber.peer);
            }
        }
        if !self.sending.is_empty() {
            self.next_send.get_or_insert(now);
        }
        for (track, subscriber) in left {
            self.unsubscribe(Some(track), subscriber);
        }
    }
}
