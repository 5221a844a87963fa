//! Sites and people: the same addresses for both.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Json, Router};
use diemcau_protocol::{ChangeMember, CreateMember, Member, MemberPage};

use super::{About, Asked, Wanted, may_read, member_id, missing, unit_id, views, wanted};
use crate::http::actor::{Caller, not_allowed};
use crate::http::conditional::{Expected, page, read};
use crate::http::path::Path;
use crate::http::problem::Problem;
use crate::ids;
use crate::organisation::{Change, MemberId, MemberKind, Name};
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().merge(sites::router()).merge(people::router())
}

/// The addresses of one kind, each with its description.
macro_rules! addresses {
    ($module:ident, $kind:expr, $all:tt, $one:tt, $end:tt, $words:tt) => {
        pub(in crate::http) mod $module {
            #![doc = $words]

            use axum::extract::State;
            use axum::routing::{get, post};

            use super::*;

            pub(super) fn router() -> Router<Arc<Shared>> {
                Router::new()
                    .route($all, get(list).post(create))
                    .route($one, get(show).patch(change))
                    .route($end, post(close))
            }

            #[doc = concat!($words, ", in Vietnamese order")]
            #[utoipa::path(get, path = $all, operation_id = concat!("list ", $words),
                        tag = "organisation",
                        params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
                            ("unit" = Option<String>, Query), ("closed" = Option<bool>, Query),
                            ("at" = Option<i64>, Query)),
                        responses((status = 200, body = MemberPage), (status = 304)),
                        security(("bearer" = []), ("session" = [])))]
            pub(in crate::http) async fn list(
                caller: Caller,
                State(shared): State<Arc<Shared>>,
                query: Result<Query<Wanted>, QueryRejection>,
                headers: HeaderMap,
            ) -> Result<Response, Problem> {
                super::list(&shared, &caller, $kind, query, &headers).await
            }

            #[doc = concat!("One more of ", $words)]
            #[utoipa::path(post, path = $all, operation_id = concat!("create ", $words),
                        tag = "organisation", request_body = CreateMember,
                        params(("Idempotency-Key" = Option<String>, Header)),
                        responses((status = 201, body = Member), (status = 404), (status = 409)),
                        security(("bearer" = []), ("session" = [])))]
            pub(in crate::http) async fn create(
                State(shared): State<Arc<Shared>>,
                request: Request,
            ) -> Result<Response, Problem> {
                super::create(&shared, $kind, request).await
            }

            #[doc = concat!("One of ", $words)]
            #[utoipa::path(get, path = $one, operation_id = concat!("show ", $words),
                        tag = "organisation",
                        params(("id" = String, Path), ("at" = Option<i64>, Query)),
                        responses((status = 200, body = Member), (status = 304), (status = 404)),
                        security(("bearer" = []), ("session" = [])))]
            pub(in crate::http) async fn show(
                caller: Caller,
                State(shared): State<Arc<Shared>>,
                Path(id): Path<String>,
                query: Result<Query<Wanted>, QueryRejection>,
                headers: HeaderMap,
            ) -> Result<Response, Problem> {
                super::show(&shared, &caller, $kind, &id, query, &headers).await
            }

            #[doc = concat!("Renames or moves one of ", $words)]
            #[utoipa::path(patch, path = $one, operation_id = concat!("change ", $words),
                        tag = "organisation", request_body = ChangeMember,
                        params(("id" = String, Path), ("If-Match" = String, Header)),
                        responses((status = 200, body = Member), (status = 404), (status = 409),
                            (status = 412), (status = 428)), security(("bearer" = []), ("session" = [])))]
            pub(in crate::http) async fn change(
                State(shared): State<Arc<Shared>>,
                Path(id): Path<String>,
                request: Request,
            ) -> Result<Response, Problem> {
                super::change(&shared, $kind, &id, request).await
            }

            #[doc = concat!("Closes one of ", $words)]
            #[utoipa::path(post, path = $end, operation_id = concat!("close ", $words),
                        tag = "organisation",
                        params(("id" = String, Path), ("If-Match" = String, Header),
                            ("Idempotency-Key" = Option<String>, Header)),
                        responses((status = 200, body = Member), (status = 404), (status = 409),
                            (status = 412), (status = 428)), security(("bearer" = []), ("session" = [])))]
            pub(in crate::http) async fn close(
                State(shared): State<Arc<Shared>>,
                Path(id): Path<String>,
                request: Request,
            ) -> Result<Response, Problem> {
                super::close(&shared, $kind, &id, request).await
            }
        }
    };
}

addresses!(
    sites,
    MemberKind::Site,
    "/api/v1/sites",
    "/api/v1/sites/{id}",
    "/api/v1/sites/{id}/close",
    "the sites"
);
addresses!(
    people,
    MemberKind::Person,
    "/api/v1/people",
    "/api/v1/people/{id}",
    "/api/v1/people/{id}/close",
    "the people"
);

/// The actions as they stand in the audit log.
fn action(kind: MemberKind, site: &'static str, person: &'static str) -> &'static str {
    match kind {
        MemberKind::Site => site,
        MemberKind::Person => person,
    }
}

async fn list(
    shared: &Shared,
    caller: &Caller,
    kind: MemberKind,
    query: Result<Query<Wanted>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let wanted = wanted(query)?;
    let organisation = shared.administration.organisation().await?;
    let unit = wanted.unit.as_deref();
    let members: Vec<Member> = organisation
        .members(kind)
        .values()
        .filter(|member| may_read(caller, &organisation, &member.unit))
        .filter(|member| wanted.closed || member.closed_at.is_none())
        .filter(|member| unit.is_none_or(|unit| member.unit.as_str() == unit))
        .map(|member| views::member(member, wanted.at))
        .collect();
    let cursor = wanted.cursor.as_deref();
    let (items, next) = page(
        members,
        |one| &one.name,
        |one| &one.id,
        wanted.limit,
        cursor,
    )?;
    let page = Json(MemberPage { items, next });
    Ok(read(headers, organisation.version, page))
}

async fn create(
    shared: &Arc<Shared>,
    kind: MemberKind,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(shared, request).await?;
    let spec: CreateMember = asked.json()?;
    let id = MemberId::parse(&spec.id.unwrap_or_else(ids::entry))?;
    let change = Change::AddMember {
        kind,
        id: id.clone(),
        unit: unit_id(&spec.unit)?,
        name: Name::parse(&spec.name)?,
        position: spec.position.as_deref().map(Name::parse).transpose()?,
    };
    let action = action(kind, "site.create", "person.create");
    asked
        .make(shared, action, change, None, About::Member(kind, id))
        .await
}

async fn show(
    shared: &Shared,
    caller: &Caller,
    kind: MemberKind,
    id: &str,
    query: Result<Query<Wanted>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let at = wanted(query)?.at;
    let organisation = shared.administration.organisation().await?;
    let member = organisation.members(kind).get(&member_id(id)?);
    let member = member.ok_or_else(missing)?;
    if !may_read(caller, &organisation, &member.unit) {
        return Err(not_allowed());
    }
    Ok(read(
        headers,
        member.version,
        Json(views::member(member, at)),
    ))
}

async fn change(
    shared: &Arc<Shared>,
    kind: MemberKind,
    id: &str,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let id = member_id(id)?;
    let spec: ChangeMember = asked.json()?;
    let position = |position: Option<String>| position.as_deref().map(Name::parse).transpose();
    let change = Change::AlterMember {
        kind,
        id: id.clone(),
        unit: spec.unit.as_deref().map(unit_id).transpose()?,
        name: spec.name.as_deref().map(Name::parse).transpose()?,
        position: spec.position.map(position).transpose()?,
    };
    let action = action(kind, "site.change", "person.change");
    asked
        .make(
            shared,
            action,
            change,
            Some(expected),
            About::Member(kind, id),
        )
        .await
}

async fn close(
    shared: &Arc<Shared>,
    kind: MemberKind,
    id: &str,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::read(shared, request).await?;
    let expected = Expected::of(&asked.headers)?;
    let id = member_id(id)?;
    let change = Change::CloseMember {
        kind,
        id: id.clone(),
    };
    let action = action(kind, "site.close", "person.close");
    asked
        .make(
            shared,
            action,
            change,
            Some(expected),
            About::Member(kind, id),
        )
        .await
}
