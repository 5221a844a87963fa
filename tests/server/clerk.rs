//! Clerks, secretaries and chairs work with archives and minutes over HTTP, at
//! the real server.

#[path = "clerk/office.rs"]
mod office;

use serde_json::{Value, json};

use crate::support::{Server, diemcau};
use office::{BEGAN, Somebody, archive, province, refused};

#[test]
fn minutes_go_from_the_secretary_to_the_chair_to_the_archive() {
    let server = Server::start(&[]);
    let admin = Somebody::administrator(&server);
    let meeting = province(&admin);
    let folder = archive(&server, &meeting, "Ứng phó bão số 5", 420_000);
    let secretary = admin.account("huong", "huong", json!([]));
    let chair = admin.account("binh", "binh", json!([]));
    let clerk = admin.account(
        "thu",
        "van-thu",
        json!([{ "role": "clerk", "unit": "tinh" }]),
    );
    let minutes = format!("recordings/{meeting}/minutes");
    let at = |path: &str| format!("{minutes}/{path}");

    let shown = secretary.get(&minutes);
    assert_eq!(shown.status, 200, "{shown:?}");
    let (first, draft) = (shown.header("etag").to_owned(), shown.json());
    assert_eq!(
        draft["rights"],
        json!(["read", "read_draft", "edit_minutes"])
    );
    let title = &draft["statements"][0];
    assert_eq!(title["origin"]["type"], "log", "{draft:#}");
    let correct = json!({ "edits": [{ "type": "correct", "key": title["key"],
        "text": "Họp ứng phó bão số 5 và mưa lũ", "reason": "Bổ sung theo giấy mời" }] });
    let edited = secretary.change("PATCH", &minutes, &correct);
    assert_eq!(edited.status, 200, "{edited:?}");
    let correction = &edited.json()["statements"][0]["corrections"][0];
    assert_eq!(correction["by"]["name"], "Trần Thị Hương");
    assert_eq!(correction["old"], title["text"]);

    // The clerk had looked before that, and is told which version there is.
    let late = clerk.ask(
        "PATCH",
        &minutes,
        &[("if-match", &first)],
        &correct.to_string(),
    );
    assert_eq!(refused(&late), (412, "outdated".to_owned()));
    assert_eq!(late.header("etag"), edited.header("etag"));
    let blind = clerk.ask("PATCH", &minutes, &[], &correct.to_string());
    assert_eq!(refused(&blind), (428, "precondition_required".to_owned()));
    let rewrite = json!({ "edits": [{ "type": "rewrite", "key": title["key"], "text": "Khác" }] });
    let refused_edit = clerk.change("PATCH", &minutes, &rewrite);
    assert_eq!(refused(&refused_edit), (422, "established".to_owned()));
    let preview = clerk.get(&at("preview.pdf"));
    assert!(preview.body.starts_with("%PDF-"), "{preview:?}");

    // Nobody approves but the chair, and nothing is issued before.
    let early = clerk.change("POST", &at("issue"), &json!({}));
    assert_eq!(refused(&early), (409, "minutes_not_approved".to_owned()));
    let not_chair = secretary.change("POST", &at("approve"), &json!({}));
    assert_eq!(refused(&not_chair), (403, "only_the_chair".to_owned()));
    let approved = chair.change("POST", &at("approve"), &json!({}));
    assert_eq!(
        approved.json()["stage"]["by"]["name"],
        "Nguyễn Văn Bình",
        "{approved:?}"
    );

    // The province's own head, and the number of its register.
    let template = admin.get("minutes-templates/tinh");
    let mut head = template.json();
    head["abbreviation"] = json!("UBND");
    head["recipients"] = json!(["Như thành phần dự họp"]);
    let tag = template.header("etag").to_owned();
    let set = clerk.ask(
        "PUT",
        "minutes-templates/tinh",
        &[("if-match", &tag)],
        &head.to_string(),
    );
    assert_eq!(set.status, 200, "{set:?}");
    let issued = clerk.change("POST", &at("issue"), &json!({ "serial": 12, "year": 2026 }));
    assert_eq!(issued.json()["number"], "12/BB-UBND", "{issued:?}");
    let versions = secretary.get(&at("versions")).json();
    assert_eq!(
        versions["versions"][0]["files"],
        json!(["minutes.pdf", "minutes.docx"])
    );
    assert_eq!(versions["revisions"].as_array().unwrap().len(), 1);
    assert!(
        clerk
            .get(&at("versions/1/minutes.pdf"))
            .body
            .starts_with("%PDF-")
    );
    assert_eq!(
        refused(&clerk.get(&at("versions/2"))),
        (404, "not_found".to_owned())
    );
    let unsigned = clerk.ask("PUT", &at("signed"), &[], "%PDF-1.7 không phải");
    assert_eq!(refused(&unsigned), (422, "not_a_pdf".to_owned()));

    // The archive is whole with what was added, also for who has only the key.
    let verified = clerk.get(&format!("recordings/{meeting}/verify")).json();
    assert_eq!(
        (&verified["verdict"], &verified["additions"]),
        (&json!("whole"), &json!(1))
    );
    let keys = server.data_dir().join("keys/archive.pub.pem");
    let offline = diemcau()
        .arg("verify")
        .arg(&folder)
        .arg("--key")
        .arg(keys)
        .status();
    assert_eq!(offline.unwrap().code(), Some(0));

    // All of it is in the audit log, by name.
    let log = admin.get("audit").body;
    for (action, actor) in [
        ("minutes.edit", "account:huong"),
        ("minutes.approve", "account:binh"),
        ("minutes.set_template", "account:thu"),
        ("minutes.issue", "account:thu"),
    ] {
        let told = format!("\"actor\":\"{actor}\",\"action\":\"{action}\"");
        assert!(log.contains(&told), "{told}: {log}");
    }
}

#[test]
fn an_archive_is_for_its_own_and_for_those_with_whom_it_is_shared() {
    let server = Server::start(&[]);
    let admin = Somebody::administrator(&server);
    let meeting = province(&admin);
    archive(&server, &meeting, "Ứng phó bão số 5", 420_000);
    let recording = format!("recordings/{meeting}");
    let lan = admin.account("lan", "lan", json!([]));
    let dung = admin.account(
        "dung",
        "dung",
        json!([{ "role": "clerk", "unit": "hoa-lac" }]),
    );
    let clerk = admin.account(
        "thu",
        "van-thu",
        json!([{ "role": "clerk", "unit": "tinh" }]),
    );
    for stranger in [&lan, &dung] {
        assert_eq!(
            refused(&stranger.get(&recording)),
            (404, "unknown_recording".to_owned())
        );
        assert_eq!(stranger.get("recordings").json()["recordings"], json!([]));
    }
    assert_eq!(server.get(&format!("/api/v1/{recording}")).status, 401);

    let unknown = clerk.ask(
        "POST",
        &format!("{recording}/shares"),
        &[],
        &json!({ "unit": "khong-co", "days": 3 }).to_string(),
    );
    assert_eq!(refused(&unknown), (404, "not_found".to_owned()));
    let forever = clerk.ask(
        "POST",
        &format!("{recording}/shares"),
        &[],
        &json!({ "unit": "an-binh", "days": 367 }).to_string(),
    );
    assert_eq!(refused(&forever), (400, "out_of_range".to_owned()));
    let share = clerk.post(
        &format!("{recording}/shares"),
        &json!({ "unit": "an-binh", "days": 30 }),
    );
    assert_eq!(share["unit_name"], "UBND xã An Bình");

    // She sees it now, but not what is not approved, nor what was said to few.
    let seen = lan.get(&recording).json();
    assert_eq!(seen["rights"], json!(["read"]));
    assert_eq!(seen["entry"]["minutes"], Value::Null);
    assert_eq!(
        lan.get(&format!("{recording}/files/recording.json")).status,
        200
    );
    for inner in ["events.jsonl", "minutes.json", "minutes.pdf"] {
        let inner = lan.get(&format!("{recording}/files/{inner}"));
        assert_eq!(refused(&inner), (404, "unknown_recording".to_owned()));
    }
    let draft = lan.get(&format!("{recording}/minutes"));
    assert_eq!(refused(&draft), (403, "forbidden".to_owned()));
    let on = lan.ask(
        "POST",
        &format!("{recording}/shares"),
        &[],
        &json!({ "unit": "hoa-lac", "days": 30 }).to_string(),
    );
    assert_eq!(refused(&on), (403, "forbidden".to_owned()));
    assert_eq!(dung.get(&recording).status, 404);

    let id = share["id"].as_str().unwrap();
    let end = |id: &str| clerk.ask("DELETE", &format!("{recording}/shares/{id}"), &[], "");
    assert_eq!(end(id).status, 204);
    assert_eq!(refused(&end(id)), (404, "not_found".to_owned()));
    assert_eq!(lan.get(&recording).status, 404);
    let log = admin.get("audit").body;
    for action in ["archive.share", "archive.end_share"] {
        assert!(log.contains(&format!("\"action\":\"{action}\"")), "{log}");
    }

    // A program needs the scope for it.
    let token = |scopes: Value| {
        let spec = json!({ "name": "Kho lưu trữ", "scopes": scopes, "days": 30 });
        let made = clerk.post("me/tokens", &spec);
        made["secret"].as_str().unwrap().to_owned()
    };
    let reads = Somebody::with_bearer(&server, &token(json!(["archives:read"])));
    let other = Somebody::with_bearer(&server, &token(json!(["organisation:read"])));
    assert_eq!(
        reads.get(&recording).json()["rights"],
        json!(["read", "read_draft"])
    );
    assert_eq!(
        refused(&other.get(&recording)),
        (403, "forbidden".to_owned())
    );
}

#[test]
fn a_clerk_finds_what_was_written_in_a_meeting_page_by_page() {
    let server = Server::start(&[]);
    let admin = Somebody::administrator(&server);
    let meeting = province(&admin);
    archive(&server, &meeting, "Ứng phó bão số 5", 420_000);
    archive(&server, "hop-khac-1", "Đầu tư công", 520_000);
    archive(&server, "hop-khac-2", "Tuyển quân", 620_000);
    let clerk = admin.account(
        "thu",
        "van-thu",
        json!([{ "role": "clerk", "unit": "tinh" }]),
    );
    let found = clerk.get("recordings?query=sat%20lo%20huu%20song").json();
    let hits = found["recordings"].as_array().unwrap();
    // The other meetings were opened at once: they are not the province's.
    assert_eq!(hits.len(), 1, "{found:#}");
    assert_eq!(hits[0]["meeting"], json!(meeting));
    assert_eq!(hits[0]["unit"], "tinh");
    let place = &hits[0]["found"][0];
    assert_eq!(
        (&place["place"], &place["at"]),
        (&json!("chat"), &json!(300_000))
    );
    let words: Vec<&str> = place["words"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["matches"] == json!(true))
        .map(|part| part["text"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["Hữu", "Sông", "sạt", "lở"]);

    let mut titles = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = admin.get(&format!("recordings?limit=1{cursor}")).json();
        titles.push(page["recordings"][0]["title"].as_str().unwrap().to_owned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(titles, ["Tuyển quân", "Đầu tư công", "Ứng phó bão số 5"]);
    let count = |query: &str| {
        let page = admin.get(&format!("recordings?{query}")).json();
        page["recordings"].as_array().unwrap().len()
    };
    assert_eq!(count("unit=tinh"), 1);
    assert_eq!(count("unit=an-binh"), 0);
    assert_eq!(count(&format!("from={}", BEGAN + 500_000)), 2);
    assert_eq!(count(&format!("to={}", BEGAN + 520_000)), 1);
    assert_eq!(count("query=%E2%80%A6"), 0);
    for bad in ["limit=0", "limit=201", "cursor=x", "from=x"] {
        let bad = admin.get(&format!("recordings?{bad}"));
        assert_eq!(refused(&bad), (400, "bad_message".to_owned()));
    }
}

#[test]
fn the_chair_of_a_meeting_opened_at_once_comes_with_the_invitation() {
    let server = Server::start(&[]);
    let admin = Somebody::administrator(&server);
    let created = admin.post(
        "meetings",
        &json!({ "title": "Họp nhanh", "host_unit": "Văn phòng", "invitees": [
            { "name": "Nguyễn Văn Bình", "role": "chair", "kind": "person", "unit": null },
            { "name": "Xã An Bình", "role": "delegate", "kind": "site", "unit": null },
        ] }),
    );
    let meeting = created["meeting"].as_str().unwrap().to_owned();
    archive(&server, &meeting, "Họp nhanh", 420_000);
    archive(&server, "hop-khac", "Họp khác", 420_000);
    let bearer = |index: usize| {
        let path = created["links"][index]["path"].as_str().unwrap();
        Somebody::with_bearer(&server, path.split_once('#').unwrap().1)
    };
    let (chair, delegate) = (bearer(0), bearer(1));
    let minutes = format!("recordings/{meeting}/minutes");
    let approved = chair.change("POST", &format!("{minutes}/approve"), &json!({}));
    assert_eq!(approved.json()["stage"]["type"], "approved", "{approved:?}");
    assert_eq!(
        refused(&delegate.get(&minutes)),
        (401, "token_invalid".to_owned())
    );
    let other = chair.get("recordings/hop-khac/minutes");
    assert_eq!(refused(&other), (404, "unknown_recording".to_owned()));
    assert_eq!(
        chair.get("recordings").json()["recordings"][0]["meeting"],
        json!(meeting)
    );

    // Everything that is described is there.
    let described = server.get("/api/v1/openapi.json").json();
    let paths = described["paths"].as_object().unwrap();
    let mut looked = 0;
    for (path, methods) in paths {
        let is_ours = path.starts_with("/api/v1/recordings") || path.contains("minutes-templates");
        for method in methods.as_object().unwrap().keys().filter(|_| is_ours) {
            let address = path.replace(['{', '}'], "");
            let answer = server.ask(&method.to_uppercase(), &address, &[], "");
            assert_eq!(answer.status, 401, "{method} {address}: {answer:?}");
            looked += 1;
        }
    }
    assert_eq!(looked, 34);
}
