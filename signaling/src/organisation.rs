//! The organisation: units in a tree, their sites and their people. Pure.
//!
//! ```text
//!   (organisation, now, Change) ── decide ──> [Record] ──> apply ──> organisation
//!                                    │           │
//!                                 Refusal     stored with the audit log
//! ```
//!
//! It is held in memory as a whole: a country of units, sites and people is
//! some ten megabytes. Names are kept with the time from which and until which
//! they were valid, so that an old meeting still shows the old name.

mod change;
mod exchange;
mod grouping;
mod names;
mod order;
#[cfg(test)]
mod stories;

use std::collections::BTreeMap;

use diemcau_protocol::ErrorCode;
use serde::Serialize;

pub(crate) use change::{Change, decide, preset};
pub(crate) use exchange::{Import, Subject, export, import};
pub(crate) use names::{MemberId, Name, NamePeriod, TierId, UnitId};
pub(crate) use order::{SortKey, sort_key};

/// Why a change is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    /// For technicians, in English.
    pub(crate) detail: &'static str,
}

impl Refusal {
    pub(crate) const fn new(code: ErrorCode, detail: &'static str) -> Self {
        Self { code, detail }
    }
}

/// A tier of the tree, such as that of the provinces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tier {
    pub(crate) id: TierId,
    pub(crate) name: Name,
}

/// A node of the tree (*đơn vị*).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Unit {
    pub(crate) id: UnitId,
    pub(crate) parent: Option<UnitId>,
    pub(crate) tier: TierId,
    pub(crate) names: Vec<NamePeriod>,
    pub(crate) closed_at: Option<i64>,
    /// The unit that it was merged into.
    pub(crate) successor: Option<UnitId>,
    /// The organisation's version that this was written with.
    pub(crate) version: i64,
}

/// A site (*điểm cầu*) or a person of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    pub(crate) unit: UnitId,
    pub(crate) names: Vec<NamePeriod>,
    /// Of a person: *Chủ tịch UBND xã*.
    pub(crate) position: Option<Name>,
    pub(crate) closed_at: Option<i64>,
    /// The organisation's version that this was written with.
    pub(crate) version: i64,
}

/// What belongs to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberKind {
    Site,
    Person,
}

/// Something as it is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    Tiers(Vec<Tier>),
    Unit(Unit),
    Member(MemberKind, Member),
}

/// The whole organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Organisation {
    /// Counts the changes.
    pub(crate) version: i64,
    /// From the highest to the lowest.
    pub(crate) tiers: Vec<Tier>,
    pub(crate) units: BTreeMap<UnitId, Unit>,
    pub(crate) sites: BTreeMap<MemberId, Member>,
    pub(crate) people: BTreeMap<MemberId, Member>,
}

impl Organisation {
    /// The sites, or the people.
    pub(crate) fn members(&self, kind: MemberKind) -> &BTreeMap<MemberId, Member> {
        match kind {
            MemberKind::Site => &self.sites,
            MemberKind::Person => &self.people,
        }
    }

    /// Puts a record in place of the one before it.
    pub(crate) fn apply(&mut self, record: Record) {
        match record {
            Record::Tiers(tiers) => self.tiers = tiers,
            Record::Unit(unit) => {
                self.units.insert(unit.id.clone(), unit);
            }
            Record::Member(MemberKind::Site, site) => {
                self.sites.insert(site.id.clone(), site);
            }
            Record::Member(MemberKind::Person, person) => {
                self.people.insert(person.id.clone(), person);
            }
        }
    }

    /// Whether `unit` is `above`, or somewhere below it.
    pub(crate) fn is_within(&self, unit: &UnitId, above: &UnitId) -> bool {
        let mut at = Some(unit);
        // No way up is longer than there are units.
        for _ in 0..=self.units.len() {
            match at {
                Some(id) if id == above => return true,
                Some(id) => at = self.units.get(id).and_then(|unit| unit.parent.as_ref()),
                None => return false,
            }
        }
        false
    }
}

impl Unit {
    /// The name that is valid now, or was last.
    pub(crate) fn name(&self) -> &str {
        current(&self.names)
    }
}

impl Member {
    /// The name that is valid now, or was last.
    pub(crate) fn name(&self) -> &str {
        current(&self.names)
    }
}

fn current(names: &[NamePeriod]) -> &str {
    names.last().map_or("", |period| period.name.as_str())
}

/// The name that was valid at a time; before the first one, the first.
pub(crate) fn name_at(names: &[NamePeriod], at: i64) -> &str {
    names
        .iter()
        .rfind(|period| period.from <= at)
        .or(names.first())
        .map_or("", |period| period.name.as_str())
}
