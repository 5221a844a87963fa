//! How the meeting is conducted: announcements, a timer, a break, whom chat
//! messages reach, and what is noted for the minutes.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    ANNOUNCEMENT_LENGTH, Action, Announcement, ChatEntry, ChatMode, ConductCommand, ConductEvent,
    ErrorCode, Event, GroupsEvent, LONGEST_TIME, NOTE_LENGTH, Note, ParticipantId, Pause,
};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::{milliseconds, within};
use super::text::{clean_chat, clean_text};
use super::{CHAT_KEPT, Refusal, State, groups};
use crate::permissions::{Scope, permits};

/// Decides a command about the conduct of the meeting.
pub(super) fn decide(actor: &Actor<'_>, command: &ConductCommand) -> Decision {
    match command {
        ConductCommand::Announce { text } => announce(actor, text),
        ConductCommand::Withdraw => withdraw(actor),
        ConductCommand::StartTimer { seconds } => start_timer(actor, *seconds),
        ConductCommand::StopTimer => stop_timer(actor),
        ConductCommand::Pause { seconds } => pause(actor, *seconds),
        ConductCommand::Resume => resume(actor),
        ConductCommand::SetChat { mode } => set_chat(actor, *mode),
        ConductCommand::Note { text, conclusion } => note(actor, text, *conclusion),
        ConductCommand::Unknown => Err(unknown_command()),
    }
}

fn announce(actor: &Actor<'_>, text: &str) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    Ok(vec![Event::Conduct(ConductEvent::Announced {
        text: clean_text(text, ANNOUNCEMENT_LENGTH)?,
        by: actor.id.clone(),
    })])
}

fn withdraw(actor: &Actor<'_>) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    if actor.state.procedure.conduct.announcement.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Conduct(ConductEvent::Withdrawn {
        by: actor.id.clone(),
    })])
}

fn start_timer(actor: &Actor<'_>, seconds: u32) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    within(seconds, LONGEST_TIME)?;
    let ends_at = actor.now + milliseconds(seconds);
    if actor.state.procedure.conduct.timer_ends_at == Some(ends_at) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Conduct(ConductEvent::TimerStarted {
        ends_at,
        by: actor.id.clone(),
    })])
}

fn stop_timer(actor: &Actor<'_>) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    if actor.state.procedure.conduct.timer_ends_at.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Conduct(ConductEvent::TimerEnded {
        by: Some(actor.id.clone()),
    })])
}

fn pause(actor: &Actor<'_>, seconds: Option<u32>) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    if let Some(seconds) = seconds {
        within(seconds, LONGEST_TIME)?;
    }
    let until = seconds.map(|seconds| actor.now + milliseconds(seconds));
    let now = actor.state.procedure.conduct.pause.as_ref();
    if now.is_some_and(|pause| pause.until == until) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Conduct(ConductEvent::Paused {
        until,
        by: actor.id.clone(),
    })])
}

fn resume(actor: &Actor<'_>) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    if actor.state.procedure.conduct.pause.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Conduct(ConductEvent::Resumed {
        by: Some(actor.id.clone()),
    })])
}

/// The ends of timer and break.
pub(super) fn close_all(state: &State, by: &ParticipantId) -> Vec<Event> {
    let conduct = &state.procedure.conduct;
    let by = Some(by.clone());
    let mut events = Vec::new();
    if conduct.timer_ends_at.is_some() {
        let ended = ConductEvent::TimerEnded { by: by.clone() };
        events.push(Event::Conduct(ended));
    }
    if conduct.pause.is_some() {
        events.push(Event::Conduct(ConductEvent::Resumed { by }));
    }
    events
}

fn set_chat(actor: &Actor<'_>, mode: ChatMode) -> Decision {
    actor.require(Action::SetPolicy, Scope::Meeting)?;
    if actor.state.procedure.conduct.chat == mode {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Conduct(ConductEvent::ChatSet {
        mode,
        by: actor.id.clone(),
    })])
}

fn note(actor: &Actor<'_>, text: &str, conclusion: bool) -> Decision {
    actor.require(Action::Conduct, Scope::Meeting)?;
    Ok(vec![Event::Conduct(ConductEvent::Noted {
        text: clean_text(text, NOTE_LENGTH)?,
        conclusion,
        by: actor.id.clone(),
    })])
}

/// Writes to whom the policy lets.
pub(super) fn send_chat(actor: &Actor<'_>, text: &str) -> Decision {
    actor.require(Action::Chat, Scope::Own)?;
    let text = clean_chat(text)?;
    if let Some(group) = groups::group_of(actor.state, actor.id) {
        return Ok(groups::message(actor, group, text));
    }
    let from = actor.id.clone();
    let conducts = actor.may(Action::Conduct, Scope::Meeting);
    match actor.state.procedure.conduct.chat {
        ChatMode::ToController if !conducts => {
            let sent = ConductEvent::MessageSent { from, text };
            Ok(vec![Event::Conduct(sent)])
        }
        ChatMode::Off if !conducts => Err(Refusal::new(ErrorCode::ChatOff, "the chat is off")),
        ChatMode::All | ChatMode::ToController | ChatMode::Off => {
            Ok(vec![Event::ChatSent { from, text }])
        }
    }
}

/// Whether an event is for those who conduct the meeting, or for a group, and
/// others are not told of it: a message to them, or a note.
pub fn is_message(event: &Event) -> bool {
    matches!(
        event,
        Event::Conduct(ConductEvent::MessageSent { .. } | ConductEvent::Noted { .. })
            | Event::Groups(GroupsEvent::MessageSent { .. })
    )
}

/// Whether somebody is told of an event.
pub fn hears(state: &State, id: &ParticipantId, event: &Event) -> bool {
    match event {
        Event::Conduct(ConductEvent::MessageSent { from, .. }) => reads(state, id, from),
        Event::Conduct(ConductEvent::Noted { .. }) => conducts(state, id),
        Event::Groups(event) => groups::hears(state, id, event),
        _ => true,
    }
}

/// The messages that somebody may read, of those to who conducts the meeting.
pub(super) fn readable(state: &State, id: &ParticipantId) -> impl Iterator<Item = ChatEntry> {
    let messages = state.procedure.conduct.messages.iter();
    messages
        .filter(|message| reads(state, id, &message.from))
        .cloned()
}

/// The notes that somebody may read.
pub(super) fn readable_notes(state: &State, id: &ParticipantId) -> Vec<Note> {
    if conducts(state, id) {
        state.procedure.conduct.notes.clone()
    } else {
        Vec::new()
    }
}

fn reads(state: &State, id: &ParticipantId, from: &ParticipantId) -> bool {
    id == from || conducts(state, id)
}

fn conducts(state: &State, id: &ParticipantId) -> bool {
    let member = state.members.get(id);
    member.is_some_and(|m| permits(m.role, Action::Conduct, Scope::Meeting))
}

/// What was noted in the rehearsal is not for the minutes.
pub(super) fn start_clean(state: &mut State) {
    state.procedure.conduct.notes.clear();
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Vec<Event> {
    let conduct = &state.procedure.conduct;
    let is_over = |end: Option<i64>| end.is_some_and(|end| end <= now);
    let mut events = Vec::new();
    if is_over(conduct.timer_ends_at) {
        events.push(Event::Conduct(ConductEvent::TimerEnded { by: None }));
    }
    if is_over(conduct.pause.as_ref().and_then(|pause| pause.until)) {
        events.push(Event::Conduct(ConductEvent::Resumed { by: None }));
    }
    events
}

/// When the timer or the break ends.
pub(super) fn deadline(state: &State) -> Option<i64> {
    let conduct = &state.procedure.conduct;
    let pause = conduct.pause.as_ref().and_then(|pause| pause.until);
    conduct.timer_ends_at.into_iter().chain(pause).min()
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &ConductEvent) {
    let conduct = &mut state.procedure.conduct;
    match event {
        ConductEvent::Announced { text, by } => {
            conduct.announcement = Some(Announcement {
                text: text.clone(),
                at,
                by: by.clone(),
            });
        }
        ConductEvent::Withdrawn { .. } => conduct.announcement = None,
        ConductEvent::TimerStarted { ends_at, .. } => conduct.timer_ends_at = Some(*ends_at),
        ConductEvent::TimerEnded { .. } => conduct.timer_ends_at = None,
        ConductEvent::Paused { until, .. } => {
            let since = conduct.pause.as_ref().map_or(at, |pause| pause.since);
            conduct.pause = Some(Pause {
                since,
                until: *until,
            });
        }
        ConductEvent::Resumed { .. } => conduct.pause = None,
        ConductEvent::ChatSet { mode, .. } => conduct.chat = *mode,
        ConductEvent::MessageSent { from, text } => {
            if conduct.messages.len() == CHAT_KEPT {
                conduct.messages.remove(0);
            }
            conduct.messages.push(ChatEntry {
                at,
                from: from.clone(),
                text: text.clone(),
            });
        }
        ConductEvent::Noted {
            text,
            conclusion,
            by,
        } => {
            if conduct.notes.len() == CHAT_KEPT {
                conduct.notes.remove(0);
            }
            conduct.notes.push(Note {
                at,
                by: by.clone(),
                text: text.clone(),
                conclusion: *conclusion,
            });
        }
    }
}
