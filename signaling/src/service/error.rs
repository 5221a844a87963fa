//! Why the control plane, or a meeting, does not open.

use crate::log::LogError;
use crate::store::{StoreError, StoreOpenError};
use crate::token::TokenKeyError;

/// The control plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The event log cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreOpenError),
    /// The event log can be read, but not written.
    #[error("event log: {0}")]
    Write(#[from] StoreError),
    /// The token keys cannot be used.
    #[error(transparent)]
    TokenKey(#[from] TokenKeyError),
    /// An event cannot be put into the form of the log.
    #[error("event log: {0}")]
    Sealing(String),
}

/// A meeting cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenMeetingError {
    /// What was asked for is not right; the text says what.
    #[error("{0}")]
    Invalid(&'static str),
    /// A meeting of this identifier is there, but its log is damaged.
    #[error("the meeting's log is damaged")]
    Damaged,
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The links cannot be signed.
    #[error(transparent)]
    TokenKey(#[from] TokenKeyError),
    /// The first event cannot be put into the form of the log.
    #[error("event log: {0}")]
    Sealing(String),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

/// An owner's first event could not be stored.
pub(super) enum BeginError {
    Sealing(LogError),
    Store(StoreError),
}

impl From<BeginError> for OpenError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Sealing(error) => OpenError::Sealing(error.to_string()),
            BeginError::Store(error) => OpenError::Write(error),
        }
    }
}

impl From<BeginError> for OpenMeetingError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Sealing(error) => OpenMeetingError::Sealing(error.to_string()),
            BeginError::Store(error) => OpenMeetingError::Store(error),
        }
    }
}
