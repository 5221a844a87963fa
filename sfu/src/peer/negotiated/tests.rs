use super::*;

const ANSWER: &str = "v=0\r
o=- 1 2 IN IP4 0.0.0.0\r
s=-\r
t=0 0\r
a=group:BUNDLE 0 1 2 3\r
a=ice-lite\r
m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r
a=mid:0\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:3/recvonly http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=sendonly\r
a=rtpmap:111 opus/48000/2\r
a=fmtp:111 minptime=10;useinbandfec=1\r
a=rtpmap:63 red/48000/2\r
a=fmtp:63 111/111\r
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 45 46\r
a=mid:1\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=extmap:12/sendonly https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension\r
a=extmap:13 urn:3gpp:video-orientation\r
a=sendonly\r
a=rtpmap:96 VP8/90000\r
a=rtpmap:97 rtx/90000\r
a=fmtp:97 apt=96\r
a=rtpmap:102 H264/90000\r
a=fmtp:102 level-asymmetry-allowed=1; packetization-mode=1; profile-level-id=42E01F\r
a=rtpmap:103 rtx/90000\r
a=fmtp:103 apt=102\r
a=rtpmap:104 H264/90000\r
a=fmtp:104 packetization-mode=1;profile-level-id=640028\r
a=rtpmap:45 AV1/90000\r
a=fmtp:45 level-idx=5;profile=0;tier=0\r
a=rtpmap:46 rtx/90000\r
a=fmtp:46 apt=45\r
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r
a=mid:2\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=sendonly\r
a=rtpmap:96 VP8/90000\r
a=rtpmap:97 rtx/90000\r
a=fmtp:97 apt=96\r
a=rtpmap:102 H264/90000\r
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r
a=rtpmap:103 rtx/90000\r
a=fmtp:103 apt=102\r
m=video 9 UDP/TLS/RTP/SAVPF 98\r
a=mid:3\r
a=recvonly\r
a=rtpmap:98 VP9/90000\r
a=fmtp:98 profile-id=0\r
m=video 0 UDP/TLS/RTP/SAVPF 99\r
a=mid:4\r
a=rtpmap:99 VP8/90000\r
";

fn format_of(negotiated: &Negotiated, pt: u8) -> Option<(Format, Wrapping)> {
    let (payload, wrapping) = negotiated.of_pt(pt)?;
    Some((payload.format, wrapping))
}

#[test]
fn a_payload_type_names_its_codec() {
    let negotiated = Negotiated::from_answer(ANSWER);
    let of = |pt| format_of(&negotiated, pt);
    let baseline = Format::H264(H264Profile::ConstrainedBaseline);
    assert_eq!(of(111), Some((Format::Opus, Wrapping::Plain)));
    assert_eq!(of(63), Some((Format::Opus, Wrapping::Red)));
    assert_eq!(of(97), Some((Format::Vp8, Wrapping::Rtx)));
    assert_eq!(of(102), Some((baseline, Wrapping::Plain)));
    assert_eq!(of(46), Some((Format::Av1, Wrapping::Rtx)));
    assert_eq!(of(98), Some((Format::Vp9, Wrapping::Plain)));
    assert_eq!(of(99), None, "a refused m-line agrees on nothing");
    assert_eq!(of(50), None);
}

#[test]
fn only_what_every_slot_takes_is_sent() {
    let negotiated = Negotiated::from_answer(ANSWER);
    let pt = |format| negotiated.sending(format).map(|payload| payload.pt);
    assert_eq!(pt(Format::Opus), Some(111));
    assert_eq!(pt(Format::Vp8), Some(96));
    assert_eq!(pt(Format::Av1), None, "one of two slots takes it");
    assert_eq!(negotiated.audio.mid, Some(4));
    assert_eq!(negotiated.audio.audio_level, Some(1));
    assert_eq!(negotiated.audio.twcc, None, "for the other direction only");
    assert_eq!(negotiated.video.mid, Some(4));
    assert_eq!(negotiated.video.video_orientation, None);
    assert_eq!(negotiated.extensions(false).dependency_descriptor, None);
}

#[test]
fn a_profile_finds_a_decoder() {
    let two = ANSWER.replacen("a=mid:2\r\n", "a=mid:2\r\na=inactive\r\n", 1);
    let negotiated = Negotiated::from_answer(&two);
    let pt = |profile| negotiated.sending(Format::H264(profile)).map(|p| p.pt);
    assert_eq!(pt(H264Profile::ConstrainedBaseline), Some(102));
    assert_eq!(pt(H264Profile::High), Some(104));
    assert_eq!(pt(H264Profile::Main), Some(104), "a greater one");
    let one = Negotiated::from_answer(ANSWER);
    let pt = |profile| one.sending(Format::H264(profile)).map(|p| p.pt);
    assert_eq!(pt(H264Profile::High), Some(102), "the only one");
    assert_eq!(negotiated.video.dependency_descriptor, Some(12));
}

#[test]
fn profiles_are_told_apart() {
    let of = |id| H264Profile::of(id);
    assert_eq!(of(0x42e01f), Some(H264Profile::ConstrainedBaseline));
    assert_eq!(of(0x4dc01f), Some(H264Profile::ConstrainedBaseline));
    assert_eq!(of(0x42001f), Some(H264Profile::Baseline));
    assert_eq!(of(0x4d0028), Some(H264Profile::Main));
    assert_eq!(of(0x4d4028), Some(H264Profile::Main));
    assert_eq!(of(0x640c1f), Some(H264Profile::ConstrainedHigh));
    assert_eq!(of(0x640028), Some(H264Profile::High));
    assert_eq!(of(0x6e0028), None, "ten bits");
    assert_eq!(of(0), None);
}

#[test]
fn nonsense_agrees_on_nothing() {
    for text in [
        "",
        "m=",
        "\nm=",
        "\nm=audio",
        "\nm=audio 9",
        "\nm=audio 9 X 111\na=rtpmap:111",
        "\nm=video 9 X 300 96\na=rtpmap:300 VP8/90000\na=rtpmap:96 opus/48000/2",
        "\nm=video 9 X 96\na=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=zz",
        "\nm=audio 9 X 0\na=extmap:\na=extmap:x urn:ietf:params:rtp-hdrext:sdes:mid",
        "\nm=audio 9 X 0\na=extmap:0 urn:ietf:params:rtp-hdrext:sdes:mid",
    ] {
        assert_eq!(
            Negotiated::from_answer(text),
            Negotiated::default(),
            "{text:?}"
        );
    }
}
