//! Programs that are told what happens to meetings.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use diemcau_protocol::{
    CreateWebhook, DeliveryList, ErrorCode, Webhook, WebhookCreated, WebhookList,
};

use super::actor::Actor;
use super::organisation::Asked;
use super::path::Path;
use super::problem::Problem;
use crate::administration::{Answer, Entry, Found, Look};
use crate::ids;
use crate::organisation::{Name, Organisation, Refusal};
use crate::service::Shared;
use crate::webhook::{Target, new_secret};

/// The most webhooks of a server.
const MOST_WEBHOOKS: usize = 20;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/webhooks", get(list).post(create))
        .route("/api/v1/webhooks/{id}", delete(remove))
        .route("/api/v1/webhooks/{id}/deliveries", get(deliveries))
}

/// The webhooks, without their secrets
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "list webhooks",
    responses((status = 200, body = WebhookList)), security(("bearer" = [])))]
pub(super) async fn list(
    _: Actor,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<WebhookList>, Problem> {
    let webhooks = shared.administration.webhooks().await?;
    Ok(Json(WebhookList { webhooks }))
}

/// A new webhook; its secret is told once
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks",
    operation_id = "create webhook", request_body = CreateWebhook,
    responses((status = 201, body = WebhookCreated), (status = 422)),
    security(("bearer" = [])))]
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let CreateWebhook {
        url,
        description,
        events,
    } = asked.json()?;
    Target::parse(&url, shared.planning.private_webhooks)?;
    let unfit = |detail| Refusal::new(ErrorCode::WebhookUnfit, detail);
    if events.is_empty() {
        return Err(unfit("it is told of at least one thing").into());
    }
    let webhook = Webhook {
        id: ids::entry(),
        url: url.trim().to_owned(),
        description: Name::parse(&description)?.as_str().to_owned(),
        events,
    };
    let created = WebhookCreated {
        webhook: webhook.clone(),
        secret: new_secret(),
    };
    let secret = created.secret.clone();
    let decide = |_: &Organisation, found: &Found| {
        if found.webhooks.len() >= MOST_WEBHOOKS {
            return Err(unfit("there are at most 20 webhooks"));
        }
        Ok(vec![Entry::Webhook(webhook, secret)])
    };
    let answer = |_: &[Entry]| Answer {
        status: 201,
        etag: None,
        location: None,
        // Texts always become JSON.
        body: serde_json::to_string(&created).unwrap_or_default(),
    };
    let mut act = asked.act("webhook.create");
    // An answer that is kept to be given again would keep the secret.
    act.once = None;
    let done = shared
        .administration
        .plan(act, Look::default(), decide, answer);
    Ok(done.await?.into_response())
}

/// Removes a webhook; what waits for it is given up
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks",
    operation_id = "remove webhook", params(("id" = String, Path)),
    responses((status = 200), (status = 404)), security(("bearer" = [])))]
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let decide = |_: &Organisation, found: &Found| {
        let mut webhooks = found.webhooks.iter();
        let webhook = webhooks.find(|webhook| webhook.id == id).ok_or(MISSING)?;
        Ok(vec![Entry::NoWebhook(webhook.id.clone())])
    };
    let answer = |_: &[Entry]| Answer {
        status: 200,
        etag: None,
        location: None,
        body: "null".to_owned(),
    };
    let act = asked.act("webhook.remove");
    let done = shared
        .administration
        .plan(act, Look::default(), decide, answer);
    Ok(done.await?.into_response())
}

/// What a webhook was and is to be told, the newest first
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks",
    operation_id = "list what a webhook was told", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryList)), security(("bearer" = [])))]
pub(super) async fn deliveries(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<DeliveryList>, Problem> {
    let deliveries = shared.administration.told_webhook(&id).await?;
    Ok(Json(DeliveryList { deliveries }))
}

const MISSING: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such webhook");
