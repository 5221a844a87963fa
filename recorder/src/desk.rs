//! What is recorded of which meeting: the pure part between the media plane,
//! signaling and the journals.
//!
//! ```text
//!   WantedRecording ─┐             ┌─> Open, Write, Close   to the journals
//!   FromMedia ───────┼─> Desk ─────┤
//!   time ────────────┘             └─> Ask                  to the media plane
//! ```
//!
//! Of each track the largest layer is taken that can be had. Going over to
//! another one, both are taken until the new one has a keyframe.

mod tracked;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use diemcau_protocol::{
    FromMedia, MIX_CSRC, MeetingEnd, MeetingId, ToMedia, WantedRecording, source_of_csrc,
};
use serde::{Deserialize, Serialize};

use crate::journal::{Note, Record};
use tracked::Tracked;

/// The mix is asked for again after this, in microseconds.
const MIX_PATIENCE: i64 = 1_000_000;
/// The stage is asked for a keyframe so often, in microseconds: that is how
/// finely a player finds its place.
const STAGE_KEYFRAMES: i64 = 20_000_000;

/// How much is recorded, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Nothing, for want of room.
    Nothing,
    /// What the stage shows, and the mix of all sound.
    Programme,
    /// That, and the sound of everybody.
    Speakers,
    /// Every source.
    Everything,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask a worker of the media plane.
    Ask {
        /// Its number.
        worker: usize,
        /// What.
        asked: ToMedia,
    },
    /// Open the journal of a meeting, a new one if there is none.
    Open {
        /// Which.
        meeting: MeetingId,
    },
    /// Put a record into its journal.
    Write {
        /// Which.
        meeting: MeetingId,
        /// The record.
        record: Record,
    },
    /// The meeting is over: close its journal and make the archive.
    Close {
        /// Which.
        meeting: MeetingId,
    },
}

/// A meeting that is, or was, recorded.
#[derive(Debug)]
struct Meeting {
    wanted: WantedRecording,
    /// Whether the journal is open.
    is_open: bool,
    /// Whether it is being recorded now.
    is_on: bool,
    /// Numbers the tracks of this run.
    tracks: u32,
    mix_asked: Option<i64>,
    stage_asked: i64,
}

/// Decides what is recorded.
#[derive(Debug)]
pub struct Desk {
    workers: usize,
    policy: Detail,
    /// What the disk has room for.
    room: Detail,
    meetings: BTreeMap<MeetingId, Meeting>,
    /// Meetings with a journal from an earlier run.
    unfinished: BTreeSet<MeetingId>,
    tracks: BTreeMap<(usize, u64), Tracked>,
    effects: VecDeque<Effect>,
}

impl Desk {
    /// Nothing to record yet. `unfinished` are the meetings that have a journal
    /// from before.
    pub fn new(workers: usize, policy: Detail, unfinished: BTreeSet<MeetingId>) -> Self {
        Self {
            workers,
            policy,
            room: Detail::Everything,
            meetings: BTreeMap::new(),
            unfinished,
            tracks: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }

    /// Takes the next effect; call after each input until nothing comes.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether this meeting is being recorded.
    pub fn is_on(&self, meeting: &MeetingId) -> bool {
        self.meetings.get(meeting).is_some_and(|known| known.is_on)
    }

    /// The meetings that are being recorded.
    pub fn recording(&self) -> impl Iterator<Item = &MeetingId> {
        let on = self.meetings.iter().filter(|(_, known)| known.is_on);
        on.map(|(id, _)| id)
    }

    fn detail(&self) -> Detail {
        self.policy.min(self.room)
    }

    /// Signaling says what is wanted of a meeting's recording.
    pub fn wanted(&mut self, now: i64, wanted: WantedRecording) {
        let id = wanted.meeting.clone();
        let is_known = self.meetings.contains_key(&id);
        let is_wanted = wanted.since.is_some() && wanted.end.is_none();
        let has_journal = is_known || self.unfinished.contains(&id);
        if !is_wanted && !has_journal {
            return;
        }
        let fresh = || Meeting {
            wanted: WantedRecording {
                stage: None,
                agenda: None,
                speaker: None,
                ..wanted.clone()
            },
            is_open: false,
            is_on: false,
            tracks: 0,
            mix_asked: None,
            stage_asked: now,
        };
        let known = self.meetings.entry(id.clone()).or_insert_with(fresh);
        let before = std::mem::replace(&mut known.wanted, wanted);
        let (is_open, was_on) = (known.is_open, known.is_on);
        if is_wanted || known.wanted.end.is_some() {
            known.is_open = true;
            if !is_open {
                let meeting = id.clone();
                self.effects.push_back(Effect::Open { meeting });
                let known = &self.meetings[&id].wanted;
                let began = Note::Began {
                    meeting: id.clone(),
                    title: known.title.clone(),
                    host_unit: known.host_unit.clone(),
                };
                self.note(now, &id, began);
            }
        }
        if is_wanted {
            self.tell_news(now, &id, &before, !was_on);
        }
        if is_wanted != was_on {
            self.switch(now, &id, is_wanted);
        } else if is_wanted {
            self.attend(now, &id);
        }
        if let Some(end) = self.meetings[&id].wanted.end.clone() {
            self.close(now, &id, end);
        }
    }

    fn tell_news(&mut self, now: i64, id: &MeetingId, before: &WantedRecording, all: bool) {
        let wanted = self.meetings[id].wanted.clone();
        if all || wanted.agenda != before.agenda {
            let agenda = wanted.agenda.map(|title| Note::Agenda { title });
            agenda.into_iter().for_each(|note| self.note(now, id, note));
        }
        if all || wanted.stage != before.stage {
            let (csrc, name) = match wanted.stage {
                Some(stage) => (Some(stage.csrc), stage.name),
                None => (None, String::new()),
            };
            self.note(now, id, Note::Stage { csrc, name });
            // What it shows begins at once, not at the next keyframe by chance.
            for track in self.tracks.values_mut() {
                if track.meeting == *id && Some(track.csrc) == csrc {
                    track.wants_keyframe();
                }
            }
        }
        if all || wanted.speaker != before.speaker {
            let speaker = wanted.speaker.map(|name| Note::Speaker { name });
            speaker
                .into_iter()
                .for_each(|note| self.note(now, id, note));
        }
    }

    /// Recording begins, goes on, or pauses.
    fn switch(&mut self, now: i64, id: &MeetingId, on: bool) {
        if let Some(known) = self.meetings.get_mut(id) {
            known.is_on = on;
            known.mix_asked = None;
        }
        let note = if on { Note::Resumed } else { Note::Paused };
        self.note(now, id, note);
        if on {
            self.ask_mix(now, id);
        } else {
            self.ask_all(&ToMedia::Mix {
                meeting: id.clone(),
                wanted: false,
            });
        }
        self.attend(now, id);
    }

    fn close(&mut self, now: i64, id: &MeetingId, end: MeetingEnd) {
        self.note(now, id, Note::Ended { end });
        self.meetings.remove(id);
        self.unfinished.remove(id);
        let meeting = id.clone();
        self.effects.push_back(Effect::Close { meeting });
    }

    /// The disk has room for so much from here on.
    pub fn room(&mut self, now: i64, room: Detail) {
        if room == self.room {
            return;
        }
        self.room = room;
        let detail = self.detail();
        let on: Vec<MeetingId> = self.recording().cloned().collect();
        for id in on {
            self.note(now, &id, Note::Detail { detail });
            self.attend(now, &id);
        }
    }

    /// A worker of the media plane says something.
    pub fn media(&mut self, now: i64, worker: usize, told: FromMedia) {
        match told {
            FromMedia::Announced {
                track,
                meeting,
                csrc,
                kind,
                layers,
            } => {
                let new = Tracked::new(meeting.clone(), csrc, kind, layers);
                self.tracks.insert((worker, track), new);
                self.attend(now, &meeting);
            }
            FromMedia::Withdrawn { track } => {
                if let Some(gone) = self.tracks.remove(&(worker, track)) {
                    self.let_go(now, &gone);
                }
            }
            FromMedia::Layers { track, layers } => {
                let Some(known) = self.tracks.get_mut(&(worker, track)) else {
                    return;
                };
                known.layers = layers;
                let meeting = known.meeting.clone();
                self.attend(now, &meeting);
            }
            FromMedia::Packet {
                track,
                layer,
                packet,
            } => {
                let Some(known) = self.tracks.get_mut(&(worker, track)) else {
                    return;
                };
                let Some(number) = known.number else {
                    return;
                };
                let changed = known.came(layer, &packet);
                let meeting = known.meeting.clone();
                let record = Record::Packet {
                    track: number,
                    layer: u8::try_from(layer).unwrap_or(u8::MAX),
                    packet,
                };
                if changed {
                    self.subscribe(worker, track);
                }
                self.effects.push_back(Effect::Write { meeting, record });
            }
        }
    }

    /// Time passes; ten times a second or so.
    pub fn tick(&mut self, now: i64) {
        for ((worker, id), track) in &mut self.tracks {
            for asked in track.asks(now, *id) {
                let worker = *worker;
                self.effects.push_back(Effect::Ask { worker, asked });
            }
        }
        let on: Vec<MeetingId> = self.recording().cloned().collect();
        for id in on {
            let is_mixed = |t: &Tracked| t.meeting == id && t.csrc == MIX_CSRC;
            let known = &self.meetings[&id];
            let asked = known.mix_asked.unwrap_or(i64::MIN / 2);
            if asked + MIX_PATIENCE <= now && !self.tracks.values().any(is_mixed) {
                self.ask_mix(now, &id);
            }
            let Some(known) = self.meetings.get_mut(&id) else {
                continue;
            };
            if known.stage_asked + STAGE_KEYFRAMES <= now {
                known.stage_asked = now;
                let stage = known.wanted.stage.as_ref().map(|stage| stage.csrc);
                for track in self.tracks.values_mut() {
                    if track.meeting == id && Some(track.csrc) == stage {
                        track.wants_keyframe();
                    }
                }
            }
        }
    }

    /// Takes what is to be recorded of a meeting, and nothing else.
    fn attend(&mut self, now: i64, id: &MeetingId) {
        let detail = self.detail();
        let Some(known) = self.meetings.get_mut(id) else {
            return;
        };
        let stage = known.wanted.stage.as_ref().map(|stage| stage.csrc);
        let is_on = known.is_on;
        let left_out = known.wanted.left_out.clone();
        let is_wanted = |track: &Tracked| {
            let least = if track.csrc == MIX_CSRC || Some(track.csrc) == stage {
                Detail::Programme
            } else if track.kind.is_audio() {
                Detail::Speakers
            } else {
                Detail::Everything
            };
            let (number, _) = source_of_csrc(track.csrc);
            let is_left_out = track.csrc != MIX_CSRC && left_out.contains(&number);
            is_on && detail >= least && !is_left_out
        };
        let mut notes = Vec::new();
        let mut changed = Vec::new();
        for (key, track) in self.tracks.iter_mut().filter(|(_, t)| t.meeting == *id) {
            match (is_wanted(track), track.number) {
                (true, None) => {
                    known.tracks += 1;
                    track.number = Some(known.tracks);
                    notes.push(Note::Track {
                        track: known.tracks,
                        csrc: track.csrc,
                        kind: track.kind,
                    });
                }
                (false, Some(number)) => {
                    track.number = None;
                    notes.push(Note::Gone { track: number });
                }
                (true, Some(_)) | (false, None) => {}
            }
            if track.choose() {
                changed.push(*key);
            }
        }
        for note in notes {
            self.note(now, id, note);
        }
        for (worker, track) in changed {
            self.subscribe(worker, track);
        }
    }

    fn let_go(&mut self, now: i64, gone: &Tracked) {
        if let Some(track) = gone.number {
            self.note(now, &gone.meeting, Note::Gone { track });
        }
    }

    fn subscribe(&mut self, worker: usize, track: u64) {
        if let Some(known) = self.tracks.get(&(worker, track)) {
            let layers = known.wanted_layers();
            let asked = ToMedia::Subscribe { track, layers };
            self.effects.push_back(Effect::Ask { worker, asked });
        }
    }

    fn ask_mix(&mut self, now: i64, id: &MeetingId) {
        if let Some(known) = self.meetings.get_mut(id) {
            known.mix_asked = Some(now);
        }
        self.ask_all(&ToMedia::Mix {
            meeting: id.clone(),
            wanted: true,
        });
    }

    fn ask_all(&mut self, asked: &ToMedia) {
        for worker in 0..self.workers {
            let asked = asked.clone();
            self.effects.push_back(Effect::Ask { worker, asked });
        }
    }

    fn note(&mut self, at: i64, meeting: &MeetingId, note: Note) {
        if self
            .meetings
            .get(meeting)
            .is_some_and(|known| known.is_open)
        {
            self.effects.push_back(Effect::Write {
                meeting: meeting.clone(),
                record: Record::Note { at, note },
            });
        }
    }
}

#[cfg(test)]
mod tests;
