//! The thread that makes the files of one recording, a little behind its
//! journal, and the archive when the meeting is over.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use diemcau_protocol::MeetingId;

use super::RecorderConfig;
use super::counters::Counters;
use super::journals::{JournalThread, Shared};
use crate::archive::{EVENTS, FORMAT_VERSION, Manifest, SealError, seal};
use crate::build::Builder;
use crate::journal::{Journal, Reader};
use crate::library::{ARCHIVE, JOURNAL};
use crate::storage::{Disk, Storage, write_whole};
use crate::timeline::Timeline;

/// How far behind the journal the files are, at least.
const BEHIND: Duration = Duration::from_millis(250);
/// After a failure everything is made anew, at the earliest after this; later
/// each time, up to [`LATEST`]: the disk may be full for long.
const AGAIN: Duration = Duration::from_secs(5);
const LATEST: Duration = Duration::from_secs(60);
/// So many faults of our own at most; then the journal is kept for the next
/// start.
const FAULTS: u32 = 3;

/// The files of one recording.
pub(super) struct Files {
    stops: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// Files could not be made.
#[derive(Debug, thiserror::Error)]
enum FilesError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Form(#[from] serde_json::Error),
    #[error("a fault in the recorder: {0}")]
    Fault(String),
}

impl Files {
    pub(super) fn start(
        meeting: &MeetingId,
        folder: PathBuf,
        journal: &JournalThread,
        config: &RecorderConfig,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let stops = Arc::new(AtomicBool::new(false));
        let maker = Maker {
            meeting: meeting.clone(),
            folder,
            shared: journal.shared(),
            config: config.clone(),
            counters,
            stops: Arc::clone(&stops),
        };
        let thread = std::thread::Builder::new()
            .name("recording".into())
            .spawn(move || maker.run())?;
        Ok(Self { stops, thread })
    }

    /// Whether all is made, or given up for now.
    pub(super) fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Leaves off; the next start makes everything anew.
    pub(super) fn stop(self) {
        self.stops.store(true, Ordering::Release);
        if self.thread.join().is_err() {
            tracing::error!("a recording's thread ended in a panic");
        }
    }
}

struct Maker {
    meeting: MeetingId,
    folder: PathBuf,
    shared: Arc<Shared>,
    config: RecorderConfig,
    counters: Arc<Counters>,
    stops: Arc<AtomicBool>,
}

impl Maker {
    fn run(self) {
        let mut faults = 0;
        for attempt in 1.. {
            let made = catch_unwind(AssertUnwindSafe(|| self.make(attempt)));
            let made = made.unwrap_or_else(|panic| Err(FilesError::Fault(text_of(&*panic))));
            match made {
                Ok(()) => return,
                Err(error) => {
                    faults += u32::from(matches!(error, FilesError::Fault(_)));
                    self.counters.fault();
                    let meeting = &self.meeting;
                    tracing::error!(%meeting, %error, attempt, "the recording's files cannot be made");
                }
            }
            if faults == FAULTS || self.waits(LATEST.min(AGAIN * attempt)) {
                return;
            }
        }
    }

    /// Waits. Returns whether it is time to stop.
    fn waits(&self, duration: Duration) -> bool {
        let mut left = duration;
        while !self.stops.load(Ordering::Acquire) && !left.is_zero() {
            let step = left.min(BEHIND);
            std::thread::sleep(step);
            left -= step;
        }
        self.stops.load(Ordering::Acquire)
    }

    /// Makes everything from the beginning of the journal on.
    fn make(&self, attempt: u32) -> Result<(), FilesError> {
        let archive = self.folder.join(ARCHIVE);
        if archive.exists() {
            std::fs::remove_dir_all(&archive)?;
        }
        let Some(mut reader) = self.reader(attempt)? else {
            return Ok(());
        };
        let mut builder = Builder::new(&Disk, &archive)?;
        loop {
            let is_closed = self.shared.is_closed.load(Ordering::Acquire);
            while let Some(record) = reader.next_record()? {
                builder.record(&Disk, record)?;
                if self.stops.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
            if is_closed {
                break;
            }
            if self.waits(BEHIND) {
                return Ok(());
            }
        }
        let Some(end) = builder.end().cloned() else {
            // The server stops; the meeting goes on.
            return Ok(());
        };
        let timeline = builder.finish(&Disk)?;
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            meeting: self.meeting.0.clone(),
            title: timeline.title.clone(),
            host_unit: timeline.host_unit.clone(),
            ended_at: end.at,
            closing_hash: end.closing_hash,
            encrypted_to: Vec::new(),
            files: Vec::new(),
        };
        self.finish(&archive, manifest, &timeline)
    }

    /// The first attempt reads where the journal is written; later ones open
    /// it anew.
    fn reader(&self, attempt: u32) -> io::Result<Option<Reader>> {
        loop {
            if let Some(reader) = self.shared.reader.get() {
                if attempt > 1 {
                    return Ok(Some(Journal::read(&Disk, &self.folder.join(JOURNAL))?));
                }
                let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(reader.take());
            }
            if self.waits(BEHIND) {
                return Ok(None);
            }
        }
    }

    fn finish(
        &self,
        archive: &Path,
        manifest: Manifest,
        timeline: &Timeline,
    ) -> Result<(), FilesError> {
        let mut events = Vec::new();
        for event in (self.config.export)(&self.meeting)? {
            serde_json::to_writer(&mut events, &event)?;
            events.write_all(b"\n")?;
        }
        write_whole(&Disk, &archive.join(EVENTS), &events)?;
        for hook in &self.config.before_sealing {
            if let Err(error) = hook(&self.meeting, archive) {
                let meeting = &self.meeting;
                tracing::error!(%meeting, %error, "something is not in the archive that belongs there");
            }
        }
        let sealed = seal(
            archive,
            manifest,
            &self.config.key,
            self.config.recipients.as_ref(),
        )?;
        Disk.sync_folder(archive)?;
        Disk.remove(&self.folder.join(JOURNAL))?;
        Disk.sync_folder(&self.folder)?;
        self.counters.archive();
        (self.config.sealed)(&self.meeting);
        let (meeting, files) = (&self.meeting, sealed.files.len());
        let (seconds, gaps) = (timeline.duration / 1_000, timeline.gaps.len());
        tracing::info!(%meeting, files, seconds, gaps, "the archive is made");
        Ok(())
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a word".to_owned())
}
