//! What the bridge says on the terminal, in Vietnamese and in English.

use std::time::Duration;

use super::habits::Finding;
use super::source::SourceError;
use super::whip::WhipError;

/// A language of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Language {
    /// English where the terminal is set to it, else Vietnamese.
    pub fn of_terminal() -> Self {
        let set = |name| {
            std::env::var(name)
                .ok()
                .filter(|value: &String| !value.is_empty())
        };
        match set("LC_ALL")
            .or_else(|| set("LC_MESSAGES"))
            .or_else(|| set("LANG"))
        {
            Some(value) if value.starts_with("en") => Language::En,
            Some(_) | None => Language::Vi,
        }
    }
}

/// Something that the operator should know.
#[derive(Debug)]
pub enum Message<'a> {
    /// The source is opened.
    Opening(&'a str),
    /// It is open: the codecs of picture and sound.
    Opened {
        /// H.264 or VP8.
        picture: &'a str,
        /// Whether sound goes along.
        sound: bool,
    },
    /// Its sound cannot be passed through.
    NoSound(&'a str),
    /// The server is asked.
    Publishing(&'a str),
    /// Pictures go out.
    Live(Duration),
    /// A camera's habit.
    Found(Finding),
    /// Packets of the source were lost on the way here: pictures left out.
    LeftOut(u64),
    /// There is no picture.
    Source(&'a SourceError),
    /// The server does not take it.
    Server(&'a WhipError),
    /// The media connection could not be made.
    Peer(&'a str),
    /// The media connection broke.
    PathLost,
    /// The next attempt.
    Again(Duration),
    /// The end, as asked for.
    Ended,
}

/// A message in a language.
pub fn text(message: &Message<'_>, language: Language) -> String {
    match language {
        Language::Vi => vietnamese(message),
        Language::En => english(message),
    }
}

fn vietnamese(message: &Message<'_>) -> String {
    match message {
        Message::Opening(source) => format!("Đang mở nguồn hình: {source}"),
        Message::Opened { picture, sound } => {
            let sound = if *sound { "có" } else { "không có" };
            format!("Đã nhận nguồn: hình {picture}, {sound} tiếng.")
        }
        Message::NoSound(codec) => format!(
            "Lưu ý: tiếng của nguồn là {codec}, trình duyệt không nghe được nên không được gửi \
             đi. Thêm «--transcode sound» để chuyển sang Opus."
        ),
        Message::Publishing(server) => format!("Đang kết nối máy chủ: {server}"),
        Message::Live(after) => {
            format!(
                "Đang phát vào cuộc họp (hình đầu tiên sau {:.1} giây).",
                after.as_secs_f64()
            )
        }
        Message::Found(Finding::BFrames) => {
            "CẢNH BÁO: camera gửi khung hình B. Trên trình duyệt hình sẽ giật hoặc vỡ. Hãy tắt \
             khung hình B trong cài đặt camera (profile Baseline), hoặc thêm «--transcode all»."
                .to_owned()
        }
        Message::Found(Finding::Group {
            length,
            pictures,
            long,
        }) => {
            let seconds = length.as_secs_f64();
            let mean = seconds / 2.0;
            let told = format!(
                "Khung hình chính cách nhau {seconds:.1} giây ({pictures} hình): chuyển màn hình \
                 sang camera này chờ lâu nhất {seconds:.1} giây, trung bình {mean:.1} giây."
            );
            match long {
                true => format!(
                    "CẢNH BÁO: {told} Hãy đặt khoảng cách này (GOP, I-frame interval) còn 1–2 \
                     giây trong camera, hoặc thêm «--transcode all»."
                ),
                false => told,
            }
        }
        Message::Found(Finding::Deaf) => {
            "Lưu ý: camera không gửi khung hình chính khi được yêu cầu; người mới vào và việc \
             chuyển màn hình phải chờ đến khung hình chính kế tiếp."
                .to_owned()
        }
        Message::LeftOut(pictures) => {
            format!("Lưu ý: mất gói giữa camera và cầu nối, đã bỏ {pictures} hình.")
        }
        Message::Source(error) => match error {
            SourceError::Lost(why) => format!("Mất nguồn hình: {why}"),
            SourceError::Silent => "Nguồn hình không gửi gì.".to_owned(),
            SourceError::NoPicture => "Nguồn này không có hình.".to_owned(),
            SourceError::Codec(codec) => format!(
                "Hình của nguồn là {codec}, không chuyển thẳng được. Hãy chọn H.264 trong camera, \
                 hoặc thêm «--transcode all»."
            ),
            SourceError::Unusable(why) => format!("Không dùng được nguồn: {why}"),
            SourceError::NoFfmpeg(why) => format!("Chưa cài ffmpeg: {why}"),
        },
        Message::Server(error) => format!("Máy chủ không nhận: {error}"),
        Message::Peer(why) => format!("Không lập được kết nối hình và tiếng: {why}"),
        Message::PathLost => "Mất đường truyền tới máy chủ.".to_owned(),
        Message::Again(wait) => format!("Thử lại sau {:.0} giây.", wait.as_secs_f64().max(1.0)),
        Message::Ended => "Đã dừng phát.".to_owned(),
    }
}

fn english(message: &Message<'_>) -> String {
    match message {
        Message::Opening(source) => format!("Opening the source: {source}"),
        Message::Opened { picture, sound } => {
            let sound = if *sound { "with" } else { "without" };
            format!("The source is there: {picture}, {sound} sound.")
        }
        Message::NoSound(codec) => format!(
            "Note: the source's sound is {codec}, which browsers cannot play, and is not sent. \
             Add --transcode sound to turn it into Opus."
        ),
        Message::Publishing(server) => format!("Connecting to the server: {server}"),
        Message::Live(after) => {
            format!(
                "Live in the meeting (first picture after {:.1} s).",
                after.as_secs_f64()
            )
        }
        Message::Found(Finding::BFrames) => {
            "WARNING: the camera sends B-frames. In browsers the picture will stutter or break. \
             Switch B-frames off in the camera (profile Baseline), or add --transcode all."
                .to_owned()
        }
        Message::Found(Finding::Group {
            length,
            pictures,
            long,
        }) => {
            let seconds = length.as_secs_f64();
            let mean = seconds / 2.0;
            let told = format!(
                "Keyframes are {seconds:.1} s apart ({pictures} pictures): a switch to this \
                 camera takes {seconds:.1} s at worst, {mean:.1} s on average."
            );
            match long {
                true => format!(
                    "WARNING: {told} Set the distance (GOP, I-frame interval) to 1–2 s in the \
                     camera, or add --transcode all."
                ),
                false => told,
            }
        }
        Message::Found(Finding::Deaf) => {
            "Note: the camera sends no keyframe when asked; newcomers and switches wait for its \
             next one."
                .to_owned()
        }
        Message::LeftOut(pictures) => {
            format!(
                "Note: packets were lost between camera and bridge; {pictures} pictures left out."
            )
        }
        Message::Source(error) => match error {
            SourceError::Codec(codec) => format!(
                "The source's picture is {codec}, which cannot be passed through. Choose H.264 in \
                 the camera, or add --transcode all."
            ),
            SourceError::Lost(why) => format!("The source is lost: {why}"),
            SourceError::Silent
            | SourceError::NoPicture
            | SourceError::Unusable(_)
            | SourceError::NoFfmpeg(_) => format!("The source cannot be used: {error}"),
        },
        Message::Server(error) => format!("The server does not take it: {error}"),
        Message::Peer(why) => format!("No media connection: {why}"),
        Message::PathLost => "The line to the server is lost.".to_owned(),
        Message::Again(wait) => {
            format!("Next attempt in {:.0} s.", wait.as_secs_f64().max(1.0))
        }
        Message::Ended => "Stopped.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_group_is_told_with_what_it_means() {
        let found = Message::Found(Finding::Group {
            length: Duration::from_secs(10),
            pictures: 250,
            long: true,
        });
        let english = text(&found, Language::En);
        assert!(
            english.contains("10.0 s at worst, 5.0 s on average"),
            "{english}"
        );
        assert!(english.contains("--transcode all"));
        let vietnamese = text(&found, Language::Vi);
        assert!(vietnamese.contains("lâu nhất 10.0 giây, trung bình 5.0 giây"));
    }
}
