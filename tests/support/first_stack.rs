//! A [`Person`] (str0m) at a running server: over real sockets and the real
//! signaling instead of a simulated line.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diemcau::bridge::http::Client;
use diemcau_protocol::{ServerMessage, SlotKind};
use tokio::net::UdpSocket;
use url::Url;

use super::second_stack::{Seat, own_address};
use super::world::{Line, Person};

const HEARTBEAT: Duration = Duration::from_secs(5);

/// A person at a running server.
pub(crate) struct FirstStack {
    pub(crate) person: Person,
    seat: Seat,
    socket: UdpSocket,
    server: SocketAddr,
    heartbeat: tokio::time::Interval,
    answered: bool,
}

impl FirstStack {
    /// Joins; `server` is where the server's media are.
    pub(crate) async fn join(
        link: &Url,
        client: &Client,
        name: &str,
        server: SocketAddr,
    ) -> anyhow::Result<Self> {
        let mut seat = Seat::take(link, client, name).await?;
        let socket = UdpSocket::bind((own_address(link).await?, 0)).await?;
        let now = Instant::now();
        let mut person = Person::new(now, now, seat.number, Line::GOOD, 1);
        person.address = socket.local_addr()?;
        person.speaks = true;
        person.renew(now);
        seat.offer(person.offer()).await?;
        Ok(Self {
            person,
            seat,
            socket,
            server,
            heartbeat: tokio::time::interval(HEARTBEAT),
            answered: false,
        })
    }

    /// Takes part until `done` says so.
    pub(crate) async fn run_until(
        &mut self,
        mut done: impl FnMut(&Person) -> bool,
    ) -> anyhow::Result<()> {
        while !done(&self.person) {
            self.step().await?;
        }
        Ok(())
    }

    /// The own number in the meeting.
    pub(crate) fn number(&self) -> u32 {
        self.seat.number
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; 2_048];
        let due = tokio::time::Instant::from_std(self.person.next_due());
        tokio::select! {
            message = self.seat.next() => self.heard(message?).await?,
            datagram = self.socket.recv_from(&mut buffer) => {
                let (length, from) = datagram?;
                self.person.send_down(Instant::now(), from, &buffer[..length]);
            }
            () = tokio::time::sleep_until(due) => {}
            _ = self.heartbeat.tick() => self.seat.ping().await?,
        }
        let now = Instant::now();
        self.person.tick(now);
        while let Some((_, datagram)) = self.person.arrived_at_sfu(now) {
            self.socket.send_to(&datagram, self.server).await?;
        }
        Ok(())
    }

    async fn heard(&mut self, message: ServerMessage) -> anyhow::Result<()> {
        match message {
            ServerMessage::Answer { sdp, .. } => {
                self.person.answered(&sdp);
                self.answered = true;
                self.wish().await
            }
            ServerMessage::Events { .. } if self.answered => self.wish().await,
            ServerMessage::Slots { slots, .. } => {
                self.person.told(&slots);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn wish(&mut self) -> anyhow::Result<()> {
        let pictures = self.person.picture_mids();
        self.seat.wish(&self.person.stage_mid(), &pictures).await
    }

    /// Frames of this number's camera that were decoded, and those of any that
    /// could not be.
    pub(crate) fn seen(person: &Person, number: u32) -> (usize, u32) {
        let broken = person.slots.values().map(|slot| slot.decoder.broken);
        (
            person.decoded(SlotKind::Picture, number).len(),
            broken.sum(),
        )
    }
}
