//! The addresses of recordings and minutes. They are served beside signaling,
//! and described here with all others.
#![allow(dead_code, reason = "served by the recorder's side, described here")]

use diemcau_protocol::{
    ArchiveReason, ArchiveShare, ArchiveShares, ArchiveVerification, ChangeMinutes, IssueMinutes,
    MinutesDraft, MinutesTemplate, MinutesVersion, MinutesVersions, RecordingPage, RecordingView,
    ShareArchive, SupersedeMinutes,
};

/// Recordings, and search in them
#[utoipa::path(get, path = "/api/v1/recordings", tag = "recordings", operation_id = "list recordings",
    params(("query" = Option<String>, Query), ("unit" = Option<String>, Query), ("from" = Option<i64>, Query), ("to" = Option<i64>, Query), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = RecordingPage), (status = 400), (status = 401)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn list() {}

/// A recording
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}", tag = "recordings", operation_id = "show recording",
    params(("meeting" = String, Path)),
    responses((status = 200, body = RecordingView), (status = 401), (status = 404), (status = 409), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn show() {}

/// A file of an archive, also in parts
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/files/{path}", tag = "recordings", operation_id = "file of a recording",
    params(("meeting" = String, Path), ("path" = String, Path), ("Range" = Option<String>, Header)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206), (status = 401), (status = 404), (status = 409), (status = 410), (status = 416)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn file() {}

/// Whether an archive is as it was signed
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/verify", tag = "recordings", operation_id = "verify recording",
    params(("meeting" = String, Path)),
    responses((status = 200, body = ArchiveVerification), (status = 401), (status = 404), (status = 409), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn check() {}

/// All of an archive as a zip file, as it lies there
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/archive.zip", tag = "recordings", operation_id = "pack archive",
    params(("meeting" = String, Path),),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>), (status = 401), (status = 403), (status = 404), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn packed() {}

/// How far the film of a meeting is
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/film", tag = "recordings", operation_id = "show film",
    params(("meeting" = String, Path),),
    responses((status = 200, body = Object), (status = 401), (status = 404), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn film() {}

/// Asks for the film of a meeting
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/film", tag = "recordings", operation_id = "make film",
    params(("meeting" = String, Path),),
    responses((status = 202, body = Object), (status = 401), (status = 403), (status = 404), (status = 409), (status = 410), (status = 503)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn make_film() {}

/// Calls the film of a meeting off, or removes it
#[utoipa::path(delete, path = "/api/v1/recordings/{meeting}/film", tag = "recordings", operation_id = "remove film",
    params(("meeting" = String, Path),),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn remove_film() {}

/// A file of the film of a meeting, also in parts
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/film/files/{path}", tag = "recordings", operation_id = "file of a film",
    params(("meeting" = String, Path), ("path" = String, Path), ("Range" = Option<String>, Header)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206), (status = 401), (status = 404), (status = 409), (status = 410), (status = 416)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn film_file() {}

/// The archives that may be destroyed
#[utoipa::path(get, path = "/api/v1/recordings/due", tag = "recordings", operation_id = "list archives that are due",
    responses((status = 200, body = Object), (status = 401), (status = 403)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn due() {}

/// What holds of an archive: a hold, a proposal, its tombstone
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/keeping", tag = "recordings", operation_id = "show keeping",
    params(("meeting" = String, Path),),
    responses((status = 200, body = Object), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn keeping() {}

/// Puts an archive under a hold
#[utoipa::path(put, path = "/api/v1/recordings/{meeting}/hold", tag = "recordings", operation_id = "hold archive",
    params(("meeting" = String, Path),),
    request_body = ArchiveReason,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 410), (status = 415), (status = 422)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn hold() {}

/// Lifts the hold of an archive
#[utoipa::path(delete, path = "/api/v1/recordings/{meeting}/hold", tag = "recordings", operation_id = "release archive",
    params(("meeting" = String, Path),),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn release() {}

/// Proposes that an archive is destroyed
#[utoipa::path(put, path = "/api/v1/recordings/{meeting}/destruction", tag = "recordings", operation_id = "propose destruction",
    params(("meeting" = String, Path),),
    request_body = ArchiveReason,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 410), (status = 415), (status = 422)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn propose_destruction() {}

/// Takes the proposal of a destruction back
#[utoipa::path(delete, path = "/api/v1/recordings/{meeting}/destruction", tag = "recordings", operation_id = "withdraw destruction",
    params(("meeting" = String, Path),),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn withdraw_destruction() {}

/// Another person confirms the destruction
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/destruction/confirm", tag = "recordings", operation_id = "confirm destruction",
    params(("meeting" = String, Path),),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409), (status = 410)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn confirm_destruction() {}

/// The minutes as they are now
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/minutes", tag = "minutes", operation_id = "show minutes",
    params(("meeting" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = MinutesDraft), (status = 304), (status = 401), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn minutes() {}

/// Edits the minutes
#[utoipa::path(patch, path = "/api/v1/recordings/{meeting}/minutes", tag = "minutes", operation_id = "change minutes",
    params(("meeting" = String, Path), ("If-Match" = String, Header)),
    request_body = ChangeMinutes,
    responses((status = 200, body = MinutesDraft), (status = 401), (status = 403), (status = 404), (status = 409), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn change() {}

/// The chair approves the minutes
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/minutes/approve", tag = "minutes", operation_id = "approve minutes",
    params(("meeting" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = MinutesDraft), (status = 401), (status = 403), (status = 404), (status = 409), (status = 412), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn approve() {}

/// The chair takes the approval back
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/minutes/reopen", tag = "minutes", operation_id = "reopen minutes",
    params(("meeting" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = MinutesDraft), (status = 401), (status = 403), (status = 404), (status = 409), (status = 412), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn reopen() {}

/// Gives approved minutes their number
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/minutes/issue", tag = "minutes", operation_id = "issue minutes",
    params(("meeting" = String, Path), ("If-Match" = String, Header)),
    request_body = IssueMinutes,
    responses((status = 200, body = MinutesDraft), (status = 401), (status = 403), (status = 404), (status = 409), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn issue() {}

/// The chair takes issued minutes back, to correct them
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/minutes/supersede", tag = "minutes", operation_id = "supersede minutes",
    params(("meeting" = String, Path), ("If-Match" = String, Header)),
    request_body = SupersedeMinutes,
    responses((status = 200, body = MinutesDraft), (status = 401), (status = 403), (status = 404), (status = 409), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn supersede() {}

/// Takes the signed file of issued minutes
#[utoipa::path(put, path = "/api/v1/recordings/{meeting}/minutes/signed", tag = "minutes", operation_id = "take signed minutes",
    params(("meeting" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/pdf"),
    responses((status = 200, body = MinutesVersion), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413), (status = 422)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn signed() {}

/// The draft on paper
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/minutes/preview.pdf", tag = "minutes", operation_id = "preview minutes as PDF",
    params(("meeting" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 401), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn preview_pdf() {}

/// The draft for a word processor
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/minutes/preview.docx", tag = "minutes", operation_id = "preview minutes as DOCX",
    params(("meeting" = String, Path)),
    responses((status = 200, body = Vec<u8>), (status = 401), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn preview_docx() {}

/// What was issued, and every edit
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/minutes/versions", tag = "minutes", operation_id = "list versions of minutes",
    params(("meeting" = String, Path)),
    responses((status = 200, body = MinutesVersions), (status = 401), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn versions() {}

/// Minutes that were issued
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/minutes/versions/{version}", tag = "minutes", operation_id = "show version of minutes",
    params(("meeting" = String, Path), ("version" = u32, Path)),
    responses((status = 200, body = MinutesVersion), (status = 401), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn version() {}

/// A file of issued minutes
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/minutes/versions/{version}/{file}", tag = "minutes", operation_id = "file of minutes",
    params(("meeting" = String, Path), ("version" = u32, Path), ("file" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 401), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn version_file() {}

/// With whom an archive is shared
#[utoipa::path(get, path = "/api/v1/recordings/{meeting}/shares", tag = "recordings", operation_id = "list shares",
    params(("meeting" = String, Path)),
    responses((status = 200, body = ArchiveShares), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn shares() {}

/// Shares an archive with a unit for a time
#[utoipa::path(post, path = "/api/v1/recordings/{meeting}/shares", tag = "recordings", operation_id = "share archive",
    params(("meeting" = String, Path)),
    request_body = ShareArchive,
    responses((status = 201, body = ArchiveShare), (status = 400), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn share() {}

/// Ends that
#[utoipa::path(delete, path = "/api/v1/recordings/{meeting}/shares/{id}", tag = "recordings", operation_id = "end share",
    params(("meeting" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn end_share() {}

/// What a unit puts around its minutes
#[utoipa::path(get, path = "/api/v1/minutes-templates/{unit}", tag = "minutes", operation_id = "show template of minutes",
    params(("unit" = String, Path)),
    responses((status = 200, body = MinutesTemplate), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn template() {}

/// Sets what a unit puts around its minutes
#[utoipa::path(put, path = "/api/v1/minutes-templates/{unit}", tag = "minutes", operation_id = "set template of minutes",
    params(("unit" = String, Path), ("If-Match" = String, Header)),
    request_body = MinutesTemplate,
    responses((status = 200, body = MinutesTemplate), (status = 401), (status = 403), (status = 404), (status = 412), (status = 422), (status = 428)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn set_template() {}

/// Minutes that never were, on paper
#[utoipa::path(post, path = "/api/v1/minutes-templates/preview", tag = "minutes", operation_id = "preview template of minutes",
    request_body = MinutesTemplate,
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 401), (status = 403), (status = 422)),
    security(("bearer" = []), ("session" = [])))]
pub(super) fn preview_template() {}
