//! Power cuts at moments drawn by lot, on a disk that forgets what was not synced.

use sha2::{Digest, Sha256};

use super::*;
use crate::archive::{
    ArchiveKey, EVENTS, ExportedEvent, FORMAT_VERSION, Manifest, TrustedKeys, Verdict, seal, verify,
};

/// Numbers drawn by lot, the same for the same seed.
struct Lot(u64);

impl Lot {
    fn below(&mut self, most: u64) -> u64 {
        // Knuth's multiplier; the low bits are the worst.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most
    }
}

/// Writes what lies before the cut, synced once a second.
fn write_until(disk: &Simulated, path: &Path, script: &Script, cut: i64) {
    let (mut journal, _) = Journal::open(disk, path, |_| {}).unwrap();
    let mut synced = i64::MIN;
    for ((at, _), record) in script.records.iter().filter(|((at, _), _)| *at < cut) {
        if *at >= synced.saturating_add(SECOND) {
            journal.sync().unwrap();
            synced = *at;
        }
        let mut bytes = Vec::new();
        encode(record, &mut bytes);
        journal.append(&bytes).unwrap();
    }
}

#[test]
fn power_cuts_at_any_moment_cost_a_second_each_and_the_archive_says_which() {
    const CUTS: i64 = 3;
    /// From the beginning of a stretch to that of the next one.
    const STRETCH: i64 = 6 * SECOND;
    let clip = clips::pictures(VideoCodec::Vp8, 4, "160x90");
    let pem = ArchiveKey::generate().unwrap();
    let key = ArchiveKey::from_pem(&pem).unwrap();
    let trusted = TrustedKeys::from_pem(&key.public_pem().unwrap()).unwrap();
    let path = Path::new("/recordings/hop/journal");
    for seed in 1..=20 {
        let mut lot = Lot(seed);
        let mut disk = Simulated::default();
        let mut cuts = Vec::new();
        for stretch in 0..=CUTS {
            let begins = stretch * STRETCH;
            let mut script = Script::default();
            script
                .began(begins)
                .track(begins, 1, 1, SourceKind::Camera)
                .track(begins, 2, 0, SourceKind::Microphone)
                .stage(begins, 1, "Chủ tọa")
                .clip(begins, 1, VideoCodec::Vp8, &clip, |_| false)
                .tone(begins, 2, 4_000);
            if stretch == CUTS {
                script.ended(begins + 4 * SECOND);
                write_until(&disk, path, &script, i64::MAX);
                continue;
            }
            let cut = begins + SECOND + lot.below(3_000_000) as i64;
            write_until(&disk, path, &script, START + cut);
            cuts.push(cut / 1_000);
            disk = disk.after_power_cut(lot.below(30_000) as usize);
        }

        let archive = tempfile::tempdir().unwrap();
        let mut builder = Builder::new(&Disk, archive.path()).unwrap();
        let mut reader = Journal::read(&disk, path).unwrap();
        while let Some(record) = reader.next_record().unwrap() {
            builder.record(&Disk, record).unwrap();
        }
        let end = builder.end().cloned().expect("the end is in the journal");
        let timeline = builder.finish(&Disk).unwrap();
        assert_eq!(timeline.gaps.len(), cuts.len(), "seed {seed}: {timeline:?}");
        for (gap, (next, cut)) in timeline.gaps.iter().zip((1..).zip(&cuts)) {
            assert_eq!(gap.reason, GapReason::RecorderStopped, "seed {seed}");
            assert_eq!(gap.to, next * STRETCH / 1_000, "seed {seed}");
            // Packets come every 20 ms, and arrive 30 ms later.
            let missing = cut - gap.from;
            assert!(
                (-30..=1_020).contains(&missing),
                "seed {seed}: {missing} ms"
            );
        }

        let event = r#"{"meeting":"hop","seq":1,"prev_hash":"","event":{"type":"x"}}"#;
        let event = event.replace(
            r#""prev_hash":"""#,
            &format!(r#""prev_hash":"{}""#, "0".repeat(64)),
        );
        let event = ExportedEvent {
            hash: hex::encode(Sha256::digest(&event)),
            bytes: event,
            personal: Vec::new(),
        };
        let line = serde_json::to_string(&event).unwrap() + "\n";
        std::fs::write(archive.path().join(EVENTS), line).unwrap();
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            meeting: timeline.meeting.clone(),
            title: timeline.title.clone(),
            host_unit: timeline.host_unit.clone(),
            ended_at: end.at,
            closing_hash: event.hash,
            encrypted_to: Vec::new(),
            files: Vec::new(),
        };
        seal(archive.path(), manifest, &key, None).unwrap();
        let verified = verify(archive.path(), Some(&trusted));
        assert_eq!(
            verified.verdict,
            Verdict::Whole,
            "seed {seed}: {verified:?}"
        );
        let told = std::fs::read(archive.path().join(TIMELINE)).unwrap();
        let told: Timeline = serde_json::from_slice(&told).unwrap();
        assert_eq!(told, timeline, "what is signed says where the gaps are");
        if seed == 1 {
            let programme = played(archive.path(), "programme.webm");
            assert!((seconds(&programme) - 22.0).abs() < 0.2, "{programme}");
        }
    }
}
