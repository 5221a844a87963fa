//! The media plane of a node: its workers, and which of them has which
//! connection.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diemcau_protocol::{MediaCommand, MediaEvent, MeetingId, ParticipantId, SessionId, ToMedia};

use crate::counters::CountersSnapshot;
use crate::echo::EchoKey;
use crate::worker::{Inbox, Input, LinkListener, Running, StartError, Worker};

/// Where media comes in.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Addresses to bind, at most one of each family; unspecified for every
    /// interface.
    pub bind: Vec<IpAddr>,
    /// Port of the first worker; the others have the next ones. 0 for any free
    /// ones.
    pub port: u16,
    /// Whether peers can also come by TCP (RFC 6544), at the same ports.
    pub tcp: bool,
    /// How many workers there are, each a thread; at least 1.
    pub workers: usize,
    /// Addresses at which browsers reach this machine.
    pub public_ips: Vec<IpAddr>,
    /// Opens the tickets of line tests.
    pub echo: EchoKey,
}

/// A reading of one worker.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSnapshot {
    /// What it has counted.
    pub counters: CountersSnapshot,
    /// The processor time of its thread; zero where the system does not tell.
    pub cpu: Duration,
}

/// The running media plane.
pub struct Media {
    router: Mutex<Router>,
    workers: Vec<Running>,
}

impl Media {
    /// Opens the sockets and starts the workers. `on_event` is called on the
    /// workers' threads and must not block.
    ///
    /// # Errors
    /// When a socket cannot be opened (port taken, address not ours) or a
    /// thread cannot be started.
    pub fn start(
        config: &MediaConfig,
        on_event: impl Fn(MediaEvent) + Clone + Send + 'static,
    ) -> Result<Self, StartError> {
        Self::start_with(config, None, on_event)
    }

    /// Starts with a listener on a link to each worker, as [`Self::start`] does
    /// without.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(
        config: &MediaConfig,
        listener: Option<LinkListener>,
        on_event: impl Fn(MediaEvent) + Clone + Send + 'static,
    ) -> Result<Self, StartError> {
        let mut opened = Vec::new();
        for number in 0..config.workers.max(1) {
            let port = match (config.port, u16::try_from(number)) {
                (0, _) => 0,
                (port, Ok(number)) => port.checked_add(number).ok_or_else(no_port)?,
                (_, Err(_)) => return Err(no_port().into()),
            };
            opened.push(Worker::open(number, &config.bind, port, config.tcp)?);
        }
        let (workers, inboxes): (Vec<Worker>, Vec<Inbox>) = opened.into_iter().unzip();
        let others = |own: usize| {
            let each = inboxes.iter().enumerate();
            each.map(|(number, inbox)| (number != own).then(|| inbox.clone()))
                .collect()
        };
        let running: io::Result<Vec<Running>> = workers
            .into_iter()
            .enumerate()
            .map(|(number, worker)| {
                worker.start(config, others(number), listener.clone(), on_event.clone())
            })
            .collect();
        Ok(Self {
            router: Mutex::new(Router::new(inboxes)),
            workers: running?,
        })
    }

    /// Hands a command to whom it concerns; never blocks.
    pub fn send(&self, command: MediaCommand) {
        let mut router = self.router.lock().unwrap_or_else(PoisonError::into_inner);
        router.route(command);
    }

    /// Hands what the listener asks to a worker, by its number; never blocks.
    pub fn listener_asks(&self, worker: usize, asked: ToMedia) {
        let router = self.router.lock().unwrap_or_else(PoisonError::into_inner);
        router.asked(worker, asked);
    }

    /// How many workers there are.
    pub fn worker_count(&self) -> usize {
        self.workers.len()
    }

    /// What all workers have counted so far.
    pub fn counters(&self) -> CountersSnapshot {
        let all = self.workers.iter().map(|worker| worker.counters.snapshot());
        all.reduce(CountersSnapshot::and).unwrap_or_default()
    }

    /// What each worker has counted so far, in their order.
    pub fn workers(&self) -> Vec<WorkerSnapshot> {
        let read = |worker: &Running| WorkerSnapshot {
            counters: worker.counters.snapshot(),
            cpu: worker.cpu(),
        };
        self.workers.iter().map(read).collect()
    }

    /// The address of the first worker's socket.
    pub fn local_addr(&self) -> SocketAddr {
        self.workers[0].local
    }

    /// Whether all workers are alive.
    pub fn is_running(&self) -> bool {
        let mut workers = self.workers.iter();
        workers.all(|worker| !worker.thread.is_finished())
    }

    /// Ends the workers and waits for them.
    pub fn shutdown(self) {
        let Self { router, workers } = self;
        let stopping = router.into_inner().unwrap_or_else(PoisonError::into_inner);
        stopping.stop();
        for worker in workers {
            if worker.thread.join().is_err() {
                tracing::error!("a media worker ended in a panic");
            }
        }
    }
}

fn no_port() -> io::Error {
    io::ErrorKind::AddrNotAvailable.into()
}

/// Which worker has which connection. A participant stays with its worker;
/// a new one goes to the worker that has the fewest connections.
struct Router {
    inboxes: Vec<Inbox>,
    sessions: BTreeMap<SessionId, (usize, MeetingId, ParticipantId)>,
    homes: BTreeMap<(MeetingId, ParticipantId), usize>,
    connections: Vec<usize>,
}

impl Router {
    fn new(inboxes: Vec<Inbox>) -> Self {
        Self {
            connections: vec![0; inboxes.len()],
            inboxes,
            sessions: BTreeMap::new(),
            homes: BTreeMap::new(),
        }
    }

    fn route(&mut self, command: MediaCommand) {
        match &command {
            MediaCommand::Offer {
                meeting,
                participant,
                session,
                restart: false,
                ..
            } => {
                let worker = self.settle(meeting, participant, session);
                self.give(worker, command);
            }
            MediaCommand::Close { session } => {
                let session = session.clone();
                if let Some(worker) = self.worker_of(&session) {
                    self.give(worker, command);
                }
                self.forget(&session);
            }
            MediaCommand::Offer { session, .. }
            | MediaCommand::Layout { session, .. }
            | MediaCommand::Candidates { session, .. }
            | MediaCommand::Layers { session, .. } => {
                // Whoever does not know it says so.
                let worker = self.worker_of(session).unwrap_or(0);
                self.give(worker, command);
            }
            MediaCommand::EndMeeting { meeting, .. } => {
                let ended = meeting.clone();
                self.give_all(command);
                let gone: Vec<SessionId> = self
                    .sessions
                    .iter()
                    .filter(|(_, (_, meeting, _))| *meeting == ended)
                    .map(|(session, _)| session.clone())
                    .collect();
                for session in gone {
                    self.forget(&session);
                }
            }
            MediaCommand::Desired { .. } | MediaCommand::Change { .. } => self.give_all(command),
        }
    }

    /// The worker for a new connection.
    fn settle(
        &mut self,
        meeting: &MeetingId,
        participant: &ParticipantId,
        session: &SessionId,
    ) -> usize {
        let key = (meeting.clone(), participant.clone());
        let fewest = |connections: &[usize]| {
            let least = connections.iter().enumerate().min_by_key(|(_, n)| **n);
            least.map_or(0, |(worker, _)| worker)
        };
        let worker = *self
            .homes
            .entry(key)
            .or_insert_with(|| fewest(&self.connections));
        let older: Vec<SessionId> = self
            .sessions
            .iter()
            .filter(|(_, (_, m, p))| m == meeting && p == participant)
            .map(|(session, _)| session.clone())
            .collect();
        for session in older {
            self.sessions.remove(&session);
            self.connections[worker] -= 1;
        }
        self.connections[worker] += 1;
        self.sessions.insert(
            session.clone(),
            (worker, meeting.clone(), participant.clone()),
        );
        worker
    }

    fn forget(&mut self, session: &SessionId) {
        if let Some((worker, meeting, participant)) = self.sessions.remove(session) {
            self.connections[worker] -= 1;
            self.homes.remove(&(meeting, participant));
        }
    }

    fn worker_of(&self, session: &SessionId) -> Option<usize> {
        self.sessions.get(session).map(|(worker, ..)| *worker)
    }

    fn give(&self, worker: usize, command: MediaCommand) {
        if self.inboxes[worker].send(Input::Command(command)).is_err() {
            tracing::error!(worker, "a media worker is gone");
        }
    }

    fn asked(&self, worker: usize, asked: ToMedia) {
        if let Some(inbox) = self.inboxes.get(worker) {
            // Gone only while everything stops.
            let _ = inbox.send(Input::Asked(asked));
        }
    }

    fn give_all(&self, command: MediaCommand) {
        for worker in 0..self.inboxes.len() {
            self.give(worker, command.clone());
        }
    }

    fn stop(&self) {
        for inbox in &self.inboxes {
            // One that is gone has stopped.
            let _ = inbox.send(Input::Stop);
        }
    }
}
