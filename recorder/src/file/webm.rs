//! WebM (RFC 9559, RFC 8794): clusters are written as they fill, so what is
//! there plays; at the end come cues and chapters, and what was left open at
//! the beginning is filled in.
//!
//! ```text
//!   EBML │ Segment ─ SeekHead (room for it) │ Info │ Tracks │ Cluster … │ Cues │ Chapters
//! ```

use std::io;

use diemcau_protocol::VideoCodec;

use super::{Chapter, Contents, Out, Sample, Stream};
use crate::storage::StoredFile;

const PICTURE: u8 = 1;
const SOUND: u8 = 2;
/// Clusters are about as long as this, in milliseconds; their times have 16
/// bits.
const CLUSTER: i64 = 5_000;
/// With pictures a cluster begins at a keyframe, unless none comes for so long.
const LONGEST_CLUSTER: i64 = 20_000;
/// Room that is kept for the SeekHead, in bytes.
const SEEK_ROOM: usize = 120;
/// From 1970 to 2001, where the dates of Matroska begin, in seconds.
const EPOCH: i64 = 978_307_200;

/// Identifiers of elements.
mod id {
    pub(super) const EBML: u32 = 0x1a45_dfa3;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(super) const SEEK: u32 = 0x4dbb;
    pub(super) const SEEK_ID: u32 = 0x53ab;
    pub(super) const SEEK_POSITION: u32 = 0x53ac;
    pub(super) const VOID: u32 = 0xec;
    pub(super) const INFO: u32 = 0x1549_a966;
    pub(super) const TRACKS: u32 = 0x1654_ae6b;
    pub(super) const CLUSTER: u32 = 0x1f43_b675;
    pub(super) const CUES: u32 = 0x1c53_bb6b;
    pub(super) const CHAPTERS: u32 = 0x1043_a770;
}

/// A file that is being written.
pub(super) struct Webm {
    out: Out,
    has_picture: bool,
    /// Where the segment's content begins.
    segment: u64,
    info: u64,
    duration: u64,
    tracks: u64,
    /// The cluster that fills: its time in milliseconds, and its blocks.
    cluster: Option<(i64, Vec<u8>)>,
    cues: Vec<(i64, u64)>,
    /// Whether the cluster is worth a cue.
    is_cued: bool,
    /// The end of the newest frame, in milliseconds.
    end: i64,
}

impl Webm {
    pub(super) fn begin(mut out: Out, contents: &Contents) -> io::Result<Self> {
        let mut head = Vec::new();
        element(&mut head, id::EBML, &ebml());
        head.extend(id::SEGMENT.to_be_bytes());
        head.extend(UNKNOWN);
        let segment = head.len() as u64;
        void(&mut head, SEEK_ROOM);
        let info = head.len() as u64;
        let content = info_of(contents);
        element(&mut head, id::INFO, &content);
        // The duration stands at the end of the information.
        let duration = head.len() as u64 - 8;
        let tracks = head.len() as u64;
        element(&mut head, id::TRACKS, &tracks_of(contents));
        out.write(&head)?;
        Ok(Self {
            out,
            has_picture: contents.picture.is_some(),
            segment,
            info,
            duration,
            tracks,
            cluster: None,
            cues: Vec::new(),
            is_cued: false,
            end: 0,
        })
    }

    pub(super) fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        let time = sample.time / 1_000;
        let starts = sample.keyframe && (sample.stream == Stream::Picture || !self.has_picture);
        if let Some((begun, _)) = &self.cluster {
            let age = time - begun;
            let is_full = match sample.stream {
                Stream::Picture => starts && age > 0,
                Stream::Sound => starts && age >= CLUSTER,
            };
            if is_full || age >= LONGEST_CLUSTER {
                self.close_cluster()?;
            }
        }
        self.is_cued |= self.cluster.is_none() && starts;
        let (begun, blocks) = self.cluster.get_or_insert_with(|| (time, Vec::new()));
        let track = match sample.stream {
            Stream::Picture => PICTURE,
            Stream::Sound => SOUND,
        };
        let mut block = vec![0x80 | track];
        // Within the longest cluster.
        block.extend(((time - *begun) as i16).to_be_bytes());
        block.push(if sample.keyframe { 0x80 } else { 0 });
        block.extend(&sample.data);
        element(blocks, 0xa3, &block);
        self.end = self.end.max(time);
        Ok(())
    }

    fn close_cluster(&mut self) -> io::Result<()> {
        let Some((begun, blocks)) = self.cluster.take() else {
            return Ok(());
        };
        if std::mem::take(&mut self.is_cued) {
            self.cues.push((begun, self.out.at - self.segment));
        }
        let mut content = Vec::with_capacity(blocks.len() + 12);
        number(&mut content, 0xe7, begun as u64);
        content.extend(blocks);
        let mut cluster = Vec::with_capacity(content.len() + 12);
        element(&mut cluster, id::CLUSTER, &content);
        self.out.write(&cluster)
    }

    pub(super) fn finish(mut self, chapters: &[Chapter]) -> io::Result<Box<dyn StoredFile>> {
        self.close_cluster()?;
        let track = if self.has_picture { PICTURE } else { SOUND };
        let mut places = vec![(id::INFO, self.info), (id::TRACKS, self.tracks)];
        let mut tail = Vec::new();
        if !self.cues.is_empty() {
            places.push((id::CUES, self.out.at));
            let mut cues = Vec::new();
            for (time, at) in &self.cues {
                let mut place = Vec::new();
                number(&mut place, 0xf7, track.into());
                number(&mut place, 0xf1, *at);
                let mut cue = Vec::new();
                number(&mut cue, 0xb3, *time as u64);
                element(&mut cue, 0xb7, &place);
                element(&mut cues, 0xbb, &cue);
            }
            element(&mut tail, id::CUES, &cues);
        }
        if !chapters.is_empty() {
            places.push((id::CHAPTERS, self.out.at + tail.len() as u64));
            element(&mut tail, id::CHAPTERS, &edition(chapters));
        }
        self.out.write(&tail)?;

        let mut seeks = Vec::new();
        for (id, at) in places {
            let mut seek = Vec::new();
            element(&mut seek, id::SEEK_ID, &id.to_be_bytes());
            number(&mut seek, id::SEEK_POSITION, at - self.segment);
            element(&mut seeks, id::SEEK, &seek);
        }
        let mut head = Vec::new();
        element(&mut head, id::SEEK_HEAD, &seeks);
        let left = SEEK_ROOM - head.len();
        void(&mut head, left);
        let file = self.out.file;
        file.write_at(&head, self.segment)?;
        file.write_at(&(self.end as f64).to_be_bytes(), self.duration)?;
        let length = self.out.at - self.segment;
        let size = (1 << 56 | length).to_be_bytes();
        file.write_at(&size, self.segment - size.len() as u64)?;
        Ok(file)
    }
}

/// A size that is not known yet, in eight bytes.
const UNKNOWN: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

fn ebml() -> Vec<u8> {
    let mut head = Vec::new();
    number(&mut head, 0x4286, 1);
    number(&mut head, 0x42f7, 1);
    number(&mut head, 0x42f2, 4);
    number(&mut head, 0x42f3, 8);
    element(&mut head, 0x4282, b"webm");
    number(&mut head, 0x4287, 4);
    number(&mut head, 0x4285, 2);
    head
}

fn info_of(contents: &Contents) -> Vec<u8> {
    let mut info = Vec::new();
    number(&mut info, 0x2a_d7b1, 1_000_000);
    let writer = concat!("Diem Cau ", env!("CARGO_PKG_VERSION"));
    element(&mut info, 0x4d80, writer.as_bytes());
    element(&mut info, 0x5741, writer.as_bytes());
    let date = (contents.began - EPOCH * 1_000_000).saturating_mul(1_000);
    element(&mut info, 0x4461, &date.to_be_bytes());
    element(&mut info, 0x7ba9, contents.title.as_bytes());
    element(&mut info, 0x4489, &0_f64.to_be_bytes());
    info
}

fn tracks_of(contents: &Contents) -> Vec<u8> {
    let mut tracks = Vec::new();
    if let Some(shape) = &contents.picture {
        let codec = match shape.codec {
            VideoCodec::Vp8 => "V_VP8",
            VideoCodec::Vp9 => "V_VP9",
            VideoCodec::Av1 => "V_AV1",
            VideoCodec::H264 => "V_MPEG4/ISO/AVC",
        };
        let mut picture = Vec::new();
        number(&mut picture, 0xb0, shape.width.max(1).into());
        number(&mut picture, 0xba, shape.height.max(1).into());
        let mut entry = entry(PICTURE, 1, codec);
        if !shape.config.is_empty() {
            element(&mut entry, 0x63a2, &shape.config);
        }
        element(&mut entry, 0xe0, &picture);
        element(&mut tracks, 0xae, &entry);
    }
    if contents.sound {
        let mut sound = Vec::new();
        element(&mut sound, 0xb5, &48_000_f64.to_be_bytes());
        number(&mut sound, 0x9f, 2);
        let mut entry = entry(SOUND, 2, "A_OPUS");
        element(&mut entry, 0x63a2, &opus_head());
        // The decoder settles within 80 ms (RFC 7845 §4.6), in nanoseconds.
        number(&mut entry, 0x56bb, 80_000_000);
        element(&mut entry, 0xe1, &sound);
        element(&mut tracks, 0xae, &entry);
    }
    tracks
}

fn entry(track: u8, kind: u8, codec: &str) -> Vec<u8> {
    let mut entry = Vec::new();
    number(&mut entry, 0xd7, track.into());
    number(&mut entry, 0x73c5, track.into());
    number(&mut entry, 0x83, kind.into());
    // Frames are not laced.
    number(&mut entry, 0x9c, 0);
    element(&mut entry, 0x86, codec.as_bytes());
    entry
}

/// RFC 7845 §5.1: two channels, 48 kHz, nothing to skip.
fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([1, 2, 0, 0]);
    head.extend(48_000_u32.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

fn edition(chapters: &[Chapter]) -> Vec<u8> {
    let mut edition = Vec::new();
    number(&mut edition, 0x45bc, 1);
    for (index, chapter) in (1..).zip(chapters) {
        let mut display = Vec::new();
        element(&mut display, 0x85, chapter.title.as_bytes());
        element(&mut display, 0x437c, b"vie");
        let mut atom = Vec::new();
        number(&mut atom, 0x73c4, index);
        number(&mut atom, 0x91, chapter.at.max(0) as u64 * 1_000);
        element(&mut atom, 0x80, &display);
        element(&mut edition, 0xb6, &atom);
    }
    let mut all = Vec::new();
    element(&mut all, 0x45b9, &edition);
    all
}

/// An element: its identifier, its size, its content.
fn element(into: &mut Vec<u8>, id: u32, content: &[u8]) {
    let bytes = id.to_be_bytes();
    into.extend(&bytes[(id.leading_zeros() / 8) as usize..]);
    let size = content.len() as u64;
    match size {
        0..0x7f => into.push(0x80 | size as u8),
        0x7f..0x3fff => into.extend((0x4000 | size as u16).to_be_bytes()),
        _ => into.extend((1 << 56 | size).to_be_bytes()),
    }
    into.extend(content);
}

/// An element that is a number.
fn number(into: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let first = (value.leading_zeros() / 8).min(7) as usize;
    element(into, id, &bytes[first..]);
}

/// An element that fills so much room, at least two bytes.
fn void(into: &mut Vec<u8>, room: usize) {
    debug_assert!((2..0x80).contains(&room), "one byte of size");
    element(into, id::VOID, &vec![0; room - 2]);
}
