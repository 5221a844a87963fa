//! The test of a line against a real server.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Server, diemcau};

/// An invitation into a new meeting.
fn link(server: &Server) -> String {
    let meeting = json!({
        "title": "Giao ban",
        "host_unit": "UBND tỉnh",
        "invitees": [{ "name": "Xã An Bình", "role": "operator", "kind": "site", "unit": null }],
    });
    let bearer = format!("Bearer {}", server.admin_token());
    let headers = [("authorization", bearer.as_str())];
    let created = server.ask("POST", "/api/v1/meetings", &headers, &meeting.to_string());
    let path = created.json()["links"][0]["path"].clone();
    format!("http://{}{}", server.http(), path.as_str().unwrap())
}

fn probe(link: &str, more: &[&str]) -> Output {
    let mut command = diemcau();
    command.args(["probe", "--seconds", "1", "--link", link]);
    command.args(more).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_line_on_one_machine_is_fit_for_everything() {
    let server = Server::start(&["--public-ip", "127.0.0.1"]);
    let output = probe(&link(&server), &["--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["reachable"], true, "{report:#}");
    assert_eq!(report["udp"], true, "{report:#}");
    assert_eq!(report["problems"], json!([]), "{report:#}");
    let number = |name: &str| report[name].as_f64().unwrap();
    assert!(number("loss_percent") < 100.0, "{report:#}");
    assert!(number("rtt_ms") > 0.0, "{report:#}");
    for rate in ["down_kbps", "up_kbps"] {
        assert!(number(rate) > 100.0, "{report:#}");
        assert!(number(rate) < number("most_kbps") * 1.5, "{report:#}");
    }
}

#[test]
fn the_verdict_is_said_in_the_language_of_the_reader() {
    let server = Server::start(&[]);
    let link = link(&server);
    let vietnamese = text(&probe(&link, &["--lang", "vi"]).stdout);
    assert!(vietnamese.contains("Đường truyền"), "{vietnamese}");
    assert!(vietnamese.contains("Tải lên"), "{vietnamese}");
    let english = text(&probe(&link, &["--lang", "en"]).stdout);
    assert!(english.contains("Upload"), "{english}");
}

#[test]
fn what_is_wrong_with_invitation_or_server_is_said() {
    let server = Server::start(&[]);
    let bad = format!("http://{}/m/x#not-a-token", server.http());
    let output = probe(&bad, &["--lang", "en"]);
    assert!(!output.status.success());
    let said = text(&output.stdout);
    assert!(said.contains("token_invalid"), "{said}");
    let output = probe("http://127.0.0.1:1/m/x#token", &["--lang", "vi"]);
    assert!(!output.status.success());
    let said = text(&output.stdout);
    assert!(said.contains("Không kết nối được"), "{said}");
    let output = diemcau().args(["probe", "--url", "http://a"]).output();
    assert!(text(&output.unwrap().stderr).contains("--token"));
}

#[test]
fn lines_are_tested_by_the_invited_only_and_within_bounds() {
    let server = Server::start(&[]);
    for (method, path) in [
        ("POST", "/api/v1/line-test"),
        ("GET", "/api/v1/line-test/ping"),
        ("GET", "/api/v1/line-test/down?seconds=1"),
        ("POST", "/api/v1/line-test/up"),
    ] {
        let answer = server.ask(method, path, &[], "");
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
    }
    let link = link(&server);
    let bearer = format!("Bearer {}", link.split_once('#').unwrap().1);
    let headers = [("authorization", bearer.as_str())];
    let test = server.ask("POST", "/api/v1/line-test", &headers, "");
    let test = test.json();
    assert_eq!(test["ticket"].as_str().unwrap().len(), 72, "{test}");
    assert!(test["media"][0].as_str().unwrap().contains(':'), "{test}");
    let counted = server.ask(
        "POST",
        "/api/v1/line-test/up",
        &headers,
        &"x".repeat(50_000),
    );
    assert_eq!(counted.json()["bytes"], 50_000);
    let too_much = "x".repeat(usize::try_from(test["most_bytes"].as_u64().unwrap()).unwrap() + 1);
    let refused = server.ask("POST", "/api/v1/line-test/up", &headers, &too_much);
    assert_eq!(refused.status, 413, "{}", refused.body);
}
