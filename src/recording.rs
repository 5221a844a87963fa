//! The recorder in this process: how it is joined to the others, and the
//! addresses of recordings.
//!
//! | address | what |
//! | --- | --- |
//! | `GET /api/v1/recordings` | all recordings |
//! | `GET /api/v1/recordings/{meeting}` | one: its manifest, its timeline, what goes on with it |
//! | `GET /api/v1/recordings/{meeting}/files/{path}` | a file of it, also in parts (RFC 9110 §14) |
//! | `GET /api/v1/recordings/{meeting}/archive.zip` | all of it, packed while it is sent |
//! | `GET /api/v1/recordings/{meeting}/verify` | whether it is as it was signed |
//! | `/api/v1/recordings/due` and others | see [`keeping`] |
//! | `/api/v1/recordings/{meeting}/film` | see [`films`] |
//!
//! All of them are for the administrator's token.

mod archives;
mod download;
mod films;
mod keeping;
mod packed;

use std::io;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use diemcau_protocol::{ErrorCode, MeetingId};
use diemcau_recorder::library::is_destroyed;
use diemcau_recorder::minutes::first::write_first_draft;
use diemcau_recorder::{
    Chore, ExportedEvent, ExportedValue, Recorder, RecorderConfig, Storing, TrustedKeys,
    Watermarks, is_wrong_identity,
};
use diemcau_signaling::{LoggedEvent, Signaling};
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Handle;

use crate::config::Settings;
use crate::folder::Layout;
use crate::problem::problem;
use crate::wire::{MediaHandle, Services, WireError};
pub use archives::Archives;

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
    archives: &Arc<Archives>,
) -> Result<Recorder, WireError> {
    let for_media = Arc::clone(ways);
    let for_log = Arc::clone(ways);
    let config = RecorderConfig {
        folder: layout.recordings(),
        workers: settings.media_workers.max(1),
        policy: settings.recording,
        watermarks: Watermarks::default(),
        key: Arc::clone(&archives.key),
        recipients: settings.archive.recipients.clone(),
        ask: Arc::new(move |worker, asked| {
            if let Some(media) = for_media.media.get() {
                media.listener_asks(worker, asked);
            }
        }),
        export: Arc::new(move |meeting| export(&for_log, meeting)),
        before_sealing: vec![Arc::new(write_minutes)],
        sealed: {
            let archives = Arc::clone(archives);
            Arc::new(move |_| archives.custodian.call())
        },
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
        .route("/api/v1/recordings/{meeting}/archive.zip", get(packed))
        .merge(keeping::router())
        .merge(films::router())
        .with_state(services)
}

/// What the disk says, away from the threads that serve.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Response> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
    done.map_err(|error| {
        if is_destroyed(&error) {
            let detail = "the archive was destroyed; `keeping` tells who, when and why";
            return problem(StatusCode::GONE, ErrorCode::ArchiveDestroyed, detail);
        }
        if is_wrong_identity(&error) {
            let detail = "the archive is encrypted, and `archive.identity` of the server's \
                          settings does not open it";
            return problem(StatusCode::CONFLICT, ErrorCode::ArchiveLocked, detail);
        }
        if error.kind() == io::ErrorKind::NotFound {
            let detail = "there is no such recording, or it is not finished";
            return problem(StatusCode::NOT_FOUND, ErrorCode::NotFound, detail);
        }
        tracing::error!(%error, "a recording cannot be read");
        problem(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::StorageUnavailable,
            "the recording cannot be read; the log says why",
        )
    })
}

async fn list(_: Actor, State(services): State<Arc<Services>>) -> Result<Response, Response> {
    let library = services.archives.library.clone();
    let found = on_disk(move || library.list()).await?;
    Ok(axum::Json(json!({ "recordings": found })).into_response())
}

/// A recording, and what goes on with its archive.
#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    recording: diemcau_recorder::library::Recording,
    /// Its time stamp.
    stamping: Chore,
    /// Its way elsewhere.
    storing: Storing,
}

async fn one(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    let archives = Arc::clone(&services.archives);
    let found = on_disk(move || {
        let meeting = MeetingId(meeting);
        Ok(View {
            recording: archives.library.recording(&meeting)?,
            stamping: archives.custodian.stamping(&meeting),
            storing: archives.custodian.storing(&meeting)?,
        })
    });
    Ok(axum::Json(found.await?).into_response())
}

async fn check(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    let library = services.archives.library.clone();
    let keys = services.archive_keys.clone();
    let found = on_disk(move || {
        let pem = std::fs::read_to_string(keys)?;
        let trusted = TrustedKeys::from_pem(&pem).map_err(io::Error::other)?;
        library.verify(&MeetingId(meeting), &trusted)
    });
    Ok(axum::Json(found.await?).into_response())
}

async fn file(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path((meeting, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let library = services.archives.library.clone();
    let opened = on_disk(move || library.open(&MeetingId(meeting), &path)).await?;
    Ok(download::answer(opened, &headers))
}

async fn packed(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    packed::answer(&services, MeetingId(meeting)).await
}
