//! Between signaling and the SFU, and the parts of it that the browser shares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ErrorCode, MeetingId, ParticipantId, SessionId, SourceKind, SourceRef};

/// What a browser offers: its session description and what each m-line is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct MediaOffer {
    /// The session description (RFC 8829).
    pub sdp: String,
    /// The m-lines on which the browser receives.
    pub slots: Vec<OfferedSlot>,
    /// The m-lines on which the browser sends, whether or not it does now.
    pub sources: Vec<OfferedSource>,
}

/// One place in the receiver where the SFU puts some track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct OfferedSlot {
    /// The `a=mid` of its m-line.
    pub mid: String,
    /// What may be put there.
    pub kind: SlotKind,
}

/// What a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// The picture of the stage; the meeting decides what.
    StagePicture,
    /// The sound that belongs to the stage's picture.
    StageSound,
    /// Any other sound; the SFU puts the loudest there.
    Sound,
    /// A camera or screen that the receiver wishes to see.
    Picture,
    /// A shared screen that the receiver wishes to see.
    Screen,
    /// The sound of the whole meeting, mixed into one stream.
    Mix,
}

impl SlotKind {
    /// Whether sound goes there.
    pub fn is_audio(self) -> bool {
        match self {
            SlotKind::StageSound | SlotKind::Sound | SlotKind::Mix => true,
            SlotKind::StagePicture | SlotKind::Picture | SlotKind::Screen => false,
        }
    }
}

/// How pictures are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// RFC 7741; what every browser has.
    Vp8,
    /// RFC 6184; what cameras and encoders have.
    H264,
    /// RFC 9628, with spatial layers in one stream.
    Vp9,
    /// AV1 RTP payload, with the dependency descriptor.
    Av1,
}

/// What a receiver's line carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum LineQuality {
    /// Everything that is drawn.
    Full,
    /// Smaller pictures than drawn, or fewer.
    Reduced,
    /// No picture any more; sound goes on.
    SoundOnly,
}

/// Which of the layers of a source somebody receives; the others need not be
/// encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct WantedSource {
    /// The m-line on which it is sent.
    pub mid: String,
    /// Whether anybody receives it at all.
    pub wanted: bool,
    /// The wanted layers by their `a=rid`; empty without simulcast.
    pub rids: Vec<String>,
}

/// One m-line on which the browser sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct OfferedSource {
    /// The `a=mid` of its m-line.
    pub mid: String,
    /// What it carries.
    pub kind: SourceKind,
    /// Its simulcast layers; empty without simulcast.
    pub layers: Vec<SourceLayer>,
}

/// One simulcast encoding of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct SourceLayer {
    /// The `a=rid` (RFC 8851).
    pub rid: String,
    /// Its picture's height, in pixels.
    pub height: u16,
}

/// What a receiver draws in a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct SlotWish {
    /// The slot, by the `a=mid` of its m-line.
    pub mid: String,
    /// What to show; ignored for slots that the meeting fills.
    pub source: Option<SourceRef>,
    /// The height at which it is drawn, in device pixels; 0 when hidden.
    pub height: u16,
}

/// What a slot shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct SlotShows {
    /// The slot, by the `a=mid` of its m-line.
    pub mid: String,
    /// The source, or nothing.
    pub source: Option<SourceRef>,
}

/// What signaling asks of an SFU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MediaCommand {
    /// The whole state wanted of a meeting. Reconciled idempotently; an epoch
    /// older than the known one is refused.
    Desired {
        /// Which meeting.
        meeting: MeetingId,
        /// Grows with each new owner of the meeting.
        epoch: u32,
        /// Numbers the states within an epoch.
        revision: u32,
        /// The state.
        state: DesiredMeeting,
    },
    /// A change to the state with revision `revision - 1`.
    Change {
        /// Which meeting.
        meeting: MeetingId,
        /// As in `Desired`.
        epoch: u32,
        /// As in `Desired`.
        revision: u32,
        /// The change.
        change: DesiredChange,
    },
    /// Forget the meeting and close its connections.
    EndMeeting {
        /// Which meeting.
        meeting: MeetingId,
        /// As in `Desired`.
        epoch: u32,
    },
    /// Make a media connection, or restart ICE on one that is there.
    Offer {
        /// Which meeting.
        meeting: MeetingId,
        /// Whose connection.
        participant: ParticipantId,
        /// New, or known for a restart.
        session: SessionId,
        /// Whether `session` must be there already.
        restart: bool,
        /// The offer.
        offer: MediaOffer,
    },
    /// What a receiver draws.
    Layout {
        /// Whose.
        session: SessionId,
        /// Whole; the newest counts.
        wishes: Vec<SlotWish>,
    },
    /// Candidates of the other side, found after its offer (RFC 8838).
    Candidates {
        /// Whose.
        session: SessionId,
        /// Each as in an `a=candidate` line, without `a=`.
        candidates: Vec<String>,
    },
    /// New heights of a source's layers.
    Layers {
        /// Whose.
        session: SessionId,
        /// Which source.
        kind: SourceKind,
        /// Its layers.
        layers: Vec<SourceLayer>,
    },
    /// Close a media connection.
    Close {
        /// Which.
        session: SessionId,
    },
}

/// The state that signaling wants of a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredMeeting {
    /// Who may take part, in any order.
    pub participants: Vec<DesiredParticipant>,
    /// What the stage shows: a camera or a screen.
    pub stage: Option<SourceRef>,
    /// The codecs that may be used, the preferred one first; empty for VP8
    /// and H.264.
    #[serde(default)]
    pub video_codecs: Vec<VideoCodec>,
    /// Who is in which group. Who is in another group is neither heard nor
    /// seen; who is not named is in the plenary, which is a group too.
    #[serde(default)]
    pub groups: BTreeMap<ParticipantId, u32>,
}

impl VideoCodec {
    /// What a meeting uses that says nothing about it.
    pub const DEFAULT: [VideoCodec; 2] = [VideoCodec::Vp8, VideoCodec::H264];

    /// What a meeting uses that prefers one: that, then those that everyone
    /// has.
    pub fn preferring(preferred: Option<VideoCodec>) -> Vec<VideoCodec> {
        let others = Self::DEFAULT
            .into_iter()
            .filter(|codec| Some(*codec) != preferred);
        preferred.into_iter().chain(others).collect()
    }
}

/// What signaling wants of a participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredParticipant {
    /// Who.
    pub participant: ParticipantId,
    /// Its number in the meeting, for the CSRC.
    pub number: u32,
    /// What of its sources is forwarded now.
    pub publish: PublishRights,
    /// Heard whenever it makes a sound, however quiet (chair, floor).
    pub always_heard: bool,
    /// Its microphone goes into a channel of interpretation, and not to the
    /// floor.
    #[serde(default)]
    pub interprets: Option<DesiredInterpreter>,
    /// The channel that it listens to, above the floor.
    #[serde(default)]
    pub listens_to: Option<u32>,
}

/// An interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredInterpreter {
    /// The number of the channel.
    pub channel: u32,
    /// Whether its listeners hear this one.
    pub on_air: bool,
}

/// Which sources are forwarded. What is false is dropped at the entrance,
/// whatever the client sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishRights {
    /// The microphone.
    pub microphone: bool,
    /// The camera.
    pub camera: bool,
    /// The screen.
    pub screen: bool,
    /// The screen's sound.
    pub screen_audio: bool,
}

impl PublishRights {
    /// Whether a source of this kind is forwarded.
    pub fn allows(&self, kind: SourceKind) -> bool {
        match kind {
            SourceKind::Microphone => self.microphone,
            SourceKind::Camera => self.camera,
            SourceKind::Screen => self.screen,
            SourceKind::ScreenAudio => self.screen_audio,
        }
    }
}

/// A change to a [`DesiredMeeting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DesiredChange {
    /// Add or replace a participant.
    PutParticipant {
        /// The participant.
        participant: DesiredParticipant,
    },
    /// Take a participant out; its connection is closed.
    RemoveParticipant {
        /// Who.
        participant: ParticipantId,
    },
    /// Another stage.
    SetStage {
        /// What it shows.
        stage: Option<SourceRef>,
    },
    /// Other groups.
    SetGroups {
        /// Who is in which, whole.
        groups: BTreeMap<ParticipantId, u32>,
    },
}

/// What an SFU tells signaling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MediaEvent {
    /// The answer to an offer.
    Answer {
        /// The connection.
        session: SessionId,
        /// The session description (RFC 8829).
        sdp: String,
    },
    /// An offer was not usable.
    OfferRefused {
        /// The connection.
        session: SessionId,
        /// Why.
        code: ErrorCode,
        /// For technicians, in English.
        detail: String,
    },
    /// Media can flow.
    Connected {
        /// The connection.
        session: SessionId,
    },
    /// The connection is gone (no answer for too long, or a fault in it).
    Disconnected {
        /// The connection.
        session: SessionId,
    },
    /// What slots of a receiver show from now on.
    Slots {
        /// The connection.
        session: SessionId,
        /// The slots that changed.
        slots: Vec<SlotShows>,
    },
    /// What the line to a receiver carries changed.
    Line {
        /// The connection.
        session: SessionId,
        /// What gets through.
        quality: LineQuality,
        /// The estimate, in kbit/s.
        kbps: u32,
    },
    /// Which layers of a publisher are received by anybody, whole.
    Wanted {
        /// The connection.
        session: SessionId,
        /// One entry for each of its pictures.
        sources: Vec<WantedSource>,
    },
    /// Who is heard now, the loudest first.
    Speaking {
        /// Which meeting.
        meeting: MeetingId,
        /// Participants.
        participants: Vec<ParticipantId>,
    },
    /// Who speaks now; debounced, and said again from time to time.
    Speaker {
        /// Which meeting.
        meeting: MeetingId,
        /// Who.
        participant: ParticipantId,
    },
    /// A change did not fit what is known, or came from an older owner; send
    /// the whole state with the current epoch.
    OutOfStep {
        /// Which meeting.
        meeting: MeetingId,
        /// The epoch that is known here.
        epoch: u32,
        /// The revision that is known here.
        revision: u32,
    },
}
