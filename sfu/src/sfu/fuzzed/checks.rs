//! What must hold whatever happened.

use std::time::Duration;

use diemcau_protocol::MediaCommand;

use super::{MEETINGS, PEOPLE, World, address};
use crate::sfu::PeerId;
use crate::track::{Origin, TrackId};

impl World {
    /// Who listens is there, and wants to.
    pub(super) fn check(&self) {
        for sfu in &self.workers {
            for key in sfu.tracks.keys() {
                let track = sfu.tracks.get(key);
                for subscriber in track.into_iter().flat_map(|track| &track.subscribers) {
                    let connection = sfu.connections.get(subscriber.peer.0);
                    let slot = connection.and_then(|c| c.slots.get(subscriber.slot));
                    let listens = slot.is_some_and(|slot| slot.listens_to(TrackId(key)));
                    assert!(listens, "somebody gets what it does not listen to");
                }
            }
            for (_, id) in &sfu.deadlines {
                assert!(sfu.connections.get(id.0).is_some(), "a deadline of nobody");
            }
        }
    }

    /// The meetings end, and leave nothing behind.
    pub(super) fn end(mut self) {
        for meeting in MEETINGS {
            self.tell_all(&MediaCommand::EndMeeting {
                meeting: meeting.into(),
                epoch: u32::MAX,
            });
        }
        self.settle();
        while self.deliver() {}
        self.now += Duration::from_secs(60);
        self.settle();
        for sfu in &self.workers {
            assert_eq!(sfu.connections.len(), 0);
            assert!(sfu.sessions.is_empty() && sfu.deadlines.is_empty());
            let own = |key: &u64| {
                let track = sfu.tracks.get(*key);
                track.is_some_and(|track| matches!(track.origin, Origin::Peer { .. }))
            };
            assert_eq!(sfu.tracks.keys().iter().filter(|key| own(key)).count(), 0);
            assert!(!sfu.far.is_empty() || sfu.meetings.is_empty());
            for who in 0..PEOPLE.len() {
                let owner: Option<PeerId> = sfu.demux.owner(address(who));
                assert_eq!(owner, None);
            }
        }
    }
}
