//! Sources for the bridge: ffmpeg's test picture as an RTSP camera (RFC 2326,
//! in the connection or by UDP), as RTP, or as a file.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

const PICTURE: &str = "testsrc2=size=320x180:rate=25";

/// ffmpeg as a child; ended when it is dropped.
struct Ffmpeg(Child);

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// ffmpeg sending its test picture to a port. Returns the session description.
fn sending(port: u16, encoder: &[&str]) -> (Ffmpeg, String) {
    let mut child = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-re"])
        .args(["-f", "lavfi", "-i", PICTURE, "-c:v", "libx264"])
        .args(["-preset", "ultrafast", "-pix_fmt", "yuv420p"])
        .args(encoder)
        .args(["-f", "rtp"])
        .arg(format!(
            "rtp://127.0.0.1:{port}?pkt_size=1400&rtcpport={port}"
        ))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines
        .map(Result::unwrap)
        .skip_while(|line| !line.starts_with("v=0"));
    let lines: Vec<String> = lines.take_while(|line| !line.trim().is_empty()).collect();
    (Ffmpeg(child), lines.join("\r\n") + "\r\n")
}

/// RTP on a port, and the description of it in a file.
pub(crate) struct Rtp {
    _ffmpeg: Ffmpeg,
}

impl Rtp {
    pub(crate) fn start(description: &Path, encoder: &[&str]) -> Self {
        let free = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let (ffmpeg, sdp) = sending(port, encoder);
        std::fs::write(description, sdp).unwrap();
        Self { _ffmpeg: ffmpeg }
    }
}

/// A file of a few seconds: VP8 and Opus.
pub(crate) fn file(path: &Path) {
    let status = Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            PICTURE,
        ])
        .args(["-f", "lavfi", "-i", "sine=frequency=440", "-t", "2"])
        .args([
            "-c:v",
            "libvpx",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-g",
            "25",
        ])
        .args(["-c:a", "libopus"])
        .arg(path)
        .status();
    assert!(status.expect("ffmpeg is installed").success());
}

/// An RTSP camera.
pub(crate) struct Camera {
    address: SocketAddr,
    _ffmpeg: Ffmpeg,
    tasks: Vec<JoinHandle<()>>,
}

impl Camera {
    /// On a free port.
    pub(crate) async fn start(encoder: &[&str]) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), encoder).await
    }

    /// On this address.
    pub(crate) async fn start_at(address: SocketAddr, encoder: &[&str]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (ffmpeg, sdp) = sending(socket.local_addr().unwrap().port(), encoder);
        let (packets, _) = broadcast::channel(1_024);
        let shared = Arc::new((sdp, packets.clone()));
        let receiving = tokio::spawn(async move {
            let mut buffer = [0; 2_048];
            while let Ok(length) = socket.recv(&mut buffer).await {
                // Without a viewer nobody takes it.
                if !(192..224).contains(&buffer[1]) {
                    let _ = packets.send(buffer[..length].to_vec());
                }
            }
        });
        let serving = tokio::spawn(async move {
            let mut viewers = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                viewers.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            _ffmpeg: ffmpeg,
            tasks: vec![receiving, serving],
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("rtsp://{}/live", self.address)
    }

    /// Goes, and with it every connection. Returns where it was.
    pub(crate) async fn go(mut self) -> SocketAddr {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.address
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Answers one viewer until it goes.
async fn serve(stream: TcpStream, shared: Arc<(String, broadcast::Sender<Vec<u8>>)>) {
    let (sdp, packets) = &*shared;
    let peer = stream.peer_addr().unwrap();
    let (reader, mut writer) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(reader).lines();
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut viewer = None;
    let mut playing = None;
    let mut request: Vec<String> = Vec::new();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line,
            packet = next(&mut playing) => {
                let sent = match viewer {
                    Some(port) => udp.send_to(&packet, SocketAddr::new(peer.ip(), port)).await.map(drop),
                    None => {
                        let length = (packet.len() as u16).to_be_bytes();
                        let head = [b'$', 0, length[0], length[1]];
                        writer.write_all(&[&head[..], &packet].concat()).await
                    }
                };
                if sent.is_err() {
                    return;
                }
                continue;
            }
        };
        let Ok(Some(line)) = line else { return };
        if !line.is_empty() {
            request.push(line);
            continue;
        }
        let header = |name: &str| {
            let named = |line: &&String| line.to_ascii_lowercase().starts_with(name);
            request
                .iter()
                .find(named)
                .and_then(|line| line.split_once(": "))
        };
        let cseq = header("cseq").map_or("0", |(_, value)| value).to_owned();
        let transport = header("transport")
            .map_or("", |(_, value)| value)
            .to_owned();
        let method = request
            .first()
            .map_or("", |line| line.split(' ').next().unwrap())
            .to_owned();
        request.clear();
        let mut answer = format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nSession: 12345\r\n");
        match method.as_str() {
            "DESCRIBE" => {
                let sdp = sdp.replacen("a=rtpmap", "a=control:track1\r\na=rtpmap", 1);
                answer += &format!(
                    "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                    sdp.len()
                );
            }
            "SETUP" => {
                let ports = transport.split("client_port=").nth(1);
                viewer = ports.map(|ports| ports.split('-').next().unwrap().parse().unwrap());
                let server = udp.local_addr().unwrap().port();
                answer += &match viewer {
                    Some(_) => format!(
                        "Transport: {transport};server_port={server}-{}\r\n\r\n",
                        server + 1
                    ),
                    None => format!("Transport: {transport}\r\n\r\n"),
                };
            }
            "PLAY" => {
                playing = Some(packets.subscribe());
                answer += "\r\n";
            }
            _ => answer += "\r\n",
        }
        if writer.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(playing: &mut Option<broadcast::Receiver<Vec<u8>>>) -> Vec<u8> {
    loop {
        match playing {
            None => std::future::pending().await,
            Some(packets) => match packets.recv().await {
                Ok(packet) => return packet,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => *playing = None,
            },
        }
    }
}

/// A port that nothing listens on.
pub(crate) fn nobody() -> SocketAddr {
    let free = std::net::TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    free.local_addr().unwrap()
}
