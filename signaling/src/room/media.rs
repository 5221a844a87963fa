//! Between a participant and the SFU: offers and answers, wishes and slots.
//! None of it is an event of the meeting, so none of it waits for the store.

use std::time::Duration;

use diemcau_protocol::{
    CommandId, ErrorCode, MediaCommand, MediaEvent, MediaOffer, ParticipantId, ServerMessage,
    SessionId, SlotWish, SourceKind, SourceLayer,
};
use tokio::time::Instant;

use super::batch::Waiting;
use super::seat::MediaSession;
use super::timers::Timer;
use super::{Line, Room, server_stopping};
use crate::ids;
use crate::meeting::Refusal;

/// How long the SFU may take for an answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// An offer that the SFU has not answered yet.
#[derive(Debug)]
pub(super) struct PendingOffer {
    line: Line,
    id: CommandId,
    restart: bool,
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
        let restart = known.is_some();
        let session = match known {
            Some(session) if seat.media_is(&session) => session,
            Some(_) => {
                let refusal = Refusal::new(ErrorCode::UnknownSession, "make a new connection");
                self.refuse(line, id, &refusal);
                return;
            }
            None => {
                self.close_media(&line.participant);
                let session = ids::session(&self.state.info.id);
                if let Some(seat) = self.seats.get_mut(&line.participant) {
                    seat.media = Some(MediaSession {
                        id: session.clone(),
                        answered: false,
                    });
                }
                self.owners
                    .insert(session.clone(), line.participant.clone());
                session
            }
        };
        let pending = PendingOffer {
            line: line.clone(),
            id,
            restart,
        };
        if let Some(before) = self.offers.insert(session.clone(), pending) {
            self.refuse(&before.line, before.id, &superseded());
        }
        self.timers.set(
            Instant::now() + ANSWER_TIME,
            Timer::Offer(session.clone(), id),
        );
        (self.around.media)(MediaCommand::Offer {
            meeting: self.state.info.id.clone(),
            participant: line.participant.clone(),
            session,
            restart,
            offer,
        });
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
            MediaEvent::Slots { session, slots } => {
                self.tell_owner(&session.clone(), &ServerMessage::Slots { session, slots });
            }
            MediaEvent::Speaking { participants, .. } => {
                self.broadcast(&ServerMessage::Speaking { participants });
            }
            MediaEvent::Speaker { participant, .. } => {
                self.speaker = Some(participant);
                self.waiting.push_back(Waiting::Speaker);
            }
            MediaEvent::OutOfStep {
                epoch, revision, ..
            } => self.out_of_step(epoch, revision),
        }
    }

    fn answered(&mut self, session: SessionId, sdp: String) {
        let Some(pending) = self.offers.remove(&session) else {
            return;
        };
        if let Some(seat) = self.seats.get_mut(&pending.line.participant)
            && seat.is_on(pending.line.connection)
            && let Some(media) = seat.media.as_mut()
            && media.id == session
        {
            media.answered = true;
        }
        let id = pending.id;
        self.answer(&pending.line, &ServerMessage::Answer { id, session, sdp });
    }

    fn offer_refused(&mut self, session: &SessionId, code: ErrorCode, detail: String) {
        let Some(pending) = self.offers.remove(session) else {
            return;
        };
        // A refused restart leaves the connection as it was, if there is one.
        if !pending.restart || code == ErrorCode::UnknownSession {
            self.forget(session, &pending.line.participant);
        }
        self.around.counters.refused(code);
        let id = pending.id;
        self.answer(&pending.line, &ServerMessage::Refused { id, code, detail });
    }

    pub(super) fn offer_timed_out(&mut self, session: &SessionId, id: CommandId) {
        if self
            .offers
            .get(session)
            .is_none_or(|pending| pending.id != id)
        {
            return;
        }
        if let Some(pending) = self.offers.remove(session) {
            let refusal = Refusal::new(ErrorCode::MediaUnavailable, "no answer in time");
            self.refuse(&pending.line, pending.id, &refusal);
            if !pending.restart {
                self.close_media(&pending.line.participant);
            }
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
        if let Some(pending) = self.offers.remove(&media.id) {
            self.refuse(&pending.line, pending.id, &superseded());
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
