//! WHEP (draft-ietf-wish-whep): a player watches the stage or one participant
//! by one HTTP request, as the place that its invitation is for.
//!
//! | query | meaning |
//! | --- | --- |
//! | `source` | `stage` (default), or a participant |
//! | `height` | of the picture, in pixels; 1080 by default |

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use diemcau_protocol::{ErrorCode, MeetingId, ParticipantId};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::devices::{self, Admitted};
use super::problem::Problem;
use super::{bad_request, fault};
use crate::device::Protocol;
use crate::device::description::{Watched, watching};
use crate::room::Input;
use crate::service::Shared;

/// The greatest height that can be asked for, in pixels.
const GREATEST_HEIGHT: u16 = 4320;

/// The height when nothing is asked for, in pixels.
const HEIGHT: u16 = 1080;

#[derive(Debug, Deserialize)]
struct Wanted {
    source: Option<String>,
    height: Option<u16>,
}

pub(super) fn router() -> Router<Arc<Shared>> {
    devices::router("/api/v1/whep", Protocol::Whep, axum::routing::post(watch))
}

/// A player watches (draft-ietf-wish-whep)
#[utoipa::path(post, path = "/api/v1/whep", tag = "devices",
    request_body(content = String, content_type = "application/sdp"),
    params(("source" = Option<String>, Query), ("height" = Option<u16>, Query)),
    responses((status = 201, content_type = "application/sdp", body = String), (status = 401),
        (status = 404), (status = 422)), security(("bearer" = [])))]
pub(super) async fn watch(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let wanted: Result<Query<Wanted>, QueryRejection> =
        Query::from_request_parts(&mut parts, &()).await;
    let request = Request::from_parts(parts, body);
    let Admitted { claims, sdp } = devices::admit(&shared, request).await?;
    let Query(wanted) = wanted.map_err(|_| bad_request("the query cannot be read"))?;
    let height = wanted.height.unwrap_or(HEIGHT);
    if !(1..=GREATEST_HEIGHT).contains(&height) {
        return Err(bad_request("the height is 1 to 4320"));
    }
    let watched = match wanted.source.as_deref() {
        None | Some("stage") => Watched::Stage,
        Some(participant) => Watched::Participant(participant.into()),
    };
    let (offer, purpose) = watching(&sdp, &watched, height).map_err(devices::unusable)?;
    if let Watched::Participant(participant) = watched {
        must_be_here(&shared, &claims.meeting, participant).await?;
    }
    devices::arrive(shared, Protocol::Whep, claims, offer, purpose).await
}

async fn must_be_here(
    shared: &Shared,
    meeting: &MeetingId,
    participant: ParticipantId,
) -> Result<(), Problem> {
    let room = shared.meetings.room(meeting).await?;
    let (reply, answer) = oneshot::channel();
    room.tell(Input::IsHere { participant, reply });
    match answer.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            ErrorCode::UnknownParticipant,
            "the participant is not in the meeting",
        )),
        Err(_) => Err(fault()),
    }
}
