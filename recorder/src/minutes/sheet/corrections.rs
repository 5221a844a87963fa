//! What was corrected, as the minutes show it: what stood there, what stands
//! there now, who, when and why.

use super::Block;
use crate::minutes::draft::Draft;
use crate::minutes::statement::{Cell, Correction, Section, Signer, Statement};
use crate::minutes::words::format::time_and_date;

/// The list of corrections; nothing where there are none.
pub(super) fn of(draft: &Draft) -> Vec<Block> {
    let lines: Vec<Block> = draft
        .corrections()
        .map(|(statement, correction)| Block::Paragraph {
            text: line(draft, statement, correction),
        })
        .collect();
    if lines.is_empty() {
        return lines;
    }
    let text = "(*) Nội dung đính chính so với nhật ký điện tử".to_owned();
    let heading = Block::Heading { text };
    std::iter::once(heading).chain(lines).collect()
}

fn line(draft: &Draft, statement: &Statement, correction: &Correction) -> String {
    let old = match correction.old.as_str() {
        "" => "(để trống)".to_owned(),
        old => format!("“{old}”"),
    };
    let new = match &correction.new {
        Some(new) => format!("đính chính thành “{new}”"),
        None => "lược bỏ".to_owned(),
    };
    format!(
        "- {}: nhật ký ghi {old}; {new}. Lý do: {}. Người đính chính: {}, lúc {}.",
        subject(draft, &statement.section),
        correction.reason.trim_end_matches('.'),
        correction.by.name,
        time_and_date(correction.at)
    )
}

fn subject(draft: &Draft, section: &Section) -> String {
    match section {
        Section::Title => "Tên cuộc họp".to_owned(),
        Section::Began => "Thời gian bắt đầu".to_owned(),
        Section::Place => "Địa điểm".to_owned(),
        Section::Attendance => "Thành phần tham dự".to_owned(),
        Section::Chair => "Chủ trì".to_owned(),
        Section::Secretary => "Thư ký".to_owned(),
        Section::Chapter { .. } | Section::Course { .. } => "Nội dung".to_owned(),
        Section::Conclusion => "Kết luận".to_owned(),
        Section::Confirmation => "Xác nhận".to_owned(),
        Section::Ended => "Thời gian kết thúc".to_owned(),
        Section::Signature { of } => match of {
            Signer::Secretary => "Họ và tên thư ký".to_owned(),
            Signer::Chair => "Họ và tên chủ tọa".to_owned(),
        },
        Section::Attendee { participant, cell } => {
            let all = draft.minutes.attendance.iter();
            let name = all
                .filter(|a| a.participant == *participant)
                .map(|a| &a.name);
            let what = match cell {
                Cell::Name => "Tên",
                Cell::Headcount => "Số người",
                Cell::Delegates => "Đại biểu",
                Cell::Remark => "Ghi chú điểm danh",
            };
            let name = name.map(String::as_str).next().unwrap_or_default();
            format!("{what} của {name}")
        }
    }
}
