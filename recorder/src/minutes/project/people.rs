//! Who took part, by which name, and when.

use std::collections::{BTreeMap, BTreeSet};

use diemcau_protocol::{
    AdmissionEvent, AgendaEvent, Event, LeaveReason, ParticipantId, ParticipantKind, Role,
    RollCallEvent,
};

use crate::minutes::log::Invited;
use crate::minutes::record::{Attendee, Fact};

/// Everybody who was invited or came, in that order.
pub(super) struct People {
    order: Vec<ParticipantId>,
    people: BTreeMap<ParticipantId, Attendee>,
    here: BTreeSet<ParticipantId>,
    opened: bool,
    /// Who comes from now on is late.
    begun: bool,
}

impl People {
    pub(super) fn invited(invited: &[Invited]) -> Self {
        let mut people = Self {
            order: Vec::new(),
            people: BTreeMap::new(),
            here: BTreeSet::new(),
            opened: false,
            begun: false,
        };
        for one in invited {
            let Invited {
                participant,
                name,
                role,
                kind,
                unit,
            } = one;
            people.know(participant, name, *role, *kind, unit.as_ref());
        }
        people
    }

    pub(super) fn take(&mut self, seq: u64, at: i64, event: &Event) {
        match event {
            Event::MeetingOpened { .. } => self.open(seq, at),
            Event::ParticipantJoined {
                participant,
                name,
                role,
                kind,
                unit,
                ..
            } => {
                self.know(participant, name, *role, *kind, unit.as_ref());
                self.here.insert(participant.clone());
                self.comes(participant, seq, at);
            }
            Event::ParticipantLeft {
                participant,
                reason,
            } => self.leaves(participant, seq, at, *reason),
            Event::Admission(AdmissionEvent::Renamed {
                participant, name, ..
            }) => {
                if let Some(person) = self.people.get_mut(participant) {
                    name.clone_into(&mut person.name);
                }
            }
            Event::RollCall(event) => self.roll_call(seq, event),
            Event::Agenda(AgendaEvent::Started { .. }) => self.begun = self.opened,
            _ => {}
        }
    }

    /// Everybody of whom presence was expected, as in a roll call.
    pub(super) fn attendance(mut self) -> Vec<Attendee> {
        let in_order = self.order.iter();
        let people = in_order.filter_map(|id| self.people.remove(id));
        people.filter(is_expected).collect()
    }

    fn know(
        &mut self,
        participant: &ParticipantId,
        name: &str,
        role: Role,
        kind: ParticipantKind,
        unit: Option<&String>,
    ) {
        let order = &mut self.order;
        let person = self.people.entry(participant.clone()).or_insert_with(|| {
            order.push(participant.clone());
            Attendee {
                participant: participant.clone(),
                name: String::new(),
                role,
                kind,
                unit: None,
                came: None,
                late: false,
                left: None,
                headcount: None,
                delegates: Vec::new(),
            }
        });
        name.clone_into(&mut person.name);
        person.role = role;
        person.kind = kind;
        person.unit = unit.cloned();
    }

    fn open(&mut self, seq: u64, at: i64) {
        self.opened = true;
        self.begun = false;
        for person in self.people.values_mut() {
            person.came = None;
            person.left = None;
            person.headcount = None;
            person.delegates.clear();
        }
        for participant in std::mem::take(&mut self.here) {
            self.comes(&participant, seq, at);
            self.here.insert(participant);
        }
    }

    fn comes(&mut self, participant: &ParticipantId, seq: u64, at: i64) {
        if !self.opened {
            return;
        }
        if let Some(person) = self.people.get_mut(participant) {
            person.left = None;
            if person.came.is_none() {
                person.came = Some(Fact::new(at, seq));
                person.late = self.begun;
            }
        }
    }

    fn leaves(&mut self, participant: &ParticipantId, seq: u64, at: i64, reason: LeaveReason) {
        self.here.remove(participant);
        let is_early = self.opened && reason != LeaveReason::MeetingEnded;
        let person = self.people.get_mut(participant);
        if let Some(person) = person.filter(|_| is_early) {
            person.left = Some(Fact::new(at, seq));
        }
    }

    fn roll_call(&mut self, seq: u64, event: &RollCallEvent) {
        if !self.opened {
            return;
        }
        match event {
            RollCallEvent::Opened { .. } => self.begun = true,
            RollCallEvent::Answered {
                participant,
                headcount,
                delegates,
            } => {
                if let Some(person) = self.people.get_mut(participant) {
                    person.headcount = Some(Fact::new(*headcount, seq));
                    person.delegates = lines(delegates);
                }
            }
            RollCallEvent::Closed { .. }
            | RollCallEvent::CheckOpened { .. }
            | RollCallEvent::CheckAnswered { .. }
            | RollCallEvent::CheckClosed { .. } => {}
        }
    }
}

fn is_expected(person: &Attendee) -> bool {
    person.role != Role::Observer && person.kind != ParticipantKind::Device
}

/// The lines of a text that are not empty.
pub(super) fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines.filter(|l| !l.is_empty()).map(str::to_owned).collect()
}
