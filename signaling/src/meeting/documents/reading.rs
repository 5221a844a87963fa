//! Who may put documents in, and who may open which.

use std::collections::BTreeSet;

use diemcau_protocol::{
    Document, DocumentEntry, DocumentFile, DocumentVersion, ErrorCode, ParticipantId, Role,
};

use super::{manages, present};
use crate::meeting::{Refusal, State, agenda};

/// Who asks for documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Whoever administers the server.
    Administration,
    /// Somebody with an invitation, whether in the meeting or not.
    Participant {
        /// The place that the invitation is for.
        id: ParticipantId,
        /// The role in the invitation.
        role: Role,
    },
}

impl Reader {
    fn manages(&self, state: &State) -> bool {
        match self {
            Reader::Administration => true,
            Reader::Participant { id, role } => manages(role_of(state, id, *role)),
        }
    }

    /// Whoever was removed is told of nothing; others must have been let in,
    /// unless they prepare the meeting.
    fn check(&self, state: &State) -> Result<(), Refusal> {
        let Reader::Participant { id, .. } = self else {
            return Ok(());
        };
        let admission = &state.procedure.admission;
        if admission.removed.contains(id) {
            return Err(Refusal::new(
                ErrorCode::Removed,
                "was removed from the meeting",
            ));
        }
        if state.members.contains_key(id) || self.manages(state) {
            return Ok(());
        }
        let waits = admission.waiting.iter().any(|one| one.participant == *id);
        Err(if waits {
            Refusal::new(ErrorCode::InLobby, "waits in the lobby")
        } else {
            Refusal::new(ErrorCode::NotInMeeting, "has not come in")
        })
    }
}

/// The role in the meeting, else that of the invitation.
fn role_of(state: &State, id: &ParticipantId, invited_as: Role) -> Role {
    let member = state.members.get(id);
    member.map_or(invited_as, |member| member.role)
}

/// Whether somebody may put files in now.
pub(crate) fn may_deposit(state: &State, reader: &Reader) -> Result<(), Refusal> {
    if crate::meeting::ended_at(state).is_some() {
        return Err(Refusal::new(ErrorCode::MeetingEnded, "the meeting is over"));
    }
    reader.check(state)?;
    if reader.manages(state) {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::Forbidden,
        "the role does not allow it",
    ))
}

/// A version of a document, if whoever asks may open it now.
pub(crate) fn opened<'a>(
    state: &'a State,
    reader: &Reader,
    number: u32,
    version: u32,
) -> Result<(&'a Document, &'a DocumentVersion), Refusal> {
    reader.check(state)?;
    let document = present(state, number)?;
    let mut versions = document.versions.iter();
    let found = versions
        .find(|known| known.version == version)
        .ok_or_else(|| Refusal::new(ErrorCode::UnknownDocument, "there is no such version"))?;
    may_open(state, reader, document)?;
    Ok((document, found))
}

fn may_open(state: &State, reader: &Reader, document: &Document) -> Result<(), Refusal> {
    let Reader::Participant { id, role } = reader else {
        return Ok(());
    };
    let role = role_of(state, id, *role);
    if manages(role) {
        return Ok(());
    }
    let access = &document.access;
    if !access.roles.is_empty() && !access.roles.contains(&role) {
        return Err(Refusal::new(
            ErrorCode::Forbidden,
            "the document is for other roles",
        ));
    }
    if access.from_item && !has_begun(state, document.item) {
        return Err(Refusal::new(
            ErrorCode::DocumentNotYet,
            "the document may be opened once its item is begun",
        ));
    }
    Ok(())
}

/// Whether an item of the meeting proper was begun. One that was taken off the
/// agenda never is.
fn has_begun(state: &State, item: Option<u32>) -> bool {
    let item = item.and_then(|number| agenda::item(state, number).ok());
    let begun = item.is_some_and(|item| item.started_at.is_some());
    begun && !state.procedure.course.rehearsal
}

/// The documents as somebody finds them.
pub(crate) fn listed(state: &State, reader: &Reader) -> Result<Vec<DocumentEntry>, Refusal> {
    reader.check(state)?;
    let list = state.procedure.documents.list.iter();
    let entry = |document: &Document| DocumentEntry {
        document: document.clone(),
        may_open: !document.withdrawn && may_open(state, reader, document).is_ok(),
    };
    Ok(list.map(entry).collect())
}

/// The newest document with this content, if any has it.
pub(crate) fn kept(state: &State, sha256: &str) -> Option<Document> {
    let list = state.procedure.documents.list.iter();
    let has = |document: &&Document| {
        let mut versions = document.versions.iter();
        versions.any(|version| version.file.sha256 == sha256)
    };
    list.rev().find(has).cloned()
}

/// How many bytes the files of a meeting take, each once.
pub(crate) fn bytes_kept(state: &State) -> u64 {
    let sizes: BTreeSet<(&str, u32)> = files(state)
        .map(|file| (file.sha256.as_str(), file.size))
        .collect();
    sizes.iter().map(|(_, size)| u64::from(*size)).sum()
}

fn files(state: &State) -> impl Iterator<Item = &DocumentFile> {
    let list = state.procedure.documents.list.iter();
    let versions = list.flat_map(|document| &document.versions);
    versions.map(|version| &version.file)
}
