//! What meetings are made after.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{ErrorCode, MeetingTemplate, SetTemplate, TemplateList};

use super::actor::Actor;
use super::conditional::{Expected, etag, read};
use super::organisation::Asked;
use super::path::Path;
use super::problem::Problem;
use crate::administration::{Answer, Entry, Found, Look};
use crate::ids;
use crate::organisation::{Organisation, Refusal};
use crate::schedule::{built_in_templates, own_template};
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/meeting-templates", get(list).post(create))
        .route(
            "/api/v1/meeting-templates/{id}",
            get(show).put(change).delete(remove),
        )
}

/// The templates: those that are built in, and the organisation's own
#[utoipa::path(get, path = "/api/v1/meeting-templates", tag = "meetings",
    operation_id = "list templates",
    responses((status = 200, body = TemplateList)), security(("bearer" = [])))]
pub(super) async fn list(
    _: Actor,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<TemplateList>, Problem> {
    let mut templates = built_in_templates();
    let own = shared.administration.templates().await?;
    templates.extend(own.into_iter().map(|(_, template)| template));
    Ok(Json(TemplateList { templates }))
}

/// One template
#[utoipa::path(get, path = "/api/v1/meeting-templates/{id}", tag = "meetings",
    operation_id = "show template", params(("id" = String, Path)),
    responses((status = 200, body = MeetingTemplate), (status = 304), (status = 404)),
    security(("bearer" = [])))]
pub(super) async fn show(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (version, template) = find(&shared, &id).await?;
    Ok(read(&headers, version, Json(template)))
}

/// A template by its identifier, with its version.
pub(super) async fn find(shared: &Shared, id: &str) -> Result<(i64, MeetingTemplate), Problem> {
    let mut built_in = built_in_templates().into_iter();
    if let Some(template) = built_in.find(|template| template.id == id) {
        return Ok((1, template));
    }
    Ok(shared.administration.template(id).await?.ok_or(MISSING)?)
}

/// A template of the organisation's own
#[utoipa::path(post, path = "/api/v1/meeting-templates", tag = "meetings",
    operation_id = "create template", request_body = SetTemplate,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = MeetingTemplate), (status = 400), (status = 422)),
    security(("bearer" = [])))]
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let spec: SetTemplate = asked.json()?;
    let id = ids::entry();
    let address = format!("/api/v1/meeting-templates/{id}");
    let decide = |_: &Organisation, _: &Found| {
        let template = own_template(id, spec)?;
        Ok(vec![Entry::Template(1, Box::new(template))])
    };
    let answer = |entries: &[Entry]| Answer {
        location: Some(address),
        ..shown(entries, 201)
    };
    let act = asked.act("template.create");
    let done = shared
        .administration
        .plan(act, Look::default(), decide, answer);
    Ok(done.await?.into_response())
}

/// Changes a template of the organisation's own
#[utoipa::path(put, path = "/api/v1/meeting-templates/{id}", tag = "meetings",
    operation_id = "change template", request_body = SetTemplate,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = MeetingTemplate), (status = 404), (status = 412),
        (status = 428)), security(("bearer" = [])))]
pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let spec: SetTemplate = asked.json()?;
    let look = Look {
        template: Some(id.clone()),
        ..Look::default()
    };
    let decide = move |_: &Organisation, found: &Found| {
        let (version, _) = found.template.as_ref().ok_or(MISSING)?;
        expected.check(*version)?;
        let template = own_template(id, spec)?;
        Ok(vec![Entry::Template(version + 1, Box::new(template))])
    };
    let act = asked.act("template.change");
    let answer = |entries: &[Entry]| shown(entries, 200);
    let done = shared.administration.plan(act, look, decide, answer);
    Ok(done.await?.into_response())
}

/// Removes a template of the organisation's own
#[utoipa::path(delete, path = "/api/v1/meeting-templates/{id}", tag = "meetings",
    operation_id = "remove template",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200), (status = 404), (status = 412), (status = 428)),
    security(("bearer" = [])))]
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let look = Look {
        template: Some(id.clone()),
        ..Look::default()
    };
    let decide = move |_: &Organisation, found: &Found| {
        let (version, _) = found.template.as_ref().ok_or(MISSING)?;
        expected.check(*version)?;
        Ok(vec![Entry::NoTemplate(id)])
    };
    let act = asked.act("template.remove");
    let answer = |entries: &[Entry]| shown(entries, 200);
    let done = shared.administration.plan(act, look, decide, answer);
    Ok(done.await?.into_response())
}

fn shown(entries: &[Entry], status: u16) -> Answer {
    let template = entries.iter().find_map(|entry| {
        let Entry::Template(version, template) = entry else {
            return None;
        };
        Some((*version, template))
    });
    Answer {
        status,
        etag: template.map(|(version, _)| etag(version)),
        location: None,
        // Texts and numbers always become JSON.
        body: serde_json::to_string(&template.map(|(_, template)| template)).unwrap_or_default(),
    }
}

const MISSING: Refusal = Refusal::new(
    ErrorCode::NotFound,
    "there is no such template, or it is built in",
);
