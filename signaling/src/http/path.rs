//! The parts of an address, as the handlers want them.

use axum::extract::{FromRequestParts, Path as Parsed};
use axum::http::StatusCode;
use axum::http::request::Parts;
use diemcau_protocol::ErrorCode;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The parts in braces. An address whose parts cannot be there, such as a
/// number that is none, is one that is not there: 404, as a problem document.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // No identifier has a NUL in it, and PostgreSQL takes none.
        let has_nul = parts.uri.path().contains("%00");
        match Parsed::from_request_parts(parts, state).await {
            Ok(Parsed(parsed)) if !has_nul => Ok(Self(parsed)),
            Ok(_) | Err(_) => Err(Problem::new(
                StatusCode::NOT_FOUND,
                ErrorCode::NotFound,
                "there is no such address: a part of it cannot be read",
            )),
        }
    }
}
