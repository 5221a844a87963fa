//! Eight o'clock: the conference is opened, everybody is told of the recording,
//! and the roll is called. Two sites are absent, one comes late.

use diemcau_protocol::{
    Command, ConductCommand, CourseCommand, Event, FloorCommand, FloorMode, FloorPolicy,
    RecordingCommand, RecordingEvent, RollCallCommand, RollCallEvent, RollFinding,
};

use crate::province::conference::Conference;
use crate::province::people::{CHAIR, LATE, PEOPLE, SECRETARY};

fn roll_call(command: RollCallCommand) -> Command {
    Command::RollCall(command)
}

/// What a site answers.
fn here(site: &str, place: usize) -> Command {
    let delegates = match site {
        "son-ha" => "Lê Quang Vinh – Chủ tịch UBND huyện\nPhạm Thị Hoa – Phó Chủ tịch UBND huyện",
        "an-binh" => "Y Thanh Niê – Chủ tịch UBND xã\nĐỗ Văn Tám – Chỉ huy trưởng Quân sự xã",
        _ => "",
    };
    let is_alone = PEOPLE.iter().any(|(person, ..)| *person == site);
    roll_call(RollCallCommand::Answer {
        headcount: if is_alone { 1 } else { 6 + place as u32 % 7 },
        delegates: delegates.to_owned(),
    })
}

pub(in crate::province) async fn the_roll_is_called(conference: &mut Conference) {
    conference.clock(8, 0, 0).await;
    let open = Command::Course(CourseCommand::Open);
    conference.does(CHAIR, open).await;
    let announced = conference.hears("an-binh", |event| match event {
        Event::Recording(RecordingEvent::Announced { starts_at, .. }) => Some(*starts_at),
        _ => None,
    });
    let starts_at = announced.await;
    for (site, given) in [("an-binh", true), ("hoa-lac", false)] {
        let consent = Command::Recording(RecordingCommand::Consent { given });
        conference.does(site, consent).await;
    }
    conference.clock(8, 1, 0).await;
    assert!(starts_at <= conference.midnight + (8 * 60 + 1) * 60_000);
    let started =
        |event: &Event| matches!(event, Event::Recording(RecordingEvent::Started)).then_some(());
    conference.hears("an-binh", started).await;

    let policy = FloorPolicy {
        mode: FloorMode::ByFloor,
        seconds: Some(300),
        warn_before: 30,
        ends_by_itself: true,
        ..FloorPolicy::default()
    };
    let by_floor = Command::Floor(FloorCommand::SetPolicy { policy });
    conference.does(CHAIR, by_floor).await;
    let chair = conference.id(CHAIR);
    let floor = Command::Floor(FloorCommand::Give {
        participant: chair,
        seconds: None,
    });
    conference.does(CHAIR, floor).await;
    conference.clock(8, 3, 0).await;
    let note = "Chủ tọa tuyên bố lý do, giới thiệu thành phần tham dự và thông qua chương trình \
                hội nghị; đề nghị các điểm cầu báo cáo ngắn gọn, tập trung vào khó khăn, kiến nghị.";
    let note = Command::Conduct(ConductCommand::Note {
        text: note.to_owned(),
        conclusion: false,
    });
    conference.does(SECRETARY, note).await;
    conference.clock(8, 4, 30).await;
    conference
        .does(CHAIR, Command::Floor(FloorCommand::GiveBack))
        .await;

    conference.clock(8, 5, 0).await;
    conference
        .does(SECRETARY, roll_call(RollCallCommand::Open))
        .await;
    for (place, site) in conference.there().into_iter().enumerate() {
        conference.does(site, here(site, place)).await;
    }
    conference.clock(8, 9, 20).await;
    the_late_one_comes(conference).await;
    conference.clock(8, 10, 0).await;
    conference
        .does(SECRETARY, roll_call(RollCallCommand::Close))
        .await;
    let result = conference.hears("son-ha", |event| match event {
        Event::RollCall(RollCallEvent::Closed { result, .. }) => Some(result.clone()),
        _ => None,
    });
    let result = result.await;
    let found = |finding| {
        let entries = result.entries.iter();
        entries.filter(|entry| entry.found == finding).count()
    };
    assert_eq!(found(RollFinding::Present), 33);
    assert_eq!(found(RollFinding::Late), 1);
    assert_eq!(
        found(RollFinding::Absent),
        2,
        "they were invited and never came"
    );
}

/// Late, it waits in the lobby as everybody did.
async fn the_late_one_comes(conference: &mut Conference) {
    let guest = conference.knocks(LATE).await;
    let waits = |event: &Event| match event {
        Event::Admission(diemcau_protocol::AdmissionEvent::Waits { name, .. }) => {
            (name == "Điểm cầu xã Ea Hleo").then_some(())
        }
        _ => None,
    };
    conference.hears(SECRETARY, waits).await;
    let admit = diemcau_protocol::AdmissionCommand::AdmitAll;
    conference.does(SECRETARY, Command::Admission(admit)).await;
    let found = conference.sits(LATE, guest).await;
    assert!(!found.procedure.course.rehearsal);
    conference.does(LATE, here(LATE, 4)).await;
}
