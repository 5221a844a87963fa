//! Passwords: what they must be, and how they are kept.
//!
//! Argon2id with the parameters that OWASP's *Password Storage Cheat Sheet*
//! gives (19 MiB, two passes, one lane), as a PHC text. What costs time runs
//! beside the server's tasks, and only so many at once, so that nobody fills
//! the memory by asking.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use diemcau_protocol::ErrorCode;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use unicode_normalization::UnicodeNormalization;

use crate::organisation::Refusal;
use crate::redacted::Redacted;

/// In KiB, passes and lanes.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many characters a password has.
const SHORTEST: usize = 12;
const LONGEST: usize = 200;

/// The fewest different characters: `aaaaaaaaaaaa` is none.
const FEWEST_DIFFERENT: usize = 5;

/// Names that are shorter are in too many good passwords.
const NAME_THAT_COUNTS: usize = 3;

/// How many are hashed at once.
const AT_ONCE: usize = 4;

const BYTES_OF_SALT: usize = 16;

/// A password, in the one form in which it is compared (NFC): keyboards for
/// Vietnamese send the same letters in several.
pub(crate) struct Password(Redacted<String>);

impl Password {
    /// What somebody says that it is.
    pub(crate) fn said(text: &str) -> Self {
        Self(Redacted::new(text.nfc().take(LONGEST + 1).collect()))
    }

    /// A new one for an account. `names` are those of the account and its
    /// person, which everybody knows.
    pub(crate) fn new(text: &str, names: &[&str]) -> Result<Self, Refusal> {
        let weak = |detail| Err(Refusal::new(ErrorCode::PasswordWeak, detail));
        let password = Self::said(text);
        let characters: Vec<char> = password.0.expose().chars().collect();
        if !(SHORTEST..=LONGEST).contains(&characters.len()) {
            return weak("a password has 12 to 200 characters");
        }
        let mut different = characters;
        different.sort_unstable();
        different.dedup();
        if different.len() < FEWEST_DIFFERENT {
            return weak("a password has at least 5 different characters");
        }
        let plain = folded(password.0.expose());
        let named = names
            .iter()
            .map(|name| folded(name))
            .filter(|name| name.chars().count() >= NAME_THAT_COUNTS)
            .any(|name| plain.contains(&name) && plain.len() < name.len() + SHORTEST);
        if named {
            return weak("a password is not the name with a little around it");
        }
        Ok(password)
    }
}

/// Without case, signs and marks: *Nguyễn Thị Lan* is `nguyenthilan`.
fn folded(text: &str) -> String {
    text.nfd()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .filter(|c| c.is_ascii_alphanumeric())
        .collect()
}

/// Hashes and compares passwords.
#[derive(Clone)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// Compared with where there is no account, so that the time is the same.
    nobody: Arc<str>,
}

/// The work could not be done; the server stops, or the hash in the database
/// is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotHashed;

impl Hasher {
    pub(crate) fn new() -> Result<Self, NotHashed> {
        let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| NotHashed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, &hex::encode(rand::random::<[u8; BYTES_OF_SALT]>()))?;
        Ok(Self {
            argon2,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: nobody.into(),
        })
    }

    /// The hash of a password, with a salt of its own.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, NotHashed> {
        let _turn = self.turns.acquire().await.map_err(|_| NotHashed)?;
        let argon2 = self.argon2.clone();
        let hashed = spawn_blocking(move || hash(&argon2, password.0.expose()));
        hashed.await.unwrap_or(Err(NotHashed))
    }

    /// Whether a password goes with a hash. Without a hash none does, in the
    /// same time.
    pub(crate) async fn verify(&self, password: Password, hash: Option<&str>) -> bool {
        let Ok(_turn) = self.turns.acquire().await else {
            return false;
        };
        let argon2 = self.argon2.clone();
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| Arc::clone(&self.nobody), Arc::from);
        let verified = spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                argon2
                    .verify_password(password.0.expose().as_bytes(), &hash)
                    .is_ok()
            })
        });
        verified.await.unwrap_or(false) && known
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, NotHashed> {
    let salt: [u8; BYTES_OF_SALT] = rand::random();
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|_| NotHashed)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_weak(text: &str) -> bool {
        match Password::new(text, &["lan.nguyen", "Nguyễn Thị Lan"]) {
            Ok(_) => false,
            Err(refusal) => {
                assert_eq!(refusal.code, ErrorCode::PasswordWeak);
                true
            }
        }
    }

    #[test]
    fn a_password_is_long_and_not_the_name() {
        for weak in [
            "",
            "ngắn quá",
            "aaaaaaaaaaaa",
            "121212121212",
            "lan.nguyen2026",
            "NguyenThiLan@1",
            "NGUYỄN THỊ LAN",
            &"á".repeat(201),
        ] {
            assert!(is_weak(weak), "{weak}");
        }
        for good in [
            "mùa lúa chín vàng",
            "correct horse battery",
            "chị Lan đi họp ở huyện Hòa Lạc",
        ] {
            assert!(!is_weak(good), "{good}");
        }
    }

    #[tokio::test]
    async fn the_right_password_opens_in_every_form_of_its_letters() {
        let hasher = Hasher::new().unwrap();
        let composed: String = "mùa lúa chín vàng".nfc().collect();
        let decomposed: String = composed.nfd().collect();
        let hash = hasher.hash(Password::said(&composed)).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            hasher
                .verify(Password::said(&decomposed), Some(&hash))
                .await
        );
        let wrong = Password::said("mùa lúa chín vàn");
        assert!(!hasher.verify(wrong, Some(&hash)).await);
        assert!(!hasher.verify(Password::said(&composed), None).await);
        let damaged = hasher.verify(Password::said(&composed), Some("$argon2id$"));
        assert!(!damaged.await);
    }

    #[test]
    fn a_hash_has_a_salt_of_its_own() {
        let hasher = Hasher::new().unwrap();
        let one = hash(&hasher.argon2, "mùa lúa chín vàng").unwrap();
        let other = hash(&hasher.argon2, "mùa lúa chín vàng").unwrap();
        assert_ne!(one, other);
    }
}
