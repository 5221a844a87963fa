//! Stories of minutes that are worked on, issued and signed, by several at
//! once, and by servers that are killed in between.

use std::fs;
use std::io::Read;

use diemcau_protocol::{MinutesState, Role};

use super::*;
use crate::archive::{Fault, Verdict, verify};
use crate::lock::{Identity, is_wrong_identity};
use crate::minutes::conference::archived::Recordings;
use crate::minutes::conference::{EIGHT, template};
use crate::minutes::signed::stories::Signer;
use crate::minutes::statement::Section;

const STORM: &str = "bao-so-5";

fn meeting() -> MeetingId {
    STORM.into()
}

fn hand(role: Role) -> Hand {
    let (id, name) = match role {
        Role::Chair => ("chu-toa", "Ông Nguyễn Văn Bình"),
        _ => ("thu-ky", "Bà Trần Thị Thu Hương"),
    };
    Hand {
        editor: Editor {
            id: id.to_owned(),
            name: name.to_owned(),
        },
        role,
        now: EIGHT + 90_000_000,
    }
}

fn concludes(text: &str) -> Vec<Edit> {
    vec![Edit::Write {
        section: Section::Conclusion,
        after: None,
        text: text.to_owned(),
    }]
}

fn wanted(serial: Option<u32>) -> Wanted<'static> {
    Wanted {
        unit: "unit:lam-son",
        serial,
        year: 2026,
    }
}

fn code<T: std::fmt::Debug>(refused: Result<T, DeskError>) -> Code {
    match refused.unwrap_err() {
        DeskError::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    }
}

/// A file of the minutes that were issued first.
fn read(desk: &MinutesDesk, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut opened = desk.file(&meeting(), 1, name).unwrap();
    opened.content.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The secretary's desk with minutes that the chair has approved.
fn approved(recordings: &Recordings) -> (MinutesDesk, Seen) {
    let desk = recordings.desk();
    let draft = desk.draft(&meeting()).unwrap();
    let seen = Seen::of(&draft);
    let draft = desk.approve(&meeting(), &hand(Role::Chair), &seen).unwrap();
    (desk, Seen::of(&draft))
}

#[test]
fn two_who_edit_at_once_do_not_overwrite_each_other() {
    let recordings = Recordings::new();
    recordings.archive(STORM, "Ứng phó bão số 5");
    let desk = recordings.desk();
    let (secretary, chair) = (hand(Role::Secretary), hand(Role::Chair));
    let seen = Seen::of(&desk.draft(&meeting()).unwrap());
    let edits = concludes("Sơ tán dân trước 17 giờ.");
    let draft = desk.edit(&meeting(), &secretary, &seen, edits).unwrap();
    assert_eq!(draft.revision, 2);

    let late = desk.edit(&meeting(), &chair, &seen, concludes("Cấm biển."));
    assert_eq!(code(late), Code::Outdated);
    // Of several edits all are made, or none.
    let mut edits = concludes("Cấm biển từ 12 giờ.");
    edits.push(Edit::Remove {
        key: "title".to_owned(),
    });
    let seen = Seen::of(&draft);
    let refused = desk.edit(&meeting(), &chair, &seen, edits);
    assert_eq!(code(refused), Code::Established);
    // Another server finds what was acknowledged, and nothing else.
    assert_eq!(recordings.desk().draft(&meeting()).unwrap(), draft);
}

#[test]
fn issued_minutes_are_a_signed_addition_and_the_archive_stays_whole() {
    let recordings = Recordings::new();
    let archive = recordings.archive(STORM, "Ứng phó bão số 5");
    let (desk, seen) = approved(&recordings);
    let secretary = hand(Role::Secretary);
    assert_eq!(desk.next_serial(&wanted(None)).unwrap(), 1);
    let draft = desk
        .issue(
            &meeting(),
            &secretary,
            &seen,
            &wanted(Some(12)),
            &template(),
        )
        .unwrap();
    assert_eq!(draft.number().unwrap().to_string(), "12/BB-UBND");
    assert_eq!(desk.next_serial(&wanted(None)).unwrap(), 13);

    let pdf = read(&desk, "minutes.pdf");
    assert_eq!(
        code(desk.take_signed(&meeting(), &pdf, EIGHT)),
        Code::NotSigned
    );
    let signed = Signer::chair().signs(&pdf);
    let version = desk.take_signed(&meeting(), &signed, EIGHT).unwrap();
    assert_eq!(
        version.signed.unwrap().signatures[0].signer,
        "Nguyễn Văn Bình"
    );
    // Once more is no second addition.
    desk.take_signed(&meeting(), &signed, EIGHT).unwrap();
    let kept = read(&desk, "signed.pdf");
    assert_eq!(kept, signed);
    assert_eq!(
        desk.state(&meeting()).unwrap(),
        Some((MinutesState::Signed, Some("12/BB-UBND".to_owned())))
    );

    let found = verify(&archive, Some(&recordings.trusted()));
    assert_eq!(
        (found.verdict, found.additions),
        (Verdict::Whole, 2),
        "{found:?}"
    );
    // Whoever changes, removes or adds something is named.
    let minutes = archive.join("additions/0001/minutes.pdf");
    let mut bytes = pdf.clone();
    bytes[100] ^= 1;
    fs::write(&minutes, bytes).unwrap();
    fs::write(archive.join("additions/0002/bien-ban.pdf"), b"%PDF").unwrap();
    fs::create_dir(archive.join("additions/0003")).unwrap();
    fs::write(archive.join("additions/0003/minutes.pdf"), &pdf).unwrap();
    let found = verify(&archive, Some(&recordings.trusted()));
    let told: Vec<_> = found
        .findings
        .into_iter()
        .map(|one| (one.file, one.fault))
        .collect();
    let expected = [
        ("additions/0001/minutes.pdf", Fault::Altered),
        ("additions/0002/bien-ban.pdf", Fault::Added),
        ("additions/0003/minutes.pdf", Fault::Added),
    ];
    assert_eq!(told, expected.map(|(file, fault)| (file.to_owned(), fault)));
    fs::remove_dir_all(archive.join("additions/0003")).unwrap();
    fs::remove_dir_all(archive.join("additions/0001")).unwrap();
    let found = verify(&archive, Some(&recordings.trusted()));
    assert_eq!(found.findings[0].file, "additions/0001");
    assert_eq!(found.findings[0].fault, Fault::Missing);
}

#[test]
fn an_addition_of_another_archive_is_out_of_place() {
    let recordings = Recordings::new();
    let archive = recordings.archive(STORM, "Ứng phó bão số 5");
    let other = recordings.archive("giao-ban", "Giao ban");
    let (desk, seen) = approved(&recordings);
    let secretary = hand(Role::Secretary);
    desk.issue(&meeting(), &secretary, &seen, &wanted(None), &template())
        .unwrap();
    fs::rename(archive.join("additions"), other.join("additions")).unwrap();
    let found = verify(&other, Some(&recordings.trusted()));
    assert_eq!(found.findings.len(), 1, "{found:?}");
    assert_eq!(found.findings[0].fault, Fault::OutOfPlace);
}

#[test]
fn a_number_is_given_once_in_a_year_of_a_unit() {
    let recordings = Recordings::new();
    recordings.archive(STORM, "Ứng phó bão số 5");
    recordings.archive("giao-ban", "Giao ban");
    let (desk, seen) = approved(&recordings);
    let secretary = hand(Role::Secretary);
    desk.issue(&meeting(), &secretary, &seen, &wanted(Some(7)), &template())
        .unwrap();

    let briefing: MeetingId = "giao-ban".into();
    let seen = Seen::of(&desk.draft(&briefing).unwrap());
    let early = desk.issue(&briefing, &secretary, &seen, &wanted(None), &template());
    assert_eq!(code(early), Code::MinutesNotApproved);
    let draft = desk.approve(&briefing, &hand(Role::Chair), &seen).unwrap();
    let seen = Seen::of(&draft);
    let taken = desk.issue(&briefing, &secretary, &seen, &wanted(Some(7)), &template());
    assert_eq!(code(taken), Code::NumberTaken);
    // Another unit counts for itself, and so does another year.
    for (unit, year, next) in [
        ("unit:lam-son", 2026, 8),
        ("unit:lam-son", 2027, 1),
        ("unit:an-binh", 2026, 1),
    ] {
        let wanted = Wanted {
            unit,
            serial: None,
            year,
        };
        assert_eq!(desk.next_serial(&wanted).unwrap(), next, "{unit} {year}");
    }
    let draft = desk
        .issue(&briefing, &secretary, &seen, &wanted(None), &template())
        .unwrap();
    assert_eq!(draft.number().unwrap().to_string(), "08/BB-UBND");
}

#[test]
fn a_server_that_is_killed_while_it_issues_goes_on_with_the_same_number() {
    let recordings = Recordings::new();
    let archive = recordings.archive(STORM, "Ứng phó bão số 5");
    let (desk, seen) = approved(&recordings);
    let secretary = hand(Role::Secretary);
    // Killed behind the number: it was taken, and nothing bears it.
    let numbers = Numbers::of(recordings.path(), "unit:lam-son", 2026);
    assert_eq!(numbers.take(None, &meeting(), 1).unwrap(), 1);
    // Killed while the addition was made.
    let beside = archive.with_file_name("addition.new");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("minutes.pdf"), b"%PDF-1.7 half of it").unwrap();
    let issue =
        |desk: &MinutesDesk| desk.issue(&meeting(), &secretary, &seen, &wanted(None), &template());
    let before = fs::read(recordings.path().join(STORM).join(DRAFT)).unwrap();
    let issued = issue(&desk).unwrap();
    assert_eq!(issued.number().unwrap().to_string(), "01/BB-UBND");
    // Killed before the draft knew of it.
    fs::write(recordings.path().join(STORM).join(DRAFT), before).unwrap();
    let desk = recordings.desk();
    assert_eq!(desk.draft(&meeting()).unwrap(), issued);
    assert_eq!(code(issue(&desk)), Code::Outdated);
    assert_eq!(desk.versions(&meeting()).unwrap().len(), 1);
    assert_eq!(
        verify(&archive, Some(&recordings.trusted())).verdict,
        Verdict::Whole
    );
}

#[test]
fn minutes_that_are_taken_back_go_on_as_a_corrected_draft() {
    let recordings = Recordings::new();
    let archive = recordings.archive(STORM, "Ứng phó bão số 5");
    let (desk, seen) = approved(&recordings);
    let (secretary, chair) = (hand(Role::Secretary), hand(Role::Chair));
    let issued = desk
        .issue(&meeting(), &secretary, &seen, &wanted(None), &template())
        .unwrap();
    let seen = Seen::of(&issued);
    let why = "Sai số người dự ở xã An Bình";
    let only = desk.supersede(&meeting(), &secretary, &seen, why);
    assert_eq!(code(only), Code::OnlyTheChair);
    let corrected = desk.supersede(&meeting(), &chair, &seen, why).unwrap();
    assert_eq!(
        (corrected.version, &corrected.stage),
        (2, &DraftStage::Editing)
    );
    let versions = desk.versions(&meeting()).unwrap();
    assert!(versions[0].superseded && versions.len() == 1);

    // Where the working copy is lost, the additions say all of it again.
    fs::remove_file(recordings.path().join(STORM).join(DRAFT)).unwrap();
    assert_eq!(recordings.desk().draft(&meeting()).unwrap(), corrected);
    let seen = Seen::of(&corrected);
    let draft = desk.approve(&meeting(), &chair, &seen).unwrap();
    let seen = Seen::of(&draft);
    let again = desk
        .issue(&meeting(), &secretary, &seen, &wanted(None), &template())
        .unwrap();
    assert_eq!(again.number().unwrap().to_string(), "02/BB-UBND");
    let versions = desk.versions(&meeting()).unwrap();
    assert_eq!(versions[1].replaces.as_deref(), Some("01/BB-UBND"));
    let found = verify(&archive, Some(&recordings.trusted()));
    assert_eq!((found.verdict, found.additions), (Verdict::Whole, 3));
}

#[test]
fn what_is_not_there_has_no_minutes() {
    let recordings = Recordings::new();
    let desk = recordings.desk();
    let nothing = desk.draft(&"khong-co".into());
    assert!(matches!(nothing, Err(DeskError::NoRecording)));
    let archive = recordings.archive(STORM, "Ứng phó bão số 5");
    assert!(desk.file(&meeting(), 1, "minutes.pdf").is_err());
    assert!(desk.file(&meeting(), 1, "../manifest.json").is_err());
    let signed = desk.take_signed(&meeting(), b"%PDF-1.7", EIGHT);
    assert_eq!(code(signed), Code::MinutesNotIssued);
    fs::remove_file(archive.join(JSON)).unwrap();
    assert!(matches!(desk.draft(&meeting()), Err(DeskError::NoMinutes)));
    assert_eq!(desk.state(&meeting()).unwrap(), None);
}

#[test]
fn minutes_of_an_encrypted_archive_are_issued_where_the_key_is_and_verify_without_it() {
    let identity = Identity::from_text(&Identity::generate()).unwrap();
    let recordings = Recordings::new();
    let archive = recordings.encrypted(STORM, "Ứng phó bão số 5", Some(&identity.recipients()));
    let locked = recordings.desk().draft(&meeting()).unwrap_err();
    assert!(
        matches!(&locked, DeskError::Disk(error) if is_wrong_identity(error)),
        "{locked}"
    );

    let library = recordings.library(Some(identity.clone()));
    let desk = MinutesDesk::new(library.clone(), Arc::clone(&recordings.key));
    let seen = Seen::of(&desk.draft(&meeting()).unwrap());
    let draft = desk.approve(&meeting(), &hand(Role::Chair), &seen).unwrap();
    let seen = Seen::of(&draft);
    let secretary = hand(Role::Secretary);
    desk.issue(&meeting(), &secretary, &seen, &wanted(None), &template())
        .unwrap();
    assert!(desk.file(&meeting(), 1, "minutes.pdf").unwrap().length > 0);

    let trusted = recordings.trusted();
    let found = verify(&archive, Some(&trusted));
    assert_eq!(
        (found.verdict, found.additions),
        (Verdict::Whole, 1),
        "{found:?}"
    );
    assert!(found.locked > 0, "{found:?}");
    let found = library.verify(&meeting(), &trusted).unwrap();
    assert_eq!(
        (found.verdict, found.locked, found.additions),
        (Verdict::Whole, 0, 1),
        "{found:?}"
    );
    // Packed, they come along.
    let mut packed = Vec::new();
    library.pack(&meeting(), &mut packed).unwrap();
    for name in ["additions/0001/addition.sig", "additions/0001/minutes.pdf"] {
        let name = format!("{STORM}/{name}");
        let mut places = packed.windows(name.len());
        assert!(places.any(|place| place == name.as_bytes()), "{name}");
    }

    fs::write(archive.join("additions/0001/minutes.pdf"), "khác").unwrap();
    let found = verify(&archive, Some(&trusted));
    assert_eq!(found.verdict, Verdict::Broken);
    assert_eq!(found.findings[0].file, "additions/0001/minutes.pdf");
}
