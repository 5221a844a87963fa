//! One source: its packets in order, its frames, its files.
//!
//! ```text
//!   packets of each layer ─> Order ─> Assembler ─┐ the layer that is shown
//!                                                ├─> frames ─> file, file …
//!   another layer takes over at its keyframe ────┘
//! ```
//!
//! A new file begins where the codec, or its configuration, changes.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use diemcau_protocol::{SourceKind, TrackPacket};

use crate::file::{Contents, MediaFile, Stream, ending};
use crate::frames::{Assembler, Frame, Shape};
use crate::order::{Order, Ordered};
use crate::storage::Storage;
use crate::timeline::{Gap, GapReason, Part, TrackTimeline};

/// Sound that stops for longer than this says so by a gap only where packets
/// are missing: with DTX none are sent. In microseconds.
const KEYFRAME_PATIENCE: i64 = 3_000_000;

/// Layers of one publication.
#[derive(Default)]
struct Layers {
    orders: BTreeMap<u8, Order>,
    assemblers: BTreeMap<u8, Assembler>,
    shown: Option<u8>,
    /// When the layer that is shown sent a frame last.
    last: i64,
}

/// A source of a participant.
pub(crate) struct Track {
    number: u32,
    kind: SourceKind,
    layers: Layers,
    file: Option<MediaFile>,
    shape: Option<Shape>,
    parts: Vec<Part>,
    gaps: Vec<Gap>,
    /// Since when frames are missing.
    lost_since: Option<i64>,
    newest: i64,
}

/// Where the files of a recording go, and when it began.
pub(crate) struct Place<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) folder: &'a Path,
    /// In microseconds since 1970 UTC.
    pub(crate) began: i64,
    pub(crate) title: &'a str,
}

impl Place<'_> {
    /// In milliseconds from the beginning.
    pub(crate) fn ms(&self, at: i64) -> i64 {
        (at - self.began).max(0) / 1_000
    }
}

impl Track {
    pub(crate) fn new(number: u32, kind: SourceKind) -> Self {
        Self {
            number,
            kind,
            layers: Layers::default(),
            file: None,
            shape: None,
            parts: Vec::new(),
            gaps: Vec::new(),
            lost_since: None,
            newest: 0,
        }
    }

    /// It is published anew: what comes has nothing to do with what came.
    /// Returns the frames that still waited.
    pub(crate) fn anew(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        let layers: Vec<u8> = self.layers.orders.keys().copied().collect();
        for layer in layers {
            let waiting = self.layers.orders.get_mut(&layer).map(Order::flush);
            frames.extend(self.ordered(layer, waiting.unwrap_or_default()));
        }
        self.layers = Layers::default();
        self.lost_since = None;
        frames
    }

    /// Takes a packet. Returns the frames that are complete now.
    pub(crate) fn packet(&mut self, layer: u8, packet: TrackPacket) -> Vec<Frame> {
        let ordered = self.layers.orders.entry(layer).or_default().packet(packet);
        self.ordered(layer, ordered)
    }

    /// Time has passed: what is missing is not waited for any longer.
    pub(crate) fn time(&mut self, now: i64) -> Vec<Frame> {
        let mut frames = Vec::new();
        let layers: Vec<u8> = self.layers.orders.keys().copied().collect();
        for layer in layers {
            let order = self.layers.orders.get_mut(&layer);
            let ordered = order.map(|order| order.wait_no_more(now));
            frames.extend(self.ordered(layer, ordered.unwrap_or_default()));
        }
        frames
    }

    fn ordered(&mut self, layer: u8, ordered: Vec<Ordered>) -> Vec<Frame> {
        let mut frames = Vec::new();
        for one in ordered {
            let assembler = self
                .layers
                .assemblers
                .entry(layer)
                .or_insert_with(Assembler::new);
            let (made, lost) = match one {
                Ordered::Packet(packet) => {
                    let made = assembler.packet(packet);
                    (made.frames, made.lost)
                }
                Ordered::Gap(_) => {
                    assembler.gap();
                    (Vec::new(), true)
                }
            };
            let is_shown = self.layers.shown == Some(layer);
            if lost && is_shown && self.newest > 0 {
                self.lost_since.get_or_insert(self.newest);
            }
            for frame in made {
                if self.shows(layer, &frame) {
                    self.layers.last = frame.at;
                    frames.push(frame);
                }
            }
        }
        frames
    }

    /// Whether the frames of this layer count: another one takes over at a
    /// keyframe, when it is higher or the other has ended.
    fn shows(&mut self, layer: u8, frame: &Frame) -> bool {
        let takes_over = match self.layers.shown {
            None => true,
            Some(shown) if shown == layer => return true,
            Some(shown) => layer > shown || self.layers.last + KEYFRAME_PATIENCE / 6 < frame.at,
        };
        let is_over = takes_over && frame.keyframe;
        if is_over {
            self.layers.shown = Some(layer);
        }
        is_over
    }

    /// Writes a frame into the file that it belongs to.
    pub(crate) fn write(&mut self, place: &Place<'_>, frame: Frame) -> io::Result<()> {
        if let Some(since) = self.lost_since.take() {
            self.gaps.push(Gap {
                from: place.ms(since),
                to: place.ms(frame.at),
                reason: GapReason::Lost,
            });
        }
        self.newest = self.newest.max(frame.at);
        let fits = match (&self.shape, &frame.shape) {
            (Some(known), Some(new)) => new.fits(known),
            (_, None) => true,
            (None, Some(_)) => false,
        };
        if self.file.is_none() || !fits {
            self.end_part(place)?;
            self.shape.clone_from(&frame.shape);
            self.begin_part(place, frame.at)?;
        }
        match &mut self.file {
            Some(file) => file.frame(stream(self.kind), frame),
            None => Ok(()),
        }
    }

    fn begin_part(&mut self, place: &Place<'_>, at: i64) -> io::Result<()> {
        let part = match self.parts.len() {
            0 => String::new(),
            parts => format!("-{}", parts + 1),
        };
        let kind = kind_name(self.kind);
        let ending = ending(self.shape.as_ref());
        let file = format!("tracks/{:04}-{kind}{part}.{ending}", self.number);
        let contents = Contents {
            picture: self.shape.clone(),
            sound: self.kind.is_audio(),
            title: format!("{} ({}, {kind})", place.title, self.number),
            began: place.began,
        };
        let path = place.folder.join(&file);
        self.file = Some(MediaFile::begin(place.storage, &path, &contents)?);
        self.parts.push(Part {
            file,
            codec: codec_name(self.shape.as_ref()).to_owned(),
            from: place.ms(at),
            to: place.ms(at),
        });
        Ok(())
    }

    fn end_part(&mut self, place: &Place<'_>) -> io::Result<()> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        if let Some(part) = self.parts.last_mut() {
            part.to = place.ms(file.newest());
        }
        file.finish(&[])
    }

    /// The recorder was away, or the recording paused.
    pub(crate) fn interrupted(&mut self) -> Vec<Frame> {
        let frames = self.anew();
        self.lost_since = None;
        frames
    }

    /// Ends its file. Nothing where it has none.
    pub(crate) fn finish(mut self, place: &Place<'_>) -> io::Result<Option<TrackTimeline>> {
        for frame in self.anew() {
            self.write(place, frame)?;
        }
        self.end_part(place)?;
        Ok((!self.parts.is_empty()).then_some(TrackTimeline {
            number: self.number,
            kind: self.kind,
            parts: self.parts,
            gaps: self.gaps,
        }))
    }
}

fn stream(kind: SourceKind) -> Stream {
    if kind.is_audio() {
        Stream::Sound
    } else {
        Stream::Picture
    }
}

fn kind_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Microphone => "microphone",
        SourceKind::Camera => "camera",
        SourceKind::Screen => "screen",
        SourceKind::ScreenAudio => "screen-audio",
    }
}

/// The name of a codec in a timeline.
pub(crate) fn codec_name(shape: Option<&Shape>) -> &'static str {
    use diemcau_protocol::VideoCodec;
    match shape.map(|shape| shape.codec) {
        None => "opus",
        Some(VideoCodec::Vp8) => "vp8",
        Some(VideoCodec::H264) => "h264",
        Some(VideoCodec::Vp9) => "vp9",
        Some(VideoCodec::Av1) => "av1",
    }
}
