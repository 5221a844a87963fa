//! Days before: the clerk brings in the province, plans the conference by
//! selection, and everybody gets a letter.

use std::collections::BTreeMap;

use axum::http::Method;
use diemcau_protocol::{ImportReport, Invitation, MeetingState, SelectionPreview};
use serde_json::{Value, json};

use super::as_in_the_province;
use crate::province::clerk::{Clerk, MEETINGS};
use crate::province::conference::Conference;
use crate::province::machine::Machine;
use crate::province::people::{
    CHAIR, DISTRICTS, PEOPLE, PROVINCE, address, people_file, sites, sites_file, units,
};
use crate::province::post::{Post, by_mail};
use crate::province::support::Server;

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

/// Everybody: three people, three districts, thirty communes.
const EVERYBODY: usize = 36;

pub(in crate::province) async fn everybody_is_invited(machine: Machine) -> Conference {
    let mut post = Post::open(0, &[]);
    let today = real_now();
    let server = machine.start_at(today, |config| {
        by_mail(post.port)(config);
        as_in_the_province(config);
    });
    let server = server.await;
    let clerk = Clerk::of(&server);
    clerk.brings_in_the_province().await;

    // Midnight in Vietnam, the day after tomorrow.
    let midnight = (today + 7 * HOUR) / DAY * DAY - 7 * HOUR + 2 * DAY;
    let plan = plan(midnight);
    let preview = format!("{MEETINGS}/preview");
    let preview = clerk.post(&preview, plan["invite"].clone()).await;
    let preview: SelectionPreview = preview.json();
    assert_eq!((preview.invited, preview.sites), (36, 33));
    let meeting = clerk.plan(plan).await;
    assert_eq!(meeting.state, MeetingState::Scheduled);
    assert_eq!(meeting.host_unit_name, "Ủy ban nhân dân tỉnh Lâm Sơn");

    let letters = post.receives(EVERYBODY).await;
    let expected = PEOPLE.iter().map(|(id, ..)| *id).chain(sites());
    let mut expected: Vec<String> = expected.map(address).collect();
    expected.sort();
    let mut invitations = BTreeMap::new();
    for (letter, to) in letters.iter().zip(&expected) {
        assert_eq!(letter.to, [to.as_str()]);
        assert!(
            letter.subject.contains("ứng phó bão số 5"),
            "{}",
            letter.subject
        );
        assert_eq!(
            letter.part("text/calendar").method.as_deref(),
            Some("REQUEST")
        );
        let who = to.split('@').next().unwrap().to_owned();
        invitations.insert(who, letter.token());
    }
    let of_the_chair = letters.iter().find(|letter| letter.to == [address(CHAIR)]);
    let text = &of_the_chair.unwrap().part("text/plain").text;
    for told in [
        "Kính gửi: Nguyễn Văn Bình, Phó Chủ tịch",
        "không thuộc danh mục bí mật nhà nước",
        "3. Biểu quyết Phương án sơ tán",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(post.received_nothing_more());
    let site: Invitation = invitation(&server, &invitations["an-binh"]).await;
    assert_eq!(site.name.as_deref(), Some("Điểm cầu xã An Bình"));
    Conference::new(machine, server, meeting.id, midnight, invitations)
}

/// All district sites, then all communes of each district, and three people.
fn plan(midnight: i64) -> Value {
    let mut invited: Vec<Value> = PEOPLE
        .iter()
        .map(|(id, _, _, role)| json!({ "what": "person", "id": id, "role": role }))
        .collect();
    invited.push(json!({ "what": "sites", "tier": "district", "below": PROVINCE }));
    invited.extend(
        DISTRICTS
            .iter()
            .map(|(district, ..)| json!({ "what": "sites", "tier": "commune", "below": district })),
    );
    json!({
        "title": "Hội nghị trực tuyến triển khai công tác ứng phó bão số 5",
        "host_unit": PROVINCE,
        "starts_at": midnight + 8 * HOUR,
        "ends_at": midnight + 10 * HOUR,
        "agenda": [
            {
                "title": "Báo cáo tình hình bão số 5 và công tác chuẩn bị ứng phó",
                "minutes": 20,
                "speakers": "Ủy ban nhân dân huyện Sơn Hà",
            },
            { "title": "Thảo luận phương án sơ tán dân vùng ven biển, ven sông", "minutes": 30 },
            { "title": "Biểu quyết Phương án sơ tán và bầu Tổ trưởng Tổ công tác", "minutes": 30 },
        ],
        "invite": { "entries": invited },
        "policy": { "lobby": "all", "rehearsal_minutes": 60, "recording": true, "most_sites": 40 },
        "organiser": "Lê Hoàng Nam, Chánh Văn phòng",
        "no_state_secrets": true,
    })
}

impl Clerk<'_> {
    async fn brings_in_the_province(&self) {
        let tiers = json!({ "preset": "province_district_commune" });
        let set = self.change(Method::PUT, "/api/v1/tiers", tiers).await;
        assert_eq!(set.status, 200);
        for (subject, file, lines) in [
            ("units", units(), 34),
            ("sites", sites_file(), 33),
            ("people", people_file(), 3),
        ] {
            let path = format!("/api/v1/organisation/import?subject={subject}");
            let tried = self.ask(Method::POST, &path, &[], file.clone()).await;
            let report: ImportReport = tried.json();
            assert_eq!((report.added, report.refused), (lines, 0), "{subject}");
            let apply = format!("{path}&dry_run=false");
            let as_tried = [("If-Match", tried.etag())];
            let applied = self.ask(Method::POST, &apply, &as_tried, file).await;
            assert!(applied.json::<ImportReport>().applied);
        }
        let people = PEOPLE.iter().map(|(id, ..)| ("person", *id));
        for (kind, id) in people.chain(sites().map(|site| ("site", site))) {
            let contact = json!({ "email": address(id), "language": "vi" }).to_string();
            let path = format!("/api/v1/contacts/{kind}/{id}");
            assert_eq!(self.ask(Method::PUT, &path, &[], contact).await.status, 200);
        }
    }
}

/// What a link tells of the meeting.
async fn invitation(server: &Server, token: &str) -> Invitation {
    let request = axum::http::Request::get("/api/v1/invitation")
        .header("Authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty());
    let answer = server.rest(request.unwrap()).await;
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
    serde_json::from_slice(&body.unwrap()).unwrap()
}

fn real_now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_millis()).unwrap()
}
