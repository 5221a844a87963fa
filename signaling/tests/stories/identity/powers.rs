//! What roles and tokens allow, and what they do not.

use diemcau_protocol::{AccountPage, ApiTokens, ErrorCode, Me, NewApiToken, UnitPage};
use serde_json::json;

use super::browser::{Browser, Office};
use crate::support::{Machine, both};

const FORBIDDEN: (u16, ErrorCode) = (403, ErrorCode::Forbidden);

both! {
    async fn an_administrator_of_a_commune_looks_after_it_and_nothing_else(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let roles = json!([{"role": "unit_administrator", "unit": "an-binh"}]);
        let binh = office.person("binh.tran", "binh", roles).await;
        let hamlet = |parent: &str| json!({"parent": parent, "tier": "commune", "name": "Thôn Đông"});
        let person = |unit: &str| json!({"unit": unit, "name": "Đỗ Văn Tám"});
        assert_eq!(binh.post("/api/v1/people", person("an-binh")).await.status, 201);
        assert_eq!(binh.post("/api/v1/people", person("hoa-lac")).await.problem(), FORBIDDEN);
        assert_eq!(binh.post("/api/v1/units", hamlet("tinh")).await.problem(), FORBIDDEN);
        let top = json!({"tier": "province", "name": "Tỉnh khác"});
        assert_eq!(binh.post("/api/v1/units", top).await.problem(), FORBIDDEN);
        let rename = json!({"name": "Phường An Bình"});
        assert_eq!(binh.change("/api/v1/units/an-binh", rename.clone()).await.status, 200);
        assert_eq!(binh.change("/api/v1/units/hoa-lac", rename).await.problem(), FORBIDDEN);
        let elsewhere = json!({"unit": "hoa-lac"});
        assert_eq!(binh.change("/api/v1/people/lan", elsewhere).await.problem(), FORBIDDEN);
        let into = json!({"into": "an-binh"});
        let merged = binh.with_etag("POST", "/api/v1/units/hoa-lac", "/api/v1/units/hoa-lac/merge", into).await;
        assert_eq!(merged.problem(), FORBIDDEN);
        let closed = binh.with_etag("POST", "/api/v1/units/an-binh", "/api/v1/units/an-binh/close", json!({})).await;
        assert_eq!(closed.problem(), FORBIDDEN);
        let preset = json!({"preset": "province_commune"});
        let tiers = binh.with_etag("PUT", "/api/v1/tiers", "/api/v1/tiers", preset).await;
        assert_eq!(tiers.problem(), FORBIDDEN);
        let import = binh.post("/api/v1/organisation/import?subject=people", json!({})).await;
        assert_eq!(import.problem(), FORBIDDEN);
        assert_eq!(binh.get("/api/v1/audit").await.problem(), FORBIDDEN);
        assert_eq!(binh.get("/api/v1/audit/verification").await.problem(), FORBIDDEN);
    }

    async fn nobody_gives_more_than_they_have_or_takes_over_who_has_more(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let roles = json!([{"role": "unit_administrator", "unit": "an-binh"}]);
        let binh = office.person("binh.tran", "binh", roles).await;
        // Mrs Lan of the same commune administers the whole.
        let lan = office.person("lan.nguyen", "lan", json!([{"role": "administrator"}])).await;
        let lan: Me = lan.get("/api/v1/me").await.json();
        let of_lan = format!("/api/v1/accounts/{}", lan.account.id);
        assert_eq!(binh.post(&format!("{of_lan}/link"), json!({})).await.problem(), FORBIDDEN);
        assert_eq!(binh.delete(&format!("{of_lan}/second-factor")).await.problem(), FORBIDDEN);
        assert_eq!(binh.delete(&format!("{of_lan}/sessions")).await.problem(), FORBIDDEN);
        assert_eq!(binh.change(&of_lan, json!({"roles": []})).await.problem(), FORBIDDEN);
        let me: Me = binh.get("/api/v1/me").await.json();
        let own = format!("/api/v1/accounts/{}", me.account.id);
        for (roles, expected) in [
            (json!([{"role": "administrator"}]), FORBIDDEN),
            (json!([{"role": "auditor"}]), FORBIDDEN),
            (json!([{"role": "organiser", "unit": "tinh"}]), FORBIDDEN),
            (json!([{"role": "organiser"}]), FORBIDDEN),
            (json!([{"role": "site_operator", "site": "hoi-truong-hoa-lac"}]), FORBIDDEN),
            (json!([{"role": "organiser", "unit": "khong-co"}]), (404, ErrorCode::NotFound)),
            (json!([{"role": "administrator", "unit": "an-binh"}]), (400, ErrorCode::BadMessage)),
        ] {
            let refused = binh.change(&own, json!({"roles": roles})).await;
            assert_eq!(refused.problem(), expected, "{roles}");
        }
        // He makes somebody who looks after the hall, and sees his commune only.
        let person = json!({"id": "tam", "unit": "an-binh", "name": "Đỗ Văn Tám"});
        assert_eq!(binh.post("/api/v1/people", person).await.status, 201);
        let roles = json!([{"role": "site_operator", "site": "hoi-truong-an-binh"}]);
        let account = json!({"login": "tam.do", "person": "tam", "roles": roles});
        assert_eq!(binh.post("/api/v1/accounts", account.clone()).await.status, 201);
        assert_eq!(binh.post("/api/v1/accounts", account).await.problem(), (409, ErrorCode::AlreadyExists));
        office.account("hung.pham", "hung", json!([])).await;
        let page: AccountPage = binh.get("/api/v1/accounts").await.json();
        let logins: Vec<_> = page.items.iter().map(|one| one.login.as_str()).collect();
        assert_eq!(logins, ["binh.tran", "lan.nguyen", "tam.do"]);
        let stranger = json!({"login": "hung.2", "person": "hung"});
        assert_eq!(binh.post("/api/v1/accounts", stranger).await.problem(), FORBIDDEN);
    }

    async fn each_role_opens_its_own_door(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let meeting = json!({"title": "Giao ban", "host_unit": "UBND tỉnh",
            "invitees": [{"role": "chair", "kind": "person"}]});
        let roles = [
            ("mai", json!([{"role": "auditor"}]), true, false),
            ("lan", json!([{"role": "organiser", "unit": "an-binh"}]), false, true),
            ("binh", json!([{"role": "clerk", "unit": "an-binh"}]), false, false),
            ("hung", json!([]), false, false),
        ];
        for (person, roles, reads_audit, schedules) in roles {
            let somebody = office.person(person, person, roles).await;
            let audit = somebody.get("/api/v1/audit").await.status;
            assert_eq!(audit, if reads_audit { 200 } else { 403 }, "{person}");
            let made = somebody.post("/api/v1/meetings", meeting.clone()).await.status;
            assert_eq!(made, if schedules { 201 } else { 403 }, "{person}");
            assert_eq!(somebody.get("/api/v1/accounts").await.status, 403, "{person}");
            assert_eq!(somebody.get("/api/v1/people").await.status, 200, "{person}");
        }
    }

    async fn a_token_does_what_it_says_until_it_is_taken_back(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let lan = office.person("lan.nguyen", "lan", json!([{"role": "administrator"}])).await;
        let spec = json!({"name": "Đồng bộ nhân sự", "scopes": ["organisation:write"],
            "unit": "an-binh", "days": 30});
        let new: NewApiToken = lan.post("/api/v1/me/tokens", spec).await.json();
        assert!(new.secret.starts_with("dc_"));
        let program = Browser::program(&server, &new.secret);
        let person = |unit: &str| json!({"unit": unit, "name": "Đỗ Văn Tám"});
        assert_eq!(program.post("/api/v1/people", person("an-binh")).await.status, 201);
        assert_eq!(program.post("/api/v1/people", person("hoa-lac")).await.problem(), FORBIDDEN);
        let units: UnitPage = program.get("/api/v1/units").await.json();
        assert_eq!(units.items.len(), 1, "it sees its unit only");
        assert_eq!(program.get("/api/v1/units/hoa-lac").await.problem(), FORBIDDEN);
        assert_eq!(program.get("/api/v1/people/hung").await.problem(), FORBIDDEN);
        assert_eq!(program.get("/api/v1/organisation/export?subject=units").await.problem(), FORBIDDEN);
        assert_eq!(program.get("/api/v1/audit").await.problem(), FORBIDDEN);
        assert_eq!(program.get("/api/v1/accounts").await.problem(), FORBIDDEN);
        // It is not its owner: it makes no tokens and changes no password.
        assert_eq!(program.get("/api/v1/me").await.problem(), FORBIDDEN);
        let more = json!({"name": "x", "scopes": ["audit:read"], "days": 1});
        assert_eq!(program.post("/api/v1/me/tokens", more).await.problem(), FORBIDDEN);

        let tokens: ApiTokens = lan.get("/api/v1/me/tokens").await.json();
        assert_eq!(tokens.items[0].name, "Đồng bộ nhân sự");
        assert!(tokens.items[0].used_at.is_some());
        let path = format!("/api/v1/me/tokens/{}", new.token.id);
        assert_eq!(lan.delete(&path).await.status, 204);
        let gone = program.get("/api/v1/units").await;
        assert_eq!(gone.problem(), (401, ErrorCode::TokenInvalid));
        for wrong in [
            json!({"name": "x", "scopes": [], "days": 1}),
            json!({"name": "x", "scopes": ["audit:read"], "days": 0}),
            json!({"name": "x", "scopes": ["audit:read"], "days": 367}),
            json!({"name": "x", "scopes": ["everything"], "days": 1}),
        ] {
            let refused = lan.post("/api/v1/me/tokens", wrong.clone()).await;
            assert_eq!(refused.status, 400, "{wrong}");
        }
    }

    async fn a_token_loses_what_its_owner_loses(machine: Machine) {
        let server = machine.start().await;
        let office = Office::new(&server).await;
        let roles = json!([{"role": "unit_administrator", "unit": "an-binh"}]);
        let binh = office.person("binh.tran", "binh", roles).await;
        let spec = json!({"name": "Nhân sự", "scopes": ["organisation:write"], "days": 30});
        let new: NewApiToken = binh.post("/api/v1/me/tokens", spec).await.json();
        let program = Browser::program(&server, &new.secret);
        let person = json!({"unit": "an-binh", "name": "Đỗ Văn Tám"});
        assert_eq!(program.post("/api/v1/people", person.clone()).await.status, 201);
        let me: Me = binh.get("/api/v1/me").await.json();
        let account = format!("/api/v1/accounts/{}", me.account.id);
        assert_eq!(office.change(&account, json!({"roles": []})).await.status, 200);
        assert_eq!(program.post("/api/v1/people", person).await.problem(), FORBIDDEN);
        assert_eq!(office.change(&account, json!({"disabled": true})).await.status, 200);
        let out = program.get("/api/v1/units").await;
        assert_eq!(out.problem(), (401, ErrorCode::TokenInvalid));
    }
}
