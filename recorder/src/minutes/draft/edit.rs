//! The edits of a draft.

use super::{Draft, Edit, Hand, MOST_WRITTEN, STATEMENT_LENGTH};
use crate::minutes::refusal::{Code, Refusal};
use crate::minutes::statement::{Correction, Origin, Section, Statement};
use crate::minutes::text::clean_text;

/// The longest reason, in Unicode scalar values.
const REASON_LENGTH: usize = 1_000;

/// Makes a change, or none where it is refused.
pub(super) fn apply(draft: &mut Draft, hand: &Hand, edit: &Edit) -> Result<(), Refusal> {
    match edit {
        Edit::Correct { key, text, reason } => {
            let text = statement_text(text)?;
            correct(draft, hand, key, Some(text), reason)
        }
        Edit::LeaveOut { key, reason } => correct(draft, hand, key, None, reason),
        Edit::Restore { key } => restore(draft, key),
        Edit::Write {
            section,
            after,
            text,
        } => write(draft, hand, section, after.as_deref(), text),
        Edit::Rewrite { key, text } => {
            let text = statement_text(text)?;
            written(draft, key)?.text = text;
            Ok(())
        }
        Edit::Remove { key } => {
            written(draft, key)?;
            draft.statements.retain(|statement| statement.key != *key);
            Ok(())
        }
    }
}

/// Why something is done: a clean text that is not empty.
pub(super) fn reason(reason: &str) -> Result<String, Refusal> {
    match clean_text(reason, REASON_LENGTH) {
        Err(refusal) if refusal.code == Code::TextEmpty => {
            Err(Refusal::new(Code::ReasonMissing, "say why"))
        }
        other => other,
    }
}

fn statement_text(text: &str) -> Result<String, Refusal> {
    clean_text(text, STATEMENT_LENGTH)
}

fn correct(
    draft: &mut Draft,
    hand: &Hand,
    key: &str,
    new: Option<String>,
    why: &str,
) -> Result<(), Refusal> {
    let reason = reason(why)?;
    let statement = established(draft, key)?;
    let old = statement.text.clone();
    statement.left_out = new.is_none();
    if let Some(new) = &new {
        statement.text.clone_from(new);
    }
    statement.corrections.push(Correction {
        old,
        new,
        reason,
        by: hand.editor.clone(),
        at: hand.now,
    });
    Ok(())
}

fn restore(draft: &mut Draft, key: &str) -> Result<(), Refusal> {
    let statement = established(draft, key)?;
    let Some(taken_back) = statement.corrections.pop() else {
        return Err(Refusal::new(Code::NotEstablished, "nothing was corrected"));
    };
    statement.text = taken_back.old;
    let before = statement.corrections.last();
    statement.left_out = before.is_some_and(|correction| correction.new.is_none());
    Ok(())
}

fn write(
    draft: &mut Draft,
    hand: &Hand,
    section: &Section,
    after: Option<&str>,
    text: &str,
) -> Result<(), Refusal> {
    let text = statement_text(text)?;
    let chapters = draft.minutes.course.len() as u32;
    let is_open = match section {
        Section::Course { chapter } => *chapter < chapters,
        Section::Attendance | Section::Place | Section::Conclusion | Section::Confirmation => true,
        Section::Title
        | Section::Began
        | Section::Chair
        | Section::Secretary
        | Section::Chapter { .. }
        | Section::Ended
        | Section::Signature { .. }
        | Section::Attendee { .. } => false,
    };
    if !is_open {
        let detail = "nothing can be written there";
        return Err(Refusal::new(Code::NoSuchPlace, detail));
    }
    if draft.written as usize >= MOST_WRITTEN {
        return Err(Refusal::new(Code::TooManyStatements, "too many statements"));
    }
    let place = match after {
        Some(key) => behind(draft, section, key)?,
        None => draft.statements.len(),
    };
    draft.written += 1;
    let statement = Statement {
        key: format!("written/{}", draft.written),
        section: section.clone(),
        origin: Origin::Written {
            by: hand.editor.clone(),
            at: hand.now,
        },
        text,
        corrections: Vec::new(),
        left_out: false,
    };
    draft.statements.insert(place, statement);
    Ok(())
}

/// The place behind a statement. Where a section begins, that is behind its
/// heading.
fn behind(draft: &Draft, section: &Section, key: &str) -> Result<usize, Refusal> {
    let mut statements = draft.statements.iter();
    let place = statements.position(|s| s.key == key).ok_or_else(unknown)?;
    let other = &draft.statements[place].section;
    let is_heading = match (section, other) {
        (Section::Course { chapter }, Section::Chapter { chapter: heading }) => chapter == heading,
        _ => false,
    };
    if other == section || is_heading {
        Ok(place + 1)
    } else {
        let detail = "that statement stands in another section";
        Err(Refusal::new(Code::NoSuchPlace, detail))
    }
}

fn find<'a>(draft: &'a mut Draft, key: &str) -> Result<&'a mut Statement, Refusal> {
    let mut statements = draft.statements.iter_mut();
    statements.find(|s| s.key == key).ok_or_else(unknown)
}

fn established<'a>(draft: &'a mut Draft, key: &str) -> Result<&'a mut Statement, Refusal> {
    let statement = find(draft, key)?;
    if statement.origin.is_established() {
        return Ok(statement);
    }
    let detail = "what was written is rewritten, or removed";
    Err(Refusal::new(Code::NotEstablished, detail))
}

fn written<'a>(draft: &'a mut Draft, key: &str) -> Result<&'a mut Statement, Refusal> {
    let statement = find(draft, key)?;
    if !statement.origin.is_established() {
        return Ok(statement);
    }
    let detail = "what was established is corrected, with a reason";
    Err(Refusal::new(Code::Established, detail))
}

fn unknown() -> Refusal {
    Refusal::new(Code::UnknownStatement, "there is no such statement")
}
