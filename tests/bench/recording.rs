//! Ten meetings recorded at once, of five tracks each: the real recorder on the
//! real disk, fed in real time as the workers of the media plane feed it. And
//! what ffmpeg needs to compose one such meeting into a picture.
//!
//! ```text
//!   clips (ffmpeg, once) ── feeder ──> Recorder::hear ──> journals, files
//!        └── ffmpeg: 4 x 640x360 VP8 ──> 1280x720 H.264
//! ```
//!
//! Counted is what the recorder's own threads use, by their names.

mod clips;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use diemcau_protocol::{
    FromMedia, MIX_CSRC, MeetingEnd, MeetingId, SourceKind, StagedSource, TrackLayer,
    WantedRecording, csrc_of,
};
use diemcau_recorder::{
    ArchiveKey, Detail, ExportedEvent, Recorder, RecorderConfig, RecorderSnapshot, Watermarks,
    library::Library,
};
use serde::Serialize;

use crate::process;
use clips::{Clip, RATE};

const MEETINGS: usize = 10;
/// Four cameras, and the mix.
const CAMERAS: usize = 4;
const TRACKS: usize = MEETINGS * (CAMERAS + 1);
/// What beginning costs is over by then.
const WARM_UP: Duration = Duration::from_secs(3);
const LENGTH: Duration = Duration::from_secs(20);
/// The feeder looks this often for what is due.
const TURN: Duration = Duration::from_millis(5);
/// All archives have to be there by then.
const ARCHIVED_BY: Duration = Duration::from_secs(60);
/// The names of the recorder's threads.
const THREADS: [&str; 3] = ["recorder", "journal", "recording"];

/// What the budget is about.
#[derive(Debug, Serialize)]
pub(crate) struct Recording {
    meetings: usize,
    tracks: usize,
    /// Of one core, for each track.
    percent_of_core_per_track: f64,
    recorder_cores_per_meeting: f64,
    packets_per_s: f64,
    mib_written_per_s: f64,
    packets_dropped: u64,
    /// Milliseconds that are missing in all recordings.
    gap_ms: i64,
    /// From the end of the ten meetings to the last archive.
    archives_s: f64,
    /// To compose one of the meetings in real time.
    ffmpeg_cores_per_meeting: f64,
    ffmpeg_over_recorder: f64,
}

/// Records, and composes.
pub(crate) fn measure() -> Result<Recording> {
    // Not where a system may keep temporary files in memory.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&above)?;
    let folder = tempfile::tempdir_in(above)?;
    let clips = clips::make(folder.path(), CAMERAS)?;
    let ffmpeg = compose(folder.path())?;

    let recordings = folder.path().join("recordings");
    let recorder = start(&recordings)?;
    for number in 0..MEETINGS {
        recorder.wanted(wanted(number, None));
        announce(&recorder, number);
    }
    let mut feeder = Feeder::new(&recorder, &clips);
    feeder.feed(WARM_UP);
    let (before, used) = (recorder.counters(), threads_time()?);
    let began = Instant::now();
    feeder.feed(LENGTH);
    let seconds = began.elapsed().as_secs_f64();
    let (after, used) = (recorder.counters(), threads_time()? - used);

    let ended = Instant::now();
    for number in 0..MEETINGS {
        recorder.wanted(wanted(number, Some(end())));
    }
    while recorder.counters().archives < MEETINGS as u64 {
        ensure!(ended.elapsed() < ARCHIVED_BY, "{:?}", recorder.counters());
        std::thread::sleep(TURN);
    }
    let archives_s = ended.elapsed().as_secs_f64();
    let cores = used.as_secs_f64() / seconds;
    let per_meeting = cores / MEETINGS as f64;
    let counted = |of: fn(&RecorderSnapshot) -> u64| (of(&after) - of(&before)) as f64 / seconds;
    let found = Recording {
        meetings: MEETINGS,
        tracks: TRACKS,
        percent_of_core_per_track: cores / TRACKS as f64 * 100.0,
        recorder_cores_per_meeting: per_meeting,
        packets_per_s: counted(|read| read.packets),
        mib_written_per_s: counted(|read| read.bytes) / f64::from(1 << 20),
        packets_dropped: recorder.counters().packets_dropped,
        gap_ms: gaps(&recordings)?,
        archives_s,
        ffmpeg_cores_per_meeting: ffmpeg,
        ffmpeg_over_recorder: ffmpeg / per_meeting,
    };
    recorder.shutdown();
    Ok(found)
}

/// Processor time of the recorder's threads so far.
fn threads_time() -> Result<Duration> {
    let mut time = Duration::ZERO;
    for thread in fs::read_dir("/proc/self/task")? {
        let folder = thread?.path();
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        if THREADS.contains(&name.trim()) {
            time += process::thread_time(&folder)?;
        }
    }
    ensure!(!time.is_zero(), "the recorder's threads have other names");
    Ok(time)
}

fn meeting(number: usize) -> MeetingId {
    MeetingId(format!("hop-{number}"))
}

/// The log of a meeting in which nothing happened.
fn event(meeting: &MeetingId) -> ExportedEvent {
    use sha2::{Digest, Sha256};
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    let nothing = hex(&[0; 32]);
    let meeting = meeting.as_str();
    let bytes = format!(
        r#"{{"meeting":"{meeting}","seq":1,"prev_hash":"{nothing}","event":{{"type":"x"}}}}"#
    );
    ExportedEvent {
        hash: hex(&Sha256::digest(&bytes)),
        bytes,
        personal: Vec::new(),
    }
}

fn start(folder: &Path) -> Result<Recorder> {
    let key = ArchiveKey::from_pem(&ArchiveKey::generate()?)?;
    let room = Watermarks {
        warn: 0,
        speakers: 0,
        programme: 0,
        nothing: 0,
    };
    Ok(Recorder::start(RecorderConfig {
        folder: folder.to_owned(),
        workers: 1,
        policy: Detail::Everything,
        watermarks: room,
        key: Arc::new(key),
        // The clips have keyframes by themselves, and lose nothing.
        ask: Arc::new(|_, _| {}),
        export: Arc::new(|meeting| Ok(vec![event(meeting)])),
        before_sealing: Vec::new(),
        recipients: None,
        sealed: Arc::new(|_| {}),
    })?)
}

fn wanted(number: usize, end: Option<MeetingEnd>) -> WantedRecording {
    WantedRecording {
        meeting: meeting(number),
        title: format!("Cuộc họp số {number}"),
        host_unit: "UBND tỉnh".into(),
        since: end.is_none().then(|| now() / 1_000),
        left_out: BTreeSet::new(),
        stage: Some(StagedSource {
            csrc: csrc_of(1, SourceKind::Camera),
            name: "Chủ tọa".into(),
        }),
        agenda: None,
        speaker: None,
        end,
    }
}

fn end() -> MeetingEnd {
    MeetingEnd {
        at: now() / 1_000,
        closing_hash: String::new(),
    }
}

/// The number of a track of a meeting; the mix is the last one.
fn track(meeting: usize, of_meeting: usize) -> u64 {
    (meeting * (CAMERAS + 1) + of_meeting) as u64
}

fn announce(recorder: &Recorder, number: usize) {
    for of_meeting in 0..=CAMERAS {
        let is_mix = of_meeting == CAMERAS;
        let (csrc, kind) = match is_mix {
            true => (MIX_CSRC, SourceKind::Microphone),
            false => {
                let kind = SourceKind::Camera;
                (csrc_of(of_meeting as u32 + 1, kind), kind)
            }
        };
        let layers = vec![TrackLayer {
            height: 360,
            can_be_had: true,
        }];
        let told = FromMedia::Announced {
            track: track(number, of_meeting),
            meeting: meeting(number),
            csrc,
            kind,
            layers,
        };
        recorder.hear(0, told);
    }
}

/// Sends what cameras and the mixer give, when it is due.
struct Feeder<'a> {
    recorder: &'a Recorder,
    clips: &'a [Clip],
    began: Instant,
    /// Pictures and sounds of each track so far.
    pictures: u64,
    sounds: u64,
    seqs: Vec<u64>,
}

impl<'a> Feeder<'a> {
    fn new(recorder: &'a Recorder, clips: &'a [Clip]) -> Self {
        Self {
            recorder,
            clips,
            began: Instant::now(),
            pictures: 0,
            sounds: 0,
            seqs: vec![1_000; TRACKS],
        }
    }

    fn feed(&mut self, length: Duration) {
        let until = Instant::now() + length;
        while Instant::now() < until {
            let passed = self.began.elapsed().as_micros() as u64;
            while self.pictures * 1_000_000 / RATE <= passed {
                self.picture();
            }
            while self.sounds * 20_000 <= passed {
                self.sound();
            }
            std::thread::sleep(TURN);
        }
    }

    fn picture(&mut self) {
        let at = now();
        for meeting in 0..MEETINGS {
            for (camera, clip) in self.clips.iter().enumerate() {
                let number = track(meeting, camera);
                let seq = &mut self.seqs[number as usize];
                for packet in clip.packets(self.pictures, seq, at) {
                    hear(self.recorder, number, packet);
                }
            }
        }
        self.pictures += 1;
    }

    fn sound(&mut self) {
        let at = now();
        for meeting in 0..MEETINGS {
            let number = track(meeting, CAMERAS);
            let seq = &mut self.seqs[number as usize];
            let packet = clips::sound(self.sounds, seq, at);
            hear(self.recorder, number, packet);
        }
        self.sounds += 1;
    }
}

fn hear(recorder: &Recorder, track: u64, packet: diemcau_protocol::TrackPacket) {
    let told = FromMedia::Packet {
        track,
        layer: 0,
        packet,
    };
    recorder.hear(0, told);
}

/// What is missing in the recordings that were made; each of them has a
/// programme as long as the meeting.
fn gaps(folder: &Path) -> Result<i64> {
    let mut missing = 0;
    for number in 0..MEETINGS {
        let recording = Library::new(folder, None).recording(&meeting(number))?;
        let timeline = recording.timeline;
        let tracks = timeline.tracks.iter().flat_map(|track| &track.gaps);
        let gaps = timeline.gaps.iter().chain(tracks);
        missing += gaps.map(|gap| gap.to - gap.from).sum::<i64>();
        let programme = timeline.programme.iter().map(|part| part.to).max();
        let long = (WARM_UP + LENGTH).as_millis() as i64 - 1_000;
        ensure!(programme.unwrap_or(0) > long, "{:?}", timeline.programme);
    }
    Ok(missing)
}

/// Cores that ffmpeg uses to compose four clips into one picture in real time,
/// by its own account.
fn compose(folder: &Path) -> Result<f64> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostats", "-benchmark"]);
    for camera in 0..CAMERAS {
        // As long as the recording.
        ffmpeg.args(["-stream_loop", "1", "-i"]);
        ffmpeg.arg(clips::path(folder, camera));
    }
    let all = "xstack=inputs=4:layout=0_0|640_0|0_360|640_360";
    ffmpeg.args(["-filter_complex", all]);
    ffmpeg.args(["-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M"]);
    let output = ffmpeg
        .args(["-f", "mp4", "-y"])
        .arg(folder.join("composed.mp4"))
        .output()
        .context("ffmpeg")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ffmpeg: {said}");
    let line = said.lines().find(|line| line.contains("utime="));
    let line = line.context("ffmpeg does not say what it used")?;
    let read = |name: &str| -> Result<f64> {
        let (_, rest) = line.split_once(name).context("another form")?;
        Ok(rest.split('s').next().unwrap_or_default().parse()?)
    };
    let used = read("utime=")? + read("stime=")?;
    Ok(used / (2.0 * clips::SECONDS as f64))
}

/// In microseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_micros() as i64
}
