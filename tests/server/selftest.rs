//! Whoever has just installed it asks whether everything works.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::diemcau;

fn selftest(temporary: &Path, more: &[&str]) -> Output {
    let mut command = diemcau();
    command.arg("selftest").args(more).env("TMPDIR", temporary);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn verify(folder: &Path, key: &Path) -> Option<i32> {
    let mut command = diemcau();
    command.arg("verify").arg(folder).arg("--key").arg(key);
    command.output().unwrap().status.code()
}

#[test]
fn a_sound_machine_passes_and_leaves_an_archive_that_verifies_and_plays() {
    let above = tempfile::tempdir().unwrap();
    let temporary = above.path().join("tạm");
    std::fs::create_dir(&temporary).unwrap();
    let kept = above.path().join("hồ sơ");
    let keep = kept.to_str().unwrap();
    let output = selftest(&temporary, &["--json", "--lang", "en", "--keep", keep]);
    let said = text(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{said}\n{report:#}");

    assert_eq!(report["holds"], true, "{report:#}");
    let figures = &report["figures"];
    assert_eq!(figures["joined"], serde_json::json!([5, 5]), "{report:#}");
    assert_eq!(figures["present"], 5, "{report:#}");
    assert_eq!(figures["votes"], serde_json::json!([5, 5]), "{report:#}");
    assert!(figures["packets_received"].as_u64().unwrap() > 1_000);
    assert!(figures["recorded_seconds"].as_f64().unwrap() > 19.0);
    assert!(figures["minutes_pages"].as_u64().unwrap() > 0);
    for line in [
        "Sites join the meeting: 5 of 5",
        "Verifying the archive: whole",
    ] {
        assert!(said.contains(line), "{said}");
    }

    // Nothing is left but what was to be kept.
    assert_eq!(names(&temporary), [""; 0]);
    assert_eq!(names(&kept), ["archive", "archive.pub"]);
    let archive = kept.join("archive");
    let key = kept.join("archive.pub");
    assert_eq!(verify(&archive, &key), Some(0));
    assert_eq!(verify(&kept, &key), Some(0));
    let issued = std::fs::read(archive.join("additions/0001/minutes.json")).unwrap();
    let minutes: Value = serde_json::from_slice(&issued).unwrap();
    assert_eq!(minutes["stage"]["type"], "issued", "{minutes:#}");
    assert_eq!(minutes["votes"], Value::Null);
    assert_eq!(
        minutes["minutes"]["votes"].as_array().unwrap().len(),
        1,
        "{minutes:#}"
    );

    let mut plays = Command::new("ffmpeg");
    plays.args(["-v", "error", "-xerror", "-i"]);
    plays.arg(archive.join("programme.webm"));
    plays.args(["-fps_mode", "passthrough", "-enc_time_base:v", "-1"]);
    let played = plays.args(["-f", "null", "-"]).output().unwrap();
    assert!(played.status.success(), "{}", text(&played.stderr));
    assert_eq!(text(&played.stderr), "");
    let mut probe = Command::new("ffprobe");
    probe.args(["-v", "error", "-of", "json", "-show_streams"]);
    let probed = probe.arg(archive.join("programme.webm")).output().unwrap();
    let probed: Value = serde_json::from_slice(&probed.stdout).unwrap();
    let codecs: Vec<&str> = probed["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| stream["codec_name"].as_str().unwrap())
        .collect();
    assert_eq!(codecs, ["vp8", "opus"], "{probed:#}");

    // Where something else lies beside the archive, nobody takes it for proved.
    std::fs::write(kept.join("programme.webm"), "x").unwrap();
    assert_eq!(verify(&kept, &key), Some(1));
    let again = selftest(&temporary, &["--lang", "en", "--keep", keep]);
    assert_eq!(again.status.code(), Some(1));
    let said = text(&again.stdout);
    assert!(said.contains("is not empty"), "{said}");
    assert!(
        verify(&archive, &key) == Some(0),
        "what was kept is still there"
    );
}

#[test]
fn where_there_is_no_place_for_it_the_test_says_so_and_what_to_do() {
    let above = tempfile::tempdir().unwrap();
    let file = above.path().join("no-folder");
    std::fs::write(&file, "x").unwrap();
    let output = selftest(&file, &["--lang", "vi"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.contains("KHÔNG ĐẠT ở bước “Chuẩn bị thư mục tạm”"),
        "{said}"
    );
    assert!(
        said.contains("no-folder") && said.contains("TMPDIR"),
        "{said}"
    );

    let output = selftest(&file, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["holds"], false, "{report:#}");
    assert_eq!(report["failure"]["step"], "folder", "{report:#}");
}
