//! Whom selections name, and the personal links of those who are invited.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use diemcau_protocol::{
    ConfirmSelection, DeliveryList, InvitationLink, InvitationPage, PlannedMeeting, Selection,
    SelectionDifference, SelectionPreview,
};
use serde::Deserialize;

use super::plan::make;
use super::{MOST_ITEMS, find};
use crate::http::actor::Actor;
use crate::http::organisation::Asked;
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::http::{bad_request, fault};
use crate::ids;
use crate::log::hash_of;
use crate::schedule::{
    Around, Difference, Invitee, Meeting, Named, confirm_selection, difference, invited, resolve,
};
use crate::service::Shared;

/// Whom a selection names, before anything is saved
#[utoipa::path(post, path = "/api/v1/meetings/preview", tag = "meetings",
    request_body = Selection,
    responses((status = 200, body = SelectionPreview), (status = 400), (status = 404)),
    security(("bearer" = [])))]
pub(in crate::http) async fn preview(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Json<SelectionPreview>, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let selection: Selection = asked.json()?;
    let organisation = shared.administration.organisation().await?;
    let resolved = resolve(&organisation, &selection)?;
    if let Some(gone) = resolved.gone.first() {
        return Err((*gone).into());
    }
    let named = resolved.named;
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Json(SelectionPreview {
        invited: number(named.len()),
        sites: number(named.iter().filter(|named| named.is_site()).count()),
        most_sites: shared.planning.limits.of_meeting(None),
        list: named.iter().map(invited).collect(),
    }))
}

/// How those whom the selection names now differ from those who are invited
#[utoipa::path(get, path = "/api/v1/meetings/{id}/selection", tag = "meetings",
    params(("id" = String, Path)),
    responses((status = 200, body = SelectionDifference), (status = 404)),
    security(("bearer" = [])))]
pub(in crate::http) async fn selection(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<SelectionDifference>, Problem> {
    let meeting = find(&shared, id).await?;
    let organisation = shared.administration.organisation().await?;
    let resolved = resolve(&organisation, &meeting.plan.invite)?;
    let difference = difference(&meeting.invitees, &resolved.named);
    let list = |named: &[Named]| named.iter().map(invited).collect();
    Ok(Json(SelectionDifference {
        added: list(&difference.added),
        removed: list(&difference.removed),
        changed: list(&difference.changed),
        digest: digest(&difference),
    }))
}

/// Invites whom the selection names now
#[utoipa::path(post, path = "/api/v1/meetings/{id}/selection", tag = "meetings",
    request_body = ConfirmSelection, params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = PlannedMeeting), (status = 404), (status = 409),
        (status = 412), (status = 428)),
    security(("bearer" = [])))]
pub(in crate::http) async fn confirm(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let ConfirmSelection { digest: seen } = asked.json()?;
    let change = |around: &Around<'_>, before: &Meeting| {
        let is_seen = |difference: &Difference| digest(difference) == seen;
        confirm_selection(around, &mut ids::participant, before, is_seen)
    };
    make(&shared, asked, id, "meeting.select", change).await
}

fn digest(difference: &Difference) -> String {
    // Texts always become JSON.
    hex::encode(hash_of(&serde_json::to_vec(difference).unwrap_or_default()))
}

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Wanted {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Those who are invited, with their personal links
#[utoipa::path(get, path = "/api/v1/meetings/{id}/invitations", tag = "meetings",
    params(("id" = String, Path), ("limit" = Option<u32>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = InvitationPage), (status = 404)),
    security(("bearer" = [])))]
pub(in crate::http) async fn list(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<InvitationPage>, Problem> {
    let Query(wanted) = query.map_err(|_| bad_request("the query cannot be read"))?;
    let limit = wanted.limit.unwrap_or(MOST_ITEMS);
    if !(1..=MOST_ITEMS).contains(&limit) {
        return Err(bad_request("a page has 1 to 200 items"));
    }
    let meeting = find(&shared, id).await?;
    let contacts = shared.administration.contacts().await?;
    let position = |cursor: &str| {
        let mut invitees = meeting.invitees.iter();
        invitees.position(|invitee| invitee.participant.as_str() == cursor)
    };
    let begin = match wanted.cursor.as_deref() {
        None => 0,
        Some(cursor) => {
            let last = position(cursor);
            1 + last.ok_or_else(|| bad_request("the cursor was not written here"))?
        }
    };
    let page: Vec<&Invitee> = meeting.invitees.iter().skip(begin).take(limit).collect();
    let link = |invitee: &&Invitee| {
        let named = &invitee.named;
        let contact = contacts.get(&named.who);
        Ok(InvitationLink {
            participant: invitee.participant.clone(),
            invited: invited(named),
            has_mail: named.email.is_some()
                || contact.is_some_and(|contact| contact.email.is_some()),
            path: path(&shared, &meeting, invitee)?,
        })
    };
    let items = page.iter().map(link).collect::<Result<Vec<_>, Problem>>()?;
    let more = begin + items.len() < meeting.invitees.len();
    let last = items.last().filter(|_| more);
    Ok(Json(InvitationPage {
        next: last.map(|last| last.participant.as_str().to_owned()),
        items,
    }))
}

/// The personal link, with name and title as the organisation gave them.
fn path(shared: &Shared, meeting: &Meeting, invitee: &Invitee) -> Result<String, Problem> {
    let token = shared.invitation_token(meeting, invitee).map_err(|error| {
        tracing::error!(%error, "links could not be signed");
        fault()
    })?;
    Ok(format!("/m/{}#{token}", meeting.id))
}

/// What was and is to be sent about a meeting
#[utoipa::path(get, path = "/api/v1/meetings/{id}/deliveries", tag = "meetings",
    params(("id" = String, Path)),
    responses((status = 200, body = DeliveryList), (status = 404)),
    security(("bearer" = [])))]
pub(in crate::http) async fn deliveries(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<DeliveryList>, Problem> {
    let meeting = find(&shared, id).await?;
    let deliveries = shared.administration.deliveries(&meeting.id).await?;
    Ok(Json(DeliveryList { deliveries }))
}
