//! Where a peer is, and the way there.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use str0m::net::Protocol;

/// An address with the protocol that is spoken there: the transport address
/// of RFC 8445 §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportAddress {
    /// The protocol.
    pub transport: Transport,
    /// IP address and port.
    pub address: SocketAddr,
}

/// A protocol below ICE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One datagram is one message.
    Udp,
    /// Messages framed as in RFC 4571; the other side connects (RFC 6544).
    Tcp,
}

/// The way to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// Where the peer is.
    pub remote: TransportAddress,
    /// The own address that the peer reaches, where it is known: answers come
    /// from there.
    pub local: Option<IpAddr>,
}

impl TransportAddress {
    /// An address over UDP.
    pub fn udp(address: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            address,
        }
    }

    /// An address over TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        Self {
            transport: Transport::Tcp,
            address,
        }
    }

    /// Nothing for protocols that are not spoken here.
    pub(crate) fn new(protocol: Protocol, address: SocketAddr) -> Option<Self> {
        match protocol {
            Protocol::Udp => Some(Self::udp(address)),
            Protocol::Tcp => Some(Self::tcp(address)),
            Protocol::SslTcp | Protocol::Tls => None,
        }
    }
}

impl Transport {
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Udp => Protocol::Udp,
            Self::Tcp => Protocol::Tcp,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

impl fmt::Display for TransportAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.transport, self.address)
    }
}
