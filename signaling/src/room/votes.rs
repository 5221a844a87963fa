//! What a meeting has the ballot box do for its secret vote: make a key, sign
//! papers, count, destroy what was cancelled. An errand is tried until it
//! succeeds; what it brings back is decided and stored like everything else.
//!
//! ```text
//!   state ──> errand ──> ballot box ──> news ──> decide ──> … ──> state
//! ```
//!
//! Ballots themselves do not come by here.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use diemcau_protocol::{Command, ServerMessage, VoteMethod, VotesCommand};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Line, Room};
use crate::ballots::{BallotBox, BoxError, VoteId};
use crate::meeting::{BoxNews, State};

/// How long after a failure an errand is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Something for the ballot box to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Errand {
    /// Papers are to be signed.
    MakeKey { number: u32, options: u8 },
    /// The vote is sealed.
    Count { number: u32, options: u8 },
    /// No secret vote is open; `after` counts the votes so far.
    Tidy { after: u32 },
}

/// The errand that the state asks for, if any.
fn errand_of(state: &State) -> Option<Errand> {
    let votes = &state.procedure.votes;
    match &votes.open {
        Some(vote) if vote.rules.method == VoteMethod::Secret => {
            let number = vote.number;
            let options = u8::try_from(vote.rules.options.len()).unwrap_or(u8::MAX);
            if vote.sealed {
                Some(Errand::Count { number, options })
            } else {
                let needs_key = vote.key.is_none();
                needs_key.then_some(Errand::MakeKey { number, options })
            }
        }
        Some(_) | None => (votes.opened > 0).then_some(Errand::Tidy {
            after: votes.opened,
        }),
    }
}

/// What the room has to do with the ballot box.
#[derive(Debug, Default)]
pub(super) struct Errands {
    /// The last one, done or under way.
    last: Option<Errand>,
    /// What is under way.
    running: Option<oneshot::Receiver<Option<BoxNews>>>,
    /// Voters may still send again what a restart has lost.
    count_from: Option<Instant>,
}

impl Errands {
    /// Comes back when the one under way is done.
    pub(super) async fn done(&mut self) -> Option<BoxNews> {
        match &mut self.running {
            // It ends without a word only together with the process.
            Some(running) => running.await.unwrap_or_default(),
            None => std::future::pending().await,
        }
    }
}

impl Room {
    /// After a restart, ballots that waited in memory come again.
    pub(super) fn await_ballots_back(&mut self) {
        let vote = self.state.procedure.votes.open.as_ref();
        if vote.is_some_and(|vote| vote.key.is_some()) {
            self.errands.count_from = Some(Instant::now() + self.around.reconnect_grace);
        }
    }

    /// Sends the errand that the state asks for, unless it is done or one is
    /// under way.
    pub(super) fn mind_the_box(&mut self) {
        let wanted = errand_of(&self.state);
        if self.errands.running.is_some() || wanted == self.errands.last {
            return;
        }
        self.errands.last.clone_from(&wanted);
        let Some(errand) = wanted else {
            return;
        };
        let (tell, running) = oneshot::channel();
        self.errands.running = Some(running);
        let not_before = match errand {
            Errand::Count { .. } => self.errands.count_from,
            Errand::MakeKey { .. } | Errand::Tidy { .. } => None,
        };
        let ballots = self.around.ballots.clone();
        let meeting = self.state.info.id.clone();
        tokio::spawn(async move {
            if let Some(time) = not_before {
                sleep_until(time).await;
            }
            while !tell.is_closed() {
                let vote = |number| VoteId {
                    meeting: meeting.clone(),
                    number,
                };
                match run(&ballots, &errand, vote).await {
                    Ok(news) => {
                        // The room may have ended; the next one asks again.
                        let _ = tell.send(news);
                        return;
                    }
                    Err(error) => {
                        tracing::error!(%meeting, %error, "the ballot box does not do what it should");
                        sleep(AGAIN_AFTER).await;
                    }
                }
            }
        });
    }

    /// An errand is done.
    pub(super) fn errand_done(&mut self, news: Option<BoxNews>) {
        self.errands.running = None;
        self.waiting.extend(news.map(super::batch::Waiting::Box));
        self.mind_the_box();
    }

    /// Whether the room has to go on although nobody is here.
    pub(super) fn is_busy(&self) -> bool {
        self.errands.running.is_some() || self.armed.is_some()
    }

    /// Hands out the ballot paper that was taken.
    pub(super) fn hand_out_paper(&self, line: &Line, command: &Command) {
        let Command::Votes(VotesCommand::TakePaper { number, blinded }) = command else {
            return;
        };
        let seat = self.seats.get(&line.participant);
        let connection = seat.and_then(|seat| seat.connection.as_ref());
        let Some(connection) = connection.filter(|live| live.id == line.connection) else {
            return;
        };
        let (outbox, number) = (connection.outbox.clone(), *number);
        let blinded = BASE64.decode(blinded).unwrap_or_default();
        let ballots = self.around.ballots.clone();
        let vote = VoteId {
            meeting: self.state.info.id.clone(),
            number,
        };
        tokio::spawn(async move {
            match ballots.sign(vote, blinded).await {
                Ok(signature) => outbox.send(&ServerMessage::BallotPaper {
                    number,
                    signature: BASE64.encode(signature),
                }),
                // The voter asks again.
                Err(error) => tracing::warn!(%error, "a ballot paper could not be signed"),
            }
        });
    }
}

async fn run(
    ballots: &BallotBox,
    errand: &Errand,
    vote: impl Fn(u32) -> VoteId,
) -> Result<Option<BoxNews>, BoxError> {
    match *errand {
        Errand::MakeKey { number, options } => {
            let key = ballots.make_key(vote(number), options).await?;
            Ok(Some(BoxNews::PapersReady {
                number,
                key: BASE64.encode(key),
            }))
        }
        Errand::Count { number, options } => {
            let tally = ballots.count(vote(number), options).await?;
            Ok(Some(BoxNews::Counted(tally)))
        }
        Errand::Tidy { after } => {
            ballots.tidy(vote(after).meeting).await?;
            Ok(None)
        }
    }
}
