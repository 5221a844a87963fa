//! Where the test takes place: a folder of its own that is gone afterwards, and
//! the one in which the archive is left.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use diemcau_recorder::{Detail, Disk, Storage, Watermarks};

use crate::config::Settings;
use crate::folder::Layout;

/// What the test needs beside what the recorder leaves free, in bytes.
const ROOM: u64 = 128 << 20;
/// As many as a small machine has; the sites need cores, too.
const WORKERS: usize = 2;

/// Why there is no place for the test.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoGround {
    #[error("the temporary folder {} cannot be used: {source}", path.display())]
    Temporary { path: PathBuf, source: io::Error },
    #[error("{} has {free} MiB free; {needed} MiB are needed", path.display())]
    Room {
        path: PathBuf,
        free: u64,
        needed: u64,
    },
    #[error("{} cannot be used to keep the archive: {source}", path.display())]
    Keep { path: PathBuf, source: io::Error },
    #[error("{} is not empty; name a new folder with --keep", .0.display())]
    NotEmpty(PathBuf),
}

/// The folder of the test; removed with everything in it when it is dropped.
pub(super) struct Ground {
    folder: PathBuf,
    /// Where the archive is to be left.
    pub(super) keep: Option<PathBuf>,
    pub(super) free_mib: u64,
}

impl Ground {
    /// Makes the folders, and sees whether there is room.
    pub(super) fn prepare(keep: Option<&Path>) -> Result<Self, NoGround> {
        let keep = keep.map(made_for_the_archive).transpose()?;
        let above = std::env::temp_dir();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_nanos();
        let folder = above.join(format!("diemcau-selftest-{}-{now}", std::process::id()));
        let unusable = |source| NoGround::Temporary {
            path: above.clone(),
            source,
        };
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(unusable)?;
        // From here on it is removed whatever happens.
        let mut ground = Self {
            folder,
            keep,
            free_mib: 0,
        };
        let free = Disk.space(&ground.folder).map_err(unusable)?.free;
        let needed = Watermarks::default().nothing + ROOM;
        ground.free_mib = free >> 20;
        if free < needed {
            return Err(NoGround::Room {
                path: above,
                free: free >> 20,
                needed: needed >> 20,
            });
        }
        Ok(ground)
    }

    /// The folder of the server.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(super) fn layout(&self) -> Layout {
        Layout::new(&self.data())
    }

    /// A server for this machine alone, on ports that are free.
    pub(super) fn settings(&self) -> Settings {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let usual = Settings::default();
        Settings {
            listen: SocketAddr::new(loopback, 0),
            media_port: 0,
            media_workers: usual.media_workers.min(WORKERS),
            public_ips: vec![loopback],
            data_dir: self.data(),
            recording: Detail::Everything,
            ..usual
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // What cannot be removed now is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
        if let Some(keep) = &self.keep {
            // Where nothing was left in it.
            let _ = fs::remove_dir(keep);
        }
    }
}

/// The folder, which is there and empty.
fn made_for_the_archive(path: &Path) -> Result<PathBuf, NoGround> {
    let unusable = |source| NoGround::Keep {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(path).map_err(unusable)?;
    match fs::read_dir(path).map_err(unusable)?.next() {
        None => Ok(path.to_owned()),
        Some(_) => Err(NoGround::NotEmpty(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_but_what_was_kept() {
        let above = tempfile::tempdir().unwrap();
        let keep = above.path().join("a/b");
        let ground = Ground::prepare(Some(&keep)).unwrap();
        let folder = ground.folder.clone();
        fs::create_dir(ground.data()).unwrap();
        drop(ground);
        assert!(!folder.exists() && !keep.exists());

        let ground = Ground::prepare(Some(&keep)).unwrap();
        fs::write(keep.join("archive.pub"), "x").unwrap();
        drop(ground);
        assert!(keep.join("archive.pub").exists());
        let refused = Ground::prepare(Some(&keep)).err();
        assert!(matches!(refused, Some(NoGround::NotEmpty(_))));
    }
}
