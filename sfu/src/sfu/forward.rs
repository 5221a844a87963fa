//! What comes out of peers, and forwarding it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diemcau_protocol::{MediaEvent, SlotShows, csrc_of};

use super::{Output, PeerId, Sfu};
use crate::counters::Counters;
use crate::demux::{DatagramKind, classify};
use crate::packet::{Codec, MediaPacket};
use crate::peer::{PeerFault, PeerOutput};
use crate::slot::{Previous, Slot, SourceKey, StreamKey};
use crate::source::Subscriber;

/// An address belongs to its peer for so long after the last datagram.
const ADDRESS_HELD: Duration = Duration::from_secs(10);

impl Sfu {
    /// Handles what comes out of a peer.
    pub(super) fn drain(&mut self, now: Instant, id: PeerId, before: Result<(), PeerFault>) {
        let mut outputs = std::mem::take(&mut self.scratch);
        let drained = before.and_then(|()| match self.connections.get_mut(&id) {
            Some(connection) => {
                let deadline = connection.peer.drain(&mut outputs)?;
                self.deadlines.remove(&(connection.deadline, id));
                connection.deadline = deadline;
                self.deadlines.insert((deadline, id));
                Ok(())
            }
            None => Ok(()),
        });
        for output in outputs.drain(..) {
            self.output(now, id, output);
        }
        self.scratch = outputs;
        if let Err(fault) = drained {
            self.faulted(now, id, &fault);
        }
    }

    fn output(&mut self, now: Instant, id: PeerId, output: PeerOutput) {
        match output {
            PeerOutput::Transmit { to, contents } => {
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
            } => self.packet(now, id, source, layer, packet),
            PeerOutput::Report {
                source,
                layer,
                arrived,
                ntp_micros,
                rtp_time,
            } => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.clock.report(arrived, ntp_micros);
                    connection.sources[source].clocks[layer].report(ntp_micros, rtp_time);
                }
            }
            PeerOutput::KeyframeWanted { slot } => {
                let connection = self.connections.get(&id);
                let current = connection.and_then(|c| c.slots.get(slot)?.current);
                if let Some((_, stream)) = current {
                    self.want_keyframe(now, stream);
                }
            }
            PeerOutput::Malformed => Counters::add(&self.counters.packets_malformed, 1),
            PeerOutput::Connected => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.quiet_since = None;
                    let session = connection.session.clone();
                    self.outputs
                        .push_back(Output::Event(MediaEvent::Connected { session }));
                }
            }
            PeerOutput::Quiet => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.quiet_since.get_or_insert(now);
                }
            }
            PeerOutput::Closed => self.lost(now, id),
        }
    }

    /// A peer has an address, by an answered check. The address of another
    /// peer that is alive stays where it is: the check's sender may have
    /// forged it.
    fn proved(&mut self, now: Instant, id: PeerId, address: SocketAddr) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.quiet_since = None;
        }
        let taken = self
            .demux
            .owner(address)
            .filter(|owner| *owner != id)
            .and_then(|owner| self.connections.get(&owner))
            .is_some_and(|owner| now.duration_since(owner.last_datagram) < ADDRESS_HELD);
        if taken {
            Counters::add(&self.counters.addresses_refused, 1);
        } else {
            self.demux.add_address(address, id);
        }
    }

    /// Forwards a packet of a publisher.
    fn packet(
        &mut self,
        now: Instant,
        id: PeerId,
        index: usize,
        layer: usize,
        mut packet: MediaPacket,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Some(meeting) = self.meetings.get_mut(&connection.meeting) else {
            return;
        };
        let source = &mut connection.sources[index];
        if source.kind.is_audio() != (packet.codec == Codec::Opus) {
            Counters::add(&self.counters.packets_malformed, 1);
            return;
        }
        let key = SourceKey {
            peer: id,
            source: index,
        };
        let csrc = csrc_of(connection.number, source.kind);
        if meeting.live.get(&csrc) != Some(&key) {
            Counters::add(&self.counters.packets_muted, 1);
            return;
        }
        packet.captured =
            source.clocks[layer].captured(&connection.clock, packet.rtp_time, packet.arrived);
        let was_quiet = source.touch(layer, now);
        if packet.starts_keyframe {
            source.keyframe_came(layer);
        }
        if let Some(level) = packet.level
            && source.kind.is_audio()
        {
            let always = meeting
                .participants
                .get(&connection.participant)
                .is_some_and(|p| p.always_heard);
            meeting.hear(now, csrc, always, level);
        }
        let subscribers = std::mem::take(&mut source.subscribers);
        if was_quiet {
            // The subscribers are put back first: a switch may change them.
            let again = subscribers.clone();
            self.put_back(key, subscribers);
            for subscriber in again {
                self.relayer(now, subscriber);
            }
            let Some(source) = self.source(key) else {
                return;
            };
            let subscribers = std::mem::take(&mut source.subscribers);
            self.forward(now, key, layer, csrc, &packet, subscribers);
        } else {
            self.forward(now, key, layer, csrc, &packet, subscribers);
        }
    }

    fn put_back(&mut self, key: SourceKey, subscribers: Vec<Subscriber>) {
        let Some(source) = self.source(key) else {
            return;
        };
        source.subscribers = subscribers;
    }

    fn forward(
        &mut self,
        now: Instant,
        key: SourceKey,
        layer: usize,
        csrc: u32,
        packet: &MediaPacket,
        subscribers: Vec<Subscriber>,
    ) {
        let stream = StreamKey { source: key, layer };
        let waits = |slot: &Slot| slot.pending.is_some_and(|(pending, _)| pending == stream);
        let behind = if packet.starts_keyframe {
            self.source(key)
                .map_or_else(Vec::new, |source| source.behind(layer, packet.seq))
        } else {
            Vec::new()
        };
        let mut waiting = false;
        let mut left: Vec<(SourceKey, Subscriber)> = Vec::new();
        let mut faulted: Vec<(PeerId, PeerFault)> = Vec::new();
        for subscriber in &subscribers {
            let Some(connection) = self.connections.get_mut(&subscriber.peer) else {
                continue;
            };
            let Some(meeting) = self.meetings.get(&connection.meeting) else {
                continue;
            };
            let slot = &mut connection.slots[subscriber.slot];
            let mut switched = false;
            if slot.current.is_none_or(|(_, current)| current != stream) {
                let late = slot.previous.filter(|p| p.stream == stream);
                if let Some(out) = late.and_then(|previous| previous.fill(packet)) {
                    match connection.peer.write(subscriber.slot, packet, &out) {
                        Ok(()) => {
                            self.dirty.insert(subscriber.peer);
                        }
                        Err(fault) => faulted.push((subscriber.peer, fault)),
                    }
                    continue;
                }
                if !waits(slot) {
                    continue;
                }
                if !packet.starts_keyframe && !slot.kind.is_audio() {
                    waiting = true;
                    continue;
                }
                switched = true;
                let before = slot.current.replace((csrc, stream));
                slot.pending = None;
                let tail = slot.rewriter.cut();
                let left_behind = slot.previous.take().map(|p| p.stream.source);
                if let (Some((csrc, stream)), Some(tail)) = (before, tail) {
                    slot.previous = Some(Previous::new(csrc, stream, now, tail));
                }
                Counters::add(&self.counters.slot_switches, 1);
                if before.is_none_or(|(shown, _)| shown != csrc) {
                    connection.news.push(SlotShows {
                        mid: slot.mid.clone(),
                        source: meeting.source(csrc),
                    });
                }
                if let Some(source) = left_behind
                    && !slot.listens_to(source)
                {
                    left.push((source, *subscriber));
                }
            }
            // After a switch, what overtook the keyframe's first packet follows.
            let follow: &[MediaPacket] = if switched { &behind } else { &[] };
            for packet in std::iter::once(packet).chain(follow) {
                let Some(out) = slot.rewriter.rewrite(packet, csrc) else {
                    continue;
                };
                match connection.peer.write(subscriber.slot, packet, &out) {
                    Ok(()) => Counters::add(&self.counters.packets_forwarded, 1),
                    Err(fault) => {
                        faulted.push((subscriber.peer, fault));
                        break;
                    }
                }
            }
            self.dirty.insert(subscriber.peer);
        }
        self.put_back(key, subscribers);
        if let Some(source) = self.source(key) {
            if waiting {
                source.remember(layer, packet);
            } else if packet.starts_keyframe {
                source.forget(layer);
            }
        }
        for (source, subscriber) in left {
            self.unsubscribe(Some(source), subscriber);
        }
        for (id, fault) in faulted {
            self.faulted(now, id, &fault);
        }
    }
}
