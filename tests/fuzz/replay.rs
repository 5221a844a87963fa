//! Replays a target's corpus, and seeded changes of it: what `make test` has
//! of fuzzing. Part of the tests of the crates whose targets these are.

use std::fs;
use std::path::Path;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % n.max(1)
    }
}

/// Gives the target each file of its corpus, and so many changed ones.
pub(crate) fn replay(target: &str, changed: usize, take: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    let mut paths: Vec<_> = fs::read_dir(folder.join(target))
        .expect("there is a corpus")
        .map(|entry| entry.expect("can be listed").path())
        .collect();
    paths.sort();
    let read = |path| fs::read(path).expect("can be read");
    let corpus: Vec<Vec<u8>> = paths.iter().map(read).collect();
    assert!(!corpus.is_empty());
    for seed in &corpus {
        take(seed);
    }
    let mut random = Random(2026);
    for _ in 0..changed {
        let mut data = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(4) {
            change(&mut data, &corpus, &mut random);
        }
        take(&data);
    }
}

fn change(data: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let from = random.below(data.len());
    let to = from + random.below(data.len() - from).min(64);
    match random.below(6) {
        0 => data.truncate(from),
        1 => {
            data.drain(from..to);
        }
        2 => {
            let piece = data[from..to].to_vec();
            let at = random.below(data.len());
            data.splice(at..at, piece);
        }
        3 => {
            let other = &corpus[random.below(corpus.len())];
            let piece = other[random.below(other.len())..].iter().copied();
            data.splice(from..to, piece.take(200));
        }
        4 => {
            let edges = [0, 1, 0x7f, 0x80, 0xff];
            let edge = edges[random.below(edges.len())];
            data[from..to].fill(edge);
        }
        _ => {
            if let Some(byte) = data.get_mut(from) {
                *byte = random.below(256) as u8;
            }
        }
    }
}
