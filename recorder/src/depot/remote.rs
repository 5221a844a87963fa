//! The files of an archive in a bucket, read as if they lay here.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use object_store::ObjectStoreExt;
use object_store::path::Path as Key;

use super::Depot;
use super::upload::ledger_of;
use crate::archive::{Folder, Place, SealError};
use crate::content::Content;

/// Asked for at a time, in bytes.
const PAGE: u64 = 2 << 20;

/// The files of one archive. Not for threads of the runtime: reading waits.
pub(crate) struct Remote {
    depot: Depot,
    archive: String,
}

impl Remote {
    pub(super) fn new(depot: Depot, archive: &str) -> Self {
        let archive = archive.to_owned();
        Self { depot, archive }
    }

    /// With the files that are on this machine before those in the bucket.
    /// `folder` is the recording's.
    pub(crate) fn below(self, folder: &Path, local: Folder) -> Layered {
        Layered {
            local,
            folder: folder.to_owned(),
            remote: self,
        }
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Content>> {
        let key = self.depot.key(&self.archive, name);
        let head = self.depot.runtime.block_on(self.depot.store.head(&key));
        let size = head.map_err(io::Error::from)?.size;
        Ok(Box::new(Object {
            depot: self.depot.clone(),
            key,
            size,
            at: 0,
            page: (0, Vec::new()),
        }))
    }
}

/// What is here, and behind it what is in the bucket.
pub(crate) struct Layered {
    local: Folder,
    folder: std::path::PathBuf,
    remote: Remote,
}

impl Place for Layered {
    fn names(&self) -> Result<Vec<String>, SealError> {
        let failed = |source| SealError::Io {
            path: self.folder.clone(),
            source,
        };
        let mut names = self.local.names()?;
        let depot = &self.remote.depot;
        let archive = &self.remote.archive;
        let listed = depot
            .runtime
            .block_on(depot.list(archive))
            .map_err(failed)?;
        let ledger = ledger_of(&self.folder).map_err(failed)?.unwrap_or_default();
        for key in listed {
            // One that nobody sent is told by what it is called there.
            let known = ledger.names().find(|name| depot.key(archive, name) == key);
            names.push(known.map_or_else(|| key.to_string(), str::to_owned));
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Content>> {
        match self.local.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.remote.open(name),
            opened => opened,
        }
    }
}

/// An object of which a page is at hand.
struct Object {
    depot: Depot,
    key: Key,
    size: u64,
    at: u64,
    /// Where it begins, and what is in it.
    page: (u64, Vec<u8>),
}

impl Read for Object {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let (from, page) = &self.page;
        if !(*from..*from + page.len() as u64).contains(&self.at) {
            let range = self.at..self.size.min(self.at + PAGE);
            let store = &self.depot.store;
            let asked = store.get_range(&self.key, range.clone());
            let bytes = self
                .depot
                .runtime
                .block_on(asked)
                .map_err(io::Error::from)?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.page = (self.at, bytes.to_vec());
        }
        let (from, page) = &self.page;
        // Within a page.
        let there = &page[(self.at - from) as usize..];
        let read = there.len().min(buffer.len());
        buffer[..read].copy_from_slice(&there[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Object {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
