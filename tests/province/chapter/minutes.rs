//! The minutes: what the log established, in the words of an official, approved
//! by the chair and issued with a number, as PDF and as DOCX.
//!
//! With `MINUTES_SAMPLE=FOLDER` they are laid there to be looked at.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use diemcau_protocol::{MeetingEnd, Role};
use diemcau_recorder::minutes::draft::{Draft, Hand, numbered};
use diemcau_recorder::minutes::issue::issue;
use diemcau_recorder::minutes::statement::{Editor, Statement};
use diemcau_recorder::minutes::template::{Template, of_host};
use lopdf::Document;
use tempfile::TempDir;

use crate::province::conference::Conference;

/// What a clerk looks for.
const EXPECTED: [&str; 17] = [
    "33 điểm cầu (có mặt 31, vắng mặt 2); 3 đại biểu tham dự cá nhân (có mặt 3, vắng mặt 0).",
    "- Vắng mặt: Điểm cầu xã Kim Sơn; Điểm cầu xã Phú Nhuận.",
    "- Vào muộn: Điểm cầu xã Ea Hleo (08 giờ 09).",
    "- Rời sớm: Điểm cầu xã Quỳ Châu (09 giờ 13).",
    "- 08 giờ 05: Điểm danh lần 1: 34 trên 36 điểm cầu, đại biểu trả lời có mặt",
    "1. Báo cáo tình hình bão số 5 và công tác chuẩn bị ứng phó",
    "Tài liệu: Báo cáo số 215/BC-UBND của huyện Sơn Hà.",
    "- 08 giờ 16: Trình chiếu tài liệu “Báo cáo số 215/BC-UBND của huyện Sơn Hà”.",
    "- Từ 08 giờ 16 đến 08 giờ 20 (4 phút 40 giây): Điểm cầu huyện Sơn Hà phát biểu.",
    "- Từ 08 giờ 42 đến 08 giờ 44 (2 phút): Điểm cầu huyện Bình Lâm phát biểu.",
    "- Hội nghị tạm nghỉ từ 08 giờ 50 đến 09 giờ 05.",
    "- 08 giờ 53: Hệ thống khởi động lại sau gián đoạn; các điểm cầu kết nối lại.",
    "Tổng số phiếu có quyền biểu quyết: 31; số phiếu đã biểu quyết: 30 (96,8%). Tán thành: 28 \
     phiếu (90,3%); Không tán thành: 1 phiếu (3,2%); Không biểu quyết: 1 phiếu (3,2%).",
    "Kết quả chi tiết tại Phụ lục II kèm theo.",
    "Số phiếu phát ra: 30; số phiếu thu về: 30.",
    "Nội dung hội nghị không thuộc danh mục bí mật nhà nước (Lê Hoàng Nam, Chánh Văn phòng xác \
     nhận lúc",
    "Hội nghị kết thúc vào 09 giờ 35,",
];

/// What must not be there: the rehearsal, and how anybody voted in secret.
const SILENT: [&str; 2] = ["Thử âm thanh", "07 giờ"];

pub(in crate::province) fn a_clerk_would_sign_them(
    conference: &Conference,
    archive: &TempDir,
    end: &MeetingEnd,
) {
    let folder = archive.path();
    let mut draft: Draft = serde_json::from_slice(&read(folder, "minutes.json")).unwrap();
    let said = draft
        .statements
        .iter()
        .map(text)
        .collect::<Vec<_>>()
        .join("\n");
    for expected in EXPECTED {
        assert!(said.contains(expected), "{expected}\nin\n{said}");
    }
    for silent in SILENT {
        assert!(!said.contains(silent), "{silent}\nin\n{said}");
    }
    let hash = end.closing_hash.as_bytes().chunks(8);
    let hash: Vec<_> = hash.map(String::from_utf8_lossy).collect();
    assert!(
        said.contains(&hash.join(" ")),
        "the closing hash, for all to compare"
    );
    all_of_it_is_on_paper(folder, &draft);
    lay_out_to_be_looked_at(conference, folder, "draft");

    let hand = |name: &str, role| Hand {
        editor: Editor {
            id: name.to_owned(),
            name: name.to_owned(),
        },
        role,
        now: end.at + 3_600_000,
    };
    let seen = draft.revision;
    draft
        .approve(&hand("Nguyễn Văn Bình", Role::Chair), seen)
        .unwrap();
    let number = numbered(215, 2026, "UBND").unwrap();
    let secretary = hand("Trần Thị Thu Hương", Role::Secretary);
    issue(&mut draft, &secretary, number, &template(), folder).unwrap();
    all_of_it_is_on_paper(folder, &draft);
    lay_out_to_be_looked_at(conference, folder, "issued");
}

fn text(statement: &Statement) -> &str {
    &statement.text
}

fn template() -> Template {
    let recipients = [
        "Chủ tịch, các Phó Chủ tịch UBND tỉnh",
        "UBND các huyện, thị xã; UBND các xã",
    ];
    Template {
        place: Some("Phòng họp trực tuyến, trụ sở Ủy ban nhân dân tỉnh Lâm Sơn".to_owned()),
        recipients: recipients.map(str::to_owned).into(),
        closing: Some(
            "Biên bản đã được đọc lại cho các thành viên dự họp cùng nghe và nhất trí thông qua."
                .to_owned(),
        ),
        ..of_host("Ủy ban nhân dân tỉnh Lâm Sơn")
    }
}

/// Both papers have every word of the draft.
fn all_of_it_is_on_paper(folder: &Path, draft: &Draft) {
    let pdf = Document::load_mem(&read(folder, "minutes.pdf")).unwrap();
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let pdf = letters(&pdf.extract_text(&pages).unwrap());
    let docx = letters(&text_of_docx(&read(folder, "minutes.docx")));
    for statement in &draft.statements {
        for word in statement.text.split_whitespace() {
            assert!(
                pdf.contains(&letters(word)),
                "PDF lacks {word}: {}",
                statement.text
            );
        }
        let text = letters(&statement.text);
        assert!(docx.contains(&text), "DOCX lacks: {}", statement.text);
    }
}

fn text_of_docx(docx: &[u8]) -> String {
    let mut package = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    let mut document = package.by_name("word/document.xml").unwrap();
    document.read_to_string(&mut xml).unwrap();
    let runs = xml.split("<w:t ").skip(1).filter_map(|run| {
        let (_, text) = run.split_once('>')?;
        text.split_once("</w:t>").map(|(text, _)| text)
    });
    let text = runs.collect::<String>();
    text.replace("&quot;", "\"").replace("&amp;", "&")
}

/// Without blanks: where a line breaks is not the text's business.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

fn lay_out_to_be_looked_at(conference: &Conference, folder: &Path, which: &str) {
    let Some(to) = std::env::var_os("MINUTES_SAMPLE") else {
        return;
    };
    let store = match conference.machine.store() {
        diemcau_signaling::StoreLocation::Postgres(_) => "postgresql",
        diemcau_signaling::StoreLocation::Sqlite { .. } => "sqlite",
    };
    for form in ["pdf", "docx"] {
        let name = Path::new(&to).join(format!("{which}-{store}.{form}"));
        fs::copy(folder.join(format!("minutes.{form}")), name).unwrap();
    }
}
