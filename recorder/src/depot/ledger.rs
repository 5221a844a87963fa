//! What of an archive is stored elsewhere so far: pure. It is written down
//! after every step, so that whatever cuts an upload off costs one part.
//!
//! ```text
//!   nothing ── small ──────────────────────────────> sent ── as it was ──> checked
//!      └───── large ──> begun ── part by part ──────┘  └──── otherwise ──> nothing
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The name of the ledger beside an archive.
pub(crate) const LEDGER: &str = "upload.json";
/// The smallest part, in bytes; smaller files are sent at once.
pub(super) const PART: u64 = 8 << 20;
/// The most parts of a file.
const PARTS: u64 = 9_000;

/// A file that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cargo {
    pub(super) name: String,
    pub(super) size: u64,
    /// In hex.
    pub(super) sha256: String,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Sent {
    /// A part after the other.
    Begun {
        /// The upload, as the store calls it.
        id: String,
        /// The parts that are there, as the store calls them.
        parts: Vec<String>,
    },
    /// All of it; nobody has looked yet whether it arrived.
    Whole,
    /// It arrived.
    Checked,
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// In bytes.
    pub sent: u64,
    /// In bytes.
    pub size: u64,
    /// Files that arrived and were checked.
    pub checked: usize,
    /// All files.
    pub files: usize,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<'l, 'c> {
    /// Send a small file.
    Put(&'c Cargo),
    /// Begin a large one.
    Begin(&'c Cargo),
    /// Send a part of it.
    Part {
        cargo: &'c Cargo,
        id: &'l str,
        number: usize,
        range: Range<u64>,
    },
    /// All its parts are there.
    Complete {
        cargo: &'c Cargo,
        id: &'l str,
        parts: &'l [String],
    },
    /// Look whether it arrived.
    Check(&'c Cargo),
    /// Everything arrived.
    Done,
}

/// What is where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    place: String,
    /// Everything arrived, and the files on this machine may go.
    pub(super) is_done: bool,
    pub(super) files: BTreeMap<String, (String, Sent)>,
}

impl Ledger {
    /// An empty one for a place.
    pub(super) fn new(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            ..Self::default()
        }
    }

    /// Whether it speaks of this place.
    pub(super) fn is_of(&self, place: &str) -> bool {
        self.place == place
    }

    /// Whether everything arrived.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The names of all files of which something is there.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The uploads that are begun, by file.
    pub(super) fn begun(&self) -> impl Iterator<Item = (&str, &String)> {
        self.files
            .iter()
            .filter_map(|(name, (_, sent))| match sent {
                Sent::Begun { id, .. } => Some((name.as_str(), id)),
                Sent::Whole | Sent::Checked => None,
            })
    }

    /// What comes next for these files, in their order.
    pub(super) fn next<'l, 'c>(&'l self, cargo: &'c [Cargo]) -> Step<'l, 'c> {
        for one in cargo {
            let known = self.files.get(&one.name);
            // Of something else under the same name nothing is of use.
            match known.filter(|(sha256, _)| *sha256 == one.sha256) {
                None if one.size <= PART => return Step::Put(one),
                None => return Step::Begin(one),
                Some((_, Sent::Whole)) => return Step::Check(one),
                Some((_, Sent::Checked)) => {}
                Some((_, Sent::Begun { id, parts })) => {
                    let size = part_size(one.size);
                    let from = parts.len() as u64 * size;
                    if from >= one.size {
                        return Step::Complete {
                            cargo: one,
                            id,
                            parts,
                        };
                    }
                    return Step::Part {
                        cargo: one,
                        id,
                        number: parts.len(),
                        range: from..one.size.min(from + size),
                    };
                }
            }
        }
        Step::Done
    }

    /// A file is as far as this.
    pub(super) fn note(&mut self, cargo: &Cargo, sent: Sent) {
        let noted = (cargo.sha256.clone(), sent);
        self.files.insert(cargo.name.clone(), noted);
    }

    /// A part is there.
    pub(super) fn note_part(&mut self, cargo: &Cargo, part: String) {
        if let Some((_, Sent::Begun { parts, .. })) = self.files.get_mut(&cargo.name) {
            parts.push(part);
        }
    }

    /// Nothing of a file is of use: it begins anew.
    pub(super) fn forget(&mut self, name: &str) {
        self.files.remove(name);
    }

    pub(super) fn progress(&self, cargo: &[Cargo]) -> Progress {
        let mut progress = Progress {
            sent: 0,
            size: cargo.iter().map(|one| one.size).sum(),
            checked: 0,
            files: cargo.len(),
        };
        for one in cargo {
            let known = self.files.get(&one.name);
            match known.filter(|(sha256, _)| *sha256 == one.sha256) {
                None => {}
                Some((_, Sent::Begun { parts, .. })) => {
                    let sent = parts.len() as u64 * part_size(one.size);
                    progress.sent += sent.min(one.size);
                }
                Some((_, Sent::Whole)) => progress.sent += one.size,
                Some((_, Sent::Checked)) => {
                    progress.sent += one.size;
                    progress.checked += 1;
                }
            }
        }
        progress
    }
}

/// All parts but the last are of one size.
fn part_size(size: u64) -> u64 {
    size.div_ceil(PARTS).max(PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo(name: &str, size: u64) -> Cargo {
        Cargo {
            name: name.into(),
            size,
            sha256: format!("hash of {name}"),
        }
    }

    #[test]
    fn an_upload_goes_on_with_the_next_part_wherever_it_was_cut_off() {
        let all = [cargo("film", 2 * PART + 5), cargo("manifest.json", 10)];
        let mut ledger = Ledger::new("here");
        assert_eq!(ledger.next(&all), Step::Begin(&all[0]));
        let (id, parts) = ("u1".to_owned(), Vec::new());
        ledger.note(&all[0], Sent::Begun { id, parts });
        let mut ranges = Vec::new();
        for number in 0..3 {
            // As after a restart: from what was written down.
            let text = serde_json::to_string(&ledger).unwrap();
            ledger = serde_json::from_str(&text).unwrap();
            let Step::Part {
                number: next,
                range,
                ..
            } = ledger.next(&all)
            else {
                panic!("{:?}", ledger.next(&all));
            };
            assert_eq!(next, number);
            ranges.push(range);
            ledger.note_part(&all[0], format!("p{number}"));
        }
        let expected = [0..PART, PART..2 * PART, 2 * PART..2 * PART + 5];
        assert_eq!(ranges, expected);
        assert!(matches!(ledger.next(&all), Step::Complete { parts, .. } if parts.len() == 3));
        ledger.note(&all[0], Sent::Whole);
        assert_eq!(ledger.next(&all), Step::Check(&all[0]));
        ledger.note(&all[0], Sent::Checked);
        assert_eq!(ledger.next(&all), Step::Put(&all[1]));
        assert_eq!(ledger.progress(&all).sent, 2 * PART + 5);
        ledger.note(&all[1], Sent::Checked);
        assert_eq!(ledger.next(&all), Step::Done);
        assert_eq!(ledger.progress(&all).checked, 2);
    }

    #[test]
    fn what_was_sent_of_another_content_is_not_taken_for_this_one() {
        let old = [cargo("manifest.tsr", 10)];
        let mut ledger = Ledger::new("here");
        ledger.note(&old[0], Sent::Checked);
        let new = [Cargo {
            sha256: "another".into(),
            ..old[0].clone()
        }];
        assert_eq!(ledger.next(&new), Step::Put(&new[0]));
    }

    #[test]
    fn the_largest_files_have_no_more_parts_than_a_store_takes() {
        for size in [PART + 1, 1 << 36, 1 << 42] {
            assert!(size.div_ceil(part_size(size)) <= PARTS, "{size}");
        }
        assert_eq!(part_size(PART + 1), PART);
    }
}
