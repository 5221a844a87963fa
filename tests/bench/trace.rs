//! The trace: what a real Chromium sent, packet by packet.
//!
//! One line a packet, `#` for comments:
//! `tenths of a ms,stream,RTP time,payload bytes,flags,head`. The stream is `a`
//! for the microphone or the rid of a layer. Flags: `m` marker, `k` first packet
//! of a keyframe, `v` voice. The head of a picture is its VP8 descriptor in hex
//! (RFC 7741 §4.2), that of sound its level in -dBov (RFC 6464).

use std::fmt;
use std::time::Duration;

/// The recorded one.
const RECORDED: &str = include_str!("trace/chromium.csv");

/// The rids of the camera's layers and their heights, in pixels.
pub(crate) const LAYERS: [(&str, u16); 3] = [("q", 180), ("h", 360), ("f", 720)];

/// A stream of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    Microphone,
    /// An index into [`LAYERS`].
    Layer(usize),
}

/// What a payload begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// The level is in -dBov.
    Voice {
        level: u8,
        voice: bool,
    },
    Picture {
        descriptor: Vec<u8>,
        keyframe: bool,
    },
}

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TracePacket {
    /// Since the trace began.
    pub(crate) at: Duration,
    pub(crate) stream: Stream,
    /// In units of the codec's clock, since the trace began.
    pub(crate) rtp_time: u32,
    /// Payload bytes.
    pub(crate) size: usize,
    pub(crate) marker: bool,
    pub(crate) head: Head,
}

/// A recording that can be played over and over.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) length: Duration,
    pub(crate) packets: Vec<TracePacket>,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Microphone => "a",
            Stream::Layer(layer) => LAYERS[layer].0,
        }
    }

    fn parse(name: &str) -> Option<Self> {
        if name == "a" {
            return Some(Stream::Microphone);
        }
        let layer = LAYERS.iter().position(|(rid, _)| *rid == name)?;
        Some(Stream::Layer(layer))
    }
}

impl Trace {
    /// The recording that is kept beside this file.
    pub(crate) fn recorded() -> Self {
        let packets = RECORDED
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| TracePacket::parse(line).unwrap_or_else(|| panic!("not a packet: {line}")))
            .collect();
        Self::new(packets)
    }

    /// A trace of these packets, in order. Its length is whole milliseconds, so
    /// that both clocks come round without a remainder.
    pub(crate) fn new(packets: Vec<TracePacket>) -> Self {
        let end = packets.last().map_or(0, |packet| packet.at.as_millis());
        let length = Duration::from_millis(end as u64 + 20);
        Self { length, packets }
    }

    /// The packets of a stream.
    pub(crate) fn of(&self, stream: Stream) -> impl Iterator<Item = &TracePacket> {
        self.packets.iter().filter(move |p| p.stream == stream)
    }

    /// Payload bits a second of a stream.
    pub(crate) fn bitrate(&self, stream: Stream) -> f64 {
        let bytes: usize = self.of(stream).map(|packet| packet.size).sum();
        bytes as f64 * 8.0 / self.length.as_secs_f64()
    }
}

impl TracePacket {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(',');
        let tenths: u64 = fields.next()?.parse().ok()?;
        let stream = Stream::parse(fields.next()?)?;
        let rtp_time = fields.next()?.parse().ok()?;
        let size = fields.next()?.parse().ok()?;
        let flags = fields.next()?;
        let head = fields.next()?;
        let head = match stream {
            Stream::Microphone => Head::Voice {
                level: head.parse().ok()?,
                voice: flags.contains('v'),
            },
            Stream::Layer(_) => Head::Picture {
                descriptor: from_hex(head)?,
                keyframe: flags.contains('k'),
            },
        };
        Some(Self {
            at: Duration::from_micros(tenths * 100),
            stream,
            rtp_time,
            size,
            marker: flags.contains('m'),
            head,
        })
    }
}

impl fmt::Display for TracePacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.at.as_micros() / 100;
        let (rtp_time, size) = (self.rtp_time, self.size);
        write!(f, "{tenths},{},{rtp_time},{size},", self.stream.name())?;
        if self.marker {
            f.write_str("m")?;
        }
        match &self.head {
            Head::Voice { level, voice } => {
                f.write_str(if *voice { "v" } else { "" })?;
                write!(f, ",{level}")
            }
            Head::Picture {
                descriptor,
                keyframe,
            } => {
                f.write_str(if *keyframe { "k," } else { "," })?;
                descriptor.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
