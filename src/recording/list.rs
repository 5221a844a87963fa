//! The list of recordings, and search in them.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{
    ArchiveRight, ErrorCode, MinutesState, QUERY_LENGTH, RECORDINGS_PAGE, RecordingEntry,
    RecordingPage,
};
use diemcau_recorder::index::{Hit, IndexError, Wanted};
use diemcau_signaling::{Origin, Reader, refuse};
use serde::Deserialize;

use super::access::{Shared, somebody, unavailable};

/// How many there are of a page when nothing is said.
const ITEMS: u32 = 50;

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
struct Told {
    query: Option<String>,
    unit: Option<String>,
    from: Option<i64>,
    to: Option<i64>,
    limit: Option<u32>,
    cursor: Option<String>,
}

pub(super) fn router() -> Router<Shared> {
    Router::new().route("/api/v1/recordings", get(list))
}

async fn list(
    State(services): State<Shared>,
    query: Result<Query<Told>, QueryRejection>,
    request: Request,
) -> Result<Json<RecordingPage>, Response> {
    let (reader, _, _) = somebody(&services, request).await?;
    let Query(told) = query.map_err(|_| bad("the query cannot be read"))?;
    let limit = told.limit.unwrap_or(ITEMS);
    if !(1..=RECORDINGS_PAGE).contains(&limit) {
        return Err(bad("a page has 1 to 200 recordings"));
    }
    let text = told.query.as_deref().map(str::trim);
    let text = text.filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > QUERY_LENGTH as usize) {
        return Err(refuse(ErrorCode::TextTooLong, "at most 200 characters"));
    }
    let Some(mut wanted) = Wanted::with(text) else {
        return Ok(Json(page(Vec::new(), None)));
    };
    wanted.from = told.from;
    wanted.to = told.to;
    wanted.after = told.cursor.as_deref().map(place).transpose()?;

    let index = &services.clerk.index;
    let signaling = &services.signaling;
    let origin = |meeting| async move {
        let origin = signaling.origin(&meeting).await;
        let origin = origin.map_err(|error| error.to_string())?;
        serde_json::to_string(&origin).map_err(|error| error.to_string())
    };
    index.refresh(origin).await.map_err(failed)?;
    let mut found: Vec<RecordingEntry> = Vec::new();
    let mut last = None;
    loop {
        let some = index.some(&wanted).await.map_err(failed)?;
        if some.is_empty() {
            return Ok(Json(page(found, None)));
        }
        for hit in some {
            wanted.after = Some(hit.place());
            let origin: Origin = serde_json::from_str(&hit.origin).unwrap_or_default();
            let unit = told.unit.as_deref();
            let is_asked = unit.is_none_or(|unit| reader.is_within(origin.unit.as_deref(), unit));
            if !is_asked {
                continue;
            }
            let Some(entry) = shown(&services, &reader, &wanted, &hit, origin).await? else {
                continue;
            };
            if found.len() == limit as usize {
                return Ok(Json(page(found, last)));
            }
            found.push(entry);
            last = Some(cursor(&hit));
        }
    }
}

/// A recording as somebody sees it; nothing where it is not for them, or not
/// found in what they may see.
async fn shown(
    services: &Shared,
    reader: &Reader,
    wanted: &Wanted,
    hit: &Hit,
    origin: Origin,
) -> Result<Option<RecordingEntry>, Response> {
    let rights = reader.rights(&hit.entry.meeting, &origin);
    if !rights.contains(&ArchiveRight::Read) {
        return Ok(None);
    }
    let with_drafts = rights.contains(&ArchiveRight::ReadDraft);
    let places = services.clerk.index.places(hit, wanted, with_drafts);
    let Some(found) = places.await.map_err(failed)? else {
        return Ok(None);
    };
    let is_told = |state: &MinutesState| match state {
        MinutesState::Editing | MinutesState::Approved => with_drafts,
        MinutesState::Issued | MinutesState::Signed => true,
    };
    let entry = hit.entry.clone();
    Ok(Some(RecordingEntry {
        unit: origin.unit,
        minutes: entry.minutes.filter(is_told),
        found,
        ..entry
    }))
}

fn page(recordings: Vec<RecordingEntry>, next: Option<String>) -> RecordingPage {
    RecordingPage { recordings, next }
}

fn cursor(hit: &Hit) -> String {
    let (sort, meeting) = hit.place();
    format!("{sort}.{meeting}")
}

/// Where a page ended, by the end and the meeting of its last recording.
fn place(cursor: &str) -> Result<(i64, String), Response> {
    let parts = cursor.split_once('.');
    let place = parts.and_then(|(sort, meeting)| Some((sort.parse().ok()?, meeting.to_owned())));
    place.ok_or_else(|| bad("the cursor was not written here"))
}

fn bad(detail: &'static str) -> Response {
    refuse(ErrorCode::BadMessage, detail)
}

fn failed(error: IndexError) -> Response {
    tracing::error!(%error, "recordings cannot be listed");
    unavailable()
}
