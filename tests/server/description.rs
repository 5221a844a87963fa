//! The description of the REST interface, held against the server by a program
//! that is not ours: schemathesis, in the environment that `deploy/setup.sh
//! --tests` makes in `target/foreign`.

use std::process::Command;

use serde_json::json;

use crate::support::Server;

const SCHEMATHESIS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/foreign/bin/schemathesis"
);

const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/foreign");

/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Asks for everything that is described and selected, the same each time.
fn holds_what_it_says(server: &Server, token: &str, select: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/api/v1/openapi.json", server.http());
    let bearer = format!("Authorization: Bearer {token}");
    let output = Command::new(SCHEMATHESIS)
        .current_dir(folder.path())
        // How a description of media (SDP) is written.
        .env("PYTHONPATH", HOOKS)
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["run", &url, "--header", &bearer, "--checks", CHECKS])
        .args(["--generation-deterministic", "--workers", "1"])
        .args(["--phases", "fuzzing", "--max-examples", "8"])
        .args(["--continue-on-failure", "--no-shrink", "--no-color"])
        .args(select)
        .output()
        .expect("schemathesis is there; `make setup-tests` installs it");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("Fuzzing (in "), "nothing was asked: {told}");
}

#[test]
fn to_an_administrator_the_server_answers_as_it_describes_itself() {
    let server = Server::start(&[]);
    holds_what_it_says(&server, &server.admin_token(), &[]);
}

#[test]
fn to_whoever_is_invited_the_server_answers_as_it_describes_itself() {
    let server = Server::start(&[]);
    let body = json!({
        "title": "Giao ban",
        "host_unit": "UBND tỉnh",
        "invitees": [{ "name": "Thư ký", "role": "secretary", "kind": "person", "unit": null }],
    });
    let authorization = format!("Bearer {}", server.admin_token());
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let created = server.ask("POST", "/api/v1/meetings", &headers, &body.to_string());
    let created = created.json();
    let link = created["links"][0]["path"].as_str().unwrap();
    let (_, token) = link.split_once('#').unwrap();
    let invited = "/(invitation|whip|whep|documents|line-test)";
    // The noise of a download comes for as many seconds as are asked for.
    let noise = "line-test/down";
    let select = [
        "--include-path-regex",
        invited,
        "--exclude-path-regex",
        noise,
    ];
    holds_what_it_says(&server, token, &select);
}
