//! A UDP socket that takes and gives many datagrams at a time: batched reads,
//! GRO and GSO where the kernel has them.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::task::{Context, Poll};
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
/// Own addresses that are remembered.
const MAX_OWN: usize = 64;

/// A socket that no runtime knows yet.
pub(super) struct Socket {
    socket: UdpSocket,
    local: SocketAddr,
}

/// A socket that can be waited for.
pub(super) struct Registered {
    socket: tokio::net::UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

/// Room for what is read, and what is known of where it came to.
pub(super) struct Received {
    bytes: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
    /// Destinations that were seen, and whether one can send from them.
    own: Vec<(IpAddr, bool)>,
}

impl Received {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![vec![0; RECEIVE_BUFFER]; BATCH_SIZE],
            meta: vec![RecvMeta::default(); BATCH_SIZE],
            own: Vec::new(),
        }
    }
}

/// The own address to which something came; unspecified where one could not
/// send from it, as from a broadcast address.
fn own(known: &mut Vec<(IpAddr, bool)>, destination: Option<IpAddr>, local: SocketAddr) -> IpAddr {
    let unknown = match local {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let Some(ip) = destination else {
        return unknown;
    };
    let is_own = match known.iter().find(|(seen, _)| *seen == ip) {
        Some((_, is_own)) => *is_own,
        None => {
            if known.len() == MAX_OWN {
                known.clear();
            }
            let is_own = can_send_from(ip);
            known.push((ip, is_own));
            is_own
        }
    };
    if is_own { ip } else { unknown }
}

/// Asks the kernel; nothing is sent. A broadcast address can be bound to, but
/// not connected to.
fn can_send_from(ip: IpAddr) -> bool {
    let connected = |socket: UdpSocket| socket.connect(socket.local_addr()?);
    !ip.is_multicast() && UdpSocket::bind((ip, 0)).and_then(connected).is_ok()
}

impl Socket {
    /// An IPv6 socket takes nothing of IPv4.
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
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
            local: self.local,
        })
    }
}

impl Registered {
    /// Ready when something can be read, or an error be found out by it.
    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_recv_ready(context).map(|_| ())
    }

    /// Whether addresses of this family are reached through it.
    pub(super) fn reaches(&self, to: SocketAddr) -> bool {
        self.local.is_ipv4() == to.is_ipv4()
    }

    /// Reads what there is, within bounds: when it came, from where, to which
    /// address, and the datagram.
    pub(super) fn receive(
        &self,
        received: &mut Received,
        mut take: impl FnMut(Instant, SocketAddr, SocketAddr, &[u8]),
    ) {
        for _ in 0..READS_PER_TURN {
            let Received {
                bytes,
                meta,
                own: known,
            } = received;
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
            for (meta, buffer) in meta.iter().zip(bytes).take(count) {
                let ip = own(known, meta.dst_ip, self.local);
                let to = SocketAddr::new(ip, self.local.port());
                for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    take(now, meta.addr, to, datagram);
                }
            }
            if count < meta.len() {
                return;
            }
        }
    }

    /// Sends datagrams of one size at once; from one of several own addresses
    /// where it matters.
    pub(super) fn send(
        &self,
        from: Option<IpAddr>,
        to: SocketAddr,
        transmit: Transmit<'_>,
    ) -> io::Result<()> {
        let from = from.filter(|_| self.local.ip().is_unspecified());
        let most = self.state.max_gso_segments().max(1) * transmit.segment.max(1);
        for bytes in transmit.bytes.chunks(most) {
            let transmit = quinn_udp::Transmit {
                destination: to,
                ecn: None,
                contents: bytes,
                segment_size: (bytes.len() > transmit.segment).then_some(transmit.segment),
                src_ip: from,
            };
            self.socket.try_io(Interest::WRITABLE, || {
                self.state.try_send((&self.socket).into(), &transmit)
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_can_be_sent_from() {
        let local = SocketAddr::from(([0, 0, 0, 0], 8444));
        let mut known = Vec::new();
        let mut own = |ip: [u8; 4]| own(&mut known, Some(ip.into()), local).to_string();
        assert_eq!(own([127, 0, 0, 2]), "127.0.0.2");
        assert_eq!(own([127, 0, 0, 2]), "127.0.0.2");
        assert_eq!(own([127, 255, 255, 255]), "0.0.0.0", "a broadcast address");
        assert_eq!(own([203, 0, 113, 10]), "0.0.0.0", "somebody else's");
        assert_eq!(own([224, 0, 0, 1]), "0.0.0.0", "a group's");
        assert_eq!(known.len(), 4);
    }
}
