//! Who somebody is in a meeting, and what can be done there.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The role (*vai trò*) of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Chủ tọa.
    Chair,
    /// Thư ký.
    Secretary,
    /// Đại biểu.
    Delegate,
    /// Kỹ thuật viên điểm cầu.
    Operator,
    /// Điều hành kỹ thuật: the technician of the host site.
    Controller,
    /// Dự thính: sees and hears only.
    Observer,
}

impl Role {
    /// Every role, in the order in which lists show them.
    pub const ALL: [Role; 6] = [
        Role::Chair,
        Role::Secretary,
        Role::Controller,
        Role::Delegate,
        Role::Operator,
        Role::Observer,
    ];
}

/// What kind of thing takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum ParticipantKind {
    /// A site (*điểm cầu*): a hall with people in it.
    Site,
    /// One person.
    Person,
    /// A device such as an encoder or a camera.
    Device,
}

/// What a role may or may not do. The table role × action × scope stands in
/// `signaling/src/permissions.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Send the own microphone's sound.
    PublishMicrophone,
    /// Send the own camera's picture.
    PublishCamera,
    /// Share a screen.
    PublishScreen,
    /// Raise and lower the own hand.
    RaiseHand,
    /// Write to everyone.
    Chat,
    /// Close another participant's microphone, and lift that again.
    MuteOthers,
    /// Lower another participant's hand.
    LowerHands,
    /// Choose what the stage shows.
    SetStage,
    /// Speak without holding the floor, where the meeting goes by the floor.
    SpeakFreely,
    /// Put the queue for the floor in order.
    OrderQueue,
    /// Give the floor, extend it, take it back.
    GiveFloor,
    /// Take the floor from somebody by giving it to somebody else.
    PreemptFloor,
    /// Ask others to open their microphones, or open them by consent.
    OpenMicrophones,
    /// Set how the meeting goes: the policies of floor and chat, lobby and
    /// lock.
    SetPolicy,
    /// Let people in from the lobby.
    Admit,
    /// Remove people, and let them come back.
    Remove,
    /// Set the names that people go by.
    Rename,
    /// Edit the agenda, begin and finish its items.
    RunAgenda,
    /// Open and close roll calls, and check who is there.
    CallTheRoll,
    /// Answer a roll call.
    AnswerRollCall,
    /// Announce, time, pause; read and answer what is written to who conducts
    /// the meeting.
    Conduct,
    /// Announce and stop the recording.
    Record,
    /// Open, close and cancel votes, and call the roll in them.
    RunVotes,
    /// Vote, where entitled.
    Vote,
    /// Open the meeting proper after its rehearsal.
    OpenMeeting,
    /// End the meeting.
    EndMeeting,
    /// Put documents in, say who may open them, and withdraw them.
    ManageDocuments,
    /// Open and close group discussions, and move people between groups.
    RunGroups,
    /// Set up channels of interpretation, and say who interprets.
    RunInterpretation,
}
