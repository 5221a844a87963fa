//! Meetings that are planned.
//!
//! | address | what |
//! | --- | --- |
//! | `GET`, `POST /api/v1/meetings` | the meetings; one more, planned or opened at once |
//! | `POST /api/v1/meetings/preview` | whom a selection names |
//! | `GET`, `PATCH /api/v1/meetings/{id}` | one of them |
//! | `POST /api/v1/meetings/{id}/cancel` | it does not take place |
//! | `GET`, `POST /api/v1/meetings/{id}/selection` | how the organisation has changed since, and that it counts |
//! | `GET /api/v1/meetings/{id}/invitations` | the personal links |
//! | `GET /api/v1/meetings/{id}/deliveries` | what became of the letters |
//!
//! All of them are for administrators; see [`Actor`].

pub(super) mod invitations;
pub(super) mod plan;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use diemcau_protocol::{ErrorCode, MeetingId, MeetingPage, MeetingState, PlannedMeeting};
use serde::Deserialize;

use super::actor::Actor;
use super::bad_request;
use super::conditional::read;
use super::path::Path;
use super::problem::Problem;
use crate::administration::{Filter, Listed};
use crate::organisation::{Organisation, Refusal, UnitId};
use crate::schedule::Meeting;
use crate::service::Shared;

/// The most items of a page, and how many there are when nothing is said.
const MOST_ITEMS: usize = 200;
const ITEMS: usize = 50;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/meetings", get(list).post(plan::create))
        .route("/api/v1/meetings/preview", post(invitations::preview))
        .route("/api/v1/meetings/{id}", get(show).patch(plan::change))
        .route("/api/v1/meetings/{id}/cancel", post(plan::cancel))
        .route(
            "/api/v1/meetings/{id}/selection",
            get(invitations::selection).post(invitations::confirm),
        )
        .route("/api/v1/meetings/{id}/invitations", get(invitations::list))
        .route(
            "/api/v1/meetings/{id}/deliveries",
            get(invitations::deliveries),
        )
}

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Wanted {
    limit: Option<usize>,
    cursor: Option<String>,
    /// Hosted by this unit or one below it.
    unit: Option<String>,
    /// In milliseconds since 1970 UTC.
    from: Option<i64>,
    to: Option<i64>,
    state: Option<MeetingState>,
}

/// Planned meetings, by their start
#[utoipa::path(get, path = "/api/v1/meetings", tag = "meetings",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("unit" = Option<String>, Query), ("from" = Option<i64>, Query),
        ("to" = Option<i64>, Query), ("state" = Option<MeetingState>, Query)),
    responses((status = 200, body = MeetingPage)), security(("bearer" = [])))]
pub(in crate::http) async fn list(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<MeetingPage>, Problem> {
    let Query(wanted) = query.map_err(|_| bad_request("the query cannot be read"))?;
    let limit = wanted.limit.unwrap_or(ITEMS);
    if !(1..=MOST_ITEMS).contains(&limit) {
        return Err(bad_request("a page has 1 to 200 items"));
    }
    let host = wanted.unit.as_deref().map(UnitId::parse).transpose()?;
    let organisation = shared.administration.organisation().await?;
    let mut filter = Filter {
        from: wanted.from.unwrap_or(i64::MIN),
        to: wanted.to.unwrap_or(i64::MAX),
        state: wanted.state,
        after: wanted.cursor.as_deref().map(place).transpose()?,
        limit: i64::try_from(limit).unwrap_or(i64::MAX) + 1,
    };
    let mut found: Vec<Listed> = Vec::new();
    loop {
        let read = shared.administration.meetings(&filter).await?;
        let is_last = i64::try_from(read.len()).unwrap_or(i64::MAX) < filter.limit;
        filter.after = read
            .last()
            .map(|last| (last.plan.starts_at, last.id.as_str().to_owned()));
        let hosted = |one: &Listed| {
            host.as_ref()
                .is_none_or(|host| is_hosted_by(&organisation, one, host))
        };
        found.extend(read.into_iter().filter(hosted));
        if is_last || found.len() > limit {
            break;
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| hex::encode(format!("{}\n{}", last.plan.starts_at, last.id)));
    let view = |one: &Listed| one.plan.view(&one.id, one.invited, one.sites);
    Ok(Json(MeetingPage {
        items: found.iter().map(view).collect(),
        next,
    }))
}

fn is_hosted_by(organisation: &Organisation, meeting: &Listed, host: &UnitId) -> bool {
    UnitId::parse(&meeting.plan.host_unit).is_ok_and(|unit| organisation.is_within(&unit, host))
}

/// Where a page ended, by the start and the identifier of its last item.
fn place(cursor: &str) -> Result<(i64, String), Problem> {
    let bytes = hex::decode(cursor).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap_or_default();
    text.split_once('\n')
        .and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())))
        .ok_or_else(|| bad_request("the cursor was not written here"))
}

/// One planned meeting
#[utoipa::path(get, path = "/api/v1/meetings/{id}", tag = "meetings",
    params(("id" = String, Path)),
    responses((status = 200, body = PlannedMeeting), (status = 304), (status = 404)),
    security(("bearer" = [])))]
pub(in crate::http) async fn show(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let meeting = find(&shared, id).await?;
    Ok(read(&headers, meeting.version, Json(meeting.view())))
}

pub(super) async fn find(shared: &Shared, id: String) -> Result<Meeting, Problem> {
    let meeting = shared.administration.meeting(&MeetingId(id)).await?;
    Ok(meeting.ok_or(MISSING)?)
}

/// There is no such meeting, or it was not planned.
const MISSING: Refusal = Refusal::new(
    ErrorCode::MeetingNotFound,
    "there is no such planned meeting",
);
