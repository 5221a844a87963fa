//! A room without people: it is noted in the store, so that the next start
//! knows where somebody was, and after a while the room ends. Where the meeting
//! is recorded, it ends itself, and what was recorded becomes an archive.

use std::collections::BTreeSet;
use std::time::Duration;

use diemcau_protocol::{Event, MediaCommand, ParticipantId};
use tokio::time::Instant;

use super::Room;
use super::batch::Waiting;
use super::timers::Timer;
use crate::log::Occurrence;
use crate::meeting::is_recorded;

/// How long a room waits for somebody to come.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

impl Room {
    /// Sets or forgets the end of the room, as somebody is here or not.
    pub(super) fn mind_being_alone(&mut self) {
        if self.state.is_occupied() || self.state.is_awaited() {
            self.alone_since = None;
            return;
        }
        self.alone_since.get_or_insert_with(Instant::now);
        if let Some(end) = self.alone_until() {
            self.timers.set(end, Timer::Alone);
        }
    }

    /// How long it waits for somebody to come: longer where it is recorded, for
    /// then it ends for good.
    fn alone_until(&self) -> Option<Instant> {
        let patience = match self.is_recorded() {
            true => self.around.recorded_alone,
            false => PATIENCE,
        };
        self.alone_since.map(|since| since + patience)
    }

    fn is_recorded(&self) -> bool {
        is_recorded(&self.state) && self.end.get().is_none()
    }

    /// Ends the room, unless somebody came or is about to. Where it is
    /// recorded, the meeting ends.
    pub(super) fn end_if_alone(&mut self) {
        if self.alone_until().is_none_or(|end| end > Instant::now()) {
            return;
        }
        if self.in_flight.is_some() || !self.waiting.is_empty() || self.is_busy() {
            self.alone_since = None;
            self.mind_being_alone();
            return;
        }
        if self.is_recorded() {
            tracing::info!(
                meeting = %self.state.info.id,
                "nobody has been here for long; the recorded meeting ends"
            );
            self.alone_since = None;
            self.waiting.push_back(Waiting::Abandoned);
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
