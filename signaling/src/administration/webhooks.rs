//! Webhooks in their table.

use diemcau_protocol::{Delivery, Webhook};
use sqlx::Error;

use super::Administration;
use super::meetings::{from_json, to_json};
use super::outgoing::delivery;
use crate::database::{Connection, Row, Value, within};
use crate::store::StoreError;

/// As many of the last deliveries are told.
const DELIVERIES: i64 = 200;

pub(super) async fn list(connection: &mut Connection) -> Result<Vec<Webhook>, Error> {
    let rows = connection
        .fetch("SELECT hook FROM webhooks ORDER BY id", &[])
        .await?;
    rows.iter().map(|row| from_json(row, "hook")).collect()
}

pub(super) async fn write(
    connection: &mut Connection,
    webhook: &Webhook,
    secret: &str,
) -> Result<(), Error> {
    let sql = "INSERT INTO webhooks (id, secret, hook) VALUES ($1, $2, $3)";
    let json = to_json(webhook)?;
    let values = [
        Value::Text(&webhook.id),
        Value::Text(secret),
        Value::Bytes(&json),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

pub(super) async fn remove(connection: &mut Connection, id: &str) -> Result<(), Error> {
    let sql = "DELETE FROM webhooks WHERE id = $1";
    connection
        .execute(sql, &[Value::Text(id)])
        .await
        .map(|_| ())
}

async fn read(connection: &mut Connection, id: &str) -> Result<Option<(Webhook, String)>, Error> {
    let sql = "SELECT hook, secret FROM webhooks WHERE id = $1";
    let row = connection.fetch_one(sql, &[Value::Text(id)]).await?;
    let stored = |row: Row| Ok((from_json(&row, "hook")?, row.get("secret")?));
    row.map(stored).transpose()
}

async fn told(connection: &mut Connection, id: &str) -> Result<Vec<Delivery>, Error> {
    let sql = "SELECT kind, target, state, created_at, next_at, attempts, sent_at, error \
               FROM outgoing WHERE kind = 'webhook' AND target = $1 ORDER BY id DESC LIMIT $2";
    let values = [Value::Text(id), Value::Int(DELIVERIES)];
    let rows = connection.fetch(sql, &values).await?;
    rows.iter().map(delivery).collect()
}

impl Administration {
    /// The webhooks.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, list(&mut connection)).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// A webhook with its secret.
    pub(crate) async fn webhook(&self, id: &str) -> Result<Option<(Webhook, String)>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, read(&mut connection, id)).await;
        Ok(inner.settle(connection, outcome)?)
    }

    /// What a webhook was and is to be told, the newest first.
    pub(crate) async fn told_webhook(&self, id: &str) -> Result<Vec<Delivery>, StoreError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let outcome = within(patience, told(&mut connection, id)).await;
        Ok(inner.settle(connection, outcome)?)
    }
}
