//! Which films are asked for, and how far they are; the thread that makes
//! them, one after the other. What is asked for is noted beside the archive,
//! and goes on after a restart.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use diemcau_protocol::MeetingId;
use serde::Serialize;

use super::maker::{Maker, locked};
use crate::library::{Library, Opened, opened};
use crate::storage::{Disk, Storage, write_whole};

/// The film.
pub(super) const FILM: &str = "film.mp4";
/// What is not finished.
pub(super) const WORK: &str = "work";
/// Says that a film is asked for, and since when.
const ASKED: &str = "asked";

/// There is no film.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// ffmpeg is not there.
    #[error("ffmpeg is not installed on this server")]
    NoFfmpeg,
    /// It does not take something.
    #[error("ffmpeg: {0}")]
    Ffmpeg(String),
    /// It was called off, or the server stops.
    #[error("it was called off")]
    Stopped,
    /// The archive cannot be read, or the film not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FilmError {
    pub(super) fn of_start(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::NoFfmpeg
        } else {
            Self::Io(error)
        }
    }
}

/// How far a film is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FilmState {
    /// Nobody asked for it.
    None,
    /// Others come before it.
    Waiting,
    /// It is being made.
    UnderWay {
        /// In thousandths.
        done: u32,
    },
    /// It is there.
    Ready {
        /// The film alone, in bytes.
        size: u64,
    },
    /// It cannot be made.
    Failed {
        /// Why.
        error: String,
    },
}

/// The films of all recordings.
#[derive(Debug)]
pub struct Films {
    inner: Arc<Inner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Inner {
    library: Library,
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_ending: bool,
    present: Option<Present>,
    failed: BTreeMap<MeetingId, String>,
}

#[derive(Debug)]
struct Present {
    meeting: MeetingId,
    /// In thousandths.
    done: u32,
    stops: Arc<AtomicBool>,
}

impl Films {
    /// Goes on with what was asked for before.
    ///
    /// # Errors
    /// When there is no thread.
    pub fn start(library: Library) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            library,
            state: Mutex::default(),
            woken: Condvar::new(),
        });
        let working = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("films".into())
            .spawn(move || working.run())?;
        Ok(Self {
            inner,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Asks for a film; one that is there, or under way, stays.
    ///
    /// # Errors
    /// When ffmpeg is missing, or there is no archive that can be read.
    pub fn ask(&self, meeting: &MeetingId) -> Result<FilmState, FilmError> {
        let inner = &self.inner;
        inner.library.recording(meeting)?;
        let known = Command::new("ffmpeg")
            .arg("-version")
            .stdout(Stdio::null())
            .status()
            .map_err(FilmError::of_start)?;
        if !known.success() {
            return Err(FilmError::NoFfmpeg);
        }
        let folder = inner.library.film_of(meeting);
        Disk.make_folder(&folder)?;
        if !inner.is_there(meeting) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let since = since.unwrap_or_default().as_millis().to_string();
            write_whole(&Disk, &folder.join(ASKED), since.as_bytes())?;
            inner.state().failed.remove(meeting);
            inner.woken.notify_all();
        }
        Ok(self.state(meeting))
    }

    /// Calls a film off, and removes what there is of it.
    ///
    /// # Errors
    /// As the system says.
    pub fn cancel(&self, meeting: &MeetingId) -> io::Result<()> {
        let folder = self.inner.library.film_of(meeting);
        let mut state = self.inner.state();
        match fs::remove_file(folder.join(ASKED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        while let Some(present) = &state.present
            && present.meeting == *meeting
        {
            present.stops.store(true, Ordering::Release);
            state = self
                .inner
                .woken
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.failed.remove(meeting);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Ok(())
    }

    /// How far a film is.
    pub fn state(&self, meeting: &MeetingId) -> FilmState {
        let inner = &self.inner;
        let folder = inner.library.film_of(meeting);
        let film = folder.join(FILM);
        let there = fs::metadata(&film).or_else(|_| fs::metadata(locked(&film)));
        let state = inner.state();
        if let Some(present) = state.present.as_ref().filter(|p| p.meeting == *meeting) {
            return FilmState::UnderWay { done: present.done };
        }
        if let Ok(there) = there {
            return FilmState::Ready { size: there.len() };
        }
        if let Some(error) = state.failed.get(meeting) {
            let error = error.clone();
            return FilmState::Failed { error };
        }
        if folder.join(ASKED).exists() {
            FilmState::Waiting
        } else {
            FilmState::None
        }
    }

    /// What is in a file of a film: `film.mp4`, or one of `hls/`.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none; as
    /// [`Library::open`].
    pub fn open(&self, meeting: &MeetingId, name: &str) -> io::Result<Opened> {
        self.inner.library.manifest(meeting)?;
        let is_known = name == FILM
            || name
                .strip_prefix("hls/")
                .is_some_and(|piece| !piece.contains('/') && !piece.starts_with('.'));
        if !is_known || !self.inner.is_there(meeting) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let path = self.inner.library.film_of(meeting).join(name);
        match File::open(&path) {
            Ok(file) => opened(name, Box::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let stored = Box::new(File::open(locked(&path))?);
                self.inner.library.unlocked(name, stored)
            }
            Err(error) => Err(error),
        }
    }

    /// Leaves off; the next start goes on.
    pub fn shutdown(&self) {
        let mut state = self.inner.state();
        state.is_ending = true;
        if let Some(present) = &state.present {
            present.stops.store(true, Ordering::Release);
        }
        drop(state);
        self.inner.woken.notify_all();
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the films ended in a panic");
        }
    }
}

impl Drop for Films {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_there(&self, meeting: &MeetingId) -> bool {
        let film = self.library.film_of(meeting).join(FILM);
        film.exists() || locked(&film).exists()
    }

    fn run(&self) {
        loop {
            let mut state = self.state();
            if state.is_ending {
                return;
            }
            let Some(meeting) = self.next(&state.failed) else {
                drop(
                    self.woken
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner),
                );
                continue;
            };
            let stops = Arc::new(AtomicBool::new(false));
            state.present = Some(Present {
                meeting: meeting.clone(),
                done: 0,
                stops: Arc::clone(&stops),
            });
            drop(state);
            let made = self.make(&meeting, &stops);
            let mut state = self.state();
            state.present = None;
            match made {
                Ok(()) => tracing::info!(%meeting, "the film is made"),
                Err(FilmError::Stopped) => {}
                Err(error) => {
                    tracing::error!(%meeting, %error, "the film cannot be made");
                    state.failed.insert(meeting, error.to_string());
                }
            }
            drop(state);
            self.woken.notify_all();
        }
    }

    /// What was asked for first and can be made.
    fn next(&self, failed: &BTreeMap<MeetingId, String>) -> Option<MeetingId> {
        let ready = self.library.ready().unwrap_or_default().into_iter();
        let asked = ready.filter_map(|meeting| {
            let since = fs::read_to_string(self.library.film_of(&meeting).join(ASKED));
            let since: u64 = since.ok()?.parse().unwrap_or_default();
            (!failed.contains_key(&meeting)).then_some((since, meeting))
        });
        asked.min().map(|(_, meeting)| meeting)
    }

    fn make(&self, meeting: &MeetingId, stops: &AtomicBool) -> Result<(), FilmError> {
        let folder: PathBuf = self.library.film_of(meeting);
        let tell = |done: i64, whole: i64| {
            if let Some(present) = &mut self.state().present {
                let thousandths = done.max(0) * 1_000 / whole.max(1);
                present.done = u32::try_from(thousandths).unwrap_or(1_000).min(1_000);
            }
        };
        let maker = Maker {
            library: &self.library,
            meeting,
            folder: &folder,
            stops,
            tell: &tell,
        };
        maker.make()?;
        fs::remove_dir_all(folder.join(WORK))?;
        fs::remove_file(folder.join(ASKED))?;
        Ok(())
    }
}
