//! Fragmented MP4 (ISO/IEC 14496-12) for H.264, with Opus (the Opus codec in
//! ISOBMFF): fragments are written as they fill, so what is there plays; at
//! the end comes the index, and the duration is filled in.
//!
//! ```text
//!   ftyp │ moov (mvex) │ moof mdat │ moof mdat │ … │ mfra
//! ```

use std::io;

use super::{Contents, Out, Sample, Stream};
use crate::frames::{Shape, opus_duration};
use crate::storage::StoredFile;

const PICTURE: u32 = 1;
const SOUND: u32 = 2;
/// Ticks in a millisecond, and in a second, of both streams.
const PER_MS: i64 = 48;
const TICKS: u32 = 48_000;
/// A fragment that has lasted this long ends, in microseconds.
const FRAGMENT: i64 = 5_000_000;
/// A picture lasts so long where nothing follows, in microseconds.
const LAST: i64 = 40_000;
/// The end of one packet may be so far from the beginning of the next, in
/// ticks, and they still touch: 10 ms.
const TOUCH: i64 = 480;

/// A sample in the fragment that fills.
struct Placed {
    time: i64,
    duration: u32,
    keyframe: bool,
    size: u32,
}

/// A stream of the file.
struct Track {
    stream: Stream,
    number: u32,
    /// The sample whose duration is not known yet.
    open: Option<Sample>,
    placed: Vec<Placed>,
    data: Vec<u8>,
    /// The end of what was placed, in ticks.
    end: i64,
}

/// A file that is being written.
pub(super) struct Mp4 {
    out: Out,
    tracks: Vec<Track>,
    sequence: u32,
    /// Where the fragments are: time and place.
    fragments: Vec<(i64, u64)>,
    /// Where the duration stands.
    duration: u64,
    began: Option<i64>,
}

impl Mp4 {
    pub(super) fn begin(mut out: Out, contents: &Contents) -> io::Result<Self> {
        let streams = [
            (contents.picture.is_some(), Stream::Picture, PICTURE),
            (contents.sound, Stream::Sound, SOUND),
        ];
        let mut head = Vec::new();
        boxed(&mut head, b"ftyp", |b| {
            b.extend(b"iso5\0\0\x02\0iso5iso6mp41");
        });
        let mut duration = 0;
        boxed(&mut head, b"moov", |b| {
            movie_header(b);
            if let Some(shape) = &contents.picture {
                picture_track(b, shape);
            }
            if contents.sound {
                sound_track(b);
            }
            boxed(b, b"mvex", |b| {
                full(b, b"mehd", 1, 0, |b| {
                    duration = b.len();
                    b.extend(0_u64.to_be_bytes());
                });
                for (_, _, number) in streams.into_iter().filter(|s| s.0) {
                    full(b, b"trex", 0, 0, |b| words(b, &[number, 1, 0, 0, 0]));
                }
            });
        });
        out.write(&head)?;
        let track = |(_, stream, number)| Track {
            stream,
            number,
            open: None,
            placed: Vec::new(),
            data: Vec::new(),
            end: 0,
        };
        Ok(Self {
            out,
            tracks: streams.into_iter().filter(|s| s.0).map(track).collect(),
            sequence: 0,
            fragments: Vec::new(),
            duration: duration as u64,
            began: None,
        })
    }

    pub(super) fn sample(&mut self, sample: Sample) -> io::Result<()> {
        let began = *self.began.get_or_insert(sample.time);
        let is_picture = sample.stream == Stream::Picture;
        let of_pictures = self.tracks.iter().any(|t| t.stream == Stream::Picture);
        let age = sample.time - began;
        let ends = match (of_pictures, is_picture && sample.keyframe) {
            (true, true) => age > 0,
            (true, false) => age >= 4 * FRAGMENT,
            (false, _) => age >= FRAGMENT,
        };
        let time = sample.time;
        if let Some(track) = self.tracks.iter_mut().find(|t| t.stream == sample.stream) {
            track.place_open(Some(time));
            if ends {
                self.fragment()?;
                self.began = Some(time);
            }
            if let Some(track) = self.tracks.iter_mut().find(|t| t.stream == sample.stream) {
                track.open = Some(sample);
            }
        }
        Ok(())
    }

    /// Writes the fragment that fills.
    fn fragment(&mut self) -> io::Result<()> {
        if self.tracks.iter().all(|track| track.placed.is_empty()) {
            return Ok(());
        }
        self.sequence += 1;
        let place = self.out.at;
        let mut offsets = Vec::new();
        let mut moof = Vec::new();
        boxed(&mut moof, b"moof", |b| {
            full(b, b"mfhd", 0, 0, |b| words(b, &[self.sequence]));
            for track in self.tracks.iter().filter(|t| !t.placed.is_empty()) {
                offsets.push(track.describe(b));
            }
        });
        // The place of each run's data is known only now.
        let mut data_at = moof.len() + 8;
        let mut data = Vec::new();
        let full_tracks = self.tracks.iter_mut().filter(|t| !t.placed.is_empty());
        for (track, offset) in full_tracks.zip(offsets) {
            if track.stream == Stream::Picture || self.fragments.is_empty() {
                let time = track.placed.first().map_or(0, |first| first.time);
                self.fragments.push((time, place));
            }
            moof[offset..offset + 4].copy_from_slice(&(data_at as u32).to_be_bytes());
            data_at += track.data.len();
            data.append(&mut track.data);
            track.placed.clear();
        }
        let size = u32::try_from(data.len() + 8).map_err(io::Error::other)?;
        moof.extend(size.to_be_bytes());
        moof.extend(b"mdat");
        moof.extend(data);
        self.out.write(&moof)
    }

    pub(super) fn finish(mut self) -> io::Result<Box<dyn StoredFile>> {
        for track in &mut self.tracks {
            track.place_open(None);
        }
        self.fragment()?;
        let indexed = self.tracks.first().map_or(PICTURE, |track| track.number);
        let mut index = Vec::new();
        boxed(&mut index, b"mfra", |b| {
            full(b, b"tfra", 1, 0, |b| {
                words(b, &[indexed, 0, self.fragments.len() as u32]);
                for (time, place) in &self.fragments {
                    b.extend(time.to_be_bytes());
                    b.extend(place.to_be_bytes());
                    b.extend([1, 1, 1]);
                }
            });
            full(b, b"mfro", 0, 0, |b| words(b, &[0]));
        });
        let length = (index.len() as u32).to_be_bytes();
        let end = index.len() - 4;
        index[end..].copy_from_slice(&length);
        self.out.write(&index)?;
        let longest = self.tracks.iter().map(|track| track.end).max();
        let duration = longest.unwrap_or(0) / PER_MS;
        let file = self.out.file;
        file.write_at(&duration.to_be_bytes(), self.duration)?;
        Ok(file)
    }
}

impl Track {
    /// Places the sample that waits, now that the next one is known to begin at
    /// this time, in microseconds, or that none follows.
    fn place_open(&mut self, next: Option<i64>) {
        let Some(sample) = self.open.take() else {
            return;
        };
        let own = match self.stream {
            Stream::Picture => LAST,
            Stream::Sound => opus_duration(&sample.data).unwrap_or(20_000),
        };
        let start = ticks(sample.time);
        let start = if (start - self.end).abs() <= TOUCH && !self.placed.is_empty() {
            self.end
        } else {
            start.max(self.end)
        };
        let end = match (self.stream, next) {
            (Stream::Picture, Some(next)) => ticks(next),
            (Stream::Sound, Some(next)) if ticks(next) > start + ticks(own) + TOUCH => ticks(next),
            (_, _) => start + ticks(own),
        };
        let end = end.max(start + 1);
        self.placed.push(Placed {
            time: start,
            duration: u32::try_from(end - start).unwrap_or(u32::MAX),
            keyframe: sample.keyframe,
            size: sample.data.len() as u32,
        });
        self.end = end;
        self.data.extend(sample.data);
    }

    /// Writes what is known of the samples. Returns where the place of their
    /// data is to be written.
    fn describe(&self, into: &mut Vec<u8>) -> usize {
        let mut offset = 0;
        let first = self.placed.first().map_or(0, |first| first.time);
        boxed(into, b"traf", |b| {
            // Data is where the fragment is.
            full(b, b"tfhd", 0, 0x02_0000, |b| words(b, &[self.number]));
            full(b, b"tfdt", 1, 0, |b| b.extend(first.to_be_bytes()));
            // Offset, and of each its duration, size and flags.
            full(b, b"trun", 0, 0x0701, |b| {
                words(b, &[self.placed.len() as u32]);
                offset = b.len();
                words(b, &[0]);
                for sample in &self.placed {
                    let flags = if sample.keyframe {
                        0x0200_0000
                    } else {
                        0x0101_0000
                    };
                    words(b, &[sample.duration, sample.size, flags]);
                }
            });
        });
        offset
    }
}

fn ticks(micros: i64) -> i64 {
    micros * PER_MS / 1_000
}

fn movie_header(into: &mut Vec<u8>) {
    full(into, b"mvhd", 0, 0, |b| {
        words(b, &[0, 0, 1_000, 0, 0x1_0000, 0x100_0000, 0, 0]);
        matrix(b);
        words(b, &[0, 0, 0, 0, 0, 0, SOUND + 1]);
    });
}

fn matrix(into: &mut Vec<u8>) {
    words(into, &[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]);
}

fn track_header(into: &mut Vec<u8>, number: u32, volume: u32, size: (u16, u16)) {
    full(into, b"tkhd", 0, 3, |b| {
        words(b, &[0, 0, number, 0, 0, 0, 0, 0, volume]);
        matrix(b);
        words(b, &[u32::from(size.0) << 16, u32::from(size.1) << 16]);
    });
}

fn media(
    into: &mut Vec<u8>,
    handler: &[u8; 4],
    header: impl Fn(&mut Vec<u8>),
    entry: impl Fn(&mut Vec<u8>),
) {
    boxed(into, b"mdia", |b| {
        // The language is not said: und.
        full(b, b"mdhd", 0, 0, |b| {
            words(b, &[0, 0, TICKS, 0, 0x55c4_0000])
        });
        full(b, b"hdlr", 0, 0, |b| {
            words(b, &[0]);
            b.extend(handler);
            words(b, &[0, 0, 0]);
            b.push(0);
        });
        boxed(b, b"minf", |b| {
            header(b);
            boxed(b, b"dinf", |b| {
                full(b, b"dref", 0, 0, |b| {
                    words(b, &[1]);
                    full(b, b"url ", 0, 1, |_| {});
                });
            });
            boxed(b, b"stbl", |b| {
                full(b, b"stsd", 0, 0, |b| {
                    words(b, &[1]);
                    entry(b);
                });
                full(b, b"stts", 0, 0, |b| words(b, &[0]));
                full(b, b"stsc", 0, 0, |b| words(b, &[0]));
                full(b, b"stsz", 0, 0, |b| words(b, &[0, 0]));
                full(b, b"stco", 0, 0, |b| words(b, &[0]));
            });
        });
    });
}

fn picture_track(into: &mut Vec<u8>, shape: &Shape) {
    let header = |b: &mut Vec<u8>| full(b, b"vmhd", 0, 1, |b| words(b, &[0, 0]));
    let entry = |b: &mut Vec<u8>| {
        boxed(b, b"avc1", |b| {
            words(b, &[0, 1, 0, 0, 0, 0]);
            b.extend(shape.width.to_be_bytes());
            b.extend(shape.height.to_be_bytes());
            words(b, &[0x48_0000, 0x48_0000, 0]);
            b.extend([0, 1]);
            b.extend([0; 32]);
            b.extend([0, 0x18, 0xff, 0xff]);
            boxed(b, b"avcC", |b| b.extend(&shape.config));
        });
    };
    boxed(into, b"trak", |b| {
        track_header(b, PICTURE, 0, (shape.width, shape.height));
        media(b, b"vide", header, entry);
    });
}

fn sound_track(into: &mut Vec<u8>) {
    let header = |b: &mut Vec<u8>| full(b, b"smhd", 0, 0, |b| words(b, &[0]));
    let entry = |b: &mut Vec<u8>| {
        boxed(b, b"Opus", |b| {
            words(b, &[0, 1, 0, 0, 0x2_0010, 0, TICKS << 16]);
            boxed(b, b"dOps", |b| {
                b.extend([0, 2, 0, 0]);
                b.extend(TICKS.to_be_bytes());
                b.extend([0, 0, 0]);
            });
        });
    };
    boxed(into, b"trak", |b| {
        track_header(b, SOUND, 0x100_0000, (0, 0));
        media(b, b"soun", header, entry);
    });
}

fn words(into: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        into.extend(word.to_be_bytes());
    }
}

/// A box with its size before it.
fn boxed(into: &mut Vec<u8>, kind: &[u8; 4], content: impl FnOnce(&mut Vec<u8>)) {
    let at = into.len();
    into.extend([0; 4]);
    into.extend(kind);
    content(into);
    let size = (into.len() - at) as u32;
    into[at..at + 4].copy_from_slice(&size.to_be_bytes());
}

/// A box with a version and flags.
fn full(
    into: &mut Vec<u8>,
    kind: &[u8; 4],
    version: u32,
    flags: u32,
    content: impl FnOnce(&mut Vec<u8>),
) {
    boxed(into, kind, |b| {
        words(b, &[version << 24 | flags]);
        content(b);
    });
}
