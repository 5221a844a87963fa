//! The journal of a recording: one file that takes everything as it comes, and
//! from which every other file is made, as often as need be.
//!
//! ```text
//!   record:  length (4 bytes) │ CRC-32 (4) │ kind (1) │ content      little endian
//! ```
//!
//! After a crash the file may end in the middle of a record, or in garbage:
//! whatever stands before the first record that is not whole counts, the rest
//! is cut off. The journal is synced as a whole, once a second, so a power cut
//! costs at most the last second, whatever the number of tracks.

mod record;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use record::{Note, Record};

use crate::storage::{Storage, StoredFile};

/// Length and checksum.
const HEAD: usize = 8;
/// The longest record that is believed, in bytes.
const LONGEST: usize = 1 << 20;
/// Read at a time.
const PAGE: usize = 1 << 18;

/// Puts a record behind others.
pub fn encode(record: &Record, into: &mut Vec<u8>) {
    let at = into.len();
    into.extend([0; HEAD]);
    record.write(into);
    let body = &into[at + HEAD..];
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let sum = checksum(length, body).to_le_bytes();
    into[at..at + 4].copy_from_slice(&length);
    into[at + 4..at + HEAD].copy_from_slice(&sum);
}

fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&length);
    sum.update(body);
    sum.finalize()
}

/// Reads the record at the beginning of these bytes, and how many it takes.
/// Nothing when it is not whole, or not a record.
fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [length, sum] = [0, 4].map(|at| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let count = usize::try_from(u32::from_le_bytes(length)).ok()?;
    if count == 0 || count > LONGEST {
        return None;
    }
    let body = rest.get(..count)?;
    if checksum(length, body) != u32::from_le_bytes(sum) {
        return None;
    }
    Some((Record::read(body)?, HEAD + count))
}

/// The writing end.
pub struct Journal {
    file: Arc<dyn StoredFile>,
    end: u64,
    synced: u64,
}

impl Journal {
    /// Opens a journal, or begins one; what is not whole at its end is cut
    /// off. `found` is shown each record that is there already. Returns how
    /// many bytes were cut off, too.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(
        storage: &dyn Storage,
        path: &Path,
        mut found: impl FnMut(&Record),
    ) -> io::Result<(Self, u64)> {
        let file: Arc<dyn StoredFile> = storage.open(path)?.into();
        let mut reader = Reader::new(Arc::clone(&file));
        while let Some(record) = reader.next_record()? {
            found(&record);
        }
        let end = reader.at;
        let torn = file.length()?.saturating_sub(end);
        if torn > 0 {
            file.set_len(end)?;
        }
        file.sync()?;
        if let Some(folder) = path.parent() {
            storage.sync_folder(folder)?;
        }
        let journal = Self {
            file,
            end,
            synced: end,
        };
        Ok((journal, torn))
    }

    /// A reading end of a journal that somebody else may be writing.
    ///
    /// # Errors
    /// As the system says.
    pub fn read(storage: &dyn Storage, path: &Path) -> io::Result<Reader> {
        Ok(Reader::new(storage.open(path)?.into()))
    }

    /// A reading end of it.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.file))
    }

    /// Appends encoded records, all or none of them.
    ///
    /// # Errors
    /// As the system says; the journal is as before.
    pub fn append(&mut self, records: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_at(records, self.end) {
            // What got there in spite of it must not be taken for records.
            self.file.set_len(self.end)?;
            return Err(error);
        }
        self.end += records.len() as u64;
        Ok(())
    }

    /// Makes what was appended last, if that is not yet so.
    ///
    /// # Errors
    /// As the system says.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.synced < self.end {
            self.file.sync()?;
            self.synced = self.end;
        }
        Ok(())
    }

    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        self.end
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.end == 0
    }
}

/// The reading end: goes from record to record, and waits at the end for more.
pub struct Reader {
    file: Arc<dyn StoredFile>,
    at: u64,
    page: Vec<u8>,
    /// Where in the page the next record begins.
    next: usize,
}

impl Reader {
    fn new(file: Arc<dyn StoredFile>) -> Self {
        Self {
            file,
            at: 0,
            page: Vec::new(),
            next: 0,
        }
    }

    /// The next record; nothing when there is none yet.
    ///
    /// # Errors
    /// As the system says.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        loop {
            if let Some((record, length)) = decode(&self.page[self.next..]) {
                self.next += length;
                self.at += length as u64;
                return Ok(Some(record));
            }
            self.page.drain(..self.next);
            self.next = 0;
            let have = self.page.len();
            if have > LONGEST + HEAD {
                return Ok(None);
            }
            self.page.resize(have + PAGE, 0);
            let read = self
                .file
                .read_at(&mut self.page[have..], self.at + have as u64);
            self.page
                .truncate(have + read.as_ref().copied().unwrap_or(0));
            if read? == 0 {
                // What is not whole is read anew: it may have been cut off.
                self.page.clear();
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests;
