//! The keys that sign archives, and those that are trusted.

use std::io;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::pem::{from_pem, to_pem};

/// The length of a public key.
const KEY_LENGTH: usize = 32;
/// What stands before it in an SPKI (RFC 8410 §4).
const SPKI_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const PUBLIC_LABEL: &str = "PUBLIC KEY";
const PRIVATE_LABEL: &str = "PRIVATE KEY";

/// A key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not a key of this kind.
    #[error("not an Ed25519 key in PEM")]
    NotAKey,
    /// None can be made.
    #[error("no key can be made: there is no randomness")]
    NoRandomness,
}

/// A public key, as it is in a signature.
pub(super) type PublicKey = [u8; KEY_LENGTH];

/// The name of a public key: the SHA-256 of its SPKI, in hex.
pub(super) fn name_of(key: &PublicKey) -> String {
    hex::encode(Sha256::digest([&SPKI_HEAD[..], key].concat()))
}

/// Whether a signature is of this key.
pub(super) fn is_signed(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(message, signature).is_ok()
}

/// The server's key. It has no `Debug`: it is a secret.
pub struct ArchiveKey {
    pair: Ed25519KeyPair,
}

impl ArchiveKey {
    /// A new one: its private key in PEM (PKCS #8).
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<String, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::NoRandomness)?;
        let secret = pair.to_pkcs8v1().map_err(|_| KeyError::NoRandomness)?;
        Ok(to_pem(PRIVATE_LABEL, secret.as_ref()))
    }

    /// From its private key in PEM (PKCS #8).
    ///
    /// # Errors
    /// When it is not one.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let [secret] = <[Vec<u8>; 1]>::try_from(from_pem(PRIVATE_LABEL, pem))
            .map_err(|_| KeyError::NotAKey)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&secret);
        Ok(Self {
            pair: pair.map_err(|_| KeyError::NotAKey)?,
        })
    }

    /// Its public key in PEM (SPKI).
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        let der: PublicKeyX509Der<'_> = self
            .pair
            .public_key()
            .as_der()
            .map_err(|_| KeyError::NotAKey)?;
        Ok(to_pem(PUBLIC_LABEL, der.as_ref()))
    }

    pub(super) fn public(&self) -> PublicKey {
        let mut key = [0; KEY_LENGTH];
        key.copy_from_slice(self.pair.public_key().as_ref());
        key
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

/// The public keys that whoever verifies trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKeys {
    keys: Vec<PublicKey>,
}

impl TrustedKeys {
    /// From one or more public keys in PEM (SPKI), one behind the other: the
    /// present one of a server and those that it had before.
    ///
    /// # Errors
    /// When there is none, or one is not of Ed25519.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let keys = from_pem(PUBLIC_LABEL, pem).into_iter().map(|der| {
            let key = der.strip_prefix(&SPKI_HEAD);
            key.and_then(|key| PublicKey::try_from(key).ok())
                .ok_or(KeyError::NotAKey)
        });
        let keys: Vec<PublicKey> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(KeyError::NotAKey);
        }
        Ok(Self { keys })
    }

    pub(super) fn has(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }
}
