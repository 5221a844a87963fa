//! Whatever a client sends harms nobody but itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diemcau_protocol::{
    ClientMessage, ErrorCode, Event, PROTOCOL_VERSION, PingMessage, ServerMessage,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::support::{AN_BINH, CHAIR, Guest, KEY_PEM, Machine, token};

/// The chair goes on, undisturbed.
async fn nobody_else_is_harmed(chair: &mut Guest) {
    chair.chat("Vẫn họp bình thường").await.unwrap();
    chair
        .event(Event::ChatSent {
            from: "chu-toa".into(),
            text: "Vẫn họp bình thường".to_owned(),
        })
        .await;
}

fn signed(claims: &serde_json::Value) -> String {
    let key = EncodingKey::from_ed_pem(KEY_PEM.as_bytes()).unwrap();
    encode(&Header::new(Algorithm::EdDSA), claims, &key).unwrap()
}

fn seconds_from_now(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() as i64 + seconds
}

#[tokio::test]
async fn malformed_messages_are_answered_and_in_the_end_too_many() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut rogue, _) = server.guest(&meeting.links[AN_BINH]).await;

    for nonsense in [
        "",
        "{",
        "[]",
        "null",
        r#"{"type":"layout"}"#,
        r#"{"type":"ping","nonce":-1}"#,
        r#"{"nonce":1}"#,
    ] {
        rogue.say_text(nonsense).await;
        assert_eq!(rogue.problem().await, ErrorCode::BadMessage, "{nonsense}");
    }
    rogue.say_bytes(vec![0, 159, 146]).await;
    assert_eq!(rogue.problem().await, ErrorCode::BadMessage);
    rogue
        .say_text(r#"{"type":"command","id":77,"command":{"type":"set_camera"}}"#)
        .await;
    assert_eq!(rogue.answer(77).await, Err(ErrorCode::BadMessage));
    rogue
        .say_text(r#"{"type":"command","id":78,"command":{"type":"open_ballot"}}"#)
        .await;
    assert_eq!(rogue.answer(78).await, Err(ErrorCode::UnknownCommand));

    // A newer client says more than this server knows.
    rogue.say_text(r#"{"type":"applaud","how":"loudly"}"#).await;
    rogue
        .say_text(r#"{"type":"ping","nonce":4,"mood":"good"}"#)
        .await;
    rogue
        .hear(|message| (*message == ServerMessage::Pong { nonce: 4 }).then_some(()))
        .await;

    for _ in 0..20 {
        rogue.say_text("{".repeat(1_000)).await;
    }
    assert_eq!(rogue.bye().await, (ErrorCode::BadMessage, false));
    nobody_else_is_harmed(&mut chair).await;
}

#[tokio::test]
async fn hello_comes_first_and_only_once() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let mut guest = server.door().await;
    guest
        .say(&ClientMessage::Ping(PingMessage { nonce: 1 }))
        .await;
    assert_eq!(guest.problem().await, ErrorCode::HelloExpected);
    let token = token(&meeting.links[AN_BINH]);
    guest.hello(&token, "an-binh", None).await;
    guest.welcome().await;
    guest.hello(&token, "an-binh", None).await;
    assert_eq!(guest.problem().await, ErrorCode::HelloExpected);
}

#[tokio::test]
async fn oversized_messages_end_the_line() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut rogue, _) = server.guest(&meeting.links[AN_BINH]).await;
    rogue.say_text("x".repeat(256 * 1024 + 1)).await;
    assert_eq!(rogue.bye().await, (ErrorCode::TooLarge, false));

    let (mut rogue, _) = server.guest(&meeting.links[AN_BINH]).await;
    rogue.say_text("x".repeat(4 * 1024 * 1024)).await;
    rogue.end().await;
    nobody_else_is_harmed(&mut chair).await;
}

#[tokio::test]
async fn a_flood_is_slowed_down_then_cut_off() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut rogue, _) = server.guest(&meeting.links[AN_BINH]).await;
    for nonce in 0..400 {
        rogue.say(&ClientMessage::Ping(PingMessage { nonce })).await;
    }
    assert_eq!(rogue.problem().await, ErrorCode::RateLimited);
    assert_eq!(rogue.bye().await, (ErrorCode::RateLimited, true));
    nobody_else_is_harmed(&mut chair).await;
}

#[tokio::test]
async fn tokens_that_are_not_good_open_nothing() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let good = token(&meeting.links[AN_BINH]);
    let claims = |meeting: &str, exp: i64| {
        json!({
            "aud": "meeting", "meeting": meeting, "participant": "an-binh",
            "role": "chair", "kind": "site", "name": "Xã An Bình", "exp": exp,
        })
    };
    let (header, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let admin = server
        .signaling
        .admin_token(Duration::from_secs(60))
        .unwrap();
    let cases = [
        (String::new(), ErrorCode::TokenInvalid),
        ("x".repeat(100_000), ErrorCode::TokenInvalid),
        // The payload of another, the signature of the first.
        (
            format!(
                "{header}.{}.{signature}",
                signed(&claims("giao-ban", seconds_from_now(60)))
                    .split('.')
                    .nth(1)
                    .unwrap()
            ),
            ErrorCode::TokenInvalid,
        ),
        (admin, ErrorCode::TokenInvalid),
        (
            signed(&claims("giao-ban", seconds_from_now(-2))),
            ErrorCode::TokenExpired,
        ),
        (
            signed(&claims("khong-co", seconds_from_now(60))),
            ErrorCode::MeetingNotFound,
        ),
    ];
    for (token, code) in cases {
        let mut rogue = server.door().await;
        rogue.hello(&token, "an-binh", None).await;
        assert_eq!(rogue.bye().await, (code, false));
    }
    assert_eq!(server.signaling.counters().participants_present, 0);
}

#[tokio::test]
async fn peers_one_version_apart_work_together() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let token = token(&meeting.links[AN_BINH]);
    let mut newer = server.door().await;
    newer
        .hello_version(PROTOCOL_VERSION + 1, &token, "an-binh", None)
        .await;
    newer.welcome().await;
    for version in [0, PROTOCOL_VERSION + 2, u32::MAX] {
        let mut stranger = server.door().await;
        stranger
            .hello_version(version, &token, "an-binh", None)
            .await;
        assert_eq!(stranger.bye().await, (ErrorCode::UnsupportedVersion, false));
    }
}

#[tokio::test]
async fn a_guest_without_a_name_is_asked_for_one() {
    let machine = Machine::new();
    let server = machine.start().await;
    server.briefing().await;
    let token = signed(&json!({
        "aud": "meeting", "meeting": "giao-ban", "participant": "khach",
        "role": "delegate", "kind": "person", "exp": seconds_from_now(60),
    }));
    let mut guest = server.door().await;
    guest.hello(&token, "khach", None).await;
    assert_eq!(guest.bye().await, (ErrorCode::NameRequired, false));
}

#[tokio::test]
async fn a_page_of_another_host_opens_no_websocket() {
    let machine = Machine::new();
    let server = machine.start().await;
    let address = format!("ws://{}/api/v1/ws", server.address);
    for (origin, allowed) in [
        (format!("http://{}", server.address), true),
        ("https://ke-xau.example".to_owned(), false),
        ("null".to_owned(), false),
    ] {
        let mut request = address.as_str().into_client_request().unwrap();
        request
            .headers_mut()
            .insert("Origin", origin.parse().unwrap());
        let outcome = connect_async(request).await;
        assert_eq!(outcome.is_ok(), allowed, "{origin}");
        if let Err(tokio_tungstenite::tungstenite::Error::Http(response)) = outcome {
            assert_eq!(response.status(), 403);
        }
    }
}
