//! Finds whose datagram it is: STUN by the local ICE ufrag in it, the rest by
//! the address that ICE has proved; never by asking every peer.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use crate::path::{Path, TransportAddress};
use crate::sfu::PeerId;

/// The most addresses of one peer.
const MAX_ADDRESSES: usize = 8;

/// What the first byte says (RFC 9443).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatagramKind {
    Stun,
    /// DTLS or RTP.
    Other,
    Rtcp,
    Malformed,
}

/// Sorts a datagram by its first byte (RFC 9443 §2).
pub(crate) fn classify(datagram: &[u8]) -> DatagramKind {
    match datagram.first() {
        Some(0..=3) if datagram.len() >= 20 => DatagramKind::Stun,
        Some(20..=63) if datagram.len() >= 13 => DatagramKind::Other,
        // RFC 5761 §4.
        Some(128..=191) if datagram.len() >= 8 && (192..=223).contains(&datagram[1]) => {
            DatagramKind::Rtcp
        }
        Some(128..=191) if datagram.len() >= 12 => DatagramKind::Other,
        _ => DatagramKind::Malformed,
    }
}

/// Whether a datagram of this kind is RTP.
pub(crate) fn is_rtp(kind: DatagramKind, datagram: &[u8]) -> bool {
    kind == DatagramKind::Other && datagram.first().is_some_and(|first| *first >= 128)
}

/// The receiver's ufrag in a STUN binding request: USERNAME is
/// `receiver:sender` (RFC 8445 §7.2.2). Nothing for responses, which need no
/// demultiplexing here: an ICE-lite agent sends no checks.
pub(crate) fn stun_local_ufrag(datagram: &[u8]) -> Option<&str> {
    const USERNAME: u16 = 0x0006;
    let username = stun_attribute(datagram, USERNAME)?;
    std::str::from_utf8(username).ok()?.split(':').next()
}

/// Whether a check nominates its path (RFC 8445 §7.1.2).
pub(crate) fn is_nomination(datagram: &[u8]) -> bool {
    const USE_CANDIDATE: u16 = 0x0025;
    stun_attribute(datagram, USE_CANDIDATE).is_some()
}

/// The value of an attribute (RFC 8489 §14).
fn stun_attribute(datagram: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = datagram.get(20..)?;
    while let Some((head, body)) = rest.split_at_checked(4) {
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = body.get(..len)?;
        if kind == wanted {
            return Some(value);
        }
        rest = body.get(len.next_multiple_of(4)..)?;
    }
    None
}

/// Addresses and ufrags of all peers.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<TransportAddress, (PeerId, Option<IpAddr>)>,
    /// The addresses of each peer, the one that was proved last at the end.
    addresses: HashMap<PeerId, VecDeque<TransportAddress>>,
}

impl Demux {
    /// Whose datagram it is.
    pub(crate) fn find(
        &self,
        kind: DatagramKind,
        from: TransportAddress,
        datagram: &[u8],
    ) -> Option<PeerId> {
        match kind {
            DatagramKind::Stun => self.by_ufrag.get(stun_local_ufrag(datagram)?).copied(),
            DatagramKind::Other | DatagramKind::Rtcp => self.owner(from),
            DatagramKind::Malformed => None,
        }
    }

    /// From now on, checks to this peer carry this ufrag and no other.
    pub(crate) fn set_ufrag(&mut self, ufrag: String, peer: PeerId) {
        self.by_ufrag.retain(|_, p| *p != peer);
        self.by_ufrag.insert(ufrag, peer);
    }

    /// Whose address it is.
    pub(crate) fn owner(&self, address: TransportAddress) -> Option<PeerId> {
        self.by_address.get(&address).map(|(owner, _)| *owner)
    }

    /// The way to an address: from the own one at which it was proved.
    pub(crate) fn path(&self, remote: TransportAddress) -> Path {
        let known = self.by_address.get(&remote);
        let local = known.and_then(|(_, local)| *local);
        Path { remote, local }
    }

    /// The peer answered a check from this address: its integrity was right.
    /// Of many addresses the one proved longest ago is forgotten.
    pub(crate) fn add_path(&mut self, path: Path, peer: PeerId) {
        let Path { remote, local } = path;
        self.by_address.insert(remote, (peer, local));
        let addresses = self.addresses.entry(peer).or_default();
        if addresses.back() == Some(&remote) {
            return;
        }
        addresses.retain(|known| *known != remote);
        addresses.push_back(remote);
        if addresses.len() > MAX_ADDRESSES
            && let Some(oldest) = addresses.pop_front()
            && self.owner(oldest) == Some(peer)
        {
            self.by_address.remove(&oldest);
        }
    }

    /// An address is nobody's any more. Returns whose it was.
    pub(crate) fn remove_address(&mut self, address: TransportAddress) -> Option<PeerId> {
        let (peer, _) = self.by_address.remove(&address)?;
        if let Some(addresses) = self.addresses.get_mut(&peer) {
            addresses.retain(|known| *known != address);
        }
        Some(peer)
    }

    pub(crate) fn remove(&mut self, peer: PeerId) {
        self.by_ufrag.retain(|_, p| *p != peer);
        self.by_address.retain(|_, (owner, _)| *owner != peer);
        self.addresses.remove(&peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding_request(username: &str) -> Vec<u8> {
        let mut m = vec![0u8; 20];
        m[1] = 1;
        m.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]); // SOFTWARE first
        m.extend([0, 6]);
        m.extend((username.len() as u16).to_be_bytes());
        m.extend(username.as_bytes());
        m.resize(m.len().next_multiple_of(4), 0);
        m
    }

    #[test]
    fn a_check_is_found_by_the_receivers_ufrag() {
        assert_eq!(
            stun_local_ufrag(&binding_request("mine:theirs")),
            Some("mine")
        );
    }

    #[test]
    fn malformed_checks_are_nobodys() {
        let good = binding_request("mine:theirs");
        for len in 0..good.len() - 3 {
            let _ = stun_local_ufrag(&good[..len]);
        }
        let mut long = good.clone();
        long[30] = 0xff;
        assert_eq!(stun_local_ufrag(&long), None);
        assert_eq!(stun_local_ufrag(&[0; 20]), None);
    }

    #[test]
    fn a_peer_with_many_addresses_keeps_the_newest() {
        let mut demux = Demux::default();
        let address = |port| TransportAddress::udp(([203, 0, 113, 1], port).into());
        let path = |port| Path {
            remote: address(port),
            local: None,
        };
        for port in 1..=20 {
            demux.add_path(path(port), PeerId(1));
            demux.add_path(path(1), PeerId(1));
        }
        let kept: Vec<u16> = (1..=20)
            .filter(|port| demux.owner(address(*port)).is_some())
            .collect();
        assert_eq!(kept, [1, 14, 15, 16, 17, 18, 19, 20], "1 is in use");
        demux.remove(PeerId(1));
        assert_eq!(demux.owner(address(20)), None);
    }

    #[test]
    fn one_port_is_two_addresses_by_two_protocols() {
        let mut demux = Demux::default();
        let address = ([203, 0, 113, 1], 9).into();
        let (udp, tcp) = (
            TransportAddress::udp(address),
            TransportAddress::tcp(address),
        );
        let local = Some([10, 0, 0, 1].into());
        demux.add_path(Path { remote: tcp, local }, PeerId(1));
        assert_eq!(demux.owner(udp), None);
        assert_eq!(demux.owner(tcp), Some(PeerId(1)));
        assert_eq!(demux.path(tcp).local, local);
        assert_eq!(demux.remove_address(tcp), Some(PeerId(1)));
        assert_eq!(demux.owner(tcp), None);
    }

    #[test]
    fn datagrams_are_sorted_by_their_first_byte() {
        assert_eq!(classify(&[]), DatagramKind::Malformed);
        assert_eq!(classify(&[0; 20]), DatagramKind::Stun);
        assert_eq!(classify(&[0; 19]), DatagramKind::Malformed);
        assert_eq!(classify(&[22; 13]), DatagramKind::Other);
        assert_eq!(classify(&[0x80; 12]), DatagramKind::Other);
        assert_eq!(classify(&[0x80, 200, 0, 1, 0, 0, 0, 0]), DatagramKind::Rtcp);
        assert_eq!(classify(&[0x80; 11]), DatagramKind::Malformed);
        assert_eq!(classify(&[0x50; 40]), DatagramKind::Malformed);
        assert_eq!(classify(&[0xff; 40]), DatagramKind::Malformed);
    }
}
