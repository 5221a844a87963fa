//! [`Signaling`]: opens the log, runs the meetings, lets sessions find them.

mod directory;
mod error;
mod keeper;
mod messages;
mod opening;
mod planned;
mod readiness;
mod recorded;
mod sending;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use diemcau_protocol::{
    CourseEvent, CreateMeeting, Event, InviteLink, Invitee, MeetingCreated, MeetingId,
    ParticipantId,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::administration::Administration;
use crate::ballots::BallotBox;
use crate::counters::{Counters, CountersSnapshot};
use crate::device::Devices;
use crate::documents::{Shelf, settle_pending};
use crate::identity::Identity;
use crate::identity::provider::Provider;
use crate::mail::Mailer;
use crate::meeting::Refusal;
use crate::room::{ConnectionId, Input, Join, PlacesOnServer, RoomHandle, Surroundings};
use crate::store::{Store, StoreError};
use crate::token::{INVITATION_TTL, Place, TokenKeyError, Tokens};
use crate::webhook::Caller;
use crate::{MediaSink, Planning, SignalingConfig, clock, http, ids};

use directory::Directory;
pub(crate) use directory::Known;
pub(crate) use error::Denied;
pub use error::{OpenError, OpenMeetingError, OpeningError};
use keeper::Keeper;
pub(crate) use planned::OVERRUN;
use readiness::Readiness;
pub use recorded::{LoggedEvent, LoggedValue};

/// A room may end while somebody comes in; then the meeting is opened again.
const ROOMS_TRIED: u32 = 2;

/// How long the farewells to all clients may take.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// What sessions and requests need.
pub(crate) struct Shared {
    pub(crate) around: Arc<Surroundings>,
    pub(crate) tokens: Tokens,
    pub(crate) meetings: Arc<Directory>,
    pub(crate) devices: Devices,
    pub(crate) administration: Administration,
    pub(crate) documents: Shelf,
    pub(crate) planning: Planning,
    /// The address that letters come from.
    sender: String,
    pub(crate) identity: Identity,
    readiness: Readiness,
    connections: AtomicU64,
}

impl Shared {
    /// A number for a WebSocket.
    pub(crate) fn next_connection(&self) -> ConnectionId {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Seats somebody in a meeting, which is opened if need be.
    pub(crate) async fn come_in(
        &self,
        meeting: &MeetingId,
        participant: &ParticipantId,
        join: impl Fn(oneshot::Sender<Result<(), Refusal>>) -> Join,
    ) -> Result<RoomHandle, Denied> {
        let is_planned = self.pass_the_door(meeting, participant).await?;
        for _ in 0..ROOMS_TRIED {
            let room = match self.meetings.room(meeting).await {
                Err(OpeningError::Unknown) if is_planned => self.open_planned(meeting).await?,
                room => room?,
            };
            let (reply, answer) = oneshot::channel();
            room.tell(Input::Join(Box::new(join(reply))));
            match answer.await {
                Ok(Ok(())) => return Ok(room),
                Ok(Err(refusal)) => return Err(refusal.into()),
                // The room has ended at this very moment; the next one is asked.
                Err(_) => {}
            }
        }
        Err(OpeningError::Fault.into())
    }

    /// Makes the meeting, or keeps the one that is there, and issues its links.
    pub(crate) async fn open_meeting(
        &self,
        spec: &CreateMeeting,
        fixed_id: Option<MeetingId>,
        fixed_participants: Option<Vec<ParticipantId>>,
    ) -> Result<MeetingCreated, OpenMeetingError> {
        let spec = http::fit(spec).map_err(OpenMeetingError::Invalid)?;
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
        let CreateMeeting {
            title,
            host_unit,
            video_codec,
            ..
        } = spec;
        let first = if spec.rehearsal {
            Event::Course(CourseEvent::RehearsalBegan {
                title,
                host_unit,
                video_codec,
            })
        } else {
            Event::MeetingOpened {
                title,
                host_unit,
                video_codec,
            }
        };
        self.meetings.room_or_new(&meeting, &[first]).await?;
        let links = spec
            .invitees
            .iter()
            .zip(&places)
            .map(|(invitee, participant)| self.link(&meeting, participant, invitee))
            .collect::<Result<_, _>>()?;
        Ok(MeetingCreated { meeting, links })
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
    pub(crate) shared: Arc<Shared>,
    keeper: Arc<Keeper>,
}

impl Signaling {
    /// Opens the event log and every meeting in which somebody was when the
    /// server stopped, and tells the media plane what it wants of each. The
    /// others are opened when they are needed.
    ///
    /// # Errors
    /// When the log cannot be opened or written, or the token keys cannot be
    /// used. A single damaged meeting is logged and kept closed.
    pub async fn open(config: SignalingConfig, media: MediaSink) -> Result<Signaling, OpenError> {
        let tokens = Tokens::new(&config.token_key_pem, &config.token_public_pem)?;
        let provider = config.oidc.map(Provider::new).transpose()?;
        let identity =
            Identity::new(&config.token_key_pem, provider).map_err(|_| OpenError::Identity)?;
        let (store, occupied) = Store::open(&config.store).await?;
        let administration = Administration::open(&config.store).await?;
        let mailer = config.planning.mail.as_ref().map(Mailer::new).transpose()?;
        let caller = Caller::new(config.planning.private_webhooks)?;
        let (ballots, voting) = BallotBox::open(&config.ballots).await?;
        let documents = Shelf::open(config.documents).map_err(OpenError::Documents)?;
        settle_pending(&documents, &store).await?;
        let (notices, noticed) = mpsc::unbounded_channel();
        let around = Arc::new(Surroundings {
            store,
            ballots,
            media,
            recorder: config.recorder,
            counters: Arc::new(Counters::default()),
            reconnect_grace: config.reconnect_grace,
            recorded_alone: config.recorded_alone,
            // A heart that beats all the time would leave no time for anything.
            heartbeat: config.heartbeat.max(Duration::from_millis(1)),
            ice_servers: config.ice_servers,
            turn: config.turn,
            echo: config.echo,
            line_tests: Arc::new(Semaphore::new(http::line_test::TESTS)),
            server_version: config.server_version,
            places: PlacesOnServer::new(config.planning.limits.sites_per_server),
            notices,
        });
        let meetings = Arc::new(Directory::new(Arc::clone(&around)));
        // A vote goes on, and ends in time, also where nobody is in the meeting.
        for meeting in occupied.into_iter().chain(voting) {
            match meetings.room(&meeting).await {
                Ok(_) | Err(OpeningError::Damaged | OpeningError::Unknown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let shared = Arc::new(Shared {
            around,
            tokens,
            meetings,
            devices: Devices::default(),
            administration,
            documents,
            identity,
            planning: config.planning,
            sender: mailer
                .as_ref()
                .map_or(String::new(), |mailer| mailer.sender().to_owned()),
            readiness: Readiness::default(),
            connections: AtomicU64::new(1),
        });
        let keeper = Arc::new(Keeper::start(&shared, noticed, mailer, caller));
        Ok(Signaling { shared, keeper })
    }

    /// What sessions and requests need.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
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
            | MediaEvent::Line { session, .. }
            | MediaEvent::Wanted { session, .. }
            | MediaEvent::Slots { session, .. } => ids::meeting_of(session),
            MediaEvent::Speaking { meeting, .. }
            | MediaEvent::Speaker { meeting, .. }
            | MediaEvent::OutOfStep { meeting, .. } => Some(meeting.clone()),
        };
        match meeting.and_then(|meeting| self.shared.meetings.running(&meeting)) {
            Some(room) => room.tell(Input::Media(event)),
            None => tracing::debug!("the media plane tells of a meeting that does not run"),
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

    /// Whether the event log can be written, now or up to two seconds ago.
    ///
    /// # Errors
    /// Says why it cannot.
    pub async fn ready(&self) -> Result<(), StoreError> {
        if self.shared.meetings.is_stopping() {
            return Err(StoreError::Closed);
        }
        let store = self.shared.around.store.clone();
        let trial = async move { store.probe(clock::now_ms()).await };
        self.shared.readiness.ask(trial).await
    }

    /// The counters now.
    pub fn counters(&self) -> CountersSnapshot {
        let rooms = self.shared.meetings.rooms();
        let present = rooms.iter().map(RoomHandle::present).sum();
        let devices = self.shared.devices.count();
        self.shared
            .around
            .counters
            .snapshot(rooms.len() as u64, present, devices)
    }

    /// Says bye to everyone, stores what is left and closes the log.
    pub async fn shutdown(&self) {
        self.shared.meetings.stop();
        let stopped: Vec<_> = self
            .shared
            .meetings
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
        self.keeper.stop().await;
        self.shared.around.store.close().await;
        self.shared.administration.close().await;
        self.shared.around.ballots.close().await;
    }
}
