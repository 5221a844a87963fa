//! Archives that are carried to a real S3 service, by lines that break.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use diemcau_protocol::MeetingId;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::archive::additions::{AdditionKind, add};
use crate::archive::{
    ArchiveKey, EVENTS, FORMAT_VERSION, MANIFEST, Manifest, SealError, TrustedKeys, Verdict, seal,
};
use crate::keeping::{Order, Outcome, Retention};
use crate::library::Library;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/foreign/bin/python");
const BUCKET: &str = "ho-so";
const MEETING: &str = "hop-giao-ban";

/// A store that asks for its key; killed when it is dropped.
struct Store {
    child: Child,
    address: SocketAddr,
    access_key: String,
    secret_key: String,
}

/// Makes a user with a key, a bucket, and then asks everybody who they are.
const SERVE: &str = r#"
import json, os, sys
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
import boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
address = "%s:%d" % server.get_host_and_port()
anybody = dict(endpoint_url="http://" + address, region_name="us-east-1",
               aws_access_key_id="x", aws_secret_access_key="x")
iam = boto3.client("iam", **anybody)
iam.create_user(UserName="diemcau")
key = iam.create_access_key(UserName="diemcau")["AccessKey"]
everything = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="diemcau", PolicyName="all", PolicyDocument=json.dumps(everything))
boto3.client("s3", **anybody).create_bucket(Bucket="ho-so")
print(json.dumps([address, key["AccessKeyId"], key["SecretAccessKey"]]), flush=True)
sys.stdin.read()
"#;

impl Store {
    fn start() -> Self {
        let mut child = Command::new(PYTHON)
            .args(["-c", SERVE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the store is there; `make setup-tests` installs it");
        let mut line = String::new();
        let told = child.stdout.as_mut().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(told), &mut line).unwrap();
        let [address, access_key, secret_key]: [String; 3] = serde_json::from_str(&line).unwrap();
        Self {
            child,
            address: address.parse().unwrap(),
            access_key,
            secret_key,
        }
    }

    fn config(&self, at: SocketAddr, keep_local: bool) -> DepotConfig {
        DepotConfig {
            bucket: BUCKET.into(),
            prefix: "diemcau/tinh".into(),
            endpoint: Some(format!("http://{at}")),
            region: "us-east-1".into(),
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
            authority: None,
            keep_local,
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line that breaks after so many bytes were sent, and stays broken.
struct Line {
    address: SocketAddr,
    left: Arc<AtomicI64>,
}

impl Line {
    fn to(store: SocketAddr, bytes: i64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let left = Arc::new(AtomicI64::new(bytes));
        let of_all = Arc::clone(&left);
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (near, left) = (near.unwrap(), Arc::clone(&of_all));
                if left.load(Ordering::SeqCst) <= 0 {
                    continue;
                }
                let far = TcpStream::connect(store).unwrap();
                let (back_from, back_to) = (far.try_clone().unwrap(), near.try_clone().unwrap());
                std::thread::spawn(move || carry(back_from, back_to, None));
                std::thread::spawn(move || carry(near, far, Some(&left)));
            }
        });
        Self { address, left }
    }

    fn is_mended(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }

    fn is_broken(&self) -> bool {
        self.left.load(Ordering::SeqCst) <= 0
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, left: Option<&AtomicI64>) {
    let mut page = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut page) {
        let rest = left.map(|left| left.fetch_sub(read as i64, Ordering::SeqCst));
        if rest.is_some_and(|rest| rest < read as i64) || to.write_all(&page[..read]).is_err() {
            break;
        }
    }
    // The other side may have closed it.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// A recording with a film of three parts, in a folder of its own.
struct Shelf {
    folder: TempDir,
    key: ArchiveKey,
    trusted: TrustedKeys,
    runtime: Runtime,
}

fn film() -> Vec<u8> {
    (0..20_000_000_u32).map(|n| (n % 251) as u8).collect()
}

impl Shelf {
    fn new() -> Self {
        let key = ArchiveKey::from_pem(&ArchiveKey::generate().unwrap()).unwrap();
        let shelf = Self {
            folder: tempfile::tempdir().unwrap(),
            trusted: TrustedKeys::from_pem(&key.public_pem().unwrap()).unwrap(),
            key,
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
        };
        let archive = shelf.archive();
        fs::create_dir_all(archive.join("documents")).unwrap();
        fs::write(archive.join(EVENTS), "").unwrap();
        fs::write(archive.join("programme.webm"), film()).unwrap();
        fs::write(archive.join("documents/báo cáo.pdf"), "báo cáo").unwrap();
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
        seal(&archive, manifest, &shelf.key, None).unwrap();
        shelf
    }

    fn meeting(&self) -> MeetingId {
        MEETING.into()
    }

    fn archive(&self) -> PathBuf {
        Library::new(self.folder.path(), None).archive_of(&self.meeting())
    }

    fn library(&self, config: &DepotConfig) -> Library {
        let depot = Depot::new(config, self.runtime.handle().clone()).unwrap();
        Library::new(self.folder.path(), None).stored_in(depot)
    }

    fn carry(&self, library: &Library) -> Result<(), DepotError> {
        let upload = library.upload(&self.meeting()).unwrap();
        self.runtime.block_on(upload.run())
    }
}

#[test]
fn an_upload_that_was_cut_off_goes_on_and_the_archive_is_read_from_there() {
    let store = Store::start();
    let shelf = Shelf::new();
    // Into the middle of the second part.
    let line = Line::to(store.address, 13_000_000);
    let library = shelf.library(&store.config(line.address, false));
    let failed = shelf.carry(&library).unwrap_err();
    assert!(matches!(failed, DepotError::Store(_)), "{failed}");
    assert!(line.is_broken());
    let progress = library
        .upload(&shelf.meeting())
        .unwrap()
        .progress()
        .unwrap();
    assert!(
        progress.sent > 8 << 20 && progress.sent < progress.size,
        "{progress:?}"
    );
    // Nothing is gone from here.
    assert_eq!(
        fs::read(shelf.archive().join("programme.webm")).unwrap(),
        film()
    );

    // A new process finds what was written down, and sends the rest only.
    line.is_mended();
    line.left.store(13_000_000, Ordering::SeqCst);
    let library = shelf.library(&store.config(line.address, false));
    shelf.carry(&library).unwrap();
    assert!(library.upload(&shelf.meeting()).unwrap().is_done().unwrap());

    assert!(!shelf.archive().join("programme.webm").exists());
    assert!(shelf.archive().join(MANIFEST).exists());
    let mut opened = library.open(&shelf.meeting(), "programme.webm").unwrap();
    assert_eq!(opened.length, 20_000_000);
    let mut read = Vec::new();
    std::io::Seek::seek(&mut opened.content, std::io::SeekFrom::Start(17_000_000)).unwrap();
    opened.content.read_to_end(&mut read).unwrap();
    assert_eq!(read, film()[17_000_000..]);
    let found = library.verify(&shelf.meeting(), &shelf.trusted).unwrap();
    assert_eq!(found.verdict, Verdict::Whole, "{found:?}");

    // What is added later follows, and stays here, too.
    add(
        &shelf.archive(),
        AdditionKind::Transcript,
        1,
        &shelf.key,
        |folder| {
            fs::write(folder.join("transcript.json"), "{}").unwrap();
            Ok::<_, SealError>(())
        },
    )
    .unwrap();
    assert!(!library.upload(&shelf.meeting()).unwrap().is_done().unwrap());
    shelf.carry(&library).unwrap();
    let direct = Depot::new(
        &store.config(store.address, true),
        shelf.runtime.handle().clone(),
    )
    .unwrap();
    let there = shelf.runtime.block_on(direct.list(MEETING)).unwrap();
    let added = direct.key(MEETING, "additions/0001/transcript.json");
    assert!(there.contains(&added), "{there:?}");
    let found = library.verify(&shelf.meeting(), &shelf.trusted).unwrap();
    assert_eq!(
        (found.verdict, found.additions),
        (Verdict::Whole, 1),
        "{found:?}"
    );

    // Destroyed, it is gone from there, too.
    let retention = Retention {
        days: Some(1),
        ..Retention::default()
    };
    let reason = "Hết thời hạn lưu trữ".to_owned();
    for (person, order) in [("binh", Order::Propose { reason }), ("lan", Order::Confirm)] {
        let who = (person, person);
        let decided = library.decide(&shelf.meeting(), &retention, i64::MAX, who, order);
        let (_, outcome): (_, Outcome) = decided.unwrap().unwrap();
        library
            .perform(&shelf.meeting(), &outcome, &shelf.key)
            .unwrap();
    }
    let left = shelf.runtime.block_on(direct.list(MEETING)).unwrap();
    assert_eq!(left, []);
}

#[test]
fn a_wrong_key_is_told_and_the_right_one_goes_on() {
    let store = Store::start();
    let shelf = Shelf::new();
    let right = store.config(store.address, true);
    let wrong = DepotConfig {
        secret_key: "nhầm khóa".into(),
        ..right.clone()
    };
    let refused = shelf.carry(&shelf.library(&wrong)).unwrap_err();
    assert!(matches!(refused, DepotError::Refused), "{refused:?}");
    assert!(!format!("{wrong:?} {refused}").contains("nhầm"));

    let library = shelf.library(&right);
    shelf.carry(&library).unwrap();
    assert_eq!(
        fs::read(shelf.archive().join("programme.webm")).unwrap(),
        film()
    );
}

#[test]
fn what_does_not_arrive_as_it_was_signed_is_sent_again() {
    let store = Store::start();
    let shelf = Shelf::new();
    let library = shelf.library(&store.config(store.address, false));
    // Somebody changes the film between the signing and the sending.
    let path = shelf.archive().join("programme.webm");
    let mut other = film();
    other[10_000_000] ^= 1;
    fs::write(&path, &other).unwrap();
    let failed = shelf.carry(&library).unwrap_err();
    assert!(
        matches!(&failed, DepotError::Damaged(name) if name == "programme.webm"),
        "{failed}"
    );
    assert!(path.exists());
    fs::write(&path, film()).unwrap();
    shelf.carry(&library).unwrap();
    assert!(!path.exists());
}
