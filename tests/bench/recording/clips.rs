//! Pictures of ffmpeg's and a tone, cut into packets as a publisher does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use diemcau_protocol::{TrackCodec, TrackPacket, VideoCodec};

/// Pictures in a second.
pub(super) const RATE: u64 = 25;
/// How long a clip is; it is shown again and again.
pub(super) const SECONDS: u64 = 10;
/// The most bytes of a picture in a packet.
const PAYLOAD: usize = 1_100;
/// The head of an IVF file, and of each picture in it, in bytes.
const IVF_HEADS: [usize; 2] = [32, 12];

/// The pictures of a camera; the first needs no other.
pub(super) struct Clip {
    pictures: Vec<Vec<u8>>,
}

/// Where the clip of a camera is.
pub(super) fn path(folder: &Path, camera: usize) -> PathBuf {
    folder.join(format!("camera-{camera}.ivf"))
}

/// Makes so many clips, each another picture: 640×360 VP8 of 400 kbit/s.
pub(super) fn make(folder: &Path, cameras: usize) -> Result<Vec<Clip>> {
    (0..cameras)
        .map(|camera| {
            let path = path(folder, camera);
            let turned = camera * 90;
            let source =
                format!("testsrc2=size=640x360:rate={RATE}:duration={SECONDS},hue=h={turned}");
            let output = Command::new("ffmpeg")
                .args(["-v", "error", "-f", "lavfi", "-i", &source])
                .args(["-c:v", "libvpx", "-b:v", "400k", "-deadline", "realtime"])
                .args(["-cpu-used", "8", "-g", "1000", "-y"])
                .arg(&path)
                .output()
                .context("ffmpeg")?;
            ensure!(output.status.success(), "ffmpeg: {output:?}");
            Ok(Clip {
                pictures: pictures(&fs::read(path)?),
            })
        })
        .collect()
}

fn pictures(ivf: &[u8]) -> Vec<Vec<u8>> {
    let [file, picture] = IVF_HEADS;
    let mut rest = ivf.get(file..).unwrap_or_default();
    let mut pictures = Vec::new();
    while let Some((head, behind)) = rest.split_at_checked(picture)
        && let Some((length, _)) = head.split_first_chunk()
        && let Some((data, next)) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)
    {
        pictures.push(data.to_vec());
        rest = next;
    }
    pictures
}

impl Clip {
    /// The packets of a picture; their numbers go on for ever.
    pub(super) fn packets<'a>(
        &'a self,
        number: u64,
        seq: &'a mut u64,
        at: i64,
    ) -> impl Iterator<Item = TrackPacket> + 'a {
        let picture = &self.pictures[number as usize % self.pictures.len()];
        let count = picture.len().div_ceil(PAYLOAD);
        let keyframe = picture.first().is_some_and(|byte| byte & 1 == 0);
        picture.chunks(PAYLOAD).enumerate().map(move |(n, chunk)| {
            *seq += 1;
            // The descriptor (RFC 7741 §4.2) without extensions.
            let descriptor = if n == 0 { 0x10 } else { 0 };
            TrackPacket {
                codec: TrackCodec::Video(VideoCodec::Vp8),
                red: false,
                seq: *seq,
                // It wraps (RFC 3550 §5.1).
                rtp_time: (number * 90_000 / RATE) as u32,
                marker: n + 1 == count,
                starts_keyframe: keyframe && n == 0,
                captured: at,
                arrived: at,
                payload: [&[descriptor], chunk].concat().into(),
            }
        })
    }
}

/// A second of a tone.
static TONE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let (rate, channels) = (48_000, opus::Channels::Mono);
    let application = opus::Application::Voip;
    let mut encoder = opus::Encoder::new(rate, channels, application).expect("the rate is allowed");
    let sample = |n: usize| ((n as f32 * 0.0576).sin() * 8_000.0) as i16;
    let packet = |first: usize| {
        let samples: Vec<i16> = (first..first + 960).map(sample).collect();
        let encoded = encoder.encode_vec(&samples, 1_275);
        encoded.expect("20 ms are allowed")
    };
    (0..50).map(|n| n * 960).map(packet).collect()
});

/// A packet of it; their numbers go on for ever.
pub(super) fn sound(number: u64, seq: &mut u64, at: i64) -> TrackPacket {
    *seq += 1;
    TrackPacket {
        codec: TrackCodec::Opus,
        red: false,
        seq: *seq,
        // It wraps (RFC 3550 §5.1).
        rtp_time: (number * 960) as u32,
        marker: false,
        starts_keyframe: false,
        captured: at,
        arrived: at,
        payload: TONE[number as usize % TONE.len()].clone().into(),
    }
}
