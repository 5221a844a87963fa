//! Acts on planned meetings: decided on what is found in the database, and
//! stored with their records in the audit log, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diemcau_protocol::{Contact, DeliveryKind, MeetingId, MeetingState, MeetingTemplate, Webhook};
use serde_json::{Value as Json, json};
use sqlx::Error;

use super::meetings::{Filter, Listed};
use super::outgoing::{self, Outgoing};
use super::templates::Stored;
use super::{
    Act, ActError, Administration, Answer, State, audit, feeds, given_before, meetings, remember,
    tables, templates, webhooks,
};
use crate::database::{Connection, within};
use crate::organisation::{Organisation, Refusal};
use crate::schedule::{Booking, Door, Meeting, Who};
use crate::store::StoreError;

/// What a decision needs to see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    pub(crate) meeting: Option<MeetingId>,
    /// And those that follow it in its series.
    pub(crate) following: bool,
    pub(crate) template: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The meeting that was looked for, and those that follow it.
    pub(crate) meetings: Vec<Meeting>,
    /// What the other meetings take of the server.
    pub(crate) others: Vec<Booking>,
    /// How everybody is written to.
    pub(crate) contacts: BTreeMap<Who, Contact>,
    /// The template that was looked for.
    pub(crate) template: Option<Stored>,
    pub(crate) webhooks: Vec<Webhook>,
}

/// Something as it is to be from now on.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Meeting(Box<Meeting>),
    Contact(Who, Contact),
    /// With its version.
    Template(i64, Box<MeetingTemplate>),
    /// One that is no more.
    NoTemplate(String),
    /// The hash of the secret of a calendar; nothing where there is none any
    /// more.
    Feed(Who, Option<String>),
    /// With its secret.
    Webhook(Webhook, String),
    /// One that is no more.
    NoWebhook(String),
    /// Everybody was reminded.
    Reminded(MeetingId),
    /// It is over.
    Ended(MeetingId),
    /// No act by itself, but what follows from one.
    Send(Outgoing),
}

/// Some work on a connection that is put back afterwards.
macro_rules! with_connection {
    ($self:ident, $connection:ident => $work:expr) => {{
        let mut inner = $self.inner.lock().await;
        let mut $connection = $self.take(&mut inner).await?;
        let patience = $connection.patience();
        let outcome = within(patience, $work).await;
        Ok(inner.settle($connection, outcome)?)
    }};
}

/// Some reading beside whatever act is under way. After an error the connection
/// is not put back.
macro_rules! with_reader {
    ($self:ident, $connection:ident => $work:expr) => {{
        let mut reader = $self.readers.take().await?;
        let $connection = &mut reader.connection;
        let patience = $connection.patience();
        let read = within(patience, $work).await?;
        reader.put_back();
        Ok(read)
    }};
}

impl Administration {
    /// Does an act on planned meetings: `decide` says what is to be written,
    /// `answer` what is answered once it is.
    pub(crate) async fn plan(
        &self,
        act: Act,
        look: Look,
        decide: impl FnOnce(&Organisation, &Found) -> Result<Vec<Entry>, Refusal> + Send,
        answer: impl FnOnce(&[Entry]) -> Answer + Send,
    ) -> Result<Answer, ActError> {
        let mut inner = self.inner.lock().await;
        let mut connection = self.take(&mut inner).await?;
        let patience = connection.patience();
        let work = async {
            connection.begin().await?;
            let known = &inner.known;
            match perform(&mut connection, known, &act, &look, decide, answer).await {
                Ok(done) => {
                    connection.commit().await?;
                    Ok(Ok(done))
                }
                Err(ActError::Store(error)) => {
                    connection.roll_back().await;
                    Err(Error::Io(std::io::Error::other(error)))
                }
                Err(refused) => {
                    connection.roll_back().await;
                    Ok(Err(refused))
                }
            }
        };
        let outcome = within(patience, work).await;
        let (organisation, answer) = inner.settle(connection, outcome)??;
        inner.known = organisation;
        self.letters.notify_one();
        self.webhooks.notify_one();
        Ok(answer)
    }

    /// Waits until there may be something new of a kind to be sent.
    pub(crate) async fn something_to_send(&self, kind: DeliveryKind) {
        match kind {
            DeliveryKind::Mail => self.letters.notified().await,
            DeliveryKind::Webhook => self.webhooks.notified().await,
        }
    }

    /// A planned meeting.
    pub(crate) async fn meeting(&self, id: &MeetingId) -> Result<Option<Meeting>, StoreError> {
        with_reader!(self, connection => meetings::read(connection, id))
    }

    /// Planned meetings, by their start.
    pub(crate) async fn meetings(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        with_reader!(self, connection => meetings::list(connection, filter))
    }

    /// How everybody is written to.
    pub(crate) async fn contacts(&self) -> Result<BTreeMap<Who, Contact>, StoreError> {
        with_reader!(self, connection => meetings::contacts(connection))
    }

    /// The door of a meeting for one of its places; nothing where it was not
    /// planned.
    pub(crate) async fn door(
        &self,
        meeting: &MeetingId,
        participant: &str,
    ) -> Result<Option<Door>, StoreError> {
        with_reader!(self, connection => meetings::door(connection, meeting, participant))
    }

    /// Whether the link with which a guest took a place still stands.
    pub(crate) async fn guest_may_come(&self, place: &str) -> Result<bool, StoreError> {
        with_reader!(self, connection => meetings::guest_may_come(connection, place))
    }

    /// A template of the organisation's own.
    pub(crate) async fn template(&self, id: &str) -> Result<Option<Stored>, StoreError> {
        with_connection!(self, connection => templates::read(&mut connection, id))
    }

    /// The organisation's own templates.
    pub(crate) async fn templates(&self) -> Result<Vec<Stored>, StoreError> {
        with_connection!(self, connection => templates::list(&mut connection))
    }

    /// Notes that the room of a meeting is opened; from now on it goes by what
    /// was planned until here. Also says whether this was new.
    pub(crate) async fn opens(
        &self,
        meeting: &MeetingId,
    ) -> Result<Option<(Meeting, bool)>, StoreError> {
        let (from, to) = (MeetingState::Scheduled, MeetingState::Open);
        with_connection!(self, connection => async {
            let is_new = meetings::go_on(&mut connection, meeting, from, to).await?;
            let meeting = meetings::read(&mut connection, meeting).await?;
            Ok(meeting.map(|meeting| (meeting, is_new)))
        })
    }

    /// The meetings that everybody is to be reminded of now.
    pub(crate) async fn to_remind(&self, now: i64) -> Result<Vec<MeetingId>, StoreError> {
        with_connection!(self, connection => meetings::to_remind(&mut connection, now))
    }

    /// The meetings whose rooms were opened and are not known to be over.
    pub(crate) async fn open_meetings(&self) -> Result<Vec<MeetingId>, StoreError> {
        with_connection!(self, connection => meetings::open(&mut connection))
    }
}

async fn perform(
    connection: &mut Connection,
    known: &Arc<Organisation>,
    act: &Act,
    look: &Look,
    decide: impl FnOnce(&Organisation, &Found) -> Result<Vec<Entry>, Refusal> + Send,
    answer: impl FnOnce(&[Entry]) -> Answer + Send,
) -> Result<(Arc<Organisation>, Answer), ActError> {
    let mut state = tables::lock_state(connection).await?;
    let known = if state.version == known.version {
        Arc::clone(known)
    } else {
        Arc::new(tables::read(connection, &state).await?)
    };
    if let Some(once) = &act.once
        && let Some(answer) = given_before(connection, act, once).await?
    {
        return Ok((known, answer));
    }
    let found = find(connection, look, act.at).await?;
    let entries = decide(&known, &found)?;
    for entry in &entries {
        write(connection, &mut state, act, &found, entry).await?;
    }
    let answer = answer(&entries);
    if let Some(once) = &act.once {
        remember(connection, act, once, &answer).await?;
    }
    tables::write_state(connection, &state).await?;
    Ok((known, answer))
}

async fn find(connection: &mut Connection, look: &Look, now: i64) -> Result<Found, Error> {
    let mut found = Found {
        contacts: meetings::contacts(connection).await?,
        webhooks: webhooks::list(connection).await?,
        ..Found::default()
    };
    if let Some(id) = &look.template {
        found.template = templates::read(connection, id).await?;
    }
    if let Some(id) = &look.meeting
        && let Some(meeting) = meetings::read(connection, id).await?
    {
        let (series, starts_at) = (meeting.plan.series.clone(), meeting.plan.starts_at);
        found.meetings.push(meeting);
        if let Some(series) = series.filter(|_| look.following) {
            let following = meetings::read_following(connection, &series.id, starts_at).await?;
            let others = following.into_iter().filter(|other| other.id != *id);
            found.meetings.extend(others);
        }
    }
    let own: BTreeSet<&MeetingId> = found.meetings.iter().map(|meeting| &meeting.id).collect();
    let bookings = meetings::bookings(connection, now).await?;
    found.others = bookings
        .into_iter()
        .filter(|(id, _)| !own.contains(id))
        .map(|(_, booking)| booking)
        .collect();
    Ok(found)
}

async fn write(
    connection: &mut Connection,
    state: &mut State,
    act: &Act,
    found: &Found,
    entry: &Entry,
) -> Result<(), Error> {
    match entry {
        Entry::Meeting(meeting) => {
            let before = found.meetings.iter().find(|known| known.id == meeting.id);
            let told = (before.map_or(Json::Null, told), told(meeting));
            audit::note_other(
                connection,
                state,
                act,
                ("meeting", meeting.id.as_str()),
                told,
            )
            .await?;
            meetings::write(connection, meeting, act.at).await?;
            let stays: BTreeSet<_> = meeting
                .invitees
                .iter()
                .map(|one| &one.participant)
                .collect();
            let before = before.into_iter().flat_map(|before| &before.invitees);
            let gone = before.filter(|invitee| !stays.contains(&invitee.participant));
            meetings::withdraw(connection, &meeting.id, gone).await
        }
        Entry::Contact(who, contact) => {
            // The log is for ever; addresses are not.
            let told = |contact: &Contact| json!({ "has_email": contact.email.is_some(), "language": contact.language });
            let before = found.contacts.get(who).map_or(Json::Null, told);
            let told = (before, told(contact));
            let id = format!("{}/{}", meetings::word(&who.kind)?, who.id);
            audit::note_other(connection, state, act, ("contact", &id), told).await?;
            meetings::write_contact(connection, who, contact).await
        }
        Entry::Template(version, template) => {
            let told = (told_template(found), json!(template));
            audit::note_other(connection, state, act, ("template", &template.id), told).await?;
            templates::write(connection, *version, template).await
        }
        Entry::NoTemplate(id) => {
            let told = (told_template(found), Json::Null);
            audit::note_other(connection, state, act, ("template", id), told).await?;
            templates::remove(connection, id).await
        }
        Entry::Feed(who, secret) => {
            let told = (Json::Null, json!({ "open": secret.is_some() }));
            let id = feeds::subject(who)?;
            audit::note_other(connection, state, act, ("calendar", &id), told).await?;
            feeds::set(connection, who, secret.as_deref()).await
        }
        Entry::Webhook(webhook, secret) => {
            let told = (Json::Null, json!(webhook));
            audit::note_other(connection, state, act, ("webhook", &webhook.id), told).await?;
            webhooks::write(connection, webhook, secret).await
        }
        Entry::NoWebhook(id) => {
            let before = found.webhooks.iter().find(|webhook| webhook.id == *id);
            let told = (json!(before), Json::Null);
            audit::note_other(connection, state, act, ("webhook", id), told).await?;
            webhooks::remove(connection, id).await
        }
        Entry::Reminded(id) => meetings::reminded(connection, id).await,
        Entry::Ended(id) => {
            let (from, to) = (MeetingState::Open, MeetingState::Ended);
            meetings::go_on(connection, id, from, to).await.map(|_| ())
        }
        Entry::Send(outgoing) => outgoing::put(connection, outgoing, act.at).await,
    }
}

fn told_template(found: &Found) -> Json {
    json!(found.template.as_ref().map(|(_, template)| template))
}

/// A meeting as the audit log tells it: who is invited by identifiers, guests
/// by their number.
fn told(meeting: &Meeting) -> Json {
    let invited = |invitee: &crate::schedule::Invitee| {
        json!({ "participant": invitee.participant, "kind": invitee.named.who.kind,
            "id": invitee.named.email_free_id(), "role": invitee.named.role })
    };
    let mut plan = json!(meeting.plan);
    // Guests stand there with their addresses.
    plan["invite"] = Json::Null;
    json!({
        "version": meeting.version,
        "plan": plan,
        "invited": meeting.invitees.iter().map(invited).collect::<Vec<_>>(),
    })
}
