//! The audit log: taken out as JSON lines, and verified.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use diemcau_protocol::AuditVerification;
use futures_util::stream;

use super::actor::Caller;
use super::problem::Problem;
use crate::permissions::system::{SystemAction, Target};
use crate::service::Shared;
use crate::store::StoreError;

/// How many entries are read in one go.
const PAGE: i64 = 500;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/audit", get(entries))
        .route("/api/v1/audit/verification", get(verification))
}

/// Every entry, as it is stored, one in a line: its SHA-256 is the `prev_hash`
/// of the next one
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit",
    responses((status = 200, content_type = "application/jsonl", body = String)),
    security(("bearer" = []), ("session" = [])))]
pub(super) async fn entries(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Response, Problem> {
    may_read(&shared, &caller).await?;
    let first = page(&shared, 0).await?;
    let pages = stream::unfold((shared, 0, Some(first)), |(shared, seq, read)| async move {
        let read = match read {
            Some(read) => Ok(read),
            None => page(&shared, seq).await,
        };
        match read {
            Ok(lines) if lines.is_empty() => None,
            Ok(lines) => {
                let seq = seq + i64::try_from(lines.len()).unwrap_or(PAGE);
                let text: Vec<u8> = lines.into_iter().flat_map(with_end).collect();
                Some((Ok(Bytes::from(text)), (shared, seq, None)))
            }
            Err(error) => Some((
                Err(std::io::Error::other(error)),
                (shared, seq, Some(Vec::new())),
            )),
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/jsonl"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

async fn may_read(shared: &Shared, caller: &Caller) -> Result<(), Problem> {
    let organisation = shared.administration.organisation().await?;
    caller.check(&organisation, SystemAction::ReadAudit, &Target::System)?;
    Ok(())
}

fn with_end(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}

async fn page(shared: &Shared, seq: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    shared.administration.audit_after(seq, PAGE).await
}

/// Whether the audit log is as it was written
#[utoipa::path(get, path = "/api/v1/audit/verification", tag = "audit",
    responses((status = 200, body = AuditVerification)), security(("bearer" = []), ("session" = [])))]
pub(super) async fn verification(
    caller: Caller,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<AuditVerification>, Problem> {
    may_read(&shared, &caller).await?;
    let found = shared.administration.verify_audit().await?;
    if let Some(broken_at) = found.broken_at {
        tracing::error!(broken_at, "the audit log is not as it was written");
    }
    let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Json(AuditVerification {
        intact: found.broken_at.is_none(),
        entries: number(found.entries),
        head: hex::encode(found.head),
        broken_at: found.broken_at.map(number),
    }))
}
