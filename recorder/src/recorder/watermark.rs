//! When the disk is too full for what: a warning first, then the least
//! important is left out first.

use crate::desk::Detail;

/// Free room on the disk, in bytes, below which something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// The operator is warned.
    pub warn: u64,
    /// Only the stage and all sound are recorded.
    pub speakers: u64,
    /// Only the stage and the mix.
    pub programme: u64,
    /// Nothing.
    pub nothing: u64,
}

const GIB: u64 = 1 << 30;

impl Default for Watermarks {
    fn default() -> Self {
        Self {
            warn: 10 * GIB,
            speakers: 5 * GIB,
            programme: 2 * GIB,
            nothing: GIB / 2,
        }
    }
}

impl Watermarks {
    /// How much there is room for, where `before` was recorded until now, and
    /// whether the operator is warned. More is recorded again only with a tenth
    /// more room than it was given up at.
    pub fn room(&self, free: u64, before: Detail) -> (Detail, bool) {
        let steps = [
            (Detail::Nothing, self.nothing),
            (Detail::Programme, self.programme),
            (Detail::Speakers, self.speakers),
        ];
        let given_up = |(detail, mark): &(Detail, u64)| {
            let margin = if before <= *detail { mark / 10 } else { 0 };
            free < mark + margin
        };
        let room = steps.iter().find(|step| given_up(step));
        (
            room.map_or(Detail::Everything, |(detail, _)| *detail),
            free < self.warn,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_goes_first_and_comes_back_last() {
        let marks = Watermarks {
            warn: 1_000,
            speakers: 500,
            programme: 200,
            nothing: 50,
        };
        let mut room = Detail::Everything;
        let mut seen = Vec::new();
        for free in [
            2_000, 900, 499, 510, 199, 49, 54, 56, 219, 221, 549, 551, 2_000,
        ] {
            let (next, warns) = marks.room(free, room);
            room = next;
            seen.push((free, room, warns));
        }
        use Detail::{Everything, Nothing, Programme, Speakers};
        assert_eq!(
            seen,
            [
                (2_000, Everything, false),
                (900, Everything, true),
                (499, Speakers, true),
                (510, Speakers, true),
                (199, Programme, true),
                (49, Nothing, true),
                (54, Nothing, true),
                (56, Programme, true),
                (219, Programme, true),
                (221, Speakers, true),
                (549, Speakers, true),
                (551, Everything, true),
                (2_000, Everything, false),
            ]
        );
    }
}
