//! What there is to be found in an archive, and where in the recording.

use std::collections::BTreeSet;
use std::io;

use diemcau_protocol::{
    AgendaEvent, DocumentsEvent, Event, MarkKind, MeetingId, RecordingTimeline, SearchedPlace,
};

use crate::archive::EVENTS;
use crate::library::Library;
use crate::minutes::draft::Draft;
use crate::minutes::first::read_log;

/// A text that can be found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text {
    pub(super) place: SearchedPlace,
    /// In milliseconds from the beginning of the recording.
    pub(super) at: Option<i64>,
    /// Only for who may read the draft of the minutes.
    pub(super) is_draft: bool,
    pub(super) text: String,
}

/// Collects each text once, where it comes first.
struct Texts<'a> {
    timeline: &'a RecordingTimeline,
    known: BTreeSet<(SearchedPlace, String)>,
    texts: Vec<Text>,
}

impl Texts<'_> {
    fn add(&mut self, place: SearchedPlace, at: Option<i64>, text: &str) {
        let is_new = self.known.insert((place, text.to_owned()));
        // What is written twice in the chat was said twice.
        if (is_new || place == SearchedPlace::Chat) && !text.trim().is_empty() {
            self.texts.push(Text {
                place,
                at,
                is_draft: false,
                text: text.to_owned(),
            });
        }
    }

    /// A time of the log in the recording, where that has it.
    fn moment(&self, at: i64) -> Option<i64> {
        let moment = at - self.timeline.began_at;
        (0..=self.timeline.duration)
            .contains(&moment)
            .then_some(moment)
    }
}

/// Everything in an archive that can be found, but for the minutes.
pub(super) fn of_archive(
    library: &Library,
    meeting: &MeetingId,
    timeline: &RecordingTimeline,
) -> io::Result<Vec<Text>> {
    let mut texts = Texts {
        timeline,
        known: BTreeSet::new(),
        texts: Vec::new(),
    };
    texts.add(SearchedPlace::Title, None, &timeline.title);
    texts.add(SearchedPlace::HostUnit, None, &timeline.host_unit);
    for mark in &timeline.chapters {
        let place = match mark.kind {
            MarkKind::Agenda => SearchedPlace::Agenda,
            MarkKind::Stage | MarkKind::Speaker => SearchedPlace::Speaker,
        };
        texts.add(place, Some(mark.at), &mark.title);
    }
    let log = io::read_to_string(library.open(meeting, EVENTS)?.content)?;
    let (events, _) = read_log(&log).map_err(io::Error::other)?;
    for logged in &events {
        let moment = texts.moment(logged.at);
        match &logged.event {
            Event::ParticipantJoined { name, .. } => {
                texts.add(SearchedPlace::Speaker, None, name);
            }
            Event::ChatSent { text, .. } => texts.add(SearchedPlace::Chat, moment, text),
            Event::Agenda(
                AgendaEvent::Added { title, .. } | AgendaEvent::Changed { title, .. },
            ) => texts.add(SearchedPlace::Agenda, None, title),
            Event::Documents(DocumentsEvent::Added { title, .. }) => {
                texts.add(SearchedPlace::Document, moment, title);
            }
            _ => {}
        }
    }
    Ok(texts.texts)
}

/// What minutes say, as they are printed.
pub(super) fn of_minutes(draft: &Draft, is_draft: bool) -> Vec<Text> {
    let statements = draft.statements.iter().filter(|one| !one.left_out);
    let text = |text: &str| Text {
        place: SearchedPlace::Minutes,
        at: None,
        is_draft,
        text: text.to_owned(),
    };
    let number = draft.number().map(ToString::to_string);
    let texts = statements.map(|statement| text(&statement.text));
    texts.chain(number.as_deref().map(text)).collect()
}
