//! Who somebody is: accounts, sign-in, sessions, tokens of programs.
//!
//! ```text
//!   name, password, code ──> throttle ──> argon2id ──> code ──> session
//!   OpenID Connect ────────────────────────────────────────────> session
//!   link of an administrator ──> password                        │ cookie
//!                                                                ▼
//!   bearer: administrator's key, `dc_` token ──────────> who asks ──> powers
//! ```
//!
//! Everything stands in the organisation's database, beside the organisation.
//! Time is an argument, in milliseconds since 1970 UTC.

pub(crate) mod accounts;
pub(crate) mod claims;
pub(crate) mod halls;
mod password;
pub(crate) mod provider;
mod second_factor;
mod secret;
pub(crate) mod sessions;
mod settings;
mod sign_in;
mod throttle;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diemcau_protocol::ErrorCode;

use crate::administration::{ActError, Administration};
use crate::organisation::Refusal;
use crate::store::StoreError;
pub(crate) use password::{Hasher, NotHashed, Password};
use provider::{Errand, Provider};
pub(crate) use secret::{Seal, Secret};
pub(crate) use settings::{Enrolled, drop_second_factor};
pub(crate) use sign_in::{Arrival, SignedIn};
use throttle::{Attempt, Throttle};

/// Programs' tokens begin so.
pub(crate) const TOKEN_PREFIX: &str = "dc_";

/// No account has such an identifier.
const ERRAND: &str = "~errand";

/// How long a link for a password is good, in milliseconds.
const LINK_TTL: i64 = 3 * 24 * 60 * 60 * 1_000;

/// Why something about an account is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    /// It is not possible.
    #[error("{}", .0.detail)]
    Refused(Refusal),
    /// Too much was tried; again after this time.
    #[error("too many attempts")]
    Wait(Duration),
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of the server.
    #[error("a fault of the server")]
    Fault,
}

impl From<Refusal> for IdentityError {
    fn from(refusal: Refusal) -> Self {
        IdentityError::Refused(refusal)
    }
}

impl From<NotHashed> for IdentityError {
    fn from(_: NotHashed) -> Self {
        IdentityError::Fault
    }
}

impl From<ActError> for IdentityError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Refused(refusal) => IdentityError::Refused(refusal),
            ActError::KeyReused => IdentityError::Fault,
            ActError::Store(error) => IdentityError::Store(error),
        }
    }
}

const NO_ACCOUNT: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such account");
const WRONG: Refusal = Refusal::new(
    ErrorCode::CredentialsWrong,
    "name and password do not go together",
);
const CODE_WRONG: Refusal = Refusal::new(
    ErrorCode::CodeWrong,
    "the code is wrong, or was used before",
);

/// What sign-in needs beside the database.
pub(crate) struct Identity {
    hasher: Hasher,
    seal: Seal,
    throttle: Mutex<Throttle>,
    pub(crate) provider: Option<Provider>,
}

impl Identity {
    /// The private key of the server keeps the secrets of authenticators.
    pub(crate) fn new(
        private_pem: &str,
        provider: Option<Provider>,
    ) -> Result<Self, IdentityError> {
        Ok(Self {
            hasher: Hasher::new()?,
            seal: Seal::new(private_pem).map_err(|_| IdentityError::Fault)?,
            throttle: Mutex::default(),
            provider,
        })
    }

    /// Seals what a browser keeps while somebody is at the provider.
    pub(crate) fn seal_errand(&self, errand: &Errand) -> Option<String> {
        let plain = serde_json::to_vec(errand).ok()?;
        Some(hex::encode(self.seal.close(ERRAND, &plain)?))
    }

    /// What a browser kept, as long as it is good.
    pub(crate) fn open_errand(&self, sealed: &str, now: i64) -> Option<Errand> {
        let plain = self.seal.open(ERRAND, &hex::decode(sealed).ok()?)?;
        let errand: Errand = serde_json::from_slice(plain.expose()).ok()?;
        (now < errand.until).then_some(errand)
    }

    fn attempt(&self, now: i64, attempt: &Attempt) -> Result<(), IdentityError> {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.attempt(now, attempt).map_err(IdentityError::Wait)
    }

    fn succeeded(&self, attempt: &Attempt) {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.succeeded(attempt);
    }
}
