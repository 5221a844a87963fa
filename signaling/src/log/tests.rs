//! The chain holds, shows what was touched, and survives a destruction.

use diemcau_protocol::{AnnouncedEvent, Event, ParticipantKind, Role};

use super::personal::DESTROYED;
use super::{Head, LogError, Occurrence, StoredEvent, hash_of, open_chain, seal};

const CHAT: usize = 2;

fn stored() -> Vec<StoredEvent> {
    let events = [
        Event::MeetingOpened {
            title: "Giao ban".to_owned(),
            host_unit: "Tỉnh".to_owned(),
            video_codec: None,
        },
        Event::ParticipantJoined {
            participant: "an".into(),
            number: 1,
            name: "Nguyễn Văn An".to_owned(),
            role: Role::Chair,
            kind: ParticipantKind::Person,
            unit: None,
        },
        Event::ChatSent {
            from: "an".into(),
            text: "Số của tôi là 0912".to_owned(),
        },
        Event::ServerRestarted,
    ];
    let mut head = Head::new("m".into(), "b".to_owned());
    events
        .into_iter()
        .enumerate()
        .map(|(index, event)| {
            let occurrence = Occurrence {
                announced: AnnouncedEvent {
                    at: 1_000 + index as i64,
                    event,
                },
                actor: Some("an".into()),
            };
            let sealed = seal(&mut head, &occurrence, [index as u8; 16]).unwrap();
            StoredEvent {
                bytes: sealed.bytes,
                hash: sealed.hash.to_vec(),
                personal: sealed.personal.into_iter().collect(),
            }
        })
        .collect()
}

fn open(rows: &[StoredEvent]) -> Result<Vec<Event>, LogError> {
    let (_, events) = open_chain("m".into(), "b".to_owned(), rows)?;
    Ok(events
        .into_iter()
        .map(|verified| verified.occurrence.announced.event)
        .collect())
}

#[test]
fn a_whole_chain_opens() {
    assert_eq!(open(&stored()).unwrap().len(), 4);
}

#[test]
fn every_flipped_bit_is_found() {
    let good = stored();
    for row in 0..good.len() {
        for bit in 0..good[row].bytes.len() * 8 {
            let mut rows = good.clone();
            rows[row].bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&rows).is_err(), "row {row} bit {bit}");
        }
        let mut rows = good.clone();
        rows[row].hash[31] ^= 1;
        assert!(open(&rows).is_err());
    }
}

#[test]
fn a_bit_flipped_with_its_hash_breaks_the_chain_after_it() {
    let mut rows = stored();
    let text = String::from_utf8(rows[1].bytes.clone()).unwrap();
    rows[1].bytes = text.replace("1001", "1000").into_bytes();
    rows[1].hash = hash_of(&rows[1].bytes).to_vec();
    assert!(matches!(open(&rows), Err(LogError::Broken { seq: 3 })));
}

#[test]
fn a_missing_or_displaced_event_is_found() {
    let mut rows = stored();
    rows.remove(1);
    assert!(matches!(open(&rows), Err(LogError::Broken { seq: 2 })));
    let mut rows = stored();
    rows.swap(1, 2);
    assert!(open(&rows).is_err());
    assert!(open_chain("another".into(), "b".to_owned(), &stored()).is_err());
    assert!(open_chain("m".into(), "another".to_owned(), &stored()).is_err());
}

#[test]
fn the_stored_bytes_hold_no_personal_value() {
    for row in stored() {
        let text = String::from_utf8(row.bytes).unwrap();
        assert!(!text.contains("0912") && !text.contains("Nguyễn"), "{text}");
    }
}

#[test]
fn a_destroyed_value_leaves_the_chain_whole() {
    let mut rows = stored();
    rows[CHAT].personal.clear();
    assert_eq!(
        open(&rows).unwrap()[CHAT],
        Event::ChatSent {
            from: "an".into(),
            text: DESTROYED.to_owned()
        }
    );
}

#[test]
fn a_value_put_in_anothers_place_is_found() {
    let mut rows = stored();
    rows[CHAT].personal[0].value = "Tôi đồng ý".to_owned();
    assert!(matches!(
        open(&rows),
        Err(LogError::ForeignValue { seq: 3 })
    ));
}

#[test]
fn a_log_of_a_newer_build_is_not_guessed_at() {
    let mut rows = stored();
    rows.truncate(1);
    let text = String::from_utf8(rows[0].bytes.clone()).unwrap();
    rows[0].bytes = text
        .replace("\"schema_version\":1", "\"schema_version\":9")
        .into_bytes();
    rows[0].hash = hash_of(&rows[0].bytes).to_vec();
    assert!(matches!(
        open(&rows),
        Err(LogError::UnknownSchema { seq: 1, version: 9 })
    ));
}
