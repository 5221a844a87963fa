//! Files under lock and key: encryption at rest by age
//! (<https://age-encryption.org/v1>), to X25519 recipients.
//!
//! ```text
//!   programme.webm ── Recipients::lock ──> programme.webm.age
//!                <── Identity::open (any part of it) ──┘
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use age::secrecy::ExposeSecret;
use age::x25519;
use age::{DecryptError, Decryptor, Encryptor};

use crate::content::{Content, Digested, Hashing};

/// Read at a time.
const PAGE: usize = 1 << 16;

/// Something is not a key of age.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// A recipient cannot be read.
    #[error("{0:?} is not a recipient of age; they begin with age1")]
    NotARecipient(String),
    /// There is none.
    #[error("there is no identity of age in it; they begin with AGE-SECRET-KEY-1")]
    NoIdentity,
    /// A line is none; it is not shown.
    #[error("line {0} is not an identity of age; they begin with AGE-SECRET-KEY-1")]
    NotAnIdentity(usize),
}

/// What stands in an error where no identity opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is encrypted, and no identity that is there opens it")]
pub struct WrongIdentity;

/// Whether an error comes from [`WrongIdentity`].
pub fn is_wrong_identity(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<WrongIdentity>())
}

/// Those who can open what is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    all: Vec<x25519::Recipient>,
}

impl Recipients {
    /// From their public keys, `age1…`; at least one.
    ///
    /// # Errors
    /// Says which is none.
    pub fn parse<S: AsRef<str>>(keys: &[S]) -> Result<Self, LockError> {
        let parsed = keys.iter().map(|key| {
            let key = key.as_ref().trim();
            key.parse()
                .map_err(|_| LockError::NotARecipient(key.to_owned()))
        });
        let all: Vec<x25519::Recipient> = parsed.collect::<Result<_, _>>()?;
        if all.is_empty() {
            return Err(LockError::NotARecipient(String::new()));
        }
        Ok(Self { all })
    }

    /// Their public keys.
    pub fn names(&self) -> Vec<String> {
        self.all.iter().map(ToString::to_string).collect()
    }

    /// Writes a file under lock and key to another. Returns the digests of
    /// what was read and of what was written, which lasts.
    pub(crate) fn lock(&self, from: &Path, to: &Path) -> io::Result<(Digested, Digested)> {
        let recipients = self.all.iter().map(|one| one as &dyn age::Recipient);
        let lock = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(to)?;
        let locked = Hashing::new(BufWriter::with_capacity(PAGE, file));
        let mut inside = lock.wrap_output(locked)?;
        let mut plain = Hashing::new(io::sink());
        let mut from = File::open(from)?;
        let mut page = vec![0; PAGE];
        loop {
            match from.read(&mut page)? {
                0 => break,
                read => {
                    plain.write_all(&page[..read])?;
                    inside.write_all(&page[..read])?;
                }
            }
        }
        let (file, locked) = inside.finish()?.finish();
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok((plain.finish().1, locked))
    }
}

/// The keys that open what is locked. Its debug output does not show them.
#[derive(Clone)]
pub struct Identity {
    all: Vec<x25519::Identity>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Identity {
    /// The text of a new identity file, as `age-keygen` writes it.
    pub fn generate() -> String {
        let own = x25519::Identity::generate();
        let (public, secret) = (own.to_public(), own.to_string());
        format!("# public key: {public}\n{}\n", secret.expose_secret())
    }

    /// Those for whom it opens.
    pub fn recipients(&self) -> Recipients {
        let all = self.all.iter().map(x25519::Identity::to_public).collect();
        Recipients { all }
    }

    /// From the text of an identity file, as `age-keygen` writes it: a key on
    /// each line, and remarks behind `#`.
    ///
    /// # Errors
    /// When there is none, or a line is none.
    pub fn from_text(text: &str) -> Result<Self, LockError> {
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let key = line.parse().map_err(|_| LockError::NotAnIdentity(number))?;
                all.push(key);
            }
        }
        if all.is_empty() {
            return Err(LockError::NoIdentity);
        }
        Ok(Self { all })
    }

    /// Whether it opens what is locked for these.
    pub fn opens_for(&self, recipients: &Recipients) -> bool {
        let mut own = self.all.iter().map(x25519::Identity::to_public);
        own.any(|own| recipients.all.contains(&own))
    }

    /// What is inside, of which any part can be read.
    ///
    /// # Errors
    /// [`WrongIdentity`] where no key opens it; as the system says.
    pub(crate) fn open(&self, locked: Box<dyn Content>) -> io::Result<Box<dyn Content>> {
        let told = |error| match error {
            DecryptError::NoMatchingKeys => {
                io::Error::new(io::ErrorKind::PermissionDenied, WrongIdentity)
            }
            DecryptError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        };
        let keys = self.all.iter().map(|one| one as &dyn age::Identity);
        let locked = BufReader::with_capacity(PAGE, locked);
        let lock = Decryptor::new_buffered(locked).map_err(told)?;
        Ok(Box::new(lock.decrypt(keys).map_err(told)?))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom};

    use super::*;

    fn identity() -> (Identity, Recipients) {
        let identity = Identity::from_text(&Identity::generate()).unwrap();
        let recipients = Recipients::parse(&identity.recipients().names()).unwrap();
        (identity, recipients)
    }

    #[test]
    fn any_part_of_what_is_locked_is_read_with_the_right_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        // Three of age's chunks, and one that is full to its end.
        for length in [0, 1, 65_536, 200_000] {
            let whole: Vec<u8> = (0..length).map(|n: u32| (n % 251) as u8).collect();
            std::fs::write(at("plain"), &whole).unwrap();
            let (identity, recipients) = identity();
            let (plain, locked) = recipients.lock(&at("plain"), &at("locked")).unwrap();
            assert_eq!(plain.size, u64::from(length));
            let written = std::fs::read(at("locked")).unwrap();
            assert_eq!(locked, Digested::of(&mut &written[..]).unwrap());
            assert!(length < 100 || !written.windows(64).any(|w| w == &whole[..64]));

            let open =
                |identity: &Identity| identity.open(Box::new(File::open(at("locked")).unwrap()));
            let mut content = open(&identity).unwrap();
            assert_eq!(content.seek(SeekFrom::End(0)).unwrap(), u64::from(length));
            let mut back = Vec::new();
            content
                .seek(SeekFrom::Start(u64::from(length) / 2))
                .unwrap();
            content.read_to_end(&mut back).unwrap();
            assert_eq!(back, whole[whole.len() / 2..], "{length}");

            let (other, _) = self::identity();
            let refused = open(&other).err().unwrap();
            assert!(is_wrong_identity(&refused), "{refused}");
            assert!(identity.opens_for(&recipients) && !other.opens_for(&recipients));
        }
    }

    #[test]
    fn what_is_no_key_is_told_without_showing_it() {
        assert!(Recipients::parse(&["age1nhầm"]).is_err());
        assert!(Recipients::parse::<&str>(&[]).is_err());
        let text = |text| Identity::from_text(text).map(|_| ());
        assert_eq!(text("# created\n\n"), Err(LockError::NoIdentity));
        let told = text("# created\nAGE-SECRET-KEY-1NHAM").unwrap_err();
        assert_eq!(told, LockError::NotAnIdentity(2));
        assert!(!told.to_string().contains("NHAM"));
    }
}
