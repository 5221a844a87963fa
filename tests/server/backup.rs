//! A server that runs is put into a file, and taken out of it elsewhere.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::support::{Answer, Server, diemcau};

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {}", server.admin_token());
    server.ask(method, path, &[("authorization", &bearer)], body)
}

fn admin(command: &str, file: &Path, data_dir: &Path) -> Output {
    diemcau()
        .args(["admin", command])
        .arg(file)
        .arg("--data-dir")
        .arg(data_dir)
        .output()
        .unwrap()
}

#[test]
fn a_running_server_is_backed_up_and_comes_back_elsewhere() {
    let temporary = TempDir::new().unwrap();
    let server = Server::start(&[]);
    let unit = r#"{"id":"minh-hoa","tier":"province","name":"UBND tỉnh Minh Họa"}"#;
    assert_eq!(ask(&server, "POST", "/api/v1/units", unit).status, 201);
    let meeting = r#"{"title":"Giao ban","host_unit":"UBND tỉnh","invitees":
        [{"name":"Chủ tọa","role":"chair","kind":"person","unit":null}]}"#;
    let created = ask(&server, "POST", "/api/v1/meetings", meeting);
    assert_eq!(created.status, 201);
    let link = created.json()["links"][0]["path"]
        .as_str()
        .unwrap()
        .to_owned();

    let file = temporary.path().join("sao-luu.tar");
    let output = admin("backup", &file, server.data_dir());
    assert!(output.status.success(), "{output:?}");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the keys are in it");
    let beside = std::fs::read_dir(temporary.path()).unwrap().count();
    assert_eq!(beside, 1, "nothing but the file is left");
    let again = admin("backup", &file, server.data_dir());
    assert!(!again.status.success(), "a backup is not overwritten");
    // What comes after the backup is not in it.
    let late = r#"{"id":"sau","tier":"province","name":"UBND tỉnh Sau"}"#;
    assert_eq!(ask(&server, "POST", "/api/v1/units", late).status, 201);
    let running = admin("restore", &file, server.data_dir());
    assert!(
        !running.status.success(),
        "a server's folder is not overwritten"
    );
    server.kill();

    let elsewhere = temporary.path().join("data");
    let output = admin("restore", &file, &elsewhere);
    assert!(output.status.success(), "{output:?}");
    let server = Server::start_in(&elsewhere, &[]);
    assert_eq!(
        ask(&server, "GET", "/api/v1/units/minh-hoa", "").status,
        200
    );
    assert_eq!(ask(&server, "GET", "/api/v1/units/sau", "").status, 404);
    let audit = ask(&server, "GET", "/api/v1/audit/verification", "").json();
    assert_eq!(audit["intact"], true);
    // Links that were handed out before still lead in.
    let (_, token) = link.split_once('#').unwrap();
    let bearer = format!("Bearer {token}");
    let invitation = server.ask(
        "GET",
        "/api/v1/invitation",
        &[("authorization", &bearer)],
        "",
    );
    assert_eq!(invitation.json()["title"], "Giao ban");
}
