//! The meeting's procedure as a newcomer finds it: one field for each feature.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Floor, Microphones, Votes};

/// The state of the procedure. What a server one version older does not say
/// reads as its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(default)]
pub struct Procedure {
    /// The right to speak.
    pub floor: Floor,
    /// Microphones closed for all, asked for, opened by consent.
    pub microphones: Microphones,
    /// What is voted on.
    pub votes: Votes,
}
