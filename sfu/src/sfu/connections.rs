//! Media connections: made by an offer, restarted, dropped.

use std::time::Instant;

use diemcau_protocol::{
    ErrorCode, LineQuality, MediaEvent, MediaOffer, MeetingId, OfferedSlot, ParticipantId,
    SessionId,
};

use super::{Connection, Output, PeerId, Sfu};
use crate::allocate::Allocator;
use crate::clock::PublisherClock;
use crate::counters::Counters;
use crate::egress::Egress;
use crate::peer::{OfferError, Peer, PeerFault};
use crate::slot::Slot;
use crate::track::{Subscriber, Track, TrackId};
use crate::way::Way;

/// Candidates of one message that are looked at.
const MAX_CANDIDATES: usize = 32;

impl Sfu {
    pub(super) fn offer(
        &mut self,
        now: Instant,
        meeting: MeetingId,
        participant: ParticipantId,
        session: SessionId,
        restart: bool,
        offer: &MediaOffer,
    ) {
        let answered = if restart {
            self.restart(now, &session, offer)
        } else {
            self.connect(now, meeting, participant, &session, offer)
        };
        let event = match answered {
            Ok(sdp) => {
                Counters::add(&self.counters.offers_answered, 1);
                MediaEvent::Answer { session, sdp }
            }
            Err((code, detail)) => {
                Counters::add(&self.counters.offers_refused, 1);
                MediaEvent::OfferRefused {
                    session,
                    code,
                    detail,
                }
            }
        };
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn restart(
        &mut self,
        now: Instant,
        session: &SessionId,
        offer: &MediaOffer,
    ) -> Result<String, (ErrorCode, String)> {
        let id = self.sessions.get(session).copied();
        let connection = id.and_then(|id| self.connections.get_mut(id.0));
        let (Some(id), Some(connection)) = (id, connection) else {
            let detail = "no such media connection here".to_owned();
            return Err((ErrorCode::UnknownSession, detail));
        };
        let known = connection.slots.len();
        let answered = connection.peer.renegotiate(offer, known);
        let ufrag = connection.peer.local_ufrag();
        connection.quiet_since = Some(now);
        let answered = answered.map(|answered| {
            connection.egress.renegotiated(answered.negotiated);
            connection.egress.extend(answered.lines);
            let new = offer.slots.get(known..).unwrap_or_default();
            connection.slots.extend(
                new.iter()
                    .map(|slot| Slot::new(slot.kind, slot.mid.clone(), now)),
            );
            answered.sdp
        });
        self.demux.set_ufrag(ufrag, id);
        self.dirty.insert(id);
        answered.map_err(|error| {
            if let OfferError::Fault(fault) = &error {
                self.faulted(now, id, fault);
            }
            (ErrorCode::SdpInvalid, error.to_string())
        })
    }

    pub(super) fn connect(
        &mut self,
        now: Instant,
        meeting_id: MeetingId,
        participant: ParticipantId,
        session: &SessionId,
        offer: &MediaOffer,
    ) -> Result<String, (ErrorCode, String)> {
        let meeting = self.meetings.get(&meeting_id);
        let desired = meeting.and_then(|m| Some((m, m.participants.get(&participant)?)));
        let Some((meeting, desired)) = desired else {
            let detail = "not a participant of the meeting".to_owned();
            return Err((ErrorCode::NotInMeeting, detail));
        };
        let number = desired.number;
        let codecs = meeting.video_codecs();
        let (mut peer, answered) = Peer::accept(now, offer, &self.config.candidates, codecs)
            .map_err(|e| (ErrorCode::SdpInvalid, e.to_string()))?;
        // One connection per participant: the newer one takes the place.
        let older = meeting.peers.get(&participant).copied();
        if let Some(older) = older {
            self.drop_connection(now, older);
        }
        let id = PeerId(self.connections.next_key());
        self.demux.set_ufrag(peer.local_ufrag(), id);
        let sources = (0..)
            .zip(&offer.sources)
            .map(|(source, offered)| {
                let track = Track::offered(meeting_id.clone(), id, source, offered);
                TrackId(self.tracks.push(track))
            })
            .collect();
        let slot = |slot: &OfferedSlot| Slot::new(slot.kind, slot.mid.clone(), now);
        self.connections.push(Connection {
            session: session.clone(),
            meeting: meeting_id.clone(),
            participant: participant.clone(),
            number,
            peer,
            egress: Egress::new(now, answered.negotiated, answered.cname, answered.lines),
            way: Way::default(),
            is_sending: false,
            sources,
            publishes: false,
            slots: offer.slots.iter().map(slot).collect(),
            clock: PublisherClock::new(self.origin),
            deadline: now,
            last_datagram: now,
            quiet_since: Some(now),
            news: Vec::new(),
            allocator: Allocator::new(),
            quality: LineQuality::Full,
            wanted_bps: 0,
            repeated: None,
        });
        self.deadlines.insert((now, id));
        self.sessions.insert(session.clone(), id);
        if let Some(meeting) = self.meetings.get_mut(&meeting_id) {
            meeting.peers.insert(participant, id);
        }
        self.refresh(now, &meeting_id);
        self.gauge();
        Ok(answered.sdp)
    }

    /// Candidates of the other side that it has found after its offer.
    pub(super) fn candidates(&mut self, now: Instant, session: &SessionId, candidates: &[String]) {
        let Some(id) = self.sessions.get(session).copied() else {
            return;
        };
        for candidate in candidates.iter().take(MAX_CANDIDATES) {
            let connection = self.connections.get_mut(id.0);
            let taken = connection.map(|c| c.peer.candidate(candidate));
            if let Some(Err(fault)) = taken {
                self.faulted(now, id, &fault);
                return;
            }
        }
        self.dirty.insert(id);
    }

    /// Forgets a connection and what it published; slots are looked at by
    /// the caller.
    pub(super) fn forget(&mut self, id: PeerId) -> Option<MeetingId> {
        let connection = self.connections.remove(id.0)?;
        self.deadlines.remove(&(connection.deadline, id));
        self.dirty.remove(&id);
        self.sessions.remove(&connection.session);
        self.demux.remove(id);
        for (slot, listening) in connection.slots.iter().enumerate() {
            for track in listening.listened() {
                self.unsubscribe(track, Subscriber { peer: id, slot });
            }
        }
        for track in &connection.sources {
            self.withdraw(*track);
            self.tracks.remove(track.0);
        }
        if let Some(meeting) = self.meetings.get_mut(&connection.meeting)
            && meeting.peers.get(&connection.participant) == Some(&id)
        {
            meeting.peers.remove(&connection.participant);
        }
        Some(connection.meeting)
    }

    pub(super) fn drop_connection(&mut self, now: Instant, id: PeerId) {
        if let Some(meeting) = self.forget(id) {
            self.refresh(now, &meeting);
            self.gauge();
            tracing::debug!(?id, "media connection closed");
        }
    }

    pub(super) fn faulted(&mut self, now: Instant, id: PeerId, fault: &PeerFault) {
        Counters::add(&self.counters.peers_faulted, 1);
        tracing::warn!(%fault, "media connection dropped");
        self.lost(now, id);
    }

    /// Drops a connection and tells signaling.
    pub(super) fn lost(&mut self, now: Instant, id: PeerId) {
        if let Some(connection) = self.connections.get(id.0) {
            let session = connection.session.clone();
            self.drop_connection(now, id);
            self.outputs
                .push_back(Output::Event(MediaEvent::Disconnected { session }));
        }
    }
}
