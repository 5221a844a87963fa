//! The programme: what the stage showed, and the mix of all sound. The
//! pictures are the stage's own, cut at keyframes; nothing is encoded anew.
//!
//! ```text
//!   stage: A ──────── B ───────────────
//!   A   K p p p p p p p p               frames of A until B has a keyframe
//!   B           (wait)  K p p p p p p
//!   file ─────────────────────────────  a new one where the codec changes
//! ```

use std::io;

use crate::file::{Chapter, Contents, MediaFile, Stream, ending};
use crate::frames::{Frame, Shape};
use crate::timeline::{Mark, Part, label};
use crate::track::{Place, codec_name};

/// How long a file waits for its first picture, in microseconds: where none
/// comes, it has sound alone.
const FIRST_PICTURE: i64 = 3_000_000;
/// Pictures of two sources that are closer than this are at the same moment, in
/// microseconds.
const SAME_MOMENT: i64 = 20_000;

/// The programme of a recording.
#[derive(Default)]
pub(crate) struct Programme {
    /// What the stage is to show.
    stage: Option<u32>,
    /// What it shows.
    shown: Option<u32>,
    shape: Option<Shape>,
    file: Option<MediaFile>,
    /// The newest picture: it is left out where the next source begins at the
    /// same moment.
    held: Option<Frame>,
    /// Sound from before the first file.
    waiting: Vec<Frame>,
    parts: Vec<Part>,
    began: i64,
    marks: Vec<Mark>,
}

impl Programme {
    /// The stage is to show another source.
    pub(crate) fn stage(&mut self, csrc: Option<u32>) {
        self.stage = csrc;
    }

    /// Something new begins.
    pub(crate) fn mark(&mut self, mark: Mark) {
        let is_same = |before: &Mark| before.kind == mark.kind && before.title == mark.title;
        let last = self.marks.iter().rev().find(|m| m.kind == mark.kind);
        if !last.is_some_and(is_same) {
            self.marks.push(mark);
        }
    }

    /// A source sends nothing that goes on from here.
    pub(crate) fn interrupted(&mut self, csrc: u32) {
        if self.shown == Some(csrc) {
            self.shown = None;
        }
    }

    /// Whether frames of this source may be on the stage.
    pub(crate) fn wants(&self, csrc: u32) -> bool {
        self.stage == Some(csrc) || self.shown == Some(csrc)
    }

    /// A picture of a source.
    pub(crate) fn picture(
        &mut self,
        place: &Place<'_>,
        csrc: u32,
        frame: &Frame,
    ) -> io::Result<()> {
        if self.shown != Some(csrc) {
            if self.stage != Some(csrc) || !frame.keyframe {
                return Ok(());
            }
            self.shown = Some(csrc);
            let is_replaced = |held: &Frame| frame.at - held.at < SAME_MOMENT;
            self.held = self.held.take().filter(|held| !is_replaced(held));
        }
        if let Some(shape) = &frame.shape
            && !self.shape.as_ref().is_some_and(|known| shape.fits(known))
        {
            self.end_part(place)?;
            self.shape = Some(shape.clone());
            self.begin_part(place, frame.at)?;
        }
        self.release()?;
        self.held = Some(frame.clone());
        Ok(())
    }

    /// The picture that is held is shown after all.
    fn release(&mut self) -> io::Result<()> {
        match (self.held.take(), &mut self.file) {
            (Some(frame), Some(file)) => file.frame(Stream::Picture, frame),
            (_, _) => Ok(()),
        }
    }

    /// A frame of the mix.
    pub(crate) fn sound(&mut self, place: &Place<'_>, frame: Frame) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            return file.frame(Stream::Sound, frame);
        }
        let now = frame.at;
        self.waiting.push(frame);
        let first = self.waiting.first().map_or(now, |first| first.at);
        if now - first > FIRST_PICTURE {
            self.begin_part(place, first)?;
        }
        Ok(())
    }

    fn begin_part(&mut self, place: &Place<'_>, at: i64) -> io::Result<()> {
        let number = match self.parts.len() {
            0 => String::new(),
            parts => format!("-{}", parts + 1),
        };
        let name = format!("programme{number}.{}", ending(self.shape.as_ref()));
        // The first one begins with the recording.
        self.began = if self.parts.is_empty() {
            place.began
        } else {
            at
        };
        let contents = Contents {
            picture: self.shape.clone(),
            sound: true,
            title: place.title.to_owned(),
            began: self.began,
        };
        let path = place.folder.join(&name);
        let mut file = MediaFile::begin(place.storage, &path, &contents)?;
        for frame in self.waiting.drain(..) {
            file.frame(Stream::Sound, frame)?;
        }
        self.file = Some(file);
        self.parts.push(Part {
            file: name,
            codec: codec_name(self.shape.as_ref()).to_owned(),
            from: place.ms(self.began),
            to: place.ms(at),
        });
        Ok(())
    }

    fn end_part(&mut self, place: &Place<'_>) -> io::Result<()> {
        self.release()?;
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let ends = place.ms(file.newest());
        let begins = place.ms(self.began);
        if let Some(part) = self.parts.last_mut() {
            part.to = ends;
        }
        // What is under way when a part begins stands at its beginning.
        let mut chapters: Vec<Chapter> = Vec::new();
        for mark in self.marks.iter().filter(|mark| mark.at <= ends) {
            let chapter = Chapter {
                at: (mark.at - begins).max(0) * 1_000,
                title: format!("{}: {}", label(mark.kind), mark.title),
            };
            let same = |other: &Chapter| other.at == 0 && other.title.starts_with(label(mark.kind));
            if chapter.at == 0 {
                chapters.retain(|other| !same(other));
            }
            chapters.push(chapter);
        }
        // Players leave out those that begin at the same moment.
        let mut earliest = 0;
        for chapter in &mut chapters {
            chapter.at = chapter.at.max(earliest);
            earliest = chapter.at + 1_000;
        }
        file.finish(&chapters)
    }

    /// Ends the last file.
    pub(crate) fn finish(mut self, place: &Place<'_>) -> io::Result<(Vec<Part>, Vec<Mark>)> {
        if self.file.is_none()
            && let Some(first) = self.waiting.first()
        {
            let at = first.at;
            self.begin_part(place, at)?;
        }
        self.end_part(place)?;
        Ok((self.parts, self.marks))
    }
}

/// The parts as one list for a player (extended M3U).
pub(crate) fn playlist(title: &str, parts: &[Part]) -> String {
    let title = title.replace(['\r', '\n'], " ");
    let mut list = String::from("#EXTM3U\n");
    for part in parts {
        let seconds = (part.to - part.from) as f64 / 1_000.0;
        list.push_str(&format!("#EXTINF:{seconds:.3},{title}\n{}\n", part.file));
    }
    list
}
