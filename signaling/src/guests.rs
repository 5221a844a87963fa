//! Invitations for guests: links that many may use, each for a place of their
//! own, until they expire, are used up or are taken back.
//!
//! ```text
//!   organiser ──> link ──> guest: key ──> place ──> own invitation ──> door
//!                  │                        │ counted once for each key
//!                  └── expires, is revoked ─┴── used up
//! ```

use diemcau_protocol as wire;
use diemcau_protocol::{
    CreateGuestInvitation, ErrorCode, MeetingId, NAME_LENGTH, ParticipantId, Role,
};
use serde_json::{Value as Json, json};

use crate::administration::{Act, ActError, Work, from_word, word};
use crate::database::{Row, Value};
use crate::log::hash_of;
use crate::meeting::clean_line;
use crate::organisation::Refusal;
use crate::store::StoreError;

/// Places of guests begin so; no others do.
const GUEST: &str = "guest-";

/// The longest time that an invitation may be good, in milliseconds.
const LONGEST: i64 = 90 * 24 * 60 * 60 * 1_000;

/// The most guests of one invitation.
const MOST_USES: u32 = 4_000;

/// The most invitations of one meeting.
const MOST_INVITATIONS: i64 = 200;

/// The lengths of a guest's key.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

const UNKNOWN: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such invitation");

/// An invitation for guests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GuestInvitation {
    pub(crate) id: String,
    pub(crate) meeting: MeetingId,
    /// Counts its changes, from 1; uses are none.
    pub(crate) version: i64,
    note: Option<String>,
    pub(crate) role: Role,
    made_by: String,
    made_at: i64,
    pub(crate) expires_at: i64,
    most_uses: Option<u32>,
    uses: u32,
    revoked: Option<(String, i64)>,
}

impl GuestInvitation {
    /// What is asked for, where it can be.
    pub(crate) fn new(
        id: String,
        meeting: MeetingId,
        act: &Act,
        asked: CreateGuestInvitation,
    ) -> Result<Self, Refusal> {
        let refuse = |code, detail| Err(Refusal::new(code, detail));
        let note = asked.note.map(|note| clean_line(&note));
        let length = note.as_ref().map(|note| note.chars().count());
        if length.is_some_and(|length| !(1..=NAME_LENGTH as usize).contains(&length)) {
            return refuse(ErrorCode::TextTooLong, "the note has 1 to 120 characters");
        }
        match asked.role {
            Role::Delegate | Role::Observer => {}
            Role::Chair | Role::Secretary | Role::Controller | Role::Operator => {
                let detail = "guests are delegates or observers";
                return refuse(ErrorCode::OutOfRange, detail);
            }
        }
        if asked.expires_at <= act.at || asked.expires_at > act.at.saturating_add(LONGEST) {
            let detail = "the end is to come, within 90 days";
            return refuse(ErrorCode::TimeUnfit, detail);
        }
        if asked
            .most_uses
            .is_some_and(|most| !(1..=MOST_USES).contains(&most))
        {
            return refuse(ErrorCode::OutOfRange, "1 to 4000 guests come with one link");
        }
        Ok(Self {
            id,
            meeting,
            version: 1,
            note,
            role: asked.role,
            made_by: act.actor.clone(),
            made_at: act.at,
            expires_at: asked.expires_at,
            most_uses: asked.most_uses,
            uses: 0,
            revoked: None,
        })
    }

    /// Refuses what was taken back or is over.
    pub(crate) fn is_good(&self, now: i64) -> Result<(), Refusal> {
        if self.revoked.is_some() {
            return Err(WITHDRAWN);
        }
        if self.expires_at <= now {
            return Err(Refusal::new(
                ErrorCode::TokenExpired,
                "the invitation has expired",
            ));
        }
        Ok(())
    }

    /// Refuses where as many have come as may.
    pub(crate) fn has_room(&self) -> Result<(), Refusal> {
        match self.most_uses {
            Some(most) if self.uses >= most => Err(Refusal::new(
                ErrorCode::InvitationUsedUp,
                "as many guests have come with this invitation as may",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// As it goes over the wire, with its link where that is good.
    pub(crate) fn view(&self, path: Option<String>) -> wire::GuestInvitation {
        let (revoked_by, revoked_at) = self.revoked.clone().unzip();
        wire::GuestInvitation {
            id: self.id.clone(),
            meeting: self.meeting.clone(),
            note: self.note.clone(),
            role: self.role,
            made_by: self.made_by.clone(),
            made_at: self.made_at,
            expires_at: self.expires_at,
            most_uses: self.most_uses,
            uses: self.uses,
            revoked_by,
            revoked_at,
            path,
        }
    }

    fn told(&self) -> Json {
        json!(self.view(None))
    }
}

pub(crate) const WITHDRAWN: Refusal = Refusal::new(
    ErrorCode::InvitationWithdrawn,
    "the invitation was withdrawn",
);

/// The place that a guest takes with a key. Whoever sees the place cannot tell
/// the key.
pub(crate) fn place(invitation: &str, key: &str) -> Result<ParticipantId, Refusal> {
    if !KEY_LENGTHS.contains(&key.len()) || !key.is_ascii() {
        return Err(Refusal::new(
            ErrorCode::BadMessage,
            "a key has 16 to 64 ASCII characters",
        ));
    }
    let hash = hash_of(format!("{invitation}\n{key}").as_bytes());
    Ok(ParticipantId(format!(
        "{GUEST}{}",
        hex::encode(&hash[..16])
    )))
}

/// Whether a place is one that guests take.
pub(crate) fn is_guest(participant: &ParticipantId) -> bool {
    participant.as_str().starts_with(GUEST)
}

/// Stores a new invitation.
pub(crate) async fn add(
    work: &mut Work<'_>,
    act: &Act,
    invitation: &GuestInvitation,
) -> Result<(), ActError> {
    let sql = "SELECT COUNT(*) AS made FROM guest_invitations WHERE meeting = $1";
    let meeting = Value::Text(invitation.meeting.as_str());
    let row = work.fetch_one(sql, &[meeting]).await?;
    if row.map_or(Ok(0), |row| row.get::<i64>("made"))? >= MOST_INVITATIONS {
        return Err(Refusal::new(
            ErrorCode::TooLarge,
            "a meeting has at most 200 invitations for guests",
        )
        .into());
    }
    let sql = "INSERT INTO guest_invitations \
               (id, meeting, version, note, role, made_by, made_at, expires_at, most_uses) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let role = word(&invitation.role)?;
    let values = [
        Value::Text(&invitation.id),
        meeting,
        Value::Int(invitation.version),
        Value::TextOrNull(invitation.note.as_deref()),
        Value::Text(&role),
        Value::Text(&invitation.made_by),
        Value::Int(invitation.made_at),
        Value::Int(invitation.expires_at),
        Value::IntOrNull(invitation.most_uses.map(i64::from)),
    ];
    work.execute(sql, &values).await?;
    let subject = ("guest_invitation", invitation.id.as_str());
    work.note(act, subject, Json::Null, invitation.told())
        .await?;
    Ok(())
}

/// Takes an invitation back; whoever is in the meeting stays.
pub(crate) async fn revoke(
    work: &mut Work<'_>,
    act: &Act,
    before: &GuestInvitation,
) -> Result<GuestInvitation, StoreError> {
    let after = GuestInvitation {
        version: before.version + 1,
        revoked: Some((act.actor.clone(), act.at)),
        ..before.clone()
    };
    let sql = "UPDATE guest_invitations SET version = $2, revoked_by = $3, revoked_at = $4 \
               WHERE id = $1";
    let values = [
        Value::Text(&after.id),
        Value::Int(after.version),
        Value::Text(&act.actor),
        Value::Int(act.at),
    ];
    work.execute(sql, &values).await?;
    let subject = ("guest_invitation", after.id.as_str());
    work.note(act, subject, before.told(), after.told()).await?;
    Ok(after)
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT id, meeting, version, note, role, made_by, made_at, expires_at, most_uses, ",
            "revoked_by, revoked_at, (SELECT COUNT(*) FROM guest_places ",
            "WHERE invitation = guest_invitations.id) AS uses FROM guest_invitations ",
            $which
        )
    };
}

/// The invitations of a meeting, in the order in which they were made.
pub(crate) async fn all(
    work: &mut Work<'_>,
    meeting: &MeetingId,
) -> Result<Vec<GuestInvitation>, StoreError> {
    let sql = select!("WHERE meeting = $1 ORDER BY made_at, id");
    let rows = work.fetch(sql, &[Value::Text(meeting.as_str())]).await?;
    rows.iter().map(read).collect()
}

/// One of them.
pub(crate) async fn find(
    work: &mut Work<'_>,
    meeting: &MeetingId,
    id: &str,
) -> Result<GuestInvitation, ActError> {
    let sql = select!("WHERE id = $1 AND meeting = $2");
    let values = [Value::Text(id), Value::Text(meeting.as_str())];
    let row = work.fetch_one(sql, &values).await?.ok_or(UNKNOWN)?;
    Ok(read(&row)?)
}

/// Takes a place, or comes back to it.
pub(crate) async fn take(
    work: &mut Work<'_>,
    invitation: &GuestInvitation,
    place: &ParticipantId,
    now: i64,
) -> Result<(), ActError> {
    invitation.is_good(now)?;
    let sql = "SELECT invitation FROM guest_places WHERE participant = $1";
    let values = [Value::Text(place.as_str())];
    if work.fetch_one(sql, &values).await?.is_some() {
        return Ok(());
    }
    invitation.has_room()?;
    let sql = "INSERT INTO guest_places (participant, invitation, taken_at) VALUES ($1, $2, $3)";
    let values = [
        Value::Text(place.as_str()),
        Value::Text(&invitation.id),
        Value::Int(now),
    ];
    work.execute(sql, &values).await?;
    Ok(())
}

/// Notes who opens a meeting that is not planned.
pub(crate) async fn note_organiser(
    work: &mut Work<'_>,
    act: &Act,
    meeting: &MeetingId,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO instant_meetings (id, organiser, opened_at) VALUES ($1, $2, $3)";
    let values = [
        Value::Text(meeting.as_str()),
        Value::Text(&act.actor),
        Value::Int(act.at),
    ];
    work.execute(sql, &values).await?;
    let subject = ("meeting", meeting.as_str());
    work.note(act, subject, Json::Null, json!({ "planned": false }))
        .await
}

/// Whose meeting it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// Planned for this unit.
    Unit(String),
    /// Opened at once by somebody.
    Account(String),
    /// Opened by the server's own tools.
    Server,
}

/// Whose a meeting is, as far as it stands in the tables.
pub(crate) async fn host(work: &mut Work<'_>, meeting: &MeetingId) -> Result<Host, StoreError> {
    let id = [Value::Text(meeting.as_str())];
    let planned = "SELECT host_unit FROM meetings WHERE id = $1";
    if let Some(row) = work.fetch_one(planned, &id).await? {
        return Ok(Host::Unit(row.get("host_unit")?));
    }
    let instant = "SELECT organiser FROM instant_meetings WHERE id = $1";
    match work.fetch_one(instant, &id).await? {
        Some(row) => Ok(Host::Account(row.get("organiser")?)),
        None => Ok(Host::Server),
    }
}

fn read(row: &Row) -> Result<GuestInvitation, StoreError> {
    let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let by: Option<String> = row.get("revoked_by")?;
    let at: Option<i64> = row.get("revoked_at")?;
    Ok(GuestInvitation {
        id: row.get("id")?,
        meeting: MeetingId(row.get("meeting")?),
        version: row.get("version")?,
        note: row.get("note")?,
        role: from_word(&row.get::<String>("role")?)?,
        made_by: row.get("made_by")?,
        made_at: row.get("made_at")?,
        expires_at: row.get("expires_at")?,
        most_uses: row.get::<Option<i64>>("most_uses")?.map(number),
        uses: number(row.get("uses")?),
        revoked: by.zip(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_750_000_000_000;

    fn act() -> Act {
        Act {
            actor: "account:lan".to_owned(),
            action: "guest.invite",
            at: NOW,
            once: None,
        }
    }

    fn asked() -> CreateGuestInvitation {
        CreateGuestInvitation {
            note: Some(" Báo chí ".to_owned()),
            role: Role::Observer,
            expires_at: NOW + LONGEST,
            most_uses: Some(MOST_USES),
        }
    }

    fn made(asked: CreateGuestInvitation) -> Result<GuestInvitation, ErrorCode> {
        let made = GuestInvitation::new("một".to_owned(), "giao-ban".into(), &act(), asked);
        made.map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_is_asked_for_has_its_limits() {
        assert_eq!(made(asked()).unwrap().note.as_deref(), Some("Báo chí"));
        let refused = |change: fn(&mut CreateGuestInvitation)| {
            let mut asked = asked();
            change(&mut asked);
            made(asked).unwrap_err()
        };
        assert_eq!(refused(|asked| asked.expires_at += 1), ErrorCode::TimeUnfit);
        assert_eq!(
            refused(|asked| asked.expires_at = NOW),
            ErrorCode::TimeUnfit
        );
        assert_eq!(
            refused(|asked| asked.expires_at = i64::MIN),
            ErrorCode::TimeUnfit
        );
        assert_eq!(
            refused(|asked| asked.most_uses = Some(0)),
            ErrorCode::OutOfRange
        );
        let too_many = refused(|asked| asked.most_uses = Some(MOST_USES + 1));
        assert_eq!(too_many, ErrorCode::OutOfRange);
        assert_eq!(
            refused(|asked| asked.role = Role::Chair),
            ErrorCode::OutOfRange
        );
        let long = refused(|asked| asked.note = Some("a".repeat(121)));
        assert_eq!(long, ErrorCode::TextTooLong);
    }

    #[test]
    fn it_is_good_until_its_end_unless_it_is_taken_back() {
        let invitation = made(asked()).unwrap();
        assert_eq!(invitation.is_good(invitation.expires_at - 1), Ok(()));
        let over = invitation.is_good(invitation.expires_at).unwrap_err();
        assert_eq!(over.code, ErrorCode::TokenExpired);
        let revoked = GuestInvitation {
            revoked: Some(("account:lan".to_owned(), NOW)),
            ..invitation
        };
        assert_eq!(revoked.is_good(NOW), Err(WITHDRAWN));
    }

    #[test]
    fn the_last_one_comes_in_and_nobody_after() {
        let mut invitation = made(asked()).unwrap();
        invitation.uses = MOST_USES - 1;
        assert_eq!(invitation.has_room(), Ok(()));
        invitation.uses = MOST_USES;
        let refused = invitation.has_room().unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvitationUsedUp);
        invitation.most_uses = None;
        assert_eq!(invitation.has_room(), Ok(()));
    }

    #[test]
    fn a_place_belongs_to_invitation_and_key() {
        let key = "0123456789abcdef";
        let one = place("một", key).unwrap();
        assert!(is_guest(&one));
        assert_eq!(place("một", key).unwrap(), one);
        assert_ne!(place("hai", key).unwrap(), one);
        assert_ne!(place("một", "0123456789abcdeg").unwrap(), one);
        assert!(place("một", &key[1..]).is_err());
        assert!(place("một", &"a".repeat(65)).is_err());
    }
}
