//! A mail server that is not ours, and its letters as a mail program sees them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio};
use std::time::Duration;

use diemcau_signaling::{MailSecurity, MailServer, SignalingConfig};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// A letter as a mail program sees it.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) sender: String,
    pub(crate) message_id: String,
    pub(crate) secure: bool,
    pub(crate) form: String,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) method: Option<String>,
    pub(crate) text: String,
}

impl Received {
    pub(crate) fn part(&self, kind: &str) -> &Part {
        self.parts.iter().find(|part| part.kind == kind).unwrap()
    }

    /// What stands in the calendar behind a name, with folded lines unfolded.
    pub(crate) fn calendar(&self, name: &str) -> String {
        let text = self.part("text/calendar").text.replace("\r\n", "\n");
        let unfolded = text.replace("\n ", "");
        let line = unfolded.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name} in {unfolded}"))[name.len()..].to_owned()
    }

    /// The token of the personal link.
    pub(crate) fn token(&self) -> String {
        let text = &self.part("text/plain").text;
        let link = text.lines().find(|line| line.starts_with("https://"));
        link.unwrap().split_once('#').unwrap().1.to_owned()
    }
}

/// The mail server; ended when it is dropped.
pub(crate) struct Post {
    child: Child,
    pub(crate) port: u16,
    told: mpsc::UnboundedReceiver<String>,
}

impl Post {
    pub(crate) fn open(port: u16, certificate: &[&Path]) -> Self {
        let house = house();
        let mut child = Program::new(house.join("target/foreign/bin/python"))
            .arg(house.join("signaling/tests/support/smtp.py"))
            .arg(port.to_string())
            .args(certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server is there; `deploy/setup.sh --tests` installs it");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        Self { child, port, told }
    }

    /// So many letters, by address.
    pub(crate) async fn receives(&mut self, number: usize) -> Vec<Received> {
        let mut letters: Vec<Received> = Vec::new();
        while letters.len() < number {
            let line = timeout(PATIENCE, self.told.recv()).await;
            let line = line.expect("a letter").expect("the mail server runs");
            letters.push(serde_json::from_str(&line).unwrap());
        }
        letters.sort_by(|one, other| one.to.cmp(&other.to));
        letters
    }

    pub(crate) fn received_nothing_more(&mut self) -> bool {
        self.told.try_recv().is_err()
    }
}

/// The folder of the whole workspace.
fn house() -> PathBuf {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let house = above.find(|folder| folder.join("Cargo.lock").exists());
    house.unwrap().to_owned()
}

impl Drop for Post {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn by_mail(port: u16) -> impl FnOnce(&mut SignalingConfig) {
    move |config| {
        config.planning.mail = Some(MailServer {
            host: "127.0.0.1".to_owned(),
            port,
            security: MailSecurity::None,
            login: None,
            authority_pem: None,
            from: "Văn phòng UBND tỉnh <hop@minhhoa.gov.vn>".to_owned(),
            public_url: "https://hop.minhhoa.gov.vn".to_owned(),
        });
        config.planning.first_wait = Some(Duration::from_millis(20));
    }
}
