//! The shell of the SFU: for each worker a thread, its sockets, the clock.
//!
//! ```text
//!  select { sockets readable | command, link | deadline } ─> Input ─> Sfu ─> effects
//!                                                                      │
//!                     other workers, the listener <── in-memory links ┘
//! ```

mod socket;
mod tcp;
mod turn;

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use diemcau_protocol::{FromMedia, MediaCommand, MediaEvent, ToMedia};
use tokio::sync::mpsc;

use crate::batch::Transmit;
use crate::counters::Counters;
use crate::echo::{Echo, is_question};
use crate::link::{LinkId, LinkMessage};
use crate::media::MediaConfig;
use crate::path::{Path, Transport, TransportAddress};
use crate::sfu::{Output, Sfu, SfuConfig};
use socket::{Received, Socket};
use tcp::{Connections, Listener};
use turn::Turns;

/// Ports tried when any free one will do.
const PORTS_TRIED: usize = 32;
/// Inputs taken before time is given to the socket.
const INPUTS_PER_TURN: usize = 512;

/// What goes into a worker from elsewhere than its socket.
pub(crate) enum Input {
    Command(MediaCommand),
    Link(LinkId, LinkMessage),
    /// What the listener asks.
    Asked(ToMedia),
    Stop,
}

pub(crate) type Inbox = mpsc::UnboundedSender<Input>;

/// Where the listener hears what a worker, by its number, tells it. Called on
/// the workers' threads; must not block.
pub type LinkListener = Arc<dyn Fn(usize, FromMedia) + Send + Sync>;

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

/// A worker that has its sockets and not yet its thread.
pub(crate) struct Worker {
    number: usize,
    ports: Ports,
    inbox: mpsc::UnboundedReceiver<Input>,
}

/// Why the media plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is taken, or its address is not ours.
    #[error("{at}: {source}")]
    Port {
        /// The port.
        at: TransportAddress,
        /// What the system says.
        source: io::Error,
    },
    /// The system refuses something else.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// The sockets of a worker; all have the same number.
struct Ports {
    local: SocketAddr,
    sockets: Vec<Socket>,
    listeners: Vec<Listener>,
}

impl Ports {
    fn open(bind: &[IpAddr], port: u16, tcp: bool) -> Result<Self, StartError> {
        let refused = |at| move |source| StartError::Port { at, source };
        let mut local = None;
        let mut sockets = Vec::new();
        let mut listeners = Vec::new();
        for ip in bind {
            let known = local.map_or(port, |local: SocketAddr| local.port());
            let wanted = SocketAddr::new(*ip, known);
            let socket = Socket::open(wanted).map_err(refused(TransportAddress::udp(wanted)))?;
            let given = socket.local_addr();
            if tcp {
                let at = TransportAddress::tcp(given);
                listeners.push(Listener::open(given).map_err(refused(at))?);
            }
            local.get_or_insert(given);
            sockets.push(socket);
        }
        Ok(Self {
            local: local.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?,
            sockets,
            listeners,
        })
    }

    /// A number that is free for all of them.
    fn open_any(bind: &[IpAddr], tcp: bool) -> Result<Self, StartError> {
        let mut opened = Self::open(bind, 0, tcp);
        for _ in 1..PORTS_TRIED {
            match &opened {
                Err(StartError::Port { source, .. })
                    if source.kind() == io::ErrorKind::AddrInUse =>
                {
                    opened = Self::open(bind, 0, tcp);
                }
                Ok(_) | Err(_) => break,
            }
        }
        opened
    }
}

/// What wakes a worker.
enum Wake {
    Input(Input),
    Readable,
    Deadline,
    Stop,
}

impl Worker {
    /// Opens the sockets: for each address UDP, and TCP where it is wanted.
    /// Port 0 is any free one.
    pub(crate) fn open(
        number: usize,
        bind: &[IpAddr],
        port: u16,
        tcp: bool,
    ) -> Result<(Self, Inbox), StartError> {
        let (outside, inbox) = mpsc::unbounded_channel();
        let ports = match port {
            0 => Ports::open_any(bind, tcp)?,
            port => Ports::open(bind, port, tcp)?,
        };
        let worker = Self {
            number,
            ports,
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
        listener: Option<LinkListener>,
        on_event: impl Fn(MediaEvent) + Send + 'static,
    ) -> io::Result<Running> {
        let Self {
            number,
            ports,
            inbox,
        } = self;
        let Ports {
            local,
            sockets,
            listeners,
        } = ports;
        let addresses = media
            .public_ips
            .iter()
            .map(|ip| SocketAddr::new(*ip, local.port()));
        let by_udp = addresses.clone().map(TransportAddress::udp);
        let by_tcp = addresses
            .map(TransportAddress::tcp)
            .filter(|_| !listeners.is_empty());
        let config = SfuConfig {
            candidates: by_udp.chain(by_tcp).collect(),
            worker: number,
            workers: others.len(),
            listened: listener.is_some(),
            started_at: SystemTime::now(),
        };
        let sfu = Sfu::new(Instant::now(), config);
        let counters = sfu.shared_counters();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (sockets, connections) = {
            let _guard = runtime.enter();
            let registered: io::Result<Vec<_>> =
                sockets.into_iter().map(Socket::register).collect();
            let connections = Connections::new(listeners, Arc::clone(&counters))?;
            (registered?, connections)
        };
        let shell = Shell {
            echo: Echo::new(media.echo.clone()),
            sfu,
            sockets,
            connections,
            inbox,
            others,
            listener,
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
                        let _ = account.set(PathBuf::from("/proc").join(own));
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
    sockets: Vec<socket::Registered>,
    connections: Connections,
    inbox: mpsc::UnboundedReceiver<Input>,
    others: Vec<Option<Inbox>>,
    listener: Option<LinkListener>,
    number: usize,
    counters: Arc<Counters>,
}

impl Shell {
    async fn run(mut self, on_event: impl Fn(MediaEvent)) {
        let mut received = Received::new();
        let mut turns = Turns::new(Instant::now());
        loop {
            let deadline = self.flush();
            self.perform(&on_event);
            if turns.flows() {
                // The thread sleeps itself: the runtime would be woken all the
                // time.
                std::thread::sleep(turns.end().saturating_duration_since(Instant::now()));
                if turns.is_runtimes() || !self.connections.is_empty() {
                    tokio::task::yield_now().await;
                }
                let now = Instant::now();
                let Some(taken) = self.inputs(None) else {
                    return;
                };
                let came = taken + self.receive(&mut received);
                turns.ended(now, came);
                continue;
            }
            let wake = tokio::select! {
                biased;
                input = self.inbox.recv() => input.map_or(Wake::Stop, Wake::Input),
                () = readable(&self.sockets) => Wake::Readable,
                () = self.connections.readable() => Wake::Readable,
                () = tokio::time::sleep_until(deadline.into()) => Wake::Deadline,
            };
            match wake {
                Wake::Input(input) => {
                    if self.inputs(Some(input)).is_none() {
                        return;
                    }
                    // However many wait, the sockets are not kept waiting.
                    self.receive(&mut received);
                }
                Wake::Readable => {
                    turns.woken(Instant::now());
                    self.receive(&mut received);
                }
                Wake::Deadline => self.connections.turn(&mut self.sfu),
                Wake::Stop => return,
            }
        }
    }

    /// Takes what waits, within bounds. Returns how much of it was media;
    /// nothing when it is time to stop.
    fn inputs(&mut self, first: Option<Input>) -> Option<usize> {
        let mut media = 0;
        let mut next = first.or_else(|| self.inbox.try_recv().ok());
        for _ in 0..INPUTS_PER_TURN {
            match next {
                Some(Input::Command(command)) => self.sfu.command(Instant::now(), command),
                Some(Input::Link(from, message)) => {
                    media += 1;
                    self.sfu.link(Instant::now(), from, message);
                }
                Some(Input::Asked(asked)) => self.sfu.listener_asks(Instant::now(), asked),
                Some(Input::Stop) => return None,
                None => break,
            }
            next = self.inbox.try_recv().ok();
        }
        Some(media)
    }

    /// Takes what the sockets have. Returns how many datagrams that was.
    fn receive(&mut self, received: &mut Received) -> usize {
        let mut count = 0;
        let (sfu, echo) = (&mut self.sfu, &mut self.echo);
        let mut answers: Vec<(Path, Vec<u8>)> = Vec::new();
        for socket in &self.sockets {
            socket.receive(received, |now, from, to, datagram| {
                count += 1;
                if !is_question(datagram) {
                    sfu.datagram(now, TransportAddress::udp(from), to, datagram);
                } else if let Some(answer) = echo.answer(now, SystemTime::now(), datagram) {
                    let path = Path {
                        remote: TransportAddress::udp(from),
                        local: Some(to.ip()).filter(|ip| !ip.is_unspecified()),
                    };
                    answers.push((path, answer));
                }
            });
        }
        for (path, bytes) in answers {
            self.transmit(path, &bytes);
        }
        self.connections.turn(&mut self.sfu);
        count
    }

    fn flush(&mut self) -> Instant {
        let Self {
            sfu,
            sockets,
            connections,
            counters,
            ..
        } = self;
        sfu.flush(
            Instant::now(),
            &mut |to, transmit| match to.remote.transport {
                Transport::Udp => send(sockets, counters, to, transmit),
                Transport::Tcp => connections.send_media(to.remote.address, transmit),
            },
        )
    }

    fn perform(&mut self, on_event: &impl Fn(MediaEvent)) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Event(event) => on_event(event),
                Output::Transmit { to, contents } => self.transmit(to, &contents),
                Output::Link { to, message } if to.0 == self.others.len() => {
                    if let Some(listener) = &self.listener
                        && let Some(told) = self.sfu.for_listener(message)
                    {
                        listener(self.number, told);
                    }
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

    fn transmit(&mut self, to: Path, contents: &[u8]) {
        match to.remote.transport {
            Transport::Udp => {
                let transmit = Transmit {
                    segment: contents.len(),
                    bytes: contents,
                };
                send(&self.sockets, &self.counters, to, transmit);
            }
            Transport::Tcp => self.connections.send_control(to.remote.address, contents),
        }
    }
}

async fn readable(sockets: &[socket::Registered]) {
    poll_fn(|context| {
        let mut each = sockets.iter();
        if each.any(|socket| socket.poll_readable(context).is_ready()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

fn send(sockets: &[socket::Registered], counters: &Counters, to: Path, transmit: Transmit<'_>) {
    Counters::add(&counters.sends, 1);
    let Path { remote, local } = to;
    let mut each = sockets.iter();
    let sent = match each.find(|socket| socket.reaches(remote.address)) {
        Some(socket) => socket.send(local, remote.address, transmit),
        None => Err(io::ErrorKind::NetworkUnreachable.into()),
    };
    if let Err(error) = sent {
        // As with any datagram that the network loses, the receiver asks again.
        Counters::add(&counters.send_errors, 1);
        tracing::debug!(%error, %remote, "a send on the media socket failed");
    }
}
