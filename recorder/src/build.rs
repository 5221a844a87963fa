//! Makes the files of a recording from its journal: while it is written, a
//! little behind, or once more from the beginning after a crash. The same
//! journal gives the same files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use diemcau_protocol::{MIX_CSRC, MeetingEnd, SourceKind, TrackPacket, source_of_csrc};

use crate::frames::Frame;
use crate::journal::{Note, Record};
use crate::programme::{Programme, playlist};
use crate::storage::{Storage, write_whole};
use crate::timeline::{Gap, GapReason, Mark, MarkKind, TIMELINE_VERSION, Timeline};
use crate::track::{Place, Track};

/// Missing packets are looked at so often, in microseconds of the journal.
const LOOK: i64 = 200_000;
/// The name of the timeline.
pub const TIMELINE: &str = "recording.json";

/// Makes the files of one recording.
pub struct Builder {
    folder: PathBuf,
    /// When the recording began, in microseconds since 1970 UTC.
    began: Option<i64>,
    meeting: String,
    title: String,
    host_unit: String,
    /// Whose the tracks of the present run are.
    ids: BTreeMap<u32, (u32, SourceKind)>,
    tracks: BTreeMap<u32, Track>,
    mix: Track,
    programme: Programme,
    gaps: Vec<Gap>,
    /// Nothing is recorded since then, and why.
    away: Option<(i64, GapReason)>,
    newest: i64,
    looked: i64,
    end: Option<MeetingEnd>,
}

impl Builder {
    /// Nothing yet, to be made in this folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(storage: &dyn Storage, folder: &Path) -> io::Result<Self> {
        storage.make_folder(&folder.join("tracks"))?;
        Ok(Self {
            folder: folder.to_owned(),
            began: None,
            meeting: String::new(),
            title: String::new(),
            host_unit: String::new(),
            ids: BTreeMap::new(),
            tracks: BTreeMap::new(),
            mix: Track::new(0, SourceKind::Microphone),
            programme: Programme::default(),
            gaps: Vec::new(),
            away: None,
            newest: 0,
            looked: 0,
            end: None,
        })
    }

    /// The end of the meeting, once the journal has it.
    pub fn end(&self) -> Option<&MeetingEnd> {
        self.end.as_ref()
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// When a file cannot be written; it must be begun anew then.
    pub fn record(&mut self, storage: &dyn Storage, record: Record) -> io::Result<()> {
        match record {
            Record::Note { at, note } => self.note(storage, at, note),
            Record::Packet {
                track,
                layer,
                packet,
            } => self.packet(storage, track, layer, packet),
        }
    }

    fn packet(
        &mut self,
        storage: &dyn Storage,
        track: u32,
        layer: u8,
        packet: TrackPacket,
    ) -> io::Result<()> {
        let Some((csrc, kind)) = self.ids.get(&track).copied() else {
            return Ok(());
        };
        if kind.is_audio() != (packet.codec == diemcau_protocol::TrackCodec::Opus) {
            return Ok(());
        }
        let arrived = packet.arrived;
        self.back(arrived);
        self.newest = self.newest.max(arrived);
        let frames = self.track_of(csrc, kind).packet(layer, plausible(packet));
        self.frames(storage, csrc, frames)?;
        if self.newest - self.looked > LOOK {
            self.looked = self.newest;
            self.look(storage)?;
        }
        Ok(())
    }

    fn look(&mut self, storage: &dyn Storage) -> io::Result<()> {
        let now = self.newest;
        let each: Vec<u32> = self.tracks.keys().copied().collect();
        for csrc in each {
            let frames = self.tracks.get_mut(&csrc).map(|track| track.time(now));
            self.frames(storage, csrc, frames.unwrap_or_default())?;
        }
        let frames = self.mix.time(now);
        self.frames(storage, MIX_CSRC, frames)
    }

    fn track_of(&mut self, csrc: u32, kind: SourceKind) -> &mut Track {
        if csrc == MIX_CSRC {
            return &mut self.mix;
        }
        let (number, _) = source_of_csrc(csrc);
        self.tracks
            .entry(csrc)
            .or_insert_with(|| Track::new(number, kind))
    }

    fn frames(&mut self, storage: &dyn Storage, csrc: u32, frames: Vec<Frame>) -> io::Result<()> {
        let Some(began) = self.began else {
            return Ok(());
        };
        let place = Place {
            storage,
            folder: &self.folder,
            began,
            title: &self.title,
        };
        for frame in frames {
            if csrc == MIX_CSRC {
                self.programme.sound(&place, frame)?;
                continue;
            }
            let is_picture = !source_of_csrc(csrc).1.is_audio();
            if is_picture && self.programme.wants(csrc) {
                self.programme.picture(&place, csrc, &frame)?;
            }
            if let Some(track) = self.tracks.get_mut(&csrc) {
                track.write(&place, frame)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, storage: &dyn Storage, at: i64, note: Note) -> io::Result<()> {
        match note {
            Note::Began {
                meeting,
                title,
                host_unit,
            } => {
                if self.began.is_none() {
                    self.began = Some(at);
                    (self.title, self.host_unit) = (title, host_unit);
                    self.meeting = meeting.0;
                } else {
                    self.leave(storage, self.newest, GapReason::RecorderStopped)?;
                }
                self.ids.clear();
            }
            Note::Paused => self.leave(storage, at, GapReason::Paused)?,
            Note::Resumed => self.back(at),
            Note::Track { track, csrc, kind } => {
                // One that was there before has been replaced.
                self.ids.retain(|_, (known, _)| *known != csrc);
                self.ids.insert(track, (csrc, kind));
                self.renew(storage, csrc, kind)?;
            }
            Note::Gone { track } => {
                if let Some((csrc, kind)) = self.ids.remove(&track) {
                    self.renew(storage, csrc, kind)?;
                }
            }
            Note::Stage { csrc, name } => {
                self.programme.stage(csrc);
                if csrc.is_some() {
                    self.mark(at, MarkKind::Stage, name);
                }
            }
            Note::Agenda { title } => self.mark(at, MarkKind::Agenda, title),
            Note::Speaker { name } => self.mark(at, MarkKind::Speaker, name),
            Note::Dropped { .. } => {
                let (from, to) = (self.ms(self.newest), self.ms(at));
                self.gaps.push(Gap {
                    from,
                    to: to.max(from),
                    reason: GapReason::Overload,
                });
            }
            Note::Ended { end } => self.end = Some(end),
            Note::Detail { .. } | Note::Unknown => {}
        }
        self.newest = self.newest.max(at);
        Ok(())
    }

    /// A source begins anew, or is gone: what came of it is written.
    fn renew(&mut self, storage: &dyn Storage, csrc: u32, kind: SourceKind) -> io::Result<()> {
        let frames = self.track_of(csrc, kind).anew();
        self.frames(storage, csrc, frames)?;
        self.programme.interrupted(csrc);
        Ok(())
    }

    fn mark(&mut self, at: i64, kind: MarkKind, title: String) {
        let at = self.ms(at);
        self.programme.mark(Mark { at, kind, title });
    }

    fn leave(&mut self, storage: &dyn Storage, at: i64, reason: GapReason) -> io::Result<()> {
        let all: Vec<u32> = self.tracks.keys().copied().chain([MIX_CSRC]).collect();
        for csrc in all {
            let frames = match self.tracks.get_mut(&csrc) {
                Some(track) => track.interrupted(),
                None => self.mix.interrupted(),
            };
            self.frames(storage, csrc, frames)?;
            self.programme.interrupted(csrc);
        }
        self.away.get_or_insert((at, reason));
        Ok(())
    }

    fn back(&mut self, at: i64) {
        if let Some((since, reason)) = self.away.take() {
            let (from, to) = (self.ms(since), self.ms(at));
            if from < to {
                self.gaps.push(Gap { from, to, reason });
            }
        }
    }

    fn ms(&self, at: i64) -> i64 {
        self.began.map_or(0, |began| (at - began).max(0) / 1_000)
    }

    /// Ends every file and writes the timeline.
    ///
    /// # Errors
    /// When a file cannot be written; it must be begun anew then.
    pub fn finish(mut self, storage: &dyn Storage) -> io::Result<Timeline> {
        let last = self.end.as_ref().map_or(self.newest, |end| end.at * 1_000);
        self.back(last);
        let began = self.began.unwrap_or(last);
        let frames = self.mix.anew();
        self.frames(storage, MIX_CSRC, frames)?;
        let each: Vec<u32> = self.tracks.keys().copied().collect();
        for csrc in each {
            let frames = self.tracks.get_mut(&csrc).map(Track::anew);
            self.frames(storage, csrc, frames.unwrap_or_default())?;
        }
        let place = Place {
            storage,
            folder: &self.folder,
            began,
            title: &self.title,
        };
        let (programme, chapters) = self.programme.finish(&place)?;
        let mut tracks = Vec::new();
        for track in self.tracks.into_values() {
            tracks.extend(track.finish(&place)?);
        }
        let timeline = Timeline {
            version: TIMELINE_VERSION,
            meeting: self.meeting,
            title: self.title,
            host_unit: self.host_unit,
            began_at: began / 1_000,
            duration: (last.max(self.newest) - began).max(0) / 1_000,
            programme,
            tracks,
            chapters,
            gaps: self.gaps,
        };
        if timeline.programme.len() > 1 {
            let list = playlist(&timeline.title, &timeline.programme);
            write_whole(storage, &self.folder.join("programme.m3u"), list.as_bytes())?;
        }
        let text = serde_json::to_vec_pretty(&timeline).map_err(io::Error::other)?;
        write_whole(storage, &self.folder.join(TIMELINE), &text)?;
        storage.sync_folder(&self.folder.join("tracks"))?;
        storage.sync_folder(&self.folder)?;
        Ok(timeline)
    }
}

/// A publisher whose clock is far off is taken by the arrival.
fn plausible(mut packet: TrackPacket) -> TrackPacket {
    /// In microseconds.
    const FAR: i64 = 5_000_000;
    if packet.captured > packet.arrived || packet.captured < packet.arrived - FAR {
        packet.captured = packet.arrived;
    }
    packet
}

#[cfg(test)]
pub(crate) mod clips;
#[cfg(test)]
pub(crate) mod tests;
