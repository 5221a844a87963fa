//! What time does to sessions, links, codes and tokens; in either database.

use std::net::{IpAddr, Ipv4Addr};

use diemcau_protocol::SignIn;

use super::accounts::{Account, Login};
use super::*;
use crate::administration::{Act, Answer};
use crate::database::Value;
use crate::organisation::{
    Change, MemberId, MemberKind, Name, Organisation, TierId, UnitId, decide,
};
use crate::test_support::{Place, both};

const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;
const PASSWORD: &str = "mùa lúa chín vàng";

fn arrival() -> Arrival {
    Arrival {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        browser: "máy thử".to_owned(),
        known: None,
    }
}

/// Mrs Lan's account, which a link opens until the third day.
async fn with_lan(place: &Place) -> (Identity, Administration, Account, Secret) {
    let administration = Administration::open(&place.location).await.unwrap();
    let identity = Identity::new("khóa của máy chủ", None).unwrap();
    let unit = UnitId::parse("an-binh").unwrap();
    let lan = MemberId::parse("lan").unwrap();
    let changes = [
        Change::AddUnit {
            id: unit.clone(),
            parent: None,
            tier: TierId::parse("commune").unwrap(),
            name: Name::parse("Xã An Bình").unwrap(),
        },
        Change::AddMember {
            kind: MemberKind::Person,
            id: lan.clone(),
            unit,
            name: Name::parse("Nguyễn Thị Lan").unwrap(),
            position: None,
        },
    ];
    for change in changes {
        let act = Act {
            actor: "administrator".to_owned(),
            action: "unit.create",
            at: 0,
            once: None,
        };
        let decide = |organisation: &Organisation| decide(organisation, 0, change);
        let answer = |_: &Organisation| Answer {
            status: 201,
            etag: None,
            location: None,
            body: String::new(),
        };
        administration.act(act, decide, answer).await.unwrap();
    }
    let login = Login::parse("lan.nguyen").unwrap();
    let account = Account::new("a".to_owned(), lan, login, 0);
    let mut work = administration.work().await.unwrap();
    let made = async {
        accounts::write(&mut work, &account).await?;
        identity.make_link(&mut work, &account, 0).await
    }
    .await;
    let (link, _) = work.end(made).await.unwrap();
    (identity, administration, account, link)
}

async fn sign_in(
    identity: &Identity,
    administration: &Administration,
    now: i64,
) -> Result<SignedIn, IdentityError> {
    let said = SignIn {
        login: "lan.nguyen".to_owned(),
        password: PASSWORD.to_owned(),
        code: None,
    };
    identity
        .sign_in(administration, now, &arrival(), &said)
        .await
}

async fn is_good(administration: &Administration, secret: &Secret, now: i64) -> bool {
    let mut work = administration.glance().await.unwrap();
    let found = sessions::find(&mut work, secret, now).await;
    work.end(found).await.unwrap().is_some()
}

fn code(error: IdentityError) -> ErrorCode {
    match error {
        IdentityError::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    }
}

both! {
    async fn a_link_ends_after_three_days_and_a_newer_one_ends_it(place: Place) {
        let (identity, administration, account, link) = with_lan(&place).await;
        let set = |now, link: &str| {
            let (link, administration, identity) = (link.to_owned(), &administration, &identity);
            async move { identity.set_by_link(administration, now, &link, PASSWORD).await }
        };
        let late = set(LINK_TTL, link.expose()).await.unwrap_err();
        assert_eq!(code(late), ErrorCode::LinkInvalid);
        let mut work = administration.work().await.unwrap();
        let made = identity.make_link(&mut work, &account, 0).await;
        let (newer, _) = work.end(made).await.unwrap();
        let older = set(1, link.expose()).await.unwrap_err();
        assert_eq!(code(older), ErrorCode::LinkInvalid);
        set(LINK_TTL - 1, newer.expose()).await.unwrap();
    }

    async fn a_session_ends_when_it_is_idle_and_after_a_week_at_the_latest(place: Place) {
        let (identity, administration, _, link) = with_lan(&place).await;
        identity.set_by_link(&administration, 0, link.expose(), PASSWORD).await.unwrap();
        let idle = sign_in(&identity, &administration, 0).await.unwrap().secret;
        assert!(is_good(&administration, &idle, 8 * HOUR - 1).await);
        assert!(is_good(&administration, &idle, 15 * HOUR).await, "it was used meanwhile");
        assert!(!is_good(&administration, &idle, 23 * HOUR).await);

        let busy = sign_in(&identity, &administration, 0).await.unwrap().secret;
        for hour in (4..7 * 24).step_by(4) {
            assert!(is_good(&administration, &busy, hour * HOUR).await, "{hour}");
        }
        assert!(!is_good(&administration, &busy, 7 * DAY).await);
        // What is over goes when the next one begins.
        sign_in(&identity, &administration, 30 * DAY).await.unwrap();
        let mut work = administration.glance().await.unwrap();
        let left = work.fetch("SELECT id FROM sessions", &[]).await.map(|rows| rows.len());
        assert_eq!(work.end(left).await.unwrap(), 1);
    }

    async fn a_token_of_a_program_ends(place: Place) {
        let (_, administration, account, _) = with_lan(&place).await;
        let secret = Secret::new(TOKEN_PREFIX);
        let token = sessions::ApiToken {
            id: "t".to_owned(),
            name: "Đồng bộ".to_owned(),
            scopes: vec![diemcau_protocol::TokenScope::AuditRead],
            unit: None,
            created_at: 0,
            expires_at: DAY,
            used_at: None,
        };
        let mut work = administration.work().await.unwrap();
        let added = sessions::add_token(&mut work, &account, &token, &secret).await;
        work.end(added).await.unwrap();
        for (now, left) in [(DAY - 1, 1), (DAY, 0)] {
            let mut work = administration.glance().await.unwrap();
            let found = async {
                let (found, _) = sessions::find_token(&mut work, &secret, now).await?.unwrap();
                let listed = sessions::tokens_of(&mut work, "a", now).await?;
                Ok::<_, StoreError>((found.expires_at > now, listed.len()))
            }
            .await;
            assert_eq!(work.end(found).await.unwrap(), (left == 1, left));
        }
    }

    async fn nothing_in_the_database_opens_an_account(place: Place) {
        let (identity, administration, account, link) = with_lan(&place).await;
        identity.set_by_link(&administration, 0, link.expose(), PASSWORD).await.unwrap();
        let signed_in = sign_in(&identity, &administration, 0).await.unwrap();
        identity.enrol(&administration, &signed_in.account).await.unwrap();
        let mut work = administration.glance().await.unwrap();
        let read = async {
            let row = work.fetch_one("SELECT password, totp_new FROM accounts", &[]).await?.unwrap();
            let hash = work.fetch_one("SELECT hash FROM sessions", &[]).await?.unwrap();
            Ok::<_, StoreError>((
                row.get::<String>("password")?,
                row.get::<Vec<u8>>("totp_new")?,
                hash.get::<Vec<u8>>("hash")?,
            ))
        }
        .await;
        let (password, totp, session) = work.end(read).await.unwrap();
        assert!(password.starts_with("$argon2id$"));
        assert!(identity.seal.open(&account.id, &totp).is_some());
        assert_eq!(totp.len(), 12 + 20 + 16, "nonce, secret and tag");
        assert_ne!(session, signed_in.secret.expose().as_bytes());
    }

    async fn work_that_is_not_finished_leaves_nothing(place: Place) {
        let (_, administration, account, _) = with_lan(&place).await;
        let mut work = administration.work().await.unwrap();
        let sql = "UPDATE accounts SET login = 'x' WHERE id = $1";
        work.execute(sql, &[Value::Text(&account.id)]).await.unwrap();
        drop(work);
        let mut work = administration.work().await.unwrap();
        work.execute(sql, &[Value::Text(&account.id)]).await.unwrap();
        let refused: Result<(), StoreError> = Err(StoreError::Closed);
        work.end(refused).await.unwrap_err();
        let mut work = administration.glance().await.unwrap();
        let found = accounts::by_login(&mut work, &account.login).await;
        assert!(work.end(found).await.unwrap().is_some());
    }

    async fn a_code_is_good_once_however_many_come_with_it_at_once(place: Place) {
        let (identity, administration, _, link) = with_lan(&place).await;
        identity.set_by_link(&administration, 0, link.expose(), PASSWORD).await.unwrap();
        let lan = sign_in(&identity, &administration, 0).await.unwrap().account;
        identity.enrol(&administration, &lan).await.unwrap();
        let mut work = administration.glance().await.unwrap();
        let found = accounts::by_id(&mut work, "a").await;
        let lan = work.end(found).await.unwrap().unwrap();
        let secret = identity.seal.open("a", lan.totp_new.as_ref().unwrap()).unwrap();
        let code_at = |now| second_factor::code(&secret, now);
        let now = 10 * DAY;
        let (arrival, first) = (arrival(), code_at(now));
        let confirmed = identity.confirm(&administration, now, &arrival, &lan, &first);
        confirmed.await.unwrap();
        let later = now + 30_000;
        let said = SignIn {
            login: "lan.nguyen".to_owned(),
            password: PASSWORD.to_owned(),
            code: Some(code_at(later)),
        };
        let both = futures_util::join!(
            identity.sign_in(&administration, later, &arrival, &said),
            identity.sign_in(&administration, later, &arrival, &said),
        );
        let outcomes = [both.0.is_ok(), both.1.is_ok()];
        assert_eq!(outcomes.iter().filter(|in_| **in_).count(), 1);
    }
}
