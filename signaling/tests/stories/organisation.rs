//! The organisation over REST, in either database.

use axum::body::Body;
use axum::http::Method;
use diemcau_protocol::{
    AuditVerification, ErrorCode, ImportReport, LineOutcome, Member, ProblemDetails, Tiers, Unit,
    UnitPage,
};
use serde_json::{Value, json};

use super::clerk::Clerk;
use super::support::{Machine, both};

both! {
    async fn a_province_is_founded_changed_and_outlives_a_restart(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        let tiers: Tiers = clerk.get("/api/v1/tiers").await.json();
        assert_eq!(tiers.tiers[1].name, "Cấp xã");
        clerk.found_the_province().await;

        let path = "/api/v1/units/an-binh";
        let renamed = json!({ "name": "UBND phường An Bình" });
        let renamed: Unit = clerk.change(Method::PATCH, path, renamed).await.json();
        assert_eq!(renamed.name, "UBND phường An Bình");
        let then = renamed.names[0].from;
        let old: Unit = clerk.get(&format!("{path}?at={then}")).await.json();
        assert_eq!(old.name, "UBND xã An Bình");

        let merged = clerk
            .change(Method::POST, "/api/v1/units/hoa-lac/merge", json!({ "into": "an-binh" }))
            .await;
        let merged: Unit = merged.json();
        assert_eq!(merged.successor.as_deref(), Some("an-binh"));
        server.signaling.shutdown().await;

        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        let page: UnitPage = clerk.get("/api/v1/units").await.json();
        let names: Vec<&str> = page.items.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(names, ["UBND phường An Bình", "UBND tỉnh Minh Họa"]);
        let all: UnitPage = clerk.get("/api/v1/units?closed=true").await.json();
        assert_eq!(all.items.len(), 3);
        let site: Member = clerk.get("/api/v1/sites/hoi-truong").await.json();
        assert_eq!(site.unit, "an-binh");

        let audit = clerk.get("/api/v1/audit").await;
        let audit = String::from_utf8(audit.body).unwrap();
        let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[4]["action"], "unit.change");
        assert_eq!(lines[4]["before"]["names"][0]["name"], "UBND xã An Bình");
        assert!(!audit.contains(&clerk.token));
        let found: AuditVerification = clerk.get("/api/v1/audit/verification").await.json();
        assert!(found.intact && found.entries == 6);
        let sql = "UPDATE audit SET hash = bytes WHERE seq = 4";
        machine.somebody_else_at("directory").await.run(sql, sql).await;
        let found: AuditVerification = clerk.get("/api/v1/audit/verification").await.json();
        assert_eq!((found.intact, found.broken_at), (false, Some(4)));
    }

    async fn two_clerks_do_not_overwrite_each_other(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.found_the_province().await;
        let path = "/api/v1/units/an-binh";
        let read = clerk.get(path).await;
        let known = clerk
            .ask(Method::GET, path, &[("If-None-Match", read.etag())], Body::empty())
            .await;
        assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));

        let body = || json!({ "name": "UBND phường An Bình" }).to_string();
        let if_match = [("If-Match", read.etag())];
        let first = clerk.ask(Method::PATCH, path, &if_match, body()).await;
        assert_eq!(first.status, 200);
        let second = clerk.ask(Method::PATCH, path, &if_match, body()).await;
        assert_eq!(second.problem(), (412, ErrorCode::Outdated));
        let foreign = clerk.ask(Method::PATCH, path, &[("If-Match", "\"x\"")], body()).await;
        assert_eq!(foreign.problem(), (412, ErrorCode::Outdated));
        let without = clerk.ask(Method::PATCH, path, &[], body()).await;
        assert_eq!(without.problem(), (428, ErrorCode::PreconditionRequired));
        let next = clerk
            .ask(Method::PATCH, path, &[("If-Match", first.etag())], body())
            .await;
        assert_eq!(next.status, 200);
    }

    async fn a_file_is_tried_and_applied_as_it_was_tried(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.found_the_province().await;
        let path = "/api/v1/organisation/import?subject=people";
        let apply = format!("{path}&dry_run=false");
        let file = "\u{feff}Mã;Mã đơn vị;Họ và tên;Chức vụ\n\
                    chi-lan;an-binh;Nguyễn Thị Lan;Chủ tịch UBND xã\n\
                    anh-minh;hoa-lac;Trần Văn Minh;\n";
        let tried = clerk.ask(Method::POST, path, &[], file).await;
        let report: ImportReport = tried.json();
        assert_eq!((report.added, report.refused, report.applied), (2, 0, false));
        assert_eq!(report.lines[0].outcome, LineOutcome::Added);
        assert_eq!(clerk.get("/api/v1/people/chi-lan").await.problem().0, 404);
        let without = clerk.ask(Method::POST, &apply, &[], file).await;
        assert_eq!(without.problem(), (428, ErrorCode::PreconditionRequired));

        // Somebody changes something between the trial and the application.
        let site = json!({ "unit": "hoa-lac", "name": "Phòng họp xã Hòa Lạc" });
        clerk.post("/api/v1/sites", site).await;
        let if_match = [("If-Match", tried.etag())];
        let late = clerk.ask(Method::POST, &apply, &if_match, file).await;
        assert_eq!(late.problem(), (412, ErrorCode::Outdated));
        let tried = clerk.ask(Method::POST, path, &[], file).await;
        let if_match = [("If-Match", tried.etag())];
        let applied: ImportReport = clerk.ask(Method::POST, &apply, &if_match, file).await.json();
        assert!(applied.applied);
        let lan: Member = clerk.get("/api/v1/people/chi-lan").await.json();
        assert_eq!(lan.position.as_deref(), Some("Chủ tịch UBND xã"));

        let exported = clerk.get("/api/v1/organisation/export?subject=people").await;
        let again = clerk.ask(Method::POST, path, &[], exported.body).await;
        assert_eq!(again.json::<ImportReport>().unchanged, 2);

        let bad = "id,unit,name,position\nai-do,khong-co,Ai Đó,\nchi-lan,an-binh,Lan,\n";
        let report: ImportReport = clerk.ask(Method::POST, path, &[], bad).await.json();
        assert_eq!((report.refused, report.changed), (1, 1));
        assert_eq!(report.lines[0].code, Some(ErrorCode::NotFound));
        let refused = clerk.ask(Method::POST, &apply, &[("If-Match", "*")], bad).await;
        assert_eq!(refused.problem(), (422, ErrorCode::ImportRefused));
        let lan: Member = clerk.get("/api/v1/people/chi-lan").await.json();
        assert_eq!(lan.name, "Nguyễn Thị Lan");
    }

    async fn a_request_that_comes_twice_makes_one_unit(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        let body = json!({ "tier": "province", "name": "UBND tỉnh Minh Họa" }).to_string();
        let key = [("Idempotency-Key", "f3b1")];
        let first = clerk.ask(Method::POST, "/api/v1/units", &key, body.clone()).await;
        let again = clerk.ask(Method::POST, "/api/v1/units", &key, body).await;
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        assert_eq!(first.etag, again.etag);
        let other = json!({ "tier": "province", "name": "UBND tỉnh Khác" }).to_string();
        let reused = clerk.ask(Method::POST, "/api/v1/units", &key, other).await;
        assert_eq!(reused.problem(), (422, ErrorCode::KeyReused));
        let page: UnitPage = clerk.get("/api/v1/units").await.json();
        assert_eq!(page.items.len(), 1);
    }
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let machine = Machine::new();
    let server = machine.start().await;
    let clerk = Clerk::of(&server);
    clerk.found_the_province().await;
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = clerk.get(&format!("/api/v1/units?limit=1{cursor}")).await;
        let page: UnitPage = page.json();
        names.extend(page.items.into_iter().map(|unit| unit.name));
        match page.next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        names,
        ["UBND tỉnh Minh Họa", "UBND xã An Bình", "UBND xã Hòa Lạc"]
    );
    for wrong in [
        "cursor=zz",
        "cursor=ff",
        "limit=0",
        "limit=501",
        "limit=x",
        "at=x",
    ] {
        let refused = clerk.get(&format!("/api/v1/units?{wrong}")).await;
        assert_eq!(refused.problem(), (400, ErrorCode::BadMessage), "{wrong}");
    }
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let machine = Machine::new();
    let server = machine.start().await;
    let clerk = Clerk::of(&server);
    clerk.found_the_province().await;
    let before = clerk.get("/api/v1/tiers").await;
    for (path, body, problem) in [
        ("units", json!([]), (400, ErrorCode::BadMessage)),
        (
            "units",
            json!({ "tier": "province" }),
            (400, ErrorCode::BadMessage),
        ),
        (
            "units",
            json!({ "tier": "province", "name": "\u{200b}" }),
            (422, ErrorCode::TextEmpty),
        ),
        (
            "units",
            json!({ "tier": "x", "name": "X" }),
            (409, ErrorCode::TierUnfit),
        ),
        (
            "units",
            json!({ "tier": "commune", "name": "X", "parent": "x" }),
            (404, ErrorCode::NotFound),
        ),
        (
            "units",
            json!({ "id": "an-binh", "tier": "province", "name": "X" }),
            (409, ErrorCode::AlreadyExists),
        ),
        (
            "sites",
            json!({ "unit": "an-binh", "name": "X", "position": "Y" }),
            (400, ErrorCode::BadMessage),
        ),
        (
            "people",
            json!({ "unit": "../x", "name": "X" }),
            (404, ErrorCode::NotFound),
        ),
        (
            "organisation/import?subject=units",
            json!(1),
            (400, ErrorCode::BadMessage),
        ),
        (
            "organisation/import?subject=meetings",
            json!(1),
            (400, ErrorCode::BadMessage),
        ),
        (
            "organisation/import",
            json!(1),
            (400, ErrorCode::BadMessage),
        ),
    ] {
        let refused = clerk.post(&format!("/api/v1/{path}"), body.clone()).await;
        assert_eq!(refused.problem(), problem, "{path} {body}");
    }
    let cycle = clerk
        .change(
            Method::PATCH,
            "/api/v1/units/minh-hoa",
            json!({ "parent": "an-binh" }),
        )
        .await;
    assert_eq!(cycle.problem(), (409, ErrorCode::Cycle));
    let full = clerk
        .change(Method::POST, "/api/v1/units/an-binh/close", json!({}))
        .await;
    assert_eq!(full.problem(), (409, ErrorCode::NotEmpty));
    for tiers in [json!({}), json!({ "tiers": [] }), json!({ "preset": "x" })] {
        let refused = clerk.change(Method::PUT, "/api/v1/tiers", tiers).await;
        assert_eq!(refused.problem(), (400, ErrorCode::BadMessage));
    }
    let huge = clerk
        .ask(Method::POST, "/api/v1/units", &[], vec![b' '; 2 << 20])
        .await;
    assert_eq!(huge.problem(), (413, ErrorCode::TooLarge));
    let path = "/api/v1/organisation/import?subject=units";
    let huge = clerk
        .ask(Method::POST, path, &[], vec![b' '; 9 << 20])
        .await;
    assert_eq!(huge.problem(), (413, ErrorCode::TooLarge));
    let key = "k".repeat(129);
    let long_key = clerk
        .ask(
            Method::POST,
            "/api/v1/units",
            &[("Idempotency-Key", &key)],
            "{}",
        )
        .await;
    assert_eq!(long_key.problem(), (400, ErrorCode::BadMessage));
    let after = clerk.get("/api/v1/tiers").await;
    assert_eq!(before.etag, after.etag);
}

#[tokio::test]
async fn problems_are_told_in_the_language_of_whoever_asks() {
    let machine = Machine::new();
    let server = machine.start().await;
    let clerk = Clerk::of(&server);
    let path = "/api/v1/units/khong-co";
    for (accepted, language, title) in [
        ("vi", "vi", "Không tìm thấy"),
        ("en-GB, vi;q=0.5", "en", "no such thing"),
        ("fr", "vi", "Không tìm thấy"),
    ] {
        let refused = clerk
            .ask(
                Method::GET,
                path,
                &[("Accept-Language", accepted)],
                Body::empty(),
            )
            .await;
        assert_eq!(refused.language.as_deref(), Some(language));
        let problem: ProblemDetails = refused.json();
        assert!(problem.title.contains(title), "{}", problem.title);
    }
}

#[tokio::test]
async fn only_administrators_administer_and_everything_is_described() {
    let machine = Machine::new();
    let server = machine.start().await;
    let clerk = Clerk::of(&server);
    let stranger = Clerk {
        server: &server,
        token: "a.b.c".to_owned(),
    };
    let description: Value = clerk.get("/api/v1/openapi.json").await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3."));
    let paths = description["paths"].as_object().unwrap();
    let mut described = 0;
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            described += 1;
            let address = path
                .replace("{id}", "x")
                .replace("{number}", "1")
                .replace("{version}", "1");
            // The demonstration is served beside signaling; who signs in is
            // nobody yet.
            let open = [
                "/api/v1/demo",
                "/api/v1/ws",
                "/api/v1/openapi.json",
                "/api/v1/sign-in",
                "/api/v1/first-password",
                "/api/v1/oidc/start",
                "/api/v1/oidc/callback",
                "/api/v1/device",
                "/api/v1/device/pairing",
            ];
            // Recordings are served beside signaling, too.
            let is_beside = |of: &str| address.starts_with(&format!("/api/v1/{of}"));
            if open.contains(&address.as_str())
                || is_beside("recordings")
                || is_beside("minutes-templates")
            {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let refused = stranger.ask(method, &address, &[], "{}").await;
            // Ballots come from nobody; a calendar is for whoever knows its name.
            let expected = if address.starts_with("/api/v1/ballots") {
                (400, ErrorCode::BadMessage)
            } else if address.starts_with("/api/v1/calendar") {
                (404, ErrorCode::NotFound)
            } else {
                (401, ErrorCode::TokenInvalid)
            };
            assert_eq!(refused.problem(), expected, "{address}");
        }
    }
    assert_eq!(described, 137, "{:?}", paths.keys());
}
