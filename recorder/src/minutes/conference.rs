//! The conference of the stories: a province with three districts and thirty
//! communes prepares for a storm. Two sites never come, one comes late, one
//! leaves early; three items, an open and a secret vote.

#[cfg(feature = "pdf")]
pub(crate) mod archived;
mod events;

use diemcau_protocol::{
    AgendaEvent, ConductEvent, CourseEvent, Event, FloorEnd, FloorEvent, LeaveReason,
    ParticipantId, ParticipantKind, Role,
};

pub(crate) use events::log;

use super::log::{Beside, Confirmation, Invited, LoggedEvent, Occasion};
use super::project::project;
use super::record::Minutes;
use super::template::Template;

/// 5 September 2026, 08:00 by Vietnamese time.
pub(crate) const EIGHT: i64 = 1_788_570_000_000;

pub(crate) const CHAIR: &str = "chu-toa";
pub(crate) const SECRETARY: &str = "thu-ky";
/// It never comes, like `xa-13`.
pub(crate) const ABSENT: &str = "xa-07";
/// It comes after the roll was called.
pub(crate) const LATE: &str = "xa-21";
/// It leaves before the end.
pub(crate) const EARLY: &str = "xa-30";

const DISTRICTS: [&str; 3] = ["huyện Sơn Hà", "huyện Bình Lâm", "thị xã An Khê"];
const COMMUNES: [&str; 30] = [
    "An Bình",
    "Hòa Lạc",
    "Tân Phú",
    "Vĩnh Thạnh",
    "Phước Sơn",
    "Bình Minh",
    "Đông Hải",
    "Trà Giang",
    "Long Mỹ",
    "Thạnh Lộc",
    "Xuân Trường",
    "Nghĩa Hưng",
    "Quảng Tiến",
    "Sơn Tây",
    "Mỹ Đức",
    "Kim Sơn",
    "Hải Ninh",
    "Thanh Bình",
    "Phú Nhuận",
    "Diên Khánh",
    "Ea Hleo",
    "Cư Prông",
    "Ia Grai",
    "Đăk Hà",
    "Lộc Thủy",
    "Yên Thế",
    "Hưng Đạo",
    "Ngọc Lặc",
    "Mường Lát",
    "Quỳ Châu",
];

/// Somebody's place.
pub(crate) fn id(who: &str) -> ParticipantId {
    ParticipantId::from(who)
}

/// A log as it is written.
pub(crate) struct Log {
    pub(crate) events: Vec<LoggedEvent>,
    /// When the next event happens.
    pub(crate) at: i64,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            events: Vec::new(),
            at: EIGHT,
        }
    }

    pub(crate) fn now(&mut self, event: Event) -> u64 {
        let seq = self.events.len() as u64 + 1;
        let at = self.at;
        self.events.push(LoggedEvent { seq, at, event });
        seq
    }

    /// It is so many minutes and seconds past eight.
    pub(crate) fn clock(&mut self, minutes: i64, seconds: i64) -> &mut Self {
        self.at = EIGHT + (minutes * 60 + seconds) * 1_000;
        self
    }

    pub(crate) fn opens(&mut self, title: &str) {
        self.now(Event::MeetingOpened {
            title: title.to_owned(),
            host_unit: "Ủy ban nhân dân tỉnh Lâm Sơn".to_owned(),
            video_codec: None,
        });
    }

    pub(crate) fn joins(&mut self, who: &Invited) {
        let number = self.events.len() as u32 + 1;
        self.now(Event::ParticipantJoined {
            participant: who.participant.clone(),
            number,
            name: who.name.clone(),
            role: who.role,
            kind: who.kind,
            unit: who.unit.clone(),
        });
    }

    pub(crate) fn leaves(&mut self, who: &str, reason: LeaveReason) {
        let participant = id(who);
        self.now(Event::ParticipantLeft {
            participant,
            reason,
        });
    }

    pub(crate) fn notes(&mut self, text: &str) {
        self.noted(text, false);
    }

    pub(crate) fn concludes(&mut self, text: &str) {
        self.noted(text, true);
    }

    fn noted(&mut self, text: &str, conclusion: bool) {
        self.now(Event::Conduct(ConductEvent::Noted {
            text: text.to_owned(),
            conclusion,
            by: id(SECRETARY),
        }));
    }

    pub(crate) fn gives_floor(&mut self, who: &str) {
        self.now(Event::Floor(FloorEvent::Given {
            participant: id(who),
            ends_at: None,
            by: id(CHAIR),
        }));
    }

    pub(crate) fn gives_back(&mut self, who: &str) {
        self.now(Event::Floor(FloorEvent::Ended {
            participant: id(who),
            reason: FloorEnd::GivenBack,
            by: Some(id(who)),
        }));
    }

    pub(crate) fn item(&mut self, number: u32, title: &str, speakers: &str, documents: &[&str]) {
        self.now(Event::Agenda(AgendaEvent::Added {
            number,
            title: title.to_owned(),
            minutes: Some(30),
            speakers: speakers.to_owned(),
            documents: documents.iter().map(|&name| name.to_owned()).collect(),
            by: id(SECRETARY),
        }));
    }

    pub(crate) fn begins(&mut self, number: u32) {
        let by = id(CHAIR);
        self.now(Event::Agenda(AgendaEvent::Started { number, by }));
    }

    pub(crate) fn finishes(&mut self, number: u32) {
        let by = id(CHAIR);
        self.now(Event::Agenda(AgendaEvent::Finished { number, by }));
    }

    pub(crate) fn ends(&mut self) {
        self.now(Event::Course(CourseEvent::Ended { by: id(CHAIR) }));
    }
}

/// Chair, secretary, the province's technician, districts and communes.
pub(crate) fn invited() -> Vec<Invited> {
    let person = |who: &str, name: &str, role| Invited {
        participant: id(who),
        name: name.to_owned(),
        role,
        kind: ParticipantKind::Person,
        unit: Some("Ủy ban nhân dân tỉnh Lâm Sơn".to_owned()),
    };
    let site = |who: String, name: String, unit: String| Invited {
        participant: ParticipantId(who),
        name,
        role: Role::Operator,
        kind: ParticipantKind::Site,
        unit: Some(unit),
    };
    let chair = "Ông Nguyễn Văn Bình, Phó Chủ tịch Ủy ban nhân dân tỉnh Lâm Sơn";
    let secretary = "Bà Trần Thị Thu Hương, Chuyên viên Văn phòng";
    let mut invited = vec![
        person(CHAIR, chair, Role::Chair),
        person(SECRETARY, secretary, Role::Secretary),
    ];
    for (place, name) in DISTRICTS.iter().enumerate() {
        let unit = format!("Ủy ban nhân dân {name}");
        invited.push(site(
            format!("huyen-{}", place + 1),
            format!("Điểm cầu {name}"),
            unit,
        ));
    }
    for (place, name) in COMMUNES.iter().enumerate() {
        let unit = format!("Ủy ban nhân dân xã {name}");
        invited.push(site(
            format!("xa-{:02}", place + 1),
            format!("Xã {name}"),
            unit,
        ));
    }
    invited
}

pub(crate) fn beside() -> Beside {
    Beside {
        meeting: "bao-so-5".into(),
        occasion: Occasion::Conference,
        invited: invited(),
        no_state_secret: Some(Confirmation {
            by: "Ông Nguyễn Văn Bình".to_owned(),
            at: EIGHT - 86_400_000,
        }),
        closing_hash: Some(
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        ),
    }
}

pub(crate) fn minutes() -> Minutes {
    project(&log(), &beside()).expect("opened, and over")
}

pub(crate) fn template() -> Template {
    Template {
        parent: None,
        agency: "Ủy ban nhân dân tỉnh Lâm Sơn".to_owned(),
        abbreviation: "UBND".to_owned(),
        place: Some("Phòng họp trực tuyến số 1, trụ sở Ủy ban nhân dân tỉnh Lâm Sơn".to_owned()),
        recipients: vec![
            "Chủ tịch, các Phó Chủ tịch UBND tỉnh".to_owned(),
            "Các sở: NN&MT, CT, TC, XD".to_owned(),
            "UBND các huyện, thị xã; UBND các xã".to_owned(),
        ],
        closing: Some(
            "Biên bản đã được đọc lại cho các thành viên dự họp cùng nghe và nhất trí thông qua."
                .to_owned(),
        ),
        size: 14,
    }
}
