//! A planned meeting as iCalendar (RFC 5545), for mail (RFC 5546, RFC 6047).

use diemcau_protocol::MeetingState;
use icalendar::{Calendar, Component, Event, Property};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Meeting;

/// What a calendar is to do with a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Request,
    Cancel,
}

impl Method {
    /// As it stands in the calendar and in the content type.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Method::Request => "REQUEST",
            Method::Cancel => "CANCEL",
        }
    }
}

/// What an entry in a calendar needs beside the meeting.
pub(crate) struct Entry<'a> {
    pub(crate) meeting: &'a Meeting,
    /// Whoever hosts it, as a name and an address.
    pub(crate) organiser: (&'a str, &'a str),
    /// Whoever is invited, as a name and an address.
    pub(crate) attendee: (&'a str, &'a str),
    /// The personal link; nothing where it is cancelled.
    pub(crate) link: Option<&'a str>,
    /// What is to be read beside the time.
    pub(crate) description: &'a str,
    /// In milliseconds since 1970 UTC.
    pub(crate) now: i64,
}

/// The calendar that is sent to one who is invited. The identifier is that of
/// the meeting, whatever becomes of it, and the sequence rises.
pub(crate) fn letter_calendar(entry: &Entry<'_>, method: Method) -> String {
    let Entry {
        meeting,
        organiser,
        attendee,
        link,
        description,
        now,
    } = entry;
    let mut event = event(meeting, *link, description, *now);
    if method == Method::Cancel {
        // Also where only this invitation is withdrawn.
        event.add_property("STATUS", "CANCELLED");
    }
    event
        .append_property(person("ORGANIZER", *organiser))
        .append_multi_property(person("ATTENDEE", *attendee));
    let mut calendar = Calendar::new();
    calendar
        .append_property(("METHOD", method.word()))
        .push(event.done());
    calendar.to_string()
}

/// A calendar that somebody reads at his own address: each meeting with the
/// personal link, where there is one.
pub(crate) fn feed_calendar(meetings: &[(&Meeting, Option<String>)], now: i64) -> String {
    let mut calendar = Calendar::new();
    calendar.name("Điểm Cầu");
    for (meeting, link) in meetings {
        let mut event = event(meeting, link.as_deref(), &meeting.plan.host_unit_name, now);
        calendar.push(event.done());
    }
    calendar.to_string()
}

fn event(meeting: &Meeting, link: Option<&str>, description: &str, now: i64) -> Event {
    let plan = &meeting.plan;
    let is_off = plan.state == MeetingState::Cancelled;
    let mut event = Event::new();
    event
        .uid(&uid(meeting))
        .sequence(plan.sequence)
        .summary(&plan.title)
        .description(description)
        .add_property("DTSTAMP", utc(now))
        .add_property("DTSTART", utc(plan.starts_at))
        .add_property("DTEND", utc(plan.ends_at))
        .add_property("LOCATION", &plan.host_unit_name)
        .add_property("STATUS", if is_off { "CANCELLED" } else { "CONFIRMED" });
    if let Some(link) = link {
        event.add_property("URL", link);
    }
    event
}

/// The identifier of a meeting in calendars.
fn uid(meeting: &Meeting) -> String {
    format!("{}@diemcau", meeting.id)
}

fn person(role: &str, (name, address): (&str, &str)) -> Property {
    let mut person = Property::new(role, format!("mailto:{address}"));
    // Quotes cannot stand in a parameter, and commas only between them.
    person.add_parameter("CN", &format!("\"{}\"", name.replace('"', "'")));
    person.done()
}

/// A time in UTC, which every calendar understands without rules of zones.
fn utc(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}

/// A time in UTC as programs read it (RFC 3339).
pub(crate) fn utc_text(at: i64) -> String {
    Timestamp::from_millisecond(at)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}
