//! A participant's place in the room: its line and its media session. Nothing
//! of it is in the log; after a restart all seats are empty.

use diemcau_protocol::SessionId;

use super::ConnectionId;
use crate::outbox::Outbox;

/// What the room knows of a participant beyond the meeting's state.
#[derive(Debug, Default)]
pub(super) struct Seat {
    /// The tab or page load that was here last.
    pub(super) instance: String,
    /// The WebSocket, while there is one.
    pub(super) connection: Option<Connection>,
    /// The media session, while there is one.
    pub(super) media: Option<MediaSession>,
}

/// A live WebSocket.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) outbox: Outbox,
}

/// A media session at the SFU.
#[derive(Debug)]
pub(super) struct MediaSession {
    pub(super) id: SessionId,
    /// The client knows of it.
    pub(super) answered: bool,
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
