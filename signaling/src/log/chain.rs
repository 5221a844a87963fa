//! Reading a log back: every event is checked before it is believed.

use diemcau_protocol::{AnnouncedEvent, CourseEvent, Event, MeetingEnd, MeetingId};

use super::personal::put_back;
use super::{Envelope, Hash, Head, LogError, Occurrence, PersonalValue, hash_of, upcast};

/// An event as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredEvent {
    /// The stored bytes.
    pub(crate) bytes: Vec<u8>,
    /// The stored hash.
    pub(crate) hash: Vec<u8>,
    /// What stands beside them and was not destroyed.
    pub(crate) personal: Vec<PersonalValue>,
}

/// An event of a verified log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Its hash.
    pub(crate) hash: Hash,
    /// When, what and who.
    pub(crate) occurrence: Occurrence,
}

/// Verifies a whole log, first event first, and reads it. Ends at the first
/// thing that is wrong.
pub(crate) fn open_chain(
    meeting: MeetingId,
    branch: String,
    stored: &[StoredEvent],
) -> Result<(Head, Vec<Verified>), LogError> {
    let mut head = Head::new(meeting, branch);
    let mut events = Vec::with_capacity(stored.len());
    for row in stored {
        events.push(open_next(&mut head, row)?);
    }
    Ok((head, events))
}

/// The end of a meeting whose log has this hash after its last event.
pub(crate) fn end_of(at: i64, hash: &Hash) -> MeetingEnd {
    MeetingEnd {
        at,
        closing_hash: hex::encode(hash),
    }
}

/// The end of a meeting, where this last event of its log is one. What stands
/// before it is not looked at.
pub(crate) fn end_by(last: &StoredEvent) -> Result<Option<MeetingEnd>, LogError> {
    let hash = hash_of(&last.bytes);
    let mut envelope: Envelope = serde_json::from_slice(&last.bytes)
        .map_err(|source| LogError::Unreadable { seq: 0, source })?;
    let seq = envelope.seq;
    if last.hash != hash {
        return Err(LogError::Altered { seq });
    }
    put_back(&mut envelope.event, &[]);
    let event = upcast(seq, envelope.schema_version, envelope.event)?;
    let is_over = matches!(event, Event::Course(CourseEvent::Ended { .. }));
    Ok(is_over.then(|| end_of(envelope.at, &hash)))
}

fn open_next(head: &mut Head, row: &StoredEvent) -> Result<Verified, LogError> {
    let seq = head.seq + 1;
    let hash = hash_of(&row.bytes);
    if row.hash != hash {
        return Err(LogError::Altered { seq });
    }
    let envelope: Envelope = serde_json::from_slice(&row.bytes)
        .map_err(|source| LogError::Unreadable { seq, source })?;
    let continues = envelope.seq == seq
        && envelope.meeting == head.meeting
        && envelope.branch == head.branch
        && envelope.epoch >= head.epoch
        && envelope.prev_hash == hex::encode(head.hash);
    if !continues {
        return Err(LogError::Broken { seq });
    }
    let mut event = envelope.event;
    if !put_back(&mut event, &row.personal) {
        return Err(LogError::ForeignValue { seq });
    }
    head.seq = seq;
    head.epoch = envelope.epoch;
    head.hash = hash;
    Ok(Verified {
        hash,
        occurrence: Occurrence {
            announced: AnnouncedEvent {
                at: envelope.at,
                event: upcast(seq, envelope.schema_version, event)?,
            },
            actor: envelope.actor,
        },
    })
}
