//! One recording: what it is, its files, whether it is as it was signed.

use std::io;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{
    ArchiveRight, MeetingId, MinutesState, RecordingEntry, RecordingState, RecordingView,
    TranscriptState,
};
use diemcau_recorder::{EVENTS, TrustedKeys, library, verify};

use super::access::{Asked, Shared, on_disk, unknown};
use super::download;
use crate::problem::Path;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v1/recordings/{meeting}", get(one))
        .route("/api/v1/recordings/{meeting}/verify", get(check))
        .route("/api/v1/recordings/{meeting}/files/{*path}", get(file))
}

async fn one(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let folder = services.recorder.folder().to_owned();
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting.clone());
    let found = on_disk(move || {
        let recording = library::recording(&folder, &meeting)?;
        let state = desk.state(&meeting)?;
        Ok::<_, diemcau_recorder::minutes::desk::DeskError>((recording, state))
    });
    let (recording, minutes) = found.await?;
    let (minutes, number) = minutes.unzip();
    let is_issued = |state: &MinutesState| match state {
        MinutesState::Issued | MinutesState::Signed => true,
        MinutesState::Editing | MinutesState::Approved => false,
    };
    let may = asked.may(ArchiveRight::ReadDraft);
    let entry = RecordingEntry {
        meeting: asked.meeting.clone(),
        state: RecordingState::Ready,
        title: Some(recording.manifest.title.clone()),
        host_unit: Some(recording.manifest.host_unit.clone()),
        unit: asked.origin.unit.clone(),
        began_at: Some(recording.timeline.began_at),
        ended_at: Some(recording.manifest.ended_at),
        duration: Some(recording.timeline.duration),
        size: Some(recording.manifest.files.iter().map(|file| file.size).sum()),
        minutes: minutes.filter(|state| may || is_issued(state)),
        number: number.flatten(),
        found: Vec::new(),
    };
    let view = RecordingView {
        entry,
        rights: asked.rights.into_iter().collect(),
        manifest: recording.manifest,
        timeline: recording.timeline,
        transcript: TranscriptState::Off,
    };
    Ok(Json(view).into_response())
}

async fn check(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let folder = services.recorder.folder().to_owned();
    let keys = services.archive_keys.clone();
    let found = on_disk(move || {
        // Only where there is one.
        library::recording(&folder, &asked.meeting)?;
        let pem = std::fs::read_to_string(keys)?;
        let trusted = TrustedKeys::from_pem(&pem).map_err(io::Error::other)?;
        let archive = library::archive_of(&folder, &asked.meeting);
        Ok::<_, io::Error>(verify(&archive, Some(&trusted)))
    });
    Ok(Json(found.await?).into_response())
}

async fn file(
    State(services): State<Shared>,
    Path((meeting, path)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    // The log has what was written to few, the draft what nobody approved.
    let is_inner = path == EVENTS || path.starts_with("minutes.");
    if is_inner && !asked.may(ArchiveRight::ReadDraft) {
        return Err(unknown());
    }
    let folder = services.recorder.folder().to_owned();
    let meeting: MeetingId = asked.meeting;
    let opened = on_disk(move || library::file(&folder, &meeting, &path).and_then(open));
    let (path, file, length) = opened.await?;
    Ok(download::answer(&path, file, length, &asked.headers))
}

/// A file, and its length.
pub(super) fn open(
    path: std::path::PathBuf,
) -> io::Result<(std::path::PathBuf, std::fs::File, u64)> {
    let file = std::fs::File::open(&path)?;
    let length = file.metadata()?.len();
    Ok((path, file, length))
}
