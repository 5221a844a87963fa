//! Media connections: made by an offer, restarted, dropped.

use std::time::Instant;

use diemcau_protocol::{ErrorCode, MediaEvent, MediaOffer, MeetingId, ParticipantId, SessionId};

use super::{Connection, Output, PeerId, Sfu};
use crate::clock::PublisherClock;
use crate::counters::Counters;
use crate::peer::{OfferError, Peer, PeerFault};
use crate::slot::Slot;
use crate::source::{Source, Subscriber};

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
        let connection = id.and_then(|id| self.connections.get_mut(&id));
        let (Some(id), Some(connection)) = (id, connection) else {
            let detail = "no such media connection here".to_owned();
            return Err((ErrorCode::UnknownSession, detail));
        };
        let answer = connection.peer.restart(offer);
        let ufrag = connection.peer.local_ufrag();
        connection.quiet_since = Some(now);
        self.demux.set_ufrag(ufrag, id);
        self.dirty.insert(id);
        answer.map_err(|error| {
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
        let desired = meeting.and_then(|m| m.participants.get(&participant));
        let Some(number) = desired.map(|d| d.number) else {
            let detail = "not a participant of the meeting".to_owned();
            return Err((ErrorCode::NotInMeeting, detail));
        };
        let (mut peer, answer) = Peer::accept(now, offer, &self.config.candidates)
            .map_err(|e| (ErrorCode::SdpInvalid, e.to_string()))?;
        // One connection per participant: the newer one takes the place.
        let older = self
            .meetings
            .get(&meeting_id)
            .and_then(|m| m.peers.get(&participant).copied());
        if let Some(older) = older {
            self.drop_connection(now, older);
        }
        let id = PeerId(self.next_peer);
        self.next_peer += 1;
        self.demux.set_ufrag(peer.local_ufrag(), id);
        let connection = Connection {
            session: session.clone(),
            meeting: meeting_id.clone(),
            participant: participant.clone(),
            number,
            peer,
            sources: offer.sources.iter().map(Source::new).collect(),
            slots: offer
                .slots
                .iter()
                .map(|slot| Slot::new(slot.kind, slot.mid.clone(), now))
                .collect(),
            clock: PublisherClock::new(self.origin),
            deadline: now,
            last_datagram: now,
            quiet_since: Some(now),
            news: Vec::new(),
        };
        self.connections.insert(id, connection);
        self.deadlines.insert((now, id));
        self.sessions.insert(session.clone(), id);
        if let Some(meeting) = self.meetings.get_mut(&meeting_id) {
            meeting.peers.insert(participant, id);
        }
        self.refresh(now, &meeting_id);
        self.gauge();
        Ok(answer)
    }

    pub(super) fn drop_connection(&mut self, now: Instant, id: PeerId) {
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        self.deadlines.remove(&(connection.deadline, id));
        self.dirty.remove(&id);
        self.sessions.remove(&connection.session);
        self.demux.remove(id);
        for slot in 0..connection.slots.len() {
            for key in connection.slots[slot].listened() {
                self.unsubscribe(key, Subscriber { peer: id, slot });
            }
        }
        if let Some(meeting) = self.meetings.get_mut(&connection.meeting)
            && meeting.peers.get(&connection.participant) == Some(&id)
        {
            meeting.peers.remove(&connection.participant);
        }
        self.refresh(now, &connection.meeting);
        self.gauge();
        tracing::debug!(session = %connection.session, "media connection closed");
    }

    pub(super) fn faulted(&mut self, now: Instant, id: PeerId, fault: &PeerFault) {
        Counters::add(&self.counters.peers_faulted, 1);
        tracing::warn!(%fault, "media connection dropped");
        self.lost(now, id);
    }

    /// Drops a connection and tells signaling.
    pub(super) fn lost(&mut self, now: Instant, id: PeerId) {
        if let Some(connection) = self.connections.get(&id) {
            let session = connection.session.clone();
            self.drop_connection(now, id);
            self.outputs
                .push_back(Output::Event(MediaEvent::Disconnected { session }));
        }
    }
}
