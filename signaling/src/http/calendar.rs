//! Personal calendars for calendar programs, at secret addresses that can be
//! taken back.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use diemcau_protocol::{CalendarAddress, ErrorCode, MeetingState};

use super::contacts::{Whose, is_there, who};
use super::organisation::Asked;
use super::path::Path;
use super::problem::Problem;
use crate::administration::{Answer, Entry, Found, Look};
use crate::clock::now_ms;
use crate::ids;
use crate::log::hash_of;
use crate::organisation::{Organisation, Refusal};
use crate::schedule::feed_calendar;
use crate::service::Shared;

/// How long meetings stay in a calendar after their end, in milliseconds.
const KEPT: i64 = 90 * 24 * 60 * 60 * 1_000;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/api/v1/contacts/{kind}/{id}/calendar",
            post(create).delete(remove),
        )
        .route("/api/v1/calendar/{file}", get(show))
}

/// A new secret address of somebody's calendar; the one before is good no more
#[utoipa::path(post, path = "/api/v1/contacts/{kind}/{id}/calendar", tag = "organisation",
    operation_id = "create calendar",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 201, body = CalendarAddress), (status = 404)),
    security(("bearer" = [])))]
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(whose): Path<Whose>,
    request: Request,
) -> Result<Response, Problem> {
    set(&shared, whose, request, Some(ids::secret())).await
}

/// Takes the secret address of somebody's calendar back
#[utoipa::path(delete, path = "/api/v1/contacts/{kind}/{id}/calendar", tag = "organisation",
    operation_id = "remove calendar",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 200), (status = 404)), security(("bearer" = [])))]
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Path(whose): Path<Whose>,
    request: Request,
) -> Result<Response, Problem> {
    set(&shared, whose, request, None).await
}

async fn set(
    shared: &Arc<Shared>,
    whose: Whose,
    request: Request,
    secret: Option<String>,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(shared, request).await?;
    let who = who(whose)?;
    let address = secret.as_ref().map(|secret| CalendarAddress {
        path: format!("/api/v1/calendar/{secret}.ics"),
    });
    let hash = secret.as_deref().map(hash);
    let decide = |organisation: &Organisation, _: &Found| {
        is_there(organisation, &who)?;
        Ok(vec![Entry::Feed(who, hash)])
    };
    let answer = |_: &[Entry]| Answer {
        status: if address.is_some() { 201 } else { 200 },
        etag: None,
        location: None,
        // Texts always become JSON.
        body: serde_json::to_string(&address).unwrap_or_default(),
    };
    let mut act = asked.act("calendar.set");
    // An answer that is kept to be given again would keep the secret.
    act.once = None;
    let done = shared
        .administration
        .plan(act, Look::default(), decide, answer);
    Ok(done.await?.into_response())
}

/// Somebody's calendar, by its secret
#[utoipa::path(get, path = "/api/v1/calendar/{file}", tag = "meetings",
    operation_id = "show calendar", params(("file" = String, Path)),
    responses((status = 200, content_type = "text/calendar", body = String), (status = 404)))]
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let secret = file.strip_suffix(".ics").ok_or(MISSING)?;
    let now = now_ms();
    let calendar = shared
        .administration
        .calendar(&hash(secret), now - KEPT)
        .await?;
    let (who, meetings) = calendar.ok_or(MISSING)?;
    let mut entries = Vec::new();
    for meeting in &meetings {
        let mut invitees = meeting.invitees.iter();
        let Some(invitee) = invitees.find(|invitee| invitee.named.who == who) else {
            continue;
        };
        let is_to_come = match meeting.plan.state {
            MeetingState::Scheduled | MeetingState::Open => true,
            MeetingState::Ended | MeetingState::Cancelled => false,
        };
        let link = if is_to_come {
            shared.personal_link(meeting, invitee)?
        } else {
            None
        };
        entries.push((meeting, link));
    }
    let headers = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, feed_calendar(&entries, now)).into_response())
}

fn hash(secret: &str) -> String {
    hex::encode(hash_of(secret.as_bytes()))
}

const MISSING: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such calendar");
