//! Where chance comes in: identifiers and salts are minted here, in the shell,
//! and handed to the pure parts.
//!
//! A media session's identifier carries its meeting (`meeting~random`), so that
//! what the SFU says about a session finds its meeting without a table.

use diemcau_protocol::{MeetingId, ParticipantId, SessionId};

/// Bytes of salt for one personal value.
pub(crate) const SALT_LENGTH: usize = 16;

fn random_text() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// A new meeting.
pub(crate) fn meeting() -> MeetingId {
    MeetingId(random_text())
}

/// A new place in a meeting.
pub(crate) fn participant() -> ParticipantId {
    ParticipantId(random_text())
}

/// A new branch of a meeting's log.
pub(crate) fn branch() -> String {
    hex::encode(rand::random::<[u8; 8]>())
}

/// A salt for a commitment.
pub(crate) fn salt() -> [u8; SALT_LENGTH] {
    rand::random()
}

/// A seed, for what a meeting draws by lot.
pub(crate) fn seed() -> u64 {
    rand::random()
}

/// The name of a file that comes in.
pub(crate) fn file() -> String {
    random_text()
}

/// A new unit, site or person.
pub(crate) fn entry() -> String {
    random_text()
}

/// A secret that nobody can guess.
pub(crate) fn secret() -> String {
    random_text()
}

/// A new resource or ICE session of a device. Whoever does not know it cannot
/// guess it.
pub(crate) fn device() -> String {
    random_text()
}

/// A new media session of a meeting.
pub(crate) fn session(meeting: &MeetingId) -> SessionId {
    SessionId(format!("{meeting}~{}", random_text()))
}

/// The meeting of a media session that was minted here.
pub(crate) fn meeting_of(session: &SessionId) -> Option<MeetingId> {
    let (meeting, _) = session.as_str().rsplit_once('~')?;
    Some(MeetingId(meeting.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_names_its_meeting() {
        let meeting = meeting();
        assert_eq!(meeting_of(&session(&meeting)), Some(meeting));
        assert_eq!(meeting_of(&SessionId::from("of somebody else")), None);
    }

    #[test]
    fn no_two_are_alike() {
        assert_ne!(participant(), participant());
        assert_ne!(salt(), salt());
    }
}
