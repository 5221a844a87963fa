use std::fs;
use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;

const MEETING: &str = "hop-giao-ban";

fn key() -> (ArchiveKey, TrustedKeys) {
    let key = ArchiveKey::from_pem(&ArchiveKey::generate().unwrap()).unwrap();
    let trusted = TrustedKeys::from_pem(&key.public_pem().unwrap()).unwrap();
    (key, trusted)
}

/// A log of so many events, each with a name in it.
fn log(count: u64) -> (String, String) {
    let mut last = hex::encode([0; 32]);
    let mut text = String::new();
    for seq in 1..=count {
        let (salt, name) = ([seq as u8; 16], format!("Điểm cầu số {seq}"));
        let commitment = hex::encode(Sha256::digest([&salt[..], name.as_bytes()].concat()));
        let bytes = json!({
            "meeting": MEETING, "branch": "main", "epoch": 1, "seq": seq,
            "prev_hash": last, "schema_version": 1, "at": seq, "actor": null,
            "event": {"type": "participant_joined", "name": {"commitment": commitment}},
        });
        let bytes = bytes.to_string();
        last = hex::encode(Sha256::digest(&bytes));
        let event = ExportedEvent {
            bytes,
            hash: last.clone(),
            personal: vec![ExportedValue {
                field: "name".into(),
                salt: hex::encode(salt),
                value: name,
            }],
        };
        text.push_str(&serde_json::to_string(&event).unwrap());
        text.push('\n');
    }
    (text, last)
}

fn manifest(closing_hash: &str) -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        meeting: MEETING.into(),
        title: "Họp giao ban".into(),
        host_unit: "UBND tỉnh".into(),
        ended_at: 1_790_000_000_000,
        closing_hash: closing_hash.into(),
        encrypted_to: Vec::new(),
        files: Vec::new(),
    }
}

fn archive(key: &ArchiveKey) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (events, closing_hash) = log(3);
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("tracks")).unwrap();
    fs::write(at(EVENTS), events).unwrap();
    fs::write(at("recording.json"), "{}").unwrap();
    fs::write(at("programme.webm"), vec![7; 70_000]).unwrap();
    fs::write(at("tracks/0001-camera.webm"), vec![8; 300]).unwrap();
    fs::write(at("tracks/0002-camera.webm"), vec![9; 300]).unwrap();
    seal(folder.path(), manifest(&closing_hash), key, None).unwrap();
    folder
}

fn findings(folder: &Path, trusted: &TrustedKeys) -> Vec<(String, Fault)> {
    let found = verify(folder, Some(trusted));
    assert_eq!(found.verdict, Verdict::Broken);
    let each = found.findings.into_iter();
    each.map(|finding| (finding.file, finding.fault)).collect()
}

#[test]
fn a_whole_archive_passes_and_only_a_key_from_outside_says_by_whom() {
    let (key, trusted) = key();
    let folder = archive(&key);
    let known = verify(folder.path(), Some(&trusted));
    assert_eq!(known.verdict, Verdict::Whole, "{known:?}");
    assert_eq!((known.files, known.events), (7, 3));
    let unknown = verify(folder.path(), None);
    assert_eq!(unknown.verdict, Verdict::SignerUnknown);
    let statuses = [known, unknown].map(|found| found.verdict.exit_status());
    assert_eq!(statuses, [0, 3]);

    // Somebody else signs it anew, with everything in order.
    let (other, _) = self::key();
    let (_, closing_hash) = log(3);
    seal(folder.path(), manifest(&closing_hash), &other, None).unwrap();
    let [(file, Fault::ForeignSigner { .. })] = &findings(folder.path(), &trusted)[..] else {
        panic!("{:?}", findings(folder.path(), &trusted));
    };
    assert_eq!(file, SIGNATURE);
}

#[test]
fn an_older_key_of_the_server_is_trusted_beside_its_new_one() {
    let (old, _) = key();
    let (new, _) = key();
    let folder = archive(&old);
    let both = new.public_pem().unwrap() + &old.public_pem().unwrap();
    let trusted = TrustedKeys::from_pem(&both).unwrap();
    assert_eq!(
        verify(folder.path(), Some(&trusted)).verdict,
        Verdict::Whole
    );
    for nonsense in ["", "no key", &ArchiveKey::generate().unwrap()] {
        assert!(TrustedKeys::from_pem(nonsense).is_err());
    }
    assert!(ArchiveKey::from_pem(&both).is_err());
}

#[test]
fn one_flipped_bit_anywhere_is_found_and_named() {
    let (key, trusted) = key();
    let folder = archive(&key);
    let names = manifest::files_of(folder.path()).unwrap();
    assert_eq!(names.len(), 7);
    for name in names {
        let path = folder.path().join(&name);
        let whole = fs::read(&path).unwrap();
        // Every byte of the small ones, and every bit of the signature.
        let step = (whole.len() / 400).max(1);
        let bits = if name == SIGNATURE { 0..8 } else { 3..6 };
        for at in (0..whole.len()).step_by(step) {
            for bit in bits.clone().filter(|bit| step == 1 || *bit == 3) {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                fs::write(&path, &flipped).unwrap();
                let found = findings(folder.path(), &trusted);
                let is_named = found
                    .iter()
                    .any(|(file, _)| *file == name || name == MANIFEST && file == SIGNATURE);
                assert!(is_named, "{name}, byte {at}, bit {bit}: {found:?}");
            }
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(
        verify(folder.path(), Some(&trusted)).verdict,
        Verdict::Whole
    );
}

#[test]
fn damaged_cut_swapped_renamed_added_and_missing_files_are_told_apart() {
    let (key, trusted) = key();
    let folder = archive(&key);
    let at = |name: &str| folder.path().join(name);
    let (first, second) = ("tracks/0001-camera.webm", "tracks/0002-camera.webm");

    fs::write(at(first), vec![8; 200]).unwrap();
    let cut = Fault::Truncated {
        signed: 300,
        found: 200,
    };
    assert_eq!(findings(folder.path(), &trusted), [(first.into(), cut)]);
    fs::write(at(first), vec![7; 300]).unwrap();
    let altered = [(first.into(), Fault::Altered)];
    assert_eq!(findings(folder.path(), &trusted), altered);

    fs::write(at(first), vec![9; 300]).unwrap();
    fs::write(at(second), vec![8; 300]).unwrap();
    let swapped = |with: &str| Fault::Swapped { with: with.into() };
    assert_eq!(
        findings(folder.path(), &trusted),
        [
            (first.into(), swapped(second)),
            (second.into(), swapped(first))
        ]
    );
    fs::write(at(first), vec![8; 300]).unwrap();
    fs::write(at(second), vec![9; 300]).unwrap();

    fs::rename(at(first), at("tracks/khac.webm")).unwrap();
    let renamed = Fault::Renamed { from: first.into() };
    assert_eq!(
        findings(folder.path(), &trusted),
        [
            (first.into(), Fault::Missing),
            ("tracks/khac.webm".into(), renamed)
        ]
    );
    fs::rename(at("tracks/khac.webm"), at(first)).unwrap();

    fs::write(at("bien-ban-gia.pdf"), "x").unwrap();
    let added = [("bien-ban-gia.pdf".into(), Fault::Added)];
    assert_eq!(findings(folder.path(), &trusted), added);
    fs::remove_file(at("bien-ban-gia.pdf")).unwrap();

    std::os::unix::fs::symlink("/etc/hostname", at("lien-ket")).unwrap();
    assert_eq!(
        findings(folder.path(), &trusted),
        [("lien-ket".into(), Fault::Added)]
    );
    fs::remove_file(at("lien-ket")).unwrap();

    fs::remove_file(at(MANIFEST)).unwrap();
    let missing = [(MANIFEST.into(), Fault::Missing)];
    assert_eq!(findings(folder.path(), &trusted), missing);
}

#[test]
fn a_log_that_does_not_hold_is_found_even_when_it_is_signed() {
    let (key, trusted) = key();
    let folder = archive(&key);
    let (whole, closing_hash) = log(3);
    let lines: Vec<&str> = whole.lines().collect();
    let cases: [(String, Fault); 5] = [
        (
            whole.replace("số 2", "số 9"),
            Fault::ForeignValue {
                seq: 2,
                field: "name".into(),
            },
        ),
        (
            whole.replacen("main", "khac", 1),
            Fault::EventAltered { seq: 1 },
        ),
        (
            [lines[0], lines[2], ""].join("\n"),
            Fault::ChainBroken { seq: 2 },
        ),
        (
            [lines[0], "{}", lines[2], ""].join("\n"),
            Fault::EventUnreadable { seq: 2 },
        ),
        (
            [lines[0], lines[1], ""].join("\n"),
            Fault::ClosingHashDiffers,
        ),
    ];
    for (text, fault) in cases {
        fs::write(folder.path().join(EVENTS), text).unwrap();
        seal(folder.path(), manifest(&closing_hash), &key, None).unwrap();
        let found = findings(folder.path(), &trusted);
        assert!(found.contains(&(EVENTS.into(), fault)), "{found:?}");
    }
    // What is personal may be destroyed by law: the chain holds without.
    let mut bare = String::new();
    for line in lines {
        let mut event: ExportedEvent = serde_json::from_str(line).unwrap();
        event.personal.clear();
        bare.push_str(&serde_json::to_string(&event).unwrap());
        bare.push('\n');
    }
    fs::write(folder.path().join(EVENTS), bare).unwrap();
    seal(folder.path(), manifest(&closing_hash), &key, None).unwrap();
    assert_eq!(
        verify(folder.path(), Some(&trusted)).verdict,
        Verdict::Whole
    );
}
