//! A disk in memory that forgets what was not synced when the power is cut,
//! and that can be full.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Space, Storage, StoredFile};

#[derive(Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
    syncs: usize,
}

type Shared = Arc<Mutex<Content>>;

#[derive(Default)]
struct Tree {
    files: BTreeMap<PathBuf, Shared>,
    lasting: BTreeMap<PathBuf, Shared>,
    folders: BTreeSet<PathBuf>,
}

/// A disk in memory; clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Simulated {
    tree: Arc<Mutex<Tree>>,
    capacity: Arc<Mutex<Option<u64>>>,
}

impl Simulated {
    /// Another start after a power cut. Of what was appended and not synced, so
    /// many bytes reached the disk all the same, and the last of them wrongly.
    pub(crate) fn after_power_cut(&self, torn: usize) -> Self {
        let tree = self.tree.lock().unwrap();
        let survivor = |content: &Shared| {
            let content = content.lock().unwrap();
            let mut left = content.synced.clone();
            if content.now.starts_with(&left) {
                let more = &content.now[left.len()..];
                left.extend(&more[..torn.min(more.len())]);
                if torn > 0 && !more.is_empty() {
                    let last = left.len() - 1;
                    left[last] ^= 0x55;
                }
            }
            Arc::new(Mutex::new(Content {
                now: left.clone(),
                synced: left,
                syncs: 0,
            }))
        };
        let files: BTreeMap<PathBuf, Shared> = tree
            .lasting
            .iter()
            .map(|(path, content)| (path.clone(), survivor(content)))
            .collect();
        let tree = Tree {
            lasting: files.clone(),
            files,
            folders: tree.folders.clone(),
        };
        Self {
            tree: Arc::new(Mutex::new(tree)),
            capacity: Arc::default(),
        }
    }

    /// Room for so many bytes in all.
    pub(crate) fn holds(&self, bytes: Option<u64>) {
        *self.capacity.lock().unwrap() = bytes;
    }

    /// How often anything was synced.
    pub(crate) fn syncs(&self) -> usize {
        let tree = self.tree.lock().unwrap();
        let each = tree.files.values();
        each.map(|content| content.lock().unwrap().syncs).sum()
    }

    fn used(&self) -> u64 {
        let tree = self.tree.lock().unwrap();
        let each = tree.files.values();
        each.map(|content| content.lock().unwrap().now.len() as u64)
            .sum()
    }
}

struct Open {
    content: Shared,
    disk: Simulated,
}

impl Storage for Simulated {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.tree.lock().unwrap().folders.insert(path.to_owned());
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let mut tree = self.tree.lock().unwrap();
        let content = tree.files.entry(path.to_owned()).or_default().clone();
        Ok(Box::new(Open {
            content,
            disk: self.clone(),
        }))
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let tree = self.tree.lock().unwrap();
        let all = tree.files.keys().chain(&tree.folders);
        let names: BTreeSet<String> = all
            .filter_map(|path| path.strip_prefix(folder).ok()?.components().next())
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        Ok(names.into_iter().collect())
    }

    fn exists(&self, path: &Path) -> bool {
        let tree = self.tree.lock().unwrap();
        tree.files.contains_key(path) || tree.folders.contains(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut tree = self.tree.lock().unwrap();
        let content = tree.files.remove(from);
        let content = content.ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        tree.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let gone = self.tree.lock().unwrap().files.remove(path);
        gone.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut tree = self.tree.lock().unwrap();
        let is_here = |path: &PathBuf| path.parent() == Some(folder);
        tree.lasting.retain(|path, _| !is_here(path));
        let here: Vec<_> = tree
            .files
            .iter()
            .filter(|(path, _)| is_here(path))
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect();
        tree.lasting.extend(here);
        Ok(())
    }

    fn space(&self, _: &Path) -> io::Result<Space> {
        let total = self.capacity.lock().unwrap().unwrap_or(1 << 40);
        let free = total.saturating_sub(self.used());
        Ok(Space { free, total })
    }
}

impl StoredFile for Open {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let content = self.content.lock().unwrap();
        let rest = content.now.get(at as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let capacity = *self.disk.capacity.lock().unwrap();
        let used = self.disk.used();
        let mut content = self.content.lock().unwrap();
        let end = at as usize + bytes.len();
        let more = end.saturating_sub(content.now.len()) as u64;
        if capacity.is_some_and(|capacity| used + more > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if content.now.len() < end {
            content.now.resize(end, 0);
        }
        content.now[at as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.content.lock().unwrap().now.resize(length as usize, 0);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().now.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        content.synced = content.now.clone();
        content.syncs += 1;
        Ok(())
    }
}
