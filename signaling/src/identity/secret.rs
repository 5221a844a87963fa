//! Random secrets, their hashes, and what is sealed in the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf;
use sha2::{Digest, Sha256};

use crate::redacted::Redacted;

/// Bytes of a secret: nobody guesses it, and so a plain hash keeps it.
const BYTES: usize = 32;

/// Bytes of a key of AES-256.
const KEY_BYTES: usize = 32;

/// A random secret that is given away once; only its hash is kept.
pub(crate) struct Secret(Redacted<String>);

impl Secret {
    /// A new one, which begins with `prefix`.
    pub(crate) fn new(prefix: &str) -> Self {
        let random = hex::encode(rand::random::<[u8; BYTES]>());
        Self(Redacted::new(format!("{prefix}{random}")))
    }

    /// One that somebody shows.
    pub(crate) fn shown(text: &str) -> Self {
        Self(Redacted::new(text.to_owned()))
    }

    /// What is stored and looked for.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose().as_bytes()).into()
    }

    /// For the one to whom it is given.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Seals what the server must be able to read again, so that it cannot be read
/// in a copy of the database alone.
pub(crate) struct Seal(RandomizedNonceKey);

impl Seal {
    /// The key comes from the server's own private key. With another one, what
    /// was sealed cannot be opened any more.
    pub(crate) fn new(private_pem: &str) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"diemcau identity");
        let mut key = [0; KEY_BYTES];
        salt.extract(private_pem.as_bytes())
            .expand(&[b"authenticators"], &AES_256_GCM)?
            .fill(&mut key)?;
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, &key)?))
    }

    /// Nonce, then what is sealed, for this account only.
    pub(crate) fn close(&self, account: &str, open: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = open.to_vec();
        let aad = Aad::from(account.as_bytes());
        let nonce = self.0.seal_in_place_append_tag(aad, &mut sealed).ok()?;
        Some([&nonce.as_ref()[..], &sealed].concat())
    }

    /// What was sealed for this account.
    pub(crate) fn open(&self, account: &str, sealed: &[u8]) -> Option<Redacted<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = sealed.to_vec();
        let aad = Aad::from(account.as_bytes());
        let plain = self.0.open_in_place(nonce, aad, &mut opened).ok()?;
        Some(Redacted::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_account_and_with_its_key_only() {
        let seal = Seal::new("khóa của máy chủ").unwrap();
        let sealed = seal.close("a", b"JBSWY3DPEHPK3PXP").unwrap();
        assert_eq!(
            seal.open("a", &sealed).unwrap().expose(),
            b"JBSWY3DPEHPK3PXP"
        );
        assert!(seal.open("b", &sealed).is_none());
        assert!(seal.open("a", &sealed[..5]).is_none());
        let other = Seal::new("khóa khác").unwrap();
        assert!(other.open("a", &sealed).is_none());
    }

    #[test]
    fn secrets_differ_and_are_found_by_their_hash() {
        let (one, other) = (Secret::new("dc_"), Secret::new("dc_"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(Secret::shown(one.expose()).hash(), one.hash());
        assert!(one.expose().starts_with("dc_"));
    }
}
