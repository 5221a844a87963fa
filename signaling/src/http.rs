//! The REST interface under `/api/v1`, and the door to the WebSocket.
//!
//! | address | what |
//! | --- | --- |
//! | `GET /api/v1/ws` | the WebSocket |
//! | `GET /api/v1/invitation` | what an invitation says (bearer: the invitation) |
//! | `POST /api/v1/invitation` | a guest takes a place (bearer: a link for guests) |
//! | `/api/v1/meetings` | meetings, planned or opened at once; see [`meetings`] |
//! | `/api/v1/whip` | devices that publish (RFC 9725; bearer: an invitation) |
//! | `/api/v1/whep` | devices that watch (draft-ietf-wish-whep; the same) |
//! | `/api/v1/meetings/{id}/documents` | documents, see [`documents`] |
//! | `/api/v1/line-test` | see [`line_test`] |
//! | `/api/v1/units` and others | see [`organisation`] |
//! | `/api/v1/audit` | the audit log |
//! | `/api/v1/sign-in` and others | see [`identity`] |
//! | `/api/v1/ballots` | ballots of secret votes; nobody is asked who it is |
//! | `GET /api/v1/openapi.json` | the description of all this |
//!
//! Errors are problem documents (RFC 9457) with the codes of the protocol.

mod actor;
mod archives;
mod audit;
mod ballots;
mod calendar;
pub(crate) mod clerk;
mod conditional;
mod contacts;
mod devices;
mod documents;
mod identity;
pub(crate) mod line_test;
mod meetings;
mod openapi;
mod organisation;
mod path;
mod problem;
mod reports;
mod templates;
mod texts;
mod webhooks;
mod whep;
mod whip;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State, WebSocketUpgrade};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use diemcau_protocol::{
    CreateMeeting, ErrorCode, Invitation, Invitee, NAME_LENGTH, PlaceTaken, TakePlace,
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::meeting::clean_line;
use crate::redacted::Redacted;
use crate::service::{Known, OpenMeetingError, OpeningError, Shared};
use crate::session;
pub use archives::{ArchiveKeeper, KeeperRefused};
use meetings::guests;
use problem::Problem;

/// The largest body of a request, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(10);

/// As JSON writes it.
const NUL: &[u8] = b"\\u0000";

/// The longest title of a meeting, in characters.
const TITLE_LENGTH: usize = 200;

/// The most invitees of a meeting.
const MOST_INVITEES: usize = 4_000;

/// Everything under `/api/v1`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v1/ws", get(web_socket))
        .route("/api/v1/invitation", get(invitation).post(take_place))
        .merge(whip::router())
        .merge(whep::router())
        .merge(line_test::router())
        .merge(meetings::router())
        .merge(organisation::router())
        .merge(reports::router())
        .merge(templates::router())
        .merge(webhooks::router())
        .merge(audit::router())
        .merge(identity::router())
        .merge(openapi::router())
        .merge(ballots::router())
        .merge(documents::router())
        .merge(calendar::router())
        .merge(contacts::router())
        .route("/api/v1", any(unknown_address))
        .route("/api/v1/", any(unknown_address))
        .route("/api/v1/{*rest}", any(unknown_address))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(problem::speak))
        .with_state(shared)
}

async fn unknown_address() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        "there is no such address",
    )
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::NotFound,
        "the address does not know the method",
    )
}

/// The WebSocket
#[utoipa::path(get, path = "/api/v1/ws", tag = "meetings",
    responses((status = 101), (status = 400), (status = 403), (status = 426)))]
async fn web_socket(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    if !origin_is_ours(&uri, &headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Forbidden,
            "the page comes from another host",
        ));
    }
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(
            rejection.into_response().status(),
            ErrorCode::BadMessage,
            "a WebSocket is opened here",
        )
    })?;
    Ok(upgrade
        .read_buffer_size(session::READ_BUFFER)
        .max_message_size(session::FRAME_LIMIT)
        .max_frame_size(session::FRAME_LIMIT)
        .on_upgrade(move |socket| session::run(socket, shared)))
}

/// A browser says which page opens a WebSocket. Where it does, the page must
/// come from this host; other programs say nothing.
fn origin_is_ours(uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let origin = origin
        .to_str()
        .ok()
        .and_then(|text| text.parse::<Uri>().ok());
    let origin_host = origin.as_ref().and_then(Uri::authority);
    let host = match headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        None => uri.authority().map(|authority| authority.as_str()),
    };
    match (origin_host, host) {
        (Some(origin), Some(host)) => origin.as_str().eq_ignore_ascii_case(host),
        (None, _) | (_, None) => false,
    }
}

/// What an invitation is for
#[utoipa::path(get, path = "/api/v1/invitation", tag = "meetings",
    responses((status = 200, body = Invitation), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = [])))]
async fn invitation(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Invitation>, Problem> {
    let token = bearer(&headers)?;
    if let Ok(claims) = shared.tokens.check_guest(&token) {
        return guests::shown(&shared, claims).await;
    }
    let claims = shared.tokens.check_invitation(&token)?;
    let Known { info, end } = shared.known(&claims.meeting).await?;
    Ok(Json(Invitation {
        meeting: claims.meeting,
        title: info.title,
        host_unit: info.host_unit,
        participant: claims.participant,
        role: claims.role,
        kind: claims.kind,
        name: claims.name,
        unit: claims.unit,
        expires_at: claims.exp.saturating_mul(1000),
        ended: end,
        guest: false,
    }))
}

/// A guest takes a place, or comes back to it
#[utoipa::path(post, path = "/api/v1/invitation", tag = "meetings", request_body = TakePlace,
    responses((status = 200, body = PlaceTaken), (status = 400), (status = 401), (status = 403),
        (status = 404)),
    security(("bearer" = [])))]
async fn take_place(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Json<PlaceTaken>, Problem> {
    let claims = shared.tokens.check_guest(&bearer(request.headers())?)?;
    let TakePlace { key } = from_json(&read_body(request).await?)?;
    guests::take(&shared, claims, &key).await
}

async fn read_body(request: Request) -> Result<Bytes, Problem> {
    let body = timeout(BODY_TIME, Bytes::from_request(request, &())).await;
    let body = body.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::BadMessage,
            "the body did not come in time",
        )
    })?;
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::TooLarge,
            "the body is too large",
        ),
        _ => bad_request("the body cannot be read"),
    })
}

/// A meeting to create with its texts made fit to be stored and shown, or what
/// is wrong with it.
pub(crate) fn fit(spec: &CreateMeeting) -> Result<CreateMeeting, &'static str> {
    if !(1..=MOST_INVITEES).contains(&spec.invitees.len()) {
        return Err("1 to 4000 are invited");
    }
    Ok(CreateMeeting {
        title: fit_line(
            &spec.title,
            TITLE_LENGTH,
            "the title has 1 to 200 characters",
        )?,
        host_unit: fit_line(
            &spec.host_unit,
            NAME_LENGTH as usize,
            "the host unit has 1 to 120 characters",
        )?,
        invitees: spec
            .invitees
            .iter()
            .map(fit_invitee)
            .collect::<Result<_, _>>()?,
        video_codec: spec.video_codec,
        rehearsal: spec.rehearsal,
    })
}

fn fit_invitee(invitee: &Invitee) -> Result<Invitee, &'static str> {
    let detail = "a name or unit of an invitee has 1 to 120 characters";
    let fit = |text: &String| fit_line(text, NAME_LENGTH as usize, detail);
    Ok(Invitee {
        name: invitee.name.as_ref().map(fit).transpose()?,
        role: invitee.role,
        kind: invitee.kind,
        unit: invitee.unit.as_ref().map(fit).transpose()?,
    })
}

/// A clean line of 1 to `longest` characters.
fn fit_line(text: &str, longest: usize, detail: &'static str) -> Result<String, &'static str> {
    let clean = clean_line(text);
    if (1..=longest).contains(&clean.chars().count()) {
        Ok(clean)
    } else {
        Err(detail)
    }
}

/// A body of JSON. Texts with a NUL are taken nowhere: PostgreSQL has none.
fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let has_nul = body.windows(NUL.len()).any(|window| window == NUL);
    serde_json::from_slice(body)
        .ok()
        .filter(|_| !has_nul)
        .ok_or_else(|| bad_request("the body is not what is asked for here"))
}

fn bearer(headers: &HeaderMap) -> Result<Redacted<String>, Problem> {
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Redacted::new(token.trim().to_owned()))
        .ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                ErrorCode::TokenInvalid,
                "a bearer token is needed",
            )
        })
}

fn bad_request(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, ErrorCode::BadMessage, detail)
}

impl From<OpenMeetingError> for Problem {
    fn from(error: OpenMeetingError) -> Self {
        match error {
            OpenMeetingError::Invalid(detail) => bad_request(detail),
            OpenMeetingError::Opening(error) => error.into(),
            OpenMeetingError::TokenKey(_) => {
                tracing::error!(%error, "links could not be signed");
                fault()
            }
        }
    }
}

impl From<OpeningError> for Problem {
    fn from(error: OpeningError) -> Self {
        match error {
            OpeningError::Unknown => Problem::new(
                StatusCode::NOT_FOUND,
                ErrorCode::MeetingNotFound,
                "there is no such meeting",
            ),
            OpeningError::Damaged => Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::Internal,
                "the meeting's log is damaged",
            ),
            OpeningError::Store(error) => {
                tracing::error!(%error, "a meeting could not be opened");
                Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    ErrorCode::StorageUnavailable,
                    "nothing can be stored now",
                )
            }
            OpeningError::Stopping => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::ServerStopping,
                "the server is stopping",
            ),
            OpeningError::Sealing(_) | OpeningError::Fault => {
                tracing::error!(%error, "a meeting could not be opened");
                fault()
            }
        }
    }
}

fn fault() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "a fault of the server",
    )
}
