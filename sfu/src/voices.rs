//! Who is heard in each group of a meeting: the loudest few of each, for
//! itself.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::loudest::{Loudest, Rank};

/// The plenary: where everybody is who is in no group.
pub(crate) const PLENARY: u32 = 0;

/// The sounds of a meeting by group, each by its CSRC.
#[derive(Debug)]
pub(crate) struct Voices {
    capacity: usize,
    groups: BTreeMap<u32, Loudest<u32>>,
}

impl Voices {
    /// `capacity` sounds are heard at a time in each group.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            groups: BTreeMap::new(),
        }
    }

    fn of(&mut self, group: u32) -> &mut Loudest<u32> {
        let capacity = self.capacity;
        let group = self.groups.entry(group);
        group.or_insert_with(|| Loudest::new(capacity))
    }

    /// A packet with this RFC 6464 level came.
    pub(crate) fn heard_level(
        &mut self,
        now: Instant,
        group: u32,
        csrc: u32,
        level: u8,
        always: bool,
    ) {
        self.of(group).heard_level(now, &csrc, level, always);
    }

    /// Somebody else has measured how loud a sound is.
    pub(crate) fn offered(
        &mut self,
        now: Instant,
        group: u32,
        csrc: u32,
        loudness: f32,
        always: bool,
    ) {
        self.of(group).offered(now, &csrc, loudness, always);
    }

    /// The heard ones of all groups that make a sound: how loud, and whether
    /// they must be heard.
    pub(crate) fn sounding(&self, now: Instant) -> impl Iterator<Item = (&u32, f32, bool)> {
        self.groups.values().flat_map(move |g| g.sounding(now))
    }

    /// Who is heard now, group by group.
    pub(crate) fn ranked(&self) -> Vec<(u32, Rank)> {
        self.groups.values().flat_map(Loudest::ranked).collect()
    }

    /// Keeps the sounds that have a group and are still in it.
    pub(crate) fn retain(&mut self, group_of: impl Fn(u32) -> Option<u32>) {
        for (group, loudest) in &mut self.groups {
            loudest.retain(|csrc| group_of(*csrc) == Some(*group));
        }
        self.groups.retain(|_, loudest| !loudest.is_empty());
    }

    /// Looks at the levels again. Returns whether [`Self::ranked`] changed.
    pub(crate) fn tick(&mut self, now: Instant) -> bool {
        let each = self.groups.values_mut().map(|group| group.tick(now));
        each.fold(false, |before, changed| before | changed)
    }

    /// Who sounds now, group by group, the loudest first; only when that
    /// changed.
    pub(crate) fn speaking_changed(&mut self, now: Instant) -> Option<Vec<u32>> {
        let each = self.groups.values_mut();
        let changed = each.fold(false, |before, group| {
            before | group.speaking_changed(now).is_some()
        });
        let speaking = self.groups.values().flat_map(Loudest::speaking);
        changed.then(|| speaking.copied().collect())
    }

    /// Who speaks now in the plenary, as [`Loudest::speaker`] says.
    pub(crate) fn speaker(&mut self, now: Instant) -> Option<u32> {
        self.groups.get_mut(&PLENARY)?.speaker(now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Each of these sings for two seconds in its group.
    fn sing(voices: &mut Voices, begin: Instant, singers: &[(u32, u32)]) -> Instant {
        let mut now = begin;
        for _ in 0..100 {
            now += Duration::from_millis(20);
            for (group, csrc) in singers {
                voices.heard_level(now, *group, *csrc, 30, false);
            }
            voices.tick(now);
        }
        now
    }

    #[test]
    fn each_group_hears_as_many_as_the_plenary() {
        let mut voices = Voices::new(2);
        let singers: Vec<(u32, u32)> = (0..9).map(|n| (n % 3, n)).collect();
        let now = sing(&mut voices, Instant::now(), &singers);
        let mut heard: Vec<u32> = voices.ranked().iter().map(|(csrc, _)| csrc % 3).collect();
        heard.sort_unstable();
        assert_eq!(heard, [0, 0, 1, 1, 2, 2]);
        assert_eq!(voices.sounding(now).count(), 6);
    }

    #[test]
    fn only_the_plenary_has_a_speaker() {
        let mut voices = Voices::new(2);
        let now = sing(&mut voices, Instant::now(), &[(1, 7)]);
        assert_eq!(voices.speaker(now), None);
        let now = sing(&mut voices, now, &[(PLENARY, 8)]);
        voices.speaker(now);
        let now = sing(&mut voices, now, &[(PLENARY, 8)]);
        assert_eq!(voices.speaker(now), Some(8));
    }

    #[test]
    fn who_moves_is_forgotten_where_it_was() {
        let mut voices = Voices::new(2);
        sing(&mut voices, Instant::now(), &[(1, 7), (1, 8)]);
        voices.retain(|csrc| match csrc {
            7 => Some(2),
            8 => Some(1),
            _ => None,
        });
        let heard: Vec<u32> = voices.ranked().iter().map(|(csrc, _)| *csrc).collect();
        assert_eq!(heard, [8]);
        voices.retain(|_| None);
        assert_eq!(voices.ranked(), []);
    }
}
