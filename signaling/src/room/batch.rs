//! What becomes events: decided together, stored together, then announced.

use std::collections::BTreeSet;
use std::time::Duration;

use diemcau_protocol::{
    AdmissionEvent, AnnouncedEvent, Command, CommandId, Cursor, ErrorCode, Event, MediaCommand,
    ParticipantId, ServerMessage, StageMode,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::timers::Timer;
use super::{Depositing, Join, Line, Notice, Room};
use crate::log::{Hash, Head, LogError, Occurrence, Sealed, seal};
use crate::meeting::{
    BoxNews, Input, Refusal, State, apply, changes, deadline, decide, due, hear_box, joining_sites,
    sites_here,
};
use crate::store::{Batch, StoreError};
use crate::{clock, cursor, ids};

/// How long after a failure the room tries to store again what nobody else
/// will ask for again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What waits to be decided.
#[derive(Debug)]
pub(super) enum Waiting {
    Join(Box<Join>),
    Command {
        line: Line,
        id: CommandId,
        command: Command,
    },
    /// A file comes in.
    Deposit(Box<Depositing>),
    ConnectionLost(ParticipantId),
    GraceExpired(ParticipantId),
    /// Somebody else may be the speaker.
    Speaker,
    /// A time that the state named has come, in milliseconds since 1970 UTC.
    Due(i64),
    /// The ballot box tells something.
    Box(BoxNews),
    /// Nobody was here for long, and it is recorded.
    Abandoned,
}

/// A batch on its way to the disk.
#[derive(Debug)]
pub(super) struct InFlight {
    accepted: Vec<Waiting>,
    occurrences: Vec<Occurrence>,
    hashes: Vec<Hash>,
    head: Head,
    answer: oneshot::Receiver<Result<(), StoreError>>,
}

impl InFlight {
    /// Comes back when the batch is stored or surely not.
    pub(super) async fn stored(&mut self) -> Result<(), StoreError> {
        (&mut self.answer).await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Room {
    /// Decides what waits and hands its events to the store, unless a batch is
    /// on its way already.
    pub(super) fn start_batch(&mut self) {
        if self.in_flight.is_some() || self.waiting.is_empty() {
            return;
        }
        let at = self.now_ms();
        let (accepted, occurrences) = self.decide_waiting(at);
        if occurrences.is_empty() {
            self.publish(Vec::new(), accepted);
            return;
        }
        match self.seal_all(&occurrences) {
            Ok((head, sealed)) => {
                let hashes = sealed.iter().map(|event| event.hash).collect();
                let occupied = self.occupied_after(&occurrences);
                let answer = self.around.store.append(Batch {
                    meeting: head.meeting.clone(),
                    branch: head.branch.clone(),
                    epoch: head.epoch,
                    opened_at: None,
                    occupied,
                    events: sealed,
                });
                self.in_flight = Some(InFlight {
                    accepted,
                    occurrences,
                    hashes,
                    head,
                    answer,
                });
            }
            Err(error) => {
                tracing::error!(meeting = %self.state.info.id, %error, "events could not be sealed");
                self.refuse_all(accepted, ErrorCode::Internal, "the event cannot be stored");
            }
        }
    }

    fn seal_all(&self, occurrences: &[Occurrence]) -> Result<(Head, Vec<Sealed>), LogError> {
        let mut head = self.head.clone();
        let sealed = occurrences
            .iter()
            .map(|occurrence| seal(&mut head, occurrence, ids::salt()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((head, sealed))
    }

    /// Decides everything that waits, each on the state that the ones before
    /// it lead to.
    fn decide_waiting(&mut self, at: i64) -> (Vec<Waiting>, Vec<Occurrence>) {
        let mut accepted = Vec::new();
        let mut occurrences = Vec::new();
        let mut joining: BTreeSet<ParticipantId> = BTreeSet::new();
        // The state is copied only if something is decided after an event.
        let mut ahead: Option<State> = None;
        let mut applied = 0;
        while let Some(waiting) = self.waiting.pop_front() {
            if applied < occurrences.len() {
                let state = ahead.get_or_insert_with(|| self.state.clone());
                for occurrence in &occurrences[applied..] {
                    let Occurrence { announced, .. } = occurrence;
                    apply(state, announced.at, &announced.event);
                }
                applied = occurrences.len();
            }
            if self.is_outpaced(&waiting) {
                accepted.push(waiting);
                continue;
            }
            let state = ahead.as_ref().unwrap_or(&self.state);
            let decided = self.decide_one(state, at, &joining, &waiting);
            let decided = decided.and_then(|(actor, events)| {
                self.places
                    .take(sites_here(state), joining_sites(state, &events))?;
                Ok((actor, events))
            });
            match decided {
                Ok((actor, events)) => {
                    if let Waiting::Join(join) = &waiting {
                        joining.insert(join.line.participant.clone());
                    }
                    occurrences.extend(events.into_iter().map(|event| Occurrence {
                        announced: AnnouncedEvent { at, event },
                        actor: actor.clone(),
                    }));
                    accepted.push(waiting);
                }
                Err(refusal) => self.refuse_one(waiting, &refusal),
            }
        }
        (accepted, occurrences)
    }

    /// The events of one input, and who caused them.
    fn decide_one(
        &self,
        state: &State,
        at: i64,
        joining: &BTreeSet<ParticipantId>,
        waiting: &Waiting,
    ) -> Result<(Option<ParticipantId>, Vec<Event>), Refusal> {
        // Whoever is on the line, or comes in before this, is not lost.
        let gone = |participant: &ParticipantId| {
            !joining.contains(participant)
                && self
                    .seats
                    .get(participant)
                    .is_none_or(|seat| seat.connection.is_none())
        };
        match waiting {
            Waiting::Join(join) => {
                let actor = &join.line.participant;
                let events = decide(state, at, actor, &Input::Join(join.newcomer.clone()))?;
                Ok((Some(actor.clone()), events))
            }
            Waiting::Command { line, command, .. } => {
                let actor = &line.participant;
                if joining.contains(actor) || self.is_taken_over(line) {
                    return Err(Refusal::new(
                        ErrorCode::TakenOver,
                        "the participant is on another line",
                    ));
                }
                let input = Input::Command {
                    command: command.clone(),
                    seed: ids::seed(),
                };
                let events = decide(state, at, actor, &input)?;
                Ok((Some(actor.clone()), events))
            }
            Waiting::Deposit(depositing) => {
                let (actor, role) = depositing.participant.clone().unzip();
                let deposit = depositing.deposit.clone();
                let input = Input::Deposit { role, deposit };
                let whoever = ParticipantId(String::new());
                let events = decide(state, at, actor.as_ref().unwrap_or(&whoever), &input)?;
                Ok((actor, events))
            }
            Waiting::ConnectionLost(actor) if gone(actor) => {
                Ok((None, decide(state, at, actor, &Input::ConnectionLost)?))
            }
            Waiting::GraceExpired(actor) if gone(actor) => {
                Ok((None, decide(state, at, actor, &Input::GraceExpired)?))
            }
            Waiting::ConnectionLost(_) | Waiting::GraceExpired(_) => Ok((None, Vec::new())),
            Waiting::Due(_) => Ok((None, due(state, at))),
            Waiting::Box(news) => Ok((None, hear_box(state, news))),
            Waiting::Abandoned => {
                let nobody = ParticipantId::nobody();
                Ok((None, decide(state, at, &nobody, &Input::Abandoned)?))
            }
            Waiting::Speaker => match &self.speaker {
                Some(actor) => Ok((None, decide(state, at, actor, &Input::Speaker)?)),
                None => Ok((None, Vec::new())),
            },
        }
    }

    /// Whether the participant has come in on another line meanwhile. One that
    /// only hung up after its last command still means it.
    fn is_taken_over(&self, line: &Line) -> bool {
        self.seats
            .get(&line.participant)
            .and_then(|seat| seat.connection.as_ref())
            .is_some_and(|live| live.id != line.connection)
    }

    /// The store has answered.
    pub(super) fn batch_ended(&mut self, outcome: Result<(), StoreError>) {
        let Some(batch) = self.in_flight.take() else {
            return;
        };
        self.store_has_answered(batch, outcome);
        self.places.settle(sites_here(&self.state));
    }

    fn store_has_answered(&mut self, batch: InFlight, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) => {
                self.around.counters.stored(batch.occurrences.len());
                self.advance(batch.head, &batch.hashes, batch.occurrences, batch.accepted);
                self.take_leave_at_the_end();
                self.tell_recorder();
            }
            Err(error) => {
                tracing::error!(meeting = %self.state.info.id, %error, "events could not be stored");
                // Whoever claimed the meeting since goes on with it.
                self.ended |= matches!(error, StoreError::Outdated);
                self.refuse_all(
                    batch.accepted,
                    ErrorCode::StorageUnavailable,
                    "nothing can be stored now",
                );
            }
        }
    }

    /// Applies stored events and lets everyone know.
    fn advance(
        &mut self,
        head: Head,
        hashes: &[Hash],
        occurrences: Vec<Occurrence>,
        accepted: Vec<Waiting>,
    ) {
        self.head = head;
        let mut announced = Vec::with_capacity(occurrences.len());
        for (occurrence, hash) in occurrences.into_iter().zip(hashes) {
            let event = occurrence.announced;
            apply(&mut self.state, event.at, &event.event);
            self.last_at = event.at;
            self.recent.push(hash, event.clone());
            self.follow(&event.event);
            announced.push(event);
        }
        self.present.store(
            self.state.present() as u64,
            std::sync::atomic::Ordering::Relaxed,
        );
        self.occupied = self.state.is_occupied();
        self.mind_being_alone();
        self.arm();
        self.mind_the_box();
        for change in changes(&self.state, announced.iter().map(|event| &event.event)) {
            self.revision += 1;
            (self.around.media)(MediaCommand::Change {
                meeting: self.state.info.id.clone(),
                epoch: self.head.epoch,
                revision: self.revision,
                change,
            });
        }
        self.bring_the_speaker_back(&announced);
        self.mind_the_roster(&announced);
        self.publish(announced, accepted);
    }

    /// The time of what happens now: the wall clock, but never before what is
    /// in the log, nor before a time that has surely come.
    fn now_ms(&self) -> i64 {
        let come = self.waiting.iter().filter_map(|waiting| match waiting {
            Waiting::Due(at) => Some(*at),
            Waiting::Join(_)
            | Waiting::Command { .. }
            | Waiting::Deposit(_)
            | Waiting::ConnectionLost(_)
            | Waiting::GraceExpired(_)
            | Waiting::Speaker
            | Waiting::Abandoned
            | Waiting::Box(_) => None,
        });
        come.fold(clock::now_ms().max(self.last_at), i64::max)
    }

    /// Sets a timer for the next time that the state names.
    pub(super) fn arm(&mut self) {
        let next = deadline(&self.state);
        if next == self.armed {
            return;
        }
        self.armed = next;
        if let Some(at) = next {
            let now = clock::now_ms().max(self.last_at);
            let wait = u64::try_from(at.saturating_sub(now)).unwrap_or(0);
            self.timers
                .set(Instant::now() + Duration::from_millis(wait), Timer::Due(at));
        }
    }

    pub(super) fn cursor(&self) -> Cursor {
        cursor::write(&self.head.branch, self.head.seq, &self.head.hash)
    }

    /// What an event means for seats and timers.
    fn follow(&mut self, event: &Event) {
        match event {
            Event::ParticipantJoined { participant, .. }
            | Event::ConnectionRestored { participant } => self.timers.cancel_grace(participant),
            Event::ConnectionLost { participant } => self.timers.set(
                Instant::now() + self.around.reconnect_grace,
                Timer::Grace(participant.clone()),
            ),
            Event::ParticipantLeft { participant, .. } => {
                self.close_media(participant);
                if self.speaker.as_ref() == Some(participant) {
                    self.speaker = None;
                }
            }
            Event::Admission(AdmissionEvent::Removed { participant, .. }) => {
                self.dismiss(participant, event);
            }
            Event::MeetingOpened { .. } => {
                let meeting = self.state.info.id.clone();
                // Where nobody listens any more, the server stops.
                let _ = self.around.notices.send(Notice::Started(meeting));
            }
            Event::MicrophoneSet { .. }
            | Event::CameraSet { .. }
            | Event::ScreenSet { .. }
            | Event::MutedSet { .. }
            | Event::HandSet { .. }
            | Event::ChatSent { .. }
            | Event::StageSet { .. }
            | Event::Floor(_)
            | Event::Microphones(_)
            | Event::Admission(_)
            | Event::Agenda(_)
            | Event::RollCall(_)
            | Event::Stage(_)
            | Event::Conduct(_)
            | Event::Recording(_)
            | Event::Votes(_)
            | Event::Course(_)
            | Event::Documents(_)
            | Event::Groups(_)
            | Event::Interpretation(_)
            | Event::ServerRestarted => {}
        }
    }

    /// A stage that follows the speaker again shows who speaks already; the
    /// SFU only tells of changes.
    fn bring_the_speaker_back(&mut self, announced: &[AnnouncedEvent]) {
        let stage_moved = announced
            .iter()
            .any(|event| matches!(event.event, Event::StageSet { .. }));
        let follows = self.state.stage.mode == StageMode::FollowSpeaker;
        if stage_moved && follows && self.speaker.is_some() {
            self.waiting.push_back(Waiting::Speaker);
        }
    }

    /// Answers what was carried out.
    pub(super) fn finish(&mut self, accepted: Vec<Waiting>) {
        for waiting in accepted {
            match waiting {
                Waiting::Join(join) => self.seat(*join),
                Waiting::Command { line, id, command } => {
                    self.answer(&line, &ServerMessage::Done { id });
                    self.hand_out_paper(&line, &command);
                    if command == Command::Leave {
                        self.see_off(&line);
                    }
                }
                Waiting::Deposit(depositing) => {
                    let _ = depositing.reply.send(Ok(()));
                }
                Waiting::ConnectionLost(_)
                | Waiting::GraceExpired(_)
                | Waiting::Speaker
                | Waiting::Due(_)
                | Waiting::Abandoned
                | Waiting::Box(_) => {}
            }
        }
    }

    fn refuse_all(&mut self, accepted: Vec<Waiting>, code: ErrorCode, detail: &'static str) {
        let refusal = Refusal::new(code, detail);
        for waiting in accepted {
            self.refuse_one(waiting, &refusal);
        }
    }

    /// Refuses whom somebody waits for; the rest is tried again later.
    fn refuse_one(&mut self, waiting: Waiting, refusal: &Refusal) {
        match waiting {
            Waiting::Join(join) => {
                let _ = join.reply.send(Err(refusal.clone()));
            }
            Waiting::Deposit(depositing) => {
                let _ = depositing.reply.send(Err(refusal.clone()));
            }
            Waiting::Command { line, id, .. } => self.refuse(&line, id, refusal),
            // The SFU says again who speaks.
            Waiting::Speaker => {}
            Waiting::ConnectionLost(_)
            | Waiting::GraceExpired(_)
            | Waiting::Due(_)
            | Waiting::Abandoned
            | Waiting::Box(_) => {
                if self.stopping.is_none() {
                    if self.retry.is_empty() {
                        self.timers.set(Instant::now() + RETRY_AFTER, Timer::Retry);
                    }
                    self.retry.push(waiting);
                }
            }
        }
    }
}
