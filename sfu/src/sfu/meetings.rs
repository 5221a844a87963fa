//! Reconciling meetings with what signaling wants of them.

use std::time::Instant;

use diemcau_protocol::{MediaEvent, MeetingId, ParticipantId};

use super::{Output, PeerId, Sfu};
use crate::counters::Counters;

impl Sfu {
    pub(super) fn reconciled(
        &mut self,
        now: Instant,
        meeting: &MeetingId,
        gone: impl IntoIterator<Item = ParticipantId>,
    ) {
        for participant in gone {
            let peer = self
                .meetings
                .get(meeting)
                .and_then(|m| m.peers.get(&participant).copied());
            if let Some(id) = peer {
                self.drop_connection(now, id);
            }
        }
        self.refresh(now, meeting);
        self.gauge();
    }

    pub(super) fn out_of_step(&mut self, meeting: MeetingId) {
        if !self.is_home(&meeting) {
            // All workers are told the same; one answers.
            return;
        }
        Counters::add(&self.counters.commands_out_of_step, 1);
        let known = self.meetings.get(&meeting);
        let (epoch, revision) = known.map_or((0, 0), |known| (known.epoch, known.revision));
        self.outputs.push_back(Output::Event(MediaEvent::OutOfStep {
            meeting,
            epoch,
            revision,
        }));
    }

    pub(super) fn end_meeting(&mut self, meeting: &MeetingId, epoch: u32) {
        match self.meetings.get(meeting) {
            Some(known) if known.epoch > epoch => self.out_of_step(meeting.clone()),
            Some(known) => {
                let peers: Vec<PeerId> = known.peers.values().copied().collect();
                self.end_mix(meeting);
                self.mix_wanted.remove(meeting);
                self.meetings.remove(meeting);
                for id in peers {
                    self.forget(id);
                }
                self.stale.remove(meeting);
                self.gauge();
            }
            None => {}
        }
    }

    pub(super) fn gauge(&self) {
        Counters::set(&self.counters.peers, self.connections.len() as u64);
        Counters::set(&self.counters.meetings, self.meetings.len() as u64);
    }
}
