//! What meetings are made after: the kinds that every office has, and those
//! that an organisation makes for itself.

use diemcau_protocol::{
    ChatMode, FloorMode, FloorPolicy, LobbyMode, MeetingPolicy, MeetingTemplate, NAME_LENGTH,
    PlannedItem, SetTemplate,
};

use super::plan::{agenda, line, policy};
use crate::organisation::Refusal;

/// The templates that are always there.
pub(crate) fn built_in() -> Vec<MeetingTemplate> {
    vec![
        template(
            "giao-ban-tuan",
            ("Giao ban tuần", "Weekly briefing"),
            &[
                ("Báo cáo kết quả công tác tuần qua", 30),
                ("Ý kiến của các đơn vị", 30),
                ("Nhiệm vụ trọng tâm tuần tới", 20),
                ("Kết luận của chủ tọa", 10),
            ],
            MeetingPolicy {
                lobby: LobbyMode::Guests,
                ..MeetingPolicy::default()
            },
        ),
        template(
            "hoi-nghi-toan-the",
            ("Hội nghị toàn thể", "Plenary"),
            &[
                ("Khai mạc, giới thiệu đại biểu", 10),
                ("Báo cáo trung tâm", 30),
                ("Tham luận của các điểm cầu", 60),
                ("Thảo luận", 40),
                ("Biểu quyết", 10),
                ("Kết luận, bế mạc", 15),
            ],
            MeetingPolicy {
                lobby: LobbyMode::Guests,
                floor: by_the_floor(300),
                chat: ChatMode::ToController,
                recording: true,
                ..MeetingPolicy::default()
            },
        ),
        template(
            "chi-huy-khan-cap",
            ("Chỉ huy khẩn cấp", "Emergency command"),
            &[
                ("Báo cáo nhanh tình hình", 10),
                ("Đề xuất phương án ứng phó", 10),
                ("Phân công lực lượng, phương tiện", 10),
                ("Mệnh lệnh của người chỉ huy", 5),
            ],
            MeetingPolicy {
                recording: true,
                rehearsal_minutes: 0,
                reminder_minutes: 0,
                ..MeetingPolicy::default()
            },
        ),
        template(
            "lay-y-kien-truc-tuyen",
            ("Lấy ý kiến trực tuyến", "Online consultation"),
            &[
                ("Giới thiệu nội dung lấy ý kiến", 15),
                ("Ý kiến của đại biểu", 60),
                ("Giải trình, tiếp thu", 20),
                ("Kết luận", 10),
            ],
            MeetingPolicy {
                lobby: LobbyMode::Guests,
                floor: by_the_floor(180),
                ..MeetingPolicy::default()
            },
        ),
    ]
}

fn by_the_floor(seconds: u32) -> FloorPolicy {
    FloorPolicy {
        mode: FloorMode::ByFloor,
        seconds: Some(seconds),
        ..FloorPolicy::default()
    }
}

fn template(
    id: &str,
    (name, name_en): (&str, &str),
    items: &[(&str, u32)],
    policy: MeetingPolicy,
) -> MeetingTemplate {
    let item = |(title, minutes): &(&str, u32)| PlannedItem {
        title: (*title).to_owned(),
        minutes: Some(*minutes),
        speakers: String::new(),
    };
    MeetingTemplate {
        id: id.to_owned(),
        built_in: true,
        name: name.to_owned(),
        name_en: Some(name_en.to_owned()),
        agenda: items.iter().map(item).collect(),
        policy,
    }
}

/// A template of the organisation, checked like a meeting.
pub(crate) fn own(id: String, asked: SetTemplate) -> Result<MeetingTemplate, Refusal> {
    let longest = NAME_LENGTH as usize;
    Ok(MeetingTemplate {
        id,
        built_in: false,
        name: line(&asked.name, longest)?,
        name_en: asked
            .name_en
            .as_deref()
            .map(|name| line(name, longest))
            .transpose()?,
        agenda: agenda(&asked.agenda)?,
        policy: policy(asked.policy)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_would_also_be_accepted_from_an_organisation() {
        let templates = built_in();
        assert_eq!(templates.len(), 4);
        for template in templates {
            let asked = SetTemplate {
                name: template.name.clone(),
                name_en: template.name_en.clone(),
                agenda: template.agenda.clone(),
                policy: template.policy.clone(),
            };
            let own = own(template.id.clone(), asked).unwrap();
            let as_built_in = MeetingTemplate {
                built_in: true,
                ..own
            };
            assert_eq!(as_built_in, template);
        }
    }
}
