//! A real `diemcau serve` in a process of its own: free ports, its own data
//! folder, and a bare HTTP client to talk to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

/// The longest that a test waits for an answer before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The `diemcau` binary, without any `DIEMCAU_*` of the surroundings.
pub(crate) fn diemcau() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diemcau"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DIEMCAU_") {
            command.env_remove(name);
        }
    }
    command
}

/// Ports that were free a moment ago.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// HTTPS, TCP.
    pub(crate) https: u16,
    /// Plain HTTP, TCP.
    pub(crate) http: u16,
    /// Sound and picture, UDP and TCP.
    pub(crate) media: u16,
}

impl Ports {
    /// Asks the system for free ports.
    pub(crate) fn free() -> Self {
        let local = (Ipv4Addr::LOCALHOST, 0);
        let https = TcpListener::bind(local).unwrap();
        let http = TcpListener::bind(local).unwrap();
        let media = two_in_a_row();
        Self {
            https: https.local_addr().unwrap().port(),
            http: http.local_addr().unwrap().port(),
            media: media.0.local_addr().unwrap().port(),
        }
    }

    /// The flags that make a server use these ports, on loopback.
    pub(crate) fn flags(&self) -> Vec<String> {
        vec![
            format!("--listen=127.0.0.1:{}", self.https),
            format!("--dev-http=127.0.0.1:{}", self.http),
            format!("--media-port={}", self.media),
            "--media-workers=2".to_owned(),
            "--public-ip=127.0.0.1".to_owned(),
        ]
    }
}

/// A port that is free by UDP and TCP; the next one, of the second media
/// worker, is free too.
fn two_in_a_row() -> (UdpSocket, TcpListener) {
    let both = |port| {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        let tcp = TcpListener::bind(udp.local_addr().ok()?).ok()?;
        Some((udp, tcp))
    };
    loop {
        let Some(first) = both(0) else {
            continue;
        };
        let port = first.0.local_addr().unwrap().port();
        if port.checked_add(1).and_then(both).is_some() {
            return first;
        }
    }
}

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) ports: Ports,
    /// What it printed until it was ready.
    pub(crate) notice: Vec<String>,
    data_dir: PathBuf,
    log: JoinHandle<String>,
    _temporary: Option<TempDir>,
}

impl Server {
    /// Starts a server on a fresh data folder and waits until it is ready.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let data_dir = temporary.path().join("data");
        let mut server = Self::start_in(&data_dir, flags);
        server._temporary = Some(temporary);
        server
    }

    /// Starts a server on this data folder and waits until it is ready.
    pub(crate) fn start_in(data_dir: &Path, flags: &[&str]) -> Self {
        Self::start_with(data_dir, flags, |serve| {
            serve.arg("--data-dir").arg(data_dir);
        })
    }

    /// Starts a server in this working folder, with its data in `data`, which
    /// the server has to find by itself.
    pub(crate) fn start_by_default(work_dir: &Path, data: &str, flags: &[&str]) -> Self {
        Self::start_with(&work_dir.join(data), flags, |serve| {
            serve.current_dir(work_dir);
        })
    }

    fn start_with(data_dir: &Path, flags: &[&str], place: impl Fn(&mut Command)) -> Self {
        // Another process may take a free port before the server does.
        for _ in 0..5 {
            let mut serve = diemcau();
            serve.arg("serve");
            place(&mut serve);
            if let Some(server) = Self::try_start(serve, data_dir, Ports::free(), flags) {
                return server;
            }
        }
        panic!("the server did not start");
    }

    /// The given flags count more than those for the ports.
    fn try_start(
        mut serve: Command,
        data_dir: &Path,
        ports: Ports,
        flags: &[&str],
    ) -> Option<Self> {
        let name = |flag: &str| flag.split('=').next().map(str::to_owned);
        let mut of_ports = ports.flags();
        of_ports.retain(|one| !flags.iter().any(|flag| name(flag) == name(one)));
        let mut child = serve
            .args(of_ports)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            log.read_to_string(&mut text).unwrap();
            text
        });
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut notice = Vec::new();
        for line in printed.by_ref() {
            let line = line.unwrap();
            if line == "Ready." {
                return Some(Self {
                    child,
                    ports,
                    notice,
                    data_dir: data_dir.to_owned(),
                    log,
                    _temporary: None,
                });
            }
            notice.push(line);
        }
        child.wait().unwrap();
        eprintln!("{}", log.join().unwrap());
        None
    }

    /// The data folder.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The address of plain HTTP.
    pub(crate) fn http(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.http))
    }

    /// Asks by plain HTTP.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// Asks by plain HTTP, with headers and a body.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let stream = TcpStream::connect(self.http()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = format!("127.0.0.1:{}", self.ports.http);
        ask_over(stream, &host, method, path, headers, body)
    }

    /// An administrator's token, made as an administrator makes it.
    pub(crate) fn admin_token(&self) -> String {
        let output = diemcau()
            .args(["admin", "token", "--data-dir"])
            .arg(&self.data_dir)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let link = printed.lines().next().expect("a link is printed");
        link.split_once('#').expect("with a token").1.to_owned()
    }

    /// A new meeting of these, by name and kind, the first in the chair: a link
    /// for each.
    #[cfg(feature = "bridge")]
    pub(crate) fn meeting(&self, who: &[(&str, &str)]) -> Vec<url::Url> {
        let invitees: Vec<_> = who
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| {
                let role = if index == 0 { "chair" } else { "operator" };
                serde_json::json!({ "name": name, "role": role, "kind": kind })
            })
            .collect();
        let body = serde_json::json!({
            "title": "Họp giao ban",
            "host_unit": "Văn phòng UBND tỉnh",
            "invitees": invitees,
        });
        let bearer = format!("Bearer {}", self.admin_token());
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let answer = self.ask("POST", "/api/v1/meetings", &headers, &body.to_string());
        assert_eq!(answer.status, 201, "{answer:?}");
        let links = answer.json()["links"].as_array().unwrap().clone();
        let host = url::Url::parse(&format!("http://{}", self.http())).unwrap();
        let links = links
            .iter()
            .map(|link| host.join(link["path"].as_str().unwrap()));
        links.map(Result::unwrap).collect()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status();
        assert!(status.unwrap().success());
    }

    /// Ends the process without any farewell, as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the process has ended by itself; its status and its log.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let log = std::mem::replace(&mut self.log, std::thread::spawn(String::new));
        (status, log.join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    head: String,
    /// The body.
    pub(crate) body: String,
    /// The body where it is no text.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// All values of a header.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    /// A header's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value.trim())
    }

    /// A cookie that was set, as it is sent back.
    pub(crate) fn cookie(&self, name: &str) -> String {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let cookie = headers.find_map(|(header, value)| {
            let value = value.trim().split(';').next().unwrap_or_default();
            let is_it = header.eq_ignore_ascii_case("set-cookie") && value.starts_with(name);
            is_it.then(|| value.to_owned())
        });
        cookie.unwrap_or_default()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

/// One request and its answer over any stream.
pub(crate) fn ask_over(
    mut stream: impl Read + Write,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.push_str(body);

    // A server that refuses a body early stops reading it, and may reset the
    // connection behind its answer; what came before that is the answer.
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 4..]),
        None => (&bytes[..], &[][..]),
    };
    let head = String::from_utf8_lossy(head).into_owned();
    let mut answer = Answer {
        status: head
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .parse()
            .unwrap_or_default(),
        head,
        body: String::new(),
        bytes: body.to_vec(),
    };
    if answer.header("transfer-encoding") == "chunked" {
        answer.bytes = joined(body);
    }
    answer.body = String::from_utf8_lossy(&answer.bytes).into_owned();
    answer
}

/// A body that came in chunks (RFC 9112 §7.1), as far as it came.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..end]);
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let from = &rest[end + 2..];
        body.extend(&from[..size.min(from.len())]);
        if size == 0 || from.len() < size + 2 {
            break;
        }
        rest = &from[size + 2..];
    }
    body
}
