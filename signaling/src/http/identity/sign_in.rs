//! Signing in and out. Sessions live in cookies that no script reads.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cookie::{Cookie, SameSite, time};
use diemcau_protocol::{FirstPassword, Me, SignIn, SignInMethod, SignInOptions, SignedOut};
use serde_json::Value;

use super::{json, me};
use crate::clock::now_ms;
use crate::http::actor::{
    Caller, KNOWN_COOKIE, SESSION_COOKIE, arrival, cross_site, is_from_our_page,
};
use crate::http::problem::Problem;
use crate::identity::sessions;
use crate::identity::{Arrival, IdentityError, SignedIn};
use crate::ids;
use crate::service::Shared;

/// How long a browser is known after somebody signed in there.
const KNOWN_FOR: Duration = Duration::from_secs(180 * 24 * 60 * 60);

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/sign-in", get(options).post(sign_in))
        .route("/api/v1/sign-out", post(sign_out))
        .route("/api/v1/first-password", post(first_password))
}

/// How one can sign in here
#[utoipa::path(get, path = "/api/v1/sign-in", tag = "identity",
    responses((status = 200, body = SignInOptions)))]
pub(in crate::http) async fn options(State(shared): State<Arc<Shared>>) -> Json<SignInOptions> {
    let provider = shared.identity.provider.as_ref();
    Json(SignInOptions {
        provider: provider.map(|provider| provider.config.name.clone()),
    })
}

/// Signs in with name, password and, where the account has one, a code
#[utoipa::path(post, path = "/api/v1/sign-in", tag = "identity", request_body = SignIn,
    responses((status = 200, body = Me, description = "with the cookie of the session"),
        (status = 401), (status = 403), (status = 429)))]
pub(in crate::http) async fn sign_in(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    refuse_other_sites(&parts)?;
    let said: SignIn = json(Request::from_parts(parts.clone(), body)).await?;
    let arrival = arrival(&shared, &parts);
    let now = now_ms();
    let signed_in = shared
        .identity
        .sign_in(&shared.administration, now, &arrival, &said)
        .await?;
    let me = me::view(&shared, &signed_in.account, signed_in.session.method).await?;
    let cookies = cookies(&shared, &arrival, &signed_in)?;
    Ok((cookies, Json(me)).into_response())
}

/// Somebody else's page must not sign anybody in; other programs may.
fn refuse_other_sites(parts: &Parts) -> Result<(), Problem> {
    let from_browser =
        parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key("origin");
    if from_browser && !is_from_our_page(parts) {
        return Err(cross_site());
    }
    Ok(())
}

/// The cookies of a session that begins.
pub(super) fn cookies(
    shared: &Shared,
    arrival: &Arrival,
    signed_in: &SignedIn,
) -> Result<HeaderMap, Problem> {
    let login = signed_in.account.login.as_str();
    let device = match &arrival.known {
        Some((whose, device)) if whose == login => device.clone(),
        Some(_) | None => ids::entry(),
    };
    let known = shared.tokens.known(login, &device, KNOWN_FOR);
    let known = known.map_err(|_| IdentityError::Fault)?;
    let mut headers = HeaderMap::new();
    // The session's cookie goes with the browser; how long it is good the
    // server knows.
    set_cookie(
        &mut headers,
        SESSION_COOKIE,
        signed_in.secret.expose(),
        None,
    )?;
    set_cookie(&mut headers, KNOWN_COOKIE, &known, Some(KNOWN_FOR))?;
    Ok(headers)
}

/// Adds a cookie that no script reads and no other site sends along.
pub(in crate::http) fn set_cookie(
    headers: &mut HeaderMap,
    name: &'static str,
    value: &str,
    life: Option<Duration>,
) -> Result<(), Problem> {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax);
    if let Some(life) = life {
        let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        cookie = cookie.max_age(time::Duration::seconds(seconds));
    }
    let value = HeaderValue::try_from(cookie.build().to_string());
    headers.append(SET_COOKIE, value.map_err(|_| IdentityError::Fault)?);
    Ok(())
}

/// Ends the session
#[utoipa::path(post, path = "/api/v1/sign-out", tag = "identity",
    responses((status = 200, body = SignedOut), (status = 401), (status = 403)),
    security(("session" = [])))]
pub(in crate::http) async fn sign_out(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Response, Problem> {
    let name = caller.name.clone();
    let (account, session) = caller.in_person()?;
    let mut work = shared.administration.work().await?;
    let ended = async {
        sessions::end(&mut work, &account.id, &session.id).await?;
        let act = me::act(name, "session.end");
        let what = serde_json::json!({ "account": account.id });
        work.note(&act, ("session", &session.id), what, Value::Null)
            .await
    }
    .await;
    work.end(ended).await?;
    let mut headers = HeaderMap::new();
    set_cookie(&mut headers, SESSION_COOKIE, "", Some(Duration::ZERO))?;
    let provider = match (&shared.identity.provider, session.method) {
        (Some(provider), SignInMethod::Provider) => provider.logout().await,
        (Some(_) | None, SignInMethod::Password) | (None, SignInMethod::Provider) => None,
    };
    Ok((headers, Json(SignedOut { provider })).into_response())
}

/// Sets the password of a link, which is used up
#[utoipa::path(post, path = "/api/v1/first-password", tag = "identity",
    request_body = FirstPassword, responses((status = 204), (status = 404), (status = 422)))]
pub(in crate::http) async fn first_password(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let FirstPassword { link, password } = json(request).await?;
    shared
        .identity
        .set_by_link(&shared.administration, now_ms(), &link, &password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
