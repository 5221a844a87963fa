//! Invitations by mail, received by a mail server that is not ours.

use std::time::Duration;

use axum::http::Method;
use diemcau_protocol::{DeliveryList, DeliveryState, Invitation, PlannedMeeting};
use diemcau_signaling::{MailSecurity, SignalingConfig};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tokio::time::timeout;

use super::clerk::Clerk;
use super::post::{Post, by_mail};
use super::rest::{ask, get};
use super::schedule::briefing;
use super::support::{Machine, both};

const PATIENCE: Duration = Duration::from_secs(20);

impl Clerk<'_> {
    /// The chair reads Vietnamese, one commune English, the other has no mail.
    async fn give_addresses(&self) {
        self.people_the_province().await;
        for (who, email, language) in [
            ("person/chi-lan", "lan@minhhoa.gov.vn", "vi"),
            ("site/hoi-truong", "anbinh@minhhoa.gov.vn", "en"),
        ] {
            let contact = json!({ "email": email, "language": language }).to_string();
            let address = format!("/api/v1/contacts/{who}");
            let set = self.ask(Method::PUT, &address, &[], contact).await;
            assert_eq!(set.status, 200);
        }
    }

    async fn deliveries(&self, meeting: &PlannedMeeting) -> DeliveryList {
        let address = format!("/api/v1/meetings/{}/deliveries", meeting.id);
        self.get(&address).await.json()
    }

    /// Waits until all letters about a meeting have come to this.
    async fn all_are(&self, meeting: &PlannedMeeting, wanted: impl Fn(DeliveryState, u32) -> bool) {
        let wait = async {
            loop {
                let list = self.deliveries(meeting).await.deliveries;
                if list.iter().all(|one| wanted(one.state, one.attempts)) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, wait).await.expect("deliveries");
    }
}

both! {
    async fn invitation_change_and_cancellation_are_received(machine: Machine) {
        let mut post = Post::open(0, &[]);
        let server = machine.start_with(by_mail(post.port)).await;
        let clerk = Clerk::of(&server);
        clerk.give_addresses().await;
        let meeting = clerk.plan(briefing()).await;
        let one = format!("/api/v1/meetings/{}", meeting.id);

        let letters = post.receives(2).await;
        let [an_binh, lan] = &letters[..] else { panic!("two letters") };
        assert_eq!(lan.to, ["lan@minhhoa.gov.vn"]);
        assert!(lan.subject.starts_with("Giấy mời họp: Giao ban tuần 12"), "{}", lan.subject);
        assert!(lan.sender.contains("hop@minhhoa.gov.vn"));
        assert_eq!(lan.form, "multipart/alternative");
        let text = &lan.part("text/plain").text;
        for told in ["Kính gửi: Nguyễn Thị Lan, Chủ tịch UBND tỉnh", "Tham dự với vai trò: Chủ tọa",
            "1. Phòng chống bão (20 phút) – Sở NN&MT", "không thuộc danh mục bí mật nhà nước"] {
            assert!(text.contains(told), "{told} in {text}");
        }
        assert!(lan.part("text/html").text.contains("Sở NN&amp;MT"));
        assert!(an_binh.part("text/plain").text.contains("Dear Hội trường xã An Bình"));
        assert_eq!(lan.part("text/calendar").method.as_deref(), Some("REQUEST"));
        let (uid, sequence) = (lan.calendar("UID:"), lan.calendar("SEQUENCE:"));
        assert_eq!((uid.as_str(), sequence.as_str()), (&*format!("{}@diemcau", meeting.id), "0"));
        assert!(lan.calendar("ATTENDEE").ends_with("mailto:lan@minhhoa.gov.vn"));
        assert!(lan.calendar("DTSTART:").ends_with('Z'));
        // The link in the letter is the reader's own.
        let request = get("/api/v1/invitation", Some(&lan.token()));
        let (_, invitation): (_, Invitation) = ask(&server, request).await;
        assert_eq!(invitation.name.as_deref(), Some("Nguyễn Thị Lan, Chủ tịch UBND tỉnh"));

        let later = json!({ "starts_at": meeting.starts_at + 60_000 });
        assert_eq!(clerk.change(Method::PATCH, &one, later).await.status, 200);
        let changed = post.receives(2).await;
        assert!(changed[1].subject.starts_with("Điều chỉnh lịch họp"));
        assert!(changed[0].subject.starts_with("Changed"));
        assert_eq!(changed[1].calendar("UID:"), uid);
        assert_eq!(changed[1].calendar("SEQUENCE:"), "1");
        assert_ne!(changed[1].calendar("DTSTART:"), lan.calendar("DTSTART:"));

        // Who is taken off the list hears of it; the others do not.
        let mut invite = briefing()["invite"].clone();
        invite["except"] = json!([{ "what": "site", "id": "hoi-truong" }]);
        let fewer = json!({ "invite": invite });
        assert_eq!(clerk.change(Method::PATCH, &one, fewer).await.status, 200);
        let withdrawn = post.receives(1).await;
        assert_eq!(withdrawn[0].to, ["anbinh@minhhoa.gov.vn"]);
        assert_eq!(withdrawn[0].part("text/calendar").method.as_deref(), Some("CANCEL"));

        let reason = json!({ "reason": "Bão đổi hướng" });
        clerk.change(Method::POST, &format!("{one}/cancel"), reason).await;
        let cancelled = post.receives(1).await;
        assert_eq!(cancelled[0].to, ["lan@minhhoa.gov.vn"]);
        assert!(cancelled[0].part("text/plain").text.contains("Lý do: Bão đổi hướng"));
        assert_eq!(cancelled[0].calendar("UID:"), uid);
        assert_eq!(cancelled[0].calendar("SEQUENCE:"), "3");
        assert_eq!(cancelled[0].calendar("STATUS:"), "CANCELLED");
        clerk.all_are(&meeting, |state, _| state == DeliveryState::Sent).await;
        assert!(post.received_nothing_more());
    }

    async fn while_the_mail_server_is_away_letters_wait_and_then_come_once(machine: Machine) {
        let closed = Post::open(0, &[]);
        let port = closed.port;
        drop(closed);
        let server = machine.start_with(by_mail(port)).await;
        let clerk = Clerk::of(&server);
        clerk.give_addresses().await;
        let meeting = clerk.plan(briefing()).await;
        clerk.all_are(&meeting, |state, attempts| {
            state == DeliveryState::Waiting && attempts >= 2
        }).await;
        let waiting = clerk.deliveries(&meeting).await.deliveries;
        assert!(waiting.iter().all(|one| one.error.is_some()));
        let later = json!({ "starts_at": meeting.starts_at + 60_000 });
        let one = format!("/api/v1/meetings/{}", meeting.id);
        assert_eq!(clerk.change(Method::PATCH, &one, later).await.status, 200);
        // What waits outlives the server.
        server.signaling.shutdown().await;
        let server = machine.start_with(by_mail(port)).await;
        let clerk = Clerk::of(&server);

        let mut post = Post::open(port, &[]);
        let letters = post.receives(4).await;
        let order: Vec<_> = letters.iter().map(|one| one.calendar("SEQUENCE:")).collect();
        assert_eq!(order, ["0", "1", "0", "1"], "the invitation before the change");
        clerk.all_are(&meeting, |state, _| state == DeliveryState::Sent).await;
        assert!(post.received_nothing_more());
        let mut ids: Vec<_> = letters.iter().map(|one| &one.message_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4);
    }

    async fn a_mailbox_that_is_not_there_holds_up_nobody(machine: Machine) {
        let mut post = Post::open(0, &[]);
        let server = machine.start_with(by_mail(post.port)).await;
        let clerk = Clerk::of(&server);
        clerk.give_addresses().await;
        let mut body = briefing();
        let guest = json!({ "what": "guest", "name": "Khách", "email": "khong-co@example.vn" });
        body["invite"]["entries"].as_array_mut().unwrap().insert(0, guest);
        let meeting = clerk.plan(body).await;
        assert_eq!(post.receives(2).await.len(), 2);
        clerk.all_are(&meeting, |state, _| state != DeliveryState::Waiting).await;
        let list = clerk.deliveries(&meeting).await.deliveries;
        assert_eq!(list[0].state, DeliveryState::Failed);
        assert_eq!(list[0].attempts, 1);
        assert!(list[0].error.as_deref().unwrap().contains("no such mailbox"), "{list:?}");
    }
}

#[tokio::test]
async fn letters_go_by_tls_to_a_server_with_the_organisations_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&own_key, &issuer).unwrap();
    let (certificate, key) = (folder.path().join("tls.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, own.pem()).unwrap();
    std::fs::write(&key, own_key.serialize_pem()).unwrap();
    let mut post = Post::open(0, &[&certificate, &key]);

    let machine = Machine::new();
    let port = post.port;
    let with_authority = |authority: Option<String>| {
        move |config: &mut SignalingConfig| {
            by_mail(port)(config);
            let mail = config.planning.mail.as_mut().unwrap();
            mail.host = "localhost".to_owned();
            mail.security = MailSecurity::StartTls;
            mail.authority_pem = authority;
        }
    };
    // A certificate that nobody vouches for gets no letters.
    let server = machine.start_with(with_authority(None)).await;
    let clerk = Clerk::of(&server);
    clerk.give_addresses().await;
    let meeting = clerk.plan(briefing()).await;
    let waits = |state, attempts| state == DeliveryState::Waiting && attempts >= 1;
    clerk.all_are(&meeting, waits).await;
    assert!(post.received_nothing_more());
    server.signaling.shutdown().await;

    let _server = machine
        .start_with(with_authority(Some(authority_pem)))
        .await;
    let letters = post.receives(2).await;
    assert!(letters.iter().all(|letter| letter.secure));
}
