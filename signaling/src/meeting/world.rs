//! A meeting on paper, for stories.

use diemcau_protocol::{
    Command, CourseEvent, ErrorCode, Event, ParticipantId, ParticipantKind, Role, SourceKind,
    SourceRef,
};

use super::{Input, Member, Newcomer, State, apply, deadline, decide, due};

pub(super) const MICROPHONE_ON: Command = Command::SetMicrophone { on: true };

/// A meeting on paper: inputs go in, events are applied at once.
pub(super) struct Meeting {
    pub(super) state: State,
    pub(super) now: i64,
    seed: u64,
}

pub(super) fn newcomer(name: Option<&str>, role: Role) -> Newcomer {
    Newcomer {
        name: name.map(str::to_owned),
        role,
        kind: ParticipantKind::Site,
        unit: None,
        guest: false,
    }
}

impl Meeting {
    fn beginning_with(first: &Event) -> Self {
        let mut meeting = Self {
            state: State::empty("giao-ban".into()),
            now: 1_000,
            seed: 0,
        };
        meeting.happen(first);
        meeting
    }

    pub(super) fn opened() -> Self {
        Self::beginning_with(&Event::MeetingOpened {
            title: "Giao ban".to_owned(),
            host_unit: "UBND tỉnh".to_owned(),
            video_codec: None,
        })
    }

    pub(super) fn rehearsing() -> Self {
        Self::beginning_with(&Event::Course(CourseEvent::RehearsalBegan {
            title: "Giao ban".to_owned(),
            host_unit: "UBND tỉnh".to_owned(),
            video_codec: None,
        }))
    }

    /// The chair and two communes are in.
    pub(super) fn of_three() -> Self {
        let mut meeting = Self::opened();
        meeting.joins("chủ tọa", Role::Chair);
        meeting.joins("xã An Bình", Role::Operator);
        meeting.joins("xã Hòa Lạc", Role::Operator);
        meeting
    }

    pub(super) fn happen(&mut self, event: &Event) {
        self.now += 1;
        apply(&mut self.state, self.now, event);
    }

    fn store(&mut self, events: &[Event]) {
        for event in events {
            apply(&mut self.state, self.now, event);
        }
    }

    /// Time passes; what it brings about happens when it is due.
    pub(super) fn passes(&mut self, seconds: i64) -> Vec<Event> {
        let until = self.now + seconds * 1_000;
        let mut happened = Vec::new();
        while let Some(at) = deadline(&self.state).filter(|at| *at <= until) {
            assert!(due(&self.state, at - 1).is_empty(), "due before its time");
            self.now = self.now.max(at);
            let events = due(&self.state, self.now);
            assert!(!events.is_empty(), "a time was named for nothing");
            self.store(&events);
            happened.extend(events);
        }
        self.now = until;
        happened
    }

    pub(super) fn input(&mut self, who: &str, input: &Input) -> Result<Vec<Event>, ErrorCode> {
        self.now += 1;
        let events =
            decide(&self.state, self.now, &who.into(), input).map_err(|refusal| refusal.code)?;
        self.store(&events);
        Ok(events)
    }

    pub(super) fn joins(&mut self, who: &str, role: Role) -> Vec<Event> {
        self.input(who, &Input::Join(newcomer(Some(who), role)))
            .unwrap()
    }

    pub(super) fn commands(
        &mut self,
        who: &str,
        command: Command,
    ) -> Result<Vec<Event>, ErrorCode> {
        self.seed += 1;
        let seed = self.seed;
        self.input(who, &Input::Command { command, seed })
    }

    pub(super) fn member(&self, who: &str) -> &Member {
        &self.state.members[&ParticipantId::from(who)]
    }
}

pub(super) fn camera(who: &str) -> SourceRef {
    SourceRef {
        participant: who.into(),
        kind: SourceKind::Camera,
    }
}

pub(super) fn screen(who: &str) -> SourceRef {
    SourceRef {
        participant: who.into(),
        kind: SourceKind::Screen,
    }
}

pub(super) fn mute(who: &str, muted: bool) -> Command {
    Command::SetMuted {
        participant: who.into(),
        muted,
    }
}
