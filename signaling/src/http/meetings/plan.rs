//! What is planned, changed and cancelled.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{
    CancelMeeting, ChangeMeeting, CreateMeeting, MeetingCreated, MeetingId, MeetingPolicy,
    MeetingSource, MeetingsPlanned, PlanMeeting, PlannedItem, PlannedMeeting,
};
use serde_json::Value;

use super::{MISSING, find};
use crate::administration::{Act, Answer, Entry, Found, Look};
use crate::http::bad_request;
use crate::http::conditional::{Expected, etag};
use crate::http::organisation::Asked;
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::http::templates;
use crate::ids;
use crate::organisation::{Organisation, Refusal, UnitId};
use crate::permissions::system::{SystemAction, Target};
use crate::schedule::{
    Around, Draft, Meeting, NewSeries, cancel as call_off, change as alter, create_all,
};
use crate::service::Shared;

/// Plans a meeting, or opens one at once where no start is said
#[utoipa::path(post, path = "/api/v1/meetings", tag = "meetings",
    request_body(description = "PlanMeeting, or CreateMeeting where there is no start",
        content((PlanMeeting = "application/json"), (CreateMeeting = "application/json"))),
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "MeetingsPlanned, or MeetingCreated where there is no start",
            content((MeetingsPlanned = "application/json"), (MeetingCreated = "application/json"))),
        (status = 400), (status = 401), (status = 409), (status = 422)),
    security(("bearer" = [])))]
pub(in crate::http) async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_organiser(&shared, request).await?;
    let body: Value = asked.json()?;
    if body.get("starts_at").is_none() {
        let spec: CreateMeeting = asked
            .json()
            .map_err(|_| bad_request("the body is not a meeting to create"))?;
        let created = shared.open_meeting(&spec, None, None).await?;
        return Ok((StatusCode::CREATED, Json(created)).into_response());
    }
    let spec: PlanMeeting = asked.json()?;
    let skeleton = Skeleton::of(&shared, spec.from.as_ref()).await?;
    let id = ids::meeting();
    let act = asked.act("meeting.create");
    let decide = {
        let (shared, act, id) = (&shared, act.clone(), id.clone());
        let caller = &asked.caller;
        move |organisation: &Organisation, found: &Found| {
            let host = Target::Unit(UnitId::parse(&spec.host_unit)?);
            caller.check(organisation, SystemAction::Schedule, &host)?;
            let around = around(shared, &act, organisation, found);
            let repeat = spec.repeat.clone();
            let draft = skeleton.draft(spec);
            let mut first = Some(id);
            let new = NewSeries {
                id: ids::entry(),
                meeting: &mut || first.take().unwrap_or_else(ids::meeting),
                participant: &mut ids::participant,
            };
            let meetings = create_all(&around, new, &draft, repeat.as_deref())?;
            let mut entries = Vec::new();
            for meeting in meetings {
                let letters = shared.messages(found, None, &meeting, act.at)?;
                entries.push(of_meeting(meeting));
                entries.extend(letters);
            }
            Ok(entries)
        }
    };
    let answer = |entries: &[Entry]| {
        let meetings: Vec<PlannedMeeting> = meetings(entries).map(Meeting::view).collect();
        Answer {
            status: 201,
            etag: Some(etag(1)),
            location: Some(format!("/api/v1/meetings/{id}")),
            body: to_json(&MeetingsPlanned { meetings }),
        }
    };
    let done = shared
        .administration
        .plan(act, Look::default(), decide, answer);
    Ok(done.await?.into_response())
}

/// What a new meeting takes from a template or from another meeting.
#[derive(Default)]
struct Skeleton {
    title: String,
    agenda: Vec<PlannedItem>,
    policy: MeetingPolicy,
}

impl Skeleton {
    async fn of(shared: &Shared, source: Option<&MeetingSource>) -> Result<Self, Problem> {
        match source {
            None => Ok(Self::default()),
            Some(MeetingSource::Template { id }) => {
                let (_, template) = templates::find(shared, id).await?;
                Ok(Self {
                    title: template.name,
                    agenda: template.agenda,
                    policy: template.policy,
                })
            }
            Some(MeetingSource::Meeting { id }) => {
                let Meeting { plan, .. } = find(shared, id.clone()).await?;
                Ok(Self {
                    title: plan.title,
                    agenda: plan.agenda,
                    policy: plan.policy,
                })
            }
        }
    }

    fn draft(self, spec: PlanMeeting) -> Draft {
        Draft {
            title: spec.title.unwrap_or(self.title),
            host_unit: spec.host_unit,
            host_site: spec.host_site,
            starts_at: spec.starts_at,
            ends_at: spec.ends_at,
            time_zone: spec.time_zone,
            agenda: spec.agenda.unwrap_or(self.agenda),
            policy: spec.policy.unwrap_or(self.policy),
            invite: spec.invite,
            series: None,
            organiser: spec.organiser,
            no_state_secrets: spec.no_state_secrets,
        }
    }
}

/// Changes a meeting
#[utoipa::path(patch, path = "/api/v1/meetings/{id}", tag = "meetings",
    request_body = ChangeMeeting, params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = PlannedMeeting), (status = 403), (status = 404),
        (status = 409), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = [])))]
pub(in crate::http) async fn change(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let spec: ChangeMeeting = asked.json()?;
    let change =
        |around: &Around<'_>, before: &Meeting| alter(around, &mut ids::participant, before, &spec);
    make(&shared, asked, id, "meeting.change", change).await
}

/// Cancels a meeting, or all that follow in its series, too
#[utoipa::path(post, path = "/api/v1/meetings/{id}/cancel", tag = "meetings",
    request_body = CancelMeeting, params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = PlannedMeeting), (status = 403), (status = 404),
        (status = 412), (status = 428)),
    security(("bearer" = [])))]
pub(in crate::http) async fn cancel(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let spec: CancelMeeting = asked.json()?;
    let act = asked.act("meeting.cancel");
    let at = act.at;
    let look = Look {
        meeting: Some(MeetingId(id)),
        following: spec.following,
        template: None,
    };
    let decide = |_: &Organisation, found: &Found| {
        let (first, following) = found.meetings.split_first().ok_or(MISSING)?;
        expected.check(first.version)?;
        let mut cancelled = vec![(first, call_off(first, &spec.reason)?)];
        // Those that are over or cancelled already stay as they are.
        cancelled.extend(following.iter().filter_map(|before| {
            let after = call_off(before, &spec.reason).ok()?;
            Some((before, after))
        }));
        let mut entries = Vec::new();
        for (before, after) in cancelled {
            let letters = shared.messages(found, Some(before), &after, at)?;
            entries.push(of_meeting(after));
            entries.extend(letters);
        }
        Ok(entries)
    };
    let done = shared.administration.plan(act, look, decide, shown);
    Ok(done.await?.into_response())
}

/// Makes a change to one meeting, and answers with it.
pub(super) async fn make(
    shared: &Arc<Shared>,
    asked: Asked,
    id: String,
    action: &'static str,
    change: impl FnOnce(&Around<'_>, &Meeting) -> Result<Meeting, Refusal> + Send,
) -> Result<Response, Problem> {
    let expected = Expected::of(&asked.headers)?;
    let act = asked.act(action);
    let look = Look {
        meeting: Some(MeetingId(id)),
        ..Look::default()
    };
    let decide = {
        let act = act.clone();
        move |organisation: &Organisation, found: &Found| {
            let before = found.meetings.first().ok_or(MISSING)?;
            expected.check(before.version)?;
            let around = around(shared, &act, organisation, found);
            let meeting = change(&around, before)?;
            let letters = shared.messages(found, Some(before), &meeting, act.at)?;
            Ok([of_meeting(meeting)].into_iter().chain(letters).collect())
        }
    };
    let done = shared.administration.plan(act, look, decide, shown);
    Ok(done.await?.into_response())
}

/// What a decision depends on.
fn around<'a>(
    shared: &Shared,
    act: &'a Act,
    organisation: &'a Organisation,
    found: &'a Found,
) -> Around<'a> {
    Around {
        organisation,
        now: act.at,
        limits: shared.planning.limits,
        others: &found.others,
        account: &act.actor,
    }
}

/// The first of the meetings that were written.
fn shown(entries: &[Entry]) -> Answer {
    let meeting = meetings(entries).next();
    Answer {
        status: 200,
        etag: meeting.map(|meeting| etag(meeting.version)),
        location: None,
        body: to_json(&meeting.map(Meeting::view)),
    }
}

fn of_meeting(meeting: Meeting) -> Entry {
    Entry::Meeting(Box::new(meeting))
}

fn meetings(entries: &[Entry]) -> impl Iterator<Item = &Meeting> {
    entries.iter().filter_map(|entry| {
        let Entry::Meeting(meeting) = entry else {
            return None;
        };
        Some(&**meeting)
    })
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Texts and numbers always become JSON.
    serde_json::to_string(value).unwrap_or_default()
}
