//! Who is heard: the loudest few of a meeting, with hysteresis, and the
//! speaker, debounced.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The loudness of a sound as its RFC 6464 level says, turned round: 127 is
/// the loudest, 0 is silence.
type Loudness = f32;

/// Below this nobody is taken for a speaker (-60 dBov).
const AUDIBLE: Loudness = 67.0;
/// Above this, somebody who must be heard makes a sound (-107 dBov).
const ANY_SOUND: Loudness = 20.0;
/// A challenger must be louder than the quietest of the heard by this much.
const MARGIN: Loudness = 6.0;
/// A pause in a speech may last so long.
const PAUSE: Duration = Duration::from_secs(1);
/// Somebody speaks for this long before it is the speaker.
const SPEAKER_AFTER: Duration = Duration::from_millis(600);
/// Who goes on speaking is said again after this, for a stage that follows the
/// speaker only from now on.
const SPEAKER_AGAIN: Duration = Duration::from_secs(2);
/// The level falls with this half-life once nothing is heard any more.
const HALF_LIFE: f32 = 0.3;
/// How fast the level follows what is heard, per packet.
const ATTACK: f32 = 0.3;

/// How much somebody must be heard where not all can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Has been quiet for a while.
    Silent,
    /// Makes a sound.
    Sounding,
    /// Makes a sound, and must be heard (chair, floor).
    MustBeHeard,
}

/// The sounds of a meeting, keyed by source.
#[derive(Debug)]
pub(crate) struct Loudest<K> {
    capacity: usize,
    sounds: BTreeMap<K, Sound>,
    heard: Vec<K>,
    ranks: BTreeMap<K, Rank>,
    speaking: Vec<K>,
    candidate: Option<(K, Instant)>,
    speaker: Option<(K, Instant)>,
}

#[derive(Debug)]
struct Sound {
    loudness: Loudness,
    at: Instant,
    always: bool,
    /// When it was last loud enough to be taken for a sound.
    audible: Option<Instant>,
}

impl Sound {
    fn rank(&mut self, now: Instant) -> Rank {
        if self.now(now) >= self.threshold() {
            self.audible = Some(now);
        }
        let sounds = self
            .audible
            .is_some_and(|at| now.duration_since(at) < PAUSE);
        match (sounds, self.always) {
            (false, _) => Rank::Silent,
            (true, false) => Rank::Sounding,
            (true, true) => Rank::MustBeHeard,
        }
    }

    /// From where on it is taken for a sound.
    fn threshold(&self) -> Loudness {
        if self.always { ANY_SOUND } else { AUDIBLE }
    }

    fn now(&self, now: Instant) -> Loudness {
        let quiet = now.duration_since(self.at).as_secs_f32();
        // A packet comes every 20 ms; with DTX every 400 ms.
        self.loudness * 0.5_f32.powf((quiet - 0.06).max(0.0) / HALF_LIFE)
    }
}

impl<K: Ord + Clone> Loudest<K> {
    /// `capacity` sounds are heard at a time.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            sounds: BTreeMap::new(),
            heard: Vec::new(),
            ranks: BTreeMap::new(),
            speaking: Vec::new(),
            candidate: None,
            speaker: None,
        }
    }

    /// A packet with this RFC 6464 level came.
    pub(crate) fn heard_level(&mut self, now: Instant, key: &K, level: u8, always: bool) {
        let loudness = Loudness::from(127 - level.min(127));
        match self.sounds.get_mut(key) {
            Some(sound) => {
                let before = sound.now(now);
                sound.loudness = before + (loudness - before) * ATTACK;
                sound.at = now;
                sound.always = always;
            }
            None => {
                self.sounds.insert(
                    key.clone(),
                    Sound {
                        loudness: loudness * ATTACK,
                        at: now,
                        always,
                        audible: None,
                    },
                );
            }
        }
    }

    /// Somebody else has measured how loud a sound is.
    pub(crate) fn offered(&mut self, now: Instant, key: &K, loudness: f32, always: bool) {
        let sound = self.sounds.entry(key.clone()).or_insert(Sound {
            loudness,
            at: now,
            always,
            audible: None,
        });
        (sound.loudness, sound.at, sound.always) = (loudness, now, always);
    }

    /// The heard ones that make a sound: how loud, and whether they must be
    /// heard.
    pub(crate) fn sounding(&self, now: Instant) -> impl Iterator<Item = (&K, f32, bool)> {
        self.heard.iter().filter_map(move |key| {
            let sound = self.sounds.get(key)?;
            let loudness = sound.now(now);
            (loudness >= sound.threshold()).then_some((key, loudness, sound.always))
        })
    }

    /// Who is heard now, in the order in which they came to be, and how much
    /// they must be.
    pub(crate) fn ranked(&self) -> Vec<(K, Rank)> {
        let rank = |key: &K| (key.clone(), self.rank(key));
        self.heard.iter().map(rank).collect()
    }

    /// The source is gone or muted.
    pub(crate) fn remove(&mut self, key: &K) {
        self.sounds.remove(key);
        self.heard.retain(|k| k != key);
        if self.candidate.as_ref().is_some_and(|(k, _)| k == key) {
            self.candidate = None;
        }
        if self.speaker.as_ref().is_some_and(|(k, _)| k == key) {
            self.speaker = None;
        }
    }

    /// Whether nothing is known of any sound.
    pub(crate) fn is_empty(&self) -> bool {
        self.sounds.is_empty()
    }

    /// Who sounded when [`Self::speaking_changed`] last said so.
    pub(crate) fn speaking(&self) -> impl Iterator<Item = &K> {
        self.speaking.iter()
    }

    /// Keeps the sources for which `keep` holds.
    pub(crate) fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        let gone: Vec<K> = self.sounds.keys().filter(|k| !keep(k)).cloned().collect();
        for key in &gone {
            self.remove(key);
        }
    }

    /// Who is forwarded now, in the order in which they came to be heard.
    #[cfg(test)]
    fn heard(&self) -> &[K] {
        &self.heard
    }

    /// How much somebody of [`Self::heard`] must be heard.
    fn rank(&self, key: &K) -> Rank {
        self.ranks.get(key).copied().unwrap_or(Rank::Silent)
    }

    /// Looks at the levels again. Returns whether [`Self::heard`] or a
    /// [`Self::rank`] changed.
    pub(crate) fn tick(&mut self, now: Instant) -> bool {
        let changed = self.choose(now);
        let ranks: BTreeMap<K, Rank> = self
            .heard
            .iter()
            .filter_map(|key| Some((key.clone(), self.sounds.get_mut(key)?.rank(now))))
            .collect();
        let reranked = ranks != self.ranks;
        self.ranks = ranks;
        changed || reranked
    }

    fn choose(&mut self, now: Instant) -> bool {
        let mut ranked: Vec<(bool, Loudness, K)> = self
            .sounds
            .iter()
            .filter(|(_, s)| s.now(now) >= s.threshold())
            .map(|(k, s)| (s.always, s.now(now), k.clone()))
            .collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));

        let mut changed = false;
        for (always, loudness, key) in ranked {
            if self.heard.contains(&key) {
                continue;
            }
            if self.heard.len() < self.capacity {
                self.heard.push(key);
                changed = true;
                continue;
            }
            let quietest = self
                .heard
                .iter()
                .enumerate()
                .filter_map(|(i, k)| {
                    let sound = self.sounds.get(k)?;
                    Some((i, sound.always, sound.now(now)))
                })
                .min_by(|a, b| a.1.cmp(&b.1).then(a.2.total_cmp(&b.2)));
            let Some((index, quietest_always, quietest_loudness)) = quietest else {
                break;
            };
            let louder = loudness > quietest_loudness + MARGIN;
            if (always && !quietest_always) || (louder && (always || !quietest_always)) {
                self.heard[index] = key;
                changed = true;
            } else {
                break;
            }
        }
        changed
    }

    /// Who sounds now, the loudest first; only when that changed.
    pub(crate) fn speaking_changed(&mut self, now: Instant) -> Option<Vec<K>> {
        let mut sounding: Vec<(Loudness, &K)> = self
            .heard
            .iter()
            .filter_map(|k| Some((self.sounds.get(k)?.now(now), k)))
            .filter(|(loudness, _)| *loudness >= AUDIBLE)
            .collect();
        sounding.sort_by(|a, b| b.0.total_cmp(&a.0));
        let sounding: Vec<K> = sounding.into_iter().map(|(_, k)| k.clone()).collect();
        let same_set = sounding.len() == self.speaking.len()
            && sounding.iter().all(|k| self.speaking.contains(k));
        if same_set {
            return None;
        }
        self.speaking.clone_from(&sounding);
        Some(sounding)
    }

    /// Who speaks now: said when the loudest has been so for a while, and again
    /// from time to time while that goes on.
    pub(crate) fn speaker(&mut self, now: Instant) -> Option<K> {
        let loudest = self
            .sounds
            .iter()
            .map(|(k, s)| (s.now(now), k))
            .filter(|(loudness, _)| *loudness >= AUDIBLE)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, k)| k.clone());
        let Some(loudest) = loudest else {
            self.candidate = None;
            return None;
        };
        if let Some((speaker, said)) = &mut self.speaker
            && *speaker == loudest
        {
            self.candidate = None;
            if now.duration_since(*said) < SPEAKER_AGAIN {
                return None;
            }
            *said = now;
            return Some(loudest);
        }
        match &self.candidate {
            Some((key, since)) if *key == loudest => {
                if now.duration_since(*since) < SPEAKER_AFTER {
                    return None;
                }
                self.candidate = None;
                self.speaker = Some((loudest.clone(), now));
                Some(loudest)
            }
            Some(_) | None => {
                self.candidate = Some((loudest, now));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everyone named speaks at a level (in -dBov) for a while.
    fn speak(
        loudest: &mut Loudest<&'static str>,
        now: &mut Instant,
        who: &[(&'static str, u8)],
        ms: u64,
    ) {
        for _ in 0..ms / 20 {
            *now += Duration::from_millis(20);
            for (name, level) in who {
                loudest.heard_level(*now, name, *level, false);
            }
            loudest.tick(*now);
        }
    }

    #[test]
    fn the_loudest_are_heard_and_a_little_louder_is_not_enough() {
        let mut now = Instant::now();
        let mut loudest = Loudest::new(2);
        speak(
            &mut loudest,
            &mut now,
            &[("an", 30), ("binh", 40), ("chi", 42)],
            1_000,
        );
        assert_eq!(loudest.heard(), ["an", "binh"]);
        speak(
            &mut loudest,
            &mut now,
            &[("an", 30), ("binh", 40), ("chi", 37)],
            2_000,
        );
        assert_eq!(
            loudest.heard(),
            ["an", "binh"],
            "3 dB louder changes nothing"
        );
        speak(
            &mut loudest,
            &mut now,
            &[("an", 30), ("binh", 40), ("chi", 25)],
            2_000,
        );
        assert_eq!(loudest.heard(), ["an", "chi"]);
    }

    #[test]
    fn silence_does_not_push_anyone_out_but_a_new_voice_does() {
        let mut now = Instant::now();
        let mut loudest = Loudest::new(1);
        speak(&mut loudest, &mut now, &[("an", 30)], 500);
        speak(&mut loudest, &mut now, &[("an", 127)], 5_000);
        assert_eq!(loudest.heard(), ["an"]);
        speak(&mut loudest, &mut now, &[("an", 127), ("binh", 50)], 1_000);
        assert_eq!(loudest.heard(), ["binh"]);
    }

    #[test]
    fn the_chair_is_heard_however_quiet() {
        let mut now = Instant::now();
        let mut loudest = Loudest::new(1);
        speak(&mut loudest, &mut now, &[("an", 20)], 500);
        for _ in 0..50 {
            now += Duration::from_millis(20);
            loudest.heard_level(now, &"an", 20, false);
            loudest.heard_level(now, &"chutoa", 75, true);
            loudest.tick(now);
        }
        assert_eq!(loudest.heard(), ["chutoa"]);
    }

    #[test]
    fn a_cough_is_not_a_speech() {
        let mut now = Instant::now();
        let mut loudest = Loudest::new(3);
        let mut speakers = Vec::new();
        let mut turn =
            |loudest: &mut Loudest<&'static str>, who: &[(&'static str, u8)], ms: u64| {
                for _ in 0..ms / 20 {
                    now += Duration::from_millis(20);
                    for (name, level) in who {
                        loudest.heard_level(now, name, *level, false);
                    }
                    speakers.extend(loudest.speaker(now));
                }
            };
        turn(&mut loudest, &[("an", 30), ("binh", 127)], 2_000);
        turn(&mut loudest, &[("an", 60), ("binh", 10)], 300);
        turn(&mut loudest, &[("an", 30), ("binh", 127)], 2_000);
        turn(&mut loudest, &[("an", 127), ("binh", 25)], 2_000);
        speakers.dedup();
        assert_eq!(speakers, ["an", "binh"]);
    }
}
