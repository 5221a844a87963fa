//! The floor (*quyền phát biểu*): asked for by raising the hand, queued, given,
//! timed, taken back.
//!
//! ```text
//!   set_hand ──> queue ──> give ──> held ──warning──> time up ──> ended
//!                  ▲                  │                  │
//!               order                 └── extend <───────┘
//! ```
//!
//! The chair speaks whenever it wants, and its giving takes the floor from
//! whoever has had it longest; anybody else waits until it is free.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    Action, ErrorCode, Event, FLOORS_AT_ONCE, FloorCommand, FloorEnd, FloorEvent, FloorHolder,
    FloorMode, FloorPolicy, LONGEST_TIME, ParticipantId,
};

use super::actor::{Actor, Decision, unknown_command};
use super::{Member, Refusal, State, groups, interpretation, microphones};
use crate::permissions::{Scope, permits};

/// Decides a command about the floor.
pub(super) fn decide(actor: &Actor<'_>, command: &FloorCommand) -> Decision {
    match command {
        FloorCommand::SetPolicy { policy } => set_policy(actor, policy),
        FloorCommand::Order { participants } => order(actor, participants),
        FloorCommand::Give {
            participant,
            seconds,
        } => give(actor, participant, *seconds),
        FloorCommand::Extend {
            participant,
            seconds,
        } => extend(actor, participant, *seconds),
        FloorCommand::TakeBack { participant } => {
            actor.require(Action::GiveFloor, Scope::Meeting)?;
            held(actor.state, participant)?;
            let by = Some(actor.id.clone());
            Ok(end(actor.state, participant, FloorEnd::TakenBack, by))
        }
        FloorCommand::GiveBack => {
            held(actor.state, actor.id)?;
            let by = Some(actor.id.clone());
            Ok(end(actor.state, actor.id, FloorEnd::GivenBack, by))
        }
        FloorCommand::Unknown => Err(unknown_command()),
    }
}

fn set_policy(actor: &Actor<'_>, policy: &FloorPolicy) -> Decision {
    actor.require(Action::SetPolicy, Scope::Meeting)?;
    check(policy)?;
    let floor = &actor.state.procedure.floor;
    if floor.policy == *policy {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::Floor(FloorEvent::PolicySet {
        policy: policy.clone(),
        by: actor.id.clone(),
    })];
    // Who came last goes first.
    let kept = usize::from(policy.at_once).min(floor.holders.len());
    let (holders, surplus) = floor.holders.split_at(kept);
    events.extend(surplus.iter().map(|holder| {
        Event::Floor(FloorEvent::Ended {
            participant: holder.participant.clone(),
            reason: FloorEnd::Policy,
            by: Some(actor.id.clone()),
        })
    }));
    let holds = |id: &ParticipantId| holders.iter().any(|holder| holder.participant == *id);
    let open = actor.state.members.iter().filter(|(_, m)| m.microphone);
    events.extend(
        open.filter(|(id, member)| {
            let needs_floor = policy.mode == FloorMode::ByFloor
                && needs(member)
                && !microphones::is_free(actor.state, id);
            !holds(id) && (needs_floor || microphones::is_held(actor.state, id, member))
        })
        .map(|(id, _)| microphones::closed(id)),
    );
    Ok(events)
}

/// Refuses a policy whose numbers are outside their limits.
pub(crate) fn check(policy: &FloorPolicy) -> Result<(), Refusal> {
    within(u32::from(policy.at_once), u32::from(FLOORS_AT_ONCE))?;
    if let Some(seconds) = policy.seconds {
        within(seconds, LONGEST_TIME)?;
    }
    if policy.warn_before > LONGEST_TIME {
        return Err(out_of_range());
    }
    Ok(())
}

fn order(actor: &Actor<'_>, participants: &[ParticipantId]) -> Decision {
    actor.require(Action::OrderQueue, Scope::Meeting)?;
    let asking = &actor.state.procedure.floor.queue;
    let mut queue: Vec<ParticipantId> = Vec::with_capacity(asking.len());
    for id in participants.iter().chain(asking) {
        if asking.contains(id) && !queue.contains(id) {
            queue.push(id.clone());
        }
    }
    if queue == *asking {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Floor(FloorEvent::Ordered {
        queue,
        by: actor.id.clone(),
    })])
}

fn give(actor: &Actor<'_>, to: &ParticipantId, seconds: Option<u32>) -> Decision {
    actor.require(Action::GiveFloor, Scope::Meeting)?;
    let member = actor.here(to)?;
    if !permits(member.role, Action::PublishMicrophone, Scope::Own) {
        return Err(Refusal::new(
            ErrorCode::Forbidden,
            "an observer sees and hears only",
        ));
    }
    groups::in_plenary(actor.state, to)?;
    interpretation::on_the_floor(actor.state, to)?;
    let floor = &actor.state.procedure.floor;
    let seconds = seconds.or(floor.policy.seconds);
    if let Some(seconds) = seconds {
        within(seconds, LONGEST_TIME)?;
    }
    if holds(actor.state, to) {
        return Ok(Vec::new());
    }
    let mut events = Vec::new();
    if floor.holders.len() >= usize::from(floor.policy.at_once) {
        match floor.holders.first() {
            Some(longest) if actor.may(Action::PreemptFloor, Scope::Meeting) => {
                let by = Some(actor.id.clone());
                let from = &longest.participant;
                events.extend(end(actor.state, from, FloorEnd::Preempted, by));
            }
            Some(_) | None => {
                return Err(Refusal::new(
                    ErrorCode::FloorTaken,
                    "as many hold the floor as may; take it back first",
                ));
            }
        }
    }
    events.push(Event::Floor(FloorEvent::Given {
        participant: to.clone(),
        ends_at: seconds.map(|seconds| actor.now + milliseconds(seconds)),
        by: actor.id.clone(),
    }));
    if member.hand_raised_at.is_some() {
        events.push(Event::HandSet {
            participant: to.clone(),
            raised: false,
            by: actor.id.clone(),
        });
    }
    let consents = actor.state.procedure.microphones.consents.contains(to);
    if consents && !member.microphone && !member.muted {
        events.extend(microphones::opened(to, actor.id));
    }
    Ok(events)
}

fn extend(actor: &Actor<'_>, whose: &ParticipantId, seconds: u32) -> Decision {
    actor.require(Action::GiveFloor, Scope::Meeting)?;
    within(seconds, LONGEST_TIME)?;
    let holder = held(actor.state, whose)?;
    let from = holder.ends_at.unwrap_or(actor.now).max(actor.now);
    Ok(vec![Event::Floor(FloorEvent::Extended {
        participant: whose.clone(),
        ends_at: from + milliseconds(seconds),
        by: actor.id.clone(),
    })])
}

/// The end of somebody's floor, and of its sound where that hung on it.
fn end(
    state: &State,
    id: &ParticipantId,
    reason: FloorEnd,
    by: Option<ParticipantId>,
) -> Vec<Event> {
    let mut events = vec![Event::Floor(FloorEvent::Ended {
        participant: id.clone(),
        reason,
        by,
    })];
    if let Some(member) = state.members.get(id)
        && member.microphone
        && microphones::needs_the_floor(state, id, member)
    {
        events.push(microphones::closed(id));
    }
    events
}

/// The end of every floor, and hands go down.
pub(super) fn close_all(state: &State, by: &ParticipantId) -> Vec<Event> {
    let asking = state
        .procedure
        .floor
        .queue
        .iter()
        .map(|participant| Event::HandSet {
            participant: participant.clone(),
            raised: false,
            by: by.clone(),
        });
    taken_back(state, by).into_iter().chain(asking).collect()
}

/// The end of every floor.
pub(super) fn taken_back(state: &State, by: &ParticipantId) -> Vec<Event> {
    let holders = state.procedure.floor.holders.iter();
    let held = holders.flat_map(|holder| taken_from(state, &holder.participant, by));
    held.collect()
}

/// The end of somebody's floor, if it holds it.
pub(super) fn taken_from(state: &State, id: &ParticipantId, by: &ParticipantId) -> Vec<Event> {
    if !holds(state, id) {
        return Vec::new();
    }
    end(state, id, FloorEnd::TakenBack, Some(by.clone()))
}

/// What happens to the floor when somebody leaves; before it has left.
pub(super) fn leaving(state: &State, id: &ParticipantId) -> Option<Event> {
    holds(state, id).then(|| {
        Event::Floor(FloorEvent::Ended {
            participant: id.clone(),
            reason: FloorEnd::Left,
            by: None,
        })
    })
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Vec<Event> {
    let policy = &state.procedure.floor.policy;
    let mut events = Vec::new();
    for holder in &state.procedure.floor.holders {
        let participant = holder.participant.clone();
        let Some(ends_at) = holder.ends_at else {
            continue;
        };
        if now >= ends_at && policy.ends_by_itself {
            events.extend(end(state, &participant, FloorEnd::TimeUp, None));
        } else if now >= ends_at && !holder.overdue {
            events.push(Event::Floor(FloorEvent::TimeUp { participant }));
        } else if !holder.warned && now >= warning(policy, ends_at) {
            events.push(Event::Floor(FloorEvent::Warned { participant }));
        }
    }
    events
}

/// When something about the floor is due next.
pub(super) fn deadline(state: &State) -> Option<i64> {
    let policy = &state.procedure.floor.policy;
    let of = |holder: &FloorHolder| {
        let ends_at = holder.ends_at?;
        if !holder.warned && !holder.overdue {
            Some(warning(policy, ends_at))
        } else {
            (policy.ends_by_itself || !holder.overdue).then_some(ends_at)
        }
    };
    state.procedure.floor.holders.iter().filter_map(of).min()
}

fn warning(policy: &FloorPolicy, ends_at: i64) -> i64 {
    ends_at - milliseconds(policy.warn_before)
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &FloorEvent) {
    let floor = &mut state.procedure.floor;
    let warn_before = milliseconds(floor.policy.warn_before);
    // A time no longer than the warning needs none.
    let needs_no_warning = |ends_at: i64| warn_before == 0 || ends_at - at <= warn_before;
    let holder = |holders: &mut Vec<FloorHolder>, id: &ParticipantId, how: &dyn Fn(&mut _)| {
        holders
            .iter_mut()
            .filter(|holder| holder.participant == *id)
            .for_each(how);
    };
    match event {
        FloorEvent::PolicySet { policy, .. } => floor.policy.clone_from(policy),
        FloorEvent::Ordered { queue, .. } => floor.queue.clone_from(queue),
        FloorEvent::Given {
            participant,
            ends_at,
            ..
        } => {
            floor.holders.push(FloorHolder {
                participant: participant.clone(),
                since: at,
                ends_at: *ends_at,
                warned: ends_at.is_none_or(needs_no_warning),
                overdue: false,
            });
            state.procedure.microphones.asked.remove(participant);
        }
        FloorEvent::Warned { participant } => {
            holder(&mut floor.holders, participant, &|holder| {
                holder.warned = true;
            });
        }
        FloorEvent::TimeUp { participant } => {
            holder(&mut floor.holders, participant, &|holder| {
                holder.warned = true;
                holder.overdue = true;
            });
        }
        FloorEvent::Extended {
            participant,
            ends_at,
            ..
        } => holder(
            &mut floor.holders,
            participant,
            &|holder: &mut FloorHolder| {
                holder.ends_at = Some(*ends_at);
                holder.warned = needs_no_warning(*ends_at);
                holder.overdue = false;
            },
        ),
        FloorEvent::Ended { participant, .. } => floor
            .holders
            .retain(|holder| holder.participant != *participant),
    }
}

/// A hand went up or down, or its owner left.
pub(super) fn hand(state: &mut State, id: &ParticipantId, raised: bool) {
    let queue = &mut state.procedure.floor.queue;
    queue.retain(|asking| asking != id);
    if raised {
        queue.push(id.clone());
    }
}

/// Whose sound an event may concern; `state` is the state after it.
pub(super) fn touches(state: &State, event: &FloorEvent) -> Vec<ParticipantId> {
    match event {
        FloorEvent::Given { participant, .. } | FloorEvent::Ended { participant, .. } => {
            vec![participant.clone()]
        }
        FloorEvent::PolicySet { .. } => microphones::sharing(state),
        FloorEvent::Ordered { .. }
        | FloorEvent::Warned { .. }
        | FloorEvent::TimeUp { .. }
        | FloorEvent::Extended { .. } => Vec::new(),
    }
}

/// Whether somebody holds the floor.
pub(super) fn holds(state: &State, id: &ParticipantId) -> bool {
    let mut holders = state.procedure.floor.holders.iter();
    holders.any(|holder| holder.participant == *id)
}

/// Whether a member may speak only with the floor, where the meeting goes by
/// it.
pub(super) fn needs(member: &Member) -> bool {
    !permits(member.role, Action::SpeakFreely, Scope::Own)
}

fn held<'a>(state: &'a State, id: &ParticipantId) -> Result<&'a FloorHolder, Refusal> {
    let mut holders = state.procedure.floor.holders.iter();
    holders
        .find(|holder| holder.participant == *id)
        .ok_or_else(|| {
            Refusal::new(
                ErrorCode::FloorNotHeld,
                "the participant does not hold the floor",
            )
        })
}

/// Refuses what is not in 1 to `most`.
pub(super) fn within(number: u32, most: u32) -> Result<(), Refusal> {
    if (1..=most).contains(&number) {
        Ok(())
    } else {
        Err(out_of_range())
    }
}

/// A number is outside its limits.
pub(super) fn out_of_range() -> Refusal {
    Refusal::new(ErrorCode::OutOfRange, "a number is outside its limits")
}

/// Seconds as the log counts time.
pub(super) fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}
