//! [`Signaling`]: opens the log, runs the meetings, lets sessions find them.

mod error;
mod opening;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use diemcau_protocol::{
    CreateMeeting, Event, InviteLink, Invitee, MeetingCreated, MeetingId, MeetingInfo,
    ParticipantId,
};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::counters::{Counters, CountersSnapshot};
use crate::log::Head;
use crate::meeting::State;
use crate::recent::Recent;
use crate::room::{ConnectionId, Input, Opening, RoomHandle, Surroundings, start};
use crate::store::{Store, StoreError};
use crate::token::{INVITATION_TTL, Place, TokenKeyError, Tokens};
use crate::{MediaSink, SignalingConfig, clock, http, ids};

pub use error::{OpenError, OpenMeetingError};
use opening::{begin, replay};

/// How long the farewells to all clients may take.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// A meeting in the directory.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// It runs.
    Running { room: RoomHandle, info: MeetingInfo },
    /// Its log is not what was once stored; nobody gets in.
    Damaged,
}

/// What sessions and requests need.
pub(crate) struct Shared {
    pub(crate) around: Arc<Surroundings>,
    pub(crate) tokens: Tokens,
    meetings: RwLock<BTreeMap<MeetingId, Entry>>,
    /// Held while a meeting is made, so that one identifier makes one meeting.
    making: tokio::sync::Mutex<()>,
    connections: AtomicU64,
    stopping: AtomicBool,
}

impl Shared {
    /// The meeting, if it is known.
    pub(crate) fn find(&self, meeting: &MeetingId) -> Option<Entry> {
        self.meetings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(meeting)
            .cloned()
    }

    fn enter(&self, meeting: MeetingId, entry: Entry) {
        self.meetings
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(meeting, entry);
    }

    fn rooms(&self) -> Vec<RoomHandle> {
        self.meetings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .filter_map(|entry| match entry {
                Entry::Running { room, .. } => Some(room.clone()),
                Entry::Damaged => None,
            })
            .collect()
    }

    /// A number for a WebSocket.
    pub(crate) fn next_connection(&self) -> ConnectionId {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the server is stopping.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Makes the meeting, or keeps the one that is there, and issues its links.
    pub(crate) async fn open_meeting(
        &self,
        spec: &CreateMeeting,
        fixed_id: Option<MeetingId>,
        fixed_participants: Option<Vec<ParticipantId>>,
    ) -> Result<MeetingCreated, OpenMeetingError> {
        http::validate(spec).map_err(OpenMeetingError::Invalid)?;
        if self.is_stopping() {
            return Err(OpenMeetingError::Stopping);
        }
        let places = match fixed_participants {
            Some(places) if places.len() != spec.invitees.len() => {
                return Err(OpenMeetingError::Invalid(
                    "one participant identifier is needed for each invitee",
                ));
            }
            Some(places) => places,
            None => spec.invitees.iter().map(|_| ids::participant()).collect(),
        };
        let meeting = fixed_id.unwrap_or_else(ids::meeting);
        let _making = self.making.lock().await;
        match self.find(&meeting) {
            Some(Entry::Running { .. }) => {}
            Some(Entry::Damaged) => return Err(OpenMeetingError::Damaged),
            None => self.make(meeting.clone(), spec).await?,
        }
        let links = spec
            .invitees
            .iter()
            .zip(&places)
            .map(|(invitee, participant)| self.link(&meeting, participant, invitee))
            .collect::<Result<_, _>>()?;
        Ok(MeetingCreated { meeting, links })
    }

    async fn make(&self, meeting: MeetingId, spec: &CreateMeeting) -> Result<(), OpenMeetingError> {
        let branch = ids::branch();
        let opening = Opening {
            state: State::empty(meeting.clone()),
            head: Head::new(meeting.clone(), branch.clone()),
            recent: Recent::new(branch),
            last_at: 0,
        };
        let event = Event::MeetingOpened {
            title: spec.title.trim().to_owned(),
            host_unit: spec.host_unit.trim().to_owned(),
        };
        let opening = begin(&self.around, opening, event).await?;
        let info = opening.state.info.clone();
        let room = start(Arc::clone(&self.around), opening);
        self.enter(meeting, Entry::Running { room, info });
        Ok(())
    }

    fn link(
        &self,
        meeting: &MeetingId,
        participant: &ParticipantId,
        invitee: &Invitee,
    ) -> Result<InviteLink, TokenKeyError> {
        let place = Place {
            meeting,
            participant,
            role: invitee.role,
            kind: invitee.kind,
            name: invitee.name.as_deref(),
            unit: invitee.unit.as_deref(),
        };
        let token = self.tokens.invitation(&place, INVITATION_TTL)?;
        Ok(InviteLink {
            participant: participant.clone(),
            name: invitee.name.clone(),
            role: invitee.role,
            kind: invitee.kind,
            unit: invitee.unit.clone(),
            path: format!("/m/{meeting}#{token}"),
        })
    }
}

/// The control plane. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Signaling {
    shared: Arc<Shared>,
}

impl Signaling {
    /// Opens the event log, replays every meeting in it and tells the media
    /// plane what it wants of each.
    ///
    /// # Errors
    /// When the log cannot be opened or written, or the token keys cannot be
    /// used. A single damaged meeting is logged and kept closed.
    pub async fn open(config: SignalingConfig, media: MediaSink) -> Result<Signaling, OpenError> {
        let tokens = Tokens::new(&config.token_key_pem, &config.token_public_pem)?;
        let (store, stored) = Store::open(&config.event_log_path).await?;
        let around = Arc::new(Surroundings {
            store,
            media,
            counters: Arc::new(Counters::default()),
            reconnect_grace: config.reconnect_grace,
            // A heart that beats all the time would leave no time for anything.
            heartbeat: config.heartbeat.max(Duration::from_millis(1)),
            ice_servers: config.ice_servers,
            server_version: config.server_version,
        });
        let shared = Arc::new(Shared {
            around: Arc::clone(&around),
            tokens,
            meetings: RwLock::new(BTreeMap::new()),
            making: tokio::sync::Mutex::new(()),
            connections: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        });
        for meeting in stored {
            let id = meeting.meeting.clone();
            let entry = match replay(meeting) {
                Ok(opening) => {
                    let opening = begin(&around, opening, Event::ServerRestarted).await?;
                    let info = opening.state.info.clone();
                    let room = start(Arc::clone(&around), opening);
                    Entry::Running { room, info }
                }
                Err(error) => {
                    tracing::error!(meeting = %id, %error, "the meeting's log is damaged");
                    Entry::Damaged
                }
            };
            shared.enter(id, entry);
        }
        Ok(Signaling { shared })
    }

    /// Lets a test reach inside.
    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Takes what the SFU tells. From any thread; never waits.
    pub fn media_event(&self, event: diemcau_protocol::MediaEvent) {
        use diemcau_protocol::MediaEvent;
        let meeting = match &event {
            MediaEvent::Answer { session, .. }
            | MediaEvent::OfferRefused { session, .. }
            | MediaEvent::Connected { session }
            | MediaEvent::Disconnected { session }
            | MediaEvent::Slots { session, .. } => ids::meeting_of(session),
            MediaEvent::Speaking { meeting, .. }
            | MediaEvent::Speaker { meeting, .. }
            | MediaEvent::OutOfStep { meeting, .. } => Some(meeting.clone()),
        };
        match meeting.and_then(|meeting| self.shared.find(&meeting)) {
            Some(Entry::Running { room, .. }) => room.tell(Input::Media(event)),
            Some(Entry::Damaged) | None => {
                tracing::debug!("the media plane tells of an unknown meeting");
            }
        }
    }

    /// Everything under `/api/v1` that signaling serves. Unknown addresses
    /// there are answered too.
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.shared))
    }

    /// Opens a meeting and issues a link for each invitee.
    ///
    /// With a fixed identifier that is known already, the meeting is kept as it
    /// is and only the links are new. Fixed participants stand in the order of
    /// the invitees.
    ///
    /// # Errors
    /// When the request is not right, or the meeting cannot be stored.
    pub async fn open_meeting(
        &self,
        spec: CreateMeeting,
        fixed_id: Option<MeetingId>,
        fixed_participants: Option<Vec<ParticipantId>>,
    ) -> Result<MeetingCreated, OpenMeetingError> {
        self.shared
            .open_meeting(&spec, fixed_id, fixed_participants)
            .await
    }

    /// A token that opens `POST /api/v1/meetings` for as long as `ttl`.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn admin_token(&self, ttl: Duration) -> Result<String, TokenKeyError> {
        self.shared.tokens.admin(ttl)
    }

    /// Whether the event log can be written now.
    ///
    /// # Errors
    /// Says why it cannot.
    pub async fn ready(&self) -> Result<(), StoreError> {
        if self.shared.is_stopping() {
            return Err(StoreError::Closed);
        }
        self.shared.around.store.probe(clock::now_ms()).await
    }

    /// The counters now.
    pub fn counters(&self) -> CountersSnapshot {
        let rooms = self.shared.rooms();
        let present = rooms.iter().map(RoomHandle::present).sum();
        self.shared
            .around
            .counters
            .snapshot(rooms.len() as u64, present)
    }

    /// Says bye to everyone, stores what is left and closes the log.
    pub async fn shutdown(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        let stopped: Vec<_> = self
            .shared
            .rooms()
            .into_iter()
            .map(|room| {
                let (done, stopped) = oneshot::channel();
                room.tell(Input::Stop { done });
                stopped
            })
            .collect();
        let everyone_gone = async {
            for room in stopped {
                // A room that is gone already has nothing left to do.
                let _ = room.await;
            }
            while self.shared.around.counters.websockets() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if timeout(FAREWELL_TIME, everyone_gone).await.is_err() {
            tracing::warn!("not everyone could be told that the server stops");
        }
        self.shared.around.store.close().await;
    }
}
