//! The minutes as the log establishes them: figures and names, no wording.
//! Whatever comes from the log carries the numbers of its events.

use diemcau_protocol::{
    MeetingId, OptionResult, ParticipantId, ParticipantKind, Role, VoteMethod, VoteResult,
    VoteRules,
};
use serde::{Deserialize, Serialize};

use super::log::{Confirmation, Occasion};

/// The form of `minutes.json` that this build writes.
pub const FORMAT_VERSION: u32 = 1;

/// The minutes (*biên bản*) as the log tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minutes {
    /// [`FORMAT_VERSION`].
    pub format: u32,
    /// The meeting.
    pub meeting: MeetingId,
    /// What kind of meeting it is called.
    pub occasion: Occasion,
    /// What the meeting was about.
    pub title: Fact<String>,
    /// The unit that hosted it.
    pub host_unit: Fact<String>,
    /// When the meeting proper began, in milliseconds since 1970 UTC.
    pub began: Fact<i64>,
    /// Everybody of whom presence was expected, and every site; in the order
    /// in which they were invited or came.
    pub attendance: Vec<Attendee>,
    /// What happened, in the order in which it did.
    pub course: Vec<Chapter>,
    /// The votes, in the order in which they were opened.
    pub votes: Vec<VoteRecord>,
    /// What is known of the recording.
    pub recording: RecordingRecord,
    /// The organiser's confirmation that the content is no state secret.
    pub no_state_secret: Option<Confirmation>,
    /// When it ended, in milliseconds since 1970 UTC.
    pub ended: Fact<i64>,
    /// The hash of the log's last event, in hexadecimal digits.
    pub closing_hash: String,
}

/// Something that the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact<T> {
    /// What.
    pub value: T,
    /// The number of the event that says it.
    pub seq: u64,
}

impl<T> Fact<T> {
    pub(super) fn new(value: T, seq: u64) -> Self {
        Self { value, seq }
    }
}

/// Somebody's attendance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Who.
    pub participant: ParticipantId,
    /// The name of the site or person, as it was last.
    pub name: String,
    /// The role, as it was last.
    pub role: Role,
    /// What took part.
    pub kind: ParticipantKind,
    /// The unit.
    pub unit: Option<String>,
    /// Since when it was there, in milliseconds since 1970 UTC; absent where it
    /// never came. Who was there at the opening came then.
    pub came: Option<Fact<i64>>,
    /// It came after the roll was called, or after the first item was begun.
    pub late: bool,
    /// When it left before the end, for good; in milliseconds since 1970 UTC.
    pub left: Option<Fact<i64>>,
    /// How many people were there, as the site said last.
    pub headcount: Option<Fact<u32>>,
    /// Their names, as far as they were told.
    pub delegates: Vec<String>,
}

impl Attendee {
    /// It took part, if only for a while.
    pub fn was_there(&self) -> bool {
        self.came.is_some()
    }
}

/// A part of the course of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// What it is about.
    pub about: About,
    /// When it began, in milliseconds since 1970 UTC.
    pub began: Fact<i64>,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

/// What a part of the meeting is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum About {
    /// What came before the first item.
    Opening,
    /// An item of the agenda.
    Item {
        /// Its number.
        number: u32,
        /// Its title.
        title: String,
        /// Who speaks to it, as the agenda says.
        speakers: Vec<String>,
        /// Its documents.
        documents: Vec<String>,
        /// It was dealt with before, and is gone on with.
        again: bool,
    },
    /// What came after an item was finished.
    Between,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// The numbers of the events that say it.
    pub seqs: Vec<u64>,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Happening {
    /// Somebody spoke.
    Speech {
        /// Who.
        participant: ParticipantId,
        /// Until when, in milliseconds since 1970 UTC.
        until: i64,
        /// The floor was given for it; otherwise the stage followed the voice.
        by_floor: bool,
    },
    /// A document was shown.
    Document {
        /// Its reference, as on the agenda.
        reference: String,
    },
    /// A screen was shown.
    Screen {
        /// Whose.
        participant: ParticipantId,
    },
    /// Something was announced.
    Announcement {
        /// Who announced it.
        by: ParticipantId,
        /// What.
        text: String,
    },
    /// A break.
    Break {
        /// Until when, in milliseconds since 1970 UTC.
        until: i64,
    },
    /// A roll was called.
    RollCall {
        /// Its number.
        number: u32,
        /// Of how many an answer was expected.
        expected: u32,
        /// How many answered and were there.
        present: u32,
        /// How many people they told of.
        headcount: u64,
    },
    /// It was checked whether people were there.
    Check {
        /// How many were asked.
        asked: u32,
        /// Who did not answer.
        missing: Vec<ParticipantId>,
    },
    /// Somebody was removed.
    Removed {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: String,
    },
    /// The recording began.
    RecordingBegan,
    /// The recording paused.
    RecordingPaused,
    /// It went on.
    RecordingResumed,
    /// The recording ended before the meeting did.
    RecordingEnded,
    /// The server was away for a while.
    Interrupted,
    /// The secretary wrote something down.
    Note {
        /// Who.
        by: ParticipantId,
        /// What.
        text: String,
    },
    /// A vote was held: the one with this number.
    Vote {
        /// Its number.
        number: u32,
    },
    /// Something was concluded.
    Conclusion {
        /// Who wrote it down.
        by: ParticipantId,
        /// What.
        text: String,
    },
}

/// A vote (*biểu quyết*).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteRecord {
    /// Its number.
    pub number: u32,
    /// When it was opened, in milliseconds since 1970 UTC.
    pub opened: Fact<i64>,
    /// What was voted on, by whom and how.
    pub rules: VoteRules,
    /// How each voted, in the order in which the voters are named; none in a
    /// secret vote.
    pub ballots: Vec<BallotRecord>,
    /// How it ended.
    pub outcome: VoteOutcome,
}

impl VoteRecord {
    /// Nobody can tell whose a ballot is.
    pub fn is_secret(&self) -> bool {
        self.rules.method == VoteMethod::Secret
    }

    /// The options with their votes, where there is a result.
    pub fn figures(&self) -> &[OptionResult] {
        match &self.outcome {
            VoteOutcome::Closed { result, .. } => &result.options,
            VoteOutcome::Cancelled { .. } => &[],
        }
    }
}

/// How somebody voted openly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotRecord {
    /// Who.
    pub participant: ParticipantId,
    /// Votes for each option; absent where none were given.
    pub counts: Option<Fact<Vec<u32>>>,
}

/// How a vote ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum VoteOutcome {
    /// With a result.
    Closed {
        /// All figures.
        result: VoteResult,
        /// When, in milliseconds since 1970 UTC.
        at: Fact<i64>,
    },
    /// Without one.
    Cancelled {
        /// Why.
        reason: String,
        /// When, in milliseconds since 1970 UTC.
        at: Fact<i64>,
    },
}

/// What is known of the recording.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingRecord {
    /// When it was announced first, in milliseconds since 1970 UTC.
    pub announced: Option<Fact<i64>>,
    /// When it began first.
    pub began: Option<Fact<i64>>,
    /// Who agreed.
    pub agreed: Vec<Fact<ParticipantId>>,
    /// Who did not.
    pub disagreed: Vec<Fact<ParticipantId>>,
}
