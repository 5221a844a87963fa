//! Between a participant and the SFU: offers and answers, wishes and slots.
//! None of it is an event of the meeting, so none of it waits for the store.

use std::collections::BTreeMap;
use std::iter;
use std::time::Duration;

use diemcau_protocol::{
    CommandId, ErrorCode, MediaCommand, MediaEvent, MediaOffer, ParticipantId, ServerMessage,
    SessionId, SlotShows, SlotWish, SourceKind, SourceLayer,
};
use tokio::time::Instant;

use super::batch::Waiting;
use super::seat::MediaSession;
use super::timers::Timer;
use super::{Line, Room, server_stopping};
use crate::ids;
use crate::meeting::{Refusal, group_of};

/// How long the SFU may take for an answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// What is being negotiated on a session. Answers name the session and not the
/// offer, so only one offer is on its way; the newest waits behind it.
#[derive(Debug)]
pub(super) struct Negotiation {
    asked: Asked,
    /// The number of the offer that is on its way.
    number: u64,
    restart: bool,
    next: Option<(Asked, MediaOffer)>,
}

/// Who waits for the answer to an offer.
#[derive(Debug)]
struct Asked {
    line: Line,
    id: CommandId,
}

impl Room {
    pub(super) fn hear_offer(
        &mut self,
        line: &Line,
        id: CommandId,
        known: Option<SessionId>,
        offer: MediaOffer,
    ) {
        let Some(seat) = self
            .seats
            .get(&line.participant)
            .filter(|seat| seat.is_on(line.connection))
        else {
            return;
        };
        if self.stopping.is_some() {
            self.refuse(line, id, &server_stopping());
            return;
        }
        if self.state.here(&line.participant).is_none() {
            let refusal = Refusal::new(ErrorCode::InLobby, "waits in the lobby");
            self.refuse(line, id, &refusal);
            return;
        }
        let asked = Asked {
            line: line.clone(),
            id,
        };
        match known {
            Some(session) if seat.media_is(&session) => self.restart(session, asked, offer),
            Some(_) => {
                let refusal = Refusal::new(ErrorCode::UnknownSession, "make a new connection");
                self.refuse(line, id, &refusal);
            }
            None => self.connect(asked, offer),
        }
    }

    /// Makes a media session for an offer; the one from before is closed.
    fn connect(&mut self, asked: Asked, offer: MediaOffer) {
        let participant = asked.line.participant.clone();
        self.close_media(&participant);
        let session = ids::session(&self.state.info.id);
        let seat = self.seats.entry(participant.clone()).or_default();
        seat.media = Some(MediaSession {
            id: session.clone(),
            answered: false,
            shows: BTreeMap::new(),
        });
        self.owners.insert(session.clone(), participant);
        self.ask(session, asked, false, offer);
    }

    /// Restarts a media session, after the offer that is on its way.
    fn restart(&mut self, session: SessionId, asked: Asked, offer: MediaOffer) {
        let Some(negotiation) = self.negotiations.get_mut(&session) else {
            self.ask(session, asked, true, offer);
            return;
        };
        if let Some((before, _)) = negotiation.next.replace((asked, offer)) {
            self.refuse(&before.line, before.id, &superseded());
        }
    }

    /// Hands an offer to the SFU.
    fn ask(&mut self, session: SessionId, asked: Asked, restart: bool, offer: MediaOffer) {
        let number = self.next_offer;
        self.next_offer += 1;
        self.timers.set(
            Instant::now() + ANSWER_TIME,
            Timer::Offer(session.clone(), number),
        );
        (self.around.media)(MediaCommand::Offer {
            meeting: self.state.info.id.clone(),
            participant: asked.line.participant.clone(),
            session: session.clone(),
            restart,
            offer,
        });
        let negotiation = Negotiation {
            asked,
            number,
            restart,
            next: None,
        };
        self.negotiations.insert(session, negotiation);
    }

    pub(super) fn hear_layout(&self, line: &Line, wishes: Vec<SlotWish>) {
        if let Some(session) = self.own_session(line) {
            (self.around.media)(MediaCommand::Layout { session, wishes });
        }
    }

    pub(super) fn hear_layers(&self, line: &Line, kind: SourceKind, layers: Vec<SourceLayer>) {
        if let Some(session) = self.own_session(line) {
            (self.around.media)(MediaCommand::Layers {
                session,
                kind,
                layers,
            });
        }
    }

    pub(super) fn hear_candidates(&self, line: &Line, candidates: Vec<String>) {
        if let Some(session) = self.own_session(line) {
            (self.around.media)(MediaCommand::Candidates {
                session,
                candidates,
            });
        }
    }

    fn own_session(&self, line: &Line) -> Option<SessionId> {
        let seat = self.seats.get(&line.participant)?;
        let media = seat.media.as_ref()?;
        seat.is_on(line.connection).then(|| media.id.clone())
    }

    pub(super) fn hear_media(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::Answer { session, sdp } => self.answered(session, sdp),
            MediaEvent::OfferRefused {
                session,
                code,
                detail,
            } => self.offer_refused(&session, code, detail),
            MediaEvent::Connected { session } => {
                tracing::debug!(%session, "media flows");
            }
            MediaEvent::Disconnected { session } => self.disconnected(&session),
            MediaEvent::Slots { session, slots } => self.slots_show(session, slots),
            MediaEvent::Line {
                session,
                quality,
                kbps,
            } => self.tell_owner(
                &session.clone(),
                &ServerMessage::Line {
                    session,
                    quality,
                    kbps,
                },
            ),
            MediaEvent::Wanted { session, sources } => {
                self.tell_owner(
                    &session.clone(),
                    &ServerMessage::Wanted { session, sources },
                );
            }
            MediaEvent::Speaking { participants, .. } => {
                self.speaking = participants;
                self.tell_who_speaks();
            }
            MediaEvent::Speaker { participant, .. } => {
                self.speaker = Some(participant);
                self.tell_recorder();
                self.waiting.push_back(Waiting::Speaker);
            }
            MediaEvent::OutOfStep {
                epoch, revision, ..
            } => self.out_of_step(epoch, revision),
        }
    }

    /// Tells everyone who is heard, as far as it hears them.
    fn tell_who_speaks(&mut self) {
        if self.state.procedure.groups.open.is_none() {
            let participants = self.speaking.clone();
            self.broadcast(&ServerMessage::Speaking { participants });
            return;
        }
        for (id, seat) in &self.seats {
            if let Some(connection) = seat.connection.as_ref().filter(|_| !seat.in_lobby) {
                connection.outbox.send(&self.speaking_to(id));
            }
        }
    }

    /// Who is heard in somebody's group.
    pub(super) fn speaking_to(&self, id: &ParticipantId) -> ServerMessage {
        let own = group_of(&self.state, id);
        let speaking = self.speaking.iter();
        let heard = speaking.filter(|speaker| group_of(&self.state, speaker) == own);
        ServerMessage::Speaking {
            participants: heard.cloned().collect(),
        }
    }

    fn slots_show(&mut self, session: SessionId, slots: Vec<SlotShows>) {
        if let Some(owner) = self.owners.get(&session)
            && let Some(seat) = self.seats.get_mut(owner)
            && let Some(media) = seat.media.as_mut()
        {
            let shows = slots.iter().cloned().map(|slot| (slot.mid, slot.source));
            media.shows.extend(shows);
        }
        self.tell_owner(&session.clone(), &ServerMessage::Slots { session, slots });
    }

    fn answered(&mut self, session: SessionId, sdp: String) {
        let Some(Negotiation { asked, next, .. }) = self.negotiations.remove(&session) else {
            return;
        };
        let Asked { line, id } = asked;
        if let Some(seat) = self.seats.get_mut(&line.participant)
            && seat.is_on(line.connection)
            && let Some(media) = seat.media.as_mut()
            && media.id == session
        {
            media.answered = true;
        }
        let answer = ServerMessage::Answer {
            id,
            session: session.clone(),
            sdp,
        };
        self.answer(&line, &answer);
        self.ask_next(session, next);
    }

    fn offer_refused(&mut self, session: &SessionId, code: ErrorCode, detail: String) {
        let Some(negotiation) = self.negotiations.remove(session) else {
            return;
        };
        let Negotiation {
            asked: Asked { line, id },
            restart,
            next,
            ..
        } = negotiation;
        self.around.counters.refused(code);
        self.answer(&line, &ServerMessage::Refused { id, code, detail });
        // A refused restart leaves the connection as it was, if there is one.
        if restart && code != ErrorCode::UnknownSession {
            self.ask_next(session.clone(), next);
            return;
        }
        self.forget(session, &line.participant);
        if let Some((asked, _)) = next {
            let refusal = Refusal::new(ErrorCode::UnknownSession, "make a new connection");
            self.refuse(&asked.line, asked.id, &refusal);
        }
    }

    /// Hands over the offer that waited for the end of the one before.
    fn ask_next(&mut self, session: SessionId, next: Option<(Asked, MediaOffer)>) {
        if let Some((asked, offer)) = next {
            self.ask(session, asked, true, offer);
        }
    }

    pub(super) fn offer_timed_out(&mut self, session: &SessionId, number: u64) {
        let negotiation = self.negotiations.get(session);
        if negotiation.is_none_or(|negotiation| negotiation.number != number) {
            return;
        }
        if let Some(Negotiation { asked, next, .. }) = self.negotiations.remove(session) {
            let participant = asked.line.participant.clone();
            for asked in iter::once(asked).chain(next.map(|(asked, _)| asked)) {
                let refusal = Refusal::new(ErrorCode::MediaUnavailable, "no answer in time");
                self.refuse(&asked.line, asked.id, &refusal);
            }
            // The answer may still come, and must not pass for that to a later
            // offer.
            self.close_media(&participant);
        }
    }

    fn disconnected(&mut self, session: &SessionId) {
        self.tell_owner(
            session,
            &ServerMessage::MediaLost {
                session: session.clone(),
            },
        );
        if let Some(participant) = self.owners.get(session).cloned() {
            self.close_media(&participant);
        }
    }

    fn out_of_step(&self, epoch: u32, revision: u32) {
        if epoch > self.head.epoch {
            // Answering would only be refused again.
            tracing::error!(
                meeting = %self.state.info.id,
                known = epoch,
                own = self.head.epoch,
                "the media plane obeys a newer owner of this meeting"
            );
            return;
        }
        tracing::debug!(meeting = %self.state.info.id, epoch, revision, "media plane out of step");
        self.send_desired();
    }

    fn tell_owner(&self, session: &SessionId, message: &ServerMessage) {
        if let Some(owner) = self.owners.get(session)
            && let Some(seat) = self.seats.get(owner)
            && let Some(connection) = &seat.connection
        {
            connection.outbox.send(message);
        }
    }

    fn forget(&mut self, session: &SessionId, participant: &ParticipantId) {
        if let Some(seat) = self.seats.get_mut(participant)
            && seat.media_is(session)
        {
            seat.media = None;
            self.owners.remove(session);
        }
    }

    /// Closes the media session of a participant, if there is one.
    pub(super) fn close_media(&mut self, participant: &ParticipantId) {
        let Some(media) = self
            .seats
            .get_mut(participant)
            .and_then(|seat| seat.media.take())
        else {
            return;
        };
        self.owners.remove(&media.id);
        if let Some(negotiation) = self.negotiations.remove(&media.id) {
            let next = negotiation.next.map(|(asked, _)| asked);
            for asked in iter::once(negotiation.asked).chain(next) {
                self.refuse(&asked.line, asked.id, &superseded());
            }
        }
        (self.around.media)(MediaCommand::Close { session: media.id });
    }
}

fn superseded() -> Refusal {
    Refusal::new(
        ErrorCode::MediaUnavailable,
        "the connection was closed or replaced",
    )
}
