//! How a planned meeting becomes a room: who may come in when, and the first
//! events of its log.

use diemcau_protocol::{
    AdmissionEvent, AgendaEvent, ChatMode, ConductEvent, CourseEvent, ErrorCode, Event, FloorEvent,
    FloorPolicy, LobbyMode, MeetingState, ORGANISER, ParticipantId, PlannedTime, RECORDING_NOTICE,
    RecordingEvent,
};

use super::{Invitee, Limits, Meeting};
use crate::organisation::Refusal;

/// What the door of a planned meeting needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) state: MeetingState,
    /// When it opens, in milliseconds since 1970 UTC.
    pub(crate) opens_at: i64,
    /// The invitation of who stands before it was withdrawn.
    pub(crate) withdrawn: bool,
}

impl Door {
    /// Refuses who may not come in now.
    pub(crate) fn passes(self, now: i64) -> Result<(), Refusal> {
        if self.withdrawn {
            return Err(Refusal::new(
                ErrorCode::InvitationWithdrawn,
                "the invitation was withdrawn",
            ));
        }
        match self.state {
            MeetingState::Cancelled => Err(Refusal::new(
                ErrorCode::MeetingCancelled,
                "the meeting was cancelled",
            )),
            MeetingState::Scheduled if now < self.opens_at => Err(Refusal::new(
                ErrorCode::NotOpenYet,
                "the room of the meeting is not open yet",
            )),
            // The room itself says that a meeting is over.
            MeetingState::Scheduled | MeetingState::Open | MeetingState::Ended => Ok(()),
        }
    }
}

/// The first events of the log of a meeting that opens `now`: rehearsal or
/// opening, what was planned and confirmed, who is invited, and the rules and
/// the agenda.
pub(crate) fn first_events(meeting: &Meeting, limits: Limits, now: i64) -> Vec<Event> {
    let plan = &meeting.plan;
    let by = ParticipantId::from(ORGANISER);
    let (title, host_unit) = (plan.title.clone(), plan.host_unit_name.clone());
    let policy = &plan.policy;
    let video_codec = policy.video_codec;
    let is_rehearsed = policy.rehearsal_minutes > 0;
    let mut events = vec![
        if is_rehearsed {
            Event::Course(CourseEvent::RehearsalBegan {
                title,
                host_unit,
                video_codec,
            })
        } else {
            Event::MeetingOpened {
                title,
                host_unit,
                video_codec,
            }
        },
        Event::Course(CourseEvent::Planned {
            time: PlannedTime {
                starts_at: plan.starts_at,
                ends_at: plan.ends_at,
                time_zone: plan.time_zone.clone(),
            },
            most_sites: limits.of_meeting(policy.most_sites),
            recorded: policy.recording,
        }),
        Event::Course(CourseEvent::NoStateSecrets {
            organiser: plan.confirmation.organiser.clone(),
            at: plan.confirmation.at,
        }),
    ];
    events.extend(meeting.invitees.iter().map(invited));
    if policy.lobby != LobbyMode::default() {
        events.push(Event::Admission(AdmissionEvent::LobbySet {
            mode: policy.lobby,
            by: by.clone(),
        }));
    }
    if policy.floor != FloorPolicy::default() {
        events.push(Event::Floor(FloorEvent::PolicySet {
            policy: policy.floor.clone(),
            by: by.clone(),
        }));
    }
    if policy.chat != ChatMode::default() {
        events.push(Event::Conduct(ConductEvent::ChatSet {
            mode: policy.chat,
            by: by.clone(),
        }));
    }
    events.extend((1..).zip(&plan.agenda).map(|(number, item)| {
        Event::Agenda(AgendaEvent::Added {
            number,
            title: item.title.clone(),
            minutes: item.minutes,
            speakers: item.speakers.clone(),
            documents: Vec::new(),
            by: by.clone(),
        })
    }));
    if policy.recording && !is_rehearsed {
        events.push(Event::Recording(RecordingEvent::Announced {
            starts_at: now + i64::from(RECORDING_NOTICE) * 1_000,
            by,
        }));
    }
    events
}

fn invited(invitee: &Invitee) -> Event {
    Event::Course(CourseEvent::Invited {
        participant: invitee.participant.clone(),
        name: invitee.named.full_name(),
        role: invitee.named.role,
        kind: invitee.kind(),
        unit: invitee.named.unit.clone(),
    })
}
