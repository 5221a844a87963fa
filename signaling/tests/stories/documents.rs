//! Documents as people put them in and open them, through restarts too.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use diemcau_protocol::{
    Command, CourseCommand, Document, DocumentList, DocumentsCommand, DocumentsEvent, ErrorCode,
    Event, LedPage, MeetingCreated, ProblemDetails, Role,
};
use diemcau_signaling::Scan;
use std::time::Duration;
use tower::ServiceExt;

use super::rest::{ask, get};
use super::support::{AN_BINH, CHAIR, HOA_LAC, Machine, OBSERVER, Server, token};

const BASE: &str = "/api/v1/meetings/giao-ban/documents";
const PDF: &[u8] = b"%PDF-1.7\nBao cao quy III\n";

fn put_in(token: &str, path: &str, bytes: &[u8]) -> Request<Body> {
    Request::post(path)
        .header("Authorization", format!("Bearer {token}"))
        .body(Body::from(bytes.to_owned()))
        .unwrap()
}

async fn refused(server: &Server, request: Request<Body>) -> (u16, ErrorCode) {
    let (_, problem): (_, ProblemDetails) = ask(server, request).await;
    (problem.status, problem.code)
}

/// The answer's headers and content.
async fn open(server: &Server, token: &str, path: &str) -> Result<(HeaderMap, Vec<u8>), ErrorCode> {
    let request = get(&format!("{BASE}/{path}"), Some(token));
    let response = server.signaling.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    if parts.status.is_success() {
        return Ok((parts.headers, body.to_vec()));
    }
    let problem: ProblemDetails = serde_json::from_slice(&body).unwrap();
    Err(problem.code)
}

fn tokens(meeting: &MeetingCreated) -> [String; 4] {
    [CHAIR, AN_BINH, HOA_LAC, OBSERVER].map(|who| token(&meeting.links[who]))
}

/// How many contents lie in the meeting's folder.
fn contents(machine: &Machine) -> usize {
    let folder = machine.documents().join("giao-ban");
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_report_is_put_in_opened_revised_and_outlives_the_server() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let [chair, commune, ..] = tokens(&meeting);
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;

    let about = "name=B%C3%A1o%20c%C3%A1o.pdf&title=B%C3%A1o%20c%C3%A1o%20qu%C3%BD%20III";
    let request = put_in(&chair, &format!("{BASE}?{about}"), PDF);
    let (status, document): (_, Document) = ask(&server, request).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(document.title, "Báo cáo quý III");
    let file = document.versions[0].file.clone();
    assert_eq!(file.size as usize, PDF.len());
    let added = Event::Documents(DocumentsEvent::Added {
        number: 1,
        title: document.title,
        item: None,
        access: Default::default(),
        withdraw_at_end: false,
        file: file.clone(),
        by: Some("chu-toa".into()),
    });
    an_binh.event(added).await;

    let (headers, content) = open(&server, &commune, "1/versions/1").await.unwrap();
    assert_eq!(content, PDF);
    let said = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(said("content-type"), "application/pdf");
    assert_eq!(said("content-length"), PDF.len().to_string());
    let disposition = "attachment; filename*=UTF-8''B%C3%A1o%20c%C3%A1o%2Epdf";
    assert_eq!(said("content-disposition"), disposition);
    assert_eq!(said("x-content-type-options"), "nosniff");
    assert!(said("content-security-policy").starts_with("sandbox;"));
    assert_eq!(said("cache-control"), "private, no-store");
    assert_eq!(said("etag"), format!("\"{}\"", file.sha256));

    let second = b"%PDF-1.7\nBao cao da sua\n";
    let path = format!("{BASE}/1/versions?name=bao-cao-2.pdf");
    let (status, document): (_, Document) = ask(&server, put_in(&chair, &path, second)).await;
    assert_eq!((status.as_u16(), document.versions.len()), (201, 2));
    server.kill();

    let server = machine.start().await;
    for (version, bytes) in [(1, PDF), (2, &second[..])] {
        let path = format!("1/versions/{version}");
        let (_, content) = open(&server, &commune, &path).await.unwrap();
        assert_eq!(content, bytes, "version {version}");
    }
    assert_eq!(contents(&machine), 2);
}

#[tokio::test]
async fn whoever_may_not_is_refused_before_a_byte_is_taken() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let [chair, commune, absent, _] = tokens(&meeting);
    let (_an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let path = format!("{BASE}?name=bao-cao.pdf");
    let stranger = Request::post(&path).body(Body::from(PDF)).unwrap();
    let unknown = (401, ErrorCode::TokenInvalid);
    assert_eq!(refused(&server, stranger).await, unknown);
    let operator = refused(&server, put_in(&commune, &path, PDF)).await;
    assert_eq!(operator, (403, ErrorCode::Forbidden));
    let never_came = refused(&server, put_in(&absent, &path, PDF)).await;
    assert_eq!(never_came, (409, ErrorCode::NotInMeeting));
    let elsewhere = "/api/v1/meetings/khac/documents?name=bao-cao.pdf";
    let elsewhere = refused(&server, put_in(&chair, elsewhere, PDF)).await;
    assert_eq!(elsewhere, (403, ErrorCode::Forbidden));
    for (query, refusal) in [
        ("", (400, ErrorCode::BadMessage)),
        ("?name=a.pdf&roles=king", (400, ErrorCode::BadMessage)),
        ("?name=a.exe", (415, ErrorCode::DocumentUnfit)),
        ("?name=a.docx", (415, ErrorCode::DocumentUnfit)),
        ("?name=a.pdf&item=7", (404, ErrorCode::UnknownItem)),
        ("?name=a.pdf&title=%20", (422, ErrorCode::TextEmpty)),
    ] {
        let request = put_in(&chair, &format!("{BASE}{query}"), PDF);
        assert_eq!(refused(&server, request).await, refusal, "{query}");
    }
    let revised = put_in(&chair, &format!("{BASE}/9/versions?name=a.pdf"), PDF);
    let revised = refused(&server, revised).await;
    assert_eq!(revised, (404, ErrorCode::UnknownDocument));
    assert_eq!(contents(&machine), 0, "nothing of all that stays");
    let (_, list): (_, DocumentList) = ask(&server, get(BASE, Some(&commune))).await;
    assert_eq!(list.documents, []);
}

#[tokio::test]
async fn an_infected_file_is_neither_taken_nor_kept() {
    let machine = Machine::new();
    let search = ["/bin/sh", "-c", "! grep -q EICAR \"$1\"", "scan"].map(str::to_owned);
    let scan = Scan {
        command: search.to_vec(),
        time: Duration::from_secs(60),
    };
    let set_up = |config: &mut diemcau_signaling::SignalingConfig| {
        config.documents.scan = Some(scan);
    };
    let server = machine.start_with(set_up).await;
    let meeting = server.briefing().await;
    let [chair, ..] = tokens(&meeting);
    let path = format!("{BASE}?name=bao-cao.pdf");
    let infected = put_in(&chair, &path, b"%PDF-1.7 EICAR");
    let infected = refused(&server, infected).await;
    assert_eq!(infected, (422, ErrorCode::DocumentInfected));
    assert_eq!(contents(&machine), 0);
    let (status, _): (_, Document) = ask(&server, put_in(&chair, &path, PDF)).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn roles_pages_and_the_end_count_for_everyone() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let [chair, commune, _, observer] = tokens(&meeting);
    let (mut chair_line, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let (_observer, _) = server.guest(&meeting.links[OBSERVER]).await;
    let query = "name=noi-bo.pdf&roles=operator,delegate&withdraw_at_end=true";
    let request = put_in(&chair, &format!("{BASE}?{query}"), PDF);
    let (_, document): (_, Document) = ask(&server, request).await;
    assert_eq!(document.title, "noi-bo.pdf", "its file's name");
    assert!(document.access.roles.contains(&Role::Operator));
    let (_, list): (_, DocumentList) = ask(&server, get(BASE, Some(&observer))).await;
    assert!(!list.documents[0].may_open);
    let one = "1/versions/1";
    let forbidden = open(&server, &observer, one).await.unwrap_err();
    assert_eq!(forbidden, ErrorCode::Forbidden);
    assert!(open(&server, &commune, one).await.is_ok());

    let lead = DocumentsCommand::Lead {
        number: 1,
        version: 1,
        page: 4,
    };
    chair_line.command(Command::Documents(lead)).await.unwrap();
    let page = LedPage {
        number: 1,
        version: 1,
        page: 4,
        by: "chu-toa".into(),
    };
    an_binh
        .event(Event::Documents(DocumentsEvent::Led { page }))
        .await;

    let end = Command::Course(CourseCommand::End);
    chair_line.command(end).await.unwrap();
    let withdrawn = Event::Documents(DocumentsEvent::Withdrawn {
        numbers: [1].into(),
        by: "chu-toa".into(),
    });
    an_binh.event(withdrawn).await;
    for reader in [&commune, &chair] {
        let gone = open(&server, reader, one).await.unwrap_err();
        assert_eq!(gone, ErrorCode::DocumentWithdrawn);
    }
}

#[tokio::test]
async fn what_no_log_refers_to_is_removed_at_the_next_start() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let [chair, ..] = tokens(&meeting);
    let path = format!("{BASE}?name=bao-cao.pdf");
    let (_, kept): (_, Document) = ask(&server, put_in(&chair, &path, PDF)).await;
    let sha256 = kept.versions[0].file.sha256.clone();
    server.kill();
    // A server that ended before the log knew of a file, and one that ended
    // before it could note that the log does.
    let folder = machine.documents();
    let orphan = "0".repeat(64);
    std::fs::write(folder.join("giao-ban").join(&orphan), "%PDF-").unwrap();
    for pending in [&orphan, &sha256] {
        std::fs::write(folder.join(format!(".pending/giao-ban.{pending}")), "").unwrap();
    }
    std::fs::write(folder.join(".incoming/half"), "%PDF-").unwrap();

    let server = machine.start().await;
    let left = std::fs::read_dir(folder.join("giao-ban")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [sha256.as_str()]);
    for empty in [".pending", ".incoming"] {
        assert_eq!(std::fs::read_dir(folder.join(empty)).unwrap().count(), 0);
    }
    assert!(open(&server, &chair, "1/versions/1").await.is_ok());
}
