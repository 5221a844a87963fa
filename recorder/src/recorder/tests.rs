//! The recorder as a whole, on a real disk.

use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use diemcau_protocol::{
    MIX_CSRC, MeetingEnd, SourceKind, StagedSource, TrackLayer, VideoCodec, csrc_of,
};
use sha2::{Digest, Sha256};

use super::*;
use crate::archive::{TrustedKeys, Verdict, verify};
use crate::build::clips;
use crate::library::Library;
use crate::timeline::GapReason;

const PATIENCE: Duration = Duration::from_secs(120);

/// The media plane and the event log of a meeting, as the recorder sees them.
struct Surroundings {
    folder: tempfile::TempDir,
    pem: String,
    asked: Receiver<(usize, ToMedia)>,
    asks: Sender<(usize, ToMedia)>,
}

fn hop() -> MeetingId {
    "hop".into()
}

fn event() -> ExportedEvent {
    let nothing = hex::encode([0; 32]);
    let bytes =
        format!(r#"{{"meeting":"hop","seq":1,"prev_hash":"{nothing}","event":{{"type":"x"}}}}"#);
    ExportedEvent {
        hash: hex::encode(Sha256::digest(&bytes)),
        bytes,
        personal: Vec::new(),
    }
}

impl Surroundings {
    fn new() -> Self {
        let (asks, asked) = channel();
        Self {
            folder: tempfile::tempdir().unwrap(),
            pem: ArchiveKey::generate().unwrap(),
            asked,
            asks,
        }
    }

    fn start(&self, before_sealing: Vec<BeforeSealing>) -> Recorder {
        let asks = Mutex::new(self.asks.clone());
        Recorder::start(RecorderConfig {
            folder: self.folder.path().to_owned(),
            workers: 1,
            policy: Detail::Everything,
            watermarks: Watermarks {
                warn: 0,
                speakers: 0,
                programme: 0,
                nothing: 0,
            },
            key: Arc::new(ArchiveKey::from_pem(&self.pem).unwrap()),
            recipients: None,
            ask: Arc::new(move |worker, asked| {
                asks.lock().unwrap().send((worker, asked)).unwrap();
            }),
            export: Arc::new(|_| Ok(vec![event()])),
            before_sealing,
            sealed: Arc::new(|_| {}),
        })
        .unwrap()
    }

    /// Waits until the recorder has asked for this.
    fn is_asked(&self, what: &ToMedia) {
        while self.asked.recv_timeout(PATIENCE).unwrap().1 != *what {}
    }
}

fn wanted(since: Option<i64>) -> WantedRecording {
    WantedRecording {
        meeting: hop(),
        title: "Họp giao ban".into(),
        host_unit: "UBND tỉnh".into(),
        since,
        left_out: BTreeSet::new(),
        stage: Some(StagedSource {
            csrc: csrc_of(1, SourceKind::Camera),
            name: "Chủ tọa".into(),
        }),
        agenda: None,
        speaker: None,
        end: None,
    }
}

fn ended() -> WantedRecording {
    let end = MeetingEnd {
        at: now() / 1_000,
        closing_hash: event().hash,
    };
    WantedRecording {
        end: Some(end),
        ..wanted(None)
    }
}

fn announce(recorder: &Recorder, track: u64, csrc: u32, kind: SourceKind) {
    let layers = vec![TrackLayer {
        height: 90,
        can_be_had: true,
    }];
    let told = FromMedia::Announced {
        track,
        meeting: hop(),
        csrc,
        kind,
        layers,
    };
    recorder.hear(0, told);
}

/// A camera and the mix for two seconds, in no time.
fn publish(recorder: &Recorder) {
    publish_since(recorder, now());
}

/// As above, from then on, in microseconds since 1970 UTC.
fn publish_since(recorder: &Recorder, start: i64) {
    announce(
        recorder,
        1,
        csrc_of(1, SourceKind::Camera),
        SourceKind::Camera,
    );
    announce(recorder, 2, MIX_CSRC, SourceKind::Microphone);
    let hear = |track, packet| {
        let layer = 0;
        recorder.hear(
            0,
            FromMedia::Packet {
                track,
                layer,
                packet,
            },
        );
    };
    let mut seq = 100;
    for (n, picture) in (0..).zip(clips::pictures(VideoCodec::Vp8, 2, "160x90")) {
        let at = start + n * 1_000_000 / clips::RATE as i64;
        for packet in clips::packets(VideoCodec::Vp8, &picture, &mut seq, at) {
            hear(1, packet);
        }
    }
    for (n, payload) in (0..).zip(clips::tone(2_000)) {
        hear(
            2,
            clips::sound(&payload, 100 + n, start + n as i64 * 20_000),
        );
    }
}

fn until(recorder: &Recorder, done: impl Fn(&RecorderSnapshot) -> bool) {
    let late = Instant::now() + PATIENCE;
    while !done(&recorder.counters()) {
        assert!(Instant::now() < late, "{:?}", recorder.counters());
        std::thread::yield_now();
    }
}

fn subscribed() -> ToMedia {
    ToMedia::Subscribe {
        track: 1,
        layers: vec![0],
    }
}

#[test]
fn a_stopped_recorder_goes_on_with_the_recording_and_makes_the_archive() {
    let around = Surroundings::new();
    let recorder = around.start(Vec::new());
    recorder.wanted(wanted(Some(now() / 1_000)));
    // What it heard first is long past when it stops.
    publish_since(&recorder, now() - 4_000_000);
    around.is_asked(&subscribed());
    until(&recorder, |read| read.packets > 150);
    recorder.shutdown();

    let minutes: BeforeSealing = Arc::new(|meeting, archive| {
        let text = format!("Biên bản {meeting}");
        std::fs::write(archive.join("minutes.txt"), text).map_err(|error| error.to_string())
    });
    let broken: BeforeSealing = Arc::new(|_, _| Err("no paper".into()));
    // The programme plays while the archive is being sealed.
    let served = Arc::new(Mutex::new(Vec::new()));
    let (seen, folder) = (Arc::clone(&served), around.folder.path().to_owned());
    let player: BeforeSealing = Arc::new(move |meeting, _| {
        let names = ["programme.webm", "recording.json", "events.jsonl"];
        let found = names.map(|name| Library::new(&folder, None).open(meeting, name).is_ok());
        seen.lock().unwrap().extend(found);
        Ok(())
    });
    let recorder = around.start(vec![broken, minutes, player]);
    assert!(recorder.unfinished().contains(&hop()));
    recorder.wanted(wanted(Some(now() / 1_000)));
    publish(&recorder);
    until(&recorder, |read| read.packets > 150);
    let library = Library::new(around.folder.path(), None);
    assert!(library.recordings().unwrap().contains(&hop()));
    assert_eq!(
        library.state(&hop()),
        Some(diemcau_protocol::RecordingState::UnderWay)
    );
    let early = library.recording(&hop());
    assert_eq!(early.unwrap_err().kind(), io::ErrorKind::NotFound);
    recorder.wanted(ended());
    until(&recorder, |read| read.archives == 1);
    recorder.shutdown();
    assert_eq!(*served.lock().unwrap(), [true, true, false]);

    let made = Library::new(around.folder.path(), None)
        .recording(&hop())
        .unwrap();
    let [gap] = &made.timeline.gaps[..] else {
        panic!("{:?}", made.timeline.gaps);
    };
    assert_eq!(gap.reason, GapReason::RecorderStopped);
    let names: Vec<&str> = made
        .manifest
        .files
        .iter()
        .map(|f| f.path.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "events.jsonl",
            "minutes.txt",
            "programme.webm",
            "recording.json",
            "tracks/0001-camera.webm"
        ]
    );
    let archive = Library::new(around.folder.path(), None).archive_of(&hop());
    let public = ArchiveKey::from_pem(&around.pem).unwrap().public_pem();
    let trusted = TrustedKeys::from_pem(&public.unwrap()).unwrap();
    let verified = verify(&archive, Some(&trusted));
    assert_eq!(verified.verdict, Verdict::Whole, "{verified:?}");
    assert!(
        Library::new(around.folder.path(), None)
            .open(&hop(), "minutes.txt")
            .is_ok()
    );
    assert!(
        Library::new(around.folder.path(), None)
            .open(&hop(), "../journal")
            .is_err()
    );
    assert!(around.start(Vec::new()).unfinished().is_empty());
}

#[test]
fn two_meetings_are_recorded_at_once_and_one_fault_harms_neither() {
    let around = Surroundings::new();
    // Where the folder of one is to be, there is a file.
    std::fs::write(around.folder.path().join("khac"), "x").unwrap();
    let recorder = around.start(Vec::new());
    recorder.wanted(WantedRecording {
        meeting: "khac".into(),
        ..wanted(Some(0))
    });
    recorder.wanted(wanted(Some(0)));
    publish(&recorder);
    until(&recorder, |read| read.packets > 150);
    recorder.wanted(ended());
    // The archive is made by one thread and the recordings are counted by another.
    until(&recorder, |read| {
        read.archives == 1 && read.faults > 0 && read.recordings_active == 1
    });
    assert!(recorder.is_running());
}
