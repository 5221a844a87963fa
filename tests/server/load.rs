//! Synthetic sites against a real server.

use std::process::Output;

use serde_json::Value;

use crate::support::{Server, diemcau};

fn load(server: &Server, more: &[&str]) -> Output {
    let url = format!("http://{}", server.http());
    let mut command = diemcau();
    command.args(["load", "--json", "--sites", "6", "--speakers", "4"]);
    command.args(["--thumbnails", "2", "--seconds", "3", "--url", &url]);
    command.arg("--data-dir").arg(server.data_dir()).args(more);
    command.output().unwrap()
}

fn report(output: &Output) -> Value {
    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    assert!(progress.contains("6/6 sites in"), "{progress}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn six_synthetic_sites_meet_and_lose_nothing() {
    let server = Server::start(&["--public-ip", "127.0.0.1"]);
    let report = report(&load(&server, &[]));
    let number = |name: &str| report[name].as_f64().unwrap();
    assert_eq!(report["joined"], 6, "{report:#}");
    assert_eq!(report["failures"], Value::Array(Vec::new()), "{report:#}");
    assert_eq!(report["packets_lost"], 0, "{report:#}");
    assert_eq!(report["packets_expected"], report["packets_received"]);
    assert_eq!(report["wrong_source"], 0, "{report:#}");
    assert_eq!(report["renegotiations"], 0, "{report:#}");
    // Five see the stage, and all see two cameras and hear three voices.
    assert!(number("packets_received") > 2_000.0, "{report:#}");
    assert!(number("delay_ms_p50") > 0.0, "{report:#}");
    assert!(
        number("delay_ms_max") >= number("delay_ms_p99"),
        "{report:#}"
    );
    assert!(number("server_cores") > 0.0, "{report:#}");
    assert!(number("server_mib") > 1.0, "{report:#}");
    let slots = report["slots"].as_array().unwrap();
    let slot = |kind: &str| slots.iter().find(|slot| slot["kind"] == kind).unwrap();
    assert_eq!(slot("picture")["slots"], 12, "{report:#}");
    assert!(slot("stage_picture")["frames"].as_u64().unwrap() > 50);
    let stage = slot("stage_picture")["kbps_per_slot"].as_u64().unwrap();
    let thumbnail = slot("picture")["kbps_per_slot"].as_u64().unwrap();
    assert!(stage > 5 * thumbnail, "{report:#}");
}

#[test]
fn what_a_bad_line_loses_is_repaired() {
    let server = Server::start(&["--public-ip", "127.0.0.1"]);
    let report = report(&load(&server, &["--drop", "5"]));
    let count = |name: &str| report[name].as_u64().unwrap();
    assert!(count("packets_dropped") > 100, "{report:#}");
    assert!(count("packets_repaired") > 50, "{report:#}");
    assert_eq!(
        count("packets_expected"),
        count("packets_received") + count("packets_lost"),
        "{report:#}"
    );
    let repaired = report["delay_repaired_ms_p50"].as_f64().unwrap();
    assert!(repaired > report["delay_ms_p50"].as_f64().unwrap());
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
