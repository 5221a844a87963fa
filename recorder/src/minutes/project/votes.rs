//! What was voted on, how each voted openly, and how it ended.

use diemcau_protocol::{Event, VotesEvent};

use crate::minutes::record::{BallotRecord, Fact, VoteOutcome, VoteRecord};

/// The votes of the meeting proper.
#[derive(Default)]
pub(super) struct Votes {
    ended: Vec<VoteRecord>,
    open: Option<VoteRecord>,
}

impl Votes {
    pub(super) fn take(&mut self, seq: u64, at: i64, event: &Event) {
        match event {
            Event::MeetingOpened { .. } => *self = Self::default(),
            Event::Votes(event) => self.vote(seq, at, event),
            _ => {}
        }
    }

    /// The votes that ended, in the order in which they were opened.
    pub(super) fn finish(self) -> Vec<VoteRecord> {
        self.ended
    }

    fn vote(&mut self, seq: u64, at: i64, event: &VotesEvent) {
        match event {
            VotesEvent::Opened { number, rules, .. } => {
                let ballots = rules.voters.iter().map(|voter| BallotRecord {
                    participant: voter.participant.clone(),
                    counts: None,
                });
                self.open = Some(VoteRecord {
                    number: *number,
                    opened: Fact::new(at, seq),
                    ballots: ballots.collect(),
                    rules: rules.clone(),
                    // Until it ends otherwise; what never ends is not kept.
                    outcome: VoteOutcome::Cancelled {
                        reason: String::new(),
                        at: Fact::new(at, seq),
                    },
                });
            }
            VotesEvent::Cast {
                participant,
                counts,
            } => {
                let mut ballots = self.open.iter_mut().flat_map(|vote| &mut vote.ballots);
                if let Some(ballot) = ballots.find(|ballot| ballot.participant == *participant) {
                    ballot.counts = Some(Fact::new(counts.clone(), seq));
                }
            }
            VotesEvent::Closed { result, .. } => self.ends(VoteOutcome::Closed {
                result: result.clone(),
                at: Fact::new(at, seq),
            }),
            VotesEvent::Cancelled { reason, .. } => self.ends(VoteOutcome::Cancelled {
                reason: reason.clone(),
                at: Fact::new(at, seq),
            }),
            VotesEvent::PapersReady { .. }
            | VotesEvent::Called { .. }
            | VotesEvent::PaperTaken { .. }
            | VotesEvent::Sealed { .. } => {}
        }
    }

    fn ends(&mut self, outcome: VoteOutcome) {
        if let Some(mut vote) = self.open.take() {
            vote.outcome = outcome;
            if vote.is_secret() {
                vote.ballots.clear();
            }
            self.ended.push(vote);
        }
    }
}
