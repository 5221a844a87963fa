//! Devices of halls: paired, back after a restart, revoked.

use diemcau_protocol::{ErrorCode, HallDevice, PairedDevice, PairedDevices};
use serde_json::json;

use super::browser::{Browser, Office};
use crate::support::{AN_BINH, Machine, both, token};

/// The code that a hall shows.
async fn code(hall: &Browser<'_>) -> String {
    match hall.post("/api/v1/device/pairing", json!({})).await.json() {
        HallDevice::Pairing { code } => code,
        HallDevice::Paired { .. } => panic!("nobody paired it yet"),
    }
}

/// The invitation with which a hall goes in by itself.
async fn next(hall: &Browser<'_>) -> Option<String> {
    match hall.get("/api/v1/device").await.json() {
        HallDevice::Paired { name, next, .. } => {
            assert_eq!(name, "Hội trường");
            next.map(|next| next.token)
        }
        HallDevice::Pairing { code } => panic!("it still shows {code}"),
    }
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
