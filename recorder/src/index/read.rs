//! A recording as it goes into the index.

use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use diemcau_protocol::{MeetingId, MinutesState};

use super::texts::{Text, of_archive, of_minutes};
use crate::archive::MANIFEST;
use crate::archive::additions::additions;
use crate::library::{ARCHIVE, JOURNAL, folder_of, recording};
use crate::minutes::desk::{DeskError, MinutesDesk};
use crate::minutes::draft::DraftStage;

/// What is kept of a recording.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) title: Option<String>,
    pub(super) host_unit: Option<String>,
    pub(super) began_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) duration: Option<i64>,
    pub(super) size: Option<u64>,
    pub(super) minutes: Option<MinutesState>,
    pub(super) number: Option<String>,
    pub(super) texts: Vec<Text>,
}

/// What changes whenever anything of a recording does that is in the index.
pub(super) fn stamp(recordings: &Path, meeting: &MeetingId) -> String {
    let folder = folder_of(recordings, meeting);
    let of = |path: &str| {
        let known = fs::metadata(folder.join(path)).ok()?;
        let at = known.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((at.as_nanos(), known.len()))
    };
    let archive = folder.join(ARCHIVE);
    let manifest = of(&format!("{ARCHIVE}/{MANIFEST}"));
    let draft = of("minutes/draft.json");
    let added = additions(&archive).map_or(0, |all| all.len());
    let journal = folder.join(JOURNAL).exists();
    format!("{journal} {manifest:?} {draft:?} {added}")
}

/// Reads a recording; of one that goes on there is nothing yet.
pub(super) fn content(
    recordings: &Path,
    desk: &MinutesDesk,
    meeting: &MeetingId,
) -> io::Result<Content> {
    let found = match recording(recordings, meeting) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::default()),
        found => found?,
    };
    let archive = folder_of(recordings, meeting).join(ARCHIVE);
    let mut texts = of_archive(&archive, &found.timeline)?;
    let (minutes, number) = match desk.state(meeting) {
        Ok(state) => state.unzip(),
        Err(error) => return Err(io::Error::other(error)),
    };
    texts.extend(of_desk(desk, meeting).map_err(io::Error::other)?);
    Ok(Content {
        began_at: Some(found.timeline.began_at),
        ended_at: Some(found.manifest.ended_at),
        duration: Some(found.timeline.duration),
        size: Some(found.manifest.files.iter().map(|file| file.size).sum()),
        title: Some(found.manifest.title),
        host_unit: Some(found.manifest.host_unit),
        minutes,
        number: number.flatten(),
        texts,
    })
}

/// What the minutes say: those in force for everybody, a draft for few.
fn of_desk(desk: &MinutesDesk, meeting: &MeetingId) -> Result<Vec<Text>, DeskError> {
    let draft = match desk.draft(meeting) {
        Err(DeskError::NoMinutes) => return Ok(Vec::new()),
        draft => draft?,
    };
    let is_draft = match draft.stage {
        DraftStage::Editing | DraftStage::Approved { .. } => true,
        DraftStage::Issued(_) | DraftStage::Superseded { .. } => false,
    };
    let mut texts = of_minutes(&draft, is_draft);
    if is_draft && let Some(issued) = desk.issued(meeting)? {
        texts.extend(of_minutes(&issued, false));
    }
    Ok(texts)
}
