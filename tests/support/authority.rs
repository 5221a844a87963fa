//! A real time-stamping authority: OpenSSL behind a small HTTP server.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

const SETTINGS: &str = "
[tsa]
default_tsa = stamps
[stamps]
serial = serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
clock_precision_digits = 3
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

/// How an authority behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It stamps.
    Stamps,
    /// It answers with an error.
    Fails,
    /// It answers with what it answered first.
    Repeats,
}

/// A running authority; it ends with the process.
pub(crate) struct Authority {
    folder: TempDir,
    /// Where it answers.
    pub(crate) url: String,
    mood: Arc<Mutex<Mood>>,
}

impl Authority {
    /// Starts one with a root of its own.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("ts.cnf"), SETTINGS).unwrap();
        fs::write(at.join("serial"), "41\n").unwrap();
        let usage = "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n";
        fs::write(at.join("usage.cnf"), usage).unwrap();
        let root = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 3650 \
                    -subj /CN=Goc-tin-cay -keyout root.key -out root.pem";
        openssl(at, &words(root));
        let mut asks = words("req -newkey rsa:2048 -nodes -utf8 -keyout tsa.key -out tsa.csr");
        asks.extend(["-subj", "/CN=Dấu thời gian quốc gia"]);
        openssl(at, &asks);
        let issue = "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial \
                     -days 365 -extfile usage.cnf -out tsa.pem";
        openssl(at, &words(issue));

        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/tsa", listener.local_addr().unwrap());
        let mood = Arc::new(Mutex::new(Mood::Stamps));
        let (place, says) = (at.to_owned(), Arc::clone(&mood));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mood = says.lock().unwrap().clone();
                // Whoever asked may have gone.
                let _ = answer(stream.unwrap(), &place, &mood);
            }
        });
        Self { folder, url, mood }
    }

    /// Changes how it behaves.
    pub(crate) fn is_now(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The certificate that stands above it.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// Whether OpenSSL itself finds a time stamp right.
    pub(crate) fn confirms(&self, stamp: &Path, of: &Path) -> bool {
        Command::new("openssl")
            .args(["ts", "-verify", "-CAfile"])
            .arg(self.root())
            .arg("-in")
            .arg(stamp)
            .arg("-data")
            .arg(of)
            .output()
            .unwrap()
            .status
            .success()
    }
}

fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().collect()
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
}

fn answer(mut stream: TcpStream, folder: &Path, mood: &Mood) -> std::io::Result<()> {
    let mut asked = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        asked.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut query = vec![0; length];
    asked.read_exact(&mut query)?;
    if *mood == Mood::Fails {
        return stream.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
    }
    let reply = folder.join("reply.tsr");
    if *mood == Mood::Stamps || !reply.exists() {
        fs::write(folder.join("query.tsq"), &query)?;
        let stamp = "ts -reply -config ts.cnf -section stamps -queryfile query.tsq \
                     -signer tsa.pem -inkey tsa.key -chain root.pem -out reply.tsr";
        openssl(folder, &words(stamp));
    }
    let reply = fs::read(reply)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&reply)
}
