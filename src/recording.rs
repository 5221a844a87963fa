//! The recorder in this process: how it is joined to the others, and the
//! addresses of recordings.
//!
//! | address | what |
//! | --- | --- |
//! | `GET /api/v1/recordings` | all recordings |
//! | `GET /api/v1/recordings/{meeting}` | one: its manifest and its timeline |
//! | `GET /api/v1/recordings/{meeting}/files/{path}` | a file of it, also in parts (RFC 9110 §14) |
//! | `GET /api/v1/recordings/{meeting}/verify` | whether it is as it was signed |
//!
//! All of them are for the administrator's token.

mod download;

use std::io;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use diemcau_protocol::{ErrorCode, MeetingId};
use diemcau_recorder::minutes::first::write_first_draft;
use diemcau_recorder::{
    ArchiveKey, ExportedEvent, ExportedValue, Recorder, RecorderConfig, TrustedKeys, Watermarks,
    library, verify,
};
use diemcau_signaling::{LoggedEvent, Signaling};
use serde_json::json;
use tokio::runtime::Handle;

use crate::config::Settings;
use crate::folder::{FolderError, Layout};
use crate::problem::{Path, problem};
use crate::wire::{MediaHandle, Services, WireError};

/// The ways from the recorder to the other services, which start after it.
pub(crate) struct Ways {
    pub(crate) media: OnceLock<MediaHandle>,
    pub(crate) signaling: OnceLock<Signaling>,
    pub(crate) runtime: Handle,
}

/// Starts the recorder on a data folder.
pub(crate) fn start(
    settings: &Settings,
    layout: &Layout,
    ways: &Arc<Ways>,
) -> Result<Recorder, WireError> {
    let pem = layout.archive_key_pem(false)?;
    let key = ArchiveKey::from_pem(&pem).map_err(FolderError::from)?;
    let for_media = Arc::clone(ways);
    let for_log = Arc::clone(ways);
    let config = RecorderConfig {
        folder: layout.recordings(),
        workers: settings.media_workers.max(1),
        policy: settings.recording,
        watermarks: Watermarks::default(),
        key: Arc::new(key),
        ask: Arc::new(move |worker, asked| {
            if let Some(media) = for_media.media.get() {
                media.listener_asks(worker, asked);
            }
        }),
        export: Arc::new(move |meeting| export(&for_log, meeting)),
        before_sealing: vec![Arc::new(write_minutes)],
    };
    Ok(Recorder::start(config)?)
}

/// The first draft of the minutes belongs to the archive.
fn write_minutes(meeting: &MeetingId, folder: &std::path::Path) -> Result<(), String> {
    match write_first_draft(meeting, folder) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(none)) => {
            tracing::info!(%meeting, "no minutes: {none}");
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Lets signaling say what is wanted of recordings that an earlier run left.
pub(crate) async fn wake(recorder: &Recorder, signaling: &Signaling) {
    for meeting in recorder.unfinished() {
        if !signaling.wake(meeting).await {
            tracing::error!(%meeting, "a recording cannot go on: its meeting cannot be opened");
        }
    }
}

fn export(ways: &Ways, meeting: &MeetingId) -> io::Result<Vec<ExportedEvent>> {
    let Some(signaling) = ways.signaling.get() else {
        return Err(io::ErrorKind::NotConnected.into());
    };
    let log = ways.runtime.block_on(signaling.event_log(meeting));
    let events = log.map_err(io::Error::other)?;
    events.into_iter().map(exported).collect()
}

fn exported(event: LoggedEvent) -> io::Result<ExportedEvent> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let personal = event.personal.into_iter().map(|value| ExportedValue {
        field: value.field,
        salt: hex(&value.salt),
        value: value.value,
    });
    Ok(ExportedEvent {
        bytes: String::from_utf8(event.bytes).map_err(io::Error::other)?,
        hash: hex(&event.hash),
        personal: personal.collect(),
    })
}

/// Who may see recordings: the one place that decides it. So far it is whoever
/// holds an administrator's token.
struct Actor;

impl FromRequestParts<Arc<Services>> for Actor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        services: &Arc<Services>,
    ) -> Result<Self, Response> {
        let told = parts.headers.get(header::AUTHORIZATION);
        let token = told
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let refused = |code| {
            problem(
                StatusCode::UNAUTHORIZED,
                code,
                "recordings are for the administrator's token",
            )
        };
        let token = token.ok_or_else(|| refused(ErrorCode::TokenInvalid))?;
        services.signaling.may_administer(token).map_err(refused)?;
        Ok(Self)
    }
}

/// The addresses of recordings.
pub fn router(services: Arc<Services>) -> Router {
    Router::new()
        .route("/api/v1/recordings", get(list))
        .route("/api/v1/recordings/{meeting}", get(one))
        .route("/api/v1/recordings/{meeting}/verify", get(check))
        .route("/api/v1/recordings/{meeting}/files/{*path}", get(file))
        .with_state(services)
}

/// What the disk says, away from the threads that serve.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Response> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
    done.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let detail = "there is no such recording, or it is not finished";
            problem(StatusCode::NOT_FOUND, ErrorCode::NotFound, detail)
        }
        _ => {
            tracing::error!(%error, "a recording cannot be read");
            problem(
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::StorageUnavailable,
                "the recording cannot be read; the log says why",
            )
        }
    })
}

async fn list(_: Actor, State(services): State<Arc<Services>>) -> Result<Response, Response> {
    let folder = services.recorder.folder().to_owned();
    let found = on_disk(move || library::list(&folder)).await?;
    Ok(axum::Json(json!({ "recordings": found })).into_response())
}

async fn one(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    let folder = services.recorder.folder().to_owned();
    let found = on_disk(move || library::recording(&folder, &MeetingId(meeting))).await?;
    Ok(axum::Json(found).into_response())
}

async fn check(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    let folder = services.recorder.folder().to_owned();
    let keys = services.archive_keys.clone();
    let found = on_disk(move || {
        let meeting = MeetingId(meeting);
        // Only where there is one.
        library::recording(&folder, &meeting)?;
        let pem = std::fs::read_to_string(keys)?;
        let trusted = TrustedKeys::from_pem(&pem).map_err(io::Error::other)?;
        let archive = library::archive_of(&folder, &meeting);
        Ok(verify(&archive, Some(&trusted)))
    });
    Ok(axum::Json(found.await?).into_response())
}

async fn file(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path((meeting, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let folder = services.recorder.folder().to_owned();
    let opened = on_disk(move || {
        let path = library::file(&folder, &MeetingId(meeting), &path)?;
        let file = std::fs::File::open(&path)?;
        let length = file.metadata()?.len();
        Ok((path, file, length))
    });
    let (path, file, length) = opened.await?;
    Ok(download::answer(&path, file, length, &headers))
}
