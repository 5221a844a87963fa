//! Which way media takes to a peer, of those that its checks have proved.
//!
//! A check that nominates a path (RFC 8445 §8.1.1) is not enough to move the
//! media there: whoever copies a check can send it again from elsewhere. The
//! peer has to be heard there too, by feedback that only it can seal, or not
//! to be heard on the old way any more.

use std::time::{Duration, Instant};

use crate::path::{Path, TransportAddress};

/// A way on which nothing is heard for so long may be left.
const SILENCE: Duration = Duration::from_secs(2);

/// The way to one peer.
#[derive(Debug, Default)]
pub(crate) struct Way {
    current: Option<(Path, Instant)>,
    nominated: Option<Path>,
}

impl Way {
    /// Where media is sent to.
    pub(crate) fn current(&self) -> Option<Path> {
        self.current.map(|(path, _)| path)
    }

    /// A check came this way, and was answered.
    pub(crate) fn checked(&mut self, now: Instant, path: Path, nominates: bool) {
        match &mut self.current {
            None => self.current = Some((path, now)),
            Some((current, heard)) if current.remote == path.remote => {
                (*current, *heard) = (path, now);
            }
            Some((_, heard)) if nominates => {
                if now.duration_since(*heard) >= SILENCE {
                    self.current = Some((path, now));
                } else {
                    self.nominated = Some(path);
                }
            }
            Some(_) => {}
        }
    }

    /// Something that only the peer can have sealed came from there.
    pub(crate) fn heard(&mut self, now: Instant, from: TransportAddress) {
        if let Some((current, heard)) = &mut self.current
            && current.remote == from
        {
            *heard = now;
            return;
        }
        if let Some(path) = self.nominated.take_if(|path| path.remote == from) {
            self.current = Some((path, now));
        }
    }

    /// This way leads nowhere any more.
    pub(crate) fn lost(&mut self, remote: TransportAddress) {
        self.current.take_if(|(path, _)| path.remote == remote);
        self.nominated.take_if(|path| path.remote == remote);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn path(port: u16) -> Path {
        Path {
            remote: TransportAddress::udp(SocketAddr::from(([203, 0, 113, 1], port))),
            local: None,
        }
    }

    #[test]
    fn a_copied_check_moves_nobody() {
        let start = Instant::now();
        let mut way = Way::default();
        way.checked(start, path(1), false);
        way.checked(start, path(2), true);
        assert_eq!(way.current(), Some(path(1)));
        way.heard(start, path(1).remote);
        assert_eq!(way.current(), Some(path(1)));
    }

    #[test]
    fn who_nominates_another_way_and_speaks_there_is_followed() {
        let start = Instant::now();
        let mut way = Way::default();
        way.checked(start, path(1), true);
        way.heard(start, path(2).remote);
        assert_eq!(way.current(), Some(path(1)), "it was not nominated");
        way.checked(start, path(2), true);
        way.heard(start, path(2).remote);
        assert_eq!(way.current(), Some(path(2)));
    }

    #[test]
    fn a_way_that_fell_silent_is_left() {
        let start = Instant::now();
        let mut way = Way::default();
        way.checked(start, path(1), true);
        let later = start + SILENCE;
        way.checked(later, path(2), false);
        assert_eq!(way.current(), Some(path(1)));
        way.checked(later, path(2), true);
        assert_eq!(way.current(), Some(path(2)));
        way.lost(path(2).remote);
        assert_eq!(way.current(), None);
        way.checked(later, path(3), false);
        assert_eq!(way.current(), Some(path(3)));
    }
}
