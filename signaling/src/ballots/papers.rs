//! Ballot papers: one-time tokens signed blindly, RSABSSA-SHA384-PSS-Randomized
//! (RFC 9474 §5).
//!
//! ```text
//!   voter: token, prefix ── blind ──> server: sign ──> voter: unblind, check
//!          (token, prefix, signature), later and from nobody ──> server: verify
//! ```
//!
//! The blinding is perfect: every blinded token fits every token, so that no
//! computing ever joins the two (RFC 9474 §7.1). The length of the key is
//! about forging, and that matters until the vote is sealed; 2,048 bits do for
//! hours.

use blind_rsa_signatures::{
    DefaultRng, KeyPairSha384PSSRandomized, MessageRandomizer, PublicKeySha384PSSRandomized,
    SecretKeySha384PSSRandomized, Signature,
};

use crate::meeting::PAPER_LENGTH;

/// What can be wrong with keys and papers.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("ballot papers: {0}")]
pub(crate) struct PaperError(&'static str);

impl From<blind_rsa_signatures::Error> for PaperError {
    fn from(error: blind_rsa_signatures::Error) -> Self {
        // None of the texts says anything of the values.
        use blind_rsa_signatures::Error;
        Self(match error {
            Error::InternalError => "internal error",
            Error::UnsupportedParameters => "unsupported parameters",
            Error::VerificationFailed => "verification failed",
            Error::EncodingError => "encoding error",
            Error::InvalidKey => "invalid key",
            Error::IncompatibleParameters => "incompatible parameters",
        })
    }
}

/// The key of one vote. It has no `Debug`.
#[derive(Clone)]
pub(super) struct Key {
    secret: SecretKeySha384PSSRandomized,
    public: PublicKeySha384PSSRandomized,
}

impl Key {
    /// Makes a key; takes a while.
    pub(super) fn generate() -> Result<Self, PaperError> {
        let pair = KeyPairSha384PSSRandomized::generate(&mut DefaultRng, PAPER_LENGTH * 8)?;
        Ok(Self {
            secret: pair.sk,
            public: pair.pk,
        })
    }

    /// Reads what [`Key::to_der`] wrote.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, PaperError> {
        let secret = SecretKeySha384PSSRandomized::from_der(der)?;
        let public = secret.public_key()?;
        Ok(Self { secret, public })
    }

    /// PKCS#8.
    pub(super) fn to_der(&self) -> Result<Vec<u8>, PaperError> {
        Ok(self.secret.to_der()?)
    }

    /// `SubjectPublicKeyInfo`.
    pub(super) fn public_der(&self) -> Result<Vec<u8>, PaperError> {
        Ok(self.public.to_der()?)
    }

    /// Signs a blinded token (RFC 9474 §4.3). The same one gets the same
    /// signature.
    pub(super) fn sign(&self, blinded: &[u8]) -> Result<Vec<u8>, PaperError> {
        Ok(self.secret.blind_sign(blinded)?.0)
    }

    /// Whether a token was signed (RFC 9474 §4.5).
    pub(super) fn verifies(&self, token: &[u8], randomizer: [u8; 32], signature: &[u8]) -> bool {
        let signature = Signature(signature.to_vec());
        let randomizer = Some(MessageRandomizer(randomizer));
        self.public.verify(&signature, randomizer, token).is_ok()
    }
}
