//! The pure SFU: commands, datagrams and time go in; datagrams and events come
//! out.

mod assign;
mod connections;
mod forward;
mod meetings;
mod tick;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau_protocol::{MediaCommand, MediaEvent, MeetingId, ParticipantId, SessionId, SlotShows};
use str0m::net::DatagramSend;

use crate::clock::PublisherClock;
use crate::counters::{Counters, CountersSnapshot};
use crate::demux::{DatagramKind, Demux, classify};
use crate::meeting::{Meeting, OutOfStep};
use crate::peer::{Peer, PeerOutput};
use crate::slot::Slot;
use crate::source::Source;

/// How often levels, layers and patience are looked at.
const TICK: Duration = Duration::from_millis(100);
/// Sounds heard at a time in a meeting: one more than the receiver's slots
/// and the stage take, because nobody hears itself.
const HEARD: usize = 5;

/// What an SFU must know of where it runs.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// Addresses at which browsers reach its socket; each becomes an ICE host
    /// candidate.
    pub candidates: Vec<SocketAddr>,
}

/// What an SFU wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a UDP datagram.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// The bytes.
        contents: DatagramSend,
    },
    /// Tell signaling.
    Event(MediaEvent),
}

/// A media connection's key; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerId(pub(crate) u64);

/// A connected (or connecting) peer and what it sends and receives.
struct Connection {
    session: SessionId,
    meeting: MeetingId,
    participant: ParticipantId,
    number: u32,
    peer: Peer,
    sources: Vec<Source>,
    slots: Vec<Slot>,
    clock: PublisherClock,
    deadline: Instant,
    last_datagram: Instant,
    /// Since when its checks have not been answered, if they are not.
    quiet_since: Option<Instant>,
    news: Vec<SlotShows>,
}

/// A selective forwarding unit without I/O.
pub struct Sfu {
    config: SfuConfig,
    counters: Arc<Counters>,
    origin: Instant,
    next_peer: u64,
    connections: BTreeMap<PeerId, Connection>,
    sessions: BTreeMap<SessionId, PeerId>,
    meetings: BTreeMap<MeetingId, Meeting>,
    demux: Demux,
    dirty: BTreeSet<PeerId>,
    deadlines: BTreeSet<(Instant, PeerId)>,
    next_tick: Instant,
    outputs: VecDeque<Output>,
    scratch: Vec<PeerOutput>,
}

impl Sfu {
    /// An SFU that knows no meeting yet.
    pub fn new(now: Instant, config: SfuConfig) -> Self {
        Self {
            config,
            counters: Arc::default(),
            origin: now,
            next_peer: 0,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            meetings: BTreeMap::new(),
            demux: Demux::default(),
            dirty: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            next_tick: now,
            outputs: VecDeque::new(),
            scratch: Vec::new(),
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> CountersSnapshot {
        self.counters.snapshot()
    }

    pub(crate) fn shared_counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Takes the next output; call after [`Self::flush`] until nothing comes.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Takes a command of signaling.
    pub fn command(&mut self, now: Instant, command: MediaCommand) {
        match command {
            MediaCommand::Desired {
                meeting,
                epoch,
                revision,
                state,
            } => {
                let known = self
                    .meetings
                    .entry(meeting.clone())
                    .or_insert_with(|| Meeting::new(HEARD));
                match known.replace(epoch, revision, state) {
                    Ok(gone) => self.reconciled(now, &meeting, gone),
                    Err(_) => self.out_of_step(meeting),
                }
            }
            MediaCommand::Change {
                meeting,
                epoch,
                revision,
                change,
            } => {
                let known = self.meetings.get_mut(&meeting);
                let changed = known.map_or(Err(OutOfStep), |known| {
                    known.change(epoch, revision, change)
                });
                match changed {
                    Ok(gone) => self.reconciled(now, &meeting, gone),
                    Err(_) => self.out_of_step(meeting),
                }
            }
            MediaCommand::EndMeeting { meeting, epoch } => self.end_meeting(&meeting, epoch),
            MediaCommand::Offer {
                meeting,
                participant,
                session,
                restart,
                offer,
            } => self.offer(now, meeting, participant, session, restart, &offer),
            MediaCommand::Layout { session, wishes } => self.layout(now, &session, &wishes),
            MediaCommand::Candidates { .. } => {}
            MediaCommand::Layers {
                session,
                kind,
                layers,
            } => {
                let Some(id) = self.sessions.get(&session) else {
                    return;
                };
                if let Some(connection) = self.connections.get_mut(id) {
                    for source in connection.sources.iter_mut().filter(|s| s.kind == kind) {
                        source.set_heights(&layers);
                    }
                }
            }
            MediaCommand::Close { session } => {
                if let Some(id) = self.sessions.get(&session).copied() {
                    self.drop_connection(now, id);
                }
            }
        }
    }

    /// Takes a datagram that came to one of the candidates.
    pub fn datagram(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        Counters::add(&self.counters.datagrams_received, 1);
        Counters::add(&self.counters.bytes_received, datagram.len() as u64);
        let kind = classify(datagram);
        if kind == DatagramKind::Malformed {
            Counters::add(&self.counters.datagrams_malformed, 1);
            return;
        }
        let Some(id) = self.demux.find(kind, from, datagram) else {
            Counters::add(&self.counters.datagrams_unknown, 1);
            return;
        };
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.last_datagram = now;
        let to = local(&self.config.candidates, to);
        let taken = connection.peer.datagram(now, from, to, datagram);
        self.drain(now, id, taken);
        self.dirty.insert(id);
    }

    /// Lets time pass and everything written leave. Returns when to call it
    /// again at the latest.
    pub fn flush(&mut self, now: Instant) -> Instant {
        if now >= self.next_tick {
            self.next_tick = now + TICK;
            self.tick(now);
        }
        while let Some(&(at, id)) = self.deadlines.first() {
            if at > now {
                break;
            }
            self.deadlines.remove(&(at, id));
            self.dirty.insert(id);
        }
        // Draining a publisher makes receivers dirty, hence the loop.
        while let Some(id) = self.dirty.pop_first() {
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            let passed = connection.peer.timeout(now);
            self.drain(now, id, passed);
        }
        self.tell_news();
        let next = self.deadlines.first().map(|(at, _)| *at);
        next.map_or(self.next_tick, |at| at.min(self.next_tick))
    }

    fn tell_news(&mut self) {
        for connection in self.connections.values_mut() {
            if connection.news.is_empty() {
                continue;
            }
            self.outputs.push_back(Output::Event(MediaEvent::Slots {
                session: connection.session.clone(),
                slots: std::mem::take(&mut connection.news),
            }));
        }
    }
}

/// The candidate at which a datagram came in. Behind address translation the
/// socket sees another address than the one that browsers were told.
fn local(candidates: &[SocketAddr], to: SocketAddr) -> SocketAddr {
    let same_family = |candidate: &&SocketAddr| candidate.is_ipv4() == to.is_ipv4();
    if candidates.contains(&to) {
        return to;
    }
    candidates.iter().find(same_family).copied().unwrap_or(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_address_translation_the_public_candidate_counts() {
        let public = SocketAddr::from(([203, 0, 113, 10], 8444));
        let inside = SocketAddr::from(([10, 1, 2, 3], 8444));
        let other = SocketAddr::from(([127, 0, 0, 1], 8444));
        assert_eq!(local(&[public, other], inside), public);
        assert_eq!(local(&[public, other], other), other);
    }
}
