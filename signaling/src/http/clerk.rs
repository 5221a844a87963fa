//! What the addresses of recordings and minutes, which are served beside this
//! crate, need of it: who asks, what they may do with which archive, with whom
//! archives are shared, the units' templates of minutes, and the audit log.
//!
//! ```text
//!   session, token, administrator ── roles: the table of permissions::system ─┐
//!   invitation of chair, secretary ── the place in that meeting ──────────────┼─> rights
//!   the person's units ── shares ─────────────────────────────────────────────┘
//! ```

mod rights;
mod shares;
mod templates;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{Editor, ErrorCode, InvitedKind, MeetingId, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::actor::{Caller, not_allowed};
use super::bearer;
use super::devices::status_of;
use super::problem::{Problem, speak};
use crate::Signaling;
use crate::administration::Act;
use crate::clock::now_ms;
use crate::identity::TOKEN_PREFIX;
use crate::organisation::{MemberId, Organisation, UnitId};
use crate::permissions::system::{Powers, SystemAction};
use crate::service::Shared;
use crate::store::StoreError;
use crate::token::InvitationClaims;

pub use templates::Template;

/// Somebody who asks about recordings.
#[derive(Debug, Clone)]
pub struct Reader {
    /// As it stands in the audit log.
    actor: String,
    /// As it stands in what they write.
    editor: Editor,
    powers: Powers,
    organisation: Arc<Organisation>,
    person: Option<MemberId>,
    /// Of an invitation: the meeting, and the role there.
    place: Option<(MeetingId, Role)>,
    /// The archives that are shared with them now.
    shared: BTreeSet<MeetingId>,
}

/// What decides who may see an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The unit that hosted the meeting, where it was planned.
    pub unit: Option<String>,
    /// The people who were invited as its chairs.
    pub chairs: Vec<String>,
    /// The people who were invited as its secretaries.
    pub secretaries: Vec<String>,
}

/// An answer that says why not, with the text of its code. It is written by
/// [`speaking`].
pub fn refuse(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Response {
    Problem::new(status_of(code), code, detail).into_response()
}

/// Lets the problems of these addresses speak the language of who asks.
pub fn speaking(router: Router) -> Router {
    router.layer(from_fn(speak))
}

impl Signaling {
    /// Who asks.
    ///
    /// # Errors
    /// A problem where nobody known does, or with a token that is for other
    /// things.
    pub async fn reader(&self, parts: &mut Parts) -> Result<Reader, Response> {
        let reader = match invitation(self.shared(), &parts.headers) {
            Some(claims) => of_invitation(self.shared(), claims).await,
            None => of_caller(self.shared(), parts).await,
        };
        reader.map_err(Problem::into_response)
    }

    /// Where a meeting comes from. Of one that was opened at once nothing is
    /// known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn origin(&self, meeting: &MeetingId) -> Result<Origin, StoreError> {
        let meeting = self.shared().administration.meeting(meeting).await?;
        let Some(meeting) = meeting else {
            return Ok(Origin::default());
        };
        let people = |role: Role| {
            let invited = meeting.invitees.iter().map(|invitee| &invitee.named);
            let people =
                invited.filter(|named| named.role == role && named.who.kind == InvitedKind::Person);
            people.map(|named| named.who.id.clone()).collect()
        };
        Ok(Origin {
            chairs: people(Role::Chair),
            secretaries: people(Role::Secretary),
            unit: Some(meeting.plan.host_unit),
        })
    }

    /// Writes down in the audit log what somebody does with an archive.
    ///
    /// # Errors
    /// A problem where it cannot be stored.
    pub async fn note(
        &self,
        reader: &Reader,
        action: &'static str,
        meeting: &MeetingId,
        what: Json,
    ) -> Result<(), Response> {
        let act = reader.act(action);
        let noted = note(self.shared(), &act, ("archive", meeting.as_str()), what).await;
        noted.map_err(|error| Problem::from(error).into_response())
    }
}

impl Reader {
    /// As they stand in what they write.
    pub fn editor(&self) -> &Editor {
        &self.editor
    }

    /// Whether a unit is this one, or stands below it. An identifier that
    /// cannot be one is none.
    pub fn is_within(&self, unit: Option<&str>, above: &str) -> bool {
        let units = unit.map(UnitId::parse).zip(Some(UnitId::parse(above)));
        match units {
            Some((Ok(unit), Ok(above))) => self.organisation.is_within(&unit, &above),
            Some(_) | None => false,
        }
    }

    fn act(&self, action: &'static str) -> Act {
        Act {
            actor: self.actor.clone(),
            action,
            at: now_ms(),
            once: None,
        }
    }
}

async fn note(
    shared: &Shared,
    act: &Act,
    subject: (&'static str, &str),
    what: Json,
) -> Result<(), StoreError> {
    let mut work = shared.administration.work().await?;
    let noted = work.note(act, subject, Json::Null, what).await;
    work.end(noted).await
}

/// What a bearer says, where it is the invitation of a chair or a secretary.
fn invitation(shared: &Shared, headers: &HeaderMap) -> Option<InvitationClaims> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|_| bearer(headers).ok())?;
    if bearer.expose().starts_with(TOKEN_PREFIX) {
        return None;
    }
    let claims = shared.tokens.check_invitation(&bearer).ok()?;
    matches!(claims.role, Role::Chair | Role::Secretary).then_some(claims)
}

async fn of_invitation(shared: &Shared, claims: InvitationClaims) -> Result<Reader, Problem> {
    let administration = &shared.administration;
    let door = administration.door(&claims.meeting, claims.participant.as_str());
    if let Some(door) = door.await? {
        door.passes(now_ms())?;
    }
    let participant = claims.participant.as_str().to_owned();
    Ok(Reader {
        actor: format!("participant:{}/{participant}", claims.meeting),
        editor: Editor {
            name: claims.name.unwrap_or_else(|| participant.clone()),
            id: participant,
        },
        powers: Powers {
            grants: Vec::new(),
            token: None,
        },
        organisation: administration.organisation().await?,
        person: None,
        place: Some((claims.meeting, claims.role)),
        shared: BTreeSet::new(),
    })
}

async fn of_caller(shared: &Arc<Shared>, parts: &mut Parts) -> Result<Reader, Problem> {
    let caller = Caller::from_request_parts(parts, shared).await?;
    let is_program = caller.powers.token.is_some();
    if is_program && !caller.powers.permit_somewhere(SystemAction::ReadArchives) {
        return Err(not_allowed());
    }
    let organisation = shared.administration.organisation().await?;
    let account = caller.signed_in.map(|(account, _)| account);
    let person = account.as_ref().map(|account| account.person.clone());
    let known = person.as_ref().and_then(|id| organisation.people.get(id));
    let name = known.and_then(|person| person.names.last());
    let name = name.map(|period| period.name.as_str().to_owned());
    let unit = known.map(|person| person.unit.clone());
    let editor = Editor {
        id: caller.name.clone(),
        name: name.unwrap_or_else(|| caller.name.clone()),
    };
    let mut reader = Reader {
        actor: caller.name,
        editor,
        powers: caller.powers,
        organisation,
        person,
        place: None,
        shared: BTreeSet::new(),
    };
    reader.shared = shares::with(shared, &reader, unit.as_ref()).await?;
    Ok(reader)
}
