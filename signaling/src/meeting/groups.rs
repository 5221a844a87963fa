//! Group discussion: the plenary parts into groups that neither hear nor see
//! one another, and comes together again.
//!
//! ```text
//!   open, open_by_unit ──> groups ── move, late-comers by their units ──┐
//!                            │ call ──> answer                          │
//!                            └── close, time up ──> plenary <───────────┘
//! ```
//!
//! Who is in a group speaks freely there: the floor and the hold of all
//! microphones are of the plenary, and so is the stage. They count again for
//! whoever is back. What everybody may know, such as announcements, reaches
//! all; what is written in a group stays in it.

mod plan;
#[cfg(test)]
mod stories;

use std::collections::BTreeMap;

use diemcau_protocol::{
    Action, ErrorCode, Event, Group, GroupDiscussion, GroupMessage, GroupsCommand, GroupsEvent,
    LONGEST_TIME, ParticipantId, Role,
};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::{milliseconds, within};
use super::{CHAT_KEPT, Refusal, State, floor, microphones};
use crate::permissions::Scope;

/// Decides a command about group discussions.
pub(super) fn decide(actor: &Actor<'_>, command: &GroupsCommand) -> Decision {
    match command {
        GroupsCommand::Open { groups, seconds } => {
            may_open(actor)?;
            open(actor, plan::by_hand(actor.state, groups)?, *seconds)
        }
        GroupsCommand::OpenByUnit { seconds } => {
            may_open(actor)?;
            let groups = plan::by_unit(actor.state);
            open(actor, plan::by_hand(actor.state, &groups)?, *seconds)
        }
        GroupsCommand::Move { participant, group } => relocate(actor, participant, *group),
        GroupsCommand::SetTime { seconds } => set_time(actor, *seconds),
        GroupsCommand::Call => call(actor),
        GroupsCommand::Answer { group } => answer(actor, *group),
        GroupsCommand::Close => {
            actor.require(Action::RunGroups, Scope::Meeting)?;
            opened(actor.state)?;
            Ok(closed(actor.state, actor.now, Some(actor.id)))
        }
        GroupsCommand::Unknown => Err(unknown_command()),
    }
}

fn may_open(actor: &Actor<'_>) -> Result<(), Refusal> {
    actor.require(Action::RunGroups, Scope::Meeting)?;
    if actor.state.procedure.groups.open.is_some() {
        return Err(Refusal::new(
            ErrorCode::GroupsOpen,
            "groups discuss apart already; bring them back first",
        ));
    }
    Ok(())
}

fn open(
    actor: &Actor<'_>,
    (groups, members): (Vec<Group>, BTreeMap<ParticipantId, u32>),
    seconds: Option<u32>,
) -> Decision {
    let ends_at = end_in(actor, seconds)?;
    let mut events = floor::taken_back(actor.state, actor.id);
    events.push(Event::Groups(GroupsEvent::Opened {
        groups,
        members,
        ends_at,
        by: actor.id.clone(),
    }));
    Ok(events)
}

/// In how long all go back.
fn end_in(actor: &Actor<'_>, seconds: Option<u32>) -> Result<Option<i64>, Refusal> {
    if let Some(seconds) = seconds {
        within(seconds, LONGEST_TIME)?;
    }
    Ok(seconds.map(|seconds| actor.now + milliseconds(seconds)))
}

fn relocate(actor: &Actor<'_>, whom: &ParticipantId, group: Option<u32>) -> Decision {
    actor.require(Action::RunGroups, Scope::Meeting)?;
    let discussion = opened(actor.state)?;
    actor.here(whom)?;
    if let Some(group) = group {
        known(discussion, group)?;
    }
    if group_of(actor.state, whom) == group {
        return Ok(Vec::new());
    }
    let mut events = match group {
        Some(_) => floor::taken_from(actor.state, whom, actor.id),
        None => Vec::new(),
    };
    events.push(Event::Groups(GroupsEvent::Moved {
        participant: whom.clone(),
        group,
        by: Some(actor.id.clone()),
    }));
    Ok(microphones::with_silence(actor.state, actor.now, events))
}

fn set_time(actor: &Actor<'_>, seconds: Option<u32>) -> Decision {
    actor.require(Action::RunGroups, Scope::Meeting)?;
    let discussion = opened(actor.state)?;
    let ends_at = end_in(actor, seconds)?;
    if discussion.ends_at == ends_at {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Groups(GroupsEvent::TimeSet {
        ends_at,
        by: actor.id.clone(),
    })])
}

fn call(actor: &Actor<'_>) -> Decision {
    actor.require(Action::RaiseHand, Scope::Own)?;
    let discussion = opened(actor.state)?;
    let group = group_of(actor.state, actor.id).ok_or_else(|| {
        Refusal::new(
            ErrorCode::InPlenary,
            "whoever is in the plenary asks for the floor",
        )
    })?;
    if discussion.calls.contains(&group) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Groups(GroupsEvent::Called {
        group,
        by: actor.id.clone(),
    })])
}

fn answer(actor: &Actor<'_>, group: u32) -> Decision {
    actor.require(Action::RunGroups, Scope::Meeting)?;
    let discussion = opened(actor.state)?;
    known(discussion, group)?;
    if !discussion.calls.contains(&group) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Groups(GroupsEvent::Answered {
        group,
        by: actor.id.clone(),
    })])
}

/// What somebody in a group writes reaches that group.
pub(super) fn message(actor: &Actor<'_>, group: u32, text: String) -> Vec<Event> {
    vec![Event::Groups(GroupsEvent::MessageSent {
        group,
        from: actor.id.clone(),
        text,
    })]
}

/// All go back, and what the plenary does not let sound falls silent.
fn closed(state: &State, now: i64, by: Option<&ParticipantId>) -> Vec<Event> {
    let closed = Event::Groups(GroupsEvent::Closed { by: by.cloned() });
    microphones::with_silence(state, now, vec![closed])
}

/// The end of the discussion that is under way, if any.
pub(super) fn close_all(state: &State, now: i64, by: &ParticipantId) -> Vec<Event> {
    match state.procedure.groups.open {
        Some(_) => closed(state, now, Some(by)),
        None => Vec::new(),
    }
}

/// Where a late-comer goes, by its unit; who has been in a group goes back to
/// it.
pub(super) fn arriving(
    state: &State,
    id: &ParticipantId,
    role: Role,
    unit: Option<&str>,
) -> Option<Event> {
    let discussion = state.procedure.groups.open.as_ref()?;
    if discussion.members.contains_key(id) {
        return None;
    }
    let group = plan::group_of_unit(&discussion.groups, role, unit)?;
    Some(Event::Groups(GroupsEvent::Moved {
        participant: id.clone(),
        group: Some(group),
        by: None,
    }))
}

/// The group that somebody is in; nothing in the plenary.
pub(crate) fn group_of(state: &State, id: &ParticipantId) -> Option<u32> {
    let discussion = state.procedure.groups.open.as_ref()?;
    discussion.members.get(id).copied()
}

/// Refuses what is of the plenary for whoever is in a group.
pub(super) fn in_plenary(state: &State, id: &ParticipantId) -> Result<(), Refusal> {
    match group_of(state, id) {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            ErrorCode::InGroup,
            "the participant is in a group; bring it to the plenary first",
        )),
    }
}

/// Whether somebody is told of an event of group discussions.
pub(super) fn hears(state: &State, id: &ParticipantId, event: &GroupsEvent) -> bool {
    match event {
        GroupsEvent::MessageSent { group, from, .. } => {
            id == from || group_of(state, id) == Some(*group)
        }
        GroupsEvent::Opened { .. }
        | GroupsEvent::Moved { .. }
        | GroupsEvent::TimeSet { .. }
        | GroupsEvent::Called { .. }
        | GroupsEvent::Answered { .. }
        | GroupsEvent::Closed { .. } => true,
    }
}

/// The messages that somebody may read.
pub(super) fn readable(state: &State, id: &ParticipantId) -> Vec<GroupMessage> {
    let open = state.procedure.groups.open.as_ref();
    let messages = open
        .map(|open| open.messages.as_slice())
        .unwrap_or_default();
    let own = group_of(state, id);
    let reads = |message: &&GroupMessage| message.from == *id || own == Some(message.group);
    messages.iter().filter(reads).cloned().collect()
}

fn opened(state: &State) -> Result<&GroupDiscussion, Refusal> {
    let open = state.procedure.groups.open.as_ref();
    open.ok_or_else(|| Refusal::new(ErrorCode::NoGroups, "no groups discuss apart now"))
}

fn known(discussion: &GroupDiscussion, group: u32) -> Result<(), Refusal> {
    let mut groups = discussion.groups.iter();
    if groups.any(|known| known.number == group) {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::UnknownGroup,
        "there is no such group",
    ))
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Vec<Event> {
    match deadline(state) {
        Some(end) if end <= now => closed(state, now, None),
        Some(_) | None => Vec::new(),
    }
}

/// When all go back.
pub(super) fn deadline(state: &State) -> Option<i64> {
    let open = state.procedure.groups.open.as_ref();
    open.and_then(|open| open.ends_at)
}

/// Whose sound an event may concern, beside the groups themselves; `state` is
/// the state after it.
pub(super) fn touches(state: &State, event: &GroupsEvent) -> Vec<ParticipantId> {
    match event {
        GroupsEvent::Opened { .. } | GroupsEvent::Closed { .. } => microphones::sharing(state),
        GroupsEvent::Moved { participant, .. } => vec![participant.clone()],
        GroupsEvent::TimeSet { .. }
        | GroupsEvent::Called { .. }
        | GroupsEvent::Answered { .. }
        | GroupsEvent::MessageSent { .. } => Vec::new(),
    }
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &GroupsEvent) {
    let groups = &mut state.procedure.groups;
    if let GroupsEvent::Opened {
        groups: opened,
        members,
        ends_at,
        ..
    } = event
    {
        let numbers = opened.iter().map(|group| group.number);
        groups.numbered = numbers.fold(groups.numbered, u32::max);
        groups.open = Some(GroupDiscussion {
            groups: opened.clone(),
            members: members.clone(),
            ends_at: *ends_at,
            calls: Default::default(),
            messages: Vec::new(),
        });
    }
    let Some(open) = &mut groups.open else {
        return;
    };
    match event {
        GroupsEvent::Opened { .. } => {}
        GroupsEvent::Moved {
            participant, group, ..
        } => {
            open.members.remove(participant);
            if let Some(group) = group {
                open.members.insert(participant.clone(), *group);
            }
        }
        GroupsEvent::TimeSet { ends_at, .. } => open.ends_at = *ends_at,
        GroupsEvent::Called { group, .. } => {
            open.calls.insert(*group);
        }
        GroupsEvent::Answered { group, .. } => {
            open.calls.remove(group);
        }
        GroupsEvent::MessageSent { group, from, text } => {
            if open.messages.len() == CHAT_KEPT {
                open.messages.remove(0);
            }
            open.messages.push(GroupMessage {
                group: *group,
                at,
                from: from.clone(),
                text: text.clone(),
            });
        }
        GroupsEvent::Closed { .. } => groups.open = None,
    }
}
