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
//! Whoever may read the archive sees the film; asking for it is for those who
//! may share the archive: it is for handing out. A film is derived from the archive: the archive's signature is not over it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{ArchiveRight, ErrorCode};
use diemcau_recorder::{FilmError, FilmState};
use diemcau_signaling::refuse;

use super::access::{Asked, Shared, on_disk};
use super::download;
use crate::problem::Path;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route(
            "/api/v1/recordings/{meeting}/film",
            get(state).post(ask).delete(cancel),
        )
        .route("/api/v1/recordings/{meeting}/film/files/{*path}", get(file))
}

async fn state(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Json<FilmState>, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let archives = Arc::clone(&services.archives);
    let found = on_disk(move || {
        archives.library.manifest(&asked.meeting)?;
        Ok::<_, std::io::Error>(archives.films.state(&asked.meeting))
    });
    Ok(Json(found.await?))
}

async fn ask(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Share, request).await?;
    let archives = Arc::clone(&services.archives);
    let state = on_disk(move || match archives.films.ask(&asked.meeting) {
        Err(FilmError::Io(error)) => Err(error),
        state => Ok(state),
    });
    match state.await? {
        Ok(state) => Ok((StatusCode::ACCEPTED, Json(state)).into_response()),
        Err(error) => Err(refuse(ErrorCode::RenderUnavailable, error.to_string())),
    }
}

async fn cancel(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<StatusCode, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Share, request).await?;
    let archives = Arc::clone(&services.archives);
    on_disk(move || archives.films.cancel(&asked.meeting)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn file(
    State(services): State<Shared>,
    Path((meeting, path)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let archives = Arc::clone(&services.archives);
    let opened = on_disk(move || archives.films.open(&asked.meeting, &path)).await?;
    Ok(download::answer(opened, &asked.headers))
}
