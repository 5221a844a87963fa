//! Signing in by OpenID Connect: the browser goes to the provider and comes
//! back. What goes wrong is told on the page where one signs in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use diemcau_protocol::ErrorCode;
use serde::Deserialize;

use super::sign_in::{cookies, set_cookie};
use crate::clock::now_ms;
use crate::http::actor::{arrival, cookie};
use crate::http::problem::Problem;
use crate::identity::provider::{Provider, ProviderError};
use crate::identity::{IdentityError, claims};
use crate::service::Shared;

/// The cookie of an errand at the provider.
const ERRAND_COOKIE: &str = "__Host-dc_errand";

/// How long somebody may take at the provider.
const ERRAND_TIME: Duration = Duration::from_secs(10 * 60);

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/oidc/start", get(start))
        .route("/api/v1/oidc/callback", get(callback))
}

fn provider(shared: &Shared) -> Result<&Provider, Failure> {
    shared
        .identity
        .provider
        .as_ref()
        .ok_or(Failure(ErrorCode::NotFound))
}

/// What is told on the page where one signs in.
struct Failure(ErrorCode);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure(code) = self;
        let code = serde_json::to_value(code).unwrap_or_default();
        let code = code.as_str().unwrap_or("internal");
        Redirect::to(&format!("/sign-in#error={code}")).into_response()
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unavailable(_) => {
                tracing::warn!(%error, "the provider of identities is away");
                Failure(ErrorCode::ProviderUnavailable)
            }
            ProviderError::Refused(_) => {
                tracing::warn!(%error, "a sign-in by the provider of identities is refused");
                Failure(ErrorCode::ProviderRefused)
            }
        }
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(refusal) => Failure(refusal.code),
            IdentityError::Wait(_) => Failure(ErrorCode::TooManyAttempts),
            IdentityError::Store(error) => {
                tracing::error!(%error, "somebody could not be signed in");
                Failure(ErrorCode::StorageUnavailable)
            }
            IdentityError::Fault => Failure(ErrorCode::Internal),
        }
    }
}

impl From<Problem> for Failure {
    fn from(_: Problem) -> Self {
        Failure(ErrorCode::Internal)
    }
}

/// Sends the browser to the provider
#[utoipa::path(get, path = "/api/v1/oidc/start", tag = "identity",
    responses((status = 303, description = "to the provider, or back with what went wrong")))]
pub(in crate::http) async fn start(State(shared): State<Arc<Shared>>) -> Response {
    match begin(&shared).await {
        Ok((headers, to)) => (headers, to).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn begin(shared: &Shared) -> Result<(HeaderMap, Redirect), Failure> {
    let until = now_ms() + i64::try_from(ERRAND_TIME.as_millis()).unwrap_or(i64::MAX);
    let (address, errand) = provider(shared)?.start(until).await?;
    let sealed = shared.identity.seal_errand(&errand);
    let sealed = sealed.ok_or(Failure(ErrorCode::Internal))?;
    let mut headers = HeaderMap::new();
    set_cookie(&mut headers, ERRAND_COOKIE, &sealed, Some(ERRAND_TIME))?;
    Ok((headers, Redirect::to(&address)))
}

/// What the provider sends along.
#[derive(Deserialize)]
pub(in crate::http) struct Brought {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Takes the browser back from the provider
#[utoipa::path(get, path = "/api/v1/oidc/callback", tag = "identity",
    params(("code" = Option<String>, Query), ("state" = Option<String>, Query),
        ("error" = Option<String>, Query)),
    responses((status = 303, description = "to one's account, with the cookie of the session, \
        or back with what went wrong")))]
pub(in crate::http) async fn callback(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Response {
    // Whatever came of it, the errand is over.
    let mut over = HeaderMap::new();
    let forgotten = set_cookie(&mut over, ERRAND_COOKIE, "", Some(Duration::ZERO));
    let finished = match forgotten {
        Ok(()) => finish(&shared, request).await,
        Err(problem) => Err(problem.into()),
    };
    match finished {
        Ok((mut headers, to)) => {
            // To extend would put it in the place of the session's.
            for forgotten in over.get_all(SET_COOKIE) {
                headers.append(SET_COOKIE, forgotten.clone());
            }
            (headers, to).into_response()
        }
        Err(failure) => (over, failure).into_response(),
    }
}

async fn finish(shared: &Shared, request: Request) -> Result<(HeaderMap, Redirect), Failure> {
    let provider = provider(shared)?;
    let (parts, _) = request.into_parts();
    let refused = || Failure(ErrorCode::ProviderRefused);
    let Query(brought) = Query::<Brought>::try_from_uri(&parts.uri).map_err(|_| refused())?;
    let now = now_ms();
    let errand = cookie(&parts.headers, ERRAND_COOKIE)
        .and_then(|sealed| shared.identity.open_errand(&sealed, now))
        .ok_or_else(refused)?;
    if let Some(error) = brought.error {
        tracing::info!(%error, "the provider of identities did not let somebody in");
        return Err(refused());
    }
    let (code, state) = brought.code.zip(brought.state).ok_or_else(refused)?;
    let claims = provider.finish(errand, code, &state).await?;
    let arrival = arrival(shared, &parts);
    let signed_in = claims::admit(
        &shared.administration,
        &provider.config,
        now,
        &arrival,
        &claims,
    )
    .await?;
    let headers = cookies(shared, &arrival, &signed_in)?;
    Ok((headers, Redirect::to("/account")))
}
