//! Who attended a meeting, by its log: from when until when, with how many
//! people, and how long they had the word. The rehearsal does not count.

use std::collections::BTreeMap;

use diemcau_protocol::{AnnouncedEvent, Event, MeetingId, ParticipantId, RollCallEvent};

use crate::meeting::{State, apply, ended_at};

/// What one participant did. Times are milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attended {
    /// As it was called last.
    pub(crate) name: String,
    pub(crate) unit: Option<String>,
    /// What it told at the last roll call that it answered.
    pub(crate) headcount: Option<u32>,
    /// When it was there first, since 1970 UTC.
    pub(crate) joined_at: Option<i64>,
    /// When it was there last, since 1970 UTC; until the end where it stayed.
    pub(crate) left_at: Option<i64>,
    pub(crate) present: i64,
    /// How long it held the floor.
    pub(crate) floor: i64,
    /// How long its microphone was open.
    pub(crate) microphone: i64,
}

/// Everybody who was in the meeting proper. One that still goes on is looked
/// at as it is `now`.
pub(crate) fn attendance(
    meeting: &MeetingId,
    events: &[AnnouncedEvent],
    now: i64,
) -> BTreeMap<ParticipantId, Attended> {
    let mut state = State::empty(meeting.clone());
    let mut attended: BTreeMap<ParticipantId, Attended> = BTreeMap::new();
    let mut is_open = false;
    let mut last_at = None;
    for AnnouncedEvent { at, event } in events {
        if let Some(last_at) = last_at.replace(*at)
            && is_open
        {
            pass(&mut attended, &state, last_at, *at);
        }
        apply(&mut state, *at, event);
        if matches!(event, Event::MeetingOpened { .. }) {
            is_open = true;
        }
        if let Event::RollCall(RollCallEvent::Answered {
            participant,
            headcount,
            ..
        }) = event
            && is_open
        {
            attended.entry(participant.clone()).or_default().headcount = Some(*headcount);
        }
    }
    if let Some(last_at) = last_at.filter(|_| is_open && ended_at(&state).is_none()) {
        pass(&mut attended, &state, last_at, now);
    }
    for (id, attended) in &mut attended {
        if let Some(member) = state.members.get(id) {
            attended.name.clone_from(&member.name);
            attended.unit.clone_from(&member.unit);
        }
    }
    attended
}

/// Time passes in a state: who is there is there for so long.
fn pass(attended: &mut BTreeMap<ParticipantId, Attended>, state: &State, from: i64, to: i64) {
    let passed = (to - from).max(0);
    for (id, member) in &state.members {
        if !member.is_here() {
            continue;
        }
        let entry = attended.entry(id.clone()).or_default();
        entry.joined_at.get_or_insert(from);
        entry.left_at = Some(to);
        entry.present += passed;
        if member.microphone && !member.muted {
            entry.microphone += passed;
        }
    }
    for holder in &state.procedure.floor.holders {
        if let Some(entry) = attended.get_mut(&holder.participant) {
            entry.floor += passed;
        }
    }
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::{CourseEvent, FloorEnd, FloorEvent, LeaveReason, ParticipantKind, Role};

    use super::*;

    const MINUTE: i64 = 60_000;

    fn joined(who: &str, number: u32) -> Event {
        Event::ParticipantJoined {
            participant: who.into(),
            number,
            name: who.to_owned(),
            role: Role::Operator,
            kind: ParticipantKind::Site,
            unit: Some(format!("UBND {who}")),
        }
    }

    fn microphone(who: &str, on: bool) -> Event {
        Event::MicrophoneSet {
            participant: who.into(),
            on,
        }
    }

    /// A rehearsal, a meeting of an hour, and a commune that leaves early.
    fn log() -> Vec<AnnouncedEvent> {
        let (title, host_unit) = ("Giao ban".to_owned(), "UBND tỉnh".to_owned());
        let events = [
            (
                0,
                Event::Course(CourseEvent::RehearsalBegan {
                    title: title.clone(),
                    host_unit: host_unit.clone(),
                    video_codec: None,
                }),
            ),
            (1, joined("xã An Bình", 1)),
            (2, microphone("xã An Bình", true)),
            (
                10,
                Event::MeetingOpened {
                    title,
                    host_unit,
                    video_codec: None,
                },
            ),
            (15, microphone("xã An Bình", false)),
            (20, joined("xã Hòa Lạc", 2)),
            (
                25,
                Event::RollCall(RollCallEvent::Answered {
                    participant: "xã Hòa Lạc".into(),
                    headcount: 42,
                    delegates: String::new(),
                }),
            ),
            (
                30,
                Event::Floor(FloorEvent::Given {
                    participant: "xã Hòa Lạc".into(),
                    ends_at: None,
                    by: "chủ tọa".into(),
                }),
            ),
            (
                37,
                Event::Floor(FloorEvent::Ended {
                    participant: "xã Hòa Lạc".into(),
                    reason: FloorEnd::GivenBack,
                    by: None,
                }),
            ),
            (
                40,
                Event::ParticipantLeft {
                    participant: "xã Hòa Lạc".into(),
                    reason: LeaveReason::Left,
                },
            ),
            (
                70,
                Event::Course(CourseEvent::Ended {
                    by: "chủ tọa".into(),
                }),
            ),
        ];
        let at = |(minute, event)| AnnouncedEvent {
            at: minute * MINUTE,
            event,
        };
        events.map(at).to_vec()
    }

    #[test]
    fn the_rehearsal_does_not_count_and_leaving_early_shows() {
        let attended = attendance(&"giao-ban".into(), &log(), 500 * MINUTE);
        let an_binh = &attended[&ParticipantId::from("xã An Bình")];
        assert_eq!(an_binh.unit.as_deref(), Some("UBND xã An Bình"));
        assert_eq!(
            (an_binh.joined_at, an_binh.left_at),
            (Some(10 * MINUTE), Some(70 * MINUTE))
        );
        assert_eq!(an_binh.present, 60 * MINUTE);
        assert_eq!((an_binh.microphone, an_binh.floor), (5 * MINUTE, 0));
        let hoa_lac = &attended[&ParticipantId::from("xã Hòa Lạc")];
        assert_eq!(hoa_lac.headcount, Some(42));
        assert_eq!(
            (hoa_lac.joined_at, hoa_lac.left_at),
            (Some(20 * MINUTE), Some(40 * MINUTE))
        );
        assert_eq!((hoa_lac.present, hoa_lac.floor), (20 * MINUTE, 7 * MINUTE));
    }

    #[test]
    fn a_meeting_that_goes_on_counts_until_now() {
        let mut log = log();
        log.pop();
        let attended = attendance(&"giao-ban".into(), &log, 100 * MINUTE);
        let an_binh = &attended[&ParticipantId::from("xã An Bình")];
        assert_eq!(an_binh.present, 90 * MINUTE);
        assert_eq!(attendance(&"giao-ban".into(), &log[..3], MINUTE).len(), 0);
    }
}
