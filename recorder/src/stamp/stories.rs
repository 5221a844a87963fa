//! Time stamps by a real authority.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::*;
use crate::archive::{MANIFEST, SIGNATURE};

#[path = "../../../tests/support/authority.rs"]
mod authority;

use authority::{Authority, Mood};

/// An archive in the folder of its recording.
struct Archive(TempDir);

impl Archive {
    fn path(&self) -> PathBuf {
        self.0.path().join("archive")
    }
}

fn archive() -> Archive {
    let archive = Archive(tempfile::tempdir().unwrap());
    fs::create_dir(archive.path()).unwrap();
    fs::write(archive.path().join(MANIFEST), "{\"meeting\": \"hop\"}\n").unwrap();
    fs::write(archive.path().join(SIGNATURE), "{}\n").unwrap();
    archive
}

fn ask(client: &StampClient, archive: &Path) -> Result<Stamp, StampError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(client.stamp(archive))
}

fn imprint(archive: &Path) -> [u8; 32] {
    imprint_of(&fs::read(archive.join(MANIFEST)).unwrap())
}

#[test]
fn an_authority_stamps_and_anybody_can_check_it_without_asking_it_again() {
    let authority = Authority::start();
    let folder = archive();
    let client = StampClient::new(&authority.url).unwrap();
    let stamp = ask(&client, &folder.path()).unwrap();
    assert_eq!(stamp.authority, "Dấu thời gian quốc gia");
    assert_eq!(stamp.policy, "1.3.6.1.4.1.99999.1");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    assert!((stamp.at - now).abs() < 60_000, "{stamp:?} at {now}");

    let kept = folder.path().join(STAMP);
    assert!(authority.confirms(&kept, &folder.path().join(MANIFEST)));
    let bytes = fs::read(&kept).unwrap();
    let imprint = imprint(&folder.path());
    assert_eq!(read(&bytes, &imprint, None).unwrap(), stamp);
    let root = fs::read_to_string(authority.root()).unwrap();
    let trusted = TimestampAuthorities::from_pem(&root).unwrap();
    let checked = read(&bytes, &imprint, Some(&trusted)).unwrap();
    assert_eq!(checked.trusted, Some(true));

    // Another organisation's root knows nothing of it.
    let other = Authority::start();
    let root = fs::read_to_string(other.root()).unwrap();
    let trusted = TimestampAuthorities::from_pem(&root).unwrap();
    let checked = read(&bytes, &imprint, Some(&trusted)).unwrap();
    assert_eq!(checked.trusted, Some(false));
    let other_imprint = imprint_of(b"something else");
    let foreign = read(&bytes, &other_imprint, None);
    assert_eq!(foreign, Err(StampFault::Foreign));
}

#[test]
fn no_bit_of_a_time_stamp_can_be_another_one() {
    let authority = Authority::start();
    let folder = archive();
    let client = StampClient::new(&authority.url).unwrap();
    ask(&client, &folder.path()).unwrap();
    let whole = fs::read(folder.path().join(STAMP)).unwrap();
    let imprint = imprint(&folder.path());
    let root = fs::read_to_string(authority.root()).unwrap();
    let trusted = TimestampAuthorities::from_pem(&root).unwrap();
    let mut passed = Vec::new();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let found = read(&bytes, &imprint, Some(&trusted));
        if found.is_ok_and(|stamp| stamp.trusted == Some(true)) {
            passed.push(at);
        }
    }
    assert_eq!(passed, [0; 0], "of {}", whole.len());
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert!(read(&whole[..length], &imprint, None).is_err());
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(read(&longer, &imprint, None).is_err());
}

#[test]
fn an_authority_that_is_away_or_answers_something_else_leaves_the_archive_as_it_was() {
    let authority = Authority::start();
    let client = StampClient::new(&authority.url).unwrap();
    authority.is_now(Mood::Fails);
    let folder = archive();
    let refused = ask(&client, &folder.path()).unwrap_err();
    assert!(matches!(refused, StampError::Status(503)), "{refused}");
    assert!(!folder.path().join(STAMP).exists());

    authority.is_now(Mood::Repeats);
    ask(&client, &folder.path()).unwrap();
    // An old answer says nothing of when it was asked for.
    fs::remove_file(folder.path().join(STAMP)).unwrap();
    let refused = ask(&client, &folder.path()).unwrap_err();
    let is_old = matches!(refused, StampError::Fault(StampFault::WrongNonce));
    assert!(is_old, "{refused}");
    let other = archive();
    fs::write(other.path().join(MANIFEST), "{\"meeting\": \"khac\"}\n").unwrap();
    let refused = ask(&client, &other.path()).unwrap_err();
    let is_foreign = matches!(refused, StampError::Fault(StampFault::Foreign));
    assert!(is_foreign, "{refused}");

    authority.is_now(Mood::Stamps);
    ask(&client, &other.path()).unwrap();
    let nowhere = StampClient::new("http://127.0.0.1:9/tsa").unwrap();
    let refused = ask(&nowhere, &folder.path()).unwrap_err();
    assert!(matches!(refused, StampError::Unreachable(_)), "{refused}");
}
