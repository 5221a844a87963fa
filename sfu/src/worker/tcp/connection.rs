//! One TCP connection.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Waker};
use std::time::Instant;

use socket2::SockRef;
use tokio::net::TcpStream;

use super::backlog::Backlog;
use super::frame::{FrameReader, Malformed};
use crate::batch::Transmit;
use crate::path::TransportAddress;
use crate::sfu::Sfu;

/// Bytes read before time is given to others.
pub(super) const READ: usize = 16 << 10;
/// Frames that are read from somebody who has proved nothing.
const MAX_UNPROVED: usize = 100;
/// Bytes that the kernel takes ahead of what it sends: what waits there can
/// be dropped no more.
const KERNEL_AHEAD: u32 = 32 << 10;

/// Why a connection is over.
pub(super) enum Ended {
    /// The other side closed it, or it broke.
    Closed,
    /// What came is not ICE-TCP, or proves nothing.
    Malformed,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl From<Malformed> for Ended {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

pub(super) struct Connection {
    socket: TcpStream,
    pub(super) remote: SocketAddr,
    local: SocketAddr,
    waker: Waker,
    reader: FrameReader,
    backlog: Backlog,
    /// Frames that came while nothing was proved.
    unproved: usize,
    /// When it was seen last that a peer is there; at first when it began.
    pub(super) proved_at: Instant,
}

impl Connection {
    pub(super) fn new(socket: TcpStream, remote: SocketAddr, waker: Waker) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        // Without it, only more of what a slow reader gets is old.
        let _ = SockRef::from(&socket).set_tcp_notsent_lowat(KERNEL_AHEAD);
        let connection = Self {
            local: socket.local_addr()?,
            socket,
            remote,
            waker,
            reader: FrameReader::default(),
            backlog: Backlog::default(),
            unproved: 0,
            proved_at: Instant::now(),
        };
        connection.arm();
        Ok(connection)
    }

    /// Reads and writes what can be, within bounds.
    pub(super) fn serve(&mut self, buffer: &mut [u8], sfu: &mut Sfu) -> Result<(), Ended> {
        match self.socket.try_read(buffer) {
            Ok(0) => return Err(Ended::Closed),
            Ok(count) => self.take(&buffer[..count], sfu)?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        self.write()?;
        self.arm();
        Ok(())
    }

    fn take(&mut self, bytes: &[u8], sfu: &mut Sfu) -> Result<(), Ended> {
        let now = Instant::now();
        let from = TransportAddress::tcp(self.remote);
        let mut frames = 0;
        let taken = self.reader.take(bytes, |frame| {
            frames += 1;
            if !frame.is_empty() {
                sfu.datagram(now, from, self.local, frame);
            }
        });
        if sfu.is_proved(from) {
            self.unproved = 0;
        } else {
            self.unproved += frames;
        }
        if self.unproved > MAX_UNPROVED {
            return Err(Ended::Malformed);
        }
        Ok(taken?)
    }

    /// Sends messages as frames. Returns how many were dropped because more
    /// than `most` bytes would wait.
    pub(super) fn send(&mut self, transmit: Transmit<'_>, most: usize) -> usize {
        let was_waiting = !self.backlog.is_empty();
        let pushed = transmit
            .datagrams()
            .filter(|message| self.backlog.push(message, most))
            .count();
        if !was_waiting {
            match self.write() {
                Ok(()) => self.arm_write(),
                // Found out again, and closed, when it is served.
                Err(_) => self.waker.wake_by_ref(),
            }
        }
        transmit.datagrams().len() - pushed
    }

    fn write(&mut self) -> io::Result<()> {
        while !self.backlog.is_empty() {
            match self.socket.try_write(self.backlog.unwritten()) {
                Ok(count) => self.backlog.wrote(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Asks to be woken when it can be read from, and where something waits,
    /// when it can be written to.
    fn arm(&self) {
        let mut context = Context::from_waker(&self.waker);
        if self.socket.poll_read_ready(&mut context).is_ready() {
            self.waker.wake_by_ref();
        }
        self.arm_write();
    }

    fn arm_write(&self) {
        let mut context = Context::from_waker(&self.waker);
        if !self.backlog.is_empty() && self.socket.poll_write_ready(&mut context).is_ready() {
            self.waker.wake_by_ref();
        }
    }
}
