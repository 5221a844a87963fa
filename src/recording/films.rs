//! Films over HTTP.
//!
//! | address | what |
//! | --- | --- |
//! | `GET /api/v1/recordings/{meeting}/film` | how far it is |
//! | `POST …/film` | asks for it |
//! | `DELETE …/film` | calls it off, or removes it |
//! | `GET …/film/files/film.mp4` | the film, also in parts |
//! | `GET …/film/files/hls/index.m3u8` | the same for slow lines (RFC 8216) |
//!
//! A film is derived from the archive: the archive's signature is not over it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{ErrorCode, MeetingId};
use diemcau_recorder::{FilmError, FilmState};

use super::{Actor, download, on_disk};
use crate::problem::problem;
use crate::wire::Services;

pub(super) fn router() -> Router<Arc<Services>> {
    Router::new()
        .route(
            "/api/v1/recordings/{meeting}/film",
            get(state).post(ask).delete(cancel),
        )
        .route("/api/v1/recordings/{meeting}/film/files/{*path}", get(file))
}

async fn state(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Json<FilmState>, Response> {
    let archives = Arc::clone(&services.archives);
    let found = on_disk(move || {
        let meeting = MeetingId(meeting);
        archives.library.manifest(&meeting)?;
        Ok(archives.films.state(&meeting))
    });
    Ok(Json(found.await?))
}

async fn ask(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    let archives = Arc::clone(&services.archives);
    let asked = on_disk(move || match archives.films.ask(&MeetingId(meeting)) {
        Err(FilmError::Io(error)) => Err(error),
        asked => Ok(asked),
    });
    match asked.await? {
        Ok(state) => Ok((StatusCode::ACCEPTED, Json(state)).into_response()),
        Err(error) => Err(problem(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::RenderUnavailable,
            error.to_string(),
        )),
    }
}

async fn cancel(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<StatusCode, Response> {
    let archives = Arc::clone(&services.archives);
    on_disk(move || archives.films.cancel(&MeetingId(meeting))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn file(
    _: Actor,
    State(services): State<Arc<Services>>,
    Path((meeting, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let archives = Arc::clone(&services.archives);
    let opened = on_disk(move || archives.films.open(&MeetingId(meeting), &path)).await?;
    Ok(download::answer(opened, &headers))
}
