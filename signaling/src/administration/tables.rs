//! The organisation in the tables.

use std::collections::BTreeMap;

use sqlx::Error;

use crate::database::{Connection, Value};
use crate::log::Hash;
use crate::organisation::{
    Member, MemberId, MemberKind, Name, NamePeriod, Organisation, Record, Refusal, Tier, TierId,
    Unit, UnitId,
};

/// Where organisation and audit log stand.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) version: i64,
    pub(super) audit_seq: i64,
    pub(super) audit_hash: Hash,
}

const UNIT: &str = "unit";

fn word(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Site => "site",
        MemberKind::Person => "person",
    }
}

pub(super) async fn version(connection: &mut Connection) -> Result<i64, Error> {
    Ok(state(connection).await?.version)
}

/// The state, as it is now.
pub(super) async fn state(connection: &mut Connection) -> Result<State, Error> {
    let sql = "SELECT version, audit_seq, audit_hash FROM state WHERE id = 1";
    read_state(connection, sql).await
}

/// The state, which nobody else changes until the transaction ends.
pub(super) async fn lock_state(connection: &mut Connection) -> Result<State, Error> {
    let sql = connection.locking(
        "SELECT version, audit_seq, audit_hash FROM state WHERE id = 1",
        "SELECT version, audit_seq, audit_hash FROM state WHERE id = 1 FOR UPDATE",
    );
    read_state(connection, sql).await
}

async fn read_state(connection: &mut Connection, sql: &'static str) -> Result<State, Error> {
    let row = connection.fetch_one(sql, &[]).await?;
    let row = row.ok_or(Error::RowNotFound)?;
    let hash: Vec<u8> = row.get("audit_hash")?;
    Ok(State {
        version: row.get("version")?,
        audit_seq: row.get("audit_seq")?,
        audit_hash: hash
            .try_into()
            .map_err(|_| Error::Decode("not a hash".into()))?,
    })
}

pub(super) async fn write_state(connection: &mut Connection, state: &State) -> Result<(), Error> {
    let sql = "UPDATE state SET version = $1, audit_seq = $2, audit_hash = $3 WHERE id = 1";
    let values = [
        Value::Int(state.version),
        Value::Int(state.audit_seq),
        Value::Bytes(&state.audit_hash),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

/// Reads the whole organisation.
pub(super) async fn read(
    connection: &mut Connection,
    state: &State,
) -> Result<Organisation, Error> {
    let mut names = read_names(connection).await?;
    let mut organisation = Organisation {
        version: state.version,
        tiers: read_tiers(connection).await?,
        ..Organisation::default()
    };
    let sql = "SELECT id, parent, tier, closed_at, successor, version FROM units";
    for row in connection.fetch(sql, &[]).await? {
        let id: String = row.get("id")?;
        let parent: Option<String> = row.get("parent")?;
        let successor: Option<String> = row.get("successor")?;
        let unit = Unit {
            names: names
                .remove(&(UNIT.to_owned(), id.clone()))
                .unwrap_or_default(),
            id: UnitId::parse(&id).map_err(unreadable)?,
            parent: optional(parent, UnitId::parse)?,
            tier: TierId::parse(&row.get::<String>("tier")?).map_err(unreadable)?,
            closed_at: row.get("closed_at")?,
            successor: optional(successor, UnitId::parse)?,
            version: row.get("version")?,
        };
        organisation.apply(Record::Unit(unit));
    }
    let sql = "SELECT kind, id, unit, position, closed_at, version FROM members";
    for row in connection.fetch(sql, &[]).await? {
        let (kind, id): (String, String) = (row.get("kind")?, row.get("id")?);
        let position: Option<String> = row.get("position")?;
        let member = Member {
            id: MemberId::parse(&id).map_err(unreadable)?,
            unit: UnitId::parse(&row.get::<String>("unit")?).map_err(unreadable)?,
            names: names.remove(&(kind.clone(), id)).unwrap_or_default(),
            position: optional(position, Name::parse)?,
            closed_at: row.get("closed_at")?,
            version: row.get("version")?,
        };
        let kind = match kind.as_str() {
            "site" => MemberKind::Site,
            "person" => MemberKind::Person,
            _ => return Err(Error::Decode("neither a site nor a person".into())),
        };
        organisation.apply(Record::Member(kind, member));
    }
    Ok(organisation)
}

async fn read_tiers(connection: &mut Connection) -> Result<Vec<Tier>, Error> {
    let sql = "SELECT id, name FROM tiers ORDER BY depth";
    let rows = connection.fetch(sql, &[]).await?;
    let tier = |row: &crate::database::Row| {
        Ok(Tier {
            id: TierId::parse(&row.get::<String>("id")?).map_err(unreadable)?,
            name: Name::parse(&row.get::<String>("name")?).map_err(unreadable)?,
        })
    };
    rows.iter().map(tier).collect()
}

type Names = BTreeMap<(String, String), Vec<NamePeriod>>;

async fn read_names(connection: &mut Connection) -> Result<Names, Error> {
    let mut names = Names::new();
    let sql = "SELECT kind, id, name, valid_from, valid_to FROM names ORDER BY kind, id, number";
    for row in connection.fetch(sql, &[]).await? {
        let period = NamePeriod {
            name: Name::parse(&row.get::<String>("name")?).map_err(unreadable)?,
            from: row.get("valid_from")?,
            to: row.get("valid_to")?,
        };
        let whose = (row.get("kind")?, row.get("id")?);
        names.entry(whose).or_default().push(period);
    }
    Ok(names)
}

fn optional<T>(
    text: Option<String>,
    parse: impl Fn(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, Error> {
    text.map(|text| parse(&text))
        .transpose()
        .map_err(unreadable)
}

fn unreadable(refusal: Refusal) -> Error {
    Error::Decode(refusal.detail.into())
}

/// Writes a record in place of the one before it.
pub(super) async fn write(connection: &mut Connection, record: &Record) -> Result<(), Error> {
    match record {
        Record::Tiers(tiers) => write_tiers(connection, tiers).await,
        Record::Unit(unit) => {
            let sql = "INSERT INTO units (id, parent, tier, closed_at, successor, version) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET \
                       parent = excluded.parent, tier = excluded.tier, \
                       closed_at = excluded.closed_at, successor = excluded.successor, \
                       version = excluded.version";
            let values = [
                Value::Text(unit.id.as_str()),
                Value::TextOrNull(unit.parent.as_ref().map(UnitId::as_str)),
                Value::Text(unit.tier.as_str()),
                Value::IntOrNull(unit.closed_at),
                Value::TextOrNull(unit.successor.as_ref().map(UnitId::as_str)),
                Value::Int(unit.version),
            ];
            connection.execute(sql, &values).await?;
            write_names(connection, UNIT, unit.id.as_str(), &unit.names).await
        }
        Record::Member(kind, member) => {
            let sql = "INSERT INTO members (kind, id, unit, position, closed_at, version) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, id) DO UPDATE SET \
                       unit = excluded.unit, position = excluded.position, \
                       closed_at = excluded.closed_at, version = excluded.version";
            let values = [
                Value::Text(word(*kind)),
                Value::Text(member.id.as_str()),
                Value::Text(member.unit.as_str()),
                Value::TextOrNull(member.position.as_ref().map(Name::as_str)),
                Value::IntOrNull(member.closed_at),
                Value::Int(member.version),
            ];
            connection.execute(sql, &values).await?;
            write_names(connection, word(*kind), member.id.as_str(), &member.names).await
        }
    }
}

async fn write_tiers(connection: &mut Connection, tiers: &[Tier]) -> Result<(), Error> {
    connection.plain("DELETE FROM tiers").await?;
    for (depth, tier) in (0..).zip(tiers) {
        let sql = "INSERT INTO tiers (depth, id, name) VALUES ($1, $2, $3)";
        let values = [
            Value::Int(depth),
            Value::Text(tier.id.as_str()),
            Value::Text(tier.name.as_str()),
        ];
        connection.execute(sql, &values).await?;
    }
    Ok(())
}

async fn write_names(
    connection: &mut Connection,
    kind: &'static str,
    id: &str,
    names: &[NamePeriod],
) -> Result<(), Error> {
    for (number, period) in (1..).zip(names) {
        let sql = "INSERT INTO names (kind, id, number, name, valid_from, valid_to) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, id, number) DO UPDATE SET \
                   name = excluded.name, valid_from = excluded.valid_from, \
                   valid_to = excluded.valid_to";
        let values = [
            Value::Text(kind),
            Value::Text(id),
            Value::Int(number),
            Value::Text(period.name.as_str()),
            Value::Int(period.from),
            Value::IntOrNull(period.to),
        ];
        connection.execute(sql, &values).await?;
    }
    Ok(())
}
