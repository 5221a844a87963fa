//! The projection: from the log of a meeting to its minutes, pure.
//!
//! ```text
//!   log ──> people      names and roles as they were last, who was there when
//!      ├──> course      chapters by agenda item, what happened in each
//!      └──> votes       questions, ballots, results
//! ```
//!
//! What is before the opening was rehearsal and leaves no trace but who was
//! there, by which name, what the agenda is, and who agreed to being recorded.

mod course;
mod documents;
mod people;
#[cfg(test)]
mod stories;
mod votes;

use diemcau_protocol::{CourseEvent, Event, ParticipantId, RecordingEvent};

use super::log::{Beside, LoggedEvent};
use super::record::{FORMAT_VERSION, Fact, Minutes, RecordingRecord};
use course::Course;
use people::People;
use votes::Votes;

/// Why there are no minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMinutes {
    /// The meeting was rehearsed and never opened.
    #[error("the meeting was never opened")]
    NeverOpened,
    /// It is not over, or the hash of its log's end is not known.
    #[error("the meeting is not over")]
    NotOver,
    /// The events are not in the order of their numbers.
    #[error("event {seq} does not follow the one before it")]
    OutOfOrder {
        /// The first that does not.
        seq: u64,
    },
}

impl NoMinutes {
    /// For those who are told of it.
    pub fn code(self) -> &'static str {
        match self {
            Self::NeverOpened => "meeting_never_opened",
            Self::NotOver => "meeting_not_over",
            Self::OutOfOrder { .. } => "log_out_of_order",
        }
    }
}

/// The minutes of a meeting that is over.
pub fn project(events: &[LoggedEvent], beside: &Beside) -> Result<Minutes, NoMinutes> {
    in_order(events)?;
    let mut projection = Projection::new(beside);
    for event in events {
        projection.take(event);
    }
    projection.finish(beside)
}

fn in_order(events: &[LoggedEvent]) -> Result<(), NoMinutes> {
    let wrong = events.windows(2).find(|pair| pair[1].seq <= pair[0].seq);
    wrong.map_or(Ok(()), |pair| {
        Err(NoMinutes::OutOfOrder { seq: pair[1].seq })
    })
}

struct Projection {
    opening: Option<Opening>,
    ended: Option<Fact<i64>>,
    people: People,
    course: Course,
    votes: Votes,
    recording: RecordingRecord,
}

struct Opening {
    began: Fact<i64>,
    title: Fact<String>,
    host_unit: Fact<String>,
}

impl Projection {
    fn new(beside: &Beside) -> Self {
        Self {
            opening: None,
            ended: None,
            people: People::invited(&beside.invited),
            course: Course::default(),
            votes: Votes::default(),
            recording: RecordingRecord::default(),
        }
    }

    fn take(&mut self, logged: &LoggedEvent) {
        let LoggedEvent { seq, at, event } = logged;
        match event {
            Event::MeetingOpened {
                title, host_unit, ..
            } => self.open(*seq, *at, title, host_unit),
            Event::Course(CourseEvent::Ended { .. }) => self.ended = Some(Fact::new(*at, *seq)),
            Event::Recording(event) => self.recording(*seq, *at, event),
            _ => {}
        }
        self.people.take(*seq, *at, event);
        self.course.take(*seq, *at, event);
        self.votes.take(*seq, *at, event);
    }

    fn open(&mut self, seq: u64, at: i64, title: &str, host_unit: &str) {
        self.opening = Some(Opening {
            began: Fact::new(at, seq),
            title: Fact::new(title.to_owned(), seq),
            host_unit: Fact::new(host_unit.to_owned(), seq),
        });
        self.recording.announced = None;
        self.recording.began = None;
    }

    fn recording(&mut self, seq: u64, at: i64, event: &RecordingEvent) {
        let recording = &mut self.recording;
        match event {
            RecordingEvent::Announced { .. } => {
                recording.announced.get_or_insert(Fact::new(at, seq));
            }
            RecordingEvent::Started => {
                recording.began.get_or_insert(Fact::new(at, seq));
            }
            RecordingEvent::Stopped { .. }
            | RecordingEvent::Paused { .. }
            | RecordingEvent::Resumed { .. } => {}
            RecordingEvent::Consented { participant, given } => {
                let other = |fact: &Fact<ParticipantId>| fact.value != *participant;
                recording.agreed.retain(other);
                recording.disagreed.retain(other);
                let list = if *given {
                    &mut recording.agreed
                } else {
                    &mut recording.disagreed
                };
                list.push(Fact::new(participant.clone(), seq));
            }
        }
    }

    fn finish(self, beside: &Beside) -> Result<Minutes, NoMinutes> {
        let opening = self.opening.ok_or(NoMinutes::NeverOpened)?;
        let ended = self.ended.ok_or(NoMinutes::NotOver)?;
        let closing_hash = beside.closing_hash.clone().ok_or(NoMinutes::NotOver)?;
        Ok(Minutes {
            format: FORMAT_VERSION,
            meeting: beside.meeting.clone(),
            occasion: beside.occasion,
            title: opening.title,
            host_unit: opening.host_unit,
            began: opening.began,
            attendance: self.people.attendance(),
            course: self.course.finish(ended.value),
            votes: self.votes.finish(),
            recording: self.recording,
            no_state_secret: beside.no_state_secret.clone(),
            ended,
            closing_hash,
        })
    }
}
