//! Any vote at all, and a second count of it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use diemcau_protocol::{
    Event, Majority, ParticipantId, VoteBase, VoteMethod, VoteOption, VoteRules, VoteUnit, Voter,
    VotesCommand, VotesEvent,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::{BoxNews, PAPER_LENGTH, State, Tally};
use super::commands::participant;
use crate::log::Occurrence;

fn who() -> impl Strategy<Value = ParticipantId> {
    (0..8_usize).prop_map(participant)
}

/// A vote that may be open.
fn number() -> impl Strategy<Value = u32> {
    1..4_u32
}

fn rules() -> impl Strategy<Value = VoteRules> {
    let voter = (who(), 1..4_u32, 0..5_u32).prop_map(|(participant, weight, headcount)| Voter {
        participant,
        weight,
        headcount,
    });
    let majority = prop_oneof![
        Just(Majority::Simple),
        Just(Majority::Absolute),
        Just(Majority::TwoThirds),
        (0..102_u32).prop_map(|percent| Majority::Share {
            percent,
            of: VoteBase::Voting
        }),
    ];
    let method = prop::sample::select(vec![
        VoteMethod::RollCall,
        VoteMethod::ShowOfHands,
        VoteMethod::Secret,
    ]);
    let voters = prop_oneof![3 => Just(Vec::new()), 2 => vec(voter, 1..4)];
    (
        method,
        any::<bool>(),
        voters,
        0..102_u32,
        majority,
        any::<bool>(),
    )
        .prop_map(
            |(method, by_site, voters, quorum_percent, majority, may_change)| VoteRules {
                question: "Thông qua".to_owned(),
                options: VoteOption::usual(),
                method,
                unit: if by_site {
                    VoteUnit::Site
                } else {
                    VoteUnit::Delegate
                },
                voters,
                quorum_percent,
                majority,
                may_change,
            },
        )
}

/// Any command about votes.
pub(super) fn command() -> impl Strategy<Value = VotesCommand> {
    let blinded = (0..3_u8).prop_map(|byte| BASE64.encode([byte; PAPER_LENGTH]));
    prop_oneof![
        4 => (rules(), option::of(0..100_u32))
            .prop_map(|(rules, seconds)| VotesCommand::Open { rules, seconds }),
        2 => option::of(who()).prop_map(|participant| VotesCommand::Call { participant }),
        8 => (number(), vec(0..3_u32, 3))
            .prop_map(|(number, counts)| VotesCommand::Cast { number, counts }),
        4 => (number(), blinded)
            .prop_map(|(number, blinded)| VotesCommand::TakePaper { number, blinded }),
        2 => number().prop_map(|number| VotesCommand::Close { number }),
        1 => (number(), ".{0,3}").prop_map(|(number, reason)| VotesCommand::Cancel { number, reason }),
    ]
}

/// Anything that a ballot box could tell, in time or too late.
pub(super) fn news() -> impl Strategy<Value = BoxNews> {
    prop_oneof![
        number().prop_map(|number| BoxNews::PapersReady {
            number,
            key: "khóa".to_owned()
        }),
        (number(), vec(0..3_u32, 3)).prop_map(|(number, votes)| BoxNews::Counted(Tally {
            number,
            votes,
            root: "gốc".to_owned()
        })),
    ]
}

/// What holds of the open vote at any time.
pub(super) fn are_sound(state: &State) {
    let Some(vote) = &state.procedure.votes.open else {
        return;
    };
    assert_eq!(vote.number, state.procedure.votes.opened);
    for (id, counts) in &vote.ballots {
        let voter = vote.voter(id).expect("who votes is entitled");
        let given: u32 = counts.iter().sum();
        assert!((1..=voter.headcount).contains(&given));
    }
    for id in vote.papers.keys().chain(&vote.called) {
        vote.voter(id)
            .expect("who takes a paper or is called is entitled");
    }
    let secret = vote.rules.method == VoteMethod::Secret;
    assert!(
        vote.ballots.is_empty() || !secret,
        "a secret vote shows nothing"
    );
    assert!(secret || (vote.papers.is_empty() && vote.key.is_none() && !vote.sealed));
}

/// Counts every open vote again from what happened, one ballot for each voter.
pub(super) fn recount(history: &[Occurrence]) {
    let mut rules: Option<&VoteRules> = None;
    let mut ballots: BTreeMap<&ParticipantId, &Vec<u32>> = BTreeMap::new();
    for occurrence in history {
        let Event::Votes(event) = &occurrence.announced.event else {
            continue;
        };
        match event {
            VotesEvent::Opened { rules: opened, .. } => {
                rules = Some(opened);
                ballots.clear();
            }
            VotesEvent::Cast {
                participant,
                counts,
            } => {
                ballots.insert(participant, counts);
            }
            VotesEvent::Closed { result, .. } => {
                let rules = rules.take().expect("what is closed was open");
                if rules.method == VoteMethod::Secret {
                    continue;
                }
                for (index, option) in result.options.iter().enumerate() {
                    let votes = rules.voters.iter().map(|voter| {
                        let counts = ballots.get(&voter.participant);
                        counts.map_or(0, |counts| counts[index] * voter.weight)
                    });
                    assert_eq!(option.votes, u64::from(votes.sum::<u32>()));
                }
            }
            VotesEvent::Cancelled { .. } => rules = None,
            VotesEvent::PapersReady { .. }
            | VotesEvent::Called { .. }
            | VotesEvent::PaperTaken { .. }
            | VotesEvent::Sealed { .. } => {}
        }
    }
}
