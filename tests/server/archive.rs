//! Archives after the meeting: stamped, encrypted, handed out, kept and
//! destroyed by the real server.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use diemcau_recorder::library::Library;
use diemcau_recorder::{ArchiveKey, EVENTS, FORMAT_VERSION, Identity, Manifest, Recipients, seal};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::authority::{Authority, Mood};
use crate::support::{Answer, Server, ask_over, diemcau};

const MEETING: &str = "hop-giao-ban";
const PASSWORD: &str = "bánh chưng xanh 2026 lá dong";

/// A data folder with the archive of one meeting in it, as the recorder
/// leaves it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(recipients: Option<&Recipients>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder };
        let keys = place.data().join("keys");
        fs::create_dir_all(&keys).unwrap();
        let pem = ArchiveKey::generate().unwrap();
        fs::write(keys.join("archive.pem"), &pem).unwrap();
        let key = ArchiveKey::from_pem(&pem).unwrap();
        fs::write(place.at("trusted.pem"), key.public_pem().unwrap()).unwrap();

        let archive = place.archive();
        fs::create_dir_all(&archive).unwrap();
        let timeline = json!({
            "version": 1, "meeting": MEETING, "title": "Họp giao ban",
            "host_unit": "UBND tỉnh", "began_at": 1, "duration": 1_000,
            "programme": [], "tracks": [], "chapters": [], "gaps": [],
        });
        fs::write(archive.join("recording.json"), timeline.to_string()).unwrap();
        fs::write(archive.join("programme.webm"), vec![7; 300_000]).unwrap();
        fs::write(archive.join(EVENTS), "").unwrap();
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            meeting: MEETING.into(),
            title: "Họp giao ban".into(),
            host_unit: "UBND tỉnh".into(),
            ended_at: 1_700_000_000_000,
            closing_hash: "0".repeat(64),
            encrypted_to: Vec::new(),
            files: Vec::new(),
        };
        seal(&archive, manifest, &key, recipients).unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.at("data")
    }

    fn archive(&self) -> PathBuf {
        let library = Library::new(&self.data().join("recordings"), None);
        library.archive_of(&MEETING.into())
    }

    fn server(&self, settings: &str) -> Server {
        let file = self.at("diemcau.toml");
        fs::write(&file, settings).unwrap();
        Server::start_in(&self.data(), &["--config", file.to_str().unwrap()])
    }

    fn verify(&self, folder: &Path, more: &[&Path]) -> (i32, Value) {
        let flags = ["--key", "--timestamp-ca"];
        let mut verify = diemcau();
        verify.args(["verify", "--json"]).arg(folder);
        for (flag, file) in flags
            .iter()
            .zip([&*self.at("trusted.pem")].iter().chain(more))
        {
            verify.arg(flag).arg(file);
        }
        let output = verify.output().unwrap();
        let found = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), found)
    }
}

/// Somebody who asks.
struct Person<'a> {
    server: &'a Server,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Person<'a> {
    fn administrator(server: &'a Server) -> Self {
        let bearer = format!("Bearer {}", server.admin_token());
        Self {
            server,
            headers: vec![("authorization", bearer)],
        }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let mut headers: Vec<(&str, &str)> = vec![("content-type", "application/json")];
        headers.extend(self.headers.iter().map(|(name, value)| (*name, &**value)));
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.server.ask(method, path, &headers, &body)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &Value::Null)
    }

    fn of(&self, what: &str) -> String {
        format!("/api/v1/recordings/{MEETING}{what}")
    }

    /// A second administrator, who signs in with an account of their own.
    fn second(&self) -> Self {
        let made = |path: &str, body: Value| {
            let answer = self.ask("POST", path, &body);
            assert_eq!(answer.status, 201, "{answer:?}");
            answer.json()
        };
        let unit = json!({"id": "tinh", "tier": "province", "name": "UBND tỉnh"});
        made("/api/v1/units", unit);
        let person = json!({"id": "lan", "unit": "tinh", "name": "Nguyễn Thị Lan"});
        made("/api/v1/people", person);
        let roles = json!([{"role": "administrator"}]);
        let account = json!({"login": "lan.nguyen", "person": "lan", "roles": roles});
        let link = made("/api/v1/accounts", account);
        let link = link["path"]
            .as_str()
            .unwrap()
            .split_once("#link=")
            .unwrap()
            .1
            .to_owned();
        let page = Self {
            server: self.server,
            headers: vec![("sec-fetch-site", "same-origin".to_owned())],
        };
        let first = json!({"link": link, "password": PASSWORD});
        let first = page.ask("POST", "/api/v1/first-password", &first);
        assert_eq!(first.status, 204, "{first:?}");
        let said = json!({"login": "lan.nguyen", "password": PASSWORD});
        let signed_in = page.ask("POST", "/api/v1/sign-in", &said);
        assert_eq!(signed_in.status, 200, "{signed_in:?}");
        let cookies = signed_in.headers("set-cookie");
        let cookies: Vec<&str> = cookies
            .iter()
            .filter_map(|one| one.split(';').next())
            .collect();
        let mut headers = page.headers;
        headers.push(("cookie", cookies.join("; ")));
        Self { headers, ..page }
    }
}

/// Asks again until something is so.
fn until(mut so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it did not come about");
}

#[test]
fn an_archive_is_stamped_as_soon_as_the_authority_is_there() {
    let authority = Authority::start();
    authority.is_now(Mood::Fails);
    let place = Place::new(None);
    let url = &authority.url;
    let server = place.server(&format!("[archive]\ntimestamp_url = \"{url}\"\n"));
    let clerk = Person::administrator(&server);
    let stamping = || clerk.get(&clerk.of("")).json()["stamping"].clone();
    until(|| stamping()["failures"].as_u64() >= Some(1));
    let waiting = stamping();
    assert_eq!(waiting["state"], "waiting", "{waiting:#}");
    assert!(
        waiting["error"].as_str().unwrap().contains("503"),
        "{waiting:#}"
    );
    // Without it the archive is whole all the same.
    assert_eq!(place.verify(&place.archive(), &[]).0, 0);

    authority.is_now(Mood::Stamps);
    until(|| stamping()["state"] == "done");
    let (status, found) = place.verify(&place.archive(), &[&authority.root()]);
    assert_eq!(status, 0, "{found:#}");
    assert_eq!(found["stamp"]["authority"], "Dấu thời gian quốc gia");
    let other = Authority::start();
    let (status, found) = place.verify(&place.archive(), &[&other.root()]);
    assert_eq!(
        (status, &found["findings"][0]["fault"]),
        (1, &json!("foreign_authority"))
    );
}

#[test]
fn an_encrypted_archive_is_read_by_the_server_that_has_the_key_and_by_no_other() {
    let made = diemcau()
        .args(["admin", "archive-identity"])
        .output()
        .unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    let recipients = Identity::from_text(&text).unwrap().recipients();
    let public = recipients.names().remove(0);
    assert!(text.contains(&format!("# public key: {public}\n")));
    let place = Place::new(Some(&recipients));
    let file = place.at("archive.key");
    fs::write(&file, text).unwrap();
    let settings = format!("[archive]\nencrypt_to = [\"{public}\"]\n");
    let with_key = format!("{settings}identity = {file:?}\n");

    let server = place.server(&with_key);
    let clerk = Person::administrator(&server);
    assert_eq!(
        clerk.get(&clerk.of("")).json()["timeline"]["title"],
        "Họp giao ban"
    );
    let verified = clerk.get(&clerk.of("/verify")).json();
    assert_eq!(
        (&verified["verdict"], &verified["locked"]),
        (&json!("whole"), &json!(0))
    );
    let mut part = Person::administrator(&server);
    part.headers.push(("range", "bytes=299990-".to_owned()));
    let part = part.get(&clerk.of("/files/programme.webm"));
    assert_eq!((part.status, part.body.as_bytes()), (206, &[7; 10][..]));

    // Packed, it is what lies there: it proves itself without the key.
    let zip = place.at("archive.zip");
    let stream = TcpStream::connect(server.http()).unwrap();
    let headers: Vec<(&str, &str)> = clerk
        .headers
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let packed = ask_over(
        stream,
        "localhost",
        "GET",
        &clerk.of("/archive.zip"),
        &headers,
        "",
    );
    assert_eq!(packed.header("content-type"), "application/zip");
    fs::write(&zip, &packed.bytes).unwrap();
    let unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    let done = Command::new("python3")
        .args(["-c", unpack])
        .arg(&zip)
        .arg(place.at("out"))
        .output();
    let done = done.unwrap();
    assert!(done.status.success(), "{done:?}");
    let (status, found) = place.verify(&place.at("out").join(MEETING), &[]);
    assert_eq!((status, &found["locked"]), (0, &json!(3)), "{found:#}");
    drop(server);

    let server = place.server(&settings);
    let clerk = Person::administrator(&server);
    let locked = clerk.get(&clerk.of("/files/programme.webm"));
    assert_eq!(
        (locked.status, &locked.json()["code"]),
        (409, &json!("archive_locked"))
    );
    assert_eq!(clerk.get(&clerk.of("/verify")).json()["verdict"], "whole");
    let locked = clerk.get(&clerk.of(""));
    assert_eq!(
        (locked.status, &locked.json()["code"]),
        (409, &json!("archive_locked"))
    );
    let listed = clerk.get("/api/v1/recordings").json();
    assert_eq!(
        listed["recordings"][0]["title"], "Họp giao ban",
        "{listed:#}"
    );
}

#[test]
fn a_film_is_asked_for_handed_out_and_removed() {
    let place = Place::new(None);
    let server = place.server("");
    let clerk = Person::administrator(&server);
    let film = clerk.of("/film");
    assert_eq!(server.ask("POST", &film, &[], "").status, 401);
    assert_eq!(clerk.get(&film).json()["state"], "none");
    assert_eq!(clerk.get(&clerk.of("/film/files/film.mp4")).status, 404);
    let asked = clerk.ask("POST", &film, &Value::Null);
    assert_eq!(asked.status, 202, "{asked:?}");
    until(|| {
        let state = clerk.get(&film).json();
        assert_ne!(state["state"], "failed", "{state:#}");
        state["state"] == "ready"
    });
    let mut part = Person::administrator(&server);
    part.headers.push(("range", "bytes=4-7".to_owned()));
    let part = part.get(&clerk.of("/film/files/film.mp4"));
    assert_eq!((part.status, &*part.body), (206, "ftyp"));
    let list = clerk.get(&clerk.of("/film/files/hls/index.m3u8"));
    assert!(list.body.contains("low.m3u8"), "{list:?}");
    // The archive is as it was.
    assert_eq!(place.verify(&place.archive(), &[]).0, 0);
    assert_eq!(clerk.ask("DELETE", &film, &Value::Null).status, 204);
    assert_eq!(clerk.get(&film).json()["state"], "none");
}

#[test]
fn two_people_destroy_what_is_due_and_it_is_written_down() {
    let place = Place::new(None);
    let server = place.server("[archive]\nkeep_days = 10\n");
    let binh = Person::administrator(&server);
    let lan = binh.second();
    let refused = |answer: Answer| {
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        (answer.status, code)
    };
    assert_eq!(server.get("/api/v1/recordings/due").status, 401);
    let due = binh.get("/api/v1/recordings/due").json();
    assert_eq!(due["recordings"][0]["meeting"], MEETING, "{due:#}");

    let because = json!({"reason": "Thanh tra tỉnh yêu cầu"});
    assert_eq!(lan.ask("PUT", &lan.of("/hold"), &because).status, 204);
    let why = json!({"reason": "Hết thời hạn lưu trữ"});
    let held = refused(binh.ask("PUT", &binh.of("/destruction"), &why));
    assert_eq!(held, (409, "archive_held".into()));
    assert_eq!(
        lan.ask("DELETE", &lan.of("/hold"), &Value::Null).status,
        204
    );

    let nothing = refused(binh.ask("PUT", &binh.of("/destruction"), &json!({"reason": ""})));
    assert_eq!(nothing, (422, "text_empty".into()));
    let unformed = refused(binh.ask("PUT", &binh.of("/destruction"), &json!([])));
    assert_eq!(unformed, (400, "bad_message".into()));
    assert_eq!(binh.ask("PUT", &binh.of("/destruction"), &why).status, 204);
    let confirm = binh.of("/destruction/confirm");
    let alone = refused(binh.ask("POST", &confirm, &Value::Null));
    assert_eq!(alone, (409, "second_person_needed".into()));
    assert!(place.archive().join("programme.webm").exists());
    assert_eq!(lan.ask("POST", &confirm, &Value::Null).status, 204);

    assert!(!place.archive().exists());
    let gone = refused(binh.get(&binh.of("/files/programme.webm")));
    assert_eq!(gone, (410, "archive_destroyed".into()));
    let listed = binh.get("/api/v1/recordings").json();
    assert_eq!(listed["recordings"][0]["state"], "destroyed", "{listed:#}");
    let left = binh.get(&binh.of("/keeping")).json()["destroyed"].clone();
    assert_eq!(left["confirmed"]["by"], "account:lan.nguyen", "{left:#}");
    let audit = binh.get("/api/v1/audit?limit=100").body;
    for said in [
        "archive.hold",
        "archive.propose_destruction",
        "archive.destroy",
    ] {
        assert!(audit.contains(said), "{said}: {audit}");
    }
    let hash = left["manifest_sha256"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    assert!(audit.contains(hash), "{audit}");
}
