use diemcau_protocol::{
    SourceKind, StagedSource, TrackCodec, TrackLayer, TrackPacket, VideoCodec, csrc_of,
};

use super::*;

const SECOND: i64 = 1_000_000;

fn hop() -> MeetingId {
    "hop".into()
}

fn wanted(since: Option<i64>) -> WantedRecording {
    WantedRecording {
        meeting: hop(),
        title: "Họp giao ban".into(),
        host_unit: "UBND tỉnh".into(),
        since,
        left_out: BTreeSet::new(),
        stage: None,
        agenda: None,
        speaker: None,
        end: None,
    }
}

fn on_stage(number: u32, name: &str) -> WantedRecording {
    WantedRecording {
        stage: Some(StagedSource {
            csrc: csrc_of(number, SourceKind::Camera),
            name: name.into(),
        }),
        ..wanted(Some(0))
    }
}

fn announced(track: u64, number: u32, kind: SourceKind, heights: &[u16]) -> FromMedia {
    FromMedia::Announced {
        track,
        meeting: hop(),
        csrc: csrc_of(number, kind),
        kind,
        layers: layers(heights),
    }
}

/// Those that cannot be had have no height.
fn layers(heights: &[u16]) -> Vec<TrackLayer> {
    let layer = |height: &u16| TrackLayer {
        height: *height,
        can_be_had: *height > 0,
    };
    heights.iter().map(layer).collect()
}

fn packet(track: u64, layer: usize, seq: u64, key: bool) -> FromMedia {
    FromMedia::Packet {
        track,
        layer,
        packet: TrackPacket {
            codec: TrackCodec::Video(VideoCodec::Vp8),
            red: false,
            seq,
            rtp_time: 0,
            marker: true,
            starts_keyframe: key,
            captured: 0,
            arrived: 0,
            payload: [1].into(),
        },
    }
}

fn desk(policy: Detail) -> Desk {
    Desk::new(1, policy, BTreeSet::new())
}

fn effects(desk: &mut Desk) -> Vec<Effect> {
    std::iter::from_fn(|| desk.poll_effect()).collect()
}

fn subscriptions(effects: &[Effect]) -> Vec<(u64, Vec<usize>)> {
    let subscription = |effect: &Effect| match effect {
        Effect::Ask {
            asked: ToMedia::Subscribe { track, layers },
            ..
        } => Some((*track, layers.clone())),
        _ => None,
    };
    effects.iter().filter_map(subscription).collect()
}

fn asked(effects: &[Effect], what: &ToMedia) -> bool {
    let is = |effect: &Effect| matches!(effect, Effect::Ask { asked, .. } if asked == what);
    effects.iter().any(is)
}

fn notes(effects: &[Effect]) -> Vec<Note> {
    let note = |effect: &Effect| match effect {
        Effect::Write {
            record: Record::Note { note, .. },
            ..
        } => Some(note.clone()),
        _ => None,
    };
    effects.iter().filter_map(note).collect()
}

#[test]
fn nothing_is_taken_before_the_recording_begins_nor_while_it_pauses() {
    let mut desk = desk(Detail::Everything);
    desk.wanted(0, wanted(None));
    desk.media(0, 0, announced(1, 1, SourceKind::Camera, &[180, 720]));
    assert!(effects(&mut desk).is_empty());

    desk.wanted(SECOND, wanted(Some(1_000)));
    let begun = effects(&mut desk);
    assert_eq!(begun[0], Effect::Open { meeting: hop() });
    assert_eq!(subscriptions(&begun), [(1, vec![1])]);
    desk.media(SECOND, 0, packet(1, 1, 7, true));
    assert!(matches!(
        effects(&mut desk)[..],
        [Effect::Write {
            record: Record::Packet { track: 1, .. },
            ..
        }]
    ));

    desk.wanted(2 * SECOND, wanted(None));
    let paused = effects(&mut desk);
    assert_eq!(subscriptions(&paused), [(1, vec![])]);
    assert!(notes(&paused).contains(&Note::Paused));
    desk.media(2 * SECOND, 0, packet(1, 1, 8, false));
    assert!(effects(&mut desk).is_empty(), "what is still on its way");

    desk.wanted(3 * SECOND, wanted(Some(3_000)));
    let again = effects(&mut desk);
    assert!(!again.contains(&Effect::Open { meeting: hop() }));
    assert!(notes(&again).contains(&Note::Resumed));
    assert_eq!(subscriptions(&again), [(1, vec![1])]);
}

#[test]
fn who_is_muted_by_the_meeting_is_not_recorded() {
    let mut desk = desk(Detail::Everything);
    desk.wanted(0, wanted(Some(0)));
    desk.media(0, 0, announced(4, 2, SourceKind::Microphone, &[u16::MAX]));
    effects(&mut desk);
    // The media plane forwards it no more, and says so.
    desk.media(SECOND, 0, FromMedia::Withdrawn { track: 4 });
    assert_eq!(notes(&effects(&mut desk)), [Note::Gone { track: 1 }]);
    desk.media(SECOND, 0, packet(4, 0, 9, false));
    assert!(effects(&mut desk).is_empty());
}

#[test]
fn a_larger_layer_takes_over_at_its_keyframe() {
    let mut desk = desk(Detail::Everything);
    desk.wanted(0, wanted(Some(0)));
    desk.media(0, 0, announced(1, 1, SourceKind::Camera, &[180, 0]));
    assert_eq!(subscriptions(&effects(&mut desk)), [(1, vec![0])]);
    let layers = layers(&[180, 720]);
    desk.media(0, 0, FromMedia::Layers { track: 1, layers });
    assert_eq!(subscriptions(&effects(&mut desk)), [(1, vec![0, 1])]);
    desk.tick(0);
    let keyframe = ToMedia::Keyframe { track: 1, layer: 1 };
    assert!(asked(&effects(&mut desk), &keyframe));
    desk.media(0, 0, packet(1, 1, 3, true));
    assert_eq!(subscriptions(&effects(&mut desk)), [(1, vec![1])]);
    desk.tick(10 * SECOND);
    assert!(!asked(&effects(&mut desk), &keyframe), "it has come");
}

#[test]
fn what_is_missing_is_asked_for_and_given_up_for_a_keyframe() {
    let mut desk = desk(Detail::Everything);
    desk.wanted(0, wanted(Some(0)));
    desk.media(0, 0, announced(1, 1, SourceKind::Camera, &[180]));
    desk.media(0, 0, packet(1, 0, 3, true));
    desk.media(0, 0, packet(1, 0, 6, false));
    desk.tick(SECOND / 10);
    let resend = |seqs: &[u64]| ToMedia::Resend {
        track: 1,
        layer: 0,
        seqs: seqs.into(),
    };
    assert!(asked(&effects(&mut desk), &resend(&[4, 5])));
    desk.media(0, 0, packet(1, 0, 4, false));
    desk.tick(SECOND);
    let keyframe = ToMedia::Keyframe { track: 1, layer: 0 };
    let second = effects(&mut desk);
    assert!(asked(&second, &resend(&[5])) && !asked(&second, &keyframe));
    desk.tick(2 * SECOND);
    let third = effects(&mut desk);
    assert!(!asked(&third, &resend(&[5])) && asked(&third, &keyframe));
}

#[test]
fn the_policy_says_how_much_is_recorded_and_the_stage_is_always() {
    let cases = [
        (Detail::Programme, vec![2, 4]),
        (Detail::Speakers, vec![2, 3, 4]),
        (Detail::Everything, vec![1, 2, 3, 4]),
    ];
    for (policy, taken) in cases {
        let mut desk = desk(policy);
        desk.media(0, 0, announced(1, 1, SourceKind::Camera, &[180]));
        desk.media(0, 0, announced(2, 2, SourceKind::Camera, &[180]));
        desk.media(0, 0, announced(3, 1, SourceKind::Microphone, &[u16::MAX]));
        let mix = FromMedia::Announced {
            track: 4,
            meeting: hop(),
            csrc: MIX_CSRC,
            kind: SourceKind::Microphone,
            layers: layers(&[u16::MAX]),
        };
        desk.media(0, 0, mix);
        desk.wanted(0, on_stage(2, "Xã An Bình"));
        let begun = effects(&mut desk);
        let tracks: Vec<u64> = subscriptions(&begun).iter().map(|s| s.0).collect();
        assert_eq!(tracks, taken, "{policy:?}");
        if policy == Detail::Programme {
            desk.wanted(0, on_stage(1, "Chủ tọa"));
            let moved = subscriptions(&effects(&mut desk));
            assert_eq!(moved, [(1, vec![0]), (2, vec![])]);
        }
        desk.room(0, Detail::Nothing);
        let stopped = subscriptions(&effects(&mut desk));
        assert!(stopped.iter().all(|(_, layers)| layers.is_empty()));
    }
}

#[test]
fn the_mix_is_asked_for_until_it_is_there() {
    let mut desk = desk(Detail::Programme);
    desk.wanted(0, wanted(Some(0)));
    let mix = ToMedia::Mix {
        meeting: hop(),
        wanted: true,
    };
    assert!(asked(&effects(&mut desk), &mix));
    desk.tick(SECOND);
    assert!(asked(&effects(&mut desk), &mix));
    let there = FromMedia::Announced {
        track: 9,
        meeting: hop(),
        csrc: MIX_CSRC,
        kind: SourceKind::Microphone,
        layers: layers(&[u16::MAX]),
    };
    desk.media(SECOND, 0, there);
    effects(&mut desk);
    desk.tick(5 * SECOND);
    assert!(!asked(&effects(&mut desk), &mix));
}

#[test]
fn a_meeting_that_ended_while_the_recorder_was_away_is_closed() {
    let ended = WantedRecording {
        end: Some(MeetingEnd {
            at: 5,
            closing_hash: "ab".into(),
        }),
        ..wanted(None)
    };
    let mut unknown = desk(Detail::Everything);
    unknown.wanted(0, ended.clone());
    assert!(effects(&mut unknown).is_empty(), "never recorded");

    let mut desk = Desk::new(1, Detail::Everything, [hop()].into());
    desk.wanted(0, ended);
    let closed = effects(&mut desk);
    assert_eq!(closed.first(), Some(&Effect::Open { meeting: hop() }));
    assert_eq!(closed.last(), Some(&Effect::Close { meeting: hop() }));
}

#[test]
fn who_does_not_want_to_be_recorded_is_left_out_from_then_on_and_taken_again_who_agrees() {
    let mut desk = desk(Detail::Everything);
    desk.wanted(0, on_stage(1, "Chủ tọa"));
    desk.media(0, 0, announced(1, 1, SourceKind::Camera, &[720]));
    desk.media(0, 0, announced(2, 2, SourceKind::Camera, &[720]));
    desk.media(0, 0, announced(3, 2, SourceKind::Microphone, &[0]));
    effects(&mut desk);
    let refused = |number: u32, name| WantedRecording {
        left_out: [2].into(),
        ..on_stage(number, name)
    };
    desk.wanted(SECOND, refused(1, "Chủ tọa"));
    let left = effects(&mut desk);
    assert_eq!(subscriptions(&left), [(2, vec![]), (3, vec![])]);
    desk.media(SECOND, 0, packet(2, 0, 8, true));
    assert!(effects(&mut desk).is_empty(), "nothing more of it is kept");

    // The stage does not change that, nor does what it sends later.
    desk.wanted(2 * SECOND, refused(2, "Xã An Bình"));
    desk.media(2 * SECOND, 0, announced(4, 2, SourceKind::Screen, &[720]));
    assert!(subscriptions(&effects(&mut desk)).is_empty());

    desk.wanted(3 * SECOND, on_stage(2, "Xã An Bình"));
    let taken: Vec<u64> = subscriptions(&effects(&mut desk))
        .into_iter()
        .map(|(track, _)| track)
        .collect();
    assert_eq!(taken, [2, 3, 4]);
}
