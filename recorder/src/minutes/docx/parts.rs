//! What the library leaves out of the package: repeated table heads, title and
//! language; and what differs from run to run.
//!
//! The package's XML is changed as text. What people wrote cannot be met by
//! that: a `<` of theirs stands there as `&lt;`.

use docx_rs::{TableRow, XMLDocx};

use crate::minutes::sheet::Sheet;

/// Marks the head of a table, to be repeated on each page.
pub(super) fn repeated(row: TableRow) -> TableRow {
    // No other row has this; `complete` adds the rest.
    row.cant_split()
}

/// Completes a package.
pub(super) fn complete(mut xml: XMLDocx, sheet: &Sheet) -> XMLDocx {
    let [year, month, day, hour, minute, second] = sheet.date;
    let moment = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+07:00");
    change(&mut xml.document, |document| {
        let repeats = "<w:cantSplit /><w:tblHeader />";
        without_paragraph_ids(&document).replace("<w:cantSplit />", repeats)
    });
    for header in &mut xml.headers {
        change(header, |header| without_paragraph_ids(&header));
    }
    change(&mut xml.styles, |styles| {
        let language = r#"<w:rPrDefault><w:rPr><w:lang w:val="vi-VN" />"#;
        styles.replacen("<w:rPrDefault><w:rPr>", language, 1)
    });
    change(&mut xml.doc_props.core, |core| {
        let (title, author) = (escaped(&sheet.metadata), escaped(&sheet.agency));
        let more = format!(
            "<dc:language>vi</dc:language><dc:title>{title}</dc:title></cp:coreProperties>"
        );
        core.replacen("</cp:coreProperties>", &more, 1)
            .replace("1970-01-01T00:00:00Z", &moment)
            .replace(">unknown<", &format!(">{author}<"))
    });
    xml
}

fn change(part: &mut Vec<u8>, how: impl FnOnce(String) -> String) {
    let text = String::from_utf8_lossy(part).into_owned();
    *part = how(text).into_bytes();
}

/// The library numbers paragraphs through the life of the process.
fn without_paragraph_ids(xml: &str) -> String {
    const TAG: &str = "<w:p w14:paraId=\"";
    let mut parts = xml.split(TAG);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("<w:p");
        plain.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    plain
}

fn escaped(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;")
}
