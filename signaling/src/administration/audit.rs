//! The audit log: who did what to what, hash-chained.
//!
//! ```text
//!   { seq, prev_hash, schema_version, at, actor, action, subject, before, after }
//!                │                          as JSON bytes ── SHA-256 ──> hash
//!                └── the hash of the entry before                         │
//!   the last number and hash stand in `state`, too: no entry can be cut off
//! ```
//!
//! Offline, the hash of each exported line is the `prev_hash` of the next one.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sqlx::Error;

use super::{Act, State};
use crate::database::{Connection, Value};
use crate::log::{Hash, NO_HASH, hash_of};
use crate::organisation::{MemberKind, Organisation, Record};

/// The schema that this build writes.
const SCHEMA_VERSION: u32 = 1;

/// How many entries are looked at in one go.
const PAGE: i64 = 500;

/// What is stored of an act, in this order.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    seq: i64,
    prev_hash: String,
    schema_version: u32,
    at: i64,
    actor: &'a str,
    action: &'a str,
    subject: Subject<'a>,
    before: Json,
    after: Json,
}

#[derive(Debug, Serialize)]
struct Subject<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

/// What the chain needs of an entry.
#[derive(Debug, Deserialize)]
struct Link {
    seq: i64,
    prev_hash: String,
}

/// What became of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verification {
    pub(crate) entries: i64,
    /// Of the last entry that is as it was.
    pub(crate) head: Hash,
    /// The first entry that is not, or is missing.
    pub(crate) broken_at: Option<i64>,
}

/// Writes down what an act does to one thing, and moves `state` to the entry.
pub(super) async fn note(
    connection: &mut Connection,
    state: &mut State,
    act: &Act,
    organisation: &Organisation,
    record: &Record,
) -> Result<(), Error> {
    let (kind, id, before, after) = match record {
        Record::Tiers(tiers) => ("tiers", None, json!(organisation.tiers), json!(tiers)),
        Record::Unit(unit) => {
            let before = organisation.units.get(&unit.id);
            ("unit", Some(unit.id.as_str()), json!(before), json!(unit))
        }
        Record::Member(kind, member) => {
            let before = organisation.members(*kind).get(&member.id);
            let name = match kind {
                MemberKind::Site => "site",
                MemberKind::Person => "person",
            };
            (name, Some(member.id.as_str()), json!(before), json!(member))
        }
    };
    let subject = Subject { kind, id };
    write(connection, state, act, subject, before, after).await
}

/// Writes down what an act does to something beside the organisation.
pub(super) async fn note_other(
    connection: &mut Connection,
    state: &mut State,
    act: &Act,
    (kind, id): (&'static str, &str),
    (before, after): (Json, Json),
) -> Result<(), Error> {
    let subject = Subject { kind, id: Some(id) };
    write(connection, state, act, subject, before, after).await
}

async fn write(
    connection: &mut Connection,
    state: &mut State,
    act: &Act,
    subject: Subject<'_>,
    before: Json,
    after: Json,
) -> Result<(), Error> {
    let entry = Entry {
        seq: state.audit_seq + 1,
        prev_hash: hex::encode(state.audit_hash),
        schema_version: SCHEMA_VERSION,
        at: act.at,
        actor: &act.actor,
        action: act.action,
        subject,
        before,
        after,
    };
    let bytes = serde_json::to_vec(&entry).map_err(|error| Error::Encode(error.into()))?;
    state.audit_seq += 1;
    state.audit_hash = hash_of(&bytes);
    let sql = "INSERT INTO audit (seq, bytes, hash) VALUES ($1, $2, $3)";
    let values = [
        Value::Int(state.audit_seq),
        Value::Bytes(&bytes),
        Value::Bytes(&state.audit_hash),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

/// The stored bytes of up to `limit` entries after `seq`.
pub(super) async fn after(
    connection: &mut Connection,
    seq: i64,
    limit: i64,
) -> Result<Vec<Vec<u8>>, Error> {
    let sql = "SELECT bytes FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
    let values = [Value::Int(seq), Value::Int(limit)];
    let rows = connection.fetch(sql, &values).await?;
    rows.iter().map(|row| row.get("bytes")).collect()
}

/// Follows the chain from its beginning to what `state` says is its end.
pub(super) async fn verify(connection: &mut Connection) -> Result<Verification, Error> {
    let state = super::tables::state(connection).await?;
    let (mut seq, mut head) = (0, NO_HASH);
    let broken = |head, seq| Verification {
        entries: state.audit_seq,
        head,
        broken_at: Some(seq),
    };
    loop {
        let sql =
            "SELECT bytes, hash FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
        let values = [
            Value::Int(seq),
            Value::Int(state.audit_seq),
            Value::Int(PAGE),
        ];
        let rows = connection.fetch(sql, &values).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let (bytes, stored): (Vec<u8>, Vec<u8>) = (row.get("bytes")?, row.get("hash")?);
            let hash = hash_of(&bytes);
            let follows = serde_json::from_slice(&bytes)
                .is_ok_and(|link: Link| link.seq == seq + 1 && link.prev_hash == hex::encode(head));
            if !follows || stored != hash {
                return Ok(broken(head, seq + 1));
            }
            seq += 1;
            head = hash;
        }
    }
    if seq != state.audit_seq || head != state.audit_hash {
        return Ok(broken(head, seq + 1));
    }
    Ok(Verification {
        entries: seq,
        head,
        broken_at: None,
    })
}
