//! WHIP (RFC 9725): a camera, an encoder or a bridge publishes by one HTTP
//! request, as the place that its invitation is for.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use diemcau_protocol::{Action, ErrorCode};

use super::devices::{self, Admitted};
use super::problem::Problem;
use crate::device::Protocol;
use crate::device::description::publishing;
use crate::permissions::{Scope, permits};
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    devices::router("/api/v1/whip", Protocol::Whip, axum::routing::post(publish))
}

/// A device publishes (RFC 9725)
#[utoipa::path(post, path = "/api/v1/whip", tag = "devices",
    request_body(content = String, content_type = "application/sdp"),
    responses((status = 201, content_type = "application/sdp", body = String), (status = 401),
        (status = 403), (status = 422)), security(("bearer" = [])))]
pub(super) async fn publish(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let Admitted { claims, sdp } = devices::admit(&shared, request).await?;
    let (offer, purpose) = publishing(&sdp).map_err(devices::unusable)?;
    let may = |action| permits(claims.role, action, Scope::Own);
    if (purpose.microphone && !may(Action::PublishMicrophone))
        || (purpose.camera && !may(Action::PublishCamera))
    {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Forbidden,
            "the role may not publish",
        ));
    }
    devices::arrive(shared, Protocol::Whip, claims, offer, purpose).await
}
