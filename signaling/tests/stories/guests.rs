//! Guests: links that many may use, until they expire, are used up or are taken
//! back.

use diemcau_protocol::{
    CreateMeeting, ErrorCode, GuestInvitation, GuestInvitations, Invitation, MeetingCreated,
    MeetingsPlanned, ParticipantKind, PlaceTaken, Role,
};
use serde_json::{Value, json};

use crate::clerk::MEETINGS;
use crate::identity::browser::{Browser, Heard, Office};
use crate::schedule::{MINUTE, now};
use crate::support::{Machine, Server, both, briefing};

/// The fragment of a link.
fn secret(invitation: &GuestInvitation) -> String {
    let path = invitation.path.as_ref().expect("it is good");
    path.split_once('#').unwrap().1.to_owned()
}

/// Opens a link at the guest's.
async fn open(server: &Server, link: &str) -> Heard {
    Browser::program(server, link)
        .get("/api/v1/invitation")
        .await
}

/// Presses the button; the key stays in the guest's browser.
async fn take(server: &Server, link: &str, key: &str) -> Heard {
    let key = json!({ "key": format!("{key:-<16}") });
    Browser::program(server, link)
        .post("/api/v1/invitation", key)
        .await
}

/// Comes in under a name; gives back the place.
async fn comes_in(server: &Server, place: &PlaceTaken, name: &str) -> Result<String, ErrorCode> {
    let mut guest = server.door().await;
    guest.hello_as(&place.token, name).await;
    match guest.welcome_or_bye().await {
        Ok(welcome) => Ok(welcome.you.participant.to_string()),
        Err(code) => Err(code),
    }
}

/// A meeting that somebody opens at once.
async fn opened(by: &Browser<'_>) -> MeetingCreated {
    let body: CreateMeeting = briefing();
    let heard = by.post(MEETINGS, json!(body)).await;
    assert_eq!(
        heard.status,
        201,
        "{}",
        String::from_utf8_lossy(&heard.body)
    );
    heard.json()
}

fn wanted(most: Option<u32>) -> Value {
    json!({ "note": "Báo chí", "role": "observer", "expires_at": now() + 60 * MINUTE, "most_uses": most })
}

const ORGANISER: &str = r#"[{"role": "organiser", "unit": "an-binh"}]"#;

async fn lan<'a>(office: &Office<'a>) -> Browser<'a> {
    office
        .person(
            "lan.nguyen",
            "lan",
            serde_json::from_str(ORGANISER).unwrap(),
        )
        .await
}

both! {
    async fn two_journalists_come_with_one_link_and_a_third_does_not(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let lan = lan(&office).await;
        let meeting = opened(&lan).await;
        let guests = format!("{MEETINGS}/{}/guests", meeting.meeting);
        let made = lan.post(&guests, wanted(Some(2))).await;
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
        let one = made.location.clone().unwrap();
        let invitation: GuestInvitation = made.json();
        assert_eq!(one, format!("{guests}/{}", invitation.id));
        assert_eq!(invitation.made_by, "account:lan.nguyen");
        let link = secret(&invitation);

        // The page says what it is for; looking uses nothing up.
        let shown: Invitation = open(&server, &link).await.json();
        assert_eq!((shown.title.as_str(), shown.guest), ("Giao ban phòng chống bão", true));
        assert_eq!((shown.role, shown.kind), (Role::Observer, ParticipantKind::Person));
        // The link by itself is no invitation.
        let itself = PlaceTaken { token: link.clone() };
        assert_eq!(comes_in(&server, &itself, "Ai đó").await, Err(ErrorCode::TokenInvalid));

        let minh: PlaceTaken = take(&server, &link, "minh").await.json();
        let minhs = comes_in(&server, &minh, "Minh, Báo Minh Họa").await.unwrap();
        // Pressed twice, and again after a restart: the same place.
        let again: PlaceTaken = take(&server, &link, "minh").await.json();
        assert_eq!(comes_in(&server, &again, "Minh").await.unwrap(), minhs);
        let hoa: PlaceTaken = take(&server, &link, "hoa").await.json();
        assert_ne!(comes_in(&server, &hoa, "Hoa").await.unwrap(), minhs);
        let third = take(&server, &link, "tuan").await.problem();
        assert_eq!(third, (403, ErrorCode::InvitationUsedUp));
        assert_eq!(open(&server, &link).await.problem(), (403, ErrorCode::InvitationUsedUp));
        assert_eq!(take(&server, &link, "hoa").await.status, 200);

        let cookies = lan.cookies();
        server.kill();
        let server = machine.start().await;
        let lan = Browser::with_cookies(&server, cookies);
        let listed: GuestInvitations = lan.get(&guests).await.json();
        assert_eq!((listed.items.len(), listed.items[0].uses), (1, 2));
        assert_eq!(listed.items[0].note.as_deref(), Some("Báo chí"));
        assert_eq!(comes_in(&server, &minh, "Minh").await.unwrap(), minhs);
    }

    async fn a_link_that_was_taken_back_opens_nothing_any_more(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let lan = lan(&office).await;
        let meeting = opened(&lan).await;
        let guests = format!("{MEETINGS}/{}/guests", meeting.meeting);
        let made = lan.post(&guests, wanted(None)).await;
        let one = made.location.clone().unwrap();
        let link = secret(&made.json());
        let inside: PlaceTaken = take(&server, &link, "minh").await.json();
        let mut minh = server.door().await;
        minh.hello_as(&inside.token, "Minh").await;
        minh.welcome().await;

        let revoke = format!("{one}/revoke");
        assert_eq!(lan.post(&revoke, json!({})).await.problem(), (428, ErrorCode::PreconditionRequired));
        let revoked = lan.with_etag("POST", &one, &revoke, json!({})).await;
        let revoked: GuestInvitation = revoked.json();
        assert_eq!((revoked.revoked_by.as_deref(), revoked.path), (Some("account:lan.nguyen"), None));
        assert!(revoked.revoked_at.is_some());
        let stale = [("sec-fetch-site", "same-origin"), ("if-match", "\"1\"")];
        let again = lan.ask_as("POST", &revoke, &stale, "{}").await;
        assert_eq!(again.problem(), (412, ErrorCode::Outdated));
        let again = lan.with_etag("POST", &one, &revoke, json!({})).await;
        assert_eq!(again.problem(), (403, ErrorCode::InvitationWithdrawn));

        // Nobody comes in with it, nor back; who is inside stays.
        for heard in [open(&server, &link).await, take(&server, &link, "hoa").await, take(&server, &link, "minh").await] {
            assert_eq!(heard.problem(), (403, ErrorCode::InvitationWithdrawn));
        }
        minh.ping_pong().await;
        minh.cut();
        assert_eq!(comes_in(&server, &inside, "Minh").await, Err(ErrorCode::InvitationWithdrawn));
        let log = String::from_utf8(office.get("/api/v1/audit").await.body).unwrap();
        for told in ["meeting.open", "guest.invite", "guest.revoke"] {
            assert!(log.contains(told), "{told}: {log}");
        }
        assert!(!log.contains(&link), "links are secrets");
    }

    async fn a_link_expires(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let meeting = server.briefing().await;
        let guests = format!("{MEETINGS}/{}/guests", meeting.meeting);
        let mut soon = wanted(None);
        soon["expires_at"] = (now() + 1_500).into();
        let link = secret(&office.post(&guests, soon).await.json());
        let taken: PlaceTaken = take(&server, &link, "minh").await.json();
        loop {
            let heard = open(&server, &link).await;
            if heard.status != 200 {
                assert_eq!(heard.problem(), (401, ErrorCode::TokenExpired));
                break;
            }
        }
        assert_eq!(take(&server, &link, "hoa").await.problem(), (401, ErrorCode::TokenExpired));
        while comes_in(&server, &taken, "Minh").await != Err(ErrorCode::TokenExpired) {}
    }

    async fn guests_come_to_a_planned_meeting_through_its_door(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let plan = json!({
            "title": "Tiếp xúc cử tri", "host_unit": "an-binh",
            "starts_at": now() + 90 * MINUTE, "ends_at": now() + 150 * MINUTE,
            "invite": { "entries": [{ "what": "site", "id": "hoi-truong-an-binh" }] },
            "policy": { "lobby": "off", "rehearsal_minutes": 0 },
            "organiser": "Nguyễn Thị Lan", "no_state_secrets": true,
        });
        let lan = lan(&office).await;
        let planned: MeetingsPlanned = lan.post(MEETINGS, plan).await.json();
        let guests = format!("{MEETINGS}/{}/guests", planned.meetings[0].id);
        let link = secret(&lan.post(&guests, wanted(None)).await.json());
        let taken: PlaceTaken = take(&server, &link, "minh").await.json();
        assert_eq!(comes_in(&server, &taken, "Minh").await, Err(ErrorCode::NotOpenYet));

        // Whoever plans elsewhere invites nobody here.
        let roles = json!([{"role": "organiser", "unit": "hoa-lac"}]);
        let hung = office.person("hung.pham", "hung", roles).await;
        for heard in [hung.get(&guests).await, hung.post(&guests, wanted(None)).await] {
            assert_eq!(heard.problem(), (403, ErrorCode::Forbidden));
        }
        // Nor does another organiser in a meeting that somebody opened at once.
        let hers = opened(&lan).await;
        let hers = format!("{MEETINGS}/{}/guests", hers.meeting);
        assert_eq!(hung.post(&hers, wanted(None)).await.problem(), (403, ErrorCode::Forbidden));
        assert_eq!(office.post(&hers, wanted(None)).await.status, 201);
        let nowhere = format!("{MEETINGS}/khong-co/guests");
        assert_eq!(hung.get(&nowhere).await.problem(), (404, ErrorCode::MeetingNotFound));
        let nobody = Browser::program(&server, &link).get(&guests).await;
        assert_eq!(nobody.problem(), (401, ErrorCode::TokenInvalid));
    }

    async fn a_request_that_comes_twice_makes_one_link(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let lan = lan(&office).await;
        let meeting = opened(&lan).await;
        let guests = format!("{MEETINGS}/{}/guests", meeting.meeting);
        let headers = [("sec-fetch-site", "same-origin"), ("idempotency-key", "mot-lan")];
        let body = wanted(Some(3)).to_string();
        let first: GuestInvitation = lan.ask_as("POST", &guests, &headers, &body).await.json();
        let again: GuestInvitation = lan.ask_as("POST", &guests, &headers, &body).await.json();
        assert_eq!(first, again);
        let other = lan.ask_as("POST", &guests, &headers, &wanted(Some(4)).to_string()).await;
        assert_eq!(other.problem(), (422, ErrorCode::KeyReused));
        let listed: GuestInvitations = lan.get(&guests).await.json();
        assert_eq!(listed.items.len(), 1);
    }
}
