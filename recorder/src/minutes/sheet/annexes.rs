//! The annexes: the attendance table, and the tables of votes, when long.

use std::collections::BTreeMap;

use diemcau_protocol::{ParticipantId, VoteUnit};

use super::{Annex, Column};
use crate::minutes::draft::Draft;
use crate::minutes::record::VoteRecord;
use crate::minutes::statement::{Cell, Section};
use crate::minutes::words::annex::{self, Annexed};
use crate::minutes::words::choice;
use crate::minutes::words::format::count;

/// The annexes of a draft; `belongs` is the line that says to what.
pub(super) fn of(draft: &Draft, belongs: &str) -> Vec<Annex> {
    let cells = Cells::of(draft);
    let minutes = &draft.minutes;
    let mut annexes = Vec::new();
    for about in annex::annexes(minutes) {
        let laid_out = match about {
            Annexed::Attendance => Some(attendance(draft, &cells)),
            Annexed::Vote(number) => {
                let vote = minutes.votes.iter().find(|vote| vote.number == number);
                vote.map(|vote| ballots(vote, &cells))
            }
        };
        annexes.extend(laid_out.map(|laid_out| Annex {
            heading: annex::name(minutes, about),
            belongs: belongs.to_owned(),
            ..laid_out
        }));
    }
    annexes
}

/// The fields of the attendance table, as they read now.
struct Cells<'a> {
    texts: BTreeMap<(&'a ParticipantId, u8), (&'a str, bool)>,
}

impl<'a> Cells<'a> {
    fn of(draft: &'a Draft) -> Self {
        let statements = draft.statements.iter();
        let cells = statements.filter_map(|s| match &s.section {
            Section::Attendee { participant, cell } => {
                let text = if s.left_out { "" } else { s.text.as_str() };
                let corrected = !s.corrections.is_empty();
                Some(((participant, *cell as u8), (text, corrected)))
            }
            _ => None,
        });
        Self {
            texts: cells.collect(),
        }
    }

    fn text(&self, participant: &ParticipantId, cell: Cell) -> String {
        match self.texts.get(&(participant, cell as u8)) {
            Some((text, true)) => format!("{text} (*)"),
            Some((text, false)) => (*text).to_owned(),
            None => String::new(),
        }
    }

    fn name(&self, participant: &ParticipantId) -> String {
        let name = self.texts.get(&(participant, Cell::Name as u8));
        name.map_or(participant.as_str(), |(name, _)| *name)
            .to_owned()
    }
}

fn column(head: &str, share: u32, centred: bool) -> Column {
    Column {
        head: head.to_owned(),
        share,
        centred,
    }
}

fn attendance(draft: &Draft, cells: &Cells<'_>) -> Annex {
    let attendance = &draft.minutes.attendance;
    let rows = attendance.iter().enumerate().map(|(place, attendee)| {
        let of = |cell| cells.text(&attendee.participant, cell);
        vec![
            (place + 1).to_string(),
            of(Cell::Name),
            of(Cell::Headcount),
            of(Cell::Delegates),
            of(Cell::Remark),
        ]
    });
    Annex {
        heading: String::new(),
        title: "Danh sách điểm cầu, đại biểu".to_uppercase(),
        belongs: String::new(),
        columns: vec![
            column("TT", 12, true),
            column("Điểm cầu, đại biểu", 48, false),
            column("Số người", 18, true),
            column("Họ và tên đại biểu", 46, false),
            column("Ghi chú", 40, false),
        ],
        rows: rows.collect(),
    }
}

fn ballots(vote: &VoteRecord, cells: &Cells<'_>) -> Annex {
    let voters = &vote.rules.voters;
    let is_weighted = voters.iter().any(|voter| voter.weight != 1);
    let by_delegate = vote.rules.unit == VoteUnit::Delegate;
    let mut columns = vec![
        column("TT", 12, true),
        column("Điểm cầu, đại biểu", 60, false),
    ];
    if by_delegate {
        columns.push(column("Số đại biểu", 20, true));
    }
    if is_weighted {
        columns.push(column("Trọng số", 20, true));
    }
    columns.push(column("Biểu quyết", 60, false));
    let rows = vote.ballots.iter().enumerate().map(|(place, ballot)| {
        let voter = voters.iter().find(|v| v.participant == ballot.participant);
        let mut row = vec![(place + 1).to_string(), cells.name(&ballot.participant)];
        let figure = |figure: Option<u32>| figure.map(|f| count(u64::from(f))).unwrap_or_default();
        if by_delegate {
            row.push(figure(voter.map(|voter| voter.headcount)));
        }
        if is_weighted {
            row.push(figure(voter.map(|voter| voter.weight)));
        }
        row.push(choice(vote, ballot));
        row
    });
    let number = vote.number;
    Annex {
        heading: String::new(),
        title: format!("Kết quả biểu quyết lần {number}").to_uppercase(),
        belongs: String::new(),
        columns,
        rows: rows.collect(),
    }
}
