//! The course of a meeting: rehearsed (*chạy thử*), opened, ended (*kết thúc*).
//!
//! ```text
//!   rehearsal ── open ──> the meeting proper ── end ──> over, for good
//!       └───────────────────── end ───────────────────────▲
//! ```
//!
//! A recorded meeting in which nobody has been for long ends by itself.
//!
//! What was tried out before the opening does not count: what is open then is
//! closed, and agenda and roll calls start clean. At the end everything that is
//! open is closed, everybody leaves, and the last event of the log says so.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    Action, Awaited, CourseCommand, CourseEvent, ErrorCode, Event, LeaveReason, NoStateSecrets,
    ParticipantId, RollCalls, VideoCodec,
};

use super::actor::{Actor, Decision, unknown_command};
use super::{
    Input, Refusal, State, admission, agenda, apply as apply_event, conduct, documents, floor,
    groups, presence, recording, roll_call, votes,
};
use crate::permissions::Scope;

/// Why a vote has no result: the log, which the minutes quote, says it in the
/// language of the meeting.
const REHEARSED: &str = "Kết thúc phần chạy thử";
const OVER: &str = "Cuộc họp kết thúc";

/// Decides a command about the course of the meeting.
pub(super) fn decide(actor: &Actor<'_>, command: &CourseCommand) -> Decision {
    match command {
        CourseCommand::Open => open(actor),
        CourseCommand::End => end(actor),
        CourseCommand::Unknown => Err(unknown_command()),
    }
}

/// What an input leads to once the meeting is over: nothing, ever.
pub(super) fn decide_after_the_end(input: &Input) -> Decision {
    match input {
        Input::Join(_) | Input::Command { .. } | Input::Deposit { .. } => {
            Err(Refusal::new(ErrorCode::MeetingEnded, "the meeting is over"))
        }
        Input::ConnectionLost | Input::GraceExpired | Input::Speaker | Input::Abandoned => {
            Ok(Vec::new())
        }
    }
}

fn open(actor: &Actor<'_>) -> Decision {
    actor.require(Action::OpenMeeting, Scope::Meeting)?;
    let State {
        info, video_codec, ..
    } = actor.state;
    if !actor.state.procedure.course.rehearsal {
        return Ok(Vec::new());
    }
    let mut events = close_all(actor.state, actor.now, actor.id);
    events.extend(votes::called_off(actor.state, actor.id, REHEARSED));
    events.extend(floor::close_all(actor.state, actor.id));
    events.push(Event::MeetingOpened {
        title: info.title.clone(),
        host_unit: info.host_unit.clone(),
        video_codec: *video_codec,
    });
    events.extend(recorded(actor));
    Ok(events)
}

/// The recording that the organiser wants is announced to everybody first.
fn recorded(actor: &Actor<'_>) -> Option<Event> {
    let wanted = actor.state.procedure.course.recorded;
    wanted.then(|| recording::announced(actor.now, actor.id))
}

fn end(actor: &Actor<'_>) -> Decision {
    actor.require(Action::EndMeeting, Scope::Meeting)?;
    Ok(over(actor.state, actor.now, actor.id))
}

/// A recording that nobody ended: the meeting is over where it is recorded and
/// nobody is here, so that what was recorded becomes an archive.
pub(super) fn abandoned(state: &State, now: i64) -> Vec<Event> {
    if state.is_occupied() || state.is_awaited() || !recording::is_on(state) {
        return Vec::new();
    }
    over(state, now, &ParticipantId::nobody())
}

fn over(state: &State, now: i64, by: &ParticipantId) -> Vec<Event> {
    let mut events = close_all(state, now, by);
    events.extend(votes::called_off(state, by, OVER));
    for waiting in &state.procedure.admission.waiting {
        events.extend(admission::stops_waiting(state, &waiting.participant));
    }
    // Where one leaves, the stage may go on to the next: each leaves the
    // meeting that the one before left behind.
    let mut ahead = state.clone();
    for participant in state.everyone_here() {
        let leaves = presence::leave(&ahead, participant, LeaveReason::MeetingEnded);
        for event in &leaves {
            apply_event(&mut ahead, now, event);
        }
        events.extend(leaves);
    }
    events.extend(documents::at_the_end(&ahead, by));
    events.push(Event::Course(CourseEvent::Ended { by: by.clone() }));
    events
}

/// The ends of what is open, beside the floor.
fn close_all(state: &State, now: i64, by: &ParticipantId) -> Vec<Event> {
    let mut events = roll_call::close_all(state, by);
    events.extend(agenda::finish(state, by));
    events.extend(conduct::close_all(state, by));
    events.extend(recording::stopped(state, by));
    events.extend(groups::close_all(state, now, by));
    events
}

/// When the meeting ended, where it is over; in milliseconds since 1970 UTC.
pub fn ended_at(state: &State) -> Option<i64> {
    state.procedure.course.ended_at
}

/// What the meeting is about, and since when.
pub(super) fn is_about(
    state: &mut State,
    at: i64,
    title: &str,
    host_unit: &str,
    video_codec: Option<VideoCodec>,
) {
    state.video_codec = video_codec;
    title.clone_into(&mut state.info.title);
    host_unit.clone_into(&mut state.info.host_unit);
    state.info.opened_at = at;
}

/// The meeting proper begins; what was tried out before does not count.
pub(super) fn opened(state: &mut State) {
    state.procedure.course.rehearsal = false;
    state.procedure.roll_calls = RollCalls::default();
    agenda::start_clean(state);
    conduct::start_clean(state);
    votes::start_clean(state);
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &CourseEvent) {
    match event {
        CourseEvent::RehearsalBegan {
            title,
            host_unit,
            video_codec,
        } => {
            is_about(state, at, title, host_unit, *video_codec);
            state.procedure.course.rehearsal = true;
        }
        CourseEvent::Planned {
            time,
            most_sites,
            recorded,
        } => {
            let course = &mut state.procedure.course;
            course.planned = Some(time.clone());
            course.most_sites = *most_sites;
            course.recorded = *recorded;
        }
        CourseEvent::NoStateSecrets { organiser, at } => {
            state.procedure.course.no_state_secrets = Some(NoStateSecrets {
                organiser: organiser.clone(),
                at: *at,
            });
        }
        CourseEvent::Invited {
            participant,
            name,
            role,
            kind,
            unit,
        } => {
            let awaited = Awaited {
                name: name.clone(),
                role: *role,
                kind: *kind,
                unit: unit.clone(),
            };
            state.awaited.insert(participant.clone(), awaited);
        }
        CourseEvent::Ended { .. } => state.procedure.course.ended_at = Some(at),
    }
}
