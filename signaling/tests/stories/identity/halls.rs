//! Devices of halls: paired, back after a restart, revoked.

use diemcau_protocol::{
    Command, CourseCommand, ErrorCode, HallDevice, MeetingsPlanned, NextMeeting, PairedDevice,
    PairedDevices, PlannedMeeting,
};
use serde_json::{Value, json};

use super::browser::{Browser, Office};
use crate::clerk::MEETINGS;
use crate::schedule::{MINUTE, now};
use crate::support::{AN_BINH, CHAIR, Machine, Server, both, token};

/// The code that a hall shows.
async fn code(hall: &Browser<'_>) -> String {
    match hall.post("/api/v1/device/pairing", json!({})).await.json() {
        HallDevice::Pairing { code } => code,
        HallDevice::Paired { .. } => panic!("nobody paired it yet"),
    }
}

/// The meeting that a hall waits for, or goes to.
async fn awaited(hall: &Browser<'_>) -> Option<NextMeeting> {
    match hall.get("/api/v1/device").await.json() {
        HallDevice::Paired { name, next, .. } => {
            assert_eq!(name, "Hội trường");
            next
        }
        HallDevice::Pairing { code } => panic!("it still shows {code}"),
    }
}

/// The invitation with which a hall goes in by itself.
async fn next(hall: &Browser<'_>) -> Option<String> {
    awaited(hall).await.and_then(|next| next.token)
}

/// The hall of An Bình, paired.
async fn paired<'a>(server: &'a Server, office: &Office<'_>) -> Browser<'a> {
    let hall = Browser::new(server);
    let pair = json!({"code": code(&hall).await, "site": "hoi-truong-an-binh", "name": "Máy"});
    assert_eq!(office.post("/api/v1/devices", pair).await.status, 201);
    hall
}

/// A meeting of all halls that begins in so many minutes, planned by the
/// province.
fn plan(title: &str, minutes: i64, rehearsal: u32) -> Value {
    json!({
        "title": title,
        "host_unit": "tinh",
        "starts_at": now() + minutes * MINUTE,
        "ends_at": now() + (minutes + 60) * MINUTE,
        "invite": { "entries": [{ "what": "sites", "tier": "commune", "below": "tinh" }] },
        "policy": { "lobby": "off", "rehearsal_minutes": rehearsal },
        "organiser": "Lê Thị Mai, Chánh Văn phòng",
        "no_state_secrets": true,
    })
}

async fn planned(office: &Office<'_>, plan: Value) -> PlannedMeeting {
    let heard = office.post(MEETINGS, plan).await;
    assert_eq!(
        heard.status,
        201,
        "{}",
        String::from_utf8_lossy(&heard.body)
    );
    heard.json::<MeetingsPlanned>().meetings.remove(0)
}

both! {
    async fn an_operator_pairs_the_hall_and_it_goes_to_meetings_by_itself(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let roles = json!([{"role": "site_operator", "site": "hoi-truong-an-binh"}]);
        let binh = office.person("binh.tran", "binh", roles).await;
        let hall = Browser::at(&server, "192.0.2.9");
        assert_eq!(hall.get("/api/v1/device").await.problem(), (401, ErrorCode::SignInNeeded));
        let shown = code(&hall).await;
        let again: HallDevice = hall.get("/api/v1/device").await.json();
        assert_eq!(again, HallDevice::Pairing { code: shown.clone() });

        let pair = |code: &str, site: &str| json!({"code": code, "site": site, "name": "Máy hội trường"});
        let elsewhere = binh.post("/api/v1/devices", pair(&shown, "hoi-truong-hoa-lac")).await;
        assert_eq!(elsewhere.problem(), (403, ErrorCode::Forbidden));
        let wrong = binh.post("/api/v1/devices", pair("AAAA-AAAA", "hoi-truong-an-binh")).await;
        assert_eq!(wrong.problem(), (404, ErrorCode::PairingUnknown));
        let written = shown.to_lowercase().replace('-', " ");
        let paired = binh.post("/api/v1/devices", pair(&written, "hoi-truong-an-binh")).await;
        let device: PairedDevice = paired.json();
        assert_eq!(device.name, "Máy hội trường");
        let used = binh.post("/api/v1/devices", pair(&shown, "hoi-truong-an-binh")).await;
        assert_eq!(used.problem(), (404, ErrorCode::PairingUnknown));
        assert_eq!(next(&hall).await, None);

        // The site is invited; its hall finds the way by itself.
        let meeting = server.briefing().await;
        let link = &meeting.links[AN_BINH];
        let handed = json!({"token": token(link)});
        let sites = "/api/v1/sites/hoi-truong-an-binh/invitations";
        let other = binh.post("/api/v1/sites/hoi-truong-hoa-lac/invitations", handed.clone()).await;
        assert_eq!(other.problem(), (403, ErrorCode::Forbidden));
        let nonsense = binh.post(sites, json!({"token": "x"})).await;
        assert_eq!(nonsense.problem(), (400, ErrorCode::TokenInvalid));
        assert_eq!(binh.post(sites, handed).await.status, 204);
        let invitation = next(&hall).await.unwrap();
        let mut inside = server.door().await;
        inside.hello(&invitation, "máy hội trường", None).await;
        assert_eq!(inside.welcome().await.you.participant, link.participant);

        // Taken away: it shows a code again, and the cookie opens nothing.
        let devices: PairedDevices = binh.get("/api/v1/devices").await.json();
        assert_eq!(devices.items.len(), 1);
        let path = format!("/api/v1/devices/{}", device.id);
        assert_eq!(binh.delete(&path).await.status, 204);
        assert_eq!(binh.delete(&path).await.problem(), (404, ErrorCode::NotFound));
        assert_eq!(hall.get("/api/v1/device").await.problem(), (401, ErrorCode::SignInNeeded));
    }

    async fn a_paired_hall_is_known_after_a_restart(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let hall = Browser::new(&server);
        let shown = code(&hall).await;
        let pair = json!({"code": shown, "site": "hoi-truong-an-binh", "name": "Máy hội trường"});
        assert_eq!(office.post("/api/v1/devices", pair).await.status, 201);
        let meeting = server.briefing().await;
        let handed = json!({"token": token(&meeting.links[AN_BINH])});
        let handed = office.post("/api/v1/sites/hoi-truong-an-binh/invitations", handed).await;
        assert_eq!(handed.status, 204);
        let cookies = hall.cookies();
        server.kill();
        let server = machine.start().await;
        let hall = Browser::with_cookies(&server, cookies);
        assert!(next(&hall).await.is_some());
    }

    async fn a_hall_finds_the_meeting_to_which_its_site_is_invited(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let hall = paired(&server, &office).await;
        assert_eq!(awaited(&hall).await, None);

        // It waits, and says what for.
        let later = planned(&office, plan("Giao ban tháng", 300, 0)).await;
        let sooner = planned(&office, plan("Giao ban tuần", 90, 30)).await;
        let waits = awaited(&hall).await.unwrap();
        assert_eq!((waits.title.as_str(), waits.token), ("Giao ban tuần", None));
        assert_eq!(waits.host_unit, "UBND tỉnh Minh Họa");
        assert_eq!((waits.starts_at, waits.opens_at), (sooner.starts_at, sooner.opens_at));

        // The room opens, and it goes in as the site that is invited.
        let one = format!("{MEETINGS}/{}", sooner.id);
        let policy = json!({"policy": {"lobby": "off", "rehearsal_minutes": 120},
            "no_state_secrets": true});
        let changed = office.change(&one, policy).await;
        assert_eq!(changed.status, 200, "{}", String::from_utf8_lossy(&changed.body));
        let invitation = next(&hall).await.unwrap();
        let mut inside = server.door().await;
        inside.hello(&invitation, "máy hội trường", None).await;
        let welcome = inside.welcome().await;
        let snapshot = welcome.snapshot.unwrap();
        assert_eq!(snapshot.meeting.id, sooner.id);
        assert_eq!(snapshot.participants[0].name, "Hội trường");
        assert_eq!(snapshot.participants[0].unit.as_deref(), Some("Xã An Bình"));

        // No longer invited there, it waits for the other one; cancelled, for none.
        let except = json!({"entries": [{"what": "sites", "tier": "commune", "below": "tinh"}],
            "except": [{"what": "site", "id": "hoi-truong-an-binh"}]});
        let changed = office.change(&one, json!({"invite": except})).await;
        assert_eq!(changed.status, 200, "{}", String::from_utf8_lossy(&changed.body));
        let waits = awaited(&hall).await.unwrap();
        assert_eq!((waits.meeting, waits.token), (later.id.to_string(), None));
        let one = format!("{MEETINGS}/{}", later.id);
        let reason = json!({"reason": "Bão đổi hướng"});
        let cancel = format!("{one}/cancel");
        assert_eq!(office.with_etag("POST", &one, &cancel, reason).await.status, 200);
        assert_eq!(awaited(&hall).await, None);
    }

    async fn a_hall_goes_on_to_the_next_meeting_when_one_is_over(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let hall = paired(&server, &office).await;
        let meeting = server.briefing().await;
        let handed = json!({"token": token(&meeting.links[AN_BINH])});
        let sites = "/api/v1/sites/hoi-truong-an-binh/invitations";
        assert_eq!(office.post(sites, handed).await.status, 204);
        // A rehearsal calls no hall away from a meeting that runs.
        let rehearsed = planned(&office, plan("Giao ban tuần", 30, 60)).await;
        assert_eq!(awaited(&hall).await.unwrap().meeting, meeting.meeting.to_string());

        let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
        chair.command(Command::Course(CourseCommand::End)).await.unwrap();
        chair.end().await;
        let goes = awaited(&hall).await.unwrap();
        assert_eq!(goes.meeting, rehearsed.id.to_string());
        assert!(goes.token.is_some());
    }

    async fn who_does_not_look_after_a_hall_pairs_none(machine: Machine) {
        let server = machine.start().await;
        let lan = Office::new(&server).await.lan().await;
        let hall = Browser::new(&server);
        let shown = code(&hall).await;
        let pair = json!({"code": shown, "site": "hoi-truong-an-binh", "name": "Máy"});
        let refused = lan.post("/api/v1/devices", pair).await;
        assert_eq!(refused.problem(), (403, ErrorCode::Forbidden));
        assert_eq!(lan.get("/api/v1/devices").await.problem(), (403, ErrorCode::Forbidden));
        let evil = [("sec-fetch-site", "cross-site")];
        let refused = hall.ask_as("POST", "/api/v1/device/pairing", &evil, "{}").await;
        assert_eq!(refused.problem(), (403, ErrorCode::CrossSite));
    }
}
