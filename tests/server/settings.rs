//! `check-config`, and where a setting comes from.

use std::process::Output;

use crate::support::diemcau;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/diemcau.example.toml");

fn check(file: Option<&str>, flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = diemcau();
    command.arg("check-config").args(flags);
    if let Some(text) = file {
        let path = folder.path().join("diemcau.toml");
        std::fs::write(&path, text).unwrap();
        command.arg("--config").arg(path);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_example_file_is_in_order() {
    let output = diemcau()
        .args(["check-config", "--config", EXAMPLE])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(printed(&output).contains("The settings are in order."));
}

#[test]
fn a_mistake_is_shown_with_its_line_and_what_to_do() {
    let output = check(Some("log = \"info\"\nmedia_port = 0\n"), &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = complained(&output);
    assert!(told.contains("diemcau.toml:2:14"), "{told}");
    assert!(told.contains("2 | media_port = 0"), "{told}");
    assert!(told.contains("             ^"), "{told}");
    assert!(told.contains("what to do: choose a port"), "{told}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = check(None, &["--config", "/nonexistent/diemcau.toml"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complained(&output).contains("/nonexistent/diemcau.toml"));
}

#[test]
fn flags_count_more_than_variables_and_variables_more_than_the_file() {
    let file = Some("media_port = 9001\nreconnect_grace_seconds = 7\nlog = \"warn\"\n");
    let variables = [
        ("DIEMCAU_MEDIA_PORT", "9002"),
        ("DIEMCAU_RECONNECT_GRACE_SECONDS", "8"),
    ];
    let output = check(file, &["--media-port", "9003"], &variables);
    let told = printed(&output);
    assert!(
        told.contains("media_port = 9003  (flag --media-port)"),
        "{told}"
    );
    assert!(
        told.contains(
            "reconnect_grace_seconds = 8  (environment variable DIEMCAU_RECONNECT_GRACE_SECONDS)"
        ),
        "{told}"
    );
    assert!(told.contains("log = warn  ("), "{told}");
    assert!(told.contains("diemcau.toml:3:7"), "{told}");
    assert!(told.contains("data_dir = ./data  (default)"), "{told}");
}

#[test]
fn a_wrong_variable_is_named() {
    let output = check(None, &[], &[("DIEMCAU_LISTEN", "everywhere")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complained(&output).contains("environment variable DIEMCAU_LISTEN"));
}

#[test]
fn serve_refuses_what_would_be_unsafe_and_touches_nothing() {
    let refusals: [(&[&str], &str); 3] = [
        (&["--demo", "--listen", "0.0.0.0:8443"], "loopback only"),
        (&["--demo", "--public-ip", "192.0.2.7"], "loopback only"),
        (&["--dev-http", "0.0.0.0:8080"], "plain HTTP is refused"),
    ];
    for (flags, reason) in refusals {
        let folder = tempfile::tempdir().unwrap();
        let output = diemcau()
            .arg("serve")
            .args(flags)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(complained(&output).contains(reason), "{output:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn with_postgresql_it_says_where_the_secret_ballots_are() {
    let url = "[store]\nurl = \"postgres://hop:735190@db.example.vn/hop\"\n";
    let told = printed(&check(Some(url), &["--data-dir", "/srv/diemcau"], &[]));
    assert!(told.contains("store = PostgreSQL  ("), "{told}");
    let line = told.lines().find(|line| line.starts_with("ballots = "));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("/srv/diemcau/store/ballots.db"), "{line}");
    assert!(line.contains("every backup needs it"), "{line}");
    assert!(!told.contains("735190"), "{told}");

    let told = printed(&check(None, &[], &[]));
    assert!(!told.contains("ballots"), "{told}");
}
