//! A recording as it goes into the index.

use std::fs;
use std::io;
use std::time::UNIX_EPOCH;

use diemcau_protocol::{MeetingId, MinutesState, RecordingState, SearchedPlace};

use super::texts::{Text, of_archive, of_minutes};
use crate::archive::MANIFEST;
use crate::archive::additions::additions;
use crate::library::{ARCHIVE, Library, folder_of};
use crate::lock::is_wrong_identity;
use crate::minutes::desk::{DeskError, MinutesDesk};
use crate::minutes::draft::DraftStage;

/// What is kept of a recording.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) state: RecordingState,
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

impl Content {
    /// Of which nothing else is known.
    fn of(state: RecordingState) -> Self {
        Self {
            state,
            title: None,
            host_unit: None,
            began_at: None,
            ended_at: None,
            duration: None,
            size: None,
            minutes: None,
            number: None,
            texts: Vec::new(),
        }
    }
}

/// What changes whenever anything of a recording does that is in the index.
pub(super) fn stamp(library: &Library, meeting: &MeetingId) -> String {
    let folder = folder_of(library.folder(), meeting);
    let of = |path: &str| {
        let known = fs::metadata(folder.join(path)).ok()?;
        let at = known.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((at.as_nanos(), known.len()))
    };
    let archive = folder.join(ARCHIVE);
    let manifest = of(&format!("{ARCHIVE}/{MANIFEST}"));
    let draft = of("minutes/draft.json");
    let added = additions(&archive).map_or(0, |all| all.len());
    let state = library.state(meeting);
    let is_open = library.has_identity();
    format!("{state:?} {is_open} {manifest:?} {draft:?} {added}")
}

/// Reads a recording. Of one that goes on there is nothing yet, of an encrypted
/// one that cannot be opened what its manifest says, and of a destroyed one what
/// is left of it.
pub(super) fn content(
    library: &Library,
    desk: &MinutesDesk,
    meeting: &MeetingId,
) -> io::Result<Content> {
    if let Some(tombstone) = library.tombstone(meeting)? {
        return Ok(Content {
            ended_at: Some(tombstone.ended_at),
            ..known(
                RecordingState::Destroyed,
                tombstone.title,
                tombstone.host_unit,
            )
        });
    }
    if library.state(meeting) != Some(RecordingState::Ready) {
        return Ok(Content::of(RecordingState::UnderWay));
    }
    let found = match library.recording(meeting) {
        Err(error) if is_wrong_identity(&error) => {
            let manifest = library.manifest(meeting)?;
            return Ok(Content {
                ended_at: Some(manifest.ended_at),
                size: Some(manifest.files.iter().map(|file| file.size).sum()),
                ..known(RecordingState::Ready, manifest.title, manifest.host_unit)
            });
        }
        found => found?,
    };
    let mut texts = of_archive(library, meeting, &found.timeline)?;
    let (minutes, number) = match desk.state(meeting) {
        Ok(state) => state.unzip(),
        Err(error) => return Err(io::Error::other(error)),
    };
    texts.extend(of_desk(desk, meeting).map_err(io::Error::other)?);
    Ok(Content {
        state: RecordingState::Ready,
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

/// What is known without the recording.
fn known(state: RecordingState, title: String, host_unit: String) -> Content {
    let text = |place, text: &str| Text {
        place,
        at: None,
        is_draft: false,
        text: text.to_owned(),
    };
    Content {
        texts: vec![
            text(SearchedPlace::Title, &title),
            text(SearchedPlace::HostUnit, &host_unit),
        ],
        title: Some(title),
        host_unit: Some(host_unit),
        ..Content::of(state)
    }
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
