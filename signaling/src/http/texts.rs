//! What each code means, in the user's language.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use diemcau_protocol::ErrorCode;

/// A language of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Vietnamese,
    English,
}

impl Language {
    /// The one that the request prefers (RFC 9110 §12.5.4); Vietnamese where
    /// it prefers neither.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let wanted = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let (mut vietnamese, mut english) = (0.0, 0.0);
        for range in wanted.unwrap_or_default().split(',') {
            let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
            let quality = parameter
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse().ok());
            let quality: f32 = quality.unwrap_or(0.0);
            match tag.trim().split('-').next() {
                Some("vi") => vietnamese = quality.max(vietnamese),
                Some("en") => english = quality.max(english),
                _ => {}
            }
        }
        if english > vietnamese {
            Language::English
        } else {
            Language::Vietnamese
        }
    }

    pub(super) fn tag(self) -> &'static str {
        match self {
            Language::Vietnamese => "vi",
            Language::English => "en",
        }
    }
}

/// The text of a code.
pub(crate) fn text(code: ErrorCode, language: Language) -> &'static str {
    let (vietnamese, english) = both(code);
    match language {
        Language::Vietnamese => vietnamese,
        Language::English => english,
    }
}

fn both(code: ErrorCode) -> (&'static str, &'static str) {
    use ErrorCode as Code;
    match code {
        Code::BadMessage => (
            "Máy chủ không hiểu yêu cầu. Hãy tải lại trang.",
            "The server did not understand the request. Reload the page.",
        ),
        Code::TooLarge => ("Nội dung gửi đi quá lớn.", "What was sent is too large."),
        Code::RateLimited => (
            "Thao tác quá nhanh. Hãy chờ một chút rồi thử lại.",
            "Too many requests. Wait a moment, then try again.",
        ),
        Code::UnsupportedVersion => (
            "Trang này đã cũ so với máy chủ. Hãy tải lại trang.",
            "This page is too old for the server. Reload the page.",
        ),
        Code::HelloExpected => (
            "Kết nối không đúng trình tự. Hãy tải lại trang.",
            "The connection began out of order. Reload the page.",
        ),
        Code::UnknownCommand => (
            "Máy chủ chưa hỗ trợ thao tác này.",
            "The server does not support this yet.",
        ),
        Code::TokenInvalid => (
            "Đường dẫn mời không hợp lệ. Hãy kiểm tra lại đường dẫn đã nhận.",
            "The invitation link is not valid. Check the link that you received.",
        ),
        Code::TokenExpired => (
            "Đường dẫn mời đã hết hạn. Hãy liên hệ ban tổ chức để nhận đường dẫn mới.",
            "The invitation link has expired. Ask the organisers for a new one.",
        ),
        Code::Forbidden => (
            "Vai trò của bạn không được phép làm việc này.",
            "Your role does not allow this.",
        ),
        Code::MeetingNotFound => ("Không có cuộc họp này.", "There is no such meeting."),
        Code::UnknownParticipant => (
            "Thành phần này không có trong cuộc họp.",
            "There is no such participant in the meeting.",
        ),
        Code::NotInMeeting => ("Bạn không ở trong cuộc họp.", "You are not in the meeting."),
        Code::MutedByChair => (
            "Chủ tọa đã tắt micrô của bạn. Chỉ chủ tọa mới cho bật lại.",
            "The chair closed your microphone. Only the chair can allow it again.",
        ),
        Code::NameRequired => (
            "Cần ghi tên trước khi vào họp.",
            "A name is needed to join.",
        ),
        Code::TextEmpty => ("Chưa có nội dung.", "There is no text."),
        Code::TextTooLong => (
            "Nội dung dài quá mức cho phép.",
            "The text is longer than allowed.",
        ),
        Code::StorageUnavailable => (
            "Máy chủ tạm thời không ghi được dữ liệu. Chưa có gì thay đổi, hãy thử lại sau.",
            "The server cannot store data at the moment. Nothing was changed; try again later.",
        ),
        Code::SdpInvalid => (
            "Trình duyệt và máy chủ không thống nhất được cách truyền hình và tiếng.",
            "Browser and server could not agree on how to send picture and sound.",
        ),
        Code::UnknownSession => (
            "Kết nối hình và tiếng cũ không còn; đang lập kết nối mới.",
            "The earlier media connection is gone; a new one is being made.",
        ),
        Code::MediaUnavailable => (
            "Bộ phận truyền hình và tiếng của máy chủ chưa sẵn sàng. Đang thử lại…",
            "The media part of the server is not ready. Trying again…",
        ),
        Code::TakenOver => (
            "Đường dẫn này đang được dùng ở thẻ hoặc máy khác.",
            "This link is in use in another tab or on another machine.",
        ),
        Code::ServerStopping => (
            "Máy chủ đang khởi động lại. Vui lòng chờ trong giây lát.",
            "The server is restarting. Please wait a moment.",
        ),
        Code::HeartbeatLost => (
            "Mất liên lạc với máy chủ quá lâu.",
            "Contact with the server was lost for too long.",
        ),
        Code::TooSlow => (
            "Đường truyền quá chậm so với diễn biến cuộc họp. Đang tải lại trạng thái.",
            "The connection is too slow to follow the meeting. Loading the state again.",
        ),
        Code::AlreadyExists => (
            "Mã này đã được sử dụng.",
            "This identifier is already in use.",
        ),
        Code::Closed => (
            "Đơn vị, điểm cầu hoặc cán bộ này đã ngừng hoạt động.",
            "This unit, site or person is closed.",
        ),
        Code::TierUnfit => (
            "Cấp đơn vị không phù hợp với đơn vị cấp trên hoặc cấp dưới.",
            "The tier does not fit the unit above or the units below.",
        ),
        Code::Cycle => (
            "Không thể đặt một đơn vị dưới chính nó hoặc dưới đơn vị trực thuộc của nó.",
            "A unit cannot be placed below itself or below one of its own units.",
        ),
        Code::NotEmpty => (
            "Vẫn còn đơn vị, điểm cầu hoặc cán bộ trực thuộc. Hãy chuyển hoặc đóng trước.",
            "Units, sites or people still belong to it. Move or close them first.",
        ),
        Code::Outdated => (
            "Dữ liệu đã được người khác thay đổi. Hãy tải lại rồi thử lại.",
            "Somebody else has changed the data. Load it again and retry.",
        ),
        Code::PreconditionRequired => (
            "Yêu cầu phải nêu phiên bản dữ liệu cần thay đổi (If-Match).",
            "The request must name the version that it changes (If-Match).",
        ),
        Code::KeyReused => (
            "Khóa chống lặp (Idempotency-Key) đã được dùng cho một yêu cầu khác.",
            "The Idempotency-Key was used for another request.",
        ),
        Code::ImportRefused => (
            "Tệp có dòng không hợp lệ nên chưa có dữ liệu nào được nhập.",
            "The file has lines that cannot be used; nothing was imported.",
        ),
        Code::NotFound => (
            "Không tìm thấy nội dung này trên máy chủ.",
            "There is no such thing on the server.",
        ),
        Code::Internal => (
            "Máy chủ gặp lỗi. Lỗi đã được ghi lại.",
            "The server had a fault. It has been logged.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Language::of(&headers)
    }

    #[test]
    fn vietnamese_is_spoken_unless_english_is_preferred() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Vietnamese);
        for accepted in [
            "vi",
            "vi-VN,en;q=0.8",
            "fr",
            "en;q=0.3, vi;q=0.4",
            "en;q=x",
            ";;,",
        ] {
            assert_eq!(of(accepted), Language::Vietnamese, "{accepted}");
        }
        for accepted in ["en", "en-GB,vi;q=0.9", "fr, en;q=0.1"] {
            assert_eq!(of(accepted), Language::English, "{accepted}");
        }
    }
}
