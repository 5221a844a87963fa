//! Publishing by WHIP (RFC 9725): an offer by POST, the answer with the
//! address of the session, and its end by DELETE.

use std::time::Duration;

use hyper::http::{Method, StatusCode, header};
use url::Url;

use super::http::{Answer, Client, HttpError};

const SDP: &str = "application/sdp";
/// The longest that a server's wish for a later attempt is heeded.
const LONGEST_WISH: Duration = Duration::from_secs(300);

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum WhipError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server refused.
    #[error("{status}: {detail}")]
    Refused {
        /// Why, as a number.
        status: StatusCode,
        /// Why, as the server says it.
        detail: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// What came is no WHIP answer.
    #[error("the answer is not one of WHIP: {0}")]
    Foreign(&'static str),
}

impl WhipError {
    /// Whether the same offer can succeed later. Wrong addresses, tokens and
    /// descriptions stay wrong.
    pub fn passes(&self) -> bool {
        match self {
            WhipError::Http(HttpError::Address(_) | HttpError::Authority { .. }) => false,
            WhipError::Http(HttpError::Connection(_) | HttpError::Silent) => true,
            WhipError::Refused { status, .. } => {
                status.is_server_error() && *status != StatusCode::NOT_IMPLEMENTED
                    || matches!(
                        *status,
                        StatusCode::NOT_FOUND
                            | StatusCode::REQUEST_TIMEOUT
                            | StatusCode::CONFLICT
                            | StatusCode::GONE
                            | StatusCode::TOO_EARLY
                            | StatusCode::TOO_MANY_REQUESTS
                    )
            }
            WhipError::Foreign(_) => false,
        }
    }

    /// When the server wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            WhipError::Refused { retry_after, .. } => *retry_after,
            WhipError::Http(_) | WhipError::Foreign(_) => None,
        }
    }
}

/// A session that stands.
pub struct WhipSession {
    /// The answer (RFC 8829).
    pub answer: String,
    resource: Url,
}

/// Where to publish, and with which token.
pub struct Whip {
    client: Client,
    endpoint: Url,
    bearer: String,
}

impl Whip {
    /// `token` goes out as the bearer and is told to nobody else.
    pub fn new(client: Client, endpoint: Url, token: &str) -> Self {
        Self {
            client,
            endpoint,
            bearer: format!("Bearer {token}"),
        }
    }

    /// Where it publishes to.
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Offers.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or is no WHIP server.
    pub async fn publish(&self, offer: String) -> Result<WhipSession, WhipError> {
        let headers = [
            (header::AUTHORIZATION, self.bearer.as_str()),
            (header::CONTENT_TYPE, SDP),
            (header::ACCEPT, SDP),
        ];
        let answer = self
            .client
            .request(Method::POST, &self.endpoint, &headers, offer)
            .await?;
        if answer.status != StatusCode::CREATED {
            return Err(refused(&answer));
        }
        let location = answer.header(header::LOCATION);
        let location = location.ok_or(WhipError::Foreign("it names no Location"))?;
        let resource = self.endpoint.join(location);
        let resource = resource.map_err(|_| WhipError::Foreign("its Location is no address"))?;
        // The token is for this server only.
        if resource.origin() != self.endpoint.origin() {
            return Err(WhipError::Foreign("its Location is at another server"));
        }
        let sdp = String::from_utf8(answer.body.to_vec());
        let sdp = sdp.map_err(|_| WhipError::Foreign("its description is not UTF-8"))?;
        if !sdp.starts_with("v=0") {
            return Err(WhipError::Foreign("it has no session description"));
        }
        Ok(WhipSession {
            answer: sdp,
            resource,
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses; the session then ends
    /// with its media connection.
    pub async fn end(&self, session: &WhipSession) -> Result<(), WhipError> {
        let headers = [(header::AUTHORIZATION, self.bearer.as_str())];
        let answer = self
            .client
            .request(Method::DELETE, &session.resource, &headers, String::new())
            .await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(refused(&answer))
    }
}

fn refused(answer: &Answer) -> WhipError {
    let text = String::from_utf8_lossy(&answer.body);
    // RFC 9457, where the server speaks it.
    let problem: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let detail = problem
        .as_ref()
        .and_then(|problem| problem["detail"].as_str())
        .map_or_else(|| text.chars().take(200).collect(), str::to_owned);
    let wish = answer.header(header::RETRY_AFTER);
    let seconds = wish.and_then(|wish| wish.trim().parse().ok());
    WhipError::Refused {
        status: answer.status,
        detail,
        retry_after: seconds.map(|s| Duration::from_secs(s).min(LONGEST_WISH)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        let error = |status| {
            let answer = Answer {
                status,
                headers: [(header::RETRY_AFTER, "7".parse().unwrap())]
                    .into_iter()
                    .collect(),
                body: r#"{"detail":"the token has expired"}"#.into(),
            };
            refused(&answer)
        };
        for (status, passes) in [
            (StatusCode::UNAUTHORIZED, false),
            (StatusCode::FORBIDDEN, false),
            (StatusCode::BAD_REQUEST, false),
            (StatusCode::NOT_FOUND, true),
            (StatusCode::TOO_MANY_REQUESTS, true),
            (StatusCode::SERVICE_UNAVAILABLE, true),
        ] {
            assert_eq!(error(status).passes(), passes, "{status}");
        }
        let error = error(StatusCode::UNAUTHORIZED);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(error.to_string().contains("the token has expired"));
        assert!(WhipError::Http(HttpError::Silent).passes());
    }
}
