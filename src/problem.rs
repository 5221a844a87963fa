//! Errors of the REST interface: `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{ErrorCode, ProblemDetails};

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
