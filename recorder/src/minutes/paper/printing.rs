//! Both forms at once, and the preview of a template.

use diemcau_protocol::{AgendaEvent, CourseEvent, Event, ParticipantKind, Role};

use super::PaperError;
use crate::minutes::docx;
use crate::minutes::draft::Draft;
use crate::minutes::log::{Beside, Invited, LoggedEvent, Occasion};
use crate::minutes::pdf;
use crate::minutes::project::project;
use crate::minutes::refusal::{Code, Refusal};
use crate::minutes::sheet::lay_out;
use crate::minutes::template::{Template, checked};

/// The document in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// PDF/A-2b.
    pub pdf: Vec<u8>,
    /// DOCX.
    pub docx: Vec<u8>,
}

/// Puts a draft on paper. The same draft and template give the same bytes.
pub fn put_on_paper(draft: &Draft, template: &Template) -> Result<Paper, PaperError> {
    let sheet = lay_out(draft, &checked(template)?);
    Ok(Paper {
        pdf: pdf::render(&sheet)?,
        docx: docx::render(&sheet)?,
    })
}

/// How many pages a PDF has.
///
/// # Errors
/// When it is none.
pub fn pages(pdf: &[u8]) -> Result<usize, Refusal> {
    let unreadable = |error: lopdf::Error| Refusal::new(Code::NotAPdf, error.to_string());
    let document = lopdf::Document::load_mem(pdf).map_err(unreadable)?;
    Ok(document.get_pages().len())
}

/// The minutes of a meeting that never was, as PDF: for whoever sets a template
/// up to see it.
pub fn preview(template: &Template) -> Result<Vec<u8>, PaperError> {
    let template = checked(template)?;
    let minutes = project(&sample(&template), &beside_sample(&template));
    let minutes = minutes.map_err(|error| Refusal::new(Code::BadTemplate, error.to_string()))?;
    Ok(pdf::render(&lay_out(&Draft::new(minutes), &template))?)
}

/// 1 January 2026, 08:00 by Vietnamese time.
const SAMPLE_DAY: i64 = 1_767_229_200_000;

fn sample(template: &Template) -> Vec<LoggedEvent> {
    let chair = || "chu-toa".into();
    let title = "Họp trực tuyến giao ban".to_owned();
    let mut events = vec![Event::MeetingOpened {
        title,
        host_unit: template.agency.clone(),
        video_codec: None,
    }];
    let people = (1..).zip(beside_sample(template).invited);
    events.extend(people.map(|(number, person)| Event::ParticipantJoined {
        participant: person.participant,
        number,
        name: person.name,
        role: person.role,
        kind: person.kind,
        unit: person.unit,
    }));
    events.push(Event::Agenda(AgendaEvent::Added {
        number: 1,
        title: "Báo cáo công tác tháng".to_owned(),
        minutes: None,
        speakers: String::new(),
        documents: Vec::new(),
        by: chair(),
    }));
    events.push(Event::Agenda(AgendaEvent::Started {
        number: 1,
        by: chair(),
    }));
    events.push(Event::Course(CourseEvent::Ended { by: chair() }));
    let numbered = (1..).zip(events);
    let log = numbered.map(|(seq, event)| LoggedEvent {
        seq,
        at: SAMPLE_DAY + seq as i64 * 60_000,
        event,
    });
    log.collect()
}

fn beside_sample(template: &Template) -> Beside {
    let person = |id: &str, name: &str, role| Invited {
        participant: id.into(),
        name: name.to_owned(),
        role,
        kind: ParticipantKind::Person,
        unit: Some(template.agency.clone()),
    };
    Beside {
        meeting: "sample".into(),
        occasion: Occasion::Meeting,
        invited: vec![
            person("chu-toa", "Ông Nguyễn Văn A", Role::Chair),
            person("thu-ky", "Bà Trần Thị B", Role::Secretary),
        ],
        no_state_secret: None,
        closing_hash: Some("0".repeat(64)),
    }
}
