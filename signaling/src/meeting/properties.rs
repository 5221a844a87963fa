//! Whatever anybody does in whatever order, the meeting stays sound, and its
//! stored log leads to the same meeting again.

mod commands;
mod documents;
mod languages;
mod parting;
mod votes;

use std::collections::BTreeSet;

use diemcau_protocol::{
    AnnouncedEvent, CourseEvent, DesiredChange, DesiredMeeting, Event, FloorMode, ParticipantId,
    ParticipantKind, Presence, Role, SourceKind,
};
use proptest::prelude::*;

use super::{
    BoxNews, Input, Newcomer, State, apply, changes, deadline, decide, desired, due, ended_at,
    floor, hear_box, microphones,
};
use crate::log::{Head, Occurrence, StoredEvent, open_chain, seal};
use commands::{command, participant};

/// One step of a meeting: who does what, time passes (in milliseconds), the
/// ballot box tells something, or the server restarts.
#[derive(Debug, Clone)]
enum Step {
    Does(usize, Input),
    Passes(i64),
    BoxTells(BoxNews),
    Restarts,
}

fn step() -> impl Strategy<Value = Step> {
    // One more person than roles: the last one is never invited.
    let who = 0..7_usize;
    let join = (who.clone(), prop::option::of("[a-zạ-ỹ ]{0,6}")).prop_map(|(index, name)| {
        Step::Does(
            index,
            Input::Join(Newcomer {
                name,
                role: Role::ALL[index % Role::ALL.len()],
                kind: ParticipantKind::Site,
                unit: (index % 3 > 0).then(|| format!("Huyện {}", index % 3)),
                guest: index % 2 == 0,
            }),
        )
    });
    let system = prop::sample::select(vec![
        Input::ConnectionLost,
        Input::GraceExpired,
        Input::Abandoned,
        Input::Speaker,
    ]);
    prop_oneof![
        3 => join,
        2 => (who.clone(), system).prop_map(|(index, input)| Step::Does(index, input)),
        8 => (who, command(), any::<u64>()).prop_map(|(index, command, seed)| {
            Step::Does(index, Input::Command { command, seed })
        }),
        2 => (0..120_000_i64).prop_map(Step::Passes),
        2 => (0..7_usize, documents::deposit()).prop_map(|(index, deposit)| {
            let role = Some(Role::ALL[index % Role::ALL.len()]);
            Step::Does(index, Input::Deposit { role, deposit })
        }),
        2 => votes::news().prop_map(Step::BoxTells),
        1 => Just(Step::Restarts),
    ]
}

fn is_sound(state: &State) {
    let mut numbers = BTreeSet::new();
    for member in state.members.values() {
        assert!(numbers.insert(member.number), "two have the same number");
        assert!((1..state.next_number).contains(&member.number));
        assert!(!(member.muted && member.microphone), "muted but open");
        let does_something =
            member.microphone || member.camera || member.screen || member.hand_raised_at.is_some();
        if member.presence == Presence::Left || member.role == Role::Observer {
            assert!(!does_something, "{member:?}");
        }
        assert!(!member.name.trim().is_empty());
    }
    if let Some(source) = &state.stage.source {
        let shown = state.here(&source.participant).expect("shows who is here");
        match source.kind {
            SourceKind::Camera => {}
            SourceKind::Screen => assert!(shown.screen, "shows a screen that is none"),
            SourceKind::Microphone | SourceKind::ScreenAudio => panic!("shows a sound"),
        }
    }
    procedure_is_sound(state);
    votes::are_sound(state);
    documents::are_sound(state);
    parting::is_sound(state);
    languages::are_sound(state);
    if ended_at(state).is_some() {
        assert!(!state.is_occupied() && !state.is_awaited());
        assert_eq!(deadline(state), None, "something is open after the end");
    }
    for entry in &state.chat {
        assert_ne!(state.members[&entry.from].role, Role::Observer);
    }
}

fn procedure_is_sound(state: &State) {
    let floor = &state.procedure.floor;
    assert!(floor.holders.len() <= usize::from(floor.policy.at_once));
    for holder in &floor.holders {
        let member = state.here(&holder.participant).expect("holds and is here");
        assert_ne!(member.role, Role::Observer);
    }
    let admission = &state.procedure.admission;
    for waiting in &admission.waiting {
        let id = &waiting.participant;
        assert!(state.here(id).is_none(), "waits and is here");
        assert!(!admission.removed.contains(id), "waits and was removed");
    }
    let plan = &state.procedure.stage;
    for source in plan.beside.iter().chain(plan.given.values()) {
        let shown = state.here(&source.participant).expect("shows who is here");
        assert!(source.kind == SourceKind::Camera || shown.screen);
    }
    assert!(plan.document.is_none() || state.stage.source.is_none());
    let agenda = &state.procedure.agenda;
    for item in &agenda.items {
        assert!((1..=agenda.numbered).contains(&item.number));
        let runs = item.running_since.is_some();
        assert_eq!(runs, agenda.current == Some(item.number), "one item runs");
    }
    for (id, member) in &state.members {
        assert!(!(member.is_here() && admission.removed.contains(id)));
        assert_eq!(member.hand_raised_at.is_some(), floor.queue.contains(id));
        if !member.microphone {
            continue;
        }
        microphones::may_sound(state, id, member).expect("open where it may be");
        let by_floor = floor.policy.mode == FloorMode::ByFloor;
        let may = member.role == Role::Chair || floor::holds(state, id);
        assert!(!by_floor || may || microphones::is_free(state, id));
    }
}

/// What an SFU would know after obeying a change.
fn obey(meeting: &mut DesiredMeeting, change: DesiredChange) {
    let mut without = |id: &ParticipantId| meeting.participants.retain(|p| p.participant != *id);
    match change {
        DesiredChange::PutParticipant { participant } => {
            without(&participant.participant);
            meeting.participants.push(participant);
            meeting
                .participants
                .sort_by(|a, b| a.participant.cmp(&b.participant));
        }
        DesiredChange::RemoveParticipant { participant } => without(&participant),
        DesiredChange::SetStage { stage } => meeting.stage = stage,
        DesiredChange::SetGroups { groups } => meeting.groups = groups,
    }
}

/// Lets the steps happen and gives back the meeting and everything that
/// happened in it.
fn run(is_rehearsed: bool, steps: Vec<Step>) -> (State, Vec<Occurrence>) {
    let mut state = State::empty("cuoc-hop".into());
    let mut told = desired(&state);
    let mut history = Vec::new();
    let (title, host_unit) = ("Họp".to_owned(), "Tỉnh".to_owned());
    let first = if is_rehearsed {
        Event::Course(CourseEvent::RehearsalBegan {
            title,
            host_unit,
            video_codec: None,
        })
    } else {
        Event::MeetingOpened {
            title,
            host_unit,
            video_codec: None,
        }
    };
    let mut next = vec![first];
    let mut actor = None;
    let mut now = 0;
    for step in steps.into_iter().map(Some).chain([None]) {
        let events = std::mem::take(&mut next);
        let before = state.clone();
        let is_over = ended_at(&before).is_some();
        assert!(
            !is_over || events.is_empty(),
            "something happens after the end"
        );
        for event in &events {
            apply(&mut state, now, event);
            history.push(Occurrence {
                announced: AnnouncedEvent {
                    at: now,
                    event: event.clone(),
                },
                actor: actor.clone(),
            });
        }
        if !events.is_empty() && events != [Event::ServerRestarted] {
            assert_ne!(state, before, "an event that changes nothing");
        }
        for change in changes(&state, &events) {
            obey(&mut told, change);
        }
        assert_eq!(told, desired(&state), "the media plane is out of step");
        is_sound(&state);
        now += 1;
        match step {
            Some(Step::Does(index, input)) => {
                let who = participant(index);
                next = decide(&state, now, &who, &input).unwrap_or_default();
                actor = Some(who);
            }
            Some(Step::Passes(time)) => {
                now += time;
                next = due(&state, now);
                actor = None;
                let named = deadline(&state).is_some_and(|at| at <= now);
                assert_eq!(named, !next.is_empty(), "what is due was named");
            }
            Some(Step::BoxTells(news)) => {
                next = hear_box(&state, &news);
                actor = None;
            }
            // A meeting that is over is not told of a restart.
            Some(Step::Restarts) => {
                next = if ended_at(&state).is_none() {
                    vec![Event::ServerRestarted]
                } else {
                    Vec::new()
                };
                actor = None;
            }
            None => {}
        }
    }
    votes::recount(&history);
    (state, history)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_meeting_stays_sound_and_replays_from_its_stored_bytes(
        is_rehearsed in any::<bool>(),
        steps in prop::collection::vec(step(), 0..120)
    ) {
        let (state, history) = run(is_rehearsed, steps);
        let mut head = Head::new("cuoc-hop".into(), "nhanh".to_owned());
        let stored: Vec<StoredEvent> = history
            .iter()
            .map(|occurrence| {
                let sealed = seal(&mut head, occurrence, [7; 16]).unwrap();
                StoredEvent {
                    bytes: sealed.bytes,
                    hash: sealed.hash.to_vec(),
                    personal: sealed.personal.into_iter().collect(),
                }
            })
            .collect();
        let (replayed_head, events) =
            open_chain("cuoc-hop".into(), "nhanh".to_owned(), &stored).unwrap();
        prop_assert_eq!(replayed_head, head);
        let mut replayed = State::empty("cuoc-hop".into());
        for (verified, occurrence) in events.iter().zip(&history) {
            prop_assert_eq!(&verified.occurrence, occurrence);
            let announced = &verified.occurrence.announced;
            apply(&mut replayed, announced.at, &announced.event);
        }
        prop_assert_eq!(replayed, state);
    }
}
