//! What everyone hears of what happened: at once in a small meeting, by ticks
//! in a large one; and nothing for a while who does not keep up.
//!
//! ```text
//!   stored ──> outgoing ── tick ──> one message for each audience ──> outboxes
//!                                                                       │ too much
//!                     fresh welcome <── its queue is empty <── behind <─┘ waits
//! ```
//!
//! Answers wait with the events, so that a client hears of what it did before
//! it hears that it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use diemcau_protocol::{
    AnnouncedEvent, ErrorCode, Event, LARGE_MEETING, ParticipantId, ServerMessage,
};
use tokio::time::Instant;

use super::Room;
use super::batch::Waiting;
use super::seat::{Connection, Seat};
use super::timers::{Timer, Timers};
use crate::meeting::roster::{Audience, audience, own, told, told_to};
use crate::meeting::{State, ended_at, hears, is_message};
use crate::outbox::{Farewell, to_text};

/// In a large meeting everyone is told at most so often. One round is more
/// than three thousand messages, each sealed by itself.
const TICK: Duration = Duration::from_millis(100);

/// Whoever has so many messages waiting is told nothing more until it has read
/// them.
const BACKLOG: usize = 64;

/// How often those are looked at.
const LOOK_AFTER: Duration = Duration::from_millis(250);

/// Whoever has not read its messages after so long is sent away.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was stored and not announced yet.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    events: Vec<AnnouncedEvent>,
    accepted: Vec<Waiting>,
    /// When everyone was told last.
    last: Option<Instant>,
}

impl Room {
    /// Announces events and then answers what led to them, now or with the
    /// next tick.
    pub(super) fn publish(&mut self, events: Vec<AnnouncedEvent>, accepted: Vec<Waiting>) {
        // Whoever comes in sees the state as it is, and must not hear again
        // what led there.
        let somebody_comes = accepted
            .iter()
            .any(|waiting| matches!(waiting, Waiting::Join(_)));
        let is_first = self.outgoing.events.is_empty() && self.outgoing.accepted.is_empty();
        self.outgoing.events.extend(events);
        self.outgoing.accepted.extend(accepted);
        let now = Instant::now();
        let next = match self.outgoing.last {
            Some(last) if self.seats.len() > LARGE_MEETING as usize => last + TICK,
            Some(_) | None => now,
        };
        if next <= now || somebody_comes || ended_at(&self.state).is_some() {
            self.announce_now();
        } else if is_first {
            self.timers.set(next, Timer::Announce);
        }
    }

    /// Announces what waits for it.
    pub(super) fn announce_now(&mut self) {
        let events = std::mem::take(&mut self.outgoing.events);
        let accepted = std::mem::take(&mut self.outgoing.accepted);
        if !events.is_empty() {
            let admitted = events
                .iter()
                .any(|event| matches!(event.event, Event::Admission(_)));
            if self.announce(events) {
                self.outgoing.last = Some(Instant::now());
            }
            if admitted {
                self.welcome_the_admitted();
            }
        }
        self.finish(accepted);
    }

    /// Sends to everyone who is connected and not in the lobby.
    pub(super) fn broadcast(&mut self, message: &ServerMessage) {
        let Some(text) = to_text(message) else {
            return;
        };
        for connection in self.seats.values_mut().filter_map(listening) {
            deliver(connection, &text, &mut self.timers);
        }
    }

    /// Tells everyone what happened, as far as it is for them: the same text
    /// for all of an audience, unless something in it is for one alone. Says
    /// whether there was anything to tell.
    fn announce(&mut self, events: Vec<AnnouncedEvent>) -> bool {
        let cursor = self.cursor();
        let is_for_all = events.iter().all(|happened| !is_message(&happened.event));
        let owners: BTreeSet<&ParticipantId> = events
            .iter()
            .filter_map(|happened| own(&happened.event))
            .collect();
        // None is for those who hear everything.
        let mut texts: BTreeMap<Option<Audience>, Option<Utf8Bytes>> = BTreeMap::new();
        let write = |events: Vec<AnnouncedEvent>| {
            let cursor = cursor.clone();
            if events.is_empty() {
                return None;
            }
            to_text(&ServerMessage::Events { cursor, events })
        };
        let mut anything = false;
        for (id, seat) in &mut self.seats {
            let pages = seat.view.is_some();
            let Some(connection) = listening(seat) else {
                continue;
            };
            let text = if !is_for_all || (pages && owners.contains(id)) {
                let told = events_for(&self.state, id, pages, &events);
                write(told)
            } else {
                let who = pages.then(|| audience(&self.state, id));
                let text = texts.entry(who).or_insert_with(|| {
                    write(match who {
                        None => events.clone(),
                        Some(audience) => heard_by(audience, &events),
                    })
                });
                text.clone()
            };
            if let Some(text) = text {
                anything = true;
                deliver(connection, &text, &mut self.timers);
            }
        }
        anything
    }

    /// What a participant who comes back is told of what it missed.
    pub(super) fn told_to(
        &self,
        id: &ParticipantId,
        pages: bool,
        events: &[AnnouncedEvent],
    ) -> Vec<AnnouncedEvent> {
        events_for(&self.state, id, pages, events)
    }

    /// Lets those who have read what waited for them begin anew, and sends
    /// away those who do not read at all.
    pub(super) fn bring_up_to_date(&mut self) {
        let now = Instant::now();
        let mut caught_up = Vec::new();
        let mut look_again = false;
        for (id, seat) in &mut self.seats {
            let Some(connection) = listening(seat) else {
                continue;
            };
            let Some(since) = connection.behind else {
                continue;
            };
            if connection.outbox.waiting() == 0 {
                connection.behind = None;
                caught_up.push(id.clone());
            } else if now.duration_since(since) > PATIENCE {
                connection.outbox.end(Farewell::come_back(
                    ErrorCode::TooSlow,
                    "too many messages wait for this client",
                ));
            } else {
                look_again = true;
            }
        }
        if look_again {
            self.timers.set(now + LOOK_AFTER, Timer::Behind);
        }
        // What is not announced yet is in the state already.
        if !caught_up.is_empty() {
            self.announce_now();
        }
        for id in caught_up {
            self.greet(&id, None);
        }
    }
}

/// What a participant is told of these events.
fn events_for(
    state: &State,
    id: &ParticipantId,
    pages: bool,
    events: &[AnnouncedEvent],
) -> Vec<AnnouncedEvent> {
    let heard = events
        .iter()
        .filter(|happened| hears(state, id, &happened.event));
    if !pages {
        return heard.cloned().collect();
    }
    let audience = audience(state, id);
    heard
        .filter_map(|AnnouncedEvent { at, event }| {
            let event = told_to(event, id, audience)?;
            Some(AnnouncedEvent { at: *at, event })
        })
        .collect()
}

fn heard_by(audience: Audience, events: &[AnnouncedEvent]) -> Vec<AnnouncedEvent> {
    events
        .iter()
        .filter_map(|AnnouncedEvent { at, event }| {
            let event = told(event, audience)?;
            Some(AnnouncedEvent { at: *at, event })
        })
        .collect()
}

/// The line to somebody who is in.
pub(super) fn listening(seat: &mut Seat) -> Option<&mut Connection> {
    let in_lobby = seat.in_lobby;
    seat.connection.as_mut().filter(|_| !in_lobby)
}

/// Sends, unless the client is behind or falls behind now.
pub(super) fn deliver(connection: &mut Connection, text: &Utf8Bytes, timers: &mut Timers) {
    if connection.behind.is_some() {
        return;
    }
    if connection.outbox.waiting() >= BACKLOG {
        let now = Instant::now();
        connection.behind = Some(now);
        timers.set(now + LOOK_AFTER, Timer::Behind);
        return;
    }
    connection.outbox.send_text(text.clone());
}
