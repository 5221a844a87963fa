//! What the server answers, and how it refuses.

use crate::support::{Answer, Server};

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["code"], code, "{answer:?}");
    assert_eq!(answer.json()["status"], status);
}

#[test]
fn the_operators_tools_are_answered() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/healthz").status, 200);
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200, "{ready:?}");

    let metrics = server.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").starts_with("text/plain"));
    assert!(
        metrics.body.contains("diemcau_media_peers{worker=\"1\"} 0"),
        "{}",
        metrics.body
    );
    assert!(
        metrics
            .body
            .contains("# TYPE diemcau_media_datagrams_received_total counter")
    );
    assert!(metrics.body.contains("diemcau_signaling_"));
    assert!(
        metrics
            .body
            .contains("# TYPE process_cpu_seconds_total counter")
    );
    let resident = metrics
        .body
        .lines()
        .find_map(|line| line.strip_prefix("process_resident_memory_bytes "))
        .unwrap();
    assert!(resident.parse::<u64>().unwrap() > 1 << 20, "{resident}");
}

#[test]
fn every_page_of_the_client_is_its_index() {
    let server = Server::start(&[]);
    for path in ["/", "/m/some-meeting", "/admin"] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.body.to_lowercase().contains("<!doctype html>"));
    }
    assert_eq!(server.get("/assets/gone-1234.js").status, 404);
}

#[test]
fn every_answer_carries_the_security_headers() {
    let server = Server::start(&[]);
    for path in ["/", "/healthz", "/api/v1/nothing"] {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'"), "{path}: {policy}");
        let socket = format!("ws://127.0.0.1:{}", server.ports.http);
        assert!(policy.contains(&socket), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(
            answer
                .header("permissions-policy")
                .contains("camera=(self)")
        );
    }
}

#[test]
fn an_unknown_address_of_the_interface_is_a_coded_problem() {
    let server = Server::start(&[]);
    assert_problem(&server.get("/api/v1/nothing"), 404, "not_found");
    assert_problem(&server.get("/api/v1/demo"), 404, "not_found");
    let answer = server.ask("DELETE", "/healthz", &[], "");
    assert_problem(&answer, 405, "not_found");
}

#[test]
fn a_bad_body_is_a_coded_problem() {
    let server = Server::start(&[]);
    let authorization = format!("Bearer {}", server.admin_token());
    let post = |authorization: &str, body: &str| {
        let headers = [
            ("authorization", authorization),
            ("content-type", "application/json"),
        ];
        server.ask("POST", "/api/v1/meetings", &headers, body)
    };
    let good = r#"{"title":"Họp giao ban","host_unit":"UBND tỉnh","invitees":
        [{"name":"Xã An Bình","role":"operator","kind":"site","unit":null}]}"#;

    assert_problem(&post("Bearer nonsense", good), 401, "token_invalid");
    assert_problem(&post(&authorization, "{"), 400, "bad_message");
    assert_problem(&post(&authorization, r#"{"title":1}"#), 400, "bad_message");
    let oversized = format!(r#"{{"title":"{}"}}"#, "x".repeat(4 << 20));
    assert_problem(&post(&authorization, &oversized), 413, "too_large");

    let created = post(&authorization, good);
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.json()["links"].as_array().unwrap().len(), 1);
}

#[test]
fn one_kind_of_token_does_not_pass_for_the_other() {
    let server = Server::start(&[]);
    let bearer = format!("Bearer {}", server.admin_token());
    let headers = [("authorization", bearer.as_str())];
    let answer = server.ask("GET", "/api/v1/invitation", &headers, "");
    assert_problem(&answer, 401, "token_invalid");
}
