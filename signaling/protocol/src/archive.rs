//! Archives of meetings (*hồ sơ cuộc họp*), as the recorder writes them and the
//! clerk's pages show them: lists and search, what was recorded, what was
//! proved, and with whom it is shared.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{MeetingId, MinutesState, SourceKind, TranscriptState};

/// The most recordings of a page of `GET /api/v1/recordings`.
pub const RECORDINGS_PAGE: u32 = 200;

/// The longest query, in Unicode scalar values.
pub const QUERY_LENGTH: u32 = 200;

/// The longest time for which an archive is shared, in days.
pub const LONGEST_SHARE: u32 = 366;

/// What the name of an encrypted file ends with.
pub const ENCRYPTED: &str = ".age";

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// The meeting goes on, or its files are being made.
    UnderWay,
    /// The archive is there.
    Ready,
    /// The archive was destroyed.
    Destroyed,
}

/// What somebody may do with an archive.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum ArchiveRight {
    /// Play it, take files out, verify it, read the issued minutes.
    Read,
    /// Read the draft of the minutes, and what became of it.
    ReadDraft,
    /// Edit the draft, issue what the chair approved, take the signed file.
    EditMinutes,
    /// Approve the draft, take the approval back, take issued minutes back.
    ApproveMinutes,
    /// Share it with a unit, and end that.
    Share,
    /// Have what was said written down, or stop that.
    Transcribe,
}

/// A page of `GET /api/v1/recordings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordingPage {
    /// The recordings, the newest first.
    pub recordings: Vec<RecordingEntry>,
    /// The `cursor` of the next page, where there is one.
    pub next: Option<String>,
}

/// A recording, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordingEntry {
    /// Which meeting.
    #[schema(value_type = String)]
    pub meeting: MeetingId,
    /// How far it is.
    pub state: RecordingState,
    /// What the meeting was about, once the archive is there; and so below.
    pub title: Option<String>,
    /// The name of the unit that hosted it.
    pub host_unit: Option<String>,
    /// The identifier of that unit, where the meeting was planned.
    pub unit: Option<String>,
    /// When the recording began, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub began_at: Option<i64>,
    /// When the meeting ended, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// How long the recording is, in milliseconds.
    #[ts(type = "number | null")]
    pub duration: Option<i64>,
    /// All files, in bytes.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// How far the minutes are; absent where there are none.
    pub minutes: Option<MinutesState>,
    /// The number of the minutes that are in force: `12/BB-UBND`.
    pub number: Option<String>,
    /// Where the words of the query were found, at most five places; empty
    /// without a query.
    pub found: Vec<FoundPlace>,
}

/// Where in an archive something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct FoundPlace {
    /// In what.
    pub place: SearchedPlace,
    /// The words around it, in pieces that follow each other.
    pub words: Vec<FoundWords>,
    /// Where in the recording, in milliseconds from its beginning, so that a
    /// player can go there; absent where it has no such place.
    #[ts(type = "number | null")]
    pub at: Option<i64>,
}

/// A piece of a text in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct FoundWords {
    /// The text.
    pub text: String,
    /// It is what was looked for.
    pub matches: bool,
}

/// What is searched.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum SearchedPlace {
    /// The meeting's title.
    Title,
    /// The name of the unit that hosted it.
    HostUnit,
    /// An item of the agenda.
    Agenda,
    /// The name of somebody who spoke, or took part.
    Speaker,
    /// The chat.
    Chat,
    /// The title of a document.
    Document,
    /// The minutes.
    Minutes,
    /// What was said.
    Transcript,
}

/// `GET /api/v1/recordings/{meeting}`: a recording whose archive is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordingView {
    /// As in the list.
    pub entry: RecordingEntry,
    /// What the asker may do with it.
    pub rights: Vec<ArchiveRight>,
    /// Everything in the archive.
    pub manifest: ArchiveManifest,
    /// What was recorded, and where.
    pub timeline: RecordingTimeline,
    /// How far it is with what was said.
    pub transcript: TranscriptState,
}

/// Everything in an archive: `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(deny_unknown_fields)]
pub struct ArchiveManifest {
    /// The version of an archive's form.
    pub format_version: u32,
    /// Which meeting.
    pub meeting: String,
    /// What it was about.
    pub title: String,
    /// The unit that hosted it.
    pub host_unit: String,
    /// When it ended, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub ended_at: i64,
    /// The hash of the event log's last event, in hex; every site was shown it
    /// at the end.
    pub closing_hash: String,
    /// Whose keys open the files, where they are encrypted (`age1…`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub encrypted_to: Vec<String>,
    /// Every file but the manifest and its signature, in the order of their
    /// names.
    pub files: Vec<ArchivedFile>,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(deny_unknown_fields)]
pub struct ArchivedFile {
    /// Its path in the archive, with `/` between the parts.
    pub path: String,
    /// In bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// In hex.
    pub sha256: String,
    /// As it lies there under `path` with `.age` behind it, where it is
    /// encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub encrypted: Option<EncryptedFile>,
}

/// An encrypted file as it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(deny_unknown_fields)]
pub struct EncryptedFile {
    /// In bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// In hex.
    pub sha256: String,
}

impl ArchivedFile {
    /// The name under which it lies there.
    pub fn stored_as(&self) -> String {
        match self.encrypted {
            Some(_) => format!("{}{ENCRYPTED}", self.path),
            None => self.path.clone(),
        }
    }

    /// Size and SHA-256 of what lies there.
    pub fn stored(&self) -> (u64, &str) {
        match &self.encrypted {
            Some(encrypted) => (encrypted.size, &encrypted.sha256),
            None => (self.size, &self.sha256),
        }
    }
}

/// What a recording consists of, for whoever plays it: `recording.json`. All
/// times are in milliseconds from its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordingTimeline {
    /// The version of the form.
    pub version: u32,
    /// Which meeting.
    pub meeting: String,
    /// What it is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// When the recording began, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub began_at: i64,
    /// How long it is.
    #[ts(type = "number")]
    pub duration: i64,
    /// What the stage showed and the meeting heard, part by part.
    pub programme: Vec<RecordedPart>,
    /// The tracks.
    pub tracks: Vec<RecordedTrack>,
    /// Where something new begins.
    pub chapters: Vec<RecordingMark>,
    /// When nothing was recorded, and why.
    pub gaps: Vec<RecordingGap>,
}

/// A file, or a part of what several hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordedPart {
    /// The file's name in the archive.
    pub file: String,
    /// How pictures are encoded, else the sound.
    pub codec: String,
    /// When it begins.
    #[ts(type = "number")]
    pub from: i64,
    /// When it ends.
    #[ts(type = "number")]
    pub to: i64,
}

/// What was recorded of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordedTrack {
    /// The number of whose it is; the event log has the name.
    pub number: u32,
    /// What it is.
    #[schema(value_type = String)]
    pub kind: SourceKind,
    /// Its files.
    pub parts: Vec<RecordedPart>,
    /// When something is missing in them, and why.
    pub gaps: Vec<RecordingGap>,
}

/// Something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordingGap {
    /// Since when.
    #[ts(type = "number")]
    pub from: i64,
    /// Until when.
    #[ts(type = "number")]
    pub to: i64,
    /// Why.
    pub reason: GapReason,
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The meeting did not want to be recorded.
    Paused,
    /// The recorder was not there.
    RecorderStopped,
    /// Packets were lost on their way from the publisher.
    Lost,
    /// The recorder, or its disk, could not keep up.
    Overload,
}

/// A place with a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct RecordingMark {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// What begins.
    pub kind: MarkKind,
    /// The item's title, or the name of the site or person.
    pub title: String,
}

/// What begins at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// An item of the agenda.
    Agenda,
    /// Somebody else is on the stage.
    Stage,
    /// Somebody else speaks.
    Speaker,
}

/// `POST /api/v1/recordings/{meeting}/shares`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ShareArchive {
    /// With whom: everybody of this unit and of those below it.
    pub unit: String,
    /// For how many days, 1 to [`LONGEST_SHARE`].
    pub days: u32,
}

/// That an archive is shared with a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ArchiveShare {
    /// Names it.
    pub id: String,
    /// The unit.
    pub unit: String,
    /// The unit's name now.
    pub unit_name: String,
    /// Who shared it, as in the audit log.
    pub by: String,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Until when, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub expires_at: i64,
}

/// `GET /api/v1/recordings/{meeting}/shares`: those that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ArchiveShares {
    /// In the order in which they were made.
    pub shares: Vec<ArchiveShare>,
}
