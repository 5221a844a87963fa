//! The recorder in this process: how it is joined to the others, and the
//! addresses of recordings.
//!
//! | module | addresses |
//! | --- | --- |
//! | `list` | `GET /api/v1/recordings`: the list, and search |
//! | `archive` | `/api/v1/recordings/{meeting}`: one, its files, its verification, all of it packed |
//! | `films` | `…/film`: the film for handing out |
//! | `keeping` | `…/keeping`, `…/hold`, `…/destruction`, `/api/v1/recordings/due` |
//! | `minutes` | `…/minutes`: the draft, edited, approved, issued, taken back |
//! | `shares` | `…/shares`: with whom it is shared |
//! | `templates` | `/api/v1/minutes-templates`: what units put around their minutes |
//!
//! `docs/protocol.md` has them all, with who may do what; `access` asks
//! signaling who that is.

mod access;
mod archive;
mod archives;
mod download;
mod films;
mod keeping;
mod list;
mod minutes;
mod packed;
mod shares;
mod templates;

use std::io;
use std::sync::{Arc, OnceLock};

use axum::Router;
use diemcau_protocol::MeetingId;
use diemcau_recorder::index::ArchiveIndex;
use diemcau_recorder::minutes::desk::MinutesDesk;
use diemcau_recorder::minutes::first::write_first_draft;
use diemcau_recorder::{ExportedEvent, ExportedValue, Recorder, RecorderConfig, Watermarks};
use diemcau_signaling::{LoggedEvent, Signaling, speaking};
use tokio::runtime::Handle;

use crate::config::Settings;
use crate::folder::Layout;
use crate::wire::{MediaHandle, Services, WireError};
pub use archives::Archives;

/// The ways from the recorder to the other services, which start after it.
pub(crate) struct Ways {
    pub(crate) media: OnceLock<MediaHandle>,
    pub(crate) signaling: OnceLock<Signaling>,
    pub(crate) runtime: Handle,
}

/// What there is beside the recorder for those who work with archives.
pub struct Clerk {
    desk: Arc<MinutesDesk>,
    index: ArchiveIndex,
}

impl Clerk {
    /// Of these archives.
    pub(crate) fn new(archives: &Archives) -> Self {
        let library = archives.library.clone();
        let desk = Arc::new(MinutesDesk::new(library.clone(), Arc::clone(&archives.key)));
        Self {
            index: ArchiveIndex::new(library, Arc::clone(&desk)),
            desk,
        }
    }
}

/// Starts the recorder on a data folder.
pub(crate) fn start(
    settings: &Settings,
    layout: &Layout,
    ways: &Arc<Ways>,
    archives: &Arc<Archives>,
) -> Result<Recorder, WireError> {
    let for_media = Arc::clone(ways);
    let for_log = Arc::clone(ways);
    let config = RecorderConfig {
        folder: layout.recordings(),
        workers: settings.media_workers.max(1),
        policy: settings.recording,
        watermarks: Watermarks::default(),
        key: Arc::clone(&archives.key),
        recipients: settings.archive.recipients.clone(),
        ask: Arc::new(move |worker, asked| {
            if let Some(media) = for_media.media.get() {
                media.listener_asks(worker, asked);
            }
        }),
        export: Arc::new(move |meeting| export(&for_log, meeting)),
        before_sealing: vec![Arc::new(write_minutes)],
        sealed: {
            let archives = Arc::clone(archives);
            Arc::new(move |_| archives.custodian.call())
        },
    };
    Ok(Recorder::start(config)?)
}

/// The first draft of the minutes belongs to the archive.
fn write_minutes(meeting: &MeetingId, folder: &std::path::Path) -> Result<(), String> {
    match write_first_draft(meeting, folder) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(none)) => {
            tracing::info!(%meeting, "no minutes: {none}");
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Lets signaling say what is wanted of recordings that an earlier run left.
pub(crate) async fn wake(recorder: &Recorder, signaling: &Signaling) {
    for meeting in recorder.unfinished() {
        if !signaling.wake(meeting).await {
            tracing::error!(%meeting, "a recording cannot go on: its meeting cannot be opened");
        }
    }
}

fn export(ways: &Ways, meeting: &MeetingId) -> io::Result<Vec<ExportedEvent>> {
    let Some(signaling) = ways.signaling.get() else {
        return Err(io::ErrorKind::NotConnected.into());
    };
    ways.runtime.block_on(exported_log(signaling, meeting))
}

/// The event log of a meeting in the form that archives have it in, first event
/// first.
///
/// # Errors
/// When the store cannot be read.
pub async fn exported_log(
    signaling: &Signaling,
    meeting: &MeetingId,
) -> io::Result<Vec<ExportedEvent>> {
    let events = signaling.event_log(meeting).await;
    let events = events.map_err(io::Error::other)?;
    events.into_iter().map(exported).collect()
}

fn exported(event: LoggedEvent) -> io::Result<ExportedEvent> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let personal = event.personal.into_iter().map(|value| ExportedValue {
        field: value.field,
        salt: hex(&value.salt),
        value: value.value,
    });
    Ok(ExportedEvent {
        bytes: String::from_utf8(event.bytes).map_err(io::Error::other)?,
        hash: hex(&event.hash),
        personal: personal.collect(),
    })
}

/// The addresses of recordings and minutes.
pub fn router(services: Arc<Services>) -> Router {
    let routes = Router::new()
        .merge(list::router())
        .merge(archive::router())
        .merge(films::router())
        .merge(keeping::router())
        .merge(minutes::router())
        .merge(shares::router())
        .merge(templates::router());
    speaking(routes.with_state(services))
}
