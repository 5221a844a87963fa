//! Minutes (*biên bản*) as they are edited, approved, issued and signed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ArchiveRight, MeetingId, ParticipantId, SignedMinutes};

/// The most edits of one [`ChangeMinutes`].
pub const EDITS_AT_ONCE: u32 = 100;

/// `GET /api/v1/recordings/{meeting}/minutes`: the draft, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MinutesDraft {
    /// The meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// How far it has come.
    pub stage: MinutesStage,
    /// Counts the edits, from 1.
    pub revision: u32,
    /// Which issue of these minutes it is, or will be, from 1.
    pub version: u32,
    /// As it is printed, once it is issued: `12/BB-UBND`.
    pub number: Option<String>,
    /// The number of the minutes that it corrects, where it does.
    pub replaces: Option<String>,
    /// How many parts the course of the meeting has.
    pub chapters: u32,
    /// Everything that it says, in the order of the form.
    pub statements: Vec<Statement>,
    /// The serial number that is free next, for who may issue it.
    pub next_serial: Option<u32>,
    /// The year that it would be counted in.
    pub year: i32,
    /// What was found of the signed file, where it is there.
    pub signed: Option<SignedMinutes>,
    /// What the asker may do.
    pub rights: Vec<ArchiveRight>,
}

/// How far minutes have come, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum MinutesState {
    /// They are edited.
    Editing,
    /// The chair approved them.
    Approved,
    /// They are issued.
    Issued,
    /// The signed file is there.
    Signed,
}

/// How far a draft has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MinutesStage {
    /// It is edited.
    Editing,
    /// The chair approved it; nothing changes any more.
    Approved {
        /// Who.
        by: Editor,
        /// When, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        at: i64,
    },
    /// It is issued.
    Issued(MinutesIssue),
    /// Corrected minutes are to take its place.
    Superseded {
        /// As what it was issued.
        issued: MinutesIssue,
        /// Who took it back.
        by: Editor,
        /// When, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        at: i64,
        /// Why.
        reason: String,
    },
}

/// That minutes were issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MinutesIssue {
    /// Under which number.
    pub number: MinutesNumber,
    /// Who approved them.
    pub approved_by: Editor,
    /// Who issued them.
    pub by: Editor,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
}

/// The number of minutes: `12/BB-UBND`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MinutesNumber {
    /// Counted by the agency within a year, from 1.
    pub serial: u32,
    /// The year.
    pub year: i32,
    /// The abbreviation of the agency.
    pub agency: String,
}

impl std::fmt::Display for MinutesNumber {
    /// Numbers below 10 have a zero before them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}/BB-{}", self.serial, self.agency)
    }
}

/// One thing that the minutes say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Statement {
    /// Names it within its draft: `course/1/4`, `attendance/an-binh/headcount`.
    pub key: String,
    /// Where it stands.
    pub section: MinutesSection,
    /// Where it comes from.
    pub origin: StatementOrigin,
    /// What it says now.
    pub text: String,
    /// How what was established was corrected, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Correction>>", optional)]
    pub corrections: Vec<Correction>,
    /// It is not printed; the last correction says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub left_out: bool,
}

impl Statement {
    /// What the log, or the organiser, established and nobody has corrected.
    pub fn is_untouched(&self) -> bool {
        self.origin.is_established() && self.corrections.is_empty()
    }
}

/// Where a statement stands, in the order of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MinutesSection {
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
        #[schema(value_type = String)]
        participant: ParticipantId,
        /// Which.
        cell: AttendeeCell,
    },
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// *Thư ký*.
    Secretary,
    /// *Chủ tọa*.
    Chair,
}

/// A field of the attendance table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum AttendeeCell {
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StatementOrigin {
    /// The log established it.
    Log {
        /// The numbers of the events that say it.
        #[ts(type = "number[]")]
        seqs: Vec<u64>,
    },
    /// The organiser established it, beside the log.
    Organiser,
    /// Somebody wrote it into the draft.
    Written {
        /// Who.
        by: Editor,
        /// When, in milliseconds since 1970 UTC.
        #[ts(type = "number")]
        at: i64,
    },
}

impl StatementOrigin {
    /// It can be corrected, and not be rewritten.
    pub fn is_established(&self) -> bool {
        match self {
            Self::Log { .. } | Self::Organiser => true,
            Self::Written { .. } => false,
        }
    }
}

/// Somebody who works on a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Editor {
    /// The account or place.
    pub id: String,
    /// The name.
    pub name: String,
}

/// How something established was corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
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
    #[ts(type = "number")]
    pub at: i64,
}

/// `PATCH /api/v1/recordings/{meeting}/minutes`, with `If-Match`: all of it, or
/// nothing where one edit is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChangeMinutes {
    /// 1 to [`EDITS_AT_ONCE`], in this order.
    pub edits: Vec<MinutesEdit>,
}

/// A change of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MinutesEdit {
    /// Correct what was established.
    Correct {
        /// Which statement.
        key: String,
        /// What it is to say.
        text: String,
        /// Why.
        reason: String,
    },
    /// Leave out what was established.
    LeaveOut {
        /// Which statement.
        key: String,
        /// Why.
        reason: String,
    },
    /// Take the last correction back.
    Restore {
        /// Of which statement.
        key: String,
    },
    /// Write a statement.
    Write {
        /// Where; of what is written there, it comes last, unless `after` says
        /// otherwise.
        section: MinutesSection,
        /// Behind which statement of the same section.
        #[serde(default)]
        #[ts(optional)]
        after: Option<String>,
        /// What it says.
        text: String,
    },
    /// Rewrite what was written.
    Rewrite {
        /// Which statement.
        key: String,
        /// What it is to say.
        text: String,
    },
    /// Remove what was written.
    Remove {
        /// Which statement.
        key: String,
    },
}

/// `POST /api/v1/recordings/{meeting}/minutes/issue`, with `If-Match`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct IssueMinutes {
    /// The serial number; the next free one where nothing is said.
    #[serde(default)]
    #[ts(optional)]
    pub serial: Option<u32>,
    /// The year that it is counted in; the present one where nothing is said.
    #[serde(default)]
    #[ts(optional)]
    pub year: Option<i32>,
}

/// `POST /api/v1/recordings/{meeting}/minutes/supersede`, with `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SupersedeMinutes {
    /// Why the issued minutes are taken back.
    pub reason: String,
}

/// `GET /api/v1/recordings/{meeting}/minutes/versions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MinutesVersions {
    /// What was issued, the oldest first.
    pub versions: Vec<MinutesVersion>,
    /// The edits, the oldest first; empty for who may not read the draft.
    pub revisions: Vec<MinutesRevision>,
}

/// Minutes that were issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MinutesVersion {
    /// Counted from 1.
    pub version: u32,
    /// As it is printed: `12/BB-UBND`.
    pub number: String,
    /// How they were issued.
    pub issued: MinutesIssue,
    /// The number of the minutes that they correct, where they do.
    pub replaces: Option<String>,
    /// Later minutes took their place.
    pub superseded: bool,
    /// What was found of the signed file, where it is there.
    pub signed: Option<SignedMinutes>,
    /// What there is of them below `…/minutes/versions/{version}/`:
    /// `minutes.pdf`, `minutes.docx`, and `signed.pdf` where it is there.
    pub files: Vec<String>,
}

/// An edit that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct MinutesRevision {
    /// Which it made.
    pub revision: u32,
    /// Who.
    pub by: Editor,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// What.
    pub edit: MinutesEdit,
}

/// What a unit puts around its minutes: `GET` and `PUT
/// /api/v1/minutes-templates/{unit}`, and `POST
/// /api/v1/minutes-templates/preview`, which answers with a PDF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(deny_unknown_fields)]
pub struct MinutesTemplate {
    /// *Tên cơ quan, tổ chức chủ quản*; absent where there is none above.
    #[serde(default)]
    pub parent: Option<String>,
    /// *Tên cơ quan, tổ chức*.
    pub agency: String,
    /// Its abbreviation, as in the number: `UBND`.
    pub abbreviation: String,
    /// Where the chair's site is, for *Địa điểm*.
    #[serde(default)]
    pub place: Option<String>,
    /// Whom the minutes go to; the archive is added.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// What stands before the end, such as that the minutes were read out.
    #[serde(default)]
    pub closing: Option<String>,
    /// The size of the text in points: 13 or 14.
    #[serde(default = "largest")]
    pub size: u8,
}

fn largest() -> u8 {
    14
}
