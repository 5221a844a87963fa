//! Accounts, for those who look after them.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use diemcau_protocol::{
    Account as View, AccountPage, ChangeAccount, CreateAccount, ErrorCode, PasswordLink,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::asked;
use super::me::act;
use crate::administration::Work;
use crate::clock::now_ms;
use crate::http::actor::Caller;
use crate::http::bad_request;
use crate::http::conditional::{Expected, etag, page, read};
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::identity::accounts::{self, Account, Login};
use crate::identity::{Secret, drop_second_factor, sessions};
use crate::ids;
use crate::organisation::{MemberId, Organisation, Refusal};
use crate::permissions::system::{NOT_ALLOWED, SystemAction, Target};
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/accounts", get(list).post(create))
        .route("/api/v1/accounts/{id}", get(show).patch(change))
        .route("/api/v1/accounts/{id}/link", post(link))
        .route("/api/v1/accounts/{id}/sessions", delete(end_sessions))
        .route(
            "/api/v1/accounts/{id}/second-factor",
            delete(remove_second_factor),
        )
}

const UNKNOWN: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such account");

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Wanted {
    limit: Option<usize>,
    cursor: Option<String>,
    /// Of this person.
    person: Option<String>,
}

fn target(organisation: &Organisation, account: &Account) -> Target {
    match account.unit(organisation) {
        Some(unit) => Target::Unit(unit.clone()),
        None => Target::System,
    }
}

/// Whether somebody may look after an account: in its unit, and with every
/// role that it has.
fn may_manage(
    caller: &Caller,
    organisation: &Organisation,
    account: &Account,
) -> Result<(), Refusal> {
    let target = target(organisation, account);
    caller.check(organisation, SystemAction::ManageAccounts, &target)?;
    let powers = &caller.powers;
    let all = account
        .grants
        .iter()
        .all(|grant| powers.permit_grant(organisation, grant));
    if all { Ok(()) } else { Err(NOT_ALLOWED) }
}

/// An account that somebody may look after, for a change.
async fn managed(work: &mut Work<'_>, caller: &Caller, id: &str) -> Result<Account, Problem> {
    let account = accounts::by_id(work, id).await?.ok_or(UNKNOWN)?;
    may_manage(caller, work.organisation(), &account)?;
    Ok(account)
}

/// The accounts, in the order of their names
#[utoipa::path(get, path = "/api/v1/accounts", tag = "identity",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("person" = Option<String>, Query)),
    responses((status = 200, body = AccountPage), (status = 400), (status = 401), (status = 403)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn list(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<AccountPage>, Problem> {
    let Query(wanted) = query.map_err(|_| bad_request("the query cannot be read"))?;
    let mut work = shared.administration.glance().await?;
    let found = accounts::all(&mut work).await;
    let organisation = Arc::clone(work.organisation());
    let action = SystemAction::ReadAccounts;
    let found = work.end(found).await?;
    if !caller.powers.permit_somewhere(action) {
        return Err(NOT_ALLOWED.into());
    }
    let may_read = |account: &Account| {
        let target = target(&organisation, account);
        caller.powers.permit(&organisation, action, &target)
    };
    let person = wanted.person.as_deref();
    let views = found
        .iter()
        .filter(|account| person.is_none_or(|person| account.person.as_str() == person))
        .filter(|account| may_read(account))
        .map(Account::view)
        .collect();
    let cursor = wanted.cursor.as_deref();
    let (items, next) = page(
        views,
        |one: &View| &one.login,
        |one| &one.id,
        wanted.limit,
        cursor,
    )?;
    Ok(Json(AccountPage { items, next }))
}

/// A new account, with a link at which its password is chosen
#[utoipa::path(post, path = "/api/v1/accounts", tag = "identity", request_body = CreateAccount,
    responses((status = 201, body = PasswordLink), (status = 400), (status = 401),
        (status = 403), (status = 404), (status = 409)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (caller, _, spec) = asked::<CreateAccount>(&shared, request).await?;
    let login = Login::parse(&spec.login)?;
    let person = MemberId::parse(&spec.person)?;
    let now = now_ms();
    let mut work = shared.administration.work().await?;
    let created = async {
        let organisation = Arc::clone(work.organisation());
        let known = organisation.people.get(&person);
        let open = known.filter(|person| person.closed_at.is_none());
        let unknown = Refusal::new(ErrorCode::NotFound, "there is no such person");
        let unit = Target::Unit(open.ok_or(unknown)?.unit.clone());
        caller.check(&organisation, SystemAction::ManageAccounts, &unit)?;
        let taken = accounts::by_login(&mut work, &login).await?.is_some()
            || accounts::by_person(&mut work, &person).await?.is_some();
        if taken {
            let detail = "the name is in use, or the person has an account";
            return Err(Problem::from(Refusal::new(
                ErrorCode::AlreadyExists,
                detail,
            )));
        }
        let mut account = Account::new(ids::entry(), person, login, now);
        account.grants = accounts::grants(&organisation, &spec.roles)?;
        may_manage(&caller, &organisation, &account)?;
        accounts::write(&mut work, &account).await?;
        let act = act(caller.name.clone(), "account.create");
        work.note(
            &act,
            ("account", &account.id),
            Value::Null,
            account.audited(),
        )
        .await?;
        let link = shared.identity.make_link(&mut work, &account, now).await?;
        Ok((account, link))
    }
    .await;
    let (account, link) = work.end(created).await?;
    let location = [("location", format!("/api/v1/accounts/{}", account.id))];
    let link = Json(password_link(&account, link));
    Ok((StatusCode::CREATED, location, link).into_response())
}

fn password_link(account: &Account, (secret, expires_at): (Secret, i64)) -> PasswordLink {
    PasswordLink {
        account: account.view(),
        path: format!("/sign-in#link={}", secret.expose()),
        expires_at,
    }
}

/// One account
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "identity",
    params(("id" = String, Path)),
    responses((status = 200, body = View), (status = 304), (status = 401), (status = 403),
        (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn show(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut work = shared.administration.glance().await?;
    let found = accounts::by_id(&mut work, &id).await;
    let organisation = Arc::clone(work.organisation());
    let account = work.end(found).await?.ok_or(UNKNOWN)?;
    let target = target(&organisation, &account);
    caller.check(&organisation, SystemAction::ReadAccounts, &target)?;
    Ok(read(&headers, account.version, Json(account.view())))
}

/// Gives an account other roles, or switches it off or on
#[utoipa::path(patch, path = "/api/v1/accounts/{id}", tag = "identity",
    request_body = ChangeAccount, params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = View), (status = 400), (status = 401), (status = 403),
        (status = 404), (status = 412), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn change(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (caller, parts, spec) = asked::<ChangeAccount>(&shared, request).await?;
    let expected = Expected::of(&parts.headers)?;
    let mut work = shared.administration.work().await?;
    let changed = async {
        let mut account = managed(&mut work, &caller, &id).await?;
        expected.check(account.version)?;
        let before = account.audited();
        let act = act(caller.name.clone(), "account.change");
        if let Some(roles) = &spec.roles {
            account.grants = accounts::grants(work.organisation(), roles)?;
            may_manage(&caller, work.organisation(), &account)?;
        }
        match spec.disabled {
            Some(true) if account.disabled_at.is_none() => {
                account.disabled_at = Some(act.at);
                sessions::end_others(&mut work, &account.id, None).await?;
            }
            Some(false) => account.disabled_at = None,
            Some(true) | None => {}
        }
        account.version += 1;
        accounts::write(&mut work, &account).await?;
        work.note(&act, ("account", &id), before, account.audited())
            .await?;
        Ok::<_, Problem>(account)
    }
    .await;
    let account = work.end(changed).await?;
    Ok(([(ETAG, etag(account.version))], Json(account.view())).into_response())
}

/// Another link at which a password is chosen, in place of those before it
#[utoipa::path(post, path = "/api/v1/accounts/{id}/link", tag = "identity",
    params(("id" = String, Path)),
    responses((status = 201, body = PasswordLink), (status = 401), (status = 403),
        (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn link(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<PasswordLink>), Problem> {
    let now = now_ms();
    let mut work = shared.administration.work().await?;
    let made = async {
        let account = managed(&mut work, &caller, &id).await?;
        let link = shared.identity.make_link(&mut work, &account, now).await?;
        let act = act(caller.name.clone(), "account.link");
        let what = json!({ "expires_at": link.1 });
        work.note(&act, ("account", &id), Value::Null, what).await?;
        Ok::<_, Problem>((account, link))
    }
    .await;
    let (account, link) = work.end(made).await?;
    Ok((StatusCode::CREATED, Json(password_link(&account, link))))
}

/// Ends every session of an account
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/sessions", tag = "identity",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn end_sessions(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut work = shared.administration.work().await?;
    let ended = async {
        let account = managed(&mut work, &caller, &id).await?;
        let ended = sessions::end_others(&mut work, &account.id, None).await?;
        let act = act(caller.name.clone(), "account.sessions.end");
        let what = json!({ "sessions_ended": ended });
        work.note(&act, ("account", &id), Value::Null, what).await?;
        Ok::<_, Problem>(())
    }
    .await;
    work.end(ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the second factor of somebody who has lost it
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/second-factor", tag = "identity",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn remove_second_factor(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut work = shared.administration.work().await?;
    let removed = async {
        let account = managed(&mut work, &caller, &id).await?;
        let act = act(caller.name.clone(), "account.second_factor.remove");
        drop_second_factor(&mut work, &act, account).await?;
        Ok::<_, Problem>(())
    }
    .await;
    work.end(removed).await?;
    Ok(StatusCode::NO_CONTENT)
}
