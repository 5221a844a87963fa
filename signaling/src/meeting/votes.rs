//! Votes (*biểu quyết*): opened, given, closed, the result frozen in the log.
//!
//! ```text
//!            ┌─ open vote ── call ──> cast ──> … ── close, time up ──> closed
//!   open ────┤
//!            └─ secret ──> papers ready ──> paper taken … ──> sealed ──> closed
//!                          ▲ the ballot box has a key                    ▲
//!                            (what is cast goes to the box alone)        │
//!                                                     the box has counted
//! ```
//!
//! Nothing of a secret ballot comes by here: neither the token nor the choice,
//! and not when it was cast. All that this machine knows is who has taken a
//! ballot paper, and the figures at the end. A vote hangs on nobody's being
//! here: it goes on when whoever opened it leaves, and after a restart.

mod count;
mod rules;
#[cfg(test)]
mod stories;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use diemcau_protocol::{
    Action, ErrorCode, Event, LONGEST_TIME, ParticipantId, Vote, VoteMethod, VoteRules, Voter,
    VotesCommand, VotesEvent,
};
use sha2::{Digest, Sha256};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::{milliseconds, within};
use super::{Refusal, State};
use crate::permissions::Scope;

/// The length of a blinded token and of every signature, in bytes: RSA with
/// 2,048 bits.
pub(crate) const PAPER_LENGTH: usize = 256;

/// What the ballot box of a secret vote tells the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoxNews {
    /// It has a key, and papers can be signed.
    PapersReady {
        /// Of which vote.
        number: u32,
        /// The public key, as the protocol has it.
        key: String,
    },
    /// It takes no more ballots and has counted them.
    Counted(Tally),
}

/// What was in a ballot box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Of which vote.
    pub number: u32,
    /// Ballots for each option.
    pub votes: Vec<u32>,
    /// The root over the ballots, in hexadecimal digits.
    pub root: String,
}

/// Decides a command about votes.
pub(super) fn decide(actor: &Actor<'_>, command: &VotesCommand) -> Decision {
    match command {
        VotesCommand::Open { rules, seconds } => open(actor, rules, *seconds),
        VotesCommand::Call { participant } => call(actor, participant.as_ref()),
        VotesCommand::Cast { number, counts } => cast(actor, *number, counts),
        VotesCommand::TakePaper { number, blinded } => take_paper(actor, *number, blinded),
        VotesCommand::Close { number } => close(actor, *number),
        VotesCommand::Cancel { number, reason } => cancel(actor, *number, reason),
        VotesCommand::Unknown => Err(unknown_command()),
    }
}

fn open(actor: &Actor<'_>, wanted: &VoteRules, seconds: Option<u32>) -> Decision {
    actor.require(Action::RunVotes, Scope::Meeting)?;
    let votes = &actor.state.procedure.votes;
    if votes.open.is_some() {
        return Err(Refusal::new(
            ErrorCode::VoteOpen,
            "close or cancel the open vote first",
        ));
    }
    if let Some(seconds) = seconds {
        within(seconds, LONGEST_TIME)?;
    }
    let rules = rules::fit(actor.state, wanted)?;
    let first = rules.voters.first().map(|voter| voter.participant.clone());
    let by_roll_call = rules.method == VoteMethod::RollCall;
    let mut events = vec![VotesEvent::Opened {
        number: votes.opened.saturating_add(1),
        rules,
        ends_at: seconds.map(|seconds| actor.now + milliseconds(seconds)),
        by: actor.id.clone(),
    }];
    if by_roll_call {
        events.push(VotesEvent::Called { participant: first });
    }
    Ok(events.into_iter().map(Event::Votes).collect())
}

fn call(actor: &Actor<'_>, whom: Option<&ParticipantId>) -> Decision {
    actor.require(Action::RunVotes, Scope::Meeting)?;
    let vote = the_open(actor.state, None)?;
    if vote.rules.method != VoteMethod::RollCall {
        return Err(other_way("nobody is called in this vote"));
    }
    let whom = match whom {
        Some(whom) => {
            entitled(vote, whom)?;
            may_still_vote(vote, whom)?;
            Some(whom.clone())
        }
        None => next_called(vote, vote.called.as_ref(), None),
    };
    if whom == vote.called {
        return Ok(Vec::new());
    }
    one(VotesEvent::Called { participant: whom })
}

/// Who is called after somebody: the next one in order who has not voted, from
/// the beginning again after the last. `voted` is voting just now.
fn next_called(
    vote: &Vote,
    after: Option<&ParticipantId>,
    voted: Option<&ParticipantId>,
) -> Option<ParticipantId> {
    let voters = &vote.rules.voters;
    let place = after.and_then(|id| voters.iter().position(|voter| voter.participant == *id));
    let from = place.map_or(0, |place| place + 1);
    let (before, behind) = voters.split_at(from.min(voters.len()));
    let mut in_turn = behind.iter().chain(before);
    let awaited = |voter: &&Voter| {
        !vote.ballots.contains_key(&voter.participant) && Some(&voter.participant) != voted
    };
    in_turn.find(awaited).map(|voter| voter.participant.clone())
}

fn cast(actor: &Actor<'_>, number: u32, counts: &[u32]) -> Decision {
    actor.require(Action::Vote, Scope::Own)?;
    let vote = the_open(actor.state, Some(number))?;
    let voter = entitled(vote, actor.id)?;
    if vote.rules.method == VoteMethod::Secret {
        return Err(other_way("take a ballot paper; this vote is secret"));
    }
    let before = vote.ballots.get(actor.id);
    if before.is_some_and(|before| before == counts) {
        return Ok(Vec::new());
    }
    may_still_vote(vote, actor.id)?;
    let is_called = vote.called.as_ref() == Some(actor.id);
    if vote.rules.method == VoteMethod::RollCall && before.is_none() && !is_called {
        return Err(Refusal::new(
            ErrorCode::NotCalled,
            "wait until you are called",
        ));
    }
    let given: u64 = counts.iter().copied().map(u64::from).sum();
    let fits = (1..=u64::from(voter.headcount)).contains(&given);
    if !fits || counts.len() != vote.rules.options.len() {
        return Err(super::floor::out_of_range());
    }
    let mut events = vec![VotesEvent::Cast {
        participant: actor.id.clone(),
        counts: counts.to_vec(),
    }];
    if is_called {
        events.push(VotesEvent::Called {
            participant: next_called(vote, Some(actor.id), Some(actor.id)),
        });
    }
    Ok(events.into_iter().map(Event::Votes).collect())
}

fn take_paper(actor: &Actor<'_>, number: u32, blinded: &str) -> Decision {
    actor.require(Action::Vote, Scope::Own)?;
    let vote = the_open(actor.state, Some(number))?;
    entitled(vote, actor.id)?;
    if vote.rules.method != VoteMethod::Secret {
        return Err(other_way("this vote has no ballot papers"));
    }
    let blinded = BASE64.decode(blinded).unwrap_or_default();
    if blinded.len() != PAPER_LENGTH {
        return Err(Refusal::new(
            ErrorCode::BadMessage,
            "the blinded token has not the length of the key",
        ));
    }
    let blinded = hex::encode(Sha256::digest(&blinded));
    match vote.papers.get(actor.id) {
        // Asked again, since the answer was lost; it is the same signature.
        Some(before) if *before == blinded => return Ok(Vec::new()),
        Some(_) => {
            return Err(Refusal::new(
                ErrorCode::PaperTaken,
                "a ballot paper was taken with another token",
            ));
        }
        None => {}
    }
    if vote.sealed {
        return Err(no_vote());
    }
    if vote.key.is_none() {
        return Err(Refusal::new(
            ErrorCode::PapersNotReady,
            "the key of the ballot papers is being made",
        ));
    }
    one(VotesEvent::PaperTaken {
        participant: actor.id.clone(),
        blinded,
    })
}

fn close(actor: &Actor<'_>, number: u32) -> Decision {
    actor.require(Action::RunVotes, Scope::Meeting)?;
    let vote = the_open(actor.state, Some(number))?;
    Ok(end(vote, Some(actor.id.clone())).into_iter().collect())
}

/// The end of a vote: its result, or, of a secret one, that nothing is cast
/// any more. Nothing where that is so already.
fn end(vote: &Vote, by: Option<ParticipantId>) -> Option<Event> {
    let event = match vote.rules.method {
        VoteMethod::Secret if vote.sealed => return None,
        VoteMethod::Secret => VotesEvent::Sealed { by },
        VoteMethod::RollCall | VoteMethod::ShowOfHands => VotesEvent::Closed {
            result: count::open_vote(vote),
            by,
        },
    };
    Some(Event::Votes(event))
}

fn cancel(actor: &Actor<'_>, number: u32, reason: &str) -> Decision {
    actor.require(Action::RunVotes, Scope::Meeting)?;
    the_open(actor.state, Some(number))?;
    let reason = rules::question(reason)?;
    one(VotesEvent::Cancelled {
        reason,
        by: actor.id.clone(),
    })
}

/// The end of an open vote without a result, for this reason.
pub(super) fn called_off(state: &State, by: &ParticipantId, reason: &str) -> Option<Event> {
    state.procedure.votes.open.as_ref()?;
    Some(Event::Votes(VotesEvent::Cancelled {
        reason: reason.to_owned(),
        by: by.clone(),
    }))
}

/// The meeting proper begins: what was voted on before does not count.
pub(super) fn start_clean(state: &mut State) {
    state.procedure.votes.last = None;
}

/// What follows from what the ballot box tells. What it tells of another vote
/// than the open one comes too late.
pub fn hear_box(state: &State, news: &BoxNews) -> Vec<Event> {
    let Some(vote) = &state.procedure.votes.open else {
        return Vec::new();
    };
    let event = match news {
        BoxNews::PapersReady { number, key } => {
            let is_secret = vote.rules.method == VoteMethod::Secret;
            let awaited = is_secret && vote.key.is_none() && !vote.sealed;
            (awaited && *number == vote.number).then(|| VotesEvent::PapersReady {
                number: *number,
                key: key.clone(),
            })
        }
        BoxNews::Counted(tally) => {
            (tally.number == vote.number && vote.sealed).then(|| VotesEvent::Closed {
                result: count::secret_vote(vote, tally),
                by: None,
            })
        }
    };
    event.map(Event::Votes).into_iter().collect()
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Vec<Event> {
    let vote = state.procedure.votes.open.as_ref();
    let over = vote.filter(|vote| vote.ends_at.is_some_and(|ends_at| now >= ends_at));
    over.and_then(|vote| end(vote, None)).into_iter().collect()
}

/// When something about votes is due next.
pub(super) fn deadline(state: &State) -> Option<i64> {
    let vote = state.procedure.votes.open.as_ref()?;
    vote.ends_at.filter(|_| !vote.sealed)
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &VotesEvent) {
    let votes = &mut state.procedure.votes;
    match (event, &mut votes.open) {
        (
            VotesEvent::Opened {
                number,
                rules,
                ends_at,
                by,
            },
            open,
        ) => {
            votes.opened = *number;
            *open = Some(Vote {
                number: *number,
                rules: rules.clone(),
                opened_at: at,
                ends_at: *ends_at,
                by: by.clone(),
                called: None,
                ballots: Default::default(),
                key: None,
                papers: Default::default(),
                sealed: false,
            });
        }
        (VotesEvent::PapersReady { key, .. }, Some(vote)) => vote.key = Some(key.clone()),
        (VotesEvent::Called { participant }, Some(vote)) => vote.called.clone_from(participant),
        (
            VotesEvent::Cast {
                participant,
                counts,
            },
            Some(vote),
        ) => {
            vote.ballots.insert(participant.clone(), counts.clone());
        }
        (
            VotesEvent::PaperTaken {
                participant,
                blinded,
            },
            Some(vote),
        ) => {
            vote.papers.insert(participant.clone(), blinded.clone());
        }
        (VotesEvent::Sealed { .. }, Some(vote)) => vote.sealed = true,
        (VotesEvent::Closed { result, .. }, open) => {
            *open = None;
            votes.last = Some(result.clone());
        }
        (VotesEvent::Cancelled { .. }, open) => *open = None,
        (
            VotesEvent::PapersReady { .. }
            | VotesEvent::Called { .. }
            | VotesEvent::Cast { .. }
            | VotesEvent::PaperTaken { .. }
            | VotesEvent::Sealed { .. },
            None,
        ) => {}
    }
}

/// The open vote; with a number, only that one.
fn the_open(state: &State, number: Option<u32>) -> Result<&Vote, Refusal> {
    let vote = state.procedure.votes.open.as_ref();
    vote.filter(|vote| number.is_none_or(|number| vote.number == number))
        .ok_or_else(no_vote)
}

fn entitled<'a>(vote: &'a Vote, id: &ParticipantId) -> Result<&'a Voter, Refusal> {
    vote.voter(id).ok_or_else(|| {
        Refusal::new(
            ErrorCode::NotEntitled,
            "the participant is not entitled in this vote",
        )
    })
}

fn may_still_vote(vote: &Vote, id: &ParticipantId) -> Result<(), Refusal> {
    if vote.ballots.contains_key(id) && !vote.rules.may_change {
        return Err(Refusal::new(
            ErrorCode::AlreadyVoted,
            "the vote was given and may not be changed",
        ));
    }
    Ok(())
}

fn no_vote() -> Refusal {
    Refusal::new(ErrorCode::NoVote, "that vote is not open")
}

fn other_way(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::VoteOtherWay, detail)
}

fn one(event: VotesEvent) -> Decision {
    Ok(vec![Event::Votes(event)])
}
