//! What is told of meetings: letters to those who are invited, and messages to
//! webhooks. They are written with the act that causes them, and sent when
//! they are due.

use std::collections::BTreeSet;

use diemcau_protocol::{
    Contact, DeliveryKind, ErrorCode, MeetingId, MeetingState, ParticipantId, WebhookEvent,
};
use serde_json::Value;

use super::Shared;
use crate::administration::{Act, Answer, Entry, Found, Look, Outgoing};
use crate::clock::now_ms;
use crate::organisation::{Organisation, Refusal};
use crate::schedule::{Invitee, Meeting, Occasion, Writing, letter, occasions, waits_until};
use crate::webhook;

impl Shared {
    /// Everything that is told of what has become of a meeting.
    pub(crate) fn messages(
        &self,
        found: &Found,
        before: Option<&Meeting>,
        after: &Meeting,
        now: i64,
    ) -> Result<Vec<Entry>, Refusal> {
        let occasions = occasions(before, after);
        let event = match (before, after.plan.state) {
            (_, MeetingState::Cancelled) => WebhookEvent::Cancelled,
            (None, _) => WebhookEvent::Invited,
            (Some(_), _) => WebhookEvent::Changed,
        };
        let mut messages = Vec::new();
        for (invitee, occasion) in &occasions {
            messages.extend(self.letter(found, after, invitee, *occasion, now)?);
        }
        if !occasions.is_empty() {
            let concerned = occasions.iter().map(|(invitee, _)| *invitee);
            messages.extend(self.to_webhooks(found, event, after, concerned, now)?);
        }
        Ok(messages)
    }

    /// A letter, where somebody can be written to.
    fn letter(
        &self,
        found: &Found,
        meeting: &Meeting,
        invitee: &Invitee,
        occasion: Occasion,
        now: i64,
    ) -> Result<Option<Entry>, Refusal> {
        let contact = contact(found, invitee);
        let (Some(_), Some(to)) = (&self.planning.mail, contact.email) else {
            return Ok(None);
        };
        let link = match occasion {
            Occasion::Invitation | Occasion::Change => self.personal_link(meeting, invitee)?,
            Occasion::Cancellation => None,
        };
        let letter = letter(&Writing {
            meeting,
            invitee,
            occasion,
            to: &to,
            language: contact.language,
            from: &self.sender,
            link: link.as_deref().unwrap_or_default(),
            now,
        });
        Ok(Some(Entry::Send(Outgoing {
            kind: DeliveryKind::Mail,
            stream: format!("mail/{}/{}", meeting.id, invitee.participant),
            meeting: meeting.id.clone(),
            target: to,
            // Texts always become JSON.
            content: serde_json::to_vec(&letter).unwrap_or_default(),
            not_before: waits_until(meeting, now),
        })))
    }

    fn to_webhooks<'a>(
        &self,
        found: &Found,
        event: WebhookEvent,
        meeting: &Meeting,
        concerned: impl Iterator<Item = &'a Invitee>,
        now: i64,
    ) -> Result<Vec<Entry>, Refusal> {
        let told: Vec<_> = found
            .webhooks
            .iter()
            .filter(|webhook| webhook.events.contains(&event))
            .collect();
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let stays: BTreeSet<&ParticipantId> = meeting
            .invitees
            .iter()
            .map(|one| &one.participant)
            .collect();
        let is_off = meeting.plan.state == MeetingState::Cancelled;
        let invitees: Vec<Value> = concerned
            .map(|invitee| {
                let is_good = !is_off && stays.contains(&invitee.participant);
                let link = if is_good {
                    self.personal_link(meeting, invitee)?
                } else {
                    None
                };
                let contact = contact(found, invitee);
                Ok(webhook::told_invitee(invitee, &contact, link.as_deref()))
            })
            .collect::<Result<_, Refusal>>()?;
        let body = webhook::body(event, meeting, &invitees, now);
        let message = |webhook: &&diemcau_protocol::Webhook| {
            Entry::Send(Outgoing {
                kind: DeliveryKind::Webhook,
                stream: format!("webhook/{}/{}", webhook.id, meeting.id),
                meeting: meeting.id.clone(),
                target: webhook.id.clone(),
                content: body.clone(),
                not_before: now,
            })
        };
        Ok(told.iter().map(message).collect())
    }

    /// The personal link, whole; nothing where nobody said how links begin.
    pub(crate) fn personal_link(
        &self,
        meeting: &Meeting,
        invitee: &Invitee,
    ) -> Result<Option<String>, Refusal> {
        let Some(server) = &self.planning.mail else {
            return Ok(None);
        };
        let token = self.invitation_token(meeting, invitee).map_err(|error| {
            tracing::error!(%error, "links could not be signed");
            Refusal::new(ErrorCode::Internal, "a link could not be signed")
        })?;
        Ok(Some(format!(
            "{}/m/{}#{token}",
            server.public_url, meeting.id
        )))
    }

    /// Tells of something that happened to a meeting by itself, and notes it.
    /// What cannot be noted now comes up again.
    pub(super) async fn tell_of(&self, meeting: &MeetingId, event: WebhookEvent) {
        let act = Act {
            actor: "server".to_owned(),
            action: event.name(),
            at: now_ms(),
            once: None,
        };
        let at = act.at;
        let look = Look {
            meeting: Some(meeting.clone()),
            ..Look::default()
        };
        let decide = |_: &Organisation, found: &Found| {
            let Some(meeting) = found.meetings.first() else {
                return Ok(Vec::new());
            };
            let mut entries = match event {
                // It may have been noted meanwhile.
                WebhookEvent::Ended if meeting.plan.state != MeetingState::Open => {
                    return Ok(Vec::new());
                }
                WebhookEvent::Ended => vec![Entry::Ended(meeting.id.clone())],
                WebhookEvent::Reminder => vec![Entry::Reminded(meeting.id.clone())],
                WebhookEvent::Invited
                | WebhookEvent::Changed
                | WebhookEvent::Cancelled
                | WebhookEvent::Started => Vec::new(),
            };
            let all = meeting.invitees.iter();
            entries.extend(self.to_webhooks(found, event, meeting, all, at)?);
            Ok(entries)
        };
        let answer = |_: &[Entry]| Answer {
            status: 200,
            etag: None,
            location: None,
            body: String::new(),
        };
        let done = self.administration.plan(act, look, decide, answer).await;
        if let Err(error) = done {
            tracing::warn!(%meeting, %error, event = event.name(), "it cannot be noted now");
        }
    }
}

/// How somebody is written to: guests as their invitation says, others by
/// their contacts.
fn contact(found: &Found, invitee: &Invitee) -> Contact {
    let named = &invitee.named;
    match found.contacts.get(&named.who) {
        Some(contact) => contact.clone(),
        None => Contact {
            email: named.email.clone(),
            phone: None,
            language: named.language,
        },
    }
}
