//! The thread that writes the journal of one recording and syncs it once a
//! second, however slow the disk is.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::counters::Counters;
use crate::journal::{Journal, Reader};
use crate::library::JOURNAL;
use crate::storage::{Disk, Storage};

/// How often the journal is synced.
const SYNC: Duration = Duration::from_secs(1);
/// What may wait for the disk, in bytes; more is dropped.
const WAITING: usize = 64 << 20;

enum Order {
    Write(Vec<u8>),
    /// Nothing follows.
    Close,
}

/// The journal of one recording.
pub(super) struct JournalThread {
    orders: Sender<Order>,
    waiting: Arc<AtomicUsize>,
    counters: Arc<Counters>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// What the thread that makes the files must know.
#[derive(Default)]
pub(super) struct Shared {
    /// A reading end, once the journal is open.
    pub(super) reader: OnceLock<std::sync::Mutex<Option<Reader>>>,
    /// Everything is in the journal and lasts.
    pub(super) is_closed: AtomicBool,
}

impl JournalThread {
    pub(super) fn start(folder: &Path, counters: Arc<Counters>) -> io::Result<Self> {
        Disk.make_folder(folder)?;
        if let Some(above) = folder.parent() {
            Disk.sync_folder(above)?;
        }
        let (orders, inbox) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Shared::default());
        let writer = Writer {
            path: folder.join(JOURNAL),
            waiting: Arc::clone(&waiting),
            counters: Arc::clone(&counters),
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&inbox))?;
        Ok(Self {
            orders,
            waiting,
            counters,
            shared,
            thread,
        })
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Hands encoded records on, and leaves none.
    pub(super) fn hand_on(&self, encoded: &mut Vec<u8>) {
        if encoded.is_empty() {
            return;
        }
        let size = encoded.len();
        if self.waiting.load(Ordering::Relaxed) + size > WAITING {
            self.counters.dropped(1);
            encoded.clear();
            return;
        }
        self.waiting.fetch_add(size, Ordering::Relaxed);
        // Gone only after a panic, which is told of elsewhere.
        let _ = self.orders.send(Order::Write(std::mem::take(encoded)));
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        let _ = self.orders.send(Order::Close);
    }

    /// Waits until all that was handed on is written.
    pub(super) fn stop(self) {
        let Self { orders, thread, .. } = self;
        drop(orders);
        if thread.join().is_err() {
            tracing::error!("a journal's thread ended in a panic");
        }
    }
}

struct Writer {
    path: PathBuf,
    waiting: Arc<AtomicUsize>,
    counters: Arc<Counters>,
    shared: Arc<Shared>,
}

impl Writer {
    fn run(self, inbox: &Receiver<Order>) {
        let Some(mut journal) = self.open() else {
            return;
        };
        let mut pending: Vec<u8> = Vec::new();
        let mut synced = Instant::now();
        let mut goes_on = true;
        while goes_on || !pending.is_empty() {
            let wait = (synced + SYNC).saturating_duration_since(Instant::now());
            let order = match inbox.recv_timeout(wait) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    goes_on = false;
                    None
                }
            };
            match order {
                Some(Order::Write(bytes)) => pending.extend(bytes),
                Some(Order::Close) => goes_on = false,
                None => {}
            }
            let is_due = synced + SYNC <= Instant::now() || !goes_on;
            // While the disk refuses, it is asked once a second.
            let written = if pending.len() < WAITING || is_due {
                journal.append(&pending)
            } else {
                Ok(())
            };
            match written {
                Ok(()) => {
                    self.waiting.fetch_sub(pending.len(), Ordering::Relaxed);
                    pending.clear();
                }
                Err(error) => {
                    self.counters.fault();
                    tracing::error!(%error, "the journal cannot be written; it is tried again");
                    if !goes_on {
                        break;
                    }
                    std::thread::sleep(SYNC);
                }
            }
            if is_due {
                synced = Instant::now();
                if let Err(error) = journal.sync() {
                    self.counters.fault();
                    tracing::error!(%error, "the journal cannot be synced");
                }
                self.counters.synced();
            }
        }
        if let Err(error) = journal.sync() {
            self.counters.fault();
            tracing::error!(%error, "the journal cannot be synced");
        }
        self.shared.is_closed.store(true, Ordering::Release);
    }

    fn open(&self) -> Option<Journal> {
        match Journal::open(&Disk, &self.path, |_| {}) {
            Ok((journal, torn)) => {
                if torn > 0 {
                    tracing::warn!(torn, "the end of a journal was not whole and is cut off");
                }
                let reader = std::sync::Mutex::new(Some(journal.reader()));
                // It is set once, here.
                let _ = self.shared.reader.set(reader);
                Some(journal)
            }
            Err(error) => {
                self.counters.fault();
                tracing::error!(%error, "a journal cannot be opened");
                None
            }
        }
    }
}
