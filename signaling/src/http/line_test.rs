//! `/api/v1/line-test`: something to test a line against before a meeting.
//!
//! | address | what |
//! | --- | --- |
//! | `POST /api/v1/line-test` | what there is to test against ([`LineTest`]) |
//! | `GET /api/v1/line-test/ping` | nothing, at once: the time there and back |
//! | `GET /api/v1/line-test/down?seconds=&kbps=` | bytes at this rate |
//! | `POST /api/v1/line-test/up` | takes bytes and counts them ([`LineTestCount`]) |
//!
//! All of them need an invitation as bearer. Meetings come first: rate, length
//! and the number of tests at a time are bounded.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use diemcau_protocol::{ErrorCode, LineTest, LineTestCount};
use futures_util::{StreamExt, stream};
use rand::Rng;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};

use super::{bad_request, bearer, problem::Problem};
use crate::service::Shared;

/// The longest download.
const MOST_SECONDS: u32 = 10;
/// The fastest download.
const MOST_KBPS: u32 = 12_000;
/// The largest upload, in bytes: ten seconds at the highest rate.
const MOST_BYTES: u32 = MOST_KBPS * 1_000 / 8 * MOST_SECONDS;
/// The longest upload.
const UPLOAD_TIME: Duration = Duration::from_secs(20);
/// Downloads and uploads at a time.
pub(crate) const TESTS: usize = 8;
/// Downloads come in pieces of so many bytes.
const PIECE: usize = 8 * 1_024;
/// Downloads are cut out of so many bytes of noise, which no line compresses.
const NOISE: usize = 1 << 20;

static NOISE_BYTES: LazyLock<Bytes> = LazyLock::new(|| {
    let mut noise = vec![0; NOISE];
    rand::rng().fill_bytes(&mut noise);
    noise.into()
});

/// The addresses of the line test.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/line-test", post(begin))
        .route("/api/v1/line-test/ping", get(ping))
        .route("/api/v1/line-test/down", get(down))
        .route("/api/v1/line-test/up", post(up))
}

/// What there is to test against
#[utoipa::path(post, path = "/api/v1/line-test", tag = "line test",
    responses((status = 200, body = LineTest), (status = 401)), security(("bearer" = [])))]
pub(super) async fn begin(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<LineTest>, Problem> {
    let claims = shared.tokens.check_invitation(&bearer(&headers)?)?;
    let echo = shared.around.echo.as_ref();
    Ok(Json(LineTest {
        ticket: echo.and_then(|echo| (echo.ticket)()),
        media: echo
            .map(|echo| echo.addresses.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        ice_servers: shared.around.ice_servers_of(&claims.participant),
        most_seconds: MOST_SECONDS,
        most_kbps: MOST_KBPS,
        most_bytes: MOST_BYTES,
    }))
}

/// Nothing, at once
#[utoipa::path(get, path = "/api/v1/line-test/ping", tag = "line test",
    responses((status = 204), (status = 401)), security(("bearer" = [])))]
pub(super) async fn ping(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    shared.tokens.check_invitation(&bearer(&headers)?)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    seconds: Option<u32>,
    kbps: Option<u32>,
}

/// Noise at a rate
#[utoipa::path(get, path = "/api/v1/line-test/down", tag = "line test",
    params(("seconds" = Option<u32>, Query), ("kbps" = Option<u32>, Query)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 429)),
    security(("bearer" = [])))]
pub(super) async fn down(
    State(shared): State<Arc<Shared>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    shared.tokens.check_invitation(&bearer(&headers)?)?;
    let Query(wanted) = wanted.map_err(|_| bad_request("the query cannot be read"))?;
    let permit = place(&shared)?;
    let seconds = wanted
        .seconds
        .unwrap_or(MOST_SECONDS)
        .clamp(1, MOST_SECONDS);
    let kbps = wanted.kbps.unwrap_or(MOST_KBPS).clamp(1, MOST_KBPS);
    let pieces = u64::from(kbps) * u64::from(seconds) * 125 / PIECE as u64;
    let body = Body::from_stream(noise(kbps, pieces.max(1), permit));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}

/// Pieces of noise at a rate. What a slow line does not take is not made up
/// for: the rate is a ceiling.
fn noise(
    kbps: u32,
    pieces: u64,
    permit: OwnedSemaphorePermit,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    let distance = Duration::from_secs_f64(PIECE as f64 / (f64::from(kbps) * 125.0));
    let begin = (0_u64, Instant::now(), permit);
    stream::unfold(begin, move |(sent, due, permit)| async move {
        if sent >= pieces {
            return None;
        }
        sleep_until(due).await;
        let at = (sent as usize * PIECE) % NOISE;
        let piece = NOISE_BYTES.slice(at..at + PIECE);
        let due = (due + distance).max(Instant::now() - distance);
        Some((Ok(piece), (sent + 1, due, permit)))
    })
}

/// Takes bytes and counts them
#[utoipa::path(post, path = "/api/v1/line-test/up", tag = "line test",
    responses((status = 200, body = LineTestCount), (status = 413), (status = 429)),
    security(("bearer" = [])))]
pub(super) async fn up(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Json<LineTestCount>, Problem> {
    shared
        .tokens
        .check_invitation(&bearer(request.headers())?)?;
    let _permit = place(&shared)?;
    let counted = timeout(UPLOAD_TIME, count(request.into_body())).await;
    let counted = counted.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::BadMessage,
            "the body did not come in time",
        )
    })?;
    Ok(Json(counted?))
}

async fn count(body: Body) -> Result<LineTestCount, Problem> {
    let mut pieces = body.into_data_stream();
    let mut began = None;
    let mut bytes = 0_u32;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| bad_request("the body cannot be read"))?;
        began.get_or_insert_with(Instant::now);
        bytes = bytes.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        if bytes > MOST_BYTES {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                ErrorCode::TooLarge,
                "the body is too large",
            ));
        }
    }
    let passed = began.map_or(Duration::ZERO, |began: Instant| began.elapsed());
    Ok(LineTestCount {
        bytes,
        milliseconds: u32::try_from(passed.as_millis()).unwrap_or(u32::MAX),
    })
}

/// A place among the tests that run, or the refusal.
fn place(shared: &Shared) -> Result<OwnedSemaphorePermit, Problem> {
    let places = Arc::clone(&shared.around.line_tests);
    places.try_acquire_owned().map_err(|_| {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::RateLimited,
            "too many lines are tested now",
        )
    })
}
