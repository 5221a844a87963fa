use diemcau_protocol::{
    AdmissionCommand, AgendaCommand, Command, CourseCommand, DocumentAccess, DocumentFile,
    DocumentKind, DocumentsCommand, DocumentsEvent, ErrorCode, Event, FloorCommand, LobbyMode,
    ParticipantId, Role,
};

use super::{Deposit, DepositPlace, Reader, bytes_kept, listed, opened};
use crate::meeting::Input;
use crate::meeting::world::Meeting;

fn file(name: &str, kind: DocumentKind) -> DocumentFile {
    DocumentFile {
        name: name.to_owned(),
        kind,
        size: 1_000,
        sha256: format!("băm của {name}"),
    }
}

fn new(title: &str, access: DocumentAccess, withdraw_at_end: bool) -> DepositPlace {
    DepositPlace::New {
        title: title.to_owned(),
        item: access.from_item.then_some(1),
        access,
        withdraw_at_end,
    }
}

fn for_roles(roles: &[Role]) -> DocumentAccess {
    DocumentAccess {
        roles: roles.iter().copied().collect(),
        from_item: false,
    }
}

fn reader(who: &str, role: Role) -> Reader {
    let id = who.into();
    Reader::Participant { id, role }
}

impl Meeting {
    fn puts_in(
        &mut self,
        who: &str,
        role: Role,
        place: DepositPlace,
        file: DocumentFile,
    ) -> Result<Vec<Event>, ErrorCode> {
        let deposit = Deposit { place, file };
        let role = Some(role);
        self.input(who, &Input::Deposit { role, deposit })
    }

    fn documents(&mut self, who: &str, command: DocumentsCommand) -> Result<Vec<Event>, ErrorCode> {
        self.commands(who, Command::Documents(command))
    }

    /// How somebody finds the first version of a document.
    fn opens(&self, who: &Reader, number: u32) -> Result<String, ErrorCode> {
        opened(&self.state, who, number, 1)
            .map(|(document, _)| document.title.clone())
            .map_err(|refusal| refusal.code)
    }

    fn has_an_item(&mut self) {
        let add = AgendaCommand::Add {
            title: "Báo cáo kinh tế".to_owned(),
            minutes: None,
            speakers: String::new(),
            documents: Vec::new(),
        };
        self.commands("chủ tọa", Command::Agenda(add)).unwrap();
    }
}

fn lead(number: u32, page: u32) -> DocumentsCommand {
    DocumentsCommand::Lead {
        number,
        version: 1,
        page,
    }
}

/// The chair's report is there, a PDF for everyone.
fn with_a_report() -> Meeting {
    let mut meeting = Meeting::of_three();
    let place = new("Báo cáo quý III", DocumentAccess::default(), false);
    let report = file("bao-cao.pdf", DocumentKind::Pdf);
    meeting
        .puts_in("chủ tọa", Role::Chair, place, report)
        .unwrap();
    meeting
}

#[test]
fn a_new_version_keeps_the_old_one() {
    let mut meeting = with_a_report();
    let second = file("bao-cao-2.pdf", DocumentKind::Pdf);
    let version = || DepositPlace::Version { number: 1 };
    let put_in = meeting.puts_in("chủ tọa", Role::Chair, version(), second.clone());
    assert!(matches!(
        put_in.unwrap()[..],
        [Event::Documents(DocumentsEvent::Revised { version: 2, .. })]
    ));
    let again = meeting.puts_in("chủ tọa", Role::Chair, version(), second);
    assert_eq!(again, Ok(Vec::new()), "the same content is no new version");
    let commune = reader("xã An Bình", Role::Operator);
    for (version, name) in [(1, "bao-cao.pdf"), (2, "bao-cao-2.pdf")] {
        let (_, found) = opened(&meeting.state, &commune, 1, version).unwrap();
        assert_eq!(found.file.name, name);
    }
    assert_eq!(bytes_kept(&meeting.state), 2_000);
    let third = opened(&meeting.state, &commune, 1, 3).unwrap_err();
    assert_eq!(third.code, ErrorCode::UnknownDocument);
}

#[test]
fn the_secretary_prepares_documents_before_anybody_comes_and_a_commune_puts_none_in() {
    let mut meeting = Meeting::opened();
    let report = || file("bao-cao.pdf", DocumentKind::Pdf);
    let place = || new("Báo cáo", DocumentAccess::default(), false);
    meeting
        .puts_in("thư ký", Role::Secretary, place(), report())
        .unwrap();
    for role in [Role::Delegate, Role::Operator, Role::Observer] {
        meeting.joins("người này", role);
        let outcome = meeting.puts_in("người này", role, place(), report());
        assert_eq!(outcome, Err(ErrorCode::Forbidden), "{role:?}");
        meeting.commands("người này", Command::Leave).unwrap();
    }
    let stranger = meeting.puts_in("người lạ", Role::Delegate, place(), report());
    assert_eq!(stranger, Err(ErrorCode::NotInMeeting));
    let nameless = file("\u{202e} ", DocumentKind::Pdf);
    let nameless = meeting.puts_in("thư ký", Role::Secretary, place(), nameless);
    assert_eq!(nameless, Err(ErrorCode::TextEmpty));
    let missing = DepositPlace::Version { number: 7 };
    let missing = meeting.puts_in("thư ký", Role::Secretary, missing, report());
    assert_eq!(missing, Err(ErrorCode::UnknownDocument));
}

#[test]
fn a_document_is_for_the_roles_that_it_names() {
    let mut meeting = Meeting::of_three();
    let place = new("Dự thảo nghị quyết", for_roles(&[Role::Delegate]), false);
    let draft = file("du-thao.docx", DocumentKind::Docx);
    meeting
        .puts_in("chủ tọa", Role::Chair, place, draft)
        .unwrap();
    meeting.joins("đại biểu", Role::Delegate);
    let title = Ok("Dự thảo nghị quyết".to_owned());
    assert_eq!(meeting.opens(&reader("đại biểu", Role::Delegate), 1), title);
    assert_eq!(meeting.opens(&reader("chủ tọa", Role::Chair), 1), title);
    assert_eq!(meeting.opens(&Reader::Administration, 1), title);
    let commune = reader("xã An Bình", Role::Operator);
    assert_eq!(meeting.opens(&commune, 1), Err(ErrorCode::Forbidden));
    // What an invitation says counts less than what the meeting knows.
    let liar = reader("xã An Bình", Role::Delegate);
    assert_eq!(meeting.opens(&liar, 1), Err(ErrorCode::Forbidden));
    let entries = listed(&meeting.state, &commune).unwrap();
    assert!(!entries[0].may_open, "it is there, and cannot be opened");

    let everyone = DocumentsCommand::Change {
        number: 1,
        title: "Nghị quyết".to_owned(),
        item: None,
        access: DocumentAccess::default(),
        withdraw_at_end: false,
    };
    meeting.documents("chủ tọa", everyone.clone()).unwrap();
    assert_eq!(meeting.opens(&commune, 1), Ok("Nghị quyết".to_owned()));
    assert_eq!(meeting.documents("chủ tọa", everyone), Ok(Vec::new()));
}

#[test]
fn a_document_opens_with_its_item_and_not_in_the_rehearsal() {
    let mut meeting = Meeting::rehearsing();
    meeting.joins("chủ tọa", Role::Chair);
    meeting.joins("xã An Bình", Role::Operator);
    let access = DocumentAccess {
        roles: [].into(),
        from_item: true,
    };
    let early = new("Báo cáo", access.clone(), false);
    let report = || file("bao-cao.pdf", DocumentKind::Pdf);
    let early = meeting.puts_in("chủ tọa", Role::Chair, early, report());
    assert_eq!(early, Err(ErrorCode::UnknownItem));
    meeting.has_an_item();
    let place = new("Báo cáo", access, false);
    meeting
        .puts_in("chủ tọa", Role::Chair, place, report())
        .unwrap();

    let commune = reader("xã An Bình", Role::Operator);
    let start = || Command::Agenda(AgendaCommand::Start { number: 1 });
    meeting.commands("chủ tọa", start()).unwrap();
    assert_eq!(meeting.opens(&commune, 1), Err(ErrorCode::DocumentNotYet));
    let open = Command::Course(CourseCommand::Open);
    meeting.commands("chủ tọa", open).unwrap();
    assert_eq!(meeting.opens(&commune, 1), Err(ErrorCode::DocumentNotYet));
    meeting.commands("chủ tọa", start()).unwrap();
    assert_eq!(meeting.opens(&commune, 1), Ok("Báo cáo".to_owned()));
    let finish = Command::Agenda(AgendaCommand::Finish);
    meeting.commands("chủ tọa", finish).unwrap();
    assert!(meeting.opens(&commune, 1).is_ok(), "and stays open");
}

#[test]
fn who_waits_or_was_removed_opens_nothing() {
    let mut meeting = with_a_report();
    let admission = |command| Command::Admission(command);
    let lobby = AdmissionCommand::SetLobby {
        mode: LobbyMode::All,
    };
    meeting.commands("chủ tọa", admission(lobby)).unwrap();
    meeting.joins("khách", Role::Delegate);
    let guest = reader("khách", Role::Delegate);
    assert_eq!(meeting.opens(&guest, 1), Err(ErrorCode::InLobby));
    let refused = listed(&meeting.state, &guest).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InLobby);
    let remove = AdmissionCommand::Remove {
        participant: "xã An Bình".into(),
        reason: "Nhầm cuộc họp".to_owned(),
    };
    meeting.commands("chủ tọa", admission(remove)).unwrap();
    let removed = reader("xã An Bình", Role::Operator);
    assert_eq!(meeting.opens(&removed, 1), Err(ErrorCode::Removed));
    let stranger = reader("người lạ", Role::Delegate);
    assert_eq!(meeting.opens(&stranger, 1), Err(ErrorCode::NotInMeeting));
}

#[test]
fn all_follow_the_page_of_who_leads() {
    let mut meeting = with_a_report();
    meeting.documents("chủ tọa", lead(1, 3)).unwrap();
    let led = |meeting: &Meeting| {
        let led = meeting.state.procedure.documents.led.as_ref();
        led.map(|led| (led.by.to_string(), led.page))
    };
    assert_eq!(led(&meeting), Some(("chủ tọa".to_owned(), 3)));
    assert_eq!(meeting.documents("chủ tọa", lead(1, 3)), Ok(Vec::new()));
    let refused = |meeting: &mut Meeting, who, number, page| {
        meeting.documents(who, lead(number, page)).unwrap_err()
    };
    let no = refused(&mut meeting, "xã An Bình", 1, 1);
    assert_eq!(no, ErrorCode::Forbidden);
    let no = refused(&mut meeting, "chủ tọa", 2, 1);
    assert_eq!(no, ErrorCode::UnknownDocument);
    for page in [0, 100_001] {
        let no = refused(&mut meeting, "chủ tọa", 1, page);
        assert_eq!(no, ErrorCode::OutOfRange);
    }

    // Who has the floor leads, but takes the lead from nobody.
    let give = FloorCommand::Give {
        participant: "xã An Bình".into(),
        seconds: None,
    };
    meeting.commands("chủ tọa", Command::Floor(give)).unwrap();
    let no = refused(&mut meeting, "xã An Bình", 1, 1);
    assert_eq!(no, ErrorCode::LeadTaken);
    let end = || DocumentsCommand::EndLead;
    let not_yours = meeting.documents("xã An Bình", end());
    assert_eq!(not_yours, Err(ErrorCode::Forbidden));
    meeting.documents("chủ tọa", end()).unwrap();
    meeting.documents("xã An Bình", lead(1, 7)).unwrap();
    assert_eq!(led(&meeting), Some(("xã An Bình".to_owned(), 7)));
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    assert_eq!(led(&meeting), None, "who left leads nobody");
}

#[test]
fn only_a_pdf_has_pages_to_follow() {
    let mut meeting = Meeting::of_three();
    let place = new("Số liệu", DocumentAccess::default(), false);
    let table = file("so-lieu.xlsx", DocumentKind::Xlsx);
    meeting
        .puts_in("chủ tọa", Role::Chair, place, table)
        .unwrap();
    let no = meeting.documents("chủ tọa", lead(1, 1));
    assert_eq!(no, Err(ErrorCode::DocumentNotPaged));
}

#[test]
fn the_end_withdraws_what_the_policy_says_and_leaves_the_rest() {
    let mut meeting = with_a_report();
    let place = new("Tài liệu nội bộ", DocumentAccess::default(), true);
    let internal = file("noi-bo.pdf", DocumentKind::Pdf);
    meeting
        .puts_in("chủ tọa", Role::Chair, place, internal.clone())
        .unwrap();
    meeting.documents("chủ tọa", lead(2, 1)).unwrap();
    let end = Command::Course(CourseCommand::End);
    let events = meeting.commands("chủ tọa", end).unwrap();
    let withdrawn = Event::Documents(DocumentsEvent::Withdrawn {
        numbers: [2].into(),
        by: ParticipantId::from("chủ tọa"),
    });
    assert!(events.contains(&withdrawn), "{events:?}");
    let commune = reader("xã An Bình", Role::Operator);
    assert!(meeting.opens(&commune, 1).is_ok(), "to be read afterwards");
    for reader in [commune, Reader::Administration] {
        assert_eq!(meeting.opens(&reader, 2), Err(ErrorCode::DocumentWithdrawn));
    }
    let place = new("Muộn", DocumentAccess::default(), false);
    let late = meeting.puts_in("chủ tọa", Role::Chair, place, internal);
    assert_eq!(late, Err(ErrorCode::MeetingEnded));
}

#[test]
fn what_is_withdrawn_is_gone_for_good() {
    let mut meeting = with_a_report();
    meeting.documents("chủ tọa", lead(1, 1)).unwrap();
    let withdraw = || DocumentsCommand::Withdraw { number: 1 };
    meeting.documents("chủ tọa", withdraw()).unwrap();
    assert_eq!(meeting.state.procedure.documents.led, None);
    assert_eq!(meeting.documents("chủ tọa", withdraw()), Ok(Vec::new()));
    let chair = reader("chủ tọa", Role::Chair);
    assert_eq!(meeting.opens(&chair, 1), Err(ErrorCode::DocumentWithdrawn));
    let again = DepositPlace::Version { number: 1 };
    let pdf = file("bao-cao-2.pdf", DocumentKind::Pdf);
    let again = meeting.puts_in("chủ tọa", Role::Chair, again, pdf);
    assert_eq!(again, Err(ErrorCode::DocumentWithdrawn));
    let no = meeting.documents("chủ tọa", lead(1, 1));
    assert_eq!(no, Err(ErrorCode::DocumentWithdrawn));
}
