//! The document as DOCX, for those who go on working with it: the same text,
//! in the same form, as the PDF.

mod parts;
#[cfg(test)]
pub(crate) mod stories;

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, Header, LineSpacing, LineSpacingType, PageMargin, PageNum, Paragraph,
    ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, RunFonts, SpecialIndentType,
    Table, TableCell, TableLayoutType, TableRow, VAlignType, WidthType,
};

use super::fonts::bold_width;
use super::sheet::{Annex, Block, Sheet};

/// The document could not be packed.
#[derive(Debug, thiserror::Error)]
#[error("the minutes could not be packed: {0}")]
pub struct PackingError(String);

/// Twentieths of a point, in which the format measures.
const POINT: i32 = 20;
const LEFT_MARGIN: i32 = 1_701;
const RIGHT_MARGIN: i32 = 851;
const TEXT_WIDTH: i32 = PAGE_WIDTH - LEFT_MARGIN - RIGHT_MARGIN;
const PAGE_WIDTH: i32 = 11_906;
const PAGE_HEIGHT: i32 = 16_838;
/// The columns of the head.
const HEAD: [i32; 2] = [3_500, TEXT_WIDTH - 3_500];
/// The columns of the foot.
const FOOT: [i32; 2] = [4_200, TEXT_WIDTH - 4_200];
/// 1.27 cm.
const FIRST_LINE: i32 = 720;
/// The face that every office has; the PDF's face has its measures.
const FACE: &str = "Times New Roman";

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";

/// Writes a sheet as DOCX. The same sheet gives the same bytes.
pub(crate) fn render(sheet: &Sheet) -> Result<Vec<u8>, PackingError> {
    let size = i32::from(sheet.size);
    let page_number = Paragraph::new()
        .add_page_num(PageNum::new())
        .align(AlignmentType::Center);
    let mut docx = Docx::new()
        .page_size(PAGE_WIDTH as u32, PAGE_HEIGHT as u32)
        .page_margin(PageMargin {
            top: 1_134,
            left: LEFT_MARGIN,
            bottom: 1_134,
            right: RIGHT_MARGIN,
            header: 567,
            footer: 567,
            gutter: 0,
        })
        .default_fonts(faces())
        .default_size(half_points(size))
        .header(Header::new().add_paragraph(page_number))
        .first_header(Header::new().add_paragraph(Paragraph::new()))
        .title_pg()
        .custom_property("meeting", sheet.meeting.as_str());
    docx = docx.add_table(head(sheet, size));
    for paragraph in title(sheet, size) {
        docx = docx.add_paragraph(paragraph);
    }
    for (place, block) in sheet.body.iter().enumerate() {
        let is_last = place + 1 == sheet.body.len();
        docx = docx.add_paragraph(body(block, is_last));
    }
    docx = docx.add_paragraph(spaced(Paragraph::new().keep_next(true), 0, 0));
    docx = docx.add_table(foot(sheet, size));
    for paragraph in recipients(sheet) {
        docx = docx.add_paragraph(paragraph);
    }
    for annex in &sheet.annexes {
        docx = add_annex(docx, annex, size);
    }
    let xml = parts::complete(docx.build(), sheet);
    let mut file = Cursor::new(Vec::new());
    xml.pack(&mut file)
        .map_err(|error| PackingError(error.to_string()))?;
    Ok(file.into_inner())
}

fn faces() -> RunFonts {
    RunFonts::new()
        .ascii(FACE)
        .hi_ansi(FACE)
        .cs(FACE)
        .east_asia(FACE)
}

fn half_points(points: i32) -> usize {
    points as usize * 2
}

fn run(text: &str, points: i32) -> Run {
    Run::new().add_text(text).size(half_points(points))
}

fn centred(run: Run) -> Paragraph {
    let paragraph = Paragraph::new().add_run(run);
    spaced(paragraph.align(AlignmentType::Center), 0, 0)
}

/// A paragraph with single lines, and points before and after it.
fn spaced(paragraph: Paragraph, before: i32, after: i32) -> Paragraph {
    let spacing = LineSpacing::new()
        .line_rule(LineSpacingType::Auto)
        .line(252)
        .before((before * POINT) as u32)
        .after((after * POINT) as u32);
    paragraph.line_spacing(spacing)
}

/// A rule in the middle of a column: the border of a paragraph without text.
fn rule(column: i32, long: i32) -> Paragraph {
    let aside = ((column - long) / 2).max(0);
    let border = ParagraphBorder::new(ParagraphBorderPosition::Top)
        .size(6)
        .space(1)
        .color("000000");
    let mut paragraph = Paragraph::new()
        .add_run(Run::new().size(4))
        .indent(Some(aside), None, Some(aside), None)
        .size(4);
    let property = paragraph.property;
    paragraph.property = property.set_borders(ParagraphBorders::with_empty().set(border));
    spaced(paragraph, 2, 0)
}

/// A share of the width of a text in a column, in hundredths.
fn share_of(text: &str, points: i32, column: i32, share: i32) -> i32 {
    let wide = (bold_width(text) * f64::from(points * POINT)) as i32;
    wide.min(column - 216) * share / 100
}

fn head(sheet: &Sheet, size: i32) -> Table {
    let smaller = size - 1;
    let mut left = TableCell::new();
    if let Some(parent) = &sheet.parent {
        left = left.add_paragraph(centred(run(parent, smaller)));
    }
    let [left_width, right_width] = HEAD;
    let agency = share_of(&sheet.agency_line, smaller, left_width, 40);
    let motto = share_of(MOTTO, size, right_width, 100);
    left = left
        .add_paragraph(centred(run(&sheet.agency, smaller).bold()))
        .add_paragraph(rule(left_width, agency))
        .add_paragraph(centred(run(&sheet.number, 13)));
    let right = TableCell::new()
        .add_paragraph(centred(run(NATION, smaller).bold()))
        .add_paragraph(centred(run(MOTTO, size).bold()))
        .add_paragraph(rule(right_width, motto));
    side_by_side(left, right, HEAD)
}

fn side_by_side(left: TableCell, right: TableCell, widths: [i32; 2]) -> Table {
    let [left_width, right_width] = widths.map(|width| width as usize);
    let left = left.width(left_width, WidthType::Dxa);
    let right = right.width(right_width, WidthType::Dxa);
    borderless(vec![TableRow::new(vec![left, right])], widths)
}

fn borderless(rows: Vec<TableRow>, widths: [i32; 2]) -> Table {
    Table::without_borders(rows)
        .set_grid(widths.map(|width| width as usize).to_vec())
        .width(TEXT_WIDTH as usize, WidthType::Dxa)
        .layout(TableLayoutType::Fixed)
}

fn title(sheet: &Sheet, size: i32) -> [Paragraph; 3] {
    let kind = centred(run("BIÊN BẢN", size).bold()).outline_lvl(0);
    let long = share_of(&sheet.name, size, TEXT_WIDTH, 40);
    [
        spaced(kind, 14, 2),
        centred(run(&sheet.name, size).bold()),
        spaced(rule(TEXT_WIDTH, long), 2, 8),
    ]
}

fn body(block: &Block, is_last: bool) -> Paragraph {
    let paragraph = match block {
        Block::Field { label, text } => {
            let paragraph = Paragraph::new().add_run(Run::new().add_text(label.as_str()).bold());
            if text.is_empty() {
                paragraph.keep_next(true)
            } else {
                paragraph.add_run(Run::new().add_text(format!(" {text}")))
            }
        }
        Block::Heading { text } => Paragraph::new()
            .add_run(Run::new().add_text(text.as_str()).bold())
            .outline_lvl(1)
            .keep_next(true),
        Block::Paragraph { text } => Paragraph::new()
            .add_run(Run::new().add_text(text.as_str()))
            .keep_next(is_last),
    };
    let paragraph = paragraph.align(AlignmentType::Both).indent(
        None,
        Some(SpecialIndentType::FirstLine(FIRST_LINE)),
        None,
        None,
    );
    spaced(paragraph, 0, 6)
}

/// Two rows, so that the names stand on one line whatever is above them.
fn foot(sheet: &Sheet, size: i32) -> Table {
    let smaller = size - 1;
    let signature = |office: &str, note: &str| {
        let office = centred(run(office, size).bold()).keep_next(true);
        let note = centred(run(note, smaller).italic()).keep_next(true);
        TableCell::new().add_paragraph(office).add_paragraph(note)
    };
    let name = |name: &str| {
        let name = centred(run(name, size).bold()).keep_next(true);
        TableCell::new().add_paragraph(spaced(name, 80, 0))
    };
    let note = "(Chữ ký của người có thẩm quyền, dấu/chữ ký số của cơ quan, tổ chức)";
    let [left, right] = FOOT.map(|width| width as usize);
    let pair = |a: TableCell, b: TableCell| {
        TableRow::new(vec![
            a.width(left, WidthType::Dxa),
            b.width(right, WidthType::Dxa),
        ])
    };
    let rows = vec![
        pair(signature("THƯ KÝ", "(Chữ ký)"), signature("CHỦ TỌA", note)),
        pair(name(&sheet.secretary), name(&sheet.chair)),
    ];
    borderless(rows, FOOT)
}

fn recipients(sheet: &Sheet) -> Vec<Paragraph> {
    let label = run("Nơi nhận:", 12).bold().italic();
    let label = spaced(Paragraph::new().add_run(label).keep_next(true), 6, 0);
    let lines = sheet.recipients.iter().enumerate().map(|(place, line)| {
        let is_last = place + 1 == sheet.recipients.len();
        let line = Paragraph::new().add_run(run(line, 11));
        spaced(line.keep_next(!is_last), 0, 0)
    });
    std::iter::once(label).chain(lines).collect()
}

fn add_annex(mut docx: Docx, annex: &Annex, size: i32) -> Docx {
    let heading = centred(run(&annex.heading, size).bold()).outline_lvl(0);
    let long = TEXT_WIDTH * 3 / 10;
    for paragraph in [
        heading.page_break_before(true),
        centred(run(&annex.title, size).bold()),
        centred(run(&annex.belongs, size).italic()),
        spaced(rule(TEXT_WIDTH, long), 2, 6),
    ] {
        docx = docx.add_paragraph(paragraph);
    }
    docx.add_table(table(annex))
}

fn table(annex: &Annex) -> Table {
    let whole: u32 = annex.columns.iter().map(|column| column.share).sum();
    let widths: Vec<usize> = annex
        .columns
        .iter()
        .map(|column| (TEXT_WIDTH as u32 * column.share / whole.max(1)) as usize)
        .collect();
    let cell = |text: &str, place: usize, is_head: bool| {
        let words = run(text, 12);
        let words = if is_head { words.bold() } else { words };
        let paragraph = Paragraph::new().add_run(words);
        let is_centred = is_head || annex.columns[place].centred;
        let paragraph = if is_centred {
            paragraph.align(AlignmentType::Center)
        } else {
            paragraph
        };
        TableCell::new()
            .add_paragraph(spaced(paragraph, 2, 2))
            .width(widths[place], WidthType::Dxa)
            .vertical_align(VAlignType::Center)
    };
    let heads = annex.columns.iter().enumerate();
    let heads = heads.map(|(place, column)| cell(&column.head, place, true));
    let head = parts::repeated(TableRow::new(heads.collect()));
    let rows = annex.rows.iter().map(|row| {
        let cells = row.iter().enumerate();
        TableRow::new(
            cells
                .map(|(place, text)| cell(text, place, false))
                .collect(),
        )
    });
    Table::new(std::iter::once(head).chain(rows).collect())
        .set_grid(widths.clone())
        .width(TEXT_WIDTH as usize, WidthType::Dxa)
        .layout(TableLayoutType::Fixed)
}
