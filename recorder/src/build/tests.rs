//! Whole recordings, from packets to files that ffmpeg reads.

mod power;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use diemcau_protocol::{VideoCodec, csrc_of};

use super::clips::{self, Picture, RATE};
use super::*;
use crate::journal::{Journal, encode};
use crate::storage::simulated::Simulated;
use crate::storage::{Disk, read_whole};

const SECOND: i64 = 1_000_000;
/// When every recording here begins, in microseconds since 1970.
const START: i64 = 1_790_000_000 * SECOND;

/// Records of a meeting, in the order of time.
#[derive(Default)]
pub(crate) struct Script {
    records: BTreeMap<(i64, usize), Record>,
    seqs: BTreeMap<u32, u64>,
}

impl Script {
    fn put(&mut self, at: i64, record: Record) {
        let count = self.records.len();
        self.records.insert((at, count), record);
    }

    /// `at` is in microseconds from the beginning, here and below.
    pub(crate) fn note(&mut self, at: i64, note: Note) -> &mut Self {
        let at = START + at;
        self.put(at, Record::Note { at, note });
        self
    }

    pub(crate) fn began(&mut self, at: i64) -> &mut Self {
        let began = Note::Began {
            meeting: "hop".into(),
            title: "Họp giao ban".into(),
            host_unit: "UBND tỉnh".into(),
        };
        self.note(at, began).note(at, Note::Resumed)
    }

    pub(crate) fn track(
        &mut self,
        at: i64,
        track: u32,
        number: u32,
        kind: SourceKind,
    ) -> &mut Self {
        let csrc = if number == 0 {
            0
        } else {
            csrc_of(number, kind)
        };
        self.note(at, Note::Track { track, csrc, kind })
    }

    pub(crate) fn stage(&mut self, at: i64, number: u32, name: &str) -> &mut Self {
        let csrc = Some(csrc_of(number, SourceKind::Camera));
        let name = name.into();
        self.note(at, Note::Stage { csrc, name })
    }

    /// A clip without the packets whose number `lost` says.
    pub(crate) fn clip(
        &mut self,
        at: i64,
        track: u32,
        codec: VideoCodec,
        pictures: &[Picture],
        lost: impl Fn(u64) -> bool,
    ) -> &mut Self {
        for (n, picture) in (0..).zip(pictures) {
            let time = START + at + n * SECOND / RATE as i64;
            let mut seq = self.seqs.get(&track).copied().unwrap_or(1_000);
            for packet in clips::packets(codec, picture, &mut seq, time) {
                if !lost(packet.seq) {
                    let record = Record::Packet {
                        track,
                        layer: 0,
                        packet,
                    };
                    self.put(time, record);
                }
            }
            self.seqs.insert(track, seq);
        }
        self
    }

    pub(crate) fn tone(&mut self, at: i64, track: u32, milliseconds: usize) -> &mut Self {
        for (n, payload) in (0..).zip(clips::tone(milliseconds)) {
            let time = START + at + n * 20_000;
            let seq = self.seqs.entry(track).or_insert(500);
            *seq += 1;
            let packet = clips::sound(&payload, *seq, time);
            let record = Record::Packet {
                track,
                layer: 0,
                packet,
            };
            self.put(time, record);
        }
        self
    }

    pub(crate) fn ended(&mut self, at: i64) -> &mut Self {
        let end = MeetingEnd {
            at: (START + at) / 1_000,
            closing_hash: String::new(),
        };
        self.note(at, Note::Ended { end })
    }

    pub(crate) fn build(&self, storage: &dyn Storage, folder: &Path) -> Timeline {
        let mut builder = Builder::new(storage, folder).unwrap();
        for record in self.records.values() {
            builder.record(storage, record.clone()).unwrap();
        }
        builder.finish(storage).unwrap()
    }
}

/// What ffprobe says of a file, which ffmpeg decodes without a word.
fn played(folder: &Path, file: &str) -> serde_json::Value {
    let path = folder.join(file);
    let decode = Command::new("ffmpeg")
        .args(["-v", "warning", "-xerror", "-i"])
        .arg(&path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&decode.stderr);
    assert!(decode.status.success() && said.is_empty(), "{file}: {said}");
    let probe = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "json",
            "-count_frames",
            "-show_format",
        ])
        .args(["-show_streams", "-show_chapters"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&probe.stderr);
    assert!(probe.status.success() && said.is_empty(), "{file}: {said}");
    serde_json::from_slice(&probe.stdout).unwrap()
}

fn seconds(probed: &serde_json::Value) -> f64 {
    let text = probed["format"]["duration"].as_str().unwrap();
    text.parse().unwrap()
}

fn frames(probed: &serde_json::Value, stream: usize) -> usize {
    let text = probed["streams"][stream]["nb_read_frames"]
        .as_str()
        .unwrap();
    text.parse().unwrap()
}

#[test]
fn every_codec_becomes_a_file_that_plays() {
    let codecs = [
        (VideoCodec::Vp8, "webm", "vp8"),
        (VideoCodec::Vp9, "webm", "vp9"),
        (VideoCodec::H264, "mp4", "h264"),
        (VideoCodec::Av1, "webm", "av1"),
    ];
    for (codec, ending, name) in codecs {
        let clip = clips::pictures(codec, 3, "160x90");
        let temporary = tempfile::tempdir().unwrap();
        let mut script = Script::default();
        script
            .began(0)
            .track(0, 1, 3, SourceKind::Camera)
            .track(0, 2, 0, SourceKind::Microphone)
            .track(0, 3, 3, SourceKind::Microphone)
            .stage(0, 3, "Xã An Bình")
            .clip(SECOND / 10, 1, codec, &clip, |_| false)
            .tone(0, 2, 3_200)
            .tone(0, 3, 3_200)
            .ended(3 * SECOND + SECOND / 5);
        let timeline = script.build(&Disk, temporary.path());
        assert_eq!(timeline.duration, 3_210, "the end of what arrived");

        let file = format!("tracks/0003-camera.{ending}");
        let camera = played(temporary.path(), &file);
        assert_eq!(camera["streams"][0]["codec_name"], name);
        assert_eq!(camera["streams"][0]["width"], 160);
        assert_eq!(camera["streams"][0]["height"], 90);
        assert_eq!(frames(&camera, 0), clip.len(), "{name}");
        let sound = played(temporary.path(), "tracks/0003-microphone.webm");
        assert_eq!(frames(&sound, 0), 160);
        let programme = played(temporary.path(), &format!("programme.{ending}"));
        assert_eq!(frames(&programme, 0), clip.len(), "{name}");
        assert_eq!(frames(&programme, 1), 160, "{name}");
        assert!((seconds(&programme) - 3.2).abs() < 0.1, "{programme}");
    }
}

#[test]
fn the_programme_follows_the_stage_from_file_to_file() {
    let (vp8, h264) = (VideoCodec::Vp8, VideoCodec::H264);
    let chair = clips::pictures(vp8, 6, "160x90");
    let commune = clips::pictures(vp8, 6, "320x180");
    let hall = clips::pictures(h264, 4, "160x90");
    let temporary = tempfile::tempdir().unwrap();
    let mut script = Script::default();
    script
        .began(0)
        .track(0, 1, 1, SourceKind::Camera)
        .track(0, 2, 2, SourceKind::Camera)
        .track(0, 3, 3, SourceKind::Camera)
        .track(0, 4, 0, SourceKind::Microphone)
        .stage(0, 1, "Chủ tọa")
        .note(0, Note::Agenda { title: "Khai mạc".into() })
        .clip(0, 1, vp8, &chair, |_| false)
        .clip(0, 2, vp8, &commune, |_| false)
        // In the middle between two keyframes.
        .stage(SECOND * 5 / 2, 2, "Xã An Bình")
        .note(SECOND * 5 / 2, Note::Speaker { name: "Nguyễn Văn An".into() })
        .stage(6 * SECOND, 3, "Hội trường")
        .clip(6 * SECOND, 3, h264, &hall, |_| false)
        .tone(0, 4, 10_000)
        .ended(10 * SECOND);
    let timeline = script.build(&Disk, temporary.path());
    let parts: Vec<(&str, &str)> = timeline
        .programme
        .iter()
        .map(|part| (part.file.as_str(), part.codec.as_str()))
        .collect();
    assert_eq!(
        parts,
        [("programme.webm", "vp8"), ("programme-2.mp4", "h264")]
    );
    let list = std::fs::read_to_string(temporary.path().join("programme.m3u")).unwrap();
    assert!(list.contains("\nprogramme-2.mp4\n"), "{list}");

    let first = played(temporary.path(), "programme.webm");
    // The chair until the commune's keyframe at the third second.
    assert_eq!(frames(&first, 0), 6 * RATE);
    let titles: Vec<&str> = first["chapters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|chapter| chapter["tags"]["title"].as_str().unwrap())
        .collect();
    assert_eq!(
        titles,
        [
            "Màn hình chính: Chủ tọa",
            "Nội dung: Khai mạc",
            "Màn hình chính: Xã An Bình",
            "Phát biểu: Nguyễn Văn An"
        ]
    );
    let second = played(temporary.path(), "programme-2.mp4");
    assert_eq!(frames(&second, 0), 4 * RATE);
    assert_eq!(timeline.programme[1].from, 6_000);
    assert!((seconds(&first) + seconds(&second) - 10.0).abs() < 0.3);
}

#[test]
fn a_lost_packet_costs_pictures_until_the_next_keyframe_and_is_noted() {
    let clip = clips::pictures(VideoCodec::Vp8, 3, "160x90");
    let temporary = tempfile::tempdir().unwrap();
    let mut script = Script::default();
    script
        .began(0)
        .track(0, 1, 1, SourceKind::Camera)
        // The clip goes on long enough for the patience to end.
        .clip(0, 1, VideoCodec::Vp8, &clip, |seq| seq == 1_020)
        .ended(3 * SECOND);
    let timeline = script.build(&Disk, temporary.path());
    let [track] = &timeline.tracks[..] else {
        panic!("{timeline:?}");
    };
    let [gap] = &track.gaps[..] else {
        panic!("{:?}", track.gaps);
    };
    assert_eq!((gap.reason, gap.to), (GapReason::Lost, 1_000));
    assert!(gap.from < 1_000);
    let file = played(temporary.path(), &track.parts[0].file);
    let missing = 3 * RATE - frames(&file, 0);
    assert!((1..RATE).contains(&missing), "{missing}");
}

#[test]
fn a_pause_is_a_gap_that_says_so() {
    let clip = clips::pictures(VideoCodec::Vp8, 2, "160x90");
    let temporary = tempfile::tempdir().unwrap();
    let mut script = Script::default();
    script
        .began(0)
        .track(0, 1, 1, SourceKind::Camera)
        .clip(0, 1, VideoCodec::Vp8, &clip, |_| false)
        .note(2 * SECOND, Note::Paused)
        .note(2 * SECOND, Note::Gone { track: 1 })
        .note(5 * SECOND, Note::Resumed)
        .track(5 * SECOND, 2, 1, SourceKind::Camera)
        .clip(5 * SECOND, 2, VideoCodec::Vp8, &clip, |_| false)
        .ended(7 * SECOND);
    let timeline = script.build(&Disk, temporary.path());
    let paused = Gap {
        from: 2_000,
        to: 5_000,
        reason: GapReason::Paused,
    };
    assert_eq!(timeline.gaps, [paused]);
    let [track] = &timeline.tracks[..] else {
        panic!("{timeline:?}");
    };
    let file = played(temporary.path(), &track.parts[0].file);
    assert_eq!(frames(&file, 0), 4 * RATE);
}

#[test]
fn a_power_cut_costs_what_was_not_synced_and_the_rest_goes_on_in_the_same_recording() {
    let clip = clips::pictures(VideoCodec::Vp8, 4, "160x90");
    let mut first = Script::default();
    first
        .began(0)
        .track(0, 1, 1, SourceKind::Camera)
        .track(0, 2, 0, SourceKind::Microphone)
        .stage(0, 1, "Chủ tọa")
        .clip(0, 1, VideoCodec::Vp8, &clip, |_| false)
        .tone(0, 2, 4_000);
    let mut second = Script::default();
    second
        .began(6 * SECOND)
        .track(6 * SECOND, 1, 1, SourceKind::Camera)
        .track(6 * SECOND, 2, 0, SourceKind::Microphone)
        .stage(6 * SECOND, 1, "Chủ tọa")
        .clip(6 * SECOND, 1, VideoCodec::Vp8, &clip, |_| false)
        .tone(6 * SECOND, 2, 4_000)
        .ended(10 * SECOND);
    let path = Path::new("/recordings/hop/journal");
    for torn in [0, 333, 20_000] {
        let disk = Simulated::default();
        let (mut journal, _) = Journal::open(&disk, path, |_| {}).unwrap();
        let mut synced = START;
        let mut bytes = Vec::new();
        for ((at, _), record) in &first.records {
            if *at >= synced + SECOND {
                journal.sync().unwrap();
                synced = *at;
            }
            bytes.clear();
            encode(record, &mut bytes);
            journal.append(&bytes).unwrap();
        }
        assert!(disk.syncs() <= 5, "once a second, whatever the tracks");

        let disk = disk.after_power_cut(torn);
        let (mut journal, _) = Journal::open(&disk, path, |_| {}).unwrap();
        for record in second.records.values() {
            bytes.clear();
            encode(record, &mut bytes);
            journal.append(&bytes).unwrap();
        }
        let folder = Path::new("/recordings/hop/archive");
        let mut builder = Builder::new(&disk, folder).unwrap();
        let mut reader = journal.reader();
        while let Some(record) = reader.next_record().unwrap() {
            builder.record(&disk, record).unwrap();
        }
        let timeline = builder.finish(&disk).unwrap();
        let [gap] = &timeline.gaps[..] else {
            panic!("{:?}", timeline.gaps);
        };
        assert_eq!((gap.reason, gap.to), (GapReason::RecorderStopped, 6_000));
        assert!((3_000..=4_030).contains(&gap.from), "{gap:?} at {torn}");

        let temporary = tempfile::tempdir().unwrap();
        for file in ["programme.webm", "tracks_0001-camera.webm"] {
            let bytes = read_whole(&disk, &folder.join(file.replace('_', "/"))).unwrap();
            std::fs::write(temporary.path().join(file), bytes).unwrap();
            let probed = played(temporary.path(), file);
            let count = frames(&probed, 0);
            assert!(
                (7 * RATE - 1..=8 * RATE).contains(&count),
                "{file}: {count}"
            );
            assert!((seconds(&probed) - 10.0).abs() < 0.2, "{probed}");
        }
    }
}

#[test]
fn publishers_that_do_strange_things_harm_nothing() {
    let (vp8, vp9) = (VideoCodec::Vp8, VideoCodec::Vp9);
    let small = clips::pictures(vp8, 2, "160x90");
    let large = clips::pictures(vp8, 2, "320x180");
    let other = clips::pictures(vp9, 2, "160x90");
    let temporary = tempfile::tempdir().unwrap();
    let mut script = Script::default();
    script
        .began(0)
        .track(0, 1, 1, SourceKind::Camera)
        .clip(0, 1, vp8, &small, |_| false)
        // Another size, then another codec, then the numbers begin anew.
        .clip(2 * SECOND, 1, vp8, &large, |_| false)
        .clip(4 * SECOND, 1, vp9, &other, |_| false);
    script.seqs.insert(1, 900_000);
    script
        .clip(6 * SECOND, 1, vp9, &other, |_| false)
        // An hour of nothing.
        .clip(3_606 * SECOND, 1, vp9, &other, |_| false)
        .ended(3_608 * SECOND);
    // A clock that jumps back by a day.
    for ((at, _), record) in &mut script.records {
        if let Record::Packet { packet, .. } = record
            && *at > START + 3_607 * SECOND
        {
            packet.captured -= 86_400 * SECOND;
        }
    }
    let timeline = script.build(&Disk, temporary.path());
    let parts = [0, 1].map(|n| timeline.tracks[0].parts[n].file.as_str());
    assert_eq!(
        parts,
        ["tracks/0001-camera.webm", "tracks/0001-camera-2.webm"]
    );
    let counted = parts.map(|part| frames(&played(temporary.path(), part), 0));
    assert_eq!(counted, [4 * RATE, 6 * RATE]);
    let last = timeline.tracks[0].parts.last().unwrap();
    assert_eq!(last.to / 1_000, 3_607);
}
