//! A participant's place in the room: its line and its media session. Nothing
//! of it is in the log; after a restart all seats are empty.

use std::collections::BTreeMap;

use diemcau_protocol::{
    AnnouncedEvent, Cursor, ErrorCode, Event, ParticipantId, ServerMessage, SessionId, SlotShows,
    SourceRef, Welcome, You,
};

use tokio::time::Instant;

use super::batch::Waiting;
use super::pace::Pace;
use super::{ConnectionId, Join, Line, Room};
use crate::meeting::roster::{View, is_large, page};
use crate::meeting::{large_snapshot_for, lobby, snapshot_for};
use crate::outbox::{Farewell, Outbox};
use crate::permissions::actions_of;

/// What the room knows of a participant beyond the meeting's state.
#[derive(Debug, Default)]
pub(super) struct Seat {
    /// The tab or page load that was here last.
    pub(super) instance: String,
    /// Waits, and was not welcomed yet.
    pub(super) in_lobby: bool,
    /// The WebSocket, while there is one.
    pub(super) connection: Option<Connection>,
    /// What it shows of the roster, once it was told a page of it.
    pub(super) view: Option<View>,
    /// The media session, while there is one.
    pub(super) media: Option<MediaSession>,
    /// How fast it commands.
    pub(super) pace: Pace,
}

/// A live WebSocket.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) outbox: Outbox,
    /// Takes the roster of a large meeting by page.
    pub(super) pages: bool,
    /// Since when it is told nothing, because too much waits for it.
    pub(super) behind: Option<Instant>,
}

/// A media session at the SFU.
#[derive(Debug)]
pub(super) struct MediaSession {
    pub(super) id: SessionId,
    /// The client knows of it.
    pub(super) answered: bool,
    /// What its slots show, by the `a=mid` of their m-lines.
    pub(super) shows: BTreeMap<String, Option<SourceRef>>,
}

impl Seat {
    /// Whether this is the live WebSocket.
    pub(super) fn is_on(&self, connection: ConnectionId) -> bool {
        self.connection
            .as_ref()
            .is_some_and(|live| live.id == connection)
    }

    /// The media session, if it is this one.
    pub(super) fn media_is(&self, session: &SessionId) -> bool {
        self.media
            .as_ref()
            .is_some_and(|media| media.id == *session)
    }
}

impl Room {
    /// The WebSocket is no more, or the device.
    pub(super) fn hear_closed(&mut self, line: Line) {
        if let Some(seat) = self.seats.get_mut(&line.participant)
            && seat.is_on(line.connection)
        {
            seat.connection = None;
            self.waiting
                .push_back(Waiting::ConnectionLost(line.participant));
        }
    }

    /// Whoever left hears nothing more of the meeting.
    pub(super) fn see_off(&mut self, line: &Line) {
        if let Some(seat) = self.seats.get_mut(&line.participant)
            && seat.is_on(line.connection)
            && let Some(connection) = seat.connection.take()
        {
            connection.outbox.end(Farewell::Close);
        }
    }

    /// Seats whoever came in, and welcomes it.
    pub(super) fn seat(&mut self, join: Join) {
        let participant = join.line.participant.clone();
        let seat = self.seats.entry(participant.clone()).or_default();
        let same_tab = seat.instance == join.instance;
        if let Some(before) = seat.connection.take() {
            before.outbox.end(if same_tab {
                Farewell::Close
            } else {
                Farewell::stay_away(ErrorCode::TakenOver, "joined from elsewhere")
            });
        }
        let unheard_of = seat.media.as_ref().is_some_and(|media| !media.answered);
        if !same_tab || unheard_of {
            self.close_media(&participant);
        }
        let Join {
            line,
            instance,
            resume_from,
            pages,
            outbox,
            reply,
            ..
        } = join;
        let in_lobby = self.admit_to_lobby(&participant, &outbox);
        let seat = self.seats.entry(participant.clone()).or_default();
        seat.instance = instance;
        seat.in_lobby = in_lobby;
        seat.view = None;
        seat.connection = Some(Connection {
            id: line.connection,
            outbox,
            pages,
            behind: None,
        });
        if !in_lobby {
            self.greet(&participant, resume_from.as_ref());
        }
        // A session that is gone meanwhile says so itself.
        let _ = reply.send(Ok(()));
    }

    /// Whoever was removed hears so, with the reason where it was in, and
    /// nothing more.
    pub(super) fn dismiss(&mut self, participant: &ParticipantId, removed: &Event) {
        let last = ServerMessage::Events {
            cursor: self.cursor(),
            events: vec![AnnouncedEvent {
                at: self.last_at,
                event: removed.clone(),
            }],
        };
        if let Some(seat) = self.seats.get_mut(participant)
            && let Some(connection) = seat.connection.take()
        {
            if !seat.in_lobby {
                connection.outbox.send(&last);
            }
            connection.outbox.end(Farewell::stay_away(
                ErrorCode::Removed,
                "was removed from the meeting",
            ));
        }
    }

    /// Shows the lobby to whoever waits; false where nobody does.
    fn admit_to_lobby(&self, participant: &ParticipantId, outbox: &Outbox) -> bool {
        let Some(view) = lobby(&self.state, participant, self.heartbeat_seconds()) else {
            return false;
        };
        outbox.send(&ServerMessage::Lobby(Box::new(view)));
        true
    }

    /// Whoever was let in gets the whole state.
    pub(super) fn welcome_the_admitted(&mut self) {
        let admitted: Vec<ParticipantId> = self
            .seats
            .iter()
            .filter(|(id, seat)| seat.in_lobby && self.state.here(id).is_some())
            .map(|(id, _)| id.clone())
            .collect();
        for participant in admitted {
            if let Some(seat) = self.seats.get_mut(&participant) {
                seat.in_lobby = false;
            }
            self.greet(&participant, None);
        }
    }

    /// Tells whoever came in, or has fallen behind, how things stand.
    pub(super) fn greet(&mut self, participant: &ParticipantId, resume_from: Option<&Cursor>) {
        let is_large = is_large(&self.state);
        let Some(seat) = self.seats.get_mut(participant) else {
            return;
        };
        let Some(connection) = &seat.connection else {
            return;
        };
        if is_large && connection.pages && seat.view.is_none() {
            seat.view = Some(View::default());
        }
        let outbox = connection.outbox.clone();
        let view = seat.view.clone();
        let welcome = self.welcome(participant, view.as_ref(), resume_from);
        let resumes = welcome.snapshot.is_none();
        outbox.send(&ServerMessage::Welcome(Box::new(welcome)));
        // What a client missed of the roster is in no event.
        if let Some(view) = view.filter(|_| resumes) {
            let page = page(&self.state, participant, &view);
            outbox.send(&ServerMessage::Roster(page));
        }
        self.tell_of_media(participant, &outbox);
    }

    fn heartbeat_seconds(&self) -> u32 {
        u32::try_from(self.around.heartbeat.as_secs().max(1)).unwrap_or(u32::MAX)
    }

    /// What the SFU has told and tells again only when it changes.
    fn tell_of_media(&self, participant: &ParticipantId, outbox: &Outbox) {
        let seat = self.seats.get(participant);
        if let Some(media) = seat.and_then(|seat| seat.media.as_ref())
            && !media.shows.is_empty()
        {
            let slots = media.shows.iter().map(|(mid, source)| SlotShows {
                mid: mid.clone(),
                source: source.clone(),
            });
            outbox.send(&ServerMessage::Slots {
                session: media.id.clone(),
                slots: slots.collect(),
            });
        }
        outbox.send(&self.speaking_to(participant));
    }

    fn welcome(
        &self,
        participant: &ParticipantId,
        view: Option<&View>,
        resume_from: Option<&Cursor>,
    ) -> Welcome {
        let missed = resume_from.and_then(|cursor| self.recent.since(cursor));
        let missed = missed.map(|events| self.told_to(participant, view.is_some(), &events));
        let role = self
            .state
            .members
            .get(participant)
            .map(|member| member.role);
        Welcome {
            version: diemcau_protocol::PROTOCOL_VERSION,
            server: self.around.server_version.clone(),
            you: You {
                participant: participant.clone(),
                may: role.map(actions_of).unwrap_or_default(),
            },
            cursor: self.cursor(),
            snapshot: match missed {
                Some(_) => None,
                None => Some(match view {
                    Some(view) => large_snapshot_for(&self.state, participant, view),
                    None => snapshot_for(&self.state, participant),
                }),
            },
            events: missed.unwrap_or_default(),
            session: self
                .seats
                .get(participant)
                .and_then(|seat| seat.media.as_ref())
                .map(|media| media.id.clone()),
            ice_servers: self.around.ice_servers_of(participant),
            video_codecs: self.state.video_codecs(),
            heartbeat_seconds: self.heartbeat_seconds(),
        }
    }
}
