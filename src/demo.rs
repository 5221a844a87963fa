//! The demonstration: a province with three districts and ten communes, and
//! one meeting under way. All names are invented.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use diemcau_protocol::{
    CreateMeeting, DemoPage, ErrorCode, Invitee, MeetingCreated, MeetingId, ParticipantId,
    ParticipantKind, Role,
};

use crate::problem::problem;
use crate::web;

/// The demonstration meeting keeps its identifier, so a restart comes back to
/// the same meeting.
pub fn meeting_id() -> MeetingId {
    MeetingId::from("trinh-dien")
}

/// The places of the meeting keep their identifiers too, in the order of the
/// invitees.
pub fn participant_ids() -> Vec<ParticipantId> {
    (1..=meeting().invitees.len())
        .map(|number| ParticipantId(format!("cho-{number:02}")))
        .collect()
}

const TITLE: &str = "Hội nghị trực tuyến triển khai nhiệm vụ quý IV";
const PROVINCE: &str = "UBND tỉnh Hà Minh";

struct District {
    name: &'static str,
    communes: &'static [&'static str],
}

const DISTRICTS: [District; 3] = [
    District {
        name: "Huyện Sông Hà",
        communes: &[
            "Xã An Bình",
            "Xã Hà Lâm Thượng",
            "Xã Bến Trúc",
            "Xã Cẩm Nguyên Đông",
        ],
    },
    District {
        name: "Huyện Lam Khê",
        communes: &["Xã Lam Sơn Hạ", "Xã Khê Vàng", "Xã Đồng Mai Tây"],
    },
    District {
        name: "Huyện Vân Đài",
        communes: &["Xã Vân Hòa Thượng", "Xã Suối Trầm", "Xã Đài Thủy"],
    },
];

/// The demonstration meeting.
pub fn meeting() -> CreateMeeting {
    let mut invitees = vec![
        person(Some("Trần Thị Minh Hạnh"), Role::Chair, PROVINCE),
        person(Some("Phạm Quốc Khánh"), Role::Secretary, PROVINCE),
        person(Some("Lê Quang Vinh"), Role::Controller, PROVINCE),
        person(Some("Nguyễn Hoàng Nam"), Role::Delegate, "Sở Kế hoạch"),
        person(None, Role::Delegate, "Khách mời"),
        person(Some("Đỗ Thu Trang"), Role::Observer, "Báo Hà Minh"),
    ];
    for district in &DISTRICTS {
        invitees.push(site(district.name, PROVINCE));
        invitees.extend(
            district
                .communes
                .iter()
                .map(|commune| site(commune, district.name)),
        );
    }
    CreateMeeting {
        title: TITLE.to_owned(),
        host_unit: PROVINCE.to_owned(),
        invitees,
        video_codec: None,
        rehearsal: false,
    }
}

fn person(name: Option<&str>, role: Role, unit: &str) -> Invitee {
    Invitee {
        name: name.map(str::to_owned),
        role,
        kind: ParticipantKind::Person,
        unit: Some(unit.to_owned()),
    }
}

fn site(name: &str, unit: &str) -> Invitee {
    Invitee {
        name: Some(name.to_owned()),
        role: Role::Operator,
        kind: ParticipantKind::Site,
        unit: Some(unit.to_owned()),
    }
}

/// What the demonstration page shows.
pub fn page(created: MeetingCreated) -> DemoPage {
    DemoPage {
        title: TITLE.to_owned(),
        host_unit: PROVINCE.to_owned(),
        links: created.links,
    }
}

/// `GET /api/v1/demo`.
pub fn router(page: DemoPage) -> Router {
    let page = Arc::new(page);
    let answer = async move |request: Request| -> Response {
        // The links let anybody in: a page from elsewhere that points its own
        // name at this machine gets nothing.
        if web::host(&request).is_some_and(is_loopback) {
            axum::Json(page.as_ref()).into_response()
        } else {
            let detail = "the demonstration is for browsers on this machine";
            problem(StatusCode::FORBIDDEN, ErrorCode::Forbidden, detail)
        }
    };
    Router::new().route("/api/v1/demo", get(answer))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// The role's name for people.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Chair => "chủ tọa (chair)",
        Role::Secretary => "thư ký (secretary)",
        Role::Delegate => "đại biểu (delegate)",
        Role::Operator => "kỹ thuật viên điểm cầu (operator)",
        Role::Controller => "điều hành kỹ thuật (controller)",
        Role::Observer => "dự thính (observer)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_province_has_three_districts_and_ten_communes() {
        let meeting = meeting();
        let sites = |unit: &dyn Fn(&str) -> bool| {
            meeting
                .invitees
                .iter()
                .filter(|one| one.kind == ParticipantKind::Site)
                .filter(|one| one.unit.as_deref().is_some_and(unit))
                .count()
        };
        assert_eq!(sites(&|unit| unit == PROVINCE), 3);
        assert_eq!(sites(&|unit| unit != PROVINCE), 10);
        for role in Role::ALL {
            assert!(
                meeting.invitees.iter().any(|one| one.role == role),
                "{role:?}"
            );
        }
    }

    #[test]
    fn only_names_of_this_machine_get_the_links() {
        for host in [
            "localhost:8080",
            "127.0.0.1:8443",
            "[::1]:8080",
            "localhost",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["rebind.example:8080", "127.0.0.1.example", "192.0.2.7"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
