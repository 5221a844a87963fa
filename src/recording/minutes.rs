//! The minutes of a meeting: edited, approved, issued, signed, taken back.
//!
//! What is done is on the disk before it is in the audit log: the draft and the
//! additions to the archive say themselves who did what, and when.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use diemcau_protocol::{
    ArchiveRight, ChangeMinutes, EDITS_AT_ONCE, ErrorCode, IssueMinutes, MeetingId, MinutesDraft,
    MinutesTemplate, MinutesVersions, SupersedeMinutes,
};
use diemcau_recorder::minutes::desk::{DeskError, MinutesDesk, Seen, Wanted};
use diemcau_recorder::minutes::draft::{Draft, Hand};
use diemcau_recorder::minutes::issue::IssueError;
use diemcau_recorder::minutes::paper::{docx_of, put_on_paper};
use diemcau_recorder::minutes::signed::LARGEST;
use diemcau_recorder::minutes::template::of_host;
use diemcau_signaling::refuse;
use serde_json::{Value, json};
use time::{OffsetDateTime, UtcOffset};

use super::access::{Asked, Shared, json, now_ms, on_disk, tagged, unknown};
use super::{access, download};
use crate::problem::Path;

/// What a PDF is called.
const PDF: &str = "application/pdf";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

pub(super) fn router() -> Router<Shared> {
    let base = "/api/v1/recordings/{meeting}/minutes";
    let below = |path: &str| format!("{base}/{path}");
    Router::new()
        .route(base, get(show).patch(change))
        .route(&below("approve"), post(approve))
        .route(&below("reopen"), post(reopen))
        .route(&below("issue"), post(issue))
        .route(&below("supersede"), post(supersede))
        .route(&below("signed"), put(signed))
        .route(&below("preview.pdf"), get(preview_pdf))
        .route(&below("preview.docx"), get(preview_docx))
        .route(&below("versions"), get(versions))
        .route(&below("versions/{version}"), get(version))
        .route(&below("versions/{version}/{file}"), get(file))
}

async fn show(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::ReadDraft, request).await?;
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting.clone());
    let draft = on_disk(move || desk.draft(&meeting)).await?;
    let tag = Seen::of(&draft).as_str().to_owned();
    let told = asked.headers.get(axum::http::header::IF_NONE_MATCH);
    let told = told.and_then(|value| value.to_str().ok());
    if told.is_some_and(|told| told.trim_matches('"') == tag) {
        return Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    answer(&services, &asked, draft).await
}

async fn change(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (asked, body) =
        Asked::with_body(&services, meeting, ArchiveRight::EditMinutes, request).await?;
    let seen = asked.seen()?;
    let ChangeMinutes { edits } = json(body).await?;
    if !(1..=EDITS_AT_ONCE as usize).contains(&edits.len()) {
        return Err(refuse(ErrorCode::OutOfRange, "1 to 100 edits at once"));
    }
    let told = json!({ "edits": edits.len() });
    let work = move |desk: &MinutesDesk, meeting: &MeetingId, hand: &Hand| {
        desk.edit(meeting, hand, &seen, edits)
    };
    act(&services, &asked, ("minutes.edit", told), work).await
}

async fn approve(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::ApproveMinutes, request).await?;
    let seen = asked.seen()?;
    let work = move |desk: &MinutesDesk, meeting: &MeetingId, hand: &Hand| {
        desk.approve(meeting, hand, &seen)
    };
    act(&services, &asked, ("minutes.approve", json!({})), work).await
}

async fn reopen(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::ApproveMinutes, request).await?;
    let seen = asked.seen()?;
    let work = move |desk: &MinutesDesk, meeting: &MeetingId, hand: &Hand| {
        desk.reopen(meeting, hand, &seen)
    };
    act(&services, &asked, ("minutes.reopen", json!({})), work).await
}

async fn issue(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (asked, body) =
        Asked::with_body(&services, meeting, ArchiveRight::EditMinutes, request).await?;
    let seen = asked.seen()?;
    let IssueMinutes { serial, year } = json(body).await?;
    let draft = draft_of(&services, &asked).await?;
    let (template, unit) = paper_of(&services, &asked, &draft).await?;
    let year = year.unwrap_or_else(present_year);
    let work = move |desk: &MinutesDesk, meeting: &MeetingId, hand: &Hand| {
        let wanted = Wanted {
            unit: &unit,
            serial,
            year,
        };
        desk.issue(meeting, hand, &seen, &wanted, &template)
    };
    act(&services, &asked, ("minutes.issue", json!({})), work).await
}

async fn supersede(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (asked, body) =
        Asked::with_body(&services, meeting, ArchiveRight::ApproveMinutes, request).await?;
    let seen = asked.seen()?;
    let SupersedeMinutes { reason } = json(body).await?;
    let told = json!({ "reason": reason });
    let work = move |desk: &MinutesDesk, meeting: &MeetingId, hand: &Hand| {
        desk.supersede(meeting, hand, &seen, &reason)
    };
    act(&services, &asked, ("minutes.supersede", told), work).await
}

async fn signed(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let (asked, body) =
        Asked::with_body(&services, meeting, ArchiveRight::EditMinutes, request).await?;
    let file = access::file(body, LARGEST).await?;
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting.clone());
    let taken = on_disk(move || desk.take_signed(&meeting, &file, now_ms())).await?;
    let sha256 = taken.signed.as_ref().map(|signed| &signed.sha256);
    let told = json!({ "version": taken.version, "number": taken.number, "sha256": sha256 });
    services.archives.custodian.added(&asked.meeting);
    let noted = services
        .signaling
        .note(&asked.reader, "minutes.signed", &asked.meeting, told);
    noted.await?;
    Ok(Json(taken).into_response())
}

async fn preview_pdf(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::ReadDraft, request).await?;
    let draft = draft_of(&services, &asked).await?;
    let (template, _) = paper_of(&services, &asked, &draft).await?;
    let paper = on_disk(move || {
        let paper = put_on_paper(&draft, &template).map_err(IssueError::from);
        paper.map(|paper| paper.pdf).map_err(DeskError::from)
    });
    Ok(paper_answer(PDF, "preview.pdf", paper.await?))
}

async fn preview_docx(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::ReadDraft, request).await?;
    let draft = draft_of(&services, &asked).await?;
    let (template, _) = paper_of(&services, &asked, &draft).await?;
    let paper = on_disk(move || {
        let paper = docx_of(&draft, &template).map_err(IssueError::from);
        paper.map_err(DeskError::from)
    });
    Ok(paper_answer(DOCX, "preview.docx", paper.await?))
}

async fn versions(
    State(services): State<Shared>,
    Path(meeting): Path<String>,
    request: Request,
) -> Result<Json<MinutesVersions>, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let with_drafts = asked.may(ArchiveRight::ReadDraft);
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting);
    let found = on_disk(move || {
        let versions = desk.versions(&meeting)?;
        let revisions = match with_drafts {
            true => desk.draft(&meeting)?.history,
            false => Vec::new(),
        };
        Ok::<_, DeskError>(MinutesVersions {
            versions,
            revisions,
        })
    });
    Ok(Json(found.await?))
}

async fn version(
    State(services): State<Shared>,
    Path((meeting, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting);
    let versions = on_disk(move || desk.versions(&meeting)).await?;
    let mut versions = versions.into_iter();
    let found = versions.find(|one| one.version.to_string() == version);
    found.map_or_else(|| Err(no_version()), |one| Ok(Json(one).into_response()))
}

async fn file(
    State(services): State<Shared>,
    Path((meeting, version, name)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Response> {
    let asked = Asked::of(&services, meeting, ArchiveRight::Read, request).await?;
    let version: u32 = version.parse().map_err(|_| no_version())?;
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting);
    let opened = on_disk(move || desk.file(&meeting, version, &name));
    let opened = opened
        .await
        .map_err(|refused| match refused.status() == unknown().status() {
            true => no_version(),
            false => refused,
        })?;
    Ok(download::answer(opened, &asked.headers))
}

fn no_version() -> Response {
    refuse(ErrorCode::NotFound, "the minutes were not issued so")
}

/// Does something with the minutes, writes it down, and shows what they are
/// now. Where somebody was quicker, the answer says which version is there.
async fn act(
    services: &Shared,
    asked: &Asked,
    (action, mut told): (&'static str, Value),
    work: impl FnOnce(&MinutesDesk, &MeetingId, &Hand) -> Result<Draft, DeskError> + Send + 'static,
) -> Result<Response, Response> {
    let (desk, meeting, hand) = (
        services.clerk.desk.clone(),
        asked.meeting.clone(),
        asked.hand(),
    );
    let done = on_disk(move || work(&desk, &meeting, &hand)).await;
    let draft = match done {
        Ok(draft) => draft,
        Err(refused) if refused.status() == StatusCode::PRECONDITION_FAILED => {
            let now = draft_of(services, asked).await?;
            return Err(tagged(refused, Seen::of(&now).as_str()));
        }
        Err(refused) => return Err(refused),
    };
    services.archives.custodian.added(&asked.meeting);
    told["version"] = json!(draft.version);
    told["revision"] = json!(draft.revision);
    told["number"] = json!(draft.number().map(ToString::to_string));
    let signaling = &services.signaling;
    let noted = signaling.note(&asked.reader, action, &asked.meeting, told);
    noted.await?;
    answer(services, asked, draft).await
}

async fn draft_of(services: &Shared, asked: &Asked) -> Result<Draft, Response> {
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting.clone());
    on_disk(move || desk.draft(&meeting)).await
}

/// The template around the minutes, and the name of the unit that counts them.
async fn paper_of(
    services: &Shared,
    asked: &Asked,
    draft: &Draft,
) -> Result<(MinutesTemplate, String), Response> {
    let host = &draft.minutes.host_unit.value;
    match &asked.origin.unit {
        Some(unit) => {
            let found = services.signaling.minutes_template(unit).await?;
            let template = found.template.unwrap_or_else(|| of_host(host));
            Ok((template, format!("unit:{unit}")))
        }
        None => Ok((of_host(host), format!("name:{host}"))),
    }
}

/// Minutes as they are told.
async fn answer(services: &Shared, asked: &Asked, draft: Draft) -> Result<Response, Response> {
    let (_, unit) = paper_of(services, asked, &draft).await?;
    let may_issue = asked.may(ArchiveRight::EditMinutes);
    let (desk, meeting) = (services.clerk.desk.clone(), asked.meeting.clone());
    let (year, version) = (present_year(), draft.version);
    let beside = on_disk(move || {
        let wanted = Wanted {
            unit: &unit,
            serial: None,
            year,
        };
        let next = may_issue.then(|| desk.next_serial(&wanted)).transpose()?;
        Ok::<_, DeskError>((next, desk.signed(&meeting, version)?))
    });
    let (next_serial, signed) = beside.await?;
    let tag = Seen::of(&draft);
    let told = MinutesDraft {
        meeting: asked.meeting.clone(),
        number: draft.number().map(ToString::to_string),
        stage: draft.stage,
        revision: draft.revision,
        version: draft.version,
        replaces: draft.replaces.as_ref().map(ToString::to_string),
        chapters: u32::try_from(draft.minutes.course.len()).unwrap_or(u32::MAX),
        statements: draft.statements,
        next_serial,
        year,
        signed,
        rights: asked.rights.iter().copied().collect(),
    };
    Ok(tagged(Json(told).into_response(), tag.as_str()))
}

fn paper_answer(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let head = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    (head, bytes).into_response()
}

/// The year in Vietnam.
fn present_year() -> i32 {
    let now = OffsetDateTime::now_utc();
    match UtcOffset::from_hms(7, 0, 0) {
        Ok(offset) => now.to_offset(offset).year(),
        Err(_) => now.year(),
    }
}
