//! Ballots of secret votes, from nobody in particular.
//!
//! | address | what |
//! | --- | --- |
//! | `POST /api/v1/ballots` | a ballot; sent again, what became of it |
//! | `POST /api/v1/ballots/receipt` | the proof that a ballot was counted |
//!
//! Neither asks who it is, neither logs anything, and the token stands in the
//! body, where no log of addresses has it.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use diemcau_protocol::{
    AskReceipt, BallotAnswer, BallotReceipt, BallotState, CastBallot, ProblemDetails,
};

use super::devices::status_of;
use super::problem::Problem;
use super::{bad_request, read_body};
use crate::ballots::{Ballot, VoteId};
use crate::meeting::Refusal;
use crate::service::Shared;

/// The largest body, in bytes.
const BODY_LIMIT: usize = 4 * 1024;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/ballots", post(cast))
        .route("/api/v1/ballots/receipt", post(receipt))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// A ballot, from nobody in particular; sent again, what became of it
#[utoipa::path(post, path = "/api/v1/ballots", tag = "votes",
    request_body = CastBallot,
    responses(
        (status = 200, body = BallotAnswer), (status = 202, body = BallotAnswer),
        (status = 400, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 413, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub(super) async fn cast(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<(StatusCode, Json<BallotAnswer>), Problem> {
    let body = read_body(request).await?;
    let cast: CastBallot =
        serde_json::from_slice(&body).map_err(|_| bad_request("the body is not a ballot"))?;
    let vote = VoteId {
        meeting: cast.meeting,
        number: cast.number,
    };
    let ballot = Ballot {
        token: bytes(&cast.token)?,
        randomizer: bytes(&cast.randomizer)?,
        signature: decoded(&cast.signature)?,
        choice: cast.choice,
    };
    let state = shared.around.ballots.cast(vote, ballot).await?;
    let status = match state {
        BallotState::Waiting => StatusCode::ACCEPTED,
        BallotState::Stored => StatusCode::OK,
    };
    Ok((status, Json(BallotAnswer { state })))
}

/// The proof that a ballot was counted
#[utoipa::path(post, path = "/api/v1/ballots/receipt", tag = "votes",
    request_body = AskReceipt,
    responses(
        (status = 200, body = BallotReceipt),
        (status = 400, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 413, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub(super) async fn receipt(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Json<BallotReceipt>, Problem> {
    let body = read_body(request).await?;
    let asked: AskReceipt = serde_json::from_slice(&body)
        .map_err(|_| bad_request("the body does not ask for a receipt"))?;
    let vote = VoteId {
        meeting: asked.meeting,
        number: asked.number,
    };
    let token = bytes(&asked.token)?;
    Ok(Json(shared.around.ballots.receipt(vote, token).await?))
}

fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    BASE64
        .decode(text)
        .map_err(|_| bad_request("bytes are told in Base64"))
}

fn bytes(text: &str) -> Result<[u8; 32], Problem> {
    decoded(text)?
        .try_into()
        .map_err(|_| bad_request("tokens and randomizers have 32 bytes"))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::new(status_of(refusal.code), refusal.code, refusal.detail)
    }
}
