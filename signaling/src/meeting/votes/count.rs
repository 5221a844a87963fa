//! Counting: figures and what they carry. All in whole numbers.

use diemcau_protocol::{Majority, OptionResult, Vote, VoteBase, VoteResult, Voter};

use super::Tally;

/// The result of an open vote, as its ballots stand.
pub(super) fn open_vote(vote: &Vote) -> VoteResult {
    let mut votes = vec![0; vote.rules.options.len()];
    for (participant, counts) in &vote.ballots {
        let weight = vote.voter(participant).map_or(0, |voter| voter.weight);
        for (sum, count) in votes.iter_mut().zip(counts) {
            *sum += u64::from(weight) * u64::from(*count);
        }
    }
    result(vote, &votes, None)
}

/// The result of a secret vote, in which all weigh the same.
pub(super) fn secret_vote(vote: &Vote, tally: &Tally) -> VoteResult {
    let weight = vote.rules.voters.first().map_or(1, |voter| voter.weight);
    let mut votes: Vec<u64> = tally.votes.iter().copied().map(u64::from).collect();
    votes.iter_mut().for_each(|sum| *sum *= u64::from(weight));
    votes.resize(vote.rules.options.len(), 0);
    result(vote, &votes, Some(tally.root.clone()))
}

fn result(vote: &Vote, votes: &[u64], root: Option<String>) -> VoteResult {
    let rules = &vote.rules;
    let of = |voter: &Voter| u64::from(voter.weight) * u64::from(voter.headcount);
    let entitled: u64 = rules.voters.iter().map(of).sum();
    let given: u64 = votes.iter().sum();
    let options: Vec<OptionResult> = rules
        .options
        .iter()
        .zip(votes)
        .map(|(option, votes)| OptionResult {
            text: option.text.clone(),
            abstention: option.abstention,
            votes: *votes,
        })
        .collect();
    let quorum = given * 100 >= entitled * u64::from(rules.quorum_percent);
    let carried = quorum
        .then(|| carried(&options, entitled, rules.majority))
        .flatten();
    VoteResult {
        number: vote.number,
        question: rules.question.clone(),
        method: rules.method,
        options,
        entitled,
        given,
        quorum,
        carried,
        papers: root
            .is_some()
            .then(|| u32::try_from(vote.papers.len()).unwrap_or(u32::MAX)),
        root,
    }
}

/// The one option that has more votes than every other, if they are enough.
fn carried(options: &[OptionResult], entitled: u64, majority: Majority) -> Option<u32> {
    let real = || options.iter().filter(|option| !option.abstention);
    let most = real().map(|option| option.votes).max()?;
    if real().filter(|option| option.votes == most).count() > 1 {
        return None;
    }
    let voting = real().map(|option| option.votes).sum();
    let place = options
        .iter()
        .position(|option| !option.abstention && option.votes == most)?;
    let index = u32::try_from(place).ok()?;
    (most > 0 && is_enough(majority, most, voting, entitled)).then_some(index)
}

fn is_enough(majority: Majority, votes: u64, voting: u64, entitled: u64) -> bool {
    match majority {
        Majority::Simple => votes * 2 > voting,
        Majority::Absolute => votes * 2 > entitled,
        Majority::TwoThirds => votes * 3 >= entitled * 2,
        Majority::Share { percent, of } => {
            let base = match of {
                VoteBase::Voting => voting,
                VoteBase::Entitled => entitled,
            };
            votes * 100 >= base * u64::from(percent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(votes: [u64; 3]) -> Vec<OptionResult> {
        let option = |(index, votes): (usize, u64)| OptionResult {
            text: index.to_string(),
            abstention: index == 2,
            votes,
        };
        votes.into_iter().enumerate().map(option).collect()
    }

    #[test]
    fn each_majority_at_its_limit() {
        let half = Majority::Share {
            percent: 50,
            of: VoteBase::Voting,
        };
        let all = Majority::Share {
            percent: 75,
            of: VoteBase::Entitled,
        };
        for (majority, votes, expected) in [
            (Majority::Simple, [4, 3, 5], Some(0)),
            (Majority::Simple, [3, 4, 5], Some(1)),
            (Majority::Simple, [4, 4, 4], None),
            (Majority::Absolute, [6, 1, 1], None),
            (Majority::Absolute, [7, 1, 1], Some(0)),
            (Majority::TwoThirds, [7, 1, 1], None),
            (Majority::TwoThirds, [8, 4, 0], Some(0)),
            (half, [0, 0, 9], None),
            (half, [2, 1, 9], Some(0)),
            (all, [8, 0, 4], None),
            (all, [9, 0, 3], Some(0)),
        ] {
            let carried = carried(&options(votes), 12, majority);
            assert_eq!(carried, expected, "{majority:?} {votes:?}");
        }
    }
}
