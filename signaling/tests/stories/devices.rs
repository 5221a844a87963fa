//! Devices that come in by HTTP: WHIP (RFC 9725) and WHEP.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use diemcau_protocol::{
    Command, ErrorCode, Event, IceServer, InviteLink, LeaveReason, MediaCommand, MediaEvent,
    MediaOffer, MeetingCreated, ParticipantKind, ProblemDetails, SessionId, SlotKind, SourceKind,
    SourceRef,
};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::support::{AN_BINH, CHAIR, HOA_LAC, Machine, OBSERVER, Server, briefing, token};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
    a=ice-lite\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
    a=ice-ufrag:ours\r\na=ice-pwd:9876543210987654321098\r\n\
    a=candidate:1 1 udp 1 127.0.0.1 7000 typ host\r\na=end-of-candidates\r\n";
const CANDIDATE: &str = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
    a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=end-of-candidates\r\n";
const RESTART: &str = "a=ice-ufrag:neue\r\na=ice-pwd:1111111111222222222233\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map(|value| value.to_str().unwrap()).unwrap_or("")
    }

    /// The status and code of a refusal.
    fn refusal(&self) -> (u16, ErrorCode) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: ProblemDetails = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        (self.status, problem.code)
    }
}

/// Asks without waiting for the answer.
fn ask(server: &Server, request: Request<Body>) -> JoinHandle<Reply> {
    let router = server.signaling.router();
    tokio::spawn(async move {
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    })
}

async fn asked(server: &Server, request: Request<Body>) -> Reply {
    ask(server, request).await.unwrap()
}

fn post(path: &str, link: &InviteLink, offer: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header("Authorization", format!("Bearer {}", token(link)))
        .header("Content-Type", SDP)
        .body(offer.into())
        .unwrap()
}

fn patch(path: &str, link: &InviteLink, if_match: Option<&str>, body: &str) -> Request<Body> {
    let mut request = Request::patch(path)
        .header("Authorization", format!("Bearer {}", token(link)))
        .header("Content-Type", FRAGMENT);
    if let Some(if_match) = if_match {
        request = request.header("If-Match", if_match);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

fn delete(path: &str, link: &InviteLink) -> Request<Body> {
    Request::delete(path)
        .header("Authorization", format!("Bearer {}", token(link)))
        .body(Body::empty())
        .unwrap()
}

/// The next offer that reaches the media plane.
async fn offered(server: &mut Server) -> (SessionId, bool, MediaOffer) {
    server
        .media_asked(|command| match command {
            MediaCommand::Offer {
                session,
                restart,
                offer,
                ..
            } => Some((session, restart, offer)),
            _ => None,
        })
        .await
}

fn answer(server: &Server, session: &SessionId) {
    server.signaling.media_event(MediaEvent::Answer {
        session: session.clone(),
        sdp: ANSWER.to_owned(),
    });
}

/// A device that is in, and its media session.
async fn arrive(server: &mut Server, path: &str, link: &InviteLink) -> (Reply, SessionId) {
    let offer = match path.starts_with("/api/v1/whip") {
        true => OFFER.to_owned(),
        false => OFFER.replace("sendonly", "recvonly"),
    };
    let reply = ask(server, post(path, link, offer));
    let (session, restart, _) = offered(server).await;
    assert!(!restart);
    answer(server, &session);
    let reply = reply.await.unwrap();
    assert_eq!(reply.status, 201, "{}", reply.body);
    (reply, session)
}

async fn briefing_with_camera(server: &Server) -> MeetingCreated {
    let mut spec = briefing();
    spec.invitees[AN_BINH].kind = ParticipantKind::Device;
    server
        .signaling
        .open_meeting(spec, None, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_camera_comes_in_and_leaves() {
    let machine = Machine::new();
    let mut server = machine
        .start_with(|config| {
            config.ice_servers = vec![
                IceServer {
                    urls: vec!["stun:stun.minhhoa.gov.vn".to_owned()],
                    username: None,
                    credential: None,
                },
                IceServer {
                    urls: vec!["turn:turn.minhhoa.gov.vn?transport=udp".to_owned()],
                    username: Some("1:an-binh".to_owned()),
                    credential: Some("bí\"mật".to_owned()),
                },
            ];
        })
        .await;
    let meeting = briefing_with_camera(&server).await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let link = &meeting.links[AN_BINH];
    let (reply, session) = arrive(&mut server, "/api/v1/whip", link).await;
    assert_eq!(reply.header("content-type"), SDP);
    assert_eq!(reply.body, ANSWER);
    let path = reply.header("location").to_owned();
    assert!(
        path.starts_with("/api/v1/whip/") && path.len() > 40,
        "{path}"
    );
    let links: Vec<_> = reply
        .headers
        .get_all("link")
        .iter()
        .map(|link| String::from_utf8(link.as_bytes().to_vec()).unwrap())
        .collect();
    let expected = [
        "<stun:stun.minhhoa.gov.vn>; rel=\"ice-server\"",
        "<turn:turn.minhhoa.gov.vn?transport=udp>; rel=\"ice-server\"; username=\"1:an-binh\"; \
         credential=\"bí\\\"mật\"; credential-type=\"password\"",
    ];
    assert_eq!(links, expected);
    assert_eq!(server.signaling.counters().devices, 1);
    let mut invited = post("/api/v1/whip", link, "");
    *invited.method_mut() = Method::OPTIONS;
    let mut stranger = post("/api/v1/whip", link, "");
    *stranger.method_mut() = Method::OPTIONS;
    stranger.headers_mut().remove("Authorization");
    let told = async |request| {
        let reply = asked(&server, request).await;
        reply.headers.get_all("link").iter().count()
    };
    assert_eq!(told(invited).await, 2);
    assert_eq!(told(stranger).await, 0);

    let kind = chair
        .hear(|message| match message {
            diemcau_protocol::ServerMessage::Events { events, .. } => {
                events.iter().find_map(|event| match &event.event {
                    Event::ParticipantJoined {
                        participant, kind, ..
                    } if *participant == link.participant => Some(*kind),
                    _ => None,
                })
            }
            _ => None,
        })
        .await;
    assert_eq!(kind, ParticipantKind::Device);
    let participant = link.participant.clone();
    chair
        .event(Event::CameraSet {
            participant: participant.clone(),
            on: true,
        })
        .await;

    let etag = reply.header("etag").to_owned();
    let trickled = asked(&server, patch(&path, link, Some(&etag), CANDIDATE)).await;
    assert_eq!((trickled.status, trickled.body.as_str()), (204, ""));
    let candidates = server
        .media_asked(|command| match command {
            MediaCommand::Candidates {
                session,
                candidates,
            } => Some((session, candidates)),
            _ => None,
        })
        .await;
    let candidate = "candidate:1 1 udp 1 192.0.2.1 5000 typ host".to_owned();
    assert_eq!(candidates, (session.clone(), vec![candidate]));

    assert_eq!(asked(&server, delete(&path, link)).await.status, 200);
    chair
        .event(Event::ParticipantLeft {
            participant,
            reason: LeaveReason::Left,
        })
        .await;
    let closed = server
        .media_asked(|command| match command {
            MediaCommand::Close { session } => Some(session),
            _ => None,
        })
        .await;
    assert_eq!(closed, session);
    let again = asked(&server, delete(&path, link)).await.refusal();
    assert_eq!(again, (404, ErrorCode::UnknownSession));
    assert_eq!(server.signaling.counters().devices, 0);
}

#[tokio::test]
async fn a_server_that_stops_says_when_to_come_back() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    server.signaling.shutdown().await;
    let offer = post("/api/v1/whip", &meeting.links[AN_BINH], OFFER);
    let reply = asked(&server, offer).await;
    assert_eq!(reply.refusal(), (503, ErrorCode::ServerStopping));
    assert_eq!(reply.header("retry-after"), "3");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let link = &meeting.links[AN_BINH];
    let whip = "/api/v1/whip";
    let refused = async |request| asked(&server, request).await.refusal();

    let mut anonymous = post(whip, link, OFFER);
    anonymous.headers_mut().remove("Authorization");
    assert_eq!(refused(anonymous).await, (401, ErrorCode::TokenInvalid));
    let mut html = post(whip, link, OFFER);
    html.headers_mut()
        .insert("Content-Type", "text/html".parse().unwrap());
    assert_eq!(refused(html).await, (415, ErrorCode::BadMessage));
    let observer = post(whip, &meeting.links[OBSERVER], OFFER);
    assert_eq!(refused(observer).await, (403, ErrorCode::Forbidden));
    let large = post(whip, link, "v=0\r\n".repeat(60_000));
    assert_eq!(refused(large).await, (413, ErrorCode::TooLarge));
    for unusable in ["", "{}", "v=0\r\n", &OFFER.replace("sendonly", "recvonly")] {
        let offer = post(whip, link, unusable.to_owned());
        assert_eq!(refused(offer).await, (422, ErrorCode::SdpInvalid));
    }
    let binary = post(whip, link, vec![0xff, 0xfe]);
    assert_eq!(refused(binary).await, (422, ErrorCode::SdpInvalid));
    for method in [Method::GET, Method::PUT] {
        let mut other = post(whip, link, OFFER);
        *other.method_mut() = method;
        assert_eq!(refused(other).await, (405, ErrorCode::NotFound));
    }
    let nobody = delete("/api/v1/whip/0123", link);
    assert_eq!(refused(nobody).await, (404, ErrorCode::UnknownSession));
    let sending = post("/api/v1/whep", link, OFFER);
    assert_eq!(refused(sending).await, (422, ErrorCode::SdpInvalid));
    let watching = || OFFER.replace("sendonly", "recvonly");
    let absent = post("/api/v1/whep?source=ai-do", link, watching());
    assert_eq!(refused(absent).await, (404, ErrorCode::UnknownParticipant));
    let huge = post("/api/v1/whep?height=9999", link, watching());
    assert_eq!(refused(huge).await, (400, ErrorCode::BadMessage));
    let odd = post("/api/v1/whep?height=tall", link, watching());
    assert_eq!(refused(odd).await, (400, ErrorCode::BadMessage));
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask_first() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    for path in ["/api/v1/whip", "/api/v1/whip/0123", "/api/v1/whep"] {
        let request = Request::options(path)
            .header("Origin", "https://encoder.example")
            .header("Access-Control-Request-Method", "POST")
            .body(Body::empty())
            .unwrap();
        let reply = asked(&server, request).await;
        assert_eq!(reply.status, 204);
        assert_eq!(reply.header("accept-post"), SDP);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        let allowed = reply.header("access-control-allow-headers");
        assert!(allowed.contains("Authorization") && allowed.contains("If-Match"));
        assert!(
            reply
                .header("access-control-allow-methods")
                .contains("PATCH")
        );
    }
    let refused = post("/api/v1/whip", &meeting.links[OBSERVER], OFFER);
    let reply = asked(&server, refused).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(
        reply
            .header("access-control-expose-headers")
            .contains("Location")
    );
}

#[tokio::test]
async fn ice_restarts_once_at_a_time() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let link = &meeting.links[AN_BINH];
    let (reply, session) = arrive(&mut server, "/api/v1/whip", link).await;
    let path = reply.header("location").to_owned();
    let etag = reply.header("etag").to_owned();

    let without = patch(&path, link, None, CANDIDATE);
    let without = asked(&server, without).await.refusal();
    assert_eq!(without, (428, ErrorCode::BadMessage));
    let wrong = patch(&path, link, Some("\"another\""), CANDIDATE);
    let wrong = asked(&server, wrong).await.refusal();
    assert_eq!(wrong, (412, ErrorCode::UnknownSession));
    let stranger = patch(&path, &meeting.links[HOA_LAC], Some(&etag), CANDIDATE);
    let stranger = asked(&server, stranger).await.refusal();
    assert_eq!(stranger, (403, ErrorCode::Forbidden));
    let nonsense = patch(&path, link, Some(&etag), "a=mid:0\r\n");
    let nonsense = asked(&server, nonsense).await.refusal();
    assert_eq!(nonsense, (422, ErrorCode::SdpInvalid));

    let restarted = ask(&server, patch(&path, link, Some("*"), RESTART));
    let (of, restart, offer) = offered(&mut server).await;
    assert_eq!((&of, restart), (&session, true));
    assert!(offer.sdp.contains("a=ice-ufrag:neue") && !offer.sdp.contains("abcd"));
    let other = RESTART.replace("neue", "eilig");
    let second = asked(&server, patch(&path, link, Some("*"), &other)).await;
    assert_eq!(second.status, 409);
    answer(&server, &session);
    let restarted = restarted.await.unwrap();
    assert_eq!(restarted.status, 200);
    assert_eq!(restarted.header("content-type"), FRAGMENT);
    assert!(restarted.body.contains("a=ice-ufrag:ours"));
    assert!(
        restarted
            .body
            .contains("a=candidate:1 1 udp 1 127.0.0.1 7000")
    );

    let outdated = asked(&server, patch(&path, link, Some(&etag), RESTART)).await;
    assert_eq!(outdated.status, 412);
    let etag = restarted.header("etag").to_owned();
    let trickled = asked(&server, patch(&path, link, Some(&etag), RESTART)).await;
    assert_eq!(trickled.status, 204, "the same credentials restart nothing");

    let refused = ask(&server, patch(&path, link, Some("*"), &other));
    offered(&mut server).await;
    server.signaling.media_event(MediaEvent::OfferRefused {
        session: session.clone(),
        code: ErrorCode::SdpInvalid,
        detail: "not now".to_owned(),
    });
    let refused = refused.await.unwrap().refusal();
    assert_eq!(refused, (422, ErrorCode::SdpInvalid));
    assert_eq!(asked(&server, delete(&path, link)).await.status, 200);
}

#[tokio::test]
async fn whose_offer_is_refused_does_not_stay() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let link = &meeting.links[AN_BINH];
    let reply = ask(&server, post("/api/v1/whip", link, OFFER));
    let (session, ..) = offered(&mut server).await;
    server.signaling.media_event(MediaEvent::OfferRefused {
        session,
        code: ErrorCode::SdpInvalid,
        detail: "no codec that both have".to_owned(),
    });
    let reply = reply.await.unwrap();
    assert_eq!(reply.refusal(), (422, ErrorCode::SdpInvalid));
    assert!(reply.body.contains("no codec that both have"));
    chair
        .event(Event::ParticipantLeft {
            participant: link.participant.clone(),
            reason: LeaveReason::Left,
        })
        .await;
}

/// A camera that is in, and whose media is lost then.
async fn lose_a_camera(server: &mut Server, link: &InviteLink) -> Reply {
    let (reply, session) = arrive(server, "/api/v1/whip", link).await;
    server
        .signaling
        .media_event(MediaEvent::Disconnected { session });
    reply
}

#[tokio::test]
async fn a_lost_camera_is_awaited_and_comes_back() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let link = &meeting.links[AN_BINH];
    let participant = link.participant.clone();
    let lost = lose_a_camera(&mut server, link).await;
    chair
        .event(Event::ConnectionLost {
            participant: participant.clone(),
        })
        .await;
    let path = lost.header("location").to_owned();
    let gone = asked(&server, delete(&path, link)).await.refusal();
    assert_eq!(gone, (404, ErrorCode::UnknownSession));

    arrive(&mut server, "/api/v1/whip", link).await;
    chair.event(Event::ConnectionRestored { participant }).await;
}

#[tokio::test]
async fn a_camera_that_does_not_come_back_leaves() {
    let machine = Machine::new();
    let grace = Duration::from_millis(50);
    let mut server = machine
        .start_with(|config| config.reconnect_grace = grace)
        .await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let link = &meeting.links[AN_BINH];
    lose_a_camera(&mut server, link).await;
    chair
        .event(Event::ParticipantLeft {
            participant: link.participant.clone(),
            reason: LeaveReason::ConnectionLost,
        })
        .await;
}

#[tokio::test]
async fn a_browser_takes_over_from_a_camera() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let link = &meeting.links[AN_BINH];
    let (reply, session) = arrive(&mut server, "/api/v1/whip", link).await;
    let (mut browser, welcome) = server.guest(link).await;
    assert_eq!(welcome.session, None);
    let closed = server
        .media_asked(|command| match command {
            MediaCommand::Close { session } => Some(session),
            _ => None,
        })
        .await;
    assert_eq!(closed, session);

    // The camera comes again, without being asked for: it is the newer one, and
    // shares no screen.
    let no_screen = Event::ScreenSet {
        participant: link.participant.clone(),
        on: false,
    };
    browser
        .command(Command::SetScreen { on: true })
        .await
        .unwrap();
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let path = reply.header("location").to_owned();
    arrive(&mut server, "/api/v1/whip", link).await;
    assert_eq!(browser.bye().await, (ErrorCode::TakenOver, false));
    chair.event(no_screen).await;
    let first = asked(&server, delete(&path, link)).await;
    assert_eq!(first.status, 404);
}

#[tokio::test]
async fn what_the_chair_closed_stays_closed() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let link = &meeting.links[AN_BINH];
    let (reply, _) = arrive(&mut server, "/api/v1/whip", link).await;
    let microphone = |on| Event::MicrophoneSet {
        participant: link.participant.clone(),
        on,
    };
    chair.event(microphone(true)).await;
    let mute = Command::SetMuted {
        participant: link.participant.clone(),
        muted: true,
    };
    chair.command(mute).await.unwrap();
    chair.event(microphone(false)).await;
    let path = reply.header("location").to_owned();
    asked(&server, delete(&path, link)).await;

    arrive(&mut server, "/api/v1/whip", link).await;
    let camera = Event::CameraSet {
        participant: link.participant.clone(),
        on: true,
    };
    chair.event(camera).await;
    let (_, welcome) = server.guest(&meeting.links[HOA_LAC]).await;
    let snapshot = welcome.snapshot.unwrap();
    let of = |id| snapshot.participants.iter().find(|p| p.id == id).unwrap();
    let camera = of(link.participant.clone());
    assert!(camera.muted && !camera.microphone && camera.camera);
}

#[tokio::test]
async fn an_observer_watches_the_stage_or_one_participant() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (_chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let link = &meeting.links[OBSERVER];
    let watching = OFFER.replace("sendonly", "recvonly");
    let layout = |command| match command {
        MediaCommand::Layout { session, wishes } => Some((session, wishes)),
        _ => None,
    };

    let stage = "/api/v1/whep?source=stage&height=720";
    let reply = ask(&server, post(stage, link, watching.clone()));
    let (session, _, offer) = offered(&mut server).await;
    let kinds: Vec<_> = offer.slots.iter().map(|slot| slot.kind).collect();
    assert_eq!(kinds, [SlotKind::Mix, SlotKind::StagePicture]);
    assert_eq!(offer.sources, []);
    answer(&server, &session);
    let reply = reply.await.unwrap();
    assert!(reply.header("location").starts_with("/api/v1/whep/"));
    let (of, wishes) = server.media_asked(layout).await;
    assert_eq!(of, session);
    assert!(wishes.iter().all(|wish| wish.height == 720));
    // The resources of the one protocol are not those of the other.
    let elsewhere = reply.header("location").replace("whep", "whip");
    assert_eq!(asked(&server, delete(&elsewhere, link)).await.status, 404);
    let path = reply.header("location").to_owned();
    assert_eq!(asked(&server, delete(&path, link)).await.status, 200);

    let chair = "/api/v1/whep?source=chu-toa";
    let reply = ask(&server, post(chair, link, watching));
    let (session, _, offer) = offered(&mut server).await;
    let kinds: Vec<_> = offer.slots.iter().map(|slot| slot.kind).collect();
    assert_eq!(kinds, [SlotKind::Sound, SlotKind::Picture]);
    answer(&server, &session);
    reply.await.unwrap();
    let (_, wishes) = server.media_asked(layout).await;
    let shown: Vec<_> = wishes
        .into_iter()
        .map(|wish| (wish.source, wish.height))
        .collect();
    let of_chair = |kind| {
        Some(SourceRef {
            participant: "chu-toa".into(),
            kind,
        })
    };
    let expected = [
        (of_chair(SourceKind::Microphone), 1080),
        (of_chair(SourceKind::Camera), 1080),
    ];
    assert_eq!(shown, expected);
}
