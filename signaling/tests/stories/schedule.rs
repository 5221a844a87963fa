//! Meetings that are planned, over REST, and joined over WebSockets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Method;
use diemcau_protocol::{
    AuditVerification, CalendarAddress, Command, CourseCommand, ErrorCode, Invitation, InviteLink,
    MeetingPage, MeetingState, MeetingTemplate, MeetingsPlanned, PlannedMeeting, Role,
    SelectionDifference, SelectionPreview, TemplateList,
};
use diemcau_signaling::Limits;
use serde_json::{Value, json};

use super::clerk::{Clerk, MEETINGS};
use super::rest::{ask, get};
use super::support::{Machine, Server, both, token};

pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// The weekly briefing of all communes, in half an hour, chaired by a person.
pub(crate) fn briefing() -> Value {
    json!({
        "title": "Giao ban tuần 12",
        "host_unit": "minh-hoa",
        "starts_at": now() + 30 * MINUTE,
        "ends_at": now() + 90 * MINUTE,
        "agenda": [{ "title": "Phòng chống bão", "minutes": 20, "speakers": "Sở NN&MT" }],
        "invite": { "entries": [
            { "what": "person", "id": "chi-lan", "role": "chair" },
            { "what": "sites", "tier": "commune", "below": "minh-hoa" },
        ] },
        "policy": { "lobby": "off", "rehearsal_minutes": 60, "most_sites": 2 },
        "organiser": "Trần Văn Hùng, Chánh Văn phòng",
        "no_state_secrets": true,
    })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = briefing();
    change(&mut body);
    body
}

impl Clerk<'_> {
    /// The province with a site in each commune, and a chair.
    pub(crate) async fn people_the_province(&self) {
        self.found_the_province().await;
        let site = json!({ "id": "nha-van-hoa", "unit": "hoa-lac", "name": "Nhà văn hóa Hòa Lạc" });
        assert_eq!(self.post("/api/v1/sites", site).await.status, 201);
        let person = json!({ "id": "chi-lan", "unit": "minh-hoa", "name": "Nguyễn Thị Lan",
            "position": "Chủ tịch UBND tỉnh" });
        assert_eq!(self.post("/api/v1/people", person).await.status, 201);
    }
}

async fn turned_away(server: &Server, link: &InviteLink) -> ErrorCode {
    let mut guest = server.door().await;
    guest.hello(&token(link), "ở cửa", None).await;
    guest.bye().await.0
}

both! {
    async fn a_briefing_is_planned_opened_held_and_over(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;

        let silent = with(|body| body["no_state_secrets"] = false.into());
        let refused = clerk.post(MEETINGS, silent).await.problem();
        assert_eq!(refused, (422, ErrorCode::ConfirmationNeeded));

        let meeting = clerk.plan(briefing()).await;
        assert_eq!((meeting.invited, meeting.sites), (3, 2));
        assert_eq!(meeting.time_zone, "Asia/Ho_Chi_Minh");
        assert_eq!(meeting.host_unit_name, "UBND tỉnh Minh Họa");
        assert_eq!(meeting.confirmation.account, "administrator");
        let links = clerk.links(&meeting).await;

        // Before anybody comes in, the invitation says what is coming.
        let request = get("/api/v1/invitation", Some(&token(&links[0])));
        let (_, invitation): (_, Invitation) = ask(&server, request).await;
        assert_eq!(invitation.title, "Giao ban tuần 12");
        assert_eq!(invitation.role, Role::Chair);
        let full_name = "Nguyễn Thị Lan, Chủ tịch UBND tỉnh";
        assert_eq!(invitation.name.as_deref(), Some(full_name));

        // The rehearsal runs; the agenda and the organiser's word are there.
        let (mut chair, welcome) = server.guest(&links[0]).await;
        let snapshot = welcome.snapshot.unwrap();
        assert_eq!(snapshot.participants[0].name, full_name);
        let procedure = snapshot.procedure;
        assert!(procedure.course.rehearsal);
        assert_eq!(procedure.agenda.items[0].title, "Phòng chống bão");
        let word = procedure.course.no_state_secrets.unwrap();
        assert_eq!(word.organiser, "Trần Văn Hùng, Chánh Văn phòng");
        let shown: PlannedMeeting = clerk.get(&format!("{MEETINGS}/{}", meeting.id)).await.json();
        assert_eq!(shown.state, MeetingState::Open);

        chair.command(Command::Course(CourseCommand::Open)).await.unwrap();
        chair.command(Command::Course(CourseCommand::End)).await.unwrap();
        server.signaling.shutdown().await;

        // What was not noted before the server stopped is noted afterwards.
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        let over = format!("{MEETINGS}?state=ended");
        while clerk.get(&over).await.json::<MeetingPage>().items.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(turned_away(&server, &links[1]).await, ErrorCode::MeetingEnded);
        let audit: AuditVerification = clerk.get("/api/v1/audit/verification").await.json();
        assert!(audit.intact);
        let log = String::from_utf8(clerk.get("/api/v1/audit").await.body).unwrap();
        let created = log.lines().last().unwrap();
        for told in ["meeting.create", "Trần Văn Hùng", "confirmation"] {
            assert!(created.contains(told), "{created}");
        }
    }

    async fn nobody_comes_in_before_the_room_opens_or_after_it_was_cancelled(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let late = with(|body| {
            body["starts_at"] = (now() + 61 * MINUTE).into();
        });
        let meeting = clerk.plan(late).await;
        let links = clerk.links(&meeting).await;
        assert_eq!(turned_away(&server, &links[0]).await, ErrorCode::NotOpenYet);
        assert_eq!(server.signaling.counters().meetings, 0);

        let one = format!("{MEETINGS}/{}", meeting.id);
        let reason = json!({ "reason": "Bão đổi hướng" });
        let cancelled = clerk.change(Method::POST, &format!("{one}/cancel"), reason).await;
        let cancelled: PlannedMeeting = cancelled.json();
        assert_eq!(cancelled.cancelled.as_deref(), Some("Bão đổi hướng"));
        assert_eq!(turned_away(&server, &links[0]).await, ErrorCode::MeetingCancelled);
        let again = clerk.change(Method::PATCH, &one, json!({})).await.problem();
        assert_eq!(again, (403, ErrorCode::MeetingCancelled));
    }

    async fn one_site_more_than_the_meeting_or_the_server_may_have(machine: Machine) {
        let server = machine.start_with(|config| {
            config.planning.limits = Limits {
                sites_per_meeting: Some(2),
                sites_per_server: Some(3),
            };
        }).await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let third = json!({ "id": "thon-5", "unit": "hoa-lac", "name": "Nhà sinh hoạt thôn 5" });
        assert_eq!(clerk.post("/api/v1/sites", third).await.status, 201);
        let refused = clerk.post(MEETINGS, briefing()).await.problem();
        assert_eq!(refused, (409, ErrorCode::TooManySites));
        let selection = briefing()["invite"].clone();
        let preview = clerk.post(&format!("{MEETINGS}/preview"), selection).await;
        let preview: SelectionPreview = preview.json();
        assert_eq!((preview.invited, preview.sites, preview.most_sites), (4, 3, Some(2)));
        assert_eq!(preview.list[0].name, "Nguyễn Thị Lan");

        let but_one = |body: &mut Value| {
            body["invite"]["except"] = json!([{ "what": "site", "id": "thon-5" }]);
        };
        let meeting = clerk.plan(with(but_one)).await;
        // At the same time there is room for one more site, and not for two.
        let refused = clerk.post(MEETINGS, with(but_one)).await.problem();
        assert_eq!(refused, (503, ErrorCode::ServerFull));
        let of_two = json!([{ "what": "site", "id": "thon-5" }, { "what": "unit", "id": "hoa-lac" }]);
        let small = clerk.plan(with(|body| body["invite"]["except"] = of_two)).await;
        assert_eq!(small.sites, 1);

        // A meeting that nobody planned takes the last place but one.
        let links = clerk.links(&meeting).await;
        let (_first, _) = server.guest(&links[1]).await;
        let instant = server.briefing().await;
        let (mut an_binh, _) = server.guest(&instant.links[super::support::AN_BINH]).await;
        let (_second, _) = server.guest(&links[2]).await;
        let hoa_lac = &instant.links[super::support::HOA_LAC];
        assert_eq!(turned_away(&server, hoa_lac).await, ErrorCode::ServerFull);
        an_binh.command(Command::Leave).await.ok();
        an_binh.end().await;
        let (_there, _) = server.guest(hoa_lac).await;
    }

    async fn an_invitation_that_was_taken_back_is_good_no_more(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let meeting = clerk.plan(briefing()).await;
        let links = clerk.links(&meeting).await;
        let one = format!("{MEETINGS}/{}", meeting.id);
        let (_chair, _) = server.guest(&links[0]).await;

        // The room is open: the title stands, the invitations may change.
        let title = json!({ "title": "Họp khác", "no_state_secrets": true });
        let refused = clerk.change(Method::PATCH, &one, title).await.problem();
        assert_eq!(refused, (409, ErrorCode::MeetingUnderWay));
        let mut invite = briefing()["invite"].clone();
        invite["except"] = json!([{ "what": "site", "id": "hoi-truong" }]);
        let stale = [("If-Match", "\"1\"")];
        let body = json!({ "invite": invite });
        let refused = clerk.ask(Method::PATCH, &one, &stale, body.to_string()).await.problem();
        assert_eq!(refused, (412, ErrorCode::Outdated), "opening it was a change");
        let changed = clerk.change(Method::PATCH, &one, body).await;
        assert_eq!(changed.json::<PlannedMeeting>().sites, 1);
        assert_eq!(turned_away(&server, &links[1]).await, ErrorCode::InvitationWithdrawn);
        let (_hoa_lac, _) = server.guest(&links[2]).await;
    }

    async fn the_organisation_changes_and_the_organiser_confirms_it(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let meeting = clerk.plan(briefing()).await;
        let selection = format!("{MEETINGS}/{}/selection", meeting.id);
        let before: SelectionDifference = clerk.get(&selection).await.json();
        assert!(before.added.is_empty() && before.removed.is_empty());

        let close = clerk.change(Method::POST, "/api/v1/sites/hoi-truong/close", json!({})).await;
        assert_eq!(close.status, 200);
        let now: SelectionDifference = clerk.get(&selection).await.json();
        assert_eq!(now.removed[0].id, "hoi-truong");
        let stale = json!({ "digest": before.digest });
        let refused = clerk.change(Method::POST, &selection, stale).await.problem();
        assert_eq!(refused, (412, ErrorCode::Outdated));
        let digest = json!({ "digest": now.digest });
        let confirmed = clerk.change(Method::POST, &selection, digest).await;
        assert_eq!(confirmed.json::<PlannedMeeting>().sites, 1);
    }

    async fn meetings_are_found_by_time_unit_and_state(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let mut planned = Vec::new();
        for hours in [5, 1, 3, 7] {
            let at = move |body: &mut Value| {
                body["starts_at"] = (now() + hours * 60 * MINUTE).into();
                body["ends_at"] = (now() + (hours * 60 + 30) * MINUTE).into();
                let host = if hours == 3 { "an-binh" } else { "minh-hoa" };
                body["host_unit"] = host.into();
            };
            planned.push(clerk.plan(with(at)).await);
        }
        let ids = |page: &MeetingPage| -> Vec<String> {
            page.items.iter().map(|one| one.id.to_string()).collect()
        };
        let in_order: Vec<String> =
            [1, 2, 0, 3].map(|index: usize| planned[index].id.to_string()).to_vec();
        let first: MeetingPage = clerk.get(&format!("{MEETINGS}?limit=3")).await.json();
        assert_eq!(ids(&first), in_order[..3]);
        let next = format!("{MEETINGS}?limit=3&cursor={}", first.next.unwrap());
        let second: MeetingPage = clerk.get(&next).await.json();
        assert_eq!((ids(&second), second.next), (in_order[3..].to_vec(), None));

        let below: MeetingPage = clerk.get(&format!("{MEETINGS}?unit=an-binh")).await.json();
        assert_eq!(ids(&below), in_order[1..2]);
        let all: MeetingPage = clerk.get(&format!("{MEETINGS}?unit=minh-hoa&limit=1")).await.json();
        assert_eq!(ids(&all), in_order[..1]);
        let (from, to) = (now() + 2 * 60 * MINUTE, now() + 4 * 60 * MINUTE);
        let between: MeetingPage =
            clerk.get(&format!("{MEETINGS}?from={from}&to={to}")).await.json();
        assert_eq!(ids(&between), in_order[1..2]);
        let open: MeetingPage = clerk.get(&format!("{MEETINGS}?state=open")).await.json();
        assert!(open.items.is_empty());
        for wrong in ["?limit=0", "?limit=201", "?cursor=xyz", "?state=lost", "?from=hôm nay"] {
            let wrong = wrong.replace(' ', "%20").replace('ô', "%C3%B4");
            let refused = clerk.get(&format!("{MEETINGS}{wrong}")).await.problem();
            assert_eq!(refused, (400, ErrorCode::BadMessage), "{wrong}");
        }
        let unknown = clerk.get(&format!("{MEETINGS}/x")).await.problem();
        assert_eq!(unknown, (404, ErrorCode::MeetingNotFound));
    }

    async fn a_request_that_comes_twice_plans_one_meeting(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let body = briefing().to_string();
        let key = [("Idempotency-Key", "mot-lan")];
        let first = clerk.ask(Method::POST, MEETINGS, &key, body.clone()).await;
        let again = clerk.ask(Method::POST, MEETINGS, &key, body).await;
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        let all: MeetingPage = clerk.get(MEETINGS).await.json();
        assert_eq!(all.items.len(), 1);
        let other = briefing().to_string();
        let reused = clerk.ask(Method::POST, MEETINGS, &key, other + " ").await.problem();
        assert_eq!(reused, (422, ErrorCode::KeyReused));
        let copy = with(|body| {
            body["from"] = json!({ "what": "meeting", "id": all.items[0].id });
            for taken in ["title", "agenda", "policy"] {
                body.as_object_mut().unwrap().remove(taken);
            }
        });
        let copy = clerk.plan(copy).await;
        assert_eq!((copy.title.as_str(), copy.policy.most_sites), ("Giao ban tuần 12", Some(2)));
        assert_eq!(copy.agenda, all.items[0].agenda);
    }

    async fn a_series_from_a_template_is_planned_and_one_of_it_moved(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let templates: TemplateList = clerk.get("/api/v1/meeting-templates").await.json();
        let ids: Vec<_> = templates.templates.iter().map(|one| one.id.as_str()).collect();
        assert!(ids.contains(&"giao-ban-tuan") && ids.contains(&"chi-huy-khan-cap"), "{ids:?}");
        let weekly = with(|body| {
            body["from"] = json!({ "what": "template", "id": "hoi-nghi-toan-the" });
            body["repeat"] = "FREQ=WEEKLY;COUNT=4".into();
            for taken in ["title", "agenda", "policy"] {
                body.as_object_mut().unwrap().remove(taken);
            }
        });
        let heard = clerk.post(MEETINGS, weekly).await;
        let series = heard.json::<MeetingsPlanned>().meetings;
        let week = 7 * 24 * 60 * MINUTE;
        let steps: Vec<i64> = series.windows(2).map(|two| two[1].starts_at - two[0].starts_at).collect();
        assert_eq!(steps, [week; 3]);
        assert_eq!(series[0].title, "Hội nghị toàn thể");
        assert_eq!(series[0].agenda.len(), 6);
        assert!(series[0].policy.recording);

        let address = |index: usize| format!("{MEETINGS}/{}", series[index].id);
        let later = json!({ "starts_at": series[1].starts_at + 60 * MINUTE,
            "ends_at": series[1].ends_at + 60 * MINUTE });
        let moved: PlannedMeeting = clerk.change(Method::PATCH, &address(1), later).await.json();
        assert!(moved.changed_apart && moved.series == series[0].series);
        let following = json!({ "following": true, "reason": "Bão" });
        let cancel = format!("{}/cancel", address(2));
        assert_eq!(clerk.change(Method::POST, &cancel, following).await.status, 200);
        let mut states = Vec::new();
        for index in 0..4 {
            states.push(clerk.get(&address(index)).await.json::<PlannedMeeting>().state);
        }
        let (scheduled, cancelled) = (MeetingState::Scheduled, MeetingState::Cancelled);
        assert_eq!(states, [scheduled, scheduled, cancelled, cancelled]);
        let daily = with(|body| body["repeat"] = "FREQ=DAILY;COUNT=3".into());
        let refused = clerk.post(MEETINGS, daily).await.problem();
        assert_eq!(refused, (422, ErrorCode::RepeatUnfit));
    }

    async fn an_organisation_keeps_templates_of_its_own(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let all = "/api/v1/meeting-templates";
        let own = json!({ "name": "Họp Ban Chỉ đạo", "agenda": [{ "title": "Tình hình", "minutes": 15 }] });
        let made: MeetingTemplate = clerk.post(all, own).await.json();
        let one = format!("{all}/{}", made.id);
        let new = json!({ "name": "Họp Ban Chỉ huy", "name_en": "Steering committee" });
        let changed: MeetingTemplate = clerk.change(Method::PUT, &one, new).await.json();
        assert_eq!((changed.name.as_str(), changed.agenda.len()), ("Họp Ban Chỉ huy", 0));
        let stale = [("If-Match", "\"1\"")];
        let body = json!({ "name": "Khác" }).to_string();
        let refused = clerk.ask(Method::PUT, &one, &stale, body.clone()).await.problem();
        assert_eq!(refused, (412, ErrorCode::Outdated));
        let built_in = format!("{all}/giao-ban-tuan");
        let any = [("If-Match", "*")];
        let refused = clerk.ask(Method::PUT, &built_in, &any, body).await.problem();
        assert_eq!(refused, (404, ErrorCode::NotFound));
        let from = |id: &str| {
            let id = id.to_owned();
            with(|body| {
                body["from"] = json!({ "what": "template", "id": id });
                body.as_object_mut().unwrap().remove("title");
            })
        };
        assert_eq!(clerk.plan(from(&made.id)).await.title, "Họp Ban Chỉ huy");
        assert_eq!(clerk.change(Method::DELETE, &one, Value::Null).await.status, 200);
        let gone = clerk.post(MEETINGS, from(&made.id)).await.problem();
        assert_eq!(gone, (404, ErrorCode::NotFound));
        let nameless = clerk.post(all, json!({ "name": " " })).await.problem();
        assert_eq!(nameless, (422, ErrorCode::TextEmpty));
    }

    async fn a_personal_calendar_is_read_by_its_secret_until_it_is_taken_back(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let theirs = "/api/v1/contacts/person/chi-lan/calendar";
        let first: CalendarAddress = clerk.post(theirs, Value::Null).await.json();
        let meeting = clerk.plan(briefing()).await;
        clerk.plan(with(|body| {
            body["title"] = "Họp không có chị Lan".into();
            body["invite"]["entries"].as_array_mut().unwrap().remove(0);
        })).await;
        let read = async |path: &str| {
            let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
            let router = server.signaling.router();
            let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        };
        let (status, calendar) = read(&first.path).await;
        assert_eq!(status, 200);
        assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 1, "{calendar}");
        assert!(calendar.contains(&format!("UID:{}@diemcau", meeting.id)));
        assert!(calendar.contains("STATUS:CONFIRMED"));
        let cancel = format!("{MEETINGS}/{}/cancel", meeting.id);
        clerk.change(Method::POST, &cancel, json!({})).await;
        let (_, calendar) = read(&first.path).await;
        assert!(calendar.contains("STATUS:CANCELLED") && calendar.contains("SEQUENCE:1"));

        let second: CalendarAddress = clerk.post(theirs, Value::Null).await.json();
        assert_eq!(read(&first.path).await.0, 404, "the one before");
        assert_eq!(read(&second.path).await.0, 200);
        let taken = clerk.ask(Method::DELETE, theirs, &[], "").await;
        assert_eq!(taken.status, 200);
        for gone in [second.path.as_str(), "/api/v1/calendar/x", "/api/v1/calendar/.ics"] {
            assert_eq!(read(gone).await.0, 404, "{gone}");
        }
        let log = String::from_utf8(clerk.get("/api/v1/audit").await.body).unwrap();
        let secret = first.path.rsplit('/').next().unwrap().trim_end_matches(".ics");
        assert!(log.contains("calendar.set") && !log.contains(secret));
    }

    async fn contacts_are_kept_and_checked(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let address = "/api/v1/contacts/person/chi-lan";
        let contact = json!({ "email": " lan@minhhoa.gov.vn ", "phone": "+84 912 345 678", "language": "en" });
        let set = clerk.ask(Method::PUT, address, &[], contact.to_string()).await;
        assert_eq!(set.status, 200);
        let shown: Value = clerk.get(address).await.json();
        assert_eq!(shown, json!({ "email": "lan@minhhoa.gov.vn", "phone": "+84912345678", "language": "en" }));
        let wrong = json!({ "email": "lan minhhoa" }).to_string();
        let refused = clerk.ask(Method::PUT, address, &[], wrong).await.problem();
        assert_eq!(refused, (400, ErrorCode::BadMessage));
        for missing in ["person/ai-do", "guest/chi-lan", "tree/x"] {
            let refused = clerk.get(&format!("/api/v1/contacts/{missing}")).await.problem();
            assert_eq!(refused, (404, ErrorCode::NotFound), "{missing}");
        }
        let log = String::from_utf8(clerk.get("/api/v1/audit").await.body).unwrap();
        assert!(log.contains("contact.set") && !log.contains("lan@minhhoa"), "{log}");
        let stranger = server.signaling.router();
        let request = axum::http::Request::get(address).body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(stranger, request).await.unwrap();
        assert_eq!(response.status(), 401);
    }
}

#[tokio::test]
async fn an_end_is_noted_while_the_server_runs() {
    let machine = Machine::new();
    let server = machine.start().await;
    let clerk = Clerk::of(&server);
    clerk.people_the_province().await;
    let meeting = clerk.plan(briefing()).await;
    let links = clerk.links(&meeting).await;
    let (mut chair, _) = server.guest(&links[0]).await;
    chair
        .command(Command::Course(CourseCommand::End))
        .await
        .unwrap();
    let ended = async {
        let address = format!("{MEETINGS}/{}", meeting.id);
        while clerk.get(&address).await.json::<PlannedMeeting>().state != MeetingState::Ended {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .unwrap();
}
