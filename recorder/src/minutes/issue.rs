//! What the server does with minutes: the first draft from the log, and the
//! issued ones into the archive.

#[cfg(test)]
mod stories;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::draft::{Draft, Hand, Number};
use super::log::{Beside, LoggedEvent};
use super::paper::{PaperError, put_on_paper};
use super::project::{NoMinutes, project};
use super::refusal::{Code, Refusal};
use super::signed::{SignedMinutes, take_back};
use super::template::Template;
use crate::archive::SealError;

/// The minutes as data: the draft with everything that was established.
pub const JSON: &str = "minutes.json";
/// The minutes as they are signed.
pub const PDF: &str = "minutes.pdf";
/// The minutes for those who go on working with them.
pub const DOCX: &str = "minutes.docx";
/// The signed minutes, as they came back.
pub const SIGNED_PDF: &str = "minutes.signed.pdf";
/// What was found of the signatures.
pub const SIGNATURES: &str = "minutes.signatures.json";

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// It was refused, and nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be put on paper; nothing was changed.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// It could not be written as data.
    #[error("the minutes could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It could not be added to the archive.
    #[error(transparent)]
    Archive(#[from] SealError),
    /// The disk failed.
    #[error("{path}: {source}", path = path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The first draft of a meeting that is over.
pub fn draft_from_log(events: &[LoggedEvent], beside: &Beside) -> Result<Draft, NoMinutes> {
    Ok(Draft::new(project(events, beside)?))
}

/// A file that was written, for the archive's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name in the folder.
    pub name: &'static str,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Gives approved minutes their number and writes them into an archive's
/// folder. Each file is there whole or not at all, and the data come last: a
/// folder with [`JSON`] has the other two. Where anything fails, the draft is
/// not issued, and can be again.
pub fn issue(
    draft: &mut Draft,
    hand: &Hand,
    number: Number,
    template: &Template,
    folder: &Path,
) -> Result<Vec<Written>, IssueError> {
    let mut issued = draft.clone();
    issued.issue(hand, number)?;
    let paper = put_on_paper(&issued, template)?;
    let json = serde_json::to_vec_pretty(&issued)?;
    let files = [(PDF, paper.pdf), (DOCX, paper.docx), (JSON, json)];
    let written = files.map(|(name, bytes)| write_whole(folder, name, &bytes));
    let written = written.into_iter().collect::<Result<Vec<_>, _>>()?;
    *draft = issued;
    Ok(written)
}

/// Takes the signed PDF of issued minutes: checks it against the one in the
/// folder in which they were issued, and writes it and what was found into
/// another.
pub fn take_signed(issued: &Path, signed: &[u8], into: &Path) -> Result<SignedMinutes, IssueError> {
    let path = issued.join(PDF);
    let issued = fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => {
            IssueError::Refused(Refusal::new(Code::MinutesNotIssued, "nothing was issued"))
        }
        _ => IssueError::Disk { path, source },
    })?;
    let found = take_back(&issued, signed)?;
    write_whole(into, SIGNED_PDF, signed)?;
    write_whole(into, SIGNATURES, &serde_json::to_vec_pretty(&found)?)?;
    Ok(found)
}

/// Writes a file beside its place and then moves it there.
pub(super) fn write_whole(
    folder: &Path,
    name: &'static str,
    bytes: &[u8],
) -> Result<Written, IssueError> {
    let (place, beside) = (folder.join(name), folder.join(format!(".{name}.new")));
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &place)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| IssueError::Disk {
        path: place.clone(),
        source,
    })?;
    Ok(Written {
        name,
        sha256: hex::encode(Sha256::digest(bytes)),
    })
}
