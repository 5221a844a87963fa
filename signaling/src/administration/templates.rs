//! The organisation's templates in their table.

use diemcau_protocol::MeetingTemplate;
use sqlx::Error;

use super::meetings::{from_json, to_json};
use crate::database::{Connection, Row, Value};

/// A template and its version.
pub(crate) type Stored = (i64, MeetingTemplate);

pub(super) async fn read(connection: &mut Connection, id: &str) -> Result<Option<Stored>, Error> {
    let sql = "SELECT version, template FROM templates WHERE id = $1";
    let row = connection.fetch_one(sql, &[Value::Text(id)]).await?;
    row.map(|row| stored(&row)).transpose()
}

pub(super) async fn list(connection: &mut Connection) -> Result<Vec<Stored>, Error> {
    let sql = "SELECT version, template FROM templates ORDER BY id";
    let rows = connection.fetch(sql, &[]).await?;
    rows.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<Stored, Error> {
    Ok((row.get("version")?, from_json(row, "template")?))
}

pub(super) async fn write(
    connection: &mut Connection,
    version: i64,
    template: &MeetingTemplate,
) -> Result<(), Error> {
    let sql = "INSERT INTO templates (id, version, template) VALUES ($1, $2, $3) \
               ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
               template = excluded.template";
    let json = to_json(template)?;
    let values = [
        Value::Text(&template.id),
        Value::Int(version),
        Value::Bytes(&json),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

pub(super) async fn remove(connection: &mut Connection, id: &str) -> Result<(), Error> {
    let sql = "DELETE FROM templates WHERE id = $1";
    connection
        .execute(sql, &[Value::Text(id)])
        .await
        .map(|_| ())
}
