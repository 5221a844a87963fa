//! The directory of meetings: which run, which are about to, which stay closed.
//!
//! ```text
//!   in the store ── asked for ──> Opening ──> Running ── left alone, or a fault ──┐
//!        ▲                           │                                            │
//!        │                           └──> Damaged                    asked for again
//!        └── could not be opened         (nobody gets in)            ──> Opening ◄┘
//! ```
//!
//! A meeting is opened when somebody needs it, and once for all who ask at the
//! same moment. Opening is: claim, read, replay, and, where somebody was in it,
//! the event that the server is back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use diemcau_protocol::{Event, MediaCommand, MeetingEnd, MeetingId, MeetingInfo};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::oneshot;

use super::error::OpeningError;
use super::opening::{begin, blank, end, info, note_occupied, replay};
use crate::room::{Input, Opening, RoomHandle, Surroundings, start};

type Opened = Result<RoomHandle, OpeningError>;

/// What a meeting is, and its end, where it is over.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) info: MeetingInfo,
    pub(crate) end: Option<MeetingEnd>,
}

/// What is known of a meeting beyond the store.
enum Entry {
    /// It is in the store; nobody has needed more of it.
    Stored { known: Known },
    /// It is being opened; everyone who asks gets the same answer.
    Opening(Shared<BoxFuture<'static, Opened>>),
    /// It runs, or has run until its room was gone.
    Running {
        room: RoomHandle,
        epoch: u32,
        info: MeetingInfo,
    },
    /// Its log is not what was once stored; nobody gets in.
    Damaged,
}

impl Entry {
    /// The room, if it runs.
    fn room(&self) -> Option<&RoomHandle> {
        match self {
            Entry::Running { room, .. } => Some(room).filter(|room| !room.is_gone()),
            Entry::Stored { .. } | Entry::Opening(_) | Entry::Damaged => None,
        }
    }
}

/// The meetings of this server.
pub(crate) struct Directory {
    around: Arc<Surroundings>,
    meetings: RwLock<BTreeMap<MeetingId, Entry>>,
    stopping: AtomicBool,
}

impl Directory {
    pub(super) fn new(around: Arc<Surroundings>) -> Self {
        Self {
            around,
            meetings: RwLock::new(BTreeMap::new()),
            stopping: AtomicBool::new(false),
        }
    }

    /// The room of a meeting; it is opened if need be.
    pub(crate) async fn room(self: &Arc<Self>, meeting: &MeetingId) -> Opened {
        self.open(meeting, None).await
    }

    /// The room of a meeting, which begins with `first` if there is none yet.
    pub(super) async fn room_or_new(
        self: &Arc<Self>,
        meeting: &MeetingId,
        first: &[Event],
    ) -> Opened {
        loop {
            match self.open(meeting, Some(first.to_vec())).await {
                // Somebody who does not make meetings asked a moment before.
                Err(OpeningError::Unknown) => {}
                settled => return settled,
            }
        }
    }

    /// The room of a meeting, if it runs.
    pub(crate) fn running(&self, meeting: &MeetingId) -> Option<RoomHandle> {
        self.read().get(meeting).and_then(Entry::room).cloned()
    }

    /// Every room that runs.
    pub(super) fn rooms(&self) -> Vec<RoomHandle> {
        self.read()
            .values()
            .filter_map(Entry::room)
            .cloned()
            .collect()
    }

    /// What a meeting is. It is not opened for that.
    pub(crate) async fn known(&self, meeting: &MeetingId) -> Result<Known, OpeningError> {
        match self.read().get(meeting) {
            Some(Entry::Running { info, room, .. }) => {
                return Ok(Known {
                    info: info.clone(),
                    end: room.end().cloned(),
                });
            }
            Some(Entry::Stored { known }) => return Ok(known.clone()),
            Some(Entry::Damaged) => return Err(OpeningError::Damaged),
            Some(Entry::Opening(_)) | None => {}
        }
        let beginning = self.around.store.read_beginning(meeting).await?;
        let beginning = beginning.ok_or(OpeningError::Unknown)?;
        let last = self.around.store.read_last(meeting).await?;
        let read = info(meeting, &beginning).and_then(|info| {
            let end = end(last.as_ref())?;
            Ok(Known { info, end })
        });
        let (known, entry) = match read {
            Ok(known) => (Ok(known.clone()), Entry::Stored { known }),
            Err(error) => {
                tracing::error!(%meeting, %error, "the meeting's log is damaged");
                (Err(OpeningError::Damaged), Entry::Damaged)
            }
        };
        // Whoever opened it meanwhile knows more.
        self.write().entry(meeting.clone()).or_insert(entry);
        known
    }

    /// Opens nothing any more.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the server is stopping.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    async fn open(self: &Arc<Self>, meeting: &MeetingId, first: Option<Vec<Event>>) -> Opened {
        if let Some(room) = self.running(meeting) {
            return Ok(room);
        }
        if self.is_stopping() {
            return Err(OpeningError::Stopping);
        }
        let opening = self.opening(meeting, first)?;
        opening.await
    }

    /// The one opening of a meeting that all who ask wait for.
    fn opening(
        self: &Arc<Self>,
        meeting: &MeetingId,
        first: Option<Vec<Event>>,
    ) -> Result<Shared<BoxFuture<'static, Opened>>, OpeningError> {
        let mut meetings = self.write();
        let gone = match meetings.get(meeting) {
            Some(Entry::Running { room, .. }) if !room.is_gone() => {
                let room = room.clone();
                return Ok(async { Ok(room) }.boxed().shared());
            }
            Some(Entry::Opening(opening)) if opening.peek().is_none() => {
                return Ok(opening.clone());
            }
            Some(Entry::Damaged) => return Err(OpeningError::Damaged),
            Some(Entry::Running { epoch, .. }) => Some(*epoch),
            // One that ended and is still here has panicked.
            Some(Entry::Opening(_) | Entry::Stored { .. }) | None => None,
        };
        // A task of its own, which ends even if nobody waits for it any more.
        let opening = tokio::spawn(Arc::clone(self).bring_up(meeting.clone(), first, gone));
        let opening = opening
            .map(|opened| opened.unwrap_or(Err(OpeningError::Fault)))
            .boxed()
            .shared();
        meetings.insert(meeting.clone(), Entry::Opening(opening.clone()));
        Ok(opening)
    }

    /// Opens a meeting and enters what became of it. `gone` is the epoch of the
    /// room that ran before.
    async fn bring_up(
        self: Arc<Self>,
        meeting: MeetingId,
        first: Option<Vec<Event>>,
        gone: Option<u32>,
    ) -> Opened {
        if let Some(epoch) = gone {
            // After a fault nobody has told the SFU yet.
            let meeting = meeting.clone();
            (self.around.media)(MediaCommand::EndMeeting { meeting, epoch });
        }
        match self.read_and_begin(&meeting, first).await {
            Ok(opening) => Ok(self.run(meeting, opening)),
            Err(OpeningError::Damaged) => {
                self.write().insert(meeting, Entry::Damaged);
                Err(OpeningError::Damaged)
            }
            Err(error) => {
                self.write().remove(&meeting);
                Err(error)
            }
        }
    }

    async fn read_and_begin(
        &self,
        meeting: &MeetingId,
        first: Option<Vec<Event>>,
    ) -> Result<Opening, OpeningError> {
        let store = &self.around.store;
        let Some(claim) = store.claim(meeting).await? else {
            let first = first.ok_or(OpeningError::Unknown)?;
            return begin(&self.around, blank(meeting), first).await;
        };
        let log = store.read(meeting, &claim).await?;
        let opening = replay(meeting, &claim, &log).map_err(|error| {
            tracing::error!(%meeting, %error, "the meeting's log is damaged");
            OpeningError::Damaged
        })?;
        let occupied = opening.state.is_occupied();
        if occupied != claim.occupied {
            note_occupied(&self.around, &opening, occupied).await?;
        }
        if occupied {
            begin(&self.around, opening, vec![Event::ServerRestarted]).await
        } else {
            Ok(opening)
        }
    }

    fn run(&self, meeting: MeetingId, opening: Opening) -> RoomHandle {
        let info = opening.state.info.clone();
        let epoch = opening.head.epoch;
        let room = start(Arc::clone(&self.around), opening);
        let entry = Entry::Running {
            room: room.clone(),
            epoch,
            info,
        };
        self.write().insert(meeting, entry);
        if self.is_stopping() {
            // Those who stop the rooms may have looked before this one was here.
            let (done, _) = oneshot::channel();
            room.tell(Input::Stop { done });
        }
        room
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<MeetingId, Entry>> {
        self.meetings.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<MeetingId, Entry>> {
        self.meetings
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
