//! The data folder: what lies where, who may read it, and who holds it.
//!
//! ```text
//!   data/             0700
//!     diemcau.lock    held by the one server that runs on the folder
//!     .demonstration  there when the folder belongs to a demonstration
//!     keys/           0700  token.pem (0600), token.pub.pem,
//!                           archive.pem (0600), archive.pub.pem
//!     tls/            0700  the own authority and the server's certificate
//!     store/          0700  events.db, directory.db, ballots.db
//!     documents/      0700  contents, by meeting and SHA-256
//!     recordings/     0700  a folder for each recorded meeting
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use diemcau_recorder::ArchiveKey;
use rcgen::{KeyPair, PKCS_ED25519};

/// What can go wrong with the data folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refuses something.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as in "cannot make".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another server runs on the folder.
    #[error(
        "the data folder {} is in use by another diemcau; stop that one, or give this one \
         its own folder with --data-dir",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A demonstration's folder was given to a real server, or the other way
    /// round.
    #[error("{}", wrong_kind(path, *demo))]
    WrongKind {
        /// The folder.
        path: PathBuf,
        /// Whether the folder is a demonstration's.
        demo: bool,
    },
    /// The key that signs tokens cannot be made or read.
    #[error("cannot make the signing key: {0}")]
    Key(#[from] rcgen::Error),
    /// The key that signs archives cannot be made or read.
    #[error("the key that signs archives, keys/archive.pem: {0}")]
    ArchiveKey(#[from] diemcau_recorder::KeyError),
}

fn wrong_kind(path: &Path, demo: bool) -> String {
    if demo {
        format!(
            "the data folder {} belongs to a demonstration, whose links let anybody in; \
             give the server another one with --data-dir",
            path.display()
        )
    } else {
        format!(
            "the data folder {} belongs to a real server; give the demonstration another \
             one with --data-dir",
            path.display()
        )
    }
}

/// The key that signs tokens, in PEM.
pub struct TokenKeys {
    /// The private key (PKCS #8).
    pub private_pem: String,
    /// The public key (SPKI).
    pub public_pem: String,
}

/// The paths in a data folder.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The paths below `root`; nothing is touched.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The folder of the databases.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The file of the ballots of secret votes, whichever database there is.
    pub fn ballots(&self) -> PathBuf {
        self.store().join("ballots.db")
    }

    /// The folder of the contents of documents.
    pub fn documents(&self) -> PathBuf {
        self.root.join("documents")
    }

    /// The folder of recordings and archives.
    pub fn recordings(&self) -> PathBuf {
        self.root.join("recordings")
    }

    /// The folder of the own authority and its certificates.
    pub fn tls(&self) -> PathBuf {
        self.root.join("tls")
    }

    fn lock(&self) -> PathBuf {
        self.root.join("diemcau.lock")
    }

    fn demo_mark(&self) -> PathBuf {
        self.root.join(".demonstration")
    }

    fn token_key(&self) -> PathBuf {
        self.root.join("keys/token.pem")
    }

    fn token_public_key(&self) -> PathBuf {
        self.root.join("keys/token.pub.pem")
    }

    /// The key that signs tokens; made if it is not there yet.
    pub fn token_keys(&self) -> Result<TokenKeys, FolderError> {
        private_folder(&self.root.join("keys"))?;
        let path = self.token_key();
        let key = match read_optional(&path)? {
            Some(pem) => KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_ED25519)?,
            None => {
                let key = KeyPair::generate_for(&PKCS_ED25519)?;
                write_private(&path, &key.serialize_pem())?;
                key
            }
        };
        let public_pem = key.public_key_pem();
        let public_path = self.token_public_key();
        if read_optional(&public_path)?.as_ref() != Some(&public_pem) {
            write_public(&public_path, &public_pem)?;
        }
        Ok(TokenKeys {
            private_pem: key.serialize_pem(),
            public_pem,
        })
    }

    fn archive_key(&self) -> PathBuf {
        self.root.join("keys/archive.pem")
    }

    /// The public keys of archives, in PEM: the present one, then those from
    /// before it.
    pub fn archive_public_keys(&self) -> PathBuf {
        self.root.join("keys/archive.pub.pem")
    }

    /// The private key that signs archives, in PEM; made if it is not there
    /// yet, or when the present one is to be replaced. Public keys from before
    /// are kept.
    pub fn archive_key_pem(&self, replace: bool) -> Result<String, FolderError> {
        private_folder(&self.root.join("keys"))?;
        let path = self.archive_key();
        let pem = match read_optional(&path)?.filter(|_| !replace) {
            Some(pem) => pem,
            None => {
                let pem = ArchiveKey::generate()?;
                write_private(&path, &pem)?;
                pem
            }
        };
        let public = ArchiveKey::from_pem(&pem)?.public_pem()?;
        let public_path = self.archive_public_keys();
        let known = read_optional(&public_path)?.unwrap_or_default();
        if !known.starts_with(&public) {
            write_public(&public_path, &(public + &known))?;
        }
        Ok(pem)
    }

    /// Whether a server has ever started on the folder.
    pub fn is_set_up(&self) -> bool {
        self.token_key().exists()
    }
}

/// A data folder that this process holds until it is dropped.
#[derive(Debug)]
pub struct DataFolder {
    /// What lies where.
    pub layout: Layout,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder where it is missing, and takes hold of it.
    pub fn open(root: &Path, demo: bool) -> Result<Self, FolderError> {
        let layout = Layout::new(root);
        if !root.exists() {
            private_folder(root)?;
        }
        let lock = take_lock(&layout)?;
        check_kind(&layout, demo)?;
        private_folder(&layout.tls())?;
        private_folder(&layout.store())?;
        Ok(Self {
            layout,
            _lock: lock,
        })
    }
}

fn take_lock(layout: &Layout) -> Result<File, FolderError> {
    let path = layout.lock();
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|source| failed("cannot write", &path, source))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(FolderError::InUse {
            path: layout.root.clone(),
        }),
        Err(TryLockError::Error(source)) => Err(failed("cannot lock", &path, source)),
    }
}

fn check_kind(layout: &Layout, demo: bool) -> Result<(), FolderError> {
    let marked = layout.demo_mark().is_file();
    let wrong = FolderError::WrongKind {
        path: layout.root.clone(),
        demo: marked,
    };
    match (marked, demo) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => Err(wrong),
        (false, true) if layout.is_set_up() => Err(wrong),
        (false, true) => write_public(
            &layout.demo_mark(),
            "This folder belongs to a demonstration.\n",
        ),
    }
}

/// Makes a folder that only its owner can read, or closes one that is there.
pub(crate) fn private_folder(path: &Path) -> Result<(), FolderError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| failed("cannot make the folder", path, source))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|source| failed("cannot close to others", path, source))
}

/// The text of a file, or nothing where there is no such file.
pub(crate) fn read_optional(path: &Path) -> Result<Option<String>, FolderError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("cannot read", path, source)),
    }
}

/// Writes a secret, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), FolderError> {
    write(path, text, 0o600)
}

/// Writes what anybody may read, whole or not at all.
pub(crate) fn write_public(path: &Path, text: &str) -> Result<(), FolderError> {
    write(path, text, 0o644)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), FolderError> {
    let unfinished = path.with_extension("new");
    let written = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(mode)
        .open(&unfinished)
        .and_then(|mut file| {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|source| failed("cannot write", path, source))
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> FolderError {
    FolderError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secrets_are_for_their_owner_alone_and_stay_the_same() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("a/data");
        let folder = DataFolder::open(&root, false).unwrap();
        let first = folder.layout.token_keys().unwrap();
        assert_eq!(mode(&root), 0o700);
        assert_eq!(mode(&root.join("keys")), 0o700);
        assert_eq!(mode(&root.join("keys/token.pem")), 0o600);

        let again = folder.layout.token_keys().unwrap();
        assert_eq!(first.private_pem, again.private_pem);
        assert_eq!(first.public_pem, again.public_pem);
    }

    #[test]
    fn a_new_key_of_archives_leaves_the_old_public_one_beside_it() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(temporary.path(), false).unwrap();
        let first = folder.layout.archive_key_pem(false).unwrap();
        assert_eq!(folder.layout.archive_key_pem(false).unwrap(), first);
        let public = fs::read_to_string(folder.layout.archive_public_keys()).unwrap();
        let second = folder.layout.archive_key_pem(true).unwrap();
        assert_ne!(first, second);
        let both = fs::read_to_string(folder.layout.archive_public_keys()).unwrap();
        assert!(both.ends_with(&public) && both.len() == 2 * public.len());
        assert_eq!(mode(&temporary.path().join("keys/archive.pem")), 0o600);
    }

    #[test]
    fn a_folder_has_one_holder() {
        let temporary = tempfile::tempdir().unwrap();
        let first = DataFolder::open(temporary.path(), false).unwrap();
        assert!(matches!(
            DataFolder::open(temporary.path(), false),
            Err(FolderError::InUse { .. })
        ));
        drop(first);
        DataFolder::open(temporary.path(), false).unwrap();
    }

    #[test]
    fn a_demonstration_and_a_real_server_never_share_a_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let demo = DataFolder::open(temporary.path(), true).unwrap();
        demo.layout.token_keys().unwrap();
        drop(demo);
        let refused = DataFolder::open(temporary.path(), false).unwrap_err();
        assert!(matches!(refused, FolderError::WrongKind { demo: true, .. }));
        DataFolder::open(temporary.path(), true).unwrap();
    }

    #[test]
    fn the_default_folders_keep_out_of_each_others_way() {
        let demo = (Settings::demo_default().data_dir, true);
        let real = (Settings::default().data_dir, false);
        for order in [[&demo, &real], [&real, &demo]] {
            let temporary = tempfile::tempdir().unwrap();
            for (data_dir, demo) in order.into_iter().chain(order) {
                let folder = DataFolder::open(&temporary.path().join(data_dir), *demo).unwrap();
                folder.layout.token_keys().unwrap();
            }
        }
    }

    #[test]
    fn a_demonstrations_mark_counts_before_its_keys_are_there() {
        let temporary = tempfile::tempdir().unwrap();
        DataFolder::open(temporary.path(), true).unwrap();
        let refused = DataFolder::open(temporary.path(), false).unwrap_err();
        assert!(matches!(refused, FolderError::WrongKind { demo: true, .. }));
    }
}
