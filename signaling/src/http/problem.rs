//! Problem documents (RFC 9457).

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{ErrorCode, ProblemDetails};

use crate::token::TokenRefusal;

/// When it makes sense to ask again what cannot be served now.
const RETRY_SECONDS: &str = "3";

/// An error of the REST interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    code: ErrorCode,
    detail: Cow<'static, str>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: ErrorCode,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
        }
    }
}

impl From<TokenRefusal> for Problem {
    fn from(refusal: TokenRefusal) -> Self {
        let detail = match refusal {
            TokenRefusal::Invalid => "the token is not valid",
            TokenRefusal::Expired => "the token has expired",
        };
        Self::new(StatusCode::UNAUTHORIZED, refusal.code(), detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = ProblemDetails {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code,
        };
        let mut response = (self.status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        response
    }
}
