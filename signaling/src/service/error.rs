//! Why the control plane, or a meeting, does not open.

use crate::administration::DirectoryOpenError;
use crate::ballots::BallotsOpenError;
use crate::identity::provider::OidcConfigError;
use crate::mail::MailSettingsError;
use crate::meeting::Refusal;
use crate::store::{StoreError, StoreOpenError};
use crate::token::TokenKeyError;

/// The control plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The event log cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreOpenError),
    /// The organisation cannot be opened.
    #[error(transparent)]
    Directory(#[from] DirectoryOpenError),
    /// The ballots of secret votes cannot be opened.
    #[error(transparent)]
    Ballots(#[from] BallotsOpenError),
    /// The folder of documents cannot be opened.
    #[error("the folder of documents: {0}")]
    Documents(#[source] std::io::Error),
    /// What is pending among the documents cannot be looked up.
    #[error("event log: {0}")]
    Pending(#[from] StoreError),
    /// A meeting with somebody in it cannot be opened.
    #[error("event log: {0}")]
    Meeting(#[from] OpeningError),
    /// The token keys cannot be used.
    #[error(transparent)]
    TokenKey(#[from] TokenKeyError),
    /// Letters cannot be sent as the settings say.
    #[error(transparent)]
    Mail(#[from] MailSettingsError),
    /// There is no TLS for webhooks.
    #[error("webhooks: {0}")]
    Webhooks(#[from] rustls::Error),
    /// The settings of the provider of identities cannot be used.
    #[error(transparent)]
    Oidc(#[from] OidcConfigError),
    /// Passwords cannot be hashed, or nothing can be sealed.
    #[error("passwords cannot be hashed")]
    Identity,
}

/// A stored meeting cannot be opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpeningError {
    /// There is none of this identifier.
    #[error("there is no such meeting")]
    Unknown,
    /// There is one, but its log is damaged.
    #[error("the meeting's log is damaged")]
    Damaged,
    /// It cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first event cannot be put into the form of the log.
    #[error("event log: {0}")]
    Sealing(String),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// A fault of the server.
    #[error("opening ended with a fault")]
    Fault,
}

/// A meeting cannot be made or found.
#[derive(Debug, thiserror::Error)]
pub enum OpenMeetingError {
    /// What was asked for is not right; the text says what.
    #[error("{0}")]
    Invalid(&'static str),
    /// The meeting cannot be opened.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The links cannot be signed.
    #[error(transparent)]
    TokenKey(#[from] TokenKeyError),
}

/// Somebody does not get in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// The meeting says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no room to ask.
    #[error(transparent)]
    Closed(#[from] OpeningError),
}
