//! Files with pictures and sound: WebM, or fragmented MP4 where the pictures
//! are H.264. Frames of both come nearly in order and are interleaved here.
//!
//! ```text
//!   picture ─┐                          ┌─> webm
//!            ├─> in the order of time ──┤
//!   sound ───┘                          └─> mp4
//! ```

mod mp4;
mod webm;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use diemcau_protocol::VideoCodec;

use crate::frames::{Frame, Shape};
use crate::storage::{Storage, StoredFile};

/// A frame waits for earlier ones of the other stream for so long, in
/// microseconds.
const INTERLEAVED: i64 = 1_000_000;

/// Which stream of a file a frame is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    Picture,
    Sound,
}

/// What a file is made of, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub(crate) picture: Option<Shape>,
    pub(crate) sound: bool,
    pub(crate) title: String,
    /// Of its time 0, in microseconds since 1970 UTC.
    pub(crate) began: i64,
}

/// A place in a file with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chapter {
    /// In microseconds from the file's time 0.
    pub(crate) at: i64,
    pub(crate) title: String,
}

/// A frame on its way into a file.
#[derive(Debug)]
struct Sample {
    stream: Stream,
    /// In microseconds from the file's time 0.
    time: i64,
    keyframe: bool,
    data: Vec<u8>,
}

enum Container {
    Webm(webm::Webm),
    Mp4(mp4::Mp4),
}

/// A file that is being written.
pub(crate) struct MediaFile {
    container: Container,
    began: i64,
    waiting: BTreeMap<(i64, u64), Sample>,
    count: u64,
    newest: i64,
    written: BTreeMap<Stream, i64>,
}

/// How a file is named that has these pictures.
pub(crate) fn ending(picture: Option<&Shape>) -> &'static str {
    match picture.map(|shape| shape.codec) {
        Some(VideoCodec::H264) => "mp4",
        Some(VideoCodec::Vp8 | VideoCodec::Vp9 | VideoCodec::Av1) | None => "webm",
    }
}

impl MediaFile {
    /// Begins a file; what is there of it is replaced.
    pub(crate) fn begin(
        storage: &dyn Storage,
        path: &Path,
        contents: &Contents,
    ) -> io::Result<Self> {
        let file = storage.open(path)?;
        file.set_len(0)?;
        let out = Out { file, at: 0 };
        let container = match ending(contents.picture.as_ref()) {
            "mp4" => Container::Mp4(mp4::Mp4::begin(out, contents)?),
            _ => Container::Webm(webm::Webm::begin(out, contents)?),
        };
        Ok(Self {
            container,
            began: contents.began,
            waiting: BTreeMap::new(),
            count: 0,
            newest: 0,
            written: BTreeMap::new(),
        })
    }

    /// Takes a frame. Its time in the file never goes back.
    pub(crate) fn frame(&mut self, stream: Stream, frame: Frame) -> io::Result<()> {
        let before = self.written.get(&stream).copied();
        let earliest = before.map_or(0, |before| match stream {
            // No two pictures are at the same millisecond.
            Stream::Picture => before + 1_000,
            Stream::Sound => before,
        });
        let time = (frame.at - self.began).max(earliest);
        self.written.insert(stream, time);
        self.newest = self.newest.max(time);
        self.count += 1;
        let sample = Sample {
            stream,
            time,
            keyframe: frame.keyframe,
            data: frame.data,
        };
        self.waiting.insert((time, self.count), sample);
        while let Some((at, _)) = self.waiting.first_key_value()
            && at.0 + INTERLEAVED < self.newest
        {
            self.write_first()?;
        }
        Ok(())
    }

    fn write_first(&mut self) -> io::Result<()> {
        let Some((_, sample)) = self.waiting.pop_first() else {
            return Ok(());
        };
        match &mut self.container {
            Container::Webm(webm) => webm.sample(&sample),
            Container::Mp4(mp4) => mp4.sample(sample),
        }
    }

    /// When its newest frame is, in microseconds since 1970 UTC.
    pub(crate) fn newest(&self) -> i64 {
        self.began + self.newest
    }

    /// Writes what is left, what makes it searchable, and that it is whole;
    /// then makes it last.
    pub(crate) fn finish(mut self, chapters: &[Chapter]) -> io::Result<()> {
        while !self.waiting.is_empty() {
            self.write_first()?;
        }
        let file = match self.container {
            Container::Webm(webm) => webm.finish(chapters)?,
            Container::Mp4(mp4) => mp4.finish()?,
        };
        file.sync()
    }
}

/// Where a file goes on.
struct Out {
    file: Box<dyn StoredFile>,
    at: u64,
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}
