//! The pure SFU: commands, datagrams and time go in; datagrams and events come
//! out.

mod assign;
mod connections;
mod feedback;
mod forward;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzed;
mod line;
mod links;
mod listening;
mod meetings;
mod mix;
mod tick;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use diemcau_protocol::{
    DesiredChange, LineQuality, MediaCommand, MediaEvent, MeetingId, ParticipantId, SessionId,
    SlotShows,
};
use str0m::net::DatagramSend;

use crate::allocate::Allocator;
use crate::batch::{Batch, Transmit};
use crate::clock::PublisherClock;
use crate::counters::{Counters, CountersSnapshot};
use crate::demux::{DatagramKind, Demux, classify, is_nomination, is_rtp};
use crate::egress::Egress;
use crate::link::{LinkId, LinkMessage};
use crate::meeting::{Meeting, OutOfStep};
use crate::path::{Path, Transport, TransportAddress};
use crate::peer::{Peer, PeerOutput};
use crate::slab::Slab;
use crate::slot::Slot;
use crate::track::{Track, TrackId};
use crate::way::Way;
use mix::Mix;

/// How often levels, layers and patience are looked at.
const TICK: Duration = Duration::from_millis(100);
/// What a line's pace holds back leaves after this.
const PACE: Duration = Duration::from_millis(4);
/// What slots show is looked at again at most this often, however many join.
const REFRESH_INTERVAL: Duration = Duration::from_millis(20);
/// Sounds heard at a time in a meeting: one more than the receiver's slots
/// and the stage take, because nobody hears itself.
const HEARD: usize = 5;
/// Lost packets of what a slot showed before are repaired for so long.
const REPAIR_PATIENCE: Duration = Duration::from_secs(1);
/// From 1900, where NTP begins, to 1970, in seconds.
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// What an SFU must know of where it runs.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// Addresses at which browsers reach its sockets; each becomes an ICE host
    /// candidate, by TCP a passive one (RFC 6544 §4.5).
    pub candidates: Vec<TransportAddress>,
    /// Its number among the workers that share the meetings, from 0.
    pub worker: usize,
    /// How many workers there are, at least 1.
    pub workers: usize,
    /// Whether a listener (the recorder) hangs on a link of its own.
    pub listened: bool,
    /// The time of day when it begins.
    pub started_at: SystemTime,
}

/// What an SFU wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram, or a frame by TCP.
    Transmit {
        /// Where to.
        to: Path,
        /// The bytes.
        contents: DatagramSend,
    },
    /// Tell signaling.
    Event(MediaEvent),
    /// Hand over to another worker, in order.
    Link {
        /// Which.
        to: LinkId,
        /// What.
        message: LinkMessage,
    },
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
    egress: Egress,
    /// Where media is sent to: what the other side has nominated.
    way: Way,
    /// Whether it is in [`Sfu::sending`].
    is_sending: bool,
    sources: Vec<TrackId>,
    /// Something of a source has come.
    publishes: bool,
    slots: Vec<Slot>,
    clock: PublisherClock,
    deadline: Instant,
    last_datagram: Instant,
    /// Since when its checks have not been answered, if they are not.
    quiet_since: Option<Instant>,
    news: Vec<SlotShows>,
    allocator: Allocator,
    quality: LineQuality,
    /// What everything that is drawn would take, in bit/s.
    wanted_bps: u64,
    /// The slot and number of the packet that was repeated last in a burst.
    repeated: Option<(usize, u64)>,
}

/// A selective forwarding unit without I/O.
pub struct Sfu {
    config: SfuConfig,
    counters: Arc<Counters>,
    origin: Instant,
    connections: Slab<Connection>,
    tracks: Slab<Track>,
    /// Tracks of links, by their key at the other end.
    far: BTreeMap<(LinkId, TrackId), TrackId>,
    sessions: BTreeMap<SessionId, PeerId>,
    meetings: BTreeMap<MeetingId, Meeting>,
    /// Meetings that are mixed here.
    mixes: BTreeMap<MeetingId, Mix>,
    /// Meetings whose mix the listener wants.
    mix_wanted: BTreeSet<MeetingId>,
    demux: Demux,
    dirty: BTreeSet<PeerId>,
    deadlines: BTreeSet<(Instant, PeerId)>,
    /// Connections whose slots show something else now.
    with_news: BTreeSet<PeerId>,
    next_tick: Instant,
    /// How many ticks there were.
    ticks: u64,
    /// Connections with media that waits.
    sending: Vec<PeerId>,
    next_send: Option<Instant>,
    /// Meetings whose slots are to be looked at again, from when on.
    stale: BTreeSet<MeetingId>,
    next_refresh: Instant,
    /// Tracks of which other layers may be wanted now.
    regarded: BTreeSet<TrackId>,
    outputs: VecDeque<Output>,
    scratch: Vec<PeerOutput>,
    batch: Batch,
    plain: Vec<u8>,
    /// On which path the datagram came that is being handled.
    arrival: Option<Path>,
    /// Whether it is a check that nominates its path.
    nominates: bool,
    /// Whether a packet came out of the datagram that is being handled.
    came_out: bool,
}

impl Sfu {
    /// An SFU that knows no meeting yet.
    pub fn new(now: Instant, config: SfuConfig) -> Self {
        Self {
            config,
            counters: Arc::default(),
            origin: now,
            connections: Slab::new(),
            tracks: Slab::new(),
            far: BTreeMap::new(),
            sessions: BTreeMap::new(),
            meetings: BTreeMap::new(),
            mixes: BTreeMap::new(),
            mix_wanted: BTreeSet::new(),
            demux: Demux::default(),
            dirty: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            with_news: BTreeSet::new(),
            next_tick: now,
            ticks: 0,
            sending: Vec::new(),
            next_send: None,
            stale: BTreeSet::new(),
            next_refresh: now,
            regarded: BTreeSet::new(),
            outputs: VecDeque::new(),
            scratch: Vec::new(),
            batch: Batch::default(),
            plain: Vec::new(),
            arrival: None,
            nominates: false,
            came_out: false,
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
                let parts = matches!(change, DesiredChange::SetGroups { .. });
                let known = self.meetings.get_mut(&meeting);
                let changed = known.map_or(Err(OutOfStep), |known| {
                    known.change(epoch, revision, change)
                });
                match changed {
                    Ok(gone) => {
                        self.reconciled(now, &meeting, gone);
                        if parts {
                            // Nobody hears another group a moment longer.
                            self.assign_all(now, &meeting);
                        }
                    }
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
            MediaCommand::Candidates {
                session,
                candidates,
            } => self.candidates(now, &session, &candidates),
            MediaCommand::Layers {
                session,
                kind,
                layers,
            } => {
                let Some(id) = self.sessions.get(&session) else {
                    return;
                };
                let sources = self.connections.get(id.0).map(|c| c.sources.as_slice());
                for id in sources.unwrap_or_default() {
                    if let Some(track) = self.tracks.get_mut(id.0).filter(|t| t.kind == kind) {
                        track.set_heights(&layers);
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

    /// Takes a datagram, or a frame, that came to one of the candidates: `to`
    /// is the own address as the socket sees it, unspecified where it does not.
    pub fn datagram(
        &mut self,
        now: Instant,
        from: TransportAddress,
        to: SocketAddr,
        datagram: &[u8],
    ) {
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
        let Some(connection) = self.connections.get_mut(id.0) else {
            return;
        };
        connection.last_datagram = now;
        self.nominates = kind == DatagramKind::Stun && is_nomination(datagram);
        if kind == DatagramKind::Rtcp && !self.feedback(now, from, id, datagram) {
            return;
        }
        let Some(connection) = self.connections.get_mut(id.0) else {
            return;
        };
        self.arrival = Some(Path {
            remote: from,
            local: Some(to.ip()).filter(|ip| !ip.is_unspecified()),
        });
        let to = local(&self.config.candidates, from.transport, to);
        self.came_out = false;
        let taken = connection.peer.datagram(now, from, to, datagram);
        self.drain(now, id, taken);
        self.arrival = None;
        if !self.came_out && is_rtp(kind, datagram) {
            Counters::add(&self.counters.packets_refused, 1);
        }
    }

    /// Whether a peer has proved to be there.
    pub(crate) fn is_proved(&self, remote: TransportAddress) -> bool {
        self.demux.owner(remote).is_some()
    }

    /// A peer cannot be reached there any more: its TCP connection has ended.
    pub(crate) fn unreachable(&mut self, remote: TransportAddress) {
        let owner = self.demux.remove_address(remote);
        if let Some(connection) = owner.and_then(|id| self.connections.get_mut(id.0)) {
            connection.way.lost(remote);
        }
    }

    /// Takes what came over a link.
    pub fn link(&mut self, now: Instant, from: LinkId, message: LinkMessage) {
        self.link_message(now, from, message.0);
    }

    /// Lets time pass and everything written leave: media by `send`, the rest
    /// as outputs. Returns when to call it again at the latest.
    pub fn flush(&mut self, now: Instant, send: &mut dyn FnMut(Path, Transmit<'_>)) -> Instant {
        if now >= self.next_refresh && !self.stale.is_empty() {
            self.next_refresh = now + REFRESH_INTERVAL;
            for meeting in std::mem::take(&mut self.stale) {
                self.assign_all(now, &meeting);
            }
        }
        if now >= self.next_tick {
            self.next_tick = now + TICK;
            self.ticks += 1;
            self.tick(now);
            self.reports(now, send);
        }
        while let Some(&(at, id)) = self.deadlines.first() {
            if at > now {
                break;
            }
            self.deadlines.remove(&(at, id));
            self.dirty.insert(id);
        }
        self.mix(now);
        self.tell_wanted(now);
        // What was asked of peers makes them dirty, hence the loop.
        while let Some(id) = self.dirty.pop_first() {
            let Some(connection) = self.connections.get_mut(id.0) else {
                continue;
            };
            let passed = connection.peer.timeout(now);
            self.drain(now, id, passed);
        }
        if self.next_send.is_some_and(|at| at <= now) {
            self.next_send = None;
            self.release(now, send);
        }
        self.tell_news();
        let refresh = (!self.stale.is_empty()).then_some(self.next_refresh);
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let mixes = self.mixes.values().map(Mix::due);
        [deadline, self.next_send, refresh]
            .into_iter()
            .flatten()
            .chain(mixes)
            .fold(self.next_tick, Instant::min)
    }

    /// Media that waited leaves.
    fn release(&mut self, now: Instant, send: &mut dyn FnMut(Path, Transmit<'_>)) {
        let sending = std::mem::take(&mut self.sending);
        for id in &sending {
            let connection = self.connections.get(id.0);
            let bursts = connection.is_some_and(|c| c.egress.line.bursts()) && self.pad(now, *id);
            let Some(connection) = self.connections.get_mut(id.0) else {
                continue;
            };
            connection.is_sending = false;
            let Some(to) = connection.way.current() else {
                continue;
            };
            let mut datagrams = 0;
            let mut send_on = |transmit: Transmit<'_>| {
                datagrams += transmit.datagrams().len() as u64;
                send(to, transmit);
            };
            let released = connection
                .egress
                .release(now, &mut self.batch, &mut send_on);
            let counters = &self.counters;
            Counters::add(&counters.datagrams_sent, datagrams);
            Counters::add(&counters.bytes_sent, released.bytes);
            Counters::add(&counters.packets_forwarded, released.media);
            Counters::add(&counters.packets_repaired, released.repairs);
            Counters::add(&counters.packets_padding, released.padding);
            Counters::add(&counters.packets_dropped, released.dropped);
            if !connection.egress.is_idle() || bursts {
                self.will_send(now + PACE, *id);
            }
        }
        if self.sending.is_empty() {
            // Its room is used again.
            self.sending = sending;
            self.sending.clear();
        }
    }

    /// Media of this connection waits until then.
    fn will_send(&mut self, at: Instant, id: PeerId) {
        if let Some(connection) = self.connections.get_mut(id.0)
            && !connection.is_sending
        {
            connection.is_sending = true;
            self.sending.push(id);
            let next = self.next_send.get_or_insert(at);
            *next = at.min(*next);
        }
    }

    fn tell_news(&mut self) {
        while let Some(id) = self.with_news.pop_first() {
            let Some(connection) = self.connections.get_mut(id.0) else {
                continue;
            };
            self.outputs.push_back(Output::Event(MediaEvent::Slots {
                session: connection.session.clone(),
                slots: std::mem::take(&mut connection.news),
            }));
        }
    }

    /// The time of day as NTP says it (RFC 5905 §6).
    fn ntp(&self, now: Instant) -> u64 {
        let started = self.config.started_at.duration_since(UNIX_EPOCH);
        let unix = started.unwrap_or_default() + now.duration_since(self.origin);
        let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
        (unix.as_secs() + NTP_TO_UNIX) << 32 | fraction
    }

    /// Whether this worker is the home of a meeting: it merges what the
    /// others hear, and speaks for the meeting.
    fn is_home(&self, meeting: &MeetingId) -> bool {
        home(meeting, self.config.workers) == self.config.worker
    }
}

/// The home of a meeting among so many workers (FNV-1a of its identifier).
fn home(meeting: &MeetingId, workers: usize) -> usize {
    let hash = meeting
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash % workers.max(1) as u64) as usize
}

/// The candidate at which a datagram came in. Behind address translation the
/// socket sees another address than the one that browsers were told.
fn local(candidates: &[TransportAddress], transport: Transport, to: SocketAddr) -> SocketAddr {
    let of_transport = candidates
        .iter()
        .filter(|known| known.transport == transport);
    let mut of_family = of_transport
        .map(|known| known.address)
        .filter(|known| known.is_ipv4() == to.is_ipv4());
    let first = of_family.clone().next();
    if of_family.any(|known| known == to) {
        return to;
    }
    first.unwrap_or(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_address_translation_the_public_candidate_counts() {
        let public = SocketAddr::from(([203, 0, 113, 10], 8444));
        let inside = SocketAddr::from(([10, 1, 2, 3], 8444));
        let other = SocketAddr::from(([127, 0, 0, 1], 8444));
        let by_tcp = SocketAddr::from(([203, 0, 113, 10], 443));
        let candidates = [
            TransportAddress::tcp(by_tcp),
            TransportAddress::udp(public),
            TransportAddress::udp(other),
        ];
        assert_eq!(local(&candidates, Transport::Udp, inside), public);
        assert_eq!(local(&candidates, Transport::Udp, other), other);
        assert_eq!(local(&candidates, Transport::Tcp, inside), by_tcp);
    }
}
