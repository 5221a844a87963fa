//! Errors of the REST interface: `application/problem+json` (RFC 9457).

use axum::extract::{FromRequestParts, Path as Parsed};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{ErrorCode, ProblemDetails};
use serde::de::DeserializeOwned;

/// An answer that says what is wrong.
pub fn problem(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Response {
    let body = ProblemDetails {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail: detail.into(),
        code,
    };
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// The parts of an address in braces. An address whose parts cannot be there is
/// one that is not there: 404.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let parsed = Parsed::from_request_parts(parts, state).await;
        parsed.map(|Parsed(parsed)| Self(parsed)).map_err(|_| {
            let detail = "there is no such address: a part of it cannot be read";
            problem(StatusCode::NOT_FOUND, ErrorCode::NotFound, detail)
        })
    }
}
