//! The chair concludes and ends the conference. Everybody is told the hash that
//! closes the log.

use axum::http::StatusCode;
use diemcau_protocol::{
    Command, ConductCommand, CourseCommand, ErrorCode, MeetingEnd, ServerMessage,
};

use crate::province::conference::Conference;
use crate::province::people::{CHAIR, SECRETARY};

const CONCLUSIONS: [&str; 3] = [
    "Thống nhất thực hiện Phương án sơ tán; các xã ven biển, ven sông hoàn thành sơ tán trước 16 \
     giờ 00 cùng ngày.",
    "Giao Văn phòng bố trí 02 máy phát điện cho xã An Bình; giao Bộ Chỉ huy Quân sự tỉnh điều \
     động 02 xuồng cứu hộ cho huyện Sơn Hà trong ngày.",
    "Các địa phương trực ban 24/24 giờ, báo cáo về Văn phòng 02 giờ một lần.",
];

pub(in crate::province) async fn the_chair_concludes(conference: &mut Conference) -> MeetingEnd {
    conference.clock(9, 27, 0).await;
    conference.has_the_floor(CHAIR).await;
    for (minute, text) in (28..).zip(CONCLUSIONS) {
        conference.clock(9, minute, 0).await;
        let conclusion = ConductCommand::Note {
            text: text.to_owned(),
            conclusion: true,
        };
        conference
            .does(SECRETARY, Command::Conduct(conclusion))
            .await;
    }
    conference.clock(9, 31, 15).await;
    conference.gives_back(CHAIR).await;

    conference.clock(9, 35, 0).await;
    let end = Command::Course(CourseCommand::End);
    let not_theirs = conference.tries("an-binh", end.clone()).await;
    assert_eq!(not_theirs, Err(ErrorCode::Forbidden));
    conference.does(CHAIR, end).await;
    let ended = |message: &ServerMessage| match message {
        ServerMessage::Ended(end) => Some(end.clone()),
        _ => None,
    };
    let told = conference.guest(CHAIR).hear(ended).await;
    for who in conference.there() {
        if who != CHAIR {
            assert_eq!(conference.guest(who).hear(ended).await, told, "{who}");
        }
        assert_eq!(
            conference.guest(who).bye().await,
            (ErrorCode::MeetingEnded, false)
        );
    }
    let mut late = conference.knocks("kim-son").await;
    assert_eq!(late.bye().await.0, ErrorCode::MeetingEnded);
    let withdrawn = conference.opens(SECRETARY, "2/versions/1").await;
    assert_eq!(
        withdrawn,
        Err(StatusCode::GONE),
        "as was said when it was put in"
    );
    assert!(conference.opens("an-binh", "1/versions/2").await.is_ok());
    told
}
