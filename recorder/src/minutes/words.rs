//! The minutes in words: what the log established, as statements in Vietnamese
//! as an official writes it.

pub(crate) mod annex;
mod attendance;
mod course;
pub(crate) mod format;
mod votes;

pub(crate) use votes::choice;

use std::collections::BTreeMap;

use diemcau_protocol::{ParticipantId, ParticipantKind, Role};

use super::log::Occasion;
use super::record::{Attendee, Fact, Minutes};
use super::statement::{Origin, Section, Signer, Statement};
use annex::Annexed;
use format::{count, fingerprint, time, time_and_date};

/// So many attendees, and voters, stand in the text; more go to an annex.
pub(crate) const IN_THE_TEXT: usize = 12;

/// All statements, in the order of the form.
pub(crate) fn statements(minutes: &Minutes) -> Vec<Statement> {
    let mut writer = Writer::new(minutes);
    writer.head();
    attendance::write(&mut writer);
    writer.presidium();
    course::write(&mut writer);
    writer.confirmations();
    writer.end();
    writer.signatures();
    writer.statements
}

/// What the occasion is called, at the beginning of a sentence.
pub(crate) fn occasion(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Meeting => "Cuộc họp",
        Occasion::Conference => "Hội nghị",
        Occasion::Workshop => "Hội thảo",
    }
}

struct Writer<'a> {
    minutes: &'a Minutes,
    names: BTreeMap<&'a ParticipantId, &'a Attendee>,
    statements: Vec<Statement>,
}

impl<'a> Writer<'a> {
    fn new(minutes: &'a Minutes) -> Self {
        let attendees = minutes.attendance.iter();
        Self {
            minutes,
            names: attendees.map(|a| (&a.participant, a)).collect(),
            statements: Vec::new(),
        }
    }

    fn say(&mut self, key: impl Into<String>, section: Section, seqs: Vec<u64>, text: String) {
        self.put(key.into(), section, Origin::Log { seqs }, text);
    }

    fn put(&mut self, key: String, section: Section, origin: Origin, text: String) {
        self.statements.push(Statement {
            key,
            section,
            origin,
            text,
            corrections: Vec::new(),
            left_out: false,
        });
    }

    /// The name that somebody goes by; of the only chair, the office.
    fn name(&self, participant: &ParticipantId) -> String {
        match self.names.get(participant) {
            Some(known) if known.role != Role::Chair => known.name.clone(),
            Some(_) if self.holders(Role::Chair).len() == 1 => "Chủ tọa".to_owned(),
            Some(known) => format!("Chủ tọa {}", known.name),
            None => participant.to_string(),
        }
    }

    /// What an annex is called.
    fn annex(&self, about: Annexed) -> String {
        annex::name(self.minutes, about)
    }

    fn names<'b>(&self, participants: impl IntoIterator<Item = &'b ParticipantId>) -> String {
        let names = participants.into_iter().map(|id| self.name(id));
        names.collect::<Vec<_>>().join("; ")
    }

    fn head(&mut self) {
        let Minutes { title, began, .. } = self.minutes;
        self.say(
            "title",
            Section::Title,
            vec![title.seq],
            title.value.clone(),
        );
        let text = format!("{}.", time_and_date(began.value));
        self.say("began", Section::Began, vec![began.seq], text);
        self.places();
    }

    /// The chair's site and every site that took part.
    fn places(&mut self) {
        let Minutes {
            host_unit,
            attendance,
            ..
        } = self.minutes;
        let is_chair = |a: &&Attendee| a.role == Role::Chair && a.kind == ParticipantKind::Site;
        let chair = attendance.iter().find(is_chair);
        let home = chair.map_or(host_unit.value.as_str(), |chair| chair.name.as_str());
        let text = format!("Họp trực tuyến. Điểm cầu chủ trì: {home}.");
        self.say("place/home", Section::Place, vec![host_unit.seq], text);
        let took_part = attendance
            .iter()
            .filter(|a| a.kind == ParticipantKind::Site && a.was_there() && a.role != Role::Chair);
        let sites: Vec<&Attendee> = took_part.collect();
        let seqs = sites.iter().filter_map(|a| a.came.as_ref()).map(|f| f.seq);
        let seqs: Vec<u64> = seqs.collect();
        let text = match sites.len() {
            0 => "Không có điểm cầu khác tham dự.".to_owned(),
            few if few <= IN_THE_TEXT => {
                let names: Vec<&str> = sites.iter().map(|a| a.name.as_str()).collect();
                let few = count(few as u64);
                format!(
                    "Các điểm cầu tham dự ({few} điểm cầu): {}.",
                    names.join("; ")
                )
            }
            many => format!(
                "Các điểm cầu tham dự: {} điểm cầu, theo danh sách tại {} kèm theo.",
                count(many as u64),
                self.annex(Annexed::Attendance)
            ),
        };
        self.say("place/sites", Section::Place, seqs, text);
    }

    fn presidium(&mut self) {
        for (section, role, key) in [
            (Section::Chair, Role::Chair, "chair"),
            (Section::Secretary, Role::Secretary, "secretary"),
        ] {
            let holders = self.holders(role);
            let seqs = holders
                .iter()
                .filter_map(|a| a.came.as_ref())
                .map(|f| f.seq);
            let seqs: Vec<u64> = seqs.collect();
            let names: Vec<String> = holders.iter().map(|a| with_unit(a)).collect();
            let text = if names.is_empty() {
                "(chưa xác định)".to_owned()
            } else {
                format!("{}.", names.join("; "))
            };
            self.say(key, section, seqs, text);
        }
    }

    /// Who had a role and was there.
    fn holders(&self, role: Role) -> Vec<&'a Attendee> {
        let all = self.minutes.attendance.iter();
        all.filter(|a| a.role == role && a.was_there()).collect()
    }

    fn confirmations(&mut self) {
        let minutes = self.minutes;
        let occasion = occasion(minutes.occasion).to_lowercase();
        let text = match &minutes.no_state_secret {
            Some(confirmed) => format!(
                "Nội dung {occasion} không thuộc danh mục bí mật nhà nước ({} xác nhận lúc {}).",
                confirmed.by,
                time_and_date(confirmed.at)
            ),
            None => format!(
                "Không có xác nhận của người tổ chức rằng nội dung {occasion} không thuộc danh \
                 mục bí mật nhà nước."
            ),
        };
        let key = "confirmation/no_state_secret".to_owned();
        self.put(key, Section::Confirmation, Origin::Organiser, text);
        self.recording();
        let text = format!(
            "Mã băm kết thúc nhật ký điện tử của {occasion} (SHA-256): {}.",
            fingerprint(&minutes.closing_hash)
        );
        let seqs = vec![minutes.ended.seq];
        self.say("confirmation/log", Section::Confirmation, seqs, text);
    }

    fn recording(&mut self) {
        let minutes = self.minutes;
        let occasion = occasion(minutes.occasion);
        let recording = &minutes.recording;
        let mut seqs: Vec<u64> = Vec::new();
        let text = match (&recording.began, &recording.announced) {
            (Some(began), announced) => {
                seqs.push(began.seq);
                let mut text = format!("{occasion} được ghi âm, ghi hình từ {}", time(began.value));
                if let Some(announced) = announced {
                    seqs.push(announced.seq);
                    text += &format!(", đã thông báo trước lúc {}", time(announced.value));
                }
                text + "." + &self.consents(&mut seqs)
            }
            (None, _) => format!("{occasion} không được ghi âm, ghi hình."),
        };
        self.say("confirmation/recording", Section::Confirmation, seqs, text);
    }

    fn consents(&self, seqs: &mut Vec<u64>) -> String {
        let recording = &self.minutes.recording;
        let answers = recording.agreed.iter().chain(&recording.disagreed);
        seqs.extend(answers.map(|answer: &Fact<ParticipantId>| answer.seq));
        let mut text = String::new();
        if !recording.agreed.is_empty() {
            let agreed = count(recording.agreed.len() as u64);
            text += &format!(" Số điểm cầu, đại biểu đồng ý: {agreed}.");
        }
        if !recording.disagreed.is_empty() {
            let names = self.names(recording.disagreed.iter().map(|fact| &fact.value));
            text += &format!(" Không đồng ý: {names}.");
        }
        text
    }

    fn end(&mut self) {
        let Minutes {
            occasion: kind,
            ended,
            ..
        } = self.minutes;
        let text = format!(
            "{} kết thúc vào {}./.",
            occasion(*kind),
            time_and_date(ended.value)
        );
        self.say("ended", Section::Ended, vec![ended.seq], text);
    }

    fn signatures(&mut self) {
        for (of, role, key) in [
            (Signer::Secretary, Role::Secretary, "signature/secretary"),
            (Signer::Chair, Role::Chair, "signature/chair"),
        ] {
            let holder = self.holders(role).into_iter().next();
            let seqs = holder.and_then(|a| a.came.as_ref()).map(|fact| fact.seq);
            let name = holder.map(bare_name).unwrap_or_default();
            self.say(
                key,
                Section::Signature { of },
                seqs.into_iter().collect(),
                name,
            );
        }
    }
}

fn with_unit(attendee: &Attendee) -> String {
    match &attendee.unit {
        Some(unit) if !attendee.name.contains(unit.as_str()) => {
            format!("{}, {unit}", attendee.name)
        }
        _ => attendee.name.clone(),
    }
}

/// A person's name without address and office, as it stands under a signature.
fn bare_name(attendee: &Attendee) -> String {
    if attendee.kind != ParticipantKind::Person {
        return String::new();
    }
    let name = attendee.name.split([',', '-', '–']).next().unwrap_or("");
    let addresses = ["Ông ", "Bà ", "Đồng chí ", "Đ/c "];
    let bare = addresses.iter().find_map(|a| name.strip_prefix(a));
    bare.unwrap_or(name).trim().to_owned()
}

/// The day of the meeting, for titles.
pub(crate) fn day(minutes: &Minutes) -> String {
    format::date(minutes.began.value)
}
