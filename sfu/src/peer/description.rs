//! Session descriptions as text (RFC 8866).

const CANDIDATE: &str = "a=candidate:";

/// The answer with what str0m leaves out: that all candidates stand in it (RFC
/// 8840 §4.2), and that publishers may be silent while nobody speaks (RFC 7587
/// §7).
pub(super) fn complete(answer: &str) -> String {
    let mut text = String::with_capacity(answer.len() + 256);
    let mut lines = answer.lines().peekable();
    while let Some(line) = lines.next() {
        text.push_str(line);
        if line.starts_with("a=fmtp:") && line.contains("useinbandfec=1") {
            text.push_str(";usedtx=1");
        }
        text.push_str("\r\n");
        let more = lines.peek().is_some_and(|line| line.starts_with(CANDIDATE));
        if line.starts_with(CANDIDATE) && !more {
            text.push_str("a=end-of-candidates\r\n");
        }
    }
    text
}

/// The session part and each m-section, with their line ends.
pub(super) fn sections(sdp: &str) -> impl Iterator<Item = &str> {
    let mut rest = sdp;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find("\nm=").map_or(rest.len(), |at| at + 1);
        let (section, behind) = rest.split_at(end);
        rest = behind;
        Some(section)
    })
}

/// The m-lines of a session description: their `a=mid`, or nothing for one
/// that has none.
pub(super) fn mids(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.split("\nm=").skip(1).map(|section| {
        let mut mids = section
            .lines()
            .filter_map(|line| line.strip_prefix("a=mid:"));
        mids.next().unwrap_or_default()
    })
}
