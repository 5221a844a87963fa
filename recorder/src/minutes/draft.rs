//! A draft of minutes, pure: what the secretary edits, the chair approves, and
//! the agency issues.
//!
//! ```text
//!   editing ── approve ──> approved ── issue ──> issued ── supersede ──> superseded
//!      ▲          └─ reopen ──┘                                              │
//!      └──────────────────────── a corrected draft ◄─────────────────────────┘
//! ```
//!
//! What the log established is never rewritten: it is corrected, and the
//! correction keeps what stood there, who changed it, when and why, and shows
//! in the minutes. Every edit is a revision and is kept.

mod edit;
#[cfg(test)]
mod stories;

use diemcau_protocol::Role;
use serde::{Deserialize, Serialize};

pub use diemcau_protocol::{
    MinutesEdit as Edit, MinutesIssue as Issued, MinutesNumber as Number,
    MinutesRevision as Revision, MinutesStage as DraftStage,
};

use super::record::Minutes;
use super::refusal::{Code, Refusal};
use super::statement::{Correction, Editor, Section, Statement};
use super::words;

/// The longest statement, in Unicode scalar values.
pub const STATEMENT_LENGTH: usize = 10_000;

/// As many statements as can be written into a draft.
pub const MOST_WRITTEN: usize = 5_000;

/// A draft, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What the log established; never changed.
    pub minutes: Minutes,
    /// How far it has come.
    pub stage: DraftStage,
    /// Counts the edits, from 1; an edit names the one that it saw.
    pub revision: u32,
    /// Which issue of these minutes it is, from 1.
    pub version: u32,
    /// The number of the minutes that it corrects, where it does.
    pub replaces: Option<Number>,
    /// Everything that it says, in the order of the form.
    pub statements: Vec<Statement>,
    /// The edits, the oldest first.
    pub history: Vec<Revision>,
    /// How many statements were ever written; their keys count from 1.
    written: u32,
}

/// A number; `agency` is 1 to 20 letters, digits, `-` and `.`.
///
/// # Errors
/// When it is not one.
pub fn numbered(serial: u32, year: i32, agency: &str) -> Result<Number, Refusal> {
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let length = agency.chars().count();
    if serial == 0 || !(1..=20).contains(&length) || !agency.chars().all(is_fit) {
        let detail = "a number is 1 or more, with the abbreviation of the agency";
        return Err(Refusal::new(Code::BadNumber, detail));
    }
    if !(1945..=9999).contains(&year) {
        return Err(Refusal::new(Code::BadYear, "the year is not one"));
    }
    Ok(Number {
        serial,
        year,
        agency: agency.to_owned(),
    })
}

/// Somebody who does something with a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// Who.
    pub editor: Editor,
    /// The role in the meeting.
    pub role: Role,
    /// When, in milliseconds since 1970 UTC.
    pub now: i64,
}

impl Draft {
    /// The first draft: what the log established, in words.
    pub fn new(minutes: Minutes) -> Self {
        Self {
            statements: words::statements(&minutes),
            minutes,
            stage: DraftStage::Editing,
            revision: 1,
            version: 1,
            replaces: None,
            history: Vec::new(),
            written: 0,
        }
    }

    /// Changes the draft. `seen` is the revision that the editor looked at;
    /// where another came meanwhile, nothing is changed.
    pub fn edit(&mut self, hand: &Hand, seen: u32, edit: Edit) -> Result<(), Refusal> {
        if !matches!(hand.role, Role::Secretary | Role::Chair) {
            let detail = "only the secretary or the chair edits the minutes";
            return Err(Refusal::new(Code::OnlyTheSecretary, detail));
        }
        self.require_editing()?;
        self.require_seen(seen)?;
        edit::apply(self, hand, &edit)?;
        self.revision += 1;
        self.history.push(Revision {
            revision: self.revision,
            by: hand.editor.clone(),
            at: hand.now,
            edit,
        });
        Ok(())
    }

    /// The chair approves what it has seen; nothing changes any more.
    pub fn approve(&mut self, hand: &Hand, seen: u32) -> Result<(), Refusal> {
        require_chair(hand)?;
        self.require_editing()?;
        self.require_seen(seen)?;
        self.require_signers()?;
        self.stage = DraftStage::Approved {
            by: hand.editor.clone(),
            at: hand.now,
        };
        Ok(())
    }

    /// The chair takes the approval back.
    pub fn reopen(&mut self, hand: &Hand) -> Result<(), Refusal> {
        require_chair(hand)?;
        match &self.stage {
            DraftStage::Approved { .. } => {
                self.stage = DraftStage::Editing;
                Ok(())
            }
            DraftStage::Editing => Err(not_approved()),
            DraftStage::Issued(_) | DraftStage::Superseded { .. } => Err(frozen()),
        }
    }

    /// Gives the approved minutes their number.
    pub fn issue(&mut self, hand: &Hand, number: Number) -> Result<(), Refusal> {
        require_secretary(hand)?;
        match &self.stage {
            DraftStage::Approved { by, .. } => {
                self.stage = DraftStage::Issued(Issued {
                    number,
                    approved_by: by.clone(),
                    by: hand.editor.clone(),
                    at: hand.now,
                });
                Ok(())
            }
            DraftStage::Editing => Err(not_approved()),
            DraftStage::Issued(_) | DraftStage::Superseded { .. } => Err(Refusal::new(
                Code::MinutesIssued,
                "these minutes have been issued",
            )),
        }
    }

    /// Takes issued minutes back: they are superseded, and a draft with all
    /// that they say begins, to correct them. The chair does this.
    pub fn supersede(&mut self, hand: &Hand, reason: &str) -> Result<Draft, Refusal> {
        require_chair(hand)?;
        let reason = edit::reason(reason)?;
        let DraftStage::Issued(issued) = &self.stage else {
            let detail = "only issued minutes can be taken back";
            return Err(Refusal::new(Code::MinutesNotIssued, detail));
        };
        let issued = issued.clone();
        let corrected = Draft {
            stage: DraftStage::Editing,
            revision: self.revision + 1,
            version: self.version + 1,
            replaces: Some(issued.number.clone()),
            ..self.clone()
        };
        self.stage = DraftStage::Superseded {
            issued,
            by: hand.editor.clone(),
            at: hand.now,
            reason,
        };
        Ok(corrected)
    }

    /// The number, where it was issued.
    pub fn number(&self) -> Option<&Number> {
        match &self.stage {
            DraftStage::Issued(issued) | DraftStage::Superseded { issued, .. } => {
                Some(&issued.number)
            }
            DraftStage::Editing | DraftStage::Approved { .. } => None,
        }
    }

    /// A statement by its key.
    pub fn statement(&self, key: &str) -> Option<&Statement> {
        self.statements
            .iter()
            .find(|statement| statement.key == key)
    }

    /// Everything that was corrected, with the statement that it is about.
    pub fn corrections(&self) -> impl Iterator<Item = (&Statement, &Correction)> {
        let statements = self.statements.iter();
        statements.flat_map(|s| s.corrections.iter().map(move |correction| (s, correction)))
    }

    fn require_editing(&self) -> Result<(), Refusal> {
        match self.stage {
            DraftStage::Editing => Ok(()),
            DraftStage::Approved { .. } | DraftStage::Issued(_) | DraftStage::Superseded { .. } => {
                Err(frozen())
            }
        }
    }

    fn require_seen(&self, seen: u32) -> Result<(), Refusal> {
        if seen == self.revision {
            return Ok(());
        }
        let detail = format!("revision {seen} was seen, {} is the last", self.revision);
        Err(Refusal::new(Code::Outdated, detail))
    }

    fn require_signers(&self) -> Result<(), Refusal> {
        let mut names = self.statements.iter();
        let is_missing = |s: &Statement| {
            matches!(s.section, Section::Signature { .. }) && s.text.trim().is_empty()
        };
        match names.find(|s| is_missing(s)) {
            None => Ok(()),
            Some(missing) => Err(Refusal::new(Code::SignerMissing, missing.key.clone())),
        }
    }
}

fn require_chair(hand: &Hand) -> Result<(), Refusal> {
    if hand.role == Role::Chair {
        return Ok(());
    }
    Err(Refusal::new(Code::OnlyTheChair, "only the chair does this"))
}

fn require_secretary(hand: &Hand) -> Result<(), Refusal> {
    if matches!(hand.role, Role::Secretary | Role::Chair) {
        return Ok(());
    }
    let detail = "only the secretary or the chair does this";
    Err(Refusal::new(Code::OnlyTheSecretary, detail))
}

fn frozen() -> Refusal {
    Refusal::new(Code::MinutesFrozen, "these minutes are frozen")
}

fn not_approved() -> Refusal {
    Refusal::new(Code::MinutesNotApproved, "the chair has not approved them")
}
