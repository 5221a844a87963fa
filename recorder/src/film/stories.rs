//! Films of short recordings, made by the real ffmpeg.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diemcau_protocol::{MeetingId, SourceKind, VideoCodec};
use tempfile::TempDir;

use super::desk::WORK;
use super::maker::Maker;
use super::*;
use crate::archive::{ArchiveKey, EVENTS, FORMAT_VERSION, Manifest, seal};
use crate::build::clips;
use crate::build::tests::Script;
use crate::journal::Note;
use crate::library::Library;
use crate::lock::{Identity, Recipients};
use crate::storage::Disk;

const SECOND: i64 = 1_000_000;
const MEETING: &str = "hop";
/// How often a test looks.
const LOOK: Duration = Duration::from_millis(50);

/// An archive of four seconds: a picture from the first second on, and sound.
fn shelf(recipients: Option<&Recipients>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let archive = Library::new(folder.path(), None).archive_of(&MEETING.into());
    let pictures = clips::pictures(VideoCodec::Vp8, 3, "320x180");
    let mut script = Script::default();
    script.began(0).track(0, 0, 0, SourceKind::Microphone);
    script.track(0, 1, 2, SourceKind::Camera);
    let title = "1. Phòng, chống thiên tai".into();
    script.note(0, Note::Agenda { title });
    script.stage(0, 2, "Xã An Bình");
    script.tone(0, 0, 4_000);
    script.clip(SECOND, 1, VideoCodec::Vp8, &pictures, |_| false);
    script.ended(4 * SECOND);
    script.build(&Disk, &archive);
    std::fs::write(archive.join(EVENTS), "").unwrap();
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        meeting: MEETING.into(),
        title: "Họp giao ban".into(),
        host_unit: "UBND tỉnh".into(),
        ended_at: 0,
        closing_hash: hex::encode([0; 32]),
        encrypted_to: Vec::new(),
        files: Vec::new(),
    };
    let key = ArchiveKey::from_pem(&ArchiveKey::generate().unwrap()).unwrap();
    seal(&archive, manifest, &key, recipients).unwrap();
    folder
}

/// Waits until a film is no longer under way.
fn made(films: &Films, meeting: &MeetingId) -> FilmState {
    loop {
        match films.state(meeting) {
            FilmState::Waiting | FilmState::UnderWay { .. } => std::thread::sleep(LOOK),
            done => return done,
        }
    }
}

fn probe(path: &Path) -> serde_json::Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "json",
            "-show_streams",
            "-show_format",
        ])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{path:?}: {said}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The luma of one picture, at a time in seconds.
fn luma(path: &Path, at: &str) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-ss", at, "-i"])
        .arg(path)
        .args(["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .output()
        .unwrap();
    assert_eq!(output.stdout.len(), 1280 * 720, "{output:?}");
    output.stdout
}

/// Bright points in a part of a picture.
fn bright(luma: &[u8], columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> usize {
    let points = rows.flat_map(|row| columns.clone().map(move |column| row * 1280 + column));
    points.filter(|point| luma[*point] > 200).count()
}

#[test]
fn a_film_has_the_picture_the_names_the_clock_and_two_sizes_for_slow_lines() {
    let folder = shelf(None);
    let films = Films::start(Library::new(folder.path(), None)).unwrap();
    let meeting: MeetingId = MEETING.into();
    assert_eq!(films.state(&meeting), FilmState::None);
    films.ask(&meeting).unwrap();
    let state = made(&films, &meeting);
    let FilmState::Ready { size } = state else {
        panic!("{state:?}");
    };
    let opened = films.open(&meeting, "film.mp4").unwrap();
    assert_eq!(opened.length, size);

    let place = folder.path().join("hop/film");
    let film = place.join("film.mp4");
    let told = probe(&film);
    let codecs: Vec<&str> = told["streams"]
        .as_array()
        .unwrap()
        .iter()
        // Chapters are a stream of data.
        .filter(|stream| stream["codec_type"] != "data")
        .map(|stream| stream["codec_name"].as_str().unwrap())
        .collect();
    assert_eq!(codecs, ["h264", "aac"], "{told:#}");
    let duration: f64 = told["format"]["duration"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((duration - 4.0).abs() < 0.3, "{duration}");
    // Before the camera there is black, with what is written over it.
    let before = luma(&film, "0.5");
    assert_eq!(bright(&before, 400..880, 250..450), 0);
    for (what, columns, rows) in [
        ("name", 20..400, 640..720),
        ("item", 20..600, 10..80),
        ("clock", 1_100..1_270, 10..80),
    ] {
        assert!(bright(&before, columns, rows) > 100, "{what}");
    }
    assert!(bright(&luma(&film, "2.5"), 400..880, 250..450) > 1_000);

    for (list, height) in [("high", 720), ("low", 360)] {
        let told = probe(&place.join(format!("hls/{list}.m3u8")));
        let found = told["streams"]
            .as_array()
            .unwrap()
            .iter()
            .find_map(|s| s["height"].as_i64());
        assert_eq!(found, Some(height), "{told:#}");
    }
    assert!(films.open(&meeting, "hls/index.m3u8").is_ok());
    for nowhere in [
        "../archive/manifest.json",
        "hls/../film.mp4",
        "work",
        "asked",
    ] {
        assert!(films.open(&meeting, nowhere).is_err(), "{nowhere}");
    }
    films.cancel(&meeting).unwrap();
    assert_eq!(films.state(&meeting), FilmState::None);
    films.shutdown();
}

#[test]
fn a_film_that_was_called_off_begins_anew_and_one_that_was_cut_off_goes_on() {
    let folder = shelf(None);
    let meeting: MeetingId = MEETING.into();
    let library = Library::new(folder.path(), None);
    let place = library.film_of(&meeting);
    let stops = AtomicBool::new(false);
    // The server ends while the second half is made.
    let maker = Maker {
        library: &library,
        meeting: &meeting,
        folder: &place,
        stops: &stops,
        tell: &|done, whole| {
            if done * 2 > whole {
                stops.store(true, Ordering::SeqCst);
            }
        },
    };
    let ended = maker.make().unwrap_err();
    assert!(matches!(ended, FilmError::Stopped), "{ended}");
    let sound: PathBuf = place.join(WORK).join("sound.m4a");
    let before = std::fs::metadata(&sound).unwrap().modified().unwrap();

    // The next run takes what is there.
    stops.store(false, Ordering::SeqCst);
    let maker = Maker {
        tell: &|_, _| {},
        ..maker
    };
    maker.make().unwrap();
    assert_eq!(
        std::fs::metadata(&sound).unwrap().modified().unwrap(),
        before
    );
    assert!(place.join("film.mp4").exists());

    let films = Films::start(library).unwrap();
    films.cancel(&meeting).unwrap();
    assert!(!place.exists());
    films.shutdown();
}

#[test]
fn the_film_of_an_encrypted_archive_is_encrypted_for_the_same() {
    let identity = Identity::from_text(&Identity::generate()).unwrap();
    let folder = shelf(Some(&identity.recipients()));
    let meeting: MeetingId = MEETING.into();
    let blind = Films::start(Library::new(folder.path(), None)).unwrap();
    assert!(blind.ask(&meeting).is_err());
    blind.shutdown();

    let films = Films::start(Library::new(folder.path(), Some(identity))).unwrap();
    films.ask(&meeting).unwrap();
    let state = made(&films, &meeting);
    assert!(matches!(state, FilmState::Ready { .. }), "{state:?}");
    let place = folder.path().join("hop/film");
    assert!(!place.join("film.mp4").exists() && place.join("film.mp4.age").exists());
    assert!(!place.join(WORK).exists());
    let mut film = Vec::new();
    let mut opened = films.open(&meeting, "film.mp4").unwrap();
    std::io::Read::read_to_end(&mut opened.content, &mut film).unwrap();
    let copy = folder.path().join("copy.mp4");
    std::fs::write(&copy, film).unwrap();
    probe(&copy);
    films.shutdown();
}
