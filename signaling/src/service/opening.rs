//! From a stored log to a meeting that is about to run.

use diemcau_protocol::{AnnouncedEvent, Event};

use super::error::BeginError;
use crate::log::{LogError, Occurrence, open_chain, seal};
use crate::meeting::{State, apply};
use crate::recent::Recent;
use crate::room::{Opening, Surroundings};
use crate::store::{Batch, StoreError, StoredMeeting};
use crate::{clock, ids};

/// Stores the first event of this owner of a meeting, and applies it.
pub(super) async fn begin(
    around: &Surroundings,
    mut opening: Opening,
    event: Event,
) -> Result<Opening, BeginError> {
    let is_new = opening.head.seq == 0;
    let at = clock::now_ms().max(opening.last_at);
    let occurrence = Occurrence {
        announced: AnnouncedEvent { at, event },
        actor: None,
    };
    let sealed = seal(&mut opening.head, &occurrence, ids::salt()).map_err(BeginError::Sealing)?;
    let hash = sealed.hash;
    let batch = Batch {
        meeting: opening.head.meeting.clone(),
        branch: opening.head.branch.clone(),
        opened_at: is_new.then_some(at),
        events: vec![sealed],
    };
    let stored = around.store.append(batch).await;
    stored
        .unwrap_or(Err(StoreError::Closed))
        .map_err(BeginError::Store)?;
    around.counters.stored(1);
    apply(&mut opening.state, at, &occurrence.announced.event);
    opening.recent.push(&hash, occurrence.announced);
    opening.last_at = at;
    Ok(opening)
}

/// Replays a stored log.
pub(super) fn replay(stored: StoredMeeting) -> Result<Opening, LogError> {
    let (mut head, events) = open_chain(
        stored.meeting.clone(),
        stored.branch.clone(),
        &stored.events,
    )?;
    let mut state = State::empty(stored.meeting);
    let mut recent = Recent::new(stored.branch);
    let mut last_at = 0;
    for verified in events {
        let announced = verified.occurrence.announced;
        apply(&mut state, announced.at, &announced.event);
        last_at = announced.at;
        recent.push(&verified.hash, announced);
    }
    head.epoch += 1;
    Ok(Opening {
        state,
        head,
        recent,
        last_at,
    })
}
