//! Planned meetings at the door: who may come in, and the room that is opened
//! for the first of them.

use std::time::Duration;

use diemcau_protocol::{MeetingId, MeetingInfo, ParticipantId, WebhookEvent};

use super::{Denied, Known, OpeningError, Shared};
use crate::clock::now_ms;
use crate::meeting::Refusal;
use crate::room::RoomHandle;
use crate::schedule::{Invitee, Meeting, first_events};
use crate::store::StoreError;
use crate::token::{Place, TokenKeyError};

/// How long after the planned end an invitation is good: meetings overrun.
pub(crate) const OVERRUN: Duration = Duration::from_secs(24 * 60 * 60);

impl Shared {
    /// Refuses who may not come into a meeting that was planned. False where it
    /// was not.
    pub(super) async fn pass_the_door(
        &self,
        meeting: &MeetingId,
        participant: &ParticipantId,
    ) -> Result<bool, Denied> {
        let door = self
            .administration
            .door(meeting, participant.as_str())
            .await
            .map_err(|error| match error {
                StoreError::Closed => OpeningError::Stopping,
                error => OpeningError::Store(error),
            })?;
        let Some(door) = door else {
            return Ok(false);
        };
        door.passes(now_ms())
            .map_err(|refusal| Refusal::new(refusal.code, refusal.detail))?;
        Ok(true)
    }

    /// Opens the room of a planned meeting, as it is planned at this moment.
    pub(super) async fn open_planned(
        &self,
        meeting: &MeetingId,
    ) -> Result<RoomHandle, OpeningError> {
        let opened = self.administration.opens(meeting).await?;
        let (plan, is_new) = opened.ok_or(OpeningError::Unknown)?;
        let first = first_events(&plan, self.planning.limits, now_ms());
        let room = self.meetings.room_or_new(meeting, &first).await?;
        if is_new && plan.policy.rehearsal_minutes == 0 {
            self.tell_of(meeting, WebhookEvent::Started).await;
        }
        Ok(room)
    }

    /// Signs the invitation of somebody, with name and position as the
    /// organisation gave them. It is good until a day after the planned end.
    pub(crate) fn invitation_token(
        &self,
        meeting: &Meeting,
        invitee: &Invitee,
    ) -> Result<String, TokenKeyError> {
        let left = meeting.plan.ends_at.saturating_sub(now_ms());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let name = invitee.named.full_name();
        let place = Place {
            meeting: &meeting.id,
            participant: &invitee.participant,
            role: invitee.named.role,
            kind: invitee.kind(),
            name: Some(&name),
            unit: invitee.named.unit.as_deref(),
        };
        self.tokens.invitation(&place, left + OVERRUN)
    }

    /// What a meeting is, with a room or still without.
    pub(crate) async fn known(&self, meeting: &MeetingId) -> Result<Known, OpeningError> {
        match self.meetings.known(meeting).await {
            Err(OpeningError::Unknown) => {}
            known => return known,
        }
        let planned = self.administration.meeting(meeting).await?;
        let planned = planned.ok_or(OpeningError::Unknown)?;
        Ok(Known {
            info: MeetingInfo {
                id: planned.id,
                title: planned.plan.title,
                host_unit: planned.plan.host_unit_name,
                opened_at: planned.plan.starts_at,
            },
            end: None,
        })
    }

    /// Notes which planned meetings are over, and reminds of those to come.
    pub(super) async fn look_after_meetings(&self) -> Result<(), OpeningError> {
        for meeting in self.administration.open_meetings().await? {
            match self.meetings.known(&meeting).await {
                Ok(Known { end: Some(_), .. }) => self.tell_of(&meeting, WebhookEvent::Ended).await,
                // Nobody has come in yet, or it goes on.
                Ok(_) | Err(OpeningError::Unknown | OpeningError::Damaged) => {}
                Err(error) => return Err(error),
            }
        }
        for meeting in self.administration.to_remind(now_ms()).await? {
            self.tell_of(&meeting, WebhookEvent::Reminder).await;
        }
        Ok(())
    }
}
