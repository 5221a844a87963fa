use diemcau_protocol::{TrackCodec, TrackPacket, VideoCodec};

use super::*;

fn packet(codec: VideoCodec, rtp_time: u32, marker: bool, payload: &[u8]) -> TrackPacket {
    TrackPacket {
        codec: TrackCodec::Video(codec),
        red: false,
        seq: 0,
        rtp_time,
        marker,
        starts_keyframe: false,
        captured: i64::from(rtp_time) * 100 / 9,
        arrived: 0,
        payload: payload.into(),
    }
}

fn vp8(time: u32, marker: bool, payload: &[u8]) -> TrackPacket {
    packet(VideoCodec::Vp8, time, marker, payload)
}

/// 320×180.
const KEY: [u8; 10] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00];

fn keyframe(time: u32) -> TrackPacket {
    let mut payload = vec![0x90, 0xe0, 0x81, 0x23, 7, 0x20];
    payload.extend(KEY);
    vp8(time, true, &payload)
}

fn one(assembled: Assembled) -> Frame {
    assert!(!assembled.lost);
    let [frame] = <[Frame; 1]>::try_from(assembled.frames).unwrap();
    frame
}

#[test]
fn a_picture_is_joined_without_its_descriptors() {
    let mut stream = Assembler::new();
    let key = one(stream.packet(keyframe(0)));
    assert_eq!(key.data, KEY);
    let shape = key.shape.unwrap();
    assert_eq!((shape.width, shape.height), (320, 180));
    assert!(
        stream
            .packet(vp8(3_000, false, &[0x10, 1, 2]))
            .frames
            .is_empty()
    );
    let next = one(stream.packet(vp8(3_000, true, &[0x00, 3])));
    assert_eq!(
        (next.data, next.keyframe, next.at),
        (vec![1, 2, 3], false, 33_333)
    );
}

#[test]
fn what_is_predicted_from_a_lost_picture_is_left_out() {
    let mut stream = Assembler::new();
    let early = stream.packet(vp8(0, true, &[0x10, 1]));
    assert!(early.lost && early.frames.is_empty(), "before any keyframe");
    one(stream.packet(keyframe(3_000)));
    stream.gap();
    let lost = stream.packet(vp8(9_000, true, &[0x10, 1]));
    assert!(lost.lost && lost.frames.is_empty());
    one(stream.packet(keyframe(12_000)));
    // The first packet of a picture is missing.
    let torn = stream.packet(vp8(15_000, true, &[0x00, 1]));
    assert!(torn.lost && torn.frames.is_empty());
}

#[test]
fn a_picture_without_its_mark_ends_where_the_next_begins() {
    let mut stream = Assembler::new();
    one(stream.packet(keyframe(0)));
    stream.packet(vp8(3_000, false, &[0x10, 1]));
    let before = stream.packet(vp8(6_000, false, &[0x10, 3]));
    assert_eq!(one(before).data, [1]);
}

#[test]
fn layers_of_vp9_become_a_superframe() {
    let mut stream = Assembler::new();
    // Two layers: 320×180 and 640×360.
    let sizes = [0x30, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68];
    let mut low = vec![0b1010_1110, 5, 0x00, 1];
    low.extend(sizes);
    low.extend([0xaa, 0xbb]);
    let high = [0b1110_1100, 5, 0x03, 1, 0xcc];
    stream.packet(packet(VideoCodec::Vp9, 0, false, &low));
    let key = one(stream.packet(packet(VideoCodec::Vp9, 0, true, &high)));
    let index = [0xd9, 2, 0, 0, 0, 1, 0, 0, 0, 0xd9];
    assert_eq!(key.data, [&[0xaa, 0xbb, 0xcc][..], &index].concat());
    let shape = key.shape.unwrap();
    assert_eq!((shape.width, shape.height), (640, 360));
}

/// 1280×720, constrained baseline, as Chromium sends it.
const SPS: [u8; 13] = [
    0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd, 0x00, 0xf0, 0x88,
];
const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];

#[test]
fn units_of_h264_stand_with_their_lengths() {
    let mut stream = Assembler::new();
    let mut sets = vec![0x78, 0, SPS.len() as u8];
    sets.extend(SPS);
    sets.extend([0, PPS.len() as u8]);
    sets.extend(PPS);
    let h264 = |marker, payload: &[u8]| packet(VideoCodec::H264, 0, marker, payload);
    stream.packet(h264(false, &sets));
    stream.packet(h264(false, &[0x7c, 0x85, 1, 2]));
    let key = one(stream.packet(h264(true, &[0x7c, 0x45, 3])));
    assert!(key.data.ends_with(&[0, 0, 0, 4, 0x65, 1, 2, 3]));
    let shape = key.shape.unwrap();
    assert_eq!((shape.width, shape.height), (1_280, 720));
    assert_eq!(&shape.config[..4], [1, 0x42, 0xc0, 0x1f]);
    // A fragment without its beginning.
    let torn = stream.packet(packet(VideoCodec::H264, 1, true, &[0x7c, 0x41, 9]));
    assert!(torn.lost && torn.frames.is_empty());
}

#[test]
fn units_of_av1_get_their_sizes_back() {
    let mut stream = Assembler::new();
    // Profile 0, one operating point, level 8, 640×360.
    let header = [0x00, 0x00, 0x00, 0x42, 0x66, 0x9f, 0xd6, 0x70];
    let mut first = vec![0x68, (header.len() + 1) as u8, 0x08];
    first.extend(header);
    first.extend([0x30, 1, 2]);
    stream.packet(packet(VideoCodec::Av1, 0, false, &first));
    let key = one(stream.packet(packet(VideoCodec::Av1, 0, true, &[0x90, 3])));
    assert_eq!(&key.data[..2], [0x0a, header.len() as u8]);
    assert!(key.data.ends_with(&[0x32, 3, 1, 2, 3]), "{:x?}", key.data);
    let shape = key.shape.unwrap();
    assert_eq!(shape.config[0], 0x81);
    assert_eq!(&shape.config[4..], &key.data[..header.len() + 2]);
}

#[test]
fn lost_sound_comes_from_beside_the_next() {
    let mut stream = Assembler::new();
    let red = |rtp_time: u32, older: &[u8], newest: &[u8]| {
        let head: u32 = 0x80 << 24 | 111 << 24 | 960 << 10 | older.len() as u32;
        let mut payload = head.to_be_bytes().to_vec();
        payload.push(111);
        payload.extend(older);
        payload.extend(newest);
        TrackPacket {
            codec: TrackCodec::Opus,
            red: true,
            captured: i64::from(rtp_time) * 1_000 / 48,
            ..packet(VideoCodec::Vp8, rtp_time, false, &payload)
        }
    };
    let sounds = |assembled: Assembled| {
        let each = assembled.frames.into_iter();
        each.map(|frame| (frame.at, frame.data)).collect::<Vec<_>>()
    };
    assert_eq!(
        sounds(stream.packet(red(960, b"a", b"b"))),
        [(20_000, b"b".into())]
    );
    assert_eq!(
        sounds(stream.packet(red(1_920, b"b", b"c"))),
        [(40_000, b"c".into())]
    );
    stream.gap();
    assert_eq!(
        sounds(stream.packet(red(3_840, b"d", b"e"))),
        [(60_000, b"d".into()), (80_000, b"e".into())]
    );
    assert_eq!(opus_duration(&[0xf8, 0xff, 0xfe]), Some(20_000));
}

#[test]
fn sound_is_even_though_its_times_of_capture_are_not() {
    let mut stream = Assembler::new();
    let mut times = Vec::new();
    for n in 0..200_u32 {
        // Off by up to 12 ms, and 30 ms earlier once a report has come.
        let off = i64::from(n * 7 % 13) * 1_000 - if n < 100 { 0 } else { 30_000 };
        let sound = TrackPacket {
            codec: TrackCodec::Opus,
            captured: i64::from(n) * 20_000 + off,
            ..packet(VideoCodec::Vp8, n * 960, false, b"x")
        };
        times.push(stream.packet(sound).frames[0].at);
    }
    let steps: Vec<i64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(steps.iter().all(|step| (19_000..=20_000).contains(step)));
    assert!((times[199] - 199 * 20_000 + 30_000).abs() < 40_000);
}

#[test]
fn nonsense_is_lost_and_nothing_more() {
    let codecs = [
        VideoCodec::Vp8,
        VideoCodec::Vp9,
        VideoCodec::H264,
        VideoCodec::Av1,
    ];
    let mut seed = 7_u32;
    for round in 0..20_000_u32 {
        let mut byte = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let length = usize::from(byte() % 24);
        let payload: Vec<u8> = (0..length).map(|_| byte()).collect();
        let codec = codecs[usize::from(byte() % 4)];
        let mut stream = Assembler::new();
        stream.packet(packet(codec, round, false, &payload));
        stream.packet(packet(codec, round, true, &payload));
    }
}
