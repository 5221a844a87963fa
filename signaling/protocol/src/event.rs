//! What happens in a meeting. Every event is stored before it is announced.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AdmissionEvent, AgendaEvent, ConductEvent, CourseEvent, DocumentsEvent, FloorEvent,
    GroupsEvent, InterpretationEvent, MicrophonesEvent, ParticipantId, ParticipantKind,
    RecordingEvent, Role, RollCallEvent, SourceRef, StageEvent, VideoCodec, VotesEvent,
};

/// An event of the meeting's log.
///
/// In the log the personal fields (`name`, `text`) stand as salted
/// commitments with the values beside it; on the wire they are plain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The meeting began. What is before it was rehearsal.
    MeetingOpened {
        /// What the meeting is about.
        title: String,
        /// The unit that hosts it.
        host_unit: String,
        /// The preferred codec of its pictures, where one was chosen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        video_codec: Option<VideoCodec>,
    },
    /// Somebody came in, for the first time or again after leaving.
    ParticipantJoined {
        /// The participant.
        participant: ParticipantId,
        /// Its number in this meeting, from 1; never used twice.
        number: u32,
        /// The name of the site or person. Personal.
        name: String,
        /// Its role.
        role: Role,
        /// What takes part.
        kind: ParticipantKind,
        /// The unit that it belongs to.
        unit: Option<String>,
    },
    /// The line to a participant broke; its place is kept for a while.
    ConnectionLost {
        /// The participant.
        participant: ParticipantId,
    },
    /// A participant is back within the grace.
    ConnectionRestored {
        /// The participant.
        participant: ParticipantId,
    },
    /// A participant is gone.
    ParticipantLeft {
        /// The participant.
        participant: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// A participant opened or closed its own microphone.
    MicrophoneSet {
        /// The participant.
        participant: ParticipantId,
        /// Open or closed.
        on: bool,
    },
    /// A participant switched its camera.
    CameraSet {
        /// The participant.
        participant: ParticipantId,
        /// On or off.
        on: bool,
    },
    /// A participant began or ended sharing a screen.
    ScreenSet {
        /// The participant.
        participant: ParticipantId,
        /// On or off.
        on: bool,
    },
    /// The meeting closed somebody's microphone (it stays closed, whatever
    /// the client sends) or lifted that.
    MutedSet {
        /// Whose microphone.
        participant: ParticipantId,
        /// Closed by the meeting, or lifted.
        muted: bool,
        /// Who decided.
        by: ParticipantId,
    },
    /// A hand went up or down: the floor is asked for, or no longer.
    HandSet {
        /// Whose hand.
        participant: ParticipantId,
        /// Up or down.
        raised: bool,
        /// Who did it: oneself, or the chair for somebody.
        by: ParticipantId,
    },
    /// A message to everyone.
    ChatSent {
        /// Who wrote it.
        from: ParticipantId,
        /// The text. Personal.
        text: String,
    },
    /// The stage (*màn hình chính*) shows something else, or is steered
    /// differently.
    StageSet {
        /// What it shows now and how that was chosen.
        stage: Stage,
        /// Who chose; nobody when it followed the speaker.
        by: Option<ParticipantId>,
    },
    /// Something about the right to speak.
    Floor(FloorEvent),
    /// Something about microphones, beside their being switched.
    Microphones(MicrophonesEvent),
    /// Something about who comes in.
    Admission(AdmissionEvent),
    /// Something about the agenda.
    Agenda(AgendaEvent),
    /// Something about roll calls.
    RollCall(RollCallEvent),
    /// Something about the stage, beyond its first source.
    Stage(StageEvent),
    /// Something about the conduct of the meeting.
    Conduct(ConductEvent),
    /// Something about the recording.
    Recording(RecordingEvent),
    /// Something about votes.
    Votes(VotesEvent),
    /// Something about the course of the meeting, beside its being opened.
    Course(CourseEvent),
    /// Something about documents.
    Documents(DocumentsEvent),
    /// Something about group discussions.
    Groups(GroupsEvent),
    /// Something about interpretation.
    Interpretation(InterpretationEvent),
    /// The server came back after a stop or a crash; who was present is
    /// awaited again.
    ServerRestarted,
}

/// Why a participant is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// Left by itself.
    Left,
    /// The line did not come back within the grace.
    ConnectionLost,
    /// Was removed.
    Removed,
    /// The meeting ended.
    MeetingEnded,
}

/// What everyone is meant to look at now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Stage {
    /// How it is chosen.
    pub mode: StageMode,
    /// What it shows; nothing while nobody has spoken yet.
    pub source: Option<SourceRef>,
}

/// How the stage is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum StageMode {
    /// It shows whoever speaks.
    FollowSpeaker,
    /// The chair or the controller chose.
    Chosen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_from_before_codecs_were_chosen_opens() {
        let stored = r#"{"type":"meeting_opened","title":"Giao ban","host_unit":"Tỉnh"}"#;
        let event: Event = serde_json::from_str(stored).expect("readable");
        let Event::MeetingOpened { video_codec, .. } = &event else {
            panic!("it opens");
        };
        assert_eq!(*video_codec, None);
        let again = serde_json::to_string(&event).expect("writable");
        assert_eq!(again, stored, "nothing chosen, nothing said");
    }

    #[test]
    fn what_everyone_has_stands_behind_what_is_preferred() {
        use VideoCodec::{Av1, H264, Vp8};
        assert_eq!(VideoCodec::preferring(None), [Vp8, H264]);
        assert_eq!(VideoCodec::preferring(Some(H264)), [H264, Vp8]);
        assert_eq!(VideoCodec::preferring(Some(Av1)), [Av1, Vp8, H264]);
    }
}
