//! A table as a file: CSV that programs for tables take without harm, or XLSX.

use csv::{Terminator, WriterBuilder};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    Number(i64),
    Empty,
}

impl Cell {
    /// A text, or nothing.
    pub(crate) fn text(text: Option<&str>) -> Self {
        text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()))
    }
}

/// A table with a row of titles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) titles: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// As CSV (RFC 4180) in UTF-8 with a mark at its beginning, by which Excel
    /// knows it. What a program for tables would take for a formula begins with
    /// an apostrophe.
    pub(crate) fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer("\u{feff}".as_bytes().to_vec());
        writer.write_record(&self.titles)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(as_text))?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }

    /// As XLSX, where texts are texts.
    pub(crate) fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = workbook.add_worksheet().set_name(self.name)?;
        for (column, title) in (0..).zip(&self.titles) {
            sheet.write_string_with_format(0, column, *title, &bold)?;
        }
        for (row, cells) in (1..).zip(&self.rows) {
            for (column, cell) in (0..).zip(cells) {
                match cell {
                    Cell::Text(text) => sheet.write_string(row, column, text)?,
                    Cell::Number(number) => sheet.write_number(row, column, precise(*number))?,
                    Cell::Empty => continue,
                };
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        workbook.save_to_buffer()
    }
}

/// Counts and minutes are far below what a double holds exactly.
fn precise(number: i64) -> f64 {
    i32::try_from(number).map_or(f64::MAX, f64::from)
}

fn as_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            name: "Điểm danh",
            titles: vec!["Điểm cầu", "Số người"],
            rows: vec![
                vec![
                    Cell::Text("Xã \"An Bình\", hội trường".to_owned()),
                    Cell::Number(-3),
                ],
                vec![
                    Cell::Text("=HYPERLINK(\"http://x\")".to_owned()),
                    Cell::Empty,
                ],
                vec![Cell::Text("@cmd".to_owned()), Cell::Number(7)],
            ],
        }
    }

    #[test]
    fn csv_is_known_by_excel_and_runs_no_formulas() {
        let csv = String::from_utf8(table().csv().unwrap()).unwrap();
        let expected = "\u{feff}Điểm cầu,Số người\r\n\
                        \"Xã \"\"An Bình\"\", hội trường\",-3\r\n\
                        \"'=HYPERLINK(\"\"http://x\"\")\",\r\n\
                        '@cmd,7\r\n";
        assert_eq!(csv, expected);
    }

    #[test]
    fn xlsx_is_a_zip_and_comes_from_any_table() {
        let xlsx = table().xlsx().unwrap();
        assert!(xlsx.starts_with(b"PK"));
        let empty = Table {
            rows: Vec::new(),
            ..table()
        };
        assert!(empty.xlsx().unwrap().starts_with(b"PK"));
    }
}
