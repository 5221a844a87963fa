//! What the report says, in Vietnamese and in English.

use super::Step;
use super::verdict::{Fit, Reason};

/// A language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Language {
    /// The one that the surroundings ask for: English only where they do.
    pub fn of_surroundings() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        match set {
            Some(value) if value.starts_with("en") => Self::En,
            Some(_) | None => Self::Vi,
        }
    }

    pub(crate) fn choose(self, vi: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// What is being done.
    pub fn step(self, step: Step) -> &'static str {
        match step {
            Step::Server => self.choose("Đang kết nối tới máy chủ…", "Connecting to the server…"),
            Step::Udp => self.choose(
                "Đang kiểm tra đường hình và tiếng (UDP)…",
                "Testing the way of sound and picture (UDP)…",
            ),
            Step::Down => self.choose("Đang đo tốc độ tải về…", "Measuring the download…"),
            Step::Up => self.choose("Đang đo tốc độ tải lên…", "Measuring the upload…"),
            Step::Turn => self.choose(
                "Đang kiểm tra máy chủ trung chuyển…",
                "Testing the relay servers…",
            ),
        }
    }

    /// The verdict in one sentence.
    pub(super) fn fit(self, fit: Fit) -> &'static str {
        match fit {
            Fit::Hd => self.choose(
                "Đường truyền tốt: họp được với hình ảnh độ nét cao (HD).",
                "A good line: fit for meetings with high-definition pictures (HD).",
            ),
            Fit::Sd => self.choose(
                "Đường truyền tạm được: họp được với hình ảnh độ nét thường (SD).",
                "A fair line: fit for meetings with standard pictures (SD).",
            ),
            Fit::SoundOnly => self.choose(
                "Đường truyền yếu: chỉ nên họp bằng tiếng, tắt hình.",
                "A weak line: fit for sound only.",
            ),
            Fit::Nothing => self.choose(
                "Đường truyền chưa dùng để họp được.",
                "This line is not fit for a meeting.",
            ),
        }
    }

    /// Why, and what to do.
    pub(super) fn reason(self, reason: Reason) -> [&'static str; 2] {
        match reason {
            Reason::Unreachable => [
                self.choose("Không kết nối được tới máy chủ.", "The server cannot be reached."),
                self.choose(
                    "Kiểm tra dây mạng, địa chỉ máy chủ và đường dẫn mời.",
                    "Check the cable, the server's address and the invitation.",
                ),
            ],
            Reason::UdpBlocked => [
                self.choose(
                    "Mạng chặn UDP và không có máy chủ trung chuyển nào dùng được.",
                    "The network blocks UDP, and there is no relay that can be used.",
                ),
                self.choose(
                    "Đề nghị quản trị mạng mở cổng UDP của máy chủ họp, hoặc bật máy chủ TURN.",
                    "Ask the network's administrator to open the server's UDP port, or to set up a TURN server.",
                ),
            ],
            Reason::RelayOnly => [
                self.choose(
                    "Mạng chặn UDP; hình và tiếng phải đi qua máy chủ trung chuyển.",
                    "The network blocks UDP; sound and picture go through a relay.",
                ),
                self.choose(
                    "Đề nghị quản trị mạng mở cổng UDP của máy chủ họp.",
                    "Ask the network's administrator to open the server's UDP port.",
                ),
            ],
            Reason::Loss => [
                self.choose("Mất quá nhiều gói tin.", "Too many packets are lost."),
                self.choose(
                    "Dùng dây mạng thay cho Wi-Fi, tắt các máy đang tải nặng, rồi đo lại.",
                    "Use a cable instead of Wi-Fi, stop heavy traffic, and test again.",
                ),
            ],
            Reason::Delay => [
                self.choose("Độ trễ cao.", "The delay is high."),
                self.choose(
                    "Tắt VPN nếu có; nếu dùng vệ tinh hoặc 3G, hãy chuyển sang cáp quang.",
                    "Switch off a VPN, if any; use fibre instead of satellite or 3G.",
                ),
            ],
            Reason::Jitter => [
                self.choose("Độ trễ không ổn định.", "The delay is uneven."),
                self.choose(
                    "Dùng dây mạng thay cho Wi-Fi và tắt các máy đang tải nặng.",
                    "Use a cable instead of Wi-Fi and stop heavy traffic.",
                ),
            ],
            Reason::Down => [
                self.choose("Tốc độ tải về thấp.", "The download is slow."),
                self.choose(
                    "Tắt các máy đang tải nặng, hoặc nâng gói cước Internet.",
                    "Stop heavy traffic, or get a faster line.",
                ),
            ],
            Reason::Up => [
                self.choose("Tốc độ tải lên thấp.", "The upload is slow."),
                self.choose(
                    "Tắt các máy đang gửi dữ liệu (sao lưu, camera an ninh), hoặc nâng gói cước.",
                    "Stop what sends data (backups, security cameras), or get a faster line.",
                ),
            ],
        }
    }

    /// A label of the report.
    pub(super) fn label(self, label: Label) -> &'static str {
        match label {
            Label::Server => self.choose("Máy chủ", "Server"),
            Label::Answers => self.choose("trả lời", "answers"),
            Label::DoesNotAnswer => self.choose("không trả lời", "does not answer"),
            Label::Udp => self.choose("UDP", "UDP"),
            Label::Through => self.choose("thông", "gets through"),
            Label::Blocked => self.choose("bị chặn", "is blocked"),
            Label::NotTested => self.choose("chưa kiểm tra được", "was not tested"),
            Label::Loss => self.choose("Mất gói", "Loss"),
            Label::Rtt => self.choose("Độ trễ khứ hồi", "There and back"),
            Label::Jitter => self.choose("Biến thiên trễ", "Jitter"),
            Label::Down => self.choose("Tải về", "Download"),
            Label::Up => self.choose("Tải lên", "Upload"),
            Label::AtLeast => self.choose("ít nhất", "at least"),
            Label::Todo => self.choose("Nên làm", "What to do"),
        }
    }
}

/// The labels of the report.
#[derive(Debug, Clone, Copy)]
pub(super) enum Label {
    Server,
    Answers,
    DoesNotAnswer,
    Udp,
    Through,
    Blocked,
    NotTested,
    Loss,
    Rtt,
    Jitter,
    Down,
    Up,
    AtLeast,
    Todo,
}
