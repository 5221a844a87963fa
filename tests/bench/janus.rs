//! Janus's videoroom under the same load: one publisher, many subscribers, by
//! its JSON API over HTTP.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::load::{DOOR, Figures, Load, Server};
use crate::namespace::Namespace;
use crate::peer::Peer;
use crate::process;
use crate::publisher::Publisher;
use crate::trace::Trace;

const PORT: u16 = 8088;
const ROOM: u32 = 1;
const PATIENCE: Duration = Duration::from_secs(20);
/// Where distributions put Janus's modules.
const MODULES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/janus",
    "/usr/lib/aarch64-linux-gnu/janus",
    "/usr/lib/janus",
];

/// What happens in the room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// As in Janus's configuration; unset if none.
    pub(crate) event_loops: Option<usize>,
    /// The layer that the one publisher sends, beside its microphone.
    pub(crate) layer: usize,
    /// How many subscribe.
    pub(crate) receivers: usize,
}

/// Fills a room for so long, and measures Janus.
pub(crate) async fn measure(
    trace: &Rc<Trace>,
    namespace: &Namespace,
    room: Room,
    length: Duration,
) -> Result<Figures> {
    let janus = Janus::start(namespace, room.event_loops).await?;
    let figures = janus
        .hold(trace, namespace, room, length)
        .await
        .with_context(|| format!("what Janus said: {}", janus.log()))?;
    janus.stop()?;
    Ok(figures)
}

struct Janus {
    child: Child,
    api: SocketAddr,
    session: u64,
    folder: TempDir,
}

impl Janus {
    async fn start(namespace: &Namespace, event_loops: Option<usize>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        configure(folder.path(), event_loops)?;
        let log = fs::File::create(folder.path().join("log"))?;
        let child = namespace
            .command("janus")
            .arg("-o")
            .arg("-F")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut janus = Self {
            child,
            api: SocketAddr::new(namespace.inside, PORT),
            session: 0,
            folder,
        };
        let began = Instant::now();
        loop {
            match http(janus.api, "GET", "/janus/info", "") {
                Ok(_) => break,
                Err(error) if began.elapsed() > PATIENCE => {
                    bail!("Janus does not start: {error}; it said: {}", janus.log());
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        let created = janus.post("/janus", json!({"janus": "create"})).await?;
        janus.session = id_of(&created)?;
        Ok(janus)
    }

    async fn hold(
        &self,
        trace: &Rc<Trace>,
        namespace: &Namespace,
        room: Room,
        length: Duration,
    ) -> Result<Figures> {
        let mut load = Load::new(namespace.here);
        let feed = self.publish(trace, &mut load, room.layer).await?;
        load.connected_but(0).await?;
        let resident_before = process::resident_kib(self.child.id())?;
        for _ in 0..room.receivers {
            self.subscribe(&mut load, &feed).await?;
            load.connected_but(DOOR).await?;
        }
        load.settled().await?;
        let server = Server {
            pid: self.child.id(),
            resident_before,
            receivers: room.receivers,
        };
        let figures = load.measure(server, length).await?;
        load.stop().await?;
        Ok(figures)
    }

    /// Opens the room and publishes. Returns the feed's id.
    async fn publish(&self, trace: &Rc<Trace>, load: &mut Load, layer: usize) -> Result<Value> {
        let handle = self.attach().await?;
        let room = json!({
            "request": "create", "room": ROOM, "publishers": 10, "bitrate": 0, "fir_freq": 0,
            "audiocodec": "opus", "videocodec": "vp8", "transport_wide_cc_ext": true,
        });
        self.message(handle, room, None).await?;
        let mut peer = Peer::new(load.address)?;
        let (offer, lines) = peer.offer(true, &[layer], &[])?;
        let join = json!({"request": "joinandconfigure", "ptype": "publisher", "room": ROOM});
        let offer = json!({"type": "offer", "sdp": offer});
        self.message(handle, join, Some(offer)).await?;
        let joined = self.event(handle).await?;
        peer.accept(sdp_of(&joined)?)?;
        let layers = [layer];
        let publisher = Publisher::new(
            Rc::clone(trace),
            Instant::now(),
            Duration::ZERO,
            lines.microphone,
            lines.camera.map(|mid| (mid, &layers[..])),
        );
        load.run(peer, Some(publisher), 0);
        Ok(joined["plugindata"]["data"]["id"].clone())
    }

    async fn subscribe(&self, load: &mut Load, feed: &Value) -> Result<()> {
        let handle = self.attach().await?;
        let streams = json!([{"feed": feed}]);
        let join = json!({
            "request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams,
        });
        self.message(handle, join, None).await?;
        let attached = self.event(handle).await?;
        let mut peer = Peer::new(load.address)?;
        let answer = peer.answer(sdp_of(&attached)?)?;
        let answer = json!({"type": "answer", "sdp": answer});
        self.message(handle, json!({"request": "start"}), Some(answer))
            .await?;
        load.run(peer, None, 2);
        Ok(())
    }

    async fn attach(&self) -> Result<u64> {
        let attach = json!({"janus": "attach", "plugin": "janus.plugin.videoroom"});
        id_of(
            &self
                .post(&format!("/janus/{}", self.session), attach)
                .await?,
        )
    }

    async fn message(&self, handle: u64, body: Value, jsep: Option<Value>) -> Result<()> {
        let mut message = json!({"janus": "message", "body": body});
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let path = format!("/janus/{}/{handle}", self.session);
        self.post(&path, message).await?;
        Ok(())
    }

    /// The next event with a session description for a handle.
    async fn event(&self, handle: u64) -> Result<Value> {
        let (api, path) = (self.api, format!("/janus/{}?maxev=1", self.session));
        let began = Instant::now();
        loop {
            ensure!(began.elapsed() < PATIENCE, "Janus does not answer");
            let path = path.clone();
            let event = tokio::task::spawn_blocking(move || http(api, "GET", &path, ""));
            let event = event.await??;
            ensure!(event["plugindata"]["data"]["error"].is_null(), "{event}");
            if event["sender"] == handle && event["jsep"].is_object() {
                return Ok(event);
            }
        }
    }

    async fn post(&self, path: &str, mut body: Value) -> Result<Value> {
        body["transaction"] = "bench".into();
        let (api, path, body) = (self.api, path.to_owned(), body.to_string());
        let answer = tokio::task::spawn_blocking(move || http(api, "POST", &path, &body));
        let answer = answer.await??;
        let refused =
            answer["janus"] == "error" || !answer["plugindata"]["data"]["error"].is_null();
        ensure!(!refused, "Janus refuses: {answer}");
        Ok(answer)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn stop(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration with the video room and HTTP, and nothing else.
fn configure(folder: &Path, event_loops: Option<usize>) -> Result<()> {
    let modules = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    let modules = modules.context("Janus's modules are not where Debian has them")?;
    let empty = folder.join("none");
    fs::create_dir(&empty)?;
    let others = |kind: &str, wanted: &str| -> io::Result<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(modules.join(kind))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".so") && name != wanted {
                names.push(name);
            }
        }
        Ok(names.join(","))
    };
    let mut main = String::new();
    writeln!(main, "general: {{")?;
    for (name, path) in [
        ("configs_folder", folder),
        ("plugins_folder", &modules.join("plugins")),
        ("transports_folder", &modules.join("transports")),
        ("events_folder", &empty),
        ("loggers_folder", &empty),
    ] {
        writeln!(main, "  {name} = \"{}\"", path.display())?;
    }
    writeln!(main, "  debug_level = 2\n  session_timeout = 0")?;
    if let Some(loops) = event_loops {
        writeln!(main, "  event_loops = {loops}")?;
    }
    writeln!(main, "}}")?;
    let plugins = others("plugins", "libjanus_videoroom.so")?;
    let transports = others("transports", "libjanus_http.so")?;
    writeln!(main, "plugins: {{ disable = \"{plugins}\" }}")?;
    writeln!(main, "transports: {{ disable = \"{transports}\" }}")?;
    fs::write(folder.join("janus.jcfg"), main)?;
    let http = format!(
        "general: {{\n  json = \"compact\"\n  base_path = \"/janus\"\n  http = true\n  \
         port = {PORT}\n  https = false\n}}\nadmin: {{ admin_http = false }}\n"
    );
    fs::write(folder.join("janus.transport.http.jcfg"), http)?;
    fs::write(folder.join("janus.plugin.videoroom.jcfg"), "general: {}\n")?;
    Ok(())
}

fn id_of(answer: &Value) -> Result<u64> {
    answer["data"]["id"]
        .as_u64()
        .with_context(|| format!("no id in {answer}"))
}

fn sdp_of(event: &Value) -> Result<&str> {
    event["jsep"]["sdp"]
        .as_str()
        .with_context(|| format!("no session description in {event}"))
}

/// One request on a connection of its own, in the old version of the protocol
/// (RFC 1945), in which answers do not come in chunks.
fn http(api: SocketAddr, method: &str, path: &str, body: &str) -> Result<Value> {
    let mut stream = TcpStream::connect_timeout(&api, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {api}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
    Ok(serde_json::from_str(body)?)
}
