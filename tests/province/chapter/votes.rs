//! The third item: the plan is voted on by show of hands, and the leader of the
//! task force is elected in secret, with papers that are signed blindly and
//! ballots that come from nobody.

use diemcau_protocol::{
    AgendaCommand, AskReceipt, BallotReceipt, BallotState, Command, ErrorCode, Majority,
    VoteMethod, VoteOption, VoteResult, VoteRules, VoteUnit, Voter as Entitled, VotesCommand,
    VotesEvent,
};

use crate::province::conference::Conference;
use crate::province::people::{CHAIR, EARLY, SECRETARY, sites_there};
use crate::province::voter::{Voter, post, votes};

fn command(command: VotesCommand) -> Command {
    Command::Votes(command)
}

impl Conference {
    /// Each site has one vote.
    async fn vote_is_opened(&mut self, question: &str, method: VoteMethod, sites: &[&str]) {
        let entitled = sites.iter().map(|site| Entitled {
            participant: self.id(site),
            weight: 1,
            headcount: 1,
        });
        let rules = VoteRules {
            question: question.to_owned(),
            options: VoteOption::usual(),
            method,
            unit: VoteUnit::Site,
            voters: entitled.collect(),
            quorum_percent: 50,
            majority: Majority::Absolute,
            may_change: false,
        };
        let open = VotesCommand::Open {
            rules,
            seconds: None,
        };
        self.does(CHAIR, command(open)).await;
    }

    async fn result_of_the_vote(&mut self, number: u32) -> VoteResult {
        let closed = |event: &VotesEvent| match event {
            VotesEvent::Closed { result, .. } if result.number == number => Some(result.clone()),
            _ => None,
        };
        votes(self.guest("an-binh"), closed).await
    }
}

fn figures(result: &VoteResult) -> Vec<u64> {
    result.options.iter().map(|option| option.votes).collect()
}

pub(in crate::province) async fn the_plan_is_voted_on(conference: &mut Conference) {
    conference.clock(9, 6, 0).await;
    let start = AgendaCommand::Start { number: 3 };
    conference.does(CHAIR, Command::Agenda(start)).await;
    conference.clock(9, 8, 0).await;
    let sites: Vec<&str> = sites_there().collect();
    assert_eq!(sites.len(), 31);
    let question = "Thông qua Phương án sơ tán dân vùng ven biển, ven sông ứng phó bão số 5";
    conference
        .vote_is_opened(question, VoteMethod::ShowOfHands, &sites)
        .await;
    for (place, site) in sites.iter().enumerate() {
        let counts = match place {
            11 => vec![0, 1, 0],
            17 => vec![0, 0, 1],
            // One does not vote.
            23 => continue,
            _ => vec![1, 0, 0],
        };
        let cast = VotesCommand::Cast { number: 1, counts };
        conference.does(site, command(cast)).await;
    }
    let other = VotesCommand::Cast {
        number: 1,
        counts: vec![0, 1, 0],
    };
    let again = conference.tries(sites[0], command(other)).await;
    assert_eq!(again, Err(ErrorCode::AlreadyVoted));
    conference.clock(9, 12, 0).await;
    conference
        .does(CHAIR, command(VotesCommand::Close { number: 1 }))
        .await;
    let result = conference.result_of_the_vote(1).await;
    assert_eq!(figures(&result), [28, 1, 1]);
    assert_eq!((result.entitled, result.given), (31, 30));
    assert_eq!(result.carried, Some(0));
    conference.clock(9, 13, 30).await;
    conference.leaves(EARLY).await;
}

pub(in crate::province) async fn the_leader_is_elected_in_secret(conference: &mut Conference) {
    conference.clock(9, 15, 0).await;
    let sites: Vec<&str> = sites_there().filter(|site| *site != EARLY).collect();
    let question = "Bầu ông Lê Quang Vinh làm Tổ trưởng Tổ công tác tiền phương";
    conference
        .vote_is_opened(question, VoteMethod::Secret, &sites)
        .await;
    let meeting = conference.meeting.clone();
    let mut voters = Vec::new();
    for (place, site) in sites.iter().enumerate() {
        let choice = match place {
            5 | 6 => 1,
            7 => 2,
            _ => 0,
        };
        let guest = conference.guest(site);
        voters.push(Voter::takes_a_paper(guest, &meeting, 2, choice).await);
    }
    conference.clock(9, 20, 0).await;
    for voter in &voters {
        assert!(voter.casts(conference.server()).await.0.is_success());
    }
    conference
        .does(SECRETARY, command(VotesCommand::Close { number: 2 }))
        .await;
    let result = conference.result_of_the_vote(2).await;
    assert_eq!(figures(&result), [27, 2, 1]);
    assert_eq!((result.given, result.papers), (30, Some(30)));
    assert_eq!(result.carried, Some(0));

    // Everybody finds its ballot among those that were counted, and no more.
    let root = result.root.unwrap();
    for voter in &voters {
        let again = voter.casts(conference.server()).await;
        assert_eq!(again.1, Some(BallotState::Stored));
        let asked = AskReceipt {
            meeting: meeting.clone(),
            number: 2,
            token: voter.ballot.token.clone(),
        };
        let (_, receipt) = post(conference.server(), "/api/v1/ballots/receipt", &asked).await;
        let receipt: BallotReceipt = serde_json::from_slice(&receipt).unwrap();
        assert_eq!((&receipt.root, receipt.ballots), (&root, 30));
    }
    conference.clock(9, 25, 0).await;
    conference
        .does(CHAIR, Command::Agenda(AgendaCommand::Finish))
        .await;
}
