//! The minutes of all meetings, on disk: worked on beside their archives, and
//! issued into them.
//!
//! ```text
//!   MEETING/archive/minutes.json         the first draft
//!   MEETING/minutes/draft.json           what became of it, edit by edit
//!   MEETING/archive/additions/0001/      minutes that were issued, signed …
//!   .clerk/numbers/UNIT/2026/12          whose number that is
//! ```
//!
//! Killed at any point it goes on where it was: an addition is there whole or
//! not at all, and what it says counts more than a draft that does not know of
//! it yet. A number stands in its place before anything bears it.

mod numbers;
#[cfg(test)]
mod stories;
mod versions;

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use diemcau_protocol::{MeetingId, MinutesVersion};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::draft::{Draft, DraftStage, Edit, Hand, numbered};
use super::issue::{self, IssueError, JSON, SIGNED_PDF};
use super::paper::PaperError;
use super::refusal::{Code, Refusal};
use super::statement::Editor;
use super::template::Template;
use crate::archive::additions::{Addition, AdditionKind, add, additions};
use crate::archive::{ArchiveKey, SealError};
use crate::library::{Library, folder_of, is_destroyed};
use crate::storage::{Disk, Storage, read_whole, write_whole};
use numbers::Numbers;
use versions::folder_with;

/// The draft that is worked on.
const DRAFT: &str = "minutes/draft.json";
/// Why issued minutes were taken back.
const SUPERSEDED: &str = "superseded.json";

/// Why something could not be done; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such recording, or it is not finished.
    #[error("there is no such recording, or it is not finished")]
    NoRecording,
    /// The meeting left no minutes.
    #[error("the meeting left no minutes")]
    NoMinutes,
    /// It could not be put on paper or into the archive.
    #[error(transparent)]
    Issue(IssueError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl From<IssueError> for DeskError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Refused(refusal) | IssueError::Paper(PaperError::Template(refusal)) => {
                Self::Refused(refusal)
            }
            other => Self::Issue(other),
        }
    }
}

impl From<SealError> for DeskError {
    fn from(error: SealError) -> Self {
        Self::Issue(error.into())
    }
}

/// What a change is a change to: the version, the revision and the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen(String);

impl Seen {
    /// As somebody says it.
    pub fn told(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Of a draft as it is now.
    pub fn of(draft: &Draft) -> Self {
        let stage = match draft.stage {
            DraftStage::Editing => "editing",
            DraftStage::Approved { .. } => "approved",
            DraftStage::Issued(_) => "issued",
            DraftStage::Superseded { .. } => "superseded",
        };
        Self(format!("{}-{}-{stage}", draft.version, draft.revision))
    }

    /// As it is told.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(&self, draft: &Draft) -> Result<(), Refusal> {
        if self.0 == "*" || *self == Self::of(draft) {
            return Ok(());
        }
        let detail = format!("the minutes are at {} now", Self::of(draft).0);
        Err(Refusal::new(Code::Outdated, detail))
    }
}

/// Which number minutes are to bear.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Names the unit that counts; its own for each unit.
    pub unit: &'a str,
    /// The serial; the next free one where nothing is said.
    pub serial: Option<u32>,
    /// The year that it is counted in.
    pub year: i32,
}

/// Why minutes were taken back.
#[derive(Debug, Serialize, Deserialize)]
struct TakenBack {
    by: Editor,
    at: i64,
    reason: String,
}

/// The minutes of all meetings. One at a time changes anything.
pub struct MinutesDesk {
    library: Library,
    key: Arc<ArchiveKey>,
    turn: Mutex<()>,
}

impl MinutesDesk {
    /// Of these recordings; `key` signs what is added to archives.
    pub fn new(library: Library, key: Arc<ArchiveKey>) -> Self {
        Self {
            library,
            key,
            turn: Mutex::new(()),
        }
    }

    /// The minutes of a meeting as they are now.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn draft(&self, meeting: &MeetingId) -> Result<Draft, DeskError> {
        let archive = self.archive(meeting)?;
        let worked_on = folder_of(self.library.folder(), meeting).join(DRAFT);
        let found = read_json::<Draft>(&worked_on)?;
        let mut draft = match found {
            Some(draft) => draft,
            None => self.first(meeting)?.ok_or(DeskError::NoMinutes)?,
        };
        for (addition, folder) in additions(&archive)? {
            go_on(&mut draft, &addition, &folder)?;
        }
        Ok(draft)
    }

    /// Makes edits, all of them or none.
    ///
    /// # Errors
    /// As [`DeskError`] says; [`Code::Outdated`] where somebody was quicker.
    pub fn edit(
        &self,
        meeting: &MeetingId,
        hand: &Hand,
        seen: &Seen,
        edits: Vec<Edit>,
    ) -> Result<Draft, DeskError> {
        self.change(meeting, seen, |draft| {
            for edit in edits {
                let revision = draft.revision;
                draft.edit(hand, revision, edit)?;
            }
            Ok(())
        })
    }

    /// The chair approves what it has seen.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn approve(
        &self,
        meeting: &MeetingId,
        hand: &Hand,
        seen: &Seen,
    ) -> Result<Draft, DeskError> {
        self.change(meeting, seen, |draft| {
            let revision = draft.revision;
            draft.approve(hand, revision)
        })
    }

    /// The chair takes the approval back.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn reopen(
        &self,
        meeting: &MeetingId,
        hand: &Hand,
        seen: &Seen,
    ) -> Result<Draft, DeskError> {
        self.change(meeting, seen, |draft| draft.reopen(hand))
    }

    /// Gives approved minutes their number, and puts them into the archive.
    ///
    /// # Errors
    /// As [`DeskError`] says; [`Code::NumberTaken`] where other minutes of the
    /// unit bear it.
    pub fn issue(
        &self,
        meeting: &MeetingId,
        hand: &Hand,
        seen: &Seen,
        wanted: &Wanted<'_>,
        template: &Template,
    ) -> Result<Draft, DeskError> {
        let _turn = self.turn();
        let mut draft = self.draft(meeting)?;
        seen.check(&draft)?;
        let agency = super::template::checked(template)?.abbreviation;
        // What cannot be issued, or bear such a number, takes none.
        let trial = numbered(wanted.serial.unwrap_or(1), wanted.year, &agency)?;
        draft.clone().issue(hand, trial)?;
        let numbers = self.numbers(wanted);
        let serial = numbers.take(wanted.serial, meeting, draft.version)?;
        let number = numbered(serial, wanted.year, &agency)?;
        let version = draft.version;
        let archive = self.archive(meeting)?;
        let kind = AdditionKind::MinutesIssued { version };
        let added = add(&archive, kind, hand.now, &self.key, |folder| {
            issue::issue(&mut draft, hand, number, template, folder).map(|_| ())
        });
        added?;
        numbers.keep_only(serial, meeting, version)?;
        self.store(meeting, &draft)?;
        Ok(draft)
    }

    /// The chair takes issued minutes back; a corrected draft begins.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn supersede(
        &self,
        meeting: &MeetingId,
        hand: &Hand,
        seen: &Seen,
        reason: &str,
    ) -> Result<Draft, DeskError> {
        let _turn = self.turn();
        let mut draft = self.draft(meeting)?;
        seen.check(&draft)?;
        let version = draft.version;
        let corrected = draft.supersede(hand, reason)?;
        let DraftStage::Superseded { by, at, reason, .. } = draft.stage else {
            return Err(Refusal::new(Code::MinutesNotIssued, "nothing was issued").into());
        };
        let taken_back = TakenBack { by, at, reason };
        let archive = self.archive(meeting)?;
        let kind = AdditionKind::MinutesSuperseded { version };
        add(&archive, kind, hand.now, &self.key, |folder| {
            let bytes = serde_json::to_vec_pretty(&taken_back).map_err(io::Error::other)?;
            Ok::<_, DeskError>(write_whole(&Disk, &folder.join(SUPERSEDED), &bytes)?)
        })?;
        self.store(meeting, &corrected)?;
        Ok(corrected)
    }

    /// Takes the signed file of the minutes that are issued now. The same file
    /// once more changes nothing.
    ///
    /// # Errors
    /// As [`DeskError`] says; the codes of [`super::signed::take_back`].
    pub fn take_signed(
        &self,
        meeting: &MeetingId,
        file: &[u8],
        now: i64,
    ) -> Result<MinutesVersion, DeskError> {
        let _turn = self.turn();
        let draft = self.draft(meeting)?;
        let not_issued = || Refusal::new(Code::MinutesNotIssued, "nothing is issued now");
        let DraftStage::Issued(_) = draft.stage else {
            return Err(not_issued().into());
        };
        let archive = self.archive(meeting)?;
        let version = draft.version;
        let issued_in = folder_with(&archive, AdditionKind::MinutesIssued { version })?;
        let issued_in = issued_in.ok_or_else(not_issued)?;
        let known = folder_with(&archive, AdditionKind::MinutesSigned { version })?;
        let is_known = match known {
            Some(folder) => read_whole(&Disk, &folder.join(SIGNED_PDF))? == file,
            None => false,
        };
        if !is_known {
            let kind = AdditionKind::MinutesSigned { version };
            add(&archive, kind, now, &self.key, |folder| {
                issue::take_signed(&issued_in, file, folder).map(|_| ())
            })?;
        }
        let versions = self.versions(meeting)?;
        let issued = versions.into_iter().find(|one| one.version == version);
        issued.ok_or_else(|| not_issued().into())
    }

    /// The serial that is free next.
    ///
    /// # Errors
    /// As the system says.
    pub fn next_serial(&self, wanted: &Wanted<'_>) -> Result<u32, DeskError> {
        Ok(self.numbers(wanted).next()?)
    }

    fn change(
        &self,
        meeting: &MeetingId,
        seen: &Seen,
        change: impl FnOnce(&mut Draft) -> Result<(), Refusal>,
    ) -> Result<Draft, DeskError> {
        let _turn = self.turn();
        let mut draft = self.draft(meeting)?;
        seen.check(&draft)?;
        change(&mut draft)?;
        self.store(meeting, &draft)?;
        Ok(draft)
    }

    fn store(&self, meeting: &MeetingId, draft: &Draft) -> io::Result<()> {
        let path = folder_of(self.library.folder(), meeting).join(DRAFT);
        if let Some(folder) = path.parent() {
            Disk.make_folder(folder)?;
            Disk.sync_folder(&folder_of(self.library.folder(), meeting))?;
        }
        let bytes = serde_json::to_vec(draft).map_err(io::Error::other)?;
        write_whole(&Disk, &path, &bytes)
    }

    /// The draft that was made with the archive.
    fn first(&self, meeting: &MeetingId) -> io::Result<Option<Draft>> {
        match self.library.open(meeting, JSON) {
            Ok(opened) => serde_json::from_reader(BufReader::new(opened.content))
                .map(Some)
                .map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The archive of a meeting, where it is there.
    fn archive(&self, meeting: &MeetingId) -> Result<PathBuf, DeskError> {
        match self.library.check_ready(meeting) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_destroyed(&error) => {
                Err(DeskError::NoRecording)
            }
            ready => Ok(ready.map(|()| self.library.archive_of(meeting))?),
        }
    }

    fn numbers(&self, wanted: &Wanted<'_>) -> Numbers {
        Numbers::of(self.library.folder(), wanted.unit, wanted.year)
    }

    /// Whoever holds it may change something. A panic leaves nothing half done
    /// that is not found by the next one.
    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets a draft know of an addition that was made of it.
fn go_on(draft: &mut Draft, addition: &Addition, folder: &Path) -> io::Result<()> {
    match addition.what {
        AdditionKind::MinutesIssued { version } if version == draft.version => {
            if let Some(issued) = read_json(&folder.join(JSON))? {
                *draft = issued;
            }
        }
        AdditionKind::MinutesSuperseded { version } if version == draft.version => {
            let Some(TakenBack { by, at, reason }) = read_json(&folder.join(SUPERSEDED))? else {
                return Ok(());
            };
            let chair = Hand {
                editor: by,
                role: diemcau_protocol::Role::Chair,
                now: at,
            };
            let corrected = draft.supersede(&chair, &reason).map_err(io::Error::other)?;
            *draft = corrected;
        }
        AdditionKind::MinutesIssued { .. }
        | AdditionKind::MinutesSuperseded { .. }
        | AdditionKind::MinutesSigned { .. }
        | AdditionKind::Transcript => {}
    }
    Ok(())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match read_whole(&Disk, path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
