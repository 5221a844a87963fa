//! What was issued, and how far minutes are.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use diemcau_protocol::{MeetingId, MinutesState, MinutesVersion, SignedMinutes};

use super::{DeskError, MinutesDesk, read_json};
use crate::archive::additions::{AdditionKind, additions};
use crate::library::{Opened, opened};
use crate::minutes::draft::{Draft, DraftStage, Issued};
use crate::minutes::issue::{DOCX, JSON, PDF, SIGNATURES, SIGNED_PDF};

/// What the signed file is called, for those who ask for it.
const SIGNED: &str = "signed.pdf";

impl MinutesDesk {
    /// What was issued, the oldest first.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn versions(&self, meeting: &MeetingId) -> Result<Vec<MinutesVersion>, DeskError> {
        let archive = self.archive(meeting)?;
        let mut versions: Vec<MinutesVersion> = Vec::new();
        for (addition, folder) in additions(&archive)? {
            let of = |wanted: u32, versions: &mut Vec<MinutesVersion>| {
                versions.iter().position(|one| one.version == wanted)
            };
            match addition.what {
                AdditionKind::MinutesIssued { .. } => {
                    let draft: Option<Draft> = read_json(&folder.join(JSON))?;
                    versions.extend(draft.and_then(|draft| issued_version(&draft)));
                }
                AdditionKind::MinutesSigned { version } => {
                    if let Some(at) = of(version, &mut versions) {
                        versions[at].signed = read_json(&folder.join(SIGNATURES))?;
                        versions[at].files = issued_files(true);
                    }
                }
                AdditionKind::MinutesSuperseded { version } => {
                    if let Some(at) = of(version, &mut versions) {
                        versions[at].superseded = true;
                    }
                }
                AdditionKind::Transcript => {}
            }
        }
        Ok(versions)
    }

    /// The minutes that were issued last, if any were.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn issued(&self, meeting: &MeetingId) -> Result<Option<Draft>, DeskError> {
        let archive = self.archive(meeting)?;
        let issued = additions(&archive)?.into_iter().rev();
        let mut issued =
            issued.filter(|(one, _)| matches!(one.what, AdditionKind::MinutesIssued { .. }));
        match issued.next() {
            Some((_, folder)) => Ok(read_json(&folder.join(JSON))?),
            None => Ok(None),
        }
    }

    /// A file of issued minutes: `minutes.pdf`, `minutes.docx`,
    /// `signed.pdf`.
    ///
    /// # Errors
    /// [`DeskError::Disk`] with [`io::ErrorKind::NotFound`] where there is none.
    pub fn file(&self, meeting: &MeetingId, version: u32, name: &str) -> Result<Opened, DeskError> {
        let archive = self.archive(meeting)?;
        let (kind, name) = match name {
            PDF | DOCX => (AdditionKind::MinutesIssued { version }, name),
            SIGNED => (AdditionKind::MinutesSigned { version }, SIGNED_PDF),
            _ => return Err(io::Error::from(io::ErrorKind::NotFound).into()),
        };
        let folder = folder_with(&archive, kind)?;
        let folder = folder.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(opened(name, Box::new(File::open(folder.join(name))?))?)
    }

    /// How far the minutes of a meeting are, and the number that is in force;
    /// nothing where there are none.
    ///
    /// # Errors
    /// As the system says.
    pub fn state(
        &self,
        meeting: &MeetingId,
    ) -> Result<Option<(MinutesState, Option<String>)>, DeskError> {
        let draft = match self.draft(meeting) {
            Err(DeskError::NoMinutes) => return Ok(None),
            draft => draft?,
        };
        let is_signed = || Ok::<_, DeskError>(self.signed(meeting, draft.version)?.is_some());
        let state = match &draft.stage {
            DraftStage::Editing => MinutesState::Editing,
            DraftStage::Approved { .. } => MinutesState::Approved,
            DraftStage::Issued(_) | DraftStage::Superseded { .. } => match is_signed()? {
                true => MinutesState::Signed,
                false => MinutesState::Issued,
            },
        };
        let number = draft.number().map(ToString::to_string);
        Ok(Some((state, number)))
    }

    /// What was found of the signed file of a version, where it is there.
    ///
    /// # Errors
    /// As [`DeskError`] says.
    pub fn signed(
        &self,
        meeting: &MeetingId,
        version: u32,
    ) -> Result<Option<SignedMinutes>, DeskError> {
        let archive = self.archive(meeting)?;
        let folder = folder_with(&archive, AdditionKind::MinutesSigned { version })?;
        match folder {
            Some(folder) => Ok(read_json(&folder.join(SIGNATURES))?),
            None => Ok(None),
        }
    }
}

/// The folder of the last addition of a kind.
pub(super) fn folder_with(archive: &Path, kind: AdditionKind) -> io::Result<Option<PathBuf>> {
    let found = additions(archive)?.into_iter().rev();
    let mut found = found.filter(|(addition, _)| addition.what == kind);
    Ok(found.next().map(|(_, folder)| folder))
}

fn issued_version(draft: &Draft) -> Option<MinutesVersion> {
    let DraftStage::Issued(issued) = &draft.stage else {
        return None;
    };
    let issued: Issued = issued.clone();
    Some(MinutesVersion {
        version: draft.version,
        number: issued.number.to_string(),
        issued,
        replaces: draft.replaces.as_ref().map(ToString::to_string),
        superseded: false,
        signed: None,
        files: issued_files(false),
    })
}

fn issued_files(signed: bool) -> Vec<String> {
    let mut files = vec![PDF.to_owned(), DOCX.to_owned()];
    files.extend(signed.then(|| SIGNED.to_owned()));
    files
}
