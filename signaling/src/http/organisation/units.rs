//! Tiers and units.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use diemcau_protocol::{
    ChangeUnit, CreateUnit, MergeUnit, SetTiers, TierPreset, Tiers, Unit, UnitPage,
};

use super::{About, Asked, Wanted, may_read, missing, tier_id, unit_id, views, wanted};
use crate::http::actor::{Caller, not_allowed};
use crate::http::bad_request;
use crate::http::conditional::{Expected, page, read};
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::ids;
use crate::organisation::{Change, Name, Tier, UnitId, preset};
use crate::permissions::system::SystemAction;
use crate::service::Shared;

/// The most tiers of a tree.
const MOST_TIERS: usize = 10;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/tiers", get(tiers).put(set_tiers))
        .route("/api/v1/units", get(list).post(create))
        .route("/api/v1/units/{id}", get(show).patch(change))
        .route("/api/v1/units/{id}/merge", post(merge))
        .route("/api/v1/units/{id}/close", post(close))
}

/// The tiers of the tree
#[utoipa::path(get, path = "/api/v1/tiers", tag = "organisation",
    responses((status = 200, body = Tiers), (status = 304)), security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn tiers(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let organisation = shared.administration.organisation().await?;
    if !caller
        .powers
        .permit_somewhere(SystemAction::ReadOrganisation)
    {
        return Err(not_allowed());
    }
    let tiers = Json(views::tiers(&organisation));
    Ok(read(&headers, organisation.version, tiers))
}

/// Sets the tiers up anew
#[utoipa::path(put, path = "/api/v1/tiers", tag = "organisation", request_body = SetTiers,
    params(("If-Match" = String, Header)),
    responses((status = 200, body = Tiers), (status = 409), (status = 412), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn set_tiers(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let tiers = match asked.json()? {
        SetTiers {
            preset: Some(wanted),
            tiers: None,
        } => match wanted {
            TierPreset::ProvinceCommune => {
                preset(&[("province", "Cấp tỉnh"), ("commune", "Cấp xã")])?
            }
            TierPreset::ProvinceDistrictCommune => preset(&[
                ("province", "Cấp tỉnh"),
                ("district", "Cấp huyện"),
                ("commune", "Cấp xã"),
            ])?,
        },
        SetTiers {
            preset: None,
            tiers: Some(tiers),
        } if (1..=MOST_TIERS).contains(&tiers.len()) => tiers
            .iter()
            .map(|tier| {
                Ok(Tier {
                    id: tier_id(&tier.id)?,
                    name: Name::parse(&tier.name)?,
                })
            })
            .collect::<Result<_, Problem>>()?,
        SetTiers { .. } => return Err(bad_request("a preset is given, or 1 to 10 tiers")),
    };
    let change = Change::SetTiers(tiers);
    asked
        .make(&shared, "tiers.set", change, Some(expected), About::Tiers)
        .await
}

/// The units, in Vietnamese order
#[utoipa::path(get, path = "/api/v1/units", tag = "organisation",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("parent" = Option<String>, Query), ("closed" = Option<bool>, Query),
        ("at" = Option<i64>, Query)),
    responses((status = 200, body = UnitPage), (status = 304)), security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn list(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    query: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = wanted(query)?;
    let organisation = shared.administration.organisation().await?;
    let parent = wanted.unit.as_deref();
    let units: Vec<Unit> = organisation
        .units
        .values()
        .filter(|unit| may_read(&caller, &organisation, &unit.id))
        .filter(|unit| wanted.closed || unit.closed_at.is_none())
        .filter(|unit| parent.is_none() || unit.parent.as_ref().map(UnitId::as_str) == parent)
        .map(|unit| views::unit(unit, wanted.at))
        .collect();
    let cursor = wanted.cursor.as_deref();
    let (items, next) = page(
        units,
        |unit| &unit.name,
        |unit| &unit.id,
        wanted.limit,
        cursor,
    )?;
    let page = Json(UnitPage { items, next });
    Ok(read(&headers, organisation.version, page))
}

/// A new unit
#[utoipa::path(post, path = "/api/v1/units", tag = "organisation", request_body = CreateUnit,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Unit), (status = 409)), security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(&shared, request).await?;
    let spec: CreateUnit = asked.json()?;
    let id = UnitId::parse(&spec.id.unwrap_or_else(ids::entry))?;
    let change = Change::AddUnit {
        id: id.clone(),
        parent: spec.parent.as_deref().map(unit_id).transpose()?,
        tier: tier_id(&spec.tier)?,
        name: Name::parse(&spec.name)?,
    };
    asked
        .make(&shared, "unit.create", change, None, About::Unit(id))
        .await
}

/// One unit
#[utoipa::path(get, path = "/api/v1/units/{id}", tag = "organisation",
    params(("id" = String, Path), ("at" = Option<i64>, Query)),
    responses((status = 200, body = Unit), (status = 304), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn show(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let at = wanted(query)?.at;
    let organisation = shared.administration.organisation().await?;
    let unit = organisation.units.get(&unit_id(&id)?).ok_or_else(missing)?;
    if !may_read(&caller, &organisation, &unit.id) {
        return Err(not_allowed());
    }
    Ok(read(&headers, unit.version, Json(views::unit(unit, at))))
}

/// Renames or moves a unit, or changes its tier
#[utoipa::path(patch, path = "/api/v1/units/{id}", tag = "organisation",
    request_body = ChangeUnit, params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Unit), (status = 404), (status = 409), (status = 412),
        (status = 428)), security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn change(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let id = unit_id(&id)?;
    let spec: ChangeUnit = asked.json()?;
    let above = |parent: Option<String>| parent.as_deref().map(unit_id).transpose();
    let change = Change::AlterUnit {
        id: id.clone(),
        name: spec.name.as_deref().map(Name::parse).transpose()?,
        parent: spec.parent.map(above).transpose()?,
        tier: spec.tier.as_deref().map(tier_id).transpose()?,
    };
    asked
        .make(
            &shared,
            "unit.change",
            change,
            Some(expected),
            About::Unit(id),
        )
        .await
}

/// Merges a unit into another one, which goes on
#[utoipa::path(post, path = "/api/v1/units/{id}/merge", tag = "organisation",
    request_body = MergeUnit, params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Unit), (status = 404), (status = 409), (status = 412),
        (status = 428)), security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn merge(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let id = unit_id(&id)?;
    let MergeUnit { into } = asked.json()?;
    let change = Change::MergeUnit {
        id: id.clone(),
        into: unit_id(&into)?,
    };
    asked
        .make(
            &shared,
            "unit.merge",
            change,
            Some(expected),
            About::Unit(id),
        )
        .await
}

/// Closes a unit that nothing belongs to any more
#[utoipa::path(post, path = "/api/v1/units/{id}/close", tag = "organisation",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Unit), (status = 404), (status = 409), (status = 412),
        (status = 428)), security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn close(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(&shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let id = unit_id(&id)?;
    let change = Change::CloseUnit { id: id.clone() };
    asked
        .make(
            &shared,
            "unit.close",
            change,
            Some(expected),
            About::Unit(id),
        )
        .await
}
