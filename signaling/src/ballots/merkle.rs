//! The tree over the ballots of a vote (RFC 6962 §2.1), pure.
//!
//! ```text
//!   token ──SHA-256──┐
//!                    ├──> leaf ──┐
//!   salt, choice ────┘           ├──> node ──> … ──> root, in the log
//!       commitment               │
//!                  other leaf ───┘
//! ```
//!
//! What is hashed for a leaf is the token's hash and the commitment to the
//! choice. A proof shows the commitment and not the salt, so it says that the
//! ballot is in and not what it says.

use sha2::{Digest, Sha256};

use super::Sheet;

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// Hides a choice behind a salt.
pub(super) fn commitment(sheet: &Sheet) -> Hash {
    hash(&[&sheet.salt, &[sheet.choice]])
}

/// The leaf of a ballot.
pub(super) fn leaf(sheet: &Sheet) -> Hash {
    hash(&[&[0], &sheet.token, &commitment(sheet)])
}

/// The root over some leaves.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => hash(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(middle(leaves.len()));
            hash(&[&[1], &root(left), &root(right)])
        }
    }
}

/// The other hashes on the way from a leaf to the root, the lowest first (RFC
/// 6962 §2.1.1).
pub(super) fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let at = middle(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, other) = if index < at {
        (path(left, index), root(right))
    } else {
        (path(right, index - at), root(left))
    };
    path.push(other);
    path
}

/// The largest power of two below `count`, which is at least 2.
fn middle(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Climbs as whoever checks a receipt does (RFC 9162 §2.1.3.2).
    fn climb(mut at: Hash, index: usize, count: usize, path: &[Hash]) -> Option<Hash> {
        let (mut index, mut last) = (index, count.checked_sub(1)?);
        for other in path {
            if last == 0 {
                return None;
            }
            if index % 2 == 1 || index == last {
                at = hash(&[&[1], other, &at]);
                while index % 2 == 0 && index != 0 {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                at = hash(&[&[1], &at, other]);
            }
            index >>= 1;
            last >>= 1;
        }
        (last == 0).then_some(at)
    }

    #[test]
    fn every_leaf_of_every_tree_leads_to_its_root() {
        let leaves: Vec<Hash> = (0..40_u8).map(|byte| hash(&[&[byte]])).collect();
        for count in 1..=leaves.len() {
            let leaves = &leaves[..count];
            for (index, leaf) in leaves.iter().enumerate() {
                let path = path(leaves, index);
                assert_eq!(climb(*leaf, index, count, &path), Some(root(leaves)));
                let foreign = hash(&[b"foreign"]);
                assert_ne!(climb(foreign, index, count, &path), Some(root(leaves)));
            }
        }
    }

    #[test]
    fn the_empty_tree_is_that_of_the_rfc() {
        let empty = hex::encode(root(&[]));
        assert!(empty.starts_with("e3b0c442"), "{empty}");
    }
}
