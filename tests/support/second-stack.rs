//! A client on the `webrtc` crate that takes part in a meeting until standard
//! input ends. Each line there asks what it has seen so far; it answers with a
//! line of JSON, and with one more at the end: for tests that bring browsers
//! into the same meeting.

#![allow(dead_code, reason = "shared with the tests")]

mod second_stack;
#[path = "world/sound.rs"]
#[allow(unreachable_pub, reason = "shared with the tests")]
mod sound;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use diemcau::bridge::http::Client;
use diemcau_protocol::{SourceKind, source_of_csrc};
use serde_json::{Value, json};
use url::Url;

use second_stack::{Camera, LAYERS, SecondStack, Slot};
use sound::Voice;

const LOUD: f32 = 0.4;
const FRAME: Duration = Duration::from_millis(20);

/// Takes part in a meeting and says what it saw
#[derive(Parser)]
struct Args {
    /// The invite link
    #[arg(long)]
    link: Url,
    /// The tone of its microphone, in hertz
    #[arg(long, default_value_t = 440.0)]
    tone: f32,
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
    let voice = Voice::new(args.tone, LOUD, Duration::ZERO);
    let mut own = 0;
    let devices = |number| {
        own = number;
        devices(pictures.unwrap_or_default(), voice)
    };
    let mut stack = SecondStack::join(&args.link, &client, &args.name, devices).await?;
    let asked = lines();
    let mut ends = false;
    while !ends {
        // It looks every 20 ms: so often is it woken by what it sends.
        stack
            .run_until(|_| match asked.try_recv() {
                Ok(()) => true,
                Err(TryRecvError::Empty) => false,
                Err(TryRecvError::Disconnected) => {
                    ends = true;
                    true
                }
            })
            .await?;
        println!("{}", report(own, &stack));
    }
    stack.leave().await
}

/// A word for each line of standard input, until that ends.
fn lines() -> Receiver<()> {
    let (asking, asked) = channel();
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            if asking.send(()).is_err() {
                return;
            }
        }
    });
    asked
}

fn report(own: u32, stack: &SecondStack) -> Value {
    let slots: Vec<Value> = stack
        .slots
        .iter()
        .map(|(mid, slot)| seen(mid, slot))
        .collect();
    json!({
        "number": own,
        "connected": stack.connected,
        "first_picture_ms": stack.first_picture.map(|after| after.as_millis() as u64),
        "keyframes_asked": stack.keyframes_asked,
        "slots": slots,
    })
}

fn seen(mid: &str, slot: &Slot) -> Value {
    let reception = &slot.reception;
    let mut sources: BTreeMap<u32, u32> = BTreeMap::new();
    for csrc in reception.frames.iter().filter_map(|frame| frame.csrc) {
        *sources.entry(csrc).or_default() += 1;
    }
    let sources = sources.into_iter().map(|(csrc, frames)| {
        let (number, kind) = source_of_csrc(csrc);
        json!({ "number": number, "kind": kind, "frames": frames })
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
/// wanted, in every layer the same, and sings.
fn devices(pictures: Vec<Vec<u8>>, mut voice: Voice) -> Camera {
    let mut next = [0; LAYERS.len()];
    Box::new(move |kind, layer, number, keyframe| match kind {
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
        SourceKind::Microphone | SourceKind::ScreenAudio => voice.sing(FRAME * number),
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
