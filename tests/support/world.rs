//! A meeting in virtual time: the pure state machine of signaling, the pure
//! SFU, and named people who are str0m peers, joined by seeded lossy lines.
//!
//! ```text
//!   person (str0m) ── line (loss, delay) ── Sfu
//!        │  Command                          │ MediaEvent
//!        └────────────── Meeting ────────────┘ MediaCommand
//! ```
//!
//! Nothing waits: [`World::run`] moves the clock from one due thing to the
//! next.

mod decoder;
mod person;
mod scalable;
pub mod sound;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use diemcau_protocol::{
    Command, ErrorCode, Event, FromMedia, MediaCommand, MediaEvent, MediaOffer, MeetingId,
    ParticipantId, ParticipantKind, Role, SessionId, SlotWish, SourceKind, SourceRef, ToMedia,
    VideoCodec,
};
use diemcau_sfu::{CountersSnapshot, LinkId, Output, Sfu, SfuConfig, TransportAddress};
use diemcau_signaling::meeting::{Input, Newcomer, State, apply, changes, decide, desired};
use str0m_netem::{NetemConfig, Probability, RandomLoss};

pub use decoder::{Decoded, Decoder, Label, encode};
pub use person::{Person, SlotView};

/// How a line behaves.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub loss: f32,
    pub latency: Duration,
    pub jitter: Duration,
}

impl Line {
    pub const GOOD: Line = Line {
        loss: 0.0,
        latency: Duration::from_millis(5),
        jitter: Duration::ZERO,
    };

    fn netem(self, seed: u64) -> NetemConfig {
        NetemConfig::new()
            .latency(self.latency)
            .jitter(self.jitter)
            .loss(RandomLoss::new(Probability::new(self.loss)))
            .seed(seed)
    }
}

/// Everything that there is.
pub struct World {
    start: Instant,
    now: Instant,
    seed: u64,
    workers: Vec<Worker>,
    meeting: State,
    is_scalable: bool,
    revision: u32,
    people: BTreeMap<&'static str, Person>,
    /// Real time spent inside the SFU.
    pub sfu_busy: Duration,
    /// Every event that was decided, in order.
    pub events: Vec<Event>,
    /// Every media event, in order.
    pub media_events: Vec<MediaEvent>,
    /// What each worker told the listener, in order.
    pub listened: Vec<(usize, FromMedia)>,
}

/// A worker of the SFU.
struct Worker {
    sfu: Sfu,
    address: SocketAddr,
    deadline: Instant,
}

const MEETING: &str = "hoi-nghi";
const EPOCH: u32 = 1;

/// A command in a world in which nothing is drawn by lot.
fn carried_out(command: Command) -> Input {
    Input::Command { command, seed: 0 }
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::with_workers(seed, 1)
    }

    /// A world whose SFU has so many workers; who joins goes to the next.
    pub fn with_workers(seed: u64, workers: u16) -> Self {
        Self::with_codec(seed, workers, None)
    }

    /// A world whose cameras are scalable: VP9 with spatial layers.
    pub fn scalable(seed: u64, workers: u16) -> Self {
        Self::with_codec(seed, workers, Some(VideoCodec::Vp9))
    }

    fn with_codec(seed: u64, workers: u16, video_codec: Option<VideoCodec>) -> Self {
        let now = Instant::now();
        let worker = |number: u16| {
            let address = SocketAddr::from(([10, 0, 0, 1], 8444 + number));
            let config = SfuConfig {
                candidates: vec![TransportAddress::udp(address)],
                worker: number.into(),
                workers: workers.into(),
                listened: true,
                started_at: SystemTime::UNIX_EPOCH,
            };
            Worker {
                sfu: Sfu::new(now, config),
                address,
                deadline: now,
            }
        };
        let mut world = Self {
            start: now,
            now,
            seed,
            workers: (0..workers).map(worker).collect(),
            meeting: State::empty(MEETING.into()),
            is_scalable: video_codec == Some(VideoCodec::Vp9),
            revision: 1,
            people: BTreeMap::new(),
            sfu_busy: Duration::ZERO,
            events: Vec::new(),
            media_events: Vec::new(),
            listened: Vec::new(),
        };
        world.happen(vec![Event::MeetingOpened {
            title: "Hội nghị giao ban".into(),
            host_unit: "Ủy ban nhân dân tỉnh".into(),
            video_codec,
        }]);
        let state = desired(&world.meeting);
        world.media(MediaCommand::Desired {
            meeting: MEETING.into(),
            epoch: EPOCH,
            revision: 1,
            state,
        });
        world
    }

    /// Somebody joins over a line and switches microphone and camera on; the
    /// media connection is up when this returns.
    pub fn join(&mut self, name: &'static str, role: Role, line: Line) {
        self.enter(name, role, line);
        for command in [
            Command::SetMicrophone { on: true },
            Command::SetCamera { on: true },
        ] {
            self.command(name, command);
        }
        self.connect(name);
    }

    /// Somebody joins with a player: it has the stage and the mixed sound, and
    /// sends nothing.
    pub fn watch(&mut self, name: &'static str, line: Line) {
        self.enter(name, Role::Observer, line);
        self.person_mut(name).only_watches();
        self.connect(name);
        self.draws(name, 720, &[]);
    }

    fn enter(&mut self, name: &'static str, role: Role, line: Line) {
        self.decide(
            name,
            &Input::Join(Newcomer {
                name: Some(name.to_owned()),
                role,
                kind: ParticipantKind::Site,
                unit: None,
                guest: false,
            }),
        );
        let number = self.number(name);
        self.seed += 2;
        let mut person = Person::new(self.start, self.now, number, line, self.seed);
        if self.is_scalable {
            person.scales(self.now);
        }
        self.people.insert(name, person);
    }

    /// Makes a new media connection for somebody who is in the meeting.
    pub fn connect(&mut self, name: &'static str) {
        let person = self.people.get_mut(name).expect("is in the world");
        let offer = person.offer();
        self.media(MediaCommand::Offer {
            meeting: MEETING.into(),
            participant: name.into(),
            session: SessionId(name.to_owned()),
            restart: false,
            offer,
        });
        self.run_until("the media connection is up", |world| {
            world.person(name).connected
        });
    }

    /// Somebody reloads the page: everything is negotiated anew.
    pub fn reload(&mut self, name: &'static str) {
        let now = self.now;
        self.person_mut(name).renew(now);
        self.connect(name);
    }

    /// What somebody's page would offer after a reload.
    pub fn fresh_offer(&mut self, name: &str) -> MediaOffer {
        let now = self.now;
        let person = self.person_mut(name);
        person.renew(now);
        person.offer()
    }

    /// What somebody offered last.
    pub fn last_offer(&self, name: &str) -> MediaOffer {
        self.people[name].last_offer.clone().expect("has offered")
    }

    /// An offer that the SFU refuses. Returns the code.
    pub fn refused_offer(&mut self, name: &str, restart: bool, offer: MediaOffer) -> ErrorCode {
        self.media(MediaCommand::Offer {
            meeting: MEETING.into(),
            participant: name.into(),
            session: SessionId(format!("{name}-again")),
            restart,
            offer,
        });
        match self.media_events.last() {
            Some(MediaEvent::OfferRefused { code, .. }) => *code,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// A command that must be carried out.
    pub fn command(&mut self, name: &str, command: Command) {
        self.decide(name, &carried_out(command));
    }

    /// Whether a command would be refused now.
    pub fn refuses(&self, name: &str, command: Command) -> bool {
        let input = carried_out(command);
        decide(&self.meeting, self.now_ms(), &name.into(), &input).is_err()
    }

    /// Somebody draws the stage and these cameras, at these heights.
    pub fn draws(&mut self, name: &str, stage: u16, cameras: &[(&str, u16)]) {
        let person = &self.people[name];
        let mut wishes = vec![SlotWish {
            mid: person.stage_mid(),
            source: None,
            height: stage,
        }];
        for (mid, (who, height)) in person.picture_mids().into_iter().zip(cameras) {
            wishes.push(SlotWish {
                mid,
                source: Some(camera(who)),
                height: *height,
            });
        }
        self.media(MediaCommand::Layout {
            session: SessionId(name.to_owned()),
            wishes,
        });
    }

    /// The number that somebody has in the meeting.
    pub fn number(&self, name: &str) -> u32 {
        let id: ParticipantId = name.into();
        self.meeting.members[&id].number
    }

    pub fn person(&self, name: &str) -> &Person {
        &self.people[name]
    }

    pub fn person_mut(&mut self, name: &str) -> &mut Person {
        self.people.get_mut(name).expect("is in the world")
    }

    /// What the stage shows, as the meeting's state says.
    pub fn stage(&self) -> Option<&str> {
        let source = self.meeting.stage.source.as_ref()?;
        Some(source.participant.as_str())
    }

    /// How long there has been a world.
    pub fn age(&self) -> Duration {
        self.now - self.start
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    /// What all workers have counted.
    pub fn counters(&self) -> CountersSnapshot {
        let each = self.workers.iter().map(|worker| worker.sfu.counters());
        each.reduce(CountersSnapshot::and)
            .expect("there is a worker")
    }

    /// A datagram from anywhere, straight at the SFU.
    pub fn datagram(&mut self, from: SocketAddr, bytes: &[u8]) {
        let Worker { sfu, address, .. } = &mut self.workers[0];
        sfu.datagram(self.now, TransportAddress::udp(from), *address, bytes);
        self.settle();
    }

    /// A command straight at the SFU.
    pub fn media(&mut self, command: MediaCommand) {
        let of_one = match &command {
            MediaCommand::Desired { .. }
            | MediaCommand::Change { .. }
            | MediaCommand::EndMeeting { .. } => None,
            MediaCommand::Offer { session, .. }
            | MediaCommand::Layout { session, .. }
            | MediaCommand::Candidates { session, .. }
            | MediaCommand::Layers { session, .. }
            | MediaCommand::Close { session } => Some(self.worker_of(session.as_str())),
        };
        for (number, worker) in self.workers.iter_mut().enumerate() {
            if of_one.is_none_or(|one| one == number) {
                worker.sfu.command(self.now, command.clone());
            }
        }
        self.settle();
    }

    /// Whoever joins is with the next worker.
    fn worker_of(&self, name: &str) -> usize {
        let name = name.strip_suffix("-again").unwrap_or(name);
        let id: ParticipantId = name.into();
        let number = self
            .meeting
            .members
            .get(&id)
            .map_or(0, |member| member.number);
        number as usize % self.workers.len()
    }

    /// Lets time pass.
    pub fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        while self.step(until) {}
        self.now = until;
    }

    /// Lets time pass until something is so; fails after ten seconds.
    pub fn run_until(&mut self, what: &str, so: impl Fn(&World) -> bool) {
        let until = self.now + Duration::from_secs(10);
        while !so(self) {
            assert!(self.step(until), "in ten seconds not so: {what}");
        }
    }

    /// Moves the clock to the next due thing and does it. Returns whether
    /// there was one before `until`.
    fn step(&mut self, until: Instant) -> bool {
        let next = self
            .people
            .values()
            .map(Person::next_due)
            .chain(self.workers.iter().map(|worker| worker.deadline))
            .min()
            .expect("the SFU is always there");
        if next > until {
            return false;
        }
        self.now = self.now.max(next);
        let workers = self.workers.len();
        for person in self.people.values_mut() {
            person.tick(self.now);
            let Worker { sfu, address, .. } = &mut self.workers[person.number as usize % workers];
            while let Some((from, bytes)) = person.arrived_at_sfu(self.now) {
                let began = Instant::now();
                sfu.datagram(self.now, TransportAddress::udp(from), *address, &bytes);
                self.sfu_busy += began.elapsed();
            }
        }
        self.settle();
        true
    }

    /// The listener asks a worker.
    pub fn ask(&mut self, worker: usize, asked: ToMedia) {
        self.workers[worker].sfu.listener_asks(self.now, asked);
        self.settle();
    }

    /// Carries everything that came out of the SFU to where it belongs.
    fn settle(&mut self) {
        let mut speakers = Vec::new();
        loop {
            let mut messages = Vec::new();
            for number in 0..self.workers.len() {
                let began = Instant::now();
                let mut sent: Vec<(SocketAddr, Vec<u8>)> = Vec::new();
                let worker = &mut self.workers[number];
                worker.deadline = worker.sfu.flush(self.now, &mut |to, transmit| {
                    let to = to.remote.address;
                    sent.extend(transmit.datagrams().map(|datagram| (to, datagram.to_vec())));
                });
                self.sfu_busy += began.elapsed();
                let from = worker.address;
                for (to, datagram) in sent {
                    self.send_down(from, to, &datagram);
                }
                while let Some(output) = self.workers[number].sfu.poll_output() {
                    match output {
                        Output::Transmit { to, contents } => {
                            self.send_down(from, to.remote.address, &contents);
                        }
                        Output::Link { to, message } => {
                            messages.push((LinkId(number), to, message));
                        }
                        Output::Event(event) => self.media_event(event, &mut speakers),
                    }
                }
            }
            if messages.is_empty() {
                break;
            }
            for (from, to, message) in messages {
                if to.0 < self.workers.len() {
                    self.workers[to.0].sfu.link(self.now, from, message);
                } else if let Some(told) = self.workers[from.0].sfu.for_listener(message) {
                    self.listened.push((from.0, told));
                }
            }
        }
        for speaker in speakers {
            self.decide(speaker.as_str(), &Input::Speaker);
        }
    }

    fn media_event(&mut self, event: MediaEvent, speakers: &mut Vec<ParticipantId>) {
        if let MediaEvent::Answer { session, sdp } = &event
            && let Some(person) = self.people.get_mut(session.as_str())
        {
            person.answered(sdp);
        }
        if let MediaEvent::Slots { session, slots } = &event
            && let Some(person) = self.people.get_mut(session.as_str())
        {
            person.told(slots);
        }
        if let MediaEvent::Speaker { participant, .. } = &event {
            speakers.push(participant.clone());
        }
        self.media_events.push(event);
    }

    fn send_down(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        let receiver = self.people.values_mut().find(|p| p.address == to);
        if let Some(person) = receiver {
            person.send_down(self.now, from, datagram);
        }
    }

    /// The meeting's time, from the beginning of the world.
    fn now_ms(&self) -> i64 {
        (self.now - self.start).as_millis() as i64
    }

    fn decide(&mut self, name: &str, input: &Input) {
        let events = decide(&self.meeting, self.now_ms(), &name.into(), input).expect("is allowed");
        self.happen(events);
    }

    fn happen(&mut self, events: Vec<Event>) {
        for event in events {
            let at = self.now_ms();
            apply(&mut self.meeting, at, &event);
            for change in changes(&self.meeting, std::slice::from_ref(&event)) {
                self.revision += 1;
                let change = MediaCommand::Change {
                    meeting: MeetingId::from(MEETING),
                    epoch: EPOCH,
                    revision: self.revision,
                    change,
                };
                for worker in &mut self.workers {
                    worker.sfu.command(self.now, change.clone());
                }
            }
            self.events.push(event);
        }
        self.settle();
    }
}

/// Somebody's camera.
pub fn camera(who: &str) -> SourceRef {
    SourceRef {
        participant: who.into(),
        kind: SourceKind::Camera,
    }
}
