//! Devices of halls, and those who look after them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use diemcau_protocol::{
    ErrorCode, HallDevice, HandToSite, NextMeeting, PairDevice, PairedDevice, PairedDevices,
};

use super::asked;
use super::me::act;
use super::sign_in::set_cookie;
use crate::clock::now_ms;
use crate::http::actor::{
    Caller, DEVICE_COOKIE, cookie, cross_site, is_from_our_page, sign_in_needed,
};
use crate::http::fault;
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::identity::Secret;
use crate::identity::halls::{self, Device, SitePlace};
use crate::organisation::{MemberId, Name, Organisation, Refusal};
use crate::permissions::system::{NOT_ALLOWED, SystemAction, Target};
use crate::redacted::Redacted;
use crate::service::{Known, OpeningError, Shared};

/// How long a browser keeps it: as long as browsers keep any (RFC 6265bis
/// §5.5), from each time on that it asks.
const DEVICE_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How long the invitation of a device is good; it gets a new one each time.
const INVITATION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/device", get(show))
        .route("/api/v1/device/pairing", post(ask))
        .route("/api/v1/devices", get(list).post(pair))
        .route("/api/v1/devices/{id}", delete(revoke))
        .route("/api/v1/sites/{id}/invitations", post(hand_over))
}

/// A code to show on the hall's screen
#[utoipa::path(post, path = "/api/v1/device/pairing", tag = "halls",
    responses((status = 201, body = HallDevice, description = "with the cookie of the device"),
        (status = 403), (status = 429)))]
pub(in crate::http) async fn ask(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    if !is_from_our_page(&parts) {
        return Err(cross_site());
    }
    let mut work = shared.administration.work().await?;
    let asked = halls::ask(&mut work, now_ms()).await;
    let (code, secret) = work.end(asked).await?;
    let mut headers = HeaderMap::new();
    set_cookie(
        &mut headers,
        DEVICE_COOKIE,
        secret.expose(),
        Some(DEVICE_LIFE),
    )?;
    let device = Json(HallDevice::Pairing { code });
    Ok((StatusCode::CREATED, headers, device).into_response())
}

/// What a hall's device is to do
#[utoipa::path(get, path = "/api/v1/device", tag = "halls",
    responses((status = 200, body = HallDevice), (status = 401)), security(("device" = [])))]
pub(in crate::http) async fn show(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = cookie(&headers, DEVICE_COOKIE).ok_or_else(sign_in_needed)?;
    let (secret, now) = (Secret::shown(&shown), now_ms());
    let mut work = shared.administration.glance().await?;
    let found = async {
        let Some(device) = halls::find(&mut work, &secret, now).await? else {
            return Ok((None, halls::waiting(&mut work, &secret, now).await?));
        };
        let places = halls::places(&mut work, &device.site, now).await?;
        let site = work.organisation().sites.get(&device.site);
        let name = site.map(|site| site.name().to_owned()).unwrap_or_default();
        Ok::<_, Problem>((Some((device, name, places)), None))
    }
    .await;
    let device = match work.end(found).await? {
        (Some((device, name, places)), _) => HallDevice::Paired {
            site: device.site.as_str().to_owned(),
            name,
            next: next(&shared, &device, places, now).await?,
        },
        (None, Some(code)) => HallDevice::Pairing { code },
        (None, None) => return Err(sign_in_needed()),
    };
    let mut headers = HeaderMap::new();
    set_cookie(&mut headers, DEVICE_COOKIE, &shown, Some(DEVICE_LIFE))?;
    Ok((headers, Json(device)).into_response())
}

/// The first of the places whose meeting is not over. Those that were handed
/// over are forgotten when they are.
async fn next(
    shared: &Shared,
    device: &Device,
    places: Vec<SitePlace>,
    now: i64,
) -> Result<Option<NextMeeting>, Problem> {
    for place in places {
        let known = match shared.meetings.known(&place.meeting).await {
            Ok(known) => Some(known),
            // Nobody has come in yet.
            Err(OpeningError::Unknown) => None,
            // A log that cannot be read must not keep a hall from other meetings.
            Err(OpeningError::Damaged) => continue,
            Err(error) => return Err(error.into()),
        };
        let (title, host_unit) = match (&place.planned, known) {
            (_, Some(Known { info, end: None })) => (info.title, info.host_unit),
            (Some(planned), None) => planned.clone(),
            (Some(_), Some(_)) => continue,
            (None, _) => {
                let mut work = shared.administration.glance().await?;
                let forgotten = halls::forget(&mut work, &device.site, &place.meeting).await;
                work.end(forgotten).await?;
                continue;
            }
        };
        let is_open = place.times.opens_at <= now;
        let token = is_open.then(|| shared.tokens.invitation(&place.place(), INVITATION_LIFE));
        return Ok(Some(NextMeeting {
            meeting: place.meeting.to_string(),
            title,
            host_unit,
            starts_at: place.times.starts_at,
            opens_at: place.times.opens_at,
            token: token.transpose().map_err(|_| fault())?,
        }));
    }
    Ok(None)
}

fn may(
    caller: &Caller,
    organisation: &Organisation,
    action: SystemAction,
    site: &MemberId,
) -> Result<(), Refusal> {
    caller.check(organisation, action, &Target::Site(site.clone()))
}

/// A site that is there.
fn open_site(organisation: &Organisation, id: &str) -> Result<MemberId, Refusal> {
    const UNKNOWN: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such site");
    let id = MemberId::parse(id).map_err(|_| UNKNOWN)?;
    let site = organisation.sites.get(&id).ok_or(UNKNOWN)?;
    site.closed_at.is_none().then_some(id).ok_or(UNKNOWN)
}

/// The devices that one looks after
#[utoipa::path(get, path = "/api/v1/devices", tag = "halls",
    responses((status = 200, body = PairedDevices), (status = 401), (status = 403)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn list(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<PairedDevices>, Problem> {
    let action = SystemAction::ReadDevices;
    if !caller.powers.permit_somewhere(action) {
        return Err(NOT_ALLOWED.into());
    }
    let mut work = shared.administration.glance().await?;
    let found = halls::all(&mut work).await;
    let organisation = Arc::clone(work.organisation());
    let mut found = work.end(found).await?;
    found.retain(|device| may(&caller, &organisation, action, &device.site).is_ok());
    let items = found.iter().map(Device::view).collect();
    Ok(Json(PairedDevices { items }))
}

/// Gives the device that shows a code to a site
#[utoipa::path(post, path = "/api/v1/devices", tag = "halls", request_body = PairDevice,
    responses((status = 201, body = PairedDevice), (status = 400), (status = 401),
        (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn pair(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<(StatusCode, Json<PairedDevice>), Problem> {
    let (caller, _, spec) = asked::<PairDevice>(&shared, request).await?;
    let name = Name::parse(&spec.name)?;
    let mut work = shared.administration.work().await?;
    let paired = async {
        let site = open_site(work.organisation(), &spec.site)?;
        may(
            &caller,
            work.organisation(),
            SystemAction::ManageDevices,
            &site,
        )?;
        let act = act(caller.name.clone(), "device.pair");
        Ok::<_, Problem>(halls::pair(&mut work, &act, &spec.code, &site, &name).await?)
    }
    .await;
    let device = work.end(paired).await?;
    Ok((StatusCode::CREATED, Json(device.view())))
}

/// Takes a device from its site
#[utoipa::path(delete, path = "/api/v1/devices/{id}", tag = "halls",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn revoke(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut work = shared.administration.work().await?;
    let revoked = async {
        let devices = halls::all(&mut work).await?;
        let device = devices.iter().find(|device| device.id == id);
        let unknown = Refusal::new(ErrorCode::NotFound, "there is no such device");
        let device = device.ok_or(unknown)?;
        may(
            &caller,
            work.organisation(),
            SystemAction::ManageDevices,
            &device.site,
        )?;
        let act = act(caller.name.clone(), "device.revoke");
        halls::revoke(&mut work, &act, device).await?;
        Ok::<_, Problem>(())
    }
    .await;
    work.end(revoked).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands an invitation to the devices of a site, which go there by themselves
#[utoipa::path(post, path = "/api/v1/sites/{id}/invitations", tag = "halls",
    request_body = HandToSite, params(("id" = String, Path)),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn hand_over(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (caller, _, spec) = asked::<HandToSite>(&shared, request).await?;
    let invitation = shared.tokens.check_invitation(&Redacted::new(spec.token));
    let mut work = shared.administration.work().await?;
    let handed = async {
        let site = open_site(work.organisation(), &id)?;
        let organisation = work.organisation();
        may(&caller, organisation, SystemAction::Schedule, &site)
            .or_else(|_| may(&caller, organisation, SystemAction::ManageDevices, &site))?;
        // An invitation that is no good is bad input here, not a bad login.
        let invitation = invitation.map_err(|refusal| {
            Problem::new(StatusCode::BAD_REQUEST, refusal.code(), "not an invitation")
        })?;
        let act = act(caller.name.clone(), "site.invite");
        halls::hand_over(&mut work, &act, &site, &invitation).await?;
        Ok::<_, Problem>(())
    }
    .await;
    work.end(handed).await?;
    Ok(StatusCode::NO_CONTENT)
}
