//! The threads of the recorder.
//!
//! ```text
//!   media workers ─┐            ┌─> journal thread of each recording: write, sync
//!   signaling ─────┼─> desk ────┤         │ file
//!   time ──────────┘  (one      └─> files thread of each recording: build, archive
//!                     thread)
//! ```
//!
//! Nothing here ever makes the meeting wait: what the recorder cannot take is
//! dropped, counted, and noted in the recording.

mod counters;
mod files;
mod journals;
mod watermark;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use diemcau_protocol::{FromMedia, MeetingId, ToMedia, WantedRecording};

pub use counters::RecorderSnapshot;
pub use watermark::Watermarks;

use crate::archive::{ArchiveKey, ExportedEvent};
use crate::desk::{Desk, Detail, Effect};
use crate::journal::{Note, Record, encode};
use crate::library;
use crate::lock::Recipients;
use crate::storage::{Disk, Storage};
use counters::Counters;
use files::Files;
use journals::JournalThread;

/// How often the desk lets time pass.
const TICK: Duration = Duration::from_millis(100);
/// How often the room on the disk is looked at.
const ROOM: Duration = Duration::from_secs(5);
/// What may wait for the desk, in bytes; more is dropped.
const QUEUE: usize = 64 << 20;
/// Inputs taken before what they came to is handed on.
const INPUTS_PER_TURN: usize = 512;

/// Asks a worker of the media plane, by its number; must not block.
pub type AskMedia = Arc<dyn Fn(usize, ToMedia) + Send + Sync>;

/// The event log of a meeting, every event in order. Called on a thread of the
/// recorder; may block.
pub type ExportLog = Arc<dyn Fn(&MeetingId) -> io::Result<Vec<ExportedEvent>> + Send + Sync>;

/// Called when a meeting has ended and its recording and event log are in the
/// archive's folder, before the manifest is made: whatever is put into the
/// folder belongs to the archive. On a thread of the recorder; may block. What
/// goes wrong is logged, and the archive is made without.
pub type BeforeSealing = Arc<dyn Fn(&MeetingId, &Path) -> Result<(), String> + Send + Sync>;

/// Called when an archive is made. On a thread of the recorder; must not block.
pub type Sealed = Arc<dyn Fn(&MeetingId) + Send + Sync>;

/// What the recorder must know.
#[derive(Clone)]
pub struct RecorderConfig {
    /// The folder of all recordings.
    pub folder: PathBuf,
    /// How many workers the media plane has.
    pub workers: usize,
    /// How much is recorded.
    pub policy: Detail,
    /// When the disk is too full for what.
    pub watermarks: Watermarks,
    /// The key that signs archives.
    pub key: Arc<ArchiveKey>,
    /// Whose keys open archives, where they are encrypted.
    pub recipients: Option<Recipients>,
    /// The way to the media plane.
    pub ask: AskMedia,
    /// The way to the event log.
    pub export: ExportLog,
    /// What belongs to an archive beside the recording, the minutes above all.
    pub before_sealing: Vec<BeforeSealing>,
    /// Who is told of new archives.
    pub sealed: Sealed,
}

enum Input {
    Media(usize, FromMedia),
    Wanted(WantedRecording),
    Stop,
}

/// The running recorder.
pub struct Recorder {
    inputs: Sender<Input>,
    queued: Arc<AtomicUsize>,
    counters: Arc<Counters>,
    folder: PathBuf,
    unfinished: BTreeSet<MeetingId>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Recorder {
    /// Starts the recorder. Recordings that an earlier run left go on as soon
    /// as signaling says what is wanted of their meetings.
    ///
    /// # Errors
    /// When the folder cannot be made or read, or no thread be had.
    pub fn start(config: RecorderConfig) -> io::Result<Self> {
        Disk.make_folder(&config.folder)?;
        let unfinished = library::unfinished(&config.folder)?;
        let (inputs, inbox) = channel();
        let counters = Arc::new(Counters::default());
        let queued = Arc::new(AtomicUsize::new(0));
        let folder = config.folder.clone();
        let desk = Desk::new(config.workers, config.policy, unfinished.clone());
        let shell = Shell {
            desk,
            live: BTreeMap::new(),
            ending: Vec::new(),
            counters: Arc::clone(&counters),
            queued: Arc::clone(&queued),
            told_dropped: 0,
            room: Detail::Everything,
            config,
        };
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || shell.run(&inbox))?;
        Ok(Self {
            inputs,
            queued,
            counters,
            folder,
            unfinished,
            thread: std::sync::Mutex::new(Some(thread)),
        })
    }

    /// The meetings whose recordings an earlier run left: signaling is to say
    /// what is wanted of them.
    pub fn unfinished(&self) -> &BTreeSet<MeetingId> {
        &self.unfinished
    }

    /// The folder of all recordings.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes what a worker of the media plane tells; never blocks.
    pub fn hear(&self, worker: usize, told: FromMedia) {
        let size = size_of_message(&told);
        let is_packet = matches!(told, FromMedia::Packet { .. });
        if is_packet && self.queued.load(Ordering::Relaxed) + size > QUEUE {
            self.counters.dropped(1);
            return;
        }
        self.queued.fetch_add(size, Ordering::Relaxed);
        // Gone only while everything stops.
        let _ = self.inputs.send(Input::Media(worker, told));
    }

    /// Takes what is wanted of a meeting's recording; never blocks.
    pub fn wanted(&self, wanted: WantedRecording) {
        let _ = self.inputs.send(Input::Wanted(wanted));
    }

    /// What was counted so far.
    pub fn counters(&self) -> RecorderSnapshot {
        self.counters.snapshot()
    }

    /// Whether its main thread lives.
    pub fn is_running(&self) -> bool {
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(std::sync::PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Writes what is left and ends; recordings under way go on at the next
    /// start.
    pub fn shutdown(&self) {
        let _ = self.inputs.send(Input::Stop);
        let thread = self.thread.lock();
        let thread = thread
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the recorder ended in a panic");
        }
    }
}

fn size_of_message(told: &FromMedia) -> usize {
    match told {
        FromMedia::Packet { packet, .. } => packet.payload.len() + 128,
        FromMedia::Announced { .. } | FromMedia::Withdrawn { .. } | FromMedia::Layers { .. } => 128,
    }
}

/// A recording under way.
struct Live {
    journal: JournalThread,
    files: Files,
    /// Records that are handed on at the end of the turn.
    encoded: Vec<u8>,
}

struct Shell {
    config: RecorderConfig,
    desk: Desk,
    live: BTreeMap<MeetingId, Live>,
    /// Recordings whose meetings are over: their files are being made.
    ending: Vec<Live>,
    counters: Arc<Counters>,
    queued: Arc<AtomicUsize>,
    told_dropped: u64,
    room: Detail,
}

impl Shell {
    fn run(mut self, inbox: &Receiver<Input>) {
        let mut next_tick = Instant::now();
        let mut next_room = Instant::now();
        loop {
            let wait = next_tick.saturating_duration_since(Instant::now());
            let mut next = match inbox.recv_timeout(wait) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Input::Stop),
            };
            for _ in 0..INPUTS_PER_TURN {
                match next {
                    Some(Input::Stop) => return self.stop(),
                    Some(input) => self.input(input),
                    None => break,
                }
                next = inbox.try_recv().ok();
            }
            if let Some(input) = next {
                if matches!(input, Input::Stop) {
                    return self.stop();
                }
                self.input(input);
            }
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                self.note_dropped();
                self.desk.tick(now());
                self.perform();
                self.counters.active(self.desk.recording().count());
                self.ending.retain(|live| !live.files.is_done());
            }
            if Instant::now() >= next_room {
                next_room = Instant::now() + ROOM;
                self.look_at_room();
            }
            self.hand_on();
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Media(worker, told) => {
                let size = size_of_message(&told);
                self.queued.fetch_sub(size, Ordering::Relaxed);
                self.desk.media(now(), worker, told);
            }
            Input::Wanted(wanted) => self.desk.wanted(now(), wanted),
            Input::Stop => {}
        }
        self.perform();
    }

    fn perform(&mut self) {
        while let Some(effect) = self.desk.poll_effect() {
            match effect {
                Effect::Ask { worker, asked } => (self.config.ask)(worker, asked),
                Effect::Open { meeting } => self.open(meeting),
                Effect::Write { meeting, record } => {
                    if let Some(live) = self.live.get_mut(&meeting) {
                        self.counters.record(&record);
                        encode(&record, &mut live.encoded);
                    }
                }
                Effect::Close { meeting } => {
                    if let Some(mut live) = self.live.remove(&meeting) {
                        live.journal.hand_on(&mut live.encoded);
                        live.journal.close();
                        self.ending.push(live);
                    }
                }
            }
        }
    }

    fn open(&mut self, meeting: MeetingId) {
        let folder = library::folder_of(&self.config.folder, &meeting);
        let counters = Arc::clone(&self.counters);
        let opened = JournalThread::start(&folder, Arc::clone(&counters)).and_then(|journal| {
            let files = Files::start(&meeting, folder, &journal, &self.config, counters)?;
            Ok((journal, files))
        });
        match opened {
            Ok((journal, files)) => {
                let encoded = Vec::new();
                let live = Live {
                    journal,
                    files,
                    encoded,
                };
                self.live.insert(meeting, live);
            }
            Err(error) => {
                self.counters.fault();
                tracing::error!(%meeting, %error, "the meeting cannot be recorded");
            }
        }
    }

    fn hand_on(&mut self) {
        for live in self.live.values_mut() {
            live.journal.hand_on(&mut live.encoded);
        }
    }

    /// What could not be taken is noted in every recording: nobody knows whose
    /// it was.
    fn note_dropped(&mut self) {
        let dropped = self.counters.snapshot().packets_dropped;
        let packets = dropped - self.told_dropped;
        self.told_dropped = dropped;
        if packets == 0 {
            return;
        }
        tracing::warn!(packets, "the recorder cannot keep up");
        let record = Record::Note {
            at: now(),
            note: Note::Dropped { packets },
        };
        for live in self.live.values_mut() {
            encode(&record, &mut live.encoded);
        }
    }

    fn look_at_room(&mut self) {
        let space = match Disk.space(&self.config.folder) {
            Ok(space) => space,
            Err(error) => {
                tracing::error!(%error, "the room for recordings cannot be seen");
                return;
            }
        };
        self.counters.free(space.free);
        let (room, warns) = self.config.watermarks.room(space.free, self.room);
        let free_mib = space.free >> 20;
        if room < self.room {
            tracing::error!(free_mib, ?room, "the disk is nearly full: less is recorded");
        } else if room > self.room {
            tracing::info!(free_mib, ?room, "there is room again: more is recorded");
        } else if warns && self.counters.warned() {
            tracing::warn!(free_mib, "the disk for recordings fills up");
        }
        self.counters.room(room, warns);
        self.room = room;
        self.desk.room(now(), room);
        self.perform();
    }

    fn stop(mut self) {
        self.hand_on();
        let all = std::mem::take(&mut self.live).into_values();
        for live in all.chain(std::mem::take(&mut self.ending)) {
            live.journal.stop();
            live.files.stop();
        }
    }
}

/// In microseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
