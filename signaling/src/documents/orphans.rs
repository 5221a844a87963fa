//! Contents that nothing refers to: left by a server that ended between
//! keeping a file and storing what the meeting knows of it.

use diemcau_protocol::{DocumentsEvent, Event, MeetingId};

use super::Shelf;
use crate::log::open_chain;
use crate::store::{Store, StoreError};

/// Settles what is pending from an earlier run: what its meeting's log refers
/// to stays, what it does not refer to goes. Where the log is not there or is
/// damaged, nothing is decided.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn settle_pending(shelf: &Shelf, store: &Store) -> Result<(), StoreError> {
    let pending = shelf.files.pending().unwrap_or_else(|error| {
        tracing::error!(%error, "the folder of documents cannot be read");
        Vec::new()
    });
    for (meeting, sha256) in pending {
        if let Some(is_known) = is_referred_to(store, &meeting, &sha256).await? {
            shelf.settle(&meeting, &sha256, is_known);
        }
    }
    Ok(())
}

/// Whether a meeting's log names a content; nothing where the log cannot be
/// read.
async fn is_referred_to(
    store: &Store,
    meeting: &MeetingId,
    sha256: &str,
) -> Result<Option<bool>, StoreError> {
    let Some(log) = store.read_log(meeting).await? else {
        return Ok(None);
    };
    let Ok((_, events)) = open_chain(meeting.clone(), log.branch.clone(), &log.events) else {
        return Ok(None);
    };
    let mut events = events.into_iter();
    let is_named = events.any(|verified| match verified.occurrence.announced.event {
        Event::Documents(
            DocumentsEvent::Added { file, .. } | DocumentsEvent::Revised { file, .. },
        ) => file.sha256 == sha256,
        _ => false,
    });
    Ok(Some(is_named))
}
