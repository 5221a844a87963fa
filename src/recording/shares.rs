//! With whom an archive is shared.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use diemcau_protocol::{ArchiveRight, ArchiveShares, ShareArchive};

use super::access::{Asked, Shared, json, on_disk};
use crate::problem::Path;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v1/recordings/{meeting}/shares", get(list).post(share))
        .route("/api/v1/recordings/{meeting}/shares/{id}", delete(end))
}

async fn list(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Json<ArchiveShares>, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Share, request).await?;
    let shares = services.signaling.shares(&asked.meeting).await?;
    Ok(Json(ArchiveShares { shares }))
}

async fn share(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (asked, body) = Asked::with_body(&services, meeting, ArchiveRight::Share, request).await?;
    let spec: ShareArchive = json(body).await?;
    let (library, meeting) = (services.archives.library.clone(), asked.meeting.clone());
    // Only where there is one.
    on_disk(move || library.manifest(&meeting).map(|_| ())).await?;
    let signaling = &services.signaling;
    let share = signaling
        .share(&asked.reader, &asked.meeting, &spec)
        .await?;
    Ok((StatusCode::CREATED, Json(share)).into_response())
}

async fn end(
    State(services): State<Shared>,
    Path((meeting, id)): Path<(String, String)>,
    request: Request,
) -> Result<StatusCode, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Share, request).await?;
    let signaling = &services.signaling;
    signaling
        .end_share(&asked.reader, &asked.meeting, &id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
