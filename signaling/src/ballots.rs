//! The ballot box (*thùng phiếu*) of secret votes: keys, papers, ballots.
//!
//! ```text
//!   room ── key, sign, count, tidy ──┐          ┌─ urn: waiting, in memory only
//!                                    ├──> keeper┤
//!   REST, nameless ── cast, receipt ─┘  (task)  └─ table: stored, ballots.sqlite
//! ```
//!
//! # What is promised
//! Who has a copy of the log, the database, their journals or any number of
//! backups cannot join a ballot to its voter:
//!
//! - The log says who has taken a paper. The paper was signed blindly, so it
//!   says nothing of the token ([`papers`]).
//! - A ballot comes without a name, by a request of its own, and never passes
//!   through the meeting, its log or its queue. Nothing about it is logged.
//! - It is stored without time, order or number, in batches of at least
//!   [`urn::BATCH`], drawn by lot ([`urn`]). A file of its own without a
//!   write-ahead log: after each batch the journal is cut to nothing, so that
//!   there are no frames that would show batch after batch. Who copies the
//!   file between two batches sees which ballots one batch holds. After the
//!   count the file is written anew (`VACUUM`), in the order of the tokens'
//!   hashes, so that not even the batches are to be seen.
//!
//! # Durable or secret
//! What is written at once shows who came when; what waits is lost with the
//! process. Here secrecy goes first, and the voter is told: `waiting` means
//! accepted and not stored yet, `stored` that it is on the disk. The client
//! sends the ballot again until it is `stored`; a token counts once, so a
//! server that failed gets its waiting ballots back from the voters. A vote
//! that is sealed after a restart waits for them as long as for people who
//! reconnect. Whoever has closed the page by then has lost the vote, and the
//! result shows it: more papers than ballots. Stopping in order is no
//! different, since a small batch would be one that tells. After a failure the
//! last batch can be smaller than the others.
//!
//! # What is not promised
//! The running server sees each ballot with the address that it comes from; it
//! keeps neither. Whoever controls the server's program, or the voter's
//! machine, can look. A voter who shows the token, and somebody who reads the
//! table, together know the choice: the receipt alone does not say it, since
//! its salt stays here. A unanimous result says what each has chosen.
//!
//! The secret key lies in the table until the seal. Whoever steals it can
//! forge papers until then; it never tells whose a ballot is.

mod keeper;
mod merkle;
mod papers;
mod table;
mod urn;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use diemcau_protocol::{BallotReceipt, BallotState, ErrorCode, MeetingId};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::database::DatabaseOpenError;
use crate::meeting::{Refusal, Tally};
use crate::store::StoreError;
use keeper::Request;
use merkle::Hash;
pub(crate) use papers::PaperError;

/// Nameless requests that are served at a time.
const AT_ONCE: usize = 64;

/// A vote among all meetings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VoteId {
    pub(crate) meeting: MeetingId,
    pub(crate) number: u32,
}

/// A ballot as somebody cast it. It has no `Debug`, lest it be logged.
pub(crate) struct Ballot {
    pub(crate) token: [u8; 32],
    pub(crate) randomizer: [u8; 32],
    pub(crate) signature: Vec<u8>,
    pub(crate) choice: u8,
}

/// A ballot as it is kept. It has no `Debug`, lest it be logged.
#[derive(Clone)]
struct Sheet {
    /// The SHA-256 of the token.
    token: Hash,
    /// Random, of the server; it never leaves.
    salt: [u8; 32],
    choice: u8,
}

/// What the box cannot do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BoxError {
    /// Not read or not written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key or a paper cannot be used.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// There is no such vote, or it is sealed.
    #[error("no such vote is open")]
    NoVote,
}

impl From<sqlx::Error> for BoxError {
    fn from(error: sqlx::Error) -> Self {
        BoxError::Store(error.into())
    }
}

/// The way to the keeper.
#[derive(Debug, Clone)]
pub(crate) struct BallotBox {
    requests: mpsc::UnboundedSender<Request>,
    /// Room for nameless requests.
    nameless: Arc<Semaphore>,
}

/// The ballots cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("ballots: {0}")]
pub struct BallotsOpenError(#[from] DatabaseOpenError);

impl BallotBox {
    /// Opens the file and starts the keeper. Gives back the meetings with a
    /// secret vote that is not sealed.
    pub(crate) async fn open(path: &Path) -> Result<(Self, Vec<MeetingId>), BallotsOpenError> {
        let (keeper, open) = keeper::Keeper::open(path).await?;
        let (requests, inbox) = mpsc::unbounded_channel();
        tokio::spawn(keeper.run(inbox));
        let nameless = Arc::new(Semaphore::new(AT_ONCE));
        Ok((Self { requests, nameless }, open))
    }

    /// Makes the key of a vote, or keeps the one that is there. Gives back the
    /// public key.
    pub(crate) async fn make_key(&self, vote: VoteId, options: u8) -> Result<Vec<u8>, BoxError> {
        let made = spawn_blocking(papers::Key::generate).await;
        let key = made.map_err(|_| StoreError::Closed)??;
        self.ask(|reply| Request::PutKey {
            vote,
            options,
            key: Box::new(key),
            reply,
        })
        .await
    }

    /// Signs a blinded token.
    pub(crate) async fn sign(&self, vote: VoteId, blinded: Vec<u8>) -> Result<Vec<u8>, BoxError> {
        self.ask(|reply| Request::Sign {
            vote,
            blinded,
            reply,
        })
        .await
    }

    /// Seals a vote, stores what waits, and counts.
    pub(crate) async fn count(&self, vote: VoteId, options: u8) -> Result<Tally, BoxError> {
        self.ask(|reply| Request::Count {
            vote,
            options,
            reply,
        })
        .await
    }

    /// Destroys the votes of a meeting that were not sealed, with their
    /// ballots.
    pub(crate) async fn tidy(&self, meeting: MeetingId) -> Result<(), BoxError> {
        self.ask(|reply| Request::Tidy { meeting, reply }).await
    }

    /// Takes a ballot, from nobody in particular.
    pub(crate) async fn cast(&self, vote: VoteId, ballot: Ballot) -> Result<BallotState, Refusal> {
        let _room = self.room()?;
        let cast = |reply| Request::Cast {
            vote,
            ballot: Box::new(ballot),
            reply,
        };
        self.ask(cast)
            .await
            .unwrap_or_else(|error| Err(refusal(&error)))
    }

    /// The proof that a ballot was counted.
    pub(crate) async fn receipt(
        &self,
        vote: VoteId,
        token: [u8; 32],
    ) -> Result<BallotReceipt, Refusal> {
        let _room = self.room()?;
        let receipt = self.ask(|reply| Request::Receipt { vote, token, reply });
        receipt.await.map_err(|error| refusal(&error))
    }

    /// Closes the file. What waits is not stored.
    pub(crate) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        let _ = self.requests.send(Request::Close { reply });
        // An error means that it is closed already.
        let _ = answer.await;
    }

    fn room(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Refusal> {
        self.nameless.try_acquire().map_err(|_| {
            Refusal::new(
                ErrorCode::RateLimited,
                "too many at a time; try again in a moment",
            )
        })
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, BoxError>>) -> Request,
    ) -> Result<T, BoxError> {
        let (reply, answer) = oneshot::channel();
        // A keeper that is gone drops the reply.
        let _ = self.requests.send(request(reply));
        answer.await.unwrap_or(Err(StoreError::Closed.into()))
    }
}

fn refusal(error: &BoxError) -> Refusal {
    match error {
        BoxError::Store(error) => {
            tracing::error!(%error, "the ballot box could not be used");
            Refusal::new(ErrorCode::StorageUnavailable, "nothing can be stored now")
        }
        BoxError::Paper(_) => invalid(),
        BoxError::NoVote => Refusal::new(ErrorCode::NoVote, "that vote is not open"),
    }
}

fn invalid() -> Refusal {
    Refusal::new(
        ErrorCode::BallotInvalid,
        "the ballot is not one that this vote gave out",
    )
}
