//! Things found by a number that is never used twice.

/// A table whose keys count up.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    things: Vec<Option<Box<T>>>,
    count: usize,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Self {
            things: Vec::new(),
            count: 0,
        }
    }

    /// The key that the next thing gets.
    pub(crate) fn next_key(&self) -> u64 {
        self.things.len() as u64
    }

    pub(crate) fn push(&mut self, thing: T) -> u64 {
        let key = self.next_key();
        self.things.push(Some(Box::new(thing)));
        self.count += 1;
        key
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        self.things.get(key as usize)?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        self.things.get_mut(key as usize)?.as_deref_mut()
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<Box<T>> {
        let thing = self.things.get_mut(key as usize)?.take()?;
        self.count -= 1;
        Some(thing)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The keys of all, in order.
    pub(crate) fn keys(&self) -> Vec<u64> {
        (0..)
            .zip(&self.things)
            .filter(|(_, thing)| thing.is_some())
            .map(|(key, _)| key)
            .collect()
    }

    /// All, in order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.things.iter_mut().filter_map(Option::as_deref_mut)
    }
}
