//! Webhooks: what a gateway for SMS hears of meetings.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diemcau_protocol::{
    Command, CourseCommand, DeliveryList, DeliveryState, ErrorCode, WebhookCreated, WebhookList,
};
use diemcau_signaling::SignalingConfig;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::clerk::Clerk;
use super::schedule::briefing;
use super::support::{Machine, both};

const PATIENCE: Duration = Duration::from_secs(20);
const EVENTS: [&str; 6] = [
    "meeting.invited",
    "meeting.changed",
    "meeting.cancelled",
    "meeting.started",
    "meeting.ended",
    "meeting.reminder",
];

/// A message as the gateway hears it.
struct Heard {
    id: String,
    timestamp: String,
    signature: String,
    body: Bytes,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether whoever holds the secret signed it.
    fn is_signed_with(&self, secret: &str) -> bool {
        let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.unwrap());
        let signed = [
            self.id.as_bytes(),
            b".",
            self.timestamp.as_bytes(),
            b".",
            &self.body,
        ];
        let signature = STANDARD.decode(self.signature.strip_prefix("v1,").unwrap());
        hmac::verify(&key, &signed.concat(), &signature.unwrap()).is_ok()
    }
}

/// A gateway that hears messages.
struct Gateway {
    url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    /// What it answers.
    answers: Arc<Mutex<StatusCode>>,
}

impl Gateway {
    async fn open() -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(StatusCode::OK));
        let answering = Arc::clone(&answers);
        let hear = move |headers: HeaderMap, body: Bytes| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            let _ = tell.send(Heard {
                id: header("webhook-id"),
                timestamp: header("webhook-timestamp"),
                signature: header("webhook-signature"),
                body,
            });
            let answer = *answering.lock().unwrap();
            async move { answer }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sms", listener.local_addr().unwrap());
        let router = Router::new().route("/sms", post(hear));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            heard,
            answers,
        }
    }

    async fn hears(&mut self) -> Heard {
        timeout(PATIENCE, self.heard.recv())
            .await
            .expect("a message")
            .unwrap()
    }
}

impl Clerk<'_> {
    async fn attach(&self, gateway: &Gateway) -> WebhookCreated {
        let webhook = json!({ "url": gateway.url, "description": "Cổng SMS", "events": EVENTS });
        let created = self.post("/api/v1/webhooks", webhook).await;
        assert_eq!(created.status, 201);
        created.json()
    }
}

fn impatient(config: &mut SignalingConfig) {
    config.planning.first_wait = Some(Duration::from_millis(20));
}

both! {
    async fn a_gateway_hears_of_a_meeting_from_invitation_to_end(machine: Machine) {
        let mut gateway = Gateway::open().await;
        let server = machine.start_with(impatient).await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let contact = json!({ "phone": "+84912345678" }).to_string();
        clerk.ask(Method::PUT, "/api/v1/contacts/person/chi-lan", &[], contact).await;
        let created = clerk.attach(&gateway).await;
        let meeting = clerk.plan(briefing()).await;

        let invited = gateway.hears().await;
        assert_eq!(invited.kind(), "meeting.invited");
        assert!(invited.is_signed_with(&created.secret));
        assert!(!invited.is_signed_with("whsec_AAAA"));
        let data = &invited.json()["data"];
        assert_eq!(data["title"], "Giao ban tuần 12");
        assert_eq!(data["invitees"][0]["phone"], "+84912345678");
        assert_eq!(data["invitees"].as_array().unwrap().len(), 3);

        let one = format!("/api/v1/meetings/{}", meeting.id);
        let later = json!({ "starts_at": meeting.starts_at + 60_000 });
        clerk.change(Method::PATCH, &one, later).await;
        assert_eq!(gateway.hears().await.kind(), "meeting.changed");
        let links = clerk.links(&meeting).await;
        let (mut chair, _) = server.guest(&links[0]).await;
        chair.command(Command::Course(CourseCommand::Open)).await.unwrap();
        assert_eq!(gateway.hears().await.kind(), "meeting.started");
        chair.command(Command::Course(CourseCommand::End)).await.unwrap();
        assert_eq!(gateway.hears().await.kind(), "meeting.ended");

        let list: WebhookList = clerk.get("/api/v1/webhooks").await.json();
        assert_eq!(list.webhooks, std::slice::from_ref(&created.webhook));
        let removed = format!("/api/v1/webhooks/{}", created.webhook.id);
        assert_eq!(clerk.ask(Method::DELETE, &removed, &[], "").await.status, 200);
        let again = clerk.ask(Method::DELETE, &removed, &[], "").await.problem();
        assert_eq!(again, (404, ErrorCode::NotFound));
        let log = String::from_utf8(clerk.get("/api/v1/audit").await.body).unwrap();
        assert!(log.contains("webhook.create") && !log.contains(&created.secret));
    }

    async fn a_gateway_that_fails_hears_it_again_and_in_order(machine: Machine) {
        let mut gateway = Gateway::open().await;
        let server = machine.start_with(impatient).await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let created = clerk.attach(&gateway).await;
        *gateway.answers.lock().unwrap() = StatusCode::SERVICE_UNAVAILABLE;
        let meeting = clerk.plan(briefing()).await;
        let cancel = format!("/api/v1/meetings/{}/cancel", meeting.id);
        clerk.change(Method::POST, &cancel, json!({})).await;
        let first = gateway.hears().await;
        let second = gateway.hears().await;
        assert_eq!((first.kind(), &first.id), (second.kind(), &second.id), "the same again");
        *gateway.answers.lock().unwrap() = StatusCode::NO_CONTENT;
        let mut next = gateway.hears().await;
        while next.id == first.id {
            next = gateway.hears().await;
        }
        assert_eq!(next.kind(), "meeting.cancelled");

        // One that is gone for good is not asked again.
        *gateway.answers.lock().unwrap() = StatusCode::GONE;
        clerk.plan(briefing()).await;
        gateway.hears().await;
        let told = format!("/api/v1/webhooks/{}/deliveries", created.webhook.id);
        let settled = async {
            loop {
                let list: DeliveryList = clerk.get(&told).await.json();
                let states: Vec<_> = list.deliveries.iter().map(|one| one.state).collect();
                if !states.contains(&DeliveryState::Waiting) {
                    return states;
                }
                tokio::task::yield_now().await;
            }
        };
        let states = timeout(PATIENCE, settled).await.unwrap();
        let (sent, failed) = (DeliveryState::Sent, DeliveryState::Failed);
        assert_eq!(states, [failed, sent, sent], "the newest first");
    }

    async fn everybody_is_reminded_once_before_the_start(machine: Machine) {
        let mut gateway = Gateway::open().await;
        let server = machine.start_with(impatient).await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        clerk.attach(&gateway).await;
        let mut body = briefing();
        body["policy"]["reminder_minutes"] = 1.into();
        let meeting = clerk.plan(body).await;
        assert_eq!(gateway.hears().await.kind(), "meeting.invited");
        server.signaling.shutdown().await;
        // The minute before the start comes while the server is away.
        let mut else_where = machine.somebody_else_at("directory").await;
        let sql = "UPDATE meetings SET remind_at = 1";
        else_where.run(sql, sql).await;
        drop(else_where);
        let server = machine.start_with(impatient).await;
        let reminder = gateway.hears().await;
        assert_eq!(reminder.kind(), "meeting.reminder");
        assert_eq!(reminder.json()["data"]["meeting"], meeting.id.as_str());
        server.signaling.shutdown().await;
        let _server = machine.start_with(impatient).await;
        assert!(gateway.heard.try_recv().is_err(), "and not again");
    }
}

#[tokio::test]
async fn webhooks_into_private_networks_and_without_tls_are_refused() {
    let machine = Machine::new();
    let server = machine.start().await;
    let clerk = Clerk::of(&server);
    let with = |url: &str, events: Value| json!({ "url": url, "description": "Cổng SMS", "events": events });
    for (url, events) in [
        ("http://sms.example.vn/", json!(EVENTS)),
        ("https://10.0.0.5/", json!(EVENTS)),
        ("https://169.254.169.254/", json!(EVENTS)),
        ("https://sms.example.vn/", json!([])),
    ] {
        let refused = clerk.post("/api/v1/webhooks", with(url, events)).await;
        assert_eq!(refused.problem(), (422, ErrorCode::WebhookUnfit), "{url}");
    }
    let unknown = with("https://sms.example.vn/", json!(["meeting.dreamt"]));
    let refused = clerk.post("/api/v1/webhooks", unknown).await.problem();
    assert_eq!(refused, (400, ErrorCode::BadMessage));
}
