//! What the server says to the browser.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Action, CommandId, Cursor, ErrorCode, Event, LineQuality, LobbyView, MeetingEnd, MeetingId,
    ParticipantId, ParticipantKind, Procedure, Role, Roster, RosterChange, RosterPage, SessionId,
    SlotShows, Stage, VideoCodec, WantedSource,
};

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// You are in.
    Welcome(Box<Welcome>),
    /// You wait in the lobby; `welcome` comes when you are let in.
    Lobby(Box<LobbyView>),
    /// Things that happened, in order.
    Events {
        /// Where the log stands after them.
        cursor: Cursor,
        /// The events.
        events: Vec<AnnouncedEvent>,
    },
    /// A page of a large meeting's roster; what was known of it before is
    /// forgotten.
    Roster(RosterPage),
    /// What changed of what the client shows of it.
    RosterChanged(RosterChange),
    /// The command was carried out and stored.
    Done {
        /// Which.
        id: CommandId,
    },
    /// The command or offer was not carried out.
    Refused {
        /// Which.
        id: CommandId,
        /// Why.
        code: ErrorCode,
        /// For technicians, in English.
        detail: String,
    },
    /// A ballot paper that was taken, beside `done`.
    BallotPaper {
        /// Of which vote.
        number: u32,
        /// The blind signature (RFC 9474 §4.3), in Base64.
        signature: String,
    },
    /// The answer to an offer.
    Answer {
        /// Which.
        id: CommandId,
        /// The media connection that it belongs to.
        session: SessionId,
        /// The session description (RFC 8829).
        sdp: String,
    },
    /// What the named slots show from now on. Pictures change at their own
    /// pace; the packet's CSRC is the truth, this is the fallback.
    Slots {
        /// The media connection.
        session: SessionId,
        /// The slots that changed.
        slots: Vec<SlotShows>,
    },
    /// What the line to the receiver carries changed.
    Line {
        /// The media connection.
        session: SessionId,
        /// What gets through.
        quality: LineQuality,
        /// The estimate, in kbit/s.
        kbps: u32,
    },
    /// Which layers of the own pictures are received by anybody, whole; the
    /// others need not be encoded.
    Wanted {
        /// The media connection.
        session: SessionId,
        /// One entry for each picture that is offered.
        sources: Vec<WantedSource>,
    },
    /// Who is heard now, the loudest first.
    Speaking {
        /// Participants.
        participants: Vec<ParticipantId>,
    },
    /// The media connection broke on the server's side; restart it.
    MediaLost {
        /// Which.
        session: SessionId,
    },
    /// The answer to `ping`.
    Pong {
        /// As sent.
        nonce: u32,
    },
    /// Something the client said was not usable and had no number.
    Problem {
        /// What is wrong.
        code: ErrorCode,
        /// For technicians, in English.
        detail: String,
    },
    /// The meeting is over; `bye` follows.
    Ended(MeetingEnd),
    /// The connection ends now.
    Bye {
        /// Why.
        code: ErrorCode,
        /// For technicians, in English.
        detail: String,
        /// Whether it makes sense to come back by oneself.
        reconnect: bool,
    },
}

/// The first answer. Comes again where the client has fallen behind: then it
/// begins anew from the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Welcome {
    /// The protocol version that the server speaks.
    pub version: u32,
    /// The server's own version, for support.
    pub server: String,
    /// Who the client is.
    pub you: You,
    /// Where the log stands.
    pub cursor: Cursor,
    /// The whole state, unless `events` leads there from `resume_from`.
    pub snapshot: Option<Snapshot>,
    /// What happened since `resume_from`; empty with a snapshot.
    pub events: Vec<AnnouncedEvent>,
    /// The media connection that is still there from before, if any.
    pub session: Option<SessionId>,
    /// For `RTCPeerConnection`.
    pub ice_servers: Vec<IceServer>,
    /// The codecs of the meeting's pictures, the preferred one first.
    pub video_codecs: Vec<VideoCodec>,
    /// The client sends `ping` this often, in seconds; three missed end the
    /// connection.
    pub heartbeat_seconds: u32,
}

/// Who the client is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct You {
    /// The own participant.
    pub participant: ParticipantId,
    /// What the role allows.
    pub may: Vec<Action>,
}

/// A STUN or TURN server, as `RTCIceServer` wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct IceServer {
    /// Its addresses.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: Option<String>,
    /// For TURN.
    pub credential: Option<String>,
}

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct AnnouncedEvent {
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// What.
    pub event: Event,
}

/// The state of a meeting as a participant sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Snapshot {
    /// The meeting.
    pub meeting: MeetingInfo,
    /// Everyone who is or was here, by number; in a large meeting, whoever
    /// `roster` says.
    pub participants: Vec<Participant>,
    /// What `participants` holds of a large meeting; absent where it holds all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub roster: Option<Roster>,
    /// The last messages, oldest first.
    pub chat: Vec<ChatEntry>,
    /// The stage.
    pub stage: Stage,
    /// Floor, microphones and the other parts of the procedure.
    #[serde(default)]
    pub procedure: Procedure,
}

/// What a meeting is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct MeetingInfo {
    /// Its identifier.
    pub id: MeetingId,
    /// What it is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// When it began, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub opened_at: i64,
}

/// A participant as everyone sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Participant {
    /// Its identifier.
    pub id: ParticipantId,
    /// Its number in this meeting, from 1.
    pub number: u32,
    /// The name of the site or person.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// What takes part.
    pub kind: ParticipantKind,
    /// The unit that it belongs to.
    pub unit: Option<String>,
    /// Whether it is here.
    pub presence: Presence,
    /// Its microphone is open.
    pub microphone: bool,
    /// Its camera is on.
    pub camera: bool,
    /// It shares a screen.
    pub screen: bool,
    /// The meeting closed its microphone.
    pub muted: bool,
    /// When its hand went up, in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub hand_raised_at: Option<i64>,
}

/// Whether a participant is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Here.
    Present,
    /// The line broke; awaited.
    Reconnecting,
    /// Gone.
    Left,
}

/// A chat message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct ChatEntry {
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Who wrote it.
    pub from: ParticipantId,
    /// The text.
    pub text: String,
}
