//! The last events of a meeting, for clients that come back.

use std::collections::VecDeque;

use diemcau_protocol::{AnnouncedEvent, Cursor};

use crate::cursor;
use crate::log::Hash;

/// A client that missed more gets a snapshot.
const LONGEST_GAP: usize = 500;

/// The last events by number, with the mark of the one before the oldest.
#[derive(Debug, Clone)]
pub(crate) struct Recent {
    branch: String,
    /// The event before the oldest kept one, and its mark.
    base: (u64, String),
    events: VecDeque<(String, AnnouncedEvent)>,
}

impl Recent {
    /// Of an empty log.
    pub(crate) fn new(branch: String) -> Self {
        Self {
            branch,
            base: (0, String::new()),
            events: VecDeque::new(),
        }
    }

    /// Adds the next event.
    pub(crate) fn push(&mut self, hash: &Hash, event: AnnouncedEvent) {
        if self.events.len() == LONGEST_GAP
            && let Some((mark, _)) = self.events.pop_front()
        {
            self.base = (self.base.0 + 1, mark);
        }
        self.events.push_back((cursor::mark_of(hash), event));
    }

    /// What happened after `cursor`; `None` where only a snapshot helps.
    pub(crate) fn since(&self, cursor: &Cursor) -> Option<Vec<AnnouncedEvent>> {
        let position = cursor::read(cursor)?;
        if position.branch != self.branch {
            return None;
        }
        let known = usize::try_from(position.seq.checked_sub(self.base.0)?).ok()?;
        let mark = match known.checked_sub(1) {
            None => &self.base.1,
            Some(index) => &self.events.get(index)?.0,
        };
        if *mark != position.mark {
            return None;
        }
        let missed = self.events.iter().skip(known);
        Some(missed.map(|(_, event)| event.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::Event;

    use super::*;

    fn hash(seq: u64) -> Hash {
        let mut hash = [7; 32];
        hash[..4].copy_from_slice(&(seq as u32).to_be_bytes());
        hash
    }

    fn after(events: u64) -> Recent {
        let mut recent = Recent::new("b".to_owned());
        for seq in 1..=events {
            let event = AnnouncedEvent {
                at: seq as i64,
                event: Event::ServerRestarted,
            };
            recent.push(&hash(seq), event);
        }
        recent
    }

    #[test]
    fn a_short_gap_is_filled_event_by_event() {
        let recent = after(10);
        let missed = recent.since(&cursor::write("b", 7, &hash(7))).unwrap();
        assert_eq!(missed.iter().map(|e| e.at).collect::<Vec<_>>(), [8, 9, 10]);
        assert_eq!(
            recent.since(&cursor::write("b", 10, &hash(10))),
            Some(vec![])
        );
    }

    #[test]
    fn the_longest_gap_is_exactly_five_hundred() {
        let recent = after(600);
        let missed = recent.since(&cursor::write("b", 100, &hash(100))).unwrap();
        assert_eq!(missed.len(), LONGEST_GAP);
        assert_eq!(recent.since(&cursor::write("b", 99, &hash(99))), None);
    }

    #[test]
    fn foreign_cursors_get_a_snapshot() {
        let recent = after(10);
        for foreign in [
            cursor::write("another meeting", 7, &hash(7)),
            cursor::write("b", 7, &hash(8)),
            cursor::write("b", 11, &hash(11)),
            Cursor::from("nonsense"),
        ] {
            assert_eq!(recent.since(&foreign), None, "{foreign}");
        }
    }
}
