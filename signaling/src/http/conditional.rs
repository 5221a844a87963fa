//! Requests that depend on something: ETags (RFC 9110 §13), pages, and
//! requests that may come twice (`Idempotency-Key`).

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use diemcau_protocol::ErrorCode;

use super::bad_request;
use super::problem::Problem;
use crate::administration::{Answer, Once};
use crate::log::hash_of;
use crate::organisation::{Refusal, SortKey, sort_key};

/// The longest idempotency key, in characters.
const KEY_LENGTH: usize = 128;

/// The most items of a page, and how many there are when nothing is said.
const MOST_ITEMS: usize = 500;
const ITEMS: usize = 100;

/// The version that a change is to be a change to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Any,
    Version(i64),
    /// An ETag that was not written here.
    Foreign,
}

impl Expected {
    /// What `If-Match` says, which must be there.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(IF_MATCH) else {
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                ErrorCode::PreconditionRequired,
                "If-Match is needed",
            ));
        };
        let value = value.to_str().unwrap_or_default().trim();
        Ok(match value.trim_matches('"').parse() {
            _ if value == "*" => Expected::Any,
            Ok(version) => Expected::Version(version),
            Err(_) => Expected::Foreign,
        })
    }

    pub(super) fn check(self, version: i64) -> Result<(), Refusal> {
        match self {
            Expected::Any => Ok(()),
            Expected::Version(expected) if expected == version => Ok(()),
            Expected::Version(_) | Expected::Foreign => Err(Refusal::new(
                ErrorCode::Outdated,
                "the ETag is of another version",
            )),
        }
    }
}

pub(super) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Answers a read, with nothing where the client has it already.
pub(super) fn read(headers: &HeaderMap, version: i64, response: impl IntoResponse) -> Response {
    let etag = etag(version);
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| {
            let known = known.trim();
            known == "*" || known.trim_start_matches("W/") == etag
        });
    let response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        response.into_response()
    };
    ([(ETAG, etag)], response).into_response()
}

/// A request that may come twice, if it says so.
pub(super) fn once(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Once>, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    if !(1..=KEY_LENGTH).contains(&key.len()) {
        return Err(bad_request(
            "an Idempotency-Key has 1 to 128 ASCII characters",
        ));
    }
    let if_match = headers
        .get(IF_MATCH)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let head = format!("{method} {uri}\n");
    let asked = [head.as_bytes(), if_match, b"\n", body].concat();
    Ok(Some(Once {
        key: key.to_owned(),
        request: hash_of(&asked),
    }))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let json = [("content-type", "application/json")];
        let mut response = (status, json, self.body).into_response();
        for (name, value) in [(ETAG, self.etag), (LOCATION, self.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// One page out of everything, in Vietnamese order, and the cursor of the next
/// one. A cursor names the last item of a page, which may be gone meanwhile.
pub(super) fn page<T>(
    items: Vec<T>,
    name: impl Fn(&T) -> &str,
    id: impl Fn(&T) -> &str,
    limit: Option<usize>,
    cursor: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let limit = limit.unwrap_or(ITEMS);
    if !(1..=MOST_ITEMS).contains(&limit) {
        return Err(bad_request("a page has 1 to 500 items"));
    }
    let after = cursor.map(place).transpose()?;
    let mut placed: Vec<((SortKey, String), T)> = items
        .into_iter()
        .map(|item| ((sort_key(name(&item)), id(&item).to_owned()), item))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
        .collect();
    placed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let more = placed.len() > limit;
    let items: Vec<T> = placed
        .into_iter()
        .take(limit)
        .map(|(_, item)| item)
        .collect();
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| hex::encode(format!("{}\n{}", id(last), name(last))));
    Ok((items, next))
}

fn place(cursor: &str) -> Result<(SortKey, String), Problem> {
    let bytes = hex::decode(cursor).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap_or_default();
    let (id, name) = text
        .split_once('\n')
        .ok_or_else(|| bad_request("the cursor was not written here"))?;
    Ok((sort_key(name), id.to_owned()))
}
