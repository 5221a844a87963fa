//! One recording: what it is, its files, whether it is as it was signed.

use std::io;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{
    ArchiveRight, MinutesState, RecordingEntry, RecordingState, RecordingView, TranscriptState,
};
use diemcau_recorder::minutes::desk::DeskError;
use diemcau_recorder::{Chore, EVENTS, Storing, TrustedKeys};
use serde::Serialize;

use super::access::{Asked, Shared, on_disk, unknown};
use super::{download, packed};
use crate::problem::Path;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v1/recordings/{meeting}", get(one))
        .route("/api/v1/recordings/{meeting}/verify", get(check))
        .route("/api/v1/recordings/{meeting}/archive.zip", get(whole))
        .route("/api/v1/recordings/{meeting}/files/{*path}", get(file))
}

/// A recording, and what goes on with its archive.
#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    view: RecordingView,
    /// Its time stamp.
    stamping: Chore,
    /// Its way elsewhere.
    storing: Storing,
}

async fn one(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let archives = Arc::clone(&services.archives);
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting.clone());
    let found = on_disk(move || {
        let recording = archives.library.recording(&meeting)?;
        let state = desk.state(&meeting)?;
        let stamping = archives.custodian.stamping(&meeting);
        let storing = archives.custodian.storing(&meeting)?;
        Ok::<_, DeskError>((recording, state, (stamping, storing)))
    });
    let (recording, minutes, (stamping, storing)) = found.await?;
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
    let view = View {
        view,
        stamping,
        storing,
    };
    Ok(Json(view).into_response())
}

async fn check(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let library = services.archives.library.clone();
    let keys = services.archive_keys.clone();
    let found = on_disk(move || {
        let pem = std::fs::read_to_string(keys)?;
        let trusted = TrustedKeys::from_pem(&pem).map_err(io::Error::other)?;
        library.verify(&asked.meeting, &trusted)
    });
    Ok(Json(found.await?).into_response())
}

/// All of it has what [`file`] keeps from those who may not read drafts.
async fn whole(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::ReadDraft, request).await?;
    packed::answer(&services, asked.meeting).await
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
    let library = services.archives.library.clone();
    let opened = on_disk(move || library.open(&asked.meeting, &path)).await?;
    Ok(download::answer(opened, &asked.headers))
}
