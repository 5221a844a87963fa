//! Links for guests: made, listed and taken back by the organiser, and the
//! places that guests take with them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{
    CreateGuestInvitation, ErrorCode, GuestInvitation, GuestInvitations, Invitation, MeetingId,
    ParticipantId, ParticipantKind, PlaceTaken,
};

use super::super::actor::Caller;
use crate::administration::{Answer, Work};
use crate::clock::now_ms;
use crate::guests::{self, Host};
use crate::http::conditional::{Expected, etag, read};
use crate::http::fault;
use crate::http::organisation::Asked;
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::ids;
use crate::organisation::{Refusal, UnitId};
use crate::permissions::system::{NOT_ALLOWED, SystemAction, Target};
use crate::service::{Known, Shared};
use crate::token::{GuestClaims, Place};

/// Whose meeting it is may invite guests to it.
async fn may_invite(
    caller: &Caller,
    work: &mut Work<'_>,
    meeting: &MeetingId,
) -> Result<(), Problem> {
    match guests::host(work, meeting).await? {
        Host::Unit(unit) => {
            let unit = Target::Unit(UnitId::parse(&unit)?);
            caller.check(work.organisation(), SystemAction::Schedule, &unit)?;
        }
        Host::Account(organiser) if organiser == caller.name => {}
        Host::Account(_) | Host::Server => caller.administers()?,
    }
    Ok(())
}

/// Who may schedule somewhere; where, is looked at when the meeting is found.
fn schedules(caller: &Caller) -> Result<(), Problem> {
    let may = caller.powers.permit_somewhere(SystemAction::Schedule);
    may.then_some(()).ok_or_else(|| NOT_ALLOWED.into())
}

/// With its link, where that is good.
fn shown_with_link(
    shared: &Shared,
    invitation: &guests::GuestInvitation,
) -> Result<GuestInvitation, Problem> {
    let path = match invitation.is_good(now_ms()) {
        Err(_) => None,
        Ok(()) => {
            let (meeting, ends_at) = (&invitation.meeting, invitation.expires_at);
            let token = shared.tokens.guest(meeting, &invitation.id, ends_at);
            Some(format!("/m/{meeting}#{}", token.map_err(|_| fault())?))
        }
    };
    Ok(invitation.view(path))
}

/// The links for guests of a meeting
#[utoipa::path(get, path = "/api/v1/meetings/{id}/guests", tag = "meetings",
    operation_id = "list guests", params(("id" = String, Path)),
    responses((status = 200, body = GuestInvitations), (status = 401), (status = 403),
        (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn list(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<GuestInvitations>, Problem> {
    schedules(&caller)?;
    let meeting = MeetingId(id);
    shared.known(&meeting).await?;
    let mut work = shared.administration.glance().await?;
    let found = async {
        may_invite(&caller, &mut work, &meeting).await?;
        Ok::<_, Problem>(guests::all(&mut work, &meeting).await?)
    }
    .await;
    let found = work.end(found).await?;
    let items = found.iter().map(|one| shown_with_link(&shared, one));
    Ok(Json(GuestInvitations {
        items: items.collect::<Result<_, _>>()?,
    }))
}

/// A new link for guests
#[utoipa::path(post, path = "/api/v1/meetings/{id}/guests", tag = "meetings",
    operation_id = "create guests", request_body = CreateGuestInvitation,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = GuestInvitation), (status = 400), (status = 401),
        (status = 403), (status = 404), (status = 422)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_organiser(&shared, request).await?;
    let spec: CreateGuestInvitation = asked.json()?;
    let meeting = MeetingId(id);
    let Known { end, .. } = shared.known(&meeting).await?;
    let act = asked.act("guest.invite");
    let mut work = shared.administration.work().await?;
    let made = async {
        may_invite(&asked.caller, &mut work, &meeting).await?;
        if end.is_some() {
            let over = Refusal::new(ErrorCode::MeetingEnded, "the meeting is over");
            return Err(Problem::from(over));
        }
        // The link is a secret, so that only its identifier is kept.
        if let Some(Answer { body: id, .. }) = work.answered(&act).await? {
            return Ok(guests::find(&mut work, &meeting, &id).await?);
        }
        let made = guests::GuestInvitation::new(ids::entry(), meeting.clone(), &act, spec)?;
        guests::add(&mut work, &act, &made).await?;
        let answer = Answer {
            status: 201,
            etag: None,
            location: None,
            body: made.id.clone(),
        };
        work.remember(&act, &answer).await?;
        Ok(made)
    }
    .await;
    let made = work.end(made).await?;
    answer(&shared, 201, &made)
}

/// One link for guests
#[utoipa::path(get, path = "/api/v1/meetings/{id}/guests/{guest}", tag = "meetings",
    operation_id = "show guests", params(("id" = String, Path), ("guest" = String, Path)),
    responses((status = 200, body = GuestInvitation), (status = 304), (status = 401),
        (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn show(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path((id, guest)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    schedules(&caller)?;
    let meeting = MeetingId(id);
    shared.known(&meeting).await?;
    let mut work = shared.administration.glance().await?;
    let found = async {
        may_invite(&caller, &mut work, &meeting).await?;
        Ok::<_, Problem>(guests::find(&mut work, &meeting, &guest).await?)
    }
    .await;
    let found = work.end(found).await?;
    let view = shown_with_link(&shared, &found)?;
    Ok(read(&headers, found.version, Json(view)))
}

/// Takes a link for guests back; who came in with it stays until it goes
#[utoipa::path(post, path = "/api/v1/meetings/{id}/guests/{guest}/revoke", tag = "meetings",
    operation_id = "revoke guests",
    params(("id" = String, Path), ("guest" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = GuestInvitation), (status = 400), (status = 401),
        (status = 403), (status = 404), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn revoke(
    State(shared): State<Arc<Shared>>,
    Path((id, guest)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_organiser(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let meeting = MeetingId(id);
    shared.known(&meeting).await?;
    let act = asked.act("guest.revoke");
    let mut work = shared.administration.work().await?;
    let revoked = async {
        may_invite(&asked.caller, &mut work, &meeting).await?;
        let before = guests::find(&mut work, &meeting, &guest).await?;
        if work.answered(&act).await?.is_some() {
            return Ok::<_, Problem>(before);
        }
        expected.check(before.version)?;
        before.is_good(i64::MIN)?;
        let after = guests::revoke(&mut work, &act, &before).await?;
        let answer = Answer {
            status: 200,
            etag: None,
            location: None,
            body: after.id.clone(),
        };
        work.remember(&act, &answer).await?;
        Ok(after)
    }
    .await;
    let revoked = work.end(revoked).await?;
    answer(&shared, 200, &revoked)
}

fn answer(
    shared: &Shared,
    status: u16,
    invitation: &guests::GuestInvitation,
) -> Result<Response, Problem> {
    let view = shown_with_link(shared, invitation)?;
    let address = format!("/api/v1/meetings/{}/guests/{}", view.meeting, view.id);
    let answer = Answer {
        status,
        etag: Some(etag(invitation.version)),
        location: (status == 201).then_some(address),
        // Texts and numbers always become JSON.
        body: serde_json::to_string(&view).unwrap_or_default(),
    };
    Ok(answer.into_response())
}

/// What a guest's link is for, before a place is taken with it.
pub(in crate::http) async fn shown(
    shared: &Shared,
    claims: GuestClaims,
) -> Result<Json<Invitation>, Problem> {
    let Known { info, end } = shared.known(&claims.meeting).await?;
    let mut work = shared.administration.glance().await?;
    let found = guests::find(&mut work, &claims.meeting, &claims.invitation).await;
    let found = work.end(found).await?;
    found.is_good(now_ms())?;
    found.has_room()?;
    Ok(Json(Invitation {
        meeting: claims.meeting,
        title: info.title,
        host_unit: info.host_unit,
        participant: ParticipantId(found.id),
        role: found.role,
        kind: ParticipantKind::Person,
        name: None,
        unit: None,
        expires_at: found.expires_at,
        ended: end,
        guest: true,
    }))
}

/// The invitation for the place that a guest takes, or came back to.
pub(in crate::http) async fn take(
    shared: &Shared,
    claims: GuestClaims,
    key: &str,
) -> Result<Json<PlaceTaken>, Problem> {
    let place = guests::place(&claims.invitation, key)?;
    let now = now_ms();
    let mut work = shared.administration.work().await?;
    let taken = async {
        let found = guests::find(&mut work, &claims.meeting, &claims.invitation).await?;
        guests::take(&mut work, &found, &place, now).await?;
        Ok::<_, Problem>(found)
    }
    .await;
    let found = work.end(taken).await?;
    let left = u64::try_from(found.expires_at - now).unwrap_or(0);
    let place = Place {
        meeting: &found.meeting,
        participant: &place,
        role: found.role,
        kind: ParticipantKind::Person,
        name: None,
        unit: None,
    };
    let token = shared
        .tokens
        .invitation(&place, Duration::from_millis(left));
    Ok(Json(PlaceTaken {
        token: token.map_err(|_| fault())?,
    }))
}
