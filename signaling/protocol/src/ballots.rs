//! Bodies of the REST interface for secret ballots. Nothing in them says whose
//! they are.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::MeetingId;

/// `POST /api/v1/ballots`, without any token of a participant: a ballot. To
/// send it again is to ask what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CastBallot {
    /// In which meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// In which vote.
    pub number: u32,
    /// The token: 32 random bytes, in Base64.
    pub token: String,
    /// What stands before it in what was signed (RFC 9474 §4.1): 32 random
    /// bytes, in Base64.
    pub randomizer: String,
    /// The signature (RFC 9474 §4.4), in Base64.
    pub signature: String,
    /// Which option, counted from 0.
    pub choice: u8,
}

/// What became of a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct BallotAnswer {
    /// Where it is.
    pub state: BallotState,
}

/// Where a ballot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum BallotState {
    /// It is accepted and will be counted, unless the server fails before it
    /// is stored; send it again until it is.
    Waiting,
    /// It is stored and will be counted.
    Stored,
}

/// `POST /api/v1/ballots/receipt`: whether a ballot is among those that were
/// counted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct AskReceipt {
    /// In which meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// In which vote.
    pub number: u32,
    /// The token, in Base64.
    pub token: String,
}

/// The proof that a ballot was counted (RFC 6962 §2.1.1). It does not say what
/// the ballot says. All hashes are SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct BallotReceipt {
    /// The place of the ballot among all, from 0.
    pub index: u32,
    /// How many ballots there are.
    pub ballots: u32,
    /// The hash that hides the choice, with a salt that stays on the server.
    pub commitment: String,
    /// The other hashes on the way to the root, the lowest first.
    pub path: Vec<String>,
    /// The root, as the result in the log has it.
    pub root: String,
}
