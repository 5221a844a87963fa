//! What happened, by agenda item, in the order in which it did.

use std::collections::{BTreeMap, BTreeSet};

use diemcau_protocol::{
    AdmissionEvent, AgendaEvent, ConductEvent, Event, FloorEvent, ParticipantId, RecordingEvent,
    RollCallEvent, RollFinding, RollResult, SourceKind, Stage, StageEvent, StageMode, StageShow,
    VotesEvent,
};

use super::documents::Documents;
use super::people::lines;
use crate::minutes::record::{About, Chapter, Entry, Fact, Happening};

/// A voice that the stage followed for less than this, in milliseconds, was an
/// interjection.
const SPEECH: i64 = 30_000;

/// The course of the meeting proper.
#[derive(Default)]
pub(super) struct Course {
    opened: bool,
    items: BTreeMap<u32, Item>,
    documents: Documents,
    begun: BTreeSet<u32>,
    chapters: Vec<Chapter>,
    /// Who holds the floor, and where that stands.
    floors: BTreeMap<ParticipantId, Place>,
    /// Whom the stage follows without the floor.
    voice: Option<(ParticipantId, Place)>,
    pause: Option<Place>,
    roll_call: Option<Place>,
    check: Option<Place>,
}

struct Item {
    title: String,
    speakers: Vec<String>,
    documents: Vec<String>,
}

/// An entry's chapter, and its place there.
type Place = (usize, usize);

impl Course {
    pub(super) fn take(&mut self, seq: u64, at: i64, event: &Event) {
        match event {
            Event::MeetingOpened { .. } => self.open(seq, at),
            Event::Agenda(event) => self.agenda(seq, at, event),
            Event::Documents(event) => {
                let shown = self.documents.take(event);
                if let Some(reference) = shown.filter(|_| self.opened) {
                    self.once(seq, at, Happening::Document { reference });
                }
            }
            _ if !self.opened => {}
            Event::Floor(event) => self.floor(seq, at, event),
            Event::StageSet { stage, .. } => self.stage(seq, at, stage),
            Event::Stage(StageEvent::Shown {
                show: StageShow::Document { reference, .. },
                ..
            }) => self.once(
                seq,
                at,
                Happening::Document {
                    reference: reference.clone(),
                },
            ),
            Event::MicrophoneSet {
                participant,
                on: false,
            }
            | Event::ParticipantLeft { participant, .. } => self.falls_silent(participant, seq, at),
            Event::Conduct(event) => self.conduct(seq, at, event),
            Event::RollCall(event) => self.roll_call(seq, at, event),
            Event::Recording(RecordingEvent::Started) => {
                self.write(seq, at, Happening::RecordingBegan);
            }
            Event::Recording(RecordingEvent::Paused { .. }) => {
                self.write(seq, at, Happening::RecordingPaused);
            }
            Event::Recording(RecordingEvent::Resumed { .. }) => {
                self.write(seq, at, Happening::RecordingResumed);
            }
            Event::Recording(RecordingEvent::Stopped { .. }) => {
                self.write(seq, at, Happening::RecordingEnded);
            }
            Event::Votes(VotesEvent::Opened { number, .. }) => {
                self.write(seq, at, Happening::Vote { number: *number });
            }
            Event::Admission(AdmissionEvent::Removed {
                participant,
                reason,
                ..
            }) => {
                let (participant, reason) = (participant.clone(), reason.clone());
                self.write(
                    seq,
                    at,
                    Happening::Removed {
                        participant,
                        reason,
                    },
                );
            }
            Event::ServerRestarted => {
                self.write(seq, at, Happening::Interrupted);
            }
            _ => {}
        }
    }

    /// The chapters of a meeting that ended at `ended`, without those in which
    /// nothing happened.
    pub(super) fn finish(mut self, ended: i64) -> Vec<Chapter> {
        let speeches: Vec<Place> = self.floors.values().copied().collect();
        for place in speeches
            .into_iter()
            .chain(self.voice.take().map(|(_, p)| p))
        {
            self.ends(place, None, ended);
        }
        self.add_documents();
        for chapter in &mut self.chapters {
            chapter.entries.retain(|entry| is_worth(entry, ended));
        }
        let is_kept = |chapter: &Chapter| {
            !chapter.entries.is_empty() || !matches!(chapter.about, About::Between)
        };
        self.chapters.retain(is_kept);
        self.chapters
    }

    fn open(&mut self, seq: u64, at: i64) {
        *self = Self {
            opened: true,
            items: std::mem::take(&mut self.items),
            documents: std::mem::take(&mut self.documents),
            ..Self::default()
        };
        self.begin(seq, at, About::Opening);
    }

    fn begin(&mut self, seq: u64, at: i64, about: About) {
        self.chapters.push(Chapter {
            about,
            began: Fact::new(at, seq),
            entries: Vec::new(),
        });
    }

    fn write(&mut self, seq: u64, at: i64, what: Happening) -> Place {
        let chapter = self.chapters.len().saturating_sub(1);
        let Some(Chapter { entries, .. }) = self.chapters.last_mut() else {
            return (chapter, 0);
        };
        entries.push(Entry {
            at,
            seqs: vec![seq],
            what,
        });
        (chapter, entries.len() - 1)
    }

    /// Writes what a chapter says at most once.
    fn once(&mut self, seq: u64, at: i64, what: Happening) {
        let entries = self.chapters.last().map(|chapter| &chapter.entries);
        let is_said = entries.is_some_and(|entries| entries.iter().any(|e| e.what == what));
        if !is_said {
            self.write(seq, at, what);
        }
    }

    fn entry(&mut self, (chapter, entry): Place) -> Option<&mut Entry> {
        self.chapters.get_mut(chapter)?.entries.get_mut(entry)
    }

    /// Something that lasts is over.
    fn ends(&mut self, place: Place, seq: Option<u64>, at: i64) {
        let Some(entry) = self.entry(place) else {
            return;
        };
        entry.seqs.extend(seq);
        if let Happening::Speech { until, .. } | Happening::Break { until } = &mut entry.what {
            *until = at;
        }
    }

    fn agenda(&mut self, seq: u64, at: i64, event: &AgendaEvent) {
        match event {
            AgendaEvent::Added {
                number,
                title,
                speakers,
                documents,
                ..
            }
            | AgendaEvent::Changed {
                number,
                title,
                speakers,
                documents,
                ..
            } => {
                let item = Item {
                    title: title.clone(),
                    speakers: lines(speakers),
                    documents: documents.clone(),
                };
                self.items.insert(*number, item);
            }
            AgendaEvent::Started { number, .. } if self.opened => {
                let item = self.items.get(number);
                let about = About::Item {
                    number: *number,
                    title: item.map(|item| item.title.clone()).unwrap_or_default(),
                    speakers: item.map(|item| item.speakers.clone()).unwrap_or_default(),
                    documents: item.map(|item| item.documents.clone()).unwrap_or_default(),
                    again: !self.begun.insert(*number),
                };
                self.begin(seq, at, about);
            }
            AgendaEvent::Finished { .. } if self.opened => self.begin(seq, at, About::Between),
            AgendaEvent::Started { .. }
            | AgendaEvent::Finished { .. }
            | AgendaEvent::Reordered { .. }
            | AgendaEvent::Removed { .. }
            | AgendaEvent::OverTime { .. } => {}
        }
    }

    /// What was put in for an item stands with its documents.
    fn add_documents(&mut self) {
        for chapter in &mut self.chapters {
            if let About::Item {
                number, documents, ..
            } = &mut chapter.about
            {
                self.documents.add_to(documents, *number);
            }
        }
    }

    fn floor(&mut self, seq: u64, at: i64, event: &FloorEvent) {
        match event {
            FloorEvent::Given { participant, .. } => {
                self.falls_silent(participant, seq, at);
                let place = self.speaks(participant, seq, at, true);
                self.floors.insert(participant.clone(), place);
            }
            FloorEvent::Ended { participant, .. } => {
                if let Some(place) = self.floors.remove(participant) {
                    self.ends(place, Some(seq), at);
                }
            }
            FloorEvent::PolicySet { .. }
            | FloorEvent::Ordered { .. }
            | FloorEvent::Warned { .. }
            | FloorEvent::TimeUp { .. }
            | FloorEvent::Extended { .. } => {}
        }
    }

    fn speaks(&mut self, who: &ParticipantId, seq: u64, at: i64, by_floor: bool) -> Place {
        let speech = Happening::Speech {
            participant: who.clone(),
            until: at,
            by_floor,
        };
        self.write(seq, at, speech)
    }

    fn stage(&mut self, seq: u64, at: i64, stage: &Stage) {
        let shown = stage.source.as_ref();
        if let Some((who, place)) = self.voice.take() {
            let goes_on = stage.mode == StageMode::FollowSpeaker
                && shown.is_some_and(|source| source.participant == who);
            if goes_on {
                self.voice = Some((who, place));
                return;
            }
            self.ends(place, Some(seq), at);
        }
        let Some(source) = shown else { return };
        let participant = source.participant.clone();
        match (stage.mode, source.kind) {
            (_, SourceKind::Screen) => self.once(seq, at, Happening::Screen { participant }),
            (StageMode::FollowSpeaker, _) if !self.floors.contains_key(&participant) => {
                let place = self.speaks(&participant, seq, at, false);
                self.voice = Some((participant, place));
            }
            (StageMode::FollowSpeaker | StageMode::Chosen, _) => {}
        }
    }

    fn falls_silent(&mut self, participant: &ParticipantId, seq: u64, at: i64) {
        if let Some((_, place)) = self.voice.take_if(|(who, _)| who == participant) {
            self.ends(place, Some(seq), at);
        }
    }

    fn conduct(&mut self, seq: u64, at: i64, event: &ConductEvent) {
        match event {
            ConductEvent::Announced { text, by } => {
                let (by, text) = (by.clone(), text.clone());
                self.write(seq, at, Happening::Announcement { by, text });
            }
            ConductEvent::Paused { .. } => {
                if self.pause.is_none() {
                    self.pause = Some(self.write(seq, at, Happening::Break { until: at }));
                }
            }
            ConductEvent::Resumed { .. } => {
                if let Some(place) = self.pause.take() {
                    self.ends(place, Some(seq), at);
                }
            }
            ConductEvent::Noted {
                text,
                conclusion,
                by,
            } => {
                let (by, text) = (by.clone(), text.clone());
                let what = if *conclusion {
                    Happening::Conclusion { by, text }
                } else {
                    Happening::Note { by, text }
                };
                self.write(seq, at, what);
            }
            ConductEvent::Withdrawn { .. }
            | ConductEvent::TimerStarted { .. }
            | ConductEvent::TimerEnded { .. }
            | ConductEvent::ChatSet { .. }
            | ConductEvent::MessageSent { .. } => {}
        }
    }

    fn roll_call(&mut self, seq: u64, at: i64, event: &RollCallEvent) {
        match event {
            RollCallEvent::Opened { number, .. } => {
                let what = Happening::RollCall {
                    number: *number,
                    expected: 0,
                    present: 0,
                    headcount: 0,
                };
                self.roll_call = Some(self.write(seq, at, what));
            }
            RollCallEvent::Closed { result, .. } => {
                let place = self.roll_call.take();
                if let Some(entry) = place.and_then(|place| self.entry(place)) {
                    entry.seqs.push(seq);
                    entry.what = called(result);
                }
            }
            RollCallEvent::CheckOpened { asked, .. } => {
                let what = Happening::Check {
                    asked: asked.len() as u32,
                    missing: Vec::new(),
                };
                self.check = Some(self.write(seq, at, what));
            }
            RollCallEvent::CheckClosed { missing: gone, .. } => {
                let place = self.check.take();
                if let Some(entry) = place.and_then(|place| self.entry(place)) {
                    entry.seqs.push(seq);
                    if let Happening::Check { missing, .. } = &mut entry.what {
                        missing.extend(gone.iter().cloned());
                    }
                }
            }
            RollCallEvent::Answered { .. } | RollCallEvent::CheckAnswered { .. } => {}
        }
    }
}

fn called(result: &RollResult) -> Happening {
    let is_there = |found| matches!(found, RollFinding::Present | RollFinding::Late);
    let there = result.entries.iter().filter(|entry| is_there(entry.found));
    let heads = there.clone().filter_map(|entry| entry.headcount);
    Happening::RollCall {
        number: result.number,
        expected: result.entries.len() as u32,
        present: there.count() as u32,
        headcount: heads.map(u64::from).sum(),
    }
}

/// Whether an entry belongs into the minutes, now that all is known of it.
fn is_worth(entry: &Entry, ended: i64) -> bool {
    match &entry.what {
        Happening::Speech {
            until,
            by_floor: false,
            ..
        } => until - entry.at >= SPEECH,
        // It goes without saying that it ends with the meeting.
        Happening::RecordingEnded => entry.at < ended,
        Happening::RollCall { expected, .. } => *expected > 0,
        _ => true,
    }
}
