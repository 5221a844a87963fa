//! Real pictures and sounds for tests: encoded by ffmpeg and libopus, and cut
//! into packets as a publisher does.

use std::process::Command;

use diemcau_protocol::{TrackCodec, TrackPacket, VideoCodec};

/// Payload bytes of a packet.
const MTU: usize = 700;
/// Frames in a second.
pub(crate) const RATE: usize = 25;

/// A picture of a clip.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) keyframe: bool,
    payloads: Vec<Vec<u8>>,
}

/// The pictures of a clip of so many seconds, a keyframe each second.
pub(crate) fn pictures(codec: VideoCodec, seconds: usize, size: &str) -> Vec<Picture> {
    let (encoder, form) = match codec {
        VideoCodec::Vp8 => ("libvpx", "ivf"),
        VideoCodec::Vp9 => ("libvpx-vp9", "ivf"),
        VideoCodec::H264 => ("libx264", "h264"),
        VideoCodec::Av1 => ("libaom-av1", "ivf"),
    };
    let source = format!("testsrc2=size={size}:rate={RATE}:duration={seconds}");
    let keyframes = RATE.to_string();
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "lavfi", "-i", &source]);
    command.args(["-c:v", encoder, "-g", &keyframes, "-keyint_min", &keyframes]);
    command.args(["-pix_fmt", "yuv420p", "-b:v", "300k"]);
    match codec {
        VideoCodec::H264 => command.args(["-preset", "ultrafast", "-tune", "zerolatency"]),
        VideoCodec::Av1 => command.args(["-cpu-used", "8", "-usage", "realtime"]),
        VideoCodec::Vp8 | VideoCodec::Vp9 => {
            command.args(["-deadline", "realtime", "-lag-in-frames", "0"])
        }
    };
    let output = command.args(["-f", form, "-"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    match codec {
        VideoCodec::H264 => of_annex_b(&output.stdout),
        VideoCodec::Vp8 => ivf(&output.stdout).iter().map(|f| vp8(f)).collect(),
        VideoCodec::Vp9 => ivf(&output.stdout).iter().map(|f| vp9(f)).collect(),
        VideoCodec::Av1 => ivf(&output.stdout).iter().map(|f| av1(f)).collect(),
    }
}

fn ivf(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &bytes[32..];
    let mut frames = Vec::new();
    while let Some((head, behind)) = rest.split_first_chunk::<12>() {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        frames.push(behind[..length].to_vec());
        rest = &behind[length..];
    }
    frames
}

fn cut(frame: &[u8], descriptor: impl Fn(bool, bool) -> u8) -> Vec<Vec<u8>> {
    let last = frame.len().div_ceil(MTU) - 1;
    let chunks = frame.chunks(MTU).enumerate();
    let payload = |(n, chunk): (usize, &[u8])| [&[descriptor(n == 0, n == last)], chunk].concat();
    chunks.map(payload).collect()
}

fn vp8(frame: &[u8]) -> Picture {
    Picture {
        keyframe: frame[0] & 1 == 0,
        payloads: cut(frame, |first, _| if first { 0x10 } else { 0 }),
    }
}

fn vp9(frame: &[u8]) -> Picture {
    let keyframe = frame[0] & 0x04 == 0;
    let inter = if keyframe { 0 } else { 0x40 };
    let bit = |is, bit| if is { bit } else { 0 };
    Picture {
        keyframe,
        payloads: cut(frame, |first, last| {
            inter | bit(first, 0x08) | bit(last, 0x04)
        }),
    }
}

/// The units of a picture, each in packets of its own.
fn av1(frame: &[u8]) -> Picture {
    let mut rest = frame;
    let mut units: Vec<&[u8]> = Vec::new();
    while let Some(first) = rest.first() {
        let head = 1 + usize::from(first & 4 != 0);
        let (mut length, mut at) = (0, head);
        loop {
            length |= usize::from(rest[at] & 0x7f) << (7 * (at - head));
            at += 1;
            if rest[at - 1] & 0x80 == 0 {
                break;
            }
        }
        if first >> 3 & 15 != 2 {
            units.push(&rest[..at + length]);
        }
        rest = &rest[at + length..];
    }
    let keyframe = units.iter().any(|unit| unit[0] >> 3 & 15 == 1);
    let mut payloads = Vec::new();
    for unit in units {
        let last = unit.len().div_ceil(MTU) - 1;
        for (n, chunk) in unit.chunks(MTU).enumerate() {
            let is_first = payloads.is_empty() && keyframe;
            let continues = if n > 0 { 0x80 } else { 0 };
            let goes_on = if n < last { 0x40 } else { 0 };
            let begins = if is_first { 0x08 } else { 0 };
            payloads.push([&[continues | goes_on | begins | 0x10], chunk].concat());
        }
    }
    Picture { keyframe, payloads }
}

fn of_annex_b(bytes: &[u8]) -> Vec<Picture> {
    let mut starts: Vec<usize> = Vec::new();
    for at in 0..bytes.len() - 3 {
        if bytes[at..at + 3] == [0, 0, 1] {
            starts.push(at + 3);
        }
    }
    let ends = starts.iter().skip(1).map(|start| start - 3);
    let ends: Vec<usize> = ends.chain([bytes.len()]).collect();
    let mut pictures = Vec::new();
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    for (start, end) in starts.into_iter().zip(ends) {
        let mut unit = &bytes[start..end];
        while unit.last() == Some(&0) {
            unit = &unit[..unit.len() - 1];
        }
        if unit.len() <= MTU {
            waiting.push(unit.to_vec());
        } else {
            let (first, body) = (unit[0], &unit[1..]);
            let chunks = cut(body, |is_first, is_last| {
                u8::from(is_first) << 7 | u8::from(is_last) << 6 | first & 0x1f
            });
            let indicator = first & 0xe0 | 28;
            waiting.extend(chunks.iter().map(|c| [&[indicator], &c[..]].concat()));
        }
        let kind = unit[0] & 0x1f;
        if matches!(kind, 1 | 5) {
            pictures.push(Picture {
                keyframe: kind == 5,
                payloads: std::mem::take(&mut waiting),
            });
        }
    }
    pictures
}

/// The packets of a picture that was captured at this time, in microseconds.
pub(crate) fn packets(
    codec: VideoCodec,
    picture: &Picture,
    seq: &mut u64,
    at: i64,
) -> Vec<TrackPacket> {
    let count = picture.payloads.len();
    let each = picture.payloads.iter().enumerate();
    each.map(|(n, payload)| {
        *seq += 1;
        TrackPacket {
            codec: TrackCodec::Video(codec),
            red: false,
            seq: *seq,
            rtp_time: (at * 9 / 100) as u32,
            marker: n + 1 == count,
            starts_keyframe: n == 0 && picture.keyframe,
            captured: at,
            arrived: at + 30_000,
            payload: payload.as_slice().into(),
        }
    })
    .collect()
}

/// Packets of a tone, of 20 ms each.
pub(crate) fn tone(milliseconds: usize) -> Vec<Vec<u8>> {
    let mut encoder =
        opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    (0..milliseconds / 20)
        .map(|frame| {
            let sample = |n: usize| (((frame * 960 + n) as f32 * 0.0576).sin() * 8_000.0) as i16;
            let samples: Vec<i16> = (0..960).map(sample).collect();
            encoder.encode_vec(&samples, 1_275).unwrap()
        })
        .collect()
}

/// A packet of sound that was captured at this time, in microseconds.
pub(crate) fn sound(payload: &[u8], seq: u64, at: i64) -> TrackPacket {
    TrackPacket {
        codec: TrackCodec::Opus,
        red: false,
        seq,
        rtp_time: (at * 48 / 1_000) as u32,
        marker: false,
        starts_keyframe: false,
        captured: at,
        arrived: at + 30_000,
        payload: payload.into(),
    }
}
