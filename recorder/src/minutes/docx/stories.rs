//! Stories of minutes as DOCX.

use std::io::{Cursor, Read};

use super::*;
use crate::minutes::conference::{self, template};
use crate::minutes::draft::Draft;
use crate::minutes::sheet::lay_out;

/// The text of a DOCX, run by run.
pub(crate) fn text_of_docx(docx: &[u8]) -> String {
    let xml = part_of_docx(docx, "word/document.xml");
    let runs = xml.split("<w:t ").skip(1).filter_map(|run| {
        let (_, text) = run.split_once('>')?;
        text.split_once("</w:t>").map(|(text, _)| text)
    });
    let text: Vec<&str> = runs.collect();
    let text = text.join("\n").replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// A part of the package.
pub(crate) fn part_of_docx(docx: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut part = String::new();
    archive
        .by_name(name)
        .unwrap()
        .read_to_string(&mut part)
        .unwrap();
    part
}

/// Without blanks: where a line breaks, or may, is not the text's business.
pub(crate) fn letters(text: &str) -> String {
    let is_blank = |c: &char| c.is_whitespace() || *c == '\u{200b}';
    text.chars().filter(|c| !is_blank(c)).collect()
}

fn conference() -> Sheet {
    lay_out(&Draft::new(conference::minutes()), &template())
}

#[test]
fn everything_that_the_minutes_say_is_in_the_file() {
    let sheet = conference();
    let docx = render(&sheet).unwrap();
    let text = letters(&text_of_docx(&docx));
    for said in sheet.texts() {
        assert!(text.contains(&letters(said)), "lacks: {said}");
    }
    for said in [
        NATION,
        MOTTO,
        "BIÊN BẢN",
        "THƯ KÝ",
        "CHỦ TỌA",
        "Nơi nhận:",
        "- Lưu: VT, Hồ sơ.",
    ] {
        assert!(text.contains(&letters(said)), "lacks: {said}");
    }
}

#[test]
fn the_page_is_that_of_the_form() {
    let docx = render(&conference()).unwrap();
    let document = part_of_docx(&docx, "word/document.xml");
    assert!(document.contains(r#"w:w="11906" w:h="16838""#));
    for margin in [
        r#"w:top="1134""#,
        r#"w:bottom="1134""#,
        r#"w:left="1701""#,
        r#"w:right="851""#,
    ] {
        assert!(document.contains(margin), "{margin}");
    }
    assert!(
        document.contains("<w:titlePg"),
        "no number on the first page"
    );
    assert_eq!(
        document.matches("<w:tblHeader />").count(),
        2,
        "heads repeat"
    );
    let styles = part_of_docx(&docx, "word/styles.xml");
    assert!(styles.contains(r#"<w:lang w:val="vi-VN" />"#));
    assert!(styles.contains("Times New Roman"));
    let core = part_of_docx(&docx, "docProps/core.xml");
    assert!(core.contains("<dc:language>vi</dc:language><dc:title>Biên bản Hội nghị"));
    assert!(core.contains("2026-09-05T09:03:00+07:00"));
}

#[test]
fn the_same_minutes_give_the_same_bytes_and_are_not_read_as_markup() {
    let mut sheet = conference();
    let nasty = "</w:t></w:r><w:p w14:paraId=\"1\"/> & &amp; <w:cantSplit />";
    sheet.name = nasty.to_owned();
    sheet.metadata = nasty.to_owned();
    let docx = render(&sheet).unwrap();
    assert_eq!(render(&sheet).unwrap(), docx);
    assert!(letters(&text_of_docx(&docx)).contains(&letters(nasty)));
    let document = part_of_docx(&docx, "word/document.xml");
    assert_eq!(document.matches("<w:tblHeader />").count(), 2);
}
