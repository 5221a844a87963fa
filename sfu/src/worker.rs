//! The shell of the SFU: for each worker a thread, a UDP socket, the clock.
//!
//! ```text
//!  select { socket readable | command, link | deadline } ─> Input ─> Sfu ─> effects
//!                                                                     │
//!                              other workers <── in-memory links ─────┘
//! ```

mod socket;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use diemcau_protocol::{MediaCommand, MediaEvent};
use tokio::sync::mpsc;

use crate::batch::Transmit;
use crate::counters::Counters;
use crate::echo::{Answers, Echo, is_question};
use crate::link::{LinkId, LinkMessage};
use crate::media::MediaConfig;
use crate::sfu::{Output, Sfu, SfuConfig};
use socket::{Received, Socket};

/// Inputs taken before time is given to the socket.
const INPUTS_PER_TURN: usize = 512;

/// What goes into a worker from elsewhere than its socket.
pub(crate) enum Input {
    Command(MediaCommand),
    Link(LinkId, LinkMessage),
    Stop,
}

pub(crate) type Inbox = mpsc::UnboundedSender<Input>;

/// A running worker.
pub(crate) struct Running {
    pub(crate) counters: Arc<Counters>,
    pub(crate) local: SocketAddr,
    pub(crate) thread: JoinHandle<()>,
    /// Where the system tells what the thread has used.
    account: Arc<OnceLock<PathBuf>>,
}

impl Running {
    /// The processor time of the thread so far.
    pub(crate) fn cpu(&self) -> Duration {
        let told = self.account.get().and_then(|path| {
            let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok()
        });
        Duration::from_nanos(told.unwrap_or(0))
    }
}

/// A worker that has its socket and not yet its thread.
pub(crate) struct Worker {
    number: usize,
    socket: Socket,
    inbox: mpsc::UnboundedReceiver<Input>,
}

/// What wakes a worker.
enum Wake {
    Input(Input),
    Readable,
    Deadline,
    Stop,
}

impl Worker {
    /// Opens the socket.
    pub(crate) fn open(number: usize, address: SocketAddr) -> io::Result<(Self, Inbox)> {
        let (outside, inbox) = mpsc::unbounded_channel();
        let worker = Self {
            number,
            socket: Socket::open(address)?,
            inbox,
        };
        Ok((worker, outside))
    }

    /// Starts the thread. `others` are the inboxes of all workers but this,
    /// by their number.
    pub(crate) fn start(
        self,
        media: &MediaConfig,
        others: Vec<Option<Inbox>>,
        on_event: impl Fn(MediaEvent) + Send + 'static,
    ) -> io::Result<Running> {
        let Self {
            number,
            socket,
            inbox,
        } = self;
        let local = socket.local_addr();
        let config = SfuConfig {
            candidates: media
                .public_ips
                .iter()
                .map(|ip| SocketAddr::new(*ip, local.port()))
                .collect(),
            worker: number,
            workers: others.len(),
            started_at: SystemTime::now(),
        };
        let sfu = Sfu::new(Instant::now(), config);
        let counters = sfu.shared_counters();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let socket = {
            let _guard = runtime.enter();
            socket.register()?
        };
        let shell = Shell {
            echo: Echo::new(media.echo.clone()),
            sfu,
            socket,
            inbox,
            others,
            number,
            counters: Arc::clone(&counters),
        };
        let account: Arc<OnceLock<PathBuf>> = Arc::default();
        let thread = std::thread::Builder::new()
            .name(format!("media-{number}"))
            .spawn({
                let account = Arc::clone(&account);
                move || {
                    if let Ok(own) = std::fs::read_link("/proc/thread-self") {
                        // It is set once, here.
                        let _ = account.set(Path::new("/proc").join(own));
                    }
                    runtime.block_on(shell.run(on_event));
                }
            })?;
        Ok(Running {
            counters,
            local,
            thread,
            account,
        })
    }
}

struct Shell {
    echo: Echo,
    sfu: Sfu,
    socket: socket::Registered,
    inbox: mpsc::UnboundedReceiver<Input>,
    others: Vec<Option<Inbox>>,
    number: usize,
    counters: Arc<Counters>,
}

impl Shell {
    async fn run(mut self, on_event: impl Fn(MediaEvent)) {
        let mut received = Received::new();
        loop {
            let deadline = self.flush();
            self.perform(&on_event);
            if self.sfu.is_sending() {
                // Media leaves at the deadline. What comes until then is
                // looked at together: to wake for each would cost more than
                // to forward it.
                tokio::time::sleep_until(deadline.into()).await;
                if !self.inputs(None) {
                    return;
                }
                self.receive(&mut received);
                continue;
            }
            let wake = tokio::select! {
                biased;
                input = self.inbox.recv() => input.map_or(Wake::Stop, Wake::Input),
                () = self.socket.readable() => Wake::Readable,
                () = tokio::time::sleep_until(deadline.into()) => Wake::Deadline,
            };
            match wake {
                Wake::Input(input) => {
                    if !self.inputs(Some(input)) {
                        return;
                    }
                    // However many wait, the socket is not kept waiting.
                    self.receive(&mut received);
                }
                Wake::Readable => self.receive(&mut received),
                Wake::Deadline => {}
                Wake::Stop => return,
            }
        }
    }

    /// Takes what waits, within bounds. Returns whether to go on.
    fn inputs(&mut self, first: Option<Input>) -> bool {
        let mut next = first.or_else(|| self.inbox.try_recv().ok());
        for _ in 0..INPUTS_PER_TURN {
            match next {
                Some(Input::Command(command)) => self.sfu.command(Instant::now(), command),
                Some(Input::Link(from, message)) => self.sfu.link(Instant::now(), from, message),
                Some(Input::Stop) => return false,
                None => break,
            }
            next = self.inbox.try_recv().ok();
        }
        true
    }

    fn receive(&mut self, received: &mut Received) {
        let (sfu, echo) = (&mut self.sfu, &mut self.echo);
        let mut answers = Answers::new();
        self.socket.receive(received, |now, from, to, datagram| {
            if !is_question(datagram) {
                sfu.datagram(now, from, to, datagram);
            } else if let Some(answer) = echo.answer(now, SystemTime::now(), datagram) {
                answers.push((from, answer));
            }
        });
        for (to, bytes) in &answers {
            let transmit = Transmit {
                segment: bytes.len(),
                bytes,
            };
            send(&self.socket, &self.counters, *to, transmit);
        }
    }

    fn flush(&mut self) -> Instant {
        let Self {
            sfu,
            socket,
            counters,
            ..
        } = self;
        sfu.flush(Instant::now(), &mut |to, transmit| {
            send(socket, counters, to, transmit);
        })
    }

    fn perform(&mut self, on_event: &impl Fn(MediaEvent)) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Event(event) => on_event(event),
                Output::Transmit { to, contents } => {
                    let transmit = Transmit {
                        segment: contents.len(),
                        bytes: &contents,
                    };
                    send(&self.socket, &self.counters, to, transmit);
                }
                Output::Link { to, message } => {
                    // Gone only while everything stops.
                    if let Some(Some(other)) = self.others.get(to.0) {
                        let _ = other.send(Input::Link(LinkId(self.number), message));
                    }
                }
            }
        }
    }
}

fn send(socket: &socket::Registered, counters: &Counters, to: SocketAddr, transmit: Transmit<'_>) {
    Counters::add(&counters.sends, 1);
    if let Err(error) = socket.send(to, transmit) {
        // As with any datagram that the network loses, the receiver asks again.
        Counters::add(&counters.send_errors, 1);
        tracing::debug!(%error, %to, "a send on the media socket failed");
    }
}
