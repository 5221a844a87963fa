//! Synthetic sites against a real server.

use serde_json::Value;

use crate::support::{Server, diemcau};

#[test]
fn six_synthetic_sites_meet_and_lose_nothing() {
    let server = Server::start(&["--public-ip", "127.0.0.1"]);
    let url = format!("http://{}", server.http());
    let output = diemcau()
        .args(["load", "--json", "--sites", "6", "--speakers", "2"])
        .args(["--thumbnails", "2", "--seconds", "2", "--url", &url])
        .arg("--data-dir")
        .arg(server.data_dir())
        .output()
        .unwrap();
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{progress}");
    assert!(progress.contains("6/6 sites in"), "{progress}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["joined"], 6, "{report}");
    assert_eq!(report["packets_lost"], 0, "{report}");
    assert_eq!(report["failures"], Value::Array(Vec::new()), "{report}");
    let received = report["packets_received"].as_u64().unwrap();
    assert!(received > 1_000, "{report}");
}

#[test]
fn a_load_on_nothing_says_what_is_wrong() {
    let server = Server::start(&[]);
    let run = |url: &str| {
        let output = diemcau()
            .args(["load", "--sites", "1", "--url", url, "--data-dir"])
            .arg(server.data_dir())
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run("nonsense").contains("is not http://HOST:PORT"));
    assert!(run("https://127.0.0.1:1").contains("--ca"));
    assert!(run("http://127.0.0.1:1").contains("cannot talk to the server"));
}
