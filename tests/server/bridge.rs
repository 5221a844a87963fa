//! `diemcau bridge` from outside: real cameras of ffmpeg's, a WHIP endpoint on
//! a real WebRTC connection, and what stands on the terminal.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::StatusCode;
use diemcau::bridge::http::Client;
use diemcau_protocol::{SlotKind, SourceKind, csrc_of};
use tokio::sync::mpsc;

use crate::stacks::camera::{self, Camera, Rtp};
use crate::stacks::second_stack::SecondStack;
use crate::stacks::whip_endpoint::{Arrived, Endpoint, TOKEN};
use crate::support::{Server, diemcau};

const PATIENCE: Duration = Duration::from_secs(60);
/// As a camera should be set.
const GOOD: &[&str] = &["-bf", "0", "-g", "25"];
/// As too many cameras are.
const BAD: &[&str] = &["-bf", "2", "-g", "100", "-b_strategy", "0"];

/// A running `diemcau bridge`; ended when it is dropped.
struct Bridge {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    said: Vec<String>,
}

impl Bridge {
    fn start(endpoint: &Endpoint, token: &str, more: &[&str], source: &str) -> Self {
        Self::start_at(&endpoint.url(), token, more, source)
    }

    fn start_at(whip: &str, token: &str, more: &[&str], source: &str) -> Self {
        let mut child = diemcau()
            .args(["bridge", "--language", "en", "--whip", whip])
            .args(["--token", token])
            .args(more)
            .arg(source)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let (line, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for said in printed.map_while(Result::ok) {
                if line.send(said).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Waits until it says so.
    async fn says(&mut self, part: &str) -> String {
        let waiting = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push(line.clone());
                if line.contains(part) {
                    return line;
                }
            }
            panic!("it ended without saying «{part}»: {:#?}", self.said);
        };
        let said = tokio::time::timeout(PATIENCE, waiting).await;
        said.unwrap_or_else(|_| panic!("it does not say «{part}»"))
    }

    /// Waits until it has said so, before now or later.
    async fn has_said(&mut self, part: &str) -> String {
        match self.said.iter().find(|line| line.contains(part)) {
            Some(line) => line.clone(),
            None => self.says(part).await,
        }
    }

    fn stop(&self) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn pictures(endpoint: &mut Endpoint, count: usize) -> Vec<(bool, bool, usize)> {
    let pictures = tokio::time::timeout(PATIENCE, endpoint.pictures(count)).await;
    let pictures = pictures.expect("pictures come in time").into_iter();
    pictures
        .map(|(whole, payload)| (whole.keyframe, whole.b, payload))
        .collect()
}

async fn until(endpoint: &mut Endpoint, wanted: impl Fn(&Arrived) -> bool) {
    let waiting = async { while !wanted(&endpoint.next().await) {} };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("it happens in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_camera_is_passed_through_and_ended_with_delete() {
    for transport in ["tcp", "udp"] {
        let camera = Camera::start(GOOD).await;
        let mut endpoint = Endpoint::start().await;
        let more = ["--rtsp-transport", transport];
        let mut bridge = Bridge::start(&endpoint, TOKEN, &more, &camera.url());
        bridge.says("Live in the meeting").await;
        let came = pictures(&mut endpoint, 60).await;
        assert!(
            came.iter().filter(|(keyframe, ..)| *keyframe).count() >= 2,
            "{transport}"
        );
        assert!(came.iter().all(|(_, b, _)| !b));
        assert!(came.iter().all(|(.., payload)| *payload <= 1_200));
        let told = bridge
            .has_said("Keyframes are 1.0 s apart (25 pictures)")
            .await;
        assert!(told.contains("1.0 s at worst, 0.5 s on average"), "{told}");
        assert!(
            !bridge.said.iter().any(|line| line.contains("WARNING")),
            "{:#?}",
            bridge.said
        );
        bridge.stop();
        until(&mut endpoint, |arrived| matches!(arrived, Arrived::Ended)).await;
        bridge.says("Stopped.").await;
        assert!(bridge.child.wait().unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_camera_is_found_out() {
    let camera = Camera::start(BAD).await;
    let mut endpoint = Endpoint::start().await;
    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], &camera.url());
    let told = bridge.says("B-frames").await;
    assert!(
        told.starts_with("WARNING") && told.contains("--transcode all"),
        "{told}"
    );
    let told = bridge
        .says("Keyframes are 4.0 s apart (100 pictures)")
        .await;
    assert!(told.starts_with("WARNING"), "{told}");
    assert!(told.contains("4.0 s at worst, 2.0 s on average"), "{told}");
    pictures(&mut endpoint, 1).await;
    // The next keyframe may be near; a camera that hears answers every time.
    let deaf = bridge.says("no keyframe when asked");
    tokio::pin!(deaf);
    let mut asking = tokio::time::interval(Duration::from_millis(300));
    loop {
        tokio::select! {
            _ = &mut deaf => break,
            _ = asking.tick() => endpoint.ask_for_keyframe().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transcoding_mends_a_bad_camera() {
    let camera = Camera::start(BAD).await;
    let mut endpoint = Endpoint::start().await;
    let more = ["--transcode", "all"];
    let mut bridge = Bridge::start(&endpoint, TOKEN, &more, &camera.url());
    bridge.says("Live in the meeting").await;
    bridge
        .has_said("Keyframes are 2.0 s apart (50 pictures)")
        .await;
    let came = pictures(&mut endpoint, 60).await;
    assert!(came.iter().all(|(_, b, payload)| !b && *payload <= 1_200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_comes_back_is_live_again() {
    let camera = Camera::start(GOOD).await;
    let url = camera.url();
    let mut endpoint = Endpoint::start().await;
    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], &url);
    bridge.says("Live in the meeting").await;
    let address = camera.go().await;
    bridge.says("The source is lost").await;
    until(&mut endpoint, |arrived| matches!(arrived, Arrived::Ended)).await;
    bridge.says("Next attempt in").await;
    let _camera = Camera::start_at(address, GOOD).await;
    bridge.says("Live in the meeting").await;
    until(&mut endpoint, |arrived| {
        matches!(arrived, Arrived::Picture(..))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_waited_out_or_said() {
    let camera = Camera::start(GOOD).await;
    let endpoint = Endpoint::start().await;
    endpoint.refuse(&[StatusCode::SERVICE_UNAVAILABLE, StatusCode::NOT_FOUND]);
    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], &camera.url());
    bridge.says("503 Service Unavailable: not now").await;
    bridge.says("Next attempt in 1 s.").await;
    bridge.says("404 Not Found: not now").await;
    bridge.says("Live in the meeting").await;
    drop(bridge);

    let mut bridge = Bridge::start(&endpoint, "a-wrong-token", &[], &camera.url());
    bridge.says("401 Unauthorized").await;
    assert!(!bridge.child.wait().unwrap().success());
    assert!(
        !bridge
            .said
            .iter()
            .any(|line| line.contains("a-wrong-token"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_is_not_there_is_waited_for() {
    let endpoint = Endpoint::start().await;
    let url = format!("rtsp://{}/live", camera::nobody());
    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], &url);
    bridge.says("The source is lost").await;
    bridge.says("Next attempt in").await;
    drop(bridge);

    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], "/không/có.mkv");
    bridge.says("/không/có.mkv").await;
    assert!(
        !bridge.child.wait().unwrap().success(),
        "a wrong path stays wrong"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_played_over_and_over_with_its_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("họp.webm");
    camera::file(&path);
    let mut endpoint = Endpoint::start().await;
    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], path.to_str().unwrap());
    bridge.says("VP8, with sound").await;
    until(
        &mut endpoint,
        |arrived| matches!(arrived, Arrived::Published(offer) if offer.contains("VP8/90000")),
    )
    .await;
    until(&mut endpoint, |arrived| matches!(arrived, Arrived::Sound)).await;
    // The file has fifty.
    let came = pictures(&mut endpoint, 80).await;
    assert!(came.iter().any(|(keyframe, ..)| *keyframe));
    assert!(came.iter().all(|(.., payload)| *payload <= 1_200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rtp_comes_in_as_its_description_says() {
    let folder = tempfile::tempdir().unwrap();
    let description = folder.path().join("camera.sdp");
    let _rtp = Rtp::start(&description, GOOD);
    let mut endpoint = Endpoint::start().await;
    let source = format!("rtp:{}", description.display());
    let mut bridge = Bridge::start(&endpoint, TOKEN, &[], &source);
    bridge.says("Live in the meeting").await;
    let came = pictures(&mut endpoint, 30).await;
    assert!(came.iter().any(|(keyframe, ..)| *keyframe));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_is_seen_and_heard_in_a_meeting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("họp.webm");
    camera::file(&path);
    let server = Server::start(&["--public-ip", "127.0.0.1"]);
    let links = server.meeting(&[("Tỉnh", "site"), ("Camera hội trường", "device")]);
    let client = Client::new(None).unwrap();
    let viewer = SecondStack::join(&links[0], &client, "Tỉnh", |_| {
        // A closed eye and a closed mouth.
        Box::new(|_, _, _, keyframe| vec![u8::from(!keyframe); 8])
    });
    let mut viewer = viewer.await.unwrap();
    let whip = format!("http://{}/api/v1/whip", server.http());
    let token = links[1].fragment().unwrap();
    let mut bridge = Bridge::start_at(&whip, token, &[], path.to_str().unwrap());
    let frames = |viewer: &SecondStack, kinds: &[SlotKind]| -> usize {
        let slots = kinds.iter().flat_map(|kind| viewer.slots_of(*kind));
        slots.map(|slot| slot.reception.frames.len()).sum()
    };
    let pictures = [SlotKind::Picture];
    let sounds = [SlotKind::Sound, SlotKind::StageSound];
    let watching =
        viewer.run_until(|viewer| frames(viewer, &pictures) >= 50 && frames(viewer, &sounds) >= 50);
    tokio::time::timeout(PATIENCE, watching)
        .await
        .expect("seen in time")
        .unwrap();
    bridge.has_said("Live in the meeting").await;

    let number = viewer.seat.others[0].1;
    let seen = viewer
        .slots_of(SlotKind::Picture)
        .map(|slot| &slot.reception);
    for reception in seen {
        let camera = csrc_of(number, SourceKind::Camera);
        assert!(
            reception
                .frames
                .iter()
                .all(|frame| frame.csrc == Some(camera))
        );
        assert_eq!((reception.missing(), reception.torn), (0, 0));
    }

    // A camera with H.264 is let in too.
    bridge.stop();
    bridge.says("Stopped.").await;
    let camera = Camera::start(GOOD).await;
    let mut bridge = Bridge::start_at(&whip, token, &[], &camera.url());
    bridge.says("Live in the meeting").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_back_is_published_to_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start_in(&data, &[]);
    let links = server.meeting(&[("Tỉnh", "site"), ("Camera hội trường", "device")]);
    let whip = format!("http://{}/api/v1/whip", server.http());
    let same_place = format!("--dev-http={}", server.http());
    let camera = Camera::start(GOOD).await;
    let token = links[1].fragment().unwrap();
    let mut bridge = Bridge::start_at(&whip, token, &[], &camera.url());
    bridge.says("Live in the meeting").await;
    server.kill();
    bridge.says("The line to the server is lost").await;
    bridge.says("The server does not take it").await;
    let _server = Server::start_in(&data, &[&same_place]);
    bridge.says("Live in the meeting").await;
}
