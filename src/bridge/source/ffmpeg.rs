//! ffmpeg as a child: reads a file in real time, or encodes anew what a camera
//! sends, and hands RTP over on loopback.
//!
//! ```text
//!   ffprobe ─> which streams
//!   ffmpeg -i … -f rtp ──UDP 127.0.0.1──> RtpInput
//!        └─ stdout: session description ─> Tracks
//! ```

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde::Deserialize;
use tokio::sync::oneshot;

use super::rtp::{Port, RtpInput, described};
use super::{Origin, Packet, SourceError, Tracks, Transcode, unusable};
use crate::bridge::sdp;

const PICTURE_TYPE: u8 = 96;
const SOUND_TYPE: u8 = 97;
/// A keyframe this often, in seconds: ffmpeg cannot be asked for one.
const GROUP_SECONDS: f64 = 2.0;
const USUAL_RATE: f64 = 25.0;

/// A running ffmpeg; ended when it is dropped.
pub(super) struct Ffmpeg {
    child: Child,
    input: RtpInput,
    /// What it said last, once it has ended.
    ended: oneshot::Receiver<String>,
    origin: Origin,
}

#[derive(Deserialize)]
struct Probe {
    #[serde(default)]
    streams: Vec<ProbedStream>,
}

#[derive(Deserialize)]
struct ProbedStream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    avg_frame_rate: Option<String>,
}

impl Ffmpeg {
    pub(super) async fn open(
        origin: &Origin,
        transcode: Transcode,
    ) -> Result<(Tracks, Self), SourceError> {
        if let Origin::File(path) | Origin::Rtp(path) = origin
            && let Err(error) = std::fs::metadata(path)
        {
            return Err(unusable(format!("{}: {error}", path.display())));
        }
        let input = input(origin);
        let probed = (origin.clone(), input.clone());
        let probe = tokio::task::spawn_blocking(move || probe(&probed.0, &probed.1)).await;
        let probe = probe.map_err(|e| SourceError::Lost(e.to_string()))??;
        let of = |kind: &str| {
            let mut streams = probe.streams.iter();
            streams.find(|stream| stream.codec_type.as_deref() == Some(kind))
        };
        let picture = of("video").ok_or(SourceError::NoPicture)?;
        let port = |payload_type| {
            Port::open((Ipv4Addr::LOCALHOST, 0).into(), payload_type)
                .and_then(|port| Ok((port.number()?, port)))
                .map_err(|e| unusable(e.to_string()))
        };

        let (number, picture_port) = port(PICTURE_TYPE)?;
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-hide_banner", "-loglevel", "error"]);
        if matches!(origin, Origin::File(_)) {
            ffmpeg.args(["-re", "-stream_loop", "-1"]);
        }
        ffmpeg.args(&input).args(["-map", "0:v:0"]);
        match (transcode, picture.codec_name.as_deref()) {
            (Transcode::All, _) => {
                ffmpeg.args(encoder(picture.avg_frame_rate.as_deref()));
            }
            (_, Some("h264" | "vp8")) => {
                ffmpeg.args(["-c:v", "copy"]);
            }
            (_, other) => {
                let other = other.unwrap_or("?").to_ascii_uppercase();
                return Err(SourceError::Codec(other));
            }
        }
        output(&mut ffmpeg, PICTURE_TYPE, number);
        let mut sound_port = None;
        if let Some(sound) = of("audio") {
            let (number, port) = port(SOUND_TYPE)?;
            ffmpeg.args(["-map", "0:a:0"]);
            match sound.codec_name.as_deref() {
                Some("opus") => ffmpeg.args(["-c:a", "copy"]),
                _ => ffmpeg.args(["-c:a", "libopus", "-b:a", "48k", "-ac", "2", "-ar", "48000"]),
            };
            output(&mut ffmpeg, SOUND_TYPE, number);
            sound_port = Some(port);
        }
        let mut child = ffmpeg
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| SourceError::NoFfmpeg(e.to_string()))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (description, described_as) = oneshot::channel();
        let (last_words, ended) = oneshot::channel();
        std::thread::spawn(move || read(stdout, stderr, description, last_words));
        let mut ffmpeg = Self {
            child,
            input: RtpInput::on(picture_port, sound_port),
            ended,
            origin: origin.clone(),
        };
        let Ok(description) = described_as.await else {
            return Err(ffmpeg.last_words().await);
        };
        Ok((described(&sdp::streams(&description))?, ffmpeg))
    }

    pub(super) async fn next(&mut self) -> Result<Packet, SourceError> {
        tokio::select! {
            biased;
            packet = self.input.next() => packet,
            words = &mut self.ended => Err(ended(&self.origin, &words.unwrap_or_default())),
        }
    }

    async fn last_words(&mut self) -> SourceError {
        let words = (&mut self.ended).await;
        ended(&self.origin, &words.unwrap_or_default())
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What ffmpeg said last, without the password of a camera.
fn ended(origin: &Origin, words: &str) -> SourceError {
    let words = match origin {
        Origin::Rtsp(url) => words.replace(url.as_str(), &origin.to_string()),
        Origin::Rtp(_) | Origin::File(_) => words.to_owned(),
    };
    SourceError::Lost(match words.is_empty() {
        true => "ffmpeg ended".to_owned(),
        false => format!("ffmpeg: {words}"),
    })
}

fn input(origin: &Origin) -> Vec<String> {
    let (options, input) = match origin {
        Origin::Rtsp(url) => (&["-rtsp_transport", "tcp"][..], url.to_string()),
        Origin::Rtp(path) => (
            &["-protocol_whitelist", "file,udp,rtp"][..],
            path.display().to_string(),
        ),
        Origin::File(path) => (&[][..], format!("file:{}", path.display())),
    };
    let options = options.iter().map(|option| (*option).to_owned());
    options.chain(["-i".to_owned(), input]).collect()
}

fn probe(origin: &Origin, input: &[String]) -> Result<Probe, SourceError> {
    let entries = "stream=codec_type,codec_name,avg_frame_rate";
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_entries", entries])
        .args(input)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| SourceError::NoFfmpeg(e.to_string()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(ended(origin, &last_line(&words)));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| SourceError::Lost(e.to_string()))
}

fn encoder(rate: Option<&str>) -> Vec<String> {
    let rate = rate.and_then(|rate| {
        let (pictures, seconds) = rate.split_once('/')?;
        let rate = pictures.parse::<f64>().ok()? / seconds.parse::<f64>().ok()?;
        (rate.is_finite() && rate >= 1.0).then_some(rate)
    });
    let group = (rate.unwrap_or(USUAL_RATE) * GROUP_SECONDS).round();
    let words = "-c:v libx264 -profile:v baseline -preset veryfast -tune zerolatency \
        -pix_fmt yuv420p -bf 0 -maxrate 2500k -bufsize 2500k -g";
    let words = words.split_whitespace().map(str::to_owned);
    words.chain([group.to_string()]).collect()
}

fn output(ffmpeg: &mut Command, payload_type: u8, port: u16) {
    ffmpeg
        .args(["-payload_type", &payload_type.to_string(), "-f", "rtp"])
        .arg(format!(
            "rtp://127.0.0.1:{port}?pkt_size=1200&rtcpport={port}"
        ));
}

/// Reads the description, which ends with an empty line, then what ffmpeg says
/// until it ends.
fn read(
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    description: oneshot::Sender<String>,
    last_words: oneshot::Sender<String>,
) {
    let mut sdp = String::new();
    for line in stdout
        .into_iter()
        .flat_map(|out| BufReader::new(out).lines())
    {
        let Ok(line) = line else { break };
        if line.trim().is_empty() && sdp.contains("m=video") {
            break;
        }
        sdp.push_str(&line);
        sdp.push('\n');
    }
    // Nobody waits for what comes too late.
    if sdp.contains("m=video") {
        let _ = description.send(sdp);
    } else {
        drop(description);
    }
    let mut words = String::new();
    for line in stderr
        .into_iter()
        .flat_map(|err| BufReader::new(err).lines())
    {
        match line {
            Ok(line) if !line.trim().is_empty() => words = line,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    let _ = last_words.send(words);
}

fn last_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next_back().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ffmpeg_does_not_tell_a_password() {
        let origin: Origin = "rtsp://admin:secret@10.0.0.9/ch1".parse().unwrap();
        let error = ended(
            &origin,
            "rtsp://admin:secret@10.0.0.9/ch1: Connection refused",
        );
        assert_eq!(
            error.to_string(),
            "ffmpeg: rtsp://10.0.0.9/ch1: Connection refused"
        );
    }

    #[test]
    fn a_group_lasts_two_seconds() {
        let group = |rate| encoder(rate).pop().unwrap();
        assert_eq!(group(Some("30/1")), "60");
        assert_eq!(group(Some("30000/1001")), "60");
        assert_eq!(group(Some("0/0")), "50");
        assert_eq!(group(None), "50");
    }
}
