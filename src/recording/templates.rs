//! What units put around their minutes.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use diemcau_protocol::MinutesTemplate;
use diemcau_recorder::minutes::desk::DeskError;
use diemcau_recorder::minutes::issue::IssueError;
use diemcau_recorder::minutes::paper::preview;
use diemcau_recorder::minutes::template::{checked, of_host};
use diemcau_signaling::Template;

use super::access::{Shared, json, on_disk, somebody, tagged};
use crate::problem::Path;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v1/minutes-templates/{unit}", get(show).put(set))
        .route("/api/v1/minutes-templates/preview", post(look))
}

async fn show(
    State(services): State<Shared>,
    Path(unit): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (reader, _, _) = somebody(&services, request).await?;
    reader.keeps_minutes_of(&unit)?;
    let found = services.signaling.minutes_template(&unit).await?;
    Ok(told(found))
}

async fn set(
    State(services): State<Shared>,
    Path(unit): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (reader, headers, body) = somebody(&services, request).await?;
    reader.keeps_minutes_of(&unit)?;
    let asked: MinutesTemplate = json(body).await?;
    let template = on_disk(move || checked(&asked).map_err(DeskError::from)).await?;
    let signaling = &services.signaling;
    let set = signaling.set_minutes_template(&reader, &unit, &headers, &template);
    Ok(told(set.await?))
}

async fn look(State(services): State<Shared>, request: Request) -> Result<Response, Response> {
    let (reader, _, body) = somebody(&services, request).await?;
    reader.keeps_minutes()?;
    let template: MinutesTemplate = json(body).await?;
    let pdf = on_disk(move || {
        let paper = preview(&template).map_err(IssueError::from);
        paper.map_err(DeskError::from)
    });
    let head = [
        (CONTENT_TYPE, "application/pdf"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((head, pdf.await?).into_response())
}

fn told(found: Template) -> Response {
    let template = found.template;
    let template = template.unwrap_or_else(|| of_host(&found.unit_name));
    tagged(Json(template).into_response(), found.etag.trim_matches('"'))
}
