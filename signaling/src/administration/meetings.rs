//! Planned meetings in the tables.

use diemcau_protocol::{Contact, InvitedKind, LetterLanguage, MeetingId, MeetingState};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use sqlx::Error;

use crate::database::{Connection, Row, Value};
use crate::schedule::{Booking, Door, Invitee, Meeting, Plan, Who};

/// Which meetings are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Those that end after it, in milliseconds since 1970 UTC.
    pub(crate) from: i64,
    /// Those that start before it.
    pub(crate) to: i64,
    pub(crate) state: Option<MeetingState>,
    /// Behind this one, by start and identifier.
    pub(crate) after: Option<(i64, String)>,
    pub(crate) limit: i64,
}

/// A meeting in a list, without those who are invited.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) id: MeetingId,
    pub(crate) plan: Plan,
    pub(crate) invited: u32,
    pub(crate) sites: u32,
}

pub(super) async fn read(
    connection: &mut Connection,
    id: &MeetingId,
) -> Result<Option<Meeting>, Error> {
    let sql = "SELECT id, version, state, plan, invitees FROM meetings WHERE id = $1";
    let row = connection
        .fetch_one(sql, &[Value::Text(id.as_str())])
        .await?;
    row.map(|row| meeting(&row)).transpose()
}

/// The meetings of a series that start at a time or later.
pub(super) async fn read_following(
    connection: &mut Connection,
    series: &str,
    starts_at: i64,
) -> Result<Vec<Meeting>, Error> {
    let sql = "SELECT id, version, state, plan, invitees FROM meetings \
               WHERE series = $1 AND starts_at >= $2 ORDER BY starts_at";
    let values = [Value::Text(series), Value::Int(starts_at)];
    let rows = connection.fetch(sql, &values).await?;
    rows.iter().map(meeting).collect()
}

pub(super) fn meeting(row: &Row) -> Result<Meeting, Error> {
    Ok(Meeting {
        id: MeetingId(row.get("id")?),
        version: row.get("version")?,
        plan: plan(row)?,
        invitees: from_json(row, "invitees")?,
    })
}

/// The state of its own column counts: it goes on without anybody's act.
fn plan(row: &Row) -> Result<Plan, Error> {
    let plan: Plan = from_json(row, "plan")?;
    Ok(Plan {
        state: from_word(&row.get::<String>("state")?)?,
        ..plan
    })
}

/// What meetings that are not over take of the server, with their
/// identifiers.
pub(super) async fn bookings(
    connection: &mut Connection,
    now: i64,
) -> Result<Vec<(MeetingId, Booking)>, Error> {
    let sql = "SELECT id, opens_at, ends_at, sites FROM meetings \
               WHERE ends_at > $1 AND state IN ('scheduled', 'open')";
    let rows = connection.fetch(sql, &[Value::Int(now)]).await?;
    let booking = |row: &Row| {
        let booking = Booking {
            from: row.get("opens_at")?,
            to: row.get("ends_at")?,
            sites: number(row, "sites")?,
        };
        Ok((MeetingId(row.get("id")?), booking))
    };
    rows.iter().map(booking).collect()
}

pub(super) async fn write(
    connection: &mut Connection,
    meeting: &Meeting,
    now: i64,
) -> Result<(), Error> {
    let Meeting {
        id,
        version,
        plan,
        invitees,
    } = meeting;
    let invited = i64::try_from(invitees.len()).unwrap_or(i64::MAX);
    let state = word(&plan.state)?;
    let (plan_json, invitees) = (to_json(plan)?, to_json(invitees)?);
    let sql = "INSERT INTO meetings (id, version, state, host_unit, series, opens_at, starts_at, \
               ends_at, remind_at, invited, sites, plan, invitees) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
               ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
               state = excluded.state, opens_at = excluded.opens_at, \
               starts_at = excluded.starts_at, ends_at = excluded.ends_at, \
               remind_at = excluded.remind_at, \
               invited = excluded.invited, sites = excluded.sites, plan = excluded.plan, \
               invitees = excluded.invitees";
    let values = [
        Value::Text(id.as_str()),
        Value::Int(*version),
        Value::Text(&state),
        Value::Text(&plan.host_unit),
        Value::TextOrNull(plan.series.as_ref().map(|series| series.id.as_str())),
        Value::Int(plan.opens_at()),
        Value::Int(plan.starts_at),
        Value::Int(plan.ends_at),
        Value::IntOrNull(plan.remind_at().filter(|at| *at > now)),
        Value::Int(invited),
        Value::Int(i64::from(meeting.sites())),
        Value::Bytes(&plan_json),
        Value::Bytes(&invitees),
    ];
    connection.execute(sql, &values).await?;
    write_places(connection, meeting).await
}

/// Where the devices of the sites that are invited go.
async fn write_places(connection: &mut Connection, meeting: &Meeting) -> Result<(), Error> {
    let forget = "DELETE FROM site_places WHERE meeting = $1";
    let id = Value::Text(meeting.id.as_str());
    connection.execute(forget, &[id]).await?;
    let sites = meeting.invitees.iter();
    let sites = sites.filter(|invitee| invitee.named.who.kind == InvitedKind::Site);
    let place = |invitee: &Invitee| {
        json!({ "site": invitee.named.who.id, "participant": invitee.participant,
            "role": invitee.named.role, "kind": invitee.kind(),
            "name": invitee.named.full_name(), "unit": invitee.named.unit })
    };
    let places = Json::Array(sites.map(place).collect()).to_string();
    // Thousands of sites in one statement.
    let sqlite = "INSERT INTO site_places \
                  (meeting, site, participant, role, kind, name, unit, handed_at) \
                  SELECT $1, value ->> 'site', value ->> 'participant', value ->> 'role', \
                  value ->> 'kind', value ->> 'name', value ->> 'unit', 0 FROM json_each($2)";
    let postgres = "INSERT INTO site_places \
                    (meeting, site, participant, role, kind, name, unit, handed_at) \
                    SELECT $1, one ->> 'site', one ->> 'participant', one ->> 'role', \
                    one ->> 'kind', one ->> 'name', one ->> 'unit', 0 \
                    FROM jsonb_array_elements(CAST($2 AS TEXT)::jsonb) AS one";
    let values = [id, Value::Text(&places)];
    let written = connection.execute_either(sqlite, postgres, &values).await;
    written.map(|_| ())
}

/// Notes that invitations are good no more.
pub(super) async fn withdraw(
    connection: &mut Connection,
    meeting: &MeetingId,
    invitees: impl Iterator<Item = &Invitee>,
) -> Result<(), Error> {
    for invitee in invitees {
        let sql = "INSERT INTO withdrawn (meeting, participant) VALUES ($1, $2)";
        let values = [
            Value::Text(meeting.as_str()),
            Value::Text(invitee.participant.as_str()),
        ];
        connection.execute(sql, &values).await?;
    }
    Ok(())
}

pub(super) async fn list(
    connection: &mut Connection,
    filter: &Filter,
) -> Result<Vec<Listed>, Error> {
    let sql = "SELECT id, state, plan, invited, sites FROM meetings \
               WHERE ends_at > $1 AND starts_at < $2 AND ($3 = '' OR state = $3) \
               AND (starts_at > $4 OR (starts_at = $4 AND id > $5)) \
               ORDER BY starts_at, id LIMIT $6";
    let state = match &filter.state {
        Some(state) => word(state)?,
        None => String::new(),
    };
    let (at, id) = match &filter.after {
        Some((at, id)) => (*at, id.as_str()),
        None => (i64::MIN, ""),
    };
    let values = [
        Value::Int(filter.from),
        Value::Int(filter.to),
        Value::Text(&state),
        Value::Int(at),
        Value::Text(id),
        Value::Int(filter.limit),
    ];
    let rows = connection.fetch(sql, &values).await?;
    let listed = |row: &Row| {
        Ok(Listed {
            id: MeetingId(row.get("id")?),
            plan: plan(row)?,
            invited: number(row, "invited")?,
            sites: number(row, "sites")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// The door of a meeting for one of its places; nothing where it was not
/// planned.
pub(super) async fn door(
    connection: &mut Connection,
    meeting: &MeetingId,
    participant: &str,
) -> Result<Option<Door>, Error> {
    let sql = "SELECT state, opens_at, (SELECT COUNT(*) FROM withdrawn \
               WHERE meeting = $1 AND participant = $2) AS withdrawn \
               FROM meetings WHERE id = $1";
    let values = [Value::Text(meeting.as_str()), Value::Text(participant)];
    let row = connection.fetch_one(sql, &values).await?;
    let door = |row: Row| {
        Ok(Door {
            state: from_word(&row.get::<String>("state")?)?,
            opens_at: row.get("opens_at")?,
            withdrawn: row.truth("withdrawn")?,
        })
    };
    row.map(door).transpose()
}

/// A meeting goes on from one state to the next, if it is in that one.
pub(super) async fn go_on(
    connection: &mut Connection,
    meeting: &MeetingId,
    from: MeetingState,
    to: MeetingState,
) -> Result<bool, Error> {
    let sql = "UPDATE meetings SET state = $3, version = version + 1 WHERE id = $1 AND state = $2";
    let (from, to) = (word(&from)?, word(&to)?);
    let values = [
        Value::Text(meeting.as_str()),
        Value::Text(&from),
        Value::Text(&to),
    ];
    Ok(connection.execute(sql, &values).await? > 0)
}

/// The meetings whose rooms were opened and are not known to be over.
pub(super) async fn open(connection: &mut Connection) -> Result<Vec<MeetingId>, Error> {
    let sql = "SELECT id FROM meetings WHERE state = 'open' ORDER BY id";
    let rows = connection.fetch(sql, &[]).await?;
    rows.iter()
        .map(|row| row.get("id").map(MeetingId))
        .collect()
}

/// The meetings that everybody is to be reminded of now.
pub(super) async fn to_remind(
    connection: &mut Connection,
    now: i64,
) -> Result<Vec<MeetingId>, Error> {
    let sql = "SELECT id FROM meetings WHERE remind_at <= $1 AND starts_at > $1 \
               AND state IN ('scheduled', 'open') ORDER BY id";
    let rows = connection.fetch(sql, &[Value::Int(now)]).await?;
    rows.iter()
        .map(|row| row.get("id").map(MeetingId))
        .collect()
}

/// Nobody is reminded of a meeting any more.
pub(super) async fn reminded(connection: &mut Connection, id: &MeetingId) -> Result<(), Error> {
    let sql = "UPDATE meetings SET remind_at = NULL WHERE id = $1";
    connection
        .execute(sql, &[Value::Text(id.as_str())])
        .await
        .map(|_| ())
}

/// How everybody is written to.
pub(super) async fn contacts(
    connection: &mut Connection,
) -> Result<std::collections::BTreeMap<Who, Contact>, Error> {
    let sql = "SELECT kind, id, email, phone, language FROM contacts";
    let rows = connection.fetch(sql, &[]).await?;
    let contact = |row: &Row| {
        let who = Who {
            kind: from_word(&row.get::<String>("kind")?)?,
            id: row.get("id")?,
        };
        let contact = Contact {
            email: row.get("email")?,
            phone: row.get("phone")?,
            language: from_word(&row.get::<String>("language")?)?,
        };
        Ok((who, contact))
    };
    rows.iter().map(contact).collect()
}

pub(super) async fn write_contact(
    connection: &mut Connection,
    who: &Who,
    contact: &Contact,
) -> Result<(), Error> {
    let sql = "INSERT INTO contacts (kind, id, email, phone, language) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, id) DO UPDATE SET \
               email = excluded.email, phone = excluded.phone, language = excluded.language";
    let kind = word::<InvitedKind>(&who.kind)?;
    let language = word::<LetterLanguage>(&contact.language)?;
    let values = [
        Value::Text(&kind),
        Value::Text(&who.id),
        Value::TextOrNull(contact.email.as_deref()),
        Value::TextOrNull(contact.phone.as_deref()),
        Value::Text(&language),
    ];
    connection.execute(sql, &values).await.map(|_| ())
}

fn number(row: &Row, column: &str) -> Result<u32, Error> {
    Ok(u32::try_from(row.get::<i64>(column)?).unwrap_or(u32::MAX))
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::Encode(error.into()))
}

pub(super) fn from_json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, Error> {
    let bytes: Vec<u8> = row.get(column)?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Decode(error.into()))
}

/// The word that serde has for a variant.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String, Error> {
    let word = serde_json::to_value(value).map_err(|error| Error::Encode(error.into()))?;
    word.as_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::Encode("not a word".into()))
}

pub(super) fn from_word<T: DeserializeOwned>(word: &str) -> Result<T, Error> {
    serde_json::from_value(word.into()).map_err(|error| Error::Decode(error.into()))
}
