//! Stories of minutes that are issued into an archive.

use diemcau_protocol::Role;
use tempfile::TempDir;

use super::*;
use crate::minutes::conference::{self, EIGHT, beside, template};
use crate::minutes::draft::numbered;
use crate::minutes::statement::Editor;

fn hand(role: Role) -> Hand {
    Hand {
        editor: Editor {
            id: "thu-ky".to_owned(),
            name: "Bà Trần Thị Thu Hương".to_owned(),
        },
        role,
        now: EIGHT + 7_200_000,
    }
}

fn approved() -> Draft {
    let mut draft = draft_from_log(&conference::log(), &beside()).unwrap();
    draft.approve(&hand(Role::Chair), 1).unwrap();
    draft
}

fn number() -> Number {
    numbered(12, 2026, "UBND").unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn issued_minutes_lie_whole_in_the_archive() {
    let folder = TempDir::new().unwrap();
    let mut draft = approved();
    let written = issue(
        &mut draft,
        &hand(Role::Secretary),
        number(),
        &template(),
        folder.path(),
    );
    let written = written.unwrap();
    assert_eq!(names(folder.path()), [DOCX, JSON, PDF]);
    for file in &written {
        let bytes = fs::read(folder.path().join(file.name)).unwrap();
        assert_eq!(file.sha256, hex::encode(Sha256::digest(bytes)));
    }
    let json = fs::read(folder.path().join(JSON)).unwrap();
    assert_eq!(serde_json::from_slice::<Draft>(&json).unwrap(), draft);
    assert_eq!(draft.number(), Some(&number()));
    // The archive has what any other server would write.
    let pdf = fs::read(folder.path().join(PDF)).unwrap();
    assert_eq!(pdf, put_on_paper(&draft, &template()).unwrap().pdf);
}

#[test]
fn where_the_folder_is_gone_nothing_is_issued_and_it_can_be_tried_again() {
    let folder = TempDir::new().unwrap();
    let mut draft = approved();
    let before = draft.clone();
    let secretary = hand(Role::Secretary);
    let gone = folder.path().join("không có");
    let failed = issue(&mut draft, &secretary, number(), &template(), &gone).unwrap_err();
    assert!(matches!(failed, IssueError::Disk { .. }));
    assert_eq!(draft, before);
    issue(&mut draft, &secretary, number(), &template(), folder.path()).unwrap();
}

#[test]
fn what_is_not_approved_is_not_issued_and_nothing_is_written() {
    let folder = TempDir::new().unwrap();
    let mut draft = draft_from_log(&conference::log(), &beside()).unwrap();
    let refused = issue(
        &mut draft,
        &hand(Role::Secretary),
        number(),
        &template(),
        folder.path(),
    );
    let Err(IssueError::Refused(refusal)) = refused else {
        panic!("it is refused");
    };
    assert_eq!(refusal.code, Code::MinutesNotApproved);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn a_signed_file_is_stored_only_where_it_is_what_was_issued() {
    let folder = TempDir::new().unwrap();
    let early = take_signed(folder.path(), b"%PDF-1.7", folder.path()).unwrap_err();
    let IssueError::Refused(refusal) = early else {
        panic!("nothing was issued");
    };
    assert_eq!(refusal.code, Code::MinutesNotIssued);
    let mut draft = approved();
    let secretary = hand(Role::Secretary);
    issue(&mut draft, &secretary, number(), &template(), folder.path()).unwrap();
    let unsigned = fs::read(folder.path().join(PDF)).unwrap();
    assert!(take_signed(folder.path(), &unsigned, folder.path()).is_err());
    assert_eq!(names(folder.path()), [DOCX, JSON, PDF]);
}
