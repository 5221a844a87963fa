//! The meeting (*cuộc họp*) as a pure, event-sourced state machine.
//!
//! ```text
//!   input ──> decide(&State, now, actor) ──> events ──> (stored by the shell)
//!   time  ──> due(&State, now)  ──────────┘                   │
//!   snapshot, desired media state <── State <── apply(event) ─┘
//! ```
//!
//! Each part of the procedure has a file with its `decide`, `apply`, `due` and
//! `deadline`; its state is what the protocol shows of it.
//!
//! Nothing in here has a clock, a socket, a task or chance. The state is what
//! the events say and nothing else, so that replaying a stored log gives the
//! same state again.

mod actor;
mod admission;
mod agenda;
mod apply;
mod capacity;
mod conduct;
mod course;
mod decide;
mod desired;
mod documents;
mod floor;
mod groups;
mod interpretation;
mod microphones;
mod presence;
mod recorded;
mod recording;
mod roll_call;
pub(crate) mod roster;
mod snapshot;
mod stage;
mod text;
mod votes;

#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod table;
#[cfg(test)]
mod world;

use std::collections::{BTreeMap, VecDeque};

use diemcau_protocol::{
    Awaited, ChatEntry, Command, ErrorCode, MeetingId, MeetingInfo, ParticipantId, ParticipantKind,
    Presence, Procedure, Role, Stage, StageMode, VideoCodec,
};

pub(crate) use agenda::planned as planned_item;
pub use apply::apply;
pub(crate) use capacity::{joining_sites, sites_here};
pub use conduct::{hears, is_message};
pub use course::ended_at;
pub use decide::{deadline, decide, due};
pub use desired::{changes, desired};
pub use documents::{Deposit, DepositPlace};
pub(crate) use documents::{Reader, bytes_kept, kept, listed, may_deposit, opened};
pub(crate) use floor::check as check_floor;
pub(crate) use groups::group_of;
pub use recorded::wanted_recording;
pub(crate) use recording::is_on as is_recorded;
pub(crate) use snapshot::large_snapshot_for;
#[cfg(test)]
pub(crate) use snapshot::snapshot;
pub use snapshot::{lobby, snapshot_for};
pub(crate) use text::clean_line;
pub use text::clean_name;
pub(crate) use votes::PAPER_LENGTH;
pub use votes::{BoxNews, Tally, hear_box};

/// How many chat messages the state keeps; the log keeps all of them.
pub const CHAT_KEPT: usize = 200;

/// A meeting between two events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which meeting, what about, since when.
    pub info: MeetingInfo,
    /// Everyone who is or was here.
    pub members: BTreeMap<ParticipantId, Member>,
    /// Who is invited and has not come yet.
    pub awaited: BTreeMap<ParticipantId, Awaited>,
    /// The number that the next newcomer gets.
    pub next_number: u32,
    /// The last [`CHAT_KEPT`] messages, oldest first.
    pub chat: VecDeque<ChatEntry>,
    /// What everyone is meant to look at.
    pub stage: Stage,
    /// The preferred codec of its pictures.
    pub video_codec: Option<VideoCodec>,
    /// Floor, microphones and the other parts of the procedure.
    pub procedure: Procedure,
}

/// A participant in the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number in this meeting, from 1.
    pub number: u32,
    /// Its name. Personal.
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
    /// When the hand went up, in milliseconds since 1970 UTC.
    pub hand_raised_at: Option<i64>,
}

impl Member {
    /// Here, or awaited back within the grace.
    pub fn is_here(&self) -> bool {
        match self.presence {
            Presence::Present | Presence::Reconnecting => true,
            Presence::Left => false,
        }
    }
}

impl State {
    /// The state before the first event.
    pub fn empty(id: MeetingId) -> Self {
        Self {
            info: MeetingInfo {
                id,
                title: String::new(),
                host_unit: String::new(),
                opened_at: 0,
            },
            members: BTreeMap::new(),
            awaited: BTreeMap::new(),
            next_number: 1,
            chat: VecDeque::new(),
            stage: Stage {
                mode: StageMode::FollowSpeaker,
                source: None,
            },
            video_codec: None,
            procedure: Procedure::default(),
        }
    }

    /// The codecs of its pictures, the preferred one first.
    pub fn video_codecs(&self) -> Vec<VideoCodec> {
        VideoCodec::preferring(self.video_codec)
    }

    /// How many are present now.
    pub fn present(&self) -> usize {
        self.members
            .values()
            .filter(|member| member.presence == Presence::Present)
            .count()
    }

    /// Everyone who is here or awaited, in order.
    pub fn everyone_here(&self) -> impl Iterator<Item = &ParticipantId> {
        self.members
            .iter()
            .filter(|(_, member)| member.is_here())
            .map(|(id, _)| id)
    }

    /// Whether anybody is here or awaited.
    pub fn is_occupied(&self) -> bool {
        self.everyone_here().next().is_some()
    }

    /// Whether anybody waits in the lobby.
    pub fn is_awaited(&self) -> bool {
        !self.procedure.admission.waiting.is_empty()
    }

    /// Who is awaited back, in order.
    pub fn reconnecting(&self) -> impl Iterator<Item = &ParticipantId> {
        self.members
            .iter()
            .filter(|(_, member)| member.presence == Presence::Reconnecting)
            .map(|(id, _)| id)
    }

    /// The member, if it is here or awaited.
    pub fn here(&self, id: &ParticipantId) -> Option<&Member> {
        self.members.get(id).filter(|member| member.is_here())
    }
}

/// Who comes in, as the invitation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// The name; where it is absent, the one from before is kept.
    pub name: Option<String>,
    /// Its role.
    pub role: Role,
    /// What takes part.
    pub kind: ParticipantKind,
    /// The unit that it belongs to.
    pub unit: Option<String>,
    /// The invitation names nobody.
    pub guest: bool,
}

/// What can happen to a meeting. Who it comes from, or whom it is about, stands
/// beside it as the actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The actor came in, or came back.
    Join(Newcomer),
    /// The actor's line broke.
    ConnectionLost,
    /// The actor's line did not come back in time.
    GraceExpired,
    /// The actor speaks now, says the SFU.
    Speaker,
    /// Nobody was here for long, and nobody acts.
    Abandoned,
    /// The actor commands something.
    Command {
        /// What.
        command: Command,
        /// Chance, for what is drawn by lot.
        seed: u64,
    },
    /// A file comes in for the actor, who need not be here.
    Deposit {
        /// The role of its invitation; nothing where the administration acts.
        role: Option<Role>,
        /// The file, and as what.
        deposit: Deposit,
    },
}

/// Why an input leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}: {detail}")]
pub struct Refusal {
    /// For the client, which has the text.
    pub code: ErrorCode,
    /// For technicians, in English.
    pub detail: &'static str,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, detail: &'static str) -> Self {
        Self { code, detail }
    }
}
