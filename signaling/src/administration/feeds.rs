//! Personal calendars, by a secret of which only the hash is kept.

use sqlx::Error;

use super::Administration;
use super::meetings::{from_word, meeting, word};
use crate::database::{Connection, Value, within};
use crate::schedule::{Meeting, Who};
use crate::store::StoreError;

/// Sets the secret of somebody's calendar, or takes it away.
pub(super) async fn set(
    connection: &mut Connection,
    who: &Who,
    secret: Option<&str>,
) -> Result<(), Error> {
    let kind = word(&who.kind)?;
    let delete = "DELETE FROM feeds WHERE kind = $1 AND id = $2";
    let values = [Value::Text(&kind), Value::Text(&who.id)];
    connection.execute(delete, &values).await?;
    let Some(secret) = secret else {
        return Ok(());
    };
    let sql = "INSERT INTO feeds (kind, id, secret) VALUES ($1, $2, $3)";
    let values = [
        Value::Text(&kind),
        Value::Text(&who.id),
        Value::Text(secret),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

impl Administration {
    /// Whose calendar has a secret, by its hash, and the meetings that he is
    /// invited to and that end after a time, by their start.
    pub(crate) async fn calendar(
        &self,
        secret: &str,
        from: i64,
    ) -> Result<Option<(Who, Vec<Meeting>)>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, read(&mut connection, secret, from)).await;
        Ok(inner.settle(connection, outcome)?)
    }
}

async fn read(
    connection: &mut Connection,
    secret: &str,
    from: i64,
) -> Result<Option<(Who, Vec<Meeting>)>, Error> {
    let sql = "SELECT kind, id FROM feeds WHERE secret = $1";
    let Some(row) = connection.fetch_one(sql, &[Value::Text(secret)]).await? else {
        return Ok(None);
    };
    let who = Who {
        kind: from_word(&row.get::<String>("kind")?)?,
        id: row.get("id")?,
    };
    // What is not there at all need not be read; what is, is looked at below.
    let mark = format!("\"id\":{}", serde_json::Value::from(who.id.as_str()));
    let sql = connection.locking(
        "SELECT id, version, state, plan, invitees FROM meetings \
         WHERE ends_at > $1 AND instr(invitees, $2) > 0 ORDER BY starts_at LIMIT 500",
        "SELECT id, version, state, plan, invitees FROM meetings \
         WHERE ends_at > $1 AND position($2 in invitees) > 0 ORDER BY starts_at LIMIT 500",
    );
    let values = [Value::Int(from), Value::Bytes(mark.as_bytes())];
    let rows = connection.fetch(sql, &values).await?;
    let meetings: Result<Vec<Meeting>, Error> = rows.iter().map(meeting).collect();
    Ok(Some((who, meetings?)))
}

/// The identifier of a calendar in the audit log.
pub(super) fn subject(who: &Who) -> Result<String, Error> {
    Ok(format!("{}/{}", word(&who.kind)?, who.id))
}
