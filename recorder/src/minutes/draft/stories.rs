//! Stories of a draft: corrected, approved, issued, taken back.

use diemcau_protocol::Role;

use super::*;
use crate::minutes::conference::{self, EIGHT};
use crate::minutes::statement::{Origin, Section};

fn hand(name: &str, role: Role) -> Hand {
    Hand {
        editor: Editor {
            id: name.to_lowercase(),
            name: name.to_owned(),
        },
        role,
        now: EIGHT + 7_200_000,
    }
}

fn secretary() -> Hand {
    hand("Bà Trần Thị Thu Hương", Role::Secretary)
}

fn chair() -> Hand {
    hand("Ông Nguyễn Văn Bình", Role::Chair)
}

fn draft() -> Draft {
    Draft::new(conference::minutes())
}

fn correct(key: &str, text: &str) -> Edit {
    Edit::Correct {
        key: key.to_owned(),
        text: text.to_owned(),
        reason: "Điểm cầu báo nhầm".to_owned(),
    }
}

fn write(section: Section, text: &str) -> Edit {
    Edit::Write {
        section,
        after: None,
        text: text.to_owned(),
    }
}

fn refused(draft: &mut Draft, hand: &Hand, edit: Edit) -> Code {
    let before = draft.clone();
    let refusal = draft.edit(hand, draft.revision, edit).unwrap_err();
    assert_eq!(*draft, before, "what is refused changes nothing");
    refusal.code
}

#[test]
fn a_headcount_is_corrected_and_the_correction_shows_what_the_log_said() {
    let mut draft = draft();
    let key = "attendance/xa-01/headcount";
    let said = draft.statement(key).unwrap().text.clone();
    draft.edit(&secretary(), 1, correct(key, "12")).unwrap();
    let now = draft.statement(key).unwrap();
    assert_eq!(now.text, "12");
    assert!(!now.is_untouched());
    let correction = &now.corrections[0];
    assert_eq!(correction.old, said);
    assert_eq!(correction.new.as_deref(), Some("12"));
    assert_eq!(correction.by, secretary().editor);
    assert_eq!(correction.at, secretary().now);
    assert!(matches!(&now.origin, Origin::Log { seqs } if !seqs.is_empty()));
    // What the log established is still there, whatever is corrected.
    assert_eq!(draft.minutes, conference::minutes());
    assert_eq!(draft.history.len(), 1);

    let restore = Edit::Restore {
        key: key.to_owned(),
    };
    draft.edit(&secretary(), 2, restore).unwrap();
    assert_eq!(draft.statement(key).unwrap().text, said);
    assert_eq!(draft.corrections().count(), 0);
    assert_eq!(draft.history.len(), 2, "the history forgets nothing");
}

#[test]
fn what_the_log_established_is_not_rewritten_nor_removed() {
    let mut draft = draft();
    let key = || "began".to_owned();
    let text = "09 giờ 00".to_owned();
    let rewrite = Edit::Rewrite { key: key(), text };
    assert_eq!(
        refused(&mut draft, &secretary(), rewrite),
        Code::Established
    );
    let remove = Edit::Remove { key: key() };
    assert_eq!(refused(&mut draft, &secretary(), remove), Code::Established);
    let mut silent = correct("began", "09 giờ 00");
    if let Edit::Correct { reason, .. } = &mut silent {
        reason.clear();
    }
    assert_eq!(
        refused(&mut draft, &secretary(), silent),
        Code::ReasonMissing
    );
    let reason = "Không thuộc nội dung hội nghị".to_owned();
    let leave_out = Edit::LeaveOut { key: key(), reason };
    draft.edit(&secretary(), 1, leave_out).unwrap();
    assert!(draft.statement("began").unwrap().left_out);
    assert_eq!(draft.corrections().next().unwrap().1.new, None);
}

#[test]
fn the_secretary_writes_where_it_belongs_and_changes_it_again() {
    let mut draft = draft();
    let section = Section::Course { chapter: 1 };
    let edit = Edit::Write {
        section: section.clone(),
        after: Some("course/1/plan".to_owned()),
        text: " Giám đốc Sở trình bày báo cáo. ".to_owned(),
    };
    draft.edit(&secretary(), 1, edit).unwrap();
    let place = |key: &str| draft.statements.iter().position(|s| s.key == key).unwrap();
    assert_eq!(place("written/1"), place("course/1/plan") + 1);
    let text = "Giám đốc Sở trình bày tóm tắt báo cáo.".to_owned();
    let key = "written/1".to_owned();
    draft
        .edit(&secretary(), 2, Edit::Rewrite { key, text })
        .unwrap();
    let written = draft.statement("written/1").unwrap();
    assert_eq!(written.text, "Giám đốc Sở trình bày tóm tắt báo cáo.");
    let not_so = correct("written/1", "Khác");
    assert_eq!(
        refused(&mut draft, &secretary(), not_so),
        Code::NotEstablished
    );
    let key = "written/1".to_owned();
    draft.edit(&secretary(), 3, Edit::Remove { key }).unwrap();
    assert!(draft.statement("written/1").is_none());
    draft
        .edit(&secretary(), 4, write(section, "Ý khác"))
        .unwrap();
    assert!(
        draft.statement("written/2").is_some(),
        "a key is never used twice"
    );
}

#[test]
fn bad_edits_are_refused_by_code() {
    let mut draft = draft();
    let delegate = hand("Xã An Bình", Role::Delegate);
    let course = || Section::Course { chapter: 0 };
    for (hand, edit, code) in [
        (delegate, write(course(), "Ghi hộ"), Code::OnlyTheSecretary),
        (secretary(), write(course(), " \u{200b} "), Code::TextEmpty),
        (
            secretary(),
            write(course(), &"a".repeat(10_001)),
            Code::TextTooLong,
        ),
        (
            secretary(),
            write(Section::Course { chapter: 99 }, "A"),
            Code::NoSuchPlace,
        ),
        (secretary(), write(Section::Ended, "A"), Code::NoSuchPlace),
        (
            secretary(),
            correct("course/99", "A"),
            Code::UnknownStatement,
        ),
        (
            secretary(),
            Edit::Restore {
                key: "began".to_owned(),
            },
            Code::NotEstablished,
        ),
        (
            secretary(),
            Edit::Write {
                section: Section::Conclusion,
                after: Some("began".to_owned()),
                text: "A".to_owned(),
            },
            Code::NoSuchPlace,
        ),
    ] {
        assert_eq!(refused(&mut draft, &hand, edit), code);
    }
}

#[test]
fn two_editors_do_not_write_over_each_other() {
    let mut draft = draft();
    let first = write(Section::Conclusion, "Giao Sở Y tế chuẩn bị thuốc");
    draft.edit(&secretary(), 1, first).unwrap();
    let second = write(Section::Conclusion, "Giao Sở Tài chính");
    let refusal = draft.edit(&chair(), 1, second).unwrap_err();
    assert_eq!(refusal.code, Code::Outdated);
    assert_eq!(draft.approve(&chair(), 1).unwrap_err().code, Code::Outdated);
}

#[test]
fn what_the_chair_approved_is_frozen_until_the_chair_reopens_it() {
    let mut draft = draft();
    assert_eq!(
        draft.approve(&secretary(), 1).unwrap_err().code,
        Code::OnlyTheChair
    );
    let number = || numbered(12, 2026, "UBND").unwrap();
    let early = draft.issue(&secretary(), number()).unwrap_err();
    assert_eq!(early.code, Code::MinutesNotApproved);
    draft.approve(&chair(), 1).unwrap();
    let late = write(Section::Conclusion, "Thêm");
    assert_eq!(
        refused(&mut draft, &secretary(), late.clone()),
        Code::MinutesFrozen
    );
    assert_eq!(
        draft.reopen(&secretary()).unwrap_err().code,
        Code::OnlyTheChair
    );
    draft.reopen(&chair()).unwrap();
    draft.edit(&secretary(), 1, late).unwrap();
    draft.approve(&chair(), 2).unwrap();
    draft.issue(&secretary(), number()).unwrap();
    assert_eq!(draft.number().unwrap().to_string(), "12/BB-UBND");
    assert_eq!(
        draft.reopen(&chair()).unwrap_err().code,
        Code::MinutesFrozen
    );
    let again = draft.issue(&secretary(), number()).unwrap_err();
    assert_eq!(again.code, Code::MinutesIssued);
}

#[test]
fn issued_minutes_are_taken_back_only_for_corrected_ones() {
    let mut draft = draft();
    let why = "Sai số liệu sơ tán";
    let early = draft.supersede(&chair(), why).unwrap_err();
    assert_eq!(early.code, Code::MinutesNotIssued);
    draft.approve(&chair(), 1).unwrap();
    let number = numbered(12, 2026, "UBND").unwrap();
    draft.issue(&secretary(), number.clone()).unwrap();
    let silent = draft.supersede(&chair(), " ").unwrap_err();
    assert_eq!(silent.code, Code::ReasonMissing);
    let mut corrected = draft.supersede(&chair(), why).unwrap();
    assert!(matches!(&draft.stage, DraftStage::Superseded { reason, .. } if reason == why));
    assert_eq!(draft.number(), Some(&number), "it keeps its number");
    assert_eq!((corrected.version, &corrected.replaces), (2, &Some(number)));
    assert_eq!(corrected.number(), None);
    let edit = correct("attendance/xa-01/headcount", "12");
    let seen = corrected.revision;
    corrected.edit(&secretary(), seen, edit).unwrap();
}

#[test]
fn nobody_signs_without_a_name() {
    let mut minutes = conference::minutes();
    minutes.attendance.retain(|a| a.role != Role::Secretary);
    let mut draft = Draft::new(minutes);
    let refusal = draft.approve(&chair(), 1).unwrap_err();
    assert_eq!(refusal.code, Code::SignerMissing);
    assert_eq!(refusal.detail, "signature/secretary");
    let named = correct("signature/secretary", "Lê Thị Mai");
    draft.edit(&chair(), 1, named).unwrap();
    draft.approve(&chair(), 2).unwrap();
}

#[test]
fn numbers_are_those_of_an_agency() {
    assert_eq!(numbered(3, 2026, "VPUB").unwrap().to_string(), "03/BB-VPUB");
    let code = |serial, year, agency: &str| numbered(serial, year, agency).unwrap_err().code;
    assert_eq!(code(0, 2026, "UBND"), Code::BadNumber);
    assert_eq!(code(1, 2026, "UB/ND"), Code::BadNumber);
    assert_eq!(code(1, 2026, ""), Code::BadNumber);
    assert_eq!(code(1, 0, "UBND"), Code::BadYear);
}
