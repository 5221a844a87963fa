//! The task that owns the ballots: one request after the other.

use std::collections::BTreeMap;
use std::path::Path;

use diemcau_protocol::{BallotReceipt, BallotState, MeetingId};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::merkle::{self, Hash};
use super::papers::Key;
use super::table::{OpenVote, Table};
use super::urn::Urn;
use super::{Ballot, BoxError, Sheet, VoteId, invalid};
use crate::database::DatabaseOpenError;
use crate::meeting::{Refusal, Tally};
use crate::store::StoreError;

type Reply<T> = oneshot::Sender<Result<T, BoxError>>;

/// What the keeper is asked to do.
pub(super) enum Request {
    PutKey {
        vote: VoteId,
        options: u8,
        key: Box<Key>,
        reply: Reply<Vec<u8>>,
    },
    Sign {
        vote: VoteId,
        blinded: Vec<u8>,
        reply: Reply<Vec<u8>>,
    },
    Cast {
        vote: VoteId,
        ballot: Box<Ballot>,
        reply: Reply<Result<BallotState, Refusal>>,
    },
    Count {
        vote: VoteId,
        options: u8,
        reply: Reply<Tally>,
    },
    Tidy {
        meeting: MeetingId,
        reply: Reply<()>,
    },
    Receipt {
        vote: VoteId,
        token: [u8; 32],
        reply: Reply<BallotReceipt>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// A vote that takes ballots.
struct Open {
    key: Key,
    options: u8,
    urn: Urn,
}

/// Everything about secret votes.
pub(super) struct Keeper {
    table: Table,
    open: BTreeMap<VoteId, Open>,
}

impl Keeper {
    /// Opens the file; gives back the meetings with a vote that is not sealed.
    pub(super) async fn open(path: &Path) -> Result<(Self, Vec<MeetingId>), DatabaseOpenError> {
        let mut table = Table::open(path).await?;
        let mut open = BTreeMap::new();
        for OpenVote { vote, options, key } in table.open_votes().await? {
            match Key::from_der(&key) {
                Ok(key) => {
                    let urn = Urn::default();
                    open.insert(vote, Open { key, options, urn });
                }
                Err(error) => {
                    tracing::error!(meeting = %vote.meeting, %error, "the key of a secret vote is damaged");
                }
            }
        }
        let meetings = open.keys().map(|vote| vote.meeting.clone()).collect();
        Ok((Self { table, open }, meetings))
    }

    /// Runs until the file is closed or nobody is left who could ask.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Request>) {
        // Whoever asked may have hung up, everywhere below.
        while let Some(request) = inbox.recv().await {
            match request {
                Request::PutKey {
                    vote,
                    options,
                    key,
                    reply,
                } => {
                    let _ = reply.send(self.put_key(vote, options, *key).await);
                }
                Request::Sign {
                    vote,
                    blinded,
                    reply,
                } => {
                    let _ = reply.send(self.sign(&vote, blinded).await);
                }
                Request::Cast {
                    vote,
                    ballot,
                    reply,
                } => {
                    let _ = reply.send(self.cast(&vote, *ballot).await);
                }
                Request::Count {
                    vote,
                    options,
                    reply,
                } => {
                    let _ = reply.send(self.count(&vote, options).await);
                }
                Request::Tidy { meeting, reply } => {
                    let _ = reply.send(self.tidy(&meeting).await);
                }
                Request::Receipt { vote, token, reply } => {
                    let _ = reply.send(self.receipt(&vote, token).await);
                }
                Request::Close { reply } => {
                    if let Err(error) = self.table.close().await {
                        tracing::warn!(%error, "the ballot box was not closed cleanly");
                    }
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    async fn put_key(&mut self, vote: VoteId, options: u8, key: Key) -> Result<Vec<u8>, BoxError> {
        if let Some(open) = self.open.get(&vote) {
            return Ok(open.key.public_der()?);
        }
        let public = key.public_der()?;
        let entry = OpenVote {
            vote,
            options,
            key: key.to_der()?,
        };
        self.table.put_vote(&entry).await?;
        let urn = Urn::default();
        self.open.insert(entry.vote, Open { key, options, urn });
        Ok(public)
    }

    async fn sign(&self, vote: &VoteId, blinded: Vec<u8>) -> Result<Vec<u8>, BoxError> {
        let key = self.open.get(vote).ok_or(BoxError::NoVote)?.key.clone();
        let signed = spawn_blocking(move || key.sign(&blinded)).await;
        Ok(signed.map_err(|_| StoreError::Closed)??)
    }

    /// The answer says where the token's ballot is and never which choice it
    /// has: else whoever got hold of a token could ask for it.
    async fn cast(
        &mut self,
        vote: &VoteId,
        ballot: Ballot,
    ) -> Result<Result<BallotState, Refusal>, BoxError> {
        let token: Hash = Sha256::digest(ballot.token).into();
        let waits = |open: &Open| open.urn.holds(&token);
        if !self.open.get(vote).is_some_and(waits) {
            if self.table.holds(vote, &token).await? {
                return Ok(Ok(BallotState::Stored));
            }
            let open = self.open.get_mut(vote).ok_or(BoxError::NoVote)?;
            let is_ours = open
                .key
                .verifies(&ballot.token, ballot.randomizer, &ballot.signature);
            if !is_ours || ballot.choice >= open.options {
                return Ok(Err(invalid()));
            }
            open.urn.put(Sheet {
                token,
                salt: rand::random(),
                choice: ballot.choice,
            });
        }
        self.store_batches(vote).await;
        let waits = self.open.get(vote).is_some_and(waits);
        Ok(Ok(if waits {
            BallotState::Waiting
        } else {
            BallotState::Stored
        }))
    }

    /// Stores what is due. What cannot be stored goes on waiting.
    async fn store_batches(&mut self, vote: &VoteId) {
        let Some(open) = self.open.get_mut(vote) else {
            return;
        };
        loop {
            let due = open.urn.batch(&mut rand::rng());
            let Some(batch) = due else {
                return;
            };
            if let Err(error) = self.table.put_batch(vote, &batch, false).await {
                tracing::error!(%error, "ballots could not be stored; they wait");
                return;
            }
            open.urn.remove(&batch);
        }
    }

    async fn count(&mut self, vote: &VoteId, options: u8) -> Result<Tally, BoxError> {
        if let Some(open) = self.open.get(vote) {
            let rest = open.urn.rest(&mut rand::rng());
            self.table.put_batch(vote, &rest, true).await?;
            self.open.remove(vote);
            if let Err(error) = self.table.rewrite().await {
                // The result is not held up; the next count rewrites all.
                tracing::warn!(%error, "the order of the batches stays in the file for now");
            }
        }
        let ballots = self.table.ballots(vote).await?;
        let mut votes = vec![0_u32; usize::from(options)];
        for sheet in &ballots {
            if let Some(sum) = votes.get_mut(usize::from(sheet.choice)) {
                *sum += 1;
            }
        }
        let leaves: Vec<Hash> = ballots.iter().map(merkle::leaf).collect();
        Ok(Tally {
            number: vote.number,
            votes,
            root: hex::encode(merkle::root(&leaves)),
        })
    }

    async fn tidy(&mut self, meeting: &MeetingId) -> Result<(), BoxError> {
        self.table.tidy(meeting).await?;
        self.open.retain(|vote, _| vote.meeting != *meeting);
        Ok(())
    }

    async fn receipt(&mut self, vote: &VoteId, token: [u8; 32]) -> Result<BallotReceipt, BoxError> {
        if self.open.contains_key(vote) {
            return Err(BoxError::NoVote);
        }
        let token: Hash = Sha256::digest(token).into();
        let ballots = self.table.ballots(vote).await?;
        let index = ballots
            .binary_search_by(|sheet| sheet.token.cmp(&token))
            .map_err(|_| BoxError::NoVote)?;
        let leaves: Vec<Hash> = ballots.iter().map(merkle::leaf).collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(BallotReceipt {
            index: count(index),
            ballots: count(ballots.len()),
            commitment: hex::encode(merkle::commitment(&ballots[index])),
            path: merkle::path(&leaves, index)
                .iter()
                .map(hex::encode)
                .collect(),
            root: hex::encode(merkle::root(&leaves)),
        })
    }
}
