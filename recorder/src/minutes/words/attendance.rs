//! Who was there, in words.

use diemcau_protocol::{ParticipantId, ParticipantKind};

use super::annex::Annexed;
use super::format::{count, time};
use super::{IN_THE_TEXT, Writer};
use crate::minutes::record::Attendee;
use crate::minutes::statement::{Cell, Section};

pub(super) fn write(writer: &mut Writer<'_>) {
    sums(writer);
    let attendance = &writer.minutes.attendance;
    if attendance.len() <= IN_THE_TEXT {
        for attendee in attendance {
            let key = format!("attendance/{}", attendee.participant);
            let text = format!("- {}.", in_a_line(attendee));
            writer.say(key, Section::Attendance, seqs(attendee), text);
        }
    } else {
        let annex = writer.annex(Annexed::Attendance);
        let text = format!("Danh sách điểm cầu, đại biểu tại {annex} kèm theo.");
        writer.say("attendance/list", Section::Attendance, Vec::new(), text);
        exceptions(writer);
    }
    for attendee in attendance {
        cells(writer, attendee);
    }
}

fn sums(writer: &mut Writer<'_>) {
    let attendance = &writer.minutes.attendance;
    let of = |kind| attendance.iter().filter(move |a| a.kind == kind);
    let mut parts = Vec::new();
    for (kind, what) in [
        (ParticipantKind::Site, "điểm cầu"),
        (ParticipantKind::Person, "đại biểu tham dự cá nhân"),
    ] {
        let all = of(kind).count();
        if all > 0 {
            let there = of(kind).filter(|a| a.was_there()).count();
            parts.push(format!(
                "{} {what} (có mặt {}, vắng mặt {})",
                count(all as u64),
                count(there as u64),
                count((all - there) as u64)
            ));
        }
    }
    let heads = of(ParticipantKind::Site).filter_map(|a| a.headcount.as_ref());
    let seqs: Vec<u64> = heads.clone().map(|fact| fact.seq).collect();
    let people: u64 = heads.map(|fact| u64::from(fact.value)).sum();
    let mut text = format!("{}.", parts.join("; "));
    if people > 0 {
        let people = count(people);
        text += &format!(" Tổng số người có mặt tại các điểm cầu theo điểm danh: {people} người.");
    }
    writer.say("attendance/sums", Section::Attendance, seqs, text);
}

/// Who was absent, late, or left early, where the list is in an annex.
fn exceptions(writer: &mut Writer<'_>) {
    let attendance = &writer.minutes.attendance;
    let absent = |a: &&Attendee| !a.was_there();
    let late = |a: &&Attendee| a.late;
    let left = |a: &&Attendee| a.left.is_some();
    exception(
        writer,
        "absent",
        "Vắng mặt",
        attendance.iter().filter(absent),
        |a| a.name.clone(),
    );
    exception(
        writer,
        "late",
        "Vào muộn",
        attendance.iter().filter(late),
        |a| {
            let came = a.came.as_ref().map(|came| time(came.value));
            format!("{} ({})", a.name, came.unwrap_or_default())
        },
    );
    exception(
        writer,
        "left",
        "Rời sớm",
        attendance.iter().filter(left),
        |a| {
            let left = a.left.as_ref().map(|left| time(left.value));
            format!("{} ({})", a.name, left.unwrap_or_default())
        },
    );
}

fn exception<'a>(
    writer: &mut Writer<'_>,
    key: &str,
    label: &str,
    which: impl Iterator<Item = &'a Attendee>,
    name: impl Fn(&Attendee) -> String,
) {
    let which: Vec<&Attendee> = which.collect();
    if which.is_empty() {
        return;
    }
    let seqs = which.iter().flat_map(|attendee| seqs(attendee)).collect();
    // A list that fills pages is in the annex already.
    let text = if which.len() <= 2 * IN_THE_TEXT {
        let names: Vec<String> = which.iter().map(|a| name(a)).collect();
        format!("- {label}: {}.", names.join("; "))
    } else {
        format!(
            "- {label}: {}, theo {} kèm theo.",
            count(which.len() as u64),
            writer.annex(Annexed::Attendance)
        )
    };
    writer.say(format!("attendance/{key}"), Section::Attendance, seqs, text);
}

fn in_a_line(attendee: &Attendee) -> String {
    let mut text = attendee.name.clone();
    if let Some(heads) = &attendee.headcount {
        text += &format!(": {} người", count(u64::from(heads.value)));
    }
    if !attendee.delegates.is_empty() {
        text += &format!(" ({})", attendee.delegates.join("; "));
    }
    let remark = remark(attendee);
    if remark != PRESENT {
        text += &format!(" – {}", remark.to_lowercase());
    }
    text
}

const PRESENT: &str = "Có mặt";

fn remark(attendee: &Attendee) -> String {
    let Some(came) = &attendee.came else {
        return "Vắng mặt".to_owned();
    };
    let late = attendee
        .late
        .then(|| format!("Vào muộn ({})", time(came.value)));
    let left = attendee.left.as_ref();
    let left = left.map(|left| format!("Rời sớm ({})", time(left.value)));
    match (late, left) {
        (None, None) => PRESENT.to_owned(),
        (Some(late), None) => late,
        (None, Some(left)) => left,
        (Some(late), Some(left)) => format!("{late}; {}", left.to_lowercase()),
    }
}

fn seqs(attendee: &Attendee) -> Vec<u64> {
    let came = attendee.came.as_ref().map(|fact| fact.seq);
    let left = attendee.left.as_ref().map(|fact| fact.seq);
    let heads = attendee.headcount.as_ref().map(|fact| fact.seq);
    came.into_iter().chain(heads).chain(left).collect()
}

fn cells(writer: &mut Writer<'_>, attendee: &Attendee) {
    let heads = attendee.headcount.as_ref();
    let heads_seq: Vec<u64> = heads.map(|fact| fact.seq).into_iter().collect();
    let heads = heads.map(|fact| count(u64::from(fact.value)));
    let came: Vec<u64> = attendee.came.as_ref().map(|f| f.seq).into_iter().collect();
    let moved = [attendee.came.as_ref(), attendee.left.as_ref()];
    let moved: Vec<u64> = moved.into_iter().flatten().map(|f| f.seq).collect();
    for (cell, name, seqs, text) in [
        (Cell::Name, "name", came, attendee.name.clone()),
        (
            Cell::Headcount,
            "headcount",
            heads_seq.clone(),
            heads.unwrap_or_default(),
        ),
        (
            Cell::Delegates,
            "delegates",
            heads_seq,
            attendee.delegates.join("; "),
        ),
        (Cell::Remark, "remark", moved, remark(attendee)),
    ] {
        let participant: ParticipantId = attendee.participant.clone();
        let key = format!("attendance/{participant}/{name}");
        writer.say(key, Section::Attendee { participant, cell }, seqs, text);
    }
}
