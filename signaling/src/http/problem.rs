//! Problem documents (RFC 9457), in the user's language.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{ErrorCode, ProblemDetails};

use super::devices::status_of;
use super::texts::{Language, text};
use crate::administration::ActError;
use crate::organisation::Refusal;
use crate::store::StoreError;
use crate::token::TokenRefusal;

/// When it makes sense to ask again what cannot be served now.
const RETRY_SECONDS: &str = "3";

/// An error of the REST interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    code: ErrorCode,
    detail: Cow<'static, str>,
    /// When it makes sense to ask again.
    retry_after: Option<Duration>,
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
            retry_after: None,
        }
    }

    /// Says when it makes sense to ask again.
    pub(super) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// For whoever answers in a form of their own.
    pub(super) fn parts(self) -> (StatusCode, ErrorCode, Cow<'static, str>) {
        (self.status, self.code, self.detail)
    }

    fn body(self, language: Language) -> Vec<u8> {
        let details = ProblemDetails {
            kind: "about:blank".to_owned(),
            title: text(self.code, language).to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code,
        };
        // Texts and numbers always become JSON.
        serde_json::to_vec(&details).unwrap_or_default()
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

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(status_of(refusal.code), refusal.code, refusal.detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the organisation cannot be read or changed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::StorageUnavailable,
            "nothing can be read or stored now",
        )
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Refused(refusal) => refusal.into(),
            ActError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ErrorCode::KeyReused,
                "the key was used for another request",
            ),
            ActError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    /// Without a body, which [`speak`] writes in the language of the request.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes problems in the language that the request prefers.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    let of_problem = [
        (CONTENT_TYPE, "application/problem+json"),
        (CONTENT_LANGUAGE, language.tag()),
        (VARY, "Accept-Language"),
    ];
    for (name, value) in of_problem {
        headers.insert(name, HeaderValue::from_static(value));
    }
    *response.body_mut() = Body::from(problem.body(language));
    response
}
