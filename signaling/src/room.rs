//! One running meeting: the task that owns its state.
//!
//! ```text
//!   sessions ─┐             ┌─> waiting ──> decide ──> seal ──> store
//!   SFU ──────┼─> Input ────┤                                     │
//!   timers ───┘             └─> offers, layouts, slots,           ▼
//!                               speaking (no event)        apply, announce,
//!                                                          tell the SFU, answer
//! ```
//!
//! A room without people ends after a while; whoever asks opens it again.
//!
//! Whatever becomes an event waits until it is stored; what waits meanwhile
//! makes up the next batch. What is no event does not wait, so a store that
//! stands still stops commands and nothing else.

mod alone;
mod announce;
mod batch;
mod deposit;
mod end;
mod look;
mod media;
mod pace;
mod places;
mod recorded;
mod roster;
mod seat;
mod timers;
mod votes;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diemcau_protocol::{
    Command, CommandId, Cursor, ErrorCode, IceServer, MediaCommand, MediaEvent, MediaOffer,
    MeetingEnd, ParticipantId, ServerMessage, SessionId, SlotWish, SourceKind, SourceLayer,
    WantedRecording,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::ballots::BallotBox;
use crate::clock::now_ms;
use crate::counters::Counters;
use crate::log::Head;
use crate::meeting::roster::View;
use crate::meeting::{BoxNews, Newcomer, Refusal, State, desired, sites_here};
use crate::outbox::Outbox;
use crate::recent::Recent;
use crate::store::{Store, StoreError};
use crate::{EchoSource, MediaSink, RecorderSink, TurnServer};
use announce::Outgoing;
use batch::{InFlight, Waiting};
pub(crate) use deposit::Depositing;
pub(crate) use end::Notice;
use look::Look;
use media::Negotiation;
use places::PlacesOfMeeting;
pub(crate) use places::PlacesOnServer;
use roster::RosterNews;
use seat::Seat;
use timers::{Timer, Timers};
use votes::Errands;

/// One WebSocket or device, among all of this process.
pub(crate) type ConnectionId = u64;

/// The line to a participant: which of its WebSockets or devices something came
/// from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) participant: ParticipantId,
    pub(crate) connection: ConnectionId,
}

/// Somebody wants to come in.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) line: Line,
    pub(crate) newcomer: Newcomer,
    /// One per tab and page load.
    pub(crate) instance: String,
    pub(crate) resume_from: Option<Cursor>,
    /// Takes the roster of a large meeting by page.
    pub(crate) pages: bool,
    pub(crate) outbox: Outbox,
    /// Answered after `welcome` is in the outbox.
    pub(crate) reply: oneshot::Sender<Result<(), Refusal>>,
}

/// What a room hears.
#[derive(Debug)]
pub(crate) enum Input {
    Join(Box<Join>),
    Command {
        line: Line,
        id: CommandId,
        command: Command,
    },
    Offer {
        line: Line,
        id: CommandId,
        session: Option<SessionId>,
        offer: Box<MediaOffer>,
    },
    Layout {
        line: Line,
        wishes: Vec<SlotWish>,
    },
    Layers {
        line: Line,
        kind: SourceKind,
        layers: Vec<SourceLayer>,
    },
    /// What is shown of a large meeting's roster.
    Roster {
        line: Line,
        view: View,
    },
    /// What a device found after its offer (RFC 8838).
    Candidates {
        line: Line,
        candidates: Vec<String>,
    },
    /// Whether a participant is here or awaited.
    IsHere {
        participant: ParticipantId,
        reply: oneshot::Sender<bool>,
    },
    /// A file comes in for somebody.
    Deposit(Box<Depositing>),
    /// Somebody looks at the state.
    Look(Look),
    /// The WebSocket is no more, or the device.
    Closed {
        line: Line,
    },
    Media(MediaEvent),
    /// The server stops.
    Stop {
        done: oneshot::Sender<()>,
    },
    /// The room is to fail, for a story about that.
    #[cfg(test)]
    Fault,
}

/// What all rooms share.
pub(crate) struct Surroundings {
    pub(crate) store: Store,
    /// The ballots of secret votes.
    pub(crate) ballots: BallotBox,
    pub(crate) media: MediaSink,
    pub(crate) recorder: Option<RecorderSink>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) reconnect_grace: Duration,
    pub(crate) recorded_alone: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) ice_servers: Vec<IceServer>,
    pub(crate) turn: Option<TurnServer>,
    pub(crate) echo: Option<EchoSource>,
    /// Room for line tests.
    pub(crate) line_tests: Arc<Semaphore>,
    pub(crate) server_version: String,
    /// The sites in all meetings.
    pub(crate) places: PlacesOnServer,
    /// Told when a meeting opens or ends.
    pub(crate) notices: mpsc::UnboundedSender<Notice>,
}

impl Surroundings {
    /// What a participant is told for its media, with a TURN password that is
    /// new each time.
    pub(crate) fn ice_servers_of(&self, participant: &ParticipantId) -> Vec<IceServer> {
        let turn = self.turn.as_ref();
        let issued = turn.map(|server| server.issue(participant, now_ms()));
        let mut servers = self.ice_servers.clone();
        servers.extend(issued);
        servers
    }
}

/// The way to a room.
#[derive(Debug, Clone)]
pub(crate) struct RoomHandle {
    inputs: mpsc::UnboundedSender<Input>,
    present: Arc<AtomicU64>,
    end: Arc<OnceLock<MeetingEnd>>,
}

impl RoomHandle {
    /// Tells the room something; never waits. Sessions are rate-limited before
    /// they get here, which bounds the queue.
    pub(crate) fn tell(&self, input: Input) {
        // A room that is gone has said bye to everyone it could tell.
        let _ = self.inputs.send(input);
    }

    /// Whether the room's task has ended: the server stops, nobody was here for
    /// long, or a fault ended it.
    pub(crate) fn is_gone(&self) -> bool {
        self.inputs.is_closed()
    }

    /// Waits until the room's task has ended.
    pub(crate) async fn gone(&self) {
        self.inputs.closed().await;
    }

    /// The end of the meeting, where it is over.
    pub(crate) fn end(&self) -> Option<&MeetingEnd> {
        self.end.get()
    }

    /// How many are present.
    pub(crate) fn present(&self) -> u64 {
        self.present.load(Ordering::Relaxed)
    }
}

/// A running meeting.
struct Room {
    around: Arc<Surroundings>,
    state: State,
    head: Head,
    recent: Recent,
    /// When the last event was, in milliseconds since 1970 UTC.
    last_at: i64,
    /// What its sites take of the server.
    places: PlacesOfMeeting,
    /// Numbers the states that the SFU was told, within the epoch.
    revision: u32,
    seats: BTreeMap<ParticipantId, Seat>,
    /// Whose a media session is.
    owners: BTreeMap<SessionId, ParticipantId>,
    negotiations: BTreeMap<SessionId, Negotiation>,
    /// Numbers the offers to the SFU.
    next_offer: u64,
    waiting: VecDeque<Waiting>,
    in_flight: Option<InFlight>,
    /// What could not be stored and is tried again.
    retry: Vec<Waiting>,
    timers: Timers,
    /// What the ballot box does for this meeting.
    errands: Errands,
    /// The time that the state named last, with a timer for it.
    armed: Option<i64>,
    /// What is announced with the next tick.
    outgoing: Outgoing,
    /// What of a large meeting's roster is told with the next tick.
    roster: RosterNews,
    /// Who speaks now, says the SFU.
    speaker: Option<ParticipantId>,
    /// Who is heard now, says the SFU.
    speaking: Vec<ParticipantId>,
    /// What the recorder was told last.
    told_recorder: Option<WantedRecording>,
    present: Arc<AtomicU64>,
    /// The end of the meeting, where it is over.
    end: Arc<OnceLock<MeetingEnd>>,
    /// Whether anybody is here or awaited, as it is stored.
    occupied: bool,
    /// When the room ends unless somebody comes.
    alone_since: Option<Instant>,
    ended: bool,
    stopping: Option<oneshot::Sender<()>>,
}

/// What the loop wakes up for.
enum Wake {
    Input(Input),
    Stored(Result<(), StoreError>),
    Timer(Option<Timer>),
    Errand(Option<BoxNews>),
    Abandoned,
}

/// A meeting as it is read from its log, about to run.
pub(crate) struct Opening {
    pub(crate) state: State,
    pub(crate) head: Head,
    pub(crate) recent: Recent,
    pub(crate) last_at: i64,
}

/// Starts the task of a meeting whose log is stored up to `opening.head`.
pub(crate) fn start(around: Arc<Surroundings>, opening: Opening) -> RoomHandle {
    let (inputs, inbox) = mpsc::unbounded_channel();
    let present = Arc::new(AtomicU64::new(0));
    let end = Arc::new(OnceLock::new());
    let meeting = opening.head.meeting.clone();
    let mut room = Room {
        places: around.places.of_meeting(sites_here(&opening.state)),
        around,
        occupied: opening.state.is_occupied(),
        state: opening.state,
        head: opening.head,
        recent: opening.recent,
        last_at: opening.last_at,
        revision: 0,
        seats: BTreeMap::new(),
        owners: BTreeMap::new(),
        negotiations: BTreeMap::new(),
        next_offer: 0,
        waiting: VecDeque::new(),
        in_flight: None,
        retry: Vec::new(),
        timers: Timers::default(),
        errands: Errands::default(),
        armed: None,
        outgoing: Outgoing::default(),
        roster: RosterNews::default(),
        speaker: None,
        speaking: Vec::new(),
        told_recorder: None,
        present: Arc::clone(&present),
        end: Arc::clone(&end),
        alone_since: None,
        ended: false,
        stopping: None,
    };
    room.note_the_end();
    room.await_everyone_back();
    room.await_ballots_back();
    room.mind_the_box();
    room.mind_being_alone();
    room.arm();
    room.send_desired();
    room.tell_recorder();
    let task = tokio::spawn(room.run(inbox));
    tokio::spawn(async move {
        if let Err(error) = task.await
            && error.is_panic()
        {
            tracing::error!(%meeting, "a fault ended the meeting's task; it opens again when asked for");
        }
    });
    RoomHandle {
        inputs,
        present,
        end,
    }
}

impl Room {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Input>) {
        loop {
            self.start_batch();
            if self.has_stopped() || self.ended {
                return;
            }
            match self.wake(&mut inbox).await {
                Wake::Input(input) => self.hear(input),
                Wake::Stored(outcome) => self.batch_ended(outcome),
                Wake::Timer(timer) => timer.into_iter().for_each(|timer| self.timer_fired(timer)),
                Wake::Errand(news) => self.errand_done(news),
                Wake::Abandoned => return,
            }
        }
    }

    async fn wake(&mut self, inbox: &mut mpsc::UnboundedReceiver<Input>) -> Wake {
        let deadline = self.timers.next();
        let in_flight = self.in_flight.as_mut();
        tokio::select! {
            outcome = async {
                match in_flight {
                    Some(batch) => batch.stored().await,
                    None => std::future::pending().await,
                }
            } => Wake::Stored(outcome),
            () = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            } => Wake::Timer(self.timers.take_due(Instant::now())),
            news = self.errands.done() => Wake::Errand(news),
            input = inbox.recv() => input.map_or(Wake::Abandoned, Wake::Input),
        }
    }

    fn hear(&mut self, input: Input) {
        match input {
            Input::Join(join) => self.hear_join(join),
            Input::Command { line, id, command } => self.hear_command(line, id, command),
            Input::Offer {
                line,
                id,
                session,
                offer,
            } => self.hear_offer(&line, id, session, *offer),
            Input::Layout { line, wishes } => self.hear_layout(&line, wishes),
            Input::Layers { line, kind, layers } => self.hear_layers(&line, kind, layers),
            Input::Roster { line, view } => self.hear_roster(&line, view),
            Input::Candidates { line, candidates } => self.hear_candidates(&line, candidates),
            Input::IsHere { participant, reply } => {
                // Whoever asked may have hung up.
                let _ = reply.send(self.state.here(&participant).is_some());
            }
            Input::Deposit(deposit) => self.hear_deposit(deposit),
            Input::Look(look) => look.at(&self.state),
            Input::Closed { line } => self.hear_closed(line),
            Input::Media(event) => self.hear_media(event),
            Input::Stop { done } => self.stopping = Some(done),
            #[cfg(test)]
            Input::Fault => panic!("a fault, for a story"),
        }
    }

    fn hear_join(&mut self, join: Box<Join>) {
        if self.stopping.is_some() {
            let _ = join.reply.send(Err(server_stopping()));
        } else {
            self.waiting.push_back(Waiting::Join(join));
        }
    }

    fn hear_command(&mut self, line: Line, id: CommandId, command: Command) {
        self.around.counters.command();
        if self.stopping.is_some() {
            self.refuse(&line, id, &server_stopping());
        } else if !self.keeps_pace(&line.participant, &command) {
            let refusal = Refusal::new(ErrorCode::RateLimited, "too many commands; slow down");
            self.refuse(&line, id, &refusal);
        } else {
            self.waiting
                .push_back(Waiting::Command { line, id, command });
        }
    }

    fn timer_fired(&mut self, timer: Timer) {
        match timer {
            Timer::Grace(participant) => self.waiting.push_back(Waiting::GraceExpired(participant)),
            Timer::Offer(session, number) => self.offer_timed_out(&session, number),
            Timer::Due(at) => self.waiting.push_back(Waiting::Due(at)),
            Timer::Alone => self.end_if_alone(),
            Timer::Announce => self.announce_now(),
            Timer::Roster => self.tell_roster(),
            Timer::Behind => self.bring_up_to_date(),
            Timer::Retry => {
                for waiting in std::mem::take(&mut self.retry).into_iter().rev() {
                    self.waiting.push_front(waiting);
                }
            }
        }
    }

    /// After a restart: everyone who was present has the grace to come back.
    fn await_everyone_back(&mut self) {
        let deadline = Instant::now() + self.around.reconnect_grace;
        for participant in self.state.reconnecting() {
            self.timers.set(deadline, Timer::Grace(participant.clone()));
        }
    }

    /// Tells the SFU the whole state, unless the meeting is over.
    fn send_desired(&self) {
        if self.end.get().is_some() {
            return;
        }
        (self.around.media)(MediaCommand::Desired {
            meeting: self.state.info.id.clone(),
            epoch: self.head.epoch,
            revision: self.revision,
            state: desired(&self.state),
        });
    }

    /// Answers a WebSocket, if it is still the participant's.
    fn answer(&self, line: &Line, message: &ServerMessage) {
        if let Some(connection) = self
            .seats
            .get(&line.participant)
            .and_then(|seat| seat.connection.as_ref())
            && connection.id == line.connection
        {
            connection.outbox.send(message);
        }
    }

    fn refuse(&self, line: &Line, id: CommandId, refusal: &Refusal) {
        self.around.counters.refused(refusal.code);
        self.answer(
            line,
            &ServerMessage::Refused {
                id,
                code: refusal.code,
                detail: refusal.detail.to_owned(),
            },
        );
    }
}

fn server_stopping() -> Refusal {
    Refusal::new(ErrorCode::ServerStopping, "the server is stopping")
}
