//! Accounts: signing in and out, one's own affairs, and those of others.
//!
//! | address | what |
//! | --- | --- |
//! | `GET`, `POST /api/v1/sign-in` | how one can sign in; signs in |
//! | `POST /api/v1/sign-out` | ends the session |
//! | `GET /api/v1/oidc/start`, `/callback` | to the provider and back |
//! | `POST /api/v1/first-password` | a password, by an administrator's link |
//! | `GET /api/v1/me` | who is signed in |
//! | `POST /api/v1/me/password` | another password |
//! | `POST /api/v1/me/second-factor`, `/confirm`, `/remove` | an authenticator |
//! | `GET`, `DELETE /api/v1/me/sessions`, `/{id}` | where one is signed in |
//! | `GET`, `POST /api/v1/me/tokens`, `DELETE …/{id}` | tokens for programs |
//! | `GET`, `POST /api/v1/accounts` | the accounts |
//! | `GET`, `PATCH /api/v1/accounts/{id}` | one of them |
//! | `POST /api/v1/accounts/{id}/link` | a link for a password |
//! | `DELETE /api/v1/accounts/{id}/sessions`, `/second-factor` | help from outside |
//! | `GET /api/v1/device`, `POST …/pairing` | what a hall's device is to do |
//! | `GET`, `POST /api/v1/devices`, `DELETE …/{id}` | the devices of halls |
//! | `POST /api/v1/sites/{id}/invitations` | where they go by themselves |

pub(super) mod accounts;
pub(super) mod halls;
pub(super) mod me;
pub(super) mod oidc;
pub(super) mod sign_in;
pub(super) mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use diemcau_protocol::ErrorCode;
use serde::de::DeserializeOwned;

use super::actor::Caller;
use super::problem::Problem;
use super::{fault, from_json, read_body};
use crate::identity::IdentityError;
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .merge(sign_in::router())
        .merge(me::router())
        .merge(oidc::router())
        .merge(tokens::router())
        .merge(accounts::router())
        .merge(halls::router())
}

/// Finds out who asks, and then reads the body.
async fn asked<T: DeserializeOwned>(
    shared: &Arc<Shared>,
    request: Request,
) -> Result<(Caller, Parts, T), Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, shared).await?;
    let body = json(Request::from_parts(parts.clone(), body)).await?;
    Ok((caller, parts, body))
}

async fn json<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let body = read_body(request).await?;
    from_json(&body)
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(refusal) => refusal.into(),
            IdentityError::Wait(wait) => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::TooManyAttempts,
                format!("try again in {} s", wait.as_secs() + 1),
            )
            .retry_after(wait),
            IdentityError::Store(error) => error.into(),
            IdentityError::Fault => {
                tracing::error!("passwords or authenticators cannot be worked with");
                fault()
            }
        }
    }
}
