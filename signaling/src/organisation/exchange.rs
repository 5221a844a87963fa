//! Units, sites and people as CSV files, in and out.
//!
//! ```text
//!   file ──> rows ──> what each row changes, tried on a copy ──> Import
//!                        row by row; a unit may stand above        │ lines with outcomes
//!                        the one that it belongs to                └ records to store
//! ```
//!
//! UTF-8, with or without a byte order mark; fields end with commas or with
//! semicolons, as Excel writes them in Vietnam. The first line names the
//! columns, in English or Vietnamese.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use diemcau_protocol::{ErrorCode, LineOutcome};

use super::{
    Change, Member, MemberId, MemberKind, Name, Organisation, Record, Refusal, TierId, Unit,
    UnitId, decide, sort_key,
};

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Units,
    Members(MemberKind),
}

impl Subject {
    /// The columns, with what they are also called.
    fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Subject::Units => &[
                ("id", "mã"),
                ("parent", "mã cấp trên"),
                ("tier", "cấp"),
                ("name", "tên"),
            ],
            Subject::Members(MemberKind::Site) => {
                &[("id", "mã"), ("unit", "mã đơn vị"), ("name", "tên")]
            }
            Subject::Members(MemberKind::Person) => &[
                ("id", "mã"),
                ("unit", "mã đơn vị"),
                ("name", "họ và tên"),
                ("position", "chức vụ"),
            ],
        }
    }
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the file.
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) outcome: Result<LineOutcome, Refusal>,
}

/// What a file leads to.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) lines: Vec<Line>,
    pub(crate) records: Vec<Record>,
}

impl Import {
    /// Whether a line cannot be used.
    pub(crate) fn is_refused(&self) -> bool {
        self.lines.iter().any(|line| line.outcome.is_err())
    }
}

const UNREADABLE: Refusal = Refusal::new(
    ErrorCode::BadMessage,
    "the line is not UTF-8, or has other columns",
);

/// Reads a file and tries it on a copy of the organisation.
pub(crate) fn import(
    organisation: &Organisation,
    now: i64,
    subject: Subject,
    file: &[u8],
) -> Result<Import, Refusal> {
    let mut trial = Trial {
        organisation: organisation.clone(),
        now,
        subject,
        seen: BTreeSet::new(),
        lines: Vec::new(),
        records: Vec::new(),
    };
    let mut waiting = trial.rows(file)?;
    // Each round serves those whose unit above came in the round before.
    loop {
        let before = waiting.len();
        waiting.retain(|(number, row)| !trial.take(*number, row, false));
        if waiting.len() == before {
            break;
        }
    }
    for (number, row) in &waiting {
        trial.take(*number, row, true);
    }
    trial.lines.sort_by_key(|line| line.number);
    Ok(Import {
        lines: trial.lines,
        records: trial.records,
    })
}

struct Trial {
    organisation: Organisation,
    now: i64,
    subject: Subject,
    seen: BTreeSet<String>,
    lines: Vec<Line>,
    records: Vec<Record>,
}

/// Numbers the lines of a file. The reader's own numbers are one behind where
/// lines end as on Windows.
struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    number: u32,
}

impl Lines<'_> {
    /// The line in which a record begins; records come in their order.
    fn number_at(&mut self, position: Option<&csv::Position>) -> u32 {
        let to = position.and_then(|position| usize::try_from(position.byte()).ok());
        let to = to.unwrap_or(self.at).min(self.file.len());
        let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let to = to + self.file[to..].iter().take_while(is_end).count();
        let passed = self.file.get(self.at..to).unwrap_or_default();
        let ends = passed.iter().filter(|byte| **byte == b'\n').count();
        self.number = self
            .number
            .saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.at = self.at.max(to);
        self.number
    }
}

/// The fields of a row, in the order of the columns.
type Row = Vec<String>;

impl Trial {
    /// The rows with their lines. What is no row is refused at once.
    fn rows(&mut self, file: &[u8]) -> Result<Vec<(u32, Row)>, Refusal> {
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        let first = file.split(|byte| *byte == b'\n').next().unwrap_or(file);
        let count = |sign| first.iter().filter(|byte| **byte == sign).count();
        let delimiter = if count(b';') > count(b',') {
            b';'
        } else {
            b','
        };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(file);
        let headings = reader.headers().map_err(|_| UNREADABLE)?;
        let order = self.order(headings)?;
        let mut rows = Vec::new();
        let mut lines = Lines {
            file,
            at: 0,
            number: 1,
        };
        for record in reader.records() {
            match record {
                Ok(record) if record.len() == order.len() => {
                    let number = lines.number_at(record.position());
                    let row = order.iter().map(|at| record[*at].trim().to_owned());
                    rows.push((number, row.collect()));
                }
                Ok(record) => self.refuse(lines.number_at(record.position()), UNREADABLE),
                Err(error) => self.refuse(lines.number_at(error.position()), UNREADABLE),
            }
        }
        Ok(rows)
    }

    /// Where each column stands.
    fn order(&self, headings: &StringRecord) -> Result<Vec<usize>, Refusal> {
        let columns = self.subject.columns();
        let find = |(english, vietnamese): &(&str, &str)| {
            headings.iter().position(|heading| {
                let heading = Name::parse(heading).map(|name| name.as_str().to_lowercase());
                heading.is_ok_and(|heading| heading == *english || heading == *vietnamese)
            })
        };
        let order: Option<Vec<usize>> = columns.iter().map(find).collect();
        order
            .filter(|order| order.len() == headings.len())
            .ok_or(Refusal::new(
                ErrorCode::BadMessage,
                "the first line does not name the columns",
            ))
    }

    fn refuse(&mut self, number: u32, refusal: Refusal) {
        self.lines.push(Line {
            number,
            id: String::new(),
            outcome: Err(refusal),
        });
    }

    /// Tries a row. Says no where what it refers to may come later.
    fn take(&mut self, number: u32, row: &Row, is_last: bool) -> bool {
        let outcome = self.outcome(row);
        if let Err(refusal) = &outcome
            && refusal.code == ErrorCode::NotFound
            && !is_last
        {
            return false;
        }
        self.seen.insert(row[0].clone());
        self.lines.push(Line {
            number,
            id: row[0].clone(),
            outcome,
        });
        true
    }

    fn outcome(&mut self, row: &Row) -> Result<LineOutcome, Refusal> {
        if self.seen.contains(&row[0]) {
            return Err(Refusal::new(
                ErrorCode::AlreadyExists,
                "the identifier stands in an earlier line",
            ));
        }
        let (change, outcome) = match self.subject {
            Subject::Units => self.unit(row)?,
            Subject::Members(kind) => self.member(kind, row)?,
        };
        let Some(change) = change else {
            return Ok(LineOutcome::Unchanged);
        };
        for record in decide(&self.organisation, self.now, change)? {
            self.organisation.apply(record.clone());
            self.records.push(record);
        }
        Ok(outcome)
    }

    fn unit(&self, row: &Row) -> Result<(Option<Change>, LineOutcome), Refusal> {
        let id = UnitId::parse(&row[0])?;
        let parent = match row[1].as_str() {
            "" => None,
            parent => Some(UnitId::parse(parent)?),
        };
        let (tier, name) = (TierId::parse(&row[2])?, Name::parse(&row[3])?);
        let Some(known) = self.organisation.units.get(&id) else {
            let change = Change::AddUnit {
                id,
                parent,
                tier,
                name,
            };
            return Ok((Some(change), LineOutcome::Added));
        };
        let same = known.parent == parent && known.tier == tier && known.name() == name.as_str();
        let change = Change::AlterUnit {
            id,
            name: Some(name),
            parent: Some(parent),
            tier: Some(tier),
        };
        let is_needed = !same || known.closed_at.is_some();
        Ok((is_needed.then_some(change), LineOutcome::Changed))
    }

    fn member(
        &self,
        kind: MemberKind,
        row: &Row,
    ) -> Result<(Option<Change>, LineOutcome), Refusal> {
        let id = MemberId::parse(&row[0])?;
        let unit = UnitId::parse(&row[1])?;
        let name = Name::parse(&row[2])?;
        let position = match row.get(3).map(String::as_str) {
            None | Some("") => None,
            Some(position) => Some(Name::parse(position)?),
        };
        let Some(known) = self.organisation.members(kind).get(&id) else {
            let change = Change::AddMember {
                kind,
                id,
                unit,
                name,
                position,
            };
            return Ok((Some(change), LineOutcome::Added));
        };
        let same =
            known.unit == unit && known.name() == name.as_str() && known.position == position;
        let change = Change::AlterMember {
            kind,
            id,
            unit: Some(unit),
            name: Some(name),
            position: Some(position),
        };
        let is_needed = !same || known.closed_at.is_some();
        Ok((is_needed.then_some(change), LineOutcome::Changed))
    }
}

/// Everything that is open, in Vietnamese order, with a byte order mark, which
/// Excel needs.
pub(crate) fn export(organisation: &Organisation, subject: Subject) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(subject.columns().iter().map(|(english, _)| english))?;
    match subject {
        Subject::Units => {
            let open = |unit: &&Unit| unit.closed_at.is_none();
            let mut units: Vec<&Unit> = organisation.units.values().filter(open).collect();
            units.sort_by_cached_key(|unit| sort_key(unit.name()));
            for unit in units {
                let parent = unit.parent.as_ref().map_or("", UnitId::as_str);
                writer.write_record([unit.id.as_str(), parent, unit.tier.as_str(), unit.name()])?;
            }
        }
        Subject::Members(kind) => {
            let open = |member: &&Member| member.closed_at.is_none();
            let all = organisation.members(kind).values();
            let mut members: Vec<&Member> = all.filter(open).collect();
            members.sort_by_cached_key(|member| sort_key(member.name()));
            for member in members {
                let mut row = vec![member.id.as_str(), member.unit.as_str(), member.name()];
                if kind == MemberKind::Person {
                    row.push(member.position.as_ref().map_or("", Name::as_str));
                }
                writer.write_record(row)?;
            }
        }
    }
    writer
        .into_inner()
        .map_err(|error| std::io::Error::other(error.to_string()).into())
}
