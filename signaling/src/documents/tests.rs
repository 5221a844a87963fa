use std::io::Write;
use std::path::Path;

use axum::body::Body;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

fn shelf(folder: &TempDir, set_up: impl FnOnce(&mut DocumentSettings)) -> Shelf {
    let mut settings = DocumentSettings::in_folder(folder.path().join("documents"));
    set_up(&mut settings);
    Shelf::open(settings).unwrap()
}

/// An Office document with these parts.
fn office(parts: &[&str]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut archive = ZipWriter::new(&mut bytes);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for part in parts {
        archive.start_file(*part, options).unwrap();
        archive.write_all(b"<xml/>").unwrap();
    }
    archive.finish().unwrap();
    bytes.into_inner()
}

async fn take_in(shelf: &Shelf, name: &str, bytes: &[u8]) -> Result<DocumentFile, ErrorCode> {
    let pieces = Body::from(bytes.to_owned()).into_data_stream();
    let taken = shelf.take_in(&"giao-ban".into(), name, 0, pieces).await;
    taken.map_err(|error| match error {
        IntakeError::Refused(refusal) => refusal.code,
        IntakeError::TooSlow | IntakeError::Disk(_) => panic!("{error}"),
    })
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn a_file_is_what_its_name_says_and_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(&folder, |_| {});
    let docx = office(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]);
    let xlsx = office(&["xl/workbook.xml", "[Content_Types].xml"]);
    let pptx = office(&["[Content_Types].xml", "ppt/presentation.xml"]);
    let good: [(&str, &[u8]); 9] = [
        ("Báo cáo.pdf", b"%PDF-1.7\n..."),
        ("nghi-quyet.DOCX", &docx),
        ("so-lieu.xlsx", &xlsx),
        ("trinh-chieu.pptx", &pptx),
        ("anh.png", b"\x89PNG\r\n\x1a\n..."),
        ("anh.jpeg", &[0xff, 0xd8, 0xff, 0xe0]),
        ("anh.webp", b"RIFF\x24\0\0\0WEBPVP8 "),
        ("ghi-chu.txt", "Kính gửi Ủy ban\r\n\tnhân dân".as_bytes()),
        ("so-lieu.csv", b"xa,so ho\nAn Binh,1200\n"),
    ];
    for (name, bytes) in good {
        let file = take_in(&shelf, name, bytes).await;
        let file = file.unwrap_or_else(|code| panic!("{name}: {code:?}"));
        assert_eq!(
            (file.name.as_str(), file.size as usize),
            (name, bytes.len())
        );
        let kept = folder.path().join("documents/giao-ban").join(&file.sha256);
        assert_eq!(std::fs::read(kept).unwrap(), bytes, "{name}");
    }
    let macros = office(&[
        "[Content_Types].xml",
        "word/document.xml",
        "word/vbaProject.bin",
    ]);
    let bad: [(&str, &[u8]); 13] = [
        ("virus.exe", b"MZ"),
        ("trang.html", b"<script>"),
        ("anh.svg", b"<svg onload='x'/>"),
        ("bao-cao.docm", &docx),
        (".pdf", b"%PDF-1.7"),
        ("pdf", b"%PDF-1.7"),
        ("bao-cao.pdf", b"MZ"),
        ("bao-cao.pdf", b""),
        ("nghi-quyet.docx", &xlsx),
        ("nghi-quyet.docx", &macros),
        ("nghi-quyet.docx", b"PK\x03\x04\xff\xff\xff"),
        ("ghi-chu.txt", b"MZ\x90\0\x03"),
        ("ghi-chu.txt", &[0xff, 0xfe, 0x41, 0x00]),
    ];
    for (name, bytes) in bad {
        let refused = take_in(&shelf, name, bytes).await;
        assert_eq!(refused, Err(ErrorCode::DocumentUnfit), "{name}");
    }
    let incoming = folder.path().join("documents/.incoming");
    assert_eq!(files_in(&incoming), 0, "nothing of the bad ones is left");
}

#[tokio::test]
async fn the_organisation_takes_only_what_it_wants() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(&folder, |settings| {
        settings.kinds = [DocumentKind::Pdf].into();
        settings.most_bytes = 10;
        settings.most_bytes_of_meeting = 100;
    });
    let text = take_in(&shelf, "ghi-chu.txt", b"...").await;
    assert_eq!(text, Err(ErrorCode::DocumentUnfit));
    let large = take_in(&shelf, "bao-cao.pdf", b"%PDF-1.7 .........").await;
    assert_eq!(large, Err(ErrorCode::TooLarge));
    take_in(&shelf, "bao-cao.pdf", b"%PDF-1.7").await.unwrap();
    let body = || Body::from("%PDF-1.7").into_data_stream();
    for taken in [95, 100] {
        let meeting = "giao-ban".into();
        let full = shelf.take_in(&meeting, "x.pdf", taken, body()).await;
        let Err(IntakeError::Refused(refusal)) = full else {
            panic!("there was room");
        };
        assert_eq!(refusal.code, ErrorCode::DocumentsFull);
    }
}

#[tokio::test]
async fn only_what_was_found_clean_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = async |script: &str| {
        let command = ["/bin/sh", "-c", script, "scan"].map(str::to_owned);
        let shelf = shelf(&folder, |settings| {
            settings.scan = Some(Scan {
                command: command.to_vec(),
                time: Duration::from_secs(if script.contains("sleep") { 1 } else { 60 }),
            });
        });
        let taken = take_in(&shelf, "bao-cao.pdf", b"%PDF-1.7").await;
        taken.map(|file| file.size)
    };
    let infected = Err(ErrorCode::DocumentInfected);
    let unknown = Err(ErrorCode::DocumentNotScanned);
    // The file is there and whole when it is searched.
    assert_eq!(outcome("test \"$(cat \"$1\")\" = '%PDF-1.7'").await, Ok(8));
    assert_eq!(outcome("exit 1").await, infected);
    assert_eq!(outcome("exit 2").await, unknown);
    assert_eq!(outcome("kill -9 $$").await, unknown);
    assert_eq!(outcome("exec sleep 600").await, unknown);
    let nobody = shelf(&folder, |settings| {
        settings.scan = Some(Scan {
            command: vec!["/nowhere/clamdscan".to_owned()],
            time: DocumentSettings::SCAN_TIME,
        });
    });
    let taken = take_in(&nobody, "bao-cao.pdf", b"%PDF-1.7").await;
    assert_eq!(taken.map(|file| file.size), unknown);
}

#[tokio::test]
async fn no_meeting_is_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(&folder, |_| {});
    for meeting in ["..", "../x", ".incoming", ".pending", "", "a/b"] {
        let body = Body::from("%PDF-1.7").into_data_stream();
        let taken = shelf.take_in(&meeting.into(), "x.pdf", 0, body).await;
        assert!(matches!(taken, Err(IntakeError::Disk(_))), "{meeting:?}");
    }
    assert_eq!(files_in(folder.path()), 1);
    assert_eq!(files_in(&folder.path().join("documents")), 2);
}

#[tokio::test]
async fn an_upload_that_stands_still_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(&folder, |_| {});
    tokio::time::pause();
    let beginning = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("%PDF-")]);
    let endless = beginning.chain(futures_util::stream::pending());
    let pieces = Body::from_stream(endless).into_data_stream();
    let taken = shelf.take_in(&"giao-ban".into(), "x.pdf", 0, pieces).await;
    assert!(matches!(taken, Err(IntakeError::TooSlow)));
    assert_eq!(files_in(&folder.path().join("documents/.incoming")), 0);
}
