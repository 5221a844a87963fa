//! What is written to those who are invited: invitation, change, cancellation,
//! in Vietnamese or English.

use diemcau_protocol::{LetterLanguage, MeetingState, Role};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::calendar::{Entry, Method, letter_calendar};
use super::{Invitee, Meeting};

/// Why somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Invitation,
    Change,
    Cancellation,
}

/// A letter, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) calendar: String,
    /// `REQUEST` or `CANCEL`.
    pub(crate) method: String,
}

/// Who is to be written to about what has become of a meeting, and why.
pub(crate) fn occasions<'a>(
    before: Option<&'a Meeting>,
    after: &'a Meeting,
) -> Vec<(&'a Invitee, Occasion)> {
    if after.plan.state == MeetingState::Cancelled {
        let all = after.invitees.iter();
        return all.map(|one| (one, Occasion::Cancellation)).collect();
    }
    let Some(before) = before else {
        let all = after.invitees.iter();
        return all.map(|one| (one, Occasion::Invitation)).collect();
    };
    let changed = is_told_apart(before, after);
    let was = |invitee: &Invitee| {
        let mut invitees = before.invitees.iter();
        invitees.find(|one| one.participant == invitee.participant)
    };
    let written = after
        .invitees
        .iter()
        .filter_map(|invitee| match was(invitee) {
            None => Some((invitee, Occasion::Invitation)),
            Some(was) if changed || was.named != invitee.named => Some((invitee, Occasion::Change)),
            Some(_) => None,
        });
    let stays = |one: &Invitee| {
        let mut invitees = after.invitees.iter();
        invitees.any(|invitee| invitee.participant == one.participant)
    };
    let gone = before.invitees.iter().filter(|one| !stays(one));
    written
        .chain(gone.map(|one| (one, Occasion::Cancellation)))
        .collect()
}

/// Whether the letter about a meeting reads differently.
fn is_told_apart(before: &Meeting, after: &Meeting) -> bool {
    let told = |meeting: &Meeting| {
        let plan = &meeting.plan;
        (
            plan.title.clone(),
            (plan.starts_at, plan.ends_at, plan.opens_at()),
            plan.agenda.clone(),
        )
    };
    told(before) != told(after)
}

/// What a letter needs beside meeting and reader.
pub(crate) struct Writing<'a> {
    pub(crate) meeting: &'a Meeting,
    pub(crate) invitee: &'a Invitee,
    pub(crate) occasion: Occasion,
    /// Where it goes, and in which language.
    pub(crate) to: &'a str,
    pub(crate) language: LetterLanguage,
    /// The address that letters come from.
    pub(crate) from: &'a str,
    /// The personal link, whole.
    pub(crate) link: &'a str,
    /// In milliseconds since 1970 UTC.
    pub(crate) now: i64,
}

/// Writes a letter.
pub(crate) fn letter(writing: &Writing<'_>) -> Letter {
    let Writing {
        meeting,
        invitee,
        occasion,
        to,
        language,
        from,
        link,
        now,
    } = writing;
    let words = Words::of(*language);
    let name = invitee.named.full_name();
    let lines = lines(writing, &words, &name);
    let (method, link) = match occasion {
        Occasion::Invitation | Occasion::Change => (Method::Request, Some(*link)),
        Occasion::Cancellation => (Method::Cancel, None),
    };
    let text = as_text(&lines);
    let entry = Entry {
        meeting,
        organiser: (&meeting.plan.host_unit_name, from),
        attendee: (&name, to),
        link,
        description: &text,
        now: *now,
    };
    Letter {
        subject: format!(
            "{}: {} – {}",
            words.subject(*occasion),
            meeting.plan.title,
            words.short(&local(meeting, meeting.plan.starts_at))
        ),
        html: as_html(&lines, *language),
        calendar: letter_calendar(&entry, method),
        method: method.word().to_owned(),
        to: (*to).to_owned(),
        name,
        text,
    }
}

/// A part of a letter.
enum Line {
    /// Plain words.
    Words(String),
    /// What is asked, and the answer.
    Fact(&'static str, String),
    /// A numbered item.
    Item(usize, String),
    Link(String),
}

fn lines(writing: &Writing<'_>, words: &Words, name: &str) -> Vec<Line> {
    let plan = &writing.meeting.plan;
    let mut lines = vec![
        Line::Words(words.greeting(name)),
        Line::Words(words.opening(writing.occasion, &plan.host_unit_name)),
        Line::Fact(words.facts[0], plan.title.clone()),
        Line::Fact(words.facts[1], words.time(writing.meeting)),
        Line::Fact(words.facts[2], plan.host_unit_name.clone()),
    ];
    if writing.occasion == Occasion::Cancellation {
        let reason = plan.cancelled.as_deref().unwrap_or_default();
        if !reason.is_empty() {
            lines.push(Line::Fact(words.facts[3], reason.to_owned()));
        }
        return lines;
    }
    let role = words.role(writing.invitee.named.role);
    lines.push(Line::Fact(words.facts[4], role.to_owned()));
    if plan.policy.rehearsal_minutes > 0 {
        let opens = words.moment(&local(writing.meeting, plan.opens_at()));
        lines.push(Line::Fact(words.facts[5], opens));
    }
    if !plan.agenda.is_empty() {
        lines.push(Line::Words(words.agenda.to_owned()));
        let item = |(index, item): (usize, &diemcau_protocol::PlannedItem)| {
            let mut text = item.title.clone();
            if let Some(minutes) = item.minutes {
                text.push_str(&format!(" ({minutes} {})", words.minutes));
            }
            let speakers: Vec<&str> = item.speakers.lines().map(str::trim).collect();
            if !item.speakers.is_empty() {
                text.push_str(&format!(" – {}", speakers.join(", ")));
            }
            Line::Item(index + 1, text)
        };
        lines.extend(plan.agenda.iter().enumerate().map(item));
    }
    lines.push(Line::Words(words.link.to_owned()));
    lines.push(Line::Link(writing.link.to_owned()));
    lines.push(Line::Words(words.no_secrets(&plan.confirmation.organiser)));
    lines
}

fn as_text(lines: &[Line]) -> String {
    let line = |line: &Line| match line {
        Line::Words(words) => format!("\n{words}\n"),
        Line::Fact(what, answer) => format!("{what}: {answer}\n"),
        Line::Item(number, text) => format!("{number}. {text}\n"),
        Line::Link(link) => format!("{link}\n"),
    };
    let text: String = lines.iter().map(line).collect();
    text.trim().to_owned() + "\n"
}

fn as_html(lines: &[Line], language: LetterLanguage) -> String {
    let line = |line: &Line| match line {
        Line::Words(words) => format!("<p>{}</p>\n", escape(words)),
        Line::Fact(what, answer) => {
            format!("<div><b>{}:</b> {}</div>\n", escape(what), escape(answer))
        }
        Line::Item(number, text) => format!("<div>{number}. {}</div>\n", escape(text)),
        Line::Link(link) => format!("<p><a href=\"{0}\">{0}</a></p>\n", escape(link)),
    };
    let body: String = lines.iter().map(line).collect();
    let tag = match language {
        LetterLanguage::Vi => "vi",
        LetterLanguage::En => "en",
    };
    format!(
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A time on the clock of the meeting's zone.
fn local(meeting: &Meeting, at: i64) -> Zoned {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get(&meeting.plan.time_zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
}

/// The words of a language.
struct Words {
    language: LetterLanguage,
    /// Subject, time, host, reason, role, rehearsal.
    facts: [&'static str; 6],
    agenda: &'static str,
    minutes: &'static str,
    link: &'static str,
}

impl Words {
    fn of(language: LetterLanguage) -> Self {
        match language {
            LetterLanguage::Vi => Self {
                language,
                facts: [
                    "Nội dung",
                    "Thời gian",
                    "Đơn vị chủ trì",
                    "Lý do",
                    "Tham dự với vai trò",
                    "Phòng họp mở để chạy thử từ",
                ],
                agenda: "Chương trình dự kiến:",
                minutes: "phút",
                link: "Đường dẫn vào họp dành riêng cho quý vị, đề nghị không chuyển cho người khác:",
            },
            LetterLanguage::En => Self {
                language,
                facts: [
                    "Subject",
                    "Time",
                    "Host",
                    "Reason",
                    "Your role",
                    "The room is open for rehearsal from",
                ],
                agenda: "Agenda:",
                minutes: "min",
                link: "Your personal link to the meeting; please do not pass it on:",
            },
        }
    }

    fn subject(&self, occasion: Occasion) -> &'static str {
        match (self.language, occasion) {
            (LetterLanguage::Vi, Occasion::Invitation) => "Giấy mời họp",
            (LetterLanguage::Vi, Occasion::Change) => "Điều chỉnh lịch họp",
            (LetterLanguage::Vi, Occasion::Cancellation) => "Hủy họp",
            (LetterLanguage::En, Occasion::Invitation) => "Invitation",
            (LetterLanguage::En, Occasion::Change) => "Changed",
            (LetterLanguage::En, Occasion::Cancellation) => "Cancelled",
        }
    }

    fn greeting(&self, name: &str) -> String {
        match self.language {
            LetterLanguage::Vi => format!("Kính gửi: {name}"),
            LetterLanguage::En => format!("Dear {name},"),
        }
    }

    fn opening(&self, occasion: Occasion, host: &str) -> String {
        match (self.language, occasion) {
            (LetterLanguage::Vi, Occasion::Invitation) => {
                format!("{host} trân trọng kính mời quý vị tham dự cuộc họp trực tuyến:")
            }
            (LetterLanguage::Vi, Occasion::Change) => {
                format!("{host} xin thông báo điều chỉnh cuộc họp trực tuyến như sau:")
            }
            (LetterLanguage::Vi, Occasion::Cancellation) => {
                format!(
                    "{host} xin thông báo cuộc họp sau đây không tổ chức, hoặc giấy mời của quý vị đã được thu hồi:"
                )
            }
            (LetterLanguage::En, Occasion::Invitation) => {
                format!("{host} invites you to this online meeting:")
            }
            (LetterLanguage::En, Occasion::Change) => {
                format!("{host} has changed this online meeting:")
            }
            (LetterLanguage::En, Occasion::Cancellation) => {
                format!(
                    "{host} lets you know that this meeting does not take place, or that your invitation was withdrawn:"
                )
            }
        }
    }

    fn no_secrets(&self, organiser: &str) -> String {
        match self.language {
            LetterLanguage::Vi => format!(
                "{organiser} đã xác nhận nội dung cuộc họp không thuộc danh mục bí mật nhà nước."
            ),
            LetterLanguage::En => {
                format!("{organiser} has confirmed that the content is no state secret.")
            }
        }
    }

    fn role(&self, role: Role) -> &'static str {
        let (vi, en) = match role {
            Role::Chair => ("Chủ tọa", "Chair"),
            Role::Secretary => ("Thư ký", "Secretary"),
            Role::Delegate => ("Đại biểu", "Delegate"),
            Role::Operator => ("Kỹ thuật viên điểm cầu", "Operator of the site"),
            Role::Controller => ("Điều hành kỹ thuật", "Controller"),
            Role::Observer => ("Dự thính", "Observer"),
        };
        match self.language {
            LetterLanguage::Vi => vi,
            LetterLanguage::En => en,
        }
    }

    /// From when until when.
    fn time(&self, meeting: &Meeting) -> String {
        let (from, to) = (
            local(meeting, meeting.plan.starts_at),
            local(meeting, meeting.plan.ends_at),
        );
        let zone = from.strftime("UTC%:z");
        let to = if from.date() == to.date() {
            to.strftime("%H:%M").to_string()
        } else {
            self.moment(&to)
        };
        format!("{} – {to} ({zone})", self.moment(&from))
    }

    /// Such as *thứ Hai, 02/03/2026, 07:30*.
    fn moment(&self, at: &Zoned) -> String {
        let days = match self.language {
            LetterLanguage::Vi => [
                "thứ Hai",
                "thứ Ba",
                "thứ Tư",
                "thứ Năm",
                "thứ Sáu",
                "thứ Bảy",
                "Chủ nhật",
            ],
            LetterLanguage::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        };
        let day = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
        format!("{}, {}", days[day], at.strftime("%d/%m/%Y, %H:%M"))
    }

    fn short(&self, at: &Zoned) -> String {
        at.strftime("%H:%M %d/%m/%Y").to_string()
    }
}
