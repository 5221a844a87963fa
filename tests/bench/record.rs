//! Records the trace anew: a real Chromium with a camera and a voice, which
//! sends three VP8 layers and Opus with DTX to a str0m peer here.
//!
//! `cargo bench --bench forwarding -- record` needs chromium, ffmpeg and
//! espeak-ng.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use str0m::change::SdpOffer;
use str0m::media::{KeyframeRequestKind, Mid, Rid};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::{RtpPacket, Vp8Descriptor};
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::trace::{Head, LAYERS, Stream, Trace, TracePacket};
use crate::vp8;

/// The encoders need this long to reach their bitrates.
const WARM_UP: Duration = Duration::from_secs(12);
const LENGTH: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(60);
const PAGE: &str = include_str!("trace/record.html");
/// A hall that does not keep still, and the noise of its camera.
const CAMERA: &str = "testsrc2=size=1280x720:rate=25:duration=12,noise=alls=8:allf=t";
const VOICE: &str = "Kính thưa các đồng chí. Hội nghị hôm nay nghe báo cáo tình hình kinh tế, \
    xã hội sáu tháng đầu năm. Tôi đề nghị các điểm cầu chuẩn bị ý kiến. \
    Xin mời đồng chí chủ tịch xã An Bình phát biểu trước. Xin cảm ơn.";

/// Writes the trace beside the bench.
pub(crate) fn record() -> Result<()> {
    let folder = tempfile::tempdir()?;
    make_devices(folder.path())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let page = format!("http://127.0.0.1:{}/", listener.local_addr()?.port());
    let mut chromium = start_chromium(folder.path(), &page)?;
    let recorded = answer_page(&listener).and_then(Recorder::run);
    chromium.kill()?;
    chromium.wait()?;
    let trace = recorded?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/trace/chromium.csv");
    let mut text =
        String::from("# As trace.rs says; made by: cargo bench --bench forwarding -- record\n");
    for packet in &trace.packets {
        text += &format!("{packet}\n");
    }
    fs::write(&path, text)?;
    println!("{} packets in {:?}", trace.packets.len(), trace.length);
    for stream in (0..LAYERS.len())
        .map(Stream::Layer)
        .chain([Stream::Microphone])
    {
        let kbps = trace.bitrate(stream) / 1_000.0;
        println!(
            "{stream:?}: {} packets, {kbps:.0} kbit/s",
            trace.of(stream).count()
        );
    }
    Ok(())
}

fn make_devices(folder: &Path) -> Result<()> {
    let run = |program: &str, arguments: &[&str]| -> Result<()> {
        let status = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .status()
            .with_context(|| format!("cannot start {program}"))?;
        ensure!(status.success(), "{program} failed");
        Ok(())
    };
    let quiet = ["-v", "error", "-y", "-f", "lavfi", "-i", CAMERA];
    run(
        "ffmpeg",
        &[&quiet[..], &["-pix_fmt", "yuv420p", "camera.y4m"]].concat(),
    )?;
    run(
        "espeak-ng",
        &[
            "-v",
            "vi",
            "-s",
            "150",
            "-g",
            "6",
            "-w",
            "speech.wav",
            VOICE,
        ],
    )?;
    let resample = [
        "-v",
        "error",
        "-y",
        "-i",
        "speech.wav",
        "-ar",
        "48000",
        "-ac",
        "1",
    ];
    run("ffmpeg", &[&resample[..], &["voice.wav"]].concat())
}

fn start_chromium(folder: &Path, page: &str) -> Result<Child> {
    let file = |name: &str| folder.join(name).display().to_string();
    Command::new("chromium")
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args([
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ])
        .arg(format!(
            "--use-file-for-fake-video-capture={}",
            file("camera.y4m")
        ))
        .arg(format!(
            "--use-file-for-fake-audio-capture={}",
            file("voice.wav")
        ))
        .arg(format!("--user-data-dir={}", file("profile")))
        .arg(page)
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start chromium")
}

/// Serves the page and answers its offer.
fn answer_page(listener: &TcpListener) -> Result<Recorder> {
    loop {
        let (stream, _) = listener.accept()?;
        // Chromium opens connections that it may never use.
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        let Ok((path, body)) = read_request(&stream) else {
            continue;
        };
        let (kind, answer, recorder) = match path.as_str() {
            "/" => ("text/html; charset=utf-8", PAGE.to_owned(), None),
            "/offer" => {
                let (recorder, answer) = Recorder::accept(&body)?;
                ("application/sdp", answer, Some(recorder))
            }
            "/failed" => bail!("the page failed: {body}"),
            _ => ("text/plain", String::new(), None),
        };
        let length = answer.len();
        let written = write!(
            &stream,
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{answer}"
        );
        if let (Ok(()), Some(recorder)) = (written, recorder) {
            return Ok(recorder);
        }
    }
}

/// The path and the body of a request (RFC 9112).
fn read_request(stream: &TcpStream) -> Result<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    Ok((path.to_owned(), String::from_utf8(body)?))
}

struct Recorder {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    camera: Option<Mid>,
    packets: Vec<(Instant, Stream, RtpPacket)>,
}

impl Recorder {
    fn accept(offer: &str) -> Result<(Self, String)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let local = socket.local_addr()?;
        let mut rtc = Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, Protocol::Udp)?);
        let answer = rtc
            .sdp_api()
            .accept_offer(SdpOffer::from_sdp_string(offer)?)?;
        let answer = answer
            .to_sdp_string()
            .replace("useinbandfec=1", "useinbandfec=1;usedtx=1");
        let recorder = Self {
            rtc,
            socket,
            local,
            camera: None,
            packets: Vec::new(),
        };
        Ok((recorder, answer))
    }

    /// Lets the encoders warm up, asks for keyframes, records.
    fn run(mut self) -> Result<Trace> {
        let began = Instant::now();
        let mut connected: Option<Instant> = None;
        let mut asked = false;
        let mut buffer = vec![0; 2_000];
        loop {
            let deadline = loop {
                match self.rtc.poll_output()? {
                    Output::Timeout(at) => break at,
                    Output::Transmit(t) => {
                        self.socket.send_to(&t.contents, t.destination)?;
                    }
                    Output::Event(Event::Connected) => connected = Some(Instant::now()),
                    Output::Event(Event::MediaAdded(media)) if media.kind.is_video() => {
                        self.camera = Some(media.mid);
                    }
                    Output::Event(Event::RtpPacket(packet)) if asked => self.take(packet),
                    Output::Event(_) => {}
                }
            };
            let now = Instant::now();
            match connected {
                None => ensure!(began.elapsed() < PATIENCE, "Chromium did not connect"),
                Some(at) if !asked && at.elapsed() > WARM_UP => {
                    self.ask_for_keyframes();
                    asked = true;
                }
                Some(at) if at.elapsed() > WARM_UP + LENGTH + Duration::from_secs(1) => {
                    return Ok(self.trace());
                }
                Some(_) => {}
            }
            let wait = deadline.min(now + Duration::from_millis(100)) - now;
            self.socket
                .set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
            match self.socket.recv_from(&mut buffer) {
                Ok((length, source)) => {
                    let receive = Receive {
                        proto: Protocol::Udp,
                        source,
                        destination: self.local,
                        contents: DatagramRecv::try_from(&buffer[..length])?,
                    };
                    self.rtc
                        .handle_input(Input::Receive(Instant::now(), receive))?;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    self.rtc.handle_input(Input::Timeout(Instant::now()))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn ask_for_keyframes(&mut self) {
        let rids: Vec<Rid> = LAYERS.iter().map(|(rid, _)| (*rid).into()).collect();
        let mut api = self.rtc.direct_api();
        for rid in rids {
            let stream = self
                .camera
                .and_then(|mid| api.stream_rx_by_mid(mid, Some(rid)));
            if let Some(stream) = stream {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        }
    }

    fn take(&mut self, packet: RtpPacket) {
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_rx(&packet.header.ssrc) else {
            return;
        };
        let stream = match stream.rid() {
            None => Stream::Microphone,
            Some(rid) => match LAYERS.iter().position(|(name, _)| *rid == **name) {
                Some(layer) => Stream::Layer(layer),
                None => return,
            },
        };
        // Padding has no payload; the bandwidth estimator adds it, and only at times.
        if !packet.payload.is_empty() {
            self.packets.push((packet.timestamp, stream, packet));
        }
    }

    /// From the moment when every layer has had its keyframe.
    fn trace(self) -> Trace {
        let mut begun = [None; LAYERS.len()];
        for (at, stream, packet) in &self.packets {
            if let Stream::Layer(layer) = stream
                && begun[*layer].is_none()
                && is_keyframe(packet)
            {
                begun[*layer] = Some(*at);
            }
        }
        let start = begun.into_iter().flatten().min();
        let Some(start) = start else {
            return Trace::new(Vec::new());
        };
        let mut first_rtp: Vec<(Stream, u32)> = Vec::new();
        let mut packets = Vec::new();
        for (at, stream, packet) in &self.packets {
            let from = match stream {
                Stream::Microphone => start,
                Stream::Layer(layer) => begun[*layer].unwrap_or(start),
            };
            if *at < from || *at >= start + LENGTH {
                continue;
            }
            let rtp = packet.header.timestamp;
            let known = first_rtp.iter().find(|(known, _)| known == stream);
            let first = known.map(|(_, first)| *first).unwrap_or_else(|| {
                first_rtp.push((*stream, rtp));
                rtp
            });
            packets.push(TracePacket {
                at: *at - start,
                stream: *stream,
                rtp_time: rtp.wrapping_sub(first),
                size: packet.payload.len(),
                marker: packet.header.marker,
                head: head(*stream, packet),
            });
        }
        Trace::new(packets)
    }
}

fn is_keyframe(packet: &RtpPacket) -> bool {
    Vp8Descriptor::parse(&packet.payload).is_ok_and(|d| d.starts_keyframe(&packet.payload))
}

fn head(stream: Stream, packet: &RtpPacket) -> Head {
    match stream {
        Stream::Microphone => Head::Voice {
            level: packet
                .header
                .ext_vals
                .audio_level
                .unwrap_or(-127)
                .unsigned_abs(),
            voice: packet.header.ext_vals.voice_activity.unwrap_or_default(),
        },
        Stream::Layer(_) => {
            let length = vp8::Fields::parse(&packet.payload).map_or(1, |fields| fields.length);
            Head::Picture {
                descriptor: packet.payload[..length].to_vec(),
                keyframe: is_keyframe(packet),
            }
        }
    }
}
