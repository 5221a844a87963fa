//! A meeting is recorded by the real server, which is killed in the middle;
//! its archive is whole, and every file plays.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diemcau::bridge::http::Client;
use diemcau_protocol::{Command, CourseCommand, RecordingCommand, SourceKind, SourceRef};
use serde_json::Value;
use tokio::time::{interval, timeout};
use url::Url;

use crate::stacks::second_stack::{Camera, LAYERS, SecondStack};
use crate::support::{Server, diemcau};

const PATIENCE: Duration = Duration::from_secs(120);
/// Packets of two sites with sound and picture: a few seconds.
const ENOUGH: u64 = 900;

/// Pictures of ffmpeg's, each of which needs no other, in the camera's layers.
fn pictures() -> Vec<Vec<Vec<u8>>> {
    let of_layer = |(_, height, _): &(&str, u16, usize)| {
        // The larger layer is smaller than it says: it is encoded beside the meeting.
        let size = if *height > 180 { "640x360" } else { "320x180" };
        let source = format!("testsrc2=size={size}:rate=25:duration=2");
        let output = Process::new("ffmpeg")
            .args([
                "-v", "error", "-f", "lavfi", "-i", &source, "-c:v", "libvpx",
            ])
            .args([
                "-g",
                "1",
                "-b:v",
                "500k",
                "-deadline",
                "realtime",
                "-f",
                "ivf",
                "-",
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut rest = &output.stdout[32..];
        let mut frames = Vec::new();
        while let Some((head, behind)) = rest.split_first_chunk::<12>() {
            let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
            frames.push(behind[..length].to_vec());
            rest = &behind[length..];
        }
        frames
    };
    LAYERS.iter().map(of_layer).collect()
}

/// Encoded once: whoever is in a meeting has no time for that.
static PICTURES: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(pictures);

/// What a real camera and microphone send.
fn real(_number: u32) -> Camera {
    let pictures = &*PICTURES;
    let mut encoder =
        opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    Box::new(move |kind, layer, frame, _| {
        if kind == SourceKind::Camera {
            let clip = &pictures[layer];
            return clip[frame as usize % clip.len()].clone();
        }
        let sample = |n: usize| ((n as f32 * 0.0576).sin() * 8_000.0) as i16;
        let first = frame as usize * 960;
        let samples: Vec<i16> = (first..first + 960).map(sample).collect();
        encoder.encode_vec(&samples, 1_275).unwrap()
    })
}

fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics").body;
    let line = text.lines().find_map(|line| {
        let (found, value) = line.split_once(' ')?;
        (found == format!("diemcau_recorder_{name}")).then(|| value.to_owned())
    });
    line.unwrap_or_default().parse().unwrap_or(0)
}

/// The links, at where the server is now.
async fn come_in(server: &Server, links: &[Url]) -> (SecondStack, SecondStack) {
    let client = Client::new(None).unwrap();
    let at = |link: &Url| {
        let mut link = link.clone();
        link.set_port(Some(server.ports.http)).unwrap();
        link
    };
    let [first, second] = [at(&links[0]), at(&links[1])];
    let chair = SecondStack::join(&first, &client, "Chủ tọa", real).await;
    let site = SecondStack::join(&second, &client, "Xã An Bình", real).await;
    (chair.unwrap(), site.unwrap())
}

/// Both take part until so many more packets are recorded.
async fn is_recorded(server: &Server, chair: &mut SecondStack, site: &mut SecondStack) {
    let before = metric(server, "packets_total");
    let mut steps = 0;
    let mut has_more = || {
        steps += 1;
        // Each step is one packet or message.
        steps % 50 == 0 && metric(server, "packets_total") >= before + ENOUGH
    };
    let both = async {
        tokio::select! {
            ended = chair.run_until(|_| has_more()) => ended.unwrap(),
            ended = site.run_until(|_| false) => ended.unwrap(),
        }
    };
    timeout(PATIENCE, both)
        .await
        .expect("it is recorded in time");
}

/// Waits until the archive is there.
async fn archived(server: &Server) {
    let mut look = interval(Duration::from_millis(200));
    let there = async {
        while metric(server, "archives_total") == 0 {
            look.tick().await;
        }
    };
    timeout(PATIENCE, there)
        .await
        .expect("the archive is made in time");
}

/// ffmpeg decodes a file without a word; its duration in seconds.
fn played(path: &Path) -> f64 {
    let decode = Process::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-i"])
        .arg(path)
        // Pictures of a live camera are not evenly spaced.
        .args(["-fps_mode", "passthrough", "-enc_time_base:v", "-1", "-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&decode.stderr);
    assert!(
        decode.status.success() && said.is_empty(),
        "{path:?}: {said}"
    );
    let probe = Process::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "csv=p=0",
            "-show_entries",
            "format=duration",
        ])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&probe.stderr);
    assert!(
        probe.status.success() && said.is_empty(),
        "{path:?}: {said}"
    );
    String::from_utf8(probe.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

fn verify(folder: &Path, more: &[&str]) -> (i32, Value) {
    let Output { status, stdout, .. } = diemcau()
        .args(["verify", "--json"])
        .arg(folder)
        .args(more)
        .output()
        .unwrap();
    (
        status.code().unwrap(),
        serde_json::from_slice(&stdout).unwrap(),
    )
}

/// The keys that verify a server's archives, in a file beside it.
fn public_keys(data_dir: &Path, beside: &Path) -> PathBuf {
    let keys = beside.join("archive.pub.pem");
    let printed = diemcau()
        .args(["admin", "archive-key", "--data-dir"])
        .arg(data_dir)
        .output()
        .unwrap();
    std::fs::write(&keys, printed.stdout).unwrap();
    keys
}

/// In milliseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_kills_cost_at_most_a_second_each_and_the_archive_says_where() {
    LazyLock::force(&PICTURES);
    let temporary = tempfile::tempdir().unwrap();
    let data_dir = temporary.path().join("data");
    let flags = ["--recording", "everything"];
    let mut server = Server::start_in(&data_dir, &flags);
    let links = server.meeting(&[("Chủ tọa", "site"), ("Xã An Bình", "site")]);
    let meeting = links[0].path().strip_prefix("/m/").unwrap().to_owned();
    let (mut chair, mut site) = come_in(&server, &links).await;
    let announce = RecordingCommand::Announce { seconds: 10 };
    let announce = Command::Recording(announce);
    chair.seat.command(announce).await.unwrap();
    let mut killed = Vec::new();
    for _ in 0..3 {
        is_recorded(&server, &mut chair, &mut site).await;
        killed.push(now());
        server.kill();
        drop((chair, site));
        server = Server::start_in(&data_dir, &flags);
        (chair, site) = come_in(&server, &links).await;
    }
    is_recorded(&server, &mut chair, &mut site).await;
    let end = Command::Course(CourseCommand::End);
    chair.seat.command(end).await.unwrap();
    archived(&server).await;

    let folder = data_dir.join("recordings").join(&meeting).join("archive");
    let keys = public_keys(&data_dir, temporary.path());
    let (status, found) = verify(&folder, &["--key", keys.to_str().unwrap()]);
    assert_eq!(status, 0, "{found:#}");
    let timeline = std::fs::read(folder.join("recording.json")).unwrap();
    let timeline: Value = serde_json::from_slice(&timeline).unwrap();
    let began = timeline["began_at"].as_i64().unwrap();
    let gaps = timeline["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), killed.len(), "{timeline:#}");
    for (gap, killed) in gaps.iter().zip(&killed) {
        assert_eq!(gap["reason"], "recorder_stopped", "{timeline:#}");
        let missing = killed - began - gap["from"].as_i64().unwrap();
        assert!(missing <= 1_000, "{missing} ms: {timeline:#}");
    }
    for track in timeline["tracks"].as_array().unwrap() {
        for part in track["parts"].as_array().unwrap() {
            played(&folder.join(part["file"].as_str().unwrap()));
        }
    }
    let programme = played(&folder.join("programme.webm"));
    let duration = timeline["duration"].as_f64().unwrap() / 1_000.0;
    assert!((programme - duration).abs() < 1.0, "{timeline:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_outlives_the_server_and_its_archive_is_proved() {
    LazyLock::force(&PICTURES);
    let temporary = tempfile::tempdir().unwrap();
    let data_dir = temporary.path().join("data");
    let flags = ["--recording", "everything"];
    let server = Server::start_in(&data_dir, &flags);
    let links = server.meeting(&[("Chủ tọa", "site"), ("Xã An Bình", "site")]);
    let meeting = links[0].path().strip_prefix("/m/").unwrap().to_owned();
    let (mut chair, mut site) = come_in(&server, &links).await;
    let announce = RecordingCommand::Announce { seconds: 10 };
    chair
        .seat
        .command(Command::Recording(announce))
        .await
        .unwrap();
    is_recorded(&server, &mut chair, &mut site).await;
    server.kill();
    drop((chair, site));

    let server = Server::start_in(&data_dir, &flags);
    let (mut chair, mut site) = come_in(&server, &links).await;
    is_recorded(&server, &mut chair, &mut site).await;
    let stage = SourceRef {
        participant: site.seat.own.clone(),
        kind: SourceKind::Camera,
    };
    let stage = Command::SetStage {
        source: Some(stage),
    };
    chair.seat.command(stage).await.unwrap();
    is_recorded(&server, &mut chair, &mut site).await;
    let end = Command::Course(CourseCommand::End);
    chair.seat.command(end).await.unwrap();
    archived(&server).await;

    // What the server says of it.
    let bearer = format!("Bearer {}", server.admin_token());
    let admin = [("authorization", bearer.as_str())];
    let ask = |path: &str| server.ask("GET", path, &admin, "").json();
    let listed = ask("/api/v1/recordings");
    assert_eq!(listed["recordings"][0]["state"], "ready", "{listed:#}");
    assert_eq!(server.get("/api/v1/recordings").status, 401);
    let address = format!("/api/v1/recordings/{meeting}");
    let told = ask(&address);
    let timeline = &told["timeline"];
    assert_eq!(timeline["title"], "Họp giao ban", "{timeline:#}");
    let gaps = timeline["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 1, "{timeline:#}");
    assert_eq!(gaps[0]["reason"], "recorder_stopped");
    let verified = ask(&format!("{address}/verify"));
    assert_eq!(verified["verdict"], "whole", "{verified:#}");
    let part = [admin[0], ("range", "bytes=0-3")];
    let programme = format!("{address}/files/programme.webm");
    let head = server.ask("GET", &programme, &part, "");
    assert_eq!((head.status, head.header("content-length")), (206, "4"));
    let nothing = server.ask("GET", &format!("{address}/files/journal"), &admin, "");
    assert_eq!(nothing.status, 404);

    // What lies on the disk.
    let folder = data_dir.join("recordings").join(&meeting).join("archive");
    let duration = timeline["duration"].as_f64().unwrap() / 1_000.0;
    let tracks = timeline["tracks"].as_array().unwrap();
    assert_eq!(tracks.len(), 4, "{timeline:#}");
    for part in tracks
        .iter()
        .flat_map(|track| track["parts"].as_array().unwrap())
    {
        played(&folder.join(part["file"].as_str().unwrap()));
    }
    let programme = played(&folder.join("programme.webm"));
    assert!(
        (programme - duration).abs() < 1.0,
        "{programme} of {timeline:#}"
    );
    let shown: Vec<&str> = timeline["chapters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|mark| mark["kind"] == "stage")
        .map(|mark| mark["title"].as_str().unwrap())
        .collect();
    assert_eq!(shown.last(), Some(&"Xã An Bình"), "{timeline:#}");

    // Anybody can prove it, who has the key.
    let keys = public_keys(&data_dir, temporary.path());
    let trusted = ["--key", keys.to_str().unwrap()];
    assert_eq!(verify(&folder, &trusted).0, 0);
    assert_eq!(verify(&folder, &[]).0, 3);
    let damaged = folder.join("programme.webm");
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let (status, found) = verify(&folder, &trusted);
    assert_eq!(status, 1);
    assert_eq!(found["findings"][0]["file"], "programme.webm", "{found:#}");
    assert_eq!(found["findings"].as_array().unwrap().len(), 1, "{found:#}");
}
