//! When a meeting repeats: the part of RFC 5545 §3.3.10 that meetings of
//! offices have.
//!
//! | rule | when |
//! | --- | --- |
//! | `FREQ=WEEKLY;BYDAY=MO,TH;COUNT=10` | weekly on days |
//! | `FREQ=MONTHLY;BYDAY=1MO;UNTIL=20261231` | on the first Monday, `-1FR`: the last Friday |
//! | `FREQ=MONTHLY;BYMONTHDAY=15;COUNT=6` | on a day of the month, where the month has it |
//!
//! `INTERVAL` takes every second one and so on. A rule ends, by `COUNT` or by
//! `UNTIL`; weeks begin on Monday. The time of day is that of the zone.

use std::collections::BTreeSet;

use diemcau_protocol::ErrorCode;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::organisation::Refusal;

/// As many meetings as a series may have: two years of weeks.
const MOST_OCCURRENCES: usize = 104;

/// The longest interval, in weeks or months.
const LONGEST_INTERVAL: i32 = 52;

/// A rule, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    every: Every,
    interval: i32,
    end: End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Every {
    /// On these days, Monday being 0; empty: on that of the first one.
    Week(BTreeSet<i8>),
    /// On the nth weekday, from the end where it is negative.
    NthOfMonth(i8, Weekday),
    /// On this day; none: on that of the first one.
    DayOfMonth(Option<i8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Count(usize),
    /// The last day.
    Until(Date),
    /// The last moment, in milliseconds since 1970 UTC.
    UntilAt(i64),
}

fn unfit(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::RepeatUnfit, detail)
}

impl Rule {
    /// Reads a rule, with or without `RRULE:` before it.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim().to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").unwrap_or(&text);
        let mut parts: Vec<(&str, &str)> = Vec::new();
        for part in text.split(';') {
            let part = part.split_once('=');
            let (name, value) = part.ok_or(unfit("a rule has the form NAME=VALUE;…"))?;
            if parts.iter().any(|(known, _)| *known == name) {
                return Err(unfit("a part of the rule stands there twice"));
            }
            parts.push((name, value));
        }
        let mut take = |name: &str| {
            let at = parts.iter().position(|(known, _)| *known == name)?;
            Some(parts.swap_remove(at).1)
        };
        let interval = take("INTERVAL").map_or(Ok(1), |value| number(value, LONGEST_INTERVAL))?;
        let (days, day) = (take("BYDAY"), take("BYMONTHDAY"));
        let every = match (take("FREQ"), days, day) {
            (Some("WEEKLY"), days, None) => {
                Every::Week(days.map_or(Ok(BTreeSet::new()), weekdays)?)
            }
            (Some("MONTHLY"), Some(day), None) => nth(day)?,
            (Some("MONTHLY"), None, day) => {
                let day = day.map(|day| number(day, 31)).transpose()?;
                Every::DayOfMonth(day.map(|day| i8::try_from(day).unwrap_or(31)))
            }
            _ => return Err(unfit("it repeats weekly, or monthly by one day")),
        };
        let most = i32::try_from(MOST_OCCURRENCES).unwrap_or(i32::MAX);
        let end = match (take("COUNT"), take("UNTIL")) {
            (Some(count), None) => End::Count(usize::try_from(number(count, most)?).unwrap_or(1)),
            (None, Some(until)) => until_of(until)?,
            _ => return Err(unfit("a rule ends, by COUNT or by UNTIL")),
        };
        if take("WKST").is_some_and(|day| day != "MO") || !parts.is_empty() {
            return Err(unfit("the rule has parts that are not known here"));
        }
        Ok(Self {
            every,
            interval,
            end,
        })
    }

    /// The starts of all meetings of a series that begins at `first`, in
    /// milliseconds since 1970 UTC; `first` has to be one of them.
    pub(crate) fn starts(&self, first: i64, zone: &TimeZone) -> Result<Vec<i64>, Refusal> {
        let too_far = |_| unfit("the series goes beyond all calendars");
        let begin = Timestamp::from_millisecond(first).map_err(too_far)?;
        let begin = begin.to_zoned(zone.clone()).datetime();
        let mut starts = Vec::new();
        for period in 0.. {
            let days = self.days(begin.date(), period).map_err(too_far)?;
            for day in days.into_iter().filter(|day| *day >= begin.date()) {
                let at = DateTime::from_parts(day, begin.time());
                let at = at.to_zoned(zone.clone()).map_err(too_far)?;
                let at = at.timestamp().as_millisecond();
                if self.is_over(starts.len(), day, at) {
                    return whole(starts, first);
                }
                if starts.len() == MOST_OCCURRENCES {
                    return Err(unfit("a series has at most 104 meetings"));
                }
                starts.push(at);
            }
            // A day that no month has, such as the 31st every twelfth month
            // from a February on.
            if starts.is_empty() && period > LONGEST_INTERVAL {
                break;
            }
        }
        whole(starts, first)
    }

    fn is_over(&self, so_many: usize, day: Date, at: i64) -> bool {
        match self.end {
            End::Count(count) => so_many >= count,
            End::Until(last) => day > last,
            End::UntilAt(last) => at > last,
        }
    }

    /// The days of the nth week or month, counted from that of the first one.
    fn days(&self, first: Date, period: i32) -> Result<Vec<Date>, jiff::Error> {
        let steps = period.saturating_mul(self.interval);
        let month = || first.first_of_month().checked_add(steps.months());
        match &self.every {
            Every::Week(days) => {
                let own = first.weekday().to_monday_zero_offset();
                let monday = first.checked_sub(own.days())?.checked_add(steps.weeks())?;
                if days.is_empty() {
                    return Ok(vec![monday.checked_add(own.days())?]);
                }
                days.iter()
                    .map(|day| monday.checked_add(day.days()))
                    .collect()
            }
            // Not every month has a fifth one.
            Every::NthOfMonth(nth, weekday) => {
                let day = month()?.nth_weekday_of_month(*nth, *weekday);
                Ok(day.into_iter().collect())
            }
            Every::DayOfMonth(day) => {
                let month = month()?;
                let day = Date::new(month.year(), month.month(), day.unwrap_or(first.day()));
                Ok(day.into_iter().collect())
            }
        }
    }
}

fn whole(starts: Vec<i64>, first: i64) -> Result<Vec<i64>, Refusal> {
    if starts.first() == Some(&first) {
        Ok(starts)
    } else {
        Err(unfit("the first meeting is not on a day of the rule"))
    }
}

/// A number from 1 on.
fn number(text: &str, most: i32) -> Result<i32, Refusal> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number));
    number.ok_or(unfit("a number of the rule is outside its limits"))
}

fn weekday(text: &str) -> Result<Weekday, Refusal> {
    let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let day = (0..).zip(days).find(|(_, day)| *day == text);
    day.and_then(|(number, _)| Weekday::from_monday_zero_offset(number).ok())
        .ok_or(unfit("days are MO, TU, WE, TH, FR, SA and SU"))
}

fn weekdays(text: &str) -> Result<BTreeSet<i8>, Refusal> {
    let day = |day| Ok(weekday(day)?.to_monday_zero_offset());
    text.split(',').map(day).collect()
}

/// Such as `1MO` or `-1FR`.
fn nth(text: &str) -> Result<Every, Refusal> {
    let at = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, day) = text.split_at(at.unwrap_or(text.len()));
    let number: i8 = number.trim_start_matches('+').parse().unwrap_or(0);
    if number == -1 || (1..=5).contains(&number) {
        Ok(Every::NthOfMonth(number, weekday(day)?))
    } else {
        Err(unfit("monthly it is on one of 1MO to 5SU, or -1MO to -1SU"))
    }
}

/// Such as `20261231` or `20261231T170000Z`.
fn until_of(text: &str) -> Result<End, Refusal> {
    let unfit = |_| unfit("UNTIL is a date, or a date and time in UTC");
    match text.strip_suffix('Z') {
        None => Ok(End::Until(Date::strptime("%Y%m%d", text).map_err(unfit)?)),
        Some(text) => {
            let at = DateTime::strptime("%Y%m%dT%H%M%S", text).map_err(unfit)?;
            let at = at.to_zoned(TimeZone::UTC).map_err(unfit)?;
            Ok(End::UntilAt(at.timestamp().as_millisecond()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    fn at(text: &str) -> i64 {
        let at: DateTime = text.parse().unwrap();
        at.to_zoned(zone()).unwrap().timestamp().as_millisecond()
    }

    /// The days and times of a series in Vietnam.
    fn starts(rule: &str, first: &str) -> Vec<String> {
        let starts = Rule::parse(rule)
            .unwrap()
            .starts(at(first), &zone())
            .unwrap();
        let local = |at: i64| {
            let at = Timestamp::from_millisecond(at).unwrap().to_zoned(zone());
            at.strftime("%d/%m %H:%M").to_string()
        };
        starts.into_iter().map(local).collect()
    }

    fn code(rule: &str) -> Option<ErrorCode> {
        let first = at("2026-03-02T07:30");
        let starts = Rule::parse(rule).and_then(|rule| rule.starts(first, &zone()));
        starts.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_briefing_each_monday_before_the_utc_day_begins() {
        // 06:30 in Hanoi is still Sunday in UTC.
        assert_eq!(
            starts("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-03-02T06:30"),
            ["02/03 06:30", "09/03 06:30", "16/03 06:30"]
        );
        assert_eq!(
            starts(
                "RRULE:freq=weekly;interval=2;byday=th,mo;count=4",
                "2026-03-05T14:00"
            ),
            ["05/03 14:00", "16/03 14:00", "19/03 14:00", "30/03 14:00"]
        );
        assert_eq!(
            starts("FREQ=WEEKLY;UNTIL=20260309", "2026-03-02T23:30"),
            ["02/03 23:30", "09/03 23:30"],
            "the last day counts whole"
        );
        assert_eq!(
            starts("FREQ=WEEKLY;UNTIL=20260309T003000Z", "2026-03-02T07:30").len(),
            2
        );
        assert_eq!(
            starts("FREQ=WEEKLY;UNTIL=20260309T002959Z", "2026-03-02T07:30").len(),
            1
        );
    }

    #[test]
    fn monthly_on_the_last_friday_and_on_days_that_months_have() {
        assert_eq!(
            starts("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "2026-01-30T08:00"),
            ["30/01 08:00", "27/02 08:00", "27/03 08:00"]
        );
        assert_eq!(
            starts("FREQ=MONTHLY;BYDAY=1MO;COUNT=2", "2026-03-02T08:00"),
            ["02/03 08:00", "06/04 08:00"]
        );
        assert_eq!(
            starts("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "2026-01-31T08:00"),
            ["31/01 08:00", "31/03 08:00", "31/05 08:00"]
        );
        assert_eq!(
            starts("FREQ=MONTHLY;COUNT=2", "2026-03-15T08:00"),
            ["15/03 08:00", "15/04 08:00"]
        );
    }

    #[test]
    fn what_is_no_rule_of_ours_is_refused() {
        for rule in [
            "",
            "FREQ=DAILY;COUNT=3",
            "FREQ=WEEKLY",
            "FREQ=WEEKLY;COUNT=0",
            "FREQ=WEEKLY;COUNT=105",
            "FREQ=WEEKLY;COUNT=3;UNTIL=20261231",
            "FREQ=WEEKLY;COUNT=3;COUNT=4",
            "FREQ=WEEKLY;INTERVAL=0;COUNT=3",
            "FREQ=WEEKLY;INTERVAL=9999999999;COUNT=3",
            "FREQ=WEEKLY;BYDAY=XX;COUNT=3",
            "FREQ=WEEKLY;BYHOUR=9;COUNT=3",
            "FREQ=WEEKLY;WKST=SU;COUNT=3",
            "FREQ=WEEKLY;UNTIL=soon",
            "FREQ=WEEKLY;UNTIL=99991231",
            "FREQ=MONTHLY;BYDAY=MO;COUNT=3",
            "FREQ=MONTHLY;BYDAY=6MO;COUNT=3",
            "FREQ=MONTHLY;BYDAY=1MO,2MO;COUNT=3",
            "FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3",
            // It begins on a Monday.
            "FREQ=WEEKLY;BYDAY=TU;COUNT=3",
            "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3",
            "FREQ=WEEKLY;UNTIL=20260301",
        ] {
            assert_eq!(code(rule), Some(ErrorCode::RepeatUnfit), "{rule}");
        }
        assert_eq!(code("FREQ=WEEKLY;COUNT=104"), None);
    }
}
