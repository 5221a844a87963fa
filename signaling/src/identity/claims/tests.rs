//! Who gets in by what a provider says, and as what; in either database.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::json;

use super::{
    Account, Administration, Arrival, BTreeMap, Change, Claims, ErrorCode, IdentityError, Json,
    Name, OidcConfig, SystemRole, UnitId, accounts, admit, by_provider, decide,
};
use crate::ClientSecret;
use crate::organisation::TierId;
use crate::permissions::system::Place as GrantPlace;
use crate::test_support::{Place, both};

fn config() -> OidcConfig {
    OidcConfig {
        name: "Cổng tỉnh Minh Họa".to_owned(),
        issuer: "https://sso.example.vn".to_owned(),
        client_id: "diemcau".to_owned(),
        client_secret: ClientSecret::new("bí mật".to_owned()),
        public_url: "https://hop.example.vn".to_owned(),
        scopes: Vec::new(),
        login_claim: "preferred_username".to_owned(),
        unit_claim: Some("unit".to_owned()),
        role_claim: Some("roles".to_owned()),
        roles: BTreeMap::from([
            ("hop-quan-tri".to_owned(), SystemRole::Administrator),
            ("hop-to-chuc".to_owned(), SystemRole::Organiser),
        ]),
        create_accounts: true,
        link_accounts: false,
        authority_pem: None,
    }
}

fn claims(subject: &str, login: &str, unit: &str, roles: Json) -> Claims {
    let Json::Object(claims) = json!({"preferred_username": login, "unit": unit,
        "name": "Phạm Mạnh Hùng", "roles": roles})
    else {
        panic!("an object");
    };
    Claims {
        issuer: "https://sso.example.vn".to_owned(),
        subject: subject.to_owned(),
        claims,
    }
}

async fn with_an_binh(place: &Place) -> Administration {
    let administration = Administration::open(&place.location).await.unwrap();
    let mut work = administration.work().await.unwrap();
    let change = Change::AddUnit {
        id: UnitId::parse("an-binh").unwrap(),
        parent: None,
        tier: TierId::parse("commune").unwrap(),
        name: Name::parse("Xã An Bình").unwrap(),
    };
    let records = decide(work.organisation(), 0, change).unwrap();
    let changed = work.change(&by_provider("unit.create", 0), records).await;
    work.end(changed).await.unwrap();
    administration
}

async fn admitted(
    administration: &Administration,
    config: &OidcConfig,
    claims: &Claims,
) -> Result<Account, ErrorCode> {
    let arrival = Arrival {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        browser: String::new(),
        known: None,
    };
    match admit(administration, config, 5, &arrival, claims).await {
        Ok(signed_in) => Ok(signed_in.account),
        Err(IdentityError::Refused(refusal)) => Err(refusal.code),
        Err(other) => panic!("{other}"),
    }
}

fn roles(account: &Account) -> Vec<SystemRole> {
    account.grants.iter().map(|grant| grant.role).collect()
}

both! {
    async fn the_first_sign_in_makes_a_person_and_an_account_and_the_next_one_finds_it(place: Place) {
        let administration = with_an_binh(&place).await;
        let first = claims("7", "Hung.Pham", "an-binh", json!(["hop-to-chuc", "ke-toan"]));
        let account = admitted(&administration, &config(), &first).await.unwrap();
        assert_eq!(account.login.as_str(), "hung.pham");
        let unit = UnitId::parse("an-binh").unwrap();
        assert_eq!(account.grants[0].place, GrantPlace::Unit(unit.clone()));
        assert_eq!(roles(&account), [SystemRole::Organiser]);
        let organisation = administration.organisation().await.unwrap();
        let person = &organisation.people[&account.person];
        assert_eq!((person.name(), &person.unit), ("Phạm Mạnh Hùng", &unit));

        // The provider gives other roles, as one text; the name may change.
        let later = claims("7", "hung.pham.2", "an-binh", json!("hop-quan-tri"));
        let again = admitted(&administration, &config(), &later).await.unwrap();
        assert_eq!(again.id, account.id);
        assert_eq!(roles(&again), [SystemRole::Administrator]);
        let none = claims("7", "hung.pham", "an-binh", json!(null));
        assert_eq!(roles(&admitted(&administration, &config(), &none).await.unwrap()), []);
        assert_eq!(administration.verify_audit().await.unwrap().broken_at, None);
    }

    async fn who_is_not_meant_gets_no_account(place: Place) {
        let administration = with_an_binh(&place).await;
        let strangers = [
            claims("8", "tam.do", "khong-co", json!([])),
            claims("8", "tam.do", "", json!([])),
            claims("8", "'; DROP TABLE", "an-binh", json!([])),
        ];
        for stranger in &strangers {
            let refused = admitted(&administration, &config(), stranger).await;
            assert_eq!(refused.unwrap_err(), ErrorCode::NoAccount);
        }
        let closed_door = OidcConfig { create_accounts: false, ..config() };
        let known = claims("8", "tam.do", "an-binh", json!([]));
        let refused = admitted(&administration, &closed_door, &known).await;
        assert_eq!(refused.unwrap_err(), ErrorCode::NoAccount);
        let organisation = administration.organisation().await.unwrap();
        assert!(organisation.people.is_empty());
    }

    async fn a_local_account_is_nobodys_by_its_name_alone(place: Place) {
        let administration = with_an_binh(&place).await;
        let first = claims("7", "hung.pham", "an-binh", json!([]));
        admitted(&administration, &config(), &first).await.unwrap();
        // Somebody else of the same name, at the same provider.
        let other = claims("9", "hung.pham", "an-binh", json!(["hop-quan-tri"]));
        for link_accounts in [false, true] {
            let config = OidcConfig { link_accounts, ..config() };
            let refused = admitted(&administration, &config, &other).await;
            assert_eq!(refused.unwrap_err(), ErrorCode::NoAccount);
        }
        // A local account goes along only where the settings say so.
        let mut work = administration.work().await.unwrap();
        let person = work.organisation().people.keys().next().unwrap().clone();
        let mut local = accounts::by_person(&mut work, &person).await.unwrap().unwrap();
        local.provider = None;
        let written = accounts::write(&mut work, &local).await;
        work.end(written).await.unwrap();
        let refused = admitted(&administration, &config(), &other).await;
        assert_eq!(refused.unwrap_err(), ErrorCode::NoAccount);
        let linking = OidcConfig { link_accounts: true, ..config() };
        let linked = admitted(&administration, &linking, &other).await.unwrap();
        assert_eq!(linked.id, local.id);
        assert_eq!(linked.provider.unwrap().1, "9");
    }
}
