//! Archives that are read, packed, kept and destroyed.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::archive::{
    Against, ArchiveKey, EVENTS, FORMAT_VERSION, Fault, SIGNATURE, TrustedKeys, Verdict, seal,
    verify,
};
use crate::keeping::{Order, Outcome, Retention};
use crate::lock::{Recipients, is_wrong_identity};

const ENDED: i64 = 1_790_000_000_000;
const DAY: i64 = 24 * 60 * 60 * 1_000;

struct Shelf {
    folder: TempDir,
    key: ArchiveKey,
    trusted: TrustedKeys,
    meeting: MeetingId,
}

impl Shelf {
    fn new(recipients: Option<&Recipients>) -> Self {
        let key = ArchiveKey::from_pem(&ArchiveKey::generate().unwrap()).unwrap();
        let trusted = TrustedKeys::from_pem(&key.public_pem().unwrap()).unwrap();
        let shelf = Self {
            folder: tempfile::tempdir().unwrap(),
            key,
            trusted,
            meeting: "hop-giao-ban".into(),
        };
        let archive = shelf.library(None).archive_of(&shelf.meeting);
        fs::create_dir_all(archive.join("documents")).unwrap();
        fs::write(archive.join(EVENTS), "").unwrap();
        fs::write(archive.join("programme.webm"), vec![7; 200_000]).unwrap();
        fs::write(archive.join("documents/bao-cao.pdf"), "báo cáo").unwrap();
        // A name that an encrypted file would take.
        fs::write(archive.join("documents/bao-cao.pdf.age"), "khác").unwrap();
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            meeting: shelf.meeting.0.clone(),
            title: "Họp giao ban".into(),
            host_unit: "UBND tỉnh".into(),
            ended_at: ENDED,
            closing_hash: hex::encode([0; 32]),
            encrypted_to: Vec::new(),
            files: Vec::new(),
        };
        seal(&archive, manifest, &shelf.key, recipients).unwrap();
        shelf
    }

    fn library(&self, identity: Option<Identity>) -> Library {
        Library::new(self.folder.path(), identity)
    }

    fn archive(&self) -> PathBuf {
        self.library(None).archive_of(&self.meeting)
    }

    fn order(&self, days: i64, person: &str, order: Order) -> Outcome {
        let retention = Retention {
            days: Some(10),
            ..Retention::default()
        };
        let library = self.library(None);
        let who = (person, person);
        let at = ENDED + days * DAY;
        let decided = library.decide(&self.meeting, &retention, at, who, order);
        let (_, outcome) = decided.unwrap().unwrap();
        library.perform(&self.meeting, &outcome, &self.key).unwrap();
        outcome
    }
}

fn keys() -> (Identity, Recipients) {
    let identity = Identity::from_text(&Identity::generate()).unwrap();
    let recipients = identity.recipients();
    (identity, recipients)
}

#[test]
fn an_encrypted_archive_is_whole_without_the_key_and_read_with_it() {
    let (identity, recipients) = keys();
    let shelf = Shelf::new(Some(&recipients));
    let names = crate::archive::Place::names(&crate::archive::Folder(shelf.archive())).unwrap();
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("manifest.") || name.ends_with(".age")),
        "{names:?}"
    );
    let found = verify(&shelf.archive(), Some(&shelf.trusted));
    assert_eq!(found.verdict, Verdict::Whole, "{found:?}");
    assert_eq!((found.locked, found.events), (4, 0));

    let against = Against {
        keys: Some(&shelf.trusted),
        identity: Some(&identity),
        authorities: None,
    };
    let place = crate::archive::Folder(shelf.archive());
    let found = against.verify(&place);
    assert_eq!(
        (found.verdict, found.locked),
        (Verdict::Whole, 0),
        "{found:?}"
    );

    let library = shelf.library(Some(identity.clone()));
    let mut film = library.open(&shelf.meeting, "programme.webm").unwrap();
    assert_eq!(film.length, 200_000);
    film.content.seek(SeekFrom::Start(150_000)).unwrap();
    let mut rest = Vec::new();
    film.content.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, vec![7; 50_000]);

    // With no key, or another one, it says what is missing.
    let (other, _) = keys();
    for identity in [None, Some(other.clone())] {
        let refused = shelf
            .library(identity)
            .open(&shelf.meeting, "programme.webm");
        assert!(is_wrong_identity(&refused.err().unwrap()));
    }
    let against = Against {
        identity: Some(&other),
        ..against
    };
    let found = against.verify(&place);
    let faults: Vec<&Fault> = found
        .findings
        .iter()
        .map(|finding| &finding.fault)
        .collect();
    assert_eq!(faults, [&Fault::WrongIdentity; 4], "{found:?}");

    // A flipped bit is found without any key.
    let damaged = shelf.archive().join("programme.webm.age");
    let mut bytes = fs::read(&damaged).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&damaged, bytes).unwrap();
    let found = verify(&shelf.archive(), Some(&shelf.trusted));
    assert_eq!(found.findings.len(), 1, "{found:?}");
    assert_eq!(found.findings[0].file, "programme.webm.age");
}

#[test]
fn a_packed_archive_is_unpacked_by_others_and_verifies() {
    let shelf = Shelf::new(None);
    let library = shelf.library(None);
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("archive.zip");
    library
        .pack(&shelf.meeting, fs::File::create(&file).unwrap())
        .unwrap();
    let unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    let done = Command::new("python3")
        .args(["-c", unpack])
        .arg(&file)
        .arg(out.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let found = verify(&out.path().join("hop-giao-ban"), Some(&shelf.trusted));
    assert_eq!(found.verdict, Verdict::Whole, "{found:?}");
}

#[test]
fn what_was_destroyed_leaves_its_tombstone_and_nothing_else() {
    let shelf = Shelf::new(None);
    let library = shelf.library(None);
    let retention = Retention {
        days: Some(10),
        ..Retention::default()
    };
    let due = |days| library.due(&retention, ENDED + days * DAY).unwrap();
    assert_eq!(due(9), []);
    let reason = "Hết thời hạn lưu trữ".to_owned();
    shelf.order(10, "binh", Order::Propose { reason });
    let listed = due(10);
    assert_eq!(listed.len(), 1);
    assert!(listed[0].keeping.proposed.is_some());
    assert!(shelf.archive().join("programme.webm").exists());

    let manifest = fs::read(shelf.archive().join(MANIFEST)).unwrap();
    let Outcome::Destroyed(left) = shelf.order(11, "lan", Order::Confirm) else {
        panic!("it is confirmed");
    };
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(manifest));
    assert_eq!(left.manifest_sha256, sha256);
    assert_eq!(library.tombstone(&shelf.meeting).unwrap(), Some(*left));
    let names = Disk
        .names(&shelf.folder.path().join("hop-giao-ban"))
        .unwrap();
    assert_eq!(names, ["destroyed.json", "destroyed.sig"]);
    let gone = library.open(&shelf.meeting, SIGNATURE).err().unwrap();
    assert!(is_destroyed(&gone));
    assert_eq!(
        library.state(&shelf.meeting),
        Some(RecordingState::Destroyed)
    );
    assert_eq!(due(12), []);
}

#[test]
fn a_destruction_that_a_crash_interrupted_is_ended_at_the_next_start() {
    let shelf = Shelf::new(None);
    let copy = shelf.folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in [MANIFEST, SIGNATURE] {
        fs::copy(shelf.archive().join(name), copy.join(name)).unwrap();
    }
    let reason = "Hết thời hạn lưu trữ".to_owned();
    shelf.order(10, "binh", Order::Propose { reason });
    shelf.order(10, "lan", Order::Confirm);
    // As if nothing but the tombstone had been written.
    fs::create_dir_all(shelf.archive()).unwrap();
    fs::rename(copy.join(MANIFEST), shelf.archive().join(MANIFEST)).unwrap();
    let library = shelf.library(None);
    assert!(is_destroyed(&library.manifest(&shelf.meeting).unwrap_err()));
    library.sweep().unwrap();
    assert!(!shelf.archive().exists());
}
