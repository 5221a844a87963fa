//! The description of the REST interface, held against the server by a program
//! that is not ours: schemathesis, in the environment that `deploy/setup.sh
//! --tests` makes in `target/foreign`.

use std::process::Command;

use crate::support::Server;

const SCHEMATHESIS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/foreign/bin/schemathesis"
);

const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/foreign");

/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

#[test]
fn the_server_answers_as_it_describes_itself() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/api/v1/openapi.json", server.http());
    let bearer = format!("Authorization: Bearer {}", server.admin_token());
    let output = Command::new(SCHEMATHESIS)
        .current_dir(folder.path())
        // How a description of media (SDP) is written.
        .env("PYTHONPATH", HOOKS)
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .args(["run", &url, "--header", &bearer, "--checks", CHECKS])
        // The same requests each time.
        .arg("--generation-deterministic")
        .args(["--workers", "1", "--phases", "fuzzing", "--max-examples", "8"])
        .args(["--continue-on-failure", "--no-shrink", "--no-color"])
        .output()
        .expect("schemathesis is there; `make setup-tests` installs it");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
}
