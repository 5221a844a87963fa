//! The conference: the server, the clock on the wall, and who sits where.

use std::collections::BTreeMap;

use diemcau_protocol::{
    Command, ErrorCode, Event, MeetingId, ParticipantId, ServerMessage, Snapshot, SourceKind,
    SourceRef,
};

use super::machine::Machine;
use super::support::{Guest, Server};

const MINUTE: i64 = 60_000;

/// Everybody and everything.
pub(super) struct Conference {
    pub(super) machine: Machine,
    pub(super) meeting: MeetingId,
    /// Midnight before it in Vietnam, in milliseconds since 1970 UTC.
    pub(super) midnight: i64,
    /// Whose invitation is which, by what stands before the @ of the address.
    pub(super) invitations: BTreeMap<String, String>,
    server: Option<Server>,
    seats: BTreeMap<&'static str, Seat>,
    now: i64,
    turns: i64,
}

struct Seat {
    guest: Guest,
    participant: ParticipantId,
}

impl Conference {
    pub(super) fn new(
        machine: Machine,
        server: Server,
        meeting: MeetingId,
        midnight: i64,
        invitations: BTreeMap<String, String>,
    ) -> Self {
        Self {
            machine,
            meeting,
            midnight,
            invitations,
            server: Some(server),
            seats: BTreeMap::new(),
            now: 0,
            turns: 0,
        }
    }

    pub(super) fn server(&self) -> &Server {
        self.server.as_ref().expect("the server runs")
    }

    /// It is so late now, and a few milliseconds more each time: what was to
    /// last for five minutes is over five minutes later.
    pub(super) async fn clock(&mut self, hour: i64, minute: i64, second: i64) {
        self.now = self.at(hour, minute, second);
        self.server().turn_to(self.now).await;
    }

    fn at(&mut self, hour: i64, minute: i64, second: i64) -> i64 {
        self.turns += 1;
        self.midnight + (hour * 60 + minute) * MINUTE + second * 1_000 + 5 * self.turns
    }

    /// Somebody stands at the door.
    pub(super) async fn knocks(&self, who: &str) -> Guest {
        let mut guest = self.server().door().await;
        guest.hello(&self.invitations[who], who, None).await;
        guest
    }

    /// Somebody is in, and sits down.
    pub(super) async fn sits(&mut self, who: &'static str, mut guest: Guest) -> Snapshot {
        let welcome = guest.welcome().await;
        let participant = welcome.you.participant;
        self.seats.insert(who, Seat { guest, participant });
        welcome.snapshot.expect("everything is new")
    }

    pub(super) async fn comes_in(&mut self, who: &'static str) -> Snapshot {
        let guest = self.knocks(who).await;
        self.sits(who, guest).await
    }

    /// Who sits there, in order.
    pub(super) fn there(&self) -> Vec<&'static str> {
        self.seats.keys().copied().collect()
    }

    pub(super) fn id(&self, who: &str) -> ParticipantId {
        self.seats[who].participant.clone()
    }

    pub(super) fn camera(&self, who: &str) -> SourceRef {
        SourceRef {
            participant: self.id(who),
            kind: SourceKind::Camera,
        }
    }

    pub(super) fn guest(&mut self, who: &str) -> &mut Guest {
        &mut self.seats.get_mut(who).expect("sits there").guest
    }

    /// Somebody does something, and may.
    pub(super) async fn does(&mut self, who: &str, command: Command) {
        let done = self.guest(who).command(command.clone()).await;
        assert_eq!(done, Ok(()), "{who}: {command:?}");
    }

    /// Somebody tries something.
    pub(super) async fn tries(&mut self, who: &str, command: Command) -> Result<(), ErrorCode> {
        self.guest(who).command(command).await
    }

    /// Somebody hears that something happens.
    pub(super) async fn hears<T>(
        &mut self,
        who: &str,
        looked_for: impl Fn(&Event) -> Option<T>,
    ) -> T {
        let heard = self.guest(who).hear(|message| match message {
            ServerMessage::Events { events, .. } => {
                events.iter().find_map(|told| looked_for(&told.event))
            }
            _ => None,
        });
        heard.await
    }

    /// Somebody goes, and says so.
    pub(super) async fn leaves(&mut self, who: &str) {
        let mut seat = self.seats.remove(who).expect("sits there");
        let _ = seat.guest.command(Command::Leave).await;
    }

    /// The power fails: the server ends in the middle of what it does, and all
    /// lines with it.
    pub(super) fn power_fails(&mut self) {
        self.seats.clear();
        self.server.take().expect("the server ran").kill();
    }

    /// The power is back.
    pub(super) async fn power_is_back(&mut self, hour: i64, minute: i64) {
        self.now = self.at(hour, minute, 0);
        let server = self
            .machine
            .start_at(self.now, super::chapter::as_in_the_province);
        self.server = Some(server.await);
    }
}
