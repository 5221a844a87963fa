//! Holds and destructions over HTTP.
//!
//! | address | what |
//! | --- | --- |
//! | `GET /api/v1/recordings/due` | the archives that may be destroyed |
//! | `GET /api/v1/recordings/{meeting}/keeping` | its hold, what is proposed, its tombstone |
//! | `PUT /api/v1/recordings/{meeting}/hold` with `{reason}` | puts it under a hold |
//! | `DELETE /api/v1/recordings/{meeting}/hold` | lifts it |
//! | `PUT /api/v1/recordings/{meeting}/destruction` with `{reason}` | proposes |
//! | `DELETE /api/v1/recordings/{meeting}/destruction` | takes the proposal back |
//! | `POST /api/v1/recordings/{meeting}/destruction/confirm` | another person confirms |
//!
//! Each change is written into the audit log, with the manifest's hash, before
//! it is done.

use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use diemcau_protocol::{ArchiveReason, ErrorCode, MeetingId};
use diemcau_recorder::{Order, OrderRefused, Outcome, Tombstone};
use diemcau_signaling::ArchiveKeeper;
use serde::Serialize;
use serde_json::json;

use super::access::on_disk;
use crate::problem::{Path, problem};
use crate::wire::Services;

/// What holds of an archive.
#[derive(Debug, Serialize)]
struct KeepingView {
    #[serde(flatten)]
    keeping: diemcau_recorder::Keeping,
    /// When it may be destroyed; nothing where it is kept without end.
    due_at: Option<i64>,
    /// What is left of it.
    destroyed: Option<Tombstone>,
}

/// Who may hold and destroy: the one place that decides it.
struct Keeper(ArchiveKeeper);

impl FromRequestParts<Arc<Services>> for Keeper {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        services: &Arc<Services>,
    ) -> Result<Self, Response> {
        let keeper = services.signaling.archive_keeper(parts).await;
        keeper
            .map(Self)
            .map_err(|refused| problem(refused.status, refused.code, refused.detail))
    }
}

pub(super) fn router() -> Router<Arc<Services>> {
    Router::new()
        .route("/api/v1/recordings/due", get(due))
        .route("/api/v1/recordings/{meeting}/keeping", get(view))
        .route(
            "/api/v1/recordings/{meeting}/hold",
            put(hold).delete(release),
        )
        .route(
            "/api/v1/recordings/{meeting}/destruction",
            put(propose).delete(withdraw),
        )
        .route(
            "/api/v1/recordings/{meeting}/destruction/confirm",
            post(confirm),
        )
}

async fn due(_: Keeper, State(services): State<Arc<Services>>) -> Result<Response, Response> {
    let archives = Arc::clone(&services.archives);
    let found = on_disk(move || archives.library.due(&archives.retention, now())).await?;
    Ok(Json(json!({ "recordings": found })).into_response())
}

async fn view(
    _: Keeper,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<Response, Response> {
    let archives = Arc::clone(&services.archives);
    let found = on_disk(move || {
        let meeting = MeetingId(meeting);
        if let Some(tombstone) = archives.library.tombstone(&meeting)? {
            return Ok::<_, io::Error>(KeepingView {
                keeping: diemcau_recorder::Keeping::default(),
                due_at: None,
                destroyed: Some(tombstone),
            });
        }
        let manifest = archives.library.manifest(&meeting)?;
        Ok(KeepingView {
            keeping: archives.library.keeping(&meeting)?,
            due_at: archives
                .retention
                .due_at(&manifest.host_unit, manifest.ended_at),
            destroyed: None,
        })
    });
    Ok(Json(found.await?).into_response())
}

type Reason = Result<Json<ArchiveReason>, JsonRejection>;

fn reason(given: Reason) -> Result<String, Response> {
    match given {
        Ok(Json(because)) => Ok(because.reason),
        Err(error) => Err(problem(
            StatusCode::BAD_REQUEST,
            ErrorCode::BadMessage,
            error.body_text(),
        )),
    }
}

async fn hold(
    keeper: Keeper,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
    given: Reason,
) -> Result<StatusCode, Response> {
    let reason = reason(given)?;
    order(&services, keeper, meeting, Order::Hold { reason }).await
}

async fn release(
    keeper: Keeper,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<StatusCode, Response> {
    order(&services, keeper, meeting, Order::Release).await
}

async fn propose(
    keeper: Keeper,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
    given: Reason,
) -> Result<StatusCode, Response> {
    let reason = reason(given)?;
    order(&services, keeper, meeting, Order::Propose { reason }).await
}

async fn withdraw(
    keeper: Keeper,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<StatusCode, Response> {
    order(&services, keeper, meeting, Order::Withdraw).await
}

async fn confirm(
    keeper: Keeper,
    State(services): State<Arc<Services>>,
    Path(meeting): Path<String>,
) -> Result<StatusCode, Response> {
    order(&services, keeper, meeting, Order::Confirm).await
}

/// What an order is called in the audit log.
fn action(order: &Order) -> &'static str {
    match order {
        Order::Hold { .. } => "archive.hold",
        Order::Release => "archive.release",
        Order::Propose { .. } => "archive.propose_destruction",
        Order::Withdraw => "archive.withdraw_destruction",
        Order::Confirm => "archive.destroy",
    }
}

async fn order(
    services: &Services,
    Keeper(keeper): Keeper,
    meeting: String,
    order: Order,
) -> Result<StatusCode, Response> {
    let archives = &services.archives;
    let meeting = MeetingId(meeting);
    let _one_after_the_other = archives.orders.lock().await;
    let action = action(&order);
    let decided = {
        let (archives, meeting) = (Arc::clone(archives), meeting.clone());
        let who = keeper.clone();
        on_disk(move || {
            let who = (who.name.as_str(), who.person.as_str());
            archives
                .library
                .decide(&meeting, &archives.retention, now(), who, order)
        })
    };
    let (before, outcome) = decided.await?.map_err(refused)?;
    let after = match &outcome {
        Outcome::Kept(keeping) if *keeping == before => return Ok(StatusCode::NO_CONTENT),
        Outcome::Kept(keeping) => json!(keeping),
        Outcome::Destroyed(tombstone) => json!(tombstone),
    };
    let noted = services
        .signaling
        .note_archive(&keeper, action, &meeting, (json!(before), after));
    noted.await.map_err(|error| {
        tracing::error!(%error, "the audit log cannot be written: nothing is done");
        problem(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::StorageUnavailable,
            "the audit log cannot be written: nothing is done",
        )
    })?;
    let is_destroyed = matches!(outcome, Outcome::Destroyed(_));
    let (archives, of) = (Arc::clone(archives), meeting.clone());
    on_disk(move || {
        if is_destroyed {
            archives.films.cancel(&of)?;
        }
        archives.library.perform(&of, &outcome, &archives.key)
    })
    .await?;
    if is_destroyed && let Err(error) = services.clerk.index.forget(&meeting).await {
        // The next look into the list takes it out.
        tracing::error!(%meeting, %error, "the words of a destroyed archive are still searched");
    }
    Ok(StatusCode::NO_CONTENT)
}

fn refused(refused: OrderRefused) -> Response {
    let code = match refused {
        OrderRefused::Held => ErrorCode::ArchiveHeld,
        OrderRefused::NotDue => ErrorCode::ArchiveNotDue,
        OrderRefused::Already => ErrorCode::AlreadyExists,
        OrderRefused::NotProposed => ErrorCode::DestructionNotProposed,
        OrderRefused::SamePerson => ErrorCode::SecondPersonNeeded,
        OrderRefused::NoReason => ErrorCode::TextEmpty,
        OrderRefused::ReasonTooLong => ErrorCode::TextTooLong,
    };
    let status = match refused {
        OrderRefused::NoReason | OrderRefused::ReasonTooLong => StatusCode::UNPROCESSABLE_ENTITY,
        OrderRefused::Held
        | OrderRefused::NotDue
        | OrderRefused::Already
        | OrderRefused::NotProposed
        | OrderRefused::SamePerson => StatusCode::CONFLICT,
    };
    problem(status, code, refused.to_string())
}

/// In milliseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
