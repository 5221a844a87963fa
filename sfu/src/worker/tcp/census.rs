//! How many connections there are, and from where.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Connections of one worker.
const MAX_CONNECTIONS: usize = 2_048;
/// Connections from one address, or one IPv6 network of 64 bits: a whole
/// administration may stand behind it.
const MAX_PER_NETWORK: usize = 512;

/// Counts connections, within bounds.
#[derive(Debug, Default)]
pub(super) struct Census {
    total: usize,
    per_network: HashMap<IpAddr, usize>,
}

impl Census {
    /// One more from there. Returns whether there is room.
    pub(super) fn enter(&mut self, ip: IpAddr) -> bool {
        let count = self.per_network.get(&network(ip)).copied();
        let count = count.unwrap_or_default();
        let has_room = self.total < MAX_CONNECTIONS && count < MAX_PER_NETWORK;
        if has_room {
            self.total += 1;
            self.per_network.insert(network(ip), count + 1);
        }
        has_room
    }

    /// One less from there.
    pub(super) fn leave(&mut self, ip: IpAddr) {
        let network = network(ip);
        if let Some(count) = self.per_network.get_mut(&network) {
            self.total -= 1;
            *count -= 1;
            if *count == 0 {
                self.per_network.remove(&network);
            }
        }
    }
}

/// What counts as one sender: an IPv4 address, or a network of 64 bits.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_does_not_take_the_room_of_all() {
        let mut census = Census::default();
        let mut entered =
            |ip: &dyn Fn(u16) -> IpAddr| (0..3_000).map(ip).filter(|ip| census.enter(*ip)).count();
        let one_host = |_: u16| IpAddr::from([203, 0, 113, 1]);
        let one_network = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
        let many = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, n + 2, 0, 0, 0, 1]);
        assert_eq!(entered(&one_host), MAX_PER_NETWORK);
        assert_eq!(entered(&one_network), MAX_PER_NETWORK);
        assert_eq!(entered(&many), MAX_CONNECTIONS - 2 * MAX_PER_NETWORK);
        for _ in 0..MAX_PER_NETWORK {
            census.leave(one_host(0));
        }
        assert_eq!(census.per_network.get(&one_host(0)), None);
        assert!(census.enter(one_host(0)));
    }
}
