//! What is written over the picture, as subtitles of Advanced SubStation Alpha:
//! pure.

use std::fmt::Write;
use std::ops::Range;

use crate::timeline::{Mark, MarkKind, Timeline};

/// Clocks in Vietnam are seven hours before UTC, in milliseconds.
const ZONE: i64 = 7 * 60 * 60 * 1_000;
const SECOND: i64 = 1_000;

const HEAD: &str = "[Script Info]
ScriptType: v4.00+
PlayResX: 1280
PlayResY: 720
WrapStyle: 0

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, Bold, BorderStyle, \
Outline, Shadow, Alignment, MarginL, MarginR, MarginV
Style: Name,Tinos,38,&H00FFFFFF,&H60000000,&H60000000,-1,3,8,0,1,32,32,28
Style: Item,Tinos,30,&H00FFFFFF,&H60000000,&H60000000,0,3,6,0,7,32,260,24
Style: Clock,Tinos,30,&H00FFFFFF,&H60000000,&H60000000,0,3,6,0,9,32,32,24

[Events]
Format: Start, End, Style, Text
";

/// The subtitles for a part of a recording; their times begin with it.
pub(super) fn captions(timeline: &Timeline, part: &Range<i64>) -> String {
    let mut text = HEAD.to_owned();
    let mut say = |range: Range<i64>, style: &str, what: &str| {
        let (from, to) = (range.start.max(part.start), range.end.min(part.end));
        if from < to {
            let (from, to) = (moment(from - part.start), moment(to - part.start));
            // Writing to a text cannot fail.
            let _ = writeln!(text, "Dialogue: {from},{to},{style},{}", plain(what));
        }
    };
    let stage = spans(timeline, MarkKind::Stage);
    let speakers = spans(timeline, MarkKind::Speaker);
    for (range, shown) in &stage {
        for (spoken, speaker) in whole(&speakers, range) {
            let name = match speaker {
                Some(speaker) if speaker != *shown => format!("{shown} · Phát biểu: {speaker}"),
                Some(_) | None => (*shown).to_owned(),
            };
            say(spoken, "Name", &name);
        }
    }
    let before_stage = stage
        .first()
        .map_or(timeline.duration, |(range, _)| range.start);
    for (range, speaker) in &speakers {
        say(range.start..range.end.min(before_stage), "Name", speaker);
    }
    for (range, title) in spans(timeline, MarkKind::Agenda) {
        say(range, "Item", title);
    }
    let mut at = part.start;
    while at < part.end {
        let clock = timeline.began_at + at;
        let next = at + SECOND - clock.rem_euclid(SECOND);
        let seconds = (clock + ZONE).div_euclid(SECOND);
        let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
        let shown = format!("{hours:02}:{minutes:02}:{:02}", seconds % 60);
        say(at..next, "Clock", &shown);
        at = next;
    }
    text
}

/// From each mark of a kind to the next one.
fn spans(timeline: &Timeline, kind: MarkKind) -> Vec<(Range<i64>, &str)> {
    let marks: Vec<&Mark> = timeline
        .chapters
        .iter()
        .filter(|mark| mark.kind == kind)
        .collect();
    let ends = marks.iter().skip(1).map(|mark| mark.at);
    let ends = ends.chain([timeline.duration]);
    let each = marks.iter().zip(ends);
    each.map(|(mark, end)| (mark.at..end, mark.title.as_str()))
        .collect()
}

/// A range cut into what each span covers of it, and what none does.
fn whole<'a>(
    spans: &[(Range<i64>, &'a str)],
    range: &Range<i64>,
) -> Vec<(Range<i64>, Option<&'a str>)> {
    let mut cut = Vec::new();
    let mut at = range.start;
    for (span, title) in spans {
        let (from, to) = (span.start.max(at), span.end.min(range.end));
        if from < to {
            if at < from {
                cut.push((at..from, None));
            }
            cut.push((from..to, Some(*title)));
            at = to;
        }
    }
    if at < range.end {
        cut.push((at..range.end, None));
    }
    cut
}

/// `h:mm:ss.cc`
fn moment(at: i64) -> String {
    let (seconds, hundredths) = (at / SECOND, at % SECOND / 10);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}.{hundredths:02}", seconds % 60)
}

/// Without what the form would take for an order.
fn plain(text: &str) -> String {
    let safe = |c: char| match c {
        '{' => '(',
        '}' => ')',
        '\\' => '/',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::TIMELINE_VERSION;

    fn timeline() -> Timeline {
        let mark = |at, kind, title: &str| Mark {
            at,
            kind,
            title: title.into(),
        };
        Timeline {
            version: TIMELINE_VERSION,
            meeting: "hop".into(),
            title: "Họp giao ban".into(),
            host_unit: "UBND tỉnh".into(),
            // 07:59:58.500 in Vietnam.
            began_at: 1_789_952_398_500,
            duration: 90_000,
            programme: Vec::new(),
            tracks: Vec::new(),
            chapters: vec![
                mark(0, MarkKind::Agenda, "1. Phòng chống lũ {\\b1}"),
                mark(10_000, MarkKind::Stage, "Xã An Bình"),
                mark(20_000, MarkKind::Speaker, "Bà Lan"),
                mark(70_000, MarkKind::Agenda, "2. Việc khác"),
                mark(80_000, MarkKind::Stage, "Xã Hòa Lạc"),
            ],
            gaps: Vec::new(),
        }
    }

    fn lines(part: Range<i64>, style: &str) -> Vec<String> {
        let text = captions(&timeline(), &part);
        let style = format!(",{style},");
        let lines = text.lines().filter(|line| line.starts_with("Dialogue: "));
        let lines = lines.filter(|line| line.contains(&style));
        lines
            .map(|line| line["Dialogue: ".len()..].replace(&style, " "))
            .collect()
    }

    #[test]
    fn names_items_and_the_time_stand_where_they_hold() {
        assert_eq!(
            lines(0..60_000, "Name"),
            [
                "0:00:10.00,0:00:20.00 Xã An Bình",
                "0:00:20.00,0:01:00.00 Xã An Bình · Phát biểu: Bà Lan",
            ]
        );
        assert_eq!(
            lines(60_000..90_000, "Name"),
            [
                "0:00:00.00,0:00:20.00 Xã An Bình · Phát biểu: Bà Lan",
                "0:00:20.00,0:00:30.00 Xã Hòa Lạc · Phát biểu: Bà Lan",
            ]
        );
        // What an agenda says gives no orders.
        assert_eq!(
            lines(60_000..90_000, "Item"),
            [
                "0:00:00.00,0:00:10.00 1. Phòng chống lũ (/b1)",
                "0:00:10.00,0:00:30.00 2. Việc khác",
            ]
        );
        let clock = lines(0..3_000, "Clock");
        assert_eq!(
            clock,
            [
                "0:00:00.00,0:00:00.50 07:59:58",
                "0:00:00.50,0:00:01.50 07:59:59",
                "0:00:01.50,0:00:02.50 08:00:00",
                "0:00:02.50,0:00:03.00 08:00:01",
            ]
        );
    }
}
