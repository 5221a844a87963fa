//! Devices of halls: paired by a code, known by a cookie, revocable.
//!
//! ```text
//!   hall:      asks ──> code on the screen ─ ─ ─ ─ ─ ─ ─ ┐     asks again ──> paired,
//!   operator:                              reads it, enters it ──┘            next meeting
//! ```

use std::time::Duration;

use diemcau_protocol as wire;
use diemcau_protocol::{ErrorCode, MeetingId, ParticipantId, ParticipantKind, Role};
use serde_json::{Value as Json, json};

use super::accounts::{read_word, word};
use super::secret::Secret;
use crate::administration::{Act, ActError, Work};
use crate::database::{Row, Value};
use crate::ids;
use crate::organisation::{MemberId, Name, Refusal};
use crate::schedule::Plan;
use crate::service::OVERRUN;
use crate::store::StoreError;
use crate::token::{INVITATION_TTL, InvitationClaims, Place};

/// How long a code is good, in milliseconds.
const PAIRING_TTL: i64 = 10 * 60 * 1_000;

/// Codes at a time: anybody may ask for one.
const MOST_PAIRINGS: i64 = 500;

/// Letters that are not mistaken for others on a screen far away.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a code: more than anybody tries in ten minutes.
const CODE_LETTERS: usize = 8;

/// When a device was heard of last is kept to the minute, in milliseconds.
const MINUTE: i64 = 60_000;

const UNKNOWN: Refusal = Refusal::new(
    ErrorCode::PairingUnknown,
    "no hall shows this code, or not any longer",
);
const TOO_MANY: Refusal = Refusal::new(
    ErrorCode::RateLimited,
    "too many devices ask to be paired now",
);

/// A device that is paired.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) site: MemberId,
    name: String,
    paired_at: i64,
    seen_at: Option<i64>,
}

impl Device {
    pub(crate) fn view(&self) -> wire::PairedDevice {
        wire::PairedDevice {
            id: self.id.clone(),
            site: self.site.as_str().to_owned(),
            name: self.name.clone(),
            paired_at: self.paired_at,
            seen_at: self.seen_at,
        }
    }
}

fn read(row: &Row) -> Result<Device, StoreError> {
    let unreadable = |refusal: Refusal| StoreError::Database(refusal.detail.to_owned());
    Ok(Device {
        id: row.get("id")?,
        site: MemberId::parse(&row.get::<String>("site")?).map_err(unreadable)?,
        name: row.get("name")?,
        paired_at: row.get("paired_at")?,
        seen_at: row.get("seen_at")?,
    })
}

/// A code as it is shown, and as somebody writes it.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    letters
        .map(|c| c.to_ascii_uppercase())
        .take(CODE_LETTERS + 1)
        .collect()
}

fn shown(plain: &str) -> String {
    let (one, other) = plain.split_at(plain.len() / 2);
    format!("{one}-{other}")
}

fn new_code() -> String {
    let random = rand::random::<[u8; CODE_LETTERS]>();
    random
        .into_iter()
        .map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]))
        .collect()
}

/// A code for a device that wants to be paired, and what it keeps.
pub(crate) async fn ask(work: &mut Work<'_>, now: i64) -> Result<(String, Secret), ActError> {
    let sql = "DELETE FROM pairings WHERE expires_at <= $1";
    work.execute(sql, &[Value::Int(now)]).await?;
    let sql = "SELECT COUNT(*) AS waiting FROM pairings";
    let row = work.fetch_one(sql, &[]).await?;
    if row.map_or(Ok(0), |row| row.get::<i64>("waiting"))? >= MOST_PAIRINGS {
        return Err(TOO_MANY.into());
    }
    let (code, secret) = (new_code(), Secret::new(""));
    let sql = "INSERT INTO pairings (code, hash, expires_at) VALUES ($1, $2, $3)";
    let values = [
        Value::Text(&code),
        Value::Bytes(&secret.hash()),
        Value::Int(now + PAIRING_TTL),
    ];
    work.execute(sql, &values).await?;
    Ok((shown(&code), secret))
}

/// The code of a device that waits.
pub(crate) async fn waiting(
    work: &mut Work<'_>,
    secret: &Secret,
    now: i64,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT code FROM pairings WHERE hash = $1 AND expires_at > $2";
    let values = [Value::Bytes(&secret.hash()), Value::Int(now)];
    let row = work.fetch_one(sql, &values).await?;
    let code: Option<String> = row.map(|row| row.get("code")).transpose()?;
    Ok(code.map(|code| shown(&code)))
}

/// Gives the device that shows a code to a site.
pub(crate) async fn pair(
    work: &mut Work<'_>,
    act: &Act,
    code: &str,
    site: &MemberId,
    name: &Name,
) -> Result<Device, ActError> {
    let code = plain(code);
    let sql = "SELECT hash FROM pairings WHERE code = $1 AND expires_at > $2";
    let values = [Value::Text(&code), Value::Int(act.at)];
    let row = work.fetch_one(sql, &values).await?.ok_or(UNKNOWN)?;
    let hash: Vec<u8> = row.get("hash")?;
    work.execute(
        "DELETE FROM pairings WHERE code = $1",
        &[Value::Text(&code)],
    )
    .await?;
    let device = Device {
        id: ids::entry(),
        site: site.clone(),
        name: name.as_str().to_owned(),
        paired_at: act.at,
        seen_at: None,
    };
    let sql = "INSERT INTO hall_devices (id, site, name, hash, paired_at, paired_by) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        Value::Text(&device.id),
        Value::Text(site.as_str()),
        Value::Text(&device.name),
        Value::Bytes(&hash),
        Value::Int(device.paired_at),
        Value::Text(&act.actor),
    ];
    work.execute(sql, &values).await?;
    let subject = ("device", device.id.as_str());
    work.note(act, subject, Json::Null, json!(device.view()))
        .await?;
    Ok(device)
}

/// The device of a cookie, as long as its site is there.
pub(crate) async fn find(
    work: &mut Work<'_>,
    secret: &Secret,
    now: i64,
) -> Result<Option<Device>, StoreError> {
    let sql = "SELECT id, site, name, paired_at, seen_at FROM hall_devices WHERE hash = $1";
    let Some(row) = work.fetch_one(sql, &[Value::Bytes(&secret.hash())]).await? else {
        return Ok(None);
    };
    let device = read(&row)?;
    let site = work.organisation().sites.get(&device.site);
    if site.is_none_or(|site| site.closed_at.is_some()) {
        return Ok(None);
    }
    if device.seen_at.is_none_or(|seen| now - seen >= MINUTE) {
        let sql = "UPDATE hall_devices SET seen_at = $2 WHERE id = $1";
        work.execute(sql, &[Value::Text(&device.id), Value::Int(now)])
            .await?;
    }
    Ok(Some(device))
}

/// Every device, by site and name.
pub(crate) async fn all(work: &mut Work<'_>) -> Result<Vec<Device>, StoreError> {
    let sql = "SELECT id, site, name, paired_at, seen_at FROM hall_devices ORDER BY site, name, id";
    work.fetch(sql, &[]).await?.iter().map(read).collect()
}

/// Takes a device from its site.
pub(crate) async fn revoke(
    work: &mut Work<'_>,
    act: &Act,
    device: &Device,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM hall_devices WHERE id = $1";
    work.execute(sql, &[Value::Text(&device.id)]).await?;
    let subject = ("device", device.id.as_str());
    work.note(act, subject, json!(device.view()), Json::Null)
        .await
}

/// A place in a meeting to which the devices of a site go.
#[derive(Debug)]
pub(crate) struct SitePlace {
    pub(crate) meeting: MeetingId,
    participant: ParticipantId,
    role: Role,
    kind: ParticipantKind,
    name: Option<String>,
    unit: Option<String>,
    pub(crate) times: Times,
    /// Title and host unit, where the meeting is planned.
    pub(crate) planned: Option<(String, String)>,
}

/// When the devices of a site go to a meeting, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) opens_at: i64,
    pub(crate) starts_at: i64,
}

impl Times {
    /// Of several meetings the lowest is the one to go to, or to wait for: the
    /// one that began last; if none has begun, that of the open ones which
    /// begins first; if none is open, that which opens first.
    fn rank(self, now: i64) -> (u8, i64) {
        if self.starts_at <= now {
            (0, -self.starts_at)
        } else if self.opens_at <= now {
            (1, self.starts_at)
        } else {
            (2, self.opens_at)
        }
    }
}

impl SitePlace {
    /// For an invitation.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            meeting: &self.meeting,
            participant: &self.participant,
            role: self.role,
            kind: self.kind,
            name: self.name.as_deref(),
            unit: self.unit.as_deref(),
        }
    }
}

/// Hands an invitation to the devices of a site, which go there by themselves.
pub(crate) async fn hand_over(
    work: &mut Work<'_>,
    act: &Act,
    site: &MemberId,
    invitation: &InvitationClaims,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO site_places (site, meeting, participant, role, kind, name, unit, \
               handed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
               ON CONFLICT (site, meeting) DO UPDATE SET participant = excluded.participant, \
               role = excluded.role, kind = excluded.kind, name = excluded.name, \
               unit = excluded.unit, handed_at = excluded.handed_at";
    let (role, kind) = (word(invitation.role), word(invitation.kind));
    let values = [
        Value::Text(site.as_str()),
        Value::Text(invitation.meeting.as_str()),
        Value::Text(invitation.participant.as_str()),
        Value::Text(&role),
        Value::Text(&kind),
        Value::TextOrNull(invitation.name.as_deref()),
        Value::TextOrNull(invitation.unit.as_deref()),
        Value::Int(act.at),
    ];
    work.execute(sql, &values).await?;
    let handed = json!({ "meeting": invitation.meeting, "participant": invitation.participant });
    work.note(act, ("site", site.as_str()), Json::Null, handed)
        .await
}

/// The places to which the devices of a site go, in the order in which they
/// are to be tried. What was planned and passed without anybody is not there,
/// nor is what was handed over longer ago than an invitation is good.
pub(crate) async fn places(
    work: &mut Work<'_>,
    site: &MemberId,
    now: i64,
) -> Result<Vec<SitePlace>, StoreError> {
    let sql = "SELECT site_places.meeting, participant, role, kind, name, unit, handed_at, \
               opens_at, starts_at, plan \
               FROM site_places LEFT JOIN meetings ON meetings.id = site_places.meeting \
               WHERE site = $1 AND ((meetings.id IS NULL AND handed_at > $2) \
               OR (state = 'open' AND ends_at > $3) OR (state = 'scheduled' AND ends_at > $4)) \
               ORDER BY COALESCE(starts_at, handed_at), site_places.meeting LIMIT 100";
    let values = [
        Value::Text(site.as_str()),
        Value::Int(now - milliseconds(INVITATION_TTL)),
        Value::Int(now - milliseconds(OVERRUN)),
        Value::Int(now),
    ];
    let rows = work.fetch(sql, &values).await?;
    let mut places = rows.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    places.sort_by_key(|place| place.times.rank(now));
    Ok(places)
}

fn place(row: &Row) -> Result<SitePlace, StoreError> {
    let planned: Option<Vec<u8>> = row.get("plan")?;
    let plan = planned.map(|plan| serde_json::from_slice::<Plan>(&plan));
    let plan = plan
        .transpose()
        .map_err(|error| StoreError::Database(error.to_string()))?;
    let handed_at = row.get("handed_at")?;
    let at = |column| Ok::<_, sqlx::Error>(row.get::<Option<i64>>(column)?.unwrap_or(handed_at));
    Ok(SitePlace {
        meeting: MeetingId(row.get("meeting")?),
        participant: ParticipantId(row.get("participant")?),
        role: read_word(&row.get::<String>("role")?)?,
        kind: read_word(&row.get::<String>("kind")?)?,
        name: row.get("name")?,
        unit: row.get("unit")?,
        times: Times {
            opens_at: at("opens_at")?,
            starts_at: at("starts_at")?,
        },
        planned: plan.map(|plan| (plan.title, plan.host_unit_name)),
    })
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Forgets a place in a meeting that is over.
pub(crate) async fn forget(
    work: &mut Work<'_>,
    site: &MemberId,
    meeting: &MeetingId,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM site_places WHERE site = $1 AND meeting = $2";
    let values = [Value::Text(site.as_str()), Value::Text(meeting.as_str())];
    work.execute(sql, &values).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_written() {
        let code = new_code();
        let shown = shown(&code);
        assert_eq!(shown.len(), CODE_LETTERS + 1);
        assert_eq!(plain(&shown), code);
        assert_eq!(plain(&shown.to_lowercase().replace('-', " ")), code);
        assert_ne!(plain(&format!("{shown}2")), code);
    }

    /// In minutes: the place of the meeting to which a hall goes at 60.
    fn first(meetings: &[(i64, i64)]) -> usize {
        let rank = |index: &usize| {
            let (opens_at, starts_at) = meetings[*index];
            let times = Times {
                opens_at,
                starts_at,
            };
            times.rank(60)
        };
        (0..meetings.len()).min_by_key(rank).unwrap()
    }

    #[test]
    fn a_hall_stays_until_the_next_meeting_begins() {
        // The rehearsal of the next meeting calls nobody away from this one.
        assert_eq!(first(&[(0, 10), (50, 110)]), 0);
        assert_eq!(first(&[(0, 10), (50, 60)]), 1);
        // What is handed over by hand begins at once.
        assert_eq!(first(&[(0, 10), (59, 59), (50, 110)]), 1);
        // Before anything begins: the rehearsal that is open; else what opens first.
        assert_eq!(first(&[(70, 75), (50, 110), (55, 100)]), 2);
        assert_eq!(first(&[(70, 200), (80, 90)]), 0);
    }
}
