//! How many sites are in all meetings of this server, and how many may be.
//!
//! A meeting takes places before its events are stored, and gives back what it
//! does not have afterwards; so two meetings never take the last one both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use diemcau_protocol::ErrorCode;

use crate::meeting::Refusal;

/// The places of a server.
#[derive(Debug, Clone)]
pub(crate) struct PlacesOnServer {
    taken: Arc<AtomicU32>,
    most: Option<u32>,
}

impl PlacesOnServer {
    /// As many as there may be; nothing where there is no limit.
    pub(crate) fn new(most: Option<u32>) -> Self {
        Self {
            taken: Arc::default(),
            most,
        }
    }

    /// Those of a meeting with so many sites, which have them whatever the
    /// limit.
    pub(super) fn of_meeting(&self, sites: u32) -> PlacesOfMeeting {
        self.taken.fetch_add(sites, Ordering::Relaxed);
        PlacesOfMeeting {
            server: self.clone(),
            mine: AtomicU32::new(sites),
        }
    }
}

/// What one meeting takes of them; given back when it is dropped.
#[derive(Debug)]
pub(super) struct PlacesOfMeeting {
    server: PlacesOnServer,
    /// Changed by the room's task alone.
    mine: AtomicU32,
}

impl PlacesOfMeeting {
    /// Takes places for those who come in beside those who are here.
    pub(super) fn take(&self, here: u32, joining: u32) -> Result<(), Refusal> {
        let mine = self.mine.load(Ordering::Relaxed);
        let wanted = here.saturating_add(joining);
        if joining == 0 || wanted <= mine {
            return Ok(());
        }
        let more = wanted - mine;
        let most = self.server.most.unwrap_or(u32::MAX);
        let take = |taken: u32| taken.checked_add(more).filter(|all| *all <= most);
        let taken = &self.server.taken;
        if taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_err()
        {
            return Err(Refusal::new(
                ErrorCode::ServerFull,
                "as many sites are on the server as may be",
            ));
        }
        self.mine.store(wanted, Ordering::Relaxed);
        Ok(())
    }

    /// Gives back all but those of the sites that are here.
    pub(super) fn settle(&self, here: u32) {
        let mine = self.mine.swap(here, Ordering::Relaxed);
        let taken = &self.server.taken;
        if mine >= here {
            taken.fetch_sub(mine - here, Ordering::Relaxed);
        } else {
            taken.fetch_add(here - mine, Ordering::Relaxed);
        }
    }
}

impl Drop for PlacesOfMeeting {
    fn drop(&mut self) {
        self.settle(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_meetings_share_the_places_and_give_them_back() {
        let server = PlacesOnServer::new(Some(3));
        let briefing = server.of_meeting(0);
        let plenary = server.of_meeting(0);
        assert!(briefing.take(0, 2).is_ok());
        assert!(plenary.take(0, 1).is_ok());
        let refused = plenary.take(1, 1).unwrap_err();
        assert_eq!(refused.code, ErrorCode::ServerFull);
        // One of two could not be stored after all.
        briefing.settle(1);
        assert!(plenary.take(1, 1).is_ok());
        drop(plenary);
        assert!(briefing.take(1, 2).is_ok());
        assert!(briefing.take(3, 1).is_err());
    }

    #[test]
    fn who_is_here_already_needs_no_other_place() {
        let server = PlacesOnServer::new(Some(1));
        let meeting = server.of_meeting(2);
        assert!(meeting.take(2, 0).is_ok());
        assert!(meeting.take(2, 1).is_err());
        let without_limit = PlacesOnServer::new(None).of_meeting(0);
        assert!(without_limit.take(0, 100_000).is_ok());
    }
}
