//! Feedback messages, good and bad, and what is kept of them.

use std::time::{Duration, Instant};

use super::feedback::{Feedback, Status};
use super::line::{Random, Receiver};
use super::{Bandwidth, FeedbackSummary, Kind, MalformedFeedback};

fn statuses(fci: &[u8]) -> Vec<Status> {
    Feedback::parse(fci).unwrap().statuses().collect()
}

#[test]
fn all_kinds_of_chunks_are_read() {
    let fci = [
        0x00,
        0x05,
        0x00,
        0x17, // base 5, 23 packets
        0x00,
        0x00,
        0x02,
        0x09, // reference 2, message 9
        0x00,
        0x02, // two missing
        0x20,
        0x03, // three small deltas
        0b1010_0000,
        0b0000_0001, // one bit each: 14 packets
        0b1101_1000,
        0b0000_0000, // two bits each: small, large; two more missing
        4,
        5,
        6, // the run
        7,
        8, // the one-bit vector
        9,
        0xff,
        0xfe, // small 9, large -2
    ];
    use Status::{Missing, Received};
    let seen = statuses(&fci);
    let mut expected = vec![
        Missing(2),
        Received(4),
        Received(5),
        Received(6),
        Received(7),
    ];
    expected.extend([Missing(1); 12]);
    expected.extend([
        Received(8),
        Received(9),
        Received(-2),
        Missing(1),
        Missing(1),
    ]);
    assert_eq!(seen, expected);
    let feedback = Feedback::parse(&fci).unwrap();
    assert_eq!((feedback.base(), feedback.number()), (5, 9));
    assert_eq!(feedback.reference(None), 128_000);
}

#[test]
fn what_is_malformed_is_refused_by_name() {
    let header = [0, 0, 0, 2, 0, 0, 0, 0];
    let with = |rest: &[u8]| Feedback::parse(&[&header[..], rest].concat()).map(|_| ());
    assert_eq!(with(&[0x20, 2, 1, 1]), Ok(()));
    assert_eq!(with(&[0x20, 2, 1, 1, 0, 0, 0]), Ok(()), "padding");
    assert_eq!(with(&[0x3f, 0xff, 1, 1]), Ok(()), "a run beyond the count");
    assert_eq!(with(&[0x20, 2, 1]), Err(MalformedFeedback::Deltas));
    assert_eq!(with(&[0x20, 1]), Err(MalformedFeedback::Chunks));
    assert_eq!(with(&[0x20]), Err(MalformedFeedback::Chunks));
    assert_eq!(with(&[0x60, 2, 1, 1]), Err(MalformedFeedback::Reserved));
    assert_eq!(with(&[0xf0, 0, 1, 1]), Err(MalformedFeedback::Reserved));
    assert_eq!(
        with(&[0x20, 2, 1, 1, 0, 0, 0, 0]),
        Err(MalformedFeedback::LeftOver)
    );
    assert_eq!(
        Feedback::parse(&[0, 0, 0, 0, 0, 0, 0, 0]).map(|_| ()),
        Err(MalformedFeedback::Empty)
    );
    assert_eq!(
        Feedback::parse(&header[..7]).map(|_| ()),
        Err(MalformedFeedback::Header)
    );
}

#[test]
fn the_reference_time_goes_on_over_its_wrap() {
    let at = |reference: u32| {
        let r = reference.to_be_bytes();
        [0, 0, 0, 1, r[1], r[2], r[3], 0, 0, 1]
    };
    let top = (1 << 24) - 1;
    let (before, after) = (at(top), at(1));
    let before = Feedback::parse(&before).unwrap().reference(None);
    let after = Feedback::parse(&after).unwrap().reference(Some(before));
    assert_eq!(after - before, 2 * 64_000);
    let back = at(top);
    let back = Feedback::parse(&back).unwrap().reference(Some(after));
    assert_eq!(back, before);
}

#[test]
fn each_packet_counts_once_and_late_ones_are_found_again() {
    let now = Instant::now();
    let mut bandwidth = Bandwidth::new(now);
    for seq in 0..10 {
        assert_eq!(bandwidth.sent(now, 1_000, Kind::Media), seq);
    }
    let mut receiver = Receiver::default();
    for seq in [0, 1, 2, 5] {
        receiver.got(20.0 + f64::from(seq), seq);
    }
    let fci = receiver.feedback().unwrap();
    let at = now + Duration::from_millis(40);
    let said = |received, missing| Ok(FeedbackSummary { received, missing });
    assert_eq!(bandwidth.feedback(at, &fci), said(4, 2));
    assert_eq!(bandwidth.feedback(at, &fci), said(0, 0), "said before");
    receiver.got(30.0, 4);
    receiver.got(31.0, 6);
    let fci = receiver.feedback().unwrap();
    assert_eq!(bandwidth.feedback(at, &fci), said(2, 0));
    let never_sent = [0x00, 0x0a, 0, 5, 0, 0, 0, 3, 0x20, 5, 1, 1, 1, 1, 1];
    assert_eq!(bandwidth.feedback(at, &never_sent), said(0, 0));
}

#[test]
fn no_feedback_brings_it_down() {
    let start = Instant::now();
    let mut random = Random(11);
    let mut bandwidth = Bandwidth::new(start);
    let mut accepted = 0;
    let mut now = start;
    for round in 0..60_000_u64 {
        now += Duration::from_micros(random.below(20_000));
        let sent = bandwidth.sent(now, random.below(2_000) as usize, Kind::Media);
        let mut fci: Vec<u8> = (0..random.below(80)).map(|_| random.next() as u8).collect();
        if fci.len() > 8 {
            // Near enough to the truth to get past the first checks.
            let base = sent.wrapping_sub(random.below(300) as u16).to_be_bytes();
            fci[..2].copy_from_slice(&base);
            if round % 2 == 0 {
                fci[2] = 0;
            }
            if round % 3 == 0 {
                let bits = random.next() as u8 & 0x3f;
                fci[2..4].copy_from_slice(&[0, 7]);
                fci.resize(11 + bits.count_ones() as usize, 0);
                fci[8..10].copy_from_slice(&[0x80 | bits, 0]);
            }
        }
        if bandwidth.feedback(now, &fci).is_ok() {
            accepted += 1;
        }
        bandwidth.tick(now);
        let padding = bandwidth.padding(now, random.next() >> random.below(64));
        if padding > 0 {
            bandwidth.sent(now, padding, Kind::Padding);
        }
        bandwidth.report(
            now,
            random.part(),
            Some(Duration::from_micros(random.below(1 << 40))),
        );
        assert!((30_000..=50_000_000).contains(&bandwidth.estimate()));
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn a_message_of_the_greatest_claims_costs_no_more_than_its_length() {
    let now = Instant::now();
    let mut bandwidth = Bandwidth::new(now);
    for _ in 0..70_000 {
        bandwidth.sent(now, 100, Kind::Media);
    }
    let mut fci = vec![0, 0, 0xff, 0xff, 0, 0, 0, 0];
    fci.extend([0x1f, 0xff].repeat(8));
    fci.extend([0x00, 0x07]);
    let steps = Feedback::parse(&fci).unwrap().statuses().count();
    assert_eq!(steps, 9);
    let summary = bandwidth.feedback(now, &fci).unwrap();
    assert!(summary.missing <= 1_024);
}

#[test]
fn a_remb_counts_without_transport_feedback_and_for_a_while() {
    let start = Instant::now();
    let mut bandwidth = Bandwidth::new(start);
    let free = bandwidth.estimate();
    bandwidth.remb(start, 400_000);
    assert_eq!(bandwidth.estimate(), 400_000);
    bandwidth.tick(start + Duration::from_secs(11));
    assert_eq!(bandwidth.estimate(), free);

    let seq = bandwidth.sent(start, 1_000, Kind::Media);
    let mut receiver = Receiver::default();
    receiver.got(20.0, seq);
    let fci = receiver.feedback().unwrap();
    bandwidth
        .feedback(start + Duration::from_millis(40), &fci)
        .unwrap();
    bandwidth.remb(start, 400_000);
    assert!(bandwidth.estimate() > 400_000);
}

#[test]
fn it_is_small() {
    let size = size_of::<Bandwidth>() + super::history::CAPACITY * 16;
    assert!(size <= 18_000, "{size}");
}
