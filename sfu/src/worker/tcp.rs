//! ICE-TCP (RFC 6544): peers whose network lets no UDP through connect to the
//! number of the UDP port, and send the same messages in frames (RFC 4571).
//!
//! ```text
//!  listener ─> connection ─> FrameReader ─> Sfu ─> Backlog ─> connection
//! ```
//!
//! No task for each connection: the worker that owns them all is told which
//! have something to do. Nothing waits for a slow reader: media beyond its
//! backlog is dropped, frame by frame.

mod backlog;
mod census;
mod connection;
mod frame;
mod ready;

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Type};
use tokio::net::TcpStream;

use crate::batch::Transmit;
use crate::counters::Counters;
use crate::path::TransportAddress;
use crate::sfu::Sfu;
use census::Census;
use connection::{Connection, Ended};
use ready::{Key, Ready};

/// Connections that the kernel holds until they are accepted.
const ACCEPT_QUEUE: i32 = 1_024;
/// Connections accepted, or looked at, before time is given to others.
const PER_TURN: usize = 64;
/// A connection that proves nothing is closed after this.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often that is looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// Media that wait beyond this many bytes are dropped.
const MEDIA_BACKLOG: usize = 128 << 10;
/// Checks, DTLS and reports have this much room.
const CONTROL_BACKLOG: usize = 192 << 10;

/// A listener that no runtime knows yet.
pub(super) struct Listener(TcpListener);

impl Listener {
    /// An IPv6 listener takes nothing of IPv4.
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(ACCEPT_QUEUE)?;
        Ok(Self(socket.into()))
    }
}

/// The TCP connections of a worker.
pub(super) struct Connections {
    listeners: Vec<(tokio::net::TcpListener, Waker)>,
    /// Listeners that wait because nothing could be accepted.
    resting: Vec<usize>,
    connections: BTreeMap<u64, Connection>,
    next_key: u64,
    by_remote: HashMap<SocketAddr, u64>,
    census: Census,
    ready: Arc<Ready>,
    counters: Arc<Counters>,
    buffer: Vec<u8>,
    next_sweep: Instant,
}

impl Connections {
    /// To be called within the runtime that waits for them.
    pub(super) fn new(listeners: Vec<Listener>, counters: Arc<Counters>) -> io::Result<Self> {
        let ready = Arc::new(Ready::default());
        let mut registered = Vec::with_capacity(listeners.len());
        for (index, Listener(listener)) in listeners.into_iter().enumerate() {
            let waker = ready.waker(Key::Listener(index));
            waker.wake_by_ref();
            registered.push((tokio::net::TcpListener::from_std(listener)?, waker));
        }
        Ok(Self {
            listeners: registered,
            resting: Vec::new(),
            connections: BTreeMap::new(),
            next_key: 0,
            by_remote: HashMap::new(),
            census: Census::default(),
            ready,
            counters,
            buffer: vec![0; connection::READ],
            next_sweep: Instant::now(),
        })
    }

    /// Returns when [`Self::turn`] has something to do.
    pub(super) async fn readable(&self) {
        poll_fn(|context| self.ready.poll(context)).await;
    }

    /// Whether nobody is connected.
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Accepts, reads and writes what can be, within bounds.
    pub(super) fn turn(&mut self, sfu: &mut Sfu) {
        for _ in 0..PER_TURN {
            match self.ready.next() {
                Some(Key::Listener(index)) => self.accept(index),
                Some(Key::Connection(key)) => self.serve(key, sfu),
                None => break,
            }
        }
        let now = Instant::now();
        if now >= self.next_sweep {
            self.next_sweep = now + SWEEP;
            self.sweep(now, sfu);
        }
    }

    /// Sends media.
    pub(super) fn send_media(&mut self, to: SocketAddr, transmit: Transmit<'_>) {
        self.send(to, transmit, MEDIA_BACKLOG);
    }

    /// Sends what a session cannot do without.
    pub(super) fn send_control(&mut self, to: SocketAddr, message: &[u8]) {
        let transmit = Transmit {
            segment: message.len(),
            bytes: message,
        };
        self.send(to, transmit, CONTROL_BACKLOG);
    }

    fn send(&mut self, to: SocketAddr, transmit: Transmit<'_>, most: usize) {
        let key = self.by_remote.get(&to);
        let dropped = match key.and_then(|key| self.connections.get_mut(key)) {
            Some(connection) => connection.send(transmit, most),
            None => transmit.datagrams().len(),
        };
        if dropped > 0 {
            Counters::add(&self.counters.tcp_frames_dropped, dropped as u64);
        }
    }

    fn accept(&mut self, index: usize) {
        for _ in 0..PER_TURN {
            let (listener, waker) = &self.listeners[index];
            match listener.poll_accept(&mut Context::from_waker(waker)) {
                Poll::Pending => return,
                Poll::Ready(Ok((socket, remote))) => {
                    if let Err(why) = self.add(socket, remote) {
                        Counters::add(&self.counters.tcp_refused, 1);
                        tracing::debug!(%remote, why, "a TCP connection was refused");
                    }
                }
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Poll::Ready(Err(error)) => {
                    // Such as too many open files: no use in asking at once.
                    tracing::warn!(%error, "no TCP connection can be accepted");
                    self.resting.push(index);
                    return;
                }
            }
        }
        self.listeners[index].1.wake_by_ref();
    }

    fn add(&mut self, socket: TcpStream, remote: SocketAddr) -> Result<(), &'static str> {
        if self.by_remote.contains_key(&remote) {
            return Err("there is one from there");
        }
        let key = self.next_key;
        let waker = self.ready.waker(Key::Connection(key));
        let Ok(connection) = Connection::new(socket, remote, waker) else {
            return Err("it is gone");
        };
        if !self.census.enter(remote.ip()) {
            return Err("too many are open");
        }
        self.next_key += 1;
        self.by_remote.insert(remote, key);
        self.connections.insert(key, connection);
        Counters::add(&self.counters.tcp_accepted, 1);
        self.gauge();
        Ok(())
    }

    /// Reads from a connection, and writes what waits.
    fn serve(&mut self, key: u64, sfu: &mut Sfu) {
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        match connection.serve(&mut self.buffer, sfu) {
            Ok(()) => {}
            Err(Ended::Closed) => self.close(key, sfu),
            Err(Ended::Malformed) => {
                Counters::add(&self.counters.tcp_malformed, 1);
                self.close(key, sfu);
            }
        }
    }

    /// Closes those that have proved nothing for too long.
    fn sweep(&mut self, now: Instant, sfu: &mut Sfu) {
        for index in std::mem::take(&mut self.resting) {
            self.listeners[index].1.wake_by_ref();
        }
        let mut idle = Vec::new();
        for (key, connection) in &mut self.connections {
            if sfu.is_proved(TransportAddress::tcp(connection.remote)) {
                connection.proved_at = now;
            } else if now.duration_since(connection.proved_at) >= PATIENCE {
                idle.push(*key);
            }
        }
        for key in idle {
            Counters::add(&self.counters.tcp_idle, 1);
            self.close(key, sfu);
        }
    }

    fn close(&mut self, key: u64, sfu: &mut Sfu) {
        let Some(gone) = self.connections.remove(&key) else {
            return;
        };
        self.by_remote.remove(&gone.remote);
        self.census.leave(gone.remote.ip());
        sfu.unreachable(TransportAddress::tcp(gone.remote));
        self.gauge();
    }

    fn gauge(&self) {
        let count = self.connections.len() as u64;
        Counters::set(&self.counters.tcp_connections, count);
    }
}
