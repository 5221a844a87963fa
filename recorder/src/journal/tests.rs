use std::path::Path;

use diemcau_protocol::{TrackCodec, TrackPacket, VideoCodec};

use super::*;
use crate::storage::simulated::Simulated;

const PATH: &str = "/recordings/hop/journal";

fn packet(seq: u64) -> Record {
    Record::Packet {
        track: 3,
        layer: 1,
        packet: TrackPacket {
            codec: TrackCodec::Video(VideoCodec::Vp8),
            red: false,
            seq,
            rtp_time: seq as u32 * 3_000,
            marker: true,
            starts_keyframe: seq == 0,
            captured: 1_000_000 * seq as i64,
            arrived: 1_000_000 * seq as i64 + 40,
            payload: vec![seq as u8; 900].into(),
        },
    }
}

fn append(journal: &mut Journal, record: &Record) {
    let mut bytes = Vec::new();
    encode(record, &mut bytes);
    journal.append(&bytes).unwrap();
}

fn open(disk: &Simulated) -> (Journal, Vec<Record>, u64) {
    let mut found = Vec::new();
    let (journal, torn) =
        Journal::open(disk, Path::new(PATH), |record| found.push(record.clone())).unwrap();
    (journal, found, torn)
}

#[test]
fn what_was_written_is_read_again() {
    let disk = Simulated::default();
    let (mut journal, found, _) = open(&disk);
    assert!(found.is_empty() && journal.is_empty());
    let note = Record::Note {
        at: -5,
        note: Note::Stage {
            csrc: Some(5),
            name: "Xã An Bình".into(),
        },
    };
    let all = [packet(0), note, packet(1)];
    all.iter().for_each(|record| append(&mut journal, record));
    let mut reader = journal.reader();
    for record in &all {
        assert_eq!(reader.next_record().unwrap().as_ref(), Some(record));
    }
    assert_eq!(reader.next_record().unwrap(), None, "it waits for more");
    append(&mut journal, &packet(2));
    assert_eq!(reader.next_record().unwrap(), Some(packet(2)));
    assert_eq!(open(&disk).1.len(), 4);
}

#[test]
fn a_power_cut_takes_what_was_not_synced_and_nothing_else() {
    for torn in [0, 1, 7, 8, 100, 950, 1_900, 5_000] {
        let disk = Simulated::default();
        let (mut journal, ..) = open(&disk);
        (0..10).for_each(|seq| append(&mut journal, &packet(seq)));
        journal.sync().unwrap();
        (10..13).for_each(|seq| append(&mut journal, &packet(seq)));

        let disk = disk.after_power_cut(torn);
        let (mut journal, found, cut) = open(&disk);
        let whole = found.len() as u64;
        assert!((10..13).contains(&whole), "{whole} of {torn} bytes more");
        assert_eq!(found, (0..whole).map(packet).collect::<Vec<_>>());
        assert_eq!(cut > 0, torn > 0, "{torn}");

        append(&mut journal, &packet(whole));
        let (_, found, cut) = open(&disk);
        assert_eq!((found.len() as u64, cut), (whole + 1, 0), "it goes on");
    }
}

#[test]
fn a_flipped_bit_ends_what_is_believed() {
    let disk = Simulated::default();
    let (mut journal, ..) = open(&disk);
    (0..3).for_each(|seq| append(&mut journal, &packet(seq)));
    let length = journal.len() / 3;
    for at in 0..length {
        let file = disk.open(Path::new(PATH)).unwrap();
        let mut byte = [0];
        file.read_at(&mut byte, length + at).unwrap();
        file.write_at(&[byte[0] ^ 1], length + at).unwrap();
        let mut reader = Reader::new(file.into());
        assert_eq!(reader.next_record().unwrap(), Some(packet(0)));
        assert_eq!(reader.next_record().unwrap(), None, "byte {at}");
        let file = disk.open(Path::new(PATH)).unwrap();
        file.write_at(&byte, length + at).unwrap();
    }
}

#[test]
fn a_full_disk_leaves_the_journal_as_it_was() {
    let disk = Simulated::default();
    let (mut journal, ..) = open(&disk);
    append(&mut journal, &packet(0));
    disk.holds(Some(journal.len() + 100));
    let mut bytes = Vec::new();
    encode(&packet(1), &mut bytes);
    assert!(journal.append(&bytes).is_err());
    disk.holds(None);
    journal.append(&bytes).unwrap();
    assert_eq!(open(&disk).1, [packet(0), packet(1)]);
}
