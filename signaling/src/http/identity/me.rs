//! One's own account.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use diemcau_protocol::{
    ChangePassword, ConfirmSecondFactor, ErrorCode, Me, NewSecondFactor, RecoveryCodes,
    RemoveSecondFactor, Sessions, SignInMethod,
};
use serde_json::{Value, json};

use super::asked;
use crate::administration::Act;
use crate::clock::now_ms;
use crate::http::actor::{Caller, arrival, sign_in_needed};
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::identity::accounts::{self, Account};
use crate::identity::{Enrolled, sessions};
use crate::organisation::Refusal;
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/me", get(me))
        .route("/api/v1/me/password", post(change_password))
        .route("/api/v1/me/second-factor", post(enrol))
        .route("/api/v1/me/second-factor/confirm", post(confirm))
        .route("/api/v1/me/second-factor/remove", post(remove))
        .route("/api/v1/me/sessions", get(list).delete(end_others))
        .route("/api/v1/me/sessions/{id}", delete(end_one))
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/me", tag = "identity",
    responses((status = 200, body = Me), (status = 401)), security(("session" = [])))]
pub(in crate::http) async fn me(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<Me>, Problem> {
    let (account, session) = caller.in_person()?;
    Ok(Json(view(&shared, &account, session.method).await?))
}

/// An account, as its owner sees it.
pub(super) async fn view(
    shared: &Shared,
    account: &Account,
    method: SignInMethod,
) -> Result<Me, Problem> {
    let mut work = shared.administration.glance().await?;
    let left = accounts::recovery_codes(&mut work, &account.id).await;
    let organisation = Arc::clone(work.organisation());
    let recovery_codes = work.end(left).await?;
    let person = account.person(&organisation).ok_or_else(sign_in_needed)?;
    let unit = organisation.units.get(&person.unit);
    Ok(Me {
        account: account.view(),
        name: person.name().to_owned(),
        position: person
            .position
            .as_ref()
            .map(|position| position.as_str().to_owned()),
        unit: person.unit.as_str().to_owned(),
        unit_name: unit.map(|unit| unit.name().to_owned()).unwrap_or_default(),
        method,
        recovery_codes,
    })
}

/// Changes the password; every other session ends
#[utoipa::path(post, path = "/api/v1/me/password", tag = "identity",
    request_body = ChangePassword,
    responses((status = 204), (status = 401), (status = 403), (status = 422), (status = 429)),
    security(("session" = [])))]
pub(in crate::http) async fn change_password(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (caller, parts, said) = asked::<ChangePassword>(&shared, request).await?;
    let (account, session) = caller.in_person()?;
    let arrival = arrival(&shared, &parts);
    shared
        .identity
        .change_password(
            &shared.administration,
            now_ms(),
            &arrival,
            (&account, &session.id),
            (&said.current, &said.password),
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A second factor, which is good once a code confirms it
#[utoipa::path(post, path = "/api/v1/me/second-factor", tag = "identity",
    responses((status = 201, body = NewSecondFactor), (status = 401), (status = 403),
        (status = 409)),
    security(("session" = [])))]
pub(in crate::http) async fn enrol(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<(StatusCode, Json<NewSecondFactor>), Problem> {
    let (account, _) = caller.in_person()?;
    let enrolled = shared.identity.enrol(&shared.administration, &account);
    let Enrolled { base32, uri } = enrolled.await?;
    let secret = base32;
    Ok((StatusCode::CREATED, Json(NewSecondFactor { secret, uri })))
}

/// Confirms the second factor; gives the recovery codes, once
#[utoipa::path(post, path = "/api/v1/me/second-factor/confirm", tag = "identity",
    request_body = ConfirmSecondFactor,
    responses((status = 200, body = RecoveryCodes), (status = 401), (status = 403),
        (status = 429)),
    security(("session" = [])))]
pub(in crate::http) async fn confirm(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Json<RecoveryCodes>, Problem> {
    let (caller, parts, said) = asked::<ConfirmSecondFactor>(&shared, request).await?;
    let (account, _) = caller.in_person()?;
    let arrival = arrival(&shared, &parts);
    let now = now_ms();
    let confirmed =
        shared
            .identity
            .confirm(&shared.administration, now, &arrival, &account, &said.code);
    Ok(Json(RecoveryCodes {
        codes: confirmed.await?,
    }))
}

/// Removes the second factor
#[utoipa::path(post, path = "/api/v1/me/second-factor/remove", tag = "identity",
    request_body = RemoveSecondFactor,
    responses((status = 204), (status = 401), (status = 403), (status = 429)),
    security(("session" = [])))]
pub(in crate::http) async fn remove(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (caller, parts, said) = asked::<RemoveSecondFactor>(&shared, request).await?;
    let (account, _) = caller.in_person()?;
    let arrival = arrival(&shared, &parts);
    shared
        .identity
        .remove_second_factor(
            &shared.administration,
            now_ms(),
            &arrival,
            &account,
            &said.password,
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where one is signed in
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "identity",
    responses((status = 200, body = Sessions), (status = 401)), security(("session" = [])))]
pub(in crate::http) async fn list(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<Sessions>, Problem> {
    let (account, current) = caller.in_person()?;
    let mut work = shared.administration.glance().await?;
    let found = sessions::of_account(&mut work, &account.id, now_ms()).await;
    let found = work.end(found).await?;
    let items = found.iter().map(|one| one.view(&current.id)).collect();
    Ok(Json(Sessions { items }))
}

/// Ends one of one's sessions
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "identity",
    params(("id" = String, Path)), responses((status = 204), (status = 401), (status = 404)),
    security(("session" = [])))]
pub(in crate::http) async fn end_one(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let name = caller.name.clone();
    let (account, _) = caller.in_person()?;
    let mut work = shared.administration.work().await?;
    let ended = async {
        if !sessions::end(&mut work, &account.id, &id).await? {
            let refusal = Refusal::new(ErrorCode::NotFound, "there is no such session");
            return Err(Problem::from(refusal));
        }
        let act = act(name, "session.end");
        let what = json!({ "account": account.id });
        work.note(&act, ("session", &id), what, Value::Null).await?;
        Ok(())
    }
    .await;
    work.end(ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session but the one that asks
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "identity",
    responses((status = 204), (status = 401)), security(("session" = [])))]
pub(in crate::http) async fn end_others(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<StatusCode, Problem> {
    let name = caller.name.clone();
    let (account, current) = caller.in_person()?;
    let mut work = shared.administration.work().await?;
    let ended = async {
        let ended = sessions::end_others(&mut work, &account.id, Some(&current.id)).await?;
        let act = act(name, "account.sessions.end");
        let what = json!({ "sessions_ended": ended });
        work.note(&act, ("account", &account.id), Value::Null, what)
            .await
    }
    .await;
    work.end(ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An act of this moment.
pub(super) fn act(actor: String, action: &'static str) -> Act {
    Act {
        actor,
        action,
        at: now_ms(),
        once: None,
    }
}
