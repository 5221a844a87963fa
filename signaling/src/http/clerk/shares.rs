//! With which units archives are shared, and until when.

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use diemcau_protocol::{ArchiveShare, ErrorCode, LONGEST_SHARE, MeetingId, ShareArchive};
use serde_json::{Value as Json, json};

use super::Reader;
use crate::Signaling;
use crate::clock::now_ms;
use crate::database::{Row, Value};
use crate::http::problem::Problem;
use crate::ids;
use crate::organisation::{Organisation, Refusal, UnitId};
use crate::permissions::system::{SystemAction, Target};
use crate::service::Shared;
use crate::store::StoreError;

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The most shares of an archive.
const MOST: usize = 1_000;

const UNKNOWN: Refusal = Refusal::new(ErrorCode::NotFound, "it is not shared so");

impl Signaling {
    /// With whom an archive is shared now.
    ///
    /// # Errors
    /// A problem where that cannot be read.
    pub async fn shares(&self, meeting: &MeetingId) -> Result<Vec<ArchiveShare>, Response> {
        list(self.shared(), meeting)
            .await
            .map_err(|error| Problem::from(error).into_response())
    }

    /// Shares an archive with a unit for a time.
    ///
    /// # Errors
    /// A problem where there is no such unit, or the time is none.
    pub async fn share(
        &self,
        reader: &Reader,
        meeting: &MeetingId,
        asked: &ShareArchive,
    ) -> Result<ArchiveShare, Response> {
        begin(self.shared(), reader, meeting, asked)
            .await
            .map_err(IntoResponse::into_response)
    }

    /// Ends that an archive is shared with a unit.
    ///
    /// # Errors
    /// A problem where it is not.
    pub async fn end_share(
        &self,
        reader: &Reader,
        meeting: &MeetingId,
        id: &str,
    ) -> Result<(), Response> {
        end(self.shared(), reader, meeting, id)
            .await
            .map_err(IntoResponse::into_response)
    }
}

/// The archives that are shared with somebody, who is of this unit.
pub(super) async fn with(
    shared: &Shared,
    reader: &Reader,
    unit: Option<&UnitId>,
) -> Result<BTreeSet<MeetingId>, Problem> {
    let mut work = shared.administration.glance().await?;
    let sql = "SELECT meeting, unit FROM archive_shares WHERE expires_at > $1";
    let rows = work.fetch(sql, &[Value::Int(now_ms())]).await;
    let mut found = BTreeSet::new();
    for row in work.end(rows).await? {
        let with: String = row.get("unit").map_err(StoreError::from)?;
        let Ok(with) = UnitId::parse(&with) else {
            continue;
        };
        let is_of = unit.is_some_and(|unit| reader.organisation.is_within(unit, &with));
        let target = Target::Unit(with);
        let action = SystemAction::ReadArchives;
        if is_of || reader.powers.permit(&reader.organisation, action, &target) {
            found.insert(MeetingId(row.get("meeting").map_err(StoreError::from)?));
        }
    }
    Ok(found)
}

async fn list(shared: &Shared, meeting: &MeetingId) -> Result<Vec<ArchiveShare>, StoreError> {
    let mut work = shared.administration.glance().await?;
    let sql = "SELECT id, unit, shared_by, at, expires_at FROM archive_shares \
               WHERE meeting = $1 AND expires_at > $2 ORDER BY at, id";
    let values = [Value::Text(meeting.as_str()), Value::Int(now_ms())];
    let rows = work.fetch(sql, &values).await;
    let organisation = std::sync::Arc::clone(work.organisation());
    let rows = work.end(rows).await?;
    rows.iter().map(|row| read(&organisation, row)).collect()
}

fn read(organisation: &Organisation, row: &Row) -> Result<ArchiveShare, StoreError> {
    let unit: String = row.get("unit")?;
    Ok(ArchiveShare {
        id: row.get("id")?,
        unit_name: name_of(organisation, &unit),
        unit,
        by: row.get("shared_by")?,
        at: row.get("at")?,
        expires_at: row.get("expires_at")?,
    })
}

fn name_of(organisation: &Organisation, unit: &str) -> String {
    let unit = UnitId::parse(unit).ok();
    let unit = unit.and_then(|unit| organisation.units.get(&unit));
    let name = unit.and_then(|unit| unit.names.last());
    name.map_or(String::new(), |period| period.name.as_str().to_owned())
}

async fn begin(
    shared: &Shared,
    reader: &Reader,
    meeting: &MeetingId,
    asked: &ShareArchive,
) -> Result<ArchiveShare, Problem> {
    if !(1..=LONGEST_SHARE).contains(&asked.days) {
        return Err(Refusal::new(ErrorCode::OutOfRange, "1 to 366 days").into());
    }
    let unit = UnitId::parse(&asked.unit)?;
    let known = reader.organisation.units.get(&unit);
    if known.is_none_or(|unit| unit.closed_at.is_some()) {
        return Err(Refusal::new(ErrorCode::NotFound, "there is no such unit").into());
    }
    if list(shared, meeting).await?.len() >= MOST {
        return Err(Refusal::new(ErrorCode::OutOfRange, "it is shared with too many").into());
    }
    let act = reader.act("archive.share");
    let share = ArchiveShare {
        id: ids::entry(),
        unit_name: name_of(&reader.organisation, unit.as_str()),
        unit: unit.as_str().to_owned(),
        by: act.actor.clone(),
        at: act.at,
        expires_at: act.at + i64::from(asked.days) * DAY,
    };
    let mut work = shared.administration.work().await?;
    let written = async {
        let forget = "DELETE FROM archive_shares WHERE expires_at <= $1";
        work.execute(forget, &[Value::Int(act.at)]).await?;
        let sql = "INSERT INTO archive_shares (id, meeting, unit, shared_by, at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            Value::Text(&share.id),
            Value::Text(meeting.as_str()),
            Value::Text(&share.unit),
            Value::Text(&share.by),
            Value::Int(share.at),
            Value::Int(share.expires_at),
        ];
        work.execute(sql, &values).await?;
        let told = json!({ "share": share.id, "unit": share.unit, "expires_at": share.expires_at });
        let subject = ("archive", meeting.as_str());
        work.note(&act, subject, Json::Null, told).await
    };
    let written = written.await;
    work.end(written).await?;
    Ok(share)
}

async fn end(
    shared: &Shared,
    reader: &Reader,
    meeting: &MeetingId,
    id: &str,
) -> Result<(), Problem> {
    let act = reader.act("archive.end_share");
    let mut work = shared.administration.work().await?;
    let removed = async {
        let sql = "DELETE FROM archive_shares WHERE id = $1 AND meeting = $2";
        let values = [Value::Text(id), Value::Text(meeting.as_str())];
        if work.execute(sql, &values).await? == 0 {
            return Err(Problem::from(UNKNOWN));
        }
        let subject = ("archive", meeting.as_str());
        let told = json!({ "share": id });
        Ok(work.note(&act, subject, told, Json::Null).await?)
    };
    let removed = removed.await;
    work.end(removed).await
}
