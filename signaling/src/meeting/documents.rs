//! Documents: put in, shown to whom they are for, turned page by page, and
//! withdrawn.
//!
//! ```text
//!   file ──(checked, scanned, kept: outside)──> deposit ──> added, or revised
//!   lead(page) … ──> all who follow ──> end_lead, leader gone, withdrawn
//!   who may open it ── role, item begun ──> opened(state, reader)
//! ```
//!
//! Here is only what is known of a document. Its content lies on disk under
//! its SHA-256; a file gets here after it was found to be what its name says,
//! and clean.

mod reading;
#[cfg(test)]
mod stories;

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, DOCUMENT_VERSIONS, Document, DocumentAccess, DocumentFile, DocumentKind,
    DocumentVersion, DocumentsCommand, DocumentsEvent, ErrorCode, Event, FILE_NAME_LENGTH,
    ITEM_TITLE_LENGTH, LAST_PAGE, LedPage, MEETING_DOCUMENTS, ParticipantId, Role,
};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::within;
use super::text::{clean_line, clean_text};
use super::{Refusal, State, agenda, floor};
use crate::permissions::{Scope, permits};
pub(crate) use reading::{Reader, bytes_kept, kept, listed, may_deposit, opened};

/// A file that was found good, on its way into the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// As what.
    pub place: DepositPlace,
    /// What is known of it.
    pub file: DocumentFile,
}

/// As what a file comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepositPlace {
    /// As a document of its own.
    New {
        /// What it is called; its file's name where nothing is said.
        title: String,
        /// The item that it belongs to.
        item: Option<u32>,
        /// Who may open it, and when.
        access: DocumentAccess,
        /// Whether its content is withdrawn when the meeting ends.
        withdraw_at_end: bool,
    },
    /// As a new version of a document.
    Version {
        /// Which document.
        number: u32,
    },
}

/// Decides a command about documents.
pub(super) fn decide(actor: &Actor<'_>, command: &DocumentsCommand) -> Decision {
    match command {
        DocumentsCommand::Change {
            number,
            title,
            item,
            access,
            withdraw_at_end,
        } => {
            actor.require(Action::ManageDocuments, Scope::Meeting)?;
            let document = present(actor.state, *number)?;
            checked_item(actor.state, *item, access)?;
            let changed = Document {
                title: clean_title(title)?,
                item: *item,
                access: access.clone(),
                withdraw_at_end: *withdraw_at_end,
                ..document.clone()
            };
            if changed == *document {
                return Ok(Vec::new());
            }
            Ok(vec![Event::Documents(DocumentsEvent::Changed {
                number: *number,
                title: changed.title,
                item: changed.item,
                access: changed.access,
                withdraw_at_end: changed.withdraw_at_end,
                by: actor.id.clone(),
            })])
        }
        DocumentsCommand::Withdraw { number } => {
            actor.require(Action::ManageDocuments, Scope::Meeting)?;
            if find(actor.state, *number)?.withdrawn {
                return Ok(Vec::new());
            }
            Ok(withdrawn(actor.state, [*number].into(), actor.id))
        }
        DocumentsCommand::Lead {
            number,
            version,
            page,
        } => lead(actor, *number, *version, *page),
        DocumentsCommand::EndLead => end_lead(actor),
        DocumentsCommand::Unknown => Err(unknown_command()),
    }
}

/// A file comes in: from somebody with a role, or from the administration.
pub(super) fn deposit(
    state: &State,
    actor: &ParticipantId,
    role: Option<Role>,
    deposit: &Deposit,
) -> Decision {
    let reader = match role {
        Some(role) => Reader::Participant {
            id: actor.clone(),
            role,
        },
        None => Reader::Administration,
    };
    may_deposit(state, &reader)?;
    let by = role.map(|_| actor.clone());
    let file = DocumentFile {
        name: clean_text(&clean_line(&deposit.file.name), FILE_NAME_LENGTH)?,
        ..deposit.file.clone()
    };
    match &deposit.place {
        DepositPlace::New {
            title,
            item,
            access,
            withdraw_at_end,
        } => {
            let documents = &state.procedure.documents;
            if documents.list.len() >= MEETING_DOCUMENTS as usize {
                return Err(full());
            }
            checked_item(state, *item, access)?;
            Ok(vec![Event::Documents(DocumentsEvent::Added {
                number: documents.numbered.saturating_add(1),
                title: clean_title(title)?,
                item: *item,
                access: access.clone(),
                withdraw_at_end: *withdraw_at_end,
                file,
                by,
            })])
        }
        DepositPlace::Version { number } => {
            let document = present(state, *number)?;
            let newest = document.versions.last();
            if newest.is_some_and(|newest| newest.file == file) {
                return Ok(Vec::new());
            }
            if document.versions.len() >= DOCUMENT_VERSIONS as usize {
                return Err(full());
            }
            Ok(vec![Event::Documents(DocumentsEvent::Revised {
                number: *number,
                version: newest.map_or(1, |newest| newest.version.saturating_add(1)),
                file,
                by,
            })])
        }
    }
}

/// Who manages documents leads whenever it wants; who has the floor, while
/// nobody else does.
fn lead(actor: &Actor<'_>, number: u32, version: u32, page: u32) -> Decision {
    let manages = actor.may(Action::ManageDocuments, Scope::Meeting);
    if !manages && !floor::holds(actor.state, actor.id) {
        actor.require(Action::ManageDocuments, Scope::Meeting)?;
    }
    within(page, LAST_PAGE)?;
    let reader = Reader::Participant {
        id: actor.id.clone(),
        role: actor.member.role,
    };
    let (_, found) = opened(actor.state, &reader, number, version)?;
    if found.file.kind != DocumentKind::Pdf {
        return Err(Refusal::new(
            ErrorCode::DocumentNotPaged,
            "only the pages of a PDF can be followed",
        ));
    }
    let led = actor.state.procedure.documents.led.as_ref();
    if !manages && led.is_some_and(|led| led.by != *actor.id) {
        return Err(Refusal::new(
            ErrorCode::LeadTaken,
            "somebody else leads from page to page",
        ));
    }
    let page = LedPage {
        number,
        version,
        page,
        by: actor.id.clone(),
    };
    if led == Some(&page) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Documents(DocumentsEvent::Led { page })])
}

fn end_lead(actor: &Actor<'_>) -> Decision {
    let led = actor.state.procedure.documents.led.as_ref();
    if led.is_none_or(|led| led.by != *actor.id) {
        actor.require(Action::ManageDocuments, Scope::Meeting)?;
    }
    if led.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Documents(DocumentsEvent::LeadEnded {
        by: Some(actor.id.clone()),
    })])
}

/// The contents of these documents are withdrawn.
fn withdrawn(state: &State, numbers: BTreeSet<u32>, by: &ParticipantId) -> Vec<Event> {
    let led = state.procedure.documents.led.as_ref();
    let is_led = led.is_some_and(|led| numbers.contains(&led.number));
    let end = is_led.then_some(Event::Documents(DocumentsEvent::LeadEnded { by: None }));
    let withdrawn = Event::Documents(DocumentsEvent::Withdrawn {
        numbers,
        by: by.clone(),
    });
    end.into_iter().chain([withdrawn]).collect()
}

/// What the end of the meeting means for its documents.
pub(super) fn at_the_end(state: &State, by: &ParticipantId) -> Vec<Event> {
    let list = state.procedure.documents.list.iter();
    let leave = list.filter(|document| document.withdraw_at_end && !document.withdrawn);
    let numbers: BTreeSet<u32> = leave.map(|document| document.number).collect();
    if numbers.is_empty() {
        return Vec::new();
    }
    withdrawn(state, numbers, by)
}

/// Who leaves leads no more; before it has left.
pub(super) fn leaving(state: &State, id: &ParticipantId) -> Option<Event> {
    let led = state.procedure.documents.led.as_ref()?;
    (led.by == *id).then_some(Event::Documents(DocumentsEvent::LeadEnded { by: None }))
}

fn clean_title(title: &str) -> Result<String, Refusal> {
    clean_text(&clean_line(title), ITEM_TITLE_LENGTH)
}

/// Refuses an item that is not on the agenda, and access from an item that is
/// not named.
fn checked_item(state: &State, item: Option<u32>, access: &DocumentAccess) -> Result<(), Refusal> {
    match item {
        Some(number) => agenda::item(state, number).map(|_| ()),
        None if access.from_item => Err(Refusal::new(
            ErrorCode::UnknownItem,
            "access from an item on needs the item",
        )),
        None => Ok(()),
    }
}

fn find(state: &State, number: u32) -> Result<&Document, Refusal> {
    let mut list = state.procedure.documents.list.iter();
    list.find(|document| document.number == number)
        .ok_or_else(|| Refusal::new(ErrorCode::UnknownDocument, "there is no such document"))
}

/// A document that was not withdrawn.
fn present(state: &State, number: u32) -> Result<&Document, Refusal> {
    let document = find(state, number)?;
    if document.withdrawn {
        return Err(Refusal::new(
            ErrorCode::DocumentWithdrawn,
            "the document was withdrawn",
        ));
    }
    Ok(document)
}

fn full() -> Refusal {
    Refusal::new(
        ErrorCode::DocumentsFull,
        "the meeting has as many documents as it may have",
    )
}

fn manages(role: Role) -> bool {
    permits(role, Action::ManageDocuments, Scope::Meeting)
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &DocumentsEvent) {
    let documents = &mut state.procedure.documents;
    let known = |list: &mut [Document], number: u32, how: &mut dyn FnMut(&mut Document)| {
        list.iter_mut()
            .filter(|document| document.number == number)
            .for_each(how);
    };
    match event {
        DocumentsEvent::Added {
            number,
            title,
            item,
            access,
            withdraw_at_end,
            file,
            by,
        } => {
            documents.numbered = documents.numbered.max(*number);
            documents.list.push(Document {
                number: *number,
                title: title.clone(),
                item: *item,
                access: access.clone(),
                withdraw_at_end: *withdraw_at_end,
                withdrawn: false,
                versions: vec![DocumentVersion {
                    version: 1,
                    file: file.clone(),
                    at,
                    by: by.clone(),
                }],
            });
        }
        DocumentsEvent::Revised {
            number,
            version,
            file,
            by,
        } => known(&mut documents.list, *number, &mut |document| {
            document.versions.push(DocumentVersion {
                version: *version,
                file: file.clone(),
                at,
                by: by.clone(),
            });
        }),
        DocumentsEvent::Changed {
            number,
            title,
            item,
            access,
            withdraw_at_end,
            ..
        } => known(&mut documents.list, *number, &mut |document| {
            document.title.clone_from(title);
            document.item = *item;
            document.access.clone_from(access);
            document.withdraw_at_end = *withdraw_at_end;
        }),
        DocumentsEvent::Withdrawn { numbers, .. } => {
            for number in numbers {
                known(&mut documents.list, *number, &mut |document| {
                    document.withdrawn = true;
                });
            }
        }
        DocumentsEvent::Led { page } => documents.led = Some(page.clone()),
        DocumentsEvent::LeadEnded { .. } => documents.led = None,
    }
}
