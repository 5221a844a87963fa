//! How units, sites and people are written to.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::{Contact, ErrorCode, InvitedKind};
use serde::Deserialize;

use super::actor::Actor;
use super::organisation::Asked;
use super::path::Path;
use super::problem::Problem;
use crate::administration::{Answer, Entry, Found, Look};
use crate::organisation::{MemberId, Organisation, Refusal, UnitId};
use crate::schedule::{Who, address, phone as phone_number};
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/api/v1/contacts/{kind}/{id}", get(show).put(set))
}

/// Whose contact; who asks is looked at before the kind is.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    kind: String,
    id: String,
}

/// How a unit, a site or a person is written to
#[utoipa::path(get, path = "/api/v1/contacts/{kind}/{id}", tag = "organisation",
    params(("kind" = InvitedKind, Path), ("id" = String, Path)),
    responses((status = 200, body = Contact), (status = 404)), security(("bearer" = [])))]
pub(super) async fn show(
    _: Actor,
    State(shared): State<Arc<Shared>>,
    Path(whose): Path<Whose>,
) -> Result<Json<Contact>, Problem> {
    let who = who(whose)?;
    is_there(&*shared.administration.organisation().await?, &who)?;
    let contacts = shared.administration.contacts().await?;
    Ok(Json(contacts.get(&who).cloned().unwrap_or_default()))
}

/// Sets how a unit, a site or a person is written to
#[utoipa::path(put, path = "/api/v1/contacts/{kind}/{id}", tag = "organisation",
    request_body = Contact, params(("kind" = InvitedKind, Path), ("id" = String, Path)),
    responses((status = 200, body = Contact), (status = 400), (status = 404)),
    security(("bearer" = [])))]
pub(super) async fn set(
    State(shared): State<Arc<Shared>>,
    Path(whose): Path<Whose>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of_administrator(&shared, request).await?;
    let who = who(whose)?;
    let Contact {
        email,
        phone,
        language,
    } = asked.json()?;
    let contact = Contact {
        email: email.as_deref().map(address).transpose()?,
        phone: phone.as_deref().map(phone_number).transpose()?,
        language,
    };
    // Texts always become JSON.
    let body = serde_json::to_string(&contact).unwrap_or_default();
    let decide = |organisation: &Organisation, _: &Found| {
        is_there(organisation, &who)?;
        Ok(vec![Entry::Contact(who, contact)])
    };
    let answer = |_: &[Entry]| Answer {
        status: 200,
        etag: None,
        location: None,
        body,
    };
    let act = asked.act("contact.set");
    let done = shared
        .administration
        .plan(act, Look::default(), decide, answer);
    Ok(done.await?.into_response())
}

pub(super) fn who(Whose { kind, id }: Whose) -> Result<Who, Problem> {
    let kind = serde_json::from_value(kind.into()).map_err(|_| MISSING)?;
    Ok(Who { kind, id })
}

pub(super) fn is_there(organisation: &Organisation, who: &Who) -> Result<(), Refusal> {
    let member = || MemberId::parse(&who.id).map_err(|_| MISSING);
    let found = match who.kind {
        InvitedKind::Unit => {
            let unit = UnitId::parse(&who.id).map_err(|_| MISSING)?;
            organisation.units.contains_key(&unit)
        }
        InvitedKind::Site => organisation.sites.contains_key(&member()?),
        InvitedKind::Person => organisation.people.contains_key(&member()?),
        // Their addresses stand in their invitations.
        InvitedKind::Guest => false,
    };
    if found { Ok(()) } else { Err(MISSING) }
}

const MISSING: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such unit, site or person");
