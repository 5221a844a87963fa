//! What a recording consists of, for whoever plays it: `recording.json`.

use diemcau_protocol::SourceKind;
use serde::{Deserialize, Serialize};

/// The version of the form.
pub const TIMELINE_VERSION: u32 = 1;

/// A recording. All times are in milliseconds from its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// [`TIMELINE_VERSION`].
    pub version: u32,
    /// Which meeting.
    pub meeting: String,
    /// What it is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// When the recording began, in milliseconds since 1970 UTC.
    pub began_at: i64,
    /// How long it is.
    pub duration: i64,
    /// What the stage showed and the meeting heard, part by part.
    pub programme: Vec<Part>,
    /// The tracks.
    pub tracks: Vec<TrackTimeline>,
    /// Where something new begins.
    pub chapters: Vec<Mark>,
    /// When nothing was recorded, and why.
    pub gaps: Vec<Gap>,
}

/// A file, or a part of what several hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The file's name in the archive.
    pub file: String,
    /// How pictures are encoded, else the sound.
    pub codec: String,
    /// When it begins.
    pub from: i64,
    /// When it ends.
    pub to: i64,
}

/// What was recorded of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackTimeline {
    /// The number of whose it is; the event log has the name.
    pub number: u32,
    /// What it is.
    pub kind: SourceKind,
    /// Its files.
    pub parts: Vec<Part>,
    /// When something is missing in them, and why.
    pub gaps: Vec<Gap>,
}

/// Something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Since when.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// Why.
    pub reason: GapReason,
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: i64,
    /// What begins.
    pub kind: MarkKind,
    /// The item's title, or the name of the site or person.
    pub title: String,
}

/// What begins at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// An item of the agenda.
    Agenda,
    /// Somebody else is on the stage.
    Stage,
    /// Somebody else speaks.
    Speaker,
}

impl MarkKind {
    /// What stands before the title in a player's list of chapters, in the
    /// language of the meeting.
    pub(crate) fn label(self) -> &'static str {
        match self {
            MarkKind::Agenda => "Nội dung",
            MarkKind::Stage => "Màn hình chính",
            MarkKind::Speaker => "Phát biểu",
        }
    }
}
