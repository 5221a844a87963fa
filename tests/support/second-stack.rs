//! A client on the `webrtc` crate that takes part in a meeting for a while and
//! prints one line of JSON about what it saw: for tests that bring browsers
//! into the same meeting.

#![allow(dead_code, reason = "shared with the tests")]

mod second_stack;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use diemcau::bridge::http::Client;
use diemcau_protocol::{SourceKind, source_of_csrc};
use serde_json::{Value, json};
use url::Url;

use second_stack::{Camera, LAYERS, SecondStack, Slot};

/// 20 ms of silence in Opus (RFC 6716 §3.1: CELT, fullband, one frame).
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// Takes part in a meeting and says what it saw
#[derive(Parser)]
struct Args {
    /// The invite link
    #[arg(long)]
    link: Url,
    /// How long to stay
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// VP8 in an IVF file, to be sent over and over; without it nothing that a
    /// decoder could show
    #[arg(long)]
    picture: Option<PathBuf>,
    /// The authority that issued the server's certificate (PEM)
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Its name
    #[arg(long, default_value = "second-stack")]
    name: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let pictures = args.picture.as_deref().map(ivf).transpose()?;
    let client = Client::new(args.ca.as_deref())?;
    let mut own = 0;
    let camera = |number| {
        own = number;
        camera(pictures.unwrap_or_default())
    };
    let mut stack = SecondStack::join(&args.link, &client, &args.name, camera).await?;
    let stay = tokio::time::sleep(Duration::from_secs(args.seconds));
    tokio::select! {
        ended = stack.run_until(|_| false) => ended?,
        () = stay => {}
    }
    let slots: Vec<Value> = stack
        .slots
        .iter()
        .map(|(mid, slot)| seen(mid, slot))
        .collect();
    let report = json!({
        "number": own,
        "connected": stack.connected,
        "first_picture_ms": stack.first_picture.map(|after| after.as_millis() as u64),
        "keyframes_asked": stack.keyframes_asked,
        "slots": slots,
    });
    println!("{report}");
    stack.leave().await
}

fn seen(mid: &str, slot: &Slot) -> Value {
    let reception = &slot.reception;
    let sources: BTreeSet<u32> = reception
        .frames
        .iter()
        .filter_map(|frame| frame.csrc)
        .collect();
    let sources = sources.into_iter().map(|csrc| {
        let (number, kind) = source_of_csrc(csrc);
        json!({ "number": number, "kind": kind })
    });
    json!({
        "mid": mid,
        "kind": slot.kind,
        "packets": reception.packets,
        "late": reception.late,
        "missing": reception.missing(),
        "torn": reception.torn,
        "frames": reception.frames.len(),
        "keyframes": reception.frames.iter().filter(|frame| frame.is_keyframe()).count(),
        "sources": sources.collect::<Vec<_>>(),
    })
}

/// Sends the pictures of a file from its beginning whenever a keyframe is
/// wanted, in every layer the same.
fn camera(pictures: Vec<Vec<u8>>) -> Camera {
    let mut next = [0; LAYERS.len()];
    Box::new(move |kind, layer, _, keyframe| match kind {
        SourceKind::Camera | SourceKind::Screen if pictures.is_empty() => {
            vec![u8::from(!keyframe); 64]
        }
        SourceKind::Camera | SourceKind::Screen => {
            let at = if keyframe {
                0
            } else {
                next[layer] % pictures.len()
            };
            next[layer] = at + 1;
            pictures[at].clone()
        }
        SourceKind::Microphone | SourceKind::ScreenAudio => SILENCE.to_vec(),
    })
}

/// The frames of an IVF file: 32 bytes of header, before each frame its length
/// and 8 bytes of time.
fn ivf(path: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    anyhow::ensure!(
        bytes.get(..4) == Some(b"DKIF") && bytes.get(8..12) == Some(b"VP80"),
        "{} is no IVF file with VP8",
        path.display()
    );
    let mut frames = Vec::new();
    let mut rest = &bytes[32..];
    while let Some((head, body)) = rest.split_at_checked(12) {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some((frame, after)) = body.split_at_checked(length) else {
            break;
        };
        frames.push(frame.to_vec());
        rest = after;
    }
    Ok(frames)
}
