//! What a recording consists of, for whoever plays it: `recording.json`.

pub use diemcau_protocol::{
    GapReason, MarkKind, RecordedPart as Part, RecordedTrack as TrackTimeline, RecordingGap as Gap,
    RecordingMark as Mark, RecordingTimeline as Timeline,
};

/// The version of the form.
pub const TIMELINE_VERSION: u32 = 1;

/// What stands before the title in a player's list of chapters, in the
/// language of the meeting.
pub(crate) fn label(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Agenda => "Nội dung",
        MarkKind::Stage => "Màn hình chính",
        MarkKind::Speaker => "Phát biểu",
    }
}
