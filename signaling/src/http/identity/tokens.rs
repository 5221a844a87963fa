//! Tokens for programs, which act for their owner.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use diemcau_protocol::{ApiTokens, CreateApiToken, ErrorCode, NewApiToken};
use serde_json::{Value, json};

use super::asked;
use super::me::act;
use crate::clock::now_ms;
use crate::http::actor::Caller;
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::identity::sessions::{self, ApiToken};
use crate::identity::{Secret, TOKEN_PREFIX};
use crate::ids;
use crate::organisation::{Name, Refusal, UnitId};
use crate::service::Shared;

/// The longest life of a token, in days.
const MOST_DAYS: u32 = 366;

/// The most tokens of an account.
const MOST_TOKENS: usize = 50;

const DAY: i64 = 24 * 60 * 60 * 1_000;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/me/tokens", get(list).post(create))
        .route("/api/v1/me/tokens/{id}", delete(remove))
}

/// One's tokens
#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "identity",
    responses((status = 200, body = ApiTokens), (status = 401)), security(("session" = [])))]
pub(in crate::http) async fn list(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<ApiTokens>, Problem> {
    let (account, _) = caller.in_person()?;
    let mut work = shared.administration.glance().await?;
    let found = sessions::tokens_of(&mut work, &account.id, now_ms()).await;
    let found = work.end(found).await?;
    let items = found.iter().map(ApiToken::view).collect();
    Ok(Json(ApiTokens { items }))
}

/// A new token, shown once
#[utoipa::path(post, path = "/api/v1/me/tokens", tag = "identity", request_body = CreateApiToken,
    responses((status = 201, body = NewApiToken), (status = 400), (status = 401), (status = 404)),
    security(("session" = [])))]
pub(in crate::http) async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<(StatusCode, Json<NewApiToken>), Problem> {
    let (caller, _, spec) = asked::<CreateApiToken>(&shared, request).await?;
    let name = caller.name.clone();
    let (account, _) = caller.in_person()?;
    let now = now_ms();
    let mut work = shared.administration.work().await?;
    let created = async {
        let unit = spec.unit.as_deref().map(UnitId::parse).transpose()?;
        let unknown = |unit: &UnitId| !work.organisation().units.contains_key(unit);
        if unit.as_ref().is_some_and(unknown) {
            return Err(refused(ErrorCode::NotFound, "there is no such unit"));
        }
        if !(1..=MOST_DAYS).contains(&spec.days) || spec.scopes.is_empty() {
            let detail = "a token has a scope and lasts 1 to 366 days";
            return Err(refused(ErrorCode::OutOfRange, detail));
        }
        let others = sessions::tokens_of(&mut work, &account.id, now).await?;
        if others.len() >= MOST_TOKENS {
            return Err(refused(
                ErrorCode::OutOfRange,
                "an account has up to 50 tokens",
            ));
        }
        let mut scopes = spec.scopes;
        scopes.sort();
        scopes.dedup();
        let token = ApiToken {
            id: ids::entry(),
            name: Name::parse(&spec.name)?.as_str().to_owned(),
            scopes,
            unit,
            created_at: now,
            expires_at: now + DAY * i64::from(spec.days),
            used_at: None,
        };
        let secret = Secret::new(TOKEN_PREFIX);
        sessions::add_token(&mut work, &account, &token, &secret).await?;
        let act = act(name, "token.create");
        work.note(&act, ("token", &token.id), Value::Null, json!(token.view()))
            .await?;
        Ok(NewApiToken {
            token: token.view(),
            secret: secret.expose().to_owned(),
        })
    }
    .await;
    Ok((StatusCode::CREATED, Json(work.end(created).await?)))
}

fn refused(code: ErrorCode, detail: &'static str) -> Problem {
    Refusal::new(code, detail).into()
}

/// Takes one of one's tokens back
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", tag = "identity",
    params(("id" = String, Path)), responses((status = 204), (status = 401), (status = 404)),
    security(("session" = [])))]
pub(in crate::http) async fn remove(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let name = caller.name.clone();
    let (account, _) = caller.in_person()?;
    let mut work = shared.administration.work().await?;
    let removed = async {
        if !sessions::remove_token(&mut work, &account.id, &id).await? {
            return Err(refused(ErrorCode::NotFound, "there is no such token"));
        }
        let act = act(name, "token.revoke");
        let what = json!({ "account": account.id });
        work.note(&act, ("token", &id), what, Value::Null).await?;
        Ok(())
    }
    .await;
    work.end(removed).await?;
    Ok(StatusCode::NO_CONTENT)
}
