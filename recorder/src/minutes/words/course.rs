//! The course of the meeting, in words.

use super::format::{count, duration, time};
use super::{Writer, occasion, votes};
use crate::minutes::record::{About, Chapter, Entry, Happening};
use crate::minutes::statement::Section;

pub(super) fn write(writer: &mut Writer<'_>) {
    let chapters = &writer.minutes.course;
    let mut items = 0;
    for (place, chapter) in chapters.iter().enumerate() {
        let is_last = place + 1 == chapters.len();
        let place = place as u32;
        let heading = heading(&chapter.about, &mut items, is_last);
        let key = format!("course/{place}");
        let section = Section::Chapter { chapter: place };
        writer.say(key, section, vec![chapter.began.seq], heading);
        plan(writer, place, chapter);
        for (number, entry) in chapter.entries.iter().enumerate() {
            say(writer, place, number, entry);
        }
    }
}

fn heading(about: &About, items: &mut u32, is_last: bool) -> String {
    match about {
        About::Opening => "Khai mạc".to_owned(),
        About::Item { title, again, .. } => {
            *items += 1;
            let again = if *again { " (tiếp tục)" } else { "" };
            format!("{items}. {title}{again}")
        }
        About::Between if is_last => "Phần kết thúc".to_owned(),
        About::Between => "Giữa các nội dung".to_owned(),
    }
}

/// What the agenda says of an item: when it was begun, who speaks to it, and
/// its documents.
fn plan(writer: &mut Writer<'_>, place: u32, chapter: &Chapter) {
    let About::Item {
        speakers,
        documents,
        ..
    } = &chapter.about
    else {
        return;
    };
    let mut text = format!("Bắt đầu lúc {}.", time(chapter.began.value));
    if !speakers.is_empty() {
        text += &format!(" Trình bày theo chương trình: {}.", speakers.join("; "));
    }
    if !documents.is_empty() {
        text += &format!(" Tài liệu: {}.", documents.join("; "));
    }
    let seqs = vec![chapter.began.seq];
    let section = Section::Course { chapter: place };
    writer.say(format!("course/{place}/plan"), section, seqs, text);
}

fn say(writer: &mut Writer<'_>, place: u32, number: usize, entry: &Entry) {
    let key = format!("course/{place}/{number}");
    if let Happening::Vote { number } = &entry.what {
        votes::write(writer, place, *number);
        return;
    }
    let section = match &entry.what {
        Happening::Conclusion { .. } => Section::Conclusion,
        _ => Section::Course { chapter: place },
    };
    let text = sentence(writer, entry);
    writer.say(key, section, entry.seqs.clone(), text);
}

fn sentence(writer: &Writer<'_>, entry: &Entry) -> String {
    let at = time(entry.at);
    match &entry.what {
        Happening::Speech {
            participant, until, ..
        } => format!(
            "- Từ {at} đến {} ({}): {} phát biểu.",
            time(*until),
            duration(until - entry.at),
            writer.name(participant)
        ),
        Happening::Document { reference } => {
            format!("- {at}: Trình chiếu tài liệu “{reference}”.")
        }
        Happening::Screen { participant } => {
            format!("- {at}: {} trình chiếu màn hình.", writer.name(participant))
        }
        Happening::Announcement { by, text } => {
            format!("- {at}: {} thông báo: “{text}”.", writer.name(by))
        }
        Happening::Break { until } => format!(
            "- {} tạm nghỉ từ {at} đến {}.",
            occasion(writer.minutes.occasion),
            time(*until)
        ),
        Happening::RollCall {
            number,
            expected,
            present,
            headcount,
        } => format!(
            "- {at}: Điểm danh lần {number}: {} trên {} điểm cầu, đại biểu trả lời có mặt; \
             tổng số {} người.",
            count(u64::from(*present)),
            count(u64::from(*expected)),
            count(*headcount)
        ),
        Happening::Check { asked, missing } if missing.is_empty() => format!(
            "- {at}: Kiểm tra ngẫu nhiên sự có mặt của {} điểm cầu, đại biểu: tất cả đều trả lời.",
            count(u64::from(*asked))
        ),
        Happening::Check { asked, missing } => format!(
            "- {at}: Kiểm tra ngẫu nhiên sự có mặt của {} điểm cầu, đại biểu; không trả lời: {}.",
            count(u64::from(*asked)),
            writer.names(missing)
        ),
        Happening::Removed {
            participant,
            reason,
        } => {
            let name = writer.name(participant);
            let why = if reason.is_empty() {
                String::new()
            } else {
                format!("; lý do: {reason}")
            };
            format!("- {at}: {name} bị mời ra khỏi phòng họp{why}.")
        }
        Happening::RecordingBegan => format!("- {at}: Bắt đầu ghi âm, ghi hình."),
        Happening::RecordingPaused => format!("- {at}: Tạm dừng ghi âm, ghi hình."),
        Happening::RecordingResumed => format!("- {at}: Tiếp tục ghi âm, ghi hình."),
        Happening::RecordingEnded => format!("- {at}: Dừng ghi âm, ghi hình."),
        Happening::Interrupted => {
            format!("- {at}: Hệ thống khởi động lại sau gián đoạn; các điểm cầu kết nối lại.")
        }
        Happening::Note { text, .. } | Happening::Conclusion { text, .. } => text.clone(),
        // It has statements of its own.
        Happening::Vote { .. } => String::new(),
    }
}
