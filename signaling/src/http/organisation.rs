//! The organisation: tiers, units, sites, people, and their files.
//!
//! | address | what |
//! | --- | --- |
//! | `GET`, `PUT /api/v1/tiers` | the tiers of the tree |
//! | `GET`, `POST /api/v1/units` | the units |
//! | `GET`, `PATCH /api/v1/units/{id}` | one of them; rename, move |
//! | `POST /api/v1/units/{id}/merge`, `/close` | its end |
//! | the same for `sites` and `people`, without `merge` | what belongs to units |
//! | `POST /api/v1/organisation/import` | a file, tried or applied |
//! | `GET /api/v1/organisation/export` | a file |
//!
//! Everybody who is known here reads them; who may change them, and where,
//! stands in [`crate::permissions::system`].

pub(super) mod files;
pub(super) mod members;
pub(super) mod units;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::actor::{Caller, not_allowed};
use super::conditional::{Expected, etag, once};
use super::problem::Problem;
use super::{bad_request, from_json, read_body};
use crate::administration::{Act, Answer, Once};
use crate::clock::now_ms;
use crate::organisation::{
    Change, MemberId, MemberKind, Organisation, Refusal, TierId, UnitId, decide,
};
use crate::permissions::system::{SystemAction, Target};
use crate::service::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .merge(units::router())
        .merge(members::router())
        .merge(files::router())
}

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Wanted {
    limit: Option<usize>,
    cursor: Option<String>,
    /// Below this unit; of this unit.
    #[serde(alias = "parent")]
    unit: Option<String>,
    /// Whether what is closed is wanted, too.
    #[serde(default)]
    closed: bool,
    /// The names as they were then.
    at: Option<i64>,
}

/// A request with its body.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    once: Option<Once>,
}

impl Asked {
    /// Finds out who asks, and then reads the body.
    pub(super) async fn read(shared: &Arc<Shared>, request: Request) -> Result<Self, Problem> {
        Self::of_whoever(shared, request, |_| Ok(())).await
    }

    /// As [`Asked::read`], of an administrator of the whole server alone.
    pub(super) async fn of_administrator(
        shared: &Arc<Shared>,
        request: Request,
    ) -> Result<Self, Problem> {
        Self::of_whoever(shared, request, |caller| {
            caller.administers().map_err(Problem::from)
        })
        .await
    }

    /// As [`Asked::read`], of those who may schedule somewhere; where, is to be
    /// checked against the unit.
    pub(super) async fn of_organiser(
        shared: &Arc<Shared>,
        request: Request,
    ) -> Result<Self, Problem> {
        let may = |caller: &Caller| caller.powers.permit_somewhere(SystemAction::Schedule);
        Self::of_whoever(shared, request, |caller| match may(caller) {
            true => Ok(()),
            false => Err(not_allowed()),
        })
        .await
    }

    /// Whoever may not is not listened to any longer.
    async fn of_whoever(
        shared: &Arc<Shared>,
        request: Request,
        check: impl FnOnce(&Caller) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, shared).await?;
        check(&caller)?;
        Self::of(caller, parts, body).await
    }

    async fn of(caller: Caller, parts: Parts, body: Body) -> Result<Self, Problem> {
        let (method, uri, headers) = (
            parts.method.clone(),
            parts.uri.clone(),
            parts.headers.clone(),
        );
        let body = read_body(Request::from_parts(parts, body)).await?;
        Ok(Self {
            once: once(&method, &uri, &headers, &body)?,
            caller,
            headers,
            body,
        })
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        from_json(&self.body)
    }

    /// What is asked, for the audit log.
    pub(super) fn act(&self, action: &'static str) -> Act {
        Act {
            actor: self.caller.name.clone(),
            action,
            at: now_ms(),
            once: self.once.clone(),
        }
    }

    /// Makes a change, and answers with what it was made to.
    async fn make(
        self,
        shared: &Shared,
        action: &'static str,
        change: Change,
        expected: Option<Expected>,
        about: About,
    ) -> Result<Response, Problem> {
        let act = self.act(action);
        let at = act.at;
        let is_new = expected.is_none();
        let caller = &self.caller;
        let decide = |organisation: &Organisation| {
            allow(caller, organisation, &change)?;
            if let (Some(expected), Some(version)) = (expected, about.version(organisation)) {
                expected.check(version)?;
            }
            decide(organisation, at, change)
        };
        let answer = |organisation: &Organisation| Answer {
            status: if is_new { 201 } else { 200 },
            etag: about.version(organisation).map(etag),
            location: is_new.then(|| about.address()),
            body: about.body(organisation),
        };
        let answer = shared.administration.act(act, decide, answer).await?;
        Ok(answer.into_response())
    }
}

/// Whether somebody may make a change, wherever it reaches.
fn allow(caller: &Caller, organisation: &Organisation, change: &Change) -> Result<(), Refusal> {
    let top =
        |parent: Option<&UnitId>| parent.map_or(Target::System, |id| Target::Unit(id.clone()));
    let parent_of = |id: &UnitId| {
        let unit = organisation.units.get(id);
        top(unit.and_then(|unit| unit.parent.as_ref()))
    };
    let (action, targets) = match change {
        Change::SetTiers(_) => (SystemAction::SetTiers, vec![Target::System]),
        Change::AddUnit { parent, .. } => (SystemAction::ManageUnits, vec![top(parent.as_ref())]),
        Change::AlterUnit {
            id, parent, tier, ..
        } => {
            let mut targets = vec![Target::Unit(id.clone())];
            if let Some(parent) = parent {
                targets.extend([parent_of(id), top(parent.as_ref())]);
            }
            if tier.is_some() {
                targets.push(parent_of(id));
            }
            (SystemAction::ManageUnits, targets)
        }
        // Whose unit it is does not end it: that is for those above.
        Change::MergeUnit { id, into } => {
            let targets = vec![parent_of(id), Target::Unit(into.clone())];
            (SystemAction::ManageUnits, targets)
        }
        Change::CloseUnit { id } => (SystemAction::ManageUnits, vec![parent_of(id)]),
        Change::AddMember { unit, .. } => (
            SystemAction::ManageMembers,
            vec![Target::Unit(unit.clone())],
        ),
        Change::AlterMember { kind, id, unit, .. } => {
            let known = organisation.members(*kind).get(id);
            let units = known.map(|member| &member.unit).into_iter().chain(unit);
            let targets = units.map(|unit| Target::Unit(unit.clone())).collect();
            (SystemAction::ManageMembers, targets)
        }
        Change::CloseMember { kind, id } => {
            let known = organisation.members(*kind).get(id);
            let targets = known.map(|member| Target::Unit(member.unit.clone()));
            (SystemAction::ManageMembers, targets.into_iter().collect())
        }
    };
    // What is not there has no place; then it is the whole that one must know.
    if targets.is_empty() && !caller.powers.permit_somewhere(action) {
        return Err(crate::permissions::system::NOT_ALLOWED);
    }
    targets
        .iter()
        .try_for_each(|target| caller.check(organisation, action, target))
}

/// Whether somebody may read what belongs to a unit.
fn may_read(caller: &Caller, organisation: &Organisation, unit: &UnitId) -> bool {
    let target = Target::Unit(unit.clone());
    let action = SystemAction::ReadOrganisation;
    caller.powers.permit(organisation, action, &target)
}

/// What a change is about.
enum About {
    Tiers,
    Unit(UnitId),
    Member(MemberKind, MemberId),
}

impl About {
    /// The version that it has; `None` where there is no such thing.
    fn version(&self, organisation: &Organisation) -> Option<i64> {
        match self {
            About::Tiers => Some(organisation.version),
            About::Unit(id) => organisation.units.get(id).map(|unit| unit.version),
            About::Member(kind, id) => {
                let member = organisation.members(*kind).get(id);
                member.map(|member| member.version)
            }
        }
    }

    fn address(&self) -> String {
        match self {
            About::Tiers => "/api/v1/tiers".to_owned(),
            About::Unit(id) => format!("/api/v1/units/{}", id.as_str()),
            About::Member(MemberKind::Site, id) => format!("/api/v1/sites/{}", id.as_str()),
            About::Member(MemberKind::Person, id) => format!("/api/v1/people/{}", id.as_str()),
        }
    }

    fn body(&self, organisation: &Organisation) -> String {
        let body = match self {
            About::Tiers => serde_json::to_string(&views::tiers(organisation)),
            About::Unit(id) => {
                let unit = organisation.units.get(id);
                serde_json::to_string(&unit.map(|unit| views::unit(unit, None)))
            }
            About::Member(kind, id) => {
                let member = organisation.members(*kind).get(id);
                serde_json::to_string(&member.map(|member| views::member(member, None)))
            }
        };
        // Texts and numbers always become JSON.
        body.unwrap_or_default()
    }
}

fn wanted(query: Result<Query<Wanted>, QueryRejection>) -> Result<Wanted, Problem> {
    match query {
        Ok(Query(wanted)) => Ok(wanted),
        Err(_) => Err(bad_request("the query cannot be read")),
    }
}

/// An identifier in an address: one that cannot be there is not there.
fn unit_id(text: &str) -> Result<UnitId, Problem> {
    UnitId::parse(text).map_err(|_| missing())
}

fn member_id(text: &str) -> Result<MemberId, Problem> {
    MemberId::parse(text).map_err(|_| missing())
}

fn missing() -> Problem {
    Refusal::new(
        diemcau_protocol::ErrorCode::NotFound,
        "there is no such unit, site or person",
    )
    .into()
}

fn tier_id(text: &str) -> Result<TierId, Problem> {
    Ok(TierId::parse(text)?)
}
