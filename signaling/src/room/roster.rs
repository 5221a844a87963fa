//! The roster of a large meeting on its way to the clients: a page when they
//! ask, and by ticks what changed of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use diemcau_protocol::{AnnouncedEvent, Participant, ParticipantId, RosterChange, ServerMessage};
use tokio::time::Instant;

use super::announce::{deliver, listening};
use super::timers::Timer;
use super::{Line, Room};
use crate::meeting::roster::{View, counts, is_large, known_to_all, page, present_form, touches};
use crate::outbox::to_text;

/// Changes of the roster are told at most so often.
const TICK: Duration = Duration::from_secs(1);

/// What changed since the last tick.
#[derive(Debug, Default)]
pub(super) struct RosterNews {
    is_large: bool,
    touched: BTreeSet<ParticipantId>,
    /// Whom everyone knew at the last tick.
    known: BTreeSet<ParticipantId>,
    armed: bool,
}

impl Room {
    /// Notes what events change in the roster of a large meeting.
    pub(super) fn mind_the_roster(&mut self, events: &[AnnouncedEvent]) {
        if !is_large(&self.state) {
            return;
        }
        if !self.roster.is_large {
            self.roster.is_large = true;
            self.turn_to_pages();
        }
        let touched = events
            .iter()
            .filter_map(|happened| touches(&happened.event));
        self.roster.touched.extend(touched.cloned());
        if !self.roster.armed {
            self.roster.armed = true;
            self.timers.set(Instant::now() + TICK, Timer::Roster);
        }
    }

    /// The meeting has become large: from now on everyone who can has a page.
    fn turn_to_pages(&mut self) {
        let turning: Vec<ParticipantId> = self
            .seats
            .iter_mut()
            .filter_map(|(id, seat)| {
                let pages = listening(seat)?.pages;
                (pages && seat.view.is_none()).then(|| id.clone())
            })
            .collect();
        for id in turning {
            self.show_page(&id, View::default());
        }
    }

    /// A client shows another part of the roster.
    pub(super) fn hear_roster(&mut self, line: &Line, view: View) {
        let is_here = self
            .seats
            .get_mut(&line.participant)
            .filter(|seat| seat.is_on(line.connection))
            .and_then(listening)
            .is_some();
        if is_here && is_large(&self.state) {
            self.show_page(&line.participant, view);
        }
    }

    fn show_page(&mut self, id: &ParticipantId, view: View) {
        let page = ServerMessage::Roster(page(&self.state, id, &view));
        if let Some(seat) = self.seats.get_mut(id) {
            seat.view = Some(view);
            if let (Some(connection), Some(text)) = (listening(seat), to_text(&page)) {
                deliver(connection, &text, &mut self.timers);
            }
        }
    }

    /// Tells each what changed of what it shows: the same text for all who show
    /// the same.
    pub(super) fn tell_roster(&mut self) {
        self.roster.armed = false;
        let known = known_to_all(&self.state);
        let before = std::mem::replace(&mut self.roster.known, known);
        let known = &self.roster.known;
        let mut changed = std::mem::take(&mut self.roster.touched);
        changed.extend(known.difference(&before).cloned());
        let changed: Vec<Participant> = changed
            .iter()
            .filter_map(|id| present_form(&self.state, id))
            .collect();
        let (total, here) = counts(&self.state);
        let write = |view: &View| {
            let shown = changed.iter().filter(|participant| {
                view.shows(&participant.id, participant.number) || known.contains(&participant.id)
            });
            to_text(&ServerMessage::RosterChanged(RosterChange {
                total,
                here,
                participants: shown.cloned().collect(),
            }))
        };
        let mut texts: BTreeMap<View, Option<Utf8Bytes>> = BTreeMap::new();
        for seat in self.seats.values_mut() {
            let Some(view) = &seat.view else {
                continue;
            };
            let text = match texts.get(view) {
                Some(text) => text.clone(),
                None => {
                    let text = write(view);
                    texts.insert(view.clone(), text.clone());
                    text
                }
            };
            if let (Some(connection), Some(text)) = (listening(seat), text) {
                deliver(connection, &text, &mut self.timers);
            }
        }
    }
}
