//! The first draft of the minutes, in the archive the moment the meeting ends.
//!
//! ```text
//!   events.jsonl ──> log, names joined ──> draft ──> minutes.json, .pdf, .docx
//! ```
//!
//! It has no number: the secretary goes on with it, and what is issued takes
//! its place.

#[cfg(test)]
mod stories;

use std::fs;
use std::io;
use std::path::Path;

use diemcau_protocol::{CourseEvent, Event, MeetingId};
use serde::Deserialize;
use serde_json::Value;

use super::issue::{DOCX, IssueError, JSON, PDF, Written, draft_from_log, write_whole};
use super::log::{Beside, Confirmation, LoggedEvent, Occasion};
use super::paper::put_on_paper;
use super::project::NoMinutes;
use super::template::of_host;
use crate::archive::{EVENTS, ExportedEvent};

/// What stands for a name that was destroyed by a lawful order.
const DESTROYED: &str = "[đã xóa]";

/// Why there is no first draft.
#[derive(Debug, thiserror::Error)]
pub enum FirstDraftError {
    /// The log cannot be read.
    #[error("{EVENTS}: {0}")]
    Log(#[from] io::Error),
    /// An event of the log is not one.
    #[error("{EVENTS}, line {line}: {source}")]
    Event {
        /// From 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// It could not be put on paper, or not into the folder.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

#[derive(Deserialize)]
struct Envelope {
    seq: u64,
    at: i64,
    event: Value,
}

/// Writes the first draft into an archive's folder, from the event log that
/// lies there. Nothing is written of a meeting of which there are no minutes:
/// one that was rehearsed and never opened.
pub fn write_first_draft(
    meeting: &MeetingId,
    folder: &Path,
) -> Result<Result<[Written; 3], NoMinutes>, FirstDraftError> {
    let text = fs::read_to_string(folder.join(EVENTS))?;
    let (events, closing_hash) = read_log(&text)?;
    let beside = Beside {
        meeting: meeting.clone(),
        occasion: Occasion::default(),
        invited: Vec::new(),
        no_state_secret: confirmed(&events),
        closing_hash,
    };
    let draft = match draft_from_log(&events, &beside) {
        Ok(draft) => draft,
        Err(none) => return Ok(Err(none)),
    };
    let template = of_host(host_unit(&events));
    let paper = put_on_paper(&draft, &template).map_err(IssueError::from)?;
    let json = serde_json::to_vec_pretty(&draft).map_err(IssueError::from)?;
    Ok(Ok([
        write_whole(folder, PDF, &paper.pdf)?,
        write_whole(folder, DOCX, &paper.docx)?,
        write_whole(folder, JSON, &json)?,
    ]))
}

/// The events of a log with their personal values, and the hash of the last.
pub(crate) fn read_log(text: &str) -> Result<(Vec<LoggedEvent>, Option<String>), FirstDraftError> {
    let mut last = None;
    let mut events = Vec::new();
    for (line, written) in (1..).zip(text.lines()) {
        let broken = |source| FirstDraftError::Event { line, source };
        let exported: ExportedEvent = serde_json::from_str(written).map_err(broken)?;
        let envelope: Envelope = serde_json::from_str(&exported.bytes).map_err(broken)?;
        let event = joined(envelope.event, &exported);
        events.push(LoggedEvent {
            seq: envelope.seq,
            at: envelope.at,
            event: serde_json::from_value(event).map_err(broken)?,
        });
        last = Some(exported.hash);
    }
    Ok((events, last))
}

/// An event with its values where their commitments stand.
fn joined(mut event: Value, exported: &ExportedEvent) -> Value {
    for (name, content) in event.as_object_mut().into_iter().flatten() {
        if content.get("commitment").is_some_and(Value::is_string) {
            let known = exported.personal.iter().find(|value| value.field == *name);
            let value = known.map_or(DESTROYED, |known| &known.value);
            *content = Value::String(value.to_owned());
        }
    }
    event
}

/// The organiser's word, where the meeting was planned.
fn confirmed(events: &[LoggedEvent]) -> Option<Confirmation> {
    events.iter().find_map(|logged| match &logged.event {
        Event::Course(CourseEvent::NoStateSecrets { organiser, at }) => Some(Confirmation {
            by: organiser.clone(),
            at: *at,
        }),
        _ => None,
    })
}

fn host_unit(events: &[LoggedEvent]) -> &str {
    let opened = events.iter().rev().find_map(|logged| match &logged.event {
        Event::MeetingOpened { host_unit, .. } => Some(host_unit.as_str()),
        _ => None,
    });
    opened.unwrap_or_default()
}
