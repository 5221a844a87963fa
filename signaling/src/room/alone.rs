//! A room without people: it is noted in the store, so that the next start
//! knows where somebody was, and after a while the room ends.

use std::collections::BTreeSet;
use std::time::Duration;

use diemcau_protocol::{Event, MediaCommand, ParticipantId};
use tokio::time::Instant;

use super::Room;
use super::timers::Timer;
use crate::log::Occurrence;

/// How long a room waits for somebody to come.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

impl Room {
    /// Sets or forgets the end of the room, as somebody is here or not.
    pub(super) fn mind_being_alone(&mut self) {
        if self.state.is_occupied() || self.state.is_awaited() {
            self.ends_at = None;
        } else if self.ends_at.is_none() {
            let end = Instant::now() + PATIENCE;
            self.ends_at = Some(end);
            self.timers.set(end, Timer::Alone);
        }
    }

    /// Ends the room, unless somebody came or is about to.
    pub(super) fn end_if_alone(&mut self) {
        if self.ends_at.is_none_or(|end| end > Instant::now()) {
            return;
        }
        if self.in_flight.is_some() || !self.waiting.is_empty() || self.is_busy() {
            self.ends_at = None;
            self.mind_being_alone();
            return;
        }
        tracing::debug!(meeting = %self.state.info.id, "nobody is here; the room ends");
        (self.around.media)(MediaCommand::EndMeeting {
            meeting: self.state.info.id.clone(),
            epoch: self.head.epoch,
        });
        self.ended = true;
    }

    /// Whether anybody is here or awaited after these events, where that
    /// changes.
    pub(super) fn occupied_after(&self, occurrences: &[Occurrence]) -> Option<bool> {
        let mut here: BTreeSet<&ParticipantId> = self.state.everyone_here().collect();
        for occurrence in occurrences {
            match &occurrence.announced.event {
                Event::ParticipantJoined { participant, .. } => {
                    here.insert(participant);
                }
                Event::ParticipantLeft { participant, .. } => {
                    here.remove(participant);
                }
                Event::MeetingOpened { .. }
                | Event::ConnectionLost { .. }
                | Event::ConnectionRestored { .. }
                | Event::MicrophoneSet { .. }
                | Event::CameraSet { .. }
                | Event::ScreenSet { .. }
                | Event::MutedSet { .. }
                | Event::HandSet { .. }
                | Event::ChatSent { .. }
                | Event::StageSet { .. }
                | Event::Floor(_)
                | Event::Microphones(_)
                | Event::Admission(_)
                | Event::Agenda(_)
                | Event::RollCall(_)
                | Event::Stage(_)
                | Event::Conduct(_)
                | Event::Recording(_)
                | Event::Votes(_)
                | Event::Course(_)
                | Event::Documents(_)
                | Event::Groups(_)
                | Event::Interpretation(_)
                | Event::ServerRestarted => {}
            }
        }
        Some(!here.is_empty()).filter(|occupied| *occupied != self.occupied)
    }
}
