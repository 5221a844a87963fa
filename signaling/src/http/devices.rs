//! What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) have in common: who may
//! come in, the resource of a session, its ICE, and what browsers ask before
//! (CORS).

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, ETAG, IF_MATCH, LINK,
    LOCATION,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, patch};
use diemcau_protocol::{ErrorCode, IceServer, MediaOffer, ParticipantId};
use tokio::sync::oneshot;

use super::path::Path;
use super::problem::Problem;
use super::{bearer, fault, read_body};
use crate::device::description::{self, Purpose, fragment};
use crate::device::{
    self, Arrival, Arrived, DeviceError, DeviceHandle, IfMatch, Patched, Protocol, Request as Asked,
};
use crate::meeting::Newcomer;
use crate::service::{Denied, Shared};
use crate::token::InvitationClaims;

/// Of offers and answers.
const SDP: &str = "application/sdp";

/// Of ICE parameters (RFC 8840).
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The endpoint at `path` and the sessions below it.
pub(super) fn router(
    path: &'static str,
    protocol: Protocol,
    endpoint: MethodRouter<Arc<Shared>>,
) -> Router<Arc<Shared>> {
    let change = move |shared, id, request| change(protocol, shared, id, request);
    let end = move |shared, id, headers| end(protocol, shared, id, headers);
    Router::new()
        .route(path, endpoint.options(options))
        .route(
            &format!("{path}/{{id}}"),
            patch(change).delete(end).options(options),
        )
        .layer(DefaultBodyLimit::max(description::LONGEST))
        .layer(map_response(for_any_origin))
}

/// Pages of any origin may come: what counts is the token in the request, and
/// no cookie does.
async fn for_any_origin(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Location, ETag, Link, Accept-Post, Accept-Patch"),
    );
    response
}

/// What the resource takes; and for whom has an invitation, the ICE servers
/// (RFC 9725 §4.6).
async fn options(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let token = bearer(&headers).ok();
    let invited = token.and_then(|token| shared.tokens.check_invitation(&token).ok());
    let mut response = (
        StatusCode::NO_CONTENT,
        [
            (ACCEPT_POST, SDP),
            (ACCEPT_PATCH, FRAGMENT),
            (ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS, POST, PATCH, DELETE"),
            (
                ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type, If-Match",
            ),
            (ACCESS_CONTROL_MAX_AGE, "86400"),
        ],
    )
        .into_response();
    if let Some(claims) = invited {
        add_ice_links(&mut response, &shared, &claims.participant);
    }
    response
}

/// A device whose invitation is good.
pub(super) struct Admitted {
    pub(super) claims: InvitationClaims,
    pub(super) sdp: String,
}

/// Checks who asks, and reads the offer.
pub(super) async fn admit(shared: &Shared, request: Request) -> Result<Admitted, Problem> {
    let claims = shared
        .tokens
        .check_invitation(&bearer(request.headers())?)?;
    must_be(request.headers(), SDP)?;
    let sdp = text(read_body(request).await?)?;
    Ok(Admitted { claims, sdp })
}

/// Lets a device in: 201 with the answer (RFC 9725 §4.2).
pub(super) async fn arrive(
    shared: Arc<Shared>,
    protocol: Protocol,
    claims: InvitationClaims,
    offer: MediaOffer,
    purpose: Purpose,
) -> Result<Response, Problem> {
    let participant = claims.participant.clone();
    let arrival = Arrival {
        protocol,
        meeting: claims.meeting,
        participant: claims.participant,
        newcomer: Newcomer {
            guest: claims.name.is_none(),
            name: claims.name,
            role: claims.role,
            kind: claims.kind,
            unit: claims.unit,
        },
        offer,
        purpose,
    };
    let (reply, arrived) = oneshot::channel();
    // A task of its own: it goes on when this request is over.
    tokio::spawn(device::run(Arc::clone(&shared), arrival, reply));
    let Arrived { id, etag, sdp } = arrived.await.map_err(|_| fault())??;
    let path = match protocol {
        Protocol::Whip => "whip",
        Protocol::Whep => "whep",
    };
    let headers = [
        (CONTENT_TYPE, SDP.to_owned()),
        (LOCATION, format!("/api/v1/{path}/{id}")),
        (ETAG, format!("\"{etag}\"")),
        (ACCEPT_PATCH, FRAGMENT.to_owned()),
    ];
    let mut response = (StatusCode::CREATED, headers, sdp).into_response();
    add_ice_links(&mut response, &shared, &participant);
    Ok(response)
}

fn add_ice_links(response: &mut Response, shared: &Shared, participant: &ParticipantId) {
    for link in ice_links(&shared.around.ice_servers_of(participant)) {
        response.headers_mut().append(LINK, link);
    }
}

/// The ICE servers as RFC 9725 §4.6 wants them.
fn ice_links(servers: &[IceServer]) -> Vec<HeaderValue> {
    let mut links = Vec::new();
    for server in servers {
        let mut parameters = "; rel=\"ice-server\"".to_owned();
        if let (Some(username), Some(credential)) = (&server.username, &server.credential) {
            parameters += &format!(
                "; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
                quoted(username),
                quoted(credential)
            );
        }
        let of_server = server.urls.iter().filter_map(|url| {
            let link = HeaderValue::from_str(&format!("<{url}>{parameters}"));
            link.ok().map(|mut link| {
                link.set_sensitive(server.credential.is_some());
                link
            })
        });
        links.extend(of_server);
    }
    links
}

/// As within a quoted string (RFC 9110 §5.6.4).
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// PATCH: candidates, or an ICE restart (RFC 9725 §4.3).
async fn change(
    protocol: Protocol,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let device = own_device(protocol, &shared, &id, request.headers())?;
    must_be(request.headers(), FRAGMENT)?;
    let if_match = if_match(request.headers())?;
    let body = text(read_body(request).await?)?;
    let fragment = fragment(&body).map_err(unusable)?;
    let (reply, patched) = oneshot::channel();
    let asked = Asked::Patch {
        if_match,
        fragment,
        reply,
    };
    device
        .requests
        .send(asked)
        .await
        .map_err(|_| DeviceError::Gone)?;
    match patched.await.map_err(|_| DeviceError::Gone)?? {
        Patched::Trickled => Ok(StatusCode::NO_CONTENT.into_response()),
        Patched::Restarted { etag, fragment } => {
            let headers = [
                (CONTENT_TYPE, FRAGMENT.to_owned()),
                (ETAG, format!("\"{etag}\"")),
            ];
            Ok((StatusCode::OK, headers, fragment).into_response())
        }
    }
}

/// DELETE: the participant leaves.
async fn end(
    protocol: Protocol,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let device = own_device(protocol, &shared, &id, &headers)?;
    let (reply, left) = oneshot::channel();
    device
        .requests
        .send(Asked::Leave { reply })
        .await
        .map_err(|_| DeviceError::Gone)?;
    left.await.map_err(|_| DeviceError::Gone)?;
    Ok(StatusCode::OK)
}

/// The device with this resource, if it is of whoever asks.
fn own_device(
    protocol: Protocol,
    shared: &Shared,
    id: &str,
    headers: &HeaderMap,
) -> Result<DeviceHandle, Problem> {
    let claims = shared.tokens.check_invitation(&bearer(headers)?)?;
    let device = shared.devices.find(protocol, id).ok_or(DeviceError::Gone)?;
    if device.meeting != claims.meeting || device.participant != claims.participant {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Forbidden,
            "the session belongs to another invitation",
        ));
    }
    Ok(device)
}

fn must_be(headers: &HeaderMap, media_type: &'static str) -> Result<(), Problem> {
    let is = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(media_type));
    if is {
        return Ok(());
    }
    let detail = match media_type {
        SDP => "the body must be application/sdp",
        _ => "the body must be application/trickle-ice-sdpfrag",
    };
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::BadMessage,
        detail,
    ))
}

fn if_match(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            ErrorCode::BadMessage,
            "If-Match is needed",
        ));
    };
    let value = value.to_str().unwrap_or_default().trim();
    Ok(match value {
        "*" => IfMatch::Any,
        value => IfMatch::Etag(value.trim_matches('"').to_owned()),
    })
}

fn text(body: Bytes) -> Result<String, Problem> {
    String::from_utf8(body.into()).map_err(|_| unusable("the body is not text"))
}

/// A body of the right type that cannot be used.
pub(super) fn unusable(detail: &'static str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::SdpInvalid,
        detail,
    )
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Denied(Denied::Closed(error)) => error.into(),
            DeviceError::Denied(Denied::Refused(refusal)) => {
                Problem::new(status_of(refusal.code), refusal.code, refusal.detail)
            }
            DeviceError::Refused(code, detail) => Problem::new(status_of(code), code, detail),
            DeviceError::Outdated => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                ErrorCode::UnknownSession,
                "the ETag is of another ICE session",
            ),
            DeviceError::Busy => Problem::new(
                StatusCode::CONFLICT,
                ErrorCode::RateLimited,
                "ICE is being restarted already",
            ),
            DeviceError::Gone => Problem::new(
                StatusCode::NOT_FOUND,
                ErrorCode::UnknownSession,
                "there is no such session any more",
            ),
        }
    }
}

/// The status that goes with a code.
pub(super) fn status_of(code: ErrorCode) -> StatusCode {
    use ErrorCode as Code;
    match code {
        Code::SdpInvalid
        | Code::NameRequired
        | Code::TextEmpty
        | Code::TextTooLong
        | Code::KeyReused
        | Code::ConfirmationNeeded
        | Code::NobodyInvited
        | Code::TimeUnfit
        | Code::RepeatUnfit
        | Code::WebhookUnfit
        | Code::PasswordWeak
        | Code::ImportRefused
        | Code::NoSuchPlace
        | Code::Established
        | Code::NotEstablished
        | Code::ReasonMissing
        | Code::BadNumber
        | Code::BadYear
        | Code::BadTemplate
        | Code::NotAPdf
        | Code::PdfEncrypted
        | Code::TextDiffers
        | Code::PagesCovered
        | Code::NotSigned => StatusCode::UNPROCESSABLE_ENTITY,
        Code::TokenInvalid
        | Code::TokenExpired
        | Code::SignInNeeded
        | Code::CredentialsWrong
        | Code::CodeNeeded
        | Code::CodeWrong
        | Code::ProviderRefused => StatusCode::UNAUTHORIZED,
        Code::Forbidden
        | Code::CrossSite
        | Code::NoAccount
        | Code::OnlyTheChair
        | Code::OnlyTheSecretary
        | Code::MutedByChair
        | Code::FloorNeeded
        | Code::Removed
        | Code::ChatOff
        | Code::MeetingLocked
        | Code::MeetingEnded
        | Code::NotOpenYet
        | Code::MeetingCancelled
        | Code::InvitationWithdrawn
        | Code::InvitationUsedUp
        | Code::InLobby => StatusCode::FORBIDDEN,
        Code::TakenOver
        | Code::NotInMeeting
        | Code::AlreadyExists
        | Code::Closed
        | Code::TierUnfit
        | Code::Cycle
        | Code::TooManySites
        | Code::MeetingUnderWay
        | Code::MinutesFrozen
        | Code::MinutesNotApproved
        | Code::MinutesNotIssued
        | Code::MinutesIssued
        | Code::NumberTaken
        | Code::SignerMissing
        | Code::TooManyStatements
        | Code::TranscriptOff
        | Code::NotEmpty => StatusCode::CONFLICT,
        Code::Outdated => StatusCode::PRECONDITION_FAILED,
        Code::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::NotFound
        | Code::UnknownRecording
        | Code::NoMinutes
        | Code::UnknownStatement
        | Code::LinkInvalid
        | Code::PairingUnknown
        | Code::MeetingNotFound
        | Code::UnknownParticipant
        | Code::UnknownItem
        | Code::UnknownSession => StatusCode::NOT_FOUND,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited | Code::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        Code::StorageUnavailable
        | Code::ServerFull
        | Code::ProviderUnavailable
        | Code::ServerStopping
        | Code::MediaUnavailable
        | Code::HeartbeatLost
        | Code::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        Code::FloorTaken
        | Code::FloorNotHeld
        | Code::ConsentNeeded
        | Code::NotAsked
        | Code::ItemRunning
        | Code::NoRollCall
        | Code::RollCallOpen
        | Code::CheckOpen
        | Code::NothingPrepared
        | Code::VoteOpen
        | Code::NoVote
        | Code::VoteOtherWay
        | Code::NotCalled
        | Code::AlreadyVoted
        | Code::PaperTaken
        | Code::PapersNotReady
        | Code::ArchiveHeld
        | Code::ArchiveNotDue
        | Code::ArchiveLocked
        | Code::DestructionNotProposed
        | Code::SecondPersonNeeded => StatusCode::CONFLICT,
        Code::ArchiveDestroyed => StatusCode::GONE,
        Code::RenderUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::VoteUnfit | Code::BallotInvalid => StatusCode::UNPROCESSABLE_ENTITY,
        Code::NotEntitled | Code::DocumentNotYet => StatusCode::FORBIDDEN,
        Code::UnknownDocument => StatusCode::NOT_FOUND,
        Code::DocumentWithdrawn => StatusCode::GONE,
        Code::DocumentUnfit => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::DocumentInfected => StatusCode::UNPROCESSABLE_ENTITY,
        Code::DocumentNotScanned => StatusCode::SERVICE_UNAVAILABLE,
        Code::UnknownGroup | Code::UnknownChannel => StatusCode::NOT_FOUND,
        Code::GroupsUnfit => StatusCode::UNPROCESSABLE_ENTITY,
        Code::NotInterpreter => StatusCode::FORBIDDEN,
        Code::GroupsOpen
        | Code::NoGroups
        | Code::InGroup
        | Code::InPlenary
        | Code::ChannelExists
        | Code::Interprets
        | Code::AirTaken => StatusCode::CONFLICT,
        Code::DocumentsFull | Code::DocumentNotPaged | Code::LeadTaken => StatusCode::CONFLICT,
        Code::BadMessage
        | Code::OutOfRange
        | Code::UnsupportedVersion
        | Code::HelloExpected
        | Code::UnknownCommand => StatusCode::BAD_REQUEST,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
