//! What a file is: by its name, and by what is in it. Both must say the same.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use diemcau_protocol::DocumentKind;
use zip::ZipArchive;

/// Where a PDF may begin, as readers take it (ISO 32000-1, annex H, note 13).
const PDF_BEGINS_WITHIN: usize = 1_024;

/// The largest plain text, in bytes: it is looked at whole.
const MOST_TEXT: u64 = 16 << 20;

/// The most parts of an Office document.
const MOST_PARTS: usize = 20_000;

/// What a file's name says it is.
pub(crate) fn kind_of_name(name: &str) -> Option<DocumentKind> {
    let (stem, ending) = name.rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => Some(DocumentKind::Pdf),
        "docx" => Some(DocumentKind::Docx),
        "xlsx" => Some(DocumentKind::Xlsx),
        "pptx" => Some(DocumentKind::Pptx),
        "png" => Some(DocumentKind::Png),
        "jpg" | "jpeg" => Some(DocumentKind::Jpeg),
        "webp" => Some(DocumentKind::Webp),
        "txt" | "csv" | "md" => Some(DocumentKind::Text),
        _ => None,
    }
}

/// As what a file is served.
pub(crate) fn content_type(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Pdf => "application/pdf",
        DocumentKind::Docx => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        DocumentKind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        DocumentKind::Pptx => {
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
        DocumentKind::Png => "image/png",
        DocumentKind::Jpeg => "image/jpeg",
        DocumentKind::Webp => "image/webp",
        DocumentKind::Text => "text/plain; charset=utf-8",
    }
}

/// Whether a file's content is of a kind. Blocks.
pub(super) fn is(kind: DocumentKind, path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    match kind {
        DocumentKind::Pdf => {
            let head = head(file, PDF_BEGINS_WITHIN)?;
            Ok(head.windows(5).any(|bytes| bytes == b"%PDF-"))
        }
        DocumentKind::Docx => Ok(is_office(file, "word/document.xml")),
        DocumentKind::Xlsx => Ok(is_office(file, "xl/workbook.xml")),
        DocumentKind::Pptx => Ok(is_office(file, "ppt/presentation.xml")),
        DocumentKind::Png => Ok(head(file, 8)? == b"\x89PNG\r\n\x1a\n"),
        DocumentKind::Jpeg => Ok(head(file, 3)? == [0xff, 0xd8, 0xff]),
        DocumentKind::Webp => {
            let head = head(file, 12)?;
            Ok(head.starts_with(b"RIFF") && head.ends_with(b"WEBP"))
        }
        DocumentKind::Text => is_text(file),
    }
}

/// The first bytes of a file; fewer where it is shorter.
fn head(file: File, length: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether it is Office Open XML with this main part, and without macros
/// (ECMA-376, part 2). Only the directory is read; nothing is unpacked.
fn is_office(file: File, main: &str) -> bool {
    let Ok(archive) = ZipArchive::new(BufReader::new(file)) else {
        return false;
    };
    let has = |part: &str| archive.file_names().any(|name| name == part);
    let has_macros = archive
        .file_names()
        .any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin"));
    archive.len() <= MOST_PARTS && has("[Content_Types].xml") && has(main) && !has_macros
}

/// Whether it is UTF-8 without control characters other than those of lines.
fn is_text(file: File) -> io::Result<bool> {
    if file.metadata()?.len() > MOST_TEXT {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    file.take(MOST_TEXT).read_to_end(&mut bytes)?;
    let is_fit = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    Ok(std::str::from_utf8(&bytes).is_ok_and(|text| text.chars().all(is_fit)))
}
