//! Accounts over REST, in either database: officials who sign in, and those
//! who try to be somebody else.

pub(crate) mod browser;
mod halls;
mod powers;

use std::collections::BTreeMap;

use diemcau_protocol::{ErrorCode, Me, RecoveryCodes, Sessions, SignInMethod};
use diemcau_signaling::{ClientSecret, OidcConfig};
use serde_json::json;
use totp_rs::{Builder, Secret};

use crate::support::{Machine, Server, both, diary};
use browser::{Browser, Office};

pub(crate) const PASSWORD: &str = "mùa lúa chín vàng";
const OTHER_PASSWORD: &str = "gặt xong trước cơn bão";

/// The code that an authenticator shows, some steps from now.
fn code(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new()
        .with_secret(secret)
        .with_account_name("x")
        .build()
        .unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let at = now.as_secs() as i64 + 30 * steps;
    totp.generate(at as u64).to_string()
}

/// A provider at a port where nobody listens.
fn nobody_there() -> OidcConfig {
    OidcConfig {
        name: "Cổng tỉnh Minh Họa".to_owned(),
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: "diemcau".to_owned(),
        client_secret: ClientSecret::new("khóa của cổng".to_owned()),
        public_url: "https://hop.example.vn".to_owned(),
        scopes: Vec::new(),
        login_claim: "preferred_username".to_owned(),
        unit_claim: None,
        role_claim: None,
        roles: BTreeMap::new(),
        create_accounts: false,
        link_accounts: false,
        authority_pem: None,
    }
}

/// Mrs Lan with an authenticator, and its secret.
async fn with_authenticator(server: &Server) -> (Browser<'_>, String, Vec<String>) {
    let lan = Office::new(server).await.lan().await;
    let new = lan.post("/api/v1/me/second-factor", json!({})).await;
    let secret = new.json::<serde_json::Value>()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let confirm = "/api/v1/me/second-factor/confirm";
    let wrong = lan.post(confirm, json!({"code": code(&secret, 40)})).await;
    assert_eq!(wrong.problem(), (401, ErrorCode::CodeWrong));
    let confirmed = lan.post(confirm, json!({"code": code(&secret, -1)})).await;
    let codes: RecoveryCodes = confirmed.json();
    (lan, secret, codes.codes)
}

both! {
    async fn an_official_gets_an_account_by_a_link_and_signs_in(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let link = office.account("lan.nguyen", "lan", json!([])).await;
        let browser = Browser::new(&server);
        for (password, code) in [
            ("ngắn quá", ErrorCode::PasswordWeak),
            ("NguyenThiLan@1", ErrorCode::PasswordWeak),
        ] {
            let refused = browser.first_password(&link, password).await;
            assert_eq!(refused.problem(), (422, code));
        }
        let early = browser.sign_in("lan.nguyen", PASSWORD).await;
        assert_eq!(early.problem(), (401, ErrorCode::CredentialsWrong));
        assert_eq!(browser.first_password(&link, PASSWORD).await.status, 204);
        let again = browser.first_password(&link, OTHER_PASSWORD).await;
        assert_eq!(again.problem(), (404, ErrorCode::LinkInvalid));

        let signed_in = browser.sign_in(" Lan.Nguyen ", PASSWORD).await;
        assert_eq!(signed_in.status, 200);
        for cookie in &signed_in.cookies {
            for part in ["__Host-dc_", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
                assert!(cookie.contains(part), "{cookie}");
            }
        }
        let me: Me = browser.get("/api/v1/me").await.json();
        assert_eq!((me.name.as_str(), me.unit_name.as_str()), ("Nguyễn Thị Lan", "Xã An Bình"));
        assert_eq!(me.method, SignInMethod::Password);
        let units = browser.get("/api/v1/units").await;
        assert_eq!(units.status, 200, "everybody who is known reads the organisation");
        assert_eq!(browser.post("/api/v1/sign-out", json!({})).await.status, 200);
        assert_eq!(browser.get("/api/v1/me").await.problem().0, 401);
    }

    async fn a_wrong_password_and_an_unknown_name_look_the_same(machine: Machine) {
        let server = machine.start().await;
        Office::new(&server).await.lan().await;
        let rogue = Browser::new(&server);
        let wrong = rogue.sign_in("lan.nguyen", OTHER_PASSWORD).await;
        let unknown = rogue.sign_in("khong.co.ai", OTHER_PASSWORD).await;
        let nonsense = rogue.sign_in("'; DROP TABLE accounts; --", OTHER_PASSWORD).await;
        assert_eq!(wrong.problem(), (401, ErrorCode::CredentialsWrong));
        assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
        assert_eq!(nonsense.body, unknown.body);
        assert!(wrong.cookies.is_empty() && unknown.cookies.is_empty());
    }

    async fn an_authenticator_is_asked_for_and_each_code_is_good_once(machine: Machine) {
        let server = machine.start().await;
        let (lan, secret, recovery) = with_authenticator(&server).await;
        let laptop = Browser::new(&server);
        let without = laptop.sign_in("lan.nguyen", PASSWORD).await;
        assert_eq!(without.problem(), (401, ErrorCode::CodeNeeded));
        let used = laptop.sign_in_with("lan.nguyen", PASSWORD, &code(&secret, -1)).await;
        assert_eq!(used.problem(), (401, ErrorCode::CodeWrong));
        let wrong_password = laptop.sign_in_with("lan.nguyen", OTHER_PASSWORD, &code(&secret, 0)).await;
        assert_eq!(wrong_password.problem(), (401, ErrorCode::CredentialsWrong));
        let next = code(&secret, 0);
        assert_eq!(laptop.sign_in_with("lan.nguyen", PASSWORD, &next).await.status, 200);
        let replayed = Browser::new(&server).sign_in_with("lan.nguyen", PASSWORD, &next).await;
        assert_eq!(replayed.problem(), (401, ErrorCode::CodeWrong));

        // The telephone is lost: a recovery code opens, once.
        let other = Browser::new(&server);
        let recovery = &recovery[3];
        assert_eq!(other.sign_in_with("lan.nguyen", PASSWORD, recovery).await.status, 200);
        let again = Browser::new(&server).sign_in_with("lan.nguyen", PASSWORD, recovery).await;
        assert_eq!(again.problem(), (401, ErrorCode::CodeWrong));
        let me: Me = other.get("/api/v1/me").await.json();
        assert_eq!(me.recovery_codes, 9);
        assert!(me.account.second_factor);
        let second = lan.post("/api/v1/me/second-factor", json!({})).await;
        assert_eq!(second.problem(), (409, ErrorCode::AlreadyExists));
        let remove = "/api/v1/me/second-factor/remove";
        let refused = lan.post(remove, json!({"password": OTHER_PASSWORD})).await;
        assert_eq!(refused.problem(), (401, ErrorCode::CredentialsWrong));
        assert_eq!(lan.post(remove, json!({"password": PASSWORD})).await.status, 204);
        assert_eq!(Browser::new(&server).sign_in("lan.nguyen", PASSWORD).await.status, 200);
    }

    async fn nobody_locks_an_official_out(machine: Machine) {
        let server = machine.start().await;
        let lan = Office::new(&server).await.lan().await;
        let rogue = Browser::at(&server, "203.0.113.7");
        for _ in 0..5 {
            let wrong = rogue.sign_in("lan.nguyen", OTHER_PASSWORD).await;
            assert_eq!(wrong.problem(), (401, ErrorCode::CredentialsWrong));
        }
        // The sixth has to wait a second, and whoever comes within it is sent away.
        rogue.sign_in("lan.nguyen", OTHER_PASSWORD).await;
        let waits = rogue.sign_in("lan.nguyen", PASSWORD).await;
        assert_eq!(waits.problem(), (429, ErrorCode::TooManyAttempts));
        assert!(waits.retry_after.is_some());

        let elsewhere = Browser::at(&server, "198.51.100.1");
        assert_eq!(elsewhere.sign_in("lan.nguyen", PASSWORD).await.status, 200);
        // In the browser in which she was before, even next door to the rogue.
        lan.move_to("203.0.113.7");
        assert_eq!(lan.sign_in("lan.nguyen", PASSWORD).await.status, 200);
    }

    async fn sessions_are_listed_and_ended(machine: Machine) {
        let server = machine.start().await;
        let desk = Office::new(&server).await.lan().await;
        let (laptop, phone) = (Browser::at(&server, "198.51.100.1"), Browser::at(&server, "198.51.100.2"));
        for browser in [&laptop, &phone] {
            assert_eq!(browser.sign_in("lan.nguyen", PASSWORD).await.status, 200);
        }
        let sessions: Sessions = desk.get("/api/v1/me/sessions").await.json();
        assert_eq!(sessions.items.len(), 3);
        assert_eq!(sessions.items.iter().filter(|one| one.current).count(), 1);
        let of_laptop = sessions.items.iter().find(|one| one.address == "198.51.100.1").unwrap();
        assert_eq!(of_laptop.browser, "máy thử");
        let path = format!("/api/v1/me/sessions/{}", of_laptop.id);
        assert_eq!(desk.delete(&path).await.status, 204);
        assert_eq!(desk.delete(&path).await.problem(), (404, ErrorCode::NotFound));
        assert_eq!(laptop.get("/api/v1/me").await.problem(), (401, ErrorCode::SignInNeeded));
        assert_eq!(phone.get("/api/v1/me").await.status, 200);

        // Another password ends every other session.
        let change = "/api/v1/me/password";
        let wrong = desk.post(change, json!({"current": OTHER_PASSWORD, "password": OTHER_PASSWORD})).await;
        assert_eq!(wrong.problem(), (401, ErrorCode::CredentialsWrong));
        let weak = desk.post(change, json!({"current": PASSWORD, "password": "lan.nguyen123"})).await;
        assert_eq!(weak.problem(), (422, ErrorCode::PasswordWeak));
        let changed = desk.post(change, json!({"current": PASSWORD, "password": OTHER_PASSWORD})).await;
        assert_eq!(changed.status, 204);
        assert_eq!(phone.get("/api/v1/me").await.problem().0, 401);
        assert_eq!(desk.get("/api/v1/me").await.status, 200);
        assert_eq!(phone.sign_in("lan.nguyen", PASSWORD).await.problem().0, 401);
        assert_eq!(phone.sign_in("lan.nguyen", OTHER_PASSWORD).await.status, 200);
        assert_eq!(desk.delete("/api/v1/me/sessions").await.status, 204);
        assert_eq!(phone.get("/api/v1/me").await.problem().0, 401);
    }

    async fn another_sites_page_does_nothing_with_the_cookie(machine: Machine) {
        let server = machine.start().await;
        let lan = Office::new(&server).await.lan().await;
        let hop = ("host", "hop.example.vn");
        let of_others: [&[(&str, &str)]; 5] = [
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example"), hop],
            &[("origin", "null"), hop],
            &[],
        ];
        for headers in of_others {
            let refused = lan.ask_as("DELETE", "/api/v1/me/sessions", headers, "").await;
            assert_eq!(refused.problem(), (403, ErrorCode::CrossSite), "{headers:?}");
        }
        let ours = [("origin", "https://hop.example.vn"), hop];
        assert_eq!(lan.ask_as("DELETE", "/api/v1/me/sessions", &ours, "").await.status, 204);
        let said = json!({"login": "lan.nguyen", "password": PASSWORD}).to_string();
        let evil = [("sec-fetch-site", "cross-site")];
        let refused = Browser::new(&server).ask_as("POST", "/api/v1/sign-in", &evil, &said).await;
        assert_eq!(refused.problem(), (403, ErrorCode::CrossSite));
    }

    async fn whoever_is_switched_off_or_leaves_is_out_at_once(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let lan = office.lan().await;
        let account: Me = lan.get("/api/v1/me").await.json();
        let path = format!("/api/v1/accounts/{}", account.account.id);
        let change = |disabled: bool| office.change(&path, json!({"disabled": disabled}));
        assert_eq!(change(true).await.status, 200);
        assert_eq!(lan.get("/api/v1/me").await.problem(), (401, ErrorCode::SignInNeeded));
        assert_eq!(lan.sign_in("lan.nguyen", PASSWORD).await.problem().0, 401);
        assert_eq!(change(false).await.status, 200);
        assert_eq!(lan.sign_in("lan.nguyen", PASSWORD).await.status, 200);
        // She leaves; her record is closed, and nobody has to remember the account.
        assert_eq!(office.close_person("lan").await.status, 200);
        assert_eq!(lan.get("/api/v1/me").await.problem(), (401, ErrorCode::SignInNeeded));
        assert_eq!(lan.sign_in("lan.nguyen", PASSWORD).await.problem().0, 401);
    }

    async fn a_provider_that_is_away_or_not_there_is_told_on_the_sign_in_page(machine: Machine) {
        let without = machine.start().await;
        let start = Browser::new(&without).get("/api/v1/oidc/start").await;
        assert_eq!(start.location.as_deref(), Some("/sign-in#error=not_found"));
        drop(without);
        let server = machine.start_with(|config| config.oidc = Some(nobody_there())).await;
        let browser = Browser::new(&server);
        let options = browser.get("/api/v1/sign-in").await;
        assert_eq!(options.json::<serde_json::Value>()["provider"], "Cổng tỉnh Minh Họa");
        let start = browser.get("/api/v1/oidc/start").await;
        assert_eq!(start.status, 303);
        assert_eq!(start.location.as_deref(), Some("/sign-in#error=provider_unavailable"));
        // Whoever comes back without having gone is not let in.
        for query in ["", "?code=a&state=b", "?error=access_denied", "?code=%FF"] {
            let back = browser.get(&format!("/api/v1/oidc/callback{query}")).await;
            assert_eq!(back.location.as_deref(), Some("/sign-in#error=provider_refused"));
            assert!(browser.session().is_none());
        }
        // Local accounts go on.
        Office::new(&server).await.lan().await;
    }

    async fn no_secret_of_an_account_is_logged_or_written_down(machine: Machine) {
        let server = machine.start().await;
        let (lan, secret, recovery) = with_authenticator(&server).await;
        let office = Office::again(&server);
        let audit = String::from_utf8(office.get("/api/v1/audit").await.body).unwrap();
        assert!(audit.contains("account.second_factor.add") && audit.contains("session.begin"));
        let verified = office.get("/api/v1/audit/verification").await;
        assert_eq!(verified.json::<serde_json::Value>()["intact"], true);
        let session = lan.session().unwrap();
        let diary = diary();
        for secret in [PASSWORD, OTHER_PASSWORD, &secret, &recovery[0], &session, "$argon2id$"] {
            assert!(!audit.contains(secret), "{secret}");
            assert!(!diary.contains(secret), "{secret}");
        }
    }
}
