//! The addresses of this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// The addresses that browsers can be told of: the source address that this
/// machine would use towards the rest of the network, then loopback.
///
/// Connecting a UDP socket only asks the routing table; nothing is sent. The
/// target is an address reserved for documentation (RFC 5737).
pub fn own() -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let target = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9));
    if let Some(address) = source_towards(target) {
        addresses.push(address);
    }
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if !addresses.contains(&loopback) {
        addresses.push(loopback);
    }
    addresses
}

/// The name of this machine, where it has one that can stand in a
/// certificate.
pub fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .ok()?;
    let name = name.trim().to_ascii_lowercase();
    let usable = !name.is_empty()
        && name.len() <= 253
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    usable.then_some(name)
}

fn source_towards(target: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(target).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_always_among_the_addresses() {
        let addresses = own();
        assert_eq!(
            addresses.last(),
            Some(&IpAddr::V4(Ipv4Addr::LOCALHOST)),
            "{addresses:?}"
        );
    }
}
