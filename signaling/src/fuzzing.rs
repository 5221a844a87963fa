//! What the fuzz target in tests/fuzz calls, and the replay of its corpus: it
//! takes whatever bytes there are, and panics where a promise is broken.

#![allow(missing_docs, reason = "a name says which target it is")]

#[cfg(test)]
#[path = "../../tests/fuzz/replay.rs"]
mod replay;

use crate::device::description::{
    Watched, fragment, ice_of, publishing, watching, with_credentials,
};

/// The body of a request by WHIP or WHEP: an offer, or a fragment for PATCH.
pub fn whip(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok((offer, purpose)) = publishing(text) {
        assert!((1..=2).contains(&offer.sources.len()));
        assert!(purpose.microphone || purpose.camera);
    }
    for watched in [Watched::Stage, Watched::Participant("an-binh".into())] {
        if let Ok((offer, purpose)) = watching(text, &watched, 360) {
            assert!((1..=2).contains(&offer.slots.len()));
            assert_eq!(offer.slots.len(), purpose.wishes.len());
        }
    }
    let Ok(read) = fragment(text) else {
        return;
    };
    let other = read
        .credentials
        .unwrap_or_else(|| ("wxyz".to_owned(), "x".repeat(22)));
    let again = with_credentials(text, &other);
    if let Ok(reread) = fragment(&again) {
        assert!(reread.candidates.is_empty());
        assert!(reread.credentials.is_none_or(|known| known == other));
    }
    let answer = ice_of(&again);
    for line in answer.lines() {
        assert!(!line.starts_with("a=rtpmap:") && !line.starts_with("a=candidate:"));
    }
}

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn bodies_are_read_or_refused() {
        replay("whip", 5_000, super::whip);
    }
}
