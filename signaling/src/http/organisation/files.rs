//! Files of units, sites and people: tried first, then applied as they were
//! tried; and taken out again.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use diemcau_protocol::{ErrorCode, ImportLine, ImportReport, LineOutcome};
use serde::Deserialize;

use super::Asked;
use crate::administration::{Act, Answer};
use crate::clock::now_ms;
use crate::http::actor::Caller;
use crate::http::conditional::{Expected, etag, read};
use crate::http::problem::Problem;
use crate::http::texts::{Language, text};
use crate::http::{bad_request, fault};
use crate::organisation::{
    Import, MemberKind, Organisation, Refusal, Subject, export as write_file, import as try_file,
};
use crate::permissions::system::{SystemAction, Target};
use crate::service::Shared;

/// The largest file, in bytes: a country's units fit in.
const FILE_LIMIT: usize = 8 * 1024 * 1024;

pub(super) fn router() -> Router<Arc<Shared>> {
    let import = post(import).layer(DefaultBodyLimit::max(FILE_LIMIT));
    Router::new()
        .route("/api/v1/organisation/import", import)
        .route("/api/v1/organisation/export", get(export))
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    Units,
    Sites,
    People,
}

#[derive(Debug, Deserialize)]
pub(in crate::http) struct Wanted {
    subject: About,
    #[serde(default = "tried")]
    dry_run: bool,
}

/// A file is not applied unless that is asked for.
fn tried() -> bool {
    true
}

impl About {
    fn subject(self) -> Subject {
        match self {
            About::Units => Subject::Units,
            About::Sites => Subject::Members(MemberKind::Site),
            About::People => Subject::Members(MemberKind::Person),
        }
    }

    fn file_name(self) -> &'static str {
        match self {
            About::Units => "attachment; filename=\"units.csv\"",
            About::Sites => "attachment; filename=\"sites.csv\"",
            About::People => "attachment; filename=\"people.csv\"",
        }
    }

    fn action(self) -> &'static str {
        match self {
            About::Units => "unit.import",
            About::Sites => "site.import",
            About::People => "person.import",
        }
    }
}

/// Tries a file, or applies it: whole or not at all
#[utoipa::path(post, path = "/api/v1/organisation/import", tag = "organisation",
    request_body(content = String, content_type = "text/csv"),
    params(("subject" = String, Query, description = "units, sites or people"),
        ("dry_run" = Option<bool>, Query, description = "true by default"),
        ("If-Match" = Option<String>, Header, description = "the ETag of the dry run; needed to apply"),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ImportReport), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn import(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let wanted = wanted(request.uri());
    let asked = Asked::read(&shared, request).await?;
    let wanted = wanted?;
    let (subject, at) = (wanted.subject.subject(), now_ms());
    let language = Language::of(&asked.headers);
    let (caller, target) = (&asked.caller, Target::System);
    if wanted.dry_run {
        let organisation = shared.administration.organisation().await?;
        caller.check(&organisation, SystemAction::ImportOrganisation, &target)?;
        let import = try_file(&organisation, at, subject, &asked.body)?;
        return Ok(answer(&organisation, &report(&import, false, language)).into_response());
    }
    let expected = Expected::of(&asked.headers)?;
    let act = Act {
        actor: asked.caller.name.clone(),
        action: wanted.subject.action(),
        at,
        once: asked.once,
    };
    let body = asked.body;
    let applied = Mutex::new(None);
    let decide = |organisation: &Organisation| {
        caller.check(organisation, SystemAction::ImportOrganisation, &target)?;
        expected.check(organisation.version)?;
        let mut import = try_file(organisation, at, subject, &body)?;
        if import.is_refused() {
            return Err(Refusal::new(
                ErrorCode::ImportRefused,
                "a line cannot be used; the dry run says which",
            ));
        }
        let records = std::mem::take(&mut import.records);
        *applied.lock().unwrap_or_else(PoisonError::into_inner) = Some(import);
        Ok(records)
    };
    let answered = |organisation: &Organisation| {
        let applied = applied.lock().unwrap_or_else(PoisonError::into_inner);
        let import = applied
            .as_ref()
            .map(|import| report(import, true, language));
        answer(organisation, &import.unwrap_or_default())
    };
    let answer = shared.administration.act(act, decide, answered).await?;
    Ok(answer.into_response())
}

fn wanted(uri: &Uri) -> Result<Wanted, Problem> {
    let query: Result<Query<Wanted>, QueryRejection> = Query::try_from_uri(uri);
    let Query(wanted) = query.map_err(|_| bad_request("the query cannot be read"))?;
    Ok(wanted)
}

fn report(import: &Import, applied: bool, language: Language) -> ImportReport {
    let count = |outcome| {
        let of_outcome = import
            .lines
            .iter()
            .filter(|line| line.outcome == Ok(outcome));
        u32::try_from(of_outcome.count()).unwrap_or(u32::MAX)
    };
    let refused = import
        .lines
        .iter()
        .filter(|line| line.outcome.is_err())
        .count();
    let lines = import
        .lines
        .iter()
        .filter(|line| line.outcome != Ok(LineOutcome::Unchanged));
    ImportReport {
        applied,
        added: count(LineOutcome::Added),
        changed: count(LineOutcome::Changed),
        unchanged: count(LineOutcome::Unchanged),
        refused: u32::try_from(refused).unwrap_or(u32::MAX),
        lines: lines
            .map(|line| ImportLine {
                line: line.number,
                id: line.id.clone(),
                outcome: line.outcome.unwrap_or(LineOutcome::Refused),
                code: line.outcome.err().map(|refusal| refusal.code),
                text: line
                    .outcome
                    .err()
                    .map(|refusal| text(refusal.code, language).to_owned()),
            })
            .collect(),
    }
}

fn answer(organisation: &Organisation, report: &ImportReport) -> Answer {
    Answer {
        status: 200,
        etag: Some(etag(organisation.version)),
        location: None,
        // Texts and numbers always become JSON.
        body: serde_json::to_string(report).unwrap_or_default(),
    }
}

/// Everything that is open, as a file
#[utoipa::path(get, path = "/api/v1/organisation/export", tag = "organisation",
    params(("subject" = String, Query, description = "units, sites or people")),
    responses((status = 200, content_type = "text/csv", body = String), (status = 304)),
    security(("bearer" = []), ("session" = [])))]
pub(in crate::http) async fn export(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let about = wanted(&uri)?.subject;
    let organisation = shared.administration.organisation().await?;
    caller.check(
        &organisation,
        SystemAction::ReadOrganisation,
        &Target::System,
    )?;
    let file = write_file(&organisation, about.subject()).map_err(|error| {
        tracing::error!(%error, "a file could not be written");
        fault()
    })?;
    let described = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, about.file_name()),
    ];
    Ok(read(&headers, organisation.version, (described, file)))
}
