//! The agenda: items in order, one of them dealt with now, and how much longer
//! than meant it takes.

#[cfg(test)]
mod stories;

use diemcau_protocol::{
    AGENDA_ITEMS, Action, AgendaCommand, AgendaEvent, AgendaItem, ErrorCode, Event, ITEM_DOCUMENTS,
    ITEM_TITLE_LENGTH, ParticipantId, PlannedItem, SPEAKERS_LENGTH,
};

use super::actor::{Actor, Decision, unknown_command};
use super::floor::{out_of_range, within};
use super::text::{clean_line, clean_text};
use super::{Refusal, State};
use crate::permissions::Scope;

/// The longest time that an item is meant to take, in minutes: one day.
const LONGEST_ITEM: u32 = 1_440;

/// What an item says, checked.
struct Draft {
    title: String,
    minutes: Option<u32>,
    speakers: String,
    documents: Vec<String>,
}

/// Decides a command about the agenda.
pub(super) fn decide(actor: &Actor<'_>, command: &AgendaCommand) -> Decision {
    if *command != AgendaCommand::Unknown {
        actor.require(Action::RunAgenda, Scope::Meeting)?;
    }
    match command {
        AgendaCommand::Add {
            title,
            minutes,
            speakers,
            documents,
        } => add(actor, draft(title, *minutes, speakers, documents)?),
        AgendaCommand::Change {
            number,
            title,
            minutes,
            speakers,
            documents,
        } => {
            let draft = draft(title, *minutes, speakers, documents)?;
            change(actor, *number, draft)
        }
        AgendaCommand::Reorder { numbers } => Ok(reorder(actor, numbers)),
        AgendaCommand::Remove { number } => remove(actor, *number),
        AgendaCommand::Start { number } => start(actor, *number),
        AgendaCommand::Finish => Ok(finish(actor.state, actor.id).into_iter().collect()),
        AgendaCommand::Unknown => Err(unknown_command()),
    }
}

fn draft(
    title: &str,
    minutes: Option<u32>,
    speakers: &str,
    documents: &[String],
) -> Result<Draft, Refusal> {
    if let Some(minutes) = minutes {
        within(minutes, LONGEST_ITEM)?;
    }
    if documents.len() > ITEM_DOCUMENTS as usize {
        return Err(out_of_range());
    }
    let line = |text: &str| clean_text(&clean_line(text), ITEM_TITLE_LENGTH);
    Ok(Draft {
        title: line(title)?,
        minutes,
        speakers: if speakers.trim().is_empty() {
            String::new()
        } else {
            clean_text(speakers, SPEAKERS_LENGTH)?
        },
        documents: documents
            .iter()
            .map(|document| line(document))
            .collect::<Result<_, _>>()?,
    })
}

/// An item that is planned, checked as if it were added in the meeting.
pub(crate) fn planned(item: &PlannedItem) -> Result<PlannedItem, Refusal> {
    let draft = draft(&item.title, item.minutes, &item.speakers, &[])?;
    Ok(PlannedItem {
        title: draft.title,
        minutes: draft.minutes,
        speakers: draft.speakers,
    })
}

fn add(actor: &Actor<'_>, draft: Draft) -> Decision {
    let agenda = &actor.state.procedure.agenda;
    if agenda.items.len() >= AGENDA_ITEMS as usize {
        return Err(out_of_range());
    }
    Ok(vec![Event::Agenda(AgendaEvent::Added {
        number: agenda.numbered.saturating_add(1),
        title: draft.title,
        minutes: draft.minutes,
        speakers: draft.speakers,
        documents: draft.documents,
        by: actor.id.clone(),
    })])
}

fn change(actor: &Actor<'_>, number: u32, draft: Draft) -> Decision {
    let item = item(actor.state, number)?;
    if item.title == draft.title
        && item.minutes == draft.minutes
        && item.speakers == draft.speakers
        && item.documents == draft.documents
    {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Agenda(AgendaEvent::Changed {
        number,
        title: draft.title,
        minutes: draft.minutes,
        speakers: draft.speakers,
        documents: draft.documents,
        by: actor.id.clone(),
    })])
}

fn reorder(actor: &Actor<'_>, named: &[u32]) -> Vec<Event> {
    let before: Vec<u32> = numbers(&actor.state.procedure.agenda.items);
    let mut numbers: Vec<u32> = Vec::with_capacity(before.len());
    for number in named.iter().chain(&before) {
        if before.contains(number) && !numbers.contains(number) {
            numbers.push(*number);
        }
    }
    if numbers == before {
        return Vec::new();
    }
    vec![Event::Agenda(AgendaEvent::Reordered {
        numbers,
        by: actor.id.clone(),
    })]
}

fn remove(actor: &Actor<'_>, number: u32) -> Decision {
    item(actor.state, number)?;
    if actor.state.procedure.agenda.current == Some(number) {
        return Err(Refusal::new(
            ErrorCode::ItemRunning,
            "the item is dealt with now; finish it first",
        ));
    }
    Ok(vec![Event::Agenda(AgendaEvent::Removed {
        number,
        by: actor.id.clone(),
    })])
}

fn start(actor: &Actor<'_>, number: u32) -> Decision {
    item(actor.state, number)?;
    if actor.state.procedure.agenda.current == Some(number) {
        return Ok(Vec::new());
    }
    let mut events: Vec<Event> = finish(actor.state, actor.id).into_iter().collect();
    events.push(Event::Agenda(AgendaEvent::Started {
        number,
        by: actor.id.clone(),
    }));
    Ok(events)
}

/// The end of the present item.
pub(super) fn finish(state: &State, by: &ParticipantId) -> Option<Event> {
    let number = state.procedure.agenda.current?;
    Some(Event::Agenda(AgendaEvent::Finished {
        number,
        by: by.clone(),
    }))
}

/// No item was dealt with yet; they stay as they are.
pub(super) fn start_clean(state: &mut State) {
    let agenda = &mut state.procedure.agenda;
    agenda.current = None;
    for item in &mut agenda.items {
        item.started_at = None;
        item.finished_at = None;
        item.running_since = None;
        item.spent = 0;
        item.over_time = false;
    }
}

/// The item with this number.
pub(super) fn item(state: &State, number: u32) -> Result<&AgendaItem, Refusal> {
    let mut items = state.procedure.agenda.items.iter();
    items.find(|item| item.number == number).ok_or_else(|| {
        Refusal::new(
            ErrorCode::UnknownItem,
            "there is no such item on the agenda",
        )
    })
}

fn numbers(items: &[AgendaItem]) -> Vec<u32> {
    items.iter().map(|item| item.number).collect()
}

/// What time has brought about.
pub(super) fn due(state: &State, now: i64) -> Option<Event> {
    let number = state.procedure.agenda.current?;
    (deadline(state)? <= now).then_some(Event::Agenda(AgendaEvent::OverTime { number }))
}

/// When the present item's time is up.
pub(super) fn deadline(state: &State) -> Option<i64> {
    let current = item(state, state.procedure.agenda.current?).ok()?;
    current.time_up_at().filter(|_| !current.over_time)
}

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, at: i64, event: &AgendaEvent) {
    let agenda = &mut state.procedure.agenda;
    let find = |items: &mut [AgendaItem], number: u32, how: &dyn Fn(&mut AgendaItem)| {
        items
            .iter_mut()
            .filter(|item| item.number == number)
            .for_each(how);
    };
    match event {
        AgendaEvent::Added {
            number,
            title,
            minutes,
            speakers,
            documents,
            ..
        } => {
            agenda.numbered = agenda.numbered.max(*number);
            agenda.items.push(AgendaItem {
                number: *number,
                title: title.clone(),
                minutes: *minutes,
                speakers: speakers.clone(),
                documents: documents.clone(),
                started_at: None,
                finished_at: None,
                running_since: None,
                spent: 0,
                over_time: false,
            });
        }
        AgendaEvent::Changed {
            number,
            title,
            minutes,
            speakers,
            documents,
            ..
        } => find(&mut agenda.items, *number, &|item| {
            // More time, or less, is a new time to be over.
            item.over_time &= item.minutes == *minutes;
            item.title.clone_from(title);
            item.minutes = *minutes;
            item.speakers.clone_from(speakers);
            item.documents.clone_from(documents);
        }),
        AgendaEvent::Reordered { numbers, .. } => agenda.items.sort_by_key(|item| {
            let place = numbers.iter().position(|number| *number == item.number);
            place.unwrap_or(numbers.len())
        }),
        AgendaEvent::Removed { number, .. } => agenda.items.retain(|item| item.number != *number),
        AgendaEvent::Started { number, .. } => {
            agenda.current = Some(*number);
            find(&mut agenda.items, *number, &|item| {
                item.started_at = item.started_at.or(Some(at));
                item.finished_at = None;
                item.running_since = Some(at);
            });
        }
        AgendaEvent::Finished { number, .. } => {
            agenda.current = None;
            find(&mut agenda.items, *number, &|item| {
                item.spent = item.taken(at);
                item.running_since = None;
                item.finished_at = Some(at);
            });
        }
        AgendaEvent::OverTime { number } => find(&mut agenda.items, *number, &|item| {
            item.over_time = true;
        }),
    }
}
