//! What people offer.

use diemcau_protocol::{MediaOffer, OfferedSlot, OfferedSource, SourceKind, SourceLayer};

use super::{SLOTS, SOURCES};

/// Microphone, camera in two layers, and the first few slots.
pub(super) fn offer(slots: usize) -> MediaOffer {
    let mids: Vec<String> = (0..SOURCES + slots).map(|mid| mid.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:\
         DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
         a=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n",
        mids.join(" ")
    );
    let mut line = |mid: &str, audio: bool, direction: &str| {
        let (media, codecs) = match audio {
            true => (
                "audio 9 UDP/TLS/RTP/SAVPF 96 63",
                "a=rtpmap:96 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 96/96\r\n\
                 a=extmap:7 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n",
            ),
            false => (
                "video 9 UDP/TLS/RTP/SAVPF 100 101",
                "a=rtpmap:100 VP8/90000\r\na=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\n\
                 a=rtcp-fb:100 nack\r\na=rtcp-fb:100 nack pli\r\na=rtcp-fb:100 transport-cc\r\n",
            ),
        };
        sdp += &format!(
            "m={media}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n\
             {codecs}a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
             a=extmap:3 http://www.ietf.org/id/\
             draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
        );
        if !audio && direction == "sendonly" {
            sdp += "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
                    a=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f\r\n";
        }
    };
    line(&mids[0], true, "sendonly");
    line(&mids[1], false, "sendonly");
    let slots = mids[SOURCES..].iter().zip(SLOTS);
    for (mid, kind) in slots.clone() {
        line(mid, kind.is_audio(), "recvonly");
    }
    let layer = |rid: &str, height| SourceLayer {
        rid: rid.to_owned(),
        height,
    };
    MediaOffer {
        slots: slots
            .map(|(mid, kind)| OfferedSlot {
                mid: mid.clone(),
                kind,
            })
            .collect(),
        sources: vec![
            OfferedSource {
                mid: mids[0].clone(),
                kind: SourceKind::Microphone,
                layers: Vec::new(),
            },
            OfferedSource {
                mid: mids[1].clone(),
                kind: SourceKind::Camera,
                layers: vec![layer("q", 180), layer("f", 720)],
            },
        ],
        sdp,
    }
}
