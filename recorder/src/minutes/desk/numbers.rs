//! Whose number is whose: one file for each number of a unit in a year, which
//! comes into its place with its content, or not at all. So two never take the
//! same one, not from two processes either.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use diemcau_protocol::MeetingId;

use crate::minutes::refusal::{Code, Refusal};
use crate::storage::{Disk, Storage, read_whole};

use super::DeskError;

/// The folder of what belongs to no single recording. No meeting's folder is
/// called so.
const CLERK: &str = ".clerk/numbers";

/// The numbers of a unit in a year.
pub(super) struct Numbers {
    folder: PathBuf,
}

impl Numbers {
    pub(super) fn of(recordings: &Path, unit: &str, year: i32) -> Self {
        let folder = recordings.join(CLERK).join(hex::encode(unit));
        Self {
            folder: folder.join(year.to_string()),
        }
    }

    /// The serial behind the last one.
    pub(super) fn next(&self) -> io::Result<u32> {
        Ok(self.taken()?.into_iter().max().map_or(1, |last| last + 1))
    }

    /// Takes a serial for a version of a meeting's minutes: this one, or the
    /// one that it took before, or the next.
    pub(super) fn take(
        &self,
        serial: Option<u32>,
        meeting: &MeetingId,
        version: u32,
    ) -> Result<u32, DeskError> {
        Disk.make_folder(&self.folder)?;
        let owner = owner(meeting, version);
        if let Some(serial) = serial {
            return match self.place(serial, &owner)? {
                true => Ok(serial),
                false => {
                    let detail = format!("{serial} is taken in this year");
                    Err(Refusal::new(Code::NumberTaken, detail).into())
                }
            };
        }
        if let Some(before) = self.of_owner(&owner)?.into_iter().next() {
            return Ok(before);
        }
        loop {
            let next = self.next()?;
            if self.place(next, &owner)? {
                return Ok(next);
            }
        }
    }

    /// Gives back what else was taken for the same minutes.
    pub(super) fn keep_only(
        &self,
        serial: u32,
        meeting: &MeetingId,
        version: u32,
    ) -> io::Result<()> {
        let others = self.of_owner(&owner(meeting, version))?;
        for other in others.into_iter().filter(|other| *other != serial) {
            fs::remove_file(self.folder.join(other.to_string()))?;
        }
        Disk.sync_folder(&self.folder)
    }

    /// Whether it is the owner's now.
    fn place(&self, serial: u32, owner: &str) -> io::Result<bool> {
        let path = self.folder.join(serial.to_string());
        let beside = self.folder.join(format!("{serial}.new"));
        let file = Disk.open(&beside)?;
        file.set_len(0)?;
        file.write_at(owner.as_bytes(), 0)?;
        file.sync()?;
        drop(file);
        let linked = fs::hard_link(&beside, &path);
        fs::remove_file(&beside)?;
        match linked {
            Ok(()) => {
                Disk.sync_folder(&self.folder)?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(read_whole(&Disk, &path)? == owner.as_bytes())
            }
            Err(error) => Err(error),
        }
    }

    fn taken(&self) -> io::Result<Vec<u32>> {
        let names = match Disk.names(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names?,
        };
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    fn of_owner(&self, owner: &str) -> io::Result<Vec<u32>> {
        let mut own = Vec::new();
        for serial in self.taken()? {
            let path = self.folder.join(serial.to_string());
            if read_whole(&Disk, &path)? == owner.as_bytes() {
                own.push(serial);
            }
        }
        own.sort_unstable();
        Ok(own)
    }
}

fn owner(meeting: &MeetingId, version: u32) -> String {
    format!("{meeting}\n{version}\n")
}
