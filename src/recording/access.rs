//! Who asks, and what they may do with the archive that they ask about.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use diemcau_protocol::{ArchiveRight, Editor, ErrorCode, MeetingId, Role};
use diemcau_recorder::is_wrong_identity;
use diemcau_recorder::library::is_destroyed;
use diemcau_recorder::minutes::desk::{DeskError, Seen};
use diemcau_recorder::minutes::draft::Hand;
use diemcau_signaling::{Origin, Reader, refuse};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use crate::wire::Services;

/// The largest body that is no file, in bytes.
const BODY: usize = 1024 * 1024;
/// How long a body may take, and one that is a file.
const BODY_TIME: Duration = Duration::from_secs(10);
const FILE_TIME: Duration = Duration::from_secs(600);

/// A request about a recording, by somebody who may ask it.
pub(super) struct Asked {
    pub(super) reader: Reader,
    pub(super) meeting: MeetingId,
    pub(super) origin: Origin,
    pub(super) rights: BTreeSet<ArchiveRight>,
    pub(super) headers: HeaderMap,
}

/// Who asks, and what is left of the request.
pub(super) async fn somebody(
    services: &Services,
    request: Request,
) -> Result<(Reader, HeaderMap, Body), Response> {
    let (mut parts, body) = request.into_parts();
    let reader = services.signaling.reader(&mut parts).await?;
    Ok((reader, parts.headers, body))
}

impl Asked {
    /// A request without a body; see [`Asked::with_body`].
    pub(super) async fn of(
        services: &Services,
        meeting: String,
        right: ArchiveRight,
        request: Request,
    ) -> Result<Self, Response> {
        let asked = Self::with_body(services, meeting, right, request).await;
        asked.map(|(asked, _)| asked)
    }

    /// Whoever asks must have this right. Who may not even read it is not told
    /// that it is there. The body has not been read yet.
    pub(super) async fn with_body(
        services: &Services,
        meeting: String,
        right: ArchiveRight,
        request: Request,
    ) -> Result<(Self, Body), Response> {
        let (reader, headers, body) = somebody(services, request).await?;
        let meeting = MeetingId(meeting);
        let origin = services.signaling.origin(&meeting).await;
        let origin = origin.map_err(|error| {
            tracing::error!(%error, "nobody can be let at a recording");
            unavailable()
        })?;
        let rights = reader.rights(&meeting, &origin);
        if !rights.contains(&ArchiveRight::Read) {
            return Err(unknown());
        }
        if !rights.contains(&right) {
            return Err(forbidden(right));
        }
        let asked = Self {
            reader,
            meeting,
            origin,
            rights,
            headers,
        };
        Ok((asked, body))
    }

    pub(super) fn may(&self, right: ArchiveRight) -> bool {
        self.rights.contains(&right)
    }

    /// Who works on the minutes: their chair, or somebody in the place of
    /// their secretary.
    pub(super) fn hand(&self) -> Hand {
        let role = self.reader.role(&self.meeting, &self.origin);
        let editor: &Editor = self.reader.editor();
        Hand {
            editor: editor.clone(),
            role: if role == Some(Role::Chair) {
                Role::Chair
            } else {
                Role::Secretary
            },
            now: now_ms(),
        }
    }

    /// What the change is a change to: `If-Match`, which must be there.
    pub(super) fn seen(&self) -> Result<Seen, Response> {
        let Some(value) = self.headers.get(header::IF_MATCH) else {
            let code = ErrorCode::PreconditionRequired;
            return Err(refuse(code, "If-Match is needed"));
        };
        let value = value.to_str().unwrap_or_default().trim();
        Ok(Seen::told(value.trim_matches('"')))
    }
}

/// A body, as what it is to be.
pub(super) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Response> {
    let bytes = read(body, BODY, BODY_TIME).await?;
    serde_json::from_slice(&bytes).map_err(|_| {
        let detail = "the body is not what is asked for here";
        refuse(ErrorCode::BadMessage, detail)
    })
}

/// A body that is a file.
pub(super) async fn file(body: Body, most: usize) -> Result<Bytes, Response> {
    read(body, most, FILE_TIME).await
}

async fn read(body: Body, most: usize, time: Duration) -> Result<Bytes, Response> {
    let read = tokio::time::timeout(time, Limited::new(body, most).collect()).await;
    match read {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(refuse(ErrorCode::TooLarge, "the body is too large"))
        }
        Ok(Err(_)) => Err(refuse(ErrorCode::BadMessage, "the body cannot be read")),
        Err(_) => {
            let detail = "the body did not come in time";
            let mut response = refuse(ErrorCode::BadMessage, detail);
            *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
            Err(response)
        }
    }
}

/// Work on the disk, away from the threads that serve.
pub(super) async fn on_disk<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Response>
where
    T: Send + 'static,
    E: Into<DeskError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| refused(error.into())),
        Err(panicked) => Err(refused(io::Error::other(panicked).into())),
    }
}

fn refused(error: DeskError) -> Response {
    match error {
        DeskError::Refused(refusal) => refuse(refusal.code, refusal.detail),
        DeskError::NoRecording => unknown(),
        DeskError::NoMinutes => refuse(ErrorCode::NoMinutes, "the meeting left no minutes"),
        DeskError::Disk(error) if is_destroyed(&error) => {
            let detail = "the archive was destroyed; `keeping` tells who, when and why";
            refuse(ErrorCode::ArchiveDestroyed, detail)
        }
        DeskError::Disk(error) if is_wrong_identity(&error) => {
            let detail = "the archive is encrypted, and `archive.identity` of the server's \
                          settings does not open it";
            refuse(ErrorCode::ArchiveLocked, detail)
        }
        DeskError::Disk(error) if error.kind() == io::ErrorKind::NotFound => unknown(),
        error @ (DeskError::Disk(_) | DeskError::Issue(_)) => {
            tracing::error!(%error, "a recording cannot be read or changed");
            unavailable()
        }
    }
}

pub(super) fn unknown() -> Response {
    let detail = "there is no such recording, or it is not finished";
    refuse(ErrorCode::UnknownRecording, detail)
}

pub(super) fn unavailable() -> Response {
    let detail = "recordings cannot be read or changed now; the log says why";
    refuse(ErrorCode::StorageUnavailable, detail)
}

fn forbidden(right: ArchiveRight) -> Response {
    let code = match right {
        ArchiveRight::ApproveMinutes => ErrorCode::OnlyTheChair,
        ArchiveRight::EditMinutes => ErrorCode::OnlyTheSecretary,
        ArchiveRight::Read
        | ArchiveRight::ReadDraft
        | ArchiveRight::Share
        | ArchiveRight::Transcribe => ErrorCode::Forbidden,
    };
    refuse(code, "the role does not allow it there")
}

/// Puts a version on an answer, if it can be one.
pub(super) fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// Milliseconds since 1970 UTC.
pub(super) fn now_ms() -> i64 {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// State that handlers share.
pub(super) type Shared = Arc<Services>;
