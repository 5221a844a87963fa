//! The meeting's procedure as a newcomer finds it: one field for each feature.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Admission, Agenda, Conduct, Course, Documents, Floor, Groups, Interpretation, Microphones,
    Recording, RollCalls, StagePlan, Votes,
};

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
    /// Who may come in, and who waits.
    pub admission: Admission,
    /// What is to be dealt with.
    pub agenda: Agenda,
    /// Who is present, as the sites say.
    pub roll_calls: RollCalls,
    /// The stage beyond its first source.
    pub stage: StagePlan,
    /// Announcements, timer, break and chat.
    pub conduct: Conduct,
    /// What everyone knows of the recording.
    pub recording: Recording,
    /// What is voted on.
    pub votes: Votes,
    /// Whether it is rehearsed, or over.
    pub course: Course,
    /// What the meeting has on paper.
    pub documents: Documents,
    /// Units that discuss apart.
    pub groups: Groups,
    /// The channels of other languages.
    pub interpretation: Interpretation,
}
