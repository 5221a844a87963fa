//! The REST interface.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use diemcau_protocol::{
    CreateMeeting, ErrorCode, Invitation, MediaCommand, MeetingCreated, ProblemDetails, VideoCodec,
};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::clerk::Clerk;
use super::support::{AN_BINH, Machine, Server, both, briefing, token};

pub(crate) async fn ask<T: DeserializeOwned>(
    server: &Server,
    request: Request<Body>,
) -> (StatusCode, T) {
    let response = server.rest(request).await;
    let status = response.status();
    let is_problem = response.headers()["content-type"] == "application/problem+json";
    assert_eq!(is_problem, !status.is_success());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn refused(server: &Server, request: Request<Body>) -> (u16, ErrorCode) {
    let (status, problem): (_, ProblemDetails) = ask(server, request).await;
    assert_eq!(problem.status, status.as_u16());
    assert_eq!(problem.kind, "about:blank");
    (problem.status, problem.code)
}

pub(crate) fn get(path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

fn post(token: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/api/v1/meetings")
        .header("Authorization", format!("Bearer {token}"))
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn an_invitation_tells_what_it_is_for() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let link = &meeting.links[AN_BINH];
    let request = get("/api/v1/invitation", Some(&token(link)));
    let (_, invitation): (_, Invitation) = ask(&server, request).await;
    assert_eq!(invitation.title, "Giao ban phòng chống bão");
    assert_eq!(invitation.name.as_deref(), Some("Xã An Bình"));
    assert_eq!(invitation.participant, link.participant);

    let without = refused(&server, get("/api/v1/invitation", None)).await;
    assert_eq!(without, (401, ErrorCode::TokenInvalid));
    let wrong = refused(&server, get("/api/v1/invitation", Some("a.b.c"))).await;
    assert_eq!(wrong, (401, ErrorCode::TokenInvalid));
}

#[tokio::test]
async fn an_administrator_opens_a_meeting() {
    let machine = Machine::new();
    let server = machine.start().await;
    let admin = server
        .signaling
        .admin_token(Duration::from_secs(60))
        .unwrap();
    let body = serde_json::to_vec(&briefing()).unwrap();
    let (status, created): (_, MeetingCreated) = ask(&server, post(&admin, body.clone())).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(created.links.len(), 4);
    let (_, welcome) = server.guest(&created.links[AN_BINH]).await;
    assert_eq!(welcome.snapshot.unwrap().meeting.id, created.meeting);

    // An invitation is no administrator's token.
    let invited = refused(&server, post(&token(&created.links[0]), body)).await;
    assert_eq!(invited, (401, ErrorCode::TokenInvalid));
}

#[tokio::test]
async fn a_meeting_keeps_the_codec_that_was_chosen_for_it() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let mut spec = briefing();
    spec.video_codec = Some(VideoCodec::Av1);
    let created = server.signaling.open_meeting(spec, None, None).await;
    let created = created.unwrap();
    let codecs = [VideoCodec::Av1, VideoCodec::Vp8, VideoCodec::H264];
    let (_, welcome) = server.guest(&created.links[AN_BINH]).await;
    assert_eq!(welcome.video_codecs, codecs);
    let wanted = |command| match command {
        MediaCommand::Desired { state, .. } => Some(state.video_codecs),
        _ => None,
    };
    assert_eq!(server.media_asked(wanted).await, codecs);
    server.signaling.shutdown().await;

    let mut server = machine.start().await;
    let (_, welcome) = server.guest(&created.links[AN_BINH]).await;
    assert_eq!(welcome.video_codecs, codecs, "after a restart too");
    assert_eq!(server.media_asked(wanted).await, codecs);
}

#[tokio::test]
async fn names_are_stored_as_they_are_seen() {
    let machine = Machine::new();
    let server = machine.start().await;
    let mut spec = briefing();
    spec.title = "Giao ban\u{2066} tuần".to_owned();
    spec.invitees[AN_BINH].name = Some("\u{202e}Xã An\u{200b} Bình".to_owned());
    let created = server.signaling.open_meeting(spec, None, None).await;
    let link = &created.unwrap().links[AN_BINH];
    assert_eq!(link.name.as_deref(), Some("Xã An Bình"));
    let (_, welcome) = server.guest(link).await;
    let snapshot = welcome.snapshot.unwrap();
    assert_eq!(snapshot.meeting.title, "Giao ban tuần");
    assert_eq!(snapshot.participants[0].name, "Xã An Bình");
}

#[tokio::test]
async fn an_invitation_is_shown_without_opening_the_meeting() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    server.signaling.shutdown().await;
    let mut server = machine.start().await;
    for _ in 0..2 {
        let request = get("/api/v1/invitation", Some(&token(&meeting.links[AN_BINH])));
        let (_, invitation): (_, Invitation) = ask(&server, request).await;
        assert_eq!(invitation.title, "Giao ban phòng chống bão");
    }
    assert_eq!(server.signaling.counters().meetings, 0);
    assert_eq!(server.media_asked_so_far(), []);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_read_for_administrators_only_and_not_for_ever() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let admin = server
        .signaling
        .admin_token(Duration::from_secs(60))
        .unwrap();
    let body_without_end = || {
        let beginning = stream::iter([Ok::<_, Infallible>("{")]);
        Body::from_stream(beginning.chain(stream::pending()))
    };
    let begun = tokio::time::Instant::now();
    let stranger = post(&token(&meeting.links[AN_BINH]), body_without_end());
    let refusal = refused(&server, stranger).await;
    assert_eq!(refusal, (401, ErrorCode::TokenInvalid));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    let slow = refused(&server, post(&admin, body_without_end())).await;
    assert_eq!(slow, (408, ErrorCode::BadMessage));
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn unusable_meetings_are_refused() {
    let machine = Machine::new();
    let server = machine.start().await;
    let admin = server
        .signaling
        .admin_token(Duration::from_secs(60))
        .unwrap();
    let changed = |change: fn(&mut CreateMeeting)| {
        let mut spec = briefing();
        change(&mut spec);
        serde_json::to_vec(&spec).unwrap()
    };
    let bodies = [
        b"{".to_vec(),
        b"[]".to_vec(),
        changed(|spec| spec.title = " ".to_owned()),
        changed(|spec| spec.title = "ễ".repeat(201)),
        changed(|spec| spec.host_unit = "x".repeat(121)),
        changed(|spec| spec.invitees.clear()),
        changed(|spec| spec.invitees = vec![spec.invitees[0].clone(); 4_001]),
        changed(|spec| spec.invitees[0].name = Some("x".repeat(121))),
        // Links with these names could never join.
        changed(|spec| spec.invitees[0].name = Some("\u{7}\u{0}".to_owned())),
        changed(|spec| spec.invitees[0].name = Some(" \u{200b}\u{202e} ".to_owned())),
        changed(|spec| spec.title = "\u{feff}".to_owned()),
    ];
    for body in bodies {
        let refusal = refused(&server, post(&admin, body)).await;
        assert_eq!(refusal, (400, ErrorCode::BadMessage));
    }
    let huge = refused(&server, post(&admin, vec![b' '; 2 << 20])).await;
    assert_eq!(huge, (413, ErrorCode::TooLarge));
    assert_eq!(server.signaling.counters().meetings, 0);
}

#[tokio::test]
async fn unknown_addresses_are_problems_too() {
    let machine = Machine::new();
    let server = machine.start().await;
    for path in ["/api/v1", "/api/v1/", "/api/v1/x", "/api/v1/x/y/z"] {
        let refusal = refused(&server, get(path, None)).await;
        assert_eq!(refusal, (404, ErrorCode::NotFound), "{path}");
    }
    let wrong_method = refused(&server, get("/api/v1/meetings/preview", None)).await;
    assert_eq!(wrong_method, (405, ErrorCode::NotFound));
    let no_upgrade = refused(&server, get("/api/v1/ws", None)).await;
    assert_eq!(no_upgrade.1, ErrorCode::BadMessage);
}

/// The names in the braces of an address.
fn parts(path: &str) -> Vec<&str> {
    let behind = path.split('{').skip(1);
    behind.map(|part| part.split_once('}').unwrap().0).collect()
}

both! {
    async fn an_address_that_cannot_be_is_answered_with_a_problem(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        let description: Value = clerk.get("/api/v1/openapi.json").await.json();
        let long = "a".repeat(2_000);
        let nonsense = [
            "%FF", "%00", "x%00", "-1", "1.5", "4294967296", "99999999999999999999999", "%20",
            "..%2F..%2Fetc", "%7B%7D", "%F0%9F%8C%AA", "'%22%3B--", &long,
        ];
        let mut tried = 0;
        for (path, methods) in description["paths"].as_object().unwrap() {
            let parts = parts(path);
            for method in methods.as_object().unwrap().keys() {
                let method: Method = method.to_uppercase().parse().unwrap();
                for wrong in &parts {
                    for nonsense in nonsense {
                        let address = parts.iter().fold(path.clone(), |address, part| {
                            let value = if part == wrong { nonsense } else { "1" };
                            address.replace(&format!("{{{part}}}"), value)
                        });
                        let heard = clerk.ask(method.clone(), &address, &[], "{}").await;
                        let (status, _) = heard.problem();
                        assert!((400..500).contains(&status), "{method} {address}: {status}");
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > 500, "{tried}");
    }
}
