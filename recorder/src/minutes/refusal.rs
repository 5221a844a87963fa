//! Why something about minutes was refused.

pub use diemcau_protocol::ErrorCode as Code;

/// A refusal, and what exactly is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// The same in English, with what it is about.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}
