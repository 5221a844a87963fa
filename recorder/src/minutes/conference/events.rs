//! What happens at the conference.

use std::collections::BTreeSet;

use diemcau_protocol::{
    ConductEvent, CourseEvent, Event, LeaveReason, Majority, OptionResult, ParticipantId,
    ParticipantKind, RecordingEvent, RollCallEvent, RollEntry, RollFinding, RollResult, StageEvent,
    StageShow, VoteMethod, VoteOption, VoteResult, VoteRules, VoteUnit, Voter, VotesEvent,
};

use super::{ABSENT, CHAIR, EARLY, EIGHT, LATE, Log, SECRETARY, id, invited};
use crate::minutes::log::{Invited, LoggedEvent};

fn rules(question: &str, method: VoteMethod, voters: &[ParticipantId]) -> VoteRules {
    VoteRules {
        question: question.to_owned(),
        options: VoteOption::usual(),
        method,
        unit: VoteUnit::Site,
        voters: voters
            .iter()
            .map(|participant| Voter {
                participant: participant.clone(),
                weight: 1,
                headcount: 1,
            })
            .collect(),
        quorum_percent: 50,
        majority: Majority::Absolute,
        may_change: false,
    }
}

fn result(rules: &VoteRules, number: u32, votes: [u64; 3]) -> VoteResult {
    let options = rules.options.iter().zip(votes);
    let secret = rules.method == VoteMethod::Secret;
    VoteResult {
        number,
        question: rules.question.clone(),
        method: rules.method,
        options: options
            .map(|(option, votes)| OptionResult {
                text: option.text.clone(),
                abstention: option.abstention,
                votes,
            })
            .collect(),
        entitled: rules.voters.len() as u64,
        given: votes.iter().sum(),
        quorum: true,
        carried: Some(0),
        papers: secret.then_some(31),
        root: secret
            .then(|| "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".to_owned()),
    }
}

/// The whole log, rehearsal included.
pub(crate) fn log() -> Vec<LoggedEvent> {
    let mut log = Log::new();
    let title = "Hội nghị trực tuyến triển khai công tác ứng phó bão số 5 năm 2026";
    log.clock(-40, 0)
        .now(Event::Course(CourseEvent::RehearsalBegan {
            title: title.to_owned(),
            host_unit: "Ủy ban nhân dân tỉnh Lâm Sơn".to_owned(),
            video_codec: None,
        }));
    let invited = invited();
    let absent = [ABSENT, "xa-13", LATE];
    for who in invited
        .iter()
        .filter(|i| !absent.contains(&i.participant.as_str()))
    {
        log.joins(who);
    }
    log.item(
        1,
        "Báo cáo tình hình bão số 5 và công tác chuẩn bị ứng phó",
        "Giám đốc Sở Nông nghiệp và Môi trường",
        &["Báo cáo số 215/BC-SNNMT ngày 04/9/2026"],
    );
    log.item(
        2,
        "Thảo luận phương án sơ tán dân vùng ven biển, ven sông",
        "",
        &[],
    );
    log.item(
        3,
        "Biểu quyết phương án sơ tán và bầu Tổ công tác",
        "",
        &["Dự thảo Phương án số 18/PA-BCH"],
    );
    log.notes("Kiểm tra đường truyền, âm thanh tốt");
    log.clock(-20, 0).gives_floor("xa-02");
    log.gives_back("xa-02");
    opening(&mut log, title, &invited);
    first_item(&mut log);
    second_item(&mut log);
    third_item(&mut log, &invited);
    closing(&mut log);
    log.events
}

fn opening(log: &mut Log, title: &str, invited: &[Invited]) {
    log.clock(0, 0).opens(title);
    log.clock(0, 40)
        .now(Event::Recording(RecordingEvent::Announced {
            starts_at: EIGHT + 60_000,
            by: id(CHAIR),
        }));
    log.clock(1, 0)
        .now(Event::Recording(RecordingEvent::Started));
    log.clock(1, 30).gives_floor(CHAIR);
    log.clock(3, 0);
    log.notes(
        "Chủ tọa tuyên bố lý do, giới thiệu thành phần tham dự và thông qua chương trình hội \
         nghị; đề nghị các điểm cầu báo cáo ngắn gọn, tập trung vào khó khăn và kiến nghị.",
    );
    log.clock(4, 15).gives_back(CHAIR);
    log.clock(5, 0);
    let absent = [ABSENT, "xa-13"];
    let expected: Vec<&Invited> = invited.iter().collect();
    let here: BTreeSet<ParticipantId> = expected
        .iter()
        .map(|i| i.participant.clone())
        .filter(|p| !absent.contains(&p.as_str()) && p.as_str() != LATE)
        .collect();
    log.now(Event::RollCall(RollCallEvent::Opened {
        number: 1,
        here: here.clone(),
        by: id(SECRETARY),
    }));
    let late = invited
        .iter()
        .find(|i| i.participant == id(LATE))
        .expect("invited");
    let mut entries = Vec::new();
    for (place, who) in expected.iter().enumerate() {
        let name = who.participant.as_str();
        if name == LATE {
            log.clock(9, 20).joins(late);
        }
        let is_person = who.kind == ParticipantKind::Person;
        let headcount = if is_person {
            1
        } else {
            6 + (place as u32 * 7) % 11
        };
        let delegates = match name {
            "huyen-1" => {
                "Ông Lê Quang Vinh – Chủ tịch UBND huyện\nBà Phạm Thị Hoa – Phó Chủ tịch UBND huyện"
            }
            "xa-01" => "Ông Y Thanh Niê – Chủ tịch UBND xã\nÔng Đỗ Văn Tám – Xã đội trưởng",
            _ => "",
        };
        let is_absent = absent.contains(&name);
        if !is_absent {
            log.now(Event::RollCall(RollCallEvent::Answered {
                participant: who.participant.clone(),
                headcount,
                delegates: delegates.to_owned(),
            }));
        }
        let found = match name {
            LATE => RollFinding::Late,
            _ if is_absent => RollFinding::Absent,
            _ => RollFinding::Present,
        };
        if !is_absent {
            entries.push(RollEntry {
                participant: who.participant.clone(),
                found,
                headcount: Some(headcount),
            });
        }
    }
    log.clock(10, 0).now(Event::RollCall(RollCallEvent::Closed {
        result: RollResult { number: 1, entries },
        by: id(SECRETARY),
    }));
}

fn first_item(log: &mut Log) {
    log.clock(10, 30).begins(1);
    log.now(Event::Stage(StageEvent::Shown {
        show: StageShow::Document {
            reference: "Báo cáo số 215/BC-SNNMT ngày 04/9/2026".to_owned(),
            page: 1,
        },
        by: Some(id(CHAIR)),
    }));
    log.clock(11, 0).gives_floor("huyen-1");
    log.clock(16, 0);
    log.notes(
        "Điểm cầu huyện Sơn Hà báo cáo: đã kêu gọi 312/312 tàu thuyền vào nơi tránh trú; rà soát \
         1.240 hộ dân ở vùng có nguy cơ sạt lở; đề nghị tỉnh hỗ trợ 02 xuồng cứu hộ.",
    );
    log.clock(18, 20).gives_back("huyen-1");
    log.clock(18, 30).gives_floor("xa-01");
    log.clock(21, 0);
    log.notes(
        "Xã An Bình đề nghị bổ sung 02 máy phát điện và 500 phao cứu sinh; đường vào thôn 3 có \
         nguy cơ bị chia cắt khi nước lên trên báo động 2.",
    );
    log.clock(23, 5).gives_back("xa-01");
    log.clock(24, 0).finishes(1);
}

fn second_item(log: &mut Log) {
    log.clock(24, 10).now(Event::Conduct(ConductEvent::Paused {
        until: None,
        by: id(CHAIR),
    }));
    log.clock(34, 0).now(Event::Conduct(ConductEvent::Resumed {
        by: Some(id(CHAIR)),
    }));
    log.clock(34, 30).begins(2);
    log.clock(35, 0).gives_floor("huyen-2");
    log.clock(39, 45).gives_back("huyen-2");
    log.clock(40, 0).gives_floor("xa-17");
    log.clock(41, 0);
    log.notes(
        "Xã Hải Ninh kiến nghị hoàn thành sơ tán dân vùng ven biển trước 16 giờ ngày 05 tháng 9 \
         để bảo đảm an toàn; hiện còn 86 hộ chưa đồng ý di dời.",
    );
    log.clock(44, 10).gives_back("xa-17");
    log.clock(45, 0)
        .now(Event::Conduct(ConductEvent::Announced {
            text:
                "Đề nghị các điểm cầu gửi số liệu sơ tán về Văn phòng Ban Chỉ huy trước 11 giờ 00"
                    .to_owned(),
            by: id(CHAIR),
        }));
    log.clock(46, 0).finishes(2);
}

fn third_item(log: &mut Log, invited: &[Invited]) {
    log.clock(46, 20).begins(3);
    let sites = invited.iter().filter(|i| i.kind == ParticipantKind::Site);
    let absent = [ABSENT, "xa-13"];
    let voters: Vec<ParticipantId> = sites
        .map(|i| i.participant.clone())
        .filter(|p| !absent.contains(&p.as_str()))
        .collect();
    let question = "Thông qua Phương án sơ tán dân vùng ven biển, ven sông ứng phó bão số 5";
    let open = rules(question, VoteMethod::ShowOfHands, &voters);
    log.clock(47, 0).now(Event::Votes(VotesEvent::Opened {
        number: 1,
        rules: open.clone(),
        ends_at: None,
        by: id(CHAIR),
    }));
    for (place, participant) in voters.iter().enumerate().take(30) {
        let counts = match place {
            11 => vec![0, 1, 0],
            17 => vec![0, 0, 1],
            _ => vec![1, 0, 0],
        };
        let participant = participant.clone();
        log.now(Event::Votes(VotesEvent::Cast {
            participant,
            counts,
        }));
    }
    log.clock(49, 0).now(Event::Votes(VotesEvent::Closed {
        result: result(&open, 1, [28, 1, 1]),
        by: Some(id(CHAIR)),
    }));
    log.clock(50, 0).leaves(EARLY, LeaveReason::Left);
    let question = "Bầu ông Lê Quang Vinh làm Tổ trưởng Tổ công tác tiền phương";
    let secret = rules(question, VoteMethod::Secret, &voters);
    log.clock(51, 0).now(Event::Votes(VotesEvent::Opened {
        number: 2,
        rules: secret.clone(),
        ends_at: None,
        by: id(CHAIR),
    }));
    for participant in voters.iter().cloned() {
        let blinded = "00".repeat(32);
        log.now(Event::Votes(VotesEvent::PaperTaken {
            participant,
            blinded,
        }));
    }
    log.clock(54, 0).now(Event::Votes(VotesEvent::Sealed {
        by: Some(id(CHAIR)),
    }));
    log.clock(54, 5).now(Event::Votes(VotesEvent::Closed {
        result: result(&secret, 2, [27, 2, 1]),
        by: None,
    }));
    log.clock(55, 0).finishes(3);
}

fn closing(log: &mut Log) {
    log.clock(55, 30).gives_floor(CHAIR);
    log.clock(56, 0);
    log.concludes(
        "Thống nhất thực hiện Phương án sơ tán; các xã ven biển, ven sông hoàn thành sơ tán trước \
         16 giờ 00 ngày 05 tháng 9 năm 2026.",
    );
    log.concludes(
        "Giao Sở Công Thương bố trí 02 máy phát điện cho xã An Bình; giao Bộ Chỉ huy Quân sự tỉnh \
         điều động 02 xuồng cứu hộ cho huyện Sơn Hà trong ngày.",
    );
    log.concludes(
        "Các địa phương trực ban 24/24 giờ, báo cáo về Văn phòng Ban Chỉ huy 02 giờ một lần.",
    );
    log.clock(62, 0).gives_back(CHAIR);
    log.clock(63, 0);
    log.now(Event::Recording(RecordingEvent::Stopped { by: id(CHAIR) }));
    for who in invited() {
        let who = who.participant.as_str();
        if ![ABSENT, "xa-13", EARLY].contains(&who) {
            log.leaves(who, LeaveReason::MeetingEnded);
        }
    }
    log.ends();
}
