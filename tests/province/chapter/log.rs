//! The log: whoever replays it has the conference as it was, and nobody has
//! changed it since.

use std::fs;

use diemcau::recording::exported_log;
use diemcau_protocol::{Event, MeetingEnd};
use diemcau_recorder::minutes::first::write_first_draft;
use diemcau_recorder::{
    ArchiveKey, EVENTS, ExportedEvent, FORMAT_VERSION, Manifest, TrustedKeys, Verdict, seal, verify,
};
use diemcau_signaling::meeting::{State, apply, ended_at};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::province::conference::Conference;

#[derive(Deserialize)]
struct Envelope {
    seq: u64,
    at: i64,
    event: Value,
}

/// When and what, with the names where their commitments stand.
fn happened(seq: u64, exported: &ExportedEvent) -> (i64, Event) {
    let mut envelope: Envelope = serde_json::from_str(&exported.bytes).unwrap();
    assert_eq!(envelope.seq, seq);
    for personal in &exported.personal {
        let stands_there = exported.bytes.contains(&personal.value);
        assert!(personal.value.is_empty() || !stands_there, "beside the log");
        envelope.event[&personal.field] = Value::String(personal.value.clone());
    }
    (envelope.at, serde_json::from_value(envelope.event).unwrap())
}

async fn exported(conference: &Conference) -> Vec<ExportedEvent> {
    let signaling = &conference.server().signaling;
    exported_log(signaling, &conference.meeting).await.unwrap()
}

/// The conference as its log tells it.
pub(super) async fn replayed(conference: &Conference) -> State {
    let mut state = State::empty(conference.meeting.clone());
    for (seq, event) in (1..).zip(exported(conference).await) {
        let (at, event) = happened(seq, &event);
        apply(&mut state, at, &event);
    }
    state
}

/// The archive, with the first draft of the minutes in it.
pub(in crate::province) async fn it_replays_and_its_chain_holds(
    conference: &Conference,
    end: &MeetingEnd,
) -> TempDir {
    let state = replayed(conference).await;
    assert_eq!(ended_at(&state), Some(end.at));
    assert!(state.members.values().all(|member| !member.is_here()));
    let votes = &state.procedure.votes;
    assert_eq!(
        (votes.open.as_ref(), votes.last.as_ref().unwrap().number),
        (None, 2)
    );
    assert_eq!(state.awaited.len(), 2);

    let archive = TempDir::new().unwrap();
    let events = exported(conference).await;
    assert_eq!(events.last().unwrap().hash, end.closing_hash);
    write_events(&archive, &events);
    write_first_draft(&conference.meeting, archive.path())
        .unwrap()
        .unwrap();
    let key = ArchiveKey::from_pem(&ArchiveKey::generate().unwrap()).unwrap();
    let trusted = TrustedKeys::from_pem(&key.public_pem().unwrap()).unwrap();
    seal(archive.path(), manifest(conference, end), &key, None).unwrap();
    let whole = verify(archive.path(), Some(&trusted));
    assert_eq!(whole.verdict, Verdict::Whole, "{:?}", whole.findings);

    // One word in one of many events, and it is found.
    let mut changed = events.clone();
    let vote = changed
        .iter()
        .position(|event| event.bytes.contains("\"votes\":28"));
    let vote = &mut changed[vote.unwrap()].bytes;
    *vote = vote.replace("\"votes\":28", "\"votes\":27");
    write_events(&archive, &changed);
    let found = verify(archive.path(), Some(&trusted));
    assert_ne!(found.verdict, Verdict::Whole);
    write_events(&archive, &events);
    archive
}

fn manifest(conference: &Conference, end: &MeetingEnd) -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        meeting: conference.meeting.0.clone(),
        title: "Hội nghị trực tuyến triển khai công tác ứng phó bão số 5".to_owned(),
        host_unit: "Ủy ban nhân dân tỉnh Lâm Sơn".to_owned(),
        ended_at: end.at,
        closing_hash: end.closing_hash.clone(),
        encrypted_to: Vec::new(),
        files: Vec::new(),
    }
}

fn write_events(archive: &TempDir, events: &[ExportedEvent]) {
    let lines = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap() + "\n");
    fs::write(archive.path().join(EVENTS), lines.collect::<String>()).unwrap();
}
