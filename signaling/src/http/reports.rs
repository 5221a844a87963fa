//! Reports, as CSV or XLSX, with titles in the language of who asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use diemcau_protocol::{AnnouncedEvent, MeetingId, ParticipantId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::actor::Actor;
use super::path::Path;
use super::problem::Problem;
use super::texts::Language;
use super::{bad_request, fault, meetings};
use crate::administration::{Filter, Listed};
use crate::clock::now_ms;
use crate::log::open_chain;
use crate::report::{Attended, Cell, Table, attendance, usage};
use crate::schedule::{Meeting, Plan};
use crate::service::Shared;

/// The longest time that a report covers, in milliseconds: about five years.
const LONGEST: i64 = 5 * 366 * 24 * 60 * 60 * 1_000;

/// How many meetings are read in one go.
const PAGE: i64 = 500;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/meetings/{id}/attendance", get(attended))
        .route("/api/v1/reports/usage", get(used))
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    #[default]
    Csv,
    Xlsx,
}

/// The query of a report.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Wanted {
    #[serde(default)]
    form: Form,
    /// In milliseconds since 1970 UTC.
    from: Option<i64>,
    to: Option<i64>,
}

/// Who attended a meeting: headcount, times, minutes of speech
#[utoipa::path(get, path = "/api/v1/meetings/{id}/attendance", tag = "reports",
    operation_id = "attendance of a meeting",
    params(("id" = String, Path), ("form" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404)),
    security(("bearer" = [])))]
pub(super) async fn attended(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(wanted) = query.map_err(|_| bad_request("the query cannot be read"))?;
    let meeting = meetings::find(&shared, id).await?;
    let events = log(&shared, &meeting.id).await?;
    let attended = attendance(&meeting.id, &events, now_ms());
    let table = attendance_table(&meeting, attended, Language::of(&headers));
    file(&table, "attendance", wanted.form)
}

/// The events of a meeting's log; none where nobody has come in yet.
async fn log(shared: &Shared, meeting: &MeetingId) -> Result<Vec<AnnouncedEvent>, Problem> {
    let Some(log) = shared.around.store.read_log(meeting).await? else {
        return Ok(Vec::new());
    };
    let opened = open_chain(meeting.clone(), log.branch.clone(), &log.events);
    let (_, events) = opened.map_err(|error| {
        tracing::error!(%meeting, %error, "the meeting's log is damaged");
        fault()
    })?;
    let announced = events.into_iter().map(|event| event.occurrence.announced);
    Ok(announced.collect())
}

/// Everybody who was invited, present or not, and then who came besides.
fn attendance_table(
    meeting: &Meeting,
    mut attended: BTreeMap<ParticipantId, Attended>,
    language: Language,
) -> Table {
    let mut rows = Vec::new();
    for invitee in &meeting.invitees {
        let mut one = attended.remove(&invitee.participant).unwrap_or_default();
        if one.name.is_empty() {
            one.name = invitee.named.full_name();
            one.unit.clone_from(&invitee.named.unit);
        }
        rows.push(attendance_row(&meeting.plan, &one));
    }
    let besides = attended.values();
    rows.extend(besides.map(|one| attendance_row(&meeting.plan, one)));
    let (name, titles) = match language {
        Language::Vietnamese => (
            "Tham dự",
            [
                "Điểm cầu / đại biểu",
                "Đơn vị",
                "Số người dự",
                "Vào lúc",
                "Rời lúc",
                "Có mặt (phút)",
                "Giữ quyền phát biểu (phút)",
                "Mở micrô (phút)",
            ],
        ),
        Language::English => (
            "Attendance",
            [
                "Site or delegate",
                "Unit",
                "Headcount",
                "Joined",
                "Left",
                "Present (min)",
                "Held the floor (min)",
                "Microphone open (min)",
            ],
        ),
    };
    Table {
        name,
        titles: titles.to_vec(),
        rows,
    }
}

fn attendance_row(plan: &Plan, one: &Attended) -> Vec<Cell> {
    let number = |number: Option<u32>| number.map_or(Cell::Empty, |n| Cell::Number(n.into()));
    let time = |at: Option<i64>| at.map_or(Cell::Empty, |at| Cell::Text(local(plan, at)));
    let minutes = |milliseconds: i64| match one.joined_at {
        Some(_) => Cell::Number((milliseconds + 30_000) / 60_000),
        None => Cell::Empty,
    };
    vec![
        Cell::Text(one.name.clone()),
        Cell::text(one.unit.as_deref()),
        number(one.headcount),
        time(one.joined_at),
        time(one.left_at),
        minutes(one.present),
        minutes(one.floor),
        minutes(one.microphone),
    ]
}

/// A time on the clock of the meeting.
fn local(plan: &Plan, at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

/// What units held, month by month
#[utoipa::path(get, path = "/api/v1/reports/usage", tag = "reports", operation_id = "usage",
    params(("form" = Option<String>, Query), ("from" = i64, Query), ("to" = i64, Query)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400)),
    security(("bearer" = [])))]
pub(super) async fn used(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    query: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(wanted) = query.map_err(|_| bad_request("the query cannot be read"))?;
    let (Some(from), Some(to)) = (wanted.from, wanted.to) else {
        return Err(bad_request("from and to are needed"));
    };
    if to
        .checked_sub(from)
        .is_none_or(|time| !(1..=LONGEST).contains(&time))
    {
        return Err(bad_request("from is before to, by at most five years"));
    }
    let mut filter = Filter {
        from,
        to,
        state: None,
        after: None,
        limit: PAGE,
    };
    let mut listed: Vec<Listed> = Vec::new();
    loop {
        let read = shared.administration.meetings(&filter).await?;
        let is_last = i64::try_from(read.len()).unwrap_or(i64::MAX) < PAGE;
        filter.after = read
            .last()
            .map(|last| (last.plan.starts_at, last.id.as_str().to_owned()));
        // One that began before belongs to the report before.
        listed.extend(read.into_iter().filter(|one| one.plan.starts_at >= from));
        if is_last {
            break;
        }
    }
    let meetings = listed.iter().map(|one| (&one.plan, one.invited, one.sites));
    let row = |((month, unit), held): ((String, String), crate::report::Held)| {
        vec![
            Cell::Text(month),
            Cell::Text(unit),
            Cell::Text(held.unit_name),
            Cell::Number(held.meetings.into()),
            Cell::Number(held.minutes),
            Cell::Number(held.sites.into()),
            Cell::Number(held.invited.into()),
            Cell::Number(held.cancelled.into()),
        ]
    };
    let (name, titles) = match Language::of(&headers) {
        Language::Vietnamese => (
            "Thống kê",
            [
                "Tháng",
                "Mã đơn vị",
                "Đơn vị chủ trì",
                "Số cuộc họp",
                "Thời lượng theo kế hoạch (phút)",
                "Lượt điểm cầu được mời",
                "Tổng lượt mời",
                "Số cuộc họp bị hủy",
            ],
        ),
        Language::English => (
            "Usage",
            [
                "Month",
                "Unit code",
                "Host unit",
                "Meetings",
                "Planned minutes",
                "Sites invited",
                "Invited in all",
                "Cancelled",
            ],
        ),
    };
    let table = Table {
        name,
        titles: titles.to_vec(),
        rows: usage(meetings).into_iter().map(row).collect(),
    };
    file(&table, "usage", wanted.form)
}

fn file(table: &Table, name: &str, form: Form) -> Result<Response, Problem> {
    let written = match form {
        Form::Csv => table.csv().map_err(|error| error.to_string()),
        Form::Xlsx => table.xlsx().map_err(|error| error.to_string()),
    };
    let bytes = written.map_err(|error| {
        tracing::error!(%error, "a report could not be written");
        fault()
    })?;
    let (kind, ending) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
        ),
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.{ending}\""),
        ),
    ];
    Ok((headers, bytes).into_response())
}
