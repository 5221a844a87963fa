//! A UDP socket that takes and gives many datagrams at a time: batched reads,
//! GRO and GSO where the kernel has them.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Instant;

use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Type};
use tokio::io::Interest;

use crate::batch::Transmit;

/// Wanted size of the socket's buffers, in bytes; the kernel may give less.
const SOCKET_BUFFER: usize = 4 << 20;
/// The largest UDP datagram, times the segments that GRO may join.
const RECEIVE_BUFFER: usize = 64 << 10;
/// Batches read before time is given to peers and commands.
const READS_PER_TURN: usize = 8;

/// A socket that no runtime knows yet.
pub(super) struct Socket {
    socket: UdpSocket,
    local: SocketAddr,
}

/// A socket that can be waited for.
pub(super) struct Registered {
    socket: tokio::net::UdpSocket,
    state: UdpSocketState,
    port: u16,
}

/// Room for what is read.
pub(super) struct Received {
    bytes: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
}

impl Received {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![vec![0; RECEIVE_BUFFER]; BATCH_SIZE],
            meta: vec![RecvMeta::default(); BATCH_SIZE],
        }
    }
}

impl Socket {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        // Smaller buffers work too, only with less room for bursts.
        if let Err(error) = socket
            .set_recv_buffer_size(SOCKET_BUFFER)
            .and_then(|()| socket.set_send_buffer_size(SOCKET_BUFFER))
        {
            tracing::warn!(%error, "the media socket keeps its small buffers");
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket: UdpSocket = socket.into();
        let local = socket.local_addr()?;
        Ok(Self { socket, local })
    }

    pub(super) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// To be called within the runtime that waits for it.
    pub(super) fn register(self) -> io::Result<Registered> {
        Ok(Registered {
            state: UdpSocketState::new(UdpSockRef::from(&self.socket))?,
            socket: tokio::net::UdpSocket::from_std(self.socket)?,
            port: self.local.port(),
        })
    }
}

impl Registered {
    pub(super) async fn readable(&self) {
        // An error shows in the read that follows.
        let _ = self.socket.readable().await;
    }

    /// Reads what there is, within bounds: when it came, from where, to which
    /// address, and the datagram.
    pub(super) fn receive(
        &self,
        received: &mut Received,
        mut take: impl FnMut(Instant, SocketAddr, SocketAddr, &[u8]),
    ) {
        for _ in 0..READS_PER_TURN {
            let Received { bytes, meta } = received;
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
            for (meta, buffer) in received.meta.iter().zip(&received.bytes).take(count) {
                let ip = meta.dst_ip.unwrap_or(IpAddr::from([0, 0, 0, 0]));
                let to = SocketAddr::new(ip, self.port);
                for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    take(now, meta.addr, to, datagram);
                }
            }
        }
    }

    /// Sends datagrams of one size at once.
    pub(super) fn send(&self, to: SocketAddr, transmit: Transmit<'_>) -> io::Result<()> {
        let most = self.state.max_gso_segments().max(1) * transmit.segment.max(1);
        for bytes in transmit.bytes.chunks(most) {
            let transmit = quinn_udp::Transmit {
                destination: to,
                ecn: None,
                contents: bytes,
                segment_size: (bytes.len() > transmit.segment).then_some(transmit.segment),
                src_ip: None,
            };
            self.socket.try_io(Interest::WRITABLE, || {
                self.state.try_send((&self.socket).into(), &transmit)
            })?;
        }
        Ok(())
    }
}
