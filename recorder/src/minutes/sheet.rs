//! What is on paper, as data: the same for PDF and DOCX.
//!
//! Every text is clean, in the letters of the faces that it is set in, and
//! data: nothing in it is ever read as markup.

mod annexes;
mod corrections;

use diemcau_protocol::MeetingId;
use serde::Serialize;

use super::draft::Draft;
use super::fonts::in_the_faces;
use super::log::Occasion;
use super::statement::{Section, Signer, Statement};
use super::template::{KEPT, Template};
use super::text::clean_line;
use super::words::{day, format::local, occasion};

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sheet {
    /// The meeting, which identifies the document.
    #[serde(skip)]
    pub(crate) meeting: MeetingId,
    /// Title of the document in its metadata.
    pub(crate) metadata: String,
    /// When it counts as written: at the end of the meeting, by Vietnamese
    /// time; year, month, day, hour, minute, second.
    pub(crate) date: [i32; 6],
    /// The size of the text, in points.
    pub(crate) size: u8,
    /// *Tên cơ quan, tổ chức chủ quản*, in capitals.
    pub(crate) parent: Option<String>,
    /// *Tên cơ quan, tổ chức*, in capitals.
    pub(crate) agency: String,
    /// Its longest line: the rule below it goes by that.
    pub(crate) agency_line: String,
    /// `Số: 12/BB-UBND`.
    pub(crate) number: String,
    /// The name of the meeting.
    pub(crate) name: String,
    /// The fields and the course, in order.
    pub(crate) body: Vec<Block>,
    /// The left signature.
    pub(crate) secretary: String,
    /// The right signature.
    pub(crate) chair: String,
    /// *Nơi nhận*, line by line.
    pub(crate) recipients: Vec<String>,
    /// *Phụ lục*.
    pub(crate) annexes: Vec<Annex>,
}

/// A part of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Block {
    /// A field of the form: a label, and the beginning of what it says.
    Field { label: String, text: String },
    /// A heading within *Nội dung*.
    Heading { text: String },
    /// A paragraph.
    Paragraph { text: String },
}

/// An annex: a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Annex {
    /// `Phụ lục II`.
    pub(crate) heading: String,
    /// What it is.
    pub(crate) title: String,
    /// `(Kèm theo Biên bản số …)`.
    pub(crate) belongs: String,
    /// The columns.
    pub(crate) columns: Vec<Column>,
    /// The rows; as many cells as columns.
    pub(crate) rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Column {
    /// Its head.
    pub(crate) head: String,
    /// Its share of the width.
    pub(crate) share: u32,
    /// Its cells are centred.
    pub(crate) centred: bool,
}

/// Lays a draft out by a template that was checked.
pub(crate) fn lay_out(draft: &Draft, template: &Template) -> Sheet {
    let minutes = &draft.minutes;
    let number = match draft.number() {
        Some(number) => number.to_string(),
        None => format!("……/BB-{}", template.abbreviation),
    };
    let name = text_of(draft, "title");
    let end = local(minutes.ended.value);
    let mut recipients: Vec<String> = template
        .recipients
        .iter()
        .map(|line| recipient(line))
        .collect();
    recipients.push(format!("- {KEPT}"));
    let (agency, agency_line) = in_capitals(&template.agency);
    let mut sheet = Sheet {
        meeting: minutes.meeting.clone(),
        metadata: format!("Biên bản {name}"),
        date: [
            end.year(),
            i32::from(u8::from(end.month())),
            i32::from(end.day()),
            i32::from(end.hour()),
            i32::from(end.minute()),
            i32::from(end.second()),
        ],
        size: template.size,
        parent: template.parent.as_ref().map(|name| name.to_uppercase()),
        agency,
        agency_line,
        number: format!("Số: {number}"),
        name,
        body: body(draft, template),
        secretary: signer(draft, Signer::Secretary),
        chair: signer(draft, Signer::Chair),
        recipients,
        annexes: Vec::new(),
    };
    let belongs = format!(
        "(Kèm theo Biên bản số {number} {} của {})",
        day(minutes),
        template.agency
    );
    sheet.annexes = annexes::of(draft, &belongs);
    sheet.make_printable();
    sheet
}

/// The agency's name as it stands in the head, and its longest line: what a
/// committee governs is on a line of its own, where it can be.
fn in_capitals(agency: &str) -> (String, String) {
    const COMMITTEES: [&str; 2] = ["ỦY BAN NHÂN DÂN ", "HỘI ĐỒNG NHÂN DÂN "];
    const LINE: usize = 24;
    let capitals = agency.to_uppercase();
    let committee = COMMITTEES.iter().find(|name| capitals.starts_with(**name));
    let (of, place) = capitals.split_at(committee.map_or(0, |name| name.len()));
    let length = |line: &str| line.chars().count();
    if of.is_empty() || length(place) > LINE {
        return (capitals.clone(), capitals);
    }
    let longest = if length(of) > length(place) {
        of
    } else {
        place
    };
    let whole = format!("{of}{}", place.replace(' ', "\u{a0}"));
    (whole, longest.trim_end().to_owned())
}

fn recipient(line: &str) -> String {
    let line = line
        .trim_start_matches(['-', ' '])
        .trim_end_matches([';', '.', ' ']);
    format!("- {line};")
}

fn text_of(draft: &Draft, key: &str) -> String {
    let statement = draft.statement(key);
    statement
        .map(|statement| statement.text.clone())
        .unwrap_or_default()
}

fn signer(draft: &Draft, who: Signer) -> String {
    let is_name = |s: &&Statement| matches!(s.section, Section::Signature { of } if of == who);
    let name = draft.statements.iter().find(is_name);
    name.map(|statement| statement.text.clone())
        .unwrap_or_default()
}

fn body(draft: &Draft, template: &Template) -> Vec<Block> {
    let mut body = Body::default();
    let kind = draft.minutes.occasion;
    body.field("Thời gian bắt đầu", draft, |s| {
        matches!(s, Section::Began)
    });
    body.place(draft, template);
    body.field("Thành phần tham dự", draft, |s| {
        matches!(s, Section::Attendance)
    });
    body.field("Chủ trì (chủ tọa)", draft, |s| {
        matches!(s, Section::Chair)
    });
    let secretary = "Thư ký (người ghi biên bản)";
    body.field(secretary, draft, |s| matches!(s, Section::Secretary));
    body.label(&format!("Nội dung (theo diễn biến {})", course_of(kind)));
    body.course(draft);
    body.titled("Kết luận", draft, |s| matches!(s, Section::Conclusion));
    body.titled("Xác nhận", draft, |s| matches!(s, Section::Confirmation));
    if let Some(replaced) = &draft.replaces {
        let year = replaced.year;
        let text = format!("Biên bản này thay thế Biên bản số {replaced} năm {year}.");
        body.paragraph(&text);
    }
    body.blocks.extend(corrections::of(draft));
    if let Some(closing) = &template.closing {
        body.paragraph(closing);
    }
    body.statements(draft, |s| matches!(s, Section::Ended));
    body.blocks
}

fn course_of(kind: Occasion) -> String {
    occasion(kind).to_lowercase()
}

#[derive(Default)]
struct Body {
    blocks: Vec<Block>,
}

impl Body {
    fn label(&mut self, label: &str) {
        self.blocks.push(Block::Field {
            label: format!("{label}:"),
            text: String::new(),
        });
    }

    fn paragraph(&mut self, text: &str) {
        let text = text.to_owned();
        self.blocks.push(Block::Paragraph { text });
    }

    /// A field: its first statement stands beside its label.
    fn field(&mut self, label: &str, draft: &Draft, which: impl Fn(&Section) -> bool) {
        self.label(label);
        let place = self.blocks.len() - 1;
        self.statements(draft, which);
        let is_there = self.blocks.len() > place + 1;
        if is_there && let Block::Paragraph { text: first } = self.blocks.remove(place + 1) {
            self.blocks[place] = Block::Field {
                label: format!("{label}:"),
                text: first,
            };
        }
    }

    fn place(&mut self, draft: &Draft, template: &Template) {
        self.field("Địa điểm", draft, |s| matches!(s, Section::Place));
        let Some(place) = &template.place else { return };
        let fields = self.blocks.iter_mut().rev();
        let mut fields = fields.filter_map(|block| match block {
            Block::Field { text, .. } => Some(text),
            Block::Heading { .. } | Block::Paragraph { .. } => None,
        });
        if let Some(text) = fields.next() {
            *text = format!("{place}. {text}");
        }
    }

    fn titled(&mut self, title: &str, draft: &Draft, which: impl Fn(&Section) -> bool) {
        let before = self.blocks.len();
        self.statements(draft, which);
        if self.blocks.len() > before {
            let text = title.to_owned();
            self.blocks.insert(before, Block::Heading { text });
        }
    }

    fn course(&mut self, draft: &Draft) {
        for chapter in 0..draft.minutes.course.len() as u32 {
            let is_heading = |s: &Section| *s == Section::Chapter { chapter };
            let headings = printed(draft, is_heading);
            self.blocks
                .extend(headings.map(|text| Block::Heading { text }));
            self.statements(draft, |s| *s == Section::Course { chapter });
        }
    }

    fn statements(&mut self, draft: &Draft, which: impl Fn(&Section) -> bool) {
        for text in printed(draft, which) {
            for line in text.lines() {
                self.paragraph(line);
            }
        }
    }
}

/// The texts of a section. What was corrected has a mark.
fn printed(draft: &Draft, which: impl Fn(&Section) -> bool) -> impl Iterator<Item = String> {
    let statements = draft.statements.iter();
    let printed = statements.filter(move |s| !s.left_out && which(&s.section));
    printed.map(|statement| {
        if statement.corrections.is_empty() {
            statement.text.clone()
        } else {
            format!("{} (*)", statement.text)
        }
    })
}

impl Sheet {
    fn make_printable(&mut self) {
        let lines = [
            &mut self.metadata,
            &mut self.agency,
            &mut self.agency_line,
            &mut self.number,
            &mut self.name,
            &mut self.secretary,
            &mut self.chair,
        ];
        let lines = lines.into_iter().chain(&mut self.parent);
        lines.chain(&mut self.recipients).for_each(printable);
        for block in &mut self.body {
            match block {
                Block::Field { label, text } => {
                    printable(label);
                    printable(text);
                }
                Block::Heading { text } | Block::Paragraph { text } => printable(text),
            }
        }
        for annex in &mut self.annexes {
            printable(&mut annex.title);
            printable(&mut annex.belongs);
            annex
                .columns
                .iter_mut()
                .for_each(|c| printable(&mut c.head));
            annex.rows.iter_mut().flatten().for_each(printable);
        }
    }

    /// Every text of the document, in the order in which it is read.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = self.parent.iter().map(String::as_str).collect();
        texts.extend([&*self.agency, &*self.number, &*self.name]);
        for block in &self.body {
            match block {
                Block::Field { label, text } => texts.extend([&**label, &**text]),
                Block::Heading { text } | Block::Paragraph { text } => texts.push(text),
            }
        }
        texts.extend([&*self.secretary, &*self.chair]);
        texts.extend(self.recipients.iter().map(String::as_str));
        for annex in &self.annexes {
            texts.extend([&*annex.heading, &*annex.title, &*annex.belongs]);
            texts.extend(annex.columns.iter().map(|column| column.head.as_str()));
            texts.extend(annex.rows.iter().flatten().map(String::as_str));
        }
        texts
    }
}

fn printable(text: &mut String) {
    *text = in_the_faces(&clean_line(text));
}

#[cfg(test)]
mod tests {
    use super::in_capitals;

    #[test]
    fn a_committee_stands_over_the_name_of_its_place() {
        for (agency, whole, longest) in [
            (
                "Ủy ban nhân dân tỉnh Lâm Sơn",
                "ỦY BAN NHÂN DÂN TỈNH\u{a0}LÂM\u{a0}SƠN",
                "ỦY BAN NHÂN DÂN",
            ),
            (
                "Ủy ban nhân dân thành phố Hồ Chí Minh",
                "ỦY BAN NHÂN DÂN THÀNH\u{a0}PHỐ\u{a0}HỒ\u{a0}CHÍ\u{a0}MINH",
                "THÀNH\u{a0}PHỐ\u{a0}HỒ\u{a0}CHÍ\u{a0}MINH",
            ),
            ("Sở Y tế", "SỞ Y TẾ", "SỞ Y TẾ"),
        ] {
            let (found, line) = in_capitals(agency);
            assert_eq!(found, whole);
            assert_eq!(line.replace('\u{a0}', " "), longest.replace('\u{a0}', " "));
        }
    }
}
