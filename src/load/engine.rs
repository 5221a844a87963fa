//! A thread that carries the media of many sites.
//!
//! ```text
//!   loop { poll sockets | orders -> read what is there -> send what is due }
//! ```
//!
//! It looks around in small turns instead of waking for each packet: what the
//! kernel says about a datagram's receipt makes up for the delay.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};

use super::figures::Figures;
use super::member::{Buffers, Member, Moment, Parts, Phase};

/// The shortest time between two looks at the sockets.
const TURN: Duration = Duration::from_millis(2);
/// However much there is to read, what is due leaves this soon: cameras do not
/// wait for each other, and to send what they all gave at once would measure
/// the crowd and not the server.
const PUNCTUAL: Duration = Duration::from_millis(1);
/// The longest.
const IDLE: Duration = Duration::from_millis(20);
const ORDERS: Token = Token(usize::MAX);

/// What a media thread is told.
pub(super) enum Order {
    /// This site comes in.
    Admit(usize, Box<Parts>),
    /// Only these encodings of its camera are received by anybody.
    Want(usize, Vec<String>),
    /// It leaves.
    Dismiss(usize),
    /// Count from here on.
    Measure,
    /// Count nothing new.
    Settle,
    /// Say what was measured, and end.
    Finish,
}

/// What can be read while the thread runs.
#[derive(Default)]
pub(super) struct Progress {
    /// Media packets and others.
    pub(super) datagrams: AtomicU64,
    /// Packets that are missing now.
    pub(super) missing: AtomicU64,
}

/// What went wrong with a site, by its index.
pub(super) type OnFault = Box<dyn Fn(usize, String) + Send>;

/// A running media thread.
pub(super) struct Engine {
    orders: Sender<Order>,
    waker: Arc<Waker>,
    pub(super) progress: Arc<Progress>,
    thread: JoinHandle<Figures>,
}

/// Gives orders to a media thread.
#[derive(Clone)]
pub(super) struct EngineHandle {
    orders: Sender<Order>,
    waker: Arc<Waker>,
}

impl EngineHandle {
    pub(super) fn send(&self, order: Order) {
        // A thread that has ended needs no orders.
        if self.orders.send(order).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

impl Engine {
    /// Starts a thread. `epoch` is the beginning of the clock of all sites.
    pub(super) fn start(epoch: Instant, on_fault: OnFault) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), ORDERS)?);
        let (orders, inbox) = channel();
        let progress = Arc::new(Progress::default());
        let run = Run {
            poll,
            inbox,
            epoch,
            on_fault,
            progress: Arc::clone(&progress),
            members: Vec::new(),
            phase: Phase::Joining,
            figures: Figures::new(),
        };
        let thread = std::thread::Builder::new()
            .name("load-media".into())
            .spawn(move || run.run())?;
        Ok(Self {
            orders,
            waker,
            progress,
            thread,
        })
    }

    pub(super) fn handle(&self) -> EngineHandle {
        EngineHandle {
            orders: self.orders.clone(),
            waker: Arc::clone(&self.waker),
        }
    }

    /// Ends the thread. Nothing is returned when it broke.
    pub(super) fn finish(self) -> Option<Figures> {
        self.handle().send(Order::Finish);
        self.thread.join().ok()
    }
}

struct Run {
    poll: Poll,
    inbox: Receiver<Order>,
    epoch: Instant,
    on_fault: OnFault,
    progress: Arc<Progress>,
    members: Vec<Option<Member>>,
    phase: Phase,
    figures: Figures,
}

impl Run {
    fn run(mut self) -> Figures {
        let mut events = Events::with_capacity(1_024);
        let mut buffers = Buffers::new();
        let mut looked = Instant::now();
        let mut reported = looked;
        loop {
            let wait = self.wait(looked);
            if !wait.is_zero() {
                // Sleeping through it saves a wake-up for each packet.
                std::thread::sleep(wait);
            }
            looked = Instant::now();
            let idle = self.idle(looked);
            if let Err(error) = self.poll.poll(&mut events, Some(idle))
                && error.kind() != io::ErrorKind::Interrupted
            {
                (self.on_fault)(usize::MAX, format!("epoll: {error}"));
                return self.figures;
            }
            let mut sent = Instant::now();
            for event in &events {
                match event.token() {
                    ORDERS => {}
                    Token(index) => self.read(index, &mut buffers),
                }
                if sent.elapsed() > PUNCTUAL {
                    self.turn();
                    sent = Instant::now();
                }
            }
            if self.obey() {
                return self.finish();
            }
            self.turn();
            if reported.elapsed() > Duration::from_millis(250) {
                reported = Instant::now();
                self.count_missing();
            }
        }
    }

    fn wait(&self, looked: Instant) -> Duration {
        TURN.saturating_sub(looked.elapsed())
    }

    /// How long nothing is due.
    fn idle(&self, now: Instant) -> Duration {
        let due = self.members.iter().flatten().map(Member::due).min();
        let idle = due.map_or(IDLE, |due| due.saturating_duration_since(now));
        idle.min(IDLE)
    }

    fn read(&mut self, index: usize, buffers: &mut Buffers) {
        let Some(Some(member)) = self.members.get_mut(index) else {
            return;
        };
        match member.read(buffers, self.phase, &mut self.figures) {
            Ok(datagrams) => {
                let counter = &self.progress.datagrams;
                counter.fetch_add(datagrams, Ordering::Relaxed);
            }
            Err(fault) => self.drop_member(index, fault.to_string()),
        }
    }

    fn turn(&mut self) {
        let moment = Moment::now();
        for index in 0..self.members.len() {
            let Some(member) = &mut self.members[index] else {
                continue;
            };
            if member.due() > moment.now {
                continue;
            }
            if let Err(fault) = member.turn(moment, self.phase, &mut self.figures) {
                self.drop_member(index, fault.to_string());
            }
        }
    }

    /// Carries out what was ordered. True at the end.
    fn obey(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Admit(index, parts)) => self.admit(index, *parts),
                Ok(Order::Want(index, rids)) => {
                    if let Some(Some(member)) = self.members.get_mut(index) {
                        member.camera.want(&rids);
                    }
                }
                Ok(Order::Dismiss(index)) => {
                    self.take_leave(index);
                }
                Ok(Order::Measure) => {
                    self.phase = Phase::Measuring;
                    self.members.iter_mut().flatten().for_each(Member::begin);
                }
                Ok(Order::Settle) => {
                    self.phase = Phase::Settling;
                    let now = Instant::now();
                    let members = self.members.iter_mut().flatten();
                    members.for_each(|member| member.end(now));
                }
                Ok(Order::Finish) | Err(TryRecvError::Disconnected) => return true,
                Err(TryRecvError::Empty) => return false,
            }
        }
    }

    fn admit(&mut self, index: usize, mut parts: Parts) {
        let registry = self.poll.registry();
        let admitted = registry
            .register(&mut parts.socket, Token(index), Interest::READABLE)
            .and_then(|()| Member::new(parts, self.epoch));
        match admitted {
            Ok(member) => {
                let places = self.members.len().max(index + 1);
                self.members.resize_with(places, || None);
                self.members[index] = Some(member);
            }
            Err(error) => (self.on_fault)(index, format!("the socket broke: {error}")),
        }
    }

    fn drop_member(&mut self, index: usize, why: String) {
        self.take_leave(index);
        (self.on_fault)(index, why);
    }

    /// What it saw still counts.
    fn take_leave(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index).and_then(Option::take)
            && self.phase != Phase::Joining
        {
            member.report(&mut self.figures);
        }
    }

    fn count_missing(&self) {
        let members = self.members.iter().flatten();
        let missing = members.map(Member::missing).sum();
        self.progress.missing.store(missing, Ordering::Relaxed);
    }

    fn finish(mut self) -> Figures {
        for member in self.members.iter().flatten() {
            member.report(&mut self.figures);
        }
        self.figures
    }
}
