//! What the browser says.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AdmissionCommand, AgendaCommand, CommandId, ConductCommand, CourseCommand, Cursor,
    DocumentsCommand, FloorCommand, GroupsCommand, InterpretationCommand, MediaOffer,
    MicrophonesCommand, ParticipantId, RecordingCommand, RollCallCommand, RosterMessage, SessionId,
    SlotWish, SourceKind, SourceLayer, SourceRef, StageCommand, VotesCommand,
};

/// A message of the client. The first one is `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Who I am; answered by `welcome` or `bye`.
    Hello(Hello),
    /// Do something in the meeting; answered by `done` or `refused`.
    Command(CommandMessage),
    /// Make or restart the media connection; answered by `answer` or
    /// `refused`.
    Offer(OfferMessage),
    /// What I draw now, whole; the newest one counts.
    Layout(LayoutMessage),
    /// The heights of what I publish changed.
    Layers(LayersMessage),
    /// What I show of a large meeting's roster.
    Roster(RosterMessage),
    /// Am I still connected? Answered by `pong`.
    Ping(PingMessage),
    /// Something that a newer client says; ignored.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// The first message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Hello {
    /// The protocol version that the client speaks.
    pub version: u32,
    /// The invitation: a signed, expiring token.
    pub token: String,
    /// Where the client's knowledge of the meeting ends, if it was here before.
    #[serde(default)]
    pub resume_from: Option<Cursor>,
    /// The name to show, where the invitation leaves it open.
    #[serde(default)]
    pub name: Option<String>,
    /// Random, one per tab and page load: tells a reconnect from a takeover.
    pub instance: String,
}

/// A command with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct CommandMessage {
    /// Comes back in the answer.
    pub id: CommandId,
    /// What to do.
    pub command: Command,
}

/// What a participant can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Open or close the own microphone.
    SetMicrophone {
        /// Open or closed.
        on: bool,
    },
    /// Switch the own camera.
    SetCamera {
        /// On or off.
        on: bool,
    },
    /// Begin or end sharing a screen.
    SetScreen {
        /// On or off.
        on: bool,
    },
    /// Close somebody's microphone for as long as it takes, or lift that.
    SetMuted {
        /// Whose.
        participant: ParticipantId,
        /// Close, or lift.
        muted: bool,
    },
    /// Raise or lower the own hand: ask for the floor, or withdraw.
    SetHand {
        /// Up or down.
        raised: bool,
    },
    /// Lower somebody else's hand.
    LowerHand {
        /// Whose.
        participant: ParticipantId,
    },
    /// Write to everyone, or to whom the meeting lets.
    SendChat {
        /// At most [`crate::CHAT_LENGTH`] characters.
        text: String,
    },
    /// Choose what the stage shows; without a source it follows the speaker.
    SetStage {
        /// A camera or a screen.
        source: Option<SourceRef>,
    },
    /// Something about the right to speak.
    Floor(FloorCommand),
    /// Something about microphones, beside switching the own one.
    Microphones(MicrophonesCommand),
    /// Something about who comes in.
    Admission(AdmissionCommand),
    /// Something about the agenda.
    Agenda(AgendaCommand),
    /// Something about roll calls.
    RollCall(RollCallCommand),
    /// Something about the stage, beyond choosing one source.
    Stage(StageCommand),
    /// Something about the conduct of the meeting.
    Conduct(ConductCommand),
    /// Something about the recording.
    Recording(RecordingCommand),
    /// Something about votes.
    Votes(VotesCommand),
    /// Something about the course of the meeting: open it, end it.
    Course(CourseCommand),
    /// Something about documents, beside putting them in.
    Documents(DocumentsCommand),
    /// Something about group discussions.
    Groups(GroupsCommand),
    /// Something about interpretation.
    Interpretation(InterpretationCommand),
    /// Leave the meeting.
    Leave,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// An offer with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct OfferMessage {
    /// Comes back in the answer.
    pub id: CommandId,
    /// Absent for a new media connection; given to restart ICE on one.
    #[serde(default)]
    pub session: Option<SessionId>,
    /// The offer.
    pub offer: MediaOffer,
}

/// The wish of a receiver for its slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct LayoutMessage {
    /// One entry for each slot that is drawn; a slot not named is not drawn
    /// and gets nothing.
    pub wishes: Vec<SlotWish>,
}

/// The heights of a source's layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct LayersMessage {
    /// Which source.
    pub kind: SourceKind,
    /// Its layers now.
    pub layers: Vec<SourceLayer>,
}

/// A heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct PingMessage {
    /// Comes back in `pong`.
    pub nonce: u32,
}
