//! What is told in a large meeting, and to whom.

use std::collections::BTreeSet;

use diemcau_protocol::{
    AnnouncedEvent, Event, LARGE_MEETING, ParticipantId, ParticipantKind, ROSTER_PAGE, Role,
    RollCallEvent, RosterMessage,
};

use super::*;
use crate::meeting::{apply, large_snapshot_for};

/// More sites than a small meeting has.
const SITES: u32 = LARGE_MEETING + 20;

fn site(number: u32) -> ParticipantId {
    format!("xa-{number:04}").as_str().into()
}

fn happen(state: &mut State, event: Event) {
    let AnnouncedEvent { at, event } = AnnouncedEvent { at: 1, event };
    apply(state, at, &event);
}

/// A plenary with a chair, a secretary and many sites.
fn plenary() -> State {
    let mut state = State::empty("hop-toan-quoc".into());
    let officers = [("chu-toa", Role::Chair), ("thu-ky", Role::Secretary)];
    let officers = officers.map(|(id, role)| (ParticipantId::from(id), role));
    let sites = (3..=SITES).map(|number| (site(number), Role::Operator));
    for (number, (participant, role)) in (1..).zip(officers.into_iter().chain(sites)) {
        let joined = Event::ParticipantJoined {
            name: participant.to_string(),
            participant,
            number,
            role,
            kind: ParticipantKind::Site,
            unit: None,
        };
        happen(&mut state, joined);
    }
    state
}

fn numbers(page: &RosterPage) -> Vec<u32> {
    page.participants.iter().map(|shown| shown.number).collect()
}

fn view(first: u32, count: u32, named: &[u32]) -> View {
    View::of(RosterMessage {
        first,
        count,
        named: named.iter().map(|number| site(*number)).collect(),
    })
    .unwrap()
}

#[test]
fn a_site_gets_a_page_with_itself_and_those_whom_everyone_knows() {
    let mut state = plenary();
    happen(
        &mut state,
        Event::HandSet {
            participant: site(300),
            raised: true,
            by: site(300),
        },
    );
    let page = page(&state, &site(400), &view(11, 3, &[20, 9_999]));
    assert_eq!(numbers(&page), [1, 2, 11, 12, 13, 20, 300, 400]);
    assert_eq!((page.roster.total, page.roster.here), (SITES, SITES));

    let snapshot = large_snapshot_for(&state, &site(400), &View::default());
    let roster = snapshot.roster.unwrap();
    assert_eq!((roster.first, roster.count), (1, FIRST_PAGE));
    assert_eq!(snapshot.participants.len(), 102);
}

#[test]
fn whoever_left_is_counted_and_not_here() {
    let mut state = plenary();
    happen(
        &mut state,
        Event::ParticipantLeft {
            participant: site(5),
            reason: diemcau_protocol::LeaveReason::Left,
        },
    );
    assert_eq!(counts(&state), (SITES, SITES - 1));
}

#[test]
fn a_page_that_is_too_large_is_refused() {
    let too_much = |first, count, named: u32| {
        let named = (0..named).map(site).collect();
        let message = RosterMessage {
            first,
            count,
            named,
        };
        View::of(message).map_err(|refusal| refusal.code)
    };
    for wrong in [
        too_much(0, 10, 0),
        too_much(1, ROSTER_PAGE + 1, 0),
        too_much(1, 10, ROSTER_NAMED + 1),
    ] {
        assert_eq!(wrong, Err(ErrorCode::OutOfRange));
    }
    assert!(too_much(u32::MAX, ROSTER_PAGE, ROSTER_NAMED).is_ok());
}

#[test]
fn who_comes_and_goes_is_news_only_to_itself() {
    let camera = Event::CameraSet {
        participant: site(9),
        on: true,
    };
    assert_eq!(told(&camera, Audience::Callers), None);
    assert_eq!(told_to(&camera, &site(8), Audience::Others), None);
    assert!(told_to(&camera, &site(9), Audience::Others).is_some());
    assert_eq!(touches(&camera), Some(&site(9)));
    let chat = Event::ChatSent {
        from: site(9),
        text: "Xã tôi nghe rõ".to_owned(),
    };
    assert_eq!(told(&chat, Audience::Others), Some(chat.clone()));
}

#[test]
fn the_answers_to_a_roll_call_go_to_whoever_calls_it() {
    let mut state = plenary();
    let here: BTreeSet<ParticipantId> = state.everyone_here().cloned().collect();
    let opened = Event::RollCall(RollCallEvent::Opened {
        number: 1,
        here,
        by: "thu-ky".into(),
    });
    let answered = Event::RollCall(RollCallEvent::Answered {
        participant: site(7),
        headcount: 12,
        delegates: "Trần Thị Bưởi".to_owned(),
    });
    happen(&mut state, opened.clone());
    happen(&mut state, answered.clone());
    assert_eq!(audience(&state, &"thu-ky".into()), Audience::Callers);
    assert_eq!(audience(&state, &site(7)), Audience::Others);

    assert_eq!(told(&answered, Audience::Callers), Some(answered.clone()));
    assert_eq!(told(&answered, Audience::Others), None);
    assert!(told_to(&answered, &site(7), Audience::Others).is_some());
    let Some(Event::RollCall(RollCallEvent::Opened { here, .. })) = told(&opened, Audience::Others)
    else {
        panic!("that a roll call is open, everyone hears");
    };
    assert!(here.is_empty());

    // Who comes in then knows as much as who was there.
    let answers = |id: &ParticipantId| {
        let snapshot = large_snapshot_for(&state, id, &View::default());
        let call = snapshot.procedure.roll_calls.open.unwrap();
        (call.here.len(), call.answers.len())
    };
    assert_eq!(answers(&"thu-ky".into()), (SITES as usize, 1));
    assert_eq!(answers(&site(7)), (0, 1));
    assert_eq!(answers(&site(8)), (0, 0));
}
