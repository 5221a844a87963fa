//! Cursors: a position in a meeting's log, opaque to clients.
//!
//! A cursor names branch, number and the beginning of the hash there, so that
//! one from another meeting, or from a log that was put back from a backup, is
//! recognised as foreign.

use diemcau_protocol::Cursor;

use crate::log::Hash;

/// A position that a client claims to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// The branch of the log.
    pub(crate) branch: String,
    /// The last event that the client knows.
    pub(crate) seq: u64,
    /// The beginning of that event's hash, in hexadecimal.
    pub(crate) mark: String,
}

/// The mark of a hash.
pub(crate) fn mark_of(hash: &Hash) -> String {
    hex::encode(&hash[..4])
}

/// The cursor of a position.
pub(crate) fn write(branch: &str, seq: u64, hash: &Hash) -> Cursor {
    Cursor(hex::encode(format!("{branch}:{seq}:{}", mark_of(hash))))
}

/// The position of a cursor; `None` for anything that was not written here.
pub(crate) fn read(cursor: &Cursor) -> Option<Position> {
    let text = String::from_utf8(hex::decode(cursor.as_str()).ok()?).ok()?;
    let mut parts = text.split(':');
    let position = Position {
        branch: parts.next()?.to_owned(),
        seq: parts.next()?.parse().ok()?,
        mark: parts.next()?.to_owned(),
    };
    parts.next().is_none().then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let position = read(&write("b", 7, &[1; 32])).unwrap();
        assert_eq!((position.branch.as_str(), position.seq), ("b", 7));
        assert_eq!(position.mark, mark_of(&[1; 32]));
    }

    #[test]
    fn nonsense_is_no_cursor() {
        for text in ["", "xyz", "zz", "623a37", "ff", "623a783a79"] {
            assert_eq!(read(&Cursor::from(text)), None, "{text}");
        }
    }
}
