//! Stories of meetings that are planned in a province.

use diemcau_protocol::{
    ChangeMeeting, CourseEvent, ErrorCode, Event, Excepted, LobbyMode, MeetingPolicy, MeetingState,
    PlannedItem, Role, Selection, SelectionEntry,
};

use super::plan::create;
use super::selection::resolve;
use super::*;
use crate::organisation::{
    Change, MemberId, MemberKind, Name, Organisation, TierId, UnitId, decide, preset,
};

const HOUR: i64 = 3_600_000;

fn make(organisation: &mut Organisation, change: Change) {
    for record in decide(organisation, 1, change).unwrap() {
        organisation.apply(record);
    }
    organisation.version += 1;
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn member(organisation: &mut Organisation, kind: MemberKind, id: &str, unit: &str, named: &str) {
    let change = Change::AddMember {
        kind,
        id: MemberId::parse(id).unwrap(),
        unit: UnitId::parse(unit).unwrap(),
        name: name(named),
        position: (kind == MemberKind::Person).then(|| name("Chủ tịch UBND xã")),
    };
    make(organisation, change);
}

/// A province of two districts, each with two communes; every commune and
/// district has a site.
fn province() -> Organisation {
    let mut organisation = Organisation {
        tiers: preset(&[
            ("province", "Cấp tỉnh"),
            ("district", "Cấp huyện"),
            ("commune", "Cấp xã"),
        ])
        .unwrap(),
        ..Organisation::default()
    };
    for (id, parent, tier, called) in [
        ("tinh", None, "province", "UBND tỉnh Minh Họa"),
        ("dong", Some("tinh"), "district", "UBND huyện Đông Sơn"),
        ("tay", Some("tinh"), "district", "UBND huyện Tây Hà"),
        ("hoa-lac", Some("dong"), "commune", "UBND xã Hòa Lạc"),
        ("an-binh", Some("dong"), "commune", "UBND xã An Bình"),
        ("ea-kar", Some("tay"), "commune", "UBND xã Ea Kar"),
        ("dai-dong", Some("tay"), "commune", "UBND xã Đại Đồng"),
    ] {
        let change = Change::AddUnit {
            id: UnitId::parse(id).unwrap(),
            parent: parent.map(|parent| UnitId::parse(parent).unwrap()),
            tier: TierId::parse(tier).unwrap(),
            name: name(called),
        };
        make(&mut organisation, change);
        if tier != "province" {
            let site = format!("{id}-1");
            let called = format!("Điểm cầu {called}");
            member(&mut organisation, MemberKind::Site, &site, id, &called);
        }
    }
    let person = MemberKind::Person;
    member(
        &mut organisation,
        person,
        "chi-lan",
        "an-binh",
        "Nguyễn Thị Lan",
    );
    organisation
}

fn sites(tier: &str, below: Option<&str>) -> SelectionEntry {
    SelectionEntry::Sites {
        tier: tier.to_owned(),
        below: below.map(str::to_owned),
        role: None,
    }
}

fn select(entries: Vec<SelectionEntry>, except: Vec<Excepted>) -> Selection {
    Selection { entries, except }
}

fn ids(organisation: &Organisation, selection: &Selection) -> Vec<String> {
    let resolved = resolve(organisation, selection).unwrap();
    resolved
        .named
        .into_iter()
        .map(|named| named.who.id)
        .collect()
}

#[test]
fn all_communes_of_a_district_all_districts_and_a_person_but_not_one_commune() {
    let organisation = province();
    let person = SelectionEntry::Person {
        id: "chi-lan".to_owned(),
        role: Some(Role::Secretary),
    };
    let selection = select(
        vec![
            sites("commune", Some("dong")),
            sites("district", None),
            person.clone(),
        ],
        vec![Excepted::Site {
            id: "hoa-lac-1".to_owned(),
        }],
    );
    assert_eq!(
        ids(&organisation, &selection),
        ["an-binh-1", "dong-1", "tay-1", "chi-lan"]
    );
    let named = resolve(&organisation, &selection).unwrap().named;
    assert_eq!(named[0].unit.as_deref(), Some("UBND xã An Bình"));
    assert_eq!(named[3].full_name(), "Nguyễn Thị Lan, Chủ tịch UBND xã");
    assert_eq!(named[3].role, Role::Secretary);
    // A unit that is excepted takes everything with it, people too.
    let without = Excepted::Unit {
        id: "dong".to_owned(),
    };
    let selection = select(vec![sites("commune", None), person], vec![without]);
    assert_eq!(ids(&organisation, &selection), ["dai-dong-1", "ea-kar-1"]);
}

#[test]
fn who_is_named_twice_is_invited_once_in_the_role_said_last() {
    let organisation = province();
    let units = |role| SelectionEntry::Units {
        tier: "commune".to_owned(),
        below: Some("tay".to_owned()),
        role,
    };
    let one = SelectionEntry::Unit {
        id: "ea-kar".to_owned(),
        role: Some(Role::Observer),
    };
    let named = resolve(&organisation, &select(vec![units(None), one], vec![])).unwrap();
    let roles: Vec<_> = named
        .named
        .iter()
        .map(|one| (&*one.name, one.role))
        .collect();
    assert_eq!(
        roles,
        [
            ("UBND xã Đại Đồng", Role::Operator),
            ("UBND xã Ea Kar", Role::Observer)
        ]
    );
}

fn draft(invite: Selection) -> Draft {
    Draft {
        title: "Giao ban tuần 12".to_owned(),
        host_unit: "tinh".to_owned(),
        host_site: None,
        starts_at: 10 * HOUR,
        ends_at: 12 * HOUR,
        time_zone: None,
        agenda: vec![PlannedItem {
            title: "Phòng chống bão".to_owned(),
            minutes: Some(20),
            speakers: "Sở Nông nghiệp và Môi trường".to_owned(),
        }],
        policy: MeetingPolicy::default(),
        invite,
        series: None,
        organiser: "Trần Văn Hùng, Chánh Văn phòng".to_owned(),
        no_state_secrets: true,
    }
}

fn around(organisation: &Organisation) -> Around<'_> {
    Around {
        organisation,
        now: HOUR,
        limits: Limits::default(),
        others: &[],
        account: "administrator",
    }
}

fn minted() -> impl FnMut() -> ParticipantId + Send {
    let mut number = 0;
    move || {
        number += 1;
        ParticipantId(format!("cho-{number}"))
    }
}

fn planned(organisation: &Organisation) -> Meeting {
    let invite = select(vec![sites("commune", Some("dong"))], vec![]);
    let id = MeetingId::from("giao-ban");
    create(&around(organisation), id, &mut minted(), draft(invite)).unwrap()
}

fn refused(draft: Draft) -> ErrorCode {
    let organisation = province();
    let id = MeetingId::from("giao-ban");
    let outcome = create(&around(&organisation), id, &mut minted(), draft);
    outcome.unwrap_err().code
}

#[test]
fn without_the_organisers_word_there_is_no_meeting() {
    let communes = || select(vec![sites("commune", None)], vec![]);
    let with = |change: fn(&mut Draft)| {
        let mut draft = draft(communes());
        change(&mut draft);
        refused(draft)
    };
    assert_eq!(
        with(|draft| draft.no_state_secrets = false),
        ErrorCode::ConfirmationNeeded
    );
    assert_eq!(
        with(|draft| draft.organiser = " ".to_owned()),
        ErrorCode::TextEmpty
    );
    assert_eq!(
        with(|draft| draft.ends_at = draft.starts_at),
        ErrorCode::TimeUnfit
    );
    assert_eq!(
        with(|draft| {
            draft.starts_at = 0;
            draft.ends_at = HOUR;
        }),
        ErrorCode::TimeUnfit
    );
    assert_eq!(with(|draft| draft.ends_at = i64::MIN), ErrorCode::TimeUnfit);
    assert_eq!(
        with(|draft| draft.time_zone = Some("Asia/Hanoi2".to_owned())),
        ErrorCode::BadMessage
    );
    assert_eq!(
        with(|draft| draft.invite = Selection::default()),
        ErrorCode::NobodyInvited
    );
    assert_eq!(
        with(|draft| draft.invite.entries[0] = sites("ward", None)),
        ErrorCode::NotFound
    );
    assert_eq!(
        with(|draft| draft.policy.rehearsal_minutes = 1_441),
        ErrorCode::OutOfRange
    );
    assert_eq!(
        with(|draft| draft.policy.most_sites = Some(3)),
        ErrorCode::TooManySites
    );
}

#[test]
fn a_new_agenda_needs_the_word_anew_and_places_are_kept() {
    let organisation = province();
    let meeting = planned(&organisation);
    let agenda = ChangeMeeting {
        agenda: Some(Vec::new()),
        ..ChangeMeeting::default()
    };
    let around = around(&organisation);
    let refused = change(&around, &mut minted(), &meeting, &agenda).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ConfirmationNeeded);

    let more = ChangeMeeting {
        invite: Some(select(vec![sites("commune", None)], vec![])),
        ..ChangeMeeting::default()
    };
    let mut newcomers = 0;
    let mut minted = || {
        newcomers += 1;
        ParticipantId(format!("moi-{newcomers}"))
    };
    let changed = change(&around, &mut minted, &meeting, &more).unwrap();
    assert_eq!((changed.version, changed.plan.sequence), (2, 1));
    let place = |meeting: &Meeting, id: &str| {
        let invitee = meeting.invitees.iter().find(|one| one.named.who.id == id);
        invitee.unwrap().participant.clone()
    };
    assert_eq!(
        place(&changed, "an-binh-1"),
        place(&meeting, "an-binh-1"),
        "an invitation stays good"
    );
    assert_eq!(newcomers, 2);
}

#[test]
fn the_organiser_hears_how_the_organisation_changed_and_confirms_it() {
    let mut organisation = province();
    let meeting = planned(&organisation);
    let site = MemberKind::Site;
    member(
        &mut organisation,
        site,
        "an-binh-2",
        "an-binh",
        "Nhà văn hóa An Bình",
    );
    let close = Change::CloseMember {
        kind: site,
        id: MemberId::parse("hoa-lac-1").unwrap(),
    };
    make(&mut organisation, close);
    let now = resolve(&organisation, &meeting.plan.invite).unwrap().named;
    let difference = difference(&meeting.invitees, &now);
    let ids =
        |named: &[Named]| -> Vec<String> { named.iter().map(|one| one.who.id.clone()).collect() };
    assert_eq!(ids(&difference.added), ["an-binh-2"]);
    assert_eq!(ids(&difference.removed), ["hoa-lac-1"]);
    assert_eq!(meeting.sites(), 2, "until then all is as it was");

    let around = around(&organisation);
    let other = confirm_selection(&around, &mut minted(), &meeting, |_| false);
    assert_eq!(other.unwrap_err().code, ErrorCode::Outdated);
    let seen = |now: &Difference| *now == difference;
    let confirmed = confirm_selection(&around, &mut minted(), &meeting, seen).unwrap();
    let invited: Vec<_> = confirmed
        .invitees
        .iter()
        .map(|one| &one.named.who.id)
        .collect();
    assert_eq!(invited, ["an-binh-1", "an-binh-2"]);
}

#[test]
fn what_the_room_has_taken_over_is_changed_there() {
    let organisation = province();
    let mut meeting = planned(&organisation);
    meeting.plan.state = MeetingState::Open;
    let around = around(&organisation);
    let with = |asked: ChangeMeeting| change(&around, &mut minted(), &meeting, &asked);
    let title = ChangeMeeting {
        title: Some("Khác".to_owned()),
        no_state_secrets: true,
        ..ChangeMeeting::default()
    };
    assert_eq!(with(title).unwrap_err().code, ErrorCode::MeetingUnderWay);
    let longer = ChangeMeeting {
        ends_at: Some(13 * HOUR),
        ..ChangeMeeting::default()
    };
    assert_eq!(with(longer).unwrap().plan.ends_at, 13 * HOUR);
    let cancelled = cancel(&meeting, "Bão đổi hướng").unwrap();
    assert_eq!(cancelled.plan.cancelled.as_deref(), Some("Bão đổi hướng"));
    let again = cancel(&cancelled, "").unwrap_err();
    assert_eq!(again.code, ErrorCode::MeetingCancelled);
}

#[test]
fn the_room_opens_an_hour_before_and_not_earlier() {
    let meeting = planned(&province());
    let door = |state| Door {
        state,
        opens_at: meeting.plan.opens_at(),
        withdrawn: false,
    };
    let passes = |door: Door, now| door.passes(now).map_err(|refusal| refusal.code);
    let scheduled = door(MeetingState::Scheduled);
    assert_eq!(passes(scheduled, 9 * HOUR - 1), Err(ErrorCode::NotOpenYet));
    assert_eq!(passes(scheduled, 9 * HOUR), Ok(()));
    assert_eq!(passes(door(MeetingState::Open), 0), Ok(()));
    let cancelled = door(MeetingState::Cancelled);
    assert_eq!(
        passes(cancelled, 10 * HOUR),
        Err(ErrorCode::MeetingCancelled)
    );
    let withdrawn = Door {
        withdrawn: true,
        ..scheduled
    };
    assert_eq!(
        passes(withdrawn, 10 * HOUR),
        Err(ErrorCode::InvitationWithdrawn)
    );
}

#[test]
fn the_room_begins_with_what_was_planned() {
    let organisation = province();
    let mut meeting = planned(&organisation);
    meeting.plan.policy.lobby = LobbyMode::All;
    meeting.plan.policy.most_sites = Some(9);
    let limits = Limits {
        sites_per_meeting: Some(7),
        ..Limits::default()
    };
    let mut state = crate::meeting::State::empty(meeting.id.clone());
    for event in first_events(&meeting, limits, 9 * HOUR) {
        crate::meeting::apply(&mut state, 9 * HOUR, &event);
    }
    assert!(state.procedure.course.rehearsal);
    assert_eq!(state.procedure.course.most_sites, Some(7));
    assert_eq!(state.info.host_unit, "UBND tỉnh Minh Họa");
    assert_eq!(state.procedure.admission.mode, LobbyMode::All);
    assert_eq!(state.procedure.agenda.items[0].title, "Phòng chống bão");
    let word = state.procedure.course.no_state_secrets.unwrap();
    assert_eq!(
        (word.organiser.as_str(), word.at),
        ("Trần Văn Hùng, Chánh Văn phòng", HOUR)
    );
    meeting.plan.policy.rehearsal_minutes = 0;
    meeting.plan.policy.recording = true;
    let events = first_events(&meeting, Limits::default(), HOUR);
    assert!(matches!(events[0], Event::MeetingOpened { .. }));
    assert!(matches!(events.last(), Some(Event::Recording(_))));
    let planned = |event: &Event| matches!(event, Event::Course(CourseEvent::Planned { .. }));
    assert!(events.iter().any(planned));
    let invited = events.iter().filter_map(|event| match event {
        Event::Course(CourseEvent::Invited {
            participant, name, ..
        }) => Some((participant, name.clone())),
        _ => None,
    });
    let all = meeting.invitees.iter();
    let all = all.map(|one| (&one.participant, one.named.full_name()));
    assert!(invited.eq(all), "who never comes is known from the log");
}
