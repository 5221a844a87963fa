//! What is planned, changed and cancelled, and what is refused.

use std::collections::BTreeMap;

use diemcau_protocol::{
    AGENDA_ITEMS, ChangeMeeting, ErrorCode, MeetingId, MeetingPolicy, MeetingState, NAME_LENGTH,
    ParticipantId, PlannedItem, REASON_LENGTH, SecrecyConfirmation, Selection, TIME_ZONE,
};
use jiff::tz::TimeZone;

use super::selection::{Resolved, difference, resolve};
use super::{Booking, Invitee, Limits, Meeting, Named, Plan, Series, Who};
use crate::meeting::{check_floor, clean_line, planned_item};
use crate::organisation::{MemberId, Organisation, Refusal, UnitId};

/// The longest title of a meeting, in characters.
const TITLE_LENGTH: usize = 200;

/// The most that can be invited to one meeting.
const MOST_INVITED: usize = 5_000;

/// The longest meeting, in milliseconds: a week.
const LONGEST_MEETING: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The longest time for rehearsal and reminder, in minutes: a day.
const LONGEST_BEFORE: u32 = 1_440;

/// What a decision depends on.
pub(crate) struct Around<'a> {
    pub(crate) organisation: &'a Organisation,
    /// In milliseconds since 1970 UTC.
    pub(crate) now: i64,
    pub(crate) limits: Limits,
    /// What other meetings take of the server.
    pub(crate) others: &'a [Booking],
    /// Who asks, as in the audit log.
    pub(crate) account: &'a str,
}

/// A meeting to plan, with everything that it takes from elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) host_unit: String,
    pub(crate) host_site: Option<String>,
    pub(crate) starts_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) time_zone: Option<String>,
    pub(crate) agenda: Vec<PlannedItem>,
    pub(crate) policy: MeetingPolicy,
    pub(crate) invite: Selection,
    pub(crate) series: Option<Series>,
    pub(crate) organiser: String,
    pub(crate) no_state_secrets: bool,
}

/// Where new identifiers come from.
pub(crate) type Minted<'a> = &'a mut (dyn FnMut() -> ParticipantId + Send);

/// Plans a meeting.
pub(crate) fn create(
    around: &Around<'_>,
    id: MeetingId,
    minted: Minted<'_>,
    draft: Draft,
) -> Result<Meeting, Refusal> {
    confirmed(draft.no_state_secrets)?;
    let organiser = line(&draft.organiser, NAME_LENGTH as usize)?;
    let (host_unit, host_unit_name) = host(around.organisation, &draft.host_unit)?;
    if let Some(site) = &draft.host_site {
        host_site(around.organisation, site)?;
    }
    let time_zone = draft.time_zone.unwrap_or_else(|| TIME_ZONE.to_owned());
    zone(&time_zone)?;
    check_time(around.now, draft.starts_at, draft.ends_at)?;
    let meeting = Meeting {
        id,
        version: 1,
        invitees: invitees(around.organisation, &draft.invite, &[], minted)?,
        plan: Plan {
            state: MeetingState::Scheduled,
            title: line(&draft.title, TITLE_LENGTH)?,
            host_unit,
            host_unit_name,
            host_site: draft.host_site,
            starts_at: draft.starts_at,
            ends_at: draft.ends_at,
            time_zone,
            agenda: agenda(&draft.agenda)?,
            policy: policy(draft.policy)?,
            invite: draft.invite,
            confirmation: SecrecyConfirmation {
                organiser,
                account: around.account.to_owned(),
                at: around.now,
            },
            series: draft.series,
            cancelled: None,
            sequence: 0,
        },
    };
    fits(around, &meeting)?;
    Ok(meeting)
}

/// Changes a meeting. What the room has taken over already is changed there.
pub(crate) fn change(
    around: &Around<'_>,
    minted: Minted<'_>,
    before: &Meeting,
    asked: &ChangeMeeting,
) -> Result<Meeting, Refusal> {
    let mut meeting = before.clone();
    let is_open = is_alive(before)?;
    let ChangeMeeting {
        title,
        starts_at,
        ends_at,
        agenda: items,
        invite,
        policy: asked_policy,
        no_state_secrets,
    } = asked;
    let of_the_room =
        title.is_some() || starts_at.is_some() || items.is_some() || asked_policy.is_some();
    if is_open && of_the_room {
        return Err(Refusal::new(
            ErrorCode::MeetingUnderWay,
            "the room is open; only the end and the invitations can be changed here",
        ));
    }
    let plan = &mut meeting.plan;
    if title.is_some() || items.is_some() {
        confirmed(*no_state_secrets)?;
        plan.confirmation.account = around.account.to_owned();
        plan.confirmation.at = around.now;
    }
    if let Some(title) = title {
        plan.title = line(title, TITLE_LENGTH)?;
    }
    if let Some(items) = items {
        plan.agenda = agenda(items)?;
    }
    if let Some(asked) = asked_policy {
        plan.policy = policy(asked.clone())?;
    }
    if starts_at.is_some() || ends_at.is_some() {
        plan.starts_at = starts_at.unwrap_or(plan.starts_at);
        plan.ends_at = ends_at.unwrap_or(plan.ends_at);
        check_time(around.now, plan.starts_at, plan.ends_at)?;
    }
    if let Some(invite) = invite {
        plan.invite = invite.clone();
        meeting.invitees = invitees(around.organisation, invite, &before.invitees, minted)?;
    }
    if let Some(series) = &mut meeting.plan.series {
        series.apart = true;
    }
    next(around, meeting)
}

/// Invites whom the selection names now, if that is the difference that the
/// organiser saw.
pub(crate) fn confirm_selection(
    around: &Around<'_>,
    minted: Minted<'_>,
    before: &Meeting,
    seen: impl Fn(&super::Difference) -> bool,
) -> Result<Meeting, Refusal> {
    is_alive(before)?;
    let resolved = resolve(around.organisation, &before.plan.invite)?;
    if !seen(&difference(&before.invitees, &resolved.named)) {
        return Err(Refusal::new(
            ErrorCode::Outdated,
            "the organisation was changed since; look at the difference again",
        ));
    }
    let mut meeting = before.clone();
    meeting.invitees = placed(resolved, &before.invitees, minted)?;
    next(around, meeting)
}

/// Cancels a meeting.
pub(crate) fn cancel(before: &Meeting, reason: &str) -> Result<Meeting, Refusal> {
    is_alive(before)?;
    let reason = clean_line(reason);
    if reason.chars().count() > REASON_LENGTH as usize {
        return Err(too_long());
    }
    let mut meeting = before.clone();
    meeting.version += 1;
    meeting.plan.sequence += 1;
    meeting.plan.state = MeetingState::Cancelled;
    meeting.plan.cancelled = Some(reason);
    Ok(meeting)
}

fn next(around: &Around<'_>, mut meeting: Meeting) -> Result<Meeting, Refusal> {
    meeting.version += 1;
    meeting.plan.sequence += 1;
    fits(around, &meeting)?;
    Ok(meeting)
}

fn fits(around: &Around<'_>, meeting: &Meeting) -> Result<(), Refusal> {
    let own = meeting.plan.policy.most_sites;
    around.limits.fit(own, meeting.booking(), around.others)
}

/// Whether its room is open; refuses what is over.
fn is_alive(meeting: &Meeting) -> Result<bool, Refusal> {
    match meeting.plan.state {
        MeetingState::Scheduled => Ok(false),
        MeetingState::Open => Ok(true),
        MeetingState::Ended => Err(Refusal::new(ErrorCode::MeetingEnded, "the meeting is over")),
        MeetingState::Cancelled => Err(Refusal::new(
            ErrorCode::MeetingCancelled,
            "the meeting was cancelled",
        )),
    }
}

fn confirmed(no_state_secrets: bool) -> Result<(), Refusal> {
    if no_state_secrets {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::ConfirmationNeeded,
        "the organiser has to confirm that the content is no state secret",
    ))
}

fn invitees(
    organisation: &Organisation,
    selection: &Selection,
    before: &[Invitee],
    minted: Minted<'_>,
) -> Result<Vec<Invitee>, Refusal> {
    let resolved = resolve(organisation, selection)?;
    // What is named and is not there is a mistake while it is being written,
    // and no more than history afterwards.
    if let Some(gone) = resolved.gone.first() {
        return Err(*gone);
    }
    placed(resolved, before, minted)
}

/// Everybody keeps the place that it has; newcomers get new ones.
fn placed(
    resolved: Resolved,
    before: &[Invitee],
    minted: Minted<'_>,
) -> Result<Vec<Invitee>, Refusal> {
    if resolved.named.is_empty() {
        return Err(Refusal::new(ErrorCode::NobodyInvited, "nobody is invited"));
    }
    if resolved.named.len() > MOST_INVITED {
        return Err(Refusal::new(
            ErrorCode::TooLarge,
            "more than 5000 would be invited",
        ));
    }
    let places: BTreeMap<&Who, &ParticipantId> = before
        .iter()
        .map(|invitee| (&invitee.named.who, &invitee.participant))
        .collect();
    let mut place = |named: Named| Invitee {
        participant: places
            .get(&named.who)
            .map_or_else(&mut *minted, |place| (*place).clone()),
        named,
    };
    Ok(resolved.named.into_iter().map(&mut place).collect())
}

fn host(organisation: &Organisation, id: &str) -> Result<(String, String), Refusal> {
    let unit = organisation.units.get(&UnitId::parse(id)?);
    let unit = unit.filter(|unit| unit.closed_at.is_none());
    let unit = unit.ok_or(Refusal::new(
        ErrorCode::NotFound,
        "there is no such unit to host it",
    ))?;
    Ok((unit.id.as_str().to_owned(), unit.name().to_owned()))
}

fn host_site(organisation: &Organisation, id: &str) -> Result<(), Refusal> {
    let site = organisation.sites.get(&MemberId::parse(id)?);
    match site.filter(|site| site.closed_at.is_none()) {
        Some(_) => Ok(()),
        None => Err(Refusal::new(
            ErrorCode::NotFound,
            "there is no such site to host it",
        )),
    }
}

pub(super) fn zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name).map_err(|_| {
        Refusal::new(
            ErrorCode::BadMessage,
            "the time zone is not one of the IANA's",
        )
    })
}

fn check_time(now: i64, starts_at: i64, ends_at: i64) -> Result<(), Refusal> {
    let refusal = |detail| Err(Refusal::new(ErrorCode::TimeUnfit, detail));
    match ends_at.checked_sub(starts_at) {
        None | Some(..=0) => refusal("the end is not after the start"),
        Some(length) if length > LONGEST_MEETING => refusal("a meeting takes at most a week"),
        Some(_) if ends_at <= now => refusal("the end is over"),
        Some(_) => Ok(()),
    }
}

pub(super) fn agenda(items: &[PlannedItem]) -> Result<Vec<PlannedItem>, Refusal> {
    if items.len() > AGENDA_ITEMS as usize {
        return Err(Refusal::new(
            ErrorCode::TooLarge,
            "an agenda has at most 200 items",
        ));
    }
    let item = |item| planned_item(item).map_err(of_the_meeting);
    items.iter().map(item).collect()
}

pub(super) fn policy(policy: MeetingPolicy) -> Result<MeetingPolicy, Refusal> {
    check_floor(&policy.floor).map_err(of_the_meeting)?;
    let out_of_range = |detail| Err(Refusal::new(ErrorCode::OutOfRange, detail));
    if policy.most_sites == Some(0) {
        return out_of_range("a meeting has at least one site");
    }
    if policy.rehearsal_minutes > LONGEST_BEFORE || policy.reminder_minutes > LONGEST_BEFORE {
        return out_of_range("rehearsal and reminder are at most 1440 minutes before");
    }
    Ok(policy)
}

fn of_the_meeting(refusal: crate::meeting::Refusal) -> Refusal {
    Refusal::new(refusal.code, refusal.detail)
}

/// A clean line of 1 to `longest` characters.
pub(super) fn line(text: &str, longest: usize) -> Result<String, Refusal> {
    let clean = clean_line(text);
    match clean.chars().count() {
        0 => Err(Refusal::new(ErrorCode::TextEmpty, "a text is empty")),
        length if length > longest => Err(too_long()),
        _ => Ok(clean),
    }
}

fn too_long() -> Refusal {
    Refusal::new(ErrorCode::TextTooLong, "a text is too long")
}
