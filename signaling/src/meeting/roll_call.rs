//! Roll call (*điểm danh*): opened, answered site by site, closed with a result;
//! and checks in between of whether people are there.
//!
//! ```text
//!   open ──> answers … ──> close ──> result: present, late, silent,
//!                                            left early, absent
//!   check(N, T, seed) ──> N drawn by lot ──> here … ──> all, or time ──> missing
//! ```
//!
//! Answers are expected of everybody but observers and devices, also of those
//! who were invited and have not come. Who is absent, late or gone follows from
//! presence; nobody writes it down.

#[cfg(test)]
mod stories;

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, DELEGATES_LENGTH, ErrorCode, Event, HEADCOUNT, LONGEST_TIME, ParticipantId,
    ParticipantKind, PresenceCheck, Role, RollAnswer, RollCall, RollCallCommand, RollCallEvent,
    RollEntry, RollFinding, RollResult,
};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::{milliseconds, within};
use super::text::clean_text;
use super::{Member, Refusal, State};
use crate::permissions::{Scope, permits};

/// Decides a command about roll calls.
pub(super) fn decide(actor: &Actor<'_>, command: &RollCallCommand) -> Decision {
    match command {
        RollCallCommand::Open => open(actor),
        RollCallCommand::Answer {
            headcount,
            delegates,
        } => answer(actor, *headcount, delegates),
        RollCallCommand::Close => close(actor),
        RollCallCommand::Check { count, seconds } => check(actor, *count, *seconds),
        RollCallCommand::Here => answer_check(actor),
        RollCallCommand::Unknown => Err(unknown_command()),
    }
}

fn open(actor: &Actor<'_>) -> Decision {
    actor.require(Action::CallTheRoll, Scope::Meeting)?;
    let calls = &actor.state.procedure.roll_calls;
    if calls.open.is_some() {
        return Err(Refusal::new(
            ErrorCode::RollCallOpen,
            "a roll call is open; close it first",
        ));
    }
    Ok(vec![Event::RollCall(RollCallEvent::Opened {
        number: calls.called.saturating_add(1),
        here: here(actor.state).cloned().collect(),
        by: actor.id.clone(),
    })])
}

fn answer(actor: &Actor<'_>, headcount: u32, delegates: &str) -> Decision {
    actor.require(Action::AnswerRollCall, Scope::Own)?;
    within(headcount, HEADCOUNT)?;
    let delegates = if delegates.trim().is_empty() {
        String::new()
    } else {
        clean_text(delegates, DELEGATES_LENGTH)?
    };
    let call = opened(actor.state)?;
    let answer = RollAnswer {
        headcount,
        delegates,
    };
    if call.answers.get(actor.id) == Some(&answer) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::RollCall(RollCallEvent::Answered {
        participant: actor.id.clone(),
        headcount: answer.headcount,
        delegates: answer.delegates,
    })])
}

fn close(actor: &Actor<'_>) -> Decision {
    actor.require(Action::CallTheRoll, Scope::Meeting)?;
    let call = opened(actor.state)?;
    Ok(vec![closed(actor.state, call, actor.id)])
}

/// The end of a roll call, with what it found.
fn closed(state: &State, call: &RollCall, by: &ParticipantId) -> Event {
    let members = state.members.iter();
    let members = members.filter(|(_, member)| is_expected(member.role, member.kind));
    let came = members.map(|(id, member)| RollEntry {
        participant: id.clone(),
        found: find(call, id, member),
        headcount: call.answers.get(id).map(|answer| answer.headcount),
    });
    let awaited = state.awaited.iter();
    let awaited = awaited.filter(|(_, awaited)| is_expected(awaited.role, awaited.kind));
    let never_came = awaited.map(|(id, _)| RollEntry {
        participant: id.clone(),
        found: RollFinding::Absent,
        headcount: None,
    });
    let entries = came.chain(never_came).collect();
    Event::RollCall(RollCallEvent::Closed {
        result: RollResult {
            number: call.number,
            entries,
        },
        by: by.clone(),
    })
}

/// The ends of the roll call and of the check that are open.
pub(super) fn close_all(state: &State, by: &ParticipantId) -> Vec<Event> {
    let calls = &state.procedure.roll_calls;
    let call = calls.open.as_ref().map(|call| closed(state, call, by));
    let check = calls.check.as_ref().map(check_closed);
    call.into_iter().chain(check).collect()
}

fn check_closed(check: &PresenceCheck) -> Event {
    Event::RollCall(RollCallEvent::CheckClosed {
        number: check.number,
        missing: check.asked.clone(),
    })
}

/// What a roll call finds of somebody at its end.
fn find(call: &RollCall, id: &ParticipantId, member: &Member) -> RollFinding {
    let was_here = call.here.contains(id);
    let answered = call.answers.contains_key(id);
    match (member.is_here(), answered) {
        (true, true) if was_here => RollFinding::Present,
        (true, true) => RollFinding::Late,
        (true, false) => RollFinding::Silent,
        (false, true) => RollFinding::LeftEarly,
        (false, false) if was_here => RollFinding::LeftEarly,
        (false, false) => RollFinding::Absent,
    }
}

fn check(actor: &Actor<'_>, count: u32, seconds: u32) -> Decision {
    actor.require(Action::CallTheRoll, Scope::Meeting)?;
    within(seconds, LONGEST_TIME)?;
    within(count, HEADCOUNT)?;
    let calls = &actor.state.procedure.roll_calls;
    if calls.check.is_some() {
        return Err(Refusal::new(
            ErrorCode::CheckOpen,
            "a check is under way; it ends by itself",
        ));
    }
    let others = here(actor.state).filter(|id| *id != actor.id).collect();
    let asked = draw(others, count, actor.seed);
    if asked.is_empty() {
        return Err(Refusal::new(
            ErrorCode::UnknownParticipant,
            "there is nobody to be checked",
        ));
    }
    Ok(vec![Event::RollCall(RollCallEvent::CheckOpened {
        number: calls.checked.saturating_add(1),
        asked,
        ends_at: actor.now + milliseconds(seconds),
        by: actor.id.clone(),
    })])
}

fn answer_check(actor: &Actor<'_>) -> Decision {
    let check = actor.state.procedure.roll_calls.check.as_ref();
    let check = check
        .filter(|check| check.asked.contains(actor.id))
        .ok_or_else(|| Refusal::new(ErrorCode::NotAsked, "nothing is asked of this site"))?;
    let mut events = vec![Event::RollCall(RollCallEvent::CheckAnswered {
        participant: actor.id.clone(),
    })];
    if check.asked.len() == 1 {
        events.push(Event::RollCall(RollCallEvent::CheckClosed {
            number: check.number,
            missing: BTreeSet::new(),
        }));
    }
    Ok(events)
}

/// Some of them, each as likely as any other: the seed decides which.
fn draw(mut from: Vec<&ParticipantId>, count: u32, seed: u64) -> BTreeSet<ParticipantId> {
    let mut state = seed;
    let mut drawn = BTreeSet::new();
    while drawn.len() < count as usize && !from.is_empty() {
        let place = next(&mut state) % from.len() as u64;
        drawn.insert(from.swap_remove(place as usize).clone());
    }
    drawn
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Of whom an answer is expected.
fn is_expected(role: Role, kind: ParticipantKind) -> bool {
    let answers = permits(role, Action::AnswerRollCall, Scope::Own);
    match kind {
        ParticipantKind::Site | ParticipantKind::Person => answers,
        ParticipantKind::Device => false,
    }
}

/// Who is here of those of whom an answer is expected.
fn here(state: &State) -> impl Iterator<Item = &ParticipantId> {
    let members = state.members.iter();
    let here =
        members.filter(|(_, member)| member.is_here() && is_expected(member.role, member.kind));
    here.map(|(id, _)| id)
}

fn opened(state: &State) -> Result<&RollCall, Refusal> {
    let open = state.procedure.roll_calls.open.as_ref();
    open.ok_or_else(|| Refusal::new(ErrorCode::NoRollCall, "no roll call is open"))
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Option<Event> {
    let check = state.procedure.roll_calls.check.as_ref()?;
    (check.ends_at <= now).then(|| check_closed(check))
}

/// When the check that is under way ends.
pub(super) fn deadline(state: &State) -> Option<i64> {
    let check = state.procedure.roll_calls.check.as_ref();
    check.map(|check| check.ends_at)
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &RollCallEvent) {
    let calls = &mut state.procedure.roll_calls;
    match event {
        RollCallEvent::Opened { number, here, .. } => {
            calls.called = *number;
            calls.open = Some(RollCall {
                number: *number,
                opened_at: at,
                here: here.clone(),
                answers: Default::default(),
            });
        }
        RollCallEvent::Answered {
            participant,
            headcount,
            delegates,
        } => {
            if let Some(open) = &mut calls.open {
                let answer = RollAnswer {
                    headcount: *headcount,
                    delegates: delegates.clone(),
                };
                open.answers.insert(participant.clone(), answer);
            }
        }
        RollCallEvent::Closed { result, .. } => {
            calls.open = None;
            calls.last = Some(result.clone());
        }
        RollCallEvent::CheckOpened {
            number,
            asked,
            ends_at,
            ..
        } => {
            calls.checked = *number;
            calls.check = Some(PresenceCheck {
                number: *number,
                asked: asked.clone(),
                ends_at: *ends_at,
            });
        }
        RollCallEvent::CheckAnswered { participant } => {
            if let Some(check) = &mut calls.check {
                check.asked.remove(participant);
            }
        }
        RollCallEvent::CheckClosed { .. } => calls.check = None,
    }
}
