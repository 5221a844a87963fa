//! What the test says, in Vietnamese and in English.

use std::fmt::Write;

use super::{Figures, Report, Step};
use crate::probe::Language;

impl Report {
    /// The verdict with what to do, for whoever installed it.
    pub fn text(&self, language: Language) -> String {
        let seconds = language.decimal(self.seconds);
        let mut text = String::new();
        let mut line = |said: String| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{said}");
        };
        match &self.failure {
            None => {
                line(language.choose(
                    "ĐẠT: máy này họp, ghi hình, lập biên bản và lưu hồ sơ được.",
                    "PASSED: this machine holds meetings, records them, writes minutes and keeps archives.",
                ).to_owned());
                line(match language {
                    Language::Vi => format!("Thời gian kiểm tra: {seconds} giây."),
                    Language::En => format!("The test took {seconds} s."),
                });
            }
            Some(failure) => {
                let step = language.step_name(failure.step);
                line(match language {
                    Language::Vi => format!("KHÔNG ĐẠT ở bước “{step}”."),
                    Language::En => format!("NOT PASSED at the step “{step}”."),
                });
                let why = &failure.why;
                line(match language {
                    Language::Vi => format!("  Nguyên nhân: {why}"),
                    Language::En => format!("  Why: {why}"),
                });
                let advice = language.advice(failure.step);
                line(match language {
                    Language::Vi => format!("  Nên làm: {advice}"),
                    Language::En => format!("  What to do: {advice}"),
                });
            }
        }
        if let Some(kept) = &self.kept {
            let kept = kept.display();
            line(match language {
                Language::Vi => "Hồ sơ được giữ lại. Kiểm tra bằng lệnh:".to_owned(),
                Language::En => "The archive was kept. Verify it with:".to_owned(),
            });
            line(format!(
                "  diemcau verify {kept}/archive --key {kept}/archive.pub"
            ));
        }
        text
    }
}

impl Language {
    /// What is done in a step.
    pub(super) fn step_name(self, step: Step) -> &'static str {
        match step {
            Step::Folder => self.choose("Chuẩn bị thư mục tạm", "Preparing a temporary folder"),
            Step::Server => self.choose("Khởi động máy chủ", "Starting a server"),
            Step::Sites => self.choose("Các điểm cầu vào họp", "Sites join the meeting"),
            Step::RollCall => self.choose(
                "Thông báo ghi hình và điểm danh",
                "Announcing the recording, calling the roll",
            ),
            Step::Meeting => self.choose(
                "Họp 20 giây: đổi màn hình chính, biểu quyết, trao đổi",
                "Meeting for 20 s: stage, vote, chat",
            ),
            Step::Media => self.choose("Truyền hình ảnh và âm thanh", "Carrying sound and picture"),
            Step::Recording => self.choose("Ghi hình, lập hồ sơ", "Recording, making the archive"),
            Step::Minutes => self.choose("Ban hành biên bản", "Issuing the minutes"),
            Step::Archive => self.choose("Kiểm tra hồ sơ", "Verifying the archive"),
        }
    }

    /// What came of a step that holds.
    pub(super) fn figure(self, step: Step, figures: &Figures) -> String {
        let count = |figure: Option<u64>| figure.unwrap_or(0);
        let seconds = |figure: Option<f64>| self.decimal(figure.unwrap_or(0.0));
        match step {
            Step::Folder => {
                let free = self.decimal(count(figures.free_mib) as f64 / 1_024.0);
                self.say(format!("còn trống {free} GiB"), format!("{free} GiB free"))
            }
            Step::Server => {
                let after = seconds(figures.server_seconds);
                self.say(
                    format!("sẵn sàng sau {after} giây"),
                    format!("ready after {after} s"),
                )
            }
            Step::Sites => {
                let [joined, all] = figures.joined.unwrap_or_default();
                let after = seconds(figures.join_seconds);
                self.say(
                    format!("{joined}/{all} điểm cầu sau {after} giây"),
                    format!("{joined} of {all} sites in {after} s"),
                )
            }
            Step::RollCall => {
                let (present, people) = (count(figures.present), count(figures.headcount));
                self.say(
                    format!("{present} điểm cầu có mặt, {people} đại biểu"),
                    format!("{present} sites present, {people} people"),
                )
            }
            Step::Meeting => {
                let [votes, given] = figures.votes.unwrap_or_default();
                let stage = count(figures.stage_ms);
                self.say(
                    format!("đổi màn hình chính sau {stage} ms, {votes}/{given} phiếu tán thành"),
                    format!("stage changed in {stage} ms, {votes} of {given} votes for"),
                )
            }
            Step::Media => {
                let lost = count(figures.packets_lost);
                let received = count(figures.packets_received);
                self.say(
                    format!("nhận {received} gói tin, mất {lost}"),
                    format!("{received} packets received, {lost} lost"),
                )
            }
            Step::Recording => {
                let recorded = seconds(figures.recorded_seconds);
                let after = seconds(figures.archive_seconds);
                let gap = figures.gap_ms.unwrap_or(0);
                self.say(
                    format!(
                        "ghi được {recorded} giây, thiếu {gap} ms, hồ sơ xong sau {after} giây"
                    ),
                    format!("{recorded} s recorded, {gap} ms missing, archive made in {after} s"),
                )
            }
            Step::Minutes => {
                let number = figures.minutes_number.as_deref().unwrap_or_default();
                let pages = figures.minutes_pages.unwrap_or(0);
                self.say(
                    format!("số {number}, {pages} trang"),
                    format!("number {number}, pages: {pages}"),
                )
            }
            Step::Archive => {
                let files = figures.files.unwrap_or(0);
                let events = count(figures.events);
                self.say(
                    format!("nguyên vẹn, {files} tệp, {events} sự kiện"),
                    format!("whole, {files} files, {events} events"),
                )
            }
        }
    }

    /// What to do where a step does not hold.
    fn advice(self, step: Step) -> &'static str {
        match step {
            Step::Folder => self.choose(
                "Giải phóng ổ đĩa, hoặc đặt biến TMPDIR tới một thư mục ghi được và còn trống ít nhất 1 GiB; với --keep hãy nêu một thư mục mới.",
                "Free some disk space, or set TMPDIR to a folder that can be written and has 1 GiB free; with --keep name a new folder.",
            ),
            Step::Server => self.choose(
                "Xem nguyên nhân ở trên; kiểm tra quyền ghi thư mục tạm và việc mở cổng trên 127.0.0.1.",
                "See why above; check that the temporary folder can be written and ports be opened on 127.0.0.1.",
            ),
            Step::Sites => self.choose(
                "Kiểm tra tường lửa của máy có chặn TCP hoặc UDP trên 127.0.0.1 không, rồi thử lại khi máy rảnh hơn.",
                "See whether this machine's firewall blocks TCP or UDP on 127.0.0.1, and try again when the machine has less to do.",
            ),
            Step::RollCall | Step::Meeting => self.choose(
                "Thử lại khi máy rảnh hơn; nếu vẫn vậy, gửi kết quả này (kèm --json) cho nơi cung cấp phần mềm.",
                "Try again when the machine has less to do; if it stays so, send this result (with --json) to whoever supplied the software.",
            ),
            Step::Media => self.choose(
                "Máy quá tải: tắt các chương trình nặng, hoặc dùng máy có nhiều lõi hơn.",
                "The machine has too much to do: stop heavy programs, or use one with more cores.",
            ),
            Step::Recording => self.choose(
                "Kiểm tra ổ đĩa: còn chỗ trống và ghi đủ nhanh không.",
                "Check the disk: whether it has room and is fast enough.",
            ),
            Step::Minutes | Step::Archive => self.choose(
                "Kiểm tra ổ đĩa; nếu vẫn vậy, gửi kết quả này (kèm --json) cho nơi cung cấp phần mềm.",
                "Check the disk; if it stays so, send this result (with --json) to whoever supplied the software.",
            ),
        }
    }

    fn say(self, vi: String, en: String) -> String {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// With one digit behind the mark that the language has for it.
    fn decimal(self, number: f64) -> String {
        let text = format!("{number:.1}");
        match self {
            Self::Vi => text.replace('.', ","),
            Self::En => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selftest::Failure;

    #[test]
    fn who_fails_is_told_where_why_and_what_to_do() {
        let report = Report {
            holds: false,
            failure: Some(Failure {
                step: Step::Sites,
                why: "site 2: not in after 30 s".into(),
            }),
            seconds: 31.0,
            kept: None,
            figures: Figures::default(),
        };
        let vi = report.text(Language::Vi);
        assert!(
            vi.contains("KHÔNG ĐẠT ở bước “Các điểm cầu vào họp”"),
            "{vi}"
        );
        assert!(vi.contains("tường lửa") && vi.contains("site 2"), "{vi}");
        let en = report.text(Language::En);
        assert!(en.contains("NOT PASSED") && en.contains("firewall"), "{en}");
        assert_eq!(Language::Vi.decimal(1.25), "1,2");
    }
}
