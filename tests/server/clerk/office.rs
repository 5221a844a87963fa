//! A province's office: its people, who sign in, and its archives.

use std::fs;
use std::path::PathBuf;

use diemcau_recorder::minutes::first::write_first_draft;
use diemcau_recorder::{
    ArchiveKey, EVENTS, ExportedEvent, FORMAT_VERSION, Manifest, TIMELINE, seal,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Server};

const PASSWORD: &str = "mùa lúa chín vàng";
pub(crate) const BEGAN: i64 = 1_790_000_000_000;

/// Somebody who asks, by a bearer or by the cookie of a session.
pub(crate) struct Somebody<'a> {
    server: &'a Server,
    header: (&'static str, String),
}

impl<'a> Somebody<'a> {
    pub(crate) fn with_bearer(server: &'a Server, token: &str) -> Self {
        let header = ("authorization", format!("Bearer {token}"));
        Self { server, header }
    }

    pub(crate) fn administrator(server: &'a Server) -> Self {
        Self::with_bearer(server, &server.admin_token())
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let (name, value) = &self.header;
        let mut headers = vec![(*name, value.as_str()), ("sec-fetch-site", "same-origin")];
        headers.extend(more);
        self.server
            .ask(method, &format!("/api/v1/{path}"), &headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask("POST", path, &[], &body.to_string());
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.json()
    }

    /// Changes what was seen a moment ago.
    pub(crate) fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        let end = path.find("/minutes").unwrap() + "/minutes".len();
        let shown = self.get(&path[..end]);
        let tag = shown.header("etag").to_owned();
        self.ask(method, path, &[("if-match", &tag)], &body.to_string())
    }

    /// An account for a person, who is signed in.
    pub(crate) fn account(&self, login: &str, person: &str, roles: Value) -> Somebody<'a> {
        let account = json!({ "login": login, "person": person, "roles": roles });
        let link = self.post("accounts", &account);
        let secret = link["path"]
            .as_str()
            .unwrap()
            .split_once("#link=")
            .unwrap()
            .1;
        let guest = Self {
            server: self.server,
            header: ("accept", "application/json".to_owned()),
        };
        let first = json!({ "link": secret, "password": PASSWORD }).to_string();
        let done = guest.ask("POST", "first-password", &[], &first);
        assert_eq!(done.status, 204, "{done:?}");
        let sign_in = json!({ "login": login, "password": PASSWORD }).to_string();
        let signed_in = guest.ask("POST", "sign-in", &[], &sign_in);
        assert_eq!(signed_in.status, 200, "{signed_in:?}");
        let cookie = signed_in.cookie("__Host-dc_session");
        Self {
            server: self.server,
            header: ("cookie", cookie),
        }
    }
}

pub(crate) fn refused(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    (answer.status, code)
}

/// The province of Minh Hòa with two communes, its people, and a planned
/// meeting with a chair and a secretary.
pub(crate) fn province(admin: &Somebody<'_>) -> String {
    for (id, parent, tier, name) in [
        ("tinh", Value::Null, "province", "UBND tỉnh Minh Hòa"),
        ("an-binh", json!("tinh"), "commune", "UBND xã An Bình"),
        ("hoa-lac", json!("tinh"), "commune", "UBND xã Hòa Lạc"),
    ] {
        let unit = json!({ "id": id, "parent": parent, "tier": tier, "name": name });
        admin.post("units", &unit);
    }
    for (id, unit, name) in [
        ("binh", "tinh", "Nguyễn Văn Bình"),
        ("huong", "tinh", "Trần Thị Hương"),
        ("van-thu", "tinh", "Lê Thị Thư"),
        ("lan", "an-binh", "Phạm Thị Lan"),
        ("dung", "hoa-lac", "Hoàng Văn Dũng"),
    ] {
        admin.post("people", &json!({ "id": id, "unit": unit, "name": name }));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_millis()).unwrap();
    let planned = admin.post(
        "meetings",
        &json!({
            "title": "Ứng phó bão số 5", "host_unit": "tinh",
            "starts_at": now + 600_000, "ends_at": now + 4_200_000,
            "invite": { "entries": [
                { "what": "person", "id": "binh", "role": "chair" },
                { "what": "person", "id": "huong", "role": "secretary" },
            ] },
            "organiser": "Trần Văn Hùng, Chánh Văn phòng", "no_state_secrets": true,
        }),
    );
    planned["meetings"][0]["id"].as_str().unwrap().to_owned()
}

/// The archive that a recorder leaves of a meeting.
pub(crate) fn archive(server: &Server, meeting: &str, title: &str, ended_after: i64) -> PathBuf {
    let pem = fs::read_to_string(server.data_dir().join("keys/archive.pem")).unwrap();
    let key = ArchiveKey::from_pem(&pem).unwrap();
    let folder = server
        .data_dir()
        .join("recordings")
        .join(meeting)
        .join("archive");
    fs::create_dir_all(&folder).unwrap();
    let host = "UBND tỉnh Minh Hòa";
    let joined = |number: u32, id: &str, name: &str, role: &str, kind: &str| {
        json!({ "type": "participant_joined", "participant": id, "number": number,
            "name": name, "role": role, "kind": kind, "unit": null })
    };
    let events = [
        json!({ "type": "meeting_opened", "title": title, "host_unit": host }),
        joined(1, "p1", "Nguyễn Văn Bình", "chair", "person"),
        joined(2, "p2", "Trần Thị Hương", "secretary", "person"),
        joined(3, "p3", "Điểm cầu xã An Bình", "delegate", "site"),
        json!({ "type": "chat_sent", "from": "p3", "text": "Đê Hữu Sông có nguy cơ sạt lở" }),
        json!({ "type": "course", "what": "ended", "by": "p1" }),
    ];
    let mut last = "0".repeat(64);
    let mut lines = String::new();
    for (seq, event) in (1..).zip(events) {
        let envelope = json!({
            "meeting": meeting, "branch": "main", "epoch": 1, "seq": seq, "prev_hash": last,
            "schema_version": 1, "at": BEGAN + seq * 60_000, "event": event,
        });
        let bytes = envelope.to_string();
        last = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let event = ExportedEvent {
            bytes,
            hash: last.clone(),
            personal: Vec::new(),
        };
        lines.push_str(&serde_json::to_string(&event).unwrap());
        lines.push('\n');
    }
    fs::write(folder.join(EVENTS), lines).unwrap();
    let timeline = json!({
        "version": 1, "meeting": meeting, "title": title, "host_unit": host, "began_at": BEGAN,
        "duration": 420_000, "programme": [], "tracks": [], "chapters": [], "gaps": [],
    });
    fs::write(folder.join(TIMELINE), timeline.to_string()).unwrap();
    write_first_draft(&meeting.into(), &folder)
        .unwrap()
        .unwrap();
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        meeting: meeting.to_owned(),
        title: title.to_owned(),
        host_unit: host.to_owned(),
        ended_at: BEGAN + ended_after,
        closing_hash: last,
        encrypted_to: Vec::new(),
        files: Vec::new(),
    };
    seal(&folder, manifest, &key, None).unwrap();
    folder
}
