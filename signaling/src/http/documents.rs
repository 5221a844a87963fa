//! Documents of a meeting: put in, listed, opened.
//!
//! | address | what |
//! | --- | --- |
//! | `GET /api/v1/meetings/{id}/documents` | the documents |
//! | `POST /api/v1/meetings/{id}/documents?name=…` | a new one; the body is the file |
//! | `POST …/documents/{number}/versions?name=…` | a new version; the body is the file |
//! | `GET …/documents/{number}/versions/{version}` | a content |
//!
//! The bearer is an invitation to the meeting, or an administrator's token. A
//! content is never shown by the browser as a page of this server: it comes as
//! a download, with a policy that lets nothing in it run.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{
    Document, DocumentAccess, DocumentFile, DocumentList, ErrorCode, MeetingId, ParticipantId, Role,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio_util::io::ReaderStream;

use super::path::Path;
use super::problem::Problem;
use super::{bad_request, bearer, fault};
use crate::documents::{IntakeError, content_type};
use crate::meeting::{
    Deposit, DepositPlace, Reader, Refusal, bytes_kept, kept, listed, may_deposit, opened,
};
use crate::room::{Depositing, Input, RoomHandle};
use crate::service::{OpeningError, Shared};

/// What is said of a file that comes in.
#[derive(Debug, Deserialize)]
struct About {
    name: String,
    title: Option<String>,
    item: Option<u32>,
    /// Roles by their names, with commas between.
    #[serde(default)]
    roles: String,
    #[serde(default)]
    from_item: bool,
    #[serde(default)]
    withdraw_at_end: bool,
}

pub(super) fn router() -> Router<Arc<Shared>> {
    let base = "/api/v1/meetings/{id}/documents";
    Router::new()
        .route(base, get(list).post(add))
        .route(
            &format!("{base}/{{number}}/versions"),
            axum::routing::post(revise),
        )
        .route(
            &format!("{base}/{{number}}/versions/{{version}}"),
            get(content),
        )
}

/// The documents of a meeting
#[utoipa::path(get, path = "/api/v1/meetings/{id}/documents", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, body = DocumentList), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = [])))]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<DocumentList>, Problem> {
    let asked = Asked::by(&shared, id, &headers)?;
    let reader = asked.reader.clone();
    let documents = look(&shared, &asked, move |state| listed(state, &reader)).await??;
    Ok(Json(DocumentList { documents }))
}

/// A new document
#[utoipa::path(post, path = "/api/v1/meetings/{id}/documents", tag = "documents",
    params(("id" = String, Path), ("name" = String, Query), ("title" = Option<String>, Query),
        ("item" = Option<u32>, Query), ("roles" = Option<String>, Query),
        ("from_item" = Option<bool>, Query), ("withdraw_at_end" = Option<bool>, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Document), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 413), (status = 415), (status = 422), (status = 503)),
    security(("bearer" = [])))]
pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Document>), Problem> {
    let (mut parts, body) = request.into_parts();
    let asked = Asked::by(&shared, id, &parts.headers)?;
    let about = about(&mut parts).await?;
    let access = DocumentAccess {
        roles: roles(&about.roles)?,
        from_item: about.from_item,
    };
    let place = DepositPlace::New {
        title: about.title.unwrap_or_else(|| about.name.clone()),
        item: about.item,
        access,
        withdraw_at_end: about.withdraw_at_end,
    };
    take_in(&shared, &asked, about.name, place, body).await
}

/// A new version of a document; the others stay
#[utoipa::path(post, path = "/api/v1/meetings/{id}/documents/{number}/versions",
    tag = "documents",
    params(("id" = String, Path), ("number" = u32, Path), ("name" = String, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Document), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 410), (status = 413), (status = 415), (status = 422),
        (status = 503)),
    security(("bearer" = [])))]
pub(super) async fn revise(
    State(shared): State<Arc<Shared>>,
    Path((id, number)): Path<(String, u32)>,
    request: Request,
) -> Result<(StatusCode, Json<Document>), Problem> {
    let (mut parts, body) = request.into_parts();
    let asked = Asked::by(&shared, id, &parts.headers)?;
    let about = about(&mut parts).await?;
    let place = DepositPlace::Version { number };
    take_in(&shared, &asked, about.name, place, body).await
}

/// The content of a version, as a download
#[utoipa::path(get, path = "/api/v1/meetings/{id}/documents/{number}/versions/{version}",
    tag = "documents",
    params(("id" = String, Path), ("number" = u32, Path), ("version" = u32, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401), (status = 403), (status = 404), (status = 410)),
    security(("bearer" = [])))]
pub(super) async fn content(
    State(shared): State<Arc<Shared>>,
    Path((id, number, version)): Path<(String, u32, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = Asked::by(&shared, id, &headers)?;
    let reader = asked.reader.clone();
    let found = look(&shared, &asked, move |state| {
        let found = opened(state, &reader, number, version);
        found.map(|(_, version)| version.file.clone())
    });
    let file = found.await??;
    let content = shared.documents.read(&asked.meeting, &file).await;
    let content = content.map_err(|error| {
        tracing::error!(meeting = %asked.meeting, %error, "a document cannot be read");
        fault()
    })?;
    let mut response = Body::from_stream(ReaderStream::new(content)).into_response();
    put_headers(response.headers_mut(), &file);
    Ok(response)
}

/// The browser takes the content as what it is and nothing else, keeps no
/// copy, and lets nothing in it run (RFC 6266; CSP level 3, sandbox).
fn put_headers(headers: &mut HeaderMap, file: &DocumentFile) {
    let name = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    let tag = format!("\"{}\"", file.sha256);
    for (header, value) in [(CONTENT_DISPOSITION, disposition), (ETAG, tag)] {
        // Percent notation and hexadecimal are always good values.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header, value);
        }
    }
    headers.insert(CONTENT_LENGTH, file.size.into());
    for (header, value) in [
        (CONTENT_TYPE, content_type(file.kind)),
        (CACHE_CONTROL, "private, no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(header, HeaderValue::from_static(value));
    }
}

/// Who asks, about which meeting.
struct Asked {
    meeting: MeetingId,
    reader: Reader,
}

impl Asked {
    fn by(shared: &Shared, meeting: String, headers: &HeaderMap) -> Result<Self, Problem> {
        let token = bearer(headers)?;
        let meeting = MeetingId(meeting);
        if shared.tokens.check_admin(&token).is_ok() {
            let reader = Reader::Administration;
            return Ok(Self { meeting, reader });
        }
        let claims = shared.tokens.check_invitation(&token)?;
        if claims.meeting != meeting {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                ErrorCode::Forbidden,
                "the invitation is for another meeting",
            ));
        }
        let reader = Reader::Participant {
            id: claims.participant,
            role: claims.role,
        };
        Ok(Self { meeting, reader })
    }

    fn participant(&self) -> Option<(ParticipantId, Role)> {
        match &self.reader {
            Reader::Administration => None,
            Reader::Participant { id, role } => Some((id.clone(), *role)),
        }
    }
}

async fn about(parts: &mut Parts) -> Result<About, Problem> {
    let about: Result<Query<About>, QueryRejection> = Query::from_request_parts(parts, &()).await;
    let Query(about) = about.map_err(|_| bad_request("the query cannot be read"))?;
    Ok(about)
}

fn roles(text: &str) -> Result<std::collections::BTreeSet<Role>, Problem> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| serde_json::from_value(name.into()))
        .collect::<Result<_, _>>()
        .map_err(|_| bad_request("there is no such role"))
}

/// Whoever may not put files in is not listened to any longer.
async fn take_in(
    shared: &Shared,
    asked: &Asked,
    name: String,
    place: DepositPlace,
    body: Body,
) -> Result<(StatusCode, Json<Document>), Problem> {
    let reader = asked.reader.clone();
    let taken = look(shared, asked, move |state| {
        may_deposit(state, &reader).map(|()| bytes_kept(state))
    });
    let taken = taken.await??;
    shared.documents.may_come(&name, taken)?;
    let _place = shared.documents.place()?;
    let pieces = body.into_data_stream();
    let file = shared
        .documents
        .take_in(&asked.meeting, &name, taken, pieces);
    let file = file.await?;
    let sha256 = file.sha256.clone();
    let stored = deposit(shared, asked, Deposit { place, file }).await;
    let content = sha256.clone();
    let found = look(shared, asked, move |state| kept(state, &content)).await;
    if let Ok(found) = &found {
        let is_known = found.is_some();
        shared.documents.settle(&asked.meeting, &sha256, is_known);
    }
    stored??;
    let document = found?.ok_or_else(fault)?;
    Ok((StatusCode::CREATED, Json(document)))
}

async fn deposit(
    shared: &Shared,
    asked: &Asked,
    deposit: Deposit,
) -> Result<Result<(), Refusal>, Problem> {
    let room = shared.meetings.room(&asked.meeting).await?;
    let (reply, stored) = oneshot::channel();
    room.tell(Input::Deposit(Box::new(Depositing {
        participant: asked.participant(),
        deposit,
        reply,
    })));
    stored.await.map_err(|_| OpeningError::Fault.into())
}

/// What is found in the state of the meeting, which is opened if need be.
async fn look<T: Send + 'static>(
    shared: &Shared,
    asked: &Asked,
    how: impl Fn(&crate::meeting::State) -> T + Send + Sync + Clone + 'static,
) -> Result<T, Problem> {
    // A room may end while it is asked; then the meeting is opened again.
    for _ in 0..2 {
        let room: RoomHandle = shared.meetings.room(&asked.meeting).await?;
        if let Some(found) = room.look(how.clone()).await {
            return Ok(found);
        }
    }
    Err(OpeningError::Fault.into())
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Refused(refusal) => refusal.into(),
            IntakeError::TooSlow => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                ErrorCode::BadMessage,
                "the file did not come in time",
            ),
            IntakeError::Disk(error) => {
                let is_full = error.kind() == io::ErrorKind::StorageFull;
                tracing::error!(%error, is_full, "a document cannot be kept");
                Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    ErrorCode::StorageUnavailable,
                    "nothing can be kept now",
                )
            }
        }
    }
}
