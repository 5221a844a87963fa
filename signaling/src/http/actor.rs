//! Who asks: the one place that decides it.
//!
//! ```text
//!   bearer ─┬─ administrator's token ──> the server's own administrator
//!           └─ dc_… ───────────────────> a program, for its owner
//!   cookie ── and from our own page ───> somebody who is signed in
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use cookie::Cookie;
use diemcau_protocol::ErrorCode;

use super::problem::Problem;
use super::{bearer, origin_is_ours};
use crate::clock::now_ms;
use crate::identity::accounts::Account;
use crate::identity::sessions::{self, Session};
use crate::identity::{Arrival, Secret, TOKEN_PREFIX};
use crate::meeting::clean_line;
use crate::organisation::{Organisation, Refusal};
use crate::permissions::system::{NOT_ALLOWED, Powers, SystemAction, Target, TokenLimit};
use crate::redacted::Redacted;
use crate::service::Shared;

/// The cookie of a session. The prefix makes browsers refuse it from any other
/// host and without TLS (RFC 6265bis §4.1.3.2).
pub(super) const SESSION_COOKIE: &str = "__Host-dc_session";

/// The cookie of a hall's device.
pub(super) const DEVICE_COOKIE: &str = "__Host-dc_device";

/// The cookie of a browser in which somebody signed in before.
pub(super) const KNOWN_COOKIE: &str = "__Host-dc_known";

/// Somebody who may administer the whole server: for acts that have no row of
/// their own in the table of [`crate::permissions::system`].
#[derive(Debug, Clone)]
pub(super) struct Actor;

/// Somebody who is known here; the powers say what they may.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// As it stands in the audit log.
    pub(super) name: String,
    pub(super) powers: Powers,
    /// Whose account it is, and the session where one is signed in.
    pub(super) signed_in: Option<(Account, Session)>,
}

impl Caller {
    /// Whether the table allows it.
    pub(super) fn check(
        &self,
        organisation: &Organisation,
        action: SystemAction,
        target: &Target,
    ) -> Result<(), Refusal> {
        self.powers.check(organisation, action, target)
    }

    /// Whether it is an administrator of the whole server.
    pub(super) fn administers(&self) -> Result<(), Refusal> {
        // What only they may do stands for all of it.
        let organisation = Organisation::default();
        self.check(&organisation, SystemAction::SetTiers, &Target::System)
    }

    /// Somebody in person, who acts on their own account.
    pub(super) fn in_person(self) -> Result<(Account, Session), Problem> {
        let organisation = Organisation::default();
        self.check(&organisation, SystemAction::OwnAccount, &Target::Own)?;
        self.signed_in.ok_or_else(sign_in_needed)
    }
}

pub(super) fn sign_in_needed() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInNeeded,
        "nobody is signed in here, or not any longer",
    )
}

impl FromRequestParts<Arc<Shared>> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, shared).await?;
        caller.administers()?;
        Ok(Self)
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let session = cookie(&parts.headers, SESSION_COOKIE);
        match session {
            Some(session) if !parts.headers.contains_key(AUTHORIZATION) => {
                if !parts.method.is_safe() && !is_from_our_page(parts) {
                    return Err(cross_site());
                }
                with_session(shared, &session).await
            }
            Some(_) | None => with_bearer(shared, bearer(&parts.headers)?).await,
        }
    }
}

async fn with_bearer(shared: &Shared, bearer: Redacted<String>) -> Result<Caller, Problem> {
    if !bearer.expose().starts_with(TOKEN_PREFIX) {
        shared.tokens.check_admin(&bearer)?;
        return Ok(Caller {
            name: "administrator".to_owned(),
            powers: Powers::of_the_key(),
            signed_in: None,
        });
    }
    let now = now_ms();
    let mut work = shared.administration.glance().await?;
    let found = sessions::find_token(&mut work, &Secret::shown(bearer.expose()), now).await;
    let unknown = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::TokenInvalid,
            "the token is not valid, or was taken back",
        )
    };
    let (token, owner) = work.end(found).await?.ok_or_else(unknown)?;
    if token.expires_at <= now {
        return Err(crate::token::TokenRefusal::Expired.into());
    }
    Ok(Caller {
        name: format!("token:{}/{}", owner.login.as_str(), token.id),
        powers: Powers::of_token(
            &owner.grants,
            TokenLimit {
                scopes: token.scopes,
                unit: token.unit,
            },
        ),
        signed_in: None,
    })
}

async fn with_session(shared: &Shared, secret: &str) -> Result<Caller, Problem> {
    let mut work = shared.administration.glance().await?;
    let found = sessions::find(&mut work, &Secret::shown(secret), now_ms()).await;
    let (session, account) = work.end(found).await?.ok_or_else(sign_in_needed)?;
    Ok(Caller {
        name: account.actor(),
        powers: Powers::of_account(&account.grants),
        signed_in: Some((account, session)),
    })
}

/// A cookie of the request.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Whether a browser says that the request comes from a page of this host.
/// Cookies come along by themselves, wherever a request was thought up.
pub(super) fn is_from_our_page(parts: &Parts) -> bool {
    match parts.headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => parts.headers.contains_key("origin") && origin_is_ours(&parts.uri, &parts.headers),
    }
}

pub(super) fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        ErrorCode::CrossSite,
        "the request does not come from a page of this host",
    )
}

/// Where somebody who signs in comes from.
pub(super) fn arrival(shared: &Shared, parts: &Parts) -> Arrival {
    let address = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| {
            address.ip()
        });
    let browser = parts.headers.get(USER_AGENT);
    let browser = browser.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let known = cookie(&parts.headers, KNOWN_COOKIE);
    Arrival {
        address,
        browser: clean_line(&browser.unwrap_or_default()),
        known: known.and_then(|known| shared.tokens.check_known(&Redacted::new(known))),
    }
}

/// What is not allowed, as an answer.
pub(super) fn not_allowed() -> Problem {
    NOT_ALLOWED.into()
}
