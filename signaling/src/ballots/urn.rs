//! The ballots of one vote that are accepted and not stored yet, pure.
//!
//! ```text
//!   cast ──> waiting ── 2k wait ──> k of them, drawn by lot ──> a batch
//!               └────── at the seal: the rest, k or more ─────> the last one
//! ```
//!
//! A batch is never smaller than k unless fewer than k ballots were cast at
//! all: between two batches at least k always stay. Each is shuffled, so that
//! its order says nothing either.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::SliceRandom;

use super::Sheet;
use super::merkle::Hash;

/// The smallest batch, k: whoever compares two backups finds each ballot among
/// at least so many.
pub(super) const BATCH: usize = 5;

/// The ballots that wait, by token.
#[derive(Default)]
pub(super) struct Urn(BTreeMap<Hash, Sheet>);

impl Urn {
    /// Whether a token's ballot waits.
    pub(super) fn holds(&self, token: &Hash) -> bool {
        self.0.contains_key(token)
    }

    /// Takes a ballot. The first one of a token stays.
    pub(super) fn put(&mut self, sheet: Sheet) {
        self.0.entry(sheet.token).or_insert(sheet);
    }

    /// The next batch, if enough wait for one. They wait until they are taken
    /// out by [`Urn::remove`].
    pub(super) fn batch(&self, chance: &mut impl Rng) -> Option<Vec<Sheet>> {
        (self.0.len() >= 2 * BATCH).then(|| {
            let mut drawn = self.rest(chance);
            drawn.truncate(BATCH);
            drawn
        })
    }

    /// All that wait, shuffled.
    pub(super) fn rest(&self, chance: &mut impl Rng) -> Vec<Sheet> {
        let mut drawn: Vec<Sheet> = self.0.values().cloned().collect();
        drawn.shuffle(chance);
        drawn
    }

    /// Forgets what was stored.
    pub(super) fn remove(&mut self, stored: &[Sheet]) {
        for sheet in stored {
            self.0.remove(&sheet.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_batch_is_smaller_than_k_and_none_says_who_came_when() {
        let mut firsts = 0;
        for seed in 0..100_u8 {
            let mut chance = rand::rng();
            let mut urn = Urn::default();
            for ballot in 0..2 * BATCH as u8 {
                assert!(urn.batch(&mut chance).is_none());
                let mut token = [seed; 32];
                token[0] = ballot;
                urn.put(Sheet {
                    token,
                    salt: [0; 32],
                    choice: 0,
                });
            }
            let batch = urn.batch(&mut chance).unwrap();
            firsts += usize::from(batch.iter().any(|sheet| sheet.token[0] == 0));
            urn.remove(&batch);
            assert_eq!((batch.len(), urn.rest(&mut chance).len()), (BATCH, BATCH));
        }
        assert!(
            (20..80).contains(&firsts),
            "the first goes by lot: {firsts}"
        );
    }
}
