//! How long archives are kept, and how they are destroyed: pure.
//!
//! ```text
//!   kept ── so many days after the meeting ──> due ── one proposes ──> proposed
//!    │ ▲                                                 │ withdrawn     │ another
//!    │ └─────────────────────────────────────────────────┘               │ confirms
//!    └ hold: nothing is proposed or confirmed until it is released       ▼
//!                                                            tombstone, then nothing
//! ```
//!
//! Nothing is ever destroyed by time alone.

#[cfg(test)]
mod stories;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::archive::Manifest;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// For how long archives are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// In days after the meeting; without it for ever.
    pub days: Option<u32>,
    /// The same of single units, by their names.
    pub of_units: BTreeMap<String, u32>,
}

impl Retention {
    /// When an archive may be destroyed, in milliseconds since 1970 UTC.
    pub fn due_at(&self, host_unit: &str, ended_at: i64) -> Option<i64> {
        let days = self.of_units.get(host_unit).copied().or(self.days)?;
        Some(ended_at.saturating_add(i64::from(days) * DAY))
    }
}

/// What somebody said of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who, as in the audit log.
    pub by: String,
    /// The person behind it, which is the same for somebody's programs.
    pub person: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Why.
    pub reason: String,
}

/// What holds of an archive that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Keeping {
    /// It must not be destroyed.
    pub hold: Option<Said>,
    /// Its destruction is proposed.
    pub proposed: Option<Said>,
}

/// What is left of an archive that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// Which meeting.
    pub meeting: String,
    /// What it was about.
    pub title: String,
    /// The unit that hosted it.
    pub host_unit: String,
    /// When it ended, in milliseconds since 1970 UTC.
    pub ended_at: i64,
    /// The SHA-256 of the manifest, in hex.
    pub manifest_sha256: String,
    /// The hash of the event log's last event, in hex.
    pub closing_hash: String,
    /// Who proposed it, and why.
    pub proposed: Said,
    /// Who confirmed it, and when that was.
    pub confirmed: Said,
}

/// What somebody wants done with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Put it under a hold.
    Hold {
        /// Why.
        reason: String,
    },
    /// Lift the hold.
    Release,
    /// Propose its destruction.
    Propose {
        /// Why.
        reason: String,
    },
    /// Take the proposal back.
    Withdraw,
    /// Confirm what somebody else proposed.
    Confirm,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefused {
    /// It is under a hold.
    #[error("the archive is under a legal hold")]
    Held,
    /// It is not due.
    #[error("the archive must still be kept")]
    NotDue,
    /// It is under a hold, or proposed, already.
    #[error("somebody did so before")]
    Already,
    /// Nobody proposed it.
    #[error("nobody has proposed the destruction")]
    NotProposed,
    /// Whoever proposed confirms.
    #[error("whoever proposed the destruction cannot confirm it")]
    SamePerson,
    /// There is no reason.
    #[error("a reason is needed")]
    NoReason,
    /// The reason is too long.
    #[error("the reason is longer than {LONGEST_REASON} characters")]
    ReasonTooLong,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This holds of it now.
    Kept(Keeping),
    /// It is to be destroyed, and this is left.
    Destroyed(Box<Tombstone>),
}

/// An archive, as far as its keeping goes.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// The SHA-256 of its bytes, in hex.
    pub manifest_sha256: &'a str,
    /// What holds of it.
    pub keeping: &'a Keeping,
}

impl Kept<'_> {
    /// Decides on an order that somebody gives at a time.
    ///
    /// # Errors
    /// Says why nothing follows.
    pub fn decide(
        &self,
        retention: &Retention,
        now: i64,
        (by, person): (&str, &str),
        order: Order,
    ) -> Result<Outcome, OrderRefused> {
        let said = |reason| {
            Ok::<_, OrderRefused>(Said {
                by: by.to_owned(),
                person: person.to_owned(),
                at: now,
                reason: reason_of(reason)?,
            })
        };
        let mut keeping = self.keeping.clone();
        match order {
            Order::Hold { reason } => {
                if keeping.hold.is_some() {
                    return Err(OrderRefused::Already);
                }
                keeping.hold = Some(said(reason)?);
                keeping.proposed = None;
            }
            Order::Release => keeping.hold = None,
            Order::Propose { reason } => {
                self.may_go(retention, now)?;
                if keeping.proposed.is_some() {
                    return Err(OrderRefused::Already);
                }
                keeping.proposed = Some(said(reason)?);
            }
            Order::Withdraw => keeping.proposed = None,
            Order::Confirm => {
                self.may_go(retention, now)?;
                let proposed = keeping.proposed.ok_or(OrderRefused::NotProposed)?;
                if proposed.person == person {
                    return Err(OrderRefused::SamePerson);
                }
                let confirmed = Said {
                    by: by.to_owned(),
                    person: person.to_owned(),
                    at: now,
                    reason: proposed.reason.clone(),
                };
                return Ok(Outcome::Destroyed(Box::new(Tombstone {
                    meeting: self.manifest.meeting.clone(),
                    title: self.manifest.title.clone(),
                    host_unit: self.manifest.host_unit.clone(),
                    ended_at: self.manifest.ended_at,
                    manifest_sha256: self.manifest_sha256.to_owned(),
                    closing_hash: self.manifest.closing_hash.clone(),
                    proposed,
                    confirmed,
                })));
            }
        }
        Ok(Outcome::Kept(keeping))
    }

    fn may_go(&self, retention: &Retention, now: i64) -> Result<(), OrderRefused> {
        if self.keeping.hold.is_some() {
            return Err(OrderRefused::Held);
        }
        let due = retention.due_at(&self.manifest.host_unit, self.manifest.ended_at);
        if due.is_some_and(|due| due <= now) {
            Ok(())
        } else {
            Err(OrderRefused::NotDue)
        }
    }
}

fn reason_of(reason: String) -> Result<String, OrderRefused> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(OrderRefused::NoReason),
        1..=LONGEST_REASON => Ok(reason.to_owned()),
        _ => Err(OrderRefused::ReasonTooLong),
    }
}
