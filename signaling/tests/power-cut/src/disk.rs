//! What is on the disk and what is on its way there; pure.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// What a disk writes whole or not at all, in bytes. SQLite counts on no more.
const SECTOR: usize = 512;

/// The power is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Off;

/// A file, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(usize);

#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

#[derive(Debug, Default)]
struct Contents {
    synced: Vec<u8>,
    /// Since then, in order.
    on_the_way: Vec<Change>,
}

/// The disk of one folder.
#[derive(Debug, Default)]
pub(crate) struct State {
    contents: Vec<Contents>,
    /// As the running program sees the folder.
    names: BTreeMap<String, FileId>,
    /// As it was when the folder was synced last.
    synced_names: BTreeMap<String, FileId>,
    changes: u64,
    cut_at: Option<u64>,
    off: bool,
}

impl State {
    pub(crate) fn cut_after(&mut self, changes: u64) {
        self.cut_at = Some(self.changes + changes);
    }

    pub(crate) fn is_off(&self) -> bool {
        self.off
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Counts a change; the power may fail at it.
    fn change(&mut self) -> Result<(), Off> {
        self.changes += 1;
        self.off |= self.cut_at.is_some_and(|cut_at| self.changes > cut_at);
        if self.off { Err(Off) } else { Ok(()) }
    }

    /// Opens a file. `found` is what lies there where the disk does not know
    /// it yet; whether it had to be made is given back too.
    pub(crate) fn open(
        &mut self,
        name: &str,
        found: Option<Vec<u8>>,
    ) -> Result<(FileId, bool), Off> {
        if self.off {
            return Err(Off);
        }
        if let Some(id) = self.names.get(name) {
            return Ok((*id, false));
        }
        let is_new = found.is_none();
        if is_new {
            self.change()?;
        }
        let id = FileId(self.contents.len());
        self.contents.push(Contents {
            synced: found.unwrap_or_default(),
            on_the_way: Vec::new(),
        });
        self.names.insert(name.to_owned(), id);
        if !is_new {
            self.synced_names.insert(name.to_owned(), id);
        }
        Ok((id, is_new))
    }

    pub(crate) fn delete(&mut self, name: &str, sync_folder: bool) -> Result<(), Off> {
        let outcome = self.change();
        self.names.remove(name);
        if sync_folder && outcome.is_ok() {
            self.sync_folder();
        }
        outcome
    }

    pub(crate) fn write(&mut self, file: FileId, at: usize, bytes: &[u8]) -> Result<(), Off> {
        let was_off = self.off;
        let outcome = self.change();
        // What was being written when the power failed may be there in part.
        if !was_off {
            self.contents[file.0].on_the_way.push(Change::Write {
                at,
                bytes: bytes.to_vec(),
            });
        }
        outcome
    }

    pub(crate) fn truncate(&mut self, file: FileId, length: usize) -> Result<(), Off> {
        let was_off = self.off;
        let outcome = self.change();
        if !was_off {
            let change = Change::Truncate { length };
            self.contents[file.0].on_the_way.push(change);
        }
        outcome
    }

    pub(crate) fn sync(&mut self, file: FileId) -> Result<(), Off> {
        self.change()?;
        let Contents { synced, on_the_way } = &mut self.contents[file.0];
        for change in on_the_way.drain(..) {
            apply(synced, &change, |_| true);
        }
        Ok(())
    }

    pub(crate) fn sync_folder(&mut self) {
        self.synced_names = self.names.clone();
    }

    /// Lets the power fail; gives back what is there afterwards.
    pub(crate) fn survivors(&mut self, seed: u64) -> BTreeMap<String, Vec<u8>> {
        self.off = true;
        let mut lot = StdRng::seed_from_u64(seed);
        let mut names = self.synced_names.clone();
        for (name, id) in &self.names {
            if self.synced_names.get(name) != Some(id) && lot.random() {
                names.insert(name.clone(), *id);
            }
        }
        for name in self.synced_names.keys() {
            if !self.names.contains_key(name) && lot.random() {
                names.remove(name);
            }
        }
        names
            .into_iter()
            .map(|(name, id)| (name, self.contents[id.0].after_the_cut(&mut lot)))
            .collect()
    }
}

impl Contents {
    fn after_the_cut(&self, lot: &mut impl Rng) -> Vec<u8> {
        // All is lost, nothing is, or some sectors.
        let share = [0.0, 0.5, 1.0][lot.random_range(0..3)];
        let mut left = self.synced.clone();
        for change in &self.on_the_way {
            apply(&mut left, change, |_| lot.random_bool(share));
        }
        left
    }
}

/// Makes those parts of a change that are there: of a write its sectors, by
/// number.
fn apply(content: &mut Vec<u8>, change: &Change, mut is_there: impl FnMut(usize) -> bool) {
    match change {
        Change::Truncate { length } => {
            if is_there(length / SECTOR) {
                content.resize(*length, 0);
            }
        }
        Change::Write { at, bytes } => {
            let mut from = 0;
            while from < bytes.len() {
                let sector = (at + from) / SECTOR;
                let to = bytes.len().min((sector + 1) * SECTOR - at);
                if is_there(sector) {
                    if content.len() < at + to {
                        content.resize(at + to, 0);
                    }
                    content[at + from..at + to].copy_from_slice(&bytes[from..to]);
                }
                from = to;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: std::ops::Range<u64> = 0..200;

    fn with_one_file() -> (State, FileId) {
        let mut disk = State::default();
        let (file, is_new) = disk.open("sổ", None).expect("the power is on");
        assert!(is_new);
        disk.sync_folder();
        (disk, file)
    }

    #[test]
    fn what_was_synced_is_there_with_every_seed() {
        for seed in SEEDS {
            let (mut disk, file) = with_one_file();
            disk.write(file, 3, b"abc").expect("the power is on");
            disk.sync(file).expect("the power is on");
            assert_eq!(disk.survivors(seed)["sổ"], b"\0\0\0abc");
        }
    }

    #[test]
    fn what_was_not_synced_is_there_in_part_or_not_at_all() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in SEEDS {
            let (mut disk, file) = with_one_file();
            disk.write(file, SECTOR - 1, b"xy")
                .expect("the power is on");
            let left = disk.survivors(seed)["sổ"].clone();
            seen.insert((
                left.get(SECTOR - 1) == Some(&b'x'),
                left.get(SECTOR) == Some(&b'y'),
            ));
        }
        assert_eq!(seen.len(), 4, "{seen:?}");
    }

    #[test]
    fn names_need_a_sync_of_their_folder() {
        let (mut there, mut deleted) = (0, 0);
        for seed in SEEDS {
            let (mut disk, _) = with_one_file();
            disk.open("mới", None).expect("the power is on");
            disk.delete("sổ", false).expect("the power is on");
            let left = disk.survivors(seed);
            there += usize::from(left.contains_key("mới"));
            deleted += usize::from(!left.contains_key("sổ"));
        }
        assert!((50..150).contains(&there) && (50..150).contains(&deleted));
    }

    #[test]
    fn after_the_cut_nothing_goes_any_more() {
        let (mut disk, file) = with_one_file();
        disk.cut_after(1);
        disk.write(file, 0, b"a").expect("the power is on");
        assert_eq!(disk.sync(file), Err(Off));
        assert!(disk.is_off());
        assert_eq!(disk.write(file, 0, b"b"), Err(Off));
        assert_eq!(disk.open("mới", None), Err(Off));
        for seed in SEEDS {
            assert!(!disk.survivors(seed)["sổ"].contains(&b'b'));
        }
    }
}
