//! From a stored log to a meeting that is about to run.

use diemcau_protocol::{AnnouncedEvent, Event, MeetingEnd, MeetingId, MeetingInfo};

use super::error::OpeningError;
use crate::log::{Head, LogError, Occurrence, StoredEvent, end_by, open_chain, seal};
use crate::meeting::{State, apply};
use crate::recent::Recent;
use crate::room::{Opening, Surroundings};
use crate::store::{Batch, Claim, StoreError, StoredLog};
use crate::{clock, ids};

/// A meeting that has nothing in its log yet.
pub(super) fn blank(meeting: &MeetingId) -> Opening {
    let branch = ids::branch();
    Opening {
        state: State::empty(meeting.clone()),
        head: Head::new(meeting.clone(), branch.clone()),
        recent: Recent::new(branch),
        last_at: 0,
    }
}

/// Stores the first events of this owner of a meeting, and applies them.
pub(super) async fn begin(
    around: &Surroundings,
    mut opening: Opening,
    events: Vec<Event>,
) -> Result<Opening, OpeningError> {
    let is_new = opening.head.seq == 0;
    let at = clock::now_ms().max(opening.last_at);
    let mut sealed = Vec::with_capacity(events.len());
    let mut announced = Vec::with_capacity(events.len());
    for event in events {
        let occurrence = Occurrence {
            announced: AnnouncedEvent { at, event },
            actor: None,
        };
        let event = seal(&mut opening.head, &occurrence, ids::salt())
            .map_err(|error| OpeningError::Sealing(error.to_string()))?;
        announced.push((event.hash, occurrence.announced));
        sealed.push(event);
    }
    let batch = Batch {
        meeting: opening.head.meeting.clone(),
        branch: opening.head.branch.clone(),
        epoch: opening.head.epoch,
        opened_at: is_new.then_some(at),
        occupied: None,
        events: sealed,
    };
    let stored = around.store.append(batch).await;
    stored.unwrap_or(Err(StoreError::Closed))?;
    around.counters.stored(announced.len());
    for (hash, announced) in announced {
        apply(&mut opening.state, at, &announced.event);
        opening.recent.push(&hash, announced);
    }
    opening.last_at = at;
    Ok(opening)
}

/// Stores whether anybody is in a meeting, where that was not known.
pub(super) async fn note_occupied(
    around: &Surroundings,
    opening: &Opening,
    occupied: bool,
) -> Result<(), StoreError> {
    let stored = around.store.append(Batch {
        meeting: opening.head.meeting.clone(),
        branch: opening.head.branch.clone(),
        epoch: opening.head.epoch,
        opened_at: None,
        occupied: Some(occupied),
        events: Vec::new(),
    });
    stored.await.unwrap_or(Err(StoreError::Closed))
}

/// Replays the stored log of a meeting that was claimed.
pub(super) fn replay(
    meeting: &MeetingId,
    claim: &Claim,
    log: &StoredLog,
) -> Result<Opening, LogError> {
    let (mut head, events) = open_chain(meeting.clone(), log.branch.clone(), &log.events)?;
    let mut state = State::empty(meeting.clone());
    let mut recent = Recent::new(log.branch.clone());
    let mut last_at = 0;
    for verified in events {
        let announced = verified.occurrence.announced;
        apply(&mut state, announced.at, &announced.event);
        last_at = announced.at;
        recent.push(&verified.hash, announced);
    }
    // Older builds counted owners in the log alone.
    head.epoch = claim.epoch.max(head.epoch + 1);
    Ok(Opening {
        state,
        head,
        recent,
        last_at,
    })
}

/// What a meeting is, by the first event of its log.
pub(super) fn info(meeting: &MeetingId, beginning: &StoredLog) -> Result<MeetingInfo, LogError> {
    let branch = beginning.branch.clone();
    let (_, events) = open_chain(meeting.clone(), branch, &beginning.events)?;
    let mut state = State::empty(meeting.clone());
    for verified in events {
        let announced = verified.occurrence.announced;
        apply(&mut state, announced.at, &announced.event);
    }
    Ok(state.info)
}

/// The end of a meeting, by the last event of its log.
pub(super) fn end(last: Option<&StoredEvent>) -> Result<Option<MeetingEnd>, LogError> {
    last.map_or(Ok(None), end_by)
}
