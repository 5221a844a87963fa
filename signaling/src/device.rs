//! A device that came in by HTTP (WHIP, RFC 9725; WHEP,
//! draft-ietf-wish-whep): a seat in the meeting without a WebSocket.
//!
//! ```text
//!   POST ──> task: join, offer, answer ──> 201     room, as any other seat
//!   PATCH, DELETE ──> request ──> task ──> reply   ◄── Said ── outbox
//! ```
//!
//! The task lives as long as the media connection does. When media is lost the
//! participant is awaited back like one whose WebSocket broke; the device comes
//! back with another POST.

pub(crate) mod description;
mod registry;

use std::borrow::Cow;
use std::sync::Arc;

use diemcau_protocol::{
    Action, Command, CommandId, ErrorCode, MediaOffer, MeetingId, ParticipantId, Role, SessionId,
};
use tokio::sync::{mpsc, oneshot};

use crate::ids;
use crate::meeting::Newcomer;
use crate::outbox::{self, DeviceInbox, Farewell, Said};
use crate::permissions::{Scope, permits};
use crate::room::{Input, Join, Line, RoomHandle};
use crate::service::{Denied, Shared};
use description::{Fragment, Purpose};
pub(crate) use registry::{DeviceHandle, Devices, Protocol};

/// Requests that may wait for one device.
const QUEUE_LENGTH: usize = 16;

/// A device that wants to come in.
pub(crate) struct Arrival {
    pub(crate) protocol: Protocol,
    pub(crate) meeting: MeetingId,
    pub(crate) participant: ParticipantId,
    pub(crate) newcomer: Newcomer,
    pub(crate) offer: MediaOffer,
    pub(crate) purpose: Purpose,
}

/// A device that is in.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// Names its resource; cannot be guessed.
    pub(crate) id: String,
    /// Names its ICE session.
    pub(crate) etag: String,
    /// The answer (RFC 8829).
    pub(crate) sdp: String,
}

/// Why a device is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeviceError {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The meeting or the media plane refused it.
    #[error("{0:?}: {1}")]
    Refused(ErrorCode, Cow<'static, str>),
    /// The entity tag is of another ICE session.
    #[error("the entity tag does not match")]
    Outdated,
    /// One restart at a time.
    #[error("ICE is being restarted")]
    Busy,
    /// It is gone.
    #[error("there is no such device any more")]
    Gone,
}

/// The precondition of a PATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    Any,
    Etag(String),
}

/// What became of a PATCH.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Patched {
    /// The candidates are handed on.
    Trickled,
    /// ICE begins anew, with these parameters of ours.
    Restarted { etag: String, fragment: String },
}

/// What HTTP asks of a device's task.
#[derive(Debug)]
pub(crate) enum Request {
    Patch {
        if_match: IfMatch,
        fragment: Fragment,
        reply: oneshot::Sender<Result<Patched, DeviceError>>,
    },
    Leave {
        reply: oneshot::Sender<()>,
    },
}

/// What the task wakes up for.
enum Wake {
    Request(Request),
    Said(Said),
    /// Nobody asks or says anything any more.
    Over,
}

/// A restart that the media plane has not answered yet.
struct Restart {
    id: CommandId,
    offer: MediaOffer,
    candidates: Vec<String>,
    reply: oneshot::Sender<Result<Patched, DeviceError>>,
}

struct Device {
    room: RoomHandle,
    line: Line,
    inbox: DeviceInbox,
    next_id: CommandId,
    /// The newest offer.
    offer: MediaOffer,
    session: SessionId,
    etag: String,
    restart: Option<Restart>,
}

/// Serves a device until it ends. The reply comes once.
pub(crate) async fn run(
    shared: Arc<Shared>,
    arrival: Arrival,
    reply: oneshot::Sender<Result<Arrived, DeviceError>>,
) {
    let (protocol, meeting) = (arrival.protocol, arrival.meeting.clone());
    let (mut device, sdp) = match Device::come_in(&shared, arrival).await {
        Ok(arrived) => arrived,
        Err(error) => {
            let _ = reply.send(Err(error));
            return;
        }
    };
    let (requests, mut inbox) = mpsc::channel(QUEUE_LENGTH);
    let registered = shared.devices.add(DeviceHandle {
        protocol,
        meeting,
        participant: device.line.participant.clone(),
        requests,
    });
    let arrived = Arrived {
        id: registered.id().to_owned(),
        etag: device.etag.clone(),
        sdp,
    };
    if reply.send(Ok(arrived)).is_err() {
        // Nobody knows the way to it: it would stay for ever.
        device.leave();
    }
    device.serve(&mut inbox).await;
}

impl Device {
    async fn come_in(shared: &Shared, arrival: Arrival) -> Result<(Self, String), DeviceError> {
        let Arrival {
            meeting,
            participant,
            newcomer,
            offer,
            purpose,
            ..
        } = arrival;
        let line = Line {
            participant,
            connection: shared.next_connection(),
        };
        let instance = ids::device();
        let (outbox, mut inbox) = outbox::device_channel();
        let join = |reply| Join {
            line: line.clone(),
            newcomer: newcomer.clone(),
            instance: instance.clone(),
            resume_from: None,
            pages: false,
            outbox: outbox.clone(),
            reply,
        };
        let room = shared.come_in(&meeting, &line.participant, join).await?;
        room.tell(Input::Offer {
            line: line.clone(),
            id: 0,
            session: None,
            offer: Box::new(offer.clone()),
        });
        let (session, sdp) = match inbox.answer(&room).await {
            Ok(answer) => answer,
            Err(error) => {
                let command = Command::Leave;
                room.tell(Input::Command {
                    line: line.clone(),
                    id: 1,
                    command,
                });
                room.tell(Input::Closed { line });
                return Err(error);
            }
        };
        let mut device = Self {
            room,
            line,
            inbox,
            next_id: 1,
            offer,
            session,
            etag: ids::device(),
            restart: None,
        };
        device.begin(newcomer.role, purpose);
        Ok((device, sdp))
    }

    /// Opens what it publishes and nothing else, whoever had the place before,
    /// and asks for what it shows.
    fn begin(&mut self, role: Role, purpose: Purpose) {
        let Purpose {
            microphone,
            camera,
            wishes,
        } = purpose;
        let commands = [
            (
                Action::PublishMicrophone,
                Command::SetMicrophone { on: microphone },
            ),
            (Action::PublishCamera, Command::SetCamera { on: camera }),
            (Action::PublishScreen, Command::SetScreen { on: false }),
        ];
        for (action, command) in commands {
            if permits(role, action, Scope::Own) {
                self.command(command);
            }
        }
        if !wishes.is_empty() {
            self.room.tell(Input::Layout {
                line: self.line.clone(),
                wishes,
            });
        }
    }

    fn next_id(&mut self) -> CommandId {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    fn command(&mut self, command: Command) -> CommandId {
        let id = self.next_id();
        self.room.tell(Input::Command {
            line: self.line.clone(),
            id,
            command,
        });
        id
    }

    fn leave(&mut self) -> CommandId {
        self.command(Command::Leave)
    }

    async fn serve(mut self, requests: &mut mpsc::Receiver<Request>) {
        let mut leaving: Option<(CommandId, oneshot::Sender<()>)> = None;
        loop {
            let wake = tokio::select! {
                biased;
                said = self.inbox.said.recv() => said.map_or(Wake::Over, Wake::Said),
                _ = self.inbox.farewell.recv() => Wake::Over,
                request = requests.recv() => request.map_or(Wake::Over, Wake::Request),
                () = self.room.gone() => Wake::Over,
            };
            match wake {
                Wake::Request(Request::Patch {
                    if_match,
                    fragment,
                    reply,
                }) => self.patch(&if_match, fragment, reply),
                Wake::Request(Request::Leave { reply }) => leaving = Some((self.leave(), reply)),
                Wake::Said(Said::Answer { id, sdp, .. }) => self.answered(id, &sdp),
                Wake::Said(Said::Done(id) | Said::Refused { id, .. })
                    if leaving.as_ref().is_some_and(|(leave, _)| *leave == id) =>
                {
                    // A leave that cannot be stored becomes a lost line.
                    break;
                }
                Wake::Said(Said::Refused { id, code, detail }) => self.refused(id, code, detail),
                Wake::Said(Said::Done(_)) => {}
                Wake::Said(Said::MediaLost) | Wake::Over => break,
            }
        }
        self.room.tell(Input::Closed { line: self.line });
        if let Some((_, reply)) = leaving {
            let _ = reply.send(());
        }
    }

    fn patch(
        &mut self,
        if_match: &IfMatch,
        fragment: Fragment,
        reply: oneshot::Sender<Result<Patched, DeviceError>>,
    ) {
        if *if_match != IfMatch::Any && *if_match != IfMatch::Etag(self.etag.clone()) {
            let _ = reply.send(Err(DeviceError::Outdated));
            return;
        }
        let Fragment {
            credentials,
            candidates,
        } = fragment;
        let known = description::fragment(&self.offer.sdp).ok();
        let known = known.and_then(|known| known.credentials);
        match credentials.filter(|new| known.as_ref() != Some(new)) {
            Some(_) if self.restart.is_some() => {
                let _ = reply.send(Err(DeviceError::Busy));
            }
            Some(new) => {
                let id = self.next_id();
                let offer = MediaOffer {
                    sdp: description::with_credentials(&self.offer.sdp, &new),
                    ..self.offer.clone()
                };
                self.room.tell(Input::Offer {
                    line: self.line.clone(),
                    id,
                    session: Some(self.session.clone()),
                    offer: Box::new(offer.clone()),
                });
                self.restart = Some(Restart {
                    id,
                    offer,
                    candidates,
                    reply,
                });
            }
            None => {
                self.trickle(candidates);
                let _ = reply.send(Ok(Patched::Trickled));
            }
        }
    }

    fn trickle(&self, candidates: Vec<String>) {
        if !candidates.is_empty() {
            self.room.tell(Input::Candidates {
                line: self.line.clone(),
                candidates,
            });
        }
    }

    fn answered(&mut self, id: CommandId, sdp: &str) {
        let Some(restart) = self.restart.take_if(|restart| restart.id == id) else {
            return;
        };
        self.offer = restart.offer;
        self.etag = ids::device();
        self.trickle(restart.candidates);
        let _ = restart.reply.send(Ok(Patched::Restarted {
            etag: self.etag.clone(),
            fragment: description::ice_of(sdp),
        }));
    }

    fn refused(&mut self, id: CommandId, code: ErrorCode, detail: String) {
        if let Some(restart) = self.restart.take_if(|restart| restart.id == id) {
            let refused = DeviceError::Refused(code, detail.into());
            let _ = restart.reply.send(Err(refused));
        }
    }
}

impl DeviceInbox {
    /// Waits for what becomes of the first offer.
    async fn answer(&mut self, room: &RoomHandle) -> Result<(SessionId, String), DeviceError> {
        loop {
            let said = tokio::select! {
                biased;
                said = self.said.recv() => said,
                farewell = self.farewell.recv() => {
                    return Err(match farewell {
                        Some(Farewell::Bye { code, detail, .. }) => {
                            DeviceError::Refused(code, detail.into())
                        }
                        Some(Farewell::Close) | None => DeviceError::Gone,
                    });
                }
                () = room.gone() => return Err(DeviceError::Gone),
            };
            match said {
                Some(Said::Answer { session, sdp, .. }) => return Ok((session, sdp)),
                Some(Said::Refused { code, detail, .. }) => {
                    return Err(DeviceError::Refused(code, detail.into()));
                }
                Some(Said::Done(_)) => {}
                Some(Said::MediaLost) | None => return Err(DeviceError::Gone),
            }
        }
    }
}
