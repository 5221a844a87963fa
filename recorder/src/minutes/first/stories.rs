//! Stories of a first draft that is made from nothing but an archive's log.

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::archive::ExportedValue;
use crate::minutes::conference;
use crate::minutes::draft::Draft;

/// The conference's log as an archive has it, without what is personal.
fn lines() -> Vec<ExportedEvent> {
    exported(conference::log())
}

fn exported(events: Vec<LoggedEvent>) -> Vec<ExportedEvent> {
    let exported = |logged: LoggedEvent| ExportedEvent {
        bytes: json!({ "seq": logged.seq, "at": logged.at, "event": logged.event }).to_string(),
        hash: format!("{:064x}", logged.seq),
        personal: Vec::new(),
    };
    events.into_iter().map(exported).collect()
}

fn archive(lines: &[ExportedEvent]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = lines
        .iter()
        .map(|line| serde_json::to_string(line).unwrap());
    fs::write(
        folder.path().join(EVENTS),
        text.collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
    folder
}

fn meeting() -> MeetingId {
    conference::beside().meeting
}

#[test]
fn the_first_draft_lies_in_the_archive_and_has_no_number() {
    let folder = archive(&lines());
    let written = write_first_draft(&meeting(), folder.path())
        .unwrap()
        .unwrap();
    assert_eq!(written.map(|file| file.name), [PDF, DOCX, JSON]);
    let json = fs::read(folder.path().join(JSON)).unwrap();
    let draft: Draft = serde_json::from_slice(&json).unwrap();
    assert_eq!(draft.number(), None);
    let pdf = fs::read(folder.path().join(PDF)).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
}

#[test]
fn names_stand_where_the_log_has_commitments_and_destroyed_ones_are_told() {
    let mut lines = lines();
    let joined = |line: &ExportedEvent| line.bytes.contains("participant_joined");
    let known = lines.iter().position(joined).unwrap();
    let destroyed = lines.iter().rposition(joined).unwrap();
    for (index, value) in [(known, Some("Điểm cầu Thử nghiệm")), (destroyed, None)] {
        let mut envelope: Value = serde_json::from_str(&lines[index].bytes).unwrap();
        envelope["event"]["name"] = json!({ "commitment": "00" });
        lines[index].bytes = envelope.to_string();
        lines[index]
            .personal
            .extend(value.map(|value| ExportedValue {
                field: "name".to_owned(),
                salt: "00".to_owned(),
                value: value.to_owned(),
            }));
    }
    let folder = archive(&lines);
    write_first_draft(&meeting(), folder.path())
        .unwrap()
        .unwrap();
    let json = fs::read_to_string(folder.path().join(JSON)).unwrap();
    assert!(json.contains("Điểm cầu Thử nghiệm"));
    assert!(json.contains(DESTROYED));
}

#[test]
fn who_was_invited_and_never_came_is_absent() {
    let mut events = conference::log();
    let who = conference::invited()
        .into_iter()
        .find(|one| one.participant.as_str() == conference::ABSENT)
        .unwrap();
    // The log begins with the rehearsal; then everybody is invited.
    events[0].seq = 0;
    events.insert(
        1,
        LoggedEvent {
            seq: 1,
            at: events[0].at,
            event: Event::Course(CourseEvent::Invited {
                participant: who.participant,
                name: who.name.clone(),
                role: who.role,
                kind: who.kind,
                unit: who.unit,
            }),
        },
    );
    let folder = archive(&exported(events));
    write_first_draft(&meeting(), folder.path())
        .unwrap()
        .unwrap();
    let json = fs::read_to_string(folder.path().join(JSON)).unwrap();
    assert!(json.contains(&format!("- Vắng mặt: {}.", who.name)));
    assert!(json.contains("Hội nghị kết thúc vào"), "by its title");
}

#[test]
fn a_line_that_is_no_event_is_named() {
    let mut lines = lines();
    lines[2].bytes = "{}".to_owned();
    let folder = archive(&lines);
    let refused = write_first_draft(&meeting(), folder.path()).unwrap_err();
    assert!(refused.to_string().contains("line 3"), "{refused}");
    assert!(!folder.path().join(PDF).exists());
}

#[test]
fn a_meeting_that_never_opened_leaves_no_minutes() {
    let opened = |line: &ExportedEvent| !line.bytes.contains("\"meeting_opened\"");
    let lines: Vec<_> = lines().into_iter().filter(opened).collect();
    let mut renumbered = Vec::new();
    for (seq, mut line) in (1..).zip(lines) {
        let mut envelope: Value = serde_json::from_str(&line.bytes).unwrap();
        envelope["seq"] = json!(seq);
        line.bytes = envelope.to_string();
        renumbered.push(line);
    }
    let folder = archive(&renumbered);
    let none = write_first_draft(&meeting(), folder.path()).unwrap();
    assert_eq!(none, Err(NoMinutes::NeverOpened));
    assert!(!folder.path().join(JSON).exists());
}
