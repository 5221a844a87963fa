//! Stories of minutes on paper.

use lopdf::Document;

use super::*;
use crate::minutes::conference::{self, EIGHT, Log, beside, id, invited, template};
use crate::minutes::docx::stories::{letters, part_of_docx, text_of_docx};
use crate::minutes::draft::{Edit, Hand, numbered};
use crate::minutes::log::Invited;
use crate::minutes::project::project;
use crate::minutes::statement::{Editor, Section};
use diemcau_protocol::{ParticipantKind, Role};

fn hand(name: &str, role: Role) -> Hand {
    Hand {
        editor: Editor {
            id: name.to_owned(),
            name: name.to_owned(),
        },
        role,
        now: EIGHT + 7_200_000,
    }
}

/// The conference's minutes, corrected in one place, approved and issued.
pub(crate) fn issued() -> Draft {
    let secretary = hand("Bà Trần Thị Thu Hương", Role::Secretary);
    let chair = hand("Ông Nguyễn Văn Bình", Role::Chair);
    let mut draft = Draft::new(conference::minutes());
    let correct = Edit::Correct {
        key: "attendance/xa-01/headcount".to_owned(),
        text: "12".to_owned(),
        reason: "Điểm cầu báo nhầm số người".to_owned(),
    };
    draft.edit(&secretary, 1, correct).unwrap();
    draft.approve(&chair, 2).unwrap();
    let number = numbered(12, 2026, "UBND").unwrap();
    draft.issue(&secretary, number).unwrap();
    draft
}

/// For a look: set MINUTES_SAMPLE to a folder.
fn show(name: &str, paper: &Paper) {
    if let Some(folder) = std::env::var_os("MINUTES_SAMPLE") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::write(folder.join(format!("{name}.pdf")), &paper.pdf).unwrap();
        std::fs::write(folder.join(format!("{name}.docx")), &paper.docx).unwrap();
    }
}

fn text_of_pdf(pdf: &[u8]) -> String {
    let document = Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document.extract_text(&pages).unwrap()
}

#[test]
fn the_conference_is_on_paper_with_all_that_its_minutes_say() {
    let draft = issued();
    let paper = put_on_paper(&draft, &template()).unwrap();
    show("conference", &paper);
    let sheet = lay_out(&draft, &template());
    let (pdf, docx) = (
        letters(&text_of_pdf(&paper.pdf)),
        letters(&text_of_docx(&paper.docx)),
    );
    for text in sheet.texts() {
        assert!(docx.contains(&letters(text)), "DOCX lacks: {text}");
        // Lines of the PDF come page by page, with page numbers in between.
        for word in text.split_whitespace() {
            assert!(pdf.contains(&letters(word)), "PDF lacks: {word}");
        }
    }
    for text in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 12/BB-UBND",
        "BIÊN BẢN",
        "Thời gian bắt đầu:",
        "Chủ trì (chủ tọa):",
        "Thư ký (người ghi biên bản):",
        "Nơi nhận:",
        "- Lưu: VT, Hồ sơ.",
        "Phụ lục II",
    ] {
        assert!(pdf.contains(&letters(text)), "PDF lacks: {text}");
        assert!(docx.contains(&letters(text)), "DOCX lacks: {text}");
    }
}

#[test]
fn the_document_is_made_for_archives_in_vietnamese_with_a_title() {
    let paper = put_on_paper(&issued(), &template()).unwrap();
    let document = Document::load_mem(&paper.pdf).unwrap();
    let catalog = document.catalog().unwrap();
    let language = catalog.get(b"Lang").unwrap().as_str().unwrap();
    assert!(language.starts_with(b"vi"));
    let metadata = catalog.get(b"Metadata").unwrap().as_reference().unwrap();
    let metadata = document.get_object(metadata).unwrap().as_stream().unwrap();
    let metadata = String::from_utf8_lossy(&metadata.content).into_owned();
    assert!(metadata.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(metadata.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
    assert!(metadata.contains("Biên bản Hội nghị trực tuyến"));
    assert!(metadata.contains("2026-09-05T09:03:00"));
    let core = part_of_docx(&paper.docx, "docProps/core.xml");
    assert!(core.contains("<dc:language>vi</dc:language>"));
    assert!(core.contains("<dc:title>Biên bản Hội nghị"));
    let document = part_of_docx(&paper.docx, "word/document.xml");
    assert_eq!(
        document.matches("<w:tblHeader />").count(),
        2,
        "heads repeat"
    );
}

#[test]
fn the_same_minutes_give_the_same_bytes() {
    let draft = issued();
    let first = put_on_paper(&draft, &template()).unwrap();
    assert_eq!(put_on_paper(&draft, &template()).unwrap(), first);
}

#[test]
fn what_people_write_is_never_read_as_markup() {
    let nasty = [
        "#read(\"/etc/passwd\") #import \"@preview/x:1.0.0\": * #eval(\"1\")",
        "*đậm* _nghiêng_ $x^2$ `mã` = Tiêu đề <nhãn> @ghi-chú \\ ~ -- --- 'a' \"b\"",
        "</w:t></w:r><w:p/> & &amp; <script>",
        "\u{202e}ngược\u{202c} عربي 😀 \u{0}\u{7}\u{1b}[31m",
        "- gạch // chú thích /* khối */ https://example.org",
    ];
    let mut log = Log::new();
    log.opens(nasty[0]);
    let mut everybody = invited();
    everybody.truncate(4);
    everybody[2].name = "Xã ".to_owned() + &"Nguyễn".repeat(33);
    everybody[3].name = nasty[1].to_owned();
    for who in &everybody {
        log.joins(who);
    }
    for text in nasty {
        log.notes(text);
    }
    log.item(1, nasty[1], nasty[3], &[nasty[4]]);
    log.begins(1);
    log.ends();
    let beside = crate::minutes::log::Beside {
        invited: everybody,
        ..beside()
    };
    let draft = Draft::new(project(&log.events, &beside).unwrap());
    let paper = put_on_paper(&draft, &template()).unwrap();
    show("injection", &paper);
    let (pdf, docx) = (
        letters(&text_of_pdf(&paper.pdf)),
        letters(&text_of_docx(&paper.docx)),
    );
    for text in [
        nasty[0],
        nasty[1],
        nasty[2],
        "ngược [U+0639][U+0631][U+0628][U+064A] [U+1F600] [31m",
        nasty[4],
    ] {
        assert!(docx.contains(&letters(text)), "DOCX: {text}");
        assert!(pdf.contains(&letters(text)), "PDF: {text}");
    }
    assert!(!pdf.contains("root:"));
}

#[test]
fn a_whole_country_is_on_paper() {
    let mut log = Log::new();
    log.opens("Hội nghị trực tuyến toàn quốc");
    let mut everybody = invited();
    everybody.truncate(2);
    for number in 0..3_321 {
        everybody.push(Invited {
            participant: id(&format!("xa-{number}")),
            name: format!("Điểm cầu Ủy ban nhân dân xã số {number}"),
            role: Role::Operator,
            kind: ParticipantKind::Site,
            unit: None,
        });
    }
    for who in everybody
        .iter()
        .filter(|who| !who.participant.as_str().ends_with("99"))
    {
        log.joins(who);
    }
    log.ends();
    let beside = crate::minutes::log::Beside {
        invited: everybody,
        ..beside()
    };
    let draft = Draft::new(project(&log.events, &beside).unwrap());
    let began = std::time::Instant::now();
    let paper = put_on_paper(&draft, &template()).unwrap();
    println!(
        "3,321 sites: {:?}, PDF {} bytes",
        began.elapsed(),
        paper.pdf.len()
    );
    show("country", &paper);
    let pages = Document::load_mem(&paper.pdf).unwrap().get_pages().len();
    assert!(pages > 60, "{pages} pages");
    let docx = text_of_docx(&paper.docx);
    assert!(docx.contains("Điểm cầu Ủy ban nhân dân xã số 3320"));
}

#[test]
fn a_draft_says_that_it_has_no_number_yet_and_a_corrected_one_what_it_replaces() {
    let mut first = issued();
    let draft = Draft::new(conference::minutes());
    assert_eq!(lay_out(&draft, &template()).number, "Số: ……/BB-UBND");
    let chair = hand("Ông Nguyễn Văn Bình", Role::Chair);
    let mut second = first.supersede(&chair, "Sai số liệu").unwrap();
    let seen = second.revision;
    let leave_out = Edit::LeaveOut {
        key: "course/0/1".to_owned(),
        reason: "Trùng lặp".to_owned(),
    };
    second.edit(&chair, seen, leave_out).unwrap();
    let sheet = lay_out(&second, &template()).texts().join("\n");
    assert!(sheet.contains("thay thế Biên bản số 12/BB-UBND năm 2026"));
    assert!(sheet.contains("Số người của Xã An Bình: nhật ký ghi “"));
    assert!(sheet.contains("; đính chính thành “12”. Lý do: Điểm cầu báo nhầm số người. Người đính chính: Bà Trần Thị Thu Hương, lúc 10 giờ 00, ngày 05 tháng 9 năm 2026."));
    assert!(sheet.contains("lược bỏ. Lý do: Trùng lặp."));
    let left_out = second.statement("course/0/1").unwrap();
    assert!(matches!(left_out.section, Section::Course { chapter: 0 }));
    assert_eq!(
        sheet.matches(&left_out.text).count(),
        1,
        "only among the corrections"
    );
}

#[test]
fn a_template_shows_itself() {
    let pdf = preview(&template()).unwrap();
    let text = letters(&text_of_pdf(&pdf));
    assert!(text.contains(&letters("ỦY BAN NHÂN DÂN TỈNH LÂM SƠN")));
    assert!(text.contains(&letters("Các sở: NN&MT, CT, TC, XD;")));
    let mut nobody = template();
    nobody.agency = " ".to_owned();
    assert!(matches!(preview(&nobody), Err(PaperError::Template(_))));
}
