//! Who asks for an administrative act: the one place that decides it.
//!
//! So far it is whoever holds an administrator's token. Accounts, tokens of
//! programs and their scopes are to be told apart here, and nowhere else.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::bearer;
use super::problem::Problem;
use crate::service::Shared;

/// Somebody who may administer the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Actor {
    /// As it stands in the audit log.
    pub(super) name: String,
}

impl FromRequestParts<Arc<Shared>> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        shared.tokens.check_admin(&bearer(&parts.headers)?)?;
        Ok(Self {
            name: "administrator".to_owned(),
        })
    }
}
