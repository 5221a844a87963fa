//! Votes (*biểu quyết*): by roll call, by show of hands, or secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// The longest question or reason, in Unicode scalar values.
pub const QUESTION_LENGTH: u32 = 1_000;

/// The longest option, in Unicode scalar values.
pub const OPTION_LENGTH: u32 = 200;

/// The most options of a vote.
pub const MOST_OPTIONS: u32 = 20;

/// The greatest weight of a vote.
pub const GREATEST_WEIGHT: u32 = 100;

/// The most delegates that one place votes for.
pub const MOST_DELEGATES: u32 = 10_000;

/// The fewest who can vote secretly: of two, each knows the other's vote.
pub const FEWEST_SECRET: u32 = 3;

/// The votes of a meeting as everyone sees them. Earlier ones are in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Votes {
    /// How many there were; they are numbered from 1.
    pub opened: u32,
    /// The one that is open.
    pub open: Option<Vote>,
    /// The result of the last one.
    pub last: Option<VoteResult>,
}

/// A vote that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Vote {
    /// Its number in the meeting, from 1.
    pub number: u32,
    /// What is voted on, by whom and how; frozen.
    pub rules: VoteRules,
    /// When it was opened, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub opened_at: i64,
    /// When its time is up, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub ends_at: Option<i64>,
    /// Who opened it.
    pub by: ParticipantId,
    /// Who is called now, in a roll call.
    pub called: Option<ParticipantId>,
    /// How each voted: votes for each option. Empty in a secret vote.
    pub ballots: BTreeMap<ParticipantId, Vec<u32>>,
    /// The public key of the ballot papers of a secret vote: RSA, as
    /// `SubjectPublicKeyInfo` (RFC 3279 §2.3.1), in Base64; absent until papers
    /// can be taken.
    pub key: Option<String>,
    /// Who has taken a ballot paper, with the SHA-256 of the blinded token, in
    /// hexadecimal digits.
    pub papers: BTreeMap<ParticipantId, String>,
    /// Nothing is cast any more; the ballots are being counted.
    pub sealed: bool,
}

/// What is voted on, by whom and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct VoteRules {
    /// The question; 1 to [`QUESTION_LENGTH`] characters.
    pub question: String,
    /// What can be chosen, 2 to [`MOST_OPTIONS`]; the three usual ones where
    /// none is given.
    #[serde(default = "VoteOption::usual")]
    pub options: Vec<VoteOption>,
    /// How votes are given.
    pub method: VoteMethod,
    /// Who counts.
    pub unit: VoteUnit,
    /// Who is entitled, in the order of the roll call. Where nobody is named:
    /// all who are here and may vote, with one vote each, or, by delegate, with
    /// as many as they told at the last roll call.
    #[serde(default)]
    pub voters: Vec<Voter>,
    /// How many of a hundred entitled votes must be given, at least; 0 to 100.
    #[serde(default)]
    pub quorum_percent: u32,
    /// What an option needs to be carried.
    pub majority: Majority,
    /// Whether a vote that was given may be changed until the close; never in
    /// a secret vote.
    #[serde(default)]
    pub may_change: bool,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct VoteOption {
    /// What it says; 1 to [`OPTION_LENGTH`] characters.
    pub text: String,
    /// Whoever chooses it takes part and votes for nothing.
    #[serde(default)]
    pub abstention: bool,
}

impl VoteOption {
    /// For, against, abstention.
    pub fn usual() -> Vec<Self> {
        let option = |text: &str, abstention| Self {
            text: text.to_owned(),
            abstention,
        };
        vec![
            option("Tán thành", false),
            option("Không tán thành", false),
            option("Không biểu quyết", true),
        ]
    }
}

/// How votes are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum VoteMethod {
    /// Each is called in order, and everyone sees the answer.
    RollCall,
    /// *Giơ tay*: all at once, and everyone sees it.
    ShowOfHands,
    /// *Bỏ phiếu kín*: nobody can tell whose a ballot is.
    Secret,
}

/// Who counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum VoteUnit {
    /// Each place has one vote.
    Site,
    /// Each place says how many of its delegates chose what.
    Delegate,
}

/// Somebody who is entitled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Voter {
    /// Who.
    pub participant: ParticipantId,
    /// What each of its votes counts, 1 to [`GREATEST_WEIGHT`].
    #[serde(default = "one")]
    pub weight: u32,
    /// For how many delegates it votes, 1 to [`MOST_DELEGATES`]; 1 where each
    /// place has one vote.
    #[serde(default = "one")]
    pub headcount: u32,
}

fn one() -> u32 {
    1
}

/// What an option needs to be carried. An abstention is never carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Majority {
    /// More than half of the votes that are no abstentions.
    Simple,
    /// More than half of the entitled votes.
    Absolute,
    /// At least two thirds of the entitled votes.
    TwoThirds,
    /// At least so many of a hundred.
    Share {
        /// 1 to 100.
        percent: u32,
        /// Of which votes.
        of: VoteBase,
    },
}

/// What a share is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum VoteBase {
    /// The votes that are no abstentions.
    Voting,
    /// The entitled votes.
    Entitled,
}

/// The result of a vote. All figures are weighted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct VoteResult {
    /// The number of the vote.
    pub number: u32,
    /// What was voted on.
    pub question: String,
    /// How.
    pub method: VoteMethod,
    /// The options with their votes.
    pub options: Vec<OptionResult>,
    /// The entitled votes.
    #[ts(type = "number")]
    pub entitled: u64,
    /// The votes that were given, abstentions among them.
    #[ts(type = "number")]
    pub given: u64,
    /// Enough were given.
    pub quorum: bool,
    /// Which option was carried, counted from 0: the one that has what the
    /// majority asks for, more votes than every other, and the quorum.
    pub carried: Option<u32>,
    /// How many ballot papers were taken; absent unless the vote was secret.
    pub papers: Option<u32>,
    /// The root over the ballots of a secret vote (RFC 6962 §2.1), in
    /// hexadecimal digits; absent unless the vote was secret.
    pub root: Option<String>,
}

/// What an option got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct OptionResult {
    /// What it says.
    pub text: String,
    /// It is an abstention.
    pub abstention: bool,
    /// Its votes.
    #[ts(type = "number")]
    pub votes: u64,
}

/// What can be done about votes. A secret ballot is cast elsewhere:
/// [`crate::CastBallot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum VotesCommand {
    /// Open a vote.
    Open {
        /// How it goes.
        rules: VoteRules,
        /// How long it lasts, 1 to [`crate::LONGEST_TIME`] seconds; until it is
        /// closed where it is absent.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// Call somebody in a roll call; the next one who has not voted where
    /// nobody is named.
    Call {
        /// Whom.
        #[serde(default)]
        participant: Option<ParticipantId>,
    },
    /// Vote openly.
    Cast {
        /// In which vote.
        number: u32,
        /// Votes for each option, together 1 to the own headcount.
        counts: Vec<u32>,
    },
    /// Take a ballot paper of a secret vote; answered by `ballot_paper`.
    TakePaper {
        /// Of which vote.
        number: u32,
        /// The blinded token (RFC 9474 §4.2), in Base64.
        blinded: String,
    },
    /// Close it and freeze the result.
    Close {
        /// Which.
        number: u32,
    },
    /// End it without a result.
    Cancel {
        /// Which.
        number: u32,
        /// Why; 1 to [`QUESTION_LENGTH`] characters.
        reason: String,
    },
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens in votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum VotesEvent {
    /// A vote was opened.
    Opened {
        /// Its number, from 1.
        number: u32,
        /// How it goes, with everyone who is entitled.
        rules: VoteRules,
        /// When its time is up, in milliseconds since 1970 UTC.
        #[ts(type = "number | null")]
        ends_at: Option<i64>,
        /// Who opened it.
        by: ParticipantId,
    },
    /// Ballot papers can be taken.
    PapersReady {
        /// Of which vote.
        number: u32,
        /// The public key, as in [`Vote::key`].
        key: String,
    },
    /// Somebody is called; nobody when all have been.
    Called {
        /// Who.
        participant: Option<ParticipantId>,
    },
    /// Somebody voted openly.
    Cast {
        /// Who.
        participant: ParticipantId,
        /// Votes for each option.
        counts: Vec<u32>,
    },
    /// Somebody has taken a ballot paper.
    PaperTaken {
        /// Who.
        participant: ParticipantId,
        /// The SHA-256 of the blinded token, in hexadecimal digits. The
        /// blinding hides the token for good, whoever computes whatever.
        blinded: String,
    },
    /// A secret vote takes no more ballots and is being counted.
    Sealed {
        /// Who decided; nobody where time did.
        by: Option<ParticipantId>,
    },
    /// It is closed, and this is the result.
    Closed {
        /// All figures.
        result: VoteResult,
        /// Who decided; nobody where time did, or after `sealed`.
        by: Option<ParticipantId>,
    },
    /// It ended without a result.
    Cancelled {
        /// Why.
        reason: String,
        /// Who decided.
        by: ParticipantId,
    },
}

impl Vote {
    /// How somebody is entitled.
    pub fn voter(&self, id: &ParticipantId) -> Option<&Voter> {
        let mut voters = self.rules.voters.iter();
        voters.find(|voter| voter.participant == *id)
    }
}
