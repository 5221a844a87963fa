//! A disk whose power can fail: what SQLite has not synced is lost, or part of
//! it, or it is there in another order.
//!
//! ```text
//!   SQLite ──> vfs ──> the real files, as the running program sees them
//!               │
//!               └────> disk: what is on the platters, and what is on its way
//!                        │ power cut
//!                        └──> the files as the next start finds them
//! ```
//!
//! Killing a process proves nothing about a power cut: the kernel still has
//! every page that was written. Here each file has two contents. The real one
//! is what the program reads back. The other is what was there at the last
//! sync, with everything that was written since kept apart. When the power
//! fails, each sector of that is there or not, by lot; so are the names of
//! files that were made or deleted without a sync of their folder.
//!
//! Only folders with a [`Disk`] on them are treated so. Everything else in the
//! process goes straight to the file system.

mod disk;
mod vfs;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use disk::State;

/// All disks of the process, by folder.
static DISKS: Mutex<Vec<(PathBuf, SharedState)>> = Mutex::new(Vec::new());

type SharedState = Arc<Mutex<State>>;

/// A disk on a folder.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    state: SharedState,
}

impl Disk {
    /// Puts a disk on a folder, which must be there. SQLite files in it that
    /// are opened from now on are the disk's; what lies in them already counts
    /// as synced.
    ///
    /// # Errors
    /// When the folder is not there.
    pub fn on(folder: &Path) -> io::Result<Self> {
        vfs::install();
        let folder = folder.canonicalize()?;
        let state = SharedState::default();
        lock(&DISKS).push((folder.clone(), Arc::clone(&state)));
        Ok(Self { folder, state })
    }

    /// Lets the power fail after so many more changes: writes, truncations,
    /// syncs, files made or deleted. The change at which it fails is not
    /// synced, and from then on SQLite hears only errors.
    pub fn cut_after(&self, changes: u64) {
        lock(&self.state).cut_after(changes);
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        lock(&self.state).is_off()
    }

    /// How many changes there were.
    pub fn changes(&self) -> u64 {
        lock(&self.state).changes()
    }

    /// Writes into an empty folder what the next start finds. The lot that
    /// decides about what was not synced is drawn from `seed`. Lets the power
    /// fail if it has not.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn survivors(&self, seed: u64, folder: &Path) -> io::Result<()> {
        for (name, content) in lock(&self.state).survivors(seed) {
            std::fs::write(folder.join(name), content)?;
        }
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        lock(&DISKS).retain(|(folder, _)| *folder != self.folder);
    }
}

/// The disk that a file is on, and the file's name there.
fn disk_of(file: &Path) -> Option<(SharedState, String)> {
    let folder = file.parent()?;
    let name = file.file_name()?.to_str()?.to_owned();
    let disks = lock(&DISKS);
    let (_, state) = disks.iter().find(|(path, _)| path == folder)?;
    Some((Arc::clone(state), name))
}

/// A test that failed while it held the lock leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
