//! The single statements that a draft of minutes is made of.

use diemcau_protocol::ParticipantId;
use serde::{Deserialize, Serialize};

/// One thing that the minutes say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Names it within its draft: `course/1/4`, `attendance/an-binh/headcount`.
    pub key: String,
    /// Where it stands.
    pub section: Section,
    /// Where it comes from.
    pub origin: Origin,
    /// What it says now.
    pub text: String,
    /// How what was established was corrected, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// It is not printed; the last correction says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
}

impl Statement {
    /// What the log, or the organiser, established and nobody has corrected.
    pub fn is_untouched(&self) -> bool {
        self.origin.is_established() && self.corrections.is_empty()
    }
}

/// Where a statement stands, in the order of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Section {
    /// The name of the meeting.
    Title,
    /// *Thời gian bắt đầu*.
    Began,
    /// *Địa điểm*.
    Place,
    /// *Thành phần tham dự*.
    Attendance,
    /// *Chủ trì (chủ tọa)*.
    Chair,
    /// *Thư ký (người ghi biên bản)*.
    Secretary,
    /// The heading of a part of *Nội dung*.
    Chapter {
        /// Counted from 0.
        chapter: u32,
    },
    /// *Nội dung*.
    Course {
        /// In which part, counted from 0.
        chapter: u32,
    },
    /// What was concluded.
    Conclusion,
    /// What is confirmed: no state secret, consent, the log's closing hash.
    Confirmation,
    /// The end.
    Ended,
    /// The name under a signature.
    Signature {
        /// Whose.
        of: Signer,
    },
    /// A field of the attendance table.
    Attendee {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        cell: Cell,
    },
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// *Thư ký*.
    Secretary,
    /// *Chủ tọa*.
    Chair,
}

/// A field of the attendance table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// The name of the site or person.
    Name,
    /// How many people were there.
    Headcount,
    /// Their names.
    Delegates,
    /// Present, absent, late, left early.
    Remark,
}

/// Where a statement comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Origin {
    /// The log established it.
    Log {
        /// The numbers of the events that say it.
        seqs: Vec<u64>,
    },
    /// The organiser established it, beside the log.
    Organiser,
    /// Somebody wrote it into the draft.
    Written {
        /// Who.
        by: Editor,
        /// When, in milliseconds since 1970 UTC.
        at: i64,
    },
}

impl Origin {
    /// It can be corrected, and not be rewritten.
    pub fn is_established(&self) -> bool {
        match self {
            Self::Log { .. } | Self::Organiser => true,
            Self::Written { .. } => false,
        }
    }
}

/// Somebody who works on a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editor {
    /// The account or place.
    pub id: String,
    /// The name.
    pub name: String,
}

/// How something established was corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// What it said.
    pub old: String,
    /// What it says; nothing where it was left out.
    pub new: Option<String>,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub by: Editor,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
}
