//! The shell of one [`Sfu`]: a thread, a UDP socket, the clock.
//!
//! ```text
//!  select { socket readable | command | deadline } ─> Input ─> Sfu ─> effects
//! ```

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use diemcau_protocol::{MediaCommand, MediaEvent};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::sync::mpsc;

use crate::counters::{Counters, CountersSnapshot};
use crate::sfu::{Output, Sfu, SfuConfig};

/// Wanted size of the socket's buffers, in bytes; the kernel may give less.
const SOCKET_BUFFER: usize = 4 << 20;
/// The largest UDP datagram, times the segments that GRO may join.
const RECEIVE_BUFFER: usize = 64 << 10;
/// Batches read before time is given to peers and commands.
const READS_PER_TURN: usize = 8;
/// The most bytes that one GSO send may carry.
const SEND_BYTES: usize = 60_000;

/// Where media comes in.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Address to bind; unspecified for every interface.
    pub bind: IpAddr,
    /// UDP port; 0 for any free one.
    pub port: u16,
    /// Addresses at which browsers reach this machine.
    pub public_ips: Vec<IpAddr>,
}

/// A running media worker.
pub struct Media {
    commands: mpsc::UnboundedSender<MediaCommand>,
    counters: Arc<Counters>,
    local: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Media {
    /// Opens the socket and starts the worker. `on_event` is called on the
    /// worker's thread and must not block.
    ///
    /// # Errors
    /// When the socket cannot be opened (port taken, address not ours) or the
    /// thread cannot be started.
    pub fn start(
        config: MediaConfig,
        on_event: impl Fn(MediaEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let socket = open_socket(SocketAddr::new(config.bind, config.port))?;
        let local = socket.local_addr()?;
        let candidates = config
            .public_ips
            .iter()
            .map(|ip| SocketAddr::new(*ip, local.port()))
            .collect();
        let sfu = Sfu::new(Instant::now(), SfuConfig { candidates });
        let counters = sfu.shared_counters();
        let (commands, inbox) = mpsc::unbounded_channel();
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let socket = {
            let _guard = runtime.enter();
            tokio::net::UdpSocket::from_std(socket)?
        };
        let worker = Worker {
            sfu,
            socket,
            state,
            inbox,
            counters: Arc::clone(&counters),
        };
        let thread = std::thread::Builder::new()
            .name("media-0".into())
            .spawn(move || runtime.block_on(worker.run(on_event)))?;
        Ok(Self {
            commands,
            counters,
            local,
            thread: Some(thread),
        })
    }

    /// Hands a command to the worker; never blocks.
    pub fn send(&self, command: MediaCommand) {
        if self.commands.send(command).is_err() {
            tracing::error!("the media worker is gone");
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> CountersSnapshot {
        self.counters.snapshot()
    }

    /// The address of its socket.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Whether the worker is alive.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|t| !t.is_finished())
    }

    /// Ends the worker and waits for it.
    pub fn shutdown(mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        drop(self);
        if thread.join().is_err() {
            tracing::error!("the media worker ended in a panic");
        }
    }
}

fn open_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    // Smaller buffers work too, only with less room for bursts.
    if let Err(error) = socket
        .set_recv_buffer_size(SOCKET_BUFFER)
        .and_then(|()| socket.set_send_buffer_size(SOCKET_BUFFER))
    {
        tracing::warn!(%error, "the media socket keeps its small buffers");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

struct Worker {
    sfu: Sfu,
    socket: tokio::net::UdpSocket,
    state: UdpSocketState,
    inbox: mpsc::UnboundedReceiver<MediaCommand>,
    counters: Arc<Counters>,
}

/// What wakes the worker.
enum Input {
    Command(MediaCommand),
    Readable,
    Deadline,
    Stop,
}

impl Worker {
    async fn run(mut self, on_event: impl Fn(MediaEvent)) {
        let mut buffers = ReceiveBuffers::new();
        let mut sends = SendBatch::default();
        loop {
            let deadline = self.sfu.flush(Instant::now());
            self.perform(&on_event, &mut sends);
            let input = tokio::select! {
                biased;
                command = self.inbox.recv() => command.map_or(Input::Stop, Input::Command),
                _ = self.socket.readable() => Input::Readable,
                () = tokio::time::sleep_until(deadline.into()) => Input::Deadline,
            };
            match input {
                Input::Command(command) => {
                    self.sfu.command(Instant::now(), command);
                    // However many commands wait, media is not kept waiting.
                    self.receive(&mut buffers);
                }
                Input::Readable => self.receive(&mut buffers),
                Input::Deadline => {}
                Input::Stop => return,
            }
        }
    }

    fn receive(&mut self, buffers: &mut ReceiveBuffers) {
        for _ in 0..READS_PER_TURN {
            let ReceiveBuffers { bytes, meta } = buffers;
            let read = self.socket.try_io(Interest::READABLE, || {
                let mut slices: Vec<IoSliceMut<'_>> =
                    bytes.iter_mut().map(|b| IoSliceMut::new(b)).collect();
                self.state.recv((&self.socket).into(), &mut slices, meta)
            });
            let count = match read {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::debug!(%error, "a read from the media socket failed");
                    return;
                }
            };
            let now = Instant::now();
            let port = self.socket.local_addr().map_or(0, |local| local.port());
            for (meta, buffer) in buffers.meta.iter().zip(&buffers.bytes).take(count) {
                let ip = meta.dst_ip.unwrap_or(IpAddr::from([0, 0, 0, 0]));
                let to = SocketAddr::new(ip, port);
                for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    self.sfu.datagram(now, meta.addr, to, datagram);
                }
            }
        }
    }

    /// Performs what the SFU wants. Consecutive datagrams of one size to one
    /// receiver leave as one send (GSO).
    fn perform(&mut self, on_event: &impl Fn(MediaEvent), sends: &mut SendBatch) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Event(event) => on_event(event),
                Output::Transmit { to, contents } => {
                    if !sends.fits(to, &contents, self.state.max_gso_segments()) {
                        self.send(sends);
                    }
                    sends.push(to, &contents);
                }
            }
        }
        self.send(sends);
    }

    fn send(&self, sends: &mut SendBatch) {
        let Some(to) = sends.to else {
            return;
        };
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: &sends.bytes,
            segment_size: Some(sends.segment),
            src_ip: None,
        };
        let sent = self.socket.try_io(Interest::WRITABLE, || {
            self.state.try_send((&self.socket).into(), &transmit)
        });
        if let Err(error) = sent {
            // As with any datagram that the network loses, the receiver asks again.
            Counters::add(&self.counters.send_errors, 1);
            tracing::debug!(%error, %to, "a send on the media socket failed");
        }
        sends.clear();
    }
}

struct ReceiveBuffers {
    bytes: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
}

impl ReceiveBuffers {
    fn new() -> Self {
        Self {
            bytes: vec![vec![0; RECEIVE_BUFFER]; BATCH_SIZE],
            meta: vec![RecvMeta::default(); BATCH_SIZE],
        }
    }
}

/// Datagrams that leave together: all of one size, but for a shorter last one.
#[derive(Default)]
struct SendBatch {
    to: Option<SocketAddr>,
    segment: usize,
    count: usize,
    closed: bool,
    bytes: Vec<u8>,
}

impl SendBatch {
    fn fits(&self, to: SocketAddr, datagram: &[u8], max_segments: usize) -> bool {
        match self.to {
            None => true,
            Some(same) => {
                same == to
                    && !self.closed
                    && datagram.len() <= self.segment
                    && self.count < max_segments
                    && self.bytes.len() + datagram.len() <= SEND_BYTES
            }
        }
    }

    fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        if self.to.is_none() {
            self.to = Some(to);
            self.segment = datagram.len();
        }
        self.closed = datagram.len() < self.segment;
        self.count += 1;
        self.bytes.extend_from_slice(datagram);
    }

    fn clear(&mut self) {
        self.to = None;
        self.count = 0;
        self.closed = false;
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_of_one_size_to_one_receiver_leave_together() {
        let an: SocketAddr = ([127, 0, 0, 1], 1).into();
        let binh: SocketAddr = ([127, 0, 0, 1], 2).into();
        let mut batch = SendBatch::default();
        assert!(batch.fits(an, &[0; 1_000], 4));
        batch.push(an, &[0; 1_000]);
        assert!(batch.fits(an, &[0; 1_000], 4));
        assert!(!batch.fits(binh, &[0; 1_000], 4));
        assert!(
            !batch.fits(an, &[0; 1_001], 4),
            "a longer one cannot follow"
        );
        batch.push(an, &[0; 300]);
        assert!(!batch.fits(an, &[0; 300], 4), "a shorter one is the last");
        batch.clear();
        for _ in 0..4 {
            batch.push(an, &[0; 100]);
        }
        assert!(!batch.fits(an, &[0; 100], 4));
    }
}
