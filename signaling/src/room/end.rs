//! The end of a meeting: everybody is told of it and of the hash that closes the
//! log, and sent away. The room goes on for a while, to refuse who comes late.
//! And the leave of a room because the server stops.

use diemcau_protocol::{ErrorCode, MediaCommand, MeetingEnd, MeetingId, ServerMessage};

use super::Room;
use crate::log::end_of;
use crate::meeting::ended_at;
use crate::outbox::Farewell;

/// What a planned meeting's record is to know of its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The meeting proper began.
    Started(MeetingId),
    /// It is over.
    Ended,
}

impl Room {
    /// Notes the end of the meeting, where it is over and that is new. The
    /// log's head is the end then, and stays it.
    pub(super) fn note_the_end(&self) -> Option<&MeetingEnd> {
        let at = ended_at(&self.state)?;
        let end = end_of(at, &self.head.hash);
        self.end.set(end).ok()?;
        self.end.get()
    }

    /// Lets everybody know that the meeting is over, if it has just ended.
    pub(super) fn take_leave_at_the_end(&mut self) {
        let Some(end) = self.note_the_end() else {
            return;
        };
        // Where nobody listens any more, the server stops.
        let _ = self.around.notices.send(Notice::Ended);
        let told = ServerMessage::Ended(end.clone());
        for seat in self.seats.values_mut() {
            if let Some(connection) = seat.connection.take() {
                connection.outbox.send(&told);
                connection.outbox.end(Farewell::stay_away(
                    ErrorCode::MeetingEnded,
                    "the meeting is over",
                ));
            }
        }
        (self.around.media)(MediaCommand::EndMeeting {
            meeting: self.state.info.id.clone(),
            epoch: self.head.epoch,
        });
    }

    /// When the server stops and nothing waits any more: tells everyone, and
    /// is through.
    pub(super) fn has_stopped(&mut self) -> bool {
        if self.in_flight.is_some() || !self.waiting.is_empty() {
            return false;
        }
        if self.stopping.is_some() {
            self.announce_now();
        }
        let Some(done) = self.stopping.take() else {
            return false;
        };
        for seat in self.seats.values() {
            if let Some(connection) = &seat.connection {
                connection.outbox.end(Farewell::come_back(
                    ErrorCode::ServerStopping,
                    "the server is stopping",
                ));
            }
        }
        let _ = done.send(());
        true
    }
}
